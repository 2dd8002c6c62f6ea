"""Kernels of convolutions: sums over the taps of a window, straight from the data.

A tap is a place in the window of one channel: `offsets[tap]` is how far its data stand
from those of the first.  Results are rows of `width`; `starts[row]` is where the data
of a row begin.  Strides and dilations are in those tables, so one kernel serves all.
Vectors are LLVM's own, which it cuts to the registers that there are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir

from isograd.compile.lean.build import callable_of
from isograd.compile.lean.emit import lltype
from isograd.compile.lean.indexed import module_of
from isograd.compile.lean.loops import counted
from isograd.compile.lean.maths import F64, I64
from isograd.compile.lean.vectors import Vectors, cut, least
from isograd.compile.lean.vectors import constant as _c

# places in the array of sizes, behind those of `indexed`
TAPS, GROUP, ROWS, WIDTH, BLOCKS, OUTS, GROUPS, PARTS, PART, COUNT = range(3, 13)


@cache
def correlate(dtype: np.dtype, lanes: int, wide: int, outs: int) -> Callable[..., None]:
    """`(x, w, offsets, starts, out, sizes)`: for each sample, channel and place,
    out = sum over taps of w[channel, tap] x[start of the row + place + offset].

    x (samples, groups, GROUP), out (samples, groups, OUTS, ROWS, WIDTH), w (groups,
    BLOCKS, TAPS, outs): channels in blocks of `outs`.  `wide` vectors stand side by
    side; past short rows data are read, but not used.
    """
    t = lltype(dtype)

    def body(b: Any, p: list[Any], size: Any, lo: Any, hi: Any) -> None:
        _Correlation(Vectors(b, dtype, lanes), p, size, wide, outs).units(lo, hi)

    return callable_of(module_of([t, t, I64, I64, t], body), 6, True)


class _Correlation:
    """The loops of `correlate`; a unit is a block of channels of some rows."""

    def __init__(self, v: Vectors, p: list[Any], size: Any, wide: int, outs: int):
        self.v, self.b, self.size, self.outs = v, v.b, size, outs
        self.x, self.w, self.offsets, self.starts, self.out, _ = p
        self.sums = [[v.b.alloca(v.type) for _ in range(wide)] for _ in range(outs)]
        self.step = v.lanes * wide
        self.scratch = v.b.alloca(v.element, size=_c(self.step))

    def units(self, lo: Any, hi: Any) -> None:
        counted(self.b, lo, hi, 1, self.unit)

    def unit(self, u: Any) -> None:
        b, size = self.b, self.size
        n, g, block, part = cut(b, u, size(GROUPS), size(BLOCKS), size(PARTS))
        group = b.add(b.mul(n, size(GROUPS)), g)
        weights = b.add(b.mul(g, size(BLOCKS)), block)
        first = b.mul(part, size(PART))
        last = least(b, b.add(first, size(PART)), size(ROWS))
        channel = b.mul(block, _c(self.outs))
        self.base = b.mul(group, size(GROUP))
        self.weights = b.mul(weights, b.mul(size(TAPS), _c(self.outs)))
        self.left = b.sub(size(OUTS), channel)
        self.channel = b.add(b.mul(group, size(OUTS)), channel)
        counted(b, first, last, 1, self.row)

    def row(self, r: Any) -> None:
        counted(self.b, _c(0), self.size(WIDTH), self.step, lambda j: self.piece(r, j))

    def piece(self, r: Any, j: Any) -> None:
        """A piece of a row; the last one overlaps the one before."""
        b, size = self.b, self.size
        end = b.sub(size(WIDTH), _c(self.step))
        j = least(b, j, end)
        j = b.select(b.icmp_signed("<", j, _c(0)), _c(0), j)
        for row in self.sums:
            for s in row:
                b.store(self.v.zero, s)
        source = b.add(self.base, b.add(b.load(b.gep(self.starts, [r])), j))
        counted(b, _c(0), size(TAPS), 1, lambda q: self.tap(q, source))
        for k, row in enumerate(self.sums):
            place = b.mul(b.add(self.channel, _c(k)), size(ROWS))
            place = b.add(b.mul(b.add(place, r), size(WIDTH)), j)
            with b.if_then(b.icmp_signed("<", _c(k), self.left)):
                self.write(row, place)

    def tap(self, q: Any, source: Any) -> None:
        b, v = self.b, self.v
        at = b.add(source, b.load(b.gep(self.offsets, [q])))
        data = [
            v.load(self.x, b.add(at, _c(j * v.lanes)))
            for j in range(self.step // v.lanes)
        ]
        at = b.add(self.weights, b.mul(q, _c(self.outs)))
        for k, row in enumerate(self.sums):
            weight = v.splat(b.load(b.gep(self.w, [b.add(at, _c(k))])))
            for place, d in zip(row, data, strict=True):
                v.add_product(place, weight, d)

    def write(self, row: list[Any], target: Any) -> None:
        b, v, width = self.b, self.v, self.size(WIDTH)

        def vectors(array: Any, start: Any) -> None:
            for j, s in enumerate(row):
                v.store(b.load(s), array, b.add(start, _c(j * v.lanes)))

        def copy(i: Any) -> None:
            value = b.load(b.gep(self.scratch, [i]))
            b.store(value, b.gep(self.out, [b.add(target, i)]))

        long = b.icmp_signed(">=", width, _c(self.step))
        with b.if_else(long) as (then, otherwise):
            with then:
                vectors(self.out, target)
            with otherwise:
                vectors(self.scratch, _c(0))
                counted(b, _c(0), width, 1, copy)


@cache
def dots(dtype: np.dtype, lanes: int, outs: int, taps: int) -> Callable[..., None]:
    """`(x, y, offsets, starts, out, sizes)`: for each channel of y and tap,
    out = sum over samples and places of y[place] x[start of the row + place + offset].

    x (samples, groups, GROUP), y (samples, groups, OUTS, ROWS, WIDTH), out (groups,
    OUTS, TAPS); rows have at least `lanes` elements; blocks of `outs` channels and
    `taps` taps.  The sum of a sample is collected in float64.
    """
    t = lltype(dtype)

    def body(b: Any, p: list[Any], size: Any, lo: Any, hi: Any) -> None:
        _Dots(Vectors(b, dtype, lanes), p, size, outs, taps).units(lo, hi)

    return callable_of(module_of([t, t, I64, I64, t], body), 6, True)


class _Dots:
    """The loops of `dots`; a unit is a block of channels and taps."""

    def __init__(self, v: Vectors, p: list[Any], size: Any, outs: int, taps: int):
        self.v, self.b, self.size, self.outs, self.taps = v, v.b, size, outs, taps
        self.x, self.y, self.offsets, self.starts, self.out, _ = p
        pairs = [(k, q) for k in range(outs) for q in range(taps)]
        self.sums = {pair: v.b.alloca(v.type) for pair in pairs}
        self.totals = {pair: v.b.alloca(F64) for pair in pairs}

    def units(self, lo: Any, hi: Any) -> None:
        counted(self.b, lo, hi, 1, self.unit)

    def unit(self, u: Any) -> None:
        b, size = self.b, self.size
        self.g, block, part = cut(b, u, size(BLOCKS), size(PARTS))
        block, part = b.mul(block, _c(self.outs)), b.mul(part, _c(self.taps))
        channels = [b.add(block, _c(k)) for k in range(self.outs)]
        places = [b.add(part, _c(q)) for q in range(self.taps)]
        # beyond the last one that one is read again
        last, end = b.sub(size(OUTS), _c(1)), b.sub(size(TAPS), _c(1))
        self.inside = [least(b, c, last) for c in channels]
        self.near = [b.load(b.gep(self.offsets, [least(b, q, end)])) for q in places]
        for place in self.totals.values():
            b.store(ir.Constant(F64, 0.0), place)
        counted(b, _c(0), size(COUNT), 1, self.sample)
        for (k, q), place in self.totals.items():
            self.write(channels[k], places[q], b.load(place))

    def sample(self, n: Any) -> None:
        b = self.b
        self.group = b.add(b.mul(n, self.size(GROUPS)), self.g)
        for place in self.sums.values():
            b.store(self.v.zero, place)
        counted(b, _c(0), self.size(ROWS), 1, self.row)
        for pair, place in self.sums.items():
            total = self.v.total(b.load(place))
            total = total if total.type == F64 else b.fpext(total, F64)
            b.store(b.fadd(b.load(self.totals[pair]), total), self.totals[pair])

    def row(self, r: Any) -> None:
        """Whole vectors, then the last `lanes` elements without those that are done."""
        b, size, lanes = self.b, self.size, self.v.lanes
        base = b.mul(self.group, size(GROUP))
        start = b.add(base, b.load(b.gep(self.starts, [r])))
        sources = [b.add(start, o) for o in self.near]
        rows = []
        for c in self.inside:
            at = b.add(b.mul(self.group, size(OUTS)), c)
            rows.append(b.mul(b.add(b.mul(at, size(ROWS)), r), size(WIDTH)))
        whole = b.mul(b.sdiv(size(WIDTH), _c(lanes)), _c(lanes))
        rest = b.sub(size(WIDTH), whole)
        counted(b, _c(0), whole, lanes, lambda j: self.step(sources, rows, j, None))
        with b.if_then(b.icmp_signed(">", rest, _c(0))):
            mask = self.v.from_lane(b.sub(_c(lanes), rest))
            self.step(sources, rows, b.sub(size(WIDTH), _c(lanes)), mask)

    def step(self, sources: list[Any], rows: list[Any], j: Any, mask: Any) -> None:
        b, v = self.b, self.v
        data = [v.load(self.x, b.add(s, j)) for s in sources]
        weights = [v.load(self.y, b.add(r, j)) for r in rows]
        if mask is not None:
            data = [b.select(mask, d, v.zero) for d in data]
            weights = [b.select(mask, d, v.zero) for d in weights]
        for (k, q), place in self.sums.items():
            v.add_product(place, weights[k], data[q])

    def write(self, channel: Any, place: Any, total: Any) -> None:
        b, size = self.b, self.size
        good = b.and_(
            b.icmp_signed("<", channel, size(OUTS)),
            b.icmp_signed("<", place, size(TAPS)),
        )
        with b.if_then(good):
            at = b.add(b.mul(self.g, size(OUTS)), channel)
            at = b.add(b.mul(at, size(TAPS)), place)
            if self.v.element != F64:
                total = b.fptrunc(total, self.v.element)
            b.store(total, b.gep(self.out, [at]))
