"""NumPy's functions on arrays that are differentiated.

Differentiated functions may call `numpy` itself (`np.sin(x)` finds its rule by NumPy's
protocols) or this module, which has the same names; what has to make new arrays that
hold differentiated values (`zeros`, `array`) is only here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as _np

from isograd.base.missing import missing_text
from isograd.core.primitive import BOUND
from isograd.numpy import functions as _functions
from isograd.numpy import methods as _methods
from isograd.numpy.array import Array, as_payload, lift, on_ufunc
from isograd.numpy.functions import TABLE, array, asarray

_methods.install()

_CREATORS = (
    "zeros",
    "ones",
    "empty",
    "full",
    "arange",
    "eye",
    "identity",
    "logspace",
    "geomspace",
    "tri",
    "fromfunction",
    "indices",
    "hanning",
    "hamming",
)
_FACTS = (
    "shape",
    "ndim",
    "size",
    "result_type",
    "can_cast",
    "allclose",
    "array_equal",
    "nonzero",
    "argwhere",
    "flatnonzero",
    "count_nonzero",
    "searchsorted",
    "unique",
    "broadcast_shapes",
    "finfo",
    "iinfo",
    "dtype",
    "issubdtype",
    "isscalar",
    "newaxis",
    "pi",
    "e",
    "inf",
    "nan",
    "euler_gamma",
    "set_printoptions",
    "errstate",
    "random",
    "iscomplexobj",
    "isrealobj",
    "number",
    "floating",
    "integer",
    "inexact",
    "complexfloating",
    "generic",
    "bool_",
    "float16",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "int_",
    "bool",
    "ndarray",
    "bincount",
    "digitize",
    "histogram",
)


def _creator(rule: Callable[..., Any]) -> Callable[..., Array]:
    @wraps(rule)
    def create(*args: Any, **kwargs: Any) -> Array:
        return lift(_np.asarray(rule(*args, **kwargs)))

    return create


class _Ufunc:
    """`numpy.sin` and its like, with their methods, on arrays of any kind."""

    def __init__(self, rule: _np.ufunc) -> None:
        self.rule = rule
        self.__name__ = rule.__name__
        self.__doc__ = f"`numpy.{rule.__name__}` with derivatives."

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return on_ufunc(self.rule, "__call__", args, kwargs)

    def reduce(self, *args: Any, **kwargs: Any) -> Any:
        return on_ufunc(self.rule, "reduce", args, kwargs)

    def accumulate(self, *args: Any, **kwargs: Any) -> Any:
        return on_ufunc(self.rule, "accumulate", args, kwargs)

    def outer(self, *args: Any, **kwargs: Any) -> Any:
        return on_ufunc(self.rule, "outer", args, kwargs)


_SPECIAL = {
    "erf": "erf",
    "erfc": "erfc",
    "erfinv": "erfinv",
    "gammaln": "lgamma",
    "digamma": "digamma",
    "expit": "sigmoid",
}


def _special(name: str) -> Callable[..., Array]:
    """A function of `scipy.special`, by its primitive: SciPy may never be needed."""

    def function(x: Any) -> Array:
        p = as_payload(x)
        if p.dtype.kind in "biu":
            p = BOUND.convert(p, dtype=_np.dtype(_np.float64))
        return lift(getattr(BOUND, _SPECIAL[name])(p))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`scipy.special.{name}` with derivatives."
    return function


class _Space:
    """`isograd.numpy.linalg` and its like: the table's entries with a prefix."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        full = f"{self._name}.{name}"
        if full not in TABLE:
            raise AttributeError(missing_text(f"numpy.{full}", "NumPy"), name=name)
        return TABLE[full]


linalg, fft = _Space("linalg"), _Space("fft")


def __getattr__(name: str) -> Any:
    theirs: Any = getattr(_np, name, None)
    if name in TABLE:
        return TABLE[name]
    if name in _CREATORS:
        return _creator(theirs)
    if name in _FACTS:
        return (
            _functions.HANDLERS.get(theirs, theirs)
            if callable(theirs) and (not isinstance(theirs, type))
            else theirs
        )
    if isinstance(theirs, _np.ufunc):
        return _Ufunc(theirs)
    if name in _SPECIAL:
        return _special(name)
    if name.startswith("__") or theirs is None:
        raise AttributeError(
            f"module 'isograd.numpy' has no attribute {name!r}", name=name
        )
    raise AttributeError(missing_text(f"numpy.{name}", "NumPy"), name=name)


def __dir__() -> list[str]:
    plain = [n for n in TABLE if "." not in n]
    return sorted({*globals(), *plain, *_CREATORS, *_FACTS})


__all__ = ["Array", "array", "asarray", "fft", "linalg"]
