"""Rarer functions: writing into parts, blocks of space, unpooling, segments."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore.call import (
    FUNCTIONS,
    array_of,
    axis_of,
    cast,
    expose,
    floating,
    ints_of,
    op,
    promoted,
)
from isograd.mindspore.ops import (  # noqa: F401  (their functions)
    activations,
    more,
    random,
    shapes,
)
from isograd.mindspore.ops.layers import tuple_of
from isograd.mindspore.tensor import Tensor

F = BOUND

# --- a part of a tensor replaced ------------------------------------------------------


def _replaced(x: Payload, src: Payload, view: str, **params: Any) -> Payload:
    chain = ((view, tuple(params.items())),)
    return F.view_write(x, cast(src, x.dtype), chain=chain)


@op(methods=True)
def select_scatter(input: Payload, src: Payload, axis: int, index: int) -> Payload:
    a = axis_of(axis, input.ndim, "select_scatter")
    return _replaced(input, src, "select", axis=a, index=index % input.shape[a])


@op(methods=True)
def slice_scatter(
    input: Payload,
    src: Payload,
    axis: int = 0,
    start: Any = None,
    end: Any = None,
    step: int = 1,
) -> Payload:
    a = axis_of(axis, input.ndim, "slice_scatter")
    index = tuple(
        slice(start, end, step).indices(n) if i == a else (0, n, 1)
        for i, n in enumerate(input.shape)
    )
    return _replaced(input, src, "slice", index=index)


@op(methods=True)
def diagonal_scatter(
    input: Payload, src: Payload, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Payload:
    a, b = (axis_of(d, input.ndim, "diagonal_scatter") for d in (dim1, dim2))
    return _replaced(input, src, "diagonal", axis1=a, axis2=b, offset=offset)


@op("matrix_set_diag")
def matrix_set_diag(
    x: Payload, diagonal: Payload, k: Any = 0, align: str = "RIGHT_LEFT"
) -> Payload:
    """The main diagonals of matrices, or the band from k[0] to k[1], replaced."""
    low, high = _band(k)
    if low == high:
        return diagonal_of(x, diagonal, low)
    for row, offset in enumerate(range(high, low - 1, -1)):
        one = F.select(diagonal, axis=diagonal.ndim - 2, index=row)
        first, n = _aligned(x.shape, offset, diagonal.shape[-1], align)
        held = F.ranged(one, axis=one.ndim - 1, start=first, stop=first + n)
        x = diagonal_of(x, held, offset)
    return x


def diagonal_of(x: Payload, diagonal: Payload, offset: int) -> Payload:
    """x with one diagonal of its matrices replaced."""
    a, b = x.ndim - 2, x.ndim - 1
    return _replaced(x, diagonal, "diagonal", axis1=a, axis2=b, offset=offset)


def _band(k: Any) -> tuple[int, int]:
    ends = ints_of(k)
    return ends[0], ends[-1]


def _aligned(shape: Any, offset: int, width: int, align: str) -> tuple[int, int]:
    """Where a diagonal stands in its padded row, and how long it is."""
    rows, columns = shape[-2:]
    n = min(rows + min(offset, 0), columns - max(offset, 0))
    upper, lower = align.split("_")
    side = upper if offset >= 0 else lower
    return (width - n if side == "RIGHT" else 0), n


@op("fill_diagonal", methods="fill_diagonal")
def fill_diagonal(input: Payload, fill_value: Any, wrap: bool = False) -> Payload:
    """The main diagonal replaced; `wrap`: begun anew below a square part."""
    if input.ndim > 2:
        at = np.arange(min(input.shape))
        index = (at,) * input.ndim
    else:
        rows, columns = input.shape
        end = rows * columns if wrap else columns * columns
        flat = np.arange(0, min(end, rows * columns), columns + 1)
        index = np.unravel_index(flat, input.shape)
    value = np.full(len(index[0]), fill_value, input.dtype)
    return F.scatter(input, value, *map(np.asarray, index))


for _how, _fn in {"add": F.add, "sub": F.sub, "update": None}.items():

    def _rows(x: Payload, v: Payload, indices: Any, _fn: Any = _fn) -> Payload:
        """Rows of x with v added, subtracted, or put in their place."""
        at = np.asarray(ints_of(indices))
        if _fn is None:
            return F.scatter(x, cast(v, x.dtype), at)
        return _fn(x, F.scatter_add(cast(v, x.dtype), at, shape=x.shape))

    op(f"inplace_{_how}", methods="inplace_update" if _fn is None else False)(_rows)


@op()
def inplace_index_add(var: Payload, indices: Any, updates: Payload, axis: int) -> Any:
    a = axis_of(axis, var.ndim, "inplace_index_add")
    return F.index_add(var, indices, updates, axis=a)


@op("index_put", methods="index_put")
def index_put(
    input: Payload, indices: Any, values: Payload, accumulate: Any = False
) -> Payload:
    return F.index_put(
        input, tuple(indices), cast(values, input.dtype), accumulate=bool(accumulate)
    )


# --- blocks of space ------------------------------------------------------------------


@op("space_to_batch_nd")
def space_to_batch_nd(input_x: Payload, block_size: Any, paddings: Any) -> Payload:
    """Places within blocks of the last axes become part of the batch axis."""
    k = len(paddings)
    block, lead = tuple_of(block_size, k), input_x.ndim - k
    widths = ((0, 0),) * lead + tuple(tuple(map(int, p)) for p in paddings)
    x = F.pad(input_x, widths)
    n, *rest = x.shape[:lead]
    space = [s for pair in zip(x.shape[lead:], block, strict=True) for s in
             (pair[0] // pair[1], pair[1])]  # fmt: skip
    x = F.reshape(x, shape=(n, *rest, *space))
    inner = tuple(range(lead + 1, lead + 2 * k, 2))
    order = (*inner, *range(lead), *(i - 1 for i in inner))
    x = F.transpose(x, axes=order)
    return F.reshape(x, shape=(n * int(np.prod(block)), *rest, *x.shape[k + lead :]))


@op("batch_to_space_nd")
def batch_to_space_nd(input_x: Payload, block_shape: Any, crops: Any) -> Payload:
    """The inverse of `space_to_batch_nd`; the borders are cut off."""
    k = len(crops)
    block, lead = tuple_of(block_shape, k), input_x.ndim - k
    n, rest = input_x.shape[0] // int(np.prod(block)), input_x.shape[1:lead]
    space = input_x.shape[lead:]
    x = F.reshape(input_x, shape=(*block, n, *rest, *space))
    pairs = [i for d in range(k) for i in (k + lead + d, d)]
    x = F.transpose(x, axes=(*range(k, k + lead), *pairs))
    whole = tuple(s * b for s, b in zip(space, block, strict=True))
    x = F.reshape(x, shape=(n, *rest, *whole))
    cuts = tuple(
        (int(a), s - int(b), 1) for (a, b), s in zip(crops, whole, strict=True)
    )
    return F.slice(x, index=tuple((0, s, 1) for s in x.shape[:lead]) + cuts)


@op("col2im", methods="col2im")
def col2im(
    input_x: Payload,
    output_size: Any,
    kernel_size: Any,
    dilation: Any,
    padding_value: Any,
    stride: Any,
) -> Payload:
    """Windows (N, C, window, place) added up to images (N, C, H, W)."""
    n, c, window, places = input_x.shape
    return F.col2im(
        F.reshape(input_x, shape=(n, c * window, places)),
        shape=ints_of(output_size),
        size=tuple_of(kernel_size, 2),
        step=tuple_of(stride, 2),
        padding=tuple_of(padding_value, 2),
        dilation=tuple_of(dilation, 2),
    )


for _rank in (1, 2, 3):

    def _unpool(
        x: Payload,
        indices: Payload,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Any = None,
        *,
        _rank: int = _rank,
    ) -> Payload:
        alone = x.ndim == _rank + 1
        if alone:
            x, indices = F.unsqueeze(x, axis=0), F.unsqueeze(indices, axis=0)
        size = tuple_of(kernel_size, _rank)
        step = size if stride in (None, 0) else tuple_of(stride, _rank)
        pads = tuple_of(padding, _rank)
        space = tuple(
            (n - 1) * s - 2 * p + k
            for n, s, p, k in zip(x.shape[2:], step, pads, size, strict=True)
        )
        if output_size:
            space = tuple(output_size)[-_rank:]
        out = F.max_unpool(x, indices, space=space)
        return F.squeeze(out, axes=(0,)) if alone else out

    op(f"max_unpool{_rank}d")(_unpool)


@op("mirror_pad")
def mirror_pad(input_x: Payload, paddings: Any, mode: str = "REFLECT") -> Payload:
    from isograd.mindspore.ops.layers import padded_pairs

    return padded_pairs(input_x, paddings, mode.lower())


# --- special functions, factorisations ------------------------------------------------

for _name, _prim in {
    "bessel_k0": "modified_bessel_k0",
    "bessel_k1": "modified_bessel_k1",
    "bessel_k0e": "scaled_modified_bessel_k0",
    "bessel_k1e": "scaled_modified_bessel_k1",
    "bessel_i0e": "i0e",
    "bessel_i1e": "i1e",
}.items():
    op(_name)(lambda x, _p=_prim: getattr(F, _p)(floating(x)))
for _name, _prim in (("igamma", "gammainc"), ("igammac", "gammaincc")):
    op(_name, methods=_name)(
        lambda input, other, _p=_prim: getattr(F, _p)(
            *promoted(input, other, least="f")
        )
    )
op("betainc")(lambda a, b, x: F.betainc(F.stop_gradient(a), F.stop_gradient(b), x))
op("mvlgamma", methods="mvlgamma")(
    lambda input, p: F.multigammaln(floating(input), p=int(p))
)
op("random_gamma")(
    lambda shape, alpha, seed=None: FUNCTIONS["gamma"].__wrapped__(
        shape, alpha, np.ones((), alpha.dtype)
    )
)
op("orgqr", methods="orgqr")(lambda input, input2: F.householder_product(input, input2))
op("geqrf", methods="geqrf")(lambda input: F.geqrf(input))
op("ormqr", methods="ormqr")(
    lambda input, tau, other, left=True, transpose=False: F.householder_multiply(
        input, tau, other, left=left, transpose=transpose
    )
)


@op("lu_solve", methods="lu_solve")
def lu_solve(b: Payload, LU_data: Payload, LU_pivots: Any) -> Payload:
    return F.lu_solve(LU_data, array_of(LU_pivots), b)


@op("lu_unpack")
def lu_unpack(
    LU_data: Payload,
    LU_pivots: Any,
    unpack_data: bool = True,
    unpack_pivots: bool = True,
) -> Any:
    """(P, L, U) of packed factors and pivots that count from 1."""
    return F.lu_unpacked(LU_data, array_of(LU_pivots))


@op("triangular_solve", methods="triangular_solve")
def triangular_solve(
    input: Payload,
    A: Payload,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
) -> Any:
    """(X, A) with A X = input."""
    a = F.mT(A) if transpose else A
    lower = upper == transpose
    a = F.tril(a) if lower else F.triu(a)
    x = F.solve_triangular(a, input, lower=lower, unit=unitriangular)
    return x, A


@op("eigvals", methods="eigvals")
def eigvals(A: Payload) -> Payload:
    return F.eigvals(floating(A))


@op("cond")
def cond(A: Payload, p: Any = None) -> Payload:
    return F.cond(floating(A), ord=p)


# --- order, counting, sets ------------------------------------------------------------


@op(methods=True)
def kthvalue(
    input: Payload, k: int, dim: int = -1, keepdim: bool = False
) -> tuple[Payload, Payload]:
    a = axis_of(dim, input.ndim, "kthvalue")
    values, at = F.kthvalue(input, axis=a, k=int(k) - 1)
    return (
        (F.unsqueeze(values, axis=a), F.unsqueeze(at, axis=a))
        if keepdim
        else (
            values,
            at,
        )
    )


@op("intopk")
def intopk(x1: Payload, x2: Any, k: int) -> Payload:
    """Whether the element at x2 is among the k largest of each row."""
    at = F.reshape(x2, shape=(*x2.shape, 1))
    higher = F.gt(x1, F.take_along(x1, at, axis=1))
    return F.lt(F.sum(cast(higher, np.dtype("int32")), axes=(1,)), int(k))


@op("unique_with_pad", methods="unique_with_pad")
def unique_with_pad(x: Payload, pad_num: Any) -> Any:
    """Distinct elements in the order of appearance, filled up; and their places."""
    found, at = map(array_of, FUNCTIONS["unique"].__wrapped__(x))
    fill = np.full(x.size - found.size, array_of(pad_num), x.dtype)
    return np.concatenate([found, fill]), at


@op("population_count")
def population_count(input_x: Payload) -> Payload:
    return np.bitwise_count(array_of(input_x)).astype(np.uint8)


@op("coalesce")
def coalesce(x_indices: Any, x_values: Payload, x_shape: Any) -> Any:
    """Values at equal places of a sparse matrix added up, places in order."""
    at, shape = array_of(x_indices), ints_of(x_shape)
    flat, back = np.unique(np.ravel_multi_index(tuple(at), shape), return_inverse=True)
    total = F.scatter_add(
        x_values, back.reshape(-1), shape=(flat.size, *x_values.shape[1:])
    )
    places = np.stack(np.unravel_index(flat, shape)).astype(at.dtype)
    return places, total, np.asarray(x_shape)


for _which in ("sum", "mean", "max", "min", "prod"):

    def _segments(input_x: Payload, segment_ids: Any, _which: str = _which) -> Payload:
        """Rows with one number reduced; numbers without rows give zeros."""
        ids = array_of(segment_ids)
        count = int(ids[-1]) + 1 if ids.size else 0
        base = "sum" if _which == "mean" else _which
        out = FUNCTIONS[f"unsorted_segment_{base}"].__wrapped__(input_x, ids, count)
        rows = np.bincount(ids, minlength=count)
        shape = (count, *(1,) * (input_x.ndim - 1))
        if _which == "mean":
            return F.div(out, np.maximum(rows, 1).astype(out.dtype).reshape(shape))
        if _which == "sum":
            return out
        if _which == "prod":
            return out
        there = np.broadcast_to((rows > 0).reshape(shape), out.shape)
        return F.where(there, out, F.zeros_like(out))

    op(f"segment_{_which}")(_segments)


@op("sparse_segment_mean")
def sparse_segment_mean(x: Payload, indices: Any, segment_ids: Any) -> Payload:
    rows = F.gather(x, indices, axis=0)
    return FUNCTIONS["segment_mean"].__wrapped__(rows, segment_ids)


# --- Fourier transforms ---------------------------------------------------------------


@op("stft")
def stft(
    x: Payload,
    n_fft: int,
    hop_length: Any = None,
    win_length: Any = None,
    window: Any = None,
    center: bool = True,
    pad_mode: str = "REFLECT",
    normalized: bool = False,
    onesided: Any = None,
    return_complex: Any = None,
) -> Payload:
    size = n_fft if win_length is None else win_length
    if window is None:
        window = np.ones(size, x.dtype)
    if size < n_fft:
        before = (n_fft - size) // 2
        window = F.pad(window, ((before, n_fft - size - before),))
    out = F.stft(
        x,
        window,
        size=n_fft,
        hop=n_fft // 4 if hop_length is None else hop_length,
        centre=center,
        mode=pad_mode.lower(),
        normalized=normalized,
        onesided=x.dtype.kind != "c" if onesided is None else onesided,
    )
    whole = x.dtype.kind == "c" if return_complex is None else return_complex
    return out if whole else F.view_as_real(out)


@op("eps")
def eps(x: Payload) -> Payload:
    """The spacing at one of the dtype, in the shape of x."""
    return np.full(x.shape, np.finfo(x.dtype).eps, x.dtype)


# --- methods --------------------------------------------------------------------------


def _method(name: str, function: str) -> None:
    expose(FUNCTIONS[function], [], name)


_METHODS = """
fold unfold reverse random_categorical soft_shrink fills matrix_determinant
log_matrix_determinant
"""
for _name in _METHODS.split():
    _method(_name, _name)
for _name in ("sub", "mul", "div", "max", "min"):
    _method(f"scatter_{_name}", f"tensor_scatter_{_name}")


@op("", methods="sum_to_size")
def sum_to_size(input: Payload, *size: Any) -> Payload:
    shape = ints_of(size[0]) if len(size) == 1 else ints_of(size)
    return F.sum_to(input, shape)


@op("", methods="resize")
def resize(input: Payload, *new_shape: Any) -> Payload:
    """The elements in another shape: cut off, or filled up with zeros."""
    shape = ints_of(new_shape[0]) if len(new_shape) == 1 else ints_of(new_shape)
    flat, n = F.ravel(input), int(np.prod(shape))
    if n < flat.size:
        flat = F.take_range(flat, 0, n)
    return F.reshape(F.pad(flat, ((0, n - flat.size),)), shape=shape)


Tensor.mH = property(lambda self: FUNCTIONS["adjoint"](self))  # type: ignore[attr-defined]  # justified: a method by table
