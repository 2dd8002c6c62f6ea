"""Packed factors of matrices, as LAPACK returns them: read, multiplied, unpacked."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite
from isograd.ops.decompositions import per_matrix, pivots_to_order

Array = np.ndarray


def _geqrf_impl(a: Array) -> tuple[Array, Array]:
    h, tau = np.linalg.qr(a, mode="raw")
    return np.ascontiguousarray(np.swapaxes(h, -1, -2)), np.ascontiguousarray(tau)


def _geqrf_abstract(a: Aval) -> tuple[Aval, Aval]:
    *lead, m, n = a.shape
    return Aval(a.shape, a.dtype), Aval((*lead, min(m, n)), a.dtype)


geqrf = Primitive(
    "geqrf",
    _geqrf_impl,
    abstract=_geqrf_abstract,
    batch=per_matrix("geqrf"),
    multi=True,
    samples=lambda rng: [((rng.normal(size=(3, 2)),), {})],
    doc="QR as Householder vectors below R, and their factors (LAPACK's geqrf).",
)


@composite
def householder_multiply(
    F: Namespace,
    v: Payload,
    tau: Payload,
    c: Payload,
    *,
    left: bool = True,
    transpose: bool = False,
) -> Payload:
    """Q C or C Q (Q^H for `transpose`), Q the full product of the reflections."""
    m, k = v.shape[-2:]
    lead = tuple((0, 0) for _ in v.shape[:-2])
    q = F.householder_product(F.pad(v, (*lead, (0, 0), (0, m - k))), tau)
    q = F.mH(q) if transpose else q
    return F.matmul(q, c) if left else F.matmul(c, q)


@composite
def lu_unpacked(
    F: Namespace, packed: Payload, pivots: Array
) -> tuple[Payload, Payload, Payload]:
    """(P, L, U) of packed factors and the pivots (counted from one)."""
    *lead, m, n = packed.shape
    k = min(m, n)
    whole = tuple((0, s, 1) for s in lead)
    left = F.slice(packed, index=(*whole, (0, m, 1), (0, k, 1)))
    lower = F.add(F.tril(left, offset=-1), np.eye(m, k, dtype=packed.dtype))
    upper = F.triu(F.slice(packed, index=(*whole, (0, k, 1), (0, n, 1))))
    order = pivots_to_order(pivots, m)
    p = np.swapaxes(np.eye(m, dtype=packed.dtype)[order], -1, -2)
    return p, lower, upper


# --- LDL^T of symmetric matrices, by LAPACK -------------------------------------------


def _by_matrix(
    name: str, count: int, *arrays: Array, **keywords: object
) -> list[Array]:
    """LAPACK's routine on each matrix of stacks; its first `count` results, stacked."""
    from scipy.linalg import get_lapack_funcs

    (routine,) = get_lapack_funcs((name,), arrays[:1])
    lead = arrays[0].shape[:-2]
    flat = [a.reshape(-1, *a.shape[len(lead) :]) for a in arrays]
    found = [routine(*each, **keywords)[:count] for each in zip(*flat, strict=True)]
    return [
        np.stack(part).reshape(*lead, *np.shape(part[0]))
        for part in zip(*found, strict=True)
    ]


def _ldl_impl(a: Array) -> tuple[Array, Array]:
    if not a.size:
        return a.copy(), np.empty(a.shape[:-1], np.int32)
    packed, pivots = _by_matrix("sytrf", 2, a, lower=1)
    return np.tril(packed), pivots.astype(np.int32)


ldl_factor = Primitive(
    "ldl_factor",
    _ldl_impl,
    abstract=lambda a: (a, Aval(a.shape[:-1], np.dtype(np.int32))),
    batch=per_matrix("ldl_factor"),
    multi=True,
    samples=lambda rng: [((_symmetric(rng),), {})],
    doc="L D L^T of the lower triangle, with pivots (LAPACK's sytrf).",
)


def _symmetric(rng: np.random.Generator) -> Array:
    a = rng.normal(size=(3, 3))
    return a + a.T


def _ldl_solve_impl(packed: Array, pivots: Array, b: Array) -> Array:
    if not b.size:
        return b.copy()
    return _by_matrix("sytrs", 1, packed, pivots, b, lower=1)[0]


def _ldl_sample(rng: np.random.Generator) -> tuple[Array, Array, Array]:
    return (*_ldl_impl(_symmetric(rng)), rng.normal(size=(3, 2)))


def _ldl_batch(F: Namespace, args: Any, batched: Any, size: int) -> Any:
    full = (
        a if b else F.broadcast_to(a, (size, *a.shape))
        for a, b in zip(args, batched, strict=True)
    )
    return F.ldl_solve(*full)


ldl_solve = Primitive(
    "ldl_solve",
    _ldl_solve_impl,
    abstract=lambda packed, pivots, b: b,
    batch=_ldl_batch,
    samples=lambda rng: [(_ldl_sample(rng), {})],
    doc="X with A X = B, given the factors and pivots of A (LAPACK's sytrs).",
)


# --- a few singular or eigenvectors ---------------------------------------------------


@composite
def svd_low_rank(
    F: Namespace, a: Payload, start: Payload, *, iterations: int
) -> tuple[Payload, Payload, Payload]:
    """(U, s, V) of the part of A in the range of A (A^H A)^k `start`.

    Halko, Martinsson and Tropp 2009, algorithms 4.4 and 5.1.
    """
    q = F.qr(F.matmul(a, start))[0]
    for _ in range(iterations):
        q = F.qr(F.matmul(F.mH(a), q))[0]
        q = F.qr(F.matmul(a, q))[0]
    u, s, vh = F.svd(F.matmul(F.mH(q), a))
    return F.matmul(q, u), s, F.mH(vh)
