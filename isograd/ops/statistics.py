"""Order statistics, histograms and other summaries of data.

An order statistic is an element: its index is computed by a record without derivative
(argmax, k-th, median, mode...), the element taken by `take_along`, whose adjoint gives
the cotangent to that one element.  Where elements tie, the first one has it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import prod
from operator import methodcaller
from typing import Any

import numpy as np

from isograd.base.arrays import zeros
from isograd.base.dtypes import F32, I64
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite
from isograd.ops.along import has_keys, sort_keys
from isograd.ops.reduce import reduced_shape, reduction

Array = np.ndarray
Shape = tuple[int, ...]


def _comparable(x: Array) -> Array:
    """bfloat16 is compared as float32."""
    return x.astype(F32) if x.dtype.kind == "V" else x


def _row_index(
    name: str,
    impl: Callable[..., Any],
    *,
    keeps: bool = False,
    kinds: str = "fib",
    params: tuple[dict[str, Any], ...] = ({},),
    doc: str = "",
) -> Primitive:
    """Record a function of the rows along `axis` whose results are indices.

    Args:
        impl: `(x, *, axis, **params)` to an integer array.
        keeps: whether the axis stays as it is; else it is removed.
    """

    def abstract(x: Aval, *, axis: int, **_: Any) -> Aval:
        return Aval(x.shape if keeps else reduced_shape(x.shape, (axis,)), I64)

    def batch(F: Namespace, args: Any, batched: Any, size: int, **p: Any) -> Payload:
        return getattr(F, name)(args[0], **{**p, "axis": p["axis"] + 1})

    return Primitive(
        name,
        lambda x, **p: np.asarray(impl(_comparable(x), **p), np.int64),
        abstract=abstract,
        batch=batch,
        constant=True,
        kinds=kinds,
        doc=doc,
        samples=lambda rng: [
            s
            for p in params
            for s in (
                ((rng.normal(size=(3, 4)),), {"axis": 1, **p}),
                ((rng.normal(size=(3, 4)),), {"axis": 0, **p}),
            )
        ],
    )


def _argsort_impl(x: Array, *, axis: int, descending: bool) -> Array:
    """Stable both ways; nan counts as the largest."""
    if has_keys(x, axis):
        return sort_keys(x, axis, descending)[1]
    if not descending:
        return x.argsort(axis, kind="stable")
    turned = (*(slice(None),) * axis, slice(None, None, -1))
    order = x[turned].argsort(axis, kind="stable")
    return np.ascontiguousarray((x.shape[axis] - 1 - order)[turned])


def _kth_impl(x: Array, *, axis: int, k: int) -> Array:
    return np.take(_argsort_impl(x, axis=axis, descending=False), k, axis)


def _median_impl(x: Array, *, axis: int, skip_nan: bool) -> Array:
    """The lower median; a nan if there is one, or without them if `skip_nan`."""
    order = _argsort_impl(x, axis=axis, descending=False)
    nan = np.isnan(x) if x.dtype.kind == "f" else np.zeros(x.shape, bool)
    real = x.shape[axis] - nan.sum(axis, keepdims=True)
    middle = np.maximum(real - 1, 0) // 2
    if not skip_nan:  # nan is sorted behind everything else: `real` is the first one
        middle = np.where(real < x.shape[axis], real, middle)
    return np.take_along_axis(order, middle, axis).squeeze(axis)


def _mode_impl(x: Array, *, axis: int) -> Array:
    """The smallest of the most frequent elements, its last place."""
    order = np.moveaxis(np.argsort(x, axis, kind="stable"), axis, -1)
    ordered = np.take_along_axis(np.moveaxis(x, axis, -1), order, -1)
    n = ordered.shape[-1]
    starts = np.ones(ordered.shape, bool)
    starts[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    begin = np.maximum.accumulate(np.where(starts, np.arange(n), 0), -1)
    last = np.argmax(np.arange(n) - begin, -1)[..., None]
    return np.take_along_axis(order, last, -1)[..., 0]


argmax = _row_index("argmax", lambda x, axis: np.argmax(x, axis))
argmin = _row_index("argmin", lambda x, axis: np.argmin(x, axis))
argsort = _row_index(
    "argsort",
    _argsort_impl,
    keeps=True,
    params=({"descending": False}, {"descending": True}),
)
kth_index = _row_index(
    "kth_index",
    _kth_impl,
    params=({"k": 1},),
    doc="The index of the k-th smallest element, from 0.",
)
median_index = _row_index(
    "median_index", _median_impl, params=({"skip_nan": False}, {"skip_nan": True})
)
mode_index = _row_index("mode_index", _mode_impl)
for _prim in (argmax, argmin):
    _prim.direct = lambda x, axis, _name=_prim.name: (
        methodcaller(_name, axis) if x.dtype.kind in "fiu" else None
    )

Pair = tuple[Payload, Payload]


@cache
def _grid(shape: Shape, axis: int) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Index arrays before and after `axis` that walk over an array of `shape`."""
    grid = [
        np.arange(n).reshape((n, *(1,) * (len(shape) - i - 1)))
        for i, n in enumerate(shape)
    ]
    return tuple(grid[:axis]), tuple(grid[axis:])


def _select_impl(x: Array, index: Array, *, axis: int) -> Array:
    before, after = _grid(index.shape, axis)
    return np.asanyarray(x[(*before, index, *after)])


def _unselect_impl(g: Array, index: Array, *, axis: int, count: int) -> Array:
    out = zeros((*g.shape[:axis], count, *g.shape[axis:]), g.dtype, g, index)
    before, after = _grid(index.shape, axis)
    out[(*before, index, *after)] = g
    return out


def _with_index(name: str) -> Any:
    def batch(F: Namespace, args: Any, batched: Any, size: int, **p: Any) -> Payload:
        full = (
            a if b else F.broadcast_to(a, (size, *a.shape))
            for a, b in zip(args, batched, strict=True)
        )
        return getattr(F, name)(*full, **{**p, "axis": p["axis"] + 1})

    return batch


def _index_samples(rng: np.random.Generator) -> Any:
    for shape, axis in (((3,), 1), ((2, 2), 1), ((), 0), ((3, 2), 0)):
        yield shape, rng.integers(0, 4, shape), axis


select_along = Primitive(
    "select_along",
    _select_impl,
    arity=2,
    kind="linear",
    reads=((1,), ()),
    abstract=lambda x, index, axis: Aval(index.shape, x.dtype),
    vjp=lambda F, g, saved, needs, axis: (
        F.unselect_along(g, saved[1], axis=axis, count=needs[0].shape[axis]),
        None,
    ),
    jvp=lambda F, primals, tangents, out, axis: F.select_along(
        tangents[0], primals[1], axis=axis
    ),
    batch=_with_index("select_along"),
    differentiable=(True, False),
    samples=lambda rng: [
        ((rng.normal(size=(*s[:axis], 4, *s[axis:])), i), {"axis": axis})
        for s, i, axis in _index_samples(rng)
    ],
    doc="x[..., index, ...]: one element of each row along an axis that `index` lacks.",
)

unselect_along = Primitive(
    "unselect_along",
    _unselect_impl,
    arity=2,
    kind="linear",
    reads=((1,), ()),
    abstract=lambda g, index, axis, count: Aval(
        (*g.shape[:axis], count, *g.shape[axis:]), g.dtype
    ),
    vjp=lambda F, g, saved, needs, axis, count: (
        F.select_along(g, saved[1], axis=axis),
        None,
    ),
    jvp=lambda F, primals, tangents, out, axis, count: F.unselect_along(
        tangents[0], primals[1], axis=axis, count=count
    ),
    batch=_with_index("unselect_along"),
    differentiable=(True, False),
    samples=lambda rng: [
        ((rng.normal(size=s), i), {"axis": axis, "count": 4})
        for s, i, axis in _index_samples(rng)
    ],
    doc="Zeros with one element of each row along a new axis set: select's adjoint.",
)


def _picked(F: Namespace, x: Payload, index: Payload, axis: int) -> Pair:
    return F.select_along(x, index, axis=axis), index


@composite
def max_along(F: Namespace, x: Payload, *, axis: int) -> Pair:
    """(values, indices) of the maxima; the derivative goes to the element indexed."""
    return _picked(F, x, F.argmax(x, axis=axis), axis)


@composite
def min_along(F: Namespace, x: Payload, *, axis: int) -> Pair:
    return _picked(F, x, F.argmin(x, axis=axis), axis)


@composite
def kthvalue(F: Namespace, x: Payload, *, axis: int, k: int) -> Pair:
    """(values, indices) of the k-th smallest elements, from 0."""
    return _picked(F, x, F.kth_index(x, axis=axis, k=k), axis)


@composite
def median(F: Namespace, x: Payload, *, axis: int, skip_nan: bool = False) -> Pair:
    """(values, indices) of the lower medians."""
    return _picked(F, x, F.median_index(x, axis=axis, skip_nan=skip_nan), axis)


def _even_median_impl(x: Array, *, axes: Shape, skip_nan: bool) -> Array:
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    shape = reduced_shape(x.shape, axes)
    rows = x.transpose(rest + axes).reshape((*shape, prod(x.shape[a] for a in axes)))
    index = _median_impl(rows, axis=len(rest), skip_nan=skip_nan)
    return _select_impl(rows, index, axis=len(rest))


def _equal_share(
    F: Namespace, x: Payload, out: Payload, *, axes: Shape, skip_nan: bool
) -> Payload:
    """Elements equal to the median share evenly; nan equals nan."""
    both = F.logical_and(F.ne(x, x), F.ne(out, out))
    hits = F.convert(F.logical_or(F.eq(x, out), both), dtype=x.dtype)
    return F.div(hits, F.kept(F.sum(hits, axes=axes), x.shape, axes))


even_median = reduction(
    "even_median",
    _even_median_impl,
    _equal_share,
    kinds="fi",
    params=({"skip_nan": False}, {"skip_nan": True}),
    doc="The lower median over axes; equal elements share the derivative evenly.",
)


@composite
def median_of_all(F: Namespace, x: Payload, *, skip_nan: bool = False) -> Payload:
    """The lower median of all elements, see `even_median`."""
    return F.even_median(x, axes=tuple(range(x.ndim)), skip_nan=skip_nan)


@composite
def mode(F: Namespace, x: Payload, *, axis: int) -> Pair:
    return _picked(F, x, F.mode_index(x, axis=axis), axis)


@composite
def topk(F: Namespace, x: Payload, *, axis: int, k: int, largest: bool = True) -> Pair:
    """(values, indices) of the k largest (smallest) elements, in order."""
    order = F.argsort(x, axis=axis, descending=largest)
    index = tuple((0, k if i == axis else n, 1) for i, n in enumerate(x.shape))
    places = F.slice(order, index=index)
    return F.take_along(x, places, axis=axis), places


# --- quantiles ------------------------------------------------------------------------


@composite
def quantile(
    F: Namespace,
    x: Payload,
    q: Payload,
    *,
    axis: int,
    interpolation: str = "linear",
    skip_nan: bool = False,
) -> Payload:
    """Quantiles q (rank 0 or 1) of the rows along an axis; q's axis comes first.

    A row with a nan gives nan, unless `skip_nan`.
    """
    rows = F.moveaxis(x, axis, x.ndim - 1)
    ordered = F.sort(rows, axis=rows.ndim - 1, descending=False)[0]
    nans = F.sum(F.convert(F.isnan(rows), dtype=x.dtype), axes=(rows.ndim - 1,))
    end = F.full_like(nans, value=float(rows.shape[-1] - 1))
    last = end
    if skip_nan:
        last = F.maximum(F.sub(end, nans), F.zeros_like(nans))
    rank = F.mul(F.reshape(q, shape=(*q.shape, *(1 for _ in last.shape))), last)
    if not skip_nan:  # nan stands at the end
        rank = F.where(F.gt(nans, 0.0), end, rank)
    return _interpolated(F, ordered, rank, interpolation)


def _interpolated(
    F: Namespace, ordered: Payload, rank: Payload, interpolation: str
) -> Payload:
    """Elements of sorted rows (..., n) at ranks (..., or q, ...)."""

    def at(place: Payload) -> Payload:
        index = F.convert(place, dtype=I64)
        shape = (*index.shape, ordered.shape[-1])
        rows = F.broadcast_to(ordered, shape)
        return F.select_along(rows, index, axis=index.ndim)

    if interpolation == "nearest":
        return at(F.round(rank))
    lower, upper = F.floor(rank), F.ceil(rank)
    if interpolation == "lower":
        return at(lower)
    if interpolation == "higher":
        return at(upper)
    below, above = at(lower), at(upper)
    weight = F.full_like(rank, value=0.5)
    if interpolation == "linear":
        weight = F.sub(rank, lower)
    return F.lerp(below, above, weight)


# --- distances and moments of several variables ---------------------------------------


@composite
def dist(F: Namespace, x: Payload, y: Payload, *, ord: float = 2.0) -> Payload:
    """The p-norm of x - y, over all elements."""
    d = F.sub(x, y)
    return F.norm(d, axes=tuple(range(d.ndim)), ord=ord, safe=True)


@composite
def cdist(F: Namespace, x: Payload, y: Payload, *, ord: float = 2.0) -> Payload:
    """Distances between rows of x (..., m, k) and of y (..., n, k): (..., m, n)."""
    xs = F.reshape(x, shape=(*x.shape[:-1], 1, x.shape[-1]))
    ys = F.reshape(y, shape=(*y.shape[:-2], 1, *y.shape[-2:]))
    d = F.sub(xs, ys)
    return F.norm(d, axes=(d.ndim - 1,), ord=ord, safe=True)


@composite
def pdist(F: Namespace, x: Payload, *, ord: float = 2.0) -> Payload:
    """Distances between the rows of x (n, k) i < j: (n (n - 1) / 2,)."""
    i, j = np.triu_indices(x.shape[0], 1)
    d = F.sub(F.gather(x, i), F.gather(x, j))
    return F.norm(d, axes=(1,), ord=ord, safe=True)


@composite
def renorm(F: Namespace, x: Payload, *, axis: int, ord: float, bound: float) -> Payload:
    """Slices of x along an axis, scaled to a p-norm of at most `bound`."""
    axes = tuple(i for i in range(x.ndim) if i != axis)
    size = F.norm(x, axes=axes, ord=ord, safe=True)
    scale = F.div(F.full_like(size, value=bound), F.add(size, 1e-7))
    scale = F.where(F.gt(size, bound), scale, F.ones_like(size))
    return F.mul(x, F.convert(F.expand(scale, x.shape, axes), dtype=x.dtype))


@composite
def cov(F: Namespace, x: Payload, *, correction: float = 1) -> Payload:
    """Covariances of the rows (variables) of x (variables, observations)."""
    n = x.shape[1]
    off = F.sub(x, F.expand(F.mean(x, axes=(1,)), x.shape, (1,)))
    return F.div(F.matmul(off, F.conj(F.mT(off))), float(max(0.0, n - correction)))


@composite
def weighted_cov(
    F: Namespace, x: Payload, w: Payload, a: Payload, *, correction: float = 1
) -> Payload:
    """The same with weights `w` (observations,): counts times `a`, the importances.

    The divisor is that of NumPy's `cov`: sum w - correction sum(w a) / sum w.
    """
    total = F.sum(w, axes=(0,))
    each = F.expand(w, x.shape, (0,))
    mean = F.div(F.sum(F.mul(x, each), axes=(1,)), total)
    off = F.sub(x, F.expand(mean, x.shape, (1,)))
    lost = F.mul(F.div(F.sum(F.mul(w, a), axes=(0,)), total), float(correction))
    product = F.matmul(F.mul(off, each), F.conj(F.mT(off)))
    return F.div(product, F.sub(total, lost))


@composite
def corrcoef(F: Namespace, x: Payload) -> Payload:
    c = F.cov(x)
    n = np.arange(c.shape[0])
    d = F.sqrt(F.gather(c, n, n))
    return F.div(F.div(c, F.reshape(d, shape=(d.shape[0], 1))), d)


# --- along an axis: differences, integrals --------------------------------------------


@composite
def ranged(
    F: Namespace, x: Payload, *, axis: int, start: int, stop: int, step: int = 1
) -> Payload:
    """x[start:stop:step] along an axis."""
    index = tuple(
        (start, stop, step) if i == axis else (0, n, 1) for i, n in enumerate(x.shape)
    )
    return F.slice(x, index=index)


@composite
def diff(F: Namespace, x: Payload, *, axis: int, n: int = 1) -> Payload:
    """n-th forward differences; of bools, whether neighbours differ."""
    for _ in range(min(n, x.shape[axis])):
        m = x.shape[axis]
        upper = F.ranged(x, axis=axis, start=1, stop=m)
        lower = F.ranged(x, axis=axis, start=0, stop=m - 1)
        x = (F.logical_xor if x.dtype.kind == "b" else F.sub)(upper, lower)
    return x


def _panels(F: Namespace, y: Payload, steps: Any, axis: int) -> Payload:
    """Areas between neighbours; `steps` is a number or broadcasts against them."""
    n = y.shape[axis]
    ends = F.add(
        F.ranged(y, axis=axis, start=1, stop=n),
        F.ranged(y, axis=axis, start=0, stop=n - 1),
    )
    return F.mul(F.mul(ends, steps), 0.5)


@composite
def trapezoid(F: Namespace, y: Payload, steps: Any, *, axis: int) -> Payload:
    """The integral by the trapezoidal rule; `steps`: widths of the panels."""
    return F.sum(_panels(F, y, steps, axis), axes=(axis,))


@composite
def cumulative_trapezoid(F: Namespace, y: Payload, steps: Any, *, axis: int) -> Payload:
    return F.cumsum(_panels(F, y, steps, axis), axis=axis, reverse=False)


# --- histograms -----------------------------------------------------------------------


def _histc_impl(x: Array, *, bins: int, lo: float, hi: float) -> Array:
    y = _comparable(x).astype(np.float64)
    if lo == hi and y.size:
        lo, hi = float(y.min()), float(y.max())
    if lo == hi:
        lo, hi = lo - 1, hi + 1
    return np.histogram(y, bins, (lo, hi))[0].astype(x.dtype)


def _histc_batch(
    F: Namespace, args: Any, batched: Any, size: int, **params: Any
) -> Payload:
    rows = [
        F.reshape(
            F.histc(
                F.reshape(
                    F.take_range(args[0], i, i + 1), shape=(prod(args[0].shape[1:]),)
                ),
                **params,
            ),
            shape=(1, params["bins"]),
        )
        for i in range(size)
    ]
    if not rows:
        return np.zeros((0, params["bins"]), args[0].dtype)
    return F.concatenate(*rows, axis=0)


histc = Primitive(
    "histc",
    _histc_impl,
    abstract=lambda x, bins, lo, hi: Aval((bins,), x.dtype),
    batch=_histc_batch,
    constant=True,
    kinds="f",
    samples=lambda rng: [
        ((rng.normal(size=(20,)),), {"bins": 4, "lo": 0, "hi": 0}),
        ((rng.normal(size=(3, 4)),), {"bins": 3, "lo": -1, "hi": 1}),
    ],
    doc="Counts of elements in equal bins, in x's dtype; its range where lo == hi.",
)


@composite
def cosine_similarity(
    F: Namespace, x: Payload, y: Payload, *, axis: int, eps: float = 1e-8
) -> Payload:
    """x . y / (max(|x|, eps) max(|y|, eps)) along an axis of the broadcast shape."""
    dot = F.mul(x, F.conj(y))
    shape = dot.shape
    x, y = F.broadcast_to(x, shape), F.broadcast_to(y, shape)
    sizes = (F.norm(v, axes=(axis,), ord=2, safe=True) for v in (x, y))
    bounded = [F.clip(s, lo=eps, hi=None, edge=1) for s in sizes]
    return F.div(F.sum(dot, axes=(axis,)), F.mul(*bounded))


@composite
def normalize(
    F: Namespace, x: Payload, *, axes: Shape, ord: float = 2.0, eps: float = 1e-12
) -> Payload:
    """x over max(its p-norm, eps)."""
    size = F.clip(F.norm(x, axes=axes, ord=ord, safe=True), lo=eps, hi=None, edge=1)
    return F.div(x, F.expand(F.convert(size, dtype=x.dtype), x.shape, axes))


@composite
def pairwise_distance(
    F: Namespace, x: Payload, y: Payload, *, ord: float = 2.0, eps: float = 1e-6
) -> Payload:
    """The p-norm of x - y + eps over the last axis."""
    d = F.add(F.sub(x, y), eps)
    return F.norm(d, axes=(d.ndim - 1,), ord=ord, safe=True)
