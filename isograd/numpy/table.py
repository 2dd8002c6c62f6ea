"""The table of NumPy's functions, and what every entry shares.

A body takes payloads under NumPy's argument names and calls the namespace F; the
function for `np.sum(x)` (in `HANDLERS`) and the one for `isograd.numpy.sum(x)` (in
`TABLE`) are made from it.  Sources: NumPy's reference pages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.core import mutation
from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import payload_of
from isograd.numpy.array import Array, cast, lift, lower
from isograd.numpy.errors import numpys_errors

F = BOUND
Body = Callable[..., Any]
HANDLERS: dict[Any, Callable[..., Any]] = {}
TABLE: dict[str, Callable[..., Any]] = {}
METHODS: list[str] = []


def public(body: Body, name: str) -> Callable[..., Any]:
    """The function on arrays whose body works on payloads."""

    @numpys_errors
    def function(*args: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        result = lift(
            body(*map(lower, args), **{k: lower(v) for k, v in kwargs.items()})
        )
        return result if out is None else write_out(out, result)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`numpy.{name}` with derivatives."
    return function


def write_out(out: Any, result: Any) -> Any:
    """Write results to the arrays given as `out=`."""
    targets = out if isinstance(out, tuple) else (out,)
    results = result if isinstance(result, tuple) else (result,)
    for t, r in zip(targets, results, strict=True):
        if not isinstance(t, Array):
            raise TypeError(
                "out=: a plain ndarray cannot hold values that are "
                "differentiated; make it with isograd.numpy.zeros"
            )
        mutation.write(t, F.broadcast_to(cast(payload_of(r), t.dtype), t.shape))
    return out[0] if isinstance(out, tuple) and len(out) == 1 else out


def entry(
    body: Body | None = None,
    *,
    name: str = "",
    method: bool = False,
    owner: Any = np,
) -> Any:
    """Put a body into the table, under its own or another name.

    Args:
        method: whether `Array` has it as a method as well.
        owner: the module of NumPy that has the function (`np.linalg`).
    """
    if body is None:
        return lambda b: entry(b, name=name, method=method, owner=owner)
    word = name or body.__name__.strip("_")
    made = public(body, word)
    prefix = "" if owner is np else owner.__name__.rpartition(".")[2] + "."
    TABLE[prefix + word] = made
    theirs = getattr(owner, word, None)
    if theirs is not None:
        HANDLERS[theirs] = made
    if method:
        METHODS.append(word)
    return body


def entries(
    make: Callable[[Any], Body],
    *rules: Any,
    methods: tuple[Any, ...] = (),
) -> None:
    """One entry for each of NumPy's functions in `rules`, its body made from it."""
    for rule in rules:
        entry(make(rule), name=rule.__name__, method=rule in methods)


# --- axes -----------------------------------------------------------------------------


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes that an `axis` argument names, counted from the front, sorted."""
    if axis is None:
        return tuple(range(ndim))
    found = np.lib.array_utils.normalize_axis_tuple(axis, ndim)
    return tuple(sorted(found))


def axis_of(axis: int, ndim: int) -> int:
    return np.lib.array_utils.normalize_axis_index(axis, ndim)


def kept(out: Payload, shape: Sequence[int], axes: tuple[int, ...]) -> Payload:
    """A reduction's result with its axes kept, of length one."""
    full = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return F.reshape(out, shape=full)
