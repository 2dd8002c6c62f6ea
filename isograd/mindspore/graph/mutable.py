"""`mindspore.mutable`: Python values that the compiler takes as variables.

In graph mode, and inside `jit`, they have gradients: a container the container of its
elements' gradients, a number the number zero.
"""

from __future__ import annotations

from typing import Any

from isograd.mindspore.tensor import Tensor

# as MindSpore has it: each class shows what it was made of
_CLASSES: dict[type, type] = {
    base: type(f"_{base.__name__.capitalize()}", (base,), {"__module__": __name__})
    for base in (int, float, list, tuple, dict)
}


class _Bool:
    """A bool; Python's class has no subclasses."""

    def __init__(self, value: bool) -> None:
        self.value = value

    def __bool__(self) -> bool:
        return self.value

    def __repr__(self) -> str:
        return repr(self.value)

    def __eq__(self, other: object) -> bool:
        return self.value == (other.value if isinstance(other, _Bool) else other)

    def __hash__(self) -> int:
        return hash(self.value)


_Bool.__module__ = "mindspore.graph.mutable"
for _class in _CLASSES.values():
    _class.__module__ = "mindspore.graph.mutable"
_CLASSES[bool] = _Bool


def mutable(input_data: Any, dynamic_len: bool = False) -> Any:
    """The data, marked as not constant for the compiler.

    Raises:
        TypeError: if it is or holds something else than tensors, numbers, and tuples,
            lists and dicts of them; if dynamic_len is no bool, or is True for what has
            no length.
    """
    if not _allowed(input_data):
        raise TypeError(
            "For 'mutable', the 'input_data' should be one of (bool, int, float, Tensor, "
            "tuple, list, dict) or their nested structures with no self-reference, but "
            f"got {type(input_data).__name__}: {input_data}."
        )
    if not isinstance(dynamic_len, bool):
        raise TypeError(
            "For 'mutable', the second input should be bool, but got: "
            f"{type(input_data).__name__}"
        )
    if dynamic_len and not isinstance(input_data, list | tuple):
        raise TypeError(
            "For 'mutable', when the variable_len is True, the first input should be "
            f"list or tuple, but got: {type(input_data).__name__}"
        )
    marks = {
        "__ms_mutable__": True,
        "__ms_dynamic_len__": dynamic_len,
        "__ms_origin_object__": input_data,
    }
    found = next((c for b, c in _CLASSES.items() if type(input_data) is b), None)
    if found is None:
        found = next(
            (c for b, c in _CLASSES.items() if isinstance(input_data, b)), None
        )
    marked = input_data if found is None else found(input_data)
    marked.__dict__.update(marks)
    return marked


def _allowed(x: Any) -> bool:
    if isinstance(x, tuple | list):
        return all(map(_allowed, x))
    if isinstance(x, dict):
        return all(map(_allowed, x.values()))
    return isinstance(x, bool | int | float | Tensor | _Bool)
