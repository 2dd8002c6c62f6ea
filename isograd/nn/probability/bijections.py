"""Maps between the supports of distributions: forward, inverse, log |det J|.

Rows of formulas over x, its image y and parameters; maps of vectors and matrices are
functions.  Sources: Stan Reference Manual, "Constraint transforms" (stick breaking,
Cholesky factors of correlations).
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any, NamedTuple

import numpy as np

from isograd.core.primitive import BOUND as F
from isograd.core.primitive import Payload
from isograd.nn.probability import pieces
from isograd.nn.probability.formula import Formula
from isograd.nn.probability.multivariate import part, sum_last


class Bijection(NamedTuple):
    """The functions of a map; None where it has none."""

    forward: Callable[..., Any]
    inverse: Callable[..., Any]
    log_det: Callable[..., Any] | None


def _map(name: str, forward: str, inverse: str, log_det: str | None) -> Bijection:
    return Bijection(
        Formula(name, forward),
        Formula(f"{name}_inverse", inverse),
        None if log_det is None else Formula(f"{name}_log_det", log_det),
    )


SCALAR = {
    name: _map(name, *texts)
    for name, texts in {
        "Exp": ("exp(x)", "log(y)", "x"),
        "Power": (
            "pow(x, exponent)",
            "pow(y, 1.0 / exponent)",
            "log(abs(exponent * y / x))",
        ),
        "Sigmoid": (
            "inside(sigmoid(x))",
            "p = inside(y); log(p) - log1p(-p)",
            "-softplus_of(-x) - softplus_of(x)",
        ),
        "Softplus": (
            "softplus_of(x)",
            "log(-expm1(-y)) + y",
            "-softplus_of(-x)",
        ),
        "Tanh": ("tanh(x)", "atanh(y)", "2.0 * (LOG_2 - x - softplus_of(-2.0 * x))"),
        "Abs": ("abs(x)", "y", None),
        "Affine": ("loc + scale * x", "(y - loc) / scale", "log(abs(scale))"),
    }.items()
}


# --- the simplex ----------------------------------------------------------------------


def softmax(x: Payload) -> Payload:
    return F.softmax(x, axis=x.ndim - 1)


def _offsets(count: int, dtype: Any) -> np.ndarray:
    """log of count, count - 1, ..., 1."""
    return np.log(np.arange(count, 0, -1)).astype(dtype)


def _one_more(x: Payload, before: bool) -> Payload:
    """x with a 1 put before or after its last axis."""
    one = np.ones((*x.shape[:-1], 1), x.dtype)
    return F.concatenate(*((one, x) if before else (x, one)), axis=x.ndim - 1)


def stick_breaking(x: Payload) -> Payload:
    """Fractions sigmoid(x - log(places left)) of what is left of a stick."""
    z = F.inside(F.sigmoid(F.sub(x, _offsets(x.shape[-1], x.dtype))))
    left = F.cumprod(F.sub(1.0, z), axis=x.ndim - 1, reverse=False)
    return F.mul(_one_more(z, before=False), _one_more(left, before=True))


def stick_joining(y: Payload) -> Payload:
    head = part(y, 0, y.shape[-1] - 1)
    left = F.sub(1.0, F.cumsum(head, axis=y.ndim - 1, reverse=False))
    left = F.clip(left, lo=float(np.finfo(y.dtype).tiny), hi=None, edge=1)
    fraction = F.sub(F.log(head), F.log(left))
    return F.add(fraction, _offsets(head.shape[-1], y.dtype))


def stick_log_det(x: Payload, y: Payload) -> Payload:
    shifted = F.sub(x, _offsets(x.shape[-1], x.dtype))
    head = part(y, 0, y.shape[-1] - 1)
    terms = F.add(F.sub(F.logsigmoid(shifted), shifted), F.log(head))
    return sum_last(terms)


# --- matrices -------------------------------------------------------------------------


def _with_diagonal(x: Payload, fn: Callable[[Payload], Payload]) -> Payload:
    d = F.diagonal(x, axis1=x.ndim - 2, axis2=x.ndim - 1, offset=0)
    return F.add(F.tril(x, offset=-1), F.diag_embed(fn(d)))


def lower_cholesky(x: Payload) -> Payload:
    return _with_diagonal(x, F.exp)


def lower_cholesky_inverse(y: Payload) -> Payload:
    return _with_diagonal(y, F.log)


def positive_definite(x: Payload) -> Payload:
    low = lower_cholesky(x)
    return F.matmul_any(low, F.mT(low))


def positive_definite_inverse(y: Payload) -> Payload:
    return lower_cholesky_inverse(F.cholesky(y))


def order_of(count: int) -> int:
    """The order of a strictly lower triangle of `count` entries.

    Raises:
        ValueError: if there is none.
    """
    n = round((0.25 + 2 * count) ** 0.5 + 0.5)
    if n * (n - 1) // 2 != count:
        raise ValueError("Input is not a flattened lower-diagonal number")
    return n


def _order(count: int, offset: int) -> int:
    """The order of a matrix with `count` entries on and below a diagonal."""
    n = max(1, abs(offset))
    while len(np.tril_indices(n, offset)[0]) < count:
        n += 1
    if len(np.tril_indices(n, offset)[0]) != count:
        raise ValueError(
            f"The size of last dimension is {count} which cannot be expressed as the "
            "lower triangular part of a square D x D matrix."
        )
    return n


def to_triangle(x: Payload, offset: int) -> Payload:
    """A vector in the lower triangle of a matrix, row by row."""
    n = _order(x.shape[-1], offset)
    places = np.full((n, n), x.shape[-1])
    places[np.tril_indices(n, offset)] = np.arange(x.shape[-1])
    zero = np.zeros((*x.shape[:-1], 1), x.dtype)
    padded = F.concatenate(x, zero, axis=x.ndim - 1)
    return F.reshape(_taken(padded, places.ravel()), shape=(*x.shape[:-1], n, n))


def from_triangle(x: Payload, offset: int) -> Payload:
    """The entries on and below a diagonal, row by row."""
    n = x.shape[-1]
    flat = F.reshape(x, shape=(*x.shape[:-2], n * n))
    rows, columns = np.tril_indices(n, offset)
    return _taken(flat, rows * n + columns)


def _taken(x: Payload, places: np.ndarray) -> Payload:
    index = places.astype(np.int64).reshape((*(1,) * (x.ndim - 1), -1))
    return F.take_along_axis(x, index, axis=x.ndim - 1)


def _shifted(x: Payload) -> Payload:
    """The columns moved to the right by one, ones in the first."""
    return _one_more(part(x, 0, x.shape[-1] - 1), before=True)


def corr_cholesky(x: Payload) -> Payload:
    """Partial correlations tanh(x) to the Cholesky factor of a correlation matrix."""
    eps = float(np.finfo(x.dtype).eps)
    partial = F.clip(F.tanh(x), lo=-1 + eps, hi=1 - eps, edge=1)
    order_of(x.shape[-1])
    r = to_triangle(partial, -1)
    left = F.cumprod(F.sqrt(F.sub(1.0, F.mul(r, r))), axis=r.ndim - 1, reverse=False)
    eye = np.broadcast_to(np.eye(r.shape[-1], dtype=r.dtype), r.shape)
    return F.mul(F.add(r, eye), _shifted(left))


def corr_cholesky_inverse(y: Payload) -> Payload:
    left = F.sub(1.0, F.cumsum(F.mul(y, y), axis=y.ndim - 1, reverse=False))
    t = F.div(from_triangle(y, -1), F.sqrt(from_triangle(_shifted(left), -1)))
    return F.div(F.sub(F.log1p(t), F.log1p(F.neg(t))), 2.0)


def corr_cholesky_log_det(x: Payload, y: Payload) -> Payload:
    left = F.sub(1.0, F.cumsum(F.mul(y, y), axis=y.ndim - 1, reverse=False))
    stick = F.mul(sum_last(F.log(from_triangle(left, -2))), 0.5)
    slope = F.sub(F.add(x, F.softplus_of(F.mul(x, -2.0))), log(2))
    return F.add(stick, F.mul(sum_last(slope), -2.0))


VECTOR = {
    "Softmax": Bijection(softmax, Formula("softmax_inverse", "log(y)"), None),
    "StickBreaking": Bijection(stick_breaking, stick_joining, stick_log_det),
    "LowerCholesky": Bijection(lower_cholesky, lower_cholesky_inverse, None),
    "PositiveDefinite": Bijection(positive_definite, positive_definite_inverse, None),
    "CorrCholesky": Bijection(
        corr_cholesky, corr_cholesky_inverse, corr_cholesky_log_det
    ),
}
__all__ = ["SCALAR", "VECTOR", "Bijection", "order_of", "pieces"]
