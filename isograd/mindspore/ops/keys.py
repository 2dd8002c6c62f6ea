"""`x[key]` and `x[key] = value`: basic keys give views, index arrays gather."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core import mutation
from isograd.core.primitive import BOUND, REGISTRY
from isograd.core.tape import Leaf
from isograd.core.tensor import payload_of
from isograd.mindspore import errors
from isograd.mindspore.call import cast, expose, is_payload, lift, lower
from isograd.mindspore.tensor import Tensor, write
from isograd.ops.keys import fitted, identity, read_key

F = BOUND

_INDEX_ERRORS = {
    "index_range": lambda f: IndexError(
        f"index {f['index']} is out of bounds for dimension with size {f['size']}"
    ),
    "index_count": lambda f: IndexError(
        f"too many indices for tensor with dimension size {f['ndim']}"
    ),
    "index_type": lambda f: IndexError(
        f"For tensor getitem, the index type {f['found']} is not supported: integers, "
        "slices, None, Ellipsis, bool and integer or bool tensors are"
    ),
    "mask_shape": lambda f: IndexError(
        f"The shape of the mask {f['mask']} at index {f['axis']} does not match the "
        f"shape of the indexed tensor {f['shape']} at index {f['at']}"
    ),
    "value_shape": lambda f: ValueError(
        f"For tensor setitem, the value of shape {f['found']} cannot be broadcast to "
        f"the shape {f['expected']}"
    ),
}


def _told(error: EngineError) -> Exception:
    make = _INDEX_ERRORS.get(error.code)
    return errors.translated(error) if make is None else make(error.fields)


def _key(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(_item, key))
    return _item(key)


def _item(item: Any) -> Any:
    if type(item) is int or (type(item) is slice and type(item.start) is not Tensor):
        return item
    if isinstance(item, list) and not any(isinstance(i, slice) for i in item):
        return [int(i) if isinstance(i, Tensor) else i for i in item]
    return lower(item)


def viewed(t: Tensor, steps: Any) -> Tensor:
    """The view of `t` that a chain of view primitives makes."""
    for name, params in steps:
        t = mutation.make_view(Tensor, t, REGISTRY[name], dict(params))
    return t


_SELECT = REGISTRY["select"]


def getitem(self: Tensor, index: Any) -> Any:
    shape = self._p.shape
    if type(index) is int and shape and -shape[0] <= index < shape[0]:
        return mutation.make_view(
            Tensor, self, _SELECT, {"axis": 0, "index": index % shape[0]}
        )
    try:
        key = read_key(self._p.shape, _key(index))
        t = viewed(self, key.steps or (() if key.arrays else identity(self._p.shape)))
        if key.arrays:
            return lift(F.gather_at(payload_of(t), key.arrays))
        return t
    except EngineError as error:
        raise _told(error) from None


def setitem(self: Tensor, index: Any, value: Any) -> None:
    """Write to a part of a tensor; recorded, the value's gradient as well.

    Raises:
        RuntimeError: if it is an input of the function that is being differentiated.
    """
    if type(self._node) is Leaf and type(self) is Tensor:
        raise RuntimeError(errors.INPUT_WRITTEN)
    try:
        key = read_key(self._p.shape, _key(index))
        v = lower(value)
        if isinstance(v, tuple | list):
            v = np.asarray([np.asarray(lower(i)) for i in v])
        v = cast(v if is_payload(v) else np.asarray(v), self._p.dtype)
        part = viewed(self, key.steps) if key.steps else self
        if key.arrays:
            new = F.scatter_at(payload_of(part), v, key.arrays)
        else:
            new = fitted(F, v, key.shape)
        write(part, new)
    except EngineError as error:
        raise _told(error) from None


expose(getitem, [], "__getitem__")
expose(setitem, [], "__setitem__")
