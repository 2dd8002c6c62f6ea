"""Images as arrays of (height, width[, channels]): parts, borders, other sizes."""

from __future__ import annotations

from typing import Any

import numpy as np


def cropped(a: np.ndarray, top: int, left: int, height: int, width: int) -> np.ndarray:
    return np.ascontiguousarray(a[top : top + height, left : left + width])


def padded(
    a: np.ndarray, sides: tuple[int, int, int, int], fill: Any, mode: str
) -> np.ndarray:
    """Borders of (left, top, right, bottom) pixels; `fill` may be one per channel."""
    left, top, right, bottom = sides
    widths = [(top, bottom), (left, right), *[(0, 0)] * (a.ndim - 2)]
    if mode != "constant":
        return np.pad(a, widths, mode=mode)  # type: ignore[call-overload]  # justified: the modes of NumPy
    out = np.pad(a, widths)
    inside = (slice(top, top + a.shape[0]), slice(left, left + a.shape[1]))
    out[:] = fill
    out[inside] = a
    return out


def resized_nearest(a: np.ndarray, height: int, width: int) -> np.ndarray:
    rows = np.arange(height) * a.shape[0] // height
    columns = np.arange(width) * a.shape[1] // width
    return a[rows][:, columns]


def resized_bilinear(a: np.ndarray, height: int, width: int) -> np.ndarray:
    """Between the four nearest pixels, centres aligned; integers are rounded down, at
    half the size to the nearest."""
    half = (2 * height, 2 * width) == a.shape[:2]
    out = a.astype(np.float64)
    for axis, n in enumerate((height, width)):
        out = _between(out, axis, n)
    if a.dtype.kind in "iu":
        out = np.floor(out + (0.5 if half else 1e-6))
    return out.astype(a.dtype)


def _between(a: np.ndarray, axis: int, count: int) -> np.ndarray:
    most = a.shape[axis] - 1
    at = np.clip((np.arange(count) + 0.5) * a.shape[axis] / count - 0.5, 0, most)
    low = np.floor(at).astype(int)
    part = (at - low).reshape([-1 if i == axis else 1 for i in range(a.ndim)])
    first, second = a.take(low, axis), a.take(np.minimum(low + 1, most), axis)
    return first * (1 - part) + second * part
