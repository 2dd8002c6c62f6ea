"""`mindspore.scipy.linalg`: factorisations and solutions with SciPy's arguments."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore.call import FUNCTIONS, array_of, cast, floating, promoted, public
from isograd.mindspore.missing import attributes

F = BOUND


def _named(body: Any) -> Any:
    return public(body, body.__name__)


@_named
def solve_triangular(
    A: Payload,
    b: Payload,
    trans: Any = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    debug: Any = None,
    check_finite: bool = True,
) -> Payload:
    """X with A X = b, or A^T X = b (trans 1, "T"), A^H X = b (2, "C")."""
    a, rhs = promoted(A, b, least="f")
    kept = F.tril(a) if lower else F.triu(a)
    if trans in (1, "T"):
        kept, lower = F.mT(kept), not lower
    elif trans in (2, "C"):
        kept, lower = F.mH(kept), not lower
    return _columns(
        rhs,
        a,
        lambda x: F.solve_triangular(kept, x, lower=lower, unit=unit_diagonal),
    )


def _columns(b: Payload, a: Payload, solve: Any) -> Payload:
    """A right-hand side that is a vector is a column for a while."""
    if b.ndim != a.ndim - 1:
        return solve(b)
    return F.squeeze(solve(F.unsqueeze(b, axis=b.ndim)), axes=(b.ndim,))


@_named
def inv(a: Payload, overwrite_a: bool = False, check_finite: bool = True) -> Payload:
    return F.inv(floating(a))


@_named
def det(a: Payload, overwrite_a: bool = False, check_finite: bool = True) -> Payload:
    return F.det(floating(a))


@_named
def cholesky(
    a: Payload,
    lower: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
) -> Payload:
    """L with L L^H = a, or its transpose R."""
    low = F.cholesky(floating(a))
    return low if lower else F.mH(low)


def cho_factor(
    a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    return cholesky(a, lower), lower


def cho_solve(
    c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    c, lower = c_and_lower
    first = solve_triangular(c, b, trans=0 if lower else "T", lower=lower)
    return solve_triangular(c, first, trans="T" if lower else 0, lower=lower)


@_named
def eigh(
    a: Payload,
    b: Any = None,
    lower: bool = True,
    eigvals_only: bool = False,
    **_: Any,
) -> Any:
    """Eigenvalues in order, and their vectors; one triangle of `a` is read."""
    x = floating(a)
    half = F.tril(x, offset=-1) if lower else F.triu(x, offset=1)
    diagonal = F.mul(x, np.eye(x.shape[-1], dtype=x.dtype))
    values, vectors = F.eigh(F.add(F.add(half, F.mH(half)), diagonal))
    return values if eigvals_only else (values, vectors)


@_named
def lu_factor(a: Payload, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """Packed factors, and the pivots counted from zero."""
    packed, pivots = F.lu_factor(floating(a))
    return packed, cast(F.sub(pivots, 1), np.dtype("int32"))


@_named
def lu_solve(lu_and_piv: Any, b: Payload, trans: int = 0, **_: Any) -> Payload:
    packed, pivots = lu_and_piv
    at = array_of(pivots) + 1
    return _columns(b, packed, lambda x: F.lu_solve(packed, at, x, adjoint=bool(trans)))


@_named
def lu(
    a: Payload,
    permute_l: bool = False,
    overwrite_a: bool = False,
    check_finite: bool = True,
) -> Any:
    """(P, L, U) with P L U = a; (P L, U) for permute_l."""
    p, lower, upper = F.lu(floating(a))
    if permute_l:
        return F.matmul(p, lower), upper
    return cast(p, np.dtype("int32")), lower, upper


block_diag = FUNCTIONS["block_diag"]


def lstsq(A: Any, B: Any, rcond: Any = None, driver: Any = None) -> Any:
    return FUNCTIONS["lstsq"](A, B)


__getattr__ = attributes("mindspore.scipy.linalg")
