"""Running a program: by NumPy, or by native kernels with NumPy for the rest."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import numpy as np

from isograd.compile.program import Const, Program, interpret


class Executable(Protocol):
    """A program made ready: `run` takes and gives arrays."""

    program: Program

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]: ...

    def call(self, *arrays: object) -> list[np.ndarray] | None:
        """`run`, or None where the arguments are not the arrays it was made for."""
        ...


class Interpreted:
    """The reference: one primitive at a time."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        with np.errstate(all="ignore"):
            outs = interpret(self.program, arrays)
        return [
            o.copy() if isinstance(a, Const) else o
            for o, a in zip(outs, self.program.outputs, strict=True)
        ]

    def call(self, *arrays: object) -> list[np.ndarray] | None:
        return self.run(arrays) if fits(self.program, arrays) else None  # type: ignore[arg-type] # justified: `fits` checked that all are ndarrays


def fits(program: Program, arrays: Sequence[object]) -> bool:
    """Whether `arrays` are what a program was made for."""
    return len(arrays) == len(program.inputs) and all(
        type(a) is np.ndarray and a.shape == v.shape and a.dtype == v.dtype
        for a, v in zip(arrays, program.inputs, strict=True)
    )


def executable(program: Program, executor: str) -> Executable:
    """A program for an executor: "numpy" or "native"."""
    if executor == "numpy" or not program.equations:
        return Interpreted(program)
    native = native_class()
    return Interpreted(program) if native is None else native(program)


@cache
def native_class() -> Any:
    """The native executor; None, with a warning, where LLVM does not work here."""
    try:
        from isograd.compile.lean.build import engine
        from isograd.compile.native import Native

        engine()
    except Exception as error:  # whatever a broken or strange installation raises
        warnings.warn(
            f"isograd runs without kernels, because {error!r}; programs are "
            "executed by NumPy",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    return Native
