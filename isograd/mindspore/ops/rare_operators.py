"""Rarer operator classes, each a line: settings, operands, what it computes.

`Name(settings) operands: expression` stands for the class whose objects, made with the
settings, compute the expression of functions of `mindspore.ops` for the operands.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import (
    FUNCTIONS,
    array_of,
    axis_of,
    cast,
    ints_of,
    lower,
    public,
)
from isograd.mindspore.ops import rare  # noqa: F401  (its functions)
from isograd.mindspore.ops.layers import tuple_of
from isograd.mindspore.ops.operators import OPERATORS
from isograd.mindspore.ops.primitive import setting_operator

F = BOUND
_SCOPE: dict[str, Any] = {**FUNCTIONS, "dtypes": dtypes}
_SCOPE |= {"ints_of": ints_of, "lower": lower, "partial": partial}


def helper(body: Callable[..., Any]) -> Callable[..., Any]:
    """A body on payloads that the table uses."""
    name = body.__name__
    _SCOPE[name] = public(body, name)
    return body


@helper
def check_numerics(x: Payload) -> Payload:
    a = array_of(x)
    for found, word in ((np.isnan(a), "NaN"), (np.isinf(a), "Inf")):
        if found.any():
            raise RuntimeError(f": Tensor had {word} values")
    return x


@helper
def cumulative_logsumexp(
    x: Payload, axis: Any, exclusive: bool, reverse: bool
) -> Payload:
    a = axis_of(axis, x.ndim, "CumulativeLogsumexp")
    x = F.flip(x, axes=(a,)) if reverse else x
    out = F.logcumsumexp(x, axis=a)
    if exclusive:
        out = F.shifted(out, axis=a, by=1, value=float(np.finfo(x.dtype).min))
    return F.flip(out, axes=(a,)) if reverse else out


@helper
def im2col(x: Payload, size: Any, step: Any, dilation: Any, padding: Any) -> Payload:
    out = F.im2col(
        x,
        size=tuple_of(size, 2),
        step=tuple_of(step, 2),
        padding=tuple_of(padding, 2),
        dilation=tuple_of(dilation, 2),
    )
    n, rows, places = out.shape
    return F.reshape(out, shape=(n, x.shape[1], rows // x.shape[1], places))


@helper
def indexed(pair: Any, dtype: Any) -> Any:
    return pair[0], cast(pair[1], dtypes.np_of(dtype))


@helper
def dropped(out: Payload) -> Any:
    """(output, mask of what was kept)."""
    return out, F.ne(out, 0.0)


@helper
def svd_operator(x: Payload, full_matrices: bool, compute_uv: bool) -> Any:
    if not compute_uv:
        s = F.svdvals(x)
        return s, np.zeros(1, x.dtype), np.zeros(1, x.dtype)
    return FUNCTIONS["svd"].__wrapped__(x, full_matrices, True)


@helper
def nth_element(x: Payload, n: Any, reverse: bool) -> Payload:
    k, size = int(array_of(n)), x.shape[-1]
    return F.kthvalue(x, axis=x.ndim - 1, k=size - 1 - k if reverse else k)[0]


@helper
def list_diff(x: Payload, y: Payload, out_idx: Any) -> Any:
    a = array_of(x)
    (at,) = np.nonzero(~np.isin(a, array_of(y)))
    return a[at], at.astype(dtypes.np_of(out_idx))


@helper
def unravel_index(indices: Payload, dims: Any) -> Payload:
    at = np.unravel_index(array_of(indices), ints_of(dims))
    return np.stack(at).astype(indices.dtype)


@helper
def data_format_dim(x: Payload, src: str, dst: str) -> Payload:
    return np.asarray([src.index(c) for c in dst], x.dtype)[array_of(x)]


@helper
def data_format_permute(x: Payload, src: str, dst: str) -> Payload:
    return F.gather(x, np.asarray([src.index(c) for c in dst]), axis=0)


@helper
def compare_and_bitpack(x: Payload, threshold: Any) -> Payload:
    return np.packbits(array_of(x) > array_of(threshold), axis=-1)


@helper
def sparse_matmul(
    indices: Payload,
    values: Payload,
    shape: Any,
    dense: Payload,
    adjoint_st: bool,
    adjoint_dt: bool,
) -> Payload:
    at = array_of(indices)
    a = F.scatter(np.zeros(ints_of(shape), values.dtype), values, at[:, 0], at[:, 1])
    return F.matmul(F.mH(a) if adjoint_st else a, F.mH(dense) if adjoint_dt else dense)


@helper
def assert_operator(condition: Any, data: Any) -> Payload:
    if not bool(np.asarray(array_of(condition)).all()):
        raise RuntimeError("assert failed: " + ", ".join(map(str, data)))
    return np.zeros(1, np.int32)


_TABLE = """
BesselI0e() x: bessel_i0e(x)
BesselI1e() x: bessel_i1e(x)
BesselK0() x: bessel_k0(x)
BesselK0e() x: bessel_k0e(x)
BesselK1() x: bessel_k1(x)
BesselK1e() x: bessel_k1e(x)
BesselY0() x: bessel_y0(x)
BesselY1() x: bessel_y1(x)
Betainc() a, b, x: betainc(a, b, x)
Igamma() a, x: igamma(a, x)
Igammac() a, x: igammac(a, x)
Mvlgamma(p) x: mvlgamma(x, p)
Polygamma() a, x: polygamma(a, x)
Logit(eps=-1.0) x: logit(x, None if eps < 0 else eps)
ComplexAbs() x: abs(x)
ConjugateTranspose() x, perm: conj(transpose(x, ints_of(lower(perm))))
PopulationCount() x: population_count(x)
Eps() x: eps(x)
CheckNumerics() x: check_numerics(x)
LerpScalar() input, end, weight: lerp(input, end, weight)
Dense() input, weight, bias=None: dense(input, weight, bias)
RmsNorm(epsilon=1e-6) x, gamma: rms_norm(x, gamma, epsilon)
LogSoftmaxExt() input, dim=None, dtype=None: log_softmax(input, -1 if dim is None else
    dim, dtype=dtype)
CumulativeLogsumexp(exclusive=False, reverse=False) x, axis: cumulative_logsumexp(x,
    axis, exclusive, reverse)
CountNonZero(dims=None) x: count_nonzero(x, () if dims is None else dims)
EuclideanNorm(keep_dims=False) x, axes: norm(x, None, ints_of(lower(axes)), keep_dims)
NuclearNorm(dim=None, keepdim=False) x: norm(x, "nuc", dim, keepdim)
Renorm(p, dim, maxnorm) input: renorm(input, p, dim, maxnorm)
Cdist(p=2.0) x1, x2: cdist(x1, x2, p)
Pdist(p=2.0) x: pdist(x, p)
IdentityN() x: x
Expand() x, shape: broadcast_to(x, ints_of(lower(shape)))
TransposeExtView() input, dim0, dim1: swapaxes(input, dim0, dim1)
TransposeView() input, input_perm: transpose(input, input_perm)
TypeAs() input, other: type_as(input, other)
ChannelShuffle(group) x: channel_shuffle(x, group)
SpaceToBatch(block_size, paddings) x: space_to_batch_nd(x, block_size, paddings)
SpaceToBatchND(block_shape, paddings) x: space_to_batch_nd(x, block_shape, paddings)
BatchToSpace(block_size, crops) x: batch_to_space_nd(x, block_size, crops)
BatchToSpaceND(block_shape, crops) x: batch_to_space_nd(x, block_shape, crops)
BatchToSpaceNDV2() x, block_shape, crops: batch_to_space_nd(x,
    ints_of(lower(block_shape)), crops.tolist())
Im2Col(ksizes, strides=1, dilations=1, pads=0) x: im2col(x, ksizes, strides,
    dilations, pads)
Col2Im(kernel_size, dilation=1, padding=0, stride=1) x, output_size: col2im(x,
    output_size, kernel_size, dilation, padding, stride)
MaxUnpool2D(ksize, strides=0, pads=0, output_shape=(), data_format="NCHW") x, argmax:
    max_unpool2d(x, argmax, ksize, strides, pads, output_shape)
MaxUnpool3D(ksize, strides=0, pads=0, output_shape=(), data_format="NCDHW") x, argmax:
    max_unpool3d(x, argmax, ksize, strides, pads, output_shape)
MaxPoolWithArgmaxV2(kernel_size, strides=None, pads=0, dilation=(1, 1),
    ceil_mode=False, argmax_type=dtypes.int64) x: indexed(max_pool2d(x, kernel_size,
    strides, pads, dilation, True, ceil_mode), argmax_type)
MaxPool3DWithArgmax(ksize, strides, pads, dilation=(1, 1, 1), ceil_mode=False,
    data_format="NCDHW", argmax_type=dtypes.int64) x: indexed(max_pool3d(x, ksize,
    strides, pads, dilation, True, ceil_mode), argmax_type)
AdaptiveAvgPool3D(output_size) x: adaptive_avg_pool3d(x, output_size)
AdaptiveMaxPool2D(output_size) input: adaptive_max_pool2d(input, output_size, True)
AdaptiveMaxPool3D() x, output_size: indexed(adaptive_max_pool3d(x,
    ints_of(lower(output_size)), True), dtypes.int32)
AffineGrid(align_corners=False) theta, output_size: affine_grid(theta, output_size,
    align_corners)
GridSampler2D(interpolation_mode="bilinear", padding_mode="zeros",
    align_corners=False) input_x, grid: grid_sample(input_x, grid, interpolation_mode,
    padding_mode, align_corners)
GridSampler3D(interpolation_mode="bilinear", padding_mode="zeros",
    align_corners=False) input_x, grid: grid_sample(input_x, grid, interpolation_mode,
    padding_mode, align_corners)
UpsampleNearest3D() x, output_size=None, scales=None: interpolate(x, output_size,
    scales, "nearest")
UpsampleTrilinear3D(align_corners=False) x, output_size=None, scales=None:
    interpolate(x, output_size, scales, "trilinear", align_corners)
Conv3DTranspose(in_channel, out_channel, kernel_size, mode=1, pad_mode="valid", pad=0,
    stride=1, dilation=1, group=1, output_padding=0, data_format="NCDHW") dout,
    weight: conv_transpose3d(dout, weight, None, stride, pad, output_padding, group,
    dilation)
Cholesky(upper=False) x: swapaxes(cholesky(x), -1, -2) if upper else cholesky(x)
CholeskyInverse(upper=False) x: cholesky_inverse(x, upper)
CholeskySolve(upper=False) x1, x2: cholesky_solve(x1, x2, upper)
Geqrf() input: geqrf(input)
Orgqr() x, tau: orgqr(x, tau)
Ormqr(left=True, transpose=False) x, tau, other: ormqr(x, tau, other, left, transpose)
LuSolve() x, lu_data, lu_pivots: lu_solve(x, lu_data, lu_pivots)
LuUnpack(unpack_data=True, unpack_pivots=True) lu_data, lu_pivots: lu_unpack(lu_data,
    lu_pivots)
Lstsq(fast=True, l2_regularizer=0.0) x, a: lstsq(x, a)
MatrixPower(n) x: matrix_power(x, n)
MatrixTriangularSolve(lower=True, adjoint=False) matrix, rhs: triangular_solve(rhs,
    matrix, not lower, adjoint)[0]
MatrixSolveLs(fast=True) matrix, rhs, l2: lstsq(matrix, rhs)
MatrixDiagV3(align="RIGHT_LEFT") x, k, num_rows, num_cols, padding_value:
    matrix_diag(x, k, num_rows, num_cols, padding_value, align)
MatrixDiagPartV3(align="RIGHT_LEFT") x, k, padding_value: matrix_diag_part(x, k,
    padding_value, align)
MatrixSetDiagV3(align="RIGHT_LEFT") x, diagonal, k: matrix_set_diag(x, diagonal,
    ints_of(lower(k)), align)
Qr(full_matrices=False) x: qr(x, "complete" if full_matrices else "reduced")
Svd(full_matrices=False, compute_uv=True) input: svd_operator(input, full_matrices,
    compute_uv)
FillDiagonal(fill_value, wrap=False) input_x: fill_diagonal(input_x, fill_value, wrap)
IndexFill() x, dim, index, value: index_fill(x, dim, index, value)
IndexPut(accumulate=0) x1, x2, indices: index_put(x1, indices, x2, accumulate)
InplaceAdd(indices) x, input_v: inplace_add(x, input_v, indices)
InplaceSub(indices) x, input_v: inplace_sub(x, input_v, indices)
InplaceUpdate(indices) x, v: inplace_update(x, v, indices)
InplaceUpdateV2() x, indices, v: inplace_update(x, v, indices)
InplaceIndexAdd(axis) var, indices, updates: inplace_index_add(var, indices, updates,
    axis)
MaskedScatter() x, mask, updates: masked_scatter(x, mask, updates)
ScatterAddWithAxis(axis=0) x, indices, update: tensor_scatter_elements(x, indices,
    update, axis, "add")
ScatterNonAliasingAdd() x, indices, updates: scatter_nd_add(x, indices, updates)
ScatterNdMul(use_locking=False) x, indices, updates: scatter_nd_mul(x, indices,
    updates)
ScatterNdDiv(use_locking=False) x, indices, updates: scatter_nd_div(x, indices,
    updates)
ScatterNdMax(use_locking=False) x, indices, updates: scatter_nd_max(x, indices,
    updates)
ScatterNdMin(use_locking=False) x, indices, updates: scatter_nd_min(x, indices,
    updates)
SegmentSum() x, ids: segment_sum(x, ids)
SegmentMean() x, ids: segment_mean(x, ids)
SegmentMax() x, ids: segment_max(x, ids)
SegmentMin() x, ids: segment_min(x, ids)
SegmentProd() x, ids: segment_prod(x, ids)
ParallelConcat() values: concat(values, 0)
Coalesce() x_indices, x_values, x_shape: coalesce(x_indices, x_values, x_shape)
Histogram(bins=100, min=0.0, max=0.0) x: histc(x, bins, min, max)
Bucketize(boundaries) x: bucketize(x, boundaries)
SearchSorted(dtype=dtypes.int64, right=False) sorted_sequence, values, sorter=None:
    cast(searchsorted(sorted_sequence, values, right=right, sorter=sorter), dtype)
LowerBound(out_type=dtypes.int32) sorted_x, values: cast(searchsorted(sorted_x,
    values), out_type)
UpperBound(out_type=dtypes.int32) sorted_x, values: cast(searchsorted(sorted_x,
    values, right=True), out_type)
InTopK(k) x1, x2: intopk(x1, x2, k)
NthElement(reverse=False) input, n: nth_element(input, n, reverse)
Quantile(dim=None, keep_dims=False, ignore_nan=False) x, q: (nanquantile if ignore_nan
    else quantile)(x, q, dim, keep_dims)
UniqueConsecutive(return_inverse=False, return_counts=False, dim=None) input:
    unique_consecutive(input, return_inverse, return_counts, dim)
UniqueWithPad() x, pad_num: unique_with_pad(x, pad_num)
ListDiff(out_idx=dtypes.int32) x, y: list_diff(x, y, out_idx)
UnravelIndex() indices, dims: unravel_index(indices, dims)
TrilIndices(row, col, offset=0, dtype=dtypes.int32) : tril_indices(row, col, offset,
    dtype=dtype)
TriuIndices(row, col, offset=0, dtype=dtypes.int32) : triu_indices(row, col, offset,
    dtype=dtype)
LogSpace(steps=10, base=10, dtype=dtypes.float32) start, end: logspace(start, end,
    steps, base, dtype=dtype)
BartlettWindow(periodic=True, dtype=dtypes.float32) n: bartlett_window(n, periodic,
    dtype=dtype)
BlackmanWindow(periodic=True, dtype=dtypes.float32) n: blackman_window(n, periodic,
    dtype=dtype)
HammingWindow(periodic=True, alpha=0.54, beta=0.46, dtype=dtypes.float32) n:
    hamming_window(n, periodic, alpha=alpha, beta=beta, dtype=dtype)
STFT(n_fft, hop_length, win_length, normalized, onesided, return_complex) x, window:
    stft(x, n_fft, hop_length, win_length, window, False, "reflect", normalized,
    onesided, return_complex)
DataFormatDimMap(src_format="NHWC", dst_format="NCHW") x: data_format_dim(x,
    src_format, dst_format)
DataFormatVecPermute(src_format="NHWC", dst_format="NCHW") x: data_format_permute(x,
    src_format, dst_format)
EqualCount() x, y: equal_count(x, y)
CompareAndBitpack() x, threshold: compare_and_bitpack(x, threshold)
MultiMarginLoss(p=1, margin=1.0, reduction="mean") x, target, weight=None:
    multi_margin_loss(x, target, p, margin, weight, reduction)
SoftMarginLoss(reduction="mean") input, target: soft_margin_loss(input, target,
    reduction)
TripletMarginLoss(p=2, swap=False, eps=1e-6, reduction="mean") x, positive, negative,
    margin: triplet_margin_loss(x, positive, negative, float(margin), p, eps, swap,
    reduction)
SparseToDense() indices, values, shape: scatter_nd(indices, values, shape)
SparseTensorDenseMatmul(adjoint_st=False, adjoint_dt=False) indices, values, shape,
    dense: sparse_matmul(indices, values, shape, dense, adjoint_st, adjoint_dt)
SparseTensorDenseAdd() indices, values, shape, dense: add(scatter_nd(indices, values,
    shape), dense)
RandomCategorical(dtype=dtypes.int64) logits, num_sample, seed=0:
    random_categorical(logits, num_sample, seed, dtype)
RandomGamma(seed=0, seed2=0) shape, alpha: random_gamma(shape, alpha, seed)
RandomPoisson(seed=0, seed2=0, dtype=dtypes.int64) shape, rate: random_poisson(shape,
    rate, seed, dtype)
RandomShuffle(seed=0, seed2=0) x: shuffle(x)
RandpermV2(seed=0, offset=0, dtype=dtypes.int64) n: randperm(n, dtype=dtype)
Partial() fn, *args: partial(fn, *args)
Assert(summarize=3) condition, data: assert_operator(condition, data)
Dropout2D(keep_prob=0.5) x: dropped(dropout2d(x, 1 - keep_prob))
Dropout3D(keep_prob=0.5) x: dropped(dropout3d(x, 1 - keep_prob))
"""


def _class(line: str) -> None:
    """Make and enter the class of one line of the table."""
    name, _, rest = line.partition("(")
    ends = (i for i, c in enumerate(rest) if c == ")" and _closed(rest[:i]))
    end = next(ends)
    operands, _, expression = rest[end + 1 :].partition(": ")
    code = f"lambda {rest[:end]}: lambda {operands.strip()}: {expression}"
    OPERATORS[name] = setting_operator(name, eval(code, _SCOPE))


def _closed(text: str) -> bool:
    return text.count("(") == text.count(")")


for _line in _TABLE.replace("\n    ", " ").strip().splitlines():
    _class(_line)
