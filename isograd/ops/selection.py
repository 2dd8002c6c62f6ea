"""Selecting, writing and counting by index arrays and masks, along axes.

Composites over `gather`, `scatter`, `take_along` and their adjoints, and the
operations whose results are integers (searching, counting) or have a shape that
depends on values (`nonzero`, `unique`); those need concrete operands.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from isograd.base.dtypes import I64
from isograd.base.errors import EngineError
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite
from isograd.core.tensor import concrete
from isograd.ops.along import _along

Shape = tuple[int, ...]


def _ravel(F: Namespace, x: Payload) -> Payload:
    return F.reshape(x, shape=(prod(x.shape),))


# --- along an axis, by one index of rank one ------------------------------------------


@composite
def index_select(F: Namespace, x: Payload, idx: Payload, *, axis: int) -> Payload:
    """Rows of x along an axis; idx has rank one (or zero: one row)."""
    return (
        F.gather(x, idx, axis=axis)
        if x.ndim
        else F.gather(F.reshape(x, shape=(1,)), idx)
    )


@composite
def index_add(
    F: Namespace, x: Payload, idx: Payload, src: Payload, *, axis: int
) -> Payload:
    """x with the rows of src added at positions idx of an axis."""
    return F.add(x, F.scatter_add(src, idx, shape=x.shape, axis=axis))


@composite
def index_copy(
    F: Namespace, x: Payload, idx: Payload, src: Payload, *, axis: int
) -> Payload:
    """x with the rows of src written at positions idx of an axis."""
    return F.scatter(x, src, idx, axis=axis)


@composite
def index_reduce(
    F: Namespace,
    x: Payload,
    idx: Payload,
    src: Payload,
    *,
    axis: int,
    reduce: str,
    include_self: bool = True,
) -> Payload:
    """x with the rows of src reduced into positions idx of an axis; see
    `scatter_along`."""
    at = F.reshape(idx, shape=(idx.shape[0], *(1,) * (x.ndim - axis - 1)))
    at = F.broadcast_to(at, src.shape)
    return F.scatter_along(
        x, at, src, axis=axis, reduce=reduce, include_self=include_self
    )


@composite
def index_fill(
    F: Namespace, x: Payload, idx: Payload, value: Payload, *, axis: int
) -> Payload:
    """x with a value of rank zero in the rows at positions idx of an axis."""
    n = x.shape[axis]
    hit = F.scatter(np.zeros(n, bool), np.ones(idx.shape, bool), idx)
    return F.where(F.reshape(hit, shape=(n,) + (1,) * (x.ndim - axis - 1)), value, x)


@composite
def take(F: Namespace, x: Payload, idx: Payload) -> Payload:
    """Elements of the flattened x; the result has the shape of idx."""
    return F.gather(_ravel(F, x), idx)


@composite
def put(
    F: Namespace, x: Payload, idx: Payload, value: Payload, *, accumulate: bool = False
) -> Payload:
    """x with `value` (of the size of idx) at positions of the flattened x."""
    arrays = ((0, _ravel(F, idx)),)
    out = F.scatter_at(_ravel(F, x), _ravel(F, value), arrays, accumulate)
    return F.reshape(out, shape=x.shape)


@composite
def embedding(
    F: Namespace, weight: Payload, idx: Payload, *, padding: int | None = None
) -> Payload:
    """Rows of a table (n, d); row `padding` gets no gradient."""
    out = F.gather(weight, idx)
    if padding is None:
        return out
    hit = F.reshape(F.eq(idx, np.asarray(padding, idx.dtype)), shape=(*idx.shape, 1))
    rows = F.gather(F.constant(weight), idx)
    return F.where(F.broadcast_to(hit, out.shape), rows, out)


@composite
def scaled_gradient(F: Namespace, x: Payload, factor: Payload) -> Payload:
    """x (finite), whose cotangent is multiplied by `factor`, which broadcasts to it."""
    y = F.mul(x, factor)
    return F.add(F.constant(x), F.sub(y, F.constant(y)))


constant = Primitive(
    "constant",
    lambda x: x.copy(),
    abstract=lambda x: x,
    batch=lambda F, args, batched, size: F.constant(args[0]),
    constant=True,
    kinds="fcib",
    samples=lambda rng: [((rng.normal(size=(2, 3)),), {})],
    doc="x as a constant: its derivative is zero.",
)


# --- along an axis, by an index of x's rank -------------------------------------------


def _cropped(F: Namespace, x: Payload, shape: Shape) -> Payload:
    """The first elements of x along each axis."""
    if x.shape == shape:
        return x
    return F.slice(x, index=tuple((0, n, 1) for n in shape))


@composite
def take_along_axis(F: Namespace, x: Payload, idx: Payload, *, axis: int) -> Payload:
    """NumPy's take_along_axis: axes other than `axis` broadcast."""
    shapes = [(*s.shape[:axis], 1, *s.shape[axis + 1 :]) for s in (x, idx)]
    full = np.broadcast_shapes(*shapes)
    x, idx = (
        F.broadcast_to(a, (*full[:axis], a.shape[axis], *full[axis + 1 :]))
        for a in (x, idx)
    )
    return F.take_along(x, idx, axis=axis)


@composite
def scatter_along(
    F: Namespace,
    x: Payload,
    idx: Payload,
    src: Payload,
    *,
    axis: int,
    reduce: str = "replace",
    include_self: bool = True,
) -> Payload:
    """x with elements of src written or reduced at positions idx along an axis.

    Args:
        src: of idx's rank, as large as idx or larger (the rest is left out).
        reduce: "replace", "sum", "mean", "prod", "amax" or "amin".
        include_self: whether the elements of x take part in the reduction.
    """
    src = _cropped(F, src, idx.shape)
    if reduce == "replace":
        return F.put_along(x, src, idx, axis=axis)
    if not include_self:
        unit = F.broadcast_to(np.asarray(_unit(reduce, x.dtype), x.dtype), idx.shape)
        x = F.put_along(x, unit, idx, axis=axis)
    if reduce in ("sum", "mean"):
        return _summed(F, x, idx, src, axis, reduce, include_self)
    if reduce == "prod":
        return F.multiply_along(x, src, idx, axis=axis)
    return F.extreme_along(x, src, idx, axis=axis, largest=reduce == "amax")


def _unit(reduce: str, dtype: Any) -> Any:
    """The neutral element of a reduction."""
    if reduce in ("sum", "mean"):
        return 0
    if reduce == "prod":
        return 1
    if dtype.kind == "b":
        return reduce == "amin"
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return info.min if reduce == "amax" else info.max
    return -np.inf if reduce == "amax" else np.inf


def _summed(
    F: Namespace,
    x: Payload,
    idx: Payload,
    src: Payload,
    axis: int,
    reduce: str,
    include_self: bool,
) -> Payload:
    total = F.add(x, F.add_along(src, idx, axis=axis, shape=x.shape))
    if reduce == "sum":
        return total
    ones = F.broadcast_to(np.ones((), x.dtype), idx.shape)
    count = F.add_along(ones, idx, axis=axis, shape=x.shape)
    count = F.add(count, 1) if include_self else F.maximum(count, 1)
    if x.dtype.kind in "iu":
        return F.floordiv(total, count)
    return F.div(total, count)


def _extreme_impl(
    x: np.ndarray, src: np.ndarray, idx: np.ndarray, *, axis: int, largest: bool
) -> np.ndarray:
    out = x.copy()
    (np.maximum if largest else np.minimum).at(out, _along(idx, axis), src)
    return out


def _extreme_shares(
    F: Namespace, x: Payload, src: Payload, idx: Payload, out: Payload, axis: int
) -> tuple[Payload, Payload]:
    """Derivatives in x and src: those that equal the result share it evenly."""
    hit_x = F.convert(F.eq(x, out), dtype=x.dtype)
    hit_src = F.convert(F.eq(src, F.take_along(out, idx, axis=axis)), dtype=x.dtype)
    count = F.add(hit_x, F.add_along(hit_src, idx, axis=axis, shape=x.shape))
    count = F.maximum(count, 1.0)
    return (F.div(hit_x, count), F.div(hit_src, F.take_along(count, idx, axis=axis)))


def _extreme_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axis: int, largest: bool
) -> tuple[Payload, Payload, None]:
    x, src, idx, out = saved
    in_x, in_src = _extreme_shares(F, x, src, idx, out, axis)
    return F.mul(g, in_x), F.mul(F.take_along(g, idx, axis=axis), in_src), None


def _extreme_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, axis: int, largest: bool
) -> Payload | None:
    x, src, idx = primals
    parts = _extreme_shares(F, x, src, idx, out, axis)
    total = None if tangents[0] is None else F.mul(tangents[0], parts[0])
    if tangents[1] is None:
        return total
    part = F.add_along(F.mul(tangents[1], parts[1]), idx, axis=axis, shape=x.shape)
    return part if total is None else F.add(total, part)


def _stacked_batch(name: str) -> Any:
    def batch(F: Namespace, args: Any, batched: Any, size: int, **params: Any) -> Any:
        params["axis"] += 1
        full = (
            a if b else F.broadcast_to(a, (size, *a.shape))
            for a, b in zip(args, batched, strict=True)
        )
        return getattr(F, name)(*full, **params)

    return batch


def _along_samples(rng: np.random.Generator, **params: Any) -> Any:
    yield (
        (
            rng.normal(size=(4, 3)),
            rng.normal(size=(2, 3)),
            np.array([[0, 2, 3], [0, 1, 0]]),
        ),
        {"axis": 0, **params},
    )


extreme_along = Primitive(
    "extreme_along",
    _extreme_impl,
    abstract=lambda x, src, idx, axis, largest: x,
    vjp=_extreme_vjp,
    jvp=_extreme_jvp,
    batch=_stacked_batch("extreme_along"),
    arity=3,
    reads=((0, 1, 2, -1), (0, 1, 2, -1), ()),
    differentiable=(True, True, False),
    kinds="fi",
    samples=lambda rng: _along_samples(rng, largest=True),
    doc="The maximum (or minimum) of x and the elements of src sent to each place.",
)


def _multiply_impl(
    x: np.ndarray, src: np.ndarray, idx: np.ndarray, *, axis: int
) -> np.ndarray:
    out = x.copy()
    np.multiply.at(out, _along(idx, axis), src)
    return out


def _others(
    F: Namespace, x: Payload, src: Payload, idx: Payload, axis: int
) -> tuple[Payload, Payload]:
    """For each element of x and of src the product of the others sent to its place.

    The product of the factors that are not zero, divided by the own one; zero where
    another factor is.
    """
    zero_x, zero_src = F.eq(x, 0.0), F.eq(src, 0.0)
    safe_x = F.where(zero_x, F.ones_like(x), x)
    safe_src = F.where(zero_src, F.ones_like(src), src)
    whole = F.multiply_along(safe_x, safe_src, idx, axis=axis)
    n_x, n_src = (F.convert(z, dtype=x.dtype) for z in (zero_x, zero_src))
    zeros = F.add(n_x, F.add_along(n_src, idx, axis=axis, shape=x.shape))
    back = F.take_along(zeros, idx, axis=axis)
    in_src = F.div(F.take_along(whole, idx, axis=axis), safe_src)
    return (
        F.where(F.eq(F.sub(zeros, n_x), 0.0), F.div(whole, safe_x), F.zeros_like(x)),
        F.where(F.eq(F.sub(back, n_src), 0.0), in_src, F.zeros_like(src)),
    )


def _multiply_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axis: int
) -> tuple[Payload, Payload, None]:
    x, src, idx = saved[:3]
    in_x, in_src = (F.conj(d) for d in _others(F, x, src, idx, axis))
    return F.mul(g, in_x), F.mul(F.take_along(g, idx, axis=axis), in_src), None


def _multiply_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, axis: int
) -> Payload | None:
    x, src, idx = primals
    in_x, in_src = _others(F, x, src, idx, axis)
    total = None if tangents[0] is None else F.mul(tangents[0], in_x)
    if tangents[1] is None:
        return total
    part = F.add_along(F.mul(tangents[1], in_src), idx, axis=axis, shape=x.shape)
    return part if total is None else F.add(total, part)


multiply_along = Primitive(
    "multiply_along",
    _multiply_impl,
    abstract=lambda x, src, idx, axis: x,
    vjp=_multiply_vjp,
    jvp=_multiply_jvp,
    batch=_stacked_batch("multiply_along"),
    arity=3,
    reads=((0, 1, 2), (0, 1, 2), ()),
    differentiable=(True, True, False),
    samples=_along_samples,
    doc="x times the product of the elements of src sent to each place.",
)

# --- masks ----------------------------------------------------------------------------


@composite
def masked_fill(F: Namespace, x: Payload, mask: Payload, value: Payload) -> Payload:
    """x with a value (of rank zero, x's dtype) where the mask is true; broadcasts."""
    return F.where(mask, value, x)


@composite
def masked_select(F: Namespace, x: Payload, mask: Payload) -> Payload:
    """The elements of x where the mask is true, of rank one; both broadcast."""
    shape = np.broadcast_shapes(x.shape, mask.shape)
    mask = np.broadcast_to(concrete(mask, "an index mask"), shape)
    return F.gather(_ravel(F, F.broadcast_to(x, shape)), np.flatnonzero(mask))


@composite
def masked_scatter(F: Namespace, x: Payload, mask: Payload, source: Payload) -> Payload:
    """x with the first elements of source, in order, where the mask is true.

    Raises:
        EngineError: "value_shape" if source has too few elements.
    """
    shape = np.broadcast_shapes(x.shape, mask.shape)
    mask = np.broadcast_to(concrete(mask, "an index mask"), shape)
    at = np.flatnonzero(mask)
    flat = _ravel(F, source)
    if flat.shape[0] < at.size:
        raise EngineError("value_shape", found=list(source.shape), expected=[at.size])
    out = F.scatter(
        _ravel(F, F.broadcast_to(x, shape)), F.take_range(flat, 0, at.size), at
    )
    return F.reshape(out, shape=shape)


# --- integers from values -------------------------------------------------------------


def _searchsorted_impl(table: np.ndarray, x: np.ndarray, *, right: bool) -> np.ndarray:
    side = "right" if right else "left"
    if table.ndim == 1:
        return np.asarray(np.searchsorted(table, x, side), np.int64)
    out = np.empty(x.shape, np.int64)
    for at in np.ndindex(x.shape[:-1]):
        out[at] = np.searchsorted(table[at], x[at], side)
    return out


def _searchsorted_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, right: bool
) -> Payload:
    table, x = args
    if not batched[0] and table.ndim == 1:
        return F.searchsorted(table, x, right=right)
    rank = x.ndim - batched[1]
    table = table if batched[0] else F.broadcast_to(table, (size, *table.shape))
    x = x if batched[1] else F.broadcast_to(x, (size, *x.shape))
    if table.ndim == 2 and rank != 1:  # one table for each member of the batch
        flat = F.reshape(x, shape=(size, prod(x.shape[1:])))
        return F.reshape(F.searchsorted(table, flat, right=right), shape=x.shape)
    return F.searchsorted(table, x, right=right)


searchsorted = Primitive(
    "searchsorted",
    _searchsorted_impl,
    abstract=lambda table, x, right: Aval(x.shape, I64),
    batch=_searchsorted_batch,
    arity=2,
    constant=True,
    kinds="fi",
    samples=lambda rng: [
        ((np.sort(rng.normal(size=(5,))), rng.normal(size=(2, 3))), {"right": False}),
        (
            (np.sort(rng.normal(size=(2, 5)), -1), rng.normal(size=(2, 3))),
            {"right": True},
        ),
    ],
    doc="Where x would stand in a table sorted along its last axis (the table has "
    "rank one, or x's leading axes).",
)


@composite
def one_hot(F: Namespace, idx: Payload, *, count: int, dtype: Any = I64) -> Payload:
    """1 at the index along a new last axis of `count`, 0 elsewhere."""
    places = np.arange(count, dtype=idx.dtype)
    return F.convert(F.eq(F.reshape(idx, shape=(*idx.shape, 1)), places), dtype=dtype)


@composite
def bincount(
    F: Namespace, idx: Payload, weights: Payload | None = None, *, least: int = 0
) -> Payload:
    """How often (or with what weight) each integer from 0 occurs; not negative."""
    values = concrete(idx, "counts")
    size = max(least, int(values.max()) + 1 if values.size else 0)
    if weights is None:
        weights = np.ones(values.shape, np.int64)
    return F.scatter_add(weights, values, shape=(size,))


def nonzero(x: Payload) -> tuple[np.ndarray, ...]:
    """Positions of the elements that are not zero, an array per axis."""
    return np.atleast_1d(concrete(x, "positions")).nonzero()


def argwhere(x: Payload) -> np.ndarray:
    """Positions of the elements that are not zero, (count, rank)."""
    return np.argwhere(concrete(x, "positions"))


def unique(
    x: Payload, *, axis: int | None = None, ordered: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(values, position of each in x, inverse, counts) of the distinct elements."""
    a = concrete(x, "distinct values")
    out = np.unique(
        a, return_index=True, return_inverse=True, return_counts=True, axis=axis
    )
    shape = a.shape if axis is None else (a.shape[axis],)
    return out[0], out[1], out[2].reshape(shape), out[3]


def unique_consecutive(
    x: Payload, *, axis: int | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(values, inverse, counts) with repeated neighbours left out."""
    a = concrete(x, "distinct values")
    flat = a.reshape(-1) if axis is None else np.moveaxis(a, axis, 0)
    rows = flat.reshape(flat.shape[0], -1)
    new = np.ones(rows.shape[0], bool)
    new[1:] = np.any(rows[1:] != rows[:-1], axis=1)
    starts = np.flatnonzero(new)
    counts = np.diff(np.append(starts, rows.shape[0]))
    inverse = np.cumsum(new) - 1
    values = flat[starts]
    if axis is None:
        return values, inverse.reshape(a.shape), counts
    return np.moveaxis(values, 0, axis), inverse, counts
