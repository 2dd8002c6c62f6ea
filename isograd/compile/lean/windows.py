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
from isograd.compile.lean.maths import CONTRACT, F64, I64

# places in the array of sizes, behind those of `indexed`
TAPS, GROUP, ROWS, WIDTH, BLOCKS, OUTS, GROUPS, PARTS, PART, COUNT = range(3, 13)
I32 = ir.IntType(32)


def _c(n: int) -> ir.Constant:
    return ir.Constant(I64, n)


class _Vectors:
    """Vectors of `lanes` elements."""

    def __init__(self, b: Any, dtype: np.dtype, lanes: int) -> None:
        self.b = b
        self.element = lltype(dtype)
        self.type = ir.VectorType(self.element, lanes)
        self.lanes = lanes
        self.size = dtype.itemsize
        self.zero = ir.Constant(self.type, [ir.Constant(self.element, 0.0)] * lanes)

    def load(self, pointer: Any, place: Any) -> Any:
        p = self.b.bitcast(self.b.gep(pointer, [place]), self.type.as_pointer())
        return self.b.load(p, align=self.size)

    def store(self, value: Any, pointer: Any, place: Any) -> None:
        p = self.b.bitcast(self.b.gep(pointer, [place]), self.type.as_pointer())
        self.b.store(value, p, align=self.size)

    def splat(self, value: Any) -> Any:
        b = self.b
        one = b.insert_element(
            ir.Constant(self.type, ir.Undefined), value, ir.Constant(I32, 0)
        )
        mask = ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes)
        return b.shuffle_vector(one, ir.Constant(self.type, ir.Undefined), mask)

    def add_product(self, place: Any, x: Any, y: Any) -> None:
        b = self.b
        product = b.fmul(x, y, flags=CONTRACT)
        b.store(b.fadd(b.load(place), product, flags=CONTRACT), place)

    def total(self, value: Any) -> Any:
        """The sum of the lanes, by halves."""
        b, half = self.b, self.lanes // 2
        while half:
            low, high = (
                ir.Constant(ir.VectorType(I32, half), list(range(k, k + half)))
                for k in (0, half)
            )
            rest = ir.Constant(value.type, ir.Undefined)
            value = b.fadd(
                b.shuffle_vector(value, rest, low), b.shuffle_vector(value, rest, high)
            )
            half //= 2
        return b.extract_element(value, ir.Constant(I32, 0))


def _cut(b: Any, u: Any, *counts: Any) -> list[Any]:
    """A unit's number as coordinates, the last one fastest."""
    out = []
    for n in reversed(counts):
        out.append(b.srem(u, n))
        u = b.sdiv(u, n)
    return [u, *reversed(out)]


def _least(b: Any, x: Any, y: Any) -> Any:
    return b.select(b.icmp_signed("<", x, y), x, y)


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
        x, w, offsets, starts, out, _ = p
        v = _Vectors(b, dtype, lanes)
        sums = [[b.alloca(v.type) for _ in range(wide)] for _ in range(outs)]
        scratch = b.alloca(t, size=_c(lanes * wide))
        span = _c(lanes * wide)

        def tap(q: Any, source: Any, weights: Any) -> None:
            at = b.add(source, b.load(b.gep(offsets, [q])))
            data = [v.load(x, b.add(at, _c(j * lanes))) for j in range(wide)]
            at = b.add(weights, b.mul(q, _c(outs)))
            for k, row in enumerate(sums):
                weight = v.splat(b.load(b.gep(w, [b.add(at, _c(k))])))
                for place, d in zip(row, data, strict=True):
                    v.add_product(place, weight, d)

        def write(row: list[Any], target: Any) -> None:
            with b.if_else(b.icmp_signed(">=", size(WIDTH), span)) as (full, short):
                with full:
                    for j, s in enumerate(row):
                        v.store(b.load(s), out, b.add(target, _c(j * lanes)))
                with short:
                    for j, s in enumerate(row):
                        v.store(b.load(s), scratch, _c(j * lanes))
                    counted(
                        b,
                        _c(0),
                        size(WIDTH),
                        1,
                        lambda i: b.store(
                            b.load(b.gep(scratch, [i])), b.gep(out, [b.add(target, i)])
                        ),
                    )

        def unit(u: Any) -> None:
            n, g, block, part = _cut(b, u, size(GROUPS), size(BLOCKS), size(PARTS))
            group = b.add(b.mul(n, size(GROUPS)), g)
            base = b.mul(group, size(GROUP))
            weights = b.add(b.mul(g, size(BLOCKS)), block)
            weights = b.mul(weights, b.mul(size(TAPS), _c(outs)))
            channel = b.mul(block, _c(outs))
            left = b.sub(size(OUTS), channel)
            first = b.mul(part, size(PART))
            last = _least(b, b.add(first, size(PART)), size(ROWS))
            channel = b.add(b.mul(group, size(OUTS)), channel)

            def piece(r: Any, j: Any) -> None:
                # the last piece of a row overlaps the one before
                end = b.sub(size(WIDTH), span)
                j = b.select(b.icmp_signed(">", j, end), end, j)
                j = b.select(b.icmp_signed("<", j, _c(0)), _c(0), j)
                for row in sums:
                    for s in row:
                        b.store(v.zero, s)
                source = b.add(base, b.add(b.load(b.gep(starts, [r])), j))
                counted(b, _c(0), size(TAPS), 1, lambda q: tap(q, source, weights))
                for k, row in enumerate(sums):
                    place = b.mul(b.add(channel, _c(k)), size(ROWS))
                    place = b.add(b.mul(b.add(place, r), size(WIDTH)), j)
                    with b.if_then(b.icmp_signed("<", _c(k), left)):
                        write(row, place)

            counted(
                b,
                first,
                last,
                1,
                lambda r: counted(
                    b, _c(0), size(WIDTH), lanes * wide, lambda j: piece(r, j)
                ),
            )

        counted(b, lo, hi, 1, unit)

    return callable_of(module_of([t, t, I64, I64, t], body), 6, True)


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
        x, y, offsets, starts, out, _ = p
        v = _Vectors(b, dtype, lanes)
        pairs = [(k, q) for k in range(outs) for q in range(taps)]
        sums = {pair: b.alloca(v.type) for pair in pairs}
        totals = {pair: b.alloca(F64) for pair in pairs}
        numbers = [ir.Constant(I64, i) for i in range(lanes)]
        iota = ir.Constant(ir.VectorType(I64, lanes), numbers)
        splat_mask = ir.Constant(ir.VectorType(I32, lanes), [0] * lanes)

        def many(n: Any) -> Any:
            undefined = ir.Constant(iota.type, ir.Undefined)
            one = b.insert_element(undefined, n, ir.Constant(I32, 0))
            return b.shuffle_vector(one, undefined, splat_mask)

        def step(sources: list[Any], rows: list[Any], j: Any, mask: Any) -> None:
            data = [v.load(x, b.add(s, j)) for s in sources]
            weights = [v.load(y, b.add(r, j)) for r in rows]
            if mask is not None:
                data = [b.select(mask, d, v.zero) for d in data]
                weights = [b.select(mask, d, v.zero) for d in weights]
            for k, q in pairs:
                v.add_product(sums[k, q], weights[k], data[q])

        def unit(u: Any) -> None:
            g, block, part = _cut(b, u, size(BLOCKS), size(PARTS))
            channels = [b.add(b.mul(block, _c(outs)), _c(k)) for k in range(outs)]
            inside = [
                _least(b, c, b.sub(size(OUTS), _c(1))) for c in channels
            ]  # beyond the last channel it is read again
            places = [b.add(b.mul(part, _c(taps)), _c(q)) for q in range(taps)]
            near = [
                b.load(b.gep(offsets, [_least(b, q, b.sub(size(TAPS), _c(1)))]))
                for q in places
            ]
            for place in totals.values():
                b.store(ir.Constant(F64, 0.0), place)
            whole = b.mul(b.sdiv(size(WIDTH), _c(lanes)), _c(lanes))
            rest = b.sub(size(WIDTH), whole)
            shifted = b.sub(size(WIDTH), _c(lanes))

            def sample(n: Any) -> None:
                group = b.add(b.mul(n, size(GROUPS)), g)
                base = b.mul(group, size(GROUP))
                for place in sums.values():
                    b.store(v.zero, place)

                def row(r: Any) -> None:
                    start = b.add(base, b.load(b.gep(starts, [r])))
                    sources = [b.add(start, o) for o in near]
                    rows = []
                    for c in inside:
                        at = b.add(b.mul(group, size(OUTS)), c)
                        at = b.add(b.mul(at, size(ROWS)), r)
                        rows.append(b.mul(at, size(WIDTH)))
                    counted(
                        b, _c(0), whole, lanes, lambda j: step(sources, rows, j, None)
                    )
                    with b.if_then(b.icmp_signed(">", rest, _c(0))):
                        mask = b.icmp_signed(">=", iota, many(b.sub(_c(lanes), rest)))
                        step(sources, rows, shifted, mask)

                counted(b, _c(0), size(ROWS), 1, row)
                for pair, place in sums.items():
                    total = v.total(b.load(place))
                    total = total if t == F64 else b.fpext(total, F64)
                    b.store(b.fadd(b.load(totals[pair]), total), totals[pair])

            counted(b, _c(0), size(COUNT), 1, sample)
            for (k, q), place in totals.items():
                good = b.and_(
                    b.icmp_signed("<", channels[k], size(OUTS)),
                    b.icmp_signed("<", places[q], size(TAPS)),
                )
                with b.if_then(good):
                    at = b.add(b.mul(g, size(OUTS)), channels[k])
                    at = b.add(b.mul(at, size(TAPS)), places[q])
                    total = b.load(place)
                    total = total if t == F64 else b.fptrunc(total, t)
                    b.store(total, b.gep(out, [at]))

        counted(b, lo, hi, 1, unit)

    return callable_of(module_of([t, t, I64, I64, t], body), 6, True)
