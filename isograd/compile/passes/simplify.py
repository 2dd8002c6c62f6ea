"""Constant folding, algebraic identities, common subexpressions, dead code.

Only identities that are exact in IEEE arithmetic are used: x * 1, x + (-0.0), x - 0,
x / 1, -(-x), x ** 2 = x * x, and the structural ones (a reshape of a reshape...).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.compile.program import Atom, Const, Equation, Program, Var
from isograd.core.primitive import REGISTRY

Subst = dict[Var, Atom]
Definitions = dict[Var, Equation]


def _new(prim: str, inputs: tuple[Atom, ...], params: dict[str, Any]) -> Equation:
    p = REGISTRY[prim]
    aval = p.abstract(*(a.aval for a in inputs), **params)
    return Equation(p, inputs, params, (Var(aval),))


def _scalar(atom: Atom) -> Any:
    """The value of a constant of rank zero, else None."""
    return atom.value[()] if isinstance(atom, Const) and atom.is_scalar else None


def _number(atom: Atom, defs: Definitions) -> Any:
    """The one value of all elements of an atom, where that is known; else None."""
    while isinstance(atom, Var):
        e = defs.get(atom)
        if e is None or e.prim.name not in ("broadcast_in", "reshape"):
            return None
        atom = e.inputs[0]
    return _scalar(atom)


def _is(atom: Atom, value: float, defs: Definitions) -> bool:
    found = _number(atom, defs)
    return found is not None and bool(found == value)


def _is_zero(atom: Atom, defs: Definitions, negative: bool) -> bool:
    """Whether an atom is the zero that addition (-0.0) or subtraction (0.0) drops."""
    return _is(atom, 0, defs) and (
        atom.dtype.kind in "iub"
        or bool(np.signbit(np.real(_number(atom, defs)))) == negative
    )


Result = Atom | Equation | None


def _mul(e: Equation, defs: Definitions) -> Result:
    x, y = e.inputs
    if _is(y, 1, defs) and x.shape == e.output.shape:
        return x
    if _is(x, 1, defs) and y.shape == e.output.shape:
        return y
    return None


def _add(e: Equation, defs: Definitions) -> Result:
    x, y = e.inputs
    if _is_zero(y, defs, True) and x.shape == e.output.shape:
        return x
    if _is_zero(x, defs, True) and y.shape == e.output.shape:
        return y
    return None


def _sub(e: Equation, defs: Definitions) -> Result:
    x, y = e.inputs
    if _is_zero(y, defs, False) and x.shape == e.output.shape:
        return x
    return None


def _div(e: Equation, defs: Definitions) -> Result:
    x, y = e.inputs
    return x if _is(y, 1, defs) and x.shape == e.output.shape else None


def _neg(e: Equation, defs: Definitions) -> Result:
    inner = defs.get(e.inputs[0])  # type: ignore[arg-type] # justified: a Const is never a key
    return inner.inputs[0] if inner is not None and inner.prim is e.prim else None


def _pow(e: Equation, defs: Definitions) -> Result:
    x, y = e.inputs
    if x.shape != e.output.shape:
        return None
    if _is(y, 1, defs):
        return x
    if _is(y, 2, defs):
        return _new("mul", (x, x), {})
    return None


def _power(e: Equation, defs: Definitions) -> Result:
    (x,) = e.inputs
    exponent = e.params["exponent"]
    if exponent == 1:
        return x
    return _new("mul", (x, x), {}) if exponent == 2 else None


def _where(e: Equation, defs: Definitions) -> Result:
    condition = _number(e.inputs[0], defs)
    if condition is None:
        return None
    chosen = e.inputs[1] if condition else e.inputs[2]
    return chosen if chosen.shape == e.output.shape else None


def _full_like(e: Equation, defs: Definitions) -> Result:
    value = Const(np.asarray(e.params["value"], e.output.dtype))
    if e.output.shape == ():
        return value
    return _new("broadcast_in", (value,), {"shape": e.output.shape})


def _same_shape(e: Equation, defs: Definitions) -> Result:
    x = e.inputs[0]
    return x if x.shape == e.output.shape else None


def _reshape(e: Equation, defs: Definitions) -> Result:
    x = e.inputs[0]
    if x.shape == e.output.shape:
        return x
    inner = defs.get(x)  # type: ignore[arg-type] # justified: a Const is never a key
    if inner is not None and inner.prim is e.prim:
        return _new("reshape", inner.inputs, e.params)
    return None


def _transpose(e: Equation, defs: Definitions) -> Result:
    axes = e.params["axes"]
    x = e.inputs[0]
    if axes == tuple(range(len(axes))):
        return x
    inner = defs.get(x)  # type: ignore[arg-type] # justified: a Const is never a key
    if inner is not None and inner.prim is e.prim:
        composed = tuple(inner.params["axes"][a] for a in axes)
        return _new("transpose", inner.inputs, {"axes": composed})
    return None


def _no_axes(e: Equation, defs: Definitions) -> Result:
    return None if e.params["axes"] else e.inputs[0]


RULES: dict[str, Callable[[Equation, Definitions], Result]] = {
    "mul": _mul,
    "add": _add,
    "sub": _sub,
    "div": _div,
    "neg": _neg,
    "pow": _pow,
    "power": _power,
    "where": _where,
    "full_like": _full_like,
    "broadcast_in": _same_shape,
    "reshape": _reshape,
    "transpose": _transpose,
    "sum": _no_axes,
}


def _fold(e: Equation) -> Result:
    """The value of an equation on scalar constants."""
    if e.prim.multi or e.prim.effect or not e.inputs or e.output.shape:
        return None
    if not all(isinstance(a, Const) and a.is_scalar for a in e.inputs):
        return None
    with np.errstate(all="ignore"):
        return Const(e.prim.impl(*(a.value for a in e.inputs), **e.params))  # type: ignore[union-attr] # justified: all are Const, checked above


def _key(e: Equation) -> Any:
    """What makes two equations compute the same value; None if never."""
    if e.prim.effect:
        return None
    parts = tuple(
        (a.dtype, a.value.tobytes())
        if isinstance(a, Const) and a.is_scalar
        else id(a.value)
        if isinstance(a, Const)
        else a
        for a in e.inputs
    )
    try:
        key = (e.prim.name, parts, tuple(sorted(e.params.items())))
        hash(key)
    except TypeError:
        return None
    return key


def simplify(program: Program) -> Program:
    """One forward walk that rewrites, then dead code is dropped."""
    subst: Subst = {}
    defs: Definitions = {}
    seen: dict[Any, Equation] = {}
    out: list[Equation] = []

    def emit(e: Equation) -> Atom | None:
        """The atom that stands for a single output, None if `e` was appended."""
        result: Any = None
        for _ in range(8):  # a rule may give an equation that simplifies again
            result = _fold(e)
            if result is None and (rule := RULES.get(e.prim.name)):
                result = rule(e, defs)
            if not isinstance(result, Equation):
                break
            e = result
        if result is not None and not isinstance(result, Equation):
            return result
        key = _key(e)
        known = seen.get(key) if key is not None else None
        if known is None:
            out.append(e)
            defs.update((o, e) for o in e.outputs)
            if key is not None:
                seen[key] = e
            known = e
        return known.output if not known.prim.multi else _alias(known)

    def _alias(known: Equation) -> None:
        aliases.extend(known.outputs)

    for e in program.equations:
        aliases: list[Var] = []
        inputs = tuple(subst.get(a, a) if isinstance(a, Var) else a for a in e.inputs)
        atom = emit(Equation(e.prim, inputs, e.params, e.outputs))
        if aliases:
            subst.update(zip(e.outputs, aliases, strict=True))
        elif atom is not None and atom is not e.output:
            subst[e.output] = atom
    outputs = [subst.get(a, a) if isinstance(a, Var) else a for a in program.outputs]
    return prune(program.replaced(out, outputs))


def prune(program: Program) -> Program:
    """Drop equations whose results are not used and that have no effect."""
    live = {a for a in program.outputs if isinstance(a, Var)}
    kept: list[Equation] = []
    for e in reversed(program.equations):
        if e.prim.effect or not live.isdisjoint(e.outputs):
            kept.append(e)
            live.update(a for a in e.inputs if isinstance(a, Var))
    return program.replaced(reversed(kept))
