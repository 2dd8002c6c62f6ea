"""Tensors from Python values and arrays: dtype inference, legacy constructors."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from isograd.core.abstract import Abstract
from isograd.core.mutation import copied
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import payload_of, wrap
from isograd.torch import dtypes
from isograd.torch.dtypes import DEFAULTS, check_device, dtype, is_meta, of_numpy
from isograd.torch.scalars import fits, overflow, wrapped
from isograd.torch.tensor import Tensor, set_leaf

_COPY = (
    "To copy construct from a tensor, it is recommended to use sourceTensor.detach()."
    "clone() or sourceTensor.detach().clone().requires_grad_(True), rather than "
    "{caller}."
)


def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A leaf with a copy of `data`: a number, (nested) sequences, an array, a tensor.

    Without `dtype` it follows from the data: floats have the default dtype.
    """
    if device is not None:
        check_device(device)
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    if isinstance(data, CoreTensor) and not isinstance(data, Tensor):
        t = wrap(Tensor, copied(payload_of(data)))  # of another dialect: with its graph
        t = t if dtype is None else t.to(dtype)
        t = t.detach() if requires_grad else t
    elif isinstance(data, CoreTensor):
        warnings.warn(
            _COPY.format(caller="torch.tensor(sourceTensor)"), UserWarning, stacklevel=2
        )
        p = data._p
        t = wrap(Tensor, p.copy() if type(p) is np.ndarray else p)
        if dtype is not None:
            t = t.to(dtype).detach()
    else:
        t = wrap(Tensor, array_of(data, dtype))
    if (device is not None or DEFAULTS) and is_meta(device):
        t._p = Abstract(t._p.shape, t._p.dtype)
    if requires_grad:
        if t._p.dtype.kind in "iub":
            raise RuntimeError(
                "Only Tensors of floating point and complex dtype can require gradients"
            )
        set_leaf(t)
    return t


_FLOATS = {float}


def array_of(data: Any, wanted: dtype | None = None) -> np.ndarray:
    """A new array with the values of `data`."""
    whole = wanted is not None and wanted.kind == "i"  # where floats have to fit
    if type(data) is float and not whole:
        return np.array(data, (wanted or dtypes.default()).np)
    if type(data) is list and data and not whole and set(map(type, data)) == _FLOATS:
        return np.array(data, (wanted or dtypes.default()).np)
    if isinstance(data, np.ndarray):
        d = data.dtype
        found = of_numpy(d if d.isnative else d.newbyteorder())
        return np.array(data, (wanted or found).np, order="C")
    if isinstance(data, str):
        raise TypeError("new(): invalid data type 'str'")
    if isinstance(data, bytes):
        raise TypeError("new(): invalid data type 'bytes'")
    if not _is_sequence(data) and hasattr(data, "__array__"):
        return array_of(np.asarray(data), wanted)
    shape = _shape_of(data)
    leaves: list[Any] = []
    _collect(data, shape, 0, leaves)
    found = wanted or _infer(leaves)
    return _filled(leaves, found).reshape(shape)


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray | CoreTensor)


def _is_sequence(x: Any) -> bool:
    if isinstance(x, CoreTensor):
        return False  # within a sequence a tensor stands for its one element
    if isinstance(x, np.ndarray):
        return x.ndim > 0
    return isinstance(x, Sequence) and not isinstance(x, str | bytes)


def _shape_of(data: Any) -> tuple[int, ...]:
    """The shape that the first elements tell."""
    shape: list[int] = []
    while _is_sequence(data):
        if _is_array(data):
            shape += data.shape
            break
        shape.append(len(data))
        if not shape[-1]:
            break
        data = data[0]
        if isinstance(data, str):
            raise ValueError("too many dimensions 'str'")
    return tuple(shape)


def _collect(data: Any, shape: tuple[int, ...], depth: int, out: list[Any]) -> None:
    if depth == len(shape):
        if isinstance(data, str):
            raise TypeError("new(): invalid data type 'str'")
        if isinstance(data, list | tuple):
            raise TypeError(
                f"'{type(data).__name__}' object cannot be interpreted as an integer"
            )
        out.append(data)
        return
    if isinstance(data, CoreTensor):
        data = data._p
    if isinstance(data, np.ndarray) and data.ndim == len(shape) - depth:
        if data.shape != shape[depth:]:
            raise ValueError(_expected(shape, depth, len(data)))
        out += list(data.reshape(-1))
        return
    if not _is_sequence(data):
        if isinstance(data, str):
            raise TypeError("new(): invalid data type 'str'")
        raise TypeError("not a sequence")
    if len(data) != shape[depth]:
        raise ValueError(_expected(shape, depth, len(data)))
    for x in data:
        _collect(x, shape, depth + 1, out)


def _expected(shape: tuple[int, ...], depth: int, found: int) -> str:
    return f"expected sequence of length {shape[depth]} at dim {depth} (got {found})"


def _infer(leaves: Sequence[Any]) -> dtype:
    if not leaves:
        return dtypes.default()
    found: dtype | None = None
    for kind in {type(x) for x in leaves if not isinstance(x, CoreTensor)}:
        d = _of_scalar_type(kind)
        found = d if found is None else dtypes.promote_types(found, d)
    for x in leaves:
        if isinstance(x, CoreTensor):
            d = of_numpy(x._p.dtype)
            found = d if found is None else dtypes.promote_types(found, d)
    assert found is not None
    return found


def _of_scalar_type(kind: type) -> dtype:
    if issubclass(kind, np.generic):
        return of_numpy(np.dtype(kind))
    if issubclass(kind, bool):
        return dtypes.bool_
    if issubclass(kind, int):
        return dtypes.int64
    if issubclass(kind, float | numbers.Real):
        return dtypes.default()
    if issubclass(kind, complex):
        return dtypes.default().to_complex()
    if issubclass(kind, np.ndarray):
        return dtypes.default()
    raise RuntimeError(f"Could not infer dtype of {kind.__name__}")


def _filled(leaves: list[Any], d: dtype) -> np.ndarray:
    for x in leaves:
        if isinstance(x, CoreTensor) and x._p.size != 1:
            raise ValueError(
                "only one element tensors can be converted to Python scalars"
            )
    values = [x.item() if _is_array(x) else x for x in leaves]
    if d.kind == "i":
        return _integers(values, d)
    if d.kind == "f" and any(isinstance(v, complex) for v in values):
        raise TypeError("must be real number, not complex")
    return np.array(values, d.np)


def _integers(values: list[Any], d: dtype) -> np.ndarray:
    out = np.empty(len(values), d.np)
    for i, v in enumerate(values):
        if isinstance(v, complex):
            raise TypeError("'complex' object cannot be interpreted as an integer")
        if not fits(v, d):
            if d is dtypes.int64 and isinstance(v, int):
                raise ValueError("Overflow when unpacking long long")
            raise overflow(d.name)
        if d.name == "uint64" and isinstance(v, int) and v < 0:
            raise OverflowError("can't convert negative int to unsigned")
        out[i] = wrapped(v, d.np)
    return out


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """`data` as a tensor, sharing memory with an array of the wanted dtype."""
    if device is not None:
        check_device(device)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    if isinstance(data, CoreTensor):
        t = wrap(Tensor, payload_of(data))
        return t if dtype is None else t.to(dtype)
    if isinstance(data, np.ndarray):
        t = from_numpy(data)
        return t if dtype is None else t.to(dtype)
    return tensor(data, dtype=dtype)


def asarray(
    obj: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """`obj` as a tensor; with `copy` never in shared memory."""
    if isinstance(obj, bytes | bytearray | memoryview):
        d = dtypes.default() if dtype is None else dtypes.as_dtype(dtype)
        obj = np.frombuffer(obj, d.np)
        obj = obj if obj.flags.writeable else obj.copy()
    elif copy is False and not hasattr(obj, "__array__"):
        raise ValueError("can't alias arbitrary sequence into a tensor.")
    t = as_tensor(obj, dtype, device)
    if copy or (copy is None and requires_grad and t.requires_grad):
        t = t.clone()
    if t.requires_grad and not requires_grad:
        t = t.detach()
    return t.requires_grad_() if requires_grad and not t.requires_grad else t


def from_numpy(ndarray: Any) -> Tensor:
    """A tensor that shares the array's memory."""
    if not isinstance(ndarray, np.ndarray):
        kind = type(ndarray)
        own = kind.__module__ == "builtins"
        name = kind.__name__ if own else f"{kind.__module__}.{kind.__name__}"
        raise TypeError(f"expected np.ndarray (got {name})")
    if not ndarray.dtype.isnative:
        raise ValueError(
            "given numpy array has byte order different from the native byte order. "
            "Conversion between byte orders is currently not supported."
        )
    of_numpy(ndarray.dtype)
    if any(s < 0 for s in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors "
            "with negative strides are not currently supported. (You can probably "
            "work around this by making a copy of your array  with array.copy().) "
        )
    if not ndarray.flags.writeable:
        warnings.warn(
            "The given NumPy array is not writable, and PyTorch does not support "
            "non-writable tensors. This means writing to this tensor will result in "
            "undefined behavior. You may want to copy the array to protect its data or "
            "make it writable before converting it to a tensor. This type of warning "
            "will be suppressed for the rest of this program.",
            UserWarning,
            stacklevel=2,
        )
    return wrap(Tensor, np.asarray(ndarray))


# --- legacy constructors --------------------------------------------------------------


def legacy_array(args: tuple[Any, ...], d: dtype) -> Any:
    """What `torch.Tensor(...)` holds: sizes give an uninitialised tensor."""
    if not args:
        return np.empty(0, d.np)
    first = args[0]
    if len(args) == 1 and isinstance(first, CoreTensor):
        return payload_of(first)
    if len(args) == 1 and hasattr(first, "untyped"):  # a storage
        return first._array.view(d.np)
    if len(args) == 1 and isinstance(first, dtypes.Size):
        return np.zeros(first, d.np)
    if len(args) == 1 and isinstance(first, Sequence | np.ndarray):
        return array_of(first, d)
    if not all(isinstance(a, int | np.integer) for a in args):
        raise TypeError(f"new(): data must be a sequence (got {type(first).__name__})")
    if min(args) < 0:
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(args)}: "
            f"{list(map(int, args))}"
        )
    return np.zeros(tuple(map(int, args)), d.np)


def legacy(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """`torch.Tensor(...)`, also for subclasses."""
    kwargs.pop("device", None)
    if kwargs:
        name = next(iter(kwargs))
        raise TypeError(
            f"new() received an invalid combination of arguments - got "
            f"({', '.join(type(a).__name__ for a in args)}, {name}="
            f"{type(kwargs[name]).__name__}), but expected one of:\n"
            " * (*, torch.device device = None)\n"
            f"      didn't match because some of the keywords were incorrect: {name}\n"
            " * (torch.Storage storage)\n * (Tensor other)\n"
            " * (tuple of ints size, *, torch.device device = None)\n"
            " * (object data, *, torch.device device = None)\n"
        )
    t = wrap(Tensor, legacy_array(args, dtypes.default()))
    self._p = t._p
    if t._node is not None:
        self._node = t._node


class _LegacyMeta(type):
    """`isinstance(x, torch.FloatTensor)` asks for the dtype."""

    wanted: dtype

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, Tensor) and x.dtype is cls.wanted

    def __call__(cls, *args: Any, **kwargs: Any) -> Tensor:
        return wrap(Tensor, legacy_array(args, cls.wanted))


LEGACY: dict[str, Any] = {
    d.legacy: _LegacyMeta(
        d.legacy, (), {"wanted": d, "dtype": d, "__module__": "torch"}
    )
    for d in dtypes.DTYPES.values()
}
