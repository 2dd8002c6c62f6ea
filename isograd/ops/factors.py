"""Packed factors of matrices, as LAPACK returns them: read, multiplied, unpacked."""

from __future__ import annotations

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
