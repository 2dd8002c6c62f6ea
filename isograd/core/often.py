"""What runs often is made native: hooks that core leaves for `isograd.compile`.

A plan (`plans.py`) counts its calls.  After some hundreds the array functions in its
lines, and the derivative rules of the nodes it makes, are asked for natively; the
functions stay where there is nothing better.  The machinery takes a tenth of a second
to start, so it is not started before about as much could have been saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, ClassVar

import numpy as np

from isograd.core.expression import define
from isograd.core.primitive import RAW, Aval, Primitive

Array = np.ndarray
STEP = 500  # calls of one function after which it is worth a millisecond
CHAIN = 8  # shapes for which one function is made native
START = 40_000  # calls of all functions after which the machinery is worth its start


class Hooks:
    """`native(fn, arrays, other)` gives a function that does what `fn` does with arrays
    like these, to the bit, and calls `other` with all others; or None."""

    native: Callable[..., Any] | None = None
    started: bool = False
    spent: int = 0
    waiting: ClassVar[list[Callable[[], Any]]] = []


def due(calls: int) -> bool:
    """Count calls that could have been faster; whether the time has come."""
    Hooks.spent += calls
    if Hooks.spent >= START and not Hooks.started:
        begin()
    return Hooks.started and Hooks.native is not None


def begin() -> None:
    """From now on functions count their calls."""
    Hooks.started = True
    waiting, Hooks.waiting = Hooks.waiting, []
    for start in waiting:
        start()


def once_begun(start: Callable[[], Any]) -> None:
    """Call `start` when functions count their calls: before, that would cost time."""
    if Hooks.started:
        start()
    else:
        Hooks.waiting.append(start)


def native(fn: Callable[..., Any], arrays: Sequence[Any], other: Any = None) -> Any:
    """`fn` of arrays like these, natively; None if there is no way."""
    if Hooks.native is None or not all(type(a) is Array for a in arrays):
        return None
    return Hooks.native(fn, arrays, other or fn)


def chain(
    fn: Callable[..., Any], install: Callable[[Any], None], arrays: Any = None
) -> Callable[..., Any]:
    """`fn` of arrays, until `install` is given better ones.

    Those are native for the shapes that came often (and for `arrays`, at once): each
    looks at its arguments and leaves others to the next one, the last of them to `fn`.
    All take a keyword `out`, which says nothing to them.
    """
    left, room, head = STEP, CHAIN, None

    def last(*arrays: Any, out: Any = None) -> Any:
        nonlocal left
        left -= 1
        if not left:
            more(arrays)
        return fn(*arrays)

    def more(arrays: Any) -> None:
        nonlocal left, room, head
        if due(STEP):
            room -= 1
            found = native(fn, arrays, head or last)
            if found is not None:
                head = found
                install(head)
        left = STEP if room else 0

    if arrays is not None:
        more(arrays)
    return last


def sample(aval: Aval) -> Array:
    """Some array: positive floats, or zeros."""
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
            install = partial(replace, self.plan, name)
            if any(a.dtype.kind in "iu" for a in avals):  # indices, to be seen first
                install(chain(fn, install))
            else:
                chain(fn, install, [sample(a) for a in avals])


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


def pulled(
    rule: Callable[..., Any], places: tuple[int, ...], count: int
) -> Callable[..., Any]:
    """`rule(g, saved)` as a function that becomes native in time.

    Args:
        places: where `saved`, which has `count` places, holds arrays.
    """

    def plain(g: Array, *arrays: Array) -> Any:
        saved: list[Any] = [None] * count
        for i, a in zip(places, arrays, strict=True):
            saved[i] = a
        return rule(g, tuple(saved) if places else ())

    pull = _pull_source(places)(
        chain(plain, lambda better: replace(pull, "rule", better))
    )
    return pull


def general_pull(
    prim: Primitive,
    params: dict[str, Any],
    shapes: Sequence[tuple[int, ...] | None],
    places: tuple[int, ...],
    out: Aval,
) -> Callable[..., Any] | None:
    """The derivative rule in the form of `Node.pull`; None where it makes views.

    `shapes` are those of the operands, None where one needs no cotangent.
    """
    needs = tuple(None if s is None else _Edge(s) for s in shapes)

    def rule(g: Array, saved: tuple[Any, ...]) -> Any:
        return prim.raw_vjp(RAW, g, saved, needs, **params)

    if not places:
        g = sample(out)
        made = [c for c in rule(g, ()) if c is not None]
        if all(np.may_share_memory(c, g) for c in made):
            return None
    return pulled(rule, places, len(shapes) + 1)
