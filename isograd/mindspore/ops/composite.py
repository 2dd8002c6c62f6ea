"""Mapping functions over nested structures, and functions chosen by argument types."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial as partial
from typing import Any

import numpy as np

from isograd.core.tensor import Tensor as CoreTensor
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.missing import attributes

Fn = Callable[..., Any]


_NAMES = {  # names in registrations, as MindSpore shows the types
    "None": "type_none",
    "Tuple": "tuple_",
    "List": "list_",
    "String": "string_",
    **{
        n: n.lower()
        for n in ("Number", "Tensor", "Bool", "Function", "Slice", "Ellipsis", "Any")
    },
    **dict.fromkeys(("Int", "UInt", "Float", "Complex"), ""),
    **{n: n for n in ("Dictionary", "TypeType", "Type", "Ref", "NoneType")},
    **{n: n for n in ("Parameter", "RefKeyType", "EnvType", "AnyType", "Keyword")},
    **{n: n for n in ("RowTensor", "COOTensor", "CSRTensor", "MapTensor", "Array")},
    **dict.fromkeys(("Undetermined", "Func", "Problem", "Primitive", "TypeNone"), ""),
}


def _type_names(x: Any) -> tuple[str, ...]:
    """The names of the types that an argument has, narrowest first."""
    if isinstance(x, CoreTensor):
        kind = type(x).__name__
        return ("Parameter", "Tensor") if kind == "Parameter" else ("Tensor", "Ref")
    if isinstance(x, bool):
        return ("Bool", "Number")
    if isinstance(x, int):
        return ("Int64", "Int", "Number")
    if isinstance(x, float) and not isinstance(x, np.generic):
        return ("Float64", "Float", "Number")
    if isinstance(x, np.number):
        return (x.dtype.name.capitalize(), "Number")
    if x is None:
        return ("None", "NoneType")
    if isinstance(x, dtypes.Type):
        return ("TypeType", "Type")
    for kind, name in ((tuple, "Tuple"), (list, "List"), (str, "String")):
        if isinstance(x, kind):
            return (name,)
    if isinstance(x, slice):
        return ("Slice",)
    raise NotImplementedError(
        f"The python type {type(x)} cannot be converted to MindSpore type."
    )


def _name_of(kind: Any) -> str:
    """A type in a registration: its name, or a dtype object.

    Raises:
        RuntimeError: for a name that is no type's.
    """
    if isinstance(kind, dtypes.TensorType):
        return "Tensor"
    if isinstance(kind, dtypes.Type):
        return kind.text.capitalize() if kind.text.islower() else kind.text
    name = kind if isinstance(kind, str) else getattr(kind, "__name__", str(kind))
    base = name.split("[")[0]
    if base not in _NAMES and not hasattr(dtypes, base.lower()):
        raise RuntimeError(f"Unsupported type name: {name}!")
    return name


def _shown(name: str) -> str:
    return f"mindspore.{_NAMES.get(name) or name.lower()}"


def _shown_argument(x: Any) -> str:
    if isinstance(x, CoreTensor):
        return f"mindspore.tensor[{str(x.dtype).lower()}]"  # type: ignore[attr-defined]  # justified: a Tensor of this dialect
    return _shown(_type_names(x)[0])


def _shown_at(self: Any) -> str:
    name = f"mindspore.ops.composite.base.{type(self).__name__}"
    return f"<{name} object at {id(self):#x}>"


class MultitypeFuncGraph:
    """A function with a definition for each tuple of argument types."""

    def __init__(self, name: str, read_value: bool = False, doc_url: str = "") -> None:
        self.name = name
        self.entries: list[tuple[tuple[str, ...], Fn]] = []

    __repr__ = _shown_at

    def register(self, *type_names: Any) -> Callable[[Fn], Fn]:
        """Decorator: the definition for arguments of these types."""

        def deco(fn: Fn) -> Fn:
            self.entries.append((tuple(map(_name_of, type_names)), fn))
            return fn

        return deco

    def __call__(self, *args: Any) -> Any:
        if len(self.entries) == 1:
            return self.entries[0][1](*args)
        names = [_type_names(a) for a in args]
        for types, fn in self.entries:
            if len(types) == len(args) and all(
                t in n or t == "Any" for t, n in zip(types, names, strict=True)
            ):
                return fn(*args)
        raise ValueError(self._unmatched(args))

    def _unmatched(self, args: tuple[Any, ...]) -> str:
        def row(texts: Any) -> str:
            parts = list(texts)
            return "(" + ", ".join(parts) + ("," if len(parts) == 1 else "") + ")"

        known = ", ".join(f"({row(map(_shown, t))}, {fn})" for t, fn in self.entries)
        return (
            "For 'MultitypeFuncGraph', cannot find fn match given args. Got (sigs, fn): "
            f"[{known}], and (dtype, args): {row(map(_shown_argument, args))}."
        )


class HyperMap:
    """`HyperMap()(fn, *trees)`: fn applied to the leaves of tuples and lists.

    The result has tuples; where rows differ in length the shortest one counts.

    Args:
        ops: the function, if it shall not be given in each call.
        reverse: map from the last element to the first.
    """

    def __init__(self, ops: Any = None, reverse: bool = False) -> None:
        self.ops = ops
        self.reverse = reverse

    __repr__ = _shown_at

    def __call__(self, *args: Any) -> Any:
        fn, trees = (args[0], args[1:]) if self.ops is None else (self.ops, args)
        return self._mapped(fn, trees)

    def _mapped(self, fn: Fn, trees: tuple[Any, ...]) -> Any:
        if not isinstance(trees[0], tuple | list):
            return fn(*trees)
        return self._rows(lambda *row: self._mapped(fn, row), trees)

    def _rows(self, fn: Fn, trees: tuple[Any, ...]) -> tuple[Any, ...]:
        rows = list(zip(*trees, strict=False))
        if not self.reverse:
            return tuple(fn(*row) for row in rows)
        return tuple([fn(*row) for row in rows[::-1]][::-1])


class Map(HyperMap):
    """Like HyperMap, on the outermost level only."""

    def _mapped(self, fn: Fn, trees: tuple[Any, ...]) -> Any:
        return self._rows(fn, trees)


__getattr__ = attributes(
    "mindspore.ops.composite",
    {
        "GradOperation": "isograd.mindspore.gradients",
        "clip_by_value": "isograd.mindspore.ops",
        "clip_by_global_norm": "isograd.mindspore.ops",
    },
)
__path__: list[str] = []  # MindSpore has modules below
