"""float16 and bfloat16 by integer arithmetic, so that any processor has them.

Values are held in float32 and rounded (to nearest, ties to even) after each operation,
as NumPy and ml_dtypes do it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir

from isograd.base.dtypes import is_bfloat16

F32 = ir.FloatType()
I16, I32 = ir.IntType(16), ir.IntType(32)


def is_half(dtype: np.dtype) -> bool:
    return dtype.itemsize == 2 and (dtype.kind == "f" or is_bfloat16(dtype))


def _c(value: int) -> ir.Constant:
    return ir.Constant(I32, value)


def widened(b: ir.IRBuilder, x: Any, dtype: np.dtype) -> Any:
    """The float32 of a half's 16 bits."""
    bits = b.zext(x, I32)
    if dtype.kind != "f":
        return b.bitcast(b.shl(bits, _c(16)), F32)
    sign = b.shl(b.and_(bits, _c(0x8000)), _c(16))
    size = b.shl(b.and_(bits, _c(0x7FFF)), _c(13))
    # exponents of float16 are biased by 15, those of float32 by 127
    scaled = b.fmul(b.bitcast(size, F32), ir.Constant(F32, 2.0**112))
    special = b.icmp_unsigned(">=", size, _c(0x7C00 << 13))
    out = b.select(special, b.or_(size, _c(0x7F800000)), b.bitcast(scaled, I32))
    return b.bitcast(b.or_(out, sign), F32)


def narrowed(b: ir.IRBuilder, x: Any, dtype: np.dtype) -> Any:
    """The 16 bits of a float32, rounded."""
    bits = b.bitcast(x, I32)
    out = _bfloat16(b, bits) if dtype.kind != "f" else _float16(b, bits)
    return b.trunc(out, I16)


def rounded(b: ir.IRBuilder, x: Any, dtype: np.dtype) -> Any:
    return widened(b, narrowed(b, x, dtype), dtype)


def _bfloat16(b: ir.IRBuilder, bits: Any) -> Any:
    top = b.lshr(bits, _c(16))
    up = b.add(b.add(bits, _c(0x7FFF)), b.and_(top, _c(1)))
    size = b.and_(bits, _c(0x7FFFFFFF))
    nan = b.icmp_unsigned(">", size, _c(0x7F800000))
    return b.select(nan, b.or_(top, _c(0x40)), b.lshr(up, _c(16)))


def _float16(b: ir.IRBuilder, bits: Any) -> Any:
    sign = b.and_(b.lshr(bits, _c(16)), _c(0x8000))
    size = b.and_(bits, _c(0x7FFFFFFF))
    odd = b.and_(b.lshr(size, _c(13)), _c(1))
    normal = b.lshr(b.add(b.add(size, _c(0xFFF)), odd), _c(13))
    normal = b.sub(normal, _c(112 << 10))
    # adding 0.5 lets the float32 unit round to multiples of 2**-24
    small = b.fadd(b.bitcast(size, F32), ir.Constant(F32, 0.5))
    small = b.sub(b.bitcast(small, I32), _c(0x3F000000))
    out = b.select(b.icmp_unsigned("<", size, _c(0x38800000)), small, normal)
    out = b.select(b.icmp_unsigned(">=", size, _c(0x47800000)), _c(0x7C00), out)
    nan = b.icmp_unsigned(">", size, _c(0x7F800000))
    return b.or_(b.select(nan, _c(0x7E00), out), sign)
