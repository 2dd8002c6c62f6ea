"""Functions of NumPy in single precision, rounded once.

NumPy's vectorised kernels for float32 err by up to four units in the last place.  For
few numbers the double precision ones cost half a microsecond more, and what they give,
rounded to float32, is the nearest number to the exact value almost always; so is what
the vector libraries of the frameworks give, which err by less than one unit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.dtypes import F32, F64

FEW = 1 << 13  # elements


def rounded(ufunc: np.ufunc) -> Any:
    """`ufunc(*arrays, out=...)` through float64, for few numbers of float32.

    Args of the result: arrays of one dtype, and `out` as in NumPy; it gives an array,
    also of rank zero.
    """

    def call(x: np.ndarray, *rest: np.ndarray, out: Any = ...) -> np.ndarray:
        if (x.dtype is not F32 and x.dtype != F32) or x.size > FEW:
            if out is ...:
                return np.asarray(ufunc(x, *rest))
            return ufunc(x, *rest, out=out)
        # NumPy's own conversion, dtype=F64, goes through a buffer, which costs more
        wide = ufunc(x, *rest, dtype=F64) if rest else ufunc(x.astype(F64))
        if out is ...:
            narrow = wide.astype(F32)
            return narrow if narrow.ndim else np.asarray(narrow)
        out[...] = wide
        return out

    call.__name__ = call.__qualname__ = ufunc.__name__
    call.ufunc = ufunc  # type: ignore[attr-defined]  # justified: told by name
    return call


exp, expm1, log, log1p, tanh, power = map(
    rounded, (np.exp, np.expm1, np.log, np.log1p, np.tanh, np.power)
)
