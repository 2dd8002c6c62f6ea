"""Shapes: reordering, joining, cutting, repeating, picking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core.primitive import Payload
from isograd.numpy.array import as_payload, promoted
from isograd.numpy.table import (
    Body,
    F,
    axes_of,
    axis_of,
    entries,
    entry,
)

# --- shapes ---------------------------------------------------------------------------


@entry(method=True)
def reshape(
    a: Any,
    /,
    shape: Any = None,
    *rest: Any,
    order: str = "C",
    newshape: Any = None,
    copy: Any = None,
) -> Payload:
    x = as_payload(a)
    if rest:
        shape = (shape, *rest)
    target = newshape if shape is None else shape
    full = full_shape(x, target)
    if order == "F":
        back = F.reshape(_reversed_axes(x), shape=full[::-1])
        return _reversed_axes(back)
    return F.reshape(x, shape=full)


def full_shape(x: Payload, shape: Any) -> tuple[int, ...]:
    """A shape without -1, checked by NumPy itself on an array without memory."""
    wanted = shape if isinstance(shape, tuple | list) else (shape,)
    ghost = np.broadcast_to(np.empty((), bool), x.shape)
    if -1 in wanted or int(np.prod(wanted)) != x.size:
        known = -int(np.prod(wanted))
        if wanted.count(-1) != 1 or not known or x.size % known:
            raise ValueError(
                f"cannot reshape array of size {ghost.size} into shape "
                f"{tuple(wanted)}".replace(",)", ",)")
            )
        return tuple(x.size // known if n == -1 else int(n) for n in wanted)
    return tuple(map(int, wanted))


def _reversed_axes(x: Payload) -> Payload:
    return F.transpose(x, axes=tuple(range(x.ndim))[::-1])


@entry(method=True)
def ravel(a: Any, order: str = "C") -> Payload:
    x = as_payload(a)
    return F.reshape(_reversed_axes(x) if order == "F" else x, shape=(x.size,))


@entry(method=True)
def transpose(a: Any, axes: Any = None, *rest: Any) -> Payload:
    x = as_payload(a)
    if axes is None:
        return _reversed_axes(x)
    axes = (axes, *rest) if isinstance(axes, int) else tuple(axes)
    if len(axes) != x.ndim:
        raise ValueError("axes don't match array")
    return F.transpose(x, axes=tuple(axis_of(i, x.ndim) for i in axes))


@entry
def matrix_transpose(x: Any) -> Payload:
    return F.mT(as_payload(x))


def _permuted(rule: Callable[..., Any]) -> Body:
    """A function that NumPy's own version tells the order of axes for."""

    def body(a: Any, *args: Any, **kwargs: Any) -> Payload:
        x = as_payload(a)
        labels = np.empty(tuple(range(2, 2 + x.ndim)), np.int8)
        moved = rule(labels, *args, **kwargs)
        return F.transpose(x, axes=tuple(n - 2 for n in moved.shape))

    return body


entries(_permuted, np.moveaxis, np.rollaxis, np.swapaxes, methods=(np.swapaxes,))


def _reshaped(rule: Callable[..., Any]) -> Body:
    """A function that NumPy's own version tells the shape for."""

    def body(a: Any, *args: Any, **kwargs: Any) -> Payload:
        x = as_payload(a)
        ghost = np.broadcast_to(np.empty((), bool), x.shape)
        return F.reshape(x, shape=rule(ghost, *args, **kwargs).shape)

    return body


entries(_reshaped, np.squeeze, np.expand_dims, methods=(np.squeeze,))


def _each(rule: Callable[..., Any]) -> Body:
    one = _reshaped(rule)

    def body(*arrays: Any) -> Any:
        out = tuple(map(one, arrays))
        return out[0] if len(out) == 1 else out

    return body


entries(_each, np.atleast_1d, np.atleast_2d, np.atleast_3d)


@entry
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Payload:
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    x = as_payload(array)
    np.broadcast_to(np.broadcast_to(np.empty((), bool), x.shape), shape)
    return F.broadcast_to(x, shape)


@entry
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Payload, ...]:
    xs = [as_payload(a) for a in args]
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    return tuple(F.broadcast_to(x, shape) for x in xs)


# --- joining and cutting --------------------------------------------------------------


@entry
def concatenate(
    arrays: Any, axis: Any = 0, dtype: Any = None, casting: str = "same_kind"
) -> Payload:
    xs = promoted(*(as_payload(a) for a in arrays))
    if dtype is not None:
        xs = [F.convert(x, dtype=np.dtype(dtype)) for x in xs]
    if axis is None:
        xs, axis = [F.reshape(x, shape=(x.size,)) for x in xs], 0
    ndim = xs[0].ndim
    if ndim == 0:
        raise ValueError("zero-dimensional arrays cannot be concatenated")
    np.concatenate([np.broadcast_to(np.empty((), bool), x.shape) for x in xs], axis)
    return F.concatenate(*xs, axis=axis_of(axis, ndim))


@entry
def stack(
    arrays: Any, axis: int = 0, dtype: Any = None, casting: str = "same_kind"
) -> Payload:
    xs = [as_payload(a) for a in arrays]
    if len({x.shape for x in xs}) > 1:
        raise ValueError("all input arrays must have the same shape")
    at = axis_of(axis, xs[0].ndim + 1)
    rows = [F.reshape(x, shape=(*x.shape[:at], 1, *x.shape[at:])) for x in xs]
    return concatenate(rows, at, dtype)


def _joined(at_least: Body, axis: Callable[[int], int]) -> Body:
    def body(tup: Any, dtype: Any = None, casting: str = "same_kind") -> Payload:
        xs = [at_least(a) for a in tup]
        return concatenate(xs, axis(xs[0].ndim), dtype)

    return body


_rank1, _rank2, _rank3 = (
    _each(r) for r in (np.atleast_1d, np.atleast_2d, np.atleast_3d)
)
entry(_joined(_rank2, lambda n: 0), name="vstack")
entry(_joined(_rank1, lambda n: 0 if n == 1 else 1), name="hstack")
entry(_joined(_rank3, lambda n: 2), name="dstack")


@entry
def column_stack(tup: Any) -> Payload:
    xs = [as_payload(a) for a in tup]
    return concatenate(
        [x if x.ndim > 1 else F.reshape(x, shape=(x.size, 1)) for x in xs], 1
    )


@entry
def append(arr: Any, values: Any, axis: Any = None) -> Payload:
    return concatenate((arr, values), axis)


def _cut(rule: Callable[..., Any]) -> Body:
    """Pieces along an axis, by the pieces of the positions along it."""

    def body(ary: Any, indices_or_sections: Any, axis: int | None = None) -> Any:
        x = as_payload(ary)
        if axis is None:
            axis = {"vsplit": 0, "dsplit": 2}.get(rule.__name__, 0)
            if rule.__name__ == "hsplit" and x.ndim > 1:
                axis = 1
        i = axis_of(axis, x.ndim)
        plain = np.split if rule.__name__ != "array_split" else np.array_split
        parts = plain(np.arange(x.shape[i]), indices_or_sections)
        out, at = [], 0
        for part in parts:
            index = tuple(
                (at, at + len(part), 1) if j == i else (0, n, 1)
                for j, n in enumerate(x.shape)
            )
            out.append(F.slice(x, index=index))
            at += len(part)
        return out

    return body


entries(_cut, np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit)


def _placed(rule: Callable[..., Any]) -> Body:
    """A function that moves or repeats elements, by where NumPy moves them."""

    def body(a: Any, *args: Any, **kwargs: Any) -> Payload:
        x = as_payload(a)
        places = rule(np.arange(x.size).reshape(x.shape), *args, **kwargs)
        return F.gather(F.reshape(x, shape=(x.size,)), np.ascontiguousarray(places))

    return body


entries(
    _placed,
    np.tile,
    np.repeat,
    np.roll,
    np.rot90,
    np.diagonal,
    np.delete,
    np.resize,
    methods=(np.repeat, np.diagonal),
)


@entry
def flip(m: Any, axis: Any = None) -> Payload:
    x = as_payload(m)
    return F.flip(x, axes_of(axis, x.ndim))


@entry
def flipud(m: Any) -> Payload:
    return flip(m, 0)


@entry
def fliplr(m: Any) -> Payload:
    return flip(m, 1)


@entry
def pad(array: Any, pad_width: Any, mode: Any = "constant", **words: Any) -> Payload:
    x = as_payload(array)
    if mode == "constant" and np.ndim(words.get("constant_values", 0)) == 0:
        ghost = np.broadcast_to(np.asarray(pad_width), (x.ndim, 2)).tolist()
        widths = tuple((int(lo), int(hi)) for lo, hi in ghost)
        out = F.pad(x, widths)
        value = words.get("constant_values", 0)
        if not value:
            return out
        inside = np.pad(np.ones(x.shape, bool), pad_width)
        return F.where(inside, out, F.full_like(out, value=value))
    if mode in ("edge", "reflect", "symmetric", "wrap"):
        return _placed(np.pad)(x, pad_width, mode=mode, **words)
    raise TypeError(f"np.pad: mode {mode!r} has no derivative rule in isograd")


@entry
def diag(v: Any, k: int = 0) -> Payload:
    x = as_payload(v)
    return F.diag(x, offset=k)


@entry
def tril(m: Any, k: int = 0) -> Payload:
    return F.tril(as_payload(m), offset=k)


@entry
def triu(m: Any, k: int = 0) -> Payload:
    return F.triu(as_payload(m), offset=k)


@entry(method=True)
def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None
) -> Payload:
    x = as_payload(a)
    x = x if dtype is None else F.convert(x, dtype=np.dtype(dtype))
    return F.trace(
        x, offset=offset, axis1=axis_of(axis1, x.ndim), axis2=axis_of(axis2, x.ndim)
    )


@entry(method=True)
def take(a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Payload:
    x, i = as_payload(a), as_payload(indices)
    if axis is None:
        x, axis = F.reshape(x, shape=(x.size,)), 0
    k = axis_of(axis, x.ndim)
    if mode != "raise":
        n = x.shape[k]
        i = np.mod(i, n) if mode == "wrap" else np.clip(i, 0, n - 1)
    front = F.moveaxis(x, k, 0)
    out = F.gather(front, i)
    order = (*range(i.ndim, i.ndim + k), *range(i.ndim), *range(i.ndim + k, out.ndim))
    return F.transpose(out, axes=order)


@entry
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Payload:
    x, i = as_payload(arr), as_payload(indices)
    if axis is None:
        x, axis = F.reshape(x, shape=(x.size,)), 0
    k = axis_of(axis, x.ndim)
    lead = np.broadcast_shapes(*((*s[:k], 1, *s[k + 1 :]) for s in (x.shape, i.shape)))
    x = F.broadcast_to(x, (*lead[:k], x.shape[k], *lead[k + 1 :]))
    i = F.broadcast_to(i, (*lead[:k], i.shape[k], *lead[k + 1 :]))
    return F.take_along_axis(x, i, axis=k)


@entry
def sort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, stable: Any = None
) -> Payload:
    return _sorted(a, axis)[0]


@entry(method=True)
def argsort(
    a: Any, axis: Any = -1, kind: Any = None, order: Any = None, stable: Any = None
) -> Payload:
    return _sorted(a, axis)[1]


def _sorted(a: Any, axis: Any) -> tuple[Payload, Payload]:
    x = as_payload(a)
    if axis is None:
        x, axis = F.reshape(x, shape=(x.size,)), 0
    return F.sort(x, axis=axis_of(axis, x.ndim), descending=False)


@entry
def partition(a: Any, kth: Any, axis: Any = -1) -> Payload:
    return _sorted(a, axis)[0]
