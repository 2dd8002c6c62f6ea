"""Calls with wrong arguments, told as PyTorch tells them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from isograd.core.primitive import is_payload
from isograd.core.tensor import Tensor as CoreTensor

Body = Callable[..., Any]


def explained(
    error: Exception, body: Body, name: str, args: Sequence[Any], kwargs: Any
) -> Exception:
    """A call with wrong arguments, told as PyTorch tells it; else the error itself."""
    if isinstance(error, TypeError):
        text = reworded(str(error), name)
        if text.startswith(f"{name}() "):
            return TypeError(text)
    for word, value, i in _given(body, args, kwargs):
        if not isinstance(value, CoreTensor) and not is_payload(value):
            if _misfit(body, word, value, i):
                return _refusal(name, word, i, args, value)
    if type(error) is ValueError and _from_within(error):
        return RuntimeError(
            _mismatch(str(error))
        )  # a check of NumPy's is one of PyTorch's core
    return error


_UNLIKE = "operands could not be broadcast together with shapes "


def _mismatch(text: str) -> str:
    """NumPy's text of shapes that do not broadcast, in PyTorch's words."""
    if not text.startswith(_UNLIKE):
        return text
    from isograd.torch.call import check_broadcast

    found = re.findall(r"\(([\d,]*)\)", text)
    try:
        check_broadcast(*(tuple(map(int, re.findall(r"\d+", f))) for f in found))
    except RuntimeError as error:
        return str(error)
    return text


def _from_within(error: Exception) -> bool:
    """Whether an error came from the engine or NumPy: not from this dialect or a hook."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    name = place.tb_frame.f_globals.get("__name__", "") if place else ""
    ours = name.startswith(("isograd.", "numpy", "scipy"))
    return ours and not name.startswith("isograd.torch")


_OPERANDS = ("input", "other", "exponent", "weight", "source", "src", "values")
_NUMBERS = int | float | complex | np.generic


def _given(
    body: Body, args: Sequence[Any], kwargs: Any
) -> Iterator[tuple[str, Any, int]]:
    """(name, value, place) of the arguments of a call."""
    code = getattr(inspect.unwrap(body), "__code__", None)
    names = (
        ()
        if code is None
        else code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    )
    given = [*zip(names, args, strict=False), *kwargs.items()]
    yield from ((word, value, i) for i, (word, value) in enumerate(given))


def _expects_tensor(body: Body, word: str, place: int) -> bool:
    kind = inspect.unwrap(body).__annotations__.get(word)
    first = kind == "Any" and place == 0 and word == "input"
    return kind == "Payload" or first or word in _OPERANDS


def _misfit(body: Body, word: str, value: Any, place: int) -> bool:
    """Whether a tensor (or a number) was expected where something else was given."""
    if value is None and _optional(body, word):
        return False
    if isinstance(value, _NUMBERS):
        kind = inspect.unwrap(body).__annotations__.get(word)
        return kind == "Payload" or (kind == "Any" and place == 0 and word == "input")
    return _expects_tensor(body, word, place)


def _optional(body: Body, word: str) -> bool:
    """Whether None is what an argument is when it is not given."""
    found = inspect.signature(inspect.unwrap(body)).parameters.get(word)
    return found is not None and found.default is None


_MISSING = re.compile(r"missing (\d+) required positional arguments?: (.*)")


def reworded(text: str, name: str) -> str:
    """Python's text of a call that does not fit, in PyTorch's words."""
    _, call, rest = text.partition("() ")
    if not call or not (rest.startswith(("missing", "got an", "takes"))):
        return text
    found = _MISSING.match(rest)
    if found:
        names = re.findall("'([^']*)'", found[2])
        listed = ", ".join(f'"{n}"' for n in names)
        rest = f"missing {found[1]} required positional arguments: {listed}"
    return f"{name}() {rest}"


def type_name(x: Any) -> str:
    kind = type(x)
    return (
        kind.__name__
        if kind.__module__ == "builtins" or isinstance(x, CoreTensor)
        else (f"{kind.__module__}.{kind.__qualname__}")
    )


# --- operands of another kind ---------------------------------------------------------

_TENSOR_OR_NUMBER = (
    *("eq", "ne", "lt", "le", "gt", "ge", "not_equal", "less", "less_equal"),
    *("greater", "greater_equal", "fmod", "copysign"),
)
"""Functions of a tensor and either a tensor or a number."""


TENSOR = CoreTensor(np.zeros(()))
"""What stands for any tensor in a text."""


def refuse_arrays(body: Body, name: str, args: Sequence[Any], kwargs: Any) -> None:
    """NumPy's arrays are no operands; operators make tensors of them first.

    Raises:
        TypeError: for an array where a tensor is expected.
    """
    for word, value, i in _given(body, args, kwargs):
        if type(value) is np.ndarray and _expects_tensor(body, word, i):
            raise _refusal(name, word, i, args, value)


def takes_list(body: Body) -> bool:
    """Whether the first argument is a sequence of tensors."""
    code = getattr(inspect.unwrap(body), "__code__", None)
    return code is not None and code.co_varnames[:1] == ("tensors",)


def refuse_listed_arrays(tensors: Sequence[Any]) -> None:
    if np.ndarray in map(type, tensors):
        place = [type(t) for t in tensors].index(np.ndarray)
        raise TypeError(
            f"expected Tensor as element {place} in argument 0, but got numpy.ndarray"
        )


def shape_like(name: str, other: Any) -> Any:
    """The shape of the tensor that a method's only argument is."""
    like: Any = other
    if not isinstance(other, CoreTensor):
        raise TypeError(
            f"{name}(): argument 'other' (position 1) must be Tensor, not "
            f"{type_name(other)}"
        )
    return like.shape


def need_tensor(name: str, x: Any, word: str = "other", place: int = 2) -> None:
    if not is_payload(x):
        raise TypeError(
            f"{name}(): argument '{word}' (position {place}) must be Tensor, not "
            f"{type_name(x)}"
        )


def need_first(name: str, input: Any, other: Any) -> None:
    """The first operand is a tensor, the second not a string, a list or None.

    Raises:
        TypeError: for others.
    """
    for i, (word, x) in enumerate((("input", input), ("other", other))):
        if not is_payload(x) and (i == 0 or not isinstance(x, _NUMBERS)):
            operands = [TENSOR if is_payload(p) else p for p in (input, other)]
            raise _refusal(name, word, i, operands, x)


def _refusal(
    name: str, word: str, place: int, args: Sequence[Any], value: Any
) -> TypeError:
    if name in _TENSOR_OR_NUMBER:
        kinds = ", ".join(
            "Tensor" if isinstance(a, CoreTensor) else type_name(a) for a in args
        )
        return TypeError(
            f"{name}() received an invalid combination of arguments - got ({kinds}), but "
            "expected one of:\n * (Tensor input, Tensor other, *, Tensor out = None)\n"
            " * (Tensor input, Number other, *, Tensor out = None)\n"
        )
    return TypeError(
        f"{name}(): argument '{word}' (position {place + 1}) must be Tensor, not "
        f"{type_name(value)}"
    )
