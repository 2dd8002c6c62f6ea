"""`torch.storage`: the memory behind tensors, as bytes and as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from isograd.base.missing import module_getattr
from isograd.core.storage import note_write
from isograd.core.tensor import wrap
from isograd.torch import dtypes
from isograd.torch.tensor import Tensor

Array = np.ndarray


def memory_of(a: Array) -> Array:
    """The whole memory that an array is a view of, as an array of rank one."""
    while isinstance(a.base, np.ndarray):
        a = a.base
    return a.reshape(-1) if a.flags.c_contiguous else a.ravel(order="K")


def _shown(values: Any) -> str:
    return "\n ".join(str(v) for v in values)


class _Storage:
    """What both kinds share; `_array` is of rank one."""

    _array: Array
    is_cuda = is_hpu = is_sparse = is_sparse_csr = False

    @property
    def device(self) -> Any:
        return dtypes.CPU

    def data_ptr(self) -> int:
        return self._array.__array_interface__["data"][0]

    def nbytes(self) -> int:
        return self._array.nbytes

    def __len__(self) -> int:
        return self._array.size

    def size(self) -> int:
        return self._array.size

    def tolist(self) -> list[Any]:
        return self._array.tolist()

    def is_shared(self) -> bool:
        return False

    def is_pinned(self, device: Any = None) -> bool:
        return False

    def get_device(self) -> int:
        return -1

    def share_memory_(self) -> Any:
        return self

    def cpu(self) -> Any:
        return self

    def pin_memory(self, device: Any = None) -> Any:
        return self

    def element_size(self) -> int:
        return self._array.itemsize

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tolist())

    def __getitem__(self, idx: Any) -> Any:
        if isinstance(idx, slice):
            made: Any = type(self)
            return made(self._array[idx])
        if not -len(self) <= idx < len(self):
            raise IndexError(
                f"index {idx} out of range for storage of size {len(self)}"
            )
        return self._array[idx].item()

    def __setitem__(self, idx: Any, value: Any) -> None:
        self._array[idx] = value._array if isinstance(value, _Storage) else value
        note_write(self._array)

    def fill_(self, value: Any) -> Any:
        self[:] = value
        return self

    def copy_(self, source: Any, non_blocking: Any = None) -> Any:
        self[:] = source
        return self

    def resize_(self, size: int) -> Any:
        self._array = np.resize(self._array, size) if size else self._array[:0]
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Storage) and self.data_ptr() == other.data_ptr()

    def __hash__(self) -> int:
        return hash(self.data_ptr())

    @property
    def _cdata(self) -> int:
        return self.data_ptr()


class UntypedStorage(_Storage):
    """Bytes."""

    def __init__(self, *args: Any, device: Any = None) -> None:
        first = args[0] if args else 0
        if isinstance(first, np.ndarray):
            self._array = first.view(np.uint8)
        elif isinstance(first, Sequence):
            self._array = np.array(first, np.uint8)
        else:
            self._array = np.zeros(int(first), np.uint8)

    def clone(self) -> UntypedStorage:
        return UntypedStorage(self._array.copy())

    def __repr__(self) -> str:
        return (
            f" {_shown(self.tolist())}\n[torch.storage.UntypedStorage(device=cpu) of "
            f"size {len(self)}]"
        )


class TypedStorage(_Storage):
    """Numbers of one dtype."""

    _dtype: Any = None

    def __init__(
        self,
        *args: Any,
        wrap_storage: Any = None,
        dtype: Any = None,
        device: Any = None,
        _internal: bool = False,
    ) -> None:
        d = dtype or self._dtype or dtypes.default()
        first = args[0] if args else 0
        if wrap_storage is not None:
            self._array = wrap_storage._array.view(d.np)
        elif isinstance(first, np.ndarray):
            self._array, d = first, dtypes.of_numpy(first.dtype)
        elif isinstance(first, Sequence):
            self._array = np.array(first, d.np)
        else:
            self._array = np.zeros(int(first), d.np)
        self.dtype = d

    def untyped(self) -> UntypedStorage:
        return UntypedStorage(self._array)

    _untyped_storage = property(untyped)

    def clone(self) -> TypedStorage:
        return TypedStorage(self._array.copy())

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        return f"torch.{self.pickle_storage_type()}"

    def pickle_storage_type(self) -> str:
        return _NAMES[self.dtype]

    def __repr__(self) -> str:
        return (
            f" {_shown(self.tolist())}\n[torch.storage.TypedStorage("
            f"dtype={self.dtype}, device=cpu) of size {len(self)}]"
        )


def _converting(d: Any) -> Any:
    def convert(self: Any) -> TypedStorage:
        return TypedStorage(self._array.astype(d.np))

    return convert


class _Legacy(type):
    """`isinstance(s, torch.FloatStorage)` asks for the dtype."""

    dtype: Any

    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, TypedStorage) and x.dtype is cls.dtype

    def __call__(cls, *args: Any, **kwargs: Any) -> TypedStorage:
        return TypedStorage(*args, dtype=cls.dtype)


_KINDS = {
    "Double": ("float64", "double"),
    "Float": ("float32", "float"),
    "Half": ("float16", "half"),
    "BFloat16": ("bfloat16", "bfloat16"),
    "Long": ("int64", "long"),
    "Int": ("int32", "int"),
    "Short": ("int16", "short"),
    "Char": ("int8", "char"),
    "Byte": ("uint8", "byte"),
    "Bool": ("bool", "bool"),
    "ComplexDouble": ("complex128", "complex_double"),
    "ComplexFloat": ("complex64", "complex_float"),
}
_NAMES: dict[Any, str] = {}
for _kind, (_dtype, _method) in _KINDS.items():
    _found = dtypes.NAMES[_dtype]
    _NAMES[_found] = f"{_kind}Storage"
    setattr(TypedStorage, _method, _converting(_found))
    _body = {"dtype": _found, "__module__": "torch"}
    globals()[f"{_kind}Storage"] = _Legacy(f"{_kind}Storage", (), _body)


def typed(t: Any) -> TypedStorage:
    """`tensor.storage()`."""
    return TypedStorage(memory_of(t.array("storage")))


def untyped(t: Any) -> UntypedStorage:
    """`tensor.untyped_storage()`."""
    return UntypedStorage(memory_of(t.array("storage")))


def kind(t: Any) -> Any:
    """`tensor.storage_type()`."""
    return globals()[_NAMES[t.dtype]]


def is_storage(obj: Any) -> bool:
    return isinstance(obj, _Storage)


def tensor_of(storage: Any, d: Any) -> Any:
    """A tensor on a storage's memory."""
    return wrap(Tensor, storage._array.view(d.np))


__getattr__ = module_getattr("torch.storage", "torch")
