"""`x[key]` and `x[key] = value`: basic keys give views, index arrays gather."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core import mutation
from isograd.core.levels import state
from isograd.core.primitive import BOUND, REGISTRY
from isograd.core.tape import Leaf
from isograd.core.tensor import payload_of, wrap
from isograd.mindspore import context, errors
from isograd.mindspore.call import cast, expose, is_payload, lift, lower
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.tensor import Tensor, assign, computed, write
from isograd.ops.keys import fitted, identity, read_key

F = BOUND

_INDEX_ERRORS = {
    "index_range": lambda f: IndexError(
        f"index {f['index']} is out of bounds for dimension with size {f['size']}"
    ),
    "index_count": lambda f: IndexError(
        f"too many indices for tensor of dimension{f['ndim']}"
    ),
    "index_type": lambda f: _unsupported(f["found"], f["found"]),
    "index_step": lambda f: ValueError(
        "For 'StridedSlice', 'strides' cannot contain 0"
    ),
    "mask_shape": lambda f: IndexError(
        f"The shape of the mask {f['mask']} at index {f['axis']} does not match the "
        f"shape of the indexed tensor {f['shape']} at index {f['at']}"
    ),
    "value_shape": lambda f: ValueError(
        "For 'BroadcastTo', in order to broadcast, each dimension pair must be equal or "
        "input dimension is 1 or target dimension is -1. But got x_shape: "
        f"{_sizes(f['found'])}, target shape: {_sizes(f['expected'])}."
    ),
}


def _sizes(shape: Any) -> str:
    return f"({', '.join(map(str, shape))})"


def _unsupported(kind: Any, value: Any) -> Exception:
    return IndexError(
        f"Unsupported Python object type received: {kind}. Supported types for tensor "
        "indexing are: list, int, float, tuple, slice, ellipsis, None, array, bool, or "
        f"Tensor. Received value: {value!r}"
    )


def _told(error: EngineError, key: Any = None) -> Exception:
    if error.code == "index_range" and isinstance(key, Tensor):
        return errors.beyond("Gather", error.fields["index"], error.fields["size"])
    make = _INDEX_ERRORS.get(error.code)
    return errors.translated(error) if make is None else make(error.fields)


def _key(key: Any, writes: bool = False) -> Any:
    """The key in payloads; only what is written may be indexed by False."""
    if isinstance(key, tuple):
        if sum(i is Ellipsis for i in key) > 1:
            raise IndexError("An index can only have a single ellipsis('...')")
        return tuple(i if writes and i is False else _item(i, inside=True) for i in key)
    return key if writes and key is False else _item(key)


def _check_item(item: Any, inside: bool) -> None:
    """Raise as MindSpore does for what is no index (`inside` a tuple or a list).

    Raises:
        IndexError, TypeError, RuntimeError: each has its own text.
    """
    if item is False:
        raise IndexError(
            "Bool element of tuple index must be 'True', but got 'False'."
            if inside
            else "When tensor is indexed by a bool object, the value only support "
            "'True'."
        )
    if type(item) is float and inside:
        raise TypeError(
            "For tuple index, the types only support 'Slice', 'Ellipsis', 'None', "
            "'Tensor', 'int', 'List', 'Tuple', 'bool', but got type 'Float', value: "
            f"{item}"
        )
    if type(item) is float:
        raise IndexError(
            "Only support integers, slices(`:`), ellipsis(`...`), None, bool, tensor, "
            f"int, list and tuple as index, but got {item} with type {type(item)}"
        )
    if isinstance(item, slice):
        for end in (item.start, item.stop, item.step):
            if end is not None and not hasattr(end, "__index__"):
                raise RuntimeError("Slice index type must be int, tensor or none.")
    elif isinstance(item, str | range | dict | complex | type | set):
        raise _unsupported(type(item), item)
    elif isinstance(item, Tensor) and item._p.dtype.kind not in "iub":
        raise IndexError(f"The tensor index must be int or bool type, but got {item}")


def _item(item: Any, inside: bool = False) -> Any:
    if type(item) is int:
        return item
    _check_item(item, inside)
    if type(item) is slice and type(item.start) is not Tensor:
        return item
    if isinstance(item, list):
        for i in item:
            if not isinstance(i, bool):
                _check_item(i, True)
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
        raise _told(error, index) from None


def setitem(self: Tensor, index: Any, value: Any) -> None:
    """Write to a part of a tensor; recorded, the value's gradient as well.

    Raises:
        RuntimeError: if it is an input of the function that is being differentiated,
            but for graph mode.
    """
    if isinstance(self, Parameter) and state().level:
        new = wrap(Tensor, F.copy(payload_of(self)))
        setitem(new, index, value)
        return assign(self, payload_of(new))
    if type(self._node) is Leaf:
        if not context.graph_mode():
            raise RuntimeError(errors.INPUT_WRITTEN)
        computed(self)
    try:
        key = read_key(self._p.shape, _key(index, True))
        v = lower(value)
        if v is None:
            raise TypeError(
                "only support numbers, Tensor, tuple, list as value, but got None with "
                "type <class 'NoneType'>"
            )
        if isinstance(v, str | dict | complex):
            raise _unsupported(type(v), v)
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
