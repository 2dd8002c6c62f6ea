"""The engine's errors in NumPy's words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from isograd.base.errors import EngineError


def told(error: EngineError) -> Exception:
    """The exception that NumPy raises where the engine raised `error`."""
    f = error.fields
    if error.code == "index_range":
        return IndexError(
            f"index {f['index']} is out of bounds for axis {f['axis']} "
            f"with size {f['size']}"
        )
    if error.code == "index_count":
        return IndexError(
            f"too many indices for array: array is {f['ndim']}-dimensional"
        )
    if error.code == "index_shapes":
        shapes = " ".join(str(tuple(s)) for s in f["shapes"])
        return IndexError(
            "shape mismatch: indexing arrays could not be broadcast "
            f"together with shapes {shapes}"
        )
    if error.code == "index_step":
        return ValueError("slice step cannot be zero")
    if error.code == "index_type":
        return IndexError(
            "only integers, slices (`:`), ellipsis (`...`), "
            "numpy.newaxis (`None`) and integer or boolean arrays are "
            "valid indices"
        )
    if error.code == "mask_shape":
        at = f["at"]
        return IndexError(
            "boolean index did not match indexed array along axis "
            f"{at}; size of axis is {f['shape'][at]} but size of corresponding boolean "
            f"axis is {f['mask'][0]}"
        )
    if error.code == "singular":
        return np.linalg.LinAlgError("Singular matrix")
    if error.code == "value_shape":
        found, expected = (tuple(f[k]) for k in ("found", "expected"))
        return ValueError(
            f"could not broadcast input array from shape {found} into shape {expected}"
        )
    return error


def numpys_errors(fn: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(fn)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return fn(*args, **kwargs)
        except EngineError as error:
            raise told(error) from None

    return wrapped
