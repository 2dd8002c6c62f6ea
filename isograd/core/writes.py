"""Writes in place that are one in memory and nothing else.

Where nothing is recorded, no view follows and the memory is a tensor's own, a write is
one NumPy assignment and one more version.  What these functions do not take for such a
write (they give False, nothing is done) goes the way of `mutation.write`.
"""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from isograd.core.levels import MODE, QUIET, state
from isograd.core.mutation import living_views
from isograd.core.primitive import ndarray
from isograd.core.storage import note_write
from isograd.core.tape import INFERENCE
from isograd.core.tensor import Tensor

_BIG = 3e38  # where float32 ends


def alone(t: Tensor) -> bool:
    """Whether a write to `t` concerns its memory alone.

    That is: nothing is recorded, `t` is no view of what has a node and has no views that
    live, and each element stands in memory once.
    """
    quiet = False
    if MODE.special:
        quiet = state() is QUIET
        if not quiet:
            return False
    view = t._view
    return not (
        (t._node is not None and not quiet)
        or type(t._p) is not ndarray
        or t._untracked
        or INFERENCE
        or (view is not None and (view.made is not None or view.base._node is not None))
        or (t._views is not None and living_views(t))
        or 0 in t._p.strides
    )


def _number(a: np.ndarray, value: Any) -> bool:
    """Whether a Python number is one of the array's dtype (float32 or float64)."""
    kind = type(value)
    return (kind is float or kind is int) and (
        a.dtype.char in "fd" and not _BIG < abs(value) < inf
    )


def _apart(a: np.ndarray, b: Any) -> bool:
    """Whether b is an array of a's dtype in other memory."""
    return (
        type(b) is ndarray
        and b.dtype is a.dtype
        and a is not b
        and ((a.base is None and b.base is None) or not np.may_share_memory(a, b))
    )


def _operand(t: Tensor, value: Any) -> Any:
    """A number or array that may be assigned to parts of t, None if it may not."""
    a = t._p
    if isinstance(value, Tensor):
        b = value._p
        plain = value._node is None or MODE.special
        return b if plain and _apart(a, b) else None
    return value if _number(a, value) else None


def _place(item: Any) -> Any:
    """An item of a key for NumPy.

    Raises:
        TypeError: the general path has to look at it.
    """
    kind = type(item)
    if kind is int or item is None or item is Ellipsis:
        return item
    if kind is slice:
        bounds = item.start, item.stop, item.step
        if _BOUNDS.issuperset(map(type, bounds)) and (
            bounds[2] is None or bounds[2] > 0
        ):
            return item
    elif isinstance(item, Tensor):
        p = item._p
        if type(p) is ndarray and p.dtype.char in "?il":
            return p
    raise TypeError


_BOUNDS = frozenset((int, type(None)))


def fill(t: Tensor, value: Any) -> bool:
    """`t <- value`, a number."""
    if not alone(t) or not _number(t._p, value):
        return False
    t._p.fill(value)
    note_write(t._p)
    return True


def clear(t: Tensor) -> bool:
    """`t <- 0`."""
    if not alone(t) or t._p.dtype.kind == "V":
        return False
    t._p.fill(0)
    note_write(t._p)
    return True


def copy(t: Tensor, source: Any) -> bool:
    """`t <- source`, a tensor of its shape and dtype."""
    if not alone(t) or not isinstance(source, Tensor):
        return False
    b = _operand(t, source)
    if b is None or b.shape != t._p.shape:
        return False
    np.copyto(t._p, b)
    note_write(t._p)
    return True


def assign(t: Tensor, key: Any, value: Any) -> bool:
    """`t[key] <- value` for plain keys, and for masks and indices that are tensors."""
    if not alone(t) or not t._p.ndim:
        return False
    b = _operand(t, value)
    if b is None:
        return False
    try:
        t._p[tuple(map(_place, key)) if type(key) is tuple else _place(key)] = b
    except (IndexError, ValueError, TypeError):  # what the general path explains
        return False
    note_write(t._p)
    return True
