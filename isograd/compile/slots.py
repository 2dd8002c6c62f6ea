"""What fills the slots of records for large eager arrays, see `core/large.py`.

A kernel is the program of one equation; a large rule is the record's own derivative
rule, staged for the shapes and layouts at hand.  Both are made at the first call with
a new combination of those (some milliseconds) and found in a table afterwards.
Operands are read in whatever layout they have; results have NumPy's layout.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.base import config
from isograd.compile import scans, windows
from isograd.compile.fuse import Call, fusible, instructions
from isograd.compile.lean import fast_code
from isograd.compile.native import Native, prepared
from isograd.compile.pipeline import optimise
from isograd.compile.program import Equation, Program, Var
from isograd.compile.stage import Stage, Symbol
from isograd.core import levels
from isograd.core.families import broadcast_shape
from isograd.core.primitive import BOUND, Aval, Primitive, aval_of

Array = np.ndarray
Shape = tuple[int, ...]
LIMIT = 512  # programs kept for one primitive
Body = Callable[..., list[Any]]


class _Slot:
    """Programs of one primitive by what its operands look like."""

    def __init__(self, prim: Primitive) -> None:
        self.prim = prim
        self.known: dict[Any, Any] = {}
        self.lock = threading.Lock()

    def find(self, key: Any, make: Callable[[], Any]) -> Any:
        found = self.known.get(key, self)
        if found is self:
            with self.lock:
                if len(self.known) >= LIMIT:
                    self.known.clear()
                found = self.known[key] = make()
        return found


def _look(a: Array) -> tuple[Any, ...]:
    """What a program is made for; kernels read nothing but ndarrays."""
    if type(a) is not np.ndarray:
        raise TypeError
    return a.shape, a.strides, a.dtype


def _element_strides(a: Array) -> Shape | None:
    """Strides in elements; None where elements do not stand at multiples of them."""
    size = a.dtype.itemsize
    if not a.flags.aligned or any(s % size for s in a.strides):
        return None
    return tuple(
        0 if n == 1 else s // size for s, n in zip(a.strides, a.shape, strict=True)
    )


def _compiled(program: Program, arrays: Sequence[Array]) -> Body | None:
    """The program on arrays like these; None if kernels would not do it well."""
    layouts: dict[Var, Shape] = {}
    for v, a in zip(program.inputs, arrays, strict=True):
        strides = _element_strides(a)
        if strides is None:
            return None
        layouts[v] = strides
    native = Native(program, layouts)
    if any(isinstance(s, Call) for s in native.plan.steps):
        return None
    return native.body


def quick(e: Equation) -> bool:
    """Whether the code of a fusible equation is vectorised."""
    return e.prim.scalar is None or all(
        fast_code(x.op, x.dtype) for x in instructions(e)
    )


# --- kernels --------------------------------------------------------------------------


class Kernel(_Slot):
    """`impl` for large arrays."""

    def __call__(self, *arrays: Array, **params: Any) -> Any:
        try:
            key = (*map(_look, arrays), *params.values())
            body = self.find(key, lambda: self.make(arrays, params))
        except (TypeError, ValueError):  # what `impl` says better
            body = None
        return self.prim.impl(*arrays, **params) if body is None else body(*arrays)

    def make(self, arrays: Sequence[Array], params: dict[str, Any]) -> Any:
        """A function of arrays like these, or None to leave them to `impl`."""
        if any(
            a.dtype != arrays[-1].dtype
            for a, d in zip(arrays, self.prim.flags(len(arrays)), strict=True)
            if d
        ):
            return None
        order = _order(arrays) if self.prim.kind == "elementwise" else ()
        if order is None:
            return None
        turned = [_turned(a, order) for a in arrays]
        inputs = [Var(aval_of(a)) for a in turned]
        out = Var(self.prim.abstract(*(v.aval for v in inputs), **params))
        e = Equation(self.prim, tuple(inputs), params, (out,))
        program = prepared(Program(inputs, [e], [out]))
        if not all(fusible(e) and quick(e) for e in program.equations):
            return None
        body = _compiled(program, turned)
        if body is None:
            return None
        return _returning(body, order)


def _returning(body: Body, order: Shape) -> Callable[..., Array]:
    if not order:
        return lambda *arrays: body(*arrays)[0]
    back = tuple(int(i) for i in np.argsort(order))

    def turned(*arrays: Array) -> Array:
        return body(*(_turned(a, order) for a in arrays))[0].transpose(back)

    return turned


def _turned(a: Array, order: Shape) -> Array:
    return a.transpose(order) if order and a.ndim == len(order) else a


def _order(arrays: Sequence[Array]) -> Shape | None:
    """The axes in the order in which NumPy lays the result out: () for C order, None
    where that is not plain to see."""
    shape = broadcast_shape(*(a.shape for a in arrays))
    full = [a for a in arrays if a.shape == shape and 0 not in a.strides]
    if all(a.flags.c_contiguous for a in full) or len(shape) < 2:
        return ()
    orders = {_axes_by_stride(a) for a in full}
    if len(orders) != 1 or any(a.ndim not in (0, len(shape)) for a in arrays):
        return None
    order = orders.pop()
    return () if order == tuple(range(len(shape))) else order


def _axes_by_stride(a: Array) -> Shape:
    return tuple(sorted(range(a.ndim), key=lambda i: (-abs(a.strides[i]), i)))


# --- rules ----------------------------------------------------------------------------


class Rule(_Slot):
    """`raw_vjp` for large arrays: the record's rule, staged."""

    def __call__(self, F: Any, g: Array, saved: Any, needs: Any, **params: Any) -> Any:
        values = [g, *saved]
        arrays = [a for a in values if type(a) is np.ndarray]
        shapes = tuple(None if n is None else n.shape for n in needs)
        key = (
            shapes,
            *(_look(a) if type(a) is np.ndarray else a for a in values),
            *params.values(),
        )
        try:
            body = self.find(key, lambda: self.make(values, needs, params))
        except TypeError:  # a parameter that cannot be a key
            body = None
        if body is None:
            return self.prim.vjp(BOUND, g, saved, needs, **params)
        return body(arrays)

    def make(self, values: list[Any], needs: Any, params: dict[str, Any]) -> Any:
        program, template = _staged(self.prim, values, needs, params)
        program = prepared(program)
        arrays = [a for a in values if type(a) is np.ndarray]
        if all(e.prim.view for e in program.equations) or not all(
            fusible(e) and quick(e) for e in program.equations
        ):
            return None
        body = _compiled(program, arrays)
        if body is None:
            return None

        def rule(arrays: list[Array]) -> tuple[Any, ...]:
            found = body(*arrays)
            return tuple(None if i is None else found[i] for i in template)

        return rule


def _staged(
    prim: Primitive, values: list[Any], needs: Any, params: dict[str, Any]
) -> tuple[Program, list[int | None]]:
    """The program of a rule, and for each operand the place of its cotangent."""
    level = levels.state().level + 1
    stage = Stage(level)
    symbols = [
        stage.symbol(Aval(v.shape, v.dtype)) if type(v) is np.ndarray else v
        for v in values
    ]
    with levels.changed(level=level, stages=(stage,)):
        cots = prim.vjp(BOUND, symbols[0], tuple(symbols[1:]), needs, **params)
    outs: list[Any] = []
    template: list[int | None] = []
    for c in cots:
        template.append(None if c is None else len(outs))
        if c is not None:
            outs.append(stage.atom(c))
    inputs = [s.var for s in symbols if type(s) is Symbol]
    return optimise(Program(inputs, stage.equations, outs)), template


# --- the slots ------------------------------------------------------------------------

SPECIAL: dict[str, Callable[..., Any]] = {**scans.KERNELS, **windows.KERNELS}


def kernel_of(prim: Primitive) -> Callable[..., Any]:
    """What fills `prim.kernel`."""
    if not config.kernels or prim.multi or prim.view or prim.effect:
        return prim.impl
    if prim.name in SPECIAL:
        return SPECIAL[prim.name]
    if (prim.scalar or prim.steps) is None and prim.name not in (
        "sum",
        "max",
        "min",
        "prod",
        "any",
        "all",
        "concatenate",
        "unslice",
    ):
        return prim.impl
    return Kernel(prim)


def rule_of(prim: Primitive) -> Callable[..., Any]:
    """What fills `prim.large_vjp`."""
    if config.kernels and prim.has_vjp and not prim.multi:
        return Rule(prim)
    return lambda *args, **params: prim.vjp(*args, **params)  # not defined yet
