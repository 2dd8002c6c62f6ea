"""Python numbers as elements of a dtype: where they wrap around, where they must fit."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from isograd.core.levels import state
from isograd.torch.dtypes import dtype, of_numpy

_FLOAT32_MAX = float(np.finfo(np.float32).max)

# PyTorch's names of C types in its errors; the others are called as the dtype is
_C_NAMES = {
    "bool": "bool",
    "uint8": "uint8_t",
    "int8": "int8_t",
    "int16": "int16_t",
    "int32": "int",
    "int64": "int64_t",
    "uint16": "uint16_t",
    "uint32": "uint32_t",
    "uint64": "uint64_t",
    "float16": "double",
    "bfloat16": "double",
    "float32": "float",
    "float64": "double",
    "complex64": "c10::complex<float>",
    "complex128": "c10::complex<double>",
}


def element(value: Any, d: np.dtype[Any]) -> np.ndarray:
    """A number as an array of zero rank, where PyTorch checks that it fits.

    Negative numbers wrap around in unsigned dtypes as long as their size fits.

    Raises:
        RuntimeError: if the number does not fit the dtype.
        OverflowError: of an integer of more than 64 bits.
    """
    if type(value) is int and not -(1 << 63) <= value < 1 << 64:
        raise OverflowError("int too big to convert")
    target = of_numpy(d)
    if not fits(value, target):
        raise overflow(_C_NAMES[target.name])
    return wrapped(value, d)


_C_TYPES = {
    "bool": "bool",
    "uint8": "unsigned char",
    "uint16": "short unsigned int",
    "uint32": "unsigned int",
    "uint64": "long unsigned int",
    "int8": "signed char",
    "int16": "short int",
    "int32": "int",
    "int64": "long int",
    "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "float32": "float",
    "float64": "double",
}


def element_type(d: dtype) -> str:
    """The C++ type that numbers are converted to."""
    return _C_NAMES[d.name]


def c_type(d: dtype) -> str:
    """The C++ type of a dtype's elements, as some texts spell it."""
    return _C_TYPES.get(d.name) or _C_NAMES.get(d.name, d.name)


def c_name(p: Any) -> str:
    """`c_type` of a payload."""
    return c_type(of_numpy(p.dtype))


def overflow(name: str) -> RuntimeError:
    return RuntimeError(f"value cannot be converted to type {name} without overflow")


def fits(value: Any, d: dtype) -> bool:
    """Whether PyTorch converts the number to the dtype."""
    if d.kind == "b":
        return True
    if isinstance(value, complex | np.complexfloating):
        if d.kind != "c":
            return value.imag == 0 and fits(value.real, d)
        real = d.to_real()
        return fits(value.real, real) and fits(value.imag, real)
    if d.kind == "i":
        return _fits_int(value, np.iinfo(d.np))
    if d.name not in ("float32", "complex64"):
        return True
    return not math.isfinite(value) or abs(value) <= _FLOAT32_MAX


def _fits_int(value: Any, info: Any) -> bool:
    if not math.isfinite(value):
        return False
    if info.min == 0 and value < 0 and isinstance(value, int):
        return -value <= info.max
    return bool(info.min <= value <= info.max)


def real(value: Any, name: str) -> Any:
    """A number that has to be real, for conversion to the C type `name`."""
    if not isinstance(value, complex):
        return value
    if value.imag:
        raise overflow(name)
    return value.real


def wrapped(value: Any, d: np.dtype[Any]) -> np.ndarray:
    """A number as an array of zero rank, as C converts it: integers wrap around."""
    if isinstance(value, complex) and d.kind != "c":
        value = value.real
    if d.kind in "iu" and isinstance(value, int):
        bits = 8 * d.itemsize
        value = int(value) & ((1 << bits) - 1)
        if d.kind == "i" and value >> (bits - 1):
            value -= 1 << bits
    with np.errstate(over="ignore"):
        return np.asarray(value, d)


_WARNED: list[bool] = []


def warn_of_gradient(tensor: Any) -> None:
    """Warn, once, that a tensor's method makes a number of what has a gradient."""
    if tensor._node is None or _WARNED or not state().recording:
        return
    _WARNED.append(True)
    warnings.warn(
        "Converting a tensor with requires_grad=True to a scalar may lead to "
        "unexpected behavior.\nConsider using tensor.detach() first.",
        UserWarning,
        stacklevel=3,
    )
