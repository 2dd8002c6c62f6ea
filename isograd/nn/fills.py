"""Initial values of weights: functions of a generator, a shape and parameters.

Fans follow the layout `(out, in, *kernel)`.  Sources: Glorot and Bengio 2010 (xavier),
He et al. 2015 (he, gain of rectifiers), Saxe et al. 2014 (orthogonal), Martens 2010
(sparse), Zagoruyko and Komodakis 2017 (dirac).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import erf, prod, sqrt

import numpy as np

from isograd.base.streams import MersenneStream

Shape = Sequence[int]
Array = np.ndarray
_TRUNCATED_STD = 0.87962566103423978  # of a standard normal cut at two deviations


def fans(shape: Shape) -> tuple[int, int]:
    """(fan in, fan out) of a weight.

    Raises:
        ValueError: for fewer than two axes.
    """
    if len(shape) < 2:
        raise ValueError(f"fans need at least two axes, found shape {tuple(shape)}")
    field = prod(shape[2:])
    return shape[1] * field, shape[0] * field


def gain_of(nonlinearity: str, slope: float | None = None) -> float:
    """The factor by which a nonlinearity's input deviation is enlarged.

    Raises:
        ValueError: for an unknown nonlinearity.
    """
    if nonlinearity == "leaky_relu":
        return sqrt(2.0 / (1 + (0.01 if slope is None else slope) ** 2))
    table = {
        "relu": sqrt(2.0),
        "tanh": 5.0 / 3,
        "selu": 0.75,
        "linear": 1.0,
        "sigmoid": 1.0,
    }
    if nonlinearity.startswith("conv"):
        return 1.0
    if nonlinearity not in table:
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}")
    return table[nonlinearity]


def uniform(rng: np.random.Generator, shape: Shape, bound: float) -> Array:
    return rng.uniform(-bound, bound, tuple(shape))


def normal(rng: np.random.Generator, shape: Shape, sigma: float, mean: float) -> Array:
    return rng.normal(mean, sigma, tuple(shape))


def truncated_normal(
    rng: np.random.Generator,
    shape: Shape,
    sigma: float,
    mean: float,
    low: float,
    high: float,
) -> Array:
    """Normal numbers within `low` and `high` deviations of the mean."""
    out = rng.standard_normal(tuple(shape))
    outside = (out < low) | (out > high)
    while outside.any():
        out[outside] = rng.standard_normal(int(outside.sum()))
        outside = (out < low) | (out > high)
    return out * sigma + mean


def truncated_normal_by_rounds(
    normal: Callable[[], Array],
    uniform: Callable[[float, float], Array],
    low: float,
    high: float,
) -> Array:
    """Standard normal numbers within bounds: whole arrays are drawn until all fit.

    Between bounds of small probability uniform numbers are drawn, and kept with the
    density's share of its largest value (Robert 1995).
    """
    inside = 0.5 * (erf(high / sqrt(2)) - erf(low / sqrt(2)))
    peak = min(max(low, 0.0), high)

    def attempt() -> tuple[Array, Array]:
        if inside >= 0.3:
            x = normal()
            return x, (x >= low) & (x <= high)
        x = uniform(low, high)
        return x, uniform(0.0, 1.0) < np.exp((peak**2 - x * x) / 2)

    out, done = attempt()
    while not done.all():
        x, fits = attempt()
        out[fits & ~done] = x[fits & ~done]
        done |= fits
    return out


def xavier_bound(shape: Shape, gain: float) -> float:
    return gain * sqrt(6.0 / sum(fans(shape)))


def xavier_deviation(shape: Shape, gain: float) -> float:
    return gain * sqrt(2.0 / sum(fans(shape)))


def he_deviation(shape: Shape, gain: float, mode: str) -> float:
    """`mode` is "fan_in" or "fan_out"; a uniform bound is sqrt(3) of this."""
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', but got {mode}")
    return gain / sqrt(fans(shape)[mode == "fan_out"])


def variance_scaled(
    rng: np.random.Generator, shape: Shape, scale: float, mode: str, distribution: str
) -> Array:
    """Numbers of variance `scale / fan`, fan being that in, out, or their mean."""
    fan_in, fan_out = fans(shape)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[
        mode
    ]
    sigma = sqrt(scale / max(1.0, fan))
    if distribution == "uniform":
        return uniform(rng, shape, sqrt(3.0) * sigma)
    if distribution == "untruncated_normal":
        return normal(rng, shape, sigma, 0.0)
    return truncated_normal(rng, shape, sigma / _TRUNCATED_STD, 0.0, -2.0, 2.0)


def orthogonal(rng: np.random.Generator, shape: Shape, gain: float) -> Array:
    """A matrix with orthonormal rows or columns, whichever are fewer."""
    rows, columns = shape[0], prod(shape[1:])
    return orthogonalised(rng.standard_normal((rows, columns)), shape, gain)


def orthogonalised(flat: Array, shape: Shape, gain: float) -> Array:
    """The orthogonal part of a normal matrix, as an array of the given shape."""
    rows, columns = flat.shape
    q, r = np.linalg.qr(flat.T if rows < columns else flat)
    q *= np.sign(np.diag(r))  # uniform over orthogonal matrices (Mezzadri 2007)
    return gain * (q.T if rows < columns else q).reshape(tuple(shape))


def sparse(
    rng: np.random.Generator, shape: Shape, sparsity: float, sigma: float
) -> Array:
    """A normal matrix in which a fraction of each column is zero."""
    return thinned(rng, rng.normal(0.0, sigma, tuple(shape)), sparsity)


def thinned(
    rng: np.random.Generator | MersenneStream, matrix: Array, sparsity: float
) -> Array:
    """A fraction of each column of the matrix set to zero, in place."""
    rows, columns = matrix.shape
    zeros = int(np.ceil(sparsity * rows))
    for j in range(columns):
        matrix[rng.permutation(rows)[:zeros], j] = 0.0
    return matrix


def dirac(shape: Shape, groups: int = 1) -> Array:
    """A convolution that passes channels on as they are."""
    out = np.zeros(tuple(shape))
    each = shape[0] // groups
    centre = tuple(n // 2 for n in shape[2:])
    for g in range(groups):
        for d in range(min(each, shape[1])):
            out[(g * each + d, d, *centre)] = 1.0
    return out
