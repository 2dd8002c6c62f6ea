"""`np.linalg`: matrix functions, decompositions, norms."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import Payload
from isograd.numpy.array import as_payload, promoted
from isograd.numpy.reductions import floating
from isograd.numpy.table import F, axes_of, axis_of, entry, kept

_LINALG = np.linalg


def _put(body: Any, name: str) -> None:
    entry(body, name=name, owner=_LINALG)


def _matrix_function(name: str) -> Any:
    def body(a: Any) -> Any:
        return getattr(F, name)(_matrices(a))

    return body


def _matrices(a: Any) -> Payload:
    x = floating(as_payload(a))
    if x.ndim < 2:
        raise np.linalg.LinAlgError(
            f"{x.ndim}-dimensional array given. Array must be at least two-dimensional"
        )
    return x


for _name in ("inv", "det", "eigvals"):
    _put(_matrix_function(_name), _name)


def _named(name: str, theirs: str) -> Any:
    """A decomposition whose result NumPy gives as a named tuple."""
    result = getattr(_LINALG, "_linalg", None)
    kind = getattr(result, theirs, tuple)

    def body(a: Any) -> Any:
        parts = getattr(F, name)(_matrices(a))
        return kind(*parts) if kind is not tuple else parts

    return body


_put(_named("slogdet", "SlogdetResult"), "slogdet")
_put(_named("eig", "EigResult"), "eig")


def _symmetric(a: Any, lower: bool) -> Payload:
    """The Hermitian matrix that one triangle of `a` states."""
    x = _matrices(a)
    part = F.tril(x, offset=-1) if lower else F.triu(x, offset=1)
    middle = F.sub(F.tril(x), F.tril(x, offset=-1))
    return F.add(F.add(part, F.conj(F.mT(part))), middle)


@entry(owner=_LINALG)
def eigh(a: Any, UPLO: str = "L") -> Any:
    kind = _LINALG._linalg.EighResult
    return kind(*F.eigh(_symmetric(a, UPLO == "L")))


@entry(owner=_LINALG)
def eigvalsh(a: Any, UPLO: str = "L") -> Payload:
    return F.eigvalsh(_symmetric(a, UPLO == "L"))


@entry(owner=_LINALG)
def cholesky(a: Any, *, upper: bool = False) -> Payload:
    factor = F.cholesky(_symmetric(a, True))
    return F.conj(F.mT(factor)) if upper else factor


@entry(owner=_LINALG)
def solve(a: Any, b: Any) -> Payload:
    x, y = promoted(_matrices(a), floating(as_payload(b)))
    return F.solve_any(x, y) if y.ndim == 1 else F.solve(x, y)


@entry(owner=_LINALG)
def pinv(
    a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None
) -> Payload:
    return F.pinv(_matrices(a), rtol=rcond if rtol is None else rtol)


@entry(owner=_LINALG)
def matrix_power(a: Any, n: int) -> Payload:
    return F.matrix_power(_matrices(a), exponent=n)


@entry(owner=_LINALG)
def multi_dot(arrays: Any) -> Payload:
    return F.multi_dot(*promoted(*(as_payload(a) for a in arrays)))


@entry(owner=_LINALG)
def qr(a: Any, mode: str = "reduced") -> Any:
    if mode not in ("reduced", "r"):
        raise TypeError(f"np.linalg.qr: mode {mode!r} is not differentiated")
    q, r = F.qr(_matrices(a))
    return r if mode == "r" else _LINALG._linalg.QRResult(q, r)


@entry(owner=_LINALG)
def svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    x = _matrices(a)
    if not compute_uv:
        return F.svdvals(x)
    parts = (F.svd_full if full_matrices else F.svd)(x)
    return _LINALG._linalg.SVDResult(*parts)


@entry(owner=_LINALG)
def svdvals(x: Any, /) -> Payload:
    return F.svdvals(_matrices(x))


@entry(owner=_LINALG)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Payload:
    a = floating(as_payload(x))
    if axis is None and ord is None:
        out = F.norm(F.ravel(a), axes=(0,), ord=2.0, safe=False)
        return kept(out, a.shape, tuple(range(a.ndim))) if keepdims else out
    axes = (
        tuple(range(a.ndim))
        if axis is None
        else (
            (axis_of(axis, a.ndim),)
            if isinstance(axis, int)
            else tuple(axis_of(k, a.ndim) for k in axis)
        )
    )
    if len(axes) == 1:
        out = F.norm(a, axes=axes, ord=2.0 if ord is None else float(ord), safe=False)
    elif len(axes) == 2:
        rest = tuple(k for k in range(a.ndim) if k not in axes)
        out = F.matrix_norm(
            F.transpose(a, axes=rest + axes), ord="fro" if ord is None else ord
        )
    else:
        raise ValueError("Improper number of dimensions to norm.")
    return kept(out, a.shape, axes_of(axes, a.ndim)) if keepdims else out
