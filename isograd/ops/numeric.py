"""Numerical recipes as composites: weighted means, interpolation, convolution of rows,
finite differences.  Sources: NumPy's reference pages of the functions of these names.
"""

from __future__ import annotations

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
def slope(F: Namespace, y: Payload, *, axis: int, step: float) -> Payload:
    """Second order differences inside, first order ones at the ends (np.gradient)."""
    n = y.shape[axis]

    def part(start: int, stop: int) -> Payload:
        return F.ranged(y, axis=axis, start=start, stop=stop)

    def difference(a: Payload, b: Payload, width: float) -> Payload:
        return F.div(F.sub(a, b), width * step)

    ends = [difference(part(i + 1, i + 2), part(i, i + 1), 1.0) for i in (0, n - 2)]
    inner = difference(part(2, n), part(0, n - 2), 2.0)
    return F.concatenate(ends[0], inner, ends[1], axis=axis)


def window_of(mode: str, n: int, m: int) -> tuple[int, int]:
    """The part of a full convolution of lengths n >= m that a mode keeps."""
    parts: dict[str, Any] = {
        "full": (0, n + m - 1),
        "valid": (m - 1, n),
        "same": ((m - 1) // 2, (m - 1) // 2 + n),
    }
    return parts[mode]
