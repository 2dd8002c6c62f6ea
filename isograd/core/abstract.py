"""Values without elements: the shape and dtype of an array that is not computed.

What is computed of them follows from the primitives' abstract rules, derivatives
included, since rules on the bound namespace see carriers.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core.primitive import Payload, Primitive, aval_of


class Abstract:
    """Carrier of a shape and a dtype, below all tapes and transforms."""

    __slots__ = ("__weakref__", "dtype", "shape")
    level = -0.5  # above arrays, below the tape of level 0
    base = None  # it is no view in memory

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self.shape, self.dtype = tuple(shape), np.dtype(dtype)

    ndim = property(lambda self: len(self.shape))
    size = property(lambda self: prod(self.shape))
    itemsize = property(lambda self: self.dtype.itemsize)

    def concrete(self, what: str) -> Payload:
        raise EngineError("abstract_value", what=what)

    def __setitem__(self, key: Any, value: Any) -> None:
        """Elements that are not there are not written."""

    @staticmethod
    def process(
        prim: Primitive, args: tuple[Payload, ...], params: dict[str, Any], level: int
    ) -> Any:
        """What the primitive's abstract rule says of the result."""
        out = prim.abstract(*map(aval_of, args), **params)
        if prim.multi:
            return tuple(Abstract(o.shape, o.dtype) for o in out)
        return Abstract(out.shape, out.dtype)


def is_abstract(payload: Payload) -> bool:
    """Whether there are no elements behind a payload."""
    while type(payload) is not np.ndarray:
        if type(payload) is Abstract:
            return True
        inner = [getattr(payload, n, None) for n in ("p", "value", "primal")]
        payload = next((p for p in inner if p is not None), None)
        if payload is None:
            return False
    return False
