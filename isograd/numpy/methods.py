"""The operators and methods of `Array`, made from the tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core import mutation
from isograd.core.primitive import BOUND, REGISTRY
from isograd.core.tensor import payload_of
from isograd.numpy import functions, shapes
from isograd.numpy.array import Array, install_operators, lift

F = BOUND


def _astype(self: Array, dtype: Any, *_: Any, **__: Any) -> Array:
    """A copy with another dtype."""
    return lift(F.convert(functions.copy(payload_of(self)), dtype=np.dtype(dtype)))


def _fill(self: Array, value: Any) -> None:
    self[...] = value


def _conj(self: Array) -> Array:
    return lift(F.conj(payload_of(self)))


def _view(name: str, params: Callable[[Array], dict[str, Any]]) -> Any:
    """A property that is a view, so that writes to it reach the array."""
    return property(
        lambda self: mutation.make_view(Array, self, REGISTRY[name], params(self))
    )


def _matrix_axes(x: Array) -> dict[str, Any]:
    n = x.ndim
    return {"axes": (*range(n - 2), n - 1, n - 2)}


def _sort(self: Array, axis: int = -1, **_: Any) -> None:
    """Sort in place, as ndarray.sort does."""
    self[...] = functions.TABLE["sort"](self, axis)


def _clip(self: Array, min: Any = None, max: Any = None) -> Array:
    return functions.TABLE["clip"](self, min, max)


def _reshape(self: Array, *shape: Any, order: str = "C") -> Array:
    wanted = shape[0] if len(shape) == 1 else shape
    if order != "C":
        return functions.TABLE["reshape"](self, wanted, order=order)
    full = shapes.full_shape(payload_of(self), wanted)
    return mutation.make_view(Array, self, REGISTRY["reshape"], {"shape": full})


def install() -> None:
    """Give `Array` its operators, methods and view properties."""
    install_operators()
    for name in functions.METHODS:
        setattr(Array, name, functions.TABLE[name])
    table = functions.TABLE
    own = {
        "T": _view("transpose", lambda x: {"axes": tuple(range(x.ndim))[::-1]}),
        "mT": _view("transpose", _matrix_axes),
        "real": property(table["real"]),
        "imag": property(table["imag"]),
        "conj": _conj,
        "conjugate": _conj,
        "round": table["round"],
        "flatten": table["ravel"],
        "reshape": _reshape,
        "clip": _clip,
        "sort": _sort,
        "astype": _astype,
        "fill": _fill,
    }
    for name, method in own.items():
        setattr(Array, name, method)
