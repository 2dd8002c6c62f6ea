"""Matrix products and linear algebra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core import fast
from isograd.core.primitive import BOUND, REGISTRY, Payload
from isograd.core.tensor import Tensor as CoreTensor
from isograd.mindspore import errors
from isograd.mindspore.call import (
    array_of,
    axes_of,
    axis_of,
    explained,
    expose,
    fits,
    floating,
    ints_of,
    lift,
    lower,
    op,
    promoted,
)
from isograd.mindspore.tensor import FAMILY, Tensor

F = BOUND

# --- products -------------------------------------------------------------------------


def product(x: Payload, y: Payload, name: str = "MatMulExt") -> Payload:
    """The matrix product, with vectors and broadcast leading axes as NumPy has them.

    Raises:
        TypeError: if the dtypes differ.
        RuntimeError: if the sizes of matrices do not fit.
        ValueError: if those of vectors do not; if an operand is of rank zero.
    """
    if fits(x, name, "x").dtype != fits(y, name, "y").dtype:
        raise errors.mixed_factors(name, x, y)
    if not x.ndim or not y.ndim:
        raise ValueError("For 'MatMulExt' op, inputs must be all tensors and rank >= 1")
    row, column = x.ndim == 1, y.ndim == 1
    a = F.reshape(x, shape=(1, *x.shape)) if row else x
    b = F.reshape(y, shape=(*y.shape, 1)) if column else y
    if a.shape[-1] != b.shape[-2]:
        raise errors.inner_sizes("MatMul" if column else name, a.shape, b.shape)
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise errors.outer_sizes(name, x.shape, y.shape) from None
    out = F.matmul(a, b)
    shape = out.shape[:-2]
    if row or column:
        keep = (() if row else (out.shape[-2],)) + (() if column else (out.shape[-1],))
        out = F.reshape(out, shape=shape + keep)
    return out


def _named_product(name: str) -> Any:
    """The product in the words of one of MindSpore's operators."""

    @explained(name)
    def general(input: Any, other: Any) -> Any:
        try:
            return lift(product(lower(input), lower(other), name))
        except EngineError as error:
            raise errors.translated(error) from None

    fast_path = fast.binary(REGISTRY["matmul"], Tensor, general, FAMILY, "fc")

    def matmul(input: Any, other: Any) -> Any:
        """The matrix product of two tensors."""
        if (
            isinstance(input, CoreTensor)
            and isinstance(other, CoreTensor)
            and input._p.ndim > 1
            and other._p.ndim > 1
        ):
            return fast_path(input, other)
        return general(input, other)

    return matmul


matmul = _named_product("MatMulExt")
_mm = _named_product("MatMul")


def matrices(x: Any, y: Any) -> Any:
    """`ops.MatMul()`: the product of two matrices, rank 2 alone."""
    both = isinstance(x, CoreTensor) and isinstance(y, CoreTensor)
    if not both or (x._p.ndim == 2 and y._p.ndim == 2):
        return _mm(x, y)
    return lift(transposed_product(lower(x), lower(y), False, False, "MatMul"))


expose(matmul, ["matmul"], "matmul")
expose(matmul, [], "__matmul__")
expose(lambda self, other: matmul(other, self), [], "__rmatmul__")
expose(matmul, [], "__imatmul__")
batches = _named_product("BatchMatMul")
expose(batches, ["bmm"], "bmm")
expose(_mm, ["mm"], "mm")
expose(lambda input, vec: matmul(input, vec), ["mv"], "mv")


def transposed_product(
    x: Payload, y: Payload, transpose_a: bool, transpose_b: bool, name: str
) -> Payload:
    """x y with either exchanged in its last two axes first."""
    if name == "MatMul" and (x.ndim != 2 or y.ndim != 2):
        raise ValueError(
            "MatMul inputs should have the same dimension size and equal to 2."
        )
    return product(F.mT(x) if transpose_a else x, F.mT(y) if transpose_b else y, name)


@op("dot")
def dot(input: Payload, other: Payload) -> Payload:
    """Sum over the last axis of the first and the second last of the second."""
    x, y = promoted(input, other)
    if x.ndim < 2 or y.ndim < 2:
        return product(x, y, "MatMul")
    if x.shape[-1] != y.shape[-2]:
        raise errors.inner_sizes("MatMul", x.shape, y.shape)
    return F.tensordot(x, y, axes=((x.ndim - 1,), (y.ndim - 2,)))


@op("tensor_dot tensordot")
def tensor_dot(x1: Payload, x2: Payload, axes: Any = 2) -> Payload:
    x, y = promoted(x1, x2)
    if isinstance(axes, int):
        pairs: Any = (tuple(range(x.ndim - axes, x.ndim)), tuple(range(axes)))
    else:
        pairs = tuple(ints_of(a) for a in axes)
    return F.tensordot(
        x,
        y,
        axes=(
            axes_of(pairs[0], x.ndim) if pairs[0] else (),
            axes_of(pairs[1], y.ndim) if pairs[1] else (),
        ),
    )


@op()
def batch_dot(x1: Payload, x2: Payload, axes: Any = None) -> Payload:
    """Sums of products within each batch, along one axis of each."""
    x, y = promoted(x1, x2)
    if axes is None:
        axes = (1, 1) if y.ndim == 2 else (x.ndim - 1, y.ndim - 2)
    a, b = (axes, axes) if isinstance(axes, int) else axes
    a, b = a % x.ndim, b % y.ndim
    left = F.moveaxis(x, a, x.ndim - 1)
    right = F.moveaxis(y, b, 1)
    n, inner = x.shape[0], x.shape[a]
    lead, rest = left.shape[1:-1], right.shape[2:]
    out = F.matmul(
        F.reshape(left, shape=(n, int(np.prod(lead, dtype=int)), inner)),
        F.reshape(right, shape=(n, inner, int(np.prod(rest, dtype=int)))),
    )
    shape = (n, *lead, *rest)
    return F.reshape(out, shape=shape if len(shape) > 1 else (n, 1))


@op("outer ger", methods="outer ger")
def outer(input: Payload, vec2: Payload) -> Payload:
    x, y = promoted(input, vec2)
    return F.outer(F.ravel(x), F.ravel(y))


@op("inner", methods="inner")
def inner(input: Payload, other: Payload) -> Payload:
    x, y = promoted(input, other)
    if x.ndim and y.ndim and x.shape[-1] != y.shape[-1]:
        raise ValueError(
            "For 'inner', the last dimension of 'input' and 'other' must be the same,"
            f"{' ' * 26}but got input.shape: {x.shape} and other.shape: {y.shape}."
        )
    return F.inner(x, y)


@op("kron", methods="kron")
def kron(input: Payload, other: Payload) -> Payload:
    return F.kron(*promoted(input, other))


@op("cross", methods="cross")
def cross(input: Payload, other: Payload, dim: Any = None) -> Payload:
    x, y = promoted(input, other)
    if dim is None:
        dim = next(i for i, n in enumerate(x.shape) if n == 3)
    if not -x.ndim <= dim < x.ndim:
        raise ValueError(
            f"For 'Cross', dim must be between {-x.ndim} and {x.ndim - 1} , but got "
            f"{dim}."
        )
    return F.cross(x, y, axis=dim % x.ndim)


@op()
def einsum(equation: str, *operands: Any) -> Payload:
    if len(operands) == 1 and isinstance(operands[0], tuple | list):
        operands = tuple(operands[0])
    return F.einsum(equation, *promoted(*operands))


@op("addmm", methods="addmm")
def addmm(
    input: Payload, mat1: Payload, mat2: Payload, *, beta: Any = 1, alpha: Any = 1
) -> Payload:
    return _scaled_sum(input, product(mat1, mat2, "MatMul"), beta, alpha)


for _name in ("addbmm", "baddbmm", "addmv"):

    def _plus_product(
        input: Payload,
        a: Payload,
        b: Payload,
        *,
        beta: Any = 1,
        alpha: Any = 1,
        _name: str = _name,
    ) -> Payload:
        out = product(a, b)
        return _scaled_sum(
            input, F.sum(out, axes=(0,)) if _name == "addbmm" else out, beta, alpha
        )

    op(_name, methods=_name)(_plus_product)


@op("addr", methods="addr")
def addr(
    x: Payload, vec1: Payload, vec2: Payload, *, beta: Any = 1, alpha: Any = 1
) -> Payload:
    return _scaled_sum(x, outer.__wrapped__(vec1, vec2), beta, alpha)


def _scaled_sum(x: Payload, y: Payload, beta: Any, alpha: Any) -> Payload:
    if beta != 1:
        x = F.mul(*promoted(x, beta))
    if alpha != 1:
        y = F.mul(*promoted(y, alpha))
    return F.add(*promoted(x, y))


# --- diagonals ------------------------------------------------------------------------


@op("diag", methods="diag")
def diag(input: Payload) -> Payload:
    """The elements where both halves of the result's axes have the same place."""
    out = F.diag(F.reshape(fits(input, "diag"), shape=(input.size,)))
    return F.reshape(out, shape=input.shape * 2)


@op("diagonal", methods="diagonal")
def diagonal(input: Payload, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Payload:
    a, b = (axis_of(d, input.ndim, "diagonal") for d in (dim1, dim2))
    return F.diagonal(input, axis1=a, axis2=b, offset=offset)


@op("diag_embed diag_embed_")
def diag_embed(input: Payload, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    return F.diag_embed(input, offset=offset, axis1=dim1, axis2=dim2)


@op("diagflat")
def diagflat(input: Payload, offset: int = 0) -> Payload:
    return F.diag(F.ravel(input), offset=offset)


def trace(
    input: Payload, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None
) -> Payload:
    return F.trace(
        input, offset=offset, axis1=axis1 % input.ndim, axis2=axis2 % input.ndim
    )


op("trace", methods="trace")(trace)


def _band(k: Any) -> tuple[int, int]:
    """The lowest and the highest diagonal that an argument names."""
    ends = ints_of(k)
    return ends[0], ends[-1]


def _places(
    rows: int, cols: int, band: tuple[int, int], longest: int, align: str
) -> Iterator[tuple[int, int, int, int]]:
    """(row of diagonals, place in it, row, column) of each element of a band.

    Diagonals stand in rows from the highest on; `align` says at which end shorter ones
    of the upper and of the lower triangle begin.
    """
    upper, lower = align.split("_")
    for d in range(band[1], band[0] - 1, -1):
        length = min(rows + min(d, 0), cols - max(d, 0))
        right = (upper if d >= 0 else lower) == "RIGHT"
        for j in range(max(length, 0)):
            at = j + (longest - length if right else 0)
            yield band[1] - d, at, j - min(d, 0), j + max(d, 0)


def _picked(x: Payload, index: Any, padding: Any) -> Payload:
    """Elements of the last axis by a table, a padding value where it is out of range."""
    shape = (*x.shape[:-1], 1)
    value = array_of(padding).astype(x.dtype).reshape(())
    whole = F.concatenate(x, np.full(shape, value), axis=x.ndim - 1)
    return F.gather(whole, index, axis=x.ndim - 1)


@op("matrix_diag")
def matrix_diag(
    x: Payload,
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Payload:
    low, high = _band(k)
    count, longest = high - low + 1, x.shape[-1]
    if count > 1 and (x.ndim < 2 or x.shape[-2] != count):
        raise ValueError(
            "For MatrixDiagV3, the input x_shape[-2] doesn't match with k value."
        )
    rows, cols = (int(array_of(n)) for n in (num_rows, num_cols))
    least = longest - min(high, 0), longest + max(low, 0)
    if rows == cols == -1:
        rows = cols = max(least)
    rows, cols = (n if n != -1 else m for n, m in zip((rows, cols), least, strict=True))
    for n, m, word in ((rows, least[0], "rows"), (cols, least[1], "columns")):
        if n < m:
            raise ValueError(f"For MatrixDiagV3, the number of {word} is too small.")
    index = np.full((rows, cols), count * longest)
    for i, at, r, c in _places(rows, cols, (low, high), longest, align):
        index[r, c] = i * longest + at
    batch = x.shape[: -2 if count > 1 else -1]
    flat = F.reshape(x, shape=(*batch, count * longest))
    return _picked(flat, index, padding_value)


@op("matrix_diag_part")
def matrix_diag_part(
    x: Payload, k: Any = 0, padding_value: Any = 0, align: str = "RIGHT_LEFT"
) -> Payload:
    low, high = _band(k)
    *batch, rows, cols = x.shape
    longest = min(rows + min(high, 0), cols - max(low, 0))
    index = np.full((high - low + 1, longest), rows * cols)
    for i, at, r, c in _places(rows, cols, (low, high), longest, align):
        index[i, at] = r * cols + c
    flat = F.reshape(x, shape=(*batch, rows * cols))
    return _picked(flat, index[0] if low == high else index, padding_value)


# --- factorisations and solutions -----------------------------------------------------


@op("inverse matrix_inverse", methods="inverse")
def inverse(input: Payload) -> Payload:
    return F.inv(_square(input, "MatrixInverse", "attribute[row size]"))


def _square(x: Payload, name: str, what: str = "row size") -> Payload:
    """Square matrices in floating point.

    Raises:
        ValueError: if they are not square.
    """
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise errors.not_square(name, x, what)
    return floating(x)


@op("det matrix_determinant", methods="det")
def det(input: Payload) -> Payload:
    return F.det(_square(input, "MatrixDeterminant"))


@op("slogdet log_matrix_determinant", methods="slogdet logdet_")
def slogdet(input: Payload) -> Any:
    return tuple(F.slogdet(_square(input, "LogMatrixDeterminant")))


@op("logdet", methods="logdet")
def logdet(input: Payload) -> Payload:
    return F.logdet(_square(input, "MatrixDeterminant"))


@op("cholesky", methods="cholesky")
def cholesky(input_x: Payload, upper: bool = False) -> Payload:
    if input_x.ndim < 2 or input_x.shape[-1] != input_x.shape[-2]:
        sizes = " x ".join(map(str, input_x.shape[-2:]))
        raise ValueError(
            f"For Cholesky, input x must be batch squares, but got batch {sizes} "
            "matrices."
        )
    low = F.cholesky(floating(input_x))
    return F.mT(low) if upper else low


@op("cholesky_inverse", methods="cholesky_inverse")
def cholesky_inverse(input_x: Payload, upper: bool = False) -> Payload:
    low = F.mT(input_x) if upper else input_x
    inv = F.inv(low)
    return F.matmul(F.mT(inv), inv)


@op("matrix_solve solve")
def matrix_solve(matrix: Payload, rhs: Payload, adjoint: bool = False) -> Payload:
    a, b = promoted(matrix, rhs, least="f")
    return F.solve(F.mT(a) if adjoint else a, b)


@op("matrix_exp", methods="matrix_exp")
def matrix_exp(input: Payload) -> Payload:
    return F.matrix_exp(floating(input))


@op("matrix_power", methods="matrix_power")
def matrix_power(input: Payload, n: int) -> Payload:
    return F.matrix_power(input, exponent=int(n))


@op("pinv", methods="pinv pinverse")
def pinv(
    x: Payload, *, atol: Any = None, rtol: Any = None, hermitian: bool = False
) -> Payload:
    return F.pinv(floating(x), rtol=None if rtol is None else float(array_of(rtol)))


@op("svd", methods="svd")
def svd(input: Payload, full_matrices: bool = False, compute_uv: bool = True) -> Any:
    x = floating(input)
    if not compute_uv:
        return F.svdvals(x)
    u, s, vh = (F.svd_full if full_matrices else F.svd)(x)
    return s, u, F.mH(vh)


@op("qr", methods="qr")
def qr(input: Payload, mode: str = "reduced") -> Any:
    return tuple((F.qr_complete if mode == "complete" else F.qr)(floating(input)))


@op("eigvals")
def eigvals(A: Payload) -> Payload:
    return F.eig(floating(A))[0]


@op("matrix_band_part")
def matrix_band_part(x: Payload, lower: int, upper: int) -> Payload:
    out = x if lower < 0 else F.triu(x, offset=-int(lower))
    return out if upper < 0 else F.tril(out, offset=int(upper))


@op("cov", methods="cov")
def cov(
    input: Payload, *, correction: int = 1, fweights: Any = None, aweights: Any = None
) -> Payload:
    x = floating(input)
    x = F.reshape(x, shape=(1, x.size)) if x.ndim < 2 else x
    given = [w for w in (fweights, aweights) if w is not None]
    if not given:
        return F.cov(x, correction=correction)
    each = [F.convert(w, dtype=x.dtype) for w in given]
    w = F.mul(*each) if len(each) == 2 else each[0]
    a = F.ones_like(w) if aweights is None else each[-1]
    return F.weighted_cov(x, w, a, correction=correction)


op("corrcoef", methods="corrcoef")(lambda input: F.corrcoef(floating(input)))


@op("cdist", methods="cdist_")
def cdist(x1: Payload, x2: Payload, p: float = 2.0) -> Payload:
    x, y = promoted(x1, x2, least="f")
    return F.cdist(x, y, ord=float(p))


@op("pdist")
def pdist(input: Payload, p: float = 2.0) -> Payload:
    return F.pdist(floating(input), ord=float(p))


@op("dist", methods="dist")
def dist(input: Payload, other: Payload, p: float = 2.0) -> Payload:
    x, y = promoted(input, other, least="f")
    return F.dist(x, y, ord=float(p))


def matrix_norm_of(x: Payload, ord: Any, dim: Any, keepdim: bool) -> Payload:
    """The norm of matrices, on two axes."""
    axes = axes_of(dim if dim is not None else (-2, -1), x.ndim, "norm")
    if ord in ("fro", None, 2.0) and ord != 2:
        out = F.norm(x, axes=axes, ord=2.0, safe=False)
    else:
        rows, columns = axes
        rest = tuple(i for i in range(x.ndim) if i not in axes)
        out = F.matrix_norm(F.transpose(x, axes=(*rest, rows, columns)), ord=ord)
    if not keepdim:
        return out
    return F.reshape(
        out, shape=tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    )


@op("matrix_norm")
def matrix_norm(
    A: Payload,
    ord: Any = "fro",
    axis: Any = (-2, -1),
    keepdims: bool = False,
    *,
    dtype: Any = None,
) -> Payload:
    return matrix_norm_of(floating(A), ord, axis, keepdims)
