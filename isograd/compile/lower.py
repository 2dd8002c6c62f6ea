"""From the regions of `fuse.py` to the regions of the code generator.

Each root becomes an expression over the region's coordinates: movements are index
maps, elementwise operations their records' scalar expressions, and what lies outside
of a slice's adjoint or a join is chosen by `Within`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.compile import lean as codegen
from isograd.compile.fuse import (
    REDUCTIONS,
    Affine,
    Map,
    Plan,
    Region,
    Shape,
    broadcast_map,
    contiguous_strides,
    flat,
    general_reshape,
    identity,
    memory_of,
    moved,
)
from isograd.compile.lean.scalar import Expr, S
from isograd.compile.program import Atom, Const, Equation, Var


class Unfusible(Exception):
    """A movement that has no expression at this map; names the value to write."""

    def __init__(self, value: Var) -> None:
        super().__init__(repr(value))
        self.value = value


class Lowering:
    """One region on its way to the code generator.

    Attributes:
        inputs: what the kernel reads, in the order of its arguments; its outputs, the
            roots, follow.
    """

    def __init__(self, plan: Plan, region: Region, layouts: dict[Var, Shape]) -> None:
        self.plan = plan
        self.layouts = layouts
        self.space = region.space
        self.rank = len(region.space)
        self.inputs: list[Atom] = []
        self.buffers: list[codegen.Buffer] = []
        self.numbers: dict[Any, int] = {}
        self.done: dict[tuple[Var, Map], Expr] = {}
        exprs = [self.root(r) for r in region.roots]
        outputs = []
        for root, (expr, axes) in zip(region.roots, exprs, strict=True):
            outputs.append(self.output(root, expr, axes))
        self.region = codegen.Region(self.space, tuple(self.buffers), tuple(outputs))

    def root(self, root: Var) -> tuple[Expr, Shape | None]:
        """A root's expression, and the axes it reduces (None: stored)."""
        e = self.plan.definition[root]
        at = identity(self.space)
        if e.prim.name not in REDUCTIONS:
            return self.equation(e, at), None
        x = e.inputs[0]
        expr = self.value(x, at)
        if x.shape != self.space:  # a reduction in a slightly larger space
            box = tuple((0, n) for n in x.shape)
            neutral = S.const(_neutral(e.prim.name, x.dtype), dtype=x.dtype)
            expr = codegen.Within(box, expr, neutral)
        return expr, e.params["axes"]

    def output(self, root: Var, expr: Expr, axes: Shape | None) -> Any:
        number = len(self.buffers)
        strides = contiguous_strides(root.shape)
        self.buffers.append(codegen.Buffer(root.dtype, "output", root.shape, strides))
        if axes is None:
            return codegen.Store(number, strides, 0, expr)
        op = REDUCTIONS[self.plan.definition[root].prim.name]
        rest = iter(strides)
        per_axis = tuple(0 if k in axes else next(rest) for k in range(self.rank))
        return codegen.Reduce(op, axes, expr, number, per_axis)

    def value(self, atom: Atom, at: Map) -> Expr:
        """The expression of an atom read at `at`."""
        if isinstance(atom, Const) and atom.is_scalar:
            return S.const(atom.value[()], dtype=atom.dtype)
        if not self.plan.inlined(atom):
            return self.load(atom, atom.shape, self.memory(atom), at)
        assert isinstance(atom, Var)
        found = self.done.get((atom, at))
        if found is None:
            found = self.equation(self.plan.definition[atom], at)
            self.done[atom, at] = found
        return found

    def memory(self, atom: Atom) -> Shape:
        """Element strides: of inputs as the layouts say, of others contiguous."""
        known = self.layouts.get(atom) if isinstance(atom, Var) else None
        return memory_of(atom) if known is None else known

    def load(self, atom: Atom, shape: Shape, strides: Shape, at: Map) -> Expr:
        key = atom if isinstance(atom, Var) else id(atom.value)
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.buffers)
            self.inputs.append(atom)
            self.buffers.append(
                codegen.Buffer(atom.dtype, "input", atom.shape, self.memory(atom))
            )
        offset, steps = flat(at, shape, strides, self.rank)
        return codegen.Load(number, steps, offset, atom.dtype)

    def equation(self, e: Equation, at: Map) -> Expr:
        name = e.prim.name
        if name == "unslice":
            zero = S.const(0, dtype=e.output.dtype)
            return self.within(e, e.params["index"], e.inputs[0], at, zero)
        if name == "view_write":
            index = dict(e.params["chain"][0][1])["index"]
            value = self.value(e.inputs[0], at)
            return self.within(e, index, e.inputs[1], at, value)
        if name == "concatenate":
            return self.joined(e, at)
        if name in ("broadcast_in", "transpose", "slice"):
            return self.value(e.inputs[0], moved(e, at))
        if name == "reshape":
            return self.reshaped(e, at)
        args = [self.value(a, broadcast_map(a.shape, at)) for a in e.inputs]
        assert e.prim.scalar is not None
        return e.prim.scalar(S, *args, **e.params)

    def reshaped(self, e: Equation, at: Map) -> Expr:
        if not general_reshape(e):
            return self.value(e.inputs[0], moved(e, at))
        source = e.inputs[0]  # in memory: read it as if it had the new shape
        if self.memory(source) != contiguous_strides(source.shape):
            raise Unfusible(e.output)
        return self.load(source, e.output.shape, contiguous_strides(e.output.shape), at)

    def within(
        self, e: Equation, index: Any, value: Atom, at: Map, outside: Expr
    ) -> Expr:
        """`value` where `at` hits the slice `index`, else `outside`."""
        box: list[tuple[int, int]] = [(0, n) for n in self.space]
        inner: list[Affine] = []
        for a, (start, stop, step), n in zip(at, index, e.output.shape, strict=True):
            count = len(range(start, stop, step))
            inner.append(a.shifted(step, -step * start))
            if count == n and step == 1:
                continue
            lo, hi = (start, stop) if step > 0 else (stop + 1, start + 1)
            if not any(a.coefficients):
                if not lo <= a.offset < hi:
                    return outside
                continue
            axis = a.axis()
            if axis is None:
                raise Unfusible(e.output)
            k, c = axis
            ends = (lo - a.offset, hi - a.offset)
            if c < 0:
                ends = (a.offset - hi + 1, a.offset - lo + 1)
            box[k] = (max(box[k][0], ends[0]), min(box[k][1], ends[1]))
        if any(lo >= hi for lo, hi in box):
            return outside
        inside = self.value(value, broadcast_map(value.shape, tuple(inner)))
        if all(b == (0, n) for b, n in zip(box, self.space, strict=True)):
            return inside
        return codegen.Within(tuple(box), inside, outside)

    def joined(self, e: Equation, at: Map) -> Expr:
        axis = e.params["axis"]
        ends = np.cumsum([a.shape[axis] for a in e.inputs])
        pieces = [
            (x, int(end) - x.shape[axis], int(end))
            for x, end in zip(e.inputs, ends, strict=True)
            if x.shape[axis]
        ]
        expr: Expr | None = None
        for x, start, stop in reversed(pieces):
            index = tuple(
                (start, stop, 1) if i == axis else (0, n, 1)
                for i, n in enumerate(e.output.shape)
            )
            outside = expr if expr is not None else S.const(0, dtype=x.dtype)
            expr = self.within(e, index, x, at, outside)
        assert expr is not None
        return expr


def _neutral(op: str, dtype: np.dtype) -> Any:
    """The element that a reduction ignores."""
    if op in ("max", "min"):
        info = np.iinfo(dtype) if dtype.kind in "iu" else None
        low = info.min if info else -np.inf
        return low if op == "max" else (info.max if info else np.inf)
    return {"sum": 0, "prod": 1, "any": False, "all": True}[op]
