"""The passes, in order, with the verifier between them."""

from __future__ import annotations

from isograd.base import config
from isograd.compile.passes.simplify import simplify
from isograd.compile.program import Program
from isograd.compile.verify import verify

PASSES = (simplify, simplify)  # the second sees what the first one uncovered


def optimise(program: Program) -> Program:
    """The program after all passes; checked after each if `config.verify`."""
    for run in PASSES:
        program = run(program)
        if config.verify:
            verify(program, run.__name__)
    return program
