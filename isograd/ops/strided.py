"""Views by strides and their adjoints: diagonals, windows, any strides, complex."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided as stride_view

from isograd.base.dtypes import complex_of, real_of
from isograd.core.families import linear
from isograd.core.primitive import Aval, Namespace, Payload, composite
from isograd.ops.indexing import add_rows

Shape = tuple[int, ...]

# --- diagonals ------------------------------------------------------------------------


def _diagonal_shape(shape: Shape, axis1: int, axis2: int, offset: int) -> Shape:
    m, n = shape[axis1], shape[axis2]
    size = max(0, min(m, n - offset) if offset >= 0 else min(m + offset, n))
    rest = tuple(k for i, k in enumerate(shape) if i not in (axis1, axis2))
    return (*rest, size)


def _diagonal_impl(x: np.ndarray, *, axis1: int, axis2: int, offset: int) -> np.ndarray:
    view = x.diagonal(offset, axis1, axis2)
    if x.flags.writeable:  # writes are checked by the tensor, not by NumPy
        view.flags.writeable = True
    return view


def _undiagonal_impl(
    x: np.ndarray, *, shape: Shape, axis1: int, axis2: int, offset: int
) -> np.ndarray:
    out = np.zeros(shape, x.dtype)
    _diagonal_impl(out, axis1=axis1, axis2=axis2, offset=offset)[...] = x
    return out


diagonal = linear(
    "diagonal",
    _diagonal_impl,
    abstract=lambda x, **at: Aval(_diagonal_shape(x.shape, **at), x.dtype),
    adjoint=lambda F, g, operand, **at: F.undiagonal(g, shape=operand, **at),
    lift=lambda size, operand, axis1, axis2, offset: {
        "axis1": axis1 + 1,
        "axis2": axis2 + 1,
        "offset": offset,
    },
    view=True,
    samples=lambda rng: [
        ((rng.normal(size=(3, 4)),), {"axis1": 0, "axis2": 1, "offset": 1}),
        ((rng.normal(size=(3, 2, 4)),), {"axis1": 2, "axis2": 0, "offset": -1}),
    ],
    doc="A diagonal of two axes, which becomes the last axis.",
)

undiagonal = linear(
    "undiagonal",
    _undiagonal_impl,
    abstract=lambda x, shape, axis1, axis2, offset: Aval(shape, x.dtype),
    adjoint=lambda F, g, operand, shape, **at: F.diagonal(g, **at),
    lift=lambda size, operand, shape, axis1, axis2, offset: {
        "shape": (size, *shape),
        "axis1": axis1 + 1,
        "axis2": axis2 + 1,
        "offset": offset,
    },
    samples=lambda rng: [
        (
            (rng.normal(size=(2, 3)),),
            {"shape": (3, 2, 4), "axis1": 0, "axis2": 2, "offset": 1},
        ),
    ],
    doc="Zeros of `shape` with the last axis of x on a diagonal.",
)


@composite
def diag_embed(
    F: Namespace, x: Payload, *, offset: int = 0, axis1: int = -2, axis2: int = -1
) -> Payload:
    """The last axis of x on a diagonal of two new axes, zeros elsewhere."""
    rank, n = x.ndim + 1, x.shape[-1] + abs(offset)
    a, b = axis1 % rank, axis2 % rank
    shape = list(x.shape[:-1])
    for axis in sorted((a, b)):
        shape.insert(axis, n)
    return F.undiagonal(x, shape=tuple(shape), axis1=a, axis2=b, offset=offset)


@composite
def diag(F: Namespace, x: Payload, *, offset: int = 0) -> Payload:
    """A vector on a diagonal of a matrix of zeros, or a matrix's diagonal (a copy)."""
    if x.ndim == 1:
        return F.diag_embed(x, offset=offset)
    return F.copy(F.diagonal(x, axis1=0, axis2=1, offset=offset))


@composite
def trace(
    F: Namespace, x: Payload, *, offset: int = 0, axis1: int = 0, axis2: int = 1
) -> Payload:
    """The sum of a diagonal of two axes."""
    d = F.diagonal(x, axis1=axis1, axis2=axis2, offset=offset)
    return F.sum(d, axes=(d.ndim - 1,))


@composite
def tril(F: Namespace, x: Payload, *, offset: int = 0) -> Payload:
    """Zeros above a diagonal of the last two axes."""
    mask = np.tri(x.shape[-2], x.shape[-1], offset, bool)
    return F.where(mask, x, F.zeros_like(x))


@composite
def triu(F: Namespace, x: Payload, *, offset: int = 0) -> Payload:
    """Zeros below a diagonal of the last two axes."""
    mask = ~np.tri(x.shape[-2], x.shape[-1], offset - 1, bool)
    return F.where(mask, x, F.zeros_like(x))


# --- windows along an axis ------------------------------------------------------------


def window_count(n: int, width: int, step: int, dilation: int) -> int:
    return max(0, (n - dilation * (width - 1) - 1) // step + 1)


def _windows_impl(
    x: np.ndarray, *, axis: int, width: int, step: int, dilation: int
) -> np.ndarray:
    count = window_count(x.shape[axis], width, step, dilation)
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], width)
    stride = x.strides[axis]
    strides = (
        *x.strides[:axis],
        stride * step,
        *x.strides[axis + 1 :],
        stride * dilation,
    )
    return stride_view(x, shape, strides, writeable=x.flags.writeable)


def _windows_abstract(x: Aval, axis: int, width: int, step: int, dilation: int) -> Aval:
    count = window_count(x.shape[axis], width, step, dilation)
    return Aval((*x.shape[:axis], count, *x.shape[axis + 1 :], width), x.dtype)


def _unwindows_impl(
    g: np.ndarray, *, length: int, axis: int, width: int, step: int, dilation: int
) -> np.ndarray:
    count = g.shape[axis]
    out = np.zeros((*g.shape[:axis], length, *g.shape[axis + 1 : -1]), g.dtype)
    for k in range(width if count else 0):
        start = k * dilation
        at = (slice(None),) * axis + (
            slice(start, start + step * (count - 1) + 1, step),
        )
        out[at] += g[..., k]
    return out


windows = linear(
    "windows",
    _windows_impl,
    abstract=_windows_abstract,
    adjoint=lambda F, g, operand, axis, **w: F.unwindows(
        g, length=operand[axis], axis=axis, **w
    ),
    lift=lambda size, operand, axis, **w: {"axis": axis + 1, **w},
    view=True,
    samples=lambda rng: [
        ((rng.normal(size=(7, 2)),), {"axis": 0, "width": 3, "step": 2, "dilation": 1}),
        ((rng.normal(size=(2, 6)),), {"axis": 1, "width": 2, "step": 1, "dilation": 3}),
    ],
    doc="Overlapping windows along an axis: their number takes its place, their size "
    "is a new last axis (Tensor.unfold).",
)

unwindows = linear(
    "unwindows",
    _unwindows_impl,
    abstract=lambda g, length, axis, width, step, dilation: Aval(
        (*g.shape[:axis], length, *g.shape[axis + 1 : -1]), g.dtype
    ),
    adjoint=lambda F, g, operand, length, **w: F.windows(g, **w),
    lift=lambda size, operand, axis, **w: {"axis": axis + 1, **w},
    samples=lambda rng: [
        (
            (rng.normal(size=(3, 2, 3)),),
            {"length": 8, "axis": 0, "width": 3, "step": 2, "dilation": 1},
        ),
    ],
    doc="Overlapping windows added up along an axis of `length`: windows' adjoint.",
)


def _window_sum_impl(
    x: np.ndarray, *, axis: int, width: int, step: int, dilation: int
) -> np.ndarray:
    count = window_count(x.shape[axis], width, step, dilation)
    shape = (*x.shape[:axis], count, *x.shape[axis + 1 :])
    out = np.zeros(shape, x.dtype)
    for k in range(width if count else 0):
        start = k * dilation
        out += x[
            (slice(None),) * axis
            + (slice(start, start + step * (count - 1) + 1, step),)
        ]
    return out


def _window_sum_adjoint(
    F: Namespace, g: Payload, operand: Shape, *, axis: int, width: int, **w: int
) -> Payload:
    spread = F.broadcast_to(F.reshape(g, shape=(*g.shape, 1)), (*g.shape, width))
    return F.unwindows(spread, length=operand[axis], axis=axis, width=width, **w)


window_sum = linear(
    "window_sum",
    _window_sum_impl,
    abstract=lambda x, axis, **w: Aval(
        _windows_abstract(x, axis, **w).shape[:-1], x.dtype
    ),
    adjoint=_window_sum_adjoint,
    lift=lambda size, operand, axis, **w: {"axis": axis + 1, **w},
    samples=lambda rng: [
        ((rng.normal(size=(7, 2)),), {"axis": 0, "width": 3, "step": 2, "dilation": 1}),
    ],
    doc="The sums of overlapping windows along an axis.",
)


@composite
def im2col(
    F: Namespace,
    x: Payload,
    *,
    size: Shape,
    step: Shape,
    padding: Shape,
    dilation: Shape,
) -> Payload:
    """(n, c, *space) to (n, c * window, positions): the columns of all windows."""
    n, c, *space = x.shape
    d = len(space)
    if any(padding):
        x = F.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
    for i in range(d):
        x = F.windows(x, axis=2 + i, width=size[i], step=step[i], dilation=dilation[i])
    counts = x.shape[2 : 2 + d]
    x = F.transpose(x, axes=(0, 1, *range(2 + d, 2 + 2 * d), *range(2, 2 + d)))
    return F.reshape(x, shape=(n, c * prod(size), prod(counts)))


@composite
def col2im(
    F: Namespace,
    x: Payload,
    *,
    shape: Shape,
    size: Shape,
    step: Shape,
    padding: Shape,
    dilation: Shape,
) -> Payload:
    """Columns added up to (n, c, *shape): the adjoint of `im2col`."""
    n, d = x.shape[0], len(shape)
    full = [s + 2 * p for s, p in zip(shape, padding, strict=True)]
    counts = tuple(map(window_count, full, size, step, dilation))
    c = x.shape[1] // prod(size)
    x = F.reshape(x, shape=(n, c, *size, *counts))
    x = F.transpose(x, axes=(0, 1, *range(2 + d, 2 + 2 * d), *range(2, 2 + d)))
    for i in reversed(range(d)):
        x = F.unwindows(
            x,
            length=full[i],
            axis=2 + i,
            width=size[i],
            step=step[i],
            dilation=dilation[i],
        )
    if any(padding):
        x = F.pad(x, ((0, 0), (0, 0), *((-p, -p) for p in padding)))
    return x


# --- any strides ----------------------------------------------------------------------


def _as_strided_impl(
    x: np.ndarray, *, shape: Shape, strides: Shape, offset: int
) -> np.ndarray:
    flat = x.reshape(-1)
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
    if prod(shape) and (offset < 0 or last >= flat.size):
        raise ValueError(
            f"as_strided: shape {shape}, strides {strides} and offset "
            f"{offset} reach beyond the array's {flat.size} elements"
        )
    if not prod(shape):
        return flat[:0].reshape(shape)
    steps = tuple(s * flat.strides[0] for s in strides)
    if flat.flags.c_contiguous:  # a view that names its owner
        start = offset * flat.itemsize
        return np.ndarray(shape, x.dtype, flat.view(np.uint8), start, steps)
    return stride_view(flat[offset:], shape, steps, writeable=x.flags.writeable)


def _add_strided_impl(
    g: np.ndarray, *, to: Shape, shape: Shape, strides: Shape, offset: int
) -> np.ndarray:
    at = np.full(shape, offset)
    for axis, (n, s) in enumerate(zip(shape, strides, strict=True)):
        at += (np.arange(n) * s).reshape((n,) + (1,) * (len(shape) - axis - 1))
    return add_rows(g.reshape(-1, 1), at.reshape(-1), prod(to)).reshape(to)


as_strided = linear(
    "as_strided",
    _as_strided_impl,
    abstract=lambda x, shape, strides, offset: Aval(shape, x.dtype),
    adjoint=lambda F, g, operand, **view: F.add_strided(g, to=operand, **view),
    lift=lambda size, operand, shape, strides, offset: {
        "shape": (size, *shape),
        "strides": (prod(operand), *strides),
        "offset": offset,
    },
    view=True,
    samples=lambda rng: [
        (
            (rng.normal(size=(3, 4)),),
            {"shape": (2, 2, 3), "strides": (1, 2, 3), "offset": 1},
        ),
    ],
    doc="A view of x's elements in order, by strides counted in elements.",
)

add_strided = linear(
    "add_strided",
    _add_strided_impl,
    abstract=lambda g, to, shape, strides, offset: Aval(to, g.dtype),
    adjoint=lambda F, g, operand, to, **view: F.as_strided(g, **view),
    lift=lambda size, operand, to, shape, strides, offset: {
        "to": (size, *to),
        "shape": (size, *shape),
        "strides": (prod(to), *strides),
        "offset": offset,
    },
    samples=lambda rng: [
        (
            (rng.normal(size=(2, 3)),),
            {"to": (3, 4), "shape": (2, 3), "strides": (1, 3), "offset": 2},
        ),
    ],
    doc="Zeros of shape `to` with g added at its places: the adjoint of as_strided.",
)

# --- complex numbers as pairs ---------------------------------------------------------


def _pairs_impl(x: Any) -> np.ndarray:
    part: np.ndarray = x.real
    return stride_view(
        part,
        (*part.shape, 2),
        (*part.strides, part.itemsize),
        writeable=x.flags.writeable,
    )


def _unpairs_impl(x: np.ndarray) -> np.ndarray:
    if x.strides[-1] != x.itemsize or any(s % (2 * x.itemsize) for s in x.strides[:-1]):
        x = np.ascontiguousarray(x)
    return x.view(complex_of(x.dtype))[..., 0]


view_as_real = linear(
    "view_as_real",
    _pairs_impl,
    abstract=lambda x: Aval((*x.shape, 2), real_of(x.dtype)),
    adjoint=lambda F, g, operand: F.view_as_complex(g),
    lift=lambda size, operand: {},
    view=True,
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3)),), {})
    ],
    doc="The parts of complex numbers along a new last axis of two.",
)
view_as_real.kinds = "c"

view_as_complex = linear(
    "view_as_complex",
    _unpairs_impl,
    abstract=lambda x: Aval(x.shape[:-1], complex_of(x.dtype)),
    adjoint=lambda F, g, operand: F.view_as_real(g),
    lift=lambda size, operand: {},
    view=True,
    samples=lambda rng: [((rng.normal(size=(2, 3, 2)),), {})],
    doc="Pairs along the last axis as complex numbers.",
)
view_as_complex.kinds = "f"


def triangle(m: int, n: int, offset: int, upper: bool) -> np.ndarray:
    """Rows and columns of the elements on one side of a diagonal, (2, count)."""
    mask = np.tri(m, n, offset - upper, bool)
    return np.stack(np.nonzero(~mask if upper else mask))
