"""Convolutions on kernels: what fills the slots of `conv` and its adjoints.

Padded data are laid out by their position modulo the stride (`_Layout`), so that the
kernels always walk along neighbours.  What windows of one element or few places would
gain nothing stays with NumPy's product of matrices.
"""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np

from isograd.compile.lean import windows
from isograd.compile.lean.pool import cores
from isograd.compile.recycle import new_array
from isograd.core.primitive import REGISTRY

Array = np.ndarray
Shape = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
DTYPES = frozenset(map(np.dtype, ("f4", "f8")))
WORK = 1 << 18  # products below which NumPy is as fast


class _Layout:
    """Data (n, c, *space), padded, with each axis cut into phases: position i stands in
    phase i % stride at i // stride."""

    def __init__(self, space: Shape, stride: Shape, padding: Pairs) -> None:
        self.stride = stride
        self.padding = padding
        full = [n + lo + hi for n, (lo, hi) in zip(space, padding, strict=True)]
        self.inner = tuple(-(-n // s) for n, s in zip(full, stride, strict=True))
        self.size = prod(stride) * prod(self.inner)

    def of(self, x: Array, slack: int) -> Array:
        """The data laid out, with `slack` elements behind them that may be read."""
        lead = x.shape[:2]
        plain = all(s == 1 for s in self.stride) and not any(map(any, self.padding))
        if plain and x.flags.c_contiguous and not slack:
            return x
        flat = new_array((prod(lead) * self.size + slack,), x.dtype)
        flat[flat.size - slack :] = 0
        out = flat[: flat.size - slack].reshape(*lead, *self.stride, *self.inner)
        for phase in product(*map(range, self.stride)):
            self.fill(out[(slice(None), slice(None), *phase)], x, phase)
        return flat

    def fill(self, out: Array, x: Array, phase: Shape) -> None:
        """The data of one phase, zeros around them."""
        inside: list[slice] = []
        source: list[slice] = []
        rows = zip(
            x.shape[2:], self.inner, self.stride, self.padding, phase, strict=True
        )
        for n, m, s, (lo, _), p in rows:
            first = max(0, -((p - lo) // s))  # the first place that is no padding
            start = p + s * first - lo
            count = max(0, min(m - first, -(-(n - start) // s)))
            inside.append(slice(first, first + count))
            source.append(
                slice(start, start + s * (count - 1) + 1, s) if count else slice(0)
            )
        for axis, part in enumerate(inside):
            head = (slice(None),) * (2 + axis)
            out[(*head, slice(0, part.start))] = 0
            out[(*head, slice(part.stop, None))] = 0
        out[(..., *inside)] = x[(..., *source)]

    def offset(self, at: Shape) -> int:
        """Where a position of the padded data stands."""
        total = 0
        for i, s in zip(at, self.stride, strict=True):
            total = total * s + i % s
        for i, s, m in zip(at, self.stride, self.inner, strict=True):
            total = total * m + i // s
        return total

    def starts(self, count: Shape) -> Array:
        """Where the rows of results begin: places (i, j, ..., 0) of phase zero."""
        at = np.zeros((1,), np.int64)
        for m, n in zip(count[:-1], self.inner[:-1], strict=True):
            at = (at[:, None] * n + np.arange(m)).reshape(-1)
        return at * self.inner[-1]


def _shape(width: int, dtype: np.dtype) -> tuple[int, int]:
    """(lanes, vectors side by side) that fit rows of a width."""
    most = 64 // dtype.itemsize
    choices = [(most, 2), (most, 1), (most // 2, 1), (4, 1)]
    return min(
        choices, key=lambda c: -(-width // (c[0] * c[1])) * (c[0] * c[1] + most // 4)
    )


def _sizes(units: int, **places: int) -> Array:
    out = np.zeros(16, np.int64)
    tasks = max(1, min(8 * cores(), units, 64))
    chunk = -(-units // tasks)
    out[:3] = -(-units // chunk), chunk, units
    for name, value in places.items():
        out[getattr(windows, name)] = value
    return out


def _packed(w: Array, outs: int) -> Array:
    """Filters (groups, o, taps) as (groups, blocks, taps, outs)."""
    groups, o, taps = w.shape
    blocks = -(-o // outs)
    out = np.zeros((groups, blocks * outs, taps), w.dtype)
    out[:, :o] = w
    return np.ascontiguousarray(out.reshape(groups, blocks, outs, taps).swapaxes(2, 3))


def _correlated(
    x: Array, w: Array, layout: _Layout, taps: list[Shape], count: Shape
) -> Array:
    """Results (n, groups, o, *count) of data (n, c, ...) with filters (groups, o,
    channels, taps); a tap is a position in the padded data."""
    n, groups, o, each = x.shape[0], *w.shape[:3]
    lanes, wide = _shape(count[-1], x.dtype)
    outs = 1 if o == 1 else min(8, 1 << (o - 1).bit_length())
    if outs == 1 and count[-1] >= 4 * lanes:
        wide = 4
    slack = 0 if count[-1] >= lanes * wide else lanes * wide
    data = layout.of(x, slack)
    near = np.array([layout.offset(t) for t in taps], np.int64)
    offsets = (np.arange(each)[:, None] * layout.size + near).reshape(-1)
    packed = _packed(w.reshape(groups, o, -1), outs)
    out = new_array((n, groups, o, *count), x.dtype)
    rows, blocks = prod(count[:-1]), packed.shape[1]
    parts = max(1, min(rows, -(-4 * cores() // (n * groups * blocks))))
    part = -(-rows // parts)
    parts = -(-rows // part)
    sizes = _sizes(
        n * groups * blocks * parts,
        TAPS=len(offsets),
        GROUP=each * layout.size,
        ROWS=rows,
        WIDTH=count[-1],
        BLOCKS=blocks,
        OUTS=o,
        GROUPS=groups,
        PARTS=parts,
        PART=part,
    )
    kernel = windows.correlate(x.dtype, lanes, wide, outs)
    kernel(data, packed, offsets, layout.starts(count), out, sizes)
    return out


def _worth(taps: int, products: int, width: int, channels: int, *arrays: Array) -> bool:
    """Whether kernels beat a product of matrices; short rows of many channels do not
    fill vectors, but make large matrices."""
    return (
        taps > 1
        and products >= WORK
        and width >= 4
        and (width >= 8 or channels < 64)
        and all(a.dtype in DTYPES and a.dtype == arrays[0].dtype for a in arrays)
    )


def _cropped(x: Array, padding: Pairs) -> tuple[Array, Pairs]:
    """Negative padding done away with."""
    index = tuple(
        slice(max(0, -lo), n - max(0, -hi))
        for n, (lo, hi) in zip(x.shape[2:], padding, strict=True)
    )
    return x[(..., *index)], tuple((max(0, lo), max(0, hi)) for lo, hi in padding)


def conv(
    x: Array, w: Array, *, stride: Shape, padding: Pairs, dilation: Shape, groups: int
) -> Array:
    prim = REGISTRY["conv"]
    words = {"stride": stride, "padding": padding, "dilation": dilation}
    count = prim.abstract(x, w, groups=groups, **words).shape[2:]
    size = w.shape[2:]
    products = x.shape[0] * prod(count) * w.size
    if not _worth(prod(size), products, count[-1], w.shape[1], x, w):
        return prim.impl(x, w, groups=groups, **words)
    x, padding = _cropped(x, padding)
    layout = _Layout(x.shape[2:], stride, padding)
    taps = [_times(at, dilation) for at in product(*map(range, size))]
    filters = w.reshape(groups, w.shape[0] // groups, w.shape[1], -1)
    out = _correlated(x, filters, layout, taps, count)
    return out.reshape(x.shape[0], w.shape[0], *count)


def _times(at: Shape, by: Shape) -> Shape:
    return tuple(i * d for i, d in zip(at, by, strict=True))


def conv_data(
    y: Array,
    w: Array,
    *,
    space: Shape,
    stride: Shape,
    padding: Pairs,
    dilation: Shape,
    groups: int,
) -> Array:
    """Each phase of the result, modulo the stride, is a convolution with some taps."""
    n, o, each, size = y.shape[0], w.shape[0], w.shape[1], w.shape[2:]
    products = n * prod(y.shape[2:]) * w.size
    if (
        not _worth(prod(size), products, space[-1] // stride[-1], o // groups, y, w)
        or 0 in y.shape
    ):
        return REGISTRY["conv_data"].impl(
            y,
            w,
            space=space,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
        )
    filters = w.reshape(groups, o // groups, each, *size).swapaxes(1, 2)
    axes = [
        _phases(*row)
        for row in zip(space, size, stride, padding, dilation, strict=True)
    ]
    if all(s == 1 for s in stride):
        out = _phase(y, filters, tuple(a[0] for a in axes))
    else:
        out = np.zeros((n, groups, each, *space), y.dtype)
        for phase in product(*axes):
            at = tuple(
                slice(first, None, s)
                for (first, *_), s in zip(phase, stride, strict=True)
            )
            if all(taps for _, _, taps in phase):
                out[(..., *at)] = _phase(y, filters, phase)
    return out.reshape(n, groups * each, *space)


Phase = tuple[int, int, list[tuple[int, int]]]


def _phases(
    n: int, size: int, stride: int, padding: tuple[int, int], dilation: int
) -> list[Phase]:
    """For each phase of one axis: its first place, how many places it has, and its taps
    k, each with the output that the first place reads by it."""
    found: list[Phase] = []
    for first in range(min(stride, n)):
        taps = [
            (k, (first + padding[0] - k * dilation) // stride)
            for k in range(size)
            if (first + padding[0] - k * dilation) % stride == 0
        ]
        found.append((first, -(-(n - first) // stride), taps))
    return found


def _phase(y: Array, filters: Array, phase: tuple[Phase, ...]) -> Array:
    """Results (n, groups, channels, *places); filters (groups, channels, o, *size)."""
    count = tuple(m for _, m, _ in phase)
    padding: list[tuple[int, int]] = []
    for n, (_, m, taps) in zip(y.shape[2:], phase, strict=True):
        reads = [i for _, i in taps]
        padding.append((-min(reads), m + max(reads) - n))
    y, around = _cropped(y, tuple(padding))
    chosen = filters
    for axis, (_, _, taps) in enumerate(phase):
        chosen = chosen.take([k for k, _ in taps], axis=3 + axis)
    layout = _Layout(y.shape[2:], (1,) * len(count), around)
    places = product(
        *([i - min(j for _, j in taps) for _, i in taps] for _, _, taps in phase)
    )
    chosen = chosen.reshape(*chosen.shape[:3], -1)
    return _correlated(y, chosen, layout, list(places), count)


def conv_filter(
    x: Array,
    y: Array,
    *,
    window: Shape,
    stride: Shape,
    padding: Pairs,
    dilation: Shape,
    groups: int,
) -> Array:
    n, c, o, count = x.shape[0], x.shape[1], y.shape[1], y.shape[2:]
    each, outs = c // groups, o // groups
    products = n * prod(count) * o * each * prod(window)
    lanes = min(64 // x.dtype.itemsize, 1 << max(0, count[-1].bit_length() - 1))
    few = count[-1] >= 16 or each * outs < 1024
    if not (few and _worth(prod(window), products, count[-1], each, x, y)):
        return REGISTRY["conv_filter"].impl(
            x,
            y,
            window=window,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
        )
    x, padding = _cropped(x, padding)
    layout = _Layout(x.shape[2:], stride, padding)
    taps = [_times(at, dilation) for at in product(*map(range, window))]
    near = np.array([layout.offset(t) for t in taps], np.int64)
    offsets = (np.arange(each)[:, None] * layout.size + near).reshape(-1)
    out = np.empty((groups, outs, len(offsets)), x.dtype)
    channels = min(4, 1 << (outs.bit_length() - 1))
    side = 16 // channels if channels > 1 else 9
    blocks, parts = -(-outs // channels), -(-len(offsets) // side)
    sizes = _sizes(
        groups * blocks * parts,
        TAPS=len(offsets),
        GROUP=each * layout.size,
        ROWS=prod(count[:-1]),
        WIDTH=count[-1],
        BLOCKS=blocks,
        OUTS=outs,
        GROUPS=groups,
        PARTS=parts,
        COUNT=n,
    )
    kernel = windows.dots(x.dtype, lanes, channels, side)
    kernel(
        layout.of(x, 0),
        np.ascontiguousarray(y),
        offsets,
        layout.starts(count),
        out,
        sizes,
    )
    return out.reshape(o, each, *window)


KERNELS = {"conv": conv, "conv_data": conv_data, "conv_filter": conv_filter}
