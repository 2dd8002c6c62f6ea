"""Dtypes of the engine: NumPy's, and bfloat16 of ml_dtypes (loaded on first use)."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

DType = np.dtype[Any]

BOOL = np.dtype("bool")
F32, F64 = np.dtype("float32"), np.dtype("float64")
C64, C128 = np.dtype("complex64"), np.dtype("complex128")
I64 = np.dtype("int64")


@cache
def bfloat16() -> DType:
    """The bfloat16 dtype; importing ml_dtypes costs about 20 ms, once."""
    import ml_dtypes

    return np.dtype(ml_dtypes.bfloat16)


def is_bfloat16(dtype: DType) -> bool:
    return dtype.kind == "V" and dtype.name == "bfloat16"


def is_float(dtype: DType) -> bool:
    return dtype.kind == "f" or is_bfloat16(dtype)


def is_inexact(dtype: DType) -> bool:
    """Floating point or complex: what a derivative can live in."""
    return dtype.kind in "fc" or is_bfloat16(dtype)


def real_of(dtype: DType) -> DType:
    """The dtype of |x|, of x.real."""
    return {"F": F32, "D": F64}.get(dtype.char, dtype)


def complex_of(dtype: DType) -> DType:
    """The complex dtype whose real part has `dtype`."""
    return C64 if dtype.itemsize <= 4 else C128


def limits_of(dtype: DType) -> Any:
    """`numpy.finfo` of a floating dtype, bfloat16 included."""
    if not is_bfloat16(dtype):
        return np.finfo(dtype)
    import ml_dtypes

    return ml_dtypes.finfo(dtype)
