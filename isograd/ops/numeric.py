"""Numerical recipes as composites: weighted means, interpolation, convolution of rows,
finite differences.  Sources: NumPy's reference pages of the functions of these names.
"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from isograd.core.primitive import Namespace, Payload, composite

Shape = tuple[int, ...]


@composite
def average(
    F: Namespace, x: Payload, weights: Payload, *, axes: Shape
) -> tuple[Payload, Payload]:
    """(weighted mean over `axes`, sum of weights); `weights` has x's shape."""
    total = F.sum(weights, axes=axes)
    return F.div(F.sum(F.mul(x, weights), axes=axes), total), total


@composite
def interp(F: Namespace, x: Payload, xp: Payload, fp: Payload) -> Payload:
    """Piecewise linear through the points (xp, fp), constant outside; xp increases."""
    n = xp.shape[0]
    upper = F.searchsorted(xp, x, right=True)
    upper = F.minimum(F.maximum(upper, 1), n - 1)
    lower = F.sub(upper, 1)
    x0, x1, y0, y1 = (F.gather(v, i) for v in (xp, fp) for i in (lower, upper))
    share = F.clip(F.div(F.sub(x, x0), F.sub(x1, x0)), lo=0.0, hi=1.0, edge=1)
    return F.add(y0, F.mul(share, F.sub(y1, y0)))


@composite
def convolve(F: Namespace, x: Payload, w: Payload) -> Payload:
    """The full convolution of two rows: out[k] = sum of x[i] w[k - i]."""
    n, m = x.shape[0], w.shape[0]
    place = np.arange(n + m - 1)[:, None] - np.arange(m)
    inside = (place >= 0) & (place < n)
    windows = F.gather(x, np.clip(place, 0, n - 1))
    windows = F.where(inside, windows, F.zeros_like(windows))
    return F.matmul_any(windows, w)


@composite
def slope(
    F: Namespace,
    y: Payload,
    at: Payload | None = None,
    *,
    axis: int,
    step: float = 1.0,
    edge_order: int = 1,
) -> Payload:
    """Derivatives along an axis by differences of second order, at the ends of
    `edge_order` 1 or 2 (np.gradient).

    The places are `step` apart, or those of the vector `at`.
    """
    n = y.shape[axis]
    rest = y.ndim - axis - 1

    def width(start: int, stop: int) -> Payload:
        if at is None:
            return np.full((1,) * (rest + 1), step, y.dtype)
        gaps = F.ranged(F.diff(at, axis=0), axis=0, start=start, stop=stop)
        return F.reshape(gaps, shape=(*gaps.shape, *(1,) * rest))

    def weighted(start: int, count: int, weights: Any) -> Payload:
        """The sum of weights times the elements from `start` on, from the next on..."""
        parts = [
            F.mul(
                F.ranged(y, axis=axis, start=start + i, stop=start + i + count),
                F.convert(w, dtype=y.dtype),
            )
            for i, w in enumerate(weights)
        ]
        return reduce(F.add, parts)

    def difference(start: int, apart: int, count: int, over: Any) -> Payload:
        upper = F.ranged(y, axis=axis, start=start + apart, stop=start + apart + count)
        return F.div(
            F.sub(upper, F.ranged(y, axis=axis, start=start, stop=start + count)), over
        )

    def end(start: int, place: int) -> Payload:
        if edge_order == 1:
            over = F.convert(width(start, start + 1), dtype=y.dtype)
            return difference(start, 1, 1, over)
        gaps = width(start, start + 1), width(start + 1, start + 2)
        return weighted(start, 1, _three_points(F, *gaps, place))

    if at is None:
        inner = difference(0, 2, n - 2, 2 * step)
    else:
        weights = _three_points(F, width(0, n - 2), width(1, n - 1), 0)
        inner = weighted(0, n - 2, weights)
    ends = end(0, -1), end(n - 1 - edge_order, 1)
    return F.concatenate(ends[0], inner, ends[1], axis=axis)


def _three_points(F: Namespace, h: Payload, k: Payload, place: int) -> Any:
    """Weights of the values at -h, 0 and k in the slope of the parabola through them,
    at its first (-1), middle (0) or last (1) point.
    """
    whole = F.add(h, k)
    first, middle, last = F.mul(h, whole), F.mul(h, k), F.mul(k, whole)
    if place < 0:
        tops = F.neg(F.add(whole, h)), whole, F.neg(h)
    elif place == 0:
        tops = F.neg(k), F.sub(k, h), h
    else:
        tops = k, F.neg(whole), F.add(whole, k)
    return [F.div(t, b) for t, b in zip(tops, (first, middle, last), strict=True)]


def spaced(start: Any, end: Any, count: int, dtype: np.dtype[Any]) -> np.ndarray:
    """`count` numbers from `start` to `end`, both included; each half is counted from
    its own end, as PyTorch computes it, in at least single precision.
    """
    if count == 1:
        return np.full(1, start, dtype)
    fits = dtype.kind in "fc" and dtype.itemsize >= 4
    wide = dtype if fits else np.dtype(np.float64)
    step = wide.type((end - start) / max(count - 1, 1))
    i = np.arange(count).astype(wide)
    low = wide.type(start) + i * step
    high = wide.type(end) - (wide.type(count - 1) - i) * step
    return np.where(np.arange(count) < count // 2, low, high).astype(dtype)


def window_of(mode: str, n: int, m: int) -> tuple[int, int]:
    """The part of a full convolution of lengths n >= m that a mode keeps."""
    parts: dict[str, Any] = {
        "full": (0, n + m - 1),
        "valid": (m - 1, n),
        "same": ((m - 1) // 2, (m - 1) // 2 + n),
    }
    return parts[mode]


@composite
def fake_quantize(
    F: Namespace, x: Payload, scale: Payload, zero: Payload, *, low: int, high: int
) -> Payload:
    """x as the integers `low` to `high` have it, which stand for (q - zero) scale.

    The gradient passes where x is in their range (Bengio et al. 2013, "straight
    through").
    """
    q = F.add(F.round(F.mul(x, F.div(F.ones_like(scale), scale))), zero)
    inside = F.logical_and(F.ge(q, float(low)), F.le(q, float(high)))
    whole = F.clip(q, lo=float(low), hi=float(high), edge=1)
    value = F.stop_gradient(F.mul(F.sub(whole, zero), scale))
    rest = F.sub(x, F.stop_gradient(x))
    return F.add(value, F.mul(rest, F.convert(inside, dtype=x.dtype)))
