"""Rarer functions of `mindspore.numpy`, each from those that tensors have."""

from __future__ import annotations

import builtins
from functools import reduce
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import FUNCTIONS as F
from isograd.mindspore.call import lift, lower, promoted
from isograd.mindspore.numpy.functions import asarray
from isograd.mindspore.tensor import Tensor
from isograd.ops.numeric import window_of

TABLE: dict[str, Any] = {}
for _name in ["logaddexp2", "isneginf", "isposinf", "hsplit", "vsplit", "dsplit"]:
    TABLE[_name] = lambda x, *a, _fn=F[_name]: _fn(asarray(x), *a)


def sometrue(a: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    return asarray(a).any(axis, keepdims)


def array_equiv(a1: Any, a2: Any) -> Tensor:
    """Whether two arrays hold the same, after broadcasting."""
    same = np.array_equiv(*(asarray(a).asnumpy() for a in (a1, a2)))
    return Tensor(builtins.bool(same))


def array_str(a: Any) -> str:
    return str(a)


def rollaxis(x: Any, axis: int, start: int = 0) -> Tensor:
    """The axis moved to before another."""
    t = asarray(x)
    order = list(range(t.ndim))
    at = start + t.ndim if start < 0 else start
    axis = axis % t.ndim
    order.insert(at, axis)
    order.pop(axis + 1 if at <= axis else axis)
    return t.transpose(tuple(order))


def divmod(x1: Any, x2: Any, dtype: Any = None) -> tuple[Tensor, Tensor]:
    """Quotient, rounded down, and remainder."""
    a, b = asarray(x1), asarray(x2)
    out = F["floor_divide"](a, b), F["remainder"](a, b)
    return out if dtype is None else (out[0].astype(dtype), out[1].astype(dtype))


def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Tensor:
    """Differences of neighbours of the flat array, between two more arrays."""
    flat = asarray(ary).ravel()
    parts = [flat[1:] - flat[:-1]]
    if to_begin is not None:
        parts.insert(0, asarray(to_begin).ravel().astype(flat.dtype))
    if to_end is not None:
        parts.append(asarray(to_end).ravel().astype(flat.dtype))
    return parts[0] if len(parts) == 1 else F["cat"](parts)


def in1d(ar1: Any, ar2: Any, invert: bool = False) -> Tensor:
    """Which elements of the flat first array are in the second."""
    found = (asarray(ar1).reshape(-1, 1) == asarray(ar2).reshape(1, -1)).any(1)
    return F["logical_not"](found) if invert else found


def multi_dot(arrays: Any) -> Tensor:
    return reduce(lambda a, b: F["matmul"](a, b), [asarray(a) for a in arrays])


def select(condlist: Any, choicelist: Any, default: Any = 0) -> Tensor:
    """From each place's first choice whose condition holds."""
    choices = [asarray(c) for c in choicelist]
    out = F["full_like"](choices[0], default)
    for c, choice in reversed(list(zip(condlist, choices, strict=True))):
        out = F["where"](asarray(c), choice, out)
    return out


# --- polynomials: coefficients from the highest power ---------------------------------


def _padded(p: Any, count: int) -> Tensor:
    t = asarray(p)
    t = t.reshape(1) if t.ndim == 0 else t
    missing = count - t.shape[0]
    return F["cat"]([F["zeros"]((missing,), t.dtype), t]) if missing else t


def _common(a1: Any, a2: Any) -> tuple[Any, Any]:
    count = builtins.max(asarray(a).size for a in (a1, a2))
    return _padded(a1, count), _padded(a2, count)


def polyadd(a1: Any, a2: Any) -> Tensor:
    a, b = _common(a1, a2)
    return a + b


def polysub(a1: Any, a2: Any) -> Tensor:
    a, b = _common(a1, a2)
    return a - b


# --- not-a-number left out ------------------------------------------------------------


def _filled(a: Any, value: float) -> Tensor:
    t = asarray(a)
    return F["where"](F["isnan"](t), F["full_like"](t, value), t)


def _extreme(method: str, value: float) -> Any:
    def nan_extreme(
        a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False
    ) -> Tensor:
        out = getattr(_filled(a, value), method)(axis, keepdims)
        return out if dtype is None else out.astype(dtype)

    return nan_extreme


def _plain(method: str, pick: str) -> Any:
    def extreme(
        a: Any,
        axis: Any = None,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> Tensor:
        t = asarray(a)
        if where is not True:
            t = F["where"](asarray(where), t, F["full_like"](t, initial))
        out = getattr(t, method)(axis, keepdims)
        if initial is None:
            return out
        return F[pick](out, Tensor(initial, out.dtype))

    return extreme


TABLE["max"] = TABLE["amax"] = _plain("amax", "maximum")
TABLE["min"] = TABLE["amin"] = _plain("amin", "minimum")


def _clip(x: Any, xmin: Any, xmax: Any, dtype: Any = None) -> Tensor:
    """
    Raises:
        ValueError: without bounds.
    """
    if xmin is None and xmax is None:
        raise ValueError("One of max or min must be given.")
    out = asarray(x)
    for bound, pick in ((xmin, "maximum"), (xmax, "minimum")):
        if bound is not None:
            out = F[pick](out, bound)
    return out if dtype is None else out.astype(dtype)


TABLE["clip"] = _clip
nanmax, nanmin = _extreme("amax", -np.inf), _extreme("amin", np.inf)


def nancumsum(a: Any, axis: Any = None, dtype: Any = None) -> Tensor:
    return _filled(a, 0).cumsum(axis, dtype)


def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: bool = False
) -> Tensor:
    t = asarray(a)
    held = F["logical_not"](F["isnan"](t)).astype(t.dtype)
    out = _filled(t, 0).sum(axis, keepdims=keepdims) / held.sum(axis, keepdims=keepdims)
    return out if dtype is None else out.astype(dtype)


# --- indices --------------------------------------------------------------------------


def tril_indices_from(arr: Any, k: int = 0) -> tuple[Tensor, ...]:
    return _places(np.tril_indices(*_square(arr), k=k))


def triu_indices_from(arr: Any, k: int = 0) -> tuple[Tensor, ...]:
    return _places(np.triu_indices(*_square(arr), k=k))


def _square(arr: Any) -> tuple[int]:
    return (asarray(arr).shape[0],)


def _places(found: Any) -> tuple[Tensor, ...]:
    return tuple(Tensor(i.astype(np.int32)) for i in found)


def ix_(*args: Any) -> tuple[Tensor, ...]:
    """One array along each axis, for an open mesh."""
    count = len(args)
    return tuple(
        asarray(a).reshape([-1 if i == k else 1 for k in range(count)])
        for i, a in enumerate(args)
    )


def apply_over_axes(func: Any, a: Any, axes: Any) -> Tensor:
    """`func(a, axis)` over each of the axes, which are kept."""
    out = asarray(a)
    for axis in (axes,) if isinstance(axes, int) else axes:
        found = func(out, axis)
        out = found if found.ndim == out.ndim else F["expand_dims"](found, axis)
    return out


def apply_along_axis(
    func1d: Any, axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    """A function of each line along an axis; its result lies where the line lay."""
    t = asarray(arr)
    axis = axis % t.ndim
    rest = [i for i in range(t.ndim) if i != axis]
    shape = tuple(t.shape[i] for i in rest)
    lines = t.transpose((*rest, axis)).reshape(-1, t.shape[axis])
    made = [asarray(func1d(line, *args, **kwargs)) for line in lines]
    out = F["stack"](made).reshape(*shape, *made[0].shape)
    count, inner = len(shape), made[0].ndim
    order = [*range(axis), *range(count, count + inner), *range(axis, count)]
    return out.transpose(tuple(order)) if order else out


# --- sliding products, differences ----------------------------------------------------


def _float(a: Any) -> Any:
    t = asarray(a)
    return t if t._p.dtype.kind == "f" else t.astype(dtypes.float32)


def convolve(a: Any, v: Any, mode: str = "full") -> Tensor:
    """The products of all pairs, added where their positions add up to the same."""
    x, w = asarray(a), asarray(v)
    if x.size == 0 or w.size == 0:
        raise ValueError("Inputs cannot be empty.")
    lo, hi = window_of(mode, *sorted((x.size, w.size), reverse=True))
    return lift(BOUND.convolve(*promoted(lower(x), lower(w))))[lo:hi]


def polymul(a1: Any, a2: Any) -> Tensor:
    return convolve(a1, a2)


def polyder(p: Any, m: int = 1) -> Tensor:
    """The m-th derivative's coefficients."""
    t: Any = asarray(p)
    for _ in range(m):
        powers = asarray(list(range(t.size - 1, 0, -1)))
        t = t[:-1] * powers.astype(t.dtype)
    return t


def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Central differences, at the ends one-sided ones, for an even spacing.

    Raises:
        ValueError: for an `edge_order` other than 1.
    """
    if edge_order != 1:
        raise ValueError("edge_order must be 1")
    t = _float(f)
    axes = range(t.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    steps = varargs * len(axes) if len(varargs) == 1 else varargs or (1,) * len(axes)
    y = lower(t)
    found = [
        lift(BOUND.slope(y, axis=i % t.ndim, step=float(h)))
        for i, h in zip(axes, steps, strict=True)
    ]
    return found[0] if len(found) == 1 else found


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Tensor:
    """Piecewise linear through points (xp, fp); outside, `left` and `right`."""
    at, points, values = (_float(v) for v in (x, xp, fp))
    out = lift(BOUND.interp(*promoted(lower(at), lower(points), lower(values))))
    if left is not None:
        out = F["where"](at < points[0], F["full_like"](out, left), out)
    if right is not None:
        out = F["where"](at > points[-1], F["full_like"](out, right), out)
    return out
