"""New arrays beside others, in functions that may be recorded."""

from __future__ import annotations

from typing import Any

import numpy as np


def zeros(shape: tuple[int, ...], dtype: Any, *beside: Any) -> Any:
    """Zeros: an ndarray, or what stands for one if an array beside it notes what is
    done to it (`compile/record.py`)."""
    for x in beside:
        if type(x) is not np.ndarray and hasattr(x, "zeros"):
            return x.zeros(shape, dtype)
    return np.zeros(shape, dtype)
