"""NumPy's functions on arrays that are differentiated.

One table holds all of them: a body takes payloads under NumPy's argument names and
calls the namespace F; `HANDLERS` (for `np.sum(x)`) and the functions of this module
(for `isograd.numpy.sum(x)`) are made from it.  Sources: NumPy's reference pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from isograd.base.dtypes import is_inexact
from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import Tensor
from isograd.numpy.array import (
    Array,
    as_payload,
    call_ufunc,
    cast,
    is_payload,
    lift,
    lower,
    promoted,
)

F = BOUND
Body = Callable[..., Any]
HANDLERS: dict[Any, Callable[..., Any]] = {}
TABLE: dict[str, Callable[..., Any]] = {}
METHODS: list[str] = []


def public(body: Body, name: str) -> Callable[..., Any]:
    """The function on arrays whose body works on payloads."""

    def function(*args: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        result = lift(body(*map(lower, args), **{k: lower(v)
                                                 for k, v in kwargs.items()}))
        if out is None:
            return result
        from isograd.numpy.array import _write_out

        return _write_out(out, result)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`numpy.{name}` with derivatives."
    return function


def entry(
    body: Body | None = None, *, name: str = "", method: bool = False,
    owner: Any = np,
) -> Any:
    """Put a body into the table, under its own or another name.

    Args:
        method: whether `Array` has it as a method as well.
        owner: the module of NumPy that has the function (`np.linalg`).
    """
    if body is None:
        return lambda b: entry(b, name=name, method=method, owner=owner)
    word = name or body.__name__.rstrip("_")
    made = public(body, word)
    prefix = "" if owner is np else owner.__name__.rpartition(".")[2] + "."
    TABLE[prefix + word] = made
    theirs = getattr(owner, word, None)
    if theirs is not None:
        HANDLERS[theirs] = made
    if method:
        METHODS.append(word)
    return body


# --- axes -----------------------------------------------------------------------------


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes that an `axis` argument names, counted from the front, sorted."""
    if axis is None:
        return tuple(range(ndim))
    found = np.lib.array_utils.normalize_axis_tuple(axis, ndim)
    return tuple(sorted(found))


def axis_of(axis: int, ndim: int) -> int:
    return np.lib.array_utils.normalize_axis_index(axis, ndim)


def kept(out: Payload, shape: Sequence[int], axes: tuple[int, ...]) -> Payload:
    """A reduction's result with its axes kept, of length one."""
    full = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return F.reshape(out, shape=full)


# --- reductions -----------------------------------------------------------------------


def _widened(x: Payload, dtype: Any, sums: bool) -> Payload:
    """Integers are summed in the widest integer dtype, as NumPy does."""
    if dtype is not None:
        return F.convert(x, dtype=np.dtype(dtype))
    if sums and x.dtype.kind in "biu":
        return F.convert(x, dtype=np.add.reduce(np.empty(0, x.dtype)).dtype)
    return x


def _floating(x: Payload, dtype: Any = None) -> Payload:
    if dtype is not None:
        return F.convert(x, dtype=np.dtype(dtype))
    return x if is_inexact(x.dtype) else F.convert(x, dtype=np.dtype(float))


def _reduction(
    name: str, function: str, prepare: Callable[[Payload, Any], Payload]
) -> None:
    def body(a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False,
             **words: Any) -> Payload:
        x = prepare(as_payload(a), dtype)
        axes = axes_of(axis, x.ndim)
        params = {k: v for k, v in words.items() if v is not np._NoValue}
        out = getattr(F, function)(x, axes=axes, **params)
        return kept(out, x.shape, axes) if keepdims is True else out

    def plain(a: Any, axis: Any = None, keepdims: Any = False) -> Payload:
        return body(a, axis, None, keepdims)

    takes_dtype = name in ("sum", "prod", "mean", "nansum", "nanmean")
    entry(body if takes_dtype else plain, name=name, method=not name.startswith("nan"))


_REDUCTIONS: dict[str, tuple[str, Callable[[Payload, Any], Payload]]] = {
    "sum": ("sum", lambda x, d: _widened(x, d, True)),
    "prod": ("prod", lambda x, d: _widened(x, d, True)),
    "mean": ("mean", _floating),
    "max": ("max", lambda x, d: x),
    "min": ("min", lambda x, d: x),
    "all": ("all", lambda x, d: x),
    "any": ("any", lambda x, d: x),
    "nansum": ("nansum", _floating),
    "nanmean": ("nanmean", _floating),
}
for _name, (_function, _prepare) in _REDUCTIONS.items():
    _reduction(_name, _function, _prepare)
HANDLERS[np.amax], HANDLERS[np.amin] = TABLE["max"], TABLE["min"]
TABLE["amax"], TABLE["amin"] = TABLE["max"], TABLE["min"]


def _spread(function: str) -> Body:
    def body(a: Any, axis: Any = None, dtype: Any = None, out: Any = None,
             ddof: float = 0, keepdims: bool = False, correction: Any = None) -> Any:
        x = _floating(as_payload(a), dtype)
        axes = axes_of(axis, x.ndim)
        d = ddof if correction is None else correction
        y = getattr(F, function)(x, axes=axes, correction=d)
        return kept(y, x.shape, axes) if keepdims else y

    return body


entry(_spread("var"), name="var", method=True)
entry(_spread("std"), name="std", method=True)


@entry
def ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Payload:
    x = as_payload(a)
    axes = axes_of(axis, x.ndim)
    y = F.sub(F.max(x, axes=axes), F.min(x, axes=axes))
    return kept(y, x.shape, axes) if keepdims else y


def _arg(function: str) -> Body:
    def body(a: Any, axis: Any = None, keepdims: bool = False) -> Payload:
        x = as_payload(a)
        if axis is None:
            y = getattr(F, function)(F.reshape(x, shape=(x.size,)), axis=0)
            return F.reshape(y, shape=(1,) * x.ndim) if keepdims else y
        i = axis_of(axis, x.ndim)
        y = getattr(F, function)(x, axis=i)
        return kept(y, x.shape, (i,)) if keepdims else y

    return body


entry(_arg("argmax"), name="argmax", method=True)
entry(_arg("argmin"), name="argmin", method=True)


def _scan(function: str, **params: Any) -> Body:
    def body(a: Any, axis: Any = None, dtype: Any = None) -> Payload:
        x = _widened(as_payload(a), dtype, True)
        if axis is None:
            x, axis = F.reshape(x, shape=(x.size,)), 0
        return getattr(F, function)(x, axis=axis_of(axis, x.ndim), **params)

    return body


entry(_scan("cumsum", reverse=False), name="cumsum", method=True)
entry(_scan("cumprod"), name="cumprod", method=True)


@entry
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False,
            keepdims: bool = False) -> Any:
    x = _floating(as_payload(a))
    if weights is None:
        y = mean_of(x, axis, keepdims)
        n = F.full_like(y, value=x.size // max(1, y.size))
        return (y, n) if returned else y
    w = _floating(as_payload(weights))
    if w.shape != x.shape:
        shape = [1] * x.ndim
        shape[axis_of(axis, x.ndim)] = w.size
        w = F.reshape(w, shape=tuple(shape))
    x, w = promoted(x, F.broadcast_to(w, x.shape))
    axes = axes_of(axis, x.ndim)
    total = F.sum(w, axes=axes)
    y = F.div(F.sum(F.mul(x, w), axes=axes), total)
    return (y, total) if returned else y


def mean_of(x: Payload, axis: Any, keepdims: bool = False) -> Payload:
    axes = axes_of(axis, x.ndim)
    y = F.mean(x, axes=axes)
    return kept(y, x.shape, axes) if keepdims else y


# --- shapes ---------------------------------------------------------------------------


@entry(method=True)
def reshape(a: Any, /, shape: Any = None, *rest: Any, order: str = "C",
            newshape: Any = None, copy: Any = None) -> Payload:
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
            raise ValueError(f"cannot reshape array of size {ghost.size} into shape "
                             f"{tuple(wanted)}".replace(",)", ",)"))
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


entry(_reversed_axes, name="matrix_transpose_all")
del TABLE["matrix_transpose_all"]


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


for _rule in (np.moveaxis, np.rollaxis, np.swapaxes):
    entry(_permuted(_rule), name=_rule.__name__, method=_rule is np.swapaxes)


def _reshaped(rule: Callable[..., Any]) -> Body:
    """A function that NumPy's own version tells the shape for."""

    def body(a: Any, *args: Any, **kwargs: Any) -> Payload:
        x = as_payload(a)
        ghost = np.broadcast_to(np.empty((), bool), x.shape)
        return F.reshape(x, shape=rule(ghost, *args, **kwargs).shape)

    return body


for _rule in (np.squeeze, np.expand_dims):
    entry(_reshaped(_rule), name=_rule.__name__, method=_rule is np.squeeze)


def _each(rule: Callable[..., Any]) -> Body:
    one = _reshaped(rule)

    def body(*arrays: Any) -> Any:
        out = tuple(map(one, arrays))
        return out[0] if len(out) == 1 else out

    return body


for _rule in (np.atleast_1d, np.atleast_2d, np.atleast_3d):
    entry(_each(_rule), name=_rule.__name__)


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
def concatenate(arrays: Any, axis: Any = 0, dtype: Any = None,
                casting: str = "same_kind") -> Payload:
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
def stack(arrays: Any, axis: int = 0, dtype: Any = None,
          casting: str = "same_kind") -> Payload:
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


_rank1, _rank2, _rank3 = (_each(r) for r in (np.atleast_1d, np.atleast_2d,
                                             np.atleast_3d))
entry(_joined(_rank2, lambda n: 0), name="vstack")
entry(_joined(_rank1, lambda n: 0 if n == 1 else 1), name="hstack")
entry(_joined(_rank3, lambda n: 2), name="dstack")


@entry
def column_stack(tup: Any) -> Payload:
    xs = [as_payload(a) for a in tup]
    return concatenate([x if x.ndim > 1 else F.reshape(x, shape=(x.size, 1))
                        for x in xs], 1)


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
            index = tuple((at, at + len(part), 1) if j == i else (0, n, 1)
                          for j, n in enumerate(x.shape))
            out.append(F.slice(x, index=index))
            at += len(part)
        return out

    return body


for _rule in (np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit):
    entry(_cut(_rule), name=_rule.__name__)


def _placed(rule: Callable[..., Any]) -> Body:
    """A function that only moves or repeats elements, by where NumPy moves positions."""

    def body(a: Any, *args: Any, **kwargs: Any) -> Payload:
        x = as_payload(a)
        places = rule(np.arange(x.size).reshape(x.shape), *args, **kwargs)
        return F.gather(F.reshape(x, shape=(x.size,)), np.ascontiguousarray(places))

    return body


for _rule in (np.tile, np.repeat, np.roll, np.rot90, np.diagonal, np.delete, np.resize):
    entry(_placed(_rule), name=_rule.__name__,
          method=_rule in (np.repeat, np.diagonal))


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
    if x.ndim == 2:
        return _placed(np.diagonal)(x, k)
    n = x.shape[0] + abs(k)
    rows = np.arange(x.shape[0]) + max(0, -k)
    return F.scatter_add(x, rows, rows + k, shape=(n, n))


def _masked(rule: Callable[..., Any]) -> Body:
    def body(m: Any, k: int = 0) -> Payload:
        x = as_payload(m)
        keep = rule(np.ones(x.shape[-2:], bool), k)
        return F.where(np.broadcast_to(keep, x.shape), x, F.zeros_like(x))

    return body


entry(_masked(np.tril), name="tril")
entry(_masked(np.triu), name="triu")


@entry(method=True)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1,
          dtype: Any = None) -> Payload:
    d = _widened(_placed(np.diagonal)(a, offset, axis1, axis2), dtype, True)
    return F.sum(d, axes=(d.ndim - 1,))


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
    lead = np.broadcast_shapes(*(s[:k] + (1,) + s[k + 1:] for s in (x.shape, i.shape)))
    x = F.broadcast_to(x, (*lead[:k], x.shape[k], *lead[k + 1:]))
    i = F.broadcast_to(i, (*lead[:k], i.shape[k], *lead[k + 1:]))
    return F.take_along(x, F.where(F.lt(i, 0), F.add(i, x.shape[k]), i), axis=k)


@entry
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None,
         stable: Any = None) -> Payload:
    return _sorted(a, axis)[0]


@entry(method=True)
def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None,
            stable: Any = None) -> Payload:
    return _sorted(a, axis)[1]


def _sorted(a: Any, axis: Any) -> tuple[Payload, Payload]:
    x = as_payload(a)
    if axis is None:
        x, axis = F.reshape(x, shape=(x.size,)), 0
    return F.sort(x, axis=axis_of(axis, x.ndim), descending=False)


@entry
def partition(a: Any, kth: Any, axis: Any = -1) -> Payload:
    return _sorted(a, axis)[0]


@entry
def median(a: Any, axis: Any = None, keepdims: bool = False) -> Payload:
    x = _floating(as_payload(a))
    axes = axes_of(axis, x.ndim)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    flat = F.transpose(x, axes=rest + axes)
    lead = tuple(x.shape[i] for i in rest)
    flat = F.reshape(flat, shape=(*lead, x.size // max(1, int(np.prod(lead)))))
    n = flat.shape[-1]
    ordered = F.sort(flat, axis=flat.ndim - 1, descending=False)[0]
    low, high = (n - 1) // 2, n // 2 + 1
    index = (*((0, m, 1) for m in lead), (low, high, 1))
    y = F.mean(F.slice(ordered, index=index), axes=(flat.ndim - 1,))
    return kept(y, x.shape, axes) if keepdims else y


# --- products -------------------------------------------------------------------------


@entry(method=True)
def dot(a: Any, b: Any) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    if x.ndim == 0 or y.ndim == 0:
        return F.mul(x, y)
    return tensordot(x, y, axes=([x.ndim - 1], [max(0, y.ndim - 2)]))


@entry
def inner(a: Any, b: Any) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    if x.ndim == 0 or y.ndim == 0:
        return F.mul(x, y)
    return tensordot(x, y, axes=([x.ndim - 1], [y.ndim - 1]))


@entry
def vdot(a: Any, b: Any) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    return F.sum(F.mul(F.conj(F.reshape(x, shape=(x.size,))),
                       F.reshape(y, shape=(y.size,))), axes=(0,))


@entry
def outer(a: Any, b: Any) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    return F.mul(F.reshape(x, shape=(x.size, 1)), F.reshape(y, shape=(1, y.size)))


@entry
def tensordot(a: Any, b: Any, axes: Any = 2) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    if isinstance(axes, int):
        left = list(range(x.ndim - axes, x.ndim))
        right = list(range(axes))
    else:
        left, right = ([k] if isinstance(k, int) else list(k) for k in axes)
    left = [axis_of(i, x.ndim) for i in left]
    right = [axis_of(i, y.ndim) for i in right]
    if [x.shape[i] for i in left] != [y.shape[i] for i in right]:
        raise ValueError("shape-mismatch for sum")
    rest_x = [i for i in range(x.ndim) if i not in left]
    rest_y = [i for i in range(y.ndim) if i not in right]
    n = int(np.prod([x.shape[i] for i in left]))
    shape_x, shape_y = ([z.shape[i] for i in r] for z, r in ((x, rest_x), (y, rest_y)))
    p = F.reshape(F.transpose(x, axes=(*rest_x, *left)),
                  shape=(int(np.prod(shape_x)), n))
    q = F.reshape(F.transpose(y, axes=(*right, *rest_y)),
                  shape=(n, int(np.prod(shape_y))))
    return F.reshape(F.matmul(p, q), shape=(*shape_x, *shape_y))


@entry
def einsum(subscripts: str, *operands: Any, **_: Any) -> Payload:
    return F.einsum(*promoted(*map(as_payload, operands)), subscripts=subscripts)


@entry
def kron(a: Any, b: Any) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    n = max(x.ndim, y.ndim)
    shape_x = (1,) * (n - x.ndim) + tuple(x.shape)
    shape_y = (1,) * (n - y.ndim) + tuple(y.shape)
    p = F.reshape(x, shape=tuple(k for m in shape_x for k in (m, 1)))
    q = F.reshape(y, shape=tuple(k for m in shape_y for k in (1, m)))
    shape = tuple(i * j for i, j in zip(shape_x, shape_y, strict=True))
    return F.reshape(F.mul(p, q), shape=shape)


@entry
def cross(a: Any, b: Any, axis: int = -1) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    k = axis_of(axis, x.ndim)

    def rolled(z: Payload, by: int) -> Payload:
        return _placed(np.roll)(z, by, axis=k)

    return F.sub(F.mul(rolled(x, -1), rolled(y, -2)),
                 F.mul(rolled(x, -2), rolled(y, -1)))


@entry
def convolve(a: Any, v: Any, mode: str = "full") -> Payload:
    x, w = promoted(as_payload(a), as_payload(v))
    n, m = x.shape[0], w.shape[0]
    if m > n:
        x, w, n, m = w, x, m, n
    table = np.arange(n + m - 1)[:, None] - np.arange(m)[None]
    inside = (table >= 0) & (table < n)
    windows = F.gather(x, np.clip(table, 0, n - 1))
    windows = F.where(inside, windows, F.zeros_like(windows))
    full = F.reshape(F.matmul(windows, F.reshape(w, shape=(m, 1))), shape=(n + m - 1,))
    lo, hi = {"full": (0, n + m - 1), "same": ((m - 1) // 2, (m - 1) // 2 + n),
              "valid": (m - 1, n)}[mode]
    return F.take_range(full, lo, hi)


# --- elementwise functions that are no ufuncs -----------------------------------------


@entry
def where(condition: Any, *choices: Any) -> Payload:
    c = as_payload(condition)
    c = c if c.dtype == bool else F.ne(c, 0)
    if not choices:
        return np.nonzero(c)  # type: ignore[return-value]  # justified: NumPy's tuple
    x, y = promoted(*choices)
    return F.where(c, x, y)


@entry
def clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None,
         max: Any = None) -> Payload:
    x = as_payload(a)
    lo, hi = (a_min if min is None else min), (a_max if max is None else max)
    if all(b is None or np.ndim(b) == 0 and not is_payload(b) for b in (lo, hi)):
        return F.clip(x, lo=lo, hi=hi, edge=1)
    if lo is not None:
        x = F.maximum(*promoted(x, lo))
    return x if hi is None else F.minimum(*promoted(x, hi))


entry(lambda a, a_min=None, a_max=None: clip(a, a_min, a_max), name="clip_method")
TABLE.pop("clip_method")


@entry
def real(val: Any) -> Payload:
    x = as_payload(val)
    return F.real(x) if x.dtype.kind == "c" else x


@entry
def imag(val: Any) -> Payload:
    x = as_payload(val)
    return F.imag(x) if x.dtype.kind == "c" else F.zeros_like(x)


@entry
def angle(z: Any, deg: bool = False) -> Payload:
    a = F.angle(_floating(as_payload(z)))
    return F.mul(a, 180 / np.pi) if deg else a


@entry
def sinc(x: Any) -> Payload:
    return F.sinc(_floating(as_payload(x)))


@entry
def i0(x: Any) -> Payload:
    return F.i0(_floating(as_payload(x)))


@entry
def nan_to_num(x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None,
               neginf: Any = None) -> Payload:
    return F.nan_to_num(as_payload(x), nan=nan, posinf=posinf, neginf=neginf)


@entry
def round_(a: Any, decimals: int = 0) -> Payload:
    x = as_payload(a)
    if not decimals:
        return F.round(x) if is_inexact(x.dtype) else x
    return F.div(F.round(F.mul(x, 10.0**decimals)), 10.0**decimals)


@entry
def fix(x: Any) -> Payload:
    return F.trunc(_floating(as_payload(x)))


@entry
def isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8,
            equal_nan: bool = False) -> Payload:
    return F.isclose(*promoted(_floating(as_payload(a)), _floating(as_payload(b))),
                     rtol=rtol, atol=atol, equal_nan=equal_nan)


@entry
def diff(a: Any, n: int = 1, axis: int = -1) -> Payload:
    x = as_payload(a)
    k = axis_of(axis, x.ndim)
    for _ in range(n):
        m = x.shape[k]
        upper, lower_ = (
            F.slice(x, index=tuple((lo, hi, 1) if i == k else (0, s, 1)
                                   for i, s in enumerate(x.shape)))
            for lo, hi in ((1, m), (0, m - 1)))
        x = F.sub(upper, lower_)
    return x


@entry
def ediff1d(ary: Any) -> Payload:
    return diff(ravel(ary))


@entry
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Payload:
    f = _floating(as_payload(y))
    k = axis_of(axis, f.ndim)
    halves = F.mul(F.add(*(
        F.slice(f, index=tuple((lo, n + hi, 1) if i == k else (0, n, 1)
                               for i, n in enumerate(f.shape)))
        for lo, hi in ((1, 0), (0, -1)))), 0.5)
    if x is None:
        return F.sum(F.mul(halves, dx), axes=(k,))
    step = diff(_floating(as_payload(x)), axis=-1 if np.ndim(x) == 1 else axis)
    if step.ndim == 1:
        step = F.reshape(step, shape=tuple(step.size if i == k else 1
                                           for i in range(f.ndim)))
    return F.sum(F.mul(*promoted(halves, step)), axes=(k,))


@entry
def interp(x: Any, xp: Any, fp: Any) -> Payload:
    q, p, f = promoted(*(_floating(as_payload(v)) for v in (x, xp, fp)))
    places = F.clip_index(F.searchsorted(p, q, right=True), lo=1, hi=p.shape[0] - 1)
    x0, x1 = F.gather(p, F.sub(places, 1)), F.gather(p, places)
    y0, y1 = F.gather(f, F.sub(places, 1)), F.gather(f, places)
    t = F.clip(F.div(F.sub(q, x0), F.sub(x1, x0)), lo=0.0, hi=1.0, edge=1)
    return F.add(y0, F.mul(t, F.sub(y1, y0)))


@entry
def logspace_(start: Any, stop: Any, num: int = 50) -> Payload:
    return F.pow(*promoted(10.0, linspace(start, stop, num)))


@entry
def linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True,
             dtype: Any = None, axis: int = 0) -> Payload:
    a, b = promoted(_floating(as_payload(start)), _floating(as_payload(stop)))
    a, b = broadcast_arrays(a, b)
    t = np.linspace(0.0, 1.0, num, endpoint=endpoint, dtype=a.dtype)
    t = t.reshape((num,) + (1,) * a.ndim)
    y = F.add(F.mul(a, F.sub(1.0, t)), F.mul(b, t))
    return y if dtype is None else F.convert(y, dtype=np.dtype(dtype))


@entry
def meshgrid(*xi: Any, indexing: str = "xy", **_: Any) -> list[Payload]:
    xs = [as_payload(x) for x in xi]
    n = len(xs)
    order = list(range(n))
    if indexing == "xy" and n > 1:
        order[:2] = [1, 0]
    shape = tuple(xs[i].size for i in order)
    return [F.broadcast_to(
        F.reshape(x, shape=tuple(x.size if order[j] == i else 1 for j in range(n))),
        shape) for i, x in enumerate(xs)]


# --- arrays like others ---------------------------------------------------------------


def _like(value: Any) -> Body:
    def body(a: Any, dtype: Any = None, order: str = "K", subok: bool = True,
             shape: Any = None, **_: Any) -> Payload:
        x = as_payload(a)
        return np.full(x.shape if shape is None else shape, value,
                       x.dtype if dtype is None else dtype)

    return body


for _name, _value in {"zeros_like": 0, "ones_like": 1, "empty_like": 0}.items():
    entry(_like(_value), name=_name)


@entry
def full_like(a: Any, fill_value: Any, dtype: Any = None, **_: Any) -> Payload:
    x = as_payload(a)
    value = cast(fill_value, x.dtype if dtype is None else np.dtype(dtype))
    return F.broadcast_to(value, x.shape)


@entry(method=True)
def copy(a: Any, order: str = "K", subok: bool = False) -> Payload:
    x = as_payload(a)
    return F.add(x, F.zeros_like(x)) if type(x) is not np.ndarray else x.copy()


# --- facts about arrays: no derivative is asked for -----------------------------------


def _fact(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy function of shapes, dtypes or plain values."""

    @wraps(rule)
    def function(*args: Any, **kwargs: Any) -> Any:
        def ghost(x: Any) -> Any:
            if isinstance(x, Tensor):
                p = as_payload(x)
                return np.broadcast_to(np.empty((), p.dtype), p.shape)
            return x

        return rule(*map(ghost, args), **kwargs)

    return function


for _rule in (np.shape, np.ndim, np.size, np.result_type, np.iscomplexobj,
              np.isrealobj, np.can_cast, np.common_type, np.min_scalar_type):
    HANDLERS[_rule] = _fact(_rule)


def _plain(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy function whose result has no derivative: it sees the values."""

    @wraps(rule)
    def function(*args: Any, **kwargs: Any) -> Any:
        def value(x: Any) -> Any:
            return x.value(rule.__name__) if isinstance(x, Array) else x

        return rule(*map(value, args), **{k: value(v) for k, v in kwargs.items()})

    return function


for _rule in (np.allclose, np.array_equal, np.array_equiv, np.nonzero, np.argwhere,
              np.flatnonzero, np.searchsorted, np.digitize, np.bincount,
              np.count_nonzero, np.histogram, np.unique, np.array2string,
              np.array_repr, np.array_str, np.isin, np.argpartition, np.lexsort,
              np.iscomplex, np.isreal, np.may_share_memory, np.shares_memory,
              np.save, np.savez, np.savetxt):
    HANDLERS[_rule] = _plain(_rule)


# --- arrays from Python values --------------------------------------------------------


def array(value: Any, dtype: Any = None) -> Array:
    """An Array of its own memory; nested sequences may hold differentiated values."""
    if isinstance(value, list | tuple) and _has_tensor(value):
        p = stack([array(v).__dict__["_p"] if not isinstance(v, Tensor) else lower(v)
                   for v in value])
    else:
        p = lower(value)
        p = p if is_payload(p) and type(p) is not np.ndarray else np.array(p)
    return lift(p if dtype is None else F.convert(p, dtype=np.dtype(dtype)))


def _has_tensor(value: Any) -> bool:
    return any(isinstance(v, Tensor) or isinstance(v, list | tuple) and _has_tensor(v)
               for v in value)


def asarray(value: Any, dtype: Any = None) -> Array:
    """`value` as an Array; an Array of that dtype is given back itself."""
    if isinstance(value, Array) and (dtype is None or value.dtype == dtype):
        return value
    if isinstance(value, np.ndarray) and (dtype is None or value.dtype == dtype):
        return lift(value)
    return array(value, dtype)
