"""Elementwise functions that are no ufuncs, and differences."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.dtypes import is_inexact
from isograd.core.primitive import Payload
from isograd.numpy.array import as_payload, is_payload, promoted
from isograd.numpy.reductions import floating
from isograd.numpy.table import (
    F,
    axes_of,
    axis_of,
    entry,
)

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
def clip(
    a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None
) -> Payload:
    x = as_payload(a)
    lo, hi = (a_min if min is None else min), (a_max if max is None else max)
    if all(b is None or (np.ndim(b) == 0 and not is_payload(b)) for b in (lo, hi)):
        return F.clip(x, lo=lo, hi=hi, edge=1)
    if lo is not None:
        x = F.maximum(*promoted(x, lo))
    return x if hi is None else F.minimum(*promoted(x, hi))


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
    a = F.angle(floating(as_payload(z)))
    return F.mul(a, 180 / np.pi) if deg else a


@entry
def sinc(x: Any) -> Payload:
    return F.sinc(floating(as_payload(x)))


@entry
def i0(x: Any) -> Payload:
    return F.i0(floating(as_payload(x)))


@entry
def nan_to_num(
    x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Payload:
    return F.nan_to_num(as_payload(x), nan=nan, posinf=posinf, neginf=neginf)


@entry
def round_(a: Any, decimals: int = 0) -> Payload:
    x = as_payload(a)
    return F.round_to(x, decimals=decimals) if is_inexact(x.dtype) else x


@entry
def fix(x: Any) -> Payload:
    return F.trunc(floating(as_payload(x)))


@entry
def isclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Payload:
    return F.isclose(
        *promoted(floating(as_payload(a)), floating(as_payload(b))),
        rtol=rtol,
        atol=atol,
        equal_nan=equal_nan,
    )


@entry
def diff(a: Any, n: int = 1, axis: int = -1) -> Payload:
    x = as_payload(a)
    return F.diff(x, n=n, axis=axis_of(axis, x.ndim))


@entry
def ediff1d(ary: Any) -> Payload:
    return F.diff(F.ravel(as_payload(ary)), n=1, axis=0)


@entry
def gradient(f: Any, *steps: Any, axis: Any = None, edge_order: int = 1) -> Any:
    y = floating(as_payload(f))
    axes = axes_of(axis, y.ndim)
    widths = steps * len(axes) if len(steps) == 1 else steps or (1.0,) * len(axes)
    out = [
        F.slope(y, floating(as_payload(w)), axis=k, edge_order=edge_order)
        if np.ndim(w)
        else F.slope(y, axis=k, step=float(w), edge_order=edge_order)
        for k, w in zip(axes, widths, strict=True)
    ]
    return out[0] if len(out) == 1 else tuple(out)


@entry
def trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Payload:
    f = floating(as_payload(y))
    k = axis_of(axis, f.ndim)
    if x is None:
        return F.trapezoid(f, dx, axis=k)
    points = floating(as_payload(x))
    f, points = promoted(f, points)
    steps = F.diff(points, n=1, axis=0 if points.ndim == 1 else k)
    if points.ndim == 1:
        steps = F.reshape(
            steps, shape=tuple(steps.size if i == k else 1 for i in range(f.ndim))
        )
    return F.trapezoid(f, steps, axis=k)


@entry
def interp(x: Any, xp: Any, fp: Any) -> Payload:
    return F.interp(*promoted(*(floating(as_payload(v)) for v in (x, xp, fp))))


@entry
def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Payload:
    a, b = promoted(floating(as_payload(start)), floating(as_payload(stop)))
    a, b = F.broadcast_arrays(a, b)
    t = np.linspace(0.0, 1.0, num, endpoint=endpoint, dtype=a.dtype)
    t = t.reshape((num,) + (1,) * a.ndim)
    y = F.add(F.mul(a, F.sub(1.0, t)), F.mul(b, t))
    return y if dtype is None else F.convert(y, dtype=np.dtype(dtype))


@entry
def meshgrid(*xi: Any, indexing: str = "xy", **_: Any) -> Any:
    return list(F.meshgrid(*map(as_payload, xi), indexing=indexing))
