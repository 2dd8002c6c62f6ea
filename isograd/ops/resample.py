"""Resampling of the spatial axes: interpolation, sampling on a grid, affine grids.

Interpolation on a regular grid is separable: along each axis a constant matrix (or an
index, for the nearest element).  Data is (n, c, *space).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product
from typing import Any

import numpy as np

from isograd.base.dtypes import I64
from isograd.core.primitive import Namespace, Payload, composite

Shape = tuple[int, ...]
Array = np.ndarray
CUBIC = -0.75  # the cubic kernel's parameter (Keys 1981), as PyTorch has it
CUBIC_SMOOTH = -0.5  # with antialiasing


def source_positions(n: int, count: int, corners: bool, scale: float | None) -> Array:
    """Where, between the elements of an axis, each new element lies.

    Args:
        corners: whether the first and last elements of both stay where they are.
        scale: size of a step between new elements, by default n / count.
    """
    i = np.arange(count, dtype=np.float64)
    if corners:
        return i * ((n - 1) / (count - 1) if count > 1 else 0.0)
    return (i + 0.5) * (n / count if scale is None else scale) - 0.5


def _cubic(t: Array, a: float) -> Array:
    t = np.abs(t)
    near = ((a + 2) * t - (a + 3)) * t * t + 1
    far = ((a * t - 5 * a) * t + 8 * a) * t - 4 * a
    return np.where(t <= 1, near, np.where(t < 2, far, 0.0))


def _linear(t: Array, a: float) -> Array:
    return np.maximum(0.0, 1 - np.abs(t))


@lru_cache(maxsize=256)
def resampling(
    n: int,
    count: int,
    mode: str,
    corners: bool,
    scale: float | None,
    antialias: bool = False,
) -> Array:
    """The matrix (count, n) of "linear", "cubic" or "tabled" interpolation."""
    at = source_positions(n, count, corners, scale)
    if antialias:
        return _antialiased(at, n, count, mode, corners, scale)
    if mode == "tabled":
        return _tabled(at, n, corners)
    if mode == "linear":
        at = np.maximum(at, 0.0)
    first = np.floor(at).astype(np.int64)
    out = np.zeros((count, n))
    rows = np.arange(count)
    kernel: Callable[[Array, float], Array] = _cubic if mode == "cubic" else _linear
    for k in range(-1, 3) if mode == "cubic" else range(2):
        weight = kernel(at - (first + k), CUBIC)
        np.add.at(out, (rows, np.clip(first + k, 0, n - 1)), weight)
    return out


def _tabled(at: Array, n: int, corners: bool) -> Array:
    """Cubic weights from a table of 1024 distances, as TensorFlow and MindSpore do it:
    without corners of the smooth kernel, and of elements within the axis only."""
    first = np.floor(at).astype(np.int64)
    t = np.rint((at - first) * 1024) / 1024
    out = np.zeros((len(at), n))
    for k in range(-1, 3):
        weight = _cubic(t - k, CUBIC if corners else CUBIC_SMOOTH)
        place = first + k
        if not corners:
            weight = np.where((place >= 0) & (place < n), weight, 0.0)
        np.add.at(out, (np.arange(len(at)), np.clip(place, 0, n - 1)), weight)
    return out / out.sum(axis=1, keepdims=True)


def _antialiased(
    at: Array, n: int, count: int, mode: str, corners: bool, scale: float | None
) -> Array:
    """Kernels stretched over the elements that a new one stands for."""
    if corners:
        step = (n - 1) / (count - 1) if count > 1 else 0.0
    else:
        step = n / count if scale is None else scale
    stretch = max(step, 1.0)
    kernel, reach = (_cubic, 2.0) if mode == "cubic" else (_linear, 1.0)
    out = np.zeros((count, n))
    for i, centre in enumerate(at + 0.5):
        low = max(int(centre - reach * stretch + 0.5), 0)
        high = min(int(centre + reach * stretch + 0.5), n)
        j = np.arange(low, high)
        weights = kernel((j - centre + 0.5) / stretch, CUBIC_SMOOTH)
        out[i, low:high] = weights / weights.sum()
    return out


def nearest(n: int, count: int, exact: bool, scale: float | None) -> Array:
    """The element nearest to each new one, in float32 as PyTorch computes it."""
    step = np.float32(n / count if scale is None else scale)
    i = np.arange(count, dtype=np.float32)
    at = np.floor((i + np.float32(0.5)) * step if exact else i * step)
    return np.minimum(at.astype(np.int64), n - 1)


@composite
def interpolate(
    F: Namespace,
    x: Payload,
    *,
    count: Shape,
    mode: str,
    corners: bool = False,
    scales: tuple[float | None, ...] | None = None,
    antialias: bool = False,
) -> Payload:
    """x (n, c, *space) resampled to (n, c, *count).

    Args:
        mode: "nearest", "nearest-exact", "linear", "cubic", "tabled" (cubic with
            weights from a table) or "area".
        corners: whether corner elements keep their place (not for "nearest").
        scales: for each axis the step between new elements (1 / scale_factor).
    """
    if mode == "area":
        return F.adaptive_avg_pool(x, count=count)
    for i, m in enumerate(count):
        n, scale = x.shape[2 + i], None if scales is None else scales[i]
        if mode.startswith("nearest"):
            x = F.gather(x, nearest(n, m, mode != "nearest", scale), axis=2 + i)
        elif n != m or scale not in (None, 1.0) or antialias:
            matrix = resampling(n, m, mode, corners, scale, antialias)
            x = F.along(x, matrix, axis=2 + i)
    return x


# --- sampling at given points ---------------------------------------------------------


def _unnormalised(F: Namespace, x: Payload, n: int, corners: bool) -> Payload:
    """Coordinates from [-1, 1] to elements."""
    if corners:
        return F.mul(F.add(x, 1.0), (n - 1) / 2)
    return F.sub(F.mul(F.add(x, 1.0), n / 2), 0.5)


def _clipped(F: Namespace, x: Payload, n: int) -> Payload:
    """Inside of the axis; the derivative is zero where that changes x."""
    x = F.where(F.gt(x, 0.0), x, F.zeros_like(x))
    return F.where(F.lt(x, float(n - 1)), x, F.full_like(x, value=n - 1))


def _reflected(F: Namespace, x: Payload, n: int, corners: bool) -> Payload:
    """Reflected at the borders (at the outer elements' centres with `corners`)."""
    low, span = (0.0, n - 1.0) if corners else (-0.5, float(n))
    if span <= 0:
        return F.zeros_like(x)
    x = F.abs(F.sub(x, low))
    flips = F.floor(F.div(x, span))
    rest = F.sub(x, F.mul(F.constant(flips), span))
    even = F.eq(F.remainder(flips, 2.0), 0.0)
    return F.add(F.where(even, rest, F.sub(span, rest)), low)


def _placed(F: Namespace, x: Payload, n: int, padding: str, corners: bool) -> Payload:
    if padding == "border":
        return _clipped(F, x, n)
    if padding == "reflection":
        return _clipped(F, _reflected(F, x, n, corners), n)
    return x


def _looked_up(F: Namespace, x: Payload, at: list[Payload]) -> Payload:
    """Elements (n, *points, c) at whole coordinates; zero outside of the space."""
    inside = None
    idx: list[Payload] = []
    for a, n in zip(at, x.shape[2:], strict=True):
        ok = F.logical_and(F.ge(a, 0.0), F.le(a, float(n - 1)))
        inside = ok if inside is None else F.logical_and(inside, ok)
        idx.append(F.convert(F.where(ok, a, F.zeros_like(a)), dtype=I64))
    sample = np.arange(x.shape[0]).reshape((-1,) + (1,) * (at[0].ndim - 1))
    rows = F.gather(F.moveaxis(x, 1, x.ndim - 1), sample, *idx)
    keep = F.broadcast_to(F.reshape(inside, shape=(*at[0].shape, 1)), rows.shape)
    return F.where(keep, rows, F.zeros_like(rows))


@composite
def grid_sample(
    F: Namespace,
    x: Payload,
    grid: Payload,
    *,
    mode: str = "linear",
    padding: str = "zeros",
    corners: bool = False,
) -> Payload:
    """x (n, c, *space) at points: grid (n, *points, d), its last axis from the last
    spatial axis to the first, in [-1, 1]; gives (n, c, *points).

    Args:
        mode: "linear", "nearest" or "cubic" (two axes).
        padding: "zeros", "border" or "reflection": what lies outside.
        corners: whether -1 and 1 are the centres of the outer elements, or their edges.
    """
    d = x.ndim - 2
    at = [
        _unnormalised(
            F,
            F.select(grid, axis=grid.ndim - 1, index=d - 1 - i),
            x.shape[2 + i],
            corners,
        )
        for i in range(d)
    ]
    if mode != "cubic":
        at = [
            _placed(F, a, n, padding, corners)
            for a, n in zip(at, x.shape[2:], strict=True)
        ]
    if mode == "nearest":
        out = _looked_up(F, x, [F.constant(F.round(a)) for a in at])
        return F.moveaxis(out, out.ndim - 1, 1)
    firsts = [F.constant(F.floor(a)) for a in at]
    offsets = [F.sub(a, f) for a, f in zip(at, firsts, strict=True)]
    out: Any = None
    for ks in product(range(-1, 3) if mode == "cubic" else range(2), repeat=d):
        points = [F.add(f, float(k)) for f, k in zip(firsts, ks, strict=True)]
        if mode == "cubic":
            points = [
                _placed(F, p, n, padding, corners)
                for p, n in zip(points, x.shape[2:], strict=True)
            ]
        weight: Any = None
        for o, k in zip(offsets, ks, strict=True):
            w = _cubic_weight(F, o, k) if mode == "cubic" else o if k else F.sub(1.0, o)
            weight = w if weight is None else F.mul(weight, w)
        part = F.mul(_looked_up(F, x, points), F.unsqueeze(weight, axis=weight.ndim))
        out = part if out is None else F.add(out, part)
    return F.moveaxis(out, out.ndim - 1, 1)


def _cubic_weight(F: Namespace, t: Payload, k: int) -> Payload:
    """The cubic kernel at distance |t - k|, for t in [0, 1)."""
    a = CUBIC
    s = F.add(t, float(-k)) if k <= 0 else F.sub(float(k), t)
    if k in (0, 1):
        inner = F.sub(F.mul(s, a + 2), a + 3)
        return F.add(F.mul(inner, F.mul(s, s)), 1.0)
    inner = F.add(F.mul(F.sub(F.mul(s, a), 5 * a), s), 8 * a)
    return F.sub(F.mul(inner, s), 4 * a)


@composite
def affine_grid(
    F: Namespace, theta: Payload, *, space: Shape, corners: bool = False
) -> Payload:
    """Points (n, *space, d) of a grid mapped by theta (n, d, d + 1)."""
    d = len(space)
    axes = [_base(n, corners) for n in space]
    mesh = np.meshgrid(*axes, indexing="ij")[::-1]
    base = np.stack([*mesh, np.ones(space)], -1).reshape(-1, d + 1)
    points = F.matmul(np.asarray(base, theta.dtype), F.mT(theta))
    return F.reshape(points, shape=(theta.shape[0], *space, d))


def _base(n: int, corners: bool) -> Array:
    if corners:
        return np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    return (np.arange(n) * 2 + 1) / n - 1
