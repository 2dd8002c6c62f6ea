"""Kernels of matrix products over operands of any strides.

Tiles of the result stay in registers while one operand's scalars meet the other's
vectors, as in Goto and van de Geijn, "Anatomy of High-Performance Matrix
Multiplication" (2008).  The second operand is packed into panels as wide as a tile;
the scalars of the first are read where they stand.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from isograd.compile.lean.build import callable_of
from isograd.compile.lean.emit import lltype
from isograd.compile.lean.indexed import module_of
from isograd.compile.lean.loops import counted
from isograd.compile.lean.maths import I64
from isograd.compile.lean.vectors import I32, Vectors, cut, least
from isograd.compile.lean.vectors import constant as _c

# the array of sizes, behind those that share out the work
(M, N, K, X_ROW, X_COLUMN, Y_ROW, Y_COLUMN, X_STACK, Y_STACK, PARTS, PART, GROUPS,
 GROUP) = range(3, 16)  # fmt: skip
WIDE = 2  # vectors side by side in a tile


@cache
def registers() -> tuple[int, tuple[int, ...]]:
    """(bytes of a vector, heights) of tiles that fit the registers of this processor."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, (12, 4, 1)
    if features.get("avx"):
        return 32, (6, 2, 1)
    return 16, (8, 4, 1)


def width(dtype: np.dtype) -> int:
    """Columns of a panel."""
    return WIDE * registers()[0] // dtype.itemsize


@cache
def product(dtype: np.dtype) -> Callable[..., None]:
    """`(x, y, c, panels, out, sizes)`: out = x y + c.

    x (stack, M, K), y (stack, K, N), c (N,), out (stack, M, N) contiguous.  A unit is a
    part of the rows by a group of panels, packed in `panels` for itself.
    """
    t = lltype(dtype)

    def body(b: Any, p: list[Any], size: Any, lo: Any, hi: Any) -> None:
        _Product(b, dtype, p, size).units(lo, hi)

    return callable_of(module_of([t, t, t, t, t], body), 6, True, level=1)


class _Product:
    """The loops of `product`."""

    def __init__(self, b: Any, dtype: np.dtype, p: list[Any], size: Any) -> None:
        size_of_vector, self.heights = registers()
        self.v = Vectors(b, dtype, size_of_vector // dtype.itemsize)
        self.b, self.size = b, size
        self.x, self.y, self.c, self.panels, self.out, _ = p
        self.width = width(dtype)
        self.tiles = {h: _tile(self.v, h) for h in self.heights}
        self.scratch = b.alloca(self.v.element, size=_c(self.heights[0] * self.width))

    def units(self, lo: Any, hi: Any) -> None:
        counted(self.b, lo, hi, 1, self.unit)

    def unit(self, u: Any) -> None:
        b, size = self.b, self.size
        n, part, group = cut(b, u, size(PARTS), size(GROUPS))
        columns = b.mul(size(GROUP), _c(self.width))
        self.first = b.mul(group, columns)
        self.end = least(b, b.add(self.first, columns), size(N))
        self.x_at = b.gep(self.x, [b.mul(n, size(X_STACK))])
        self.y_at = b.gep(self.y, [b.mul(n, size(Y_STACK))])
        self.o_at = b.gep(self.out, [b.mul(n, b.mul(size(M), size(N)))])
        self.depth = b.add(size(K), _c(1))  # the last row of a panel is that of c
        self.packed = b.gep(self.panels, [b.mul(b.mul(u, columns), self.depth)])
        counted(b, self.first, self.end, self.width, self.pack)
        top = b.mul(part, size(PART))
        self.blocks(top, least(b, b.add(top, size(PART)), size(M)))

    def place(self, j: Any) -> Any:
        """Where the panel of a column stands."""
        b = self.b
        return b.gep(self.packed, [b.mul(b.sub(j, self.first), self.depth)])

    # --- packing ----------------------------------------------------------------------

    def pack(self, j: Any) -> None:
        b, size, panel = self.b, self.size, self.place(j)
        left = least(b, b.sub(size(N), j), _c(self.width))
        start = b.alloca(I64)
        b.store(_c(0), start)
        full = b.icmp_signed("==", left, _c(self.width))
        for near, pack in (
            (size(Y_COLUMN), self.pack_rows),
            (size(Y_ROW), self.pack_columns),
        ):
            new = b.icmp_signed("==", b.load(start), _c(0))
            good = b.and_(full, b.icmp_signed("==", near, _c(1)))
            with b.if_then(b.and_(good, new)):
                b.store(pack(j, panel), start)

        def rest(k: Any) -> None:
            source = b.gep(self.y_at, [b.mul(k, size(Y_ROW))])
            self.fill(panel, k, left, source, size(Y_COLUMN), j)

        counted(b, b.load(start), size(K), 1, rest)
        self.fill(panel, size(K), left, self.c, _c(1), j)

    def pack_rows(self, j: Any, panel: Any) -> Any:
        b, v = self.b, self.v

        def row(k: Any) -> None:
            source = b.add(b.mul(k, self.size(Y_ROW)), j)
            goal = b.mul(k, _c(self.width))
            for i in range(WIDE):
                by = _c(i * v.lanes)
                v.store(v.load(self.y_at, b.add(source, by)), panel, b.add(goal, by))

        counted(b, _c(0), self.size(K), 1, row)
        return self.size(K)

    def pack_columns(self, j: Any, panel: Any) -> Any:
        """Squares of `lanes` columns are turned in registers."""
        b, v, lanes = self.b, self.v, self.v.lanes
        whole = b.mul(b.sdiv(self.size(K), _c(lanes)), _c(lanes))

        def square(side: Any, k: Any) -> None:
            column = b.add(j, side)
            rows = [
                v.load(
                    self.y_at,
                    b.add(b.mul(b.add(column, _c(i)), self.size(Y_COLUMN)), k),
                )
                for i in range(lanes)
            ]
            for i, row in enumerate(_turned(b, rows)):
                goal = b.mul(b.add(k, _c(i)), _c(self.width))
                v.store(row, panel, b.add(goal, side))

        def squares(k: Any) -> None:
            counted(b, _c(0), _c(self.width), lanes, lambda side: square(side, k))

        counted(b, _c(0), whole, lanes, squares)
        return whole

    def fill(
        self, panel: Any, k: Any, count: Any, source: Any, stride: Any, j: Any
    ) -> None:
        """A row of a panel, one by one; zeros behind what there is."""
        b = self.b
        goal = b.gep(panel, [b.mul(k, _c(self.width))])

        def one(i: Any) -> None:
            value = b.load(b.gep(source, [b.mul(b.add(j, i), stride)]))
            b.store(value, b.gep(goal, [i]))

        def zero(i: Any) -> None:
            b.store(ir.Constant(self.v.element, 0.0), b.gep(goal, [i]))

        counted(b, _c(0), count, 1, one)
        counted(b, count, _c(self.width), 1, zero)

    # --- tiles ------------------------------------------------------------------------

    def blocks(self, top: Any, bottom: Any) -> None:
        """The rows by tiles of the greatest height, and the rest by lesser ones."""
        b = self.b
        for height in self.heights:
            stop = b.add(top, b.mul(b.sdiv(b.sub(bottom, top), _c(height)), _c(height)))
            counted(b, top, stop, height, lambda i, h=height: self.block(i, h))
            top = stop

    def block(self, i: Any, height: int) -> None:
        counted(
            self.b, self.first, self.end, self.width, lambda j: self.call(i, j, height)
        )

    def call(self, i: Any, j: Any, height: int) -> None:
        """One tile; where there are fewer columns it goes to a place of its own."""
        b, size = self.b, self.size
        x = b.gep(self.x_at, [b.mul(i, size(X_ROW))])
        goal = b.gep(self.o_at, [b.add(b.mul(i, size(N)), j)])
        left = b.sub(size(N), j)
        full = b.icmp_signed(">=", left, _c(self.width))
        out = b.select(full, goal, self.scratch)
        step = b.select(full, size(N), _c(self.width))
        args = [x, self.place(j), out, size(K), size(X_ROW), size(X_COLUMN), step]
        b.call(self.tiles[height], args)

        def row(r: Any) -> None:
            source = b.gep(self.scratch, [b.mul(r, _c(self.width))])
            target = b.gep(goal, [b.mul(r, size(N))])

            def copy(q: Any) -> None:
                b.store(b.load(b.gep(source, [q])), b.gep(target, [q]))

            counted(b, _c(0), left, 1, copy)

        with b.if_then(b.not_(full)):
            counted(b, _c(0), _c(height), 1, row)


def _tile(v: Vectors, rows: int) -> ir.Function:
    """`(x, panel, out, K, row and column strides of x, stride of out)`: a tile."""
    e = v.element.as_pointer()
    shape = ir.FunctionType(ir.VoidType(), [e] * 3 + [I64] * 4)
    fn = ir.Function(v.b.module, shape, f"tile{rows}")
    fn.linkage = "private"
    fn.attributes.add("noinline")
    for a in fn.args[:3]:
        a.add_attribute("noalias")
    x, panel, out, depth, row, column, stride = fn.args
    b = ir.IRBuilder(fn.append_basic_block("entry"))
    v = Vectors(b, v.dtype, v.lanes)
    width = WIDE * v.lanes
    sums = [[b.alloca(v.type) for _ in range(WIDE)] for _ in range(rows)]
    last = b.mul(depth, _c(width))
    for line in sums:
        for j, s in enumerate(line):
            b.store(v.load(panel, b.add(last, _c(j * v.lanes))), s)
    # three rows from each pointer: processors add one and two strides to an address
    scalars = [b.alloca(x.type) for _ in range(-(-rows // 3))]
    for i, place in enumerate(scalars):
        b.store(b.gep(x, [b.mul(row, _c(3 * i))]), place)

    def step(k: Any) -> None:
        at = b.mul(k, _c(width))
        data = [v.load(panel, b.add(at, _c(j * v.lanes))) for j in range(WIDE)]
        for i, line in enumerate(sums):
            p = b.gep(b.load(scalars[i // 3]), [b.mul(row, _c(i % 3))])
            scalar = v.splat(b.load(p))
            for place, d in zip(line, data, strict=True):
                v.add_product(place, scalar, d)
        for place in scalars:
            b.store(b.gep(b.load(place), [column]), place)

    counted(b, _c(0), depth, 1, step)
    for i, line in enumerate(sums):
        at = b.mul(stride, _c(i))
        for j, s in enumerate(line):
            v.store(b.load(s), out, b.add(at, _c(j * v.lanes)))
    b.ret_void()
    return fn


def _turned(b: Any, rows: list[Any]) -> list[Any]:
    """A square of vectors, transposed by stages: pairs of rows at a distance exchange
    blocks."""
    n = len(rows)
    half = n // 2
    while half:
        out = list(rows)
        for i in range(n):
            if i & half:
                continue
            low, high = rows[i], rows[i + half]
            first = [q if not q & half else n + q - half for q in range(n)]
            second = [q + half if not q & half else n + q for q in range(n)]
            t = ir.VectorType(I32, n)
            out[i] = b.shuffle_vector(low, high, ir.Constant(t, first))
            out[i + half] = b.shuffle_vector(low, high, ir.Constant(t, second))
        rows = out
        half //= 2
    return rows
