"""Equations of primitives that state their steps become those steps.

A softmax or a variance is one call for NumPy, but maxima, sums and elementwise operations
for kernels, which fuse them with each other and with what stands around them.
"""

from __future__ import annotations

from typing import Any

from isograd.compile.fuse import fusible
from isograd.compile.program import Atom, Const, Equation, Program, Var
from isograd.compile.stage import Stage, Symbol
from isograd.core import levels
from isograd.core.primitive import BOUND


def expand(program: Program) -> Program:
    """The program with steps in place of what has them, where all can be fused."""
    subst: dict[Var, Atom] = {}
    out: list[Equation] = []
    for e in program.equations:
        inputs = tuple(subst.get(a, a) if isinstance(a, Var) else a for a in e.inputs)
        e = Equation(e.prim, inputs, e.params, e.outputs)
        found = _steps(e)
        if found is None:
            out.append(e)
        else:
            out += found.equations
            subst[e.output] = found.outputs[0]
    if not subst:
        return program
    outputs = [subst.get(a, a) if isinstance(a, Var) else a for a in program.outputs]
    return program.replaced(out, outputs)


def _steps(e: Equation) -> Program | None:
    """The program of an equation's steps, if all of it can be fused."""
    steps = e.prim.steps
    if steps is None or not all(isinstance(a, Var) or a.is_scalar for a in e.inputs):
        return None
    level = levels.state().level + 1
    stage = Stage(level)
    args: list[Any] = [
        a.value if isinstance(a, Const) else Symbol(stage, a) for a in e.inputs
    ]
    with levels.changed(level=level, stages=(stage,)):
        result = steps(BOUND, *args, **e.params)
    if result is None:
        return None
    found = expand(Program([], stage.equations, [stage.atom(result)]))
    return found if all(map(fusible, found.equations)) else None
