"""Indexing: slices and their adjoint, gather and scatter-add, sorting.

Indices of `slice` are normalised: for each axis a triple (start, stop, step), counted
from the front, with stop = -1 for "to the front" where the step is negative.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.dtypes import I64
from isograd.core.families import linear
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite

Shape = tuple[int, ...]
Triple = tuple[int, int, int]
Index = tuple[Triple, ...]


def as_slices(index: Index) -> tuple[slice, ...]:
    """NumPy's slices: a stop before the first element is written as None."""
    return tuple(
        slice(a, None if b < 0 and c < 0 else b, c) for a, b, c in index
    )


def sliced_shape(index: Index) -> Shape:
    return tuple(len(range(a, b, c)) for a, b, c in index)


def _slice_impl(x: np.ndarray, *, index: Index) -> np.ndarray:
    return x[as_slices(index)]


def _unslice_impl(g: np.ndarray, *, index: Index, shape: Shape) -> np.ndarray:
    out = np.zeros(shape, g.dtype)
    out[as_slices(index)] = g
    return out


slice_ = linear(
    "slice",
    _slice_impl,
    abstract=lambda x, index: Aval(sliced_shape(index), x.dtype),
    adjoint=lambda F, g, operand, index: F.unslice(g, index=index, shape=operand),
    lift=lambda size, operand, index: {"index": ((0, size, 1), *index)},
    view=True,
    samples=lambda rng: [
        ((rng.normal(size=(4, 5)),), {"index": ((1, 4, 2), (4, -1, -1))}),
        ((rng.normal(size=(4,)),), {"index": ((2, 2, 1),)}),
    ],
)

unslice = linear(
    "unslice",
    _unslice_impl,
    abstract=lambda x, index, shape: Aval(shape, x.dtype),
    adjoint=lambda F, g, operand, index, shape: F.slice(g, index=index),
    lift=lambda size, operand, index, shape: {
        "index": ((0, size, 1), *index), "shape": (size, *shape)},
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {"index": ((1, 4, 2), (0, 3, 1)),
                                      "shape": (5, 4)}),
    ],
)


@composite
def take_range(F: Namespace, x: Payload, start: int, stop: int) -> Payload:
    """`x[start:stop]`."""
    index = ((start, stop, 1), *((0, n, 1) for n in x.shape[1:]))
    return F.slice(x, index=index)


@composite
def pad(
    F: Namespace, x: Payload, widths: tuple[tuple[int, int], ...]
) -> Payload:
    """`x` with zeros before and after each axis; negative widths crop."""
    crop = tuple(
        (max(0, -lo), n - max(0, -hi), 1)
        for n, (lo, hi) in zip(x.shape, widths, strict=True)
    )
    x = F.slice(x, index=crop)
    grow = [(max(0, lo), max(0, hi)) for lo, hi in widths]
    index = tuple(
        (lo, lo + n, 1) for n, (lo, _) in zip(x.shape, grow, strict=True)
    )
    shape = tuple(lo + n + hi for n, (lo, hi) in zip(x.shape, grow, strict=True))
    return F.unslice(x, index=index, shape=shape)


@composite
def flip(F: Namespace, x: Payload, axes: Shape) -> Payload:
    index = tuple(
        (n - 1, -1, -1) if i in axes else (0, n, 1) for i, n in enumerate(x.shape)
    )
    return F.slice(x, index=index)


# --- gather: x[i0, ..., ik-1] over the leading axes -----------------------------------


def _gather_impl(x: np.ndarray, *idx: np.ndarray) -> np.ndarray:
    return np.asarray(x[idx])


def _gather_abstract(x: Aval, *idx: Aval) -> Aval:
    lead = np.broadcast_shapes(*(i.shape for i in idx))
    return Aval((*lead, *x.shape[len(idx):]), x.dtype)


def _gather_vjp(F: Namespace, g: Payload, saved: Any, needs: Any) -> Any:
    idx = saved[1:-1]
    return (F.scatter_add(g, *idx, shape=needs[0].shape), *(None for _ in idx))


def _scatter_impl(g: np.ndarray, *idx: np.ndarray, shape: Shape) -> np.ndarray:
    out = np.zeros(shape, g.dtype)
    np.add.at(out, idx, g)
    return out


def _with_batch(
    F: Namespace, idx: Any, batched: Any, size: int
) -> tuple[Payload, ...]:
    """Index arrays for stacked operands: the batch index goes first."""
    rank = max(i.ndim - b for i, b in zip(idx, batched, strict=True))
    full = [np.arange(size).reshape((size,) + (1,) * rank)]
    for i, b in zip(idx, batched, strict=True):
        missing = rank - (i.ndim - b)
        lead = (size,) if b else (1,)
        full.append(F.reshape(i, shape=lead + (1,) * missing + i.shape[b:]))
    return tuple(full)


def _gather_batch(F: Namespace, args: Any, batched: Any, size: int) -> Payload:
    x, *idx = args
    if batched[0]:
        return F.gather(x, *_with_batch(F, idx, batched[1:], size))
    rank = max(i.ndim - b for i, b in zip(idx, batched[1:], strict=True))
    lead = [
        F.reshape(i, shape=(i.shape[:b] + (1,) * (rank - i.ndim + b) + i.shape[b:]))
        for i, b in zip(idx, batched[1:], strict=True)
    ]
    return F.gather(x, *lead)


def _scatter_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, shape: Shape
) -> Payload:
    g, *idx = args
    if not batched[0]:
        g = F.broadcast_to(g, (size, *g.shape))
    full = _with_batch(F, idx, batched[1:], size)
    return F.scatter_add(g, *full, shape=(size, *shape))


gather = Primitive(
    "gather",
    _gather_impl,
    abstract=_gather_abstract,
    vjp=_gather_vjp,
    jvp=lambda F, primals, tangents, out: F.gather(tangents[0], *primals[1:]),
    batch=_gather_batch,
    arity=None,
    differentiable=(True, False),
    keep=lambda args, outs, params: (None, *args[1:], None),
    kind="linear",
    samples=lambda rng: [
        ((rng.normal(size=(4, 3)), np.array([0, 2, 2])), {}),
        ((rng.normal(size=(4, 3)), np.array([[0], [3]]), np.array([1, 1])), {}),
    ],
)

scatter_add = Primitive(
    "scatter_add",
    _scatter_impl,
    abstract=lambda g, *idx, shape: Aval(shape, g.dtype),
    vjp=lambda F, g, saved, needs, shape: (
        F.gather(g, *saved[1:-1]), *(None for _ in saved[1:-1])),
    jvp=lambda F, primals, tangents, out, shape: F.scatter_add(
        tangents[0], *primals[1:], shape=shape),
    batch=_scatter_batch,
    arity=None,
    differentiable=(True, False),
    keep=lambda args, outs, params: (None, *args[1:], None),
    kind="linear",
    samples=lambda rng: [
        ((rng.normal(size=(3, 2)), np.array([0, 2, 2])), {"shape": (4, 2)}),
    ],
)

# --- along one axis -------------------------------------------------------------------


def _take_along_impl(x: np.ndarray, idx: np.ndarray, *, axis: int) -> np.ndarray:
    return np.take_along_axis(x, idx, axis)


def _along(idx: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
    grid = list(np.ogrid[tuple(slice(n) for n in idx.shape)])
    grid[axis] = idx
    return tuple(grid)


def _add_along_impl(
    g: np.ndarray, idx: np.ndarray, *, axis: int, shape: Shape
) -> np.ndarray:
    out = np.zeros(shape, g.dtype)
    np.add.at(out, _along(idx, axis), g)
    return out


def _along_batch(name: str) -> Any:
    def batch(F: Namespace, args: Any, batched: Any, size: int, **params: Any) -> Any:
        full = (
            a if b else F.broadcast_to(a, (size, *a.shape))
            for a, b in zip(args, batched, strict=True)
        )
        params["axis"] += 1
        if "shape" in params:
            params["shape"] = (size, *params["shape"])
        return getattr(F, name)(*full, **params)

    return batch


take_along = Primitive(
    "take_along",
    _take_along_impl,
    abstract=lambda x, idx, axis: Aval(idx.shape, x.dtype),
    vjp=lambda F, g, saved, needs, axis: (
        F.add_along(g, saved[1], axis=axis, shape=needs[0].shape), None),
    jvp=lambda F, primals, tangents, out, axis: F.take_along(
        tangents[0], primals[1], axis=axis),
    batch=_along_batch("take_along"),
    arity=2,
    reads=((1,), ()),
    differentiable=(True, False),
    kind="linear",
    samples=lambda rng: [
        ((rng.normal(size=(4, 3)), np.array([[0, 2, 2], [1, 1, 0]])), {"axis": 0}),
    ],
)

add_along = Primitive(
    "add_along",
    _add_along_impl,
    abstract=lambda g, idx, axis, shape: Aval(shape, g.dtype),
    vjp=lambda F, g, saved, needs, axis, shape: (
        F.take_along(g, saved[1], axis=axis), None),
    jvp=lambda F, primals, tangents, out, axis, shape: F.add_along(
        tangents[0], primals[1], axis=axis, shape=shape),
    batch=_along_batch("add_along"),
    arity=2,
    reads=((1,), ()),
    differentiable=(True, False),
    kind="linear",
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)), np.array([[0, 2, 2], [1, 1, 0]])),
         {"axis": 0, "shape": (4, 3)}),
    ],
)


def _sort_impl(
    x: np.ndarray, *, axis: int, descending: bool
) -> tuple[np.ndarray, np.ndarray]:
    if descending:  # stable: equal elements keep their order
        flipped = np.flip(x, axis)
        order = np.flip(np.argsort(flipped, axis, kind="stable"), axis)
        order = x.shape[axis] - 1 - order
    else:
        order = np.argsort(x, axis, kind="stable")
    return np.take_along_axis(x, order, axis), order


def _sort_vjp(
    F: Namespace, g: Any, saved: Any, needs: Any, *, axis: int, descending: bool
) -> tuple[Payload | None]:
    if g[0] is None:
        return (None,)
    return (F.add_along(g[0], saved[2], axis=axis, shape=needs[0].shape),)


def _sort_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Any, *, axis: int, descending: bool
) -> tuple[Payload, None]:
    return F.take_along(tangents[0], out[1], axis=axis), None


sort = Primitive(
    "sort",
    _sort_impl,
    abstract=lambda x, axis, descending: (x, Aval(x.shape, I64)),
    vjp=_sort_vjp,
    jvp=_sort_jvp,
    batch=lambda F, args, batched, size, axis, descending: F.sort(
        args[0], axis=axis + 1, descending=descending),
    reads=((-2,),),
    multi=True,
    kinds="fib",
    samples=lambda rng: [
        ((rng.normal(size=(3, 4)),), {"axis": 1, "descending": False}),
        ((rng.normal(size=(3, 4)),), {"axis": 0, "descending": True}),
    ],
)
