"""The verifier that runs between passes."""

from __future__ import annotations

from isograd.compile.program import Program, Var


class InvalidProgram(AssertionError):
    """A pass broke the program: says which equation and why."""


def verify(program: Program, after: str) -> Program:
    """Check single assignment, definition before use, and every abstract rule."""
    defined = set(program.inputs)
    for e in program.equations:
        for a in e.inputs:
            if isinstance(a, Var) and a not in defined:
                raise InvalidProgram(f"after {after}: {a!r} is used before {e!r}")
        expected = e.prim.abstract(*(a.aval for a in e.inputs), **e.params)
        found = tuple(o.aval for o in e.outputs)
        if tuple(expected if e.prim.multi else (expected,)) != found:
            raise InvalidProgram(f"after {after}: {e!r} should give {expected}")
        for o in e.outputs:
            if o in defined:
                raise InvalidProgram(f"after {after}: {o!r} is assigned twice")
            defined.add(o)
    for o in program.outputs:
        if isinstance(o, Var) and o not in defined:
            raise InvalidProgram(f"after {after}: output {o!r} is undefined")
    return program
