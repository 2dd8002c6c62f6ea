"""PyTorch's overloads: which arguments a function takes, and what it says of others.

The overloads are recorded (`base/names/torch_signatures.txt`, by
`tools/record_signatures.py`); a call is held against them one after the other, and what
fits none is told as PyTorch tells it.  The texts follow from the overloads alone.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import numpy as np

from isograd.base.frames import call_words
from isograd.core.tensor import Tensor as CoreTensor
from isograd.torch import dtypes
from isograd.torch.kernels import check_operands, refused_by

# --- overloads ------------------------------------------------------------------------


class Parameter(NamedTuple):
    kind: str  # as PyTorch shows it: "tuple of ints"
    name: str
    default: str | None  # as PyTorch shows it; None where there is none
    keyword: bool
    none: bool  # whether None is taken
    single: bool  # whether a number stands for a list


class Overload(NamedTuple):
    parameters: tuple[Parameter, ...]
    text: str  # as PyTorch shows it, with parentheses
    least: int  # arguments that have to be given
    places: int  # arguments that may be given by place

    @property
    def spread(self) -> bool:
        """Whether numbers may stand for the only argument, a list."""
        return self.places == 1 and self.parameters[0].kind == "tuple of ints"


class Known(NamedTuple):
    overloads: tuple[Overload, ...]
    former: bool  # whether there are more, which PyTorch does not show


_KIND = re.compile(r"(.*?)(\[\d*\])?(\?)?")


@cache
def _lines() -> dict[str, str]:
    place = resources.files("isograd.base") / "names" / "torch_signatures.txt"
    lines = place.read_text(encoding="utf-8").splitlines()
    return {name: rest for name, _, rest in (line.partition(" ") for line in lines)}


@cache
def known(name: str) -> Known | None:
    """The overloads of a function (`add`, `linalg_norm`) or method (`Tensor.add`)."""
    line = _lines().get(name)
    if line is None:
        return None
    if line == "!":
        return Known((), False)
    found = tuple(map(_overload, line.removeprefix("~").split("|")))
    return Known(found, line[:1] == "~")


def _overload(line: str) -> Overload:
    parameters: list[Parameter] = []
    shown: list[str] = []
    keyword = False
    for part in line.split(", ") if line else ():
        if part == "*":
            keyword = True
            shown.append("*")
            continue
        left, has_default, default = part.partition("=")
        kind, _, name = left.rpartition(" ")
        found = _KIND.fullmatch(kind)
        assert found is not None
        none = bool(found[3]) or default == "None"
        parameters.append(
            Parameter(
                found[1],
                name,
                default if has_default else None,
                keyword,
                none,
                found[2] not in (None, "[]"),
            )
        )
        shown.append(f"{found[1]} {name}" + (f" = {default}" if has_default else ""))
    return Overload(
        tuple(parameters),
        f"({', '.join(shown)})",
        sum(p.default is None for p in parameters),
        sum(not p.keyword for p in parameters),
    )


# --- what fits ------------------------------------------------------------------------

_OTHER_NAMES = {
    "dim": ("axis",),
    "keepdim": ("keepdims",),
    "input": ("x", "a", "x1"),
    "other": ("x2",),
}
_ARITHMETIC = frozenset(
    f"{name}{end}"
    for name in (
        *("add", "sub", "mul", "div", "subtract", "multiply", "divide", "true_divide"),
        *("floor_divide", "logaddexp", "logaddexp2", "special_logaddexp"),
    )
    for end in ("", "_")
) - {"logaddexp", "logaddexp2", "special_logaddexp", "logaddexp_", "logaddexp2_"}
"""Functions whose operands may be numbers."""


def _is_tensor(x: Any) -> bool:
    return isinstance(x, CoreTensor) or hasattr(type(x), "__torch_function__")


def _is_scalar(x: Any) -> bool:
    return isinstance(x, int | float | complex | np.number | np.bool_)


def _is_int(x: Any) -> bool:
    if isinstance(x, bool | np.bool_):
        return False
    return isinstance(x, int | np.integer) or _element(x, "iu")


def _is_index(x: Any) -> bool:
    return not isinstance(x, bool | np.bool_) and hasattr(type(x), "__index__")


def _element(x: Any, kinds: str) -> bool:
    """Whether x is a tensor of one element and no dimension, without a gradient."""
    if not isinstance(x, CoreTensor):
        return False
    p = x._p
    return not p.ndim and x._node is None and p.dtype.kind in kinds


def _is_list(x: Any, of: Callable[[Any], bool]) -> bool:
    """Of a list the first element decides."""
    return isinstance(x, tuple | list) and (not x or of(x[0]))


def _is_float(x: Any) -> bool:
    return isinstance(x, int | float | np.number) or _element(x, "fciubV")


_PYTHON_DTYPES = (int, float, bool, complex)
_CHECKS: dict[str, Callable[[Any], bool]] = {
    "Tensor": _is_tensor,
    "Number": lambda x: _is_scalar(x) or _element(x, "fciubV"),
    "float": lambda x: not isinstance(x, np.complexfloating) and _is_float(x),
    "int": _is_int,
    "bool": lambda x: isinstance(x, bool | np.bool_) or _element(x, "b"),
    "str": lambda x: isinstance(x, str),
    "tuple of ints": lambda x: _is_list(x, _is_index),
    "tuple of floats": lambda x: _is_list(x, _is_float),
    "tuple of Scalars": lambda x: _is_list(x, _is_scalar),
    "tuple of Tensors": lambda x: isinstance(x, tuple | list),
    "tuple of names": lambda x: _is_list(x, lambda y: isinstance(y, str | None)),
    "name": lambda x: isinstance(x, str),
    "torch.dtype": lambda x: (
        isinstance(x, dtypes.dtype) or x in (int, float, bool, complex)
    ),
    "torch.layout": lambda x: isinstance(x, dtypes.layout),
    "torch.device": lambda x: _is_int(x) or isinstance(x, str | dtypes.device),
    "torch.memory_format": lambda x: isinstance(x, dtypes.memory_format),
}


def _takes(p: Parameter, x: Any, name: str) -> bool:
    check = _CHECKS.get(p.kind)
    if check is None or check(x):
        return True
    if p.kind == "Tensor":
        return name in _ARITHMETIC and _is_scalar(x)
    if not p.single or isinstance(x, bool | np.bool_):
        return False
    single = _is_int if p.kind == "tuple of ints" else _is_scalar
    return single(x)


def _given(p: Parameter, kwargs: dict[str, Any]) -> str | None:
    """The keyword under which a parameter is given."""
    if p.name in kwargs:
        return p.name
    for other in _OTHER_NAMES.get(p.name, ()):
        if other in kwargs:
            return other
    return None


def _refused(
    o: Overload, name: str, args: Sequence[Any], kwargs: dict[str, Any]
) -> str | None:
    """Why the arguments do not fit an overload; None if they do."""
    count, spread = len(args), o.spread
    if count > o.places and not spread:
        return _too_many(o, name, count)
    at, left = 0, len(kwargs)
    for i, p in enumerate(o.parameters):
        word = None
        if at < count:
            if p.keyword:
                return _too_many(o, name, count)
            value = args[at]
        else:
            word = _given(p, kwargs)
            value = None if word is None else kwargs[word]
        absent = at >= count and word is None
        if absent and p.default is None:
            return _missing(o, name, i)
        if not absent and not (value is None and p.none):
            if p.kind == "tuple of Tensors":
                _check_tensors(p, i, value)
            if not _takes(p, value, name):
                if spread and at == 0 and word is None and _is_index(value):
                    at = count
                    if (bad := _unpacked(p, name, args)) is not None:
                        return bad
                    continue
                return _misfit(p, name, value, None if word else at)
            if p.kind == "tuple of ints" and isinstance(value, tuple | list):
                if (bad := _unpacked(p, name, value)) is not None:
                    raise TypeError(bad)
        at += at < count
        left -= word is not None
    return _unexpected(o, name, kwargs, count) if left else None


def _check_tensors(p: Parameter, place: int, values: Any) -> None:
    """Raise for what is no tensor in a list of them, whatever other overloads take."""
    for i, v in enumerate(values if isinstance(values, tuple | list) else ()):
        if not _is_tensor(v) and not (v is None and p.name == "indices"):
            raise TypeError(
                f"expected Tensor as element {i} in argument {place}, but got "
                f"{kind_name(v)}"
            )


def _unpacked(p: Parameter, name: str, values: Sequence[Any]) -> str | None:
    for i, v in enumerate(values):
        if not _is_index(v) and not isinstance(v, bool | np.bool_):
            return (
                f"{name}(): argument '{p.name}' failed to unpack the object at pos "
                f'{i + 1} with error "type must be {p.kind},but got {kind_name(v)}"'
            )
    return None


# --- what PyTorch says ----------------------------------------------------------------


def kind_name(x: Any) -> str:
    """The name of an argument's type."""
    if isinstance(x, CoreTensor):
        return "Parameter" if type(x).__name__ == "Parameter" else "Tensor"
    kind = type(x)
    if kind.__name__ == "Generator":
        return "torch._C.Generator"
    if kind.__module__.startswith("numpy"):
        return f"numpy.{kind.__name__}"
    if kind in (dtypes.dtype, dtypes.device, dtypes.layout, dtypes.memory_format):
        return f"torch.{kind.__name__}"
    return kind.__name__


def _too_many(o: Overload, name: str, count: int) -> str:
    if o.least != o.places:
        return (
            f"{name}() takes from {o.least} to {o.places} positional arguments but "
            f"{count} were given"
        )
    plural, verb = "s" * (o.places != 1), "was" if count == 1 else "were"
    return f"{name}() takes {o.places} positional argument{plural} but {count} {verb} given"


def _missing(o: Overload, name: str, start: int) -> str:
    names = [f'"{p.name}"' for p in o.parameters[start:] if p.default is None]
    return (
        f"{name}() missing {len(names)} required positional "
        f"argument{'s' * (len(names) == 1)}: {', '.join(names)}"
    )


def _misfit(p: Parameter, name: str, value: Any, place: int | None) -> str:
    where = "" if place is None else f" (position {place + 1})"
    head = f"{name}(): argument '{p.name}'{where} must be {p.kind}, "
    if p.kind == "tuple of ints" and isinstance(value, tuple | list):
        if place is not None:
            return head + f"but found element of type {kind_name(value[0])} at pos 0"
    return head + f"not {kind_name(value)}"


def _unexpected(o: Overload, name: str, kwargs: dict[str, Any], count: int) -> str:
    names = [p.name for p in o.parameters]
    for word in kwargs:
        own = next((n for n in names if word in _OTHER_NAMES.get(n, ())), word)
        if own not in names:
            return f"{name}() got an unexpected keyword argument '{word}'"
        if names.index(own) < count:
            return f"{name}() got multiple values for argument '{word}'"
    return "invalid keyword arguments"


def _combination(
    found: Known, name: str, args: Sequence[Any], kwargs: dict[str, Any]
) -> str:
    """What is said where several overloads might have been meant."""
    parts = [kind_name(a) for a in args]
    words = dict(reversed(kwargs.items()))  # PyTorch keeps them in a table of hashes
    parts += [f"{k}={kind_name(v)}" for k, v in words.items()]
    got = ", ".join(parts) + ", " * (bool(words) and not args)
    head = (
        f"{name}() received an invalid combination of arguments - got ({got}), but "
        "expected"
    )
    if len(found.overloads) == 1:
        return f"{head} {found.overloads[0].text}"
    lines = [f"{head} one of:\n"]
    for o in found.overloads:
        lines.append(f" * {o.text}\n")
        slots = o.text[1:-1].split(", ")
        if len(slots) == len(args) + len(kwargs):
            lines.append(_why(slots, args, words))
    return "".join(lines)


def _why(slots: Sequence[str], args: Sequence[Any], words: dict[str, Any]) -> str:
    """Why an overload with as many parameters as arguments does not fit."""
    head = "      didn't match because some of the "
    pairs = [s.rpartition(" ")[::2] for s in slots]
    last = [n for _, n in pairs[len(args) :]]
    if wrong := [k for k in words if k not in last]:
        return f"{head}keywords were incorrect: {', '.join(wrong)}\n"
    parts = []
    for i, (kind, name) in enumerate(pairs):
        value = args[i] if i < len(args) else words[name]
        mark = "" if _same_kind(kind, value) else "!"
        word = "" if i < len(args) else f"{name}="
        parts.append(f"{mark}{word}{_described(value)}{mark}")
    return f"{head}arguments have invalid types: ({', '.join(parts)})\n"


def _same_kind(kind: str, value: Any) -> bool:
    if kind == "float":
        return kind_name(value) in ("float", "int")
    return kind_name(value) == kind


def _described(x: Any) -> str:
    """An argument's type, with those of a sequence's elements."""
    if not isinstance(x, tuple | list):
        return kind_name(x)
    inner = ", ".join(_described(y) for y in x)
    if isinstance(x, tuple):
        return f"tuple of ({inner}{',' * (len(x) == 1)})"
    return f"list of [{inner}]"


# --- calls ----------------------------------------------------------------------------


def refusal(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> str | None:
    """What PyTorch says of a call; None where it takes it, or nothing is known.

    For a method (`Tensor.add`) the arguments are without the tensor itself.
    """
    found = known(name)
    if found is None:
        return None
    own = name.rpartition(".")[2]
    if not found.overloads:
        return _of_nothing(own, args, kwargs)
    first = None
    try:
        for o in found.overloads:
            why = _refused(o, own, args, kwargs)
            if why is None:
                return None
            first = first or why
    except TypeError as error:
        return str(error)
    if len(found.overloads) == 1 and not found.former:
        return first
    count = len(args) + len(kwargs)
    fitting = [o for o in found.overloads if o.least <= count <= len(o.parameters)]
    if len(fitting) == 1:
        return _refused(fitting[0], own, args, kwargs)
    return _combination(found, own, args, kwargs)


def _of_nothing(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> str | None:
    if kwargs:
        return f"TensorBase.{name}() takes no keyword arguments"
    return (
        f"TensorBase.{name}() takes no arguments ({len(args)} given)" if args else None
    )


def bound(name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call that fits, by the names of its overload's parameters."""
    found = known(name)
    for o in found.overloads if found else ():
        if _refused(o, name, args, kwargs) is None:
            words = {
                w: p.name for p in o.parameters for w in _OTHER_NAMES.get(p.name, ())
            }
            given = {p.name: a for p, a in zip(o.parameters, args, strict=False)}
            return given | {words.get(k, k): v for k, v in kwargs.items()}
    return dict(kwargs)


def _kind(a: Any) -> Any:
    """The type of an argument, with those of its elements."""
    t = type(a)
    return (t, frozenset(map(type, a))) if t is tuple or t is list else t


class Checker:
    """A check of a function's or method's arguments, which remembers types that fit.

    Attributes:
        passed: by the types of the arguments (without lists) True where all is well, or
            the dtypes of the first one, the only tensor, that are.
    """

    def __init__(self, name: str, method: bool, body: Any) -> None:
        self.full = f"Tensor.{name}" if method else name
        self.method, self.body = method, body
        self.written = name if name.endswith("_") else ""
        self.fitting: set[Any] = set()
        self.passed: dict[Any, Any] = {}

    def __call__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        kinds = tuple(map(_kind, args))
        if kwargs:
            kinds = (*kinds, *kwargs, *map(_kind, kwargs.values()))
        if kinds not in self.fitting:
            self.look(args, kwargs)
            self.fitting.add(kinds)
        refused = refused_by(self.full)
        if refused:
            check_operands(refused, args, kwargs, self.written)
        if not any(type(k) is tuple for k in kinds):
            self.note(kinds, refused, args, kwargs)

    def look(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        own = args[1:] if self.method else args
        why = refusal(self.full, own, kwargs)
        if why is not None and self.body is not None:
            words = _words(self.body)[self.method :]
            why = _regrouped(self.full, own, kwargs, words, why)
        if why is not None:
            raise TypeError(why)

    def note(self, kinds: Any, refused: Any, args: Any, kwargs: Any) -> None:
        """Remember what need not be looked at again."""
        if not refused:
            self.passed[kinds] = True
            return
        tensors = [x for x in (*args, *kwargs.values()) if isinstance(x, CoreTensor)]
        if (
            len(tensors) == 1
            and args
            and tensors[0] is args[0]
            and args[0]._p.size
            and not {"dtype", "out"} & {*kwargs}
            and not {"matrix", "square"} & {*refused}
            and not any(
                issubclass(k, dtypes.dtype) for k in kinds if isinstance(k, type)
            )
        ):
            self.passed.setdefault(kinds, set()).add(args[0]._p.dtype)


def checker(name: str, method: bool = False, body: Any = None) -> Checker:
    """The check of a function or method.

    `body` has the parameters of a function that plans are made for: of those we are not
    told which were given as keywords.
    """
    return Checker(name, method, body)


_QUICK = {
    "isograd.core.fast",
    "isograd.core.plans",
    "isograd.rules",
    "isograd.torch.operators",
    "isograd.torch.overrides",
}
"""Modules whose functions take keywords for places."""


def _words(body: Any) -> tuple[str, ...]:
    code = getattr(inspect.unwrap(body), "__code__", None)
    return () if code is None else code.co_varnames[: code.co_argcount]


def _regrouped(
    name: str, args: Sequence[Any], kwargs: dict[str, Any], words: Any, why: str
) -> str | None:
    """What is said of a call when arguments at places may have been keywords."""
    counts = range(len(args) - 1, -1, -1)
    frame = sys._getframe(4)  # what called the general path: `look`, `__call__`, it
    if frame.f_globals.get("__name__") not in _QUICK:
        return why
    while frame.f_back and frame.f_globals.get("__name__") in _QUICK:
        frame = frame.f_back
    given = call_words(frame)
    if given is not None:
        count = len(args) - sum(w in words[: len(args)] for w in given)
        counts = (count,) if count < len(args) else ()
    for n in counts:
        if len(words) < len(args):
            break
        named = dict(zip(words[n:], args[n:], strict=False))
        if given:
            both = named | kwargs
            named, kwargs = {w: both[w] for w in given if w in both}, {}
        found = refusal(name, args[:n], named | kwargs)
        if found is None or given is not None:
            return found
    return why
