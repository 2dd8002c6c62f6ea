"""From a function of payloads to a function, method and operator of tensors.

The bodies that the tables hold take payloads (`F.mul(x, y)`) with MindSpore's argument
names.  What is made here unwraps tensors, wraps results, and translates the engine's
errors; `FUNCTIONS` is what `mindspore.ops` exports.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache, partial, wraps
from operator import index
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np

from isograd.base.dtypes import F32, is_inexact
from isograd.base.errors import EngineError
from isograd.core import tensor as core
from isograd.core.plans import Absent
from isograd.core.primitive import BOUND, Payload
from isograd.core.primitive import is_payload as is_payload
from isograd.core.tensor import lower as lower
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import errors, taken
from isograd.mindspore.tensor import Tensor

F = BOUND
Body = Callable[..., Any]
_HERE = str(Path(__file__).parent)  # functions from elsewhere are fast closures
FUNCTIONS: dict[str, Any] = {}  # functions on tensors; of a body as `__wrapped__`

# --- operands -------------------------------------------------------------------------


def cast(x: Any, d: Any) -> Payload:
    """A payload or number as a payload of a NumPy dtype."""
    if not is_payload(x):
        return np.asarray(x, d)
    return x if x.dtype == d else F.convert(x, dtype=d)


def common_dtype(operands: Sequence[Any], name: str = "") -> Any:
    """The dtype that payloads and Python numbers promote to."""
    for x in operands:
        if not is_payload(x) and not isinstance(
            x, bool | int | float | complex | np.generic
        ):
            raise errors.operand(name, x)
    return dtypes.result_of(
        [x.dtype for x in operands if is_payload(x)],
        [x for x in operands if not is_payload(x)],
    )


def promoted(*operands: Any, name: str = "", least: str = "") -> list[Payload]:
    """The operands in their common dtype; with `least="f"` integers become float32."""
    d = common_dtype(operands, name)
    if least == "f" and d.kind in "biu":
        d = F32
    return [cast(x, d) for x in operands]


def floating(x: Any) -> Payload:
    """Integers, bools and Python numbers as float32."""
    if not is_payload(x):
        return np.asarray(x, F32)
    return x if is_inexact(x.dtype) else F.convert(x, dtype=F32)


def array_of(x: Any, what: str = "a constant") -> np.ndarray:
    """The elements of an operand that must be known: shapes, indices, sizes."""
    return core.concrete(x, what) if is_payload(x) else np.asarray(x)


def ints_of(x: Any) -> tuple[int, ...]:
    """Sizes or axes given as an int, a sequence, or a tensor."""
    if type(x) is int:
        return (x,)
    if isinstance(x, tuple | list):
        return tuple(int(array_of(n)) if is_payload(n) else index(n) for n in x)
    a = array_of(x)
    if a.dtype.kind not in "iub" and a.size:
        raise TypeError(f"sizes and axes must be integers, not {x!r}")
    return tuple(int(n) for n in a.reshape(-1))


def axes_of(axis: Any, rank: int, name: str = "") -> tuple[int, ...]:
    """The axes an argument names: an int, a sequence; None or () for all."""
    if axis is None:
        return tuple(range(rank))
    axes = ints_of(axis)
    if not axes:
        return tuple(range(rank))
    out = tuple(axis_of(a, rank, name) for a in axes)
    if len(set(out)) != len(out):
        raise ValueError(f"For '{name}', the 'axis' has duplicate values: {axis}.")
    return out if rank else ()


def axis_of(axis: Any, rank: int, name: str = "") -> int:
    """One axis, counted from the front.

    Raises:
        TypeError: if it is not an integer.
        ValueError: out of range.
    """
    if isinstance(axis, bool) or not hasattr(axis, "__index__"):
        if not is_payload(axis):
            raise TypeError(
                f"For '{name}', the 'axis' must be int, but got {type(axis).__name__}."
            )
        axis = array_of(axis).item()
    n = max(rank, 1)
    if not -n <= axis < n:
        raise errors.axis(name, axis, rank)
    return int(axis) % n


@cache
def broadcast_shapes(
    name: str, a: tuple[int, ...], b: tuple[int, ...], words: str = ""
) -> Any:
    """The shape that two shapes broadcast to; MindSpore's error if they do not."""
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        raise errors.broadcast(name, a, b, words) from None


# --- results --------------------------------------------------------------------------


def lift(out: Any) -> Any:
    """Payloads as tensors."""
    if type(out) is np.ndarray:
        t = object.__new__(Tensor)
        t._p = out
        return t
    return core.lift(Tensor, out)


_SYNONYMS = (
    {"axis", "dim", "dims"},
    {"keepdims", "keepdim", "keep_dims"},
    {"input", "x", "input_x", "input_params", "inputs", "tensor", "A", "self"},
    {"other", "y"},
    {"size", "shape"},
    {"correction", "ddof"},
    {"indices", "index", "input_indices"},
    {"descending", "reverse"},
)


@cache
def _parameters(body: Body) -> frozenset[str]:
    return frozenset(inspect.signature(body).parameters)


def named(body: Body, kwargs: dict[str, Any]) -> dict[str, Any]:
    """Keywords under the names that the body has: versions and modules of MindSpore
    name the same argument `axis` or `dim`, `keep_dims` or `keepdim`."""
    names = _parameters(body)
    if names.issuperset(kwargs):
        return kwargs
    out: dict[str, Any] = {}
    for key, value in kwargs.items():
        if key not in names:
            group = next((g for g in _SYNONYMS if key in g), frozenset())
            key = next((n for n in group if n in names), key)
        out[key] = value
    return out


def public(body: Body, name: str, place: str = "") -> Callable[..., Any]:
    """The function on tensors whose body works on payloads.

    Args:
        name: what errors call it.
        place: where MindSpore has it, which tells what it takes.
    """
    bind: Any = None
    refused: Any = None

    @wraps(body)
    def function(*args: Any, **kwargs: Any) -> Any:
        nonlocal bind, refused
        if bind is None:
            bind, refused = taken.binder(place), taken.refused_dtypes(place)
        bind(*args, **kwargs)
        if refused and args:
            taken.check_dtype(refused, args)
        if place and np.ndarray in map(type, args):
            told = errors.refused(name, body, args, kwargs, place)
            if told is not None:
                raise told
        try:
            if not kwargs:
                return lift(body(*map(lower, args)))
            kwargs = named(body, kwargs)
            low = {k: lower(v) for k, v in kwargs.items()}
            return lift(body(*map(lower, args), **low))
        except EngineError as error:
            raise errors.translated(error, name) from None
        except (TypeError, ValueError, AttributeError, StopIteration) as error:
            taken.bound(place, error, args, kwargs)
            told = errors.refused(name, body, args, kwargs, place)
            told = told or errors.leaked(error, name)
            if told := told or errors.untensored(error, name, body, args):
                raise told from None
            raise

    function.placed = partial(public, body, name)  # type: ignore[attr-defined]  # justified: a mark on a function
    function.__name__ = function.__qualname__ = name
    function.__module__ = "mindspore.ops"
    return function


def explained(name: str, place: str = "") -> Callable[[Body], Any]:
    """Decorator of a function on tensors: what fails for arguments of types that it
    does not take fails in MindSpore's words.

    Args:
        place: where MindSpore has it, which tells what it takes.
    """

    def decorate(body: Body) -> Any:
        dtypes_refused: Any = None

        @wraps(body)
        def function(*args: Any, **kwargs: Any) -> Any:
            nonlocal dtypes_refused
            if dtypes_refused is None:
                dtypes_refused = taken.refused_dtypes(place)
            if dtypes_refused and args:
                taken.check_dtype(dtypes_refused, args)
            try:
                if place and np.ndarray in map(type, args):
                    raise TypeError("an array")  # told below, where it is refused
                return body(*args, **kwargs)
            except (TypeError, ValueError, AttributeError) as error:
                args = tuple(a for a in args if not isinstance(a, Absent))
                taken.bound(place, error, args, kwargs)
                if refused := errors.refused(name, body, args, kwargs, place):
                    raise refused from None
                if str(error) == "an array":
                    return body(*args, **kwargs)
                raise

        function.explained = name  # type: ignore[attr-defined]  # justified: a mark on a function
        return function

    return decorate


def op(names: str = "", *, methods: str | bool = False) -> Callable[[Body], Any]:
    """Register a body as functions of `mindspore.ops`, and as methods of Tensor.

    Args:
        names: the functions' names; by default the body's.
        methods: names of methods, True for those of the functions.
    """

    def register(body: Body) -> Callable[..., Any]:
        words = names.split() or [body.__name__.rstrip("_")]
        function = public(body, words[0], f"ops.{words[0]}")
        expose(function, words, methods)
        return function

    return register


def at(function: Any, place: str) -> Any:
    """A function on tensors as it stands at another place, with what it takes there."""
    if hasattr(function, "placed"):
        return function.placed(place)
    ours = isinstance(function, FunctionType) and (
        _HERE in function.__code__.co_filename
    )
    return standing(function, place) if ours else function


def standing(body: Body, place: str) -> Body:
    """A function on tensors whose failures tell what is taken at a place."""

    @wraps(body)
    def function(*args: Any, **kwargs: Any) -> Any:
        try:
            return body(*args, **(named(body, kwargs) if kwargs else kwargs))
        except (TypeError, AttributeError, StopIteration) as error:
            taken.bound(place, error, args, kwargs)
            if hasattr(body, "explained"):
                raise
            if told := errors.refused("", body, args, kwargs, place):
                raise told from None
            raise

    function.placed = partial(standing, body)  # type: ignore[attr-defined]  # justified: a mark on a function
    return function


def expose(function: Any, names: Sequence[str], methods: str | bool = False) -> None:
    """Enter a function on tensors in the tables."""
    for n in names:
        FUNCTIONS[n] = at(function, f"ops.{n}")
    for m in names if methods is True else (methods or "").split():
        setattr(Tensor, m, at(function, f"Tensor.{m}"))


def fits(x: Any, name: str, what: str = "input") -> Payload:
    """`x`, which must be a tensor.

    Raises:
        TypeError: with MindSpore's text, if it is not.
    """
    if not is_payload(x):
        raise errors.no_tensor(name, what, x)
    return x
