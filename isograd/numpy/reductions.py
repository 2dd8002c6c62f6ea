"""Reductions and scans."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.base.dtypes import is_inexact
from isograd.core.primitive import Payload
from isograd.numpy.array import as_payload, cast, promoted
from isograd.numpy.table import (
    HANDLERS,
    TABLE,
    Body,
    F,
    axes_of,
    axis_of,
    entry,
    kept,
)

# --- reductions -----------------------------------------------------------------------


def _widened(x: Payload, dtype: Any, sums: bool) -> Payload:
    """Integers are summed in the widest integer dtype, as NumPy does."""
    if dtype is not None:
        return F.convert(x, dtype=np.dtype(dtype))
    if sums and x.dtype.kind in "biu":
        return F.convert(x, dtype=np.add.reduce(np.empty(0, x.dtype)).dtype)
    return x


def floating(x: Payload, dtype: Any = None) -> Payload:
    if dtype is not None:
        return F.convert(x, dtype=np.dtype(dtype))
    return x if is_inexact(x.dtype) else F.convert(x, dtype=np.dtype(float))


def _reduction(
    name: str, function: str, prepare: Callable[[Payload, Any], Payload]
) -> None:
    def body(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        keepdims: bool = False,
        **words: Any,
    ) -> Payload:
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
    "mean": ("mean", floating),
    "max": ("max", lambda x, d: x),
    "min": ("min", lambda x, d: x),
    "all": ("all", lambda x, d: x),
    "any": ("any", lambda x, d: x),
    "nansum": ("nansum", floating),
    "nanmean": ("nanmean", floating),
}
for _name, (_function, _prepare) in _REDUCTIONS.items():
    _reduction(_name, _function, _prepare)
HANDLERS[np.amax], HANDLERS[np.amin] = TABLE["max"], TABLE["min"]
TABLE["amax"], TABLE["amin"] = TABLE["max"], TABLE["min"]


def _spread(function: str) -> Body:
    def body(
        a: Any,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        correction: Any = None,
    ) -> Any:
        x = floating(as_payload(a), dtype)
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
entry(_scan("cumprod", reverse=False), name="cumprod", method=True)


@entry
def average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    keepdims: bool = False,
) -> Any:
    x = floating(as_payload(a))
    axes = axes_of(axis, x.ndim)
    w = F.ones_like(x) if weights is None else floating(as_payload(weights))
    if w.shape != x.shape:
        shape = [1] * x.ndim
        shape[axis_of(axis, x.ndim)] = w.size
        w = F.reshape(w, shape=tuple(shape))
    x, w = promoted(x, F.broadcast_to(w, x.shape))
    y, total = F.average(x, w, axes=axes)
    if keepdims:
        y, total = kept(y, x.shape, axes), kept(total, x.shape, axes)
    return (y, total) if returned else y


def _quantile(a: Any, q: Any, axis: Any, method: str, keepdims: bool) -> Payload:
    """A quantile over any axes, which are brought together at the end."""
    x = floating(as_payload(a))
    axes = axes_of(axis, x.ndim)
    rest = tuple(i for i in range(x.ndim) if i not in axes)
    lead = tuple(x.shape[i] for i in rest)
    flat = F.reshape(
        F.transpose(x, axes=rest + axes),
        shape=(*lead, x.size // max(1, int(np.prod(lead)))),
    )
    level = cast(as_payload(q), x.dtype)
    y = F.quantile(flat, level, axis=len(lead), interpolation=method)
    return kept(y, x.shape, axes) if keepdims and level.ndim == 0 else y


@entry
def median(a: Any, axis: Any = None, keepdims: bool = False) -> Payload:
    return _quantile(a, 0.5, axis, "linear", keepdims)


@entry
def quantile(
    a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Payload:
    return _quantile(a, q, axis, method, keepdims)


@entry
def percentile(
    a: Any, q: Any, axis: Any = None, method: str = "linear", keepdims: bool = False
) -> Payload:
    return _quantile(
        a, F.div(as_payload(np.asarray(q, float)), 100.0), axis, method, keepdims
    )
