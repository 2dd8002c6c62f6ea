"""`x[key]` and `x[key] = v` with NumPy's keys: views for basic keys, copies for others.

Source: NumPy's user guide, "Indexing on ndarrays".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core import mutation
from isograd.core.primitive import BOUND, REGISTRY
from isograd.core.tensor import Tensor, payload_of, wrap
from isograd.numpy.array import Array, cast, lower
from isograd.numpy.errors import numpys_errors
from isograd.ops.keys import Key, fitted, read_key

F = BOUND


def _read(x: Array, key: Any) -> Key:
    items = key if type(key) is tuple else (key,)
    plain = tuple(
        np.asarray(lower(i)) if isinstance(i, list) else lower(i) for i in items
    )
    return read_key(x.shape, plain, ints_are_arrays=True)


def _basic(x: Array, read: Key) -> Array:
    """The view of the key's basic part."""
    for name, params in read.steps:
        x = mutation.make_view(Array, x, REGISTRY[name], dict(params))
    return x


@numpys_errors
def get(x: Array, key: Any) -> Array:
    """`x[key]`."""
    read = _read(x, key)
    if not read.arrays:
        if read.steps:
            return _basic(x, read)
        full = tuple((0, n, 1) for n in x.shape)
        return mutation.make_view(Array, x, REGISTRY["slice"], {"index": full})
    p = mutation.follow(F, payload_of(x), read.steps)
    return wrap(Array, F.gather_at(p, read.arrays))


@numpys_errors
def put(x: Array, key: Any, value: Any) -> None:
    """`x[key] = value`, in memory and on the tape."""
    read = _read(x, key)
    v = cast(lower(value) if isinstance(value, Tensor) else np.asarray(value), x.dtype)
    target = _basic(x, read)
    if read.arrays:
        p = F.scatter_at(payload_of(target), v, read.arrays)
    else:
        p = fitted(F, v, read.shape)
    mutation.write(target, p)
