"""Reductions, scans, sorting and searching along axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.base.dtypes import I64
from isograd.core.primitive import BOUND, Payload
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import axes_of, axis_of, cast, expose, fits, floating, op
from isograd.mindspore.tensor import Tensor

F = BOUND
BOOL = np.dtype(bool)
I32 = np.dtype("int32")
kept = F.kept


def reduced(
    name: str, x: Payload, axis: Any, keepdims: bool, shown: str = "", **params: Any
) -> Payload:
    """A reduction of ours over MindSpore's axes; None and () are all of them.

    Args:
        shown: the function's name in errors, by default the reduction's.
    """
    axes = axes_of(axis, fits(x, name).ndim, shown or name)
    out = getattr(F, name)(x, axes=axes, **params)
    return kept(out, x.shape, axes) if keepdims else out


def _wide(x: Payload, dtype: Any) -> Payload:
    """Integers and bools are summed and multiplied as int64."""
    if dtype is not None:
        return cast(x, dtypes.np_of(dtype))
    return cast(x, I64) if x.dtype.kind in "biu" else x


@op()
def sum(
    input: Payload, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Payload:
    return reduced("sum", _wide(fits(input, "sum"), dtype), dim, keepdim)


def reduce_sum(x: Payload, axis: Any = None, keep_dims: bool = False) -> Payload:
    """ReduceSum keeps the dtype of integers."""
    whole = cast(x, I64) if x.dtype == BOOL else x
    return reduced("sum", whole, axis, keep_dims, "reduce_sum")


op("reduce_sum")(reduce_sum)


@op()
def mean(x: Payload, axis: Any = None, keep_dims: bool = False) -> Payload:
    return _mean_of(x, axis, keep_dims, "mean")


def _mean_of(x: Payload, axis: Any, keep_dims: bool, shown: str) -> Payload:
    if fits(x, shown).dtype.kind in "biu":  # truncated to the operand's dtype
        return cast(reduced("mean", floating(x), axis, keep_dims, shown), x.dtype)
    return reduced("mean", x, axis, keep_dims, shown)


op("reduce_mean")(mean.__wrapped__)


@op()
def prod(
    input: Payload, axis: Any = None, keep_dims: bool = False, dtype: Any = None
) -> Payload:
    return reduced("prod", _wide(input, dtype), axis, keep_dims)


op("reduce_prod")(
    lambda x, axis=None, keep_dims=False: reduced(
        "prod", x, axis, keep_dims, "reduce_prod"
    )
)


@op()
def std(input: Payload, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Any:
    return reduced("std", floating(input), axis, keepdims, correction=int(ddof))


@op()
def var(input: Payload, axis: Any = None, ddof: Any = 0, keepdims: bool = False) -> Any:
    return reduced("var", floating(input), axis, keepdims, correction=int(ddof))


@op()
def std_mean(
    input: Payload, axis: Any = None, ddof: Any = 0, keepdims: bool = False
) -> Any:
    return (
        std.__wrapped__(input, axis, ddof, keepdims),
        mean.__wrapped__(floating(input), axis, keepdims),
    )


@op()
def var_mean(
    input: Payload, axis: Any = None, ddof: Any = 0, keepdims: bool = False
) -> Any:
    return (
        var.__wrapped__(input, axis, ddof, keepdims),
        mean.__wrapped__(floating(input), axis, keepdims),
    )


@op(methods=True)
def logsumexp(input: Payload, axis: Any = None, keep_dims: bool = False) -> Payload:
    return reduced("logsumexp", floating(input), axis, keep_dims)


op("reduce_log_sum_exp")(logsumexp.__wrapped__)

for _name in ("all", "any"):

    def _truth(
        input: Payload, axis: Any = None, keep_dims: bool = False, _name: str = _name
    ) -> Payload:
        return reduced(_name, cast(fits(input, _name), BOOL), axis, keep_dims)

    op(f"{_name} reduce_{_name}", methods=_name)(_truth)


@op()
def count_nonzero(
    x: Payload, axis: Any = (), keep_dims: bool = False, dtype: Any = dtypes.int32
) -> Payload:
    return cast(reduced("count_nonzero", x, axis, keep_dims), dtypes.np_of(dtype))


@op(methods=True)
def nansum(
    input: Payload, axis: Any = None, keepdims: bool = False, *, dtype: Any = None
) -> Payload:
    return reduced("nansum", _wide(input, dtype), axis, keepdims)


@op()
def nanmean(input: Payload, axis: Any = None, keepdims: bool = False) -> Payload:
    return reduced("nanmean", floating(input), axis, keepdims)


# --- extrema --------------------------------------------------------------------------


def extreme(
    name: str, x: Payload, axis: Any, keep: bool, shown: str = "along"
) -> tuple[Payload, Payload]:
    """(values, indices) along one axis; all of the gradient goes to the first tie."""
    if not x.ndim:
        return x, np.zeros((), I64)
    a = axis_of(axis, x.ndim, f"{name}_{shown}")
    values, at = getattr(F, f"{name}_along")(x, axis=a)
    if keep:
        return kept(values, x.shape, (a,)), kept(at, x.shape, (a,))
    return values, at


def _extreme_function(name: str) -> Callable[..., Any]:
    def function(
        input: Payload,
        axis: Any = None,
        keepdims: bool = False,
        *,
        initial: Any = None,
        where: Any = None,
    ) -> Any:
        if axis is None:
            return reduced(name, input, None, False), np.zeros((), I64)
        return extreme(name, input, axis, keepdims)

    function.__name__ = name
    return function


max = op("max")(_extreme_function("max"))
min = op("min")(_extreme_function("min"))
op("amax reduce_max", methods="amax")(
    lambda input, axis=None, keepdims=False: reduced("max", input, axis, keepdims)
)
op("amin reduce_min", methods="amin")(
    lambda input, axis=None, keepdims=False: reduced("min", input, axis, keepdims)
)


def _argument(name: str) -> Callable[..., Any]:
    def function(input: Payload, dim: Any = None, keepdim: bool = False) -> Payload:
        if dim is None:
            x = F.reshape(input, shape=(input.size,))
            return cast(getattr(F, name)(x, axis=0), d)
        a = axis_of(dim, input.ndim, name)
        out = cast(getattr(F, name)(input, axis=a), d)
        return kept(out, input.shape, (a,)) if keepdim else out

    d = I64 if name == "argmax" else I32  # as the kernels have it
    function.__name__ = name
    return function


argmax, argmin = op("argmax")(_argument("argmax")), op("argmin")(_argument("argmin"))


@op()
def median(input: Payload, axis: Any = -1, keepdims: bool = False) -> Any:
    """The lower of the middle values, and its index."""
    if not input.ndim:
        return input, np.zeros((), I64)
    a = axis_of(axis, input.ndim, "median")
    out = F.median(input, axis=a)
    return tuple(kept(o, input.shape, (a,)) for o in out) if keepdims else out


# --- scans ----------------------------------------------------------------------------


@op()
def cumsum(x: Payload, axis: Any, dtype: Any = None) -> Payload:
    x = x if dtype is None else cast(x, dtypes.np_of(dtype))
    if x.dtype.kind == "b":
        x = cast(x, I64)
    return F.cumsum(x, axis=axis_of(axis, x.ndim, "cumsum"), reverse=False)


@op()
def cumprod(input: Payload, dim: Any, dtype: Any = None) -> Payload:
    x = input if dtype is None else cast(input, dtypes.np_of(dtype))
    return F.cumprod(x, axis=axis_of(dim, x.ndim, "cumprod"), reverse=False)


for _name in ("cummax", "cummin"):

    def _running(input: Payload, axis: Any, _name: str = _name) -> Any:
        a = axis_of(axis, input.ndim, _name)
        values, at = getattr(F, _name)(input, axis=a)
        return values, (at if _name == "cummax" else cast(at, I32))

    op(_name, methods=True)(_running)


@op(methods=True)
def logcumsumexp(input: Payload, axis: Any) -> Payload:
    return F.logcumsumexp(input, axis=axis_of(axis, input.ndim, "logcumsumexp"))


# --- sorting --------------------------------------------------------------------------


@op()
def sort(input_x: Payload, axis: Any = -1, descending: bool = False) -> Any:
    a = axis_of(axis, input_x.ndim, "sort")
    values, at = F.sort(input_x, axis=a, descending=bool(descending))
    return values, cast(at, I32)


@op(methods=True)
def argsort(input: Payload, axis: Any = -1, descending: bool = False) -> Payload:
    a = axis_of(axis, input.ndim, "argsort")
    return cast(F.argsort(input, axis=a, descending=bool(descending)), I32)


@op("topk", methods="topk")
def topk(
    input: Payload, k: Any, dim: Any = None, largest: bool = True, sorted: bool = True
) -> Any:
    a = axis_of(-1 if dim is None else dim, input.ndim, "topk")
    n = int(k)
    if not 0 < n <= input.shape[a]:
        raise ValueError(
            f"For primitive[TopK], the k must be in (0,{input.shape[a]}], but got {n}."
        )
    values, order = F.topk(input, axis=a, k=n, largest=bool(largest))
    return values, cast(order, I32)


@op()
def msort(input: Payload) -> Payload:
    return F.sort(input, axis=0, descending=False)[0]


_MATRIX_ORDERS = (2, -2, 1, -1, float("inf"), -float("inf"), "fro", "nuc", None)

# --- norms ----------------------------------------------------------------------------


@op()
def norm(
    A: Payload,
    ord: Any = None,
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Payload:
    x = floating(A) if dtype is None else cast(A, dtypes.np_of(dtype))
    if x.ndim < 2 and isinstance(ord, str):
        raise TypeError(
            f"For norm, ord mode can not be str for vectors, but got {ord}."
        )
    if x.ndim == 2 and dim is None and ord not in _MATRIX_ORDERS:
        raise ValueError(
            "For norm, the ord mode must be in [2, -2, 1, -1, float('inf'), "
            f"-float('inf'), 'fro', 'nuc', None] for matrices, but got {ord}."
        )
    if ord in ("fro", None):
        ord = 2.0
    elif ord == "nuc" or (
        x.ndim == 2 if dim is None else not isinstance(dim, int) and len(dim) == 2
    ):
        from isograd.mindspore.ops.linalg import matrix_norm_of

        return matrix_norm_of(x, ord, dim, keepdim)
    return reduced("norm", x, dim, keepdim, ord=float(ord), safe=False)


expose(norm, [], "norm")


@op()
def vector_norm(
    x: Payload,
    ord: Any = 2,
    axis: Any = None,
    keepdims: bool = False,
    *,
    dtype: Any = None,
) -> Payload:
    x = floating(x) if dtype is None else cast(x, dtypes.np_of(dtype))
    return reduced("norm", x, axis, keepdims, ord=float(ord), safe=False)


@op("renorm", methods="renorm")
def renorm(input: Payload, p: Any, axis: int, maxnorm: Any) -> Payload:
    return F.renorm(
        input,
        axis=axis_of(axis, input.ndim, "renorm"),
        ord=float(p),
        bound=float(maxnorm),
    )


@op("l2_normalize")
def l2_normalize(x: Payload, axis: Any = 0, epsilon: float = 1e-4) -> Payload:
    a = axes_of(axis, x.ndim, "L2Normalize")
    size = kept(F.sum(F.mul(x, x), axes=a), x.shape, a)
    return F.div(x, F.sqrt(F.maximum(size, np.asarray(epsilon, x.dtype))))


# --- methods whose arguments differ from the functions' -------------------------------


def _method(name: str) -> Callable[[Callable[..., Any]], Any]:
    return lambda body: setattr(Tensor, name, _public_method(body, name))


def _public_method(body: Callable[..., Any], name: str) -> Any:
    from isograd.mindspore.call import public

    function = public(body, f"Tensor.{name}")
    function.__name__ = name
    return function


@_method("sum")
def _sum(
    self: Payload,
    axis: Any = None,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    *,
    dim: Any = None,
    keepdim: bool = False,
) -> Payload:
    if isinstance(dtype, bool):  # sum(dim, keepdim)
        dtype, keepdim = None, dtype
    out = sum.__wrapped__(
        self, axis if dim is None else dim, keepdims or keepdim, dtype=dtype
    )
    return out if initial is None else F.add(out, initial)


@_method("mean")
def _mean(
    self: Payload,
    axis: Any = None,
    keep_dims: bool = False,
    *,
    dim: Any = None,
    keepdim: bool = False,
    dtype: Any = None,
) -> Payload:
    x = self if dtype is None else cast(self, dtypes.np_of(dtype))
    axis = axis if dim is None else dim
    return _mean_of(x, axis, keep_dims or keepdim, "Tensor.mean")


@_method("prod")
def _prod(
    self: Payload,
    axis: Any = None,
    keep_dims: bool = False,
    dtype: Any = None,
    *,
    dim: Any = None,
    keepdim: bool = False,
) -> Payload:
    return prod.__wrapped__(
        self, axis if dim is None else dim, keep_dims or keepdim, dtype
    )


for _name in ("std", "var"):

    def _spread(
        self: Payload,
        axis: Any = None,
        ddof: Any = 0,
        keepdims: bool = False,
        _name: str = _name,
    ) -> Payload:
        return reduced(_name, floating(self), axis, keepdims, correction=int(ddof))

    _method(_name)(_spread)

for _name in ("max", "min"):

    def _most(
        self: Payload,
        *dims: Any,
        axis: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
        return_indices: bool = False,
        dim: Any = None,
        keepdim: bool = False,
        _name: str = _name,
    ) -> Any:
        """By position: (dim, keepdim), values with indices; by name NumPy's."""
        if dims and isinstance(dims[0], int):
            dim, keepdim = dims[0], keepdim or any(dims[1:])
        elif dims:
            axis, keepdims = dims[0], keepdims or any(dims[1:])
        if dim is not None:
            return extreme(_name, self, dim, keepdim or keepdims, "dim")
        if axis is None:
            return reduced(_name, self, None, keepdims)
        if isinstance(axis, tuple | list):
            return reduced(_name, self, axis, keepdims)
        both = extreme(_name, self, axis, keepdims)
        return both if return_indices else both[0]

    _method(_name)(_most)

for _name in ("argmax", "argmin"):

    def _place(
        self: Payload,
        axis: Any = None,
        keepdims: bool = False,
        *,
        dim: Any = None,
        keepdim: bool = False,
        _name: str = _name,
    ) -> Payload:
        return _argument(_name)(self, axis if dim is None else dim, keepdims or keepdim)

    _method(_name)(_place)


@_method("cumsum")
def _cumsum(
    self: Payload, axis: Any = None, dtype: Any = None, *, dim: Any = None
) -> Payload:
    axis = axis if dim is None else dim
    if axis is None:
        self, axis = F.reshape(self, shape=(self.size,)), 0
    return cumsum.__wrapped__(self, axis_of(axis, self.ndim, "Tensor.cumsum"), dtype)


@_method("cumprod")
def _cumprod(self: Payload, dim: Any, dtype: Any = None) -> Payload:
    return cumprod.__wrapped__(self, dim, dtype)


@_method("sort")
def _sort(
    self: Payload, axis: Any = -1, descending: bool = False, *, dim: Any = None
) -> Any:
    return sort.__wrapped__(self, axis if dim is None else dim, descending)


@_method("median")
def _median(self: Payload, axis: Any = -1, keepdims: bool = False) -> Any:
    return median.__wrapped__(self, axis, keepdims)


@_method("ptp")
def _ptp(self: Payload, axis: Any = None, keepdims: bool = False) -> Payload:
    return F.sub(
        reduced("max", self, axis, keepdims), reduced("min", self, axis, keepdims)
    )


@_method("count_nonzero")
def _count(
    self: Payload, axis: Any = (), keep_dims: bool = False, dtype: Any = dtypes.int32
) -> Payload:
    return count_nonzero.__wrapped__(self, axis, keep_dims, dtype)
