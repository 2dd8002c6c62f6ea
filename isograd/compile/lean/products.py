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
(M, N, K, X_ROW, X_COLUMN, X_STACK, X_BLOCK, Y_STACK, Y_BLOCK, PERIOD, BLOCKS, TOTAL,
 PARTS, PART, GROUPS, GROUP, PLACES) = range(3, 20)  # fmt: skip
WIDE = 2  # vectors side by side in a tile
HEADER = 64  # flags of the places for panels


@cache
def registers() -> tuple[int, tuple[int, ...]]:
    """(bytes of a vector, heights) of tiles that fit the registers of this processor."""
    features = llvm.get_host_cpu_features()
    if features.get("avx512f"):
        return 64, (12, 6, 2, 1)
    if features.get("avx"):
        return 32, (6, 2, 1)
    return 16, (8, 4, 2, 1)


def width(dtype: np.dtype) -> int:
    """Columns of a panel."""
    return WIDE * registers()[0] // dtype.itemsize


def header(size: int) -> int:
    """Elements of a size that the flags take up."""
    return HEADER * 8 // size


def follow(table: np.ndarray, dtype: np.dtype) -> bool:
    """Whether places stand side by side wherever the first and the last of a vector's
    worth of them (or of what is left) say so."""
    lanes = width(dtype) // WIDE
    inside = np.concatenate([[0], np.cumsum(np.diff(table) != 1)])  # gaps before
    for n in (lanes, len(table) % lanes):
        if not 1 < n <= len(table):
            continue
        first, last = table[: len(table) - n + 1], table[n - 1 :]
        gaps = inside[n - 1 :] != inside[: len(table) - n + 1]
        if (gaps & (last - first == n - 1)).any():
            return False
    return True


@cache
def product(dtype: np.dtype) -> Callable[..., None]:
    """`(x, y, c, panels, rows, columns, out, sizes)`: out = sum over blocks of x y, + c.

    x (M, K) has strides; an element (k, j) of y (K, N) stands at rows[k] + columns[j],
    so windows of data are a matrix as well; both tables must `follow`.  c (N,) and out
    (stack, M, N) are contiguous.
    Number n of the stack takes matrix n % PERIOD, and of all the blocks (terms of the
    sum, TOTAL) the BLOCKS from (n // PERIOD) BLOCKS on; STACK and BLOCK are the steps
    from one to the next.  A unit is a part of the rows by a group of panels, packed in a
    place that a thread has for itself: `panels` begins with flags (HEADER int64, zeros)
    that say which places are taken.
    """
    t = lltype(dtype)

    def body(b: Any, p: list[Any], size: Any, lo: Any, hi: Any) -> None:
        _Product(b, dtype, p, size).units(lo, hi)

    return callable_of(module_of([t, t, t, t, I64, I64, t], body), 8, True, level=1)


class _Product:
    """The loops of `product`; the operands of the block at hand are attributes."""

    x_at: Any
    y_at: Any
    new: Any  # whether it is the first block

    def __init__(self, b: Any, dtype: np.dtype, p: list[Any], size: Any) -> None:
        size_of_vector, self.heights = registers()
        self.v = Vectors(b, dtype, size_of_vector // dtype.itemsize)
        self.b, self.size = b, size
        self.x, self.y, self.c, self.panels, self.rows, self.columns, self.out, _ = p
        self.width = width(dtype)
        self.tiles = {h: _tile(self.v, h) for h in self.heights}
        self.scratch = b.alloca(self.v.element, size=_c(self.heights[0] * self.width))

    def units(self, lo: Any, hi: Any) -> None:
        b, size = self.b, self.size
        flags = b.bitcast(self.panels, I64.as_pointer())
        self.depth = b.add(size(K), _c(1))  # the last row of a panel is that of c
        columns = b.mul(size(GROUP), _c(self.width))
        slot = self.claim(flags)
        at = b.add(b.mul(slot, b.mul(columns, self.depth)), _c(header(self.v.size)))
        self.packed = b.gep(self.panels, [at])
        counted(b, lo, hi, 1, self.unit)
        b.store_atomic(_c(0), b.gep(flags, [slot]), "release", 8)

    def claim(self, flags: Any) -> Any:
        """The first place that was free; there are as many as threads."""
        b = self.b
        before, look = b.block, b.append_basic_block("look")
        b.branch(look)
        b.position_at_end(look)
        i = b.phi(I64)
        i.add_incoming(_c(0), before)
        pair = b.cmpxchg(b.gep(flags, [i]), _c(0), _c(1), "acquire", "monotonic")
        following = b.srem(b.add(i, _c(1)), self.size(PLACES))
        i.add_incoming(following, look)
        found = b.append_basic_block("found")
        b.cbranch(b.extract_value(pair, 1), found, look)
        b.position_at_end(found)
        return i

    def unit(self, u: Any) -> None:
        b, size = self.b, self.size
        outer, inner, part, group = cut(b, u, size(PERIOD), size(PARTS), size(GROUPS))
        columns = b.mul(size(GROUP), _c(self.width))
        self.first = b.mul(group, columns)
        self.end = least(b, b.add(self.first, columns), size(N))
        n = b.add(b.mul(outer, size(PERIOD)), inner)
        self.o_at = b.gep(self.out, [b.mul(n, b.mul(size(M), size(N)))])
        self.top = b.mul(part, size(PART))
        self.bottom = least(b, b.add(self.top, size(PART)), size(M))
        start = b.mul(outer, size(BLOCKS))
        stop = least(b, b.add(start, size(BLOCKS)), size(TOTAL))

        def block(k: Any) -> None:
            x, y = (
                b.add(b.mul(inner, size(stack)), b.mul(k, size(step)))
                for stack, step in ((X_STACK, X_BLOCK), (Y_STACK, Y_BLOCK))
            )
            self.x_at, self.y_at = b.gep(self.x, [x]), b.gep(self.y, [y])
            self.new = b.icmp_signed("==", k, start)
            counted(b, self.first, self.end, self.width, self.pack)
            self.blocks(self.top, self.bottom)

        counted(b, start, stop, 1, block)

    def place(self, j: Any) -> Any:
        """Where the panel of a column stands."""
        b = self.b
        return b.gep(self.packed, [b.mul(b.sub(j, self.first), self.depth)])

    # --- packing ----------------------------------------------------------------------

    def pack(self, j: Any) -> None:
        panel = self.place(j)
        lanes = self.v.lanes
        counted(
            self.b,
            _c(0),
            _c(self.width),
            lanes,
            lambda side: self.half(self.b.add(j, side), self.b.gep(panel, [side])),
        )

    def half(self, j: Any, panel: Any) -> None:
        """`lanes` columns of a panel: as they stand, by squares turned in registers, or
        one by one.  Nothing reads what lies behind the last column."""
        b, size, lanes = self.b, self.size, self.v.lanes
        left = least(b, b.sub(size(N), j), _c(lanes))
        full = b.icmp_signed("==", left, _c(lanes))
        depth = size(K)

        def piece(k: Any) -> None:
            stop = least(b, b.add(k, _c(lanes)), depth)
            whole = b.icmp_signed("==", b.sub(stop, k), _c(lanes))
            near = self.near(self.rows, k, b.sub(stop, k))
            with b.if_else(b.and_(near, b.and_(full, whole))) as (then, otherwise):
                with then:
                    self.square(j, k, panel)
                with otherwise:
                    counted(b, k, stop, 1, lambda i: self.fill(j, i, left, panel))

        def rows(mask: Any) -> None:
            start = b.load(b.gep(self.columns, [j]))
            counted(b, _c(0), depth, 1, lambda k: self.row(start, k, panel, mask))

        with b.if_then(b.icmp_signed(">", left, _c(0))):
            near = self.near(self.columns, j, left)
            with b.if_else(b.and_(near, full)) as (then, otherwise):
                with then:
                    rows(None)
                with otherwise, b.if_else(near) as (short, apart):
                    with short:
                        rows(b.not_(self.v.from_lane(left)))
                    with apart:
                        counted(b, _c(0), depth, lanes, piece)
            self.line(
                panel, depth, left, lambda i: b.load(b.gep(self.c, [b.add(j, i)]))
            )

    def near(self, table: Any, at: Any, count: Any) -> Any:
        """Whether `count` places follow each other; see `follow`."""
        b = self.b
        last = b.load(b.gep(table, [b.add(at, b.sub(count, _c(1)))]))
        far = b.sub(last, b.load(b.gep(table, [at])))
        return b.icmp_signed("==", far, b.sub(count, _c(1)))

    def at(self, k: Any, j: Any) -> Any:
        b = self.b
        place = b.add(b.load(b.gep(self.rows, [k])), b.load(b.gep(self.columns, [j])))
        return b.gep(self.y_at, [place])

    def row(self, start: Any, k: Any, panel: Any, mask: Any) -> None:
        b, v = self.b, self.v
        source = b.add(b.load(b.gep(self.rows, [k])), start)
        if mask is None:
            value = v.load(self.y_at, source)
        else:
            value = v.load_some(self.y_at, source, mask)
        v.store(value, panel, b.mul(k, _c(self.width)))

    def square(self, j: Any, k: Any, panel: Any) -> None:
        b, v = self.b, self.v
        rows = [v.load(self.at(k, b.add(j, _c(i))), _c(0)) for i in range(v.lanes)]
        for i, row in enumerate(_turned(b, rows)):
            v.store(row, panel, b.mul(b.add(k, _c(i)), _c(self.width)))

    def fill(self, j: Any, k: Any, left: Any, panel: Any) -> None:
        b = self.b
        self.line(panel, k, left, lambda i: b.load(self.at(k, b.add(j, i))))

    def line(self, panel: Any, k: Any, count: Any, value: Callable[[Any], Any]) -> None:
        """Places of a panel one by one."""
        b = self.b
        goal = b.gep(panel, [b.mul(k, _c(self.width))])
        counted(b, _c(0), count, 1, lambda i: b.store(value(i), b.gep(goal, [i])))

    # --- tiles ------------------------------------------------------------------------

    def blocks(self, top: Any, bottom: Any) -> None:
        """The rows by tiles of the greatest height, and the rest by lesser ones."""
        b = self.b
        left, count = b.sub(bottom, top), _c(0)
        kinds = []  # (height, number and row of the first tile, number of the next kind)
        for height in self.heights:
            more = b.sdiv(left, _c(height))
            end = b.add(count, more)
            kinds.append((height, count, top, end))
            left = b.sub(left, b.mul(more, _c(height)))
            top, count = b.add(top, b.mul(more, _c(height))), end

        def one(t: Any) -> None:
            i, height, tile = _c(0), _c(0), self.tiles[1]
            for h, number, row, end in reversed(kinds):
                here = b.icmp_signed("<", t, end)
                at = b.add(row, b.mul(b.sub(t, number), _c(h)))
                i = b.select(here, at, i)
                height = b.select(here, _c(h), height)
                tile = b.select(here, self.tiles[h], tile)
            self.block(i, height, tile)

        counted(b, _c(0), count, 1, one)

    def block(self, i: Any, height: Any, tile: Any) -> None:
        counted(
            self.b,
            self.first,
            self.end,
            self.width,
            lambda j: self.call(i, j, height, tile),
        )

    def call(self, i: Any, j: Any, height: Any, function: Any) -> None:
        """One tile; where there are fewer columns it goes to a place of its own."""
        b, size = self.b, self.size
        x = b.gep(self.x_at, [b.mul(i, size(X_ROW))])
        goal = b.gep(self.o_at, [b.add(b.mul(i, size(N)), j)])
        left = b.sub(size(N), j)
        full = b.icmp_signed(">=", left, _c(self.width))
        panel = self.place(j)

        def tile(out: Any, step: Any) -> None:
            first = b.gep(panel, [b.mul(size(K), _c(self.width))])
            args = [
                x,
                panel,
                b.select(self.new, first, out),
                out,
                size(K),
                size(X_ROW),
                size(X_COLUMN),
                b.select(self.new, _c(0), step),
                step,
            ]
            b.call(function, args)

        with b.if_else(full) as (then, otherwise):
            with then:
                tile(goal, size(N))
            with otherwise:
                wide = _c(self.width)
                with b.if_then(b.not_(self.new)):
                    self.copy(goal, size(N), self.scratch, wide, height, left)
                tile(self.scratch, wide)
                self.copy(self.scratch, wide, goal, size(N), height, left)

    def copy(
        self, x: Any, x_step: Any, out: Any, out_step: Any, height: Any, width: Any
    ) -> None:
        b = self.b

        def row(r: Any) -> None:
            source = b.gep(x, [b.mul(r, x_step)])
            target = b.gep(out, [b.mul(r, out_step)])
            counted(
                b,
                _c(0),
                width,
                1,
                lambda q: b.store(b.load(b.gep(source, [q])), b.gep(target, [q])),
            )

        counted(b, _c(0), height, 1, row)


def _tile(v: Vectors, rows: int) -> ir.Function:
    """`(x, panel, first, out, K, row and column strides of x, strides of first and
    out)`: a tile of out = first + x panel."""
    e = v.element.as_pointer()
    shape = ir.FunctionType(ir.VoidType(), [e] * 4 + [I64] * 5)
    fn = ir.Function(v.b.module, shape, f"tile{rows}")
    fn.linkage = "private"
    fn.attributes.add("noinline")
    x, panel, first, out, depth, row, column, first_stride, stride = fn.args
    b = ir.IRBuilder(fn.append_basic_block("entry"))
    v = Vectors(b, v.dtype, v.lanes)
    width = WIDE * v.lanes
    sums = [[b.alloca(v.type) for _ in range(WIDE)] for _ in range(rows)]
    for i, line in enumerate(sums):
        at = b.mul(first_stride, _c(i))
        for j, s in enumerate(line):
            b.store(v.load(first, b.add(at, _c(j * v.lanes))), s)
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
