"""New arrays beside others, in functions that may be recorded."""

from __future__ import annotations

from typing import Any

import numpy as np


def zeros(shape: tuple[int, ...], x: Any) -> Any:
    """Zeros of x's dtype: an ndarray, or what stands for one beside an x that notes
    what is done to it (`compile/record.py`)."""
    return np.zeros(shape, x.dtype) if type(x) is np.ndarray else x.zeros(shape)
