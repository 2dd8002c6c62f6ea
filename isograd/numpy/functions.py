"""Arrays like others, facts about arrays, arrays from Python values.

Importing this module fills the table with the functions of all themes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from isograd.core.primitive import Payload
from isograd.core.tensor import Tensor
from isograd.numpy import elementwise, fft, linalg, products, reductions, shapes
from isograd.numpy.array import Array, as_payload, cast, is_payload, lift, lower
from isograd.numpy.table import HANDLERS, METHODS, TABLE, Body, F, entry

# --- arrays like others ---------------------------------------------------------------


def _like(value: Any) -> Body:
    def body(
        a: Any,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        **_: Any,
    ) -> Payload:
        x = as_payload(a)
        return np.full(
            x.shape if shape is None else shape,
            value,
            x.dtype if dtype is None else dtype,
        )

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


for _rule in (
    np.shape,
    np.ndim,
    np.size,
    np.result_type,
    np.iscomplexobj,
    np.isrealobj,
    np.can_cast,
    np.common_type,
    np.min_scalar_type,
):
    HANDLERS[_rule] = _fact(_rule)


def _plain(rule: Callable[..., Any]) -> Callable[..., Any]:
    """A NumPy function whose result has no derivative: it sees the values."""

    @wraps(rule)
    def function(*args: Any, **kwargs: Any) -> Any:
        def value(x: Any) -> Any:
            return x.value(rule.__name__) if isinstance(x, Array) else x

        return rule(*map(value, args), **{k: value(v) for k, v in kwargs.items()})

    return function


for _rule in (
    np.allclose,
    np.array_equal,
    np.array_equiv,
    np.nonzero,
    np.argwhere,
    np.flatnonzero,
    np.searchsorted,
    np.digitize,
    np.bincount,
    np.count_nonzero,
    np.histogram,
    np.unique,
    np.array2string,
    np.array_repr,
    np.array_str,
    np.isin,
    np.argpartition,
    np.lexsort,
    np.iscomplex,
    np.isreal,
    np.may_share_memory,
    np.shares_memory,
    np.save,
    np.savez,
    np.savetxt,
):
    HANDLERS[_rule] = _plain(_rule)


# --- arrays from Python values --------------------------------------------------------


def array(value: Any, dtype: Any = None) -> Array:
    """An Array of its own memory; nested sequences may hold differentiated values."""
    if isinstance(value, list | tuple) and _has_tensor(value):
        p = F.stack(
            *[lower(v) if isinstance(v, Tensor) else lower(array(v)) for v in value]
        )
    else:
        p = lower(value)
        p = p if is_payload(p) and type(p) is not np.ndarray else np.array(p)
    return lift(p if dtype is None else F.convert(p, dtype=np.dtype(dtype)))


def _has_tensor(value: Any) -> bool:
    return any(
        isinstance(v, Tensor) or (isinstance(v, list | tuple) and _has_tensor(v))
        for v in value
    )


def asarray(value: Any, dtype: Any = None) -> Array:
    """`value` as an Array; an Array of that dtype is given back itself."""
    if isinstance(value, Array) and (dtype is None or value.dtype == dtype):
        return value
    if isinstance(value, np.ndarray) and (dtype is None or value.dtype == dtype):
        return lift(value)
    return array(value, dtype)


__all__ = [
    "HANDLERS",
    "METHODS",
    "TABLE",
    "array",
    "asarray",
    "elementwise",
    "fft",
    "linalg",
    "products",
    "reductions",
    "shapes",
]
