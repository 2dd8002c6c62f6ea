"""Indexing: slices and their adjoint, gather, scatter, scatter-add, sorting.

Indices of `slice` are normalised: for each axis a triple (start, stop, step), counted
from the front, with stop = -1 for "to the front" where the step is negative.
"""

from __future__ import annotations

from math import prod
from operator import itemgetter
from typing import Any

import numpy as np

from isograd.base.arrays import zeros
from isograd.base.errors import EngineError
from isograd.core.families import broadcast_shape, linear
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite

Shape = tuple[int, ...]
Triple = tuple[int, int, int]
Index = tuple[Triple, ...]


def as_slices(index: Index) -> tuple[slice, ...]:
    """NumPy's slices: a stop before the first element is written as None."""
    return tuple(slice(a, None if b < 0 and c < 0 else b, c) for a, b, c in index)


def sliced_shape(index: Index) -> Shape:
    return tuple(len(range(a, b, c)) for a, b, c in index)


def _slice_impl(x: np.ndarray, *, index: Index) -> np.ndarray:
    return x[as_slices(index)]


def _unslice_impl(g: np.ndarray, *, index: Index, shape: Shape) -> np.ndarray:
    out = zeros(shape, g.dtype, g)
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
slice_.direct = lambda x, index: itemgetter((*as_slices(index), ...))

unslice = linear(
    "unslice",
    _unslice_impl,
    abstract=lambda x, index, shape: Aval(shape, x.dtype),
    adjoint=lambda F, g, operand, index, shape: F.slice(g, index=index),
    lift=lambda size, operand, index, shape: {
        "index": ((0, size, 1), *index),
        "shape": (size, *shape),
    },
    samples=lambda rng: [
        (
            (rng.normal(size=(2, 3)),),
            {"index": ((1, 4, 2), (0, 3, 1)), "shape": (5, 4)},
        ),
    ],
)


def _select_impl(x: np.ndarray, *, axis: int, index: int) -> np.ndarray:
    return x[(*(slice(None),) * axis, index, ...)]


def _select_adjoint(
    F: Namespace, g: Payload, operand: Shape, *, axis: int, index: int
) -> Payload:
    at = tuple(
        (index, index + 1, 1) if i == axis else (0, n, 1) for i, n in enumerate(operand)
    )
    g = F.reshape(g, shape=(*operand[:axis], 1, *operand[axis + 1 :]))
    return F.unslice(g, index=at, shape=operand)


select = linear(
    "select",
    _select_impl,
    abstract=lambda x, axis, index: Aval(x.shape[:axis] + x.shape[axis + 1 :], x.dtype),
    adjoint=_select_adjoint,
    lift=lambda size, operand, axis, index: {"axis": axis + 1, "index": index},
    view=True,
    samples=lambda rng: [
        ((rng.normal(size=(3, 4)),), {"axis": 1, "index": 2}),
        ((rng.normal(size=(3,)),), {"axis": 0, "index": 0}),
    ],
    doc="One element along an axis (counted from the front), without that axis.",
)
select.direct = lambda x, axis, index: itemgetter((*(slice(None),) * axis, index, ...))


@composite
def take_range(F: Namespace, x: Payload, start: int, stop: int) -> Payload:
    """`x[start:stop]`."""
    index = ((start, stop, 1), *((0, n, 1) for n in x.shape[1:]))
    return F.slice(x, index=index)


@composite
def pad(F: Namespace, x: Payload, widths: tuple[tuple[int, int], ...]) -> Payload:
    """`x` with zeros before and after each axis; negative widths crop."""
    crop = tuple(
        (max(0, -lo), n - max(0, -hi), 1)
        for n, (lo, hi) in zip(x.shape, widths, strict=True)
    )
    if any(w < 0 for pair in widths for w in pair):
        x = F.slice(x, index=crop)
    grow = [(max(0, lo), max(0, hi)) for lo, hi in widths]
    index = tuple((lo, lo + n, 1) for n, (lo, _) in zip(x.shape, grow, strict=True))
    shape = tuple(lo + n + hi for n, (lo, hi) in zip(x.shape, grow, strict=True))
    return F.unslice(x, index=index, shape=shape)


@composite
def flip(F: Namespace, x: Payload, axes: Shape) -> Payload:
    """The elements along axes in reverse order; a copy."""
    index = tuple(
        (n - 1, -1, -1) if i in axes else (0, n, 1) for i, n in enumerate(x.shape)
    )
    return F.copy(F.slice(x, index=index))


# --- gather: x[..., i0, ..., ik-1, ...], the index arrays at adjacent axes -----------


def _gather_impl(x: np.ndarray, *idx: np.ndarray, axis: int = 0) -> np.ndarray:
    try:
        if len(idx) == 1 and idx[0].dtype.kind == "i":
            return np.asarray(np.take(x, idx[0], axis))
        return np.asarray(x[(slice(None),) * axis + idx])
    except IndexError:
        raise out_of_range(x.shape, idx, axis) from None


def out_of_range(shape: Shape, idx: tuple[Any, ...], axis: int) -> Exception:
    """The error that names the first index outside of its axis."""
    for i, array in enumerate(idx):
        size = shape[axis + i]
        bad = array[(array < -size) | (array >= size)] if array.size else array
        if bad.size:
            return EngineError(
                "index_range", index=int(bad.reshape(-1)[0]), axis=axis + i, size=size
            )
    return EngineError("index_shapes", shapes=[list(i.shape) for i in idx])


def _lead(idx: Any) -> Shape:
    return broadcast_shape(*(i.shape for i in idx))


def _gather_abstract(x: Aval, *idx: Aval, axis: int = 0) -> Aval:
    rest = x.shape[axis + len(idx) :]
    return Aval((*x.shape[:axis], *_lead(idx), *rest), x.dtype)


def _gather_vjp(F: Namespace, g: Payload, saved: Any, needs: Any, **at: Any) -> Any:
    idx = saved[1:-1]
    out = F.scatter_add(g, *idx, shape=needs[0].shape, **at)
    return (out, *(None for _ in idx))


def _scatter_add_impl(
    g: np.ndarray, *idx: np.ndarray, shape: Shape, axis: int = 0
) -> np.ndarray:
    if g.size <= SMALL >> 4:
        out = np.zeros(shape, g.dtype)
        place: Any = (slice(None),) * axis + idx
        try:
            np.add.at(out, place, g)
        except IndexError:
            raise out_of_range(shape, idx, axis) from None
        return out
    rank, k = len(_lead(idx)), len(idx)
    if axis:
        front = tuple(range(axis, axis + rank))
        rest = tuple(i for i in range(g.ndim) if i not in front)
        g = g.transpose(front + rest)
    target = shape[axis : axis + k]
    others = shape[:axis] + shape[axis + k :]
    at = flat_positions(idx, target, axis).reshape(-1)
    out = add_rows(g.reshape(at.size, prod(others)), at, prod(target))
    out = out.reshape(target + others)
    if not axis:
        return out
    perm = (*range(k, k + axis), *range(k), *range(k + axis, len(shape)))
    return np.ascontiguousarray(out.transpose(perm))


def flat_positions(
    idx: tuple[np.ndarray, ...], shape: Shape, axis: int = 0
) -> np.ndarray:
    """One array of positions in a flattened array of `shape`; negative ones count
    from the end."""
    flat: Any = 0
    for _i, (array, size) in enumerate(zip(idx, shape, strict=True)):
        if array.size:
            low, high = array.min(), array.max()
            if low < -size or high >= size:
                raise out_of_range((0,) * axis + shape, idx, axis)
            if low < 0:
                array = np.where(array < 0, array + size, array)
        flat = flat * size + array
    return np.broadcast_to(flat, _lead(idx))


SMALL = 1 << 12  # elements up to which NumPy's indexing beats flat positions
ROWS = 1 << 16  # elements from which a sparse product beats np.add.at


def add_rows(rows: np.ndarray, at: np.ndarray, count: int) -> np.ndarray:
    """Zeros with `count` rows, to which row i is added at position `at[i]`.

    NumPy's add.at is fast on flat arrays alone; many long rows are a product with a
    sparse matrix of ones.
    """
    dtype, (n, width) = rows.dtype, rows.shape
    if dtype.itemsize == 2 and dtype.kind in "fV":
        return add_rows(rows.astype(np.float32), at, count).astype(dtype)
    if width > 1 and rows.size > ROWS and dtype.kind in "fc":
        from scipy.sparse import csc_matrix

        ones = np.ones(n, dtype.char.lower() if dtype.kind == "c" else dtype)
        return csc_matrix((ones, at, np.arange(n + 1)), shape=(count, n)) @ rows
    out = np.zeros(count * width, dtype)
    if width != 1:
        at = (at[:, None] * width + np.arange(width)).reshape(-1)
    np.add.at(out, at, rows.reshape(-1))
    return out.reshape(count, width)


def _with_batch(F: Namespace, idx: Any, batched: Any, size: int) -> tuple[Payload, ...]:
    """Index arrays for stacked operands: the batch index goes first."""
    rank = max(i.ndim - b for i, b in zip(idx, batched, strict=True))
    full: list[Payload] = [np.arange(size).reshape((size,) + (1,) * rank)]
    for i, b in zip(idx, batched, strict=True):
        missing = rank - (i.ndim - b)
        lead = (size,) if b else (1,)
        full.append(F.reshape(i, shape=lead + (1,) * missing + i.shape[b:]))
    return tuple(full)


def _rank(idx: Any, batched: Any) -> int:
    return max(i.ndim - b for i, b in zip(idx, batched, strict=True))


def _forward(F: Namespace, x: Payload, axis: int, count: int) -> Payload:
    """(B, pre..., middle..., post...) to (B, middle..., pre..., post...)."""
    if not axis:
        return x
    middle = range(axis + 1, axis + 1 + count)
    rest = range(axis + 1 + count, x.ndim)
    return F.transpose(x, axes=(0, *middle, *range(1, axis + 1), *rest))


def _backward(F: Namespace, x: Payload, axis: int, count: int) -> Payload:
    """The inverse of `_forward`."""
    if not axis:
        return x
    pre = range(1 + count, 1 + count + axis)
    rest = range(1 + count + axis, x.ndim)
    return F.transpose(x, axes=(0, *pre, *range(1, 1 + count), *rest))


def _stack(F: Namespace, x: Payload, is_batched: bool, size: int) -> Payload:
    return x if is_batched else F.broadcast_to(x, (size, *x.shape))


def _gather_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, axis: int = 0
) -> Payload:
    x, *idx = args
    if not any(batched[1:]):
        return F.gather(x, *idx, axis=axis + 1)
    rank = _rank(idx, batched[1:])
    if batched[0]:
        x = _forward(F, x, axis, len(idx))
        out = F.gather(x, *_with_batch(F, idx, batched[1:], size))
        return _backward(F, out, axis, rank)
    lead = [
        F.reshape(i, shape=(i.shape[:b] + (1,) * (rank - i.ndim + b) + i.shape[b:]))
        for i, b in zip(idx, batched[1:], strict=True)
    ]
    out = F.gather(x, *lead, axis=axis)
    return F.moveaxis(out, axis, 0) if axis else out


def _scatter_add_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, shape: Shape, axis: int = 0
) -> Payload:
    g, *idx = args
    g = _stack(F, g, batched[0], size)
    if not any(batched[1:]):
        return F.scatter_add(g, *idx, shape=(size, *shape), axis=axis + 1)
    rank, k = _rank(idx, batched[1:]), len(idx)
    g = _forward(F, g, axis, rank)
    target = (size, *shape[axis : axis + k], *shape[:axis], *shape[axis + k :])
    out = F.scatter_add(g, *_with_batch(F, idx, batched[1:], size), shape=target)
    return _backward(F, out, axis, k)


def _gather_samples(rng: np.random.Generator) -> Any:
    x = rng.normal(size=(4, 3))
    yield (x, np.array([0, 2, -2])), {}
    yield (x, np.array([[0], [3]]), np.array([1, 1])), {}
    yield (x, np.array([[0, 2], [-1, 1]])), {"axis": 1}
    yield (
        (rng.normal(size=(2, 4, 3, 2)), np.array([0, 3, 3]), np.array([[1], [2]])),
        {"axis": 1},
    )


gather = Primitive(
    "gather",
    _gather_impl,
    abstract=_gather_abstract,
    vjp=_gather_vjp,
    jvp=lambda F, primals, tangents, out, **at: F.gather(
        tangents[0], *primals[1:], **at
    ),
    batch=_gather_batch,
    arity=None,
    differentiable=(True, False),
    keep=lambda args, outs, params: (None, *args[1:], None),
    kind="linear",
    kinds="fcib",
    samples=_gather_samples,
    doc="Elements of x at index arrays, which broadcast against each other.",
)

scatter_add = Primitive(
    "scatter_add",
    _scatter_add_impl,
    abstract=lambda g, *idx, shape, axis=0: Aval(shape, g.dtype),
    vjp=lambda F, g, saved, needs, shape, axis=0: (
        F.gather(g, *saved[1:-1], axis=axis),
        *(None for _ in saved[1:-1]),
    ),
    jvp=lambda F, primals, tangents, out, **at: F.scatter_add(
        tangents[0], *primals[1:], **at
    ),
    batch=_scatter_add_batch,
    arity=None,
    differentiable=(True, False),
    keep=lambda args, outs, params: (None, *args[1:], None),
    kind="linear",
    kinds="fci",
    samples=lambda rng: [
        ((rng.normal(size=(3, 2)), np.array([0, 2, -2])), {"shape": (4, 2)}),
        ((rng.normal(size=(3, 2)), np.array([0, 1])), {"shape": (3, 4), "axis": 1}),
        (
            (rng.normal(size=(2, 2, 3, 2)), np.array([0, 3, 3]), np.array([[1], [2]])),
            {"shape": (2, 4, 3, 2), "axis": 1},
        ),
    ],
    doc="Zeros of `shape` with g added at index arrays: the adjoint of gather.",
)


def _scatter_impl(
    x: np.ndarray, v: np.ndarray, *idx: np.ndarray, axis: int = 0
) -> np.ndarray:
    out = x.copy()
    try:
        out[(slice(None),) * axis + idx] = v
    except IndexError:
        raise out_of_range(x.shape, idx, axis) from None
    return out


def _scatter_vjp(F: Namespace, g: Payload, saved: Any, needs: Any, **at: Any) -> Any:
    idx = saved[2:-1]
    to_x = to_v = None
    if needs[0] is not None:
        axis = at.get("axis", 0)
        zeros = np.zeros(
            needs[0].shape[:axis] + _lead(idx) + needs[0].shape[axis + len(idx) :],
            g.dtype,
        )
        to_x = F.scatter(g, zeros, *idx, **at)
    if needs[1] is not None:
        to_v = F.gather(g, *idx, **at)
    return (to_x, to_v, *(None for _ in idx))


def _zeros_for_none(F: Namespace, primals: Any, tangents: Any) -> list[Payload]:
    return [
        F.zeros_like(p) if t is None else t
        for p, t in zip(primals, tangents, strict=True)
    ]


def _scatter_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, axis: int = 0
) -> Payload:
    x, v, *idx = args
    x, v = _stack(F, x, batched[0], size), _stack(F, v, batched[1], size)
    if not any(batched[2:]):
        return F.scatter(x, v, *idx, axis=axis + 1)
    rank, k = _rank(idx, batched[2:]), len(idx)
    x, v = _forward(F, x, axis, k), _forward(F, v, axis, rank)
    return _backward(
        F, F.scatter(x, v, *_with_batch(F, idx, batched[2:], size)), axis, k
    )


scatter = Primitive(
    "scatter",
    _scatter_impl,
    abstract=lambda x, v, *idx, axis=0: x,
    vjp=_scatter_vjp,
    jvp=lambda F, primals, tangents, out, **at: F.scatter(
        *_zeros_for_none(F, primals[:2], tangents[:2]), *primals[2:], **at
    ),
    batch=_scatter_batch,
    arity=None,
    differentiable=(True, True, False),
    keep=lambda args, outs, params: (None, None, *args[2:], None),
    kind="linear",
    kinds="fcib",
    samples=lambda rng: [
        ((rng.normal(size=(4, 2)), rng.normal(size=(3, 2)), np.array([0, 2, -1])), {}),
        (
            (rng.normal(size=(3, 4)), rng.normal(size=(3, 2)), np.array([0, 1])),
            {"axis": 1},
        ),
        (
            (
                rng.normal(size=(2, 4, 3, 2)),
                rng.normal(size=(2, 2, 3, 2)),
                np.array([0, 3, 1]),
                np.array([[1], [2]]),
            ),
            {"axis": 1},
        ),
    ],
    doc="x with the elements at index arrays replaced by v (of gather's shape).",
)
