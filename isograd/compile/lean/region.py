"""Regions: what the code generator takes."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from isograd.compile.lean.scalar import Expr, S

Shape = tuple[int, ...]


class Buffer(NamedTuple):
    """An array argument: its dtype, role, shape, and strides in elements."""

    dtype: Any
    role: str
    shape: Shape
    strides: Shape


class Store(NamedTuple):
    """An expression written over the whole space."""

    buffer: int
    strides: Shape
    offset: int
    expr: Expr


class Reduce(NamedTuple):
    """An expression reduced over some axes of the space."""

    op: str
    axes: Shape
    expr: Expr
    buffer: int
    strides: Shape


class Region(NamedTuple):
    """A space, the arrays it works on, and its outputs.

    `tile` is the side of the blocks in which the last two axes are walked, 0 for rows.
    """

    space: Shape
    buffers: tuple[Buffer, ...]
    outputs: tuple[Store | Reduce, ...]
    tile: int = 0


TILE = 32


def normalised(region: Region) -> Region:
    """The region with few, long axes, the last one best to walk along."""
    return tiled(collapsed(region))


def collapsed(region: Region) -> Region:
    """Axes of length one are dropped, adjacent axes walked as one are joined."""
    space = region.space
    walks, boxes = walks_of(region)
    groups: list[list[int]] = []
    for k, n in enumerate(space):
        if n == 1:
            continue
        if groups and _joins(groups[-1][-1], k, space, walks, boxes, region.outputs):
            groups[-1].append(k)
        else:
            groups.append([k])
    if not groups:
        return _regrouped(region, [[0]] if space else [])
    return _regrouped(region, groups)


Load = tuple[int, Shape, int]  # (buffer, strides, offset)


def loads_of(region: Region) -> list[Load]:
    """All that the outputs read."""
    return [e.data for e in _nodes(region) if e.op == "load"]


def _nodes(region: Region) -> list[Expr]:
    found: dict[int, Expr] = {}
    stack = [o.expr for o in region.outputs]
    while stack:
        e = stack.pop()
        if id(e) not in found:
            found[id(e)] = e
            stack.extend(e.args)
    return list(found.values())


def walks_of(region: Region) -> tuple[set[Shape], set[Any]]:
    """The strides of all accesses, and the boxes of all choices by position."""
    nodes = _nodes(region)
    walks = {e.data[1] for e in nodes if e.op == "load"}
    boxes = {e.data for e in nodes if e.op == "within"}
    return walks | {o.strides for o in region.outputs}, boxes


def _joins(
    k: int, j: int, space: Shape, walks: set[Shape], boxes: set[Any], outputs: Any
) -> bool:
    """Whether axes k < j (with only ones between) are one axis for every access."""
    return (
        all(w[k] == w[j] * space[j] for w in walks)
        and all(b[k] == (0, space[k]) and b[j] == (0, space[j]) for b in boxes)
        and all(
            (k in o.axes) == (j in o.axes) for o in outputs if isinstance(o, Reduce)
        )
    )


def _regrouped(region: Region, groups: list[list[int]]) -> Region:
    """The region over the joined axes; without axes it gets one of length one."""
    if not groups:
        return _mapped(
            region, (1,), lambda s: (0,), lambda axes: (0,), lambda b: ((0, 1),)
        )
    space = tuple(prod(region.space[k] for k in g) for g in groups)
    last = [g[-1] for g in groups]
    reduces_all = {
        o: len(o.axes) == len(region.space)
        for o in region.outputs
        if isinstance(o, Reduce)
    }

    def axes(o: Reduce) -> Shape:
        if reduces_all[o]:
            return tuple(range(len(groups)))
        return tuple(i for i, g in enumerate(groups) if g[0] in o.axes)

    def box(b: Any) -> Any:
        return tuple(
            b[g[0]] if len(g) == 1 else (0, n)
            for g, n in zip(groups, space, strict=True)
        )

    return _mapped(region, space, lambda s: tuple(s[k] for k in last), axes, box)


def tiled(region: Region) -> Region:
    """Blocks, where some access runs along another axis than the last one."""
    if len(region.space) < 2 or prod(region.space) < TILE * TILE:
        return region
    walks, boxes = walks_of(region)
    if boxes or any(isinstance(o, Reduce) for o in region.outputs):
        return region
    across = [
        k
        for k in range(len(region.space) - 1)
        if any(w[k] == 1 and w[-1] > 1 for w in walks)
    ]
    if not across or min(region.space[across[-1]], region.space[-1]) < 4:
        return region
    k = across[-1]
    order = [i for i in range(len(region.space)) if i != k]
    order.insert(len(order) - 1, k)
    moved = _regrouped(region, [[i] for i in order])
    return moved._replace(tile=TILE)


def _mapped(region: Region, space: Any, strides: Any, axes: Any, box: Any) -> Region:
    done: dict[int, Expr] = {}

    def visit(e: Expr) -> Expr:
        found = done.get(id(e))
        if found is None:
            args = tuple(map(visit, e.args))
            data = e.data
            if e.op == "load":
                data = (data[0], strides(data[1]), data[2])
            elif e.op == "within":
                data = box(data)
            found = done[id(e)] = S.make(e.op, args, e.dtype, data)
        return found

    outputs = tuple(
        o._replace(expr=visit(o.expr), strides=strides(o.strides))
        if isinstance(o, Store)
        else o._replace(expr=visit(o.expr), strides=strides(o.strides), axes=axes(o))
        for o in region.outputs
    )
    return Region(space, region.buffers, outputs)
