"""Reductions over axes.

Most are functions whose derivative weighs each element: the cotangent of x is g times
a weight w(x, out), and a tangent is the sum of t w.  `reduction` records such a one.
Rules put reduced axes back with size 1 (`kept`); elementwise functions broadcast.
Half precision is accumulated in single precision, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf, prod
from typing import Any

import numpy as np

from isograd.base import rounding
from isograd.base.dtypes import BOOL, F32, F64, I64, real_of
from isograd.core.families import linear
from isograd.core.large import by_size
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite
from isograd.core.structural import direct_sum, sum_impl

Shape = tuple[int, ...]
Array = np.ndarray


def reduced_shape(shape: Shape, axes: Shape) -> Shape:
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def moved_axes(axes: Shape) -> Shape:
    """The same axes behind a batch axis."""
    return tuple(a + 1 for a in axes)


@composite
def kept(F: Namespace, x: Payload, shape: Shape, axes: Shape) -> Payload:
    """A result with the reduced `axes` of `shape` put back with size 1."""
    return F.reshape(x, shape=tuple(1 if i in axes else n for i, n in enumerate(shape)))


def _samples(rng: np.random.Generator, params: dict[str, Any]) -> Any:
    """Positive elements (all functions here are smooth there) and mixed signs."""
    yield (rng.normal(size=(2, 3)),), {"axes": (1,), **params}
    yield (rng.uniform(0.5, 2.0, (3, 2, 2)),), {"axes": (0, 2), **params}
    yield (rng.uniform(0.5, 2.0, (3,)),), {"axes": (0,), **params}
    yield (rng.normal(size=(0, 3)),), {"axes": (1,), **params}


def wide_impl(impl: Callable[..., Any]) -> Callable[..., Any]:
    """`impl` with half precision computed in single precision."""

    def call(x: Array, **params: Any) -> Array:
        half = x.dtype.kind in "fV" and x.dtype.itemsize == 2
        out = impl(x.astype(F32), **params) if half else impl(x, **params)
        return np.asanyarray(out, x.dtype if half else None)

    call.plain = impl  # type: ignore[attr-defined]  # justified: read by `core.plans`
    return call


def wide_steps(steps: Callable[..., Any]) -> Callable[..., Any]:
    """`steps` with half precision computed in single precision; none for no elements."""

    def call(F: Namespace, x: Payload, **params: Any) -> Payload | None:
        if 0 in x.shape:
            return None
        half = x.dtype.kind in "fV" and x.dtype.itemsize == 2
        out = steps(F, F.convert(x, dtype=F32) if half else x, **params)
        return F.convert(out, dtype=x.dtype) if half and out is not None else out

    return call


def reduction(
    name: str,
    impl: Callable[..., Any],
    weight: Callable[..., Payload],
    *,
    reads: tuple[int, ...] = (0, -1),
    kinds: str = "f",
    real: bool = False,
    params: tuple[dict[str, Any], ...] = ({},),
    steps: Callable[..., Payload | None] | None = None,
    doc: str = "",
) -> Primitive:
    """Record a reduction over `axes` by the weight of its derivative.

    Args:
        impl: `(x, *, axes, **params)`; half precision arrives as float32.
        weight: `(F, x, out, *, axes, **params)`, of x's shape; the axes of `out` have
            been put back with size 1.  Operands that `reads` leaves out are None.
        real: whether a complex operand gives a real result; w is then the derivative
            in PyTorch's sense, 2 df/d(conj x), and tangents are Re sum(conj(w) t).
        params: sets of further parameters of the samples.
        steps: as in `Primitive`; half precision arrives as float32, never empty.
    """

    def weigh(F: Namespace, x: Payload, out: Payload, shape: Shape, p: Any) -> Payload:
        full = None if out is None else F.kept(out, shape, p["axes"])
        return weight(F, x, full, **p)

    def vjp(F: Namespace, g: Payload, saved: Any, needs: Any, **p: Any) -> Any:
        shape = needs[0].shape
        x, out = saved or (None, None)
        w = weigh(F, x, out, shape, p)
        if w.dtype.kind == "c":
            g = F.convert(g, dtype=w.dtype)
            w = w if real else F.conj(w)
        return (F.mul(F.kept(g, shape, p["axes"]), w),)

    def jvp(F: Namespace, primals: Any, tangents: Any, out: Any, **p: Any) -> Payload:
        (x,), (t,) = primals, tangents
        w = weigh(F, x, F.convert(out, dtype=x.dtype), x.shape, p)
        if real and w.dtype.kind == "c":
            return F.real(F.sum(F.mul(t, F.conj(w)), axes=p["axes"]))
        return F.sum(F.mul(t, w), axes=p["axes"])

    def abstract(x: Aval, *, axes: Shape, **_: Any) -> Aval:
        return Aval(reduced_shape(x.shape, axes), real_of(x.dtype) if real else x.dtype)

    prim = Primitive(
        name,
        wide_impl(impl),
        abstract=abstract,
        vjp=vjp,
        jvp=jvp,
        batch=partial(_batch, name),
        reads=(reads,),
        kinds=kinds,
        doc=doc,
        samples=lambda rng: [s for p in params for s in _samples(rng, p)],
    )
    prim.steps = steps and wide_steps(steps)
    return by_size(prim)


def _batch(
    name: str, F: Namespace, args: Any, batched: Any, size: int, **p: Any
) -> Payload:
    return getattr(F, name)(args[0], **{**p, "axes": moved_axes(p["axes"])})


def _share(F: Namespace, x: Payload, out: Payload, *, axes: Shape) -> Payload:
    """The derivative of max: ties share it evenly, as PyTorch's amax has it."""
    hits = F.convert(F.eq(x, out), dtype=x.dtype)
    return F.div(hits, F.kept(F.sum(hits, axes=axes), x.shape, axes))


max_ = reduction(
    "max", lambda x, axes: np.maximum.reduce(x, axis=axes), _share, kinds="fib"
)
min_ = reduction(
    "min", lambda x, axes: np.minimum.reduce(x, axis=axes), _share, kinds="fib"
)


def _mean_impl(x: Array, *, axes: Shape) -> Array:
    count = prod(x.shape[a] for a in axes)
    out = sum_impl(x, axes=axes)
    return np.true_divide(out, count, out=...)


def _mean_steps(F: Namespace, x: Payload, axes: Shape) -> Payload:
    count = prod(x.shape[a] for a in axes)
    return F.div(F.sum(x, axes=axes), float(count))


mean = linear(
    "mean",
    wide_impl(_mean_impl),
    abstract=lambda x, axes: Aval(reduced_shape(x.shape, axes), x.dtype),
    # divided last: the result is an array of its own, as PyTorch has it
    adjoint=lambda F, g, operand, axes: F.div(
        F.expand(g, operand, axes), float(prod(operand[a] for a in axes))
    ),
    lift=lambda size, operand, axes: {"axes": moved_axes(axes)},
    samples=lambda rng: _samples(rng, {}),
)
mean.steps = wide_steps(_mean_steps)


def _direct_mean(x: Aval, axes: Shape) -> Any:
    total = direct_sum(x, axes)
    if total is None or x.dtype.kind not in "fc":
        return None
    count = prod(x.shape[a] for a in axes)
    return lambda a: total(a) / count


mean.direct = _direct_mean


def _logsumexp_impl(x: Array, *, axes: Shape) -> Array:
    top = np.maximum.reduce(x, axis=axes, keepdims=True, initial=-inf)
    top = np.where(np.isfinite(top), top, 0)
    total = np.add.reduce(rounding.exp(x - top), axis=axes)
    return rounding.log(np.asanyarray(total)) + top.reshape(total.shape)


def _logsumexp_steps(F: Namespace, x: Payload, axes: Shape) -> Payload:
    top = F.max(x, axes=axes)
    top = F.where(F.isfinite(top), top, 0.0)
    total = F.sum(F.exp(F.sub(x, F.kept(top, x.shape, axes))), axes=axes)
    return F.add(F.log(total), top)


logsumexp = reduction(
    "logsumexp",
    _logsumexp_impl,
    lambda F, x, out, axes: F.exp(F.sub(x, out)),
    steps=_logsumexp_steps,
)


mean_square = reduction(
    "mean_square",
    lambda x, axes: _mean_impl(np.square(x), axes=axes),
    lambda F, x, out, axes: F.mul(x, 2.0 / max(1, prod(x.shape[a] for a in axes))),
    reads=(0,),
    steps=lambda F, x, axes: F.mean(F.mul(x, x), axes=axes),
)

# --- products: exact where elements are zero, at every order --------------------------


def _prod_weight(F: Namespace, x: Payload, out: Payload, *, axes: Shape) -> Payload:
    """The product of the other elements."""
    if type(x) is np.ndarray and x.all():
        return F.div(F.kept(F.prod(x, axes=axes), x.shape, axes), x)
    others = tuple(i for i in range(x.ndim) if i not in axes)
    order = others + axes
    rows = F.transpose(x, axes=order)
    n, shape = len(others), rows.shape
    rows = F.reshape(rows, shape=(*shape[:n], prod(shape[n:])))
    before = F.exclusive_cumprod(rows, axis=n, reverse=False)
    around = F.mul(before, F.exclusive_cumprod(rows, axis=n, reverse=True))
    back = tuple(int(i) for i in np.argsort(order))
    return F.transpose(F.reshape(around, shape=shape), axes=back)


prod_ = reduction(
    "prod",
    lambda x, axes: np.multiply.reduce(x, axis=axes, dtype=x.dtype),
    _prod_weight,
    reads=(0,),
    kinds="fci",
)


# --- moments --------------------------------------------------------------------------


def _var_impl(x: Array, *, axes: Shape, correction: float) -> Array:
    """In double precision, as PyTorch accumulates it."""
    count = prod(x.shape[a] for a in axes)
    wide = x.astype(np.result_type(x.dtype, np.float64), copy=False)
    off = wide - np.add.reduce(wide, axis=axes, keepdims=True) / max(count, 1)
    total = np.add.reduce((off * off.conj()).real, axis=axes)
    out = total / np.maximum(np.float64(count - correction), 0)
    return out.astype(real_of(x.dtype))


def _var_steps(
    F: Namespace, x: Payload, axes: Shape, correction: float
) -> Payload | None:
    if x.dtype.kind != "f":
        return None
    wide = F.convert(x, dtype=F64)
    off = F.sub(wide, F.kept(F.mean(wide, axes=axes), x.shape, axes))
    count = max(prod(x.shape[a] for a in axes) - correction, 0)
    out = F.div(F.sum(F.mul(off, off), axes=axes), float(count))
    return F.convert(out, dtype=x.dtype)


def _direct_var(x: Aval, axes: Shape, correction: float, root: bool = False) -> Any:
    if x.dtype.kind != "f" or x.dtype.itemsize < 4:
        return None
    count = prod(x.shape[a] for a in axes)
    below, mean_of = max(count - correction, 0), max(count, 1)
    total = np.add.reduce
    if not below or not axes:
        return None

    def call(a: Array) -> Any:
        off = a.astype(F64)
        off -= total(off, axes, keepdims=True) / mean_of
        off *= off
        out = (total(off, axes) / below).astype(x.dtype)
        return np.sqrt(out) if root else out

    return call


def _std_impl(x: Array, *, axes: Shape, correction: float) -> Array:
    return np.sqrt(_var_impl(x, axes=axes, correction=correction))


def _centred(F: Namespace, x: Payload, axes: Shape, correction: float) -> Payload:
    """2 (x - mean) / (n - correction)."""
    count = prod(x.shape[a] for a in axes) - correction
    off = F.sub(x, F.kept(F.mean(x, axes=axes), x.shape, axes))
    return F.mul(off, 2.0 / count if count else inf)


def _std_weight(
    F: Namespace, x: Payload, out: Payload, *, axes: Shape, correction: float
) -> Payload:
    """d var / (2 std), 0 where std is 0."""
    out = F.convert(out, dtype=x.dtype)
    w = F.div(_centred(F, x, axes, correction), F.mul(out, 2.0))
    return F.mask(F.ne(out, 0.0), w)


var = reduction(
    "var",
    _var_impl,
    reads=(0,),
    kinds="fc",
    real=True,
    weight=lambda F, x, out, axes, correction: _centred(F, x, axes, correction),
    steps=_var_steps,
    params=({"correction": 0}, {"correction": 1}),
)
std = reduction(
    "std",
    _std_impl,
    _std_weight,
    kinds="fc",
    real=True,
    steps=lambda F, x, **params: (
        None if (v := _var_steps(F, x, **params)) is None else F.sqrt(v)
    ),
    params=({"correction": 0}, {"correction": 1}),
)
var.direct, std.direct = _direct_var, partial(_direct_var, root=True)


@composite
def var_mean(
    F: Namespace, x: Payload, *, axes: Shape, correction: float
) -> tuple[Payload, Payload]:
    return F.var(x, axes=axes, correction=correction), F.mean(x, axes=axes)


@composite
def std_mean(
    F: Namespace, x: Payload, *, axes: Shape, correction: float
) -> tuple[Payload, Payload]:
    return F.std(x, axes=axes, correction=correction), F.mean(x, axes=axes)


# --- norms ----------------------------------------------------------------------------


def _norm_impl(x: Array, *, axes: Shape, ord: float, safe: bool) -> Array:
    size = np.abs(x)
    if ord == 0:
        return np.add.reduce(size != 0, axis=axes, dtype=size.dtype)
    if ord == inf:
        return np.maximum.reduce(size, axis=axes, initial=0)
    if ord == -inf:
        return np.minimum.reduce(size, axis=axes)
    if ord == 1:
        return np.add.reduce(size, axis=axes)
    if ord == 2:
        wide = np.square(size, dtype=np.float64)
        return np.sqrt(np.add.reduce(wide, axis=axes)).astype(size.dtype)
    exponent = np.asarray(ord, size.dtype)
    return np.power(np.add.reduce(size**exponent, axis=axes), 1 / exponent)


def _norm_weight(
    F: Namespace, x: Payload, out: Payload, *, axes: Shape, ord: float, safe: bool
) -> Payload:
    out = F.convert(out, dtype=x.dtype)
    if ord == 0:
        return F.zeros_like(x)
    if ord == 1:
        return F.sgn(x)
    if ord in (inf, -inf):
        size = F.convert(F.abs(x), dtype=x.dtype)
        hits = F.convert(F.eq(size, out), dtype=x.dtype)
        count = F.kept(F.sum(hits, axes=axes), x.shape, axes)
        return F.mul(F.sgn(x), F.div(hits, count))
    if ord == 2:
        w = F.div(x, out)
    else:  # sgn(x) |x|^(p-1) / out^(p-1)
        size = F.convert(F.abs(x), dtype=x.dtype)
        w = F.mul(F.sgn(x), F.power(F.div(size, out), exponent=ord - 1.0))
        if ord < 1:
            w = F.mask(F.ne(size, 0.0), w)
    return F.mask(F.ne(out, 0.0), w) if safe else w


def _norm_steps(
    F: Namespace, x: Payload, *, axes: Shape, ord: float, safe: bool
) -> Payload | None:
    if x.dtype.kind != "f" or ord not in (1, 2, inf, -inf):
        return None
    if ord == 2:
        wide = F.convert(x, dtype=F64)
        return F.convert(F.sqrt(F.sum(F.mul(wide, wide), axes=axes)), dtype=x.dtype)
    reduce = {1: F.sum, inf: F.max, -inf: F.min}[ord]
    return reduce(F.abs(x), axes=axes)


norm = reduction(
    "norm",
    _norm_impl,
    _norm_weight,
    kinds="fc",
    real=True,
    steps=_norm_steps,
    params=tuple({"ord": p, "safe": True} for p in (0, 1, 2, 3.5, 0.5, inf, -inf)),
    doc="The p-norm; `safe`: the derivative at norm 0 is 0 (PyTorch), else nan.",
)


# --- logic and counts -----------------------------------------------------------------


def _logic(name: str, ufunc: np.ufunc) -> Primitive:
    return Primitive(
        name,
        lambda x, axes: np.asanyarray(ufunc.reduce(x, axis=axes)),
        kinds="b",
        abstract=lambda x, axes: Aval(reduced_shape(x.shape, axes), BOOL),
        batch=lambda F, args, batched, size, axes: getattr(F, name)(
            args[0], axes=moved_axes(axes)
        ),
        constant=True,
        samples=lambda rng: _samples(rng, {}),
    )


all_, any_ = _logic("all", np.logical_and), _logic("any", np.logical_or)


@composite
def count_nonzero(F: Namespace, x: Payload, *, axes: Shape) -> Payload:
    return F.sum(F.convert(F.convert(x, dtype=BOOL), dtype=I64), axes=axes)


@composite
def nansum(F: Namespace, x: Payload, *, axes: Shape) -> Payload:
    return F.sum(F.mask(F.logical_not(F.isnan(x)), x), axes=axes)


@composite
def nanmean(F: Namespace, x: Payload, *, axes: Shape) -> Payload:
    there = F.logical_not(F.isnan(x))
    count = F.sum(F.convert(there, dtype=x.dtype), axes=axes)
    return F.div(F.sum(F.mask(there, x), axes=axes), count)
