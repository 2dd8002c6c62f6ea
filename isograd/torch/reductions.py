"""Reductions, scans, order statistics: `dim`, `keepdim` and `dtype` as PyTorch's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.torch import dtypes
from isograd.torch.call import (
    Named,
    Values,
    as_int,
    cast,
    copy_of,
    dims_of,
    floating,
    is_payload,
    operands,
    refuse,
    truth,
)
from isograd.torch.dtypes import of_numpy
from isograd.torch.table import row
from isograd.torch.tensor import checked_dim

F = BOUND
_ALL = object()  # no `dim` was given


def _kept(out: Payload, x: Payload, axes: Sequence[int], keepdim: bool) -> Payload:
    """Reduced axes put back with length one."""
    if not keepdim:
        return out
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    return out if out.shape == shape else F.reshape(out, shape=shape)


def one_dim(name: str, dim: Any, rank: int) -> int:
    if isinstance(dim, tuple | list | float | str) or dim is None:
        raise TypeError(
            f"{name}(): argument 'dim' must be int, not {type(dim).__name__}"
        )
    return checked_dim(as_int(dim), rank)


def _as_dtype(x: Payload, dtype: Any) -> Payload:
    return x if dtype is None else cast(x, dtypes.as_dtype(dtype).np)


# --- sums and means -------------------------------------------------------------------


def _summable(x: Payload, dtype: Any) -> Payload:
    if dtype is not None:
        return cast(x, dtypes.as_dtype(dtype).np)
    return cast(x, np.dtype(np.int64)) if x.dtype.kind in "iub" else x


def _reduce_sum(name: str, camel: str) -> None:
    def body(
        input: Payload, dim: Any = _ALL, keepdim: bool = False, *, dtype: Any = None
    ) -> Payload:
        x = _summable(input, dtype)
        if type(keepdim) is not bool:
            raise TypeError(
                f"{name}(): argument 'keepdim' (position 2) must be bool, "
                f"not {type(keepdim).__name__}"
            )
        axes = dims_of(None if dim is _ALL else dim, x.ndim)
        out = _kept(getattr(F, name)(x, axes=axes), x, axes, keepdim)
        label = f"{camel}Backward{int(dim is not _ALL)}"
        return Named(out, "NansumBackward0" if name == "nansum" else label)

    row(body, name=name)


_reduce_sum("sum", "Sum")
_reduce_sum("nansum", "Nansum")


@row
def mean(
    input: Payload, dim: Any = _ALL, keepdim: bool = False, *, dtype: Any = None
) -> Payload:
    x = _as_dtype(input, dtype)
    if x.dtype.kind in "iub":
        raise RuntimeError(
            "mean(): could not infer output dtype. Input dtype must be either a "
            f"floating point or complex dtype. Got: {of_numpy(x.dtype).scalar_type}"
        )
    axes = dims_of(None if dim is _ALL else dim, x.ndim)
    out = _kept(F.mean(x, axes=axes), x, axes, keepdim)
    return Named(out, f"MeanBackward{int(dim is not _ALL)}")


@row(label="DivBackward0")
def nanmean(
    input: Payload, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Payload:
    x = _as_dtype(input, dtype)
    if x.dtype.kind in "iub":
        raise RuntimeError(
            "nanmean(): expected input to have floating point or "
            "complex dtype but got "
            f"{of_numpy(x.dtype).scalar_type}"
        )
    axes = dims_of(dim, x.ndim)
    return _kept(F.nanmean(x, axes=axes), x, axes, keepdim)


@row
def prod(
    input: Payload, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Payload:
    x = _summable(input, dtype)
    axes = (
        tuple(range(x.ndim))
        if dim is None
        else (one_dim("prod", dim, x.ndim),)
        if x.ndim
        else ()
    )
    if dim is not None:
        one_dim("prod", dim, x.ndim)
    out = _kept(F.prod(x, axes=axes), x, axes, keepdim)
    return Named(out, f"ProdBackward{int(dim is not None)}")


def _spread(name: str) -> None:
    """std, var and their pairs with the mean."""
    pair = name.endswith("_mean")

    def body(
        input: Payload,
        dim: Any = None,
        unbiased: Any = None,
        keepdim: bool = False,
        *,
        correction: Any = None,
    ) -> Any:
        if isinstance(dim, bool):
            dim, unbiased = None, dim
        if input.dtype.kind in "iub":
            word = name if pair else "std and var"
            raise RuntimeError(f"{word} only support floating point and complex dtypes")
        if correction is None:
            correction = 1 if unbiased in (None, True) else 0
        axes = dims_of(dim, input.ndim)
        out = getattr(F, name)(input, axes=axes, correction=correction)
        if not pair:
            return _kept(out, input, axes, keepdim)
        return tuple(_kept(o, input, axes, keepdim) for o in out)

    row(body, name=name, method=not pair)


for _name in ("std", "var", "std_mean", "var_mean"):
    _spread(_name)


@row
def logsumexp(input: Payload, dim: Any, keepdim: bool = False) -> Payload:
    x = floating(input)
    axes = dims_of(dim, x.ndim)
    return _kept(F.logsumexp(x, axes=axes), x, axes, keepdim)


@row(label="LinalgVectorNormBackward0")
def norm(
    input: Payload,
    p: Any = "fro",
    dim: Any = None,
    keepdim: bool = False,
    out: Any = None,
    dtype: Any = None,
) -> Payload:
    x = _as_dtype(input, dtype)
    if x.dtype.kind in "iub":
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. "
            f"Got {of_numpy(x.dtype).scalar_type}"
        )
    if p == "nuc":
        return Named(F.sum(F.svdvals(x), axes=(x.ndim - 2,)), "SumBackward1")
    axes = dims_of(dim, x.ndim)
    ord = 2.0 if p in ("fro", None) else float(p)
    return _kept(F.norm(x, axes=axes, ord=ord, safe=True), x, axes, keepdim)


@row
def dist(input: Payload, other: Payload, p: float = 2) -> Payload:
    x, y = operands(input, other)
    return F.dist(x, y, ord=float(p))


# --- logic and counts -----------------------------------------------------------------


def _quantifier(name: str) -> None:
    def body(input: Payload, dim: Any = None, keepdim: bool = False) -> Payload:
        axes = dims_of(dim, input.ndim)
        out = _kept(getattr(F, name)(truth(input), axes=axes), input, axes, keepdim)
        return cast(out, np.dtype(np.uint8)) if input.dtype == np.uint8 else out

    row(body, name=name)


_quantifier("all")
_quantifier("any")


@row
def count_nonzero(input: Payload, dim: Any = None) -> Payload:
    axes = dims_of(dim, input.ndim)
    return F.sum(cast(truth(input), np.dtype(np.int64)), axes=axes)


# --- extrema --------------------------------------------------------------------------


def _no_identity(name: str, x: Payload, dim: Any) -> None:
    if not x.shape or 0 not in x.shape:
        return
    if dim is None:
        raise RuntimeError(
            f"{name}(): Expected reduction dim to be specified for input.numel() == 0. "
            "Specify the reduction dim with the 'dim' argument."
        )
    for d in dim if isinstance(dim, tuple | list) else (dim,):
        d = checked_dim(d, x.ndim)
        if not x.shape[d]:
            raise IndexError(
                f"{name}(): Expected reduction dim {d} to have non-zero size."
            )


def _extremum(name: str, pairwise: str) -> None:
    camel = name.capitalize()

    def body(input: Payload, dim: Any = None, keepdim: bool = False, **kw: Any) -> Any:
        other = kw.pop("other", None)
        if other is not None or (is_payload(dim) and dim.ndim + input.ndim):
            x, y = operands(input, dim if other is None else other)
            label = f"{pairwise.capitalize()}Backward0"
            return Named(getattr(F, pairwise)(x, y), label)
        if isinstance(dim, tuple | list):
            raise TypeError(
                f"{name}() received an invalid combination of arguments - got (Tensor, "
                f"dim=tuple), but expected one of:\n * (Tensor input, *, Tensor out = "
                f"None)\n * (Tensor input, Tensor other, *, Tensor out = None)\n * "
                "(Tensor input, int dim, bool keepdim = False, *, tuple of Tensors out "
                "= None)\n * (Tensor input, name dim, bool keepdim = False, *, tuple "
                "of "
                "Tensors out = None)\n"
            )
        if input.dtype.kind == "c":
            if dim is not None:
                raise RuntimeError(f"{name}(): does not support complex input")
            refuse(input, "c", f"{name}_all")
        _no_identity(name, input, dim)
        if dim is None:
            axes = tuple(range(input.ndim))
            return Named(getattr(F, name)(input, axes=axes), f"{camel}Backward1")
        return _along(input, getattr(F, f"{name}_along"), name, dim, keepdim)

    row(body, name=name, label=f"{camel}Backward0")


def _along(
    x: Payload, fn: Callable[..., Any], name: str, dim: Any, keepdim: bool, **kw: Any
) -> Values:
    """(values, indices) along one axis; rank zero counts as one element."""
    d = one_dim(name, dim, x.ndim)
    if not x.ndim:
        return Values(name, "values indices", (copy_of(x), np.zeros((), np.int64)))
    values, places = fn(x, axis=d, **kw)
    return Values(
        name,
        "values indices",
        tuple(_kept(o, x, (d,), keepdim) for o in (values, places)),
    )


_extremum("max", "maximum")
_extremum("min", "minimum")


def _amount(name: str) -> None:
    def body(input: Payload, dim: Any = (), keepdim: bool = False) -> Payload:
        refuse(input, "c", f"{name[1:]}_values_cpu")
        _no_identity(name, input, None if dim in ((), None) else dim)
        axes = dims_of(dim, input.ndim)
        out = getattr(F, name[1:])(input, axes=axes)
        return _kept(out, input, axes, keepdim)

    row(body, name=name)


_amount("amax")
_amount("amin")


@row
def aminmax(input: Payload, *, dim: Any = None, keepdim: bool = False) -> Values:
    refuse(input, "c", "aminmax_cpu")
    if dim is None and 0 in input.shape:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension "
            "as the operation has no identity."
        )
    d = None if dim is None else one_dim("aminmax", dim, input.ndim)
    if d is not None and input.ndim and not input.shape[d]:
        raise IndexError(_empty_dim("aminmax", d, ""))
    axes = dims_of(None if d is None or not input.ndim else d, input.ndim)
    return Values(
        "aminmax",
        "min max",
        tuple(
            _kept(fn(input, axes=axes), input, axes, keepdim) for fn in (F.min, F.max)
        ),
    )


def _position(name: str) -> None:
    def body(input: Payload, dim: Any = None, keepdim: bool = False) -> Payload:
        if input.dtype.kind in "bc":
            word = "bool" if input.dtype.kind == "b" else "complex"
            raise RuntimeError(f"{name}(): does not support {word} input")
        if dim is None:
            if 0 in input.shape:
                raise IndexError(
                    f"{name}(): Expected reduction dim to be specified "
                    "for "
                    "input.numel() == 0."
                )
            flat = F.reshape(input, shape=(int(np.prod(input.shape)),))
            out = getattr(F, name)(flat, axis=0)
            return _kept(out, input, range(input.ndim), keepdim)
        d = one_dim(name, dim, input.ndim)
        if not input.ndim:
            return np.zeros((), np.int64)
        if not input.shape[d]:
            raise IndexError(
                f"{name}(): Expected reduction dim {d} to have non-zero size."
            )
        return _kept(getattr(F, name)(input, axis=d), input, (d,), keepdim)

    row(body, name=name)


_position("argmax")
_position("argmin")


@row(label="MedianBackward0")
def median(input: Payload, dim: Any = None, keepdim: bool = False) -> Any:
    return _median(input, dim, keepdim, "median")


@row(label="NanmedianBackward0")
def nanmedian(input: Payload, dim: Any = None, keepdim: bool = False) -> Any:
    return _median(input, dim, keepdim, "nanmedian")


def _median(x: Payload, dim: Any, keepdim: bool, name: str) -> Any:
    skip = name == "nanmedian"
    refuse(x, "bc", "median_cpu")
    if dim is None:
        if 0 in x.shape:
            return F.mean(x, axes=tuple(range(x.ndim)))  # nan
        return F.median_of_all(x, skip_nan=skip)
    _check_size(x, dim, name)
    out = _along(x, F.median, name, dim, keepdim, skip_nan=skip)
    return Named(out, f"{name.capitalize()}Backward1")


@row
def mode(input: Payload, dim: Any = -1, keepdim: bool = False) -> Values:
    refuse(input, "c", "mode_cpu")
    _check_size(input, dim, "mode")
    return _along(input, F.mode, "mode", dim, keepdim)


def _empty_dim(name: str, d: int, call: str = "()") -> str:
    return f"{name}{call}: Expected reduction dim {d} to have non-zero size."


def _check_size(x: Payload, dim: int, name: str) -> None:
    d = one_dim(name, dim, x.ndim)
    if x.ndim and not x.shape[d]:
        raise IndexError(_empty_dim(name, d))


@row
def kthvalue(input: Payload, k: int, dim: int = -1, keepdim: bool = False) -> Values:
    _check_size(input, dim, "kthvalue")
    d = checked_dim(dim, input.ndim)
    n = input.shape[d] if input.ndim else 1
    if not 1 <= k <= n:
        raise RuntimeError(
            f"kthvalue(): selected number k out of range for dimension {d}"
        )
    return _along(input, F.kthvalue, "kthvalue", dim, keepdim, k=k - 1)


@row
def topk(
    input: Payload, k: Any, dim: int = -1, largest: bool = True, sorted: bool = True
) -> Values:
    if input.dtype.kind in "bc":
        word = "bool" if input.dtype.kind == "b" else "complex"
        raise RuntimeError(f"topk does not support {word} dtypes on CPU")
    d, k = checked_dim(dim, input.ndim), as_int(k)
    n = input.shape[d] if input.ndim else 1
    if not 0 <= k <= n:
        raise RuntimeError("selected index k out of range")
    if not input.ndim:
        return Values(
            "topk", "values indices", (copy_of(input), np.zeros((), np.int64))
        )
    return Values(
        "topk", "values indices", F.topk(input, axis=d, k=k, largest=bool(largest))
    )


@row
def sort(
    input: Payload, dim: Any = -1, descending: bool = False, stable: bool = False
) -> Values:
    if input.dtype.kind == "c":
        raise RuntimeError(" Sort does not support complex dtypes on CPU")
    d = one_dim("sort", dim, input.ndim)
    if not input.ndim:
        return Values(
            "sort", "values indices", (copy_of(input), np.zeros((), np.int64))
        )
    return Values(
        "sort", "values indices", F.sort(input, axis=d, descending=bool(descending))
    )


@row
def argsort(
    input: Payload, dim: Any = -1, descending: bool = False, stable: bool = False
) -> Payload:
    d = one_dim("argsort", dim, input.ndim)
    if not input.ndim:
        return np.zeros((), np.int64)
    return F.argsort(input, axis=d, descending=bool(descending))


row(
    lambda input: F.sort(input, axis=0, descending=False)[0],
    name="msort",
    label="SortBackward0",
)
