"""Indexing `x[key]`, and selecting and writing by index tensors and masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core import mutation, writes
from isograd.core.abstract import is_abstract
from isograd.core.drafts import asked, irregular
from isograd.core.levels import MODE
from isograd.core.primitive import BOUND, REGISTRY, Payload
from isograd.core.tape import Traced
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import payload_of
from isograd.ops import selection
from isograd.ops.keys import read_key
from isograd.torch.call import (
    Named,
    as_int,
    cast,
    check_apart,
    check_broadcast,
    check_memory,
    check_write,
    is_payload,
    lift,
    note,
    promoted,
    same_elements,
    tied,
    type_name,
    view_of,
)
from isograd.torch.dtypes import of_numpy
from isograd.torch.errors import translated
from isograd.torch.scalars import c_name, element
from isograd.torch.shapes import expand_error
from isograd.torch.table import FUNCTIONS, attach, repeated, row
from isograd.torch.tensor import Tensor

F = BOUND

# --- x[key] ---------------------------------------------------------------------------


def _item(x: Any) -> Any:
    """One item of a key as `read_key` takes it."""
    kind = type(x)
    if kind is int or kind is slice or x is None or x is Ellipsis or kind is bool:
        return _slice(x) if isinstance(x, slice) else x
    if isinstance(x, CoreTensor):
        p = payload_of(x)
        if not p.ndim:
            irregular()  # its element is what is read
        return _index_array(p)
    if isinstance(x, list | tuple | range):
        return _index_array(_listed(x))
    if isinstance(x, np.ndarray):
        return _index_array(x)
    if isinstance(x, str):
        raise TypeError("new(): invalid data type 'str'")
    if hasattr(x, "__index__"):
        return x.__index__()
    raise IndexError(
        "only integers, slices (`:`), ellipsis (`...`), None and long or byte "
        "Variables "
        f"are valid indices (got {type(x).__name__})"
    )


def _listed(x: Any) -> np.ndarray:
    from isograd.torch.creation import array_of

    a = array_of(x)
    return a if a.dtype.kind in "iub" and a.size else a.astype(np.int64)


def _index_array(p: Payload) -> Payload:
    if p.dtype.kind not in "iub" or p.dtype in (np.int8, np.int16):
        raise IndexError(
            "tensors used as indices must be long, int, byte or bool tensors"
        )
    if p.dtype == np.uint8:
        return F.ne(p, np.zeros((), np.uint8))
    return p


def _slice(s: slice) -> slice:
    given = (s.start, s.stop, s.step)
    if not all(v is None or hasattr(v, "__index__") for v in given):
        raise TypeError(
            "slice indices must be integers or None or have an __index__ method"
        )
    parts = [None if v is None else as_int(v) for v in given]
    if parts[2] == 0:
        raise ValueError("slice step cannot be zero")
    if parts[2] is not None and parts[2] < 0:
        raise ValueError("step must be greater than zero")
    return slice(*parts)


def _is_list_of_tensors(key: Any) -> bool:
    return type(key) is list and any(
        isinstance(k, CoreTensor | slice | list | tuple) or k is None or k is Ellipsis
        for k in key
    )


def _key_of(key: Any) -> tuple[Any, ...]:
    if _is_list_of_tensors(key):
        key = tuple(key)
    return tuple(map(_item, key)) if isinstance(key, tuple) else (_item(key),)


def _read(x: Any, key: Any) -> tuple[Any, Any]:
    items, shape = _key_of(key), x._p.shape
    if not shape:
        for i in items:
            if type(i) is int or type(i) is slice:
                raise IndexError(
                    "too many indices for tensor of dimension 0"
                    if isinstance(key, tuple)
                    else "slice() cannot be applied to a 0-dim tensor."
                    if type(i) is slice
                    else "invalid index of a 0-dim tensor. Use `tensor.item()` in Python "
                    "or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
                )
    try:
        return items, read_key(shape, items)
    except EngineError as error:
        raise translated(error) from None


def getitem(self: Any, key: Any) -> Any:
    """`x[key]`: a view for ints, slices, None and Ellipsis, else a copy."""
    if type(key) is int:
        return _row(self, key)
    places = _where(self, key)
    if places is not None:
        x, arrays = self, places
    else:
        items, (steps, _, arrays) = _read(self, key)
        x = _stepped(self, steps, items)
        if not arrays:
            return x if x is not self else _alias(self, _last_label(items))
    try:
        out = F.gather_at(payload_of(x), arrays)
    except EngineError as error:
        raise translated(error) from None
    except IndexError as error:
        raise _broadcast_error(error, arrays) from None
    return lift(out, "IndexBackward0", (self,))


def _where(x: Any, key: Any) -> Any:
    """Axes and indices of a mask of x's shape; None for other keys and payloads."""
    if not isinstance(key, CoreTensor):
        return None
    p, a = key._p, x._p
    if type(p) is not np.ndarray or type(a) is not np.ndarray or MODE.special:
        return None
    if p.dtype.kind != "b" or p.shape != a.shape or not a.ndim:
        return None
    return tuple(enumerate(p.nonzero()))


def _broadcast_error(error: Exception, arrays: Any) -> Exception:
    if "broadcast" not in str(error):
        return error
    shapes = ", ".join(str(list(i.shape)) for _, i in arrays)
    return IndexError(
        "shape mismatch: indexing tensors could not be broadcast "
        "together "
        f"with shapes {shapes}"
    )


_SELECT = REGISTRY["select"]


def _row(x: Any, i: int) -> Any:
    shape = x._p.shape
    if not shape:
        _read(x, i)
    n = shape[0]
    if not -n <= i < n:
        raise IndexError(f"index {i} is out of bounds for dimension 0 with size {n}")
    return view_of(x, _SELECT, "SelectBackward0", axis=0, index=i % n)


def _stepped(x: Any, steps: Any, items: Sequence[Any]) -> Any:
    """The view that the basic part of a key makes; x itself if it keeps everything."""
    label = _last_label(items)
    for name, params in steps:
        x = view_of(x, REGISTRY[name], label, **dict(params))
    return x


def _last_label(items: Sequence[Any]) -> str:
    """The node's name of the last step that PyTorch would take."""
    label = "AliasBackward0"
    for i in items:
        if i is None:
            label = "UnsqueezeBackward0"
        elif type(i) is slice and (i.start, i.stop, i.step) != (None, None, None):
            label = "SliceBackward0"
        elif type(i) is int or (is_payload(i) and not getattr(i, "ndim", 1)):
            label = "SelectBackward0"
        elif type(i) is slice and len(items) == 1:
            label = "SliceBackward0"
    return label


def _alias(x: Any, label: str) -> Any:
    return view_of(x, REGISTRY["reshape"], label, shape=x._p.shape)


# --- x[key] = value -------------------------------------------------------------------


def setitem(self: Any, key: Any, value: Any) -> None:
    """`x[key] = value`, with the value broadcast and converted."""
    if writes.assign(self, key, value):
        return
    try:
        _assign(self, key, value)
    except EngineError as error:
        raise translated(error) from None


def _assign(self: Any, key: Any, value: Any) -> None:
    v = _value_of(self, value)
    items, (steps, shape, arrays) = _read(self, key)
    target = _stepped(self, steps, items)
    if not arrays:
        copy_into(target, _fitted(v, target._p.shape), value)
        return
    if isinstance(value, CoreTensor):
        _check_put(target._p, value._p, items)
    check_write(target, type(v) is Traced)
    check_apart(target._p, v)
    out = F.scatter_at(
        mutation.copied(payload_of(target)), _fit(v, arrays, shape), arrays
    )
    _label(out, "IndexPutBackward0", (self, value))
    mutation.write(target, out, fresh=True, overlap=True)


def _check_put(x: Payload, v: Payload, items: Sequence[Any]) -> None:
    """A tensor has the dtype of what it is put into; one element may fill a mask."""
    if v.dtype == x.dtype:
        return
    indices = [i for i in items if hasattr(i, "dtype")]
    one = len(indices) == 1 and indices[0].dtype.kind == "b"
    if not (one and np.prod(v.shape) == 1):
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{of_numpy(x.dtype).scalar_type} for the destination and "
            f"{of_numpy(v.dtype).scalar_type} for the source."
        )


def _fit(v: Payload, arrays: Any, shape: Sequence[int]) -> Payload:
    """The value, checked against the shape that the key selects."""
    lead = check_index_shapes(arrays)
    axes = [a for a, _ in arrays]
    adjacent = axes == list(range(axes[0], axes[0] + len(axes)))
    rest = [n for i, n in enumerate(shape) if i not in axes]
    at = axes[0] if adjacent else 0
    full = (*rest[:at], *lead, *rest[at:])
    own = v.shape
    while len(own) > len(full) and own[0] == 1:
        own = own[1:]
    pairs = zip(own[::-1], full[::-1], strict=False)
    if len(own) > len(full) or any(m not in (1, n) for m, n in pairs):
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(v.shape)} cannot be "
            f"broadcast to indexing result of shape {list(full)}"
        )
    return v


def check_index_shapes(arrays: Any) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(i.shape for _, i in arrays))
    except ValueError:
        raise _broadcast_error(ValueError("broadcast"), arrays) from None


def _value_of(t: Any, value: Any) -> Payload:
    """What is assigned, in t's dtype."""
    if isinstance(value, CoreTensor):
        return cast(payload_of(value), t._p.dtype)
    if not isinstance(value, int | float | complex | np.generic):
        raise TypeError(
            f"can't assign a {type_name(value)} to a torch.{t.dtype.legacy}"
        )
    return element(value, t._p.dtype)


def _label(out: Payload, label: str, sources: Sequence[Any]) -> None:
    node = getattr(out, "node", None)
    if node is not None:
        node.label = None
        note(node, label, sources)


def _fitted(v: Payload, shape: tuple[int, ...]) -> Payload:
    """A value as it is assigned to a part of that shape."""
    if v.shape == shape:
        return v
    extra = v.ndim - len(shape)
    if extra > 0 and v.shape[:extra] == (1,) * extra:
        v = F.reshape(v, shape=v.shape[extra:])
    if v.ndim > len(shape):
        raise RuntimeError(
            f"expand(torch.{of_numpy(v.dtype).legacy}{{{list(v.shape)}}}, size="
            f"{list(shape)}): the number of sizes provided ({len(shape)}) must be "
            f"greater or equal to the number of dimensions in the tensor ({v.ndim})"
        )
    for i in range(-1, -v.ndim - 1, -1):
        if v.shape[i] not in (1, shape[i]):
            raise RuntimeError(expand_error(shape, v.shape, i))
    return F.broadcast_to(v, shape)


def copy_into(t: Any, v: Payload, source: Any = None) -> None:
    """`t <- v`, broadcast."""
    check_write(t, type(v) is Traced)
    if is_abstract(v) and not is_abstract(t._p):
        raise translated(EngineError("abstract_value", what="a copy"))
    if not same_elements(t._p, v):
        check_memory(t, (v,))
    shape = t._p.shape
    if v.shape != shape:
        whole = check_broadcast(shape, v.shape)
        if whole != shape:
            raise RuntimeError(
                f"output with shape {list(shape)} doesn't match the "
                f"broadcast shape {list(whole)}"
            )
        v = F.broadcast_to(v, shape)
    out = tied(payload_of(t), F.copy(v))
    _label(out, "CopyBackwards", (t, source))
    mutation.write(t, out, fresh=True, overlap=True)


attach(__getitem__=repeated(getitem))
attach(__setitem__=setitem)


def _no_deletion(self: Any, key: Any) -> None:
    raise TypeError("Tensor does not support deleting items")


attach(__delitem__=_no_deletion)


def _writing(fn: Any, quick: Any) -> Any:
    """A method that writes, at once where it can; the engine's errors are translated."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not kwargs and len(args) < 2 and quick(self, *args):
            return self
        try:
            fn(self, *args, **kwargs)
        except EngineError as error:
            raise translated(error) from None
        return self

    method.__name__ = method.__qualname__ = fn.__name__
    return method


def copy_(self: Any, src: Any, non_blocking: bool = False) -> None:
    """Write the elements of `src`, broadcast and converted."""
    if not isinstance(src, CoreTensor):
        if isinstance(src, int | float | complex):
            copy_into(self, element(src, self._p.dtype))
            return
        raise TypeError(
            "copy_(): argument 'other' (position 1) must be Tensor, not "
            + type_name(src)
        )
    copy_into(self, cast(payload_of(src), self._p.dtype), src)


def fill_(self: Any, value: Any) -> None:
    """Write one number everywhere."""
    if isinstance(value, str | list | tuple) or value is None:
        raise TypeError(
            "fill_() received an invalid combination of arguments - got "
            f"({type(value).__name__}), but expected one of:\n * (Tensor "
            "value)\n * (Number value)\n"
        )
    own = isinstance(value, CoreTensor)
    v = payload_of(value) if own else element(value, self._p.dtype)
    if v.ndim:
        raise RuntimeError(
            "fill_ only supports 0-dimension value tensor but got "
            "tensor "
            f"with {v.ndim} dimensions."
        )
    if v.dtype.kind == "c" and self._p.dtype.kind != "c":
        raise RuntimeError("value cannot be converted to type float without overflow")
    out = F.copy(F.broadcast_to(cast(v, self._p.dtype), self._p.shape))
    kind = 3 if own else 2
    _constant_write(self, out, f"FillBackward{kind}")


def zero_(self: Any) -> None:
    """Write zeros."""
    _constant_write(self, np.zeros(self._p.shape, self._p.dtype), "ZeroBackward0")


def _constant_write(t: Any, out: Payload, label: str) -> None:
    """A write that keeps nothing of t, recorded as an operation on t."""
    check_write(t)
    out = tied(payload_of(t), out)
    _label(out, label, (t,))
    mutation.write(t, out, fresh=True, overlap=True)


for _fn, _quick in ((copy_, writes.copy), (fill_, writes.fill), (zero_, writes.clear)):
    _method = _writing(_fn, _quick)
    setattr(Tensor, _fn.__name__, _method)
    if _fn is not copy_:
        FUNCTIONS[_fn.__name__] = _method
row(
    lambda input, value: F.copy(F.broadcast_to(cast(value, input.dtype), input.shape)),
    name="fill",
    label="FillBackward0",
)

# --- where and masks ------------------------------------------------------------------


@row
def where(condition: Payload, input: Any = None, other: Any = None) -> Any:
    if input is None and other is None:
        return tuple(map(np.ascontiguousarray, selection.nonzero(condition)))
    if condition.dtype.kind != "b":
        if condition.dtype != np.uint8:
            raise RuntimeError(
                "where expected condition to be a boolean tensor, but got a tensor "
                "with "
                f"dtype {of_numpy(condition.dtype).scalar_type}"
            )
        condition = F.ne(condition, np.zeros((), np.uint8))
    x, y = promoted(input, other)
    check_broadcast(condition.shape, x.shape, y.shape)
    return F.where(condition, x, y)


# the method is `x.where(condition, other)`
attach(where=lambda self, condition, other: FUNCTIONS["where"](condition, self, other))


def _mask(mask: Payload, name: str) -> Payload:
    if mask.dtype.kind != "b":
        raise RuntimeError(
            f"{name} only supports boolean masks, but got mask with "
            f"dtype {c_name(mask)}"
            if name != "masked_select"
            else "masked_select: expected BoolTensor for mask"
        )
    return mask


@row(inplace=True)
def masked_fill(input: Payload, mask: Payload, value: Any) -> Payload:
    mask = _mask(mask, "masked_fill_")
    if is_payload(value) and value.ndim:
        raise RuntimeError(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor "
            f"with {value.ndim} dimension(s)."
        )
    check_broadcast(mask.shape, input.shape)
    own = is_payload(value)
    fill = cast(value, input.dtype) if own else element(value, input.dtype)
    out = F.masked_fill(input, mask, fill)
    return Named(out, f"MaskedFillBackward{int(own)}")


masked_fill.overlap = True  # in place it may write one element several times


@row
def masked_select(input: Payload, mask: Payload) -> Payload:
    check_broadcast(input.shape, mask.shape)
    return F.masked_select(input, _mask(mask, "masked_select"))


def _too_few(mask: np.ndarray, shape: tuple[int, ...], n: int) -> bool:
    whole = np.broadcast_shapes(mask.shape, shape)
    return int(np.broadcast_to(mask, whole).sum()) > n


@row(inplace=True)
def masked_scatter(input: Payload, mask: Payload, source: Payload) -> Payload:
    if input.dtype != source.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same "
            f"dtypes but got{of_numpy(input.dtype).scalar_type} and "
            f"{of_numpy(source.dtype).scalar_type}"
        )
    if mask.dtype.kind != "b":
        raise RuntimeError(
            "masked_scatter_ only supports boolean masks, but got mask with dtype "
            f"{of_numpy(mask.dtype).scalar_type}"
        )
    check_broadcast(mask.shape, input.shape)
    if asked(_too_few, mask, input.shape, int(np.prod(source.shape))):
        raise RuntimeError("Number of elements of source < number of ones in mask")
    return F.masked_scatter(input, mask, source)
