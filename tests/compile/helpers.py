"""Programs made by hand, and tensors to stage functions of."""

from __future__ import annotations

from typing import Any

import numpy as np

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.compile.executor import executable
from isograd.compile.program import Equation, Program, Var
from isograd.core.primitive import REGISTRY, aval_of


def one_equation(name: str, *arrays: np.ndarray, **params: Any) -> Program:
    """The program that applies one primitive."""
    inputs = [Var(aval_of(a)) for a in arrays]
    prim = REGISTRY[name]
    out = Var(prim.abstract(*(v.aval for v in inputs), **params))
    return Program(inputs, [Equation(prim, tuple(inputs), params, (out,))], [out])


def run(name: str, *arrays: np.ndarray, executor: str = "native", **params: Any) -> Any:
    """A primitive as compiled code computes it."""
    program = one_equation(name, *arrays, **params)
    return executable(program, executor).run(arrays)[0]
