"""Scans, softmax, and what counts or measures the distribution of values."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.drafts import asked
from isograd.core.primitive import Payload
from isograd.ops import selection
from isograd.torch.call import (
    Named,
    Values,
    cast,
    check_broadcast,
    copy_of,
    floating,
    is_payload,
    operands,
    refuse,
)
from isograd.torch.dtypes import of_numpy
from isograd.torch.reductions import F, _along, _as_dtype, _summable, one_dim
from isograd.torch.table import row
from isograd.torch.tensor import checked_dim

# --- scans ----------------------------------------------------------------------------


def _scan(name: str, **params: Any) -> None:
    def body(input: Payload, dim: Any, *, dtype: Any = None) -> Payload:
        x = _summable(input, dtype)
        d = one_dim(name, dim, x.ndim)
        return getattr(F, name)(x, axis=d, **params) if x.ndim else copy_of(x)

    row(body, name=name, inplace=True)


_scan("cumsum", reverse=False)
_scan("cumprod", reverse=False)


@row
def logcumsumexp(input: Payload, dim: Any) -> Payload:
    d = one_dim("logcumsumexp", dim, input.ndim)
    if input.dtype.kind in "iub":
        raise NotImplementedError(
            '"logcumsumexp_out_cpu" not implemented for '
            f"'{of_numpy(input.dtype).scalar_type}'"
        )
    return F.logcumsumexp(input, axis=d) if input.ndim else copy_of(input)


def _record(name: str) -> None:
    def body(input: Payload, dim: Any) -> Values:
        return _along(input, getattr(F, name), name, dim, False)

    row(body, name=name)


_record("cummax")
_record("cummin")


@row(label="SubBackward0")
def diff(
    input: Payload, n: int = 1, dim: int = -1, prepend: Any = None, append: Any = None
) -> Payload:
    if not input.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    d = checked_dim(dim, input.ndim)
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    parts = [x for x in (prepend, input, append) if x is not None]
    if len(parts) > 1:
        input = F.concatenate(*parts, axis=d)
    return F.diff(input, axis=d, n=n)


def _integral(name: str, label: str, aliases: tuple[str, ...] = ()) -> None:
    def body(y: Payload, x: Any = None, *, dx: Any = 1, dim: int = -1) -> Payload:
        if x is None:
            y = floating(y)  # half a sum, also of integers
        steps = dx if x is None else F.diff(x, axis=x.ndim - 1, n=1)
        return getattr(F, name)(y, cast(steps, y.dtype), axis=checked_dim(dim, y.ndim))

    row(body, name=name, aliases=aliases, method=False, label=label)


_integral("trapezoid", "MulBackward1", ("trapz",))
_integral("cumulative_trapezoid", "CumsumBackward0")

# --- softmax --------------------------------------------------------------------------


def check_softmax(kernel: str, x: Payload, dim: int) -> None:
    """Raises NotImplementedError for integers."""
    if x.dtype.kind in "iub":
        word = "lastdim_kernel_impl" if dim == x.ndim - 1 else "kernel_impl"
        raise NotImplementedError(
            f"\"{kernel}_{word}\" not implemented for '{of_numpy(x.dtype).scalar_type}'"
        )


def _softmax(name: str, camel: str, kernel: str) -> None:
    def body(input: Payload, dim: Any, dtype: Any = None) -> Payload:
        x = _as_dtype(input, dtype)
        d = one_dim(name, dim, x.ndim)
        check_softmax(kernel, x, d)
        if not x.ndim:
            x1 = F.reshape(x, shape=(1,))
            return F.reshape(getattr(F, name)(x1, axis=0), shape=())
        return getattr(F, name)(x, axis=d)

    row(body, name=name, label=f"{camel}Backward0")


_softmax("softmax", "Softmax", "softmax")
_softmax("log_softmax", "LogSoftmax", "log_softmax")

# --- distributions of values ----------------------------------------------------------


def _outside(values: np.ndarray) -> bool:
    return not np.all((values >= 0) & (values <= 1))


_HOW = ("linear", "lower", "higher", "midpoint", "nearest")


def _check_quantile(name: str, x: Payload, q: Any, how: str) -> None:
    if 0 in x.shape:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if is_payload(q) and q.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
    if is_payload(q) and q.dtype != x.dtype:
        raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    if how not in _HOW:
        raise RuntimeError(
            f"{name}() interpolation must be one of {', '.join(_HOW[:-1])} or "
            f"{_HOW[-1]}, but got {how}"
        )


def _quantile(name: str, skip: bool) -> None:
    def body(
        input: Payload,
        q: Any,
        dim: Any = None,
        keepdim: bool = False,
        *,
        interpolation: str = "linear",
    ) -> Payload:
        if input.dtype.kind != "f" or input.dtype.itemsize < 4:
            raise RuntimeError(
                f"{name}() input tensor must be either float or double dtype"
            )
        _check_quantile(name, input, q, interpolation)
        x, axes = input, None
        if dim is None:
            axes, d = range(x.ndim), 0
            x = F.reshape(x, shape=(int(np.prod(x.shape)),))
        else:
            d = checked_dim(dim, x.ndim)
            axes = (d,)
        values = cast(q, x.dtype)
        if asked(_outside, values):
            raise RuntimeError(
                f"{name}() q must be in the range [0, 1] but got {values}"
                if is_payload(q) is False
                else f"{name}() q values must be in the range [0, 1]"
            )
        out = F.quantile(x, values, axis=d, interpolation=interpolation, skip_nan=skip)
        if not keepdim:
            return out
        kept = tuple(1 if i in axes else n for i, n in enumerate(input.shape))
        return F.reshape(out, shape=(*values.shape, *kept))

    row(body, name=name, label="SqueezeBackward4")


_quantile("quantile", False)
_quantile("nanquantile", True)


@row(method=True)
def bincount(input: Payload, weights: Any = None, minlength: int = 0) -> Payload:
    if input.dtype.kind not in "iu":
        raise NotImplementedError(
            '"bincount_cpu" not implemented for '
            f"'{of_numpy(input.dtype).scalar_type}'"
        )
    if input.ndim != 1:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if asked(_negative, input):
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if weights is not None and weights.shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    return F.bincount(input, weights, least=minlength)


def _negative(x: np.ndarray) -> bool:
    return bool(x.size) and bool(x.min() < 0)


@row
def histc(input: Payload, bins: int = 100, min: Any = 0, max: Any = 0) -> Payload:
    if input.dtype.kind not in "fV":
        raise NotImplementedError(
            '"histogram_cpu" not implemented for '
            f"'{of_numpy(input.dtype).scalar_type}'"
        )
    if bins <= 0:
        raise RuntimeError(
            f"torch.histogram(): bins must be > 0, but got {bins} for dimension 0"
        )
    if min > max:
        raise RuntimeError("torch.histc: max must be larger than min")
    if min == max and asked(_endless, input):
        raise RuntimeError(
            f"torch.histc: range of [{input.min():g}, {input.max():g}] is not finite"
        )
    return F.histc(input, bins=bins, lo=float(min), hi=float(max))


def _endless(x: np.ndarray) -> bool:
    return bool(x.size) and not bool(np.isfinite(x.astype(np.float64)).all())


def _index_type(out_int32: bool) -> np.dtype[Any]:
    return np.dtype(np.int32 if out_int32 else np.int64)


@row(method=False)
def searchsorted(
    sorted_sequence: Payload,
    input: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Any = None,
) -> Payload:
    table = (
        sorted_sequence
        if sorter is None
        else F.take_along(sorted_sequence, sorter, axis=sorted_sequence.ndim - 1)
    )
    if side not in (None, "left", "right"):
        raise RuntimeError(
            f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}"
        )
    if right and side == "left":
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side "
            "of left while right was True"
        )
    x = cast(input, table.dtype)
    if table.ndim != 1 and x.shape[:-1] != table.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the "
            "first N-1 dimensions of boundaries tensor and input value tensor must "
            f"match, but we got boundaries tensor {list(table.shape)} and input value "
            f"tensor {list(x.shape)}"
        )
    out = F.searchsorted(table, x, right=right or side == "right")
    return cast(out, _index_type(out_int32))


@row(method=False)
def bucketize(
    input: Any, boundaries: Payload, *, out_int32: bool = False, right: bool = False
) -> Payload:
    if boundaries.ndim != 1:
        raise RuntimeError(
            f"boundaries tensor must be 1 dimension, but got dim({boundaries.ndim})"
        )
    out = F.searchsorted(boundaries, cast(input, boundaries.dtype), right=right)
    return cast(out, _index_type(out_int32))


@row(method=False)
def isin(
    elements: Any,
    test_elements: Any,
    *,
    assume_unique: bool = False,
    invert: bool = False,
) -> Payload:
    return np.asarray(np.isin(elements, test_elements, invert=invert))


@row(label="Unique2Backward0")
def unique(
    input: Payload,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Any = None,
) -> Any:
    refuse(input, "c", "unique")
    axis = None if dim is None else checked_dim(dim, input.ndim)
    values, first, inverse, counts = selection.unique(input, axis=axis)
    if type(input) is not np.ndarray:
        flat = F.reshape(input, shape=(int(np.prod(input.shape)),))
        values = F.refuse_derivative(
            F.gather(flat, first)
            if axis is None
            else F.gather(input, first, axis=axis),
            name="_unique2",
        )
    return _some(values, (inverse, return_inverse), (counts, return_counts))


def _some(first: Any, *more: tuple[Any, bool]) -> Any:
    extra = tuple(x for x, wanted in more if wanted)
    return (first, *extra) if extra else first


@row
def unique_consecutive(
    input: Payload,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Any = None,
) -> Any:
    axis = None if dim is None else checked_dim(dim, input.ndim)
    values, inverse, counts = selection.unique_consecutive(input, axis=axis)
    return _some(values, (inverse, return_inverse), (counts, return_counts))


@row
def nonzero(input: Payload, *, as_tuple: bool = False) -> Any:
    if as_tuple:
        return tuple(np.ascontiguousarray(i) for i in selection.nonzero(input))
    return selection.argwhere(input)


row(lambda input: selection.argwhere(input), name="argwhere")


@row
def cov(
    input: Payload, *, correction: int = 1, fweights: Any = None, aweights: Any = None
) -> Payload:
    x = input if input.ndim > 1 else F.reshape(input, shape=(1, input.size))
    given = [w for w in (fweights, aweights) if w is not None]
    if given:
        each = [F.convert(w, dtype=x.dtype) for w in given]
        w = F.mul(*each) if len(each) == 2 else each[0]
        a = F.ones_like(w) if aweights is None else each[-1]
        out = F.weighted_cov(x, w, a, correction=correction)
    else:
        out = F.cov(x, correction=correction)
    return Named(
        out if input.ndim > 1 else F.reshape(out, shape=()), "SqueezeBackward0"
    )


@row(label="ClampBackward1")
def corrcoef(input: Payload) -> Payload:
    return F.corrcoef(input)


@row(inplace=True)
def renorm(input: Payload, p: float, dim: int, maxnorm: float) -> Payload:
    return F.renorm(
        input, axis=checked_dim(dim, input.ndim), ord=float(p), bound=float(maxnorm)
    )


@row(method=False)
def cdist(
    x1: Payload = None,
    x2: Payload = None,
    p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Payload:
    if x1.shape[-1] != x2.shape[-1]:
        raise RuntimeError(
            "X1 and X2 must have the same number of columns. X1: "
            f"{x1.shape[-1]} X2: {x2.shape[-1]}"
        )
    return F.cdist(x1, x2, ord=float(p))


@row(method=False)
def pdist(input: Payload, p: float = 2.0) -> Payload:
    return F.pdist(input, ord=float(p))


@row(method=False, label="SumBackward1")
def cosine_similarity(
    x1: Payload, x2: Payload, dim: int = 1, eps: float = 1e-8
) -> Payload:
    x, y = operands(x1, x2)
    rank = len(check_broadcast(x.shape, y.shape))
    return F.cosine_similarity(x, y, axis=checked_dim(dim, rank), eps=eps)
