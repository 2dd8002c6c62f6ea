"""Running a program: by NumPy, or by native kernels with NumPy for the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from isograd.compile.program import Program, interpret


class Executable(Protocol):
    """A program made ready: `run` takes and gives arrays."""

    program: Program

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]: ...


class Interpreted:
    """The reference: one primitive at a time."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        with np.errstate(all="ignore"):
            return interpret(self.program, arrays)


def executable(program: Program, executor: str) -> Executable:
    """A program for an executor: "numpy" or "native"."""
    if executor == "numpy" or not program.equations:
        return Interpreted(program)
    from isograd.compile.native import Native

    return Native(program)
