"""Loops as operators: `ops.WhileLoop`, `ops.ForiLoop`, `ops.Scan`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Fn = Callable[..., Any]


class WhileLoop:
    """`WhileLoop()(cond_func, loop_func, init_val)`."""

    def __call__(self, cond_func: Fn, loop_func: Fn, init_val: Any) -> Any:
        value = init_val
        while cond_func(value):
            value = loop_func(value)
        return value


class ForiLoop:
    """`ForiLoop()(lower, upper, loop_func, init_val)`: `loop_func(i, value)`."""

    def __call__(
        self, lower: Any, upper: Any, loop_func: Fn, init_val: Any, unroll: bool = True
    ) -> Any:
        value = init_val
        for i in range(int(lower), int(upper)):
            value = loop_func(i, value)
        return value


class Scan:
    """`Scan()(loop_func, init, xs)`: `loop_func(carry, x)` gives (carry, y).

    Returns the last carry and the list of the ys; xs None means `length` times None.
    """

    def __call__(
        self, loop_func: Fn, init: Any, xs: Any, length: Any = None, unroll: bool = True
    ) -> Any:
        carry, ys = init, []
        for x in [None] * int(length) if xs is None else xs:
            carry, y = loop_func(carry, x)
            ys.append(y)
        return carry, ys
