"""Convolutions of any number of spatial axes, and their adjoints.

Three bilinear maps, each the adjoint of the others in one operand: `conv` of data with
filters, `conv_data` of outputs with filters (the transposed convolution) and
`conv_filter` of data with outputs.  So derivatives of every order are the same three.

Shapes: data (n, c, *space), filters (o, c / groups, *size), outputs (n, o, *positions).
As customary the filters are not flipped (cross-correlation).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from isograd.core.families import multilinear
from isograd.core.large import by_size
from isograd.core.primitive import REGISTRY, Aval, Namespace, Payload, composite

Shape = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
Array = np.ndarray

FEW = 64  # positions up to which one large product beats one for each sample
PART = 1 << 21  # bytes of windows that are copied at a time


def positions(
    space: Shape, size: Shape, *, stride: Shape, padding: Pairs, dilation: Shape
) -> Shape:
    """How many places the window has along each axis."""
    return tuple(
        max(0, (n + lo + hi - d * (k - 1) - 1) // s + 1)
        for n, k, s, (lo, hi), d in zip(
            space, size, stride, padding, dilation, strict=True
        )
    )


def same_padding(size: Shape, dilation: Shape) -> Pairs:
    """Padding that keeps the space at stride one; an odd one is larger at the end."""
    totals = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
    return tuple((t // 2, t - t // 2) for t in totals)


# --- arrays ---------------------------------------------------------------------------


def padded(x: Array, padding: Pairs, fill: float = 0) -> Array:
    """x with its spatial axes padded (or cropped, where negative)."""
    if not any(w for pair in padding for w in pair):
        return x
    crop = tuple(
        slice(max(0, -lo), n - max(0, -hi))
        for n, (lo, hi) in zip(x.shape[2:], padding, strict=True)
    )
    x = x[(..., *crop)]
    shape = tuple(
        n + max(0, lo) + max(0, hi)
        for n, (lo, hi) in zip(x.shape[2:], padding, strict=True)
    )
    out = np.full((*x.shape[:2], *shape), fill, x.dtype)
    out[
        (
            ...,
            *(
                slice(max(0, lo), max(0, lo) + n)
                for n, (lo, _) in zip(x.shape[2:], padding, strict=True)
            ),
        )
    ] = x
    return out


def taps(size: Shape, count: Shape, stride: Shape, dilation: Shape) -> Any:
    """For each place in the window: that place, and the slices it covers."""
    for at in product(*map(range, size)):
        yield (
            at,
            (
                ...,
                *(
                    slice(i * d, i * d + s * (m - 1) + 1, s)
                    for i, m, s, d in zip(at, count, stride, dilation, strict=True)
                ),
            ),
        )


def _columns(
    x: Array, size: Shape, count: Shape, stride: Shape, dilation: Shape
) -> Array:
    """A view (n, c, *size, *count) of padded data: the windows."""
    steps = x.strides[2:]
    return np.lib.stride_tricks.as_strided(
        x,
        (*x.shape[:2], *size, *count),
        (
            *x.strides[:2],
            *(s * d for s, d in zip(steps, dilation, strict=True)),
            *(s * t for s, t in zip(steps, stride, strict=True)),
        ),
        writeable=False,
    )


def _wide(*arrays: Array) -> tuple[Array, ...]:
    """Half precision is computed in float32."""
    dtype = arrays[0].dtype
    if dtype.itemsize == 2 and dtype.kind in "fV":
        return tuple(a.astype(np.float32) for a in arrays)
    return arrays


def _conv_impl(
    x: Array, w: Array, *, stride: Shape, padding: Pairs, dilation: Shape, groups: int
) -> Array:
    dtype = x.dtype
    x, w = _wide(x, w)
    n, c = x.shape[:2]
    o, size = w.shape[0], w.shape[2:]
    count = positions(
        x.shape[2:], size, stride=stride, padding=padding, dilation=dilation
    )
    x = padded(x, padding)
    t = prod(count)
    if groups == c > 1:
        out = _depthwise(x, w, count, stride, dilation)
    elif groups == 1 and t <= FEW and n > 1:
        cols = np.moveaxis(_columns(x, size, count, stride, dilation), 0, 1 + len(size))
        out = w.reshape(o, -1) @ cols.reshape(c * prod(size), n * t)
        out = np.ascontiguousarray(out.reshape(o, n, t).transpose(1, 0, 2))
    else:
        out = np.empty((n, groups, o // groups, t), x.dtype)
        rows = w.reshape(groups, o // groups, c // groups * prod(size))
        cols = _columns(x, size, count, stride, dilation)
        for at, part in _parts(cols, (groups, c // groups * prod(size), t)):
            np.matmul(rows, part, out=out[at])
    return out.reshape(n, o, *count).astype(dtype, copy=False)


def _parts(cols: Array, shape: Shape) -> Iterator[tuple[slice, Array]]:
    """The windows of a few samples at a time, copied to (samples, *shape).

    One buffer is used again and again: it stays in the cache, and no fresh memory has
    to be mapped.
    """
    n = cols.shape[0]
    each = max(1, prod(cols.shape[1:]) * cols.itemsize)
    step = min(max(1, n), max(1, PART // each))
    if cols.flags.c_contiguous or step >= n:
        yield slice(None), cols.reshape(n, *shape)
        return
    buffer = np.empty((step, *cols.shape[1:]), cols.dtype)
    for start in range(0, n, step):
        part = buffer[: min(step, n - start)]
        part[...] = cols[start : start + step]
        yield slice(start, start + step), part.reshape(-1, *shape)


def _depthwise(
    x: Array, w: Array, count: Shape, stride: Shape, dilation: Shape
) -> Array:
    """One channel a group: a sum over the places of the window."""
    n, c = x.shape[:2]
    multiple = w.shape[0] // c
    out = np.zeros((n, c, multiple, *count), x.dtype)
    term = np.empty_like(out)
    w = w.reshape(c, multiple, *w.shape[2:])
    for at, slices in taps(w.shape[2:], count, stride, dilation):
        weight = w[(..., *at)].reshape(c, multiple, *(1 for _ in count))
        np.multiply(weight, x[slices][:, :, None], out=term)
        out += term
    return out


def _data_impl(
    y: Array,
    w: Array,
    *,
    space: Shape,
    stride: Shape,
    padding: Pairs,
    dilation: Shape,
    groups: int,
) -> Array:
    size = w.shape[2:]
    few = groups == 1 and w.shape[0] <= 2 * w.shape[1]  # windows of y are copied
    if all(s == 1 for s in stride) and (few or w.shape[:2] == (groups, 1)):
        return _turned(y, w, space, padding, dilation, groups)
    dtype = y.dtype
    y, w = _wide(y, w)
    n, o, count = y.shape[0], y.shape[1], y.shape[2:]
    each = w.shape[1]
    rows = w.reshape(groups, o // groups, each * prod(size)).transpose(0, 2, 1)
    full = tuple(m + lo + hi for m, (lo, hi) in zip(space, padding, strict=True))
    out = np.zeros((n, groups * each, *full), y.dtype)
    if out.size and y.size:
        cols = np.matmul(rows, y.reshape(n, groups, o // groups, prod(count)))
        cols = cols.reshape(n, groups * each, *size, *count)
        for at, slices in taps(size, count, stride, dilation):
            out[slices] += cols[(slice(None), slice(None), *at)]
    out = padded(out, tuple((-lo, -hi) for lo, hi in padding))
    return np.ascontiguousarray(out).astype(dtype, copy=False)


def _turned(
    y: Array, w: Array, space: Shape, padding: Pairs, dilation: Shape, groups: int
) -> Array:
    """At stride one: a convolution with the filters turned round."""
    axes = tuple(range(2, w.ndim))
    w = np.flip(w, axes)
    if groups == 1:
        w = np.swapaxes(w, 0, 1)
    reach = [d * (k - 1) for k, d in zip(w.shape[2:], dilation, strict=True)]
    around = tuple(
        (r - lo, n + lo - m)
        for n, m, r, (lo, _) in zip(space, y.shape[2:], reach, padding, strict=True)
    )
    return _conv_impl(
        y,
        np.ascontiguousarray(w),
        stride=(1,) * len(space),
        padding=around,
        dilation=dilation,
        groups=groups,
    )


def _filter_impl(
    x: Array,
    y: Array,
    *,
    window: Shape,
    stride: Shape,
    padding: Pairs,
    dilation: Shape,
    groups: int,
) -> Array:
    dtype = x.dtype
    x, y = _wide(x, y)
    n, c, o, count = x.shape[0], x.shape[1], y.shape[1], y.shape[2:]
    x = padded(x, padding)
    cols = _columns(x, window, count, stride, dilation)
    t, k = prod(count), c // groups * prod(window)
    if t <= FEW or groups == c > 1:
        cols = np.moveaxis(cols, 0, 1 + len(window)).reshape(groups, k, n * t)
        flat = np.moveaxis(y, 0, 1).reshape(groups, o // groups, n * t)
        out = np.matmul(flat, cols.transpose(0, 2, 1))
    else:
        out = np.zeros((groups, o // groups, k), x.dtype)
        flat = y.reshape(n, groups, o // groups, t)
        for at, part in _parts(cols, (groups, k, t)):
            out += np.matmul(flat[at], part.swapaxes(2, 3)).sum(0)
    return out.reshape(o, c // groups, *window).astype(dtype, copy=False)


# --- batching -------------------------------------------------------------------------


def _merged(F: Namespace, x: Payload, size: int) -> Payload:
    """(B, n, ...) to (B n, ...)."""
    return F.reshape(x, shape=(size * x.shape[1], *x.shape[2:]))


def _unmerged(F: Namespace, x: Payload, size: int) -> Payload:
    return F.reshape(x, shape=(size, x.shape[0] // size, *x.shape[1:]))


def _as_groups(F: Namespace, x: Payload, batched: bool, size: int) -> Payload:
    """(B, n, c, ...) to (n, B c, ...): each member of the batch a group of its own."""
    if not batched:
        x = F.broadcast_to(x, (size, *x.shape))
    x = F.moveaxis(x, 0, 1)
    return F.reshape(x, shape=(x.shape[0], size * x.shape[2], *x.shape[3:]))


def _from_groups(F: Namespace, x: Payload, size: int) -> Payload:
    x = F.reshape(x, shape=(x.shape[0], size, x.shape[1] // size, *x.shape[2:]))
    return F.moveaxis(x, 1, 0)


def _nothing(name: str, args: Any, batched: Any, **params: Any) -> Array:
    """The result for a batch of no members."""
    avals = (Aval(a.shape[b:], a.dtype) for a, b in zip(args, batched, strict=True))
    out = REGISTRY[name].abstract(*avals, **params)
    return np.zeros((0, *out.shape), out.dtype)


def _batch_rule(name: str) -> Any:
    def batch(
        F: Namespace, args: Any, batched: Any, size: int, *, groups: int, **params: Any
    ) -> Payload:
        x, w = args
        apply = getattr(F, name)
        if not size:
            return _nothing(name, args, batched, groups=groups, **params)
        if not batched[1]:
            out = apply(_merged(F, x, size), w, groups=groups, **params)
            return _unmerged(F, out, size)
        x = _as_groups(F, x, batched[0], size)
        out = apply(x, _merged(F, w, size), groups=size * groups, **params)
        return _from_groups(F, out, size)

    return batch


def _filter_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, groups: int, **params: Any
) -> Payload:
    if not size:
        return _nothing("conv_filter", args, batched, groups=groups, **params)
    x, y = (_as_groups(F, a, b, size) for a, b in zip(args, batched, strict=True))
    out = F.conv_filter(x, y, groups=size * groups, **params)
    return _unmerged(F, out, size)


# --- records --------------------------------------------------------------------------


def _places(space: Shape, size: Shape, count: Shape, params: Any) -> Any:
    """`params` whose padding leaves just `count` places for the window.

    A transposed convolution may make more space than its outputs reach.
    """
    sizes = {k: params[k] for k in ("stride", "padding", "dilation")}
    if positions(space, size, **sizes) == count:
        return params
    padding = tuple(
        (lo, (m - 1) * s + d * (k - 1) + 1 - n - lo)
        for n, k, m, s, (lo, _), d in zip(
            space, size, count, *sizes.values(), strict=True
        )
    )
    return {**params, "padding": padding}


def _samples(kind: str) -> Any:
    one: Any = {"stride": (2,), "padding": ((1, 0),), "dilation": (1,), "groups": 1}
    two: Any = {
        "stride": (1, 2),
        "padding": ((1, 1), (0, 2)),
        "dilation": (2, 1),
        "groups": 2,
    }
    deep: Any = {"stride": (1,), "padding": ((1, 1),), "dilation": (1,), "groups": 3}
    rows = [
        (one, (2, 3, 6), (2, 3, 3)),
        (two, (2, 4, 4, 3), (4, 2, 2, 2)),
        (deep, (1, 3, 4), (6, 1, 3)),
    ]

    def samples(rng: np.random.Generator) -> Any:
        for params, x, w in rows:
            words = {k: v for k, v in params.items() if k != "groups"}
            y = (x[0], w[0], *positions(x[2:], w[2:], **words))
            if kind == "conv":
                yield (rng.normal(size=x), rng.normal(size=w)), params
            elif kind == "data":
                yield (
                    (rng.normal(size=y), rng.normal(size=w)),
                    {"space": x[2:], **params},
                )
            else:
                yield (
                    (rng.normal(size=x), rng.normal(size=y)),
                    {"window": w[2:], **params},
                )

    return samples


def _conv_abstract(x: Aval, w: Aval, groups: int, **places: Any) -> Aval:
    count = positions(x.shape[2:], w.shape[2:], **places)
    return Aval((x.shape[0], w.shape[0], *count), x.dtype)


conv = multilinear(
    "conv",
    _conv_impl,
    abstract=_conv_abstract,
    adjoints=(
        lambda F, g, operands, shape, **p: F.conv_data(
            g, F.conj(operands[1]), space=shape[2:], **p
        ),
        lambda F, g, operands, shape, **p: F.conv_filter(
            F.conj(operands[0]), g, window=shape[2:], **p
        ),
    ),
    batch=_batch_rule("conv"),
    samples=_samples("conv"),
    doc="Data (n, c, *space) with filters (o, c / groups, *size).",
)

conv_data = multilinear(
    "conv_data",
    _data_impl,
    abstract=lambda y, w, space, groups, **p: Aval(
        (y.shape[0], w.shape[1] * groups, *space), y.dtype
    ),
    adjoints=(
        lambda F, g, operands, shape, space, **p: F.conv(
            g,
            F.conj(operands[1]),
            **_places(space, operands[1].shape[2:], shape[2:], p),
        ),
        lambda F, g, operands, shape, space, **p: F.conv_filter(
            g, F.conj(operands[0]), window=shape[2:], **p
        ),
    ),
    batch=_batch_rule("conv_data"),
    samples=_samples("data"),
    doc="Outputs (n, o, *positions) with filters to data: the transposed convolution.",
)

conv_filter = multilinear(
    "conv_filter",
    _filter_impl,
    abstract=lambda x, y, window, groups, **p: Aval(
        (y.shape[1], x.shape[1] // groups, *window), x.dtype
    ),
    adjoints=(
        lambda F, g, operands, shape, window, **p: F.conv_data(
            F.conj(operands[1]), g, space=shape[2:], **p
        ),
        lambda F, g, operands, shape, window, **p: F.conv(
            F.conj(operands[0]),
            g,
            **_places(operands[0].shape[2:], window, shape[2:], p),
        ),
    ),
    batch=_filter_batch,
    samples=_samples("filter"),
    doc="Data with outputs to filters: the derivative in the filters.",
)


for _prim in (conv, conv_data, conv_filter):
    by_size(_prim)
    _prim.large = 1 << 12  # each element takes part in many products


def _with_bias(F: Namespace, out: Payload, bias: Payload | None) -> Payload:
    if bias is None:
        return out
    return F.add(out, F.reshape(bias, shape=(bias.shape[0], *(1,) * (out.ndim - 2))))


def _unbatched(F: Namespace, x: Payload, rank: int) -> tuple[Payload, bool]:
    """Data with a leading axis, and whether that was added."""
    alone = x.ndim == rank - 1
    return (F.reshape(x, shape=(1, *x.shape)) if alone else x), alone


@composite
def convolution(
    F: Namespace,
    x: Payload,
    w: Payload,
    bias: Payload | None = None,
    *,
    stride: Shape,
    padding: Pairs | str,
    dilation: Shape,
    groups: int = 1,
) -> Payload:
    """A layer's convolution: data with or without a batch axis, plus a bias (o,).

    `padding` is "valid", "same" (for stride one) or pairs of numbers.
    """
    if padding == "valid":
        padding = tuple((0, 0) for _ in stride)
    elif padding == "same":
        padding = same_padding(w.shape[2:], dilation)
    half = x.dtype.itemsize == 2 and x.dtype.kind in "fV"
    if half and bias is not None:  # rounded once, with the bias
        sizes = {"stride": stride, "padding": padding, "dilation": dilation}
        wide = (F.widened(a) for a in (x, w, bias))
        return F.convert(F.convolution(*wide, **sizes, groups=groups), dtype=x.dtype)
    x, alone = _unbatched(F, x, w.ndim)
    out = F.conv(x, w, stride=stride, padding=padding, dilation=dilation, groups=groups)
    out = _with_bias(F, out, bias)
    return F.reshape(out, shape=out.shape[1:]) if alone else out


def transposed_space(
    space: Shape,
    size: Shape,
    stride: Shape,
    padding: Pairs,
    extra: Shape,
    dilation: Shape,
) -> Shape:
    """The space that a transposed convolution makes (`extra`: output_padding)."""
    return tuple(
        (n - 1) * s - lo - hi + d * (k - 1) + e + 1
        for n, k, s, (lo, hi), e, d in zip(
            space, size, stride, padding, extra, dilation, strict=True
        )
    )


@composite
def transposed_convolution(
    F: Namespace,
    x: Payload,
    w: Payload,
    bias: Payload | None = None,
    *,
    stride: Shape,
    padding: Pairs,
    extra: Shape,
    dilation: Shape,
    groups: int = 1,
) -> Payload:
    """The adjoint of a convolution with filters w (c of x, o / groups, *size)."""
    x, alone = _unbatched(F, x, w.ndim)
    space = transposed_space(x.shape[2:], w.shape[2:], stride, padding, extra, dilation)
    out = F.conv_data(
        x,
        w,
        space=space,
        stride=stride,
        padding=padding,
        dilation=dilation,
        groups=groups,
    )
    out = _with_bias(F, out, bias)
    return F.reshape(out, shape=out.shape[1:]) if alone else out
