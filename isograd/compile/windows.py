"""Convolutions on kernels: what fills the slots of `conv` and its adjoints.

Padded data are laid out by their position modulo the stride (`layout.py`), so that the
kernels always walk along neighbours.  Windows of many channels are matrices, which
`products.py` multiplies without writing them down; for few channels per group there are
kernels of their own.  Short rows and little work stay with NumPy's products of matrices.
All that shapes decide is prepared once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np

from isograd.compile.layout import Layout, Pairs, Shape
from isograd.compile.lean import windows
from isograd.compile.lean.indexed import SIZES
from isograd.compile.lean.pool import cores
from isograd.compile.lean.products import follow
from isograd.compile.lean.products import width as panel_width
from isograd.compile.products import Product
from isograd.compile.recycle import new_array
from isograd.core.primitive import REGISTRY, Aval

Array = np.ndarray
Run = Callable[[Array, Array], Array]
DTYPES = frozenset(map(np.dtype, ("f4", "f8")))
WORK = 1 << 18  # products below which NumPy is as fast
FEW = 4  # channels below which windows are not worth a panel
KEPT = 512  # combinations of shapes that are remembered


@dataclass
class Windows:
    """Windows of data (n, groups * each, *space) for results of shape `count`; a tap is
    a position in the padded data."""

    n: int
    groups: int
    each: int
    layout: Layout
    taps: tuple[Shape, ...]
    count: Shape
    dtype: np.dtype

    @property
    def offsets(self) -> Array:
        return self.layout.offsets(self.each, self.taps)

    @property
    def steps(self) -> tuple[int, int]:
        """Elements from group to group, and from sample to sample."""
        step = self.each * self.layout.size
        return step, self.groups * step


# --- many channels: products of matrices ----------------------------------------------


def _correlation(win: Windows, o: int) -> Run:
    """Results (n, groups, o, *count) of data and filters (groups, o, each, taps)."""
    places, lead = win.layout.places(win.count), (win.n, win.groups, o)
    offsets = win.offsets
    taken = Product(
        win.dtype,
        (win.n * win.groups, o, len(places)),
        (o * len(offsets), 0),
        (len(offsets), 1),
        win.steps,
        offsets,
        places,
        win.groups,
        win.n,
    )

    def run(x: Array, w: Array) -> Array:
        data = win.layout.of(x, 0)
        found = win.layout.seen(taken(np.ascontiguousarray(w), data), lead, win.count)
        if found.flags.c_contiguous:
            return found
        out = new_array(found.shape, win.dtype)
        out[...] = found
        return out

    return run


def _filters(win: Windows, o: int) -> Run:
    """Gradients (groups, o, each * taps) of filters: cotangents (n, groups, o, *count)
    times windows, summed over samples."""
    places, offsets = win.layout.places(win.count), win.offsets
    panels = -(-len(offsets) // panel_width(win.dtype)) * win.groups
    parts = max(1, min(win.n, -(-4 * cores() // panels)))
    parts = -(-win.n // -(-win.n // parts))
    lead, step = (win.n, win.groups, o), o * len(places)
    taken = Product(
        win.dtype,
        (parts * win.groups, o, len(offsets)),
        (step, win.groups * step),
        (len(places), 1),
        win.steps,
        places,
        offsets,
        win.groups,
        win.n,
    )

    def run(x: Array, y: Array) -> Array:
        if prod(lead) * len(places) != y.size:
            gaps = np.zeros((*lead, len(places)), win.dtype)
            win.layout.seen(gaps, lead, win.count)[...] = y.reshape(*lead, *win.count)
            y = gaps
        out = taken(np.ascontiguousarray(y), win.layout.of(x, 0))
        out = out.reshape(parts, win.groups, o, len(offsets))
        return out[0] if parts == 1 else out.sum(0)

    return run


# --- few channels ---------------------------------------------------------------------


def _shape(width: int, dtype: np.dtype) -> tuple[int, int]:
    """(lanes, vectors side by side) that fit rows of a width."""
    most = 64 // dtype.itemsize
    choices = [(most, 2), (most, 1), (most // 2, 1), (4, 1)]
    return min(
        choices, key=lambda c: -(-width // (c[0] * c[1])) * (c[0] * c[1] + most // 4)
    )


def _sizes(units: int, **places: int) -> Array:
    out = np.zeros(SIZES, np.int64)
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


def _few_correlation(win: Windows, o: int) -> Run:
    """`_correlation` for few channels per group, a depthwise convolution above all."""
    n, groups, count, offsets = win.n, win.groups, win.count, win.offsets
    lanes, wide = _shape(count[-1], win.dtype)
    outs = 1 if o == 1 else min(8, 1 << (o - 1).bit_length())
    if outs == 1 and count[-1] >= 4 * lanes:
        wide = 4
    slack = 0 if count[-1] >= lanes * wide else lanes * wide
    rows, blocks = prod(count[:-1]), -(-o // outs)
    parts = max(1, min(rows, -(-4 * cores() // (n * groups * blocks))))
    part = -(-rows // parts)
    parts = -(-rows // part)
    sizes = _sizes(
        n * groups * blocks * parts,
        TAPS=len(offsets),
        GROUP=win.each * win.layout.size,
        ROWS=rows,
        WIDTH=count[-1],
        BLOCKS=blocks,
        OUTS=o,
        GROUPS=groups,
        PARTS=parts,
        PART=part,
    )
    kernel = windows.correlate(win.dtype, lanes, wide, outs)
    starts = win.layout.starts(count)

    def run(x: Array, w: Array) -> Array:
        packed = _packed(w.reshape(groups, o, -1), outs)
        out = new_array((n, groups, o, *count), win.dtype)
        kernel(win.layout.of(x, slack), packed, offsets, starts, out, sizes)
        return out

    return run


def _few_filters(win: Windows, outs: int) -> Run:
    """`_filters` for few channels per group."""
    count, offsets = win.count, win.offsets
    channels = min(4, 1 << (outs.bit_length() - 1))
    side = 16 // channels if channels > 1 else 9
    blocks, parts = -(-outs // channels), -(-len(offsets) // side)
    sizes = _sizes(
        win.groups * blocks * parts,
        TAPS=len(offsets),
        GROUP=win.each * win.layout.size,
        ROWS=prod(count[:-1]),
        WIDTH=count[-1],
        BLOCKS=blocks,
        OUTS=outs,
        GROUPS=win.groups,
        PARTS=parts,
        COUNT=win.n,
    )
    lanes = min(64 // win.dtype.itemsize, 1 << max(0, count[-1].bit_length() - 1))
    kernel = windows.dots(win.dtype, lanes, channels, side)
    starts = win.layout.starts(count)

    def run(x: Array, y: Array) -> Array:
        out = np.empty((win.groups, outs, len(offsets)), win.dtype)
        data = win.layout.of(x, 0)
        kernel(data, np.ascontiguousarray(y), offsets, starts, out, sizes)
        return out

    return run


def _many(win: Windows, o: int) -> bool:
    """Whether windows are multiplied as matrices."""
    return (
        o >= FEW
        and follow(win.offsets, win.dtype)
        and follow(win.layout.places(win.count), win.dtype)
    )


def _correlated(win: Windows, o: int) -> Run:
    return (_correlation if _many(win, o) else _few_correlation)(win, o)


# --- the three operations -------------------------------------------------------------


def _worth(products: int, width: int, *dtypes: Any) -> bool:
    """Whether kernels beat a product of matrices that is written down."""
    return (
        products >= WORK
        and width >= 4
        and dtypes[0] in DTYPES
        and dtypes[0] == dtypes[1]
    )


def _cropped(space: Shape, padding: Pairs) -> tuple[Any, Shape, Pairs]:
    """Negative padding done away with: (what to keep, its space, the padding)."""
    index = tuple(
        slice(max(0, -lo), n - max(0, -hi))
        for n, (lo, hi) in zip(space, padding, strict=True)
    )
    return (
        (..., *index),
        tuple(len(range(n)[s]) for n, s in zip(space, index, strict=True)),
        tuple((max(0, lo), max(0, hi)) for lo, hi in padding),
    )


def _times(at: Shape, by: Shape) -> Shape:
    return tuple(i * d for i, d in zip(at, by, strict=True))


def _windows(x: Shape, window: Shape, dtype: Any, params: Any, count: Shape) -> Any:
    """(what to keep of data of shape x, its windows)."""
    stride, padding, dilation, groups = params
    keep, space, padding = _cropped(x[2:], padding)
    layout = Layout(space, stride, padding)
    taps = tuple(_times(at, dilation) for at in product(*map(range, window)))
    return keep, Windows(x[0], groups, x[1] // groups, layout, taps, count, dtype)


def conv(x: Array, w: Array, **words: Any) -> Array:
    run = _conv(x.shape, w.shape, x.dtype, w.dtype, *map(words.__getitem__, PARAMS))
    return REGISTRY["conv"].impl(x, w, **words) if run is None else run(x, w)


PARAMS = ("stride", "padding", "dilation", "groups")


@lru_cache(KEPT)
def _conv(x: Shape, w: Shape, x_dtype: Any, w_dtype: Any, *params: Any) -> Run | None:
    words = dict(zip(PARAMS, params, strict=True))
    avals = Aval(x, x_dtype), Aval(w, w_dtype)
    count = REGISTRY["conv"].abstract(*avals, **words).shape[2:]
    products = x[0] * prod(count) * prod(w)
    if not _worth(products, count[-1], x_dtype, w_dtype):
        return None
    groups = params[-1]
    keep, win = _windows(x, w[2:], x_dtype, params, count)
    run = _correlated(win, w[0] // groups)
    filters, shape = (groups, w[0] // groups, w[1], -1), (x[0], w[0], *count)
    return lambda x, w: run(x[keep], w.reshape(filters)).reshape(shape)


def conv_filter(x: Array, y: Array, *, window: Shape, **words: Any) -> Array:
    run = _conv_filter(
        x.shape, y.shape, window, x.dtype, y.dtype, *map(words.__getitem__, PARAMS)
    )
    if run is None:
        return REGISTRY["conv_filter"].impl(x, y, window=window, **words)
    return run(x, y)


@lru_cache(KEPT)
def _conv_filter(
    x: Shape, y: Shape, window: Shape, x_dtype: Any, y_dtype: Any, *params: Any
) -> Run | None:
    groups, count = params[-1], y[2:]
    each, outs = x[1] // groups, y[1] // groups
    products = x[0] * prod(count) * y[1] * each * prod(window)
    few = count[-1] >= 16 or each * outs < 1024
    if not (few and _worth(products, count[-1], x_dtype, y_dtype)):
        return None
    keep, win = _windows(x, window, x_dtype, params, count)
    run = (_filters if _many(win, outs) else _few_filters)(win, outs)
    shape = y[1], each, *window
    return lambda x, y: run(x[keep], y).reshape(shape)


def conv_data(y: Array, w: Array, *, space: Shape, **words: Any) -> Array:
    run = _conv_data(
        y.shape, w.shape, space, y.dtype, w.dtype, *map(words.__getitem__, PARAMS)
    )
    if run is None:
        return REGISTRY["conv_data"].impl(y, w, space=space, **words)
    return run(y, w)


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


@lru_cache(KEPT)
def _conv_data(
    y: Shape, w: Shape, space: Shape, y_dtype: Any, w_dtype: Any, *params: Any
) -> Run | None:
    """Each phase of the result, modulo the stride, is a convolution with some taps."""
    stride, padding, dilation, groups = params
    n, o, each, size = y[0], w[0], w[1], w[2:]
    products = n * prod(y[2:]) * prod(w)
    width = space[-1] // stride[-1]
    if 0 in y or not _worth(products, width, y_dtype, w_dtype):
        return None
    rows = zip(space, size, stride, padding, dilation, strict=True)
    axes = [_phases(*row) for row in rows]
    if all(s == 1 for s in stride):
        one = _phase(y, groups, each, y_dtype, tuple(a[0] for a in axes))

        def whole(y: Array, w: Array) -> Array:
            filters = w.reshape(groups, o // groups, each, *size).swapaxes(1, 2)
            return one(y, filters).reshape(n, groups * each, *space)

        return whole
    parts: list[tuple[Any, Run]] = []
    for phase in product(*axes):
        at = tuple(
            slice(first, None, s) for (first, *_), s in zip(phase, stride, strict=True)
        )
        if all(taps for _, _, taps in phase):
            parts.append(((..., *at), _phase(y, groups, each, y_dtype, phase)))

    def run(y: Array, w: Array) -> Array:
        filters = w.reshape(groups, o // groups, each, *size).swapaxes(1, 2)
        out = np.zeros((n, groups, each, *space), y.dtype)
        for at, part in parts:
            out[at] = part(y, filters)
        return out.reshape(n, groups * each, *space)

    return run


def _phase(
    y: Shape, groups: int, each: int, dtype: Any, phase: tuple[Phase, ...]
) -> Run:
    """Results (n, groups, channels, *places); filters (groups, channels, o, *size)."""
    count = tuple(m for _, m, _ in phase)
    padding: list[tuple[int, int]] = []
    for n, (_, m, taps) in zip(y[2:], phase, strict=True):
        reads = [i for _, i in taps]
        padding.append((-min(reads), m + max(reads) - n))
    keep, space, around = _cropped(y[2:], tuple(padding))
    layout = Layout(space, (1,) * len(count), around)
    taps = tuple(
        product(
            *([i - min(j for _, j in taps) for _, i in taps] for _, _, taps in phase)
        )
    )
    win = Windows(y[0], groups, y[1] // groups, layout, taps, count, dtype)
    correlated = _correlated(win, each)
    places = tuple(np.array([k for k, _ in taps]) for _, _, taps in phase)
    chosen = (..., *np.ix_(*places))
    shape = (groups, each, y[1] // groups, -1)

    def run(y: Array, filters: Array) -> Array:
        return correlated(y[keep], filters[chosen].reshape(shape))

    return run


KERNELS = {"conv": conv, "conv_data": conv_data, "conv_filter": conv_filter}
