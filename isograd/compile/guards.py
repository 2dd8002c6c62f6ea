"""Guards: the Python values that a trace read, and whether they are still the same.

A traced function may read closure cells, globals and attributes.  Arrays and tensors
are operands; every other value that could steer the trace is guarded: numbers, strings
and flags by value, functions and objects by identity, and of objects the simple
attributes that the code names.  Functions reached this way are followed.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from isograd.core.expression import define
from isograd.core.tensor import Tensor

_SIMPLE = (int, float, complex, bool, str, bytes, type(None), type(...))
_SKIPPED = (types.ModuleType, type, types.BuiltinFunctionType)
_LIBRARIES = ("isograd", "numpy", "scipy", "builtins", "functools", "math")
_SHOWN_AS = (*_LIBRARIES, "torch.", "mindspore.")  # see base.paths
_PLAIN = (
    "numpy",
    "scipy",
    "builtins",
    "functools",
    "math",
    "threading",
    "weakref",
    "_thread",
    "itertools",
    "isograd.core",
    "isograd.base",
    "isograd.compile",
)
_MISSING = object()


class Guard(NamedTuple):
    """A place in memory and the value that was read there."""

    holder: Any  # a cell, a globals dict, or an object
    name: str  # "" for a cell
    value: Any
    by_value: bool

    def current(self) -> Any:
        if isinstance(self.holder, types.CellType):
            try:
                return self.holder.cell_contents
            except ValueError:  # an empty cell
                return _MISSING
        if isinstance(self.holder, dict):
            return self.holder.get(self.name, _MISSING)
        return getattr(self.holder, self.name, _MISSING)

    def holds(self) -> bool:
        now = self.current()
        if now is self.value:
            return True
        return self.by_value and type(now) is type(self.value) and now == self.value


class Contents(NamedTuple):
    """A container, and what was in it."""

    holder: Any
    items: tuple[Any, ...]

    def holds(self) -> bool:
        now = _items(self.holder)
        return len(now) == len(self.items) and all(map(_same, now, self.items))


def _items(container: Any) -> tuple[Any, ...]:
    if isinstance(container, dict):
        return (*container.keys(), *container.values())
    return tuple(container)


def _same(now: Any, then: Any) -> bool:
    return now is then or (type(now) is type(then) and _is_simple(then) and now == then)


def _is_simple(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_simple, value))
    return isinstance(value, _SIMPLE)


class _Walk:
    """Collects guards from functions, following what they refer to."""

    def __init__(self) -> None:
        self.guards: list[Guard | Contents] = []
        self.seen: set[int] = set()
        self.kept: list[Any] = []  # keeps ids in `seen` alive

    def read(self, holder: Any, name: str, names: frozenset[str]) -> None:
        value = Guard(holder, name, None, False).current()
        if value is _MISSING or isinstance(value, types.ModuleType):
            return
        if not (isinstance(value, type) and value.__module__ == "builtins"):
            self.guards.append(Guard(holder, name, value, _is_simple(value)))
        self.follow(value, names)

    def follow(self, value: Any, names: frozenset[str]) -> None:
        """Guard what can be reached from a value by the code's names."""
        if _is_simple(value) or isinstance(value, Tensor | np.ndarray | np.generic):
            return
        if isinstance(value, _SKIPPED) or id(value) in self.seen:
            return
        self.seen.add(id(value))
        self.kept.append(value)
        if isinstance(value, types.MethodType):
            self.follow(value.__self__, names | _names(value.__func__.__code__))
            value = value.__func__
        value = getattr(value, "__wrapped__", value)
        if isinstance(value, types.FunctionType):
            self.function(value)
        elif isinstance(value, list | tuple | set | dict):
            self.container(value, names)
        elif not type(value).__module__.startswith(_PLAIN):
            self.attributes(value, names)

    def container(self, value: Any, names: frozenset[str]) -> None:
        items = _items(value)
        if not isinstance(value, tuple):
            self.guards.append(Contents(value, items))
        for item in items:
            self.follow(item, names)

    def function(self, fn: types.FunctionType) -> None:
        if (fn.__module__ or "").split(".")[0] in _LIBRARIES:
            return
        names = _names(fn.__code__)
        for cell in fn.__closure__ or ():
            self.read(cell, "", names)
        for name in names & fn.__globals__.keys():
            self.read(fn.__globals__, name, names)
        for default in (*(fn.__defaults__ or ()), *(fn.__kwdefaults__ or {}).values()):
            self.follow(default, names)

    def attributes(self, obj: Any, names: frozenset[str]) -> None:
        """Attributes of an object: all of its own, as methods may read any, and the
        simple ones and methods of its class."""
        own = getattr(obj, "__dict__", {})
        for cls in type(obj).__mro__:
            if cls.__module__.startswith(_SHOWN_AS):
                continue
            for name, value in list(vars(cls).items()):
                if isinstance(value, types.FunctionType):
                    self.follow(value, names)
                elif _is_simple(value) and name not in own and name[:2] != "__":
                    self.guards.append(Guard(obj, name, value, True))
        for name, value in list(own.items()):
            if _is_simple(value):
                self.guards.append(Guard(obj, name, value, True))
            else:
                self.guards.append(Guard(obj, name, value, False))
                self.follow(value, names)


def _names(code: types.CodeType) -> frozenset[str]:
    """Names of globals and attributes in a code object and those inside of it."""
    return frozenset(_all_names(code))


def _all_names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            yield from _all_names(const)


def guards_of(fn: Callable[..., Any]) -> list[Guard | Contents]:
    """Guards on what `fn` may read besides its arguments, duplicates dropped."""
    walk = _Walk()
    walk.follow(fn, frozenset())
    found = {(id(g.holder), getattr(g, "name", None)): g for g in walk.guards}
    return list(found.values())


def all_hold(guards: list[Guard | Contents]) -> bool:
    return all(g.holds() for g in guards)


def checker(guards: list[Guard | Contents]) -> Callable[[], bool]:
    """`all_hold` of these guards, as lines that compare by identity first."""
    scope: dict[str, Any] = {"same": _same_objects}
    lines = ["def check():", "    try:"]

    def name(value: Any) -> str:
        key = f"k{len(scope)}"
        scope[key] = value
        return key

    for g in guards:
        lines.append(
            f"        if not ({_quick_test(g, name)} or {name(g.holds)}()): "
            "return False"
        )
    lines += ["        return True", "    except ValueError:", "        return False"]
    return define("check", "\n".join(lines) + "\n", scope)


def _quick_test(g: Guard | Contents, name: Callable[[Any], str]) -> str:
    """An expression that is true only if the guard holds."""
    if isinstance(g, Contents):
        if not g.items:
            return f"not {name(g.holder)}"
        if isinstance(g.holder, dict):
            half = len(g.items) // 2
            return (
                f"same(list({name(g.holder)}.items()), {name(g.items[:half])}, "
                f"{name(g.items[half:])})"
            )
        return "False"
    value = name(g.value)
    if isinstance(g.holder, types.CellType):
        return f"{name(g.holder)}.cell_contents is {value}"
    if isinstance(g.holder, dict):
        return f"{name(g.holder)}.get({g.name!r}) is {value}"
    own = getattr(g.holder, "__dict__", {})
    if isinstance(own, dict) and g.name in own:
        return f"{name(own)}.get({g.name!r}) is {value}"
    return "False"


def _same_objects(items: list[Any], keys: Any, values: Any) -> bool:
    return len(items) == len(keys) and all(
        k is a and v is b for (k, v), a, b in zip(items, keys, values, strict=True)
    )
