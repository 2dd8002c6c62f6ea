"""Pooling over windows of the spatial axes; data is (n, c, *space).

A maximum is the element at an index that is computed without derivative, so that its
derivatives are those of `take_along`; a mean is a linear map.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import floor, prod
from typing import Any

import numpy as np

from isograd.base.dtypes import I64, is_bfloat16
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite
from isograd.ops.conv import padded, taps

Shape = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
Array = np.ndarray


def pooled_size(
    n: int, size: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> int:
    """The number of windows; with `ceil_mode` the last one may reach over the end, but
    it starts inside of the data or its padding at the front."""
    span = n + 2 * padding - dilation * (size - 1) - 1
    if not ceil_mode:
        return max(0, span // stride + 1)
    count = -(-span // stride) + 1
    return max(0, count - ((count - 1) * stride >= n + padding))


def _counts(
    space: Shape,
    size: Shape,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
    ceil_mode: bool,
) -> Shape:
    return tuple(
        pooled_size(*w, ceil_mode)
        for w in zip(space, size, stride, padding, dilation, strict=True)
    )


def _frame(
    space: Shape,
    count: Shape,
    size: Shape,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
) -> Pairs:
    """Padding in front, and so much at the end that every window fits."""
    rows = zip(space, count, size, stride, padding, dilation, strict=True)
    return tuple(
        (p, (m - 1) * s + d * (k - 1) + 1 - n - p) for n, m, k, s, p, d in rows
    )


# --- maxima ---------------------------------------------------------------------------


def _lowest(dtype: np.dtype[Any]) -> Any:
    if dtype.kind == "f" or is_bfloat16(dtype):
        return -np.inf
    return np.iinfo(dtype).min if dtype.kind in "iu" else False


def _argmax_impl(
    x: Array,
    *,
    width: Shape,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
    ceil_mode: bool,
) -> Array:
    space, lowest = x.shape[2:], _lowest(x.dtype)
    count = _counts(space, width, stride, padding, dilation, ceil_mode)
    frame = _frame(space, count, width, stride, padding, dilation)
    full = padded(x, frame, lowest)
    parts = (full[slices] for _, slices in taps(width, count, stride, dilation))
    if not (prod(count) and x.shape[0] * x.shape[1]):
        return np.zeros((*x.shape[:2], *count), np.int64)
    best, place = _first_maxima(parts, prod(width))
    if x.dtype.kind not in "iub" and np.isnan(best).any():
        parts = (full[slices] for _, slices in taps(width, count, stride, dilation))
        place = _last_nans(parts, place)
    if (best == lowest).any():  # padding is not chosen
        first = _first(count, width, stride, padding, dilation)
        place = np.where(best == lowest, first, place)
    return _flat(place, space, count, width, stride, padding, dilation)


def _first_maxima(parts: Iterator[Array], size: int) -> tuple[Array, Array]:
    """(maxima of arrays, the number of the first array that has them).

    Written without masks, which would be several times slower: the place moves by
    (k - place) times the comparison.
    """
    kind = np.int8 if size < 128 else np.int32
    best = np.ascontiguousarray(next(parts)).copy()
    place = np.zeros(best.shape, kind)
    for k, part in enumerate(parts, 1):
        part = np.ascontiguousarray(part)
        better = part > best
        np.maximum(best, part, out=best)
        move = kind(k) - place
        move *= better.view(np.int8)
        place += move
    return best, place


def _last_nans(parts: Iterator[Array], place: Array) -> Array:
    """As PyTorch has it, the last nan of a window stands for it."""
    for k, part in enumerate(parts):
        place = np.where(np.isnan(part), k, place)
    return place


def _first(
    count: Shape, width: Shape, stride: Shape, padding: Shape, dilation: Shape
) -> Array:
    """The place in each window of its first element inside of the data."""
    place: Any = 0
    for m, k, s, p, d in zip(count, width, stride, padding, dilation, strict=True):
        start = np.arange(m) * s - p
        first = np.where(start < 0, -(start // d), 0)
        place = np.multiply.outer(place, np.full(m, k)) + first
    return place


def _flat(
    place: Array,
    space: Shape,
    count: Shape,
    width: Shape,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
) -> Array:
    """Places in windows as positions in the flattened space."""
    start: Any = 0
    offset: Any = 0
    for n, m, k, s, p, d in zip(
        space, count, width, stride, padding, dilation, strict=True
    ):
        start = np.multiply.outer(start, np.full(m, n)) + (np.arange(m) * s - p)
        offset = np.multiply.outer(offset, np.full(k, n)) + np.arange(k) * d
    return offset.reshape(-1).take(place) + start


def _merging(name: str) -> Any:
    """Batching by merging the batch into the samples."""

    def batch(F: Namespace, args: Any, batched: Any, size: int, **params: Any) -> Any:
        (x,) = args
        flat = F.reshape(x, shape=(size * x.shape[1], *x.shape[2:]))
        out = getattr(F, name)(flat, **params)
        return F.reshape(out, shape=(size, x.shape[1], *out.shape[1:]))

    return batch


def _argmax_abstract(
    x: Aval,
    width: Shape,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
    ceil_mode: bool,
) -> Aval:
    count = _counts(x.shape[2:], width, stride, padding, dilation, ceil_mode)
    return Aval((*x.shape[:2], *count), I64)


pool_argmax = Primitive(
    "pool_argmax",
    _argmax_impl,
    abstract=_argmax_abstract,
    batch=_merging("pool_argmax"),
    constant=True,
    kinds="fi",
    samples=lambda rng: [
        (
            (rng.normal(size=(2, 3, 7)),),
            {
                "width": (3,),
                "stride": (2,),
                "padding": (1,),
                "dilation": (1,),
                "ceil_mode": True,
            },
        ),
        (
            (rng.normal(size=(1, 2, 5, 6)),),
            {
                "width": (2, 2),
                "stride": (2, 1),
                "padding": (0, 1),
                "dilation": (1, 2),
                "ceil_mode": False,
            },
        ),
    ],
    doc="The position in the flattened space of each window's first maximum.",
)


def _adaptive_bounds(n: int, count: int) -> list[tuple[int, int]]:
    return [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]


def _adaptive_impl(x: Array, *, count: Shape) -> Array:
    space = x.shape[2:]
    out = np.empty((*x.shape[:2], *count), np.int64)
    cells = product(
        *(enumerate(_adaptive_bounds(n, m)) for n, m in zip(space, count, strict=True))
    )
    for cell in cells:
        part = x[(..., *(slice(a, b) for _, (a, b) in cell))]
        shape = part.shape[2:]
        first = part.reshape(*x.shape[:2], prod(shape)).argmax(-1)
        at = np.unravel_index(first, shape)
        at = tuple(i + a for i, (_, (a, _)) in zip(at, cell, strict=True))
        out[(..., *(i for i, _ in cell))] = np.ravel_multi_index(at, space)
    return out


adaptive_argmax = Primitive(
    "adaptive_argmax",
    _adaptive_impl,
    abstract=lambda x, count: Aval((*x.shape[:2], *count), I64),
    batch=_merging("adaptive_argmax"),
    constant=True,
    kinds="fi",
    samples=lambda rng: [((rng.normal(size=(2, 2, 5, 4)),), {"count": (3, 2)})],
    doc="The position of each cell's maximum, for a given number of cells.",
)


def _at(F: Namespace, x: Payload, idx: Payload) -> Payload:
    """Elements of the flattened space at (n, c, *positions) indices."""
    n, c, *space = x.shape
    flat = F.reshape(x, shape=(n, c, prod(space)))
    at = F.reshape(idx, shape=(n, c, prod(idx.shape[2:])))
    return F.reshape(F.take_along(flat, at, axis=2), shape=idx.shape)


def _sampled(F: Namespace, x: Payload, d: int) -> tuple[Payload, bool]:
    """Data with a batch axis, and whether that was added."""
    alone = x.ndim == d + 1
    return (F.reshape(x, shape=(1, *x.shape)) if alone else x), alone


def _restored(F: Namespace, alone: bool, *outs: Payload) -> Any:
    parts = [F.reshape(o, shape=o.shape[1:]) if alone else o for o in outs]
    return tuple(parts) if len(parts) > 1 else parts[0]


@composite
def max_pool(
    F: Namespace,
    x: Payload,
    *,
    size: Shape,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
    ceil_mode: bool = False,
) -> tuple[Payload, Payload]:
    """(maxima, their positions in the flattened space) of windows."""
    x, alone = _sampled(F, x, len(size))
    idx = F.pool_argmax(
        x,
        width=size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
    )
    return _restored(F, alone, _at(F, x, idx), idx)


@composite
def adaptive_max_pool(
    F: Namespace, x: Payload, *, count: Shape
) -> tuple[Payload, Payload]:
    """(maxima, their positions) of `count` cells that cover the space."""
    x, alone = _sampled(F, x, len(count))
    idx = F.adaptive_argmax(x, count=count)
    return _restored(F, alone, _at(F, x, idx), idx)


@composite
def max_unpool(F: Namespace, x: Payload, idx: Payload, *, space: Shape) -> Payload:
    """Zeros of (n, c, *space) with x at the positions that `max_pool` gave."""
    lead = x.shape[: x.ndim - len(space)]
    flat = F.reshape(x, shape=(*lead, prod(x.shape[len(lead) :])))
    at = F.reshape(idx, shape=flat.shape)
    zeros = np.zeros((*lead, prod(space)), x.dtype)
    out = F.put_along(zeros, flat, at, axis=len(lead))
    return F.reshape(out, shape=(*lead, *space))


def _fractional_starts(u: Array, n: int, size: int, count: int) -> Array:
    """The first places of `count` windows of about n / count steps, moved by u in
    [0, 1) (Graham 2014, pseudorandom overlapping regions)."""
    out = np.full((*u.shape, count), n - size, np.int64)
    if count > 1:
        alpha = u.dtype.type((n - size) / (count - 1))
        steps = np.arange(count - 1, dtype=u.dtype)
        moved = ((steps + u[..., None]) * alpha).astype(np.int64)
        out[..., :-1] = moved - (u * alpha).astype(np.int64)[..., None]
    return out


@composite
def fractional_max_pool(
    F: Namespace, x: Payload, samples: Array, *, size: Shape, count: Shape
) -> tuple[Payload, Payload]:
    """(maxima, their positions) of windows of `size` at `count` random places of
    x (n, c, *space); samples (n, c, rank) in [0, 1), the first for the first axis."""
    space, rank = x.shape[2:], len(size)
    places = np.zeros((*x.shape[:2], *(1,) * (2 * rank)), np.int64)
    for i in range(rank):
        first = _fractional_starts(samples[..., i], space[i], size[i], count[i])
        at = first[..., None] + np.arange(size[i])
        shape = [*x.shape[:2], *(1,) * (2 * rank)]
        shape[2 + i], shape[2 + rank + i] = count[i], size[i]
        places = places * space[i] + at.reshape(shape)
    flat = places.reshape(*x.shape[:2], prod(count), prod(size))
    values = F.reshape(x, shape=(*x.shape[:2], 1, prod(space)))
    windows = F.take_along(
        F.broadcast_to(values, (*flat.shape[:3], prod(space))), flat, axis=3
    )
    best = F.unsqueeze(F.argmax(windows, axis=3), axis=3)
    idx = F.reshape(F.take_along(flat, best, axis=3), shape=(*x.shape[:2], *count))
    return _at(F, x, idx), idx


# --- means ----------------------------------------------------------------------------


@composite
def avg_pool(
    F: Namespace,
    x: Payload,
    *,
    size: Shape,
    stride: Shape,
    padding: Shape,
    ceil_mode: bool = False,
    count_padding: bool = True,
    divisor: int | None = None,
) -> Payload:
    """Means of windows.

    Args:
        count_padding: whether padding counts as elements (what only `ceil_mode` adds
            at the end does not).
        divisor: what sums are divided by, instead of the number of elements.
    """
    d = len(size)
    ones = (1,) * d
    x, alone = _sampled(F, x, d)
    space = x.shape[2:]
    count = _counts(space, size, stride, padding, ones, ceil_mode)
    frame = _frame(space, count, size, stride, padding, ones)
    if any(w for pair in frame for w in pair):
        x = F.pad(x, ((0, 0), (0, 0), *frame))
    for i in range(d):
        x = F.window_sum(x, axis=2 + i, width=size[i], step=stride[i], dilation=1)
    if divisor is not None:
        out = F.div(x, float(divisor))
    else:
        sizes = _elements(space, count, size, stride, padding, count_padding)
        out = F.div(x, np.asarray(sizes, x.dtype))
    return _restored(F, alone, out)


def _elements(
    space: Shape,
    count: Shape,
    size: Shape,
    stride: Shape,
    padding: Shape,
    count_padding: bool,
) -> Array:
    """The number of elements in each window."""
    total: Any = 1
    rows = zip(space, count, size, stride, padding, strict=True)
    for i, (n, m, k, s, p) in enumerate(rows):
        start = np.arange(m) * s - p
        stop = np.minimum(start + k, n + p)
        if not count_padding:
            start, stop = np.maximum(start, 0), np.minimum(stop, n)
        total = total * (stop - start).reshape((m,) + (1,) * (len(space) - i - 1))
    return total


@composite
def along(F: Namespace, x: Payload, matrix: Array, *, axis: int) -> Payload:
    """A constant matrix (m, n) applied along an axis of n."""
    matrix = np.asarray(matrix, x.dtype)
    if axis == x.ndim - 1:
        return F.linear(x, matrix)
    if axis == x.ndim - 2:
        return F.matmul(matrix, x)
    order = (*(i for i in range(x.ndim) if i != axis), axis)
    out = F.linear(F.transpose(x, axes=order), matrix)
    return F.moveaxis(out, x.ndim - 1, axis)


def cell_means(n: int, count: int) -> Array:
    """The matrix of adaptive means: row i averages cell i."""
    out = np.zeros((count, n))
    for i, (a, b) in enumerate(_adaptive_bounds(n, count)):
        out[i, a:b] = 1 / (b - a)
    return out


@composite
def adaptive_avg_pool(F: Namespace, x: Payload, *, count: Shape) -> Payload:
    """Means of `count` cells that cover the space."""
    d = len(count)
    first = x.ndim - d
    space = x.shape[first:]
    if all(m == 1 for m in count):
        out = F.mean(x, axes=tuple(range(first, x.ndim)))
        return F.reshape(out, shape=(*x.shape[:first], *count))
    if all(n % m == 0 for n, m in zip(space, count, strict=True)):
        size = tuple(n // m for n, m in zip(space, count, strict=True))
        for i in range(d):
            x = F.window_sum(x, axis=first + i, width=size[i], step=size[i], dilation=1)
        return F.div(x, float(prod(size)))
    for i, (n, m) in enumerate(zip(space, count, strict=True)):
        if n != m:
            x = F.along(x, cell_means(n, m), axis=first + i)
    return x


@composite
def lp_pool(
    F: Namespace,
    x: Payload,
    *,
    ord: float,
    size: Shape,
    stride: Shape,
    ceil_mode: bool = False,
) -> Payload:
    """The p-norm of windows, without absolute values inside: as PyTorch has it."""
    zeros = (0,) * len(size)
    mean = F.avg_pool(
        F.power(x, exponent=ord),
        size=size,
        stride=stride,
        padding=zeros,
        ceil_mode=ceil_mode,
    )
    total = F.mul(F.mul(F.sign(mean), F.relu(F.abs(mean))), float(prod(size)))
    return F.power(total, exponent=1.0 / ord)


def fractional_starts(sample: float, n: int, count: int, size: int) -> list[int]:
    """First elements of the windows of fractional pooling (Graham 2014)."""
    if count == 1:
        return [n - size]
    alpha = (n - size) / (count - 1)
    return [
        floor((i + sample) * alpha) - floor(sample * alpha) for i in range(count - 1)
    ] + [n - size]


__all__ = [
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "along",
    "avg_pool",
    "cell_means",
    "fractional_starts",
    "lp_pool",
    "max_pool",
    "max_unpool",
    "pooled_size",
]
