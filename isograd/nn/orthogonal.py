"""Orthogonal (unitary) matrices from unconstrained ones (Lezcano-Casado 2019)."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import Namespace, Payload


def skew(F: Namespace, x: Payload) -> Payload:
    """A - A^H of the lower triangle A of x (..., n, k), filled up to (..., n, n)."""
    n, k = x.shape[-2:]
    lower = F.tril(x)
    if n != k:
        lower = F.pad(lower, (*((0, 0) for _ in x.shape[:-1]), (0, n - k)))
    return F.sub(lower, F.mH(lower))


def _first(F: Namespace, q: Payload, k: int) -> Payload:
    index = (*((0, s, 1) for s in q.shape[:-1]), (0, k, 1))
    return q if q.shape[-1] == k else F.slice(q, index=index)


def exponential(F: Namespace, x: Payload) -> Payload:
    """The exponential of a skew matrix, its first columns; x (..., n, k), n >= k."""
    return _first(F, F.matrix_exp(skew(F, x)), x.shape[-1])


def cayley(F: Namespace, x: Payload) -> Payload:
    """(I - A/2)^-1 (I + A/2) of a skew matrix, its first columns."""
    a = skew(F, x)
    half = F.mul(a, np.asarray(0.5, a.dtype))
    one = np.eye(a.shape[-1], dtype=a.dtype)
    return _first(F, F.solve(F.sub(one, half), F.add(one, half)), x.shape[-1])


def householder(F: Namespace, x: Payload) -> Payload:
    """The product of the reflections along x's columns below the diagonal, columns
    multiplied by the diagonal (of ones and minus ones, as stored by `reflections`)."""
    a = F.tril(x, offset=-1)
    two, one = np.asarray(2, a.dtype), np.asarray(1, a.dtype)
    squares = F.sum(F.mul(a, F.conj(a)), axes=(a.ndim - 2,))
    q = F.householder_product(a, F.div(two, F.add(squares, one)))
    values: Any = np.asarray(getattr(x, "p", x))
    signs: Any = np.diagonal(values, axis1=-2, axis2=-1)
    return F.mul(q, np.trunc(signs.real).astype(a.dtype)[..., None, :])


def reflections(F: Namespace, q: Payload) -> Payload:
    """x such that `householder(x)` is q, of orthonormal columns."""
    a, tau = F.geqrf(q)
    a, tau = np.array(a), np.asarray(tau)
    rows = np.arange(tau.shape[-1])
    signs = np.sign(a[..., rows, rows])
    a[..., rows, rows] = np.where(tau == 0, -signs, signs)
    return a


def nearest(F: Namespace, x: Payload) -> Payload:
    """Orthonormal columns that span what x's columns do."""
    a, tau = F.geqrf(x)
    diagonal = np.diagonal(np.asarray(a), axis1=-2, axis2=-1)
    q = np.asarray(F.householder_product(a, tau))
    return q * np.sign(diagonal)[..., None, :]


MAPS = {"matrix_exp": exponential, "cayley": cayley, "householder": householder}
"""From a matrix to an orthogonal one, by PyTorch's names."""
