"""Several regions as one job: rows go through all of them while they are in the cache.

A *link* is a region with an axis of which `per` coordinates make a row; what it reads of
an earlier link belongs to the same row.  So a thread may take some rows through the whole
chain, and memory between links is read where it was just written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

from llvmlite import ir

from isograd.compile.lean.build import (
    GRAIN,
    TASKS,
    callable_of,
    engine,
    fill,
    pointer,
    share,
)
from isograd.compile.lean.emit import I8, TABLE, Emitter
from isograd.compile.lean.loops import counted
from isograd.compile.lean.maths import I64
from isograd.compile.lean.region import Load, Reduce, Region, loads_of

CACHE = 1 << 17  # bytes that rows on their way through a chain may take up


class Link(NamedTuple):
    """A region in a chain.

    Attributes:
        axis, per: the axis of rows, and how many of its coordinates make one.
        arrays: for each buffer the number of the argument.
    """

    region: Region
    axis: int
    per: int
    arrays: tuple[int, ...]


class Rows(NamedTuple):
    """How an array that a link writes is divided: row i is [i size, (i + 1) size);
    size zero: rows are not one behind the other."""

    size: int


def link(
    region: Region, arrays: Sequence[int], rows: int, made: dict[int, Rows]
) -> Link | None:
    """The region as a link of a chain over `rows`; None if that cannot be.

    Args:
        made: what earlier links wrote, by the number of the argument.
    """
    if region.tile or any(
        isinstance(o, Reduce) and len(o.axes) == len(region.space)
        for o in region.outputs
    ):
        return None
    last = len(region.space) - 1
    for axis, n in enumerate(region.space):
        if axis == last > 0:  # a few columns at a time: memory is read by pieces
            continue
        per = n // rows if axis == 0 else 1
        if n != per * rows or any(
            isinstance(o, Reduce) and axis in o.axes for o in region.outputs
        ):
            continue
        if all(
            stays(load, region.space, axis, per, made[arrays[load[0]]].size)
            for load in loads_of(region)
            if arrays[load[0]] in made
        ):
            return Link(region, axis, per, tuple(arrays))
    return None


def stays(load: Load, space: Sequence[int], axis: int, per: int, size: int) -> bool:
    """Whether what is read for a row is inside the same row."""
    _, strides, offset = load
    low = high = offset
    for k, (n, s) in enumerate(zip(space, strides, strict=True)):
        reach = ((per if k == axis else n) - 1) * s
        low, high = low + min(0, reach), high + max(0, reach)
    return per * strides[axis] == size and low >= 0 and high < size


def writes(link: Link, rows: int) -> dict[int, Rows]:
    """What a link writes, by argument."""
    found = {}
    for o in link.region.outputs:
        size = link.per * o.strides[link.axis]
        apart = size * rows != prod(link.region.buffers[o.buffer].shape)
        found[link.arrays[o.buffer]] = Rows(0 if apart else size)
    return found


def build(links: Sequence[Link], rows: int, count: int) -> Callable[..., None]:
    """A function of `count` arrays that runs the links."""
    module = ir.Module("chain")
    shape = ir.FunctionType(ir.VoidType(), [I8.as_pointer()] * count)
    fn = ir.Function(module, shape, "entry")
    b = ir.IRBuilder(fn.append_basic_block("entry"))
    total = sum(len(s.arrays) for s in links)
    table = b.alloca(I8.as_pointer(), ir.Constant(I64, total))
    at = 0
    places = []
    for s in links:
        data = []
        for number in s.arrays:
            data.append(pointer(b, fn.args[number]))
            b.store(data[-1], b.gep(table, [ir.Constant(I64, at)]))
            at += 1
        places.append(at - len(s.arrays))
        for o in s.region.outputs:
            if isinstance(o, Reduce):
                fill(b, o, s.region.buffers[o.buffer], data[o.buffer])
    work = _work(module, links, places, rows)
    tasks = _tasks(links, rows)
    chunk = -(-rows // tasks)
    tasks = -(-rows // chunk)
    share(b, work, table, tasks, chunk, rows)
    b.ret_void()
    return callable_of(module, count, tasks > 1)


def _tasks(links: Sequence[Link], rows: int) -> int:
    work = sum(prod(s.region.space) for s in links)
    return max(1, min(TASKS, rows, work // GRAIN)) if work >= 2 * GRAIN else 1


def _work(
    module: ir.Module, links: Sequence[Link], places: Sequence[int], rows: int
) -> ir.Function:
    """`work(table, task, lo, hi)`: some rows at a time through all links."""
    shape = ir.FunctionType(ir.VoidType(), [TABLE, I64, I64, I64])
    fn = ir.Function(module, shape, "chained")
    fn.linkage = "private"
    table, task, lo, hi = fn.args
    b: Any = ir.IRBuilder(fn.append_basic_block("entry"))
    size = sum(
        prod(s.region.buffers[i].shape) * s.region.buffers[i].dtype.itemsize
        for s in links
        for i in range(len(s.arrays))
    )
    step = max(1, CACHE * rows // max(1, size))

    def block(first: Any) -> None:
        last = b.add(first, ir.Constant(I64, step))
        last = b.select(b.icmp_signed("<", last, hi), last, hi)
        for s, place in zip(links, places, strict=True):
            emitter = Emitter(s.region, s.axis)
            address = engine().add(emitter.exported(), "kernel")
            kernel = b.inttoptr(ir.Constant(I64, address), shape.as_pointer())
            own = b.gep(table, [ir.Constant(I64, place)])
            ends = [b.mul(e, ir.Constant(I64, s.per)) for e in (first, last)]
            b.call(kernel, [own, task, *ends])

    counted(b, lo, hi, step, block)
    b.ret_void()
    return fn
