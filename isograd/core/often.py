"""What runs often is made native: hooks that core leaves for `isograd.compile`.

A plan (`plans.py`) counts its calls.  After some hundreds the array functions in its
lines, and the derivative rules of the nodes it makes, are asked for natively; the
functions stay where there is nothing better.  The machinery takes a tenth of a second
to start, so it is not started before about as much could have been saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from isograd.core.expression import define
from isograd.core.primitive import RAW, Aval, Primitive

Array = np.ndarray
STEP = 500  # calls of one function after which it is worth a millisecond
START = 40_000  # calls of all functions after which the machinery is worth its start


class Hooks:
    """`native(fn, arrays)` gives a function that does what `fn` does with arrays like
    these, to the bit, or None."""

    native: Callable[[Callable[..., Any], Sequence[Array]], Any] | None = None
    started: bool = False
    spent: int = 0


def due(calls: int) -> bool:
    """Count calls that could have been faster; whether the time has come."""
    Hooks.spent += calls
    Hooks.started = Hooks.started or Hooks.spent >= START
    return Hooks.started and Hooks.native is not None


def native(fn: Callable[..., Any], arrays: Sequence[Any]) -> Any:
    """`fn` of arrays like these, natively; None if there is no way."""
    if Hooks.native is None or not all(type(a) is Array for a in arrays):
        return None
    return Hooks.native(fn, arrays)


def sample(aval: Aval) -> Array:
    """Some array: positive floats, zeros (which are indices of most things)."""
    if aval.dtype.kind != "f":
        return np.zeros(aval.shape, aval.dtype)
    rng = np.random.default_rng(0)
    return np.asarray(rng.uniform(0.1, 1.0, aval.shape)).astype(aval.dtype)


def replace(fn: Any, name: str, value: Any) -> None:
    """Give a variable that a function closes over another value."""
    fn.__closure__[fn.__code__.co_freevars.index(name)].cell_contents = value


class Counter:
    """The calls of a plan.

    Attributes:
        lines: of each line the name of its function, the function, its operands.
        left: the number of calls until something happens, in a list.
    """

    def __init__(self) -> None:
        self.lines: list[tuple[str, Callable[..., Any], list[Aval]]] = []
        self.left = [STEP]
        self.plan: Any = None

    def zero(self) -> None:
        """Make the lines native if it is time, else count on."""
        if not due(STEP * len(self.lines)):
            self.left[0] = STEP
            return
        for name, fn, avals in self.lines:
            found = native(fn, [sample(a) for a in avals])
            if found is not None:
                replace(self.plan, name, found)


class _Edge:
    """Stands for the node of an operand: rules read its shape."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


@cache
def _pull_source(places: tuple[int, ...]) -> Callable[..., Any]:
    given = ", ".join(["g", *(f"saved[{i}]" for i in places)])
    return define(
        "make",
        "def make(rule):\n"
        f"    def pull(g, saved, **params):\n        return rule({given})\n"
        "    return pull\n",
    )


def pull_of(
    prim: Primitive,
    params: dict[str, Any],
    shapes: Sequence[tuple[int, ...] | None],
    places: tuple[int, ...],
    count: int,
) -> Callable[..., Any]:
    """A derivative rule in the form of `Node.pull`, which becomes native in time.

    Args:
        shapes: of the operands, None where one needs no cotangent.
        places: what nodes save, of `count` places.
    """
    needs = tuple(None if s is None else _Edge(s) for s in shapes)

    def plain(g: Array, *arrays: Array) -> Any:
        saved: list[Any] = [None] * count
        for i, a in zip(places, arrays, strict=True):
            saved[i] = a
        return prim.raw_vjp(RAW, g, tuple(saved) if places else (), needs, **params)

    left = STEP

    def counting(g: Array, *arrays: Array) -> Any:
        nonlocal left
        left -= 1
        if not left:
            left = STEP
            if due(STEP):
                replace(pull, "rule", native(plain, [g, *arrays]) or plain)
        return plain(g, *arrays)

    pull = _pull_source(places)(counting)
    return pull
