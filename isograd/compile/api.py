"""`compile(fn)`: stage at the first call, run the program at the next ones."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.base import tree
from isograd.base.errors import EngineError
from isograd.compile.entry import Entry, NotCompiled, build_entry
from isograd.core.levels import state
from isograd.core.primitive import Payload
from isograd.core.tape import Traced
from isograd.core.tensor import Tensor, payload_of

LIMIT = 64  # programs kept for one function; more would mean a value that changes
RETREATS = ("staging_escape", "leaf", "view_leaf")  # eager execution knows better
PATIENCE = 3  # traces in a row that changed Python values, as making state lazily does


class Compiled:
    """A function that runs as a compiled program.

    One program is kept for each combination of structure, shapes, dtypes, Python
    arguments and guarded values.  What cannot be staged runs eagerly, with one warning.
    """

    def __init__(self, fn: Callable[..., Any], executor: str = "native") -> None:
        functools.update_wrapper(self, fn, updated=())
        self.fn = fn
        self.executor = executor
        self.entries: dict[Any, list[Entry]] = {}
        self.hot: Callable[[tuple[Any, ...]], Any] | None = None
        self.eager = False
        self.unstable = 0

    def __get__(self, obj: Any, owner: Any = None) -> Any:
        return self if obj is None else functools.partial(self, obj)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        hot = self.hot
        if hot is not None and not kwargs:
            out = hot(args)
            if out is not NotCompiled:
                return out
        return self.general(args, kwargs)

    def general(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Find or make the program for these arguments and run it."""
        leaves, treedef = tree.flatten((args, kwargs))
        payloads = [
            payload_of(x)
            if isinstance(x, Tensor)
            else np.asarray(x)
            if isinstance(x, np.ndarray | np.generic)
            else None
            for x in leaves
        ]
        if self.eager or not _plain(payloads):
            return self.fn(*args, **kwargs)
        if self.unstable > PATIENCE:
            self.give_up("it changes Python values that it may read")
            return self.fn(*args, **kwargs)
        try:
            entry = self.lookup(leaves, treedef, payloads)
        except EngineError as error:
            if error.code not in RETREATS:
                raise
            self.give_up(str(error))
            return self.fn(*args, **kwargs)
        return entry.run(payloads, leaves)

    def lookup(
        self, leaves: Sequence[Any], treedef: Any, payloads: Sequence[Payload | None]
    ) -> Entry:
        key = (treedef, state().recording, *map(_signature, leaves, payloads))
        known = self.entries.setdefault(key, [])
        for entry in known:
            if entry.guards_hold() and entry.captures_match():
                self.hot = entry.hot
                return entry
        if len(known) >= LIMIT:
            del known[0]
        entry = build_entry(self.fn, leaves, treedef, payloads, self.executor)
        if not entry.stable:
            self.unstable += 1
            return entry
        self.unstable = 0
        known.append(entry)
        self.hot = entry.hot
        return entry

    def give_up(self, why: str) -> None:
        self.eager = True
        name = getattr(self.fn, "__qualname__", repr(self.fn))
        warnings.warn(
            f"isograd.compile: {name} runs eagerly, because {why}",
            RuntimeWarning,
            stacklevel=4,
        )

    def program(self, *args: Any, **kwargs: Any) -> Any:
        """The simplified program for these arguments, for reading."""
        leaves, treedef = tree.flatten((args, kwargs))
        payloads = [
            payload_of(x)
            if isinstance(x, Tensor)
            else np.asarray(x)
            if isinstance(x, np.ndarray | np.generic)
            else None
            for x in leaves
        ]
        return self.lookup(leaves, treedef, payloads).program


def _plain(payloads: Sequence[Payload | None]) -> bool:
    """Whether all operands are arrays, or arrays on one tape, and nothing is staged."""
    if state().stages:
        return False
    return all(
        p is None
        or type(p) is np.ndarray
        or (type(p) is Traced and type(p.p) is np.ndarray)
        for p in payloads
    )


def _signature(leaf: Any, p: Payload | None) -> Any:
    """What of an argument the program depends on."""
    if p is None:
        return (type(leaf), leaf) if _hashable(leaf) else (type(leaf), id(leaf))
    return (type(leaf), p.shape, p.dtype, type(p) is Traced)


def _hashable(x: Any) -> bool:
    try:
        hash(x)
    except TypeError:
        return False
    return True


def compile(fn: Callable[..., Any] | None = None, *, executor: str = "native") -> Any:
    """`fn` compiled at its first call for each structure of arguments.

    Arrays among the arguments are operands; other arguments are compared by value, as
    is everything that `fn` reads from its surroundings.  Usable as a decorator.

    Args:
        executor: "native" (LLVM kernels) or "numpy" (the program, one primitive at a
            time: the reference).
    """
    if executor not in ("native", "numpy"):
        raise ValueError(f"compile: executor={executor!r}; use 'native' or 'numpy'")
    if fn is None:
        return functools.partial(compile, executor=executor)
    if not callable(fn):
        raise TypeError(f"compile: expected a function, found {type(fn)}")
    return fn if isinstance(fn, Compiled) else Compiled(fn, executor)
