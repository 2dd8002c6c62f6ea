"""Windows for signals (Harris 1978; Nuttall 1981).

Every function takes the number of points, whether the window is symmetric, and the
dtype that it is computed in; a window that is not symmetric is the first part of a
symmetric one of one more point.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Array = np.ndarray
DType = np.dtype


def _angles(count: int, sym: bool, first: float, last: float, dtype: DType) -> Array:
    """Points from `first` to `last`, which a periodic window leaves out."""
    points = count if sym else count + 1
    if count == 1:
        return np.array([(first + last) / 2 if first == -last else first], dtype)
    return np.linspace(first, last, points)[:count].astype(dtype)


def general_cosine(
    count: int, sym: bool, dtype: DType, weights: Sequence[float]
) -> Array:
    """The sum of (-1)^i a_i cos(i t) for t over a full turn."""
    if count == 1:
        return np.ones(1, dtype)
    t = _angles(count, sym, 0.0, 2 * np.pi, dtype)
    signed = [a * (-1) ** i for i, a in enumerate(weights)]
    return sum((a * np.cos(i * t) for i, a in enumerate(signed)), np.zeros_like(t))


def stepped_cosine(
    count: int, periodic: bool, dtype: DType, weights: Sequence[float]
) -> Array:
    """`general_cosine` whose angles are multiples of one step, in `dtype`."""
    if count == 1:
        return np.ones(1, dtype)
    t = _steps(count, periodic, 2 * np.pi, dtype).astype(np.float64)
    out = np.zeros(count, dtype)
    for i, a in reversed(list(enumerate(weights))):
        out += dtype.type(a * (-1) ** i) * np.cos(i * t).astype(dtype)
    return out


def stepped_bartlett(count: int, periodic: bool, dtype: DType) -> Array:
    """`bartlett` from multiples of one step, in `dtype`."""
    if count == 1:
        return np.ones(1, dtype)
    t = _steps(count, periodic, 2.0, dtype)
    return np.minimum(t, 2 - t)


def _steps(count: int, periodic: bool, whole: float, dtype: DType) -> Array:
    """Multiples of the step that leads to `whole` after the window's span."""
    span = count if periodic else count - 1
    return np.arange(count, dtype=dtype) * dtype.type(whole / max(span, 1))


def general_hamming(count: int, sym: bool, dtype: DType, alpha: float) -> Array:
    return general_cosine(count, sym, dtype, (alpha, 1.0 - alpha))


def bartlett(count: int, sym: bool, dtype: DType) -> Array:
    return 1 - np.abs(_angles(count, sym, -1.0, 1.0, dtype))


def cosine(count: int, sym: bool, dtype: DType) -> Array:
    points = count if sym else count + 1
    return np.sin(np.pi / points * (np.arange(count, dtype=dtype) + 0.5))


def exponential(
    count: int, sym: bool, dtype: DType, center: float | None, tau: float
) -> Array:
    middle = (count if not sym and count > 1 else count - 1) / 2.0
    at = middle if center is None else center
    return np.exp(-np.abs(np.arange(count, dtype=dtype) - at) / tau)


def gaussian(count: int, sym: bool, dtype: DType, std: float) -> Array:
    middle = (count if not sym and count > 1 else count - 1) / 2.0
    return np.exp(
        -(((np.arange(count, dtype=dtype) - middle) / (std * np.sqrt(2))) ** 2)
    )


def kaiser(count: int, sym: bool, dtype: DType, beta: float) -> Array:
    if count == 1:
        return np.ones(1, dtype)
    t = _angles(count, sym, -1.0, 1.0, dtype)
    return np.i0(beta * np.sqrt(np.maximum(1 - t * t, 0))) / np.i0(beta)


HANN = (0.5, 0.5)
HAMMING = (0.54, 0.46)
BLACKMAN = (0.42, 0.5, 0.08)
NUTTALL = (0.3635819, 0.4891775, 0.1365995, 0.0106411)
