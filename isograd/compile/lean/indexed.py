"""Kernels that are no expressions over a space: scans, and access by index arrays.

Arrays are seen as (outer, n, inner).  Sizes are read at each call from an int64 array,
the last argument, so one kernel serves all shapes.  A unit of work is a row of lanes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir

from isograd.compile.lean.build import HEAD, callable_of, engine
from isograd.compile.lean.emit import I8, TABLE, lltype
from isograd.compile.lean.loops import counted
from isograd.compile.lean.maths import F32, F64, I64

# places in the array of sizes
TASKS, CHUNK, UNITS, OUTER, LENGTH, INNER, COUNT, BLOCKS, BLOCK, BAD = range(10)
SIZES = 20
LANES = 8

Body = Callable[[Any, list[Any], Callable[[int], Any], Any, Any], None]


def _c(n: int) -> ir.Constant:
    return ir.Constant(I64, n)


def module_of(types: list[ir.Type], body: Body) -> ir.Module:
    """`work(table, task, lo, hi)` around a body, and the `entry` that shares it out."""
    module = ir.Module("indexed")
    fn = ir.Function(
        module,
        ir.FunctionType(
            ir.VoidType(),
            [*(t.as_pointer() for t in types), I64.as_pointer(), I64, I64],
        ),
        "body",
    )
    fn.linkage = "private"
    for a in fn.args[: len(types) + 1]:
        a.add_attribute("noalias")
    *pointers, sizes, lo, hi = fn.args
    b = ir.IRBuilder(fn.append_basic_block("entry"))
    known = {i: b.load(b.gep(sizes, [_c(i)])) for i in range(SIZES)}
    body(b, [*pointers, sizes], known.__getitem__, lo, hi)
    b.ret_void()
    work = ir.Function(
        module, ir.FunctionType(ir.VoidType(), [TABLE, I64, I64, I64]), "work"
    )
    work.linkage = "private"
    b = ir.IRBuilder(work.append_basic_block("entry"))
    args = [
        b.bitcast(b.load(b.gep(work.args[0], [_c(i)])), t.as_pointer())
        for i, t in enumerate([*types, I64])
    ]
    b.call(fn, [*args, work.args[2], work.args[3]])
    b.ret_void()
    _entry(module, work, len(types) + 1)
    return module


def _entry(module: ir.Module, work: ir.Function, count: int) -> None:
    fn = ir.Function(
        module, ir.FunctionType(ir.VoidType(), [I8.as_pointer()] * count), "entry"
    )
    b = ir.IRBuilder(fn.append_basic_block("entry"))
    table = b.alloca(I8.as_pointer(), _c(count))
    data: Any = None
    for i, obj in enumerate(fn.args):
        data = b.load(b.bitcast(b.gep(obj, [_c(HEAD)]), TABLE))
        b.store(data, b.gep(table, [_c(i)]))
    sizes = b.bitcast(data, I64.as_pointer())
    numbers = [b.load(b.gep(sizes, [_c(i)])) for i in (TASKS, CHUNK, UNITS)]
    shape = ir.FunctionType(ir.VoidType(), [I64, I64, TABLE, I64, I64, I64])
    dispatch = b.inttoptr(_c(engine().dispatch), shape.as_pointer())
    pool = _c(engine().pool.address)
    b.call(dispatch, [pool, b.ptrtoint(work, I64), table, *numbers])
    b.ret_void()


def _at(b: Any, *terms: Any) -> Any:
    total = terms[0]
    for t in terms[1:]:
        total = b.add(total, t, flags=("nsw",))
    return total


def _times(b: Any, x: Any, y: Any) -> Any:
    return b.mul(x, y, flags=("nsw",))


# --- scans ----------------------------------------------------------------------------


@cache
def scan(op: str, dtype: np.dtype, reverse: bool, rows: bool) -> Callable[..., None]:
    """`(x, out, sizes)`: sums or products ("add", "mul") along the middle axis, float32
    in float64.

    `rows`: inner is 1, units are rows; else units are blocks of lanes.
    """
    s = _Scan(op, lltype(dtype), reverse)
    module = module_of([s.t, s.t], s.by_rows if rows else s.by_blocks)
    return callable_of(module, 3, True)


class _Scan:
    """The loops of a cumulative sum or product."""

    def __init__(self, op: str, t: ir.Type, reverse: bool) -> None:
        self.op = op
        self.t = t
        self.reverse = reverse
        self.wide = F64 if t == F32 else t
        start = int(op == "mul")
        self.first = ir.Constant(self.wide, float(start) if self.wide == F64 else start)

    def step(self, b: Any, p: list[Any], place: Any, total: Any) -> Any:
        """total op x[place], stored to out[place]."""
        x, out = p[:2]
        v = b.load(b.gep(x, [place]))
        v = b.fpext(v, F64) if self.wide != self.t else v
        total = getattr(b, "f" * (self.wide == F64) + self.op)(total, v)
        narrow = b.fptrunc(total, self.t) if self.wide != self.t else total
        b.store(narrow, b.gep(out, [place]))
        return total

    def place(self, b: Any, j: Any, n: Any) -> Any:
        return b.sub(b.sub(n, _c(1)), j) if self.reverse else j

    def by_rows(self, b: Any, p: list[Any], size: Any, lo: Any, hi: Any) -> None:
        """Several rows side by side: each is a chain of additions."""
        n = size(LENGTH)
        sums = [b.alloca(self.wide) for _ in range(LANES)]

        def some(count: int, r: Any) -> None:
            starts = [_times(b, b.add(r, _c(k)), n) for k in range(count)]
            for s in sums[:count]:
                b.store(self.first, s)

            def column(j: Any) -> None:
                at = self.place(b, j, n)
                for start, s in zip(starts, sums, strict=False):
                    b.store(self.step(b, p, b.add(start, at), b.load(s)), s)

            counted(b, _c(0), n, 1, column)

        full = b.add(lo, b.mul(b.sdiv(b.sub(hi, lo), _c(LANES)), _c(LANES)))
        counted(b, lo, full, LANES, lambda r: some(LANES, r))
        counted(b, full, hi, 1, lambda r: some(1, r))

    def by_blocks(self, b: Any, p: list[Any], size: Any, lo: Any, hi: Any) -> None:
        """Blocks of up to 64 lanes, row after row."""
        n, inner, block = size(LENGTH), size(INNER), size(BLOCK)
        sums = b.alloca(self.wide, size=_c(64))

        def unit(u: Any) -> None:
            o, first = b.sdiv(u, size(BLOCKS)), b.srem(u, size(BLOCKS))
            first = _times(b, first, block)
            last = b.sub(inner, first)
            width = b.select(b.icmp_signed("<", last, block), last, block)
            base = _at(b, _times(b, _times(b, o, n), inner), first)
            counted(b, _c(0), width, 1, lambda i: b.store(self.first, b.gep(sums, [i])))

            def row(j: Any) -> None:
                start = _at(b, base, _times(b, self.place(b, j, n), inner))

                def lane(i: Any) -> None:
                    s = b.gep(sums, [i])
                    b.store(self.step(b, p, b.add(start, i), b.load(s)), s)

                counted(b, _c(0), width, 1, lane)

            counted(b, _c(0), n, 1, row)

        counted(b, lo, hi, 1, unit)


# --- access by index ------------------------------------------------------------------


def _index(b: Any, idx: Any, place: Any, n: Any, sizes: Any) -> Any:
    """An index counted from the front; a wrong one becomes 0 and sets the flag."""
    i = b.load(b.gep(idx, [place]))
    i = b.select(b.icmp_signed("<", i, _c(0)), b.add(i, n), i)
    good = b.icmp_unsigned("<", i, n)
    with b.if_then(b.not_(good), likely=False):
        b.store(_c(1), b.gep(sizes, [_c(BAD)]))
    return b.select(good, i, _c(0))


def _lanes(b: Any, width: Any, single: bool, lane: Callable[[Any], None]) -> None:
    """`lane` for each of `width` lanes, without a loop where there is one."""
    if single:
        lane(_c(0))
    else:
        counted(b, _c(0), width, 1, lane)


@cache
def take(dtype: np.dtype, rows: bool, single: bool) -> Callable[..., None]:
    """`(x, idx, out, sizes)`: out[o, j, i] = x[o, idx[o, j, i], i], units (o, j).

    `rows`: the index is idx[j], the same for all o and i.  `single`: inner is 1.
    """
    t = lltype(dtype)

    def body(b: Any, p: list[Any], size: Any, lo: Any, hi: Any) -> None:
        x, idx, out, sizes = p
        n, inner, count = size(LENGTH), size(INNER), size(COUNT)
        inner = _c(1) if single else inner

        def unit(u: Any) -> None:
            o = b.sdiv(u, count)
            source = _times(b, _times(b, o, n), inner)
            target = _times(b, u, inner)
            fixed = None
            if rows:
                fixed = _index(b, idx, b.srem(u, count), n, sizes)

            def lane(i: Any) -> None:
                k = fixed if rows else _index(b, idx, b.add(target, i), n, sizes)
                v = b.load(b.gep(x, [_at(b, source, _times(b, k, inner), i)]))
                b.store(v, b.gep(out, [b.add(target, i)]))

            _lanes(b, inner, single, lane)

        counted(b, lo, hi, 1, unit)

    return callable_of(module_of([t, I64, t], body), 4, True)


@cache
def add(dtype: np.dtype, rows: bool, single: bool) -> Callable[..., None]:
    """`(g, idx, out, sizes)`: out[o, idx[o, j, i], i] += g[o, j, i], out from zeros.

    Units are (o, block of i), so no two of them write the same elements.
    """
    t = lltype(dtype)
    zero = ir.Constant(t, 0.0 if t in (F32, F64) else 0)

    def body(b: Any, p: list[Any], size: Any, lo: Any, hi: Any) -> None:
        g, idx, out, sizes = p
        n, inner, count, block = size(LENGTH), size(INNER), size(COUNT), size(BLOCK)
        inner = _c(1) if single else inner

        def unit(u: Any) -> None:
            o, first = b.sdiv(u, size(BLOCKS)), b.srem(u, size(BLOCKS))
            first = _c(0) if single else _times(b, first, block)
            rest = b.sub(inner, first)
            width = b.select(b.icmp_signed("<", rest, block), rest, block)
            target = _at(b, _times(b, _times(b, o, n), inner), first)

            def clear(k: Any) -> None:
                start = _at(b, target, _times(b, k, inner))
                _lanes(
                    b,
                    width,
                    single,
                    lambda i: b.store(zero, b.gep(out, [b.add(start, i)])),
                )

            def element(j: Any) -> None:
                row = _at(b, _times(b, o, count), j)
                source = _at(b, _times(b, row, inner), first)
                fixed = _index(b, idx, j, n, sizes) if rows else None

                def lane(i: Any) -> None:
                    at = b.add(source, i)
                    k = fixed if rows else _index(b, idx, at, n, sizes)
                    place = b.gep(out, [_at(b, target, _times(b, k, inner), i)])
                    v, old = b.load(b.gep(g, [at])), b.load(place)
                    b.store(b.fadd(old, v) if t in (F32, F64) else b.add(old, v), place)

                _lanes(b, width, single, lane)

            counted(b, _c(0), n, 1, clear)
            counted(b, _c(0), count, 1, element)

        counted(b, lo, hi, 1, unit)

    return callable_of(module_of([t, I64, t], body), 4, True)
