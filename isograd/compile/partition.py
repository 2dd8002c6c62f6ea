"""Cutting a joint program into its forward and its backward part."""

from __future__ import annotations

from typing import NamedTuple

from isograd.compile.passes.simplify import prune
from isograd.compile.program import Atom, Equation, Program, Var, operands

# Recomputing these in the backward part costs less than saving what they give.
CHEAP = {
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "broadcast_in",
    "reshape",
    "transpose",
    "slice",
    "convert_from",
    "where",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "maximum",
    "minimum",
}


class Residuals(NamedTuple):
    """What the backward part reads: positions of inputs, number of saved values."""

    inputs: list[int]
    saved: int


def split_backward(
    joint: Program, inputs: int, results: int
) -> tuple[Program, Program, Residuals]:
    """Forward: inputs to (results, residuals).  Backward: (kept inputs, residuals,
    cotangents) to the cotangents of the inputs.

    What depends on a cotangent is backward; what backward reads of the rest is saved,
    or recomputed if that is cheap and needs nothing that is not saved already.
    """
    seeds = joint.inputs[inputs:]
    late = set(seeds)
    forward: list[Equation] = []
    backward: list[Equation] = []
    for e in joint.equations:
        if late.isdisjoint(operands(e)):
            forward.append(e)
        else:
            late.update(e.outputs)
            backward.append(e)
    grads = joint.outputs[results:]
    reads = _read(backward, grads, late)
    again, saved = _recomputed(forward, reads, set(joint.inputs))
    kept = [
        i
        for i, v in enumerate(joint.inputs[:inputs])
        if v in _read([*again, *backward], grads, late)
    ]
    first = prune(
        Program(joint.inputs[:inputs], forward, [*joint.outputs[:results], *saved])
    )
    second = Program(
        [*(joint.inputs[i] for i in kept), *saved, *seeds], [*again, *backward], grads
    )
    return first, second, Residuals(kept, len(saved))


def _read(equations: list[Equation], outputs: list[Atom], late: set[Var]) -> set[Var]:
    """Variables from before the cut that `equations` and `outputs` read."""
    own = {o for e in equations for o in e.outputs} | late
    found = {v for e in equations for v in operands(e)}
    found.update(o for o in outputs if isinstance(o, Var))
    return found - own


def _recomputed(
    forward: list[Equation], reads: set[Var], inputs: set[Var]
) -> tuple[list[Equation], list[Var]]:
    """Equations to run again, and the values to save, so that `reads` are there."""
    again: list[Equation] = []
    saved: set[Var] = set()
    wanted = set(reads)
    for e in reversed(forward):
        if wanted.isdisjoint(e.outputs):
            continue
        available = inputs | saved | wanted
        if e.prim.name in CHEAP and all(v in available for v in operands(e)):
            again.append(e)
            wanted.update(operands(e))
        else:
            saved.update(wanted.intersection(e.outputs))
    again.reverse()
    order = [o for e in forward for o in e.outputs if o in saved]
    return again, order
