"""Mapping functions over nested structures, and functions chosen by argument types."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial as partial
from typing import Any

from isograd.core.tensor import Tensor as CoreTensor
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.missing import attributes

Fn = Callable[..., Any]


def _type_names(x: Any) -> tuple[str, ...]:
    """The names of the types that an argument has, narrowest first."""
    if isinstance(x, CoreTensor):
        return (
            ("Parameter", "Tensor")
            if type(x).__name__ == "Parameter"
            else ("Tensor", "Ref")
        )
    if isinstance(x, bool):
        return ("Bool", "Number")
    if isinstance(x, int):
        return ("Int", "Int64", "Number")
    if isinstance(x, float):
        return ("Float", "Float32", "Number")
    if x is None:
        return ("None", "NoneType")
    if isinstance(x, dtypes.Type):
        return ("TypeType", "Type")
    for kind, name in (
        (tuple, "Tuple"),
        (list, "List"),
        (dict, "Dictionary"),
        (str, "String"),
        (slice, "Slice"),
    ):
        if isinstance(x, kind):
            return (name,)
    return ("Function", "Primitive") if callable(x) else (type(x).__name__,)


def _name_of(kind: Any) -> str:
    """A type in a registration: its name, or a dtype object."""
    if isinstance(kind, str):
        return {"None": "None", "Tensor": "Tensor"}.get(kind, kind)
    if isinstance(kind, dtypes.TensorType):
        return "Tensor"
    if isinstance(kind, dtypes.Type):
        return {"None": "None"}.get(kind.text, kind.text)
    return getattr(kind, "__name__", str(kind))


class MultitypeFuncGraph:
    """A function with a definition for each tuple of argument types."""

    def __init__(self, name: str, read_value: bool = False, doc_url: str = "") -> None:
        self.name = name
        self.entries: list[tuple[tuple[str, ...], Fn]] = []

    def register(self, *type_names: Any) -> Callable[[Fn], Fn]:
        """Decorator: the definition for arguments of these types."""

        def add(fn: Fn) -> Fn:
            self.entries.append((tuple(map(_name_of, type_names)), fn))
            return fn

        return add

    def __call__(self, *args: Any) -> Any:
        if len(self.entries) == 1:
            return self.entries[0][1](*args)
        names = [_type_names(a) for a in args]
        for types, fn in self.entries:
            if len(types) == len(args) and all(
                t in n or t == "Any" for t, n in zip(types, names, strict=True)
            ):
                return fn(*args)
        given = ", ".join(n[0] for n in names)
        raise RuntimeError(
            f"The 'HyperMap' or 'MultitypeFuncGraph' {self.name} has no definition for "
            f"({given}); it has: "
            + "; ".join("(" + ", ".join(t) + ")" for t, _ in self.entries)
        )


class HyperMap:
    """`HyperMap()(fn, *trees)`: fn applied to the leaves of tuples and lists.

    Args:
        ops: the function, if it shall not be given in each call.
        reverse: map from the last element to the first.
    """

    deep = True

    def __init__(self, ops: Any = None, reverse: bool = False) -> None:
        self.ops = ops
        self.reverse = reverse

    def __call__(self, *args: Any) -> Any:
        fn, trees = (args[0], args[1:]) if self.ops is None else (self.ops, args)
        return self._mapped(fn, trees, True)

    def _mapped(self, fn: Fn, trees: tuple[Any, ...], top: bool) -> Any:
        first = trees[0]
        if not isinstance(first, tuple | list) or not (top or self.deep):
            return fn(*trees)
        sizes = {len(t) for t in trees if isinstance(t, tuple | list)}
        if len(sizes) > 1:
            raise ValueError(
                f"The length of inputs of {type(self).__name__} must be the same, but "
                f"got {sorted(sizes)}."
            )
        rows = list(zip(*trees, strict=True))
        if self.reverse:
            rows.reverse()
        out = [self._mapped(fn, row, False) for row in rows]
        if self.reverse:
            out.reverse()
        return out if type(first) is list else tuple(out)


class Map(HyperMap):
    """Like HyperMap, on the outermost level only."""

    deep = False


__getattr__ = attributes(
    "mindspore.ops.composite",
    {
        "GradOperation": "isograd.mindspore.gradients",
        "clip_by_value": "isograd.mindspore.ops",
        "clip_by_global_norm": "isograd.mindspore.ops",
    },
)
__path__: list[str] = []  # MindSpore has modules below
