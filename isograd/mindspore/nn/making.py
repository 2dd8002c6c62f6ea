"""Cells made from tables: a signature, and the function of `ops` that they apply."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from isograd.mindspore import ops
from isograd.mindspore.nn.cell import Cell


def signature(text: str) -> inspect.Signature:
    """The signature that a text such as `"axis=-1, keep=False"` states."""
    scope: dict[str, Any] = {}
    exec(f"def f({text}): ...", scope)  # our own tables, never input
    return inspect.signature(scope["f"])


def cell_of(
    name: str,
    text: str,
    body: Callable[..., Any] | str,
    settings: str = "",
    base: type[Cell] = Cell,
    doc: str = "",
    module: str = "isograd.mindspore.nn",
) -> type[Cell]:
    """A Cell class whose arguments are attributes, and which applies a function.

    Args:
        name: of the class.
        text: its arguments.
        body: `(cell, *inputs)`, or the name of a function in `ops`, called with the
            inputs and the attributes in `settings` ("own=keyword" where they differ).
    """
    sig = signature(text)
    pairs = [(s.split("=") * 2)[:2] for s in settings.split()]

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        base.__init__(self)
        try:
            bound = sig.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{name}.__init__() {error}") from None
        bound.apply_defaults()
        for key, value in bound.arguments.items():
            setattr(self, key, value)

    if isinstance(body, str):
        function = body

        def construct(self: Any, *inputs: Any) -> Any:
            words = {word: getattr(self, own) for own, word in pairs}
            return getattr(ops, function)(*inputs, **words)
    else:

        def construct(self: Any, *inputs: Any) -> Any:
            return body(self, *inputs)

    members = {
        "__init__": __init__,
        "construct": construct,
        "__doc__": doc or (f"`{name}({text})`, see `mindspore.ops`."),
        "__module__": module,
        "__signature__": sig,
    }
    return type(name, (base,), members)
