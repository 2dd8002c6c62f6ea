"""Linear algebra: what `torch.linalg` and, under other names, `torch` provide."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import concrete
from isograd.ops.decompositions import partial_cholesky
from isograd.torch import shapes
from isograd.torch.call import (
    Named,
    Values,
    as_int,
    cast,
    dims_of,
    operands,
    public,
    refuse,
)
from isograd.torch.dtypes import as_dtype, of_numpy
from isograd.torch.labels import camel
from isograd.torch.matrix import FUNCTIONS as _TORCH
from isograd.torch.matrix import cross as _cross
from isograd.torch.signatures import checker
from isograd.torch.table import row

F = BOUND
LINALG: dict[str, Callable[..., Any]] = {}
"""The functions of `torch.linalg`, by name."""


def function(body: Callable[..., Any], label: str = "") -> Callable[..., Any]:
    """Install a body as `torch.linalg.<its name>`."""
    name = body.__name__.rstrip("_")
    label = label or f"Linalg{camel(name)}Backward0"
    LINALG[name] = public(
        body, f"linalg_{name}", label, checker(f"linalg_{name}", body=body)
    )
    return body


def _labelled(label: str) -> Any:
    return lambda body: function(body, label)


def _matrices(x: Payload, name: str, square: bool = False) -> None:
    if x.ndim < 2:
        raise RuntimeError(
            f"{name}: The input tensor A must have at least 2 dimensions."
        )
    if square and x.shape[-1] != x.shape[-2]:
        raise RuntimeError(
            f"{name}: A must be batches of square matrices, but they "
            "are "
            f"{x.shape[-2]} by {x.shape[-1]} matrices"
        )
    if x.dtype.kind in "iub":
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as "
            f"input. Got {of_numpy(x.dtype).scalar_type}"
        )
    if x.dtype.itemsize == 2:
        raise RuntimeError(
            f"{name}: Low precision dtypes not supported. Got "
            f"{of_numpy(x.dtype).scalar_type}"
        )


# --- inverses, determinants, systems --------------------------------------------------


@_labelled("LinalgInvExBackward0")
def inv(A: Payload) -> Payload:
    _matrices(A, "linalg.inv", square=True)
    return F.inv(A)


@function
def inv_ex(A: Payload, *, check_errors: bool = False) -> Values:
    _matrices(A, "linalg.inv", square=True)
    return Values(
        "linalg_inv_ex", "inverse info", (F.inv(A), np.zeros(A.shape[:-2], np.int32))
    )


@function
def det(A: Payload) -> Payload:
    if A.dtype.itemsize == 2:
        refuse(A, "fV", "lu_cpu")
    _matrices(A, "linalg.det", square=True)
    return F.det(A)


@function
def slogdet(A: Payload) -> Values:
    _matrices(A, "linalg.slogdet", square=True)
    return Values("linalg_slogdet", "sign logabsdet", F.slogdet(A))


@_labelled("LinalgSolveExBackward0")
def solve(A: Payload, B: Payload, *, left: bool = True) -> Payload:
    _matrices(A, "linalg.solve", square=True)
    if A.dtype != B.dtype:
        raise RuntimeError(
            "linalg.solve: Expected A and B to have the same dtype, but "
            f"found A of type {of_numpy(A.dtype).scalar_type} and B of "
            f"type {of_numpy(B.dtype).scalar_type} instead"
        )
    vector = B.ndim == 1 or (B.ndim == A.ndim - 1 and B.shape == A.shape[:-1])
    if not left:
        return F.solve_right(A, B)
    n = B.shape[-1] if vector else B.shape[-2]
    if n != A.shape[-1]:
        raise RuntimeError(
            "linalg.solve: Incompatible shapes of A and B for the equation AX = B "
            f"({A.shape[-2]}x{A.shape[-1]} and {n}x"
            f"{1 if vector else B.shape[-1]})"
        )
    return F.solve_any(A, B)


@function
def solve_triangular(
    A: Payload,
    B: Payload,
    *,
    upper: bool,
    left: bool = True,
    unitriangular: bool = False,
) -> Payload:
    _matrices(A, "linalg.solve_triangular", square=True)
    if left:
        return F.solve_triangular(A, B, lower=not upper, unit=unitriangular)
    return F.solve_triangular_right(A, B, lower=not upper, unit=unitriangular)


@function
def pinv(
    A: Payload,
    rcond: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
) -> Payload:
    _matrices(A, "linalg.pinv")
    rtol = rcond if rtol is None else rtol
    return F.pinv(A, rtol=None if rtol is None else float(rtol))


@_labelled("LinalgLstsqBackward0")
def lstsq(A: Payload, B: Payload, rcond: Any = None, *, driver: Any = None) -> Values:
    vector = B.ndim == A.ndim - 1
    b = F.reshape(B, shape=(*B.shape, 1)) if vector else B
    out = F.lstsq(A, b, rtol=rcond)
    rest = F.sub(F.matmul(A, out), b)
    full = A.shape[-2] > A.shape[-1]
    residuals = (
        F.sum(F.square(F.abs(rest)), axes=(rest.ndim - 2,))
        if full
        else (np.zeros(0, A.dtype))
    )
    if vector:
        out = F.reshape(out, shape=out.shape[:-1])
    from isograd.ops.linalg import matrix_rank as rank_of

    empty = np.zeros(0, A.dtype)
    return Values(
        "linalg_lstsq",
        "solution residuals rank singular_values",
        (out, residuals, rank_of(A), empty),
    )


# --- decompositions -------------------------------------------------------------------


@_labelled("LinalgCholeskyExBackward0")
def cholesky(A: Payload, *, upper: bool = False) -> Payload:
    _matrices(A, "linalg.cholesky", square=True)
    out = F.cholesky(A)
    return F.mH(out) if upper else out


@function
def cholesky_ex(
    A: Payload, *, upper: bool = False, check_errors: bool = False
) -> Values:
    info = np.zeros(A.shape[:-2], np.int32)
    try:
        out = F.cholesky(A)
    except EngineError as error:
        if check_errors or error.code != "not_definite":
            raise
        out, info = partial_cholesky(concrete(A))
    return Values("linalg_cholesky_ex", "L info", (F.mH(out) if upper else out, info))


@function
def qr(A: Payload, mode: str = "reduced") -> Values:
    _matrices(A, "linalg.qr")
    parts = F.qr_complete(A) if mode == "complete" else F.qr(A)
    if mode == "r":
        parts = (np.zeros(0, A.dtype), parts[1])
    return Values("linalg_qr", "Q R", parts)


@function
def eigh(A: Payload, UPLO: str = "L") -> Values:
    _matrices(A, "linalg.eigh", square=True)
    return Values("linalg_eigh", "eigenvalues eigenvectors", F.eigh(_half(A, UPLO)))


def _half(a: Payload, uplo: str) -> Payload:
    """The matrix that one half of A stands for."""
    return F.mH(a) if uplo == "U" else a


@_labelled("LinalgEighBackward0")
def eigvalsh(A: Payload, UPLO: str = "L") -> Payload:
    _matrices(A, "linalg.eigvalsh", square=True)
    return F.eigvalsh(_half(A, UPLO))


@function
def eig(A: Payload) -> Values:
    _matrices(A, "linalg.eig", square=True)
    return Values("linalg_eig", "eigenvalues eigenvectors", F.eig(A))


@_labelled("LinalgEigBackward0")
def eigvals(A: Payload) -> Payload:
    _matrices(A, "linalg.eigvals", square=True)
    return F.eigvals(A)


@function
def svd(A: Payload, full_matrices: bool = True, *, driver: Any = None) -> Values:
    _matrices(A, "linalg.svd")
    square = A.shape[-1] == A.shape[-2]
    parts = F.svd(A) if square or not full_matrices else F.svd_full(A)
    return Values("linalg_svd", "U S Vh", parts)


@_labelled("LinalgSvdBackward0")
def svdvals(A: Payload, *, driver: Any = None) -> Payload:
    _matrices(A, "linalg.svdvals")
    return F.svdvals(A)


@function
def lu(A: Payload, *, pivot: bool = True) -> Values:
    return Values("linalg_lu", "P L U", F.lu(A))


@_labelled("LinalgLuFactorExBackward0")
def lu_factor(A: Payload, *, pivot: bool = True) -> Values:
    return Values("linalg_lu_factor", "LU pivots", F.lu_factor(A))


@function
def lu_solve(
    LU: Payload,
    pivots: Payload,
    B: Payload,
    *,
    left: bool = True,
    adjoint: bool = False,
) -> Payload:
    return F.lu_solve(LU, concrete(pivots), B, adjoint=adjoint)


@function
def householder_product(A: Payload, tau: Payload) -> Payload:
    return F.householder_product(A, tau)


# --- norms ----------------------------------------------------------------------------


def _need_inexact(x: Payload, name: str) -> None:
    if x.dtype.kind in "iub":
        raise RuntimeError(
            f"{name}: Expected a floating point or complex tensor as "
            f"input. Got {of_numpy(x.dtype).scalar_type}"
        )


def _with(x: Payload, dtype: Any) -> Payload:
    return x if dtype is None else cast(x, as_dtype(dtype).np)


def _kept(out: Payload, x: Payload, axes: Any, keepdim: bool) -> Payload:
    if not keepdim:
        return out
    return F.reshape(
        out, shape=tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    )


@function
def vector_norm(
    x: Payload,
    ord: Any = 2,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Payload:
    _need_inexact(x, "linalg.vector_norm")
    x = _with(x, dtype)
    axes = dims_of(dim, x.ndim)
    return _kept(F.norm(x, axes=axes, ord=float(ord), safe=True), x, axes, keepdim)


@function
def matrix_norm(
    A: Payload,
    ord: Any = "fro",
    dim: Any = (-2, -1),
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Payload:
    _need_inexact(A, "linalg.matrix_norm")
    x = _with(A, dtype)
    axes = dims_of(dim, x.ndim)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    y = F.transpose(x, axes=(*rest, *axes))
    label = {"fro": "LinalgVectorNormBackward0", "nuc": "SumBackward1"}.get(
        ord, "AmaxBackward0" if ord not in (-1, -2, -np.inf) else "AminBackward0"
    )
    return Named(_kept(F.matrix_norm(y, ord=ord), x, axes, keepdim), label)


@function
def norm(
    A: Payload,
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Payload:
    if dim is None and ord is not None and A.ndim not in (1, 2):
        raise RuntimeError(
            "linalg.norm: If dim is not specified but ord is, the input must be 1D or "
            f"2D. Got {A.ndim}D."
        )
    if (
        ord is None
        or (isinstance(dim, int) and not isinstance(ord, str))
        or (dim is None and A.ndim == 1)
    ):
        out = vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)
        return Named(out, "LinalgVectorNormBackward0")
    return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)


@_labelled("SqueezeBackward1")
def cond(A: Payload, p: Any = None) -> Payload:
    return F.cond(A, ord=p)


@function
def matrix_rank(
    A: Payload,
    tol: Any = None,
    hermitian: bool = False,
    *,
    atol: Any = None,
    rtol: Any = None,
) -> Payload:
    from isograd.ops.linalg import matrix_rank as rank_of

    return rank_of(
        A, atol=tol if atol is None else atol, rtol=rtol, hermitian=hermitian
    )


# --- products and functions -----------------------------------------------------------


@_labelled("MmBackward0")
def matrix_power(A: Payload, n: int) -> Payload:
    _matrices(A, "linalg.matrix_power", square=True)
    return F.matrix_power(A, exponent=as_int(n))


@function
def matrix_exp(A: Payload) -> Payload:
    if A.dtype.itemsize == 2:
        return cast(matrix_exp(cast(A, np.dtype(np.float32))), A.dtype)
    _matrices(A, "linalg.matrix_exp", square=True)
    return F.matrix_exp(A)


@_labelled("ViewBackward0")
def multi_dot(tensors: Any) -> Payload:
    if len(tensors) < 2:
        raise RuntimeError(
            f"multi_dot(): expected at least 2 tensors but got {len(tensors)}"
        )
    for i, (a, b) in enumerate(pairwise(tensors)):
        if a.shape[-1] != b.shape[0]:
            raise RuntimeError(
                f"multi_dot(): tensors {i} and {i + 1} with shapes {list(a.shape)} and "
                f"{list(b.shape)} cannot be multiplied"
            )
    return F.multi_dot(*tensors)


@function
def cross(input: Payload, other: Payload, *, dim: int = -1) -> Payload:
    return _cross(input, other, dim)


@_labelled("SumBackward1")
def vecdot(x: Payload, y: Payload, *, dim: int = -1) -> Payload:
    a, b = operands(x, y)
    axis = dims_of(dim, a.ndim)
    return F.sum(F.mul(F.conj(a), b), axes=axis)


@_labelled("CatBackward0")
def vander(x: Payload, N: Any = None) -> Payload:
    return F.vander(x, count=x.shape[-1] if N is None else N)


@function
def tensorinv(A: Payload, ind: int = 2) -> Payload:
    return F.tensorinv(A, ind=ind)


@function
def tensorsolve(A: Payload, B: Payload, dims: Any = None) -> Payload:
    return F.tensorsolve(A, B, axes=None if dims is None else dims_of(dims, A.ndim))


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """A view of the diagonals."""
    return shapes.diagonal(A, offset, dim1, dim2)


LINALG["diagonal"], LINALG["matmul"] = diagonal, _TORCH["matmul"]

# --- the same under torch's names -----------------------------------------------------

for _body, _name, _aliases, _label in (
    (inv, "inverse", (), "LinalgInvExBackward0"),
    (det, "det", (), "LinalgDetBackward0"),
    (pinv, "pinverse", (), "LinalgPinvBackward0"),
    (matrix_power, "matrix_power", (), "MmBackward0"),
    (matrix_exp, "matrix_exp", (), "LinalgMatrixExpBackward0"),
):
    row(_body, name=_name, aliases=_aliases, label=_label)


@row(label="LinalgSlogdetBackward0")
def slogdet_(input: Payload) -> Values:
    return Values("slogdet", "sign logabsdet", F.slogdet(input))


@row(label="WhereBackward0")
def logdet(input: Payload) -> Payload:
    _matrices(input, "logdet", square=True)
    return F.logdet(input)


@row(name="cholesky")
def _cholesky(input: Payload, upper: bool = False) -> Payload:
    return F.mH(F.cholesky(input)) if upper else F.cholesky(input)


@row
def cholesky_solve(input: Payload, L: Payload, upper: bool = False) -> Payload:
    return F.cholesky_solve(input, L, upper=upper)


@row
def cholesky_inverse(L: Payload, upper: bool = False) -> Payload:
    return F.cholesky_inverse(L, upper=upper)


@row(label="TriangularSolveBackward0")
def triangular_solve(
    input: Payload,
    A: Payload,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> Values:
    a = F.mT(A) if transpose else A
    out = F.solve_triangular(a, input, lower=upper is transpose, unit=unitriangular)
    return Values("triangular_solve", "solution cloned_coefficient", (out, F.copy(A)))


@row(name="qr", label="LinalgQrBackward0")
def _qr(input: Payload, some: bool = True) -> Values:
    return Values("qr", "Q R", F.qr(input) if some else F.qr_complete(input))


@row(name="svd", label="LinalgSvdBackward0")
def _svd(input: Payload, some: bool = True, compute_uv: bool = True) -> Values:
    u, s, vh = F.svd(input) if some else F.svd_full(input)
    return Values("svd", "U S V", (u, s, F.mH(vh)))
