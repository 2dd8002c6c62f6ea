"""`mindspore._extends`: a mark for cells that note the arguments they were made with."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any


def cell_attr_register(
    fn: Callable[..., Any] | None = None, attrs: Any = None
) -> Callable[..., Any]:
    """Decorator of a Cell's `__init__`: its arguments become `cell_init_args`."""
    if fn is None:
        return functools.partial(cell_attr_register, attrs=attrs)
    signature = inspect.signature(fn)

    @functools.wraps(fn)
    def deco(self: Any, *args: Any, **kwargs: Any) -> None:
        bound = signature.bind(self, *args, **kwargs)
        bound.apply_defaults()
        fn(self, *args, **kwargs)
        given = dict(list(bound.arguments.items())[1:])
        values = {k: v for k, v in given.items() if attrs is None or k in attrs}
        text = f"{type(self).__name__}{values.values()}"
        object.__setattr__(self, "cell_init_args", text)

    return deco
