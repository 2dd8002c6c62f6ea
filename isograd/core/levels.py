"""The stack of active transforms, and the modes of the current context.

Every carrier has a level: the height of its transform on the stack.  `bind` acts at
the highest level among its operands, so any nesting of transforms and any closure over
outer values is right by construction.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, NamedTuple


class State(NamedTuple):
    """Modes of a context; the default is what a new thread starts with."""

    recording: bool = True  # whether operations are put on the tape
    level: int = 0  # height of the stack of transforms
    silent: int = -1  # tapes up to this level are not recorded on
    stages: tuple[Any, ...] = ()  # programs being staged, innermost last
    saved_hooks: tuple[Any, ...] = ()  # (pack, unpack) pairs, innermost last
    inference: bool = False
    anomaly: bool = False  # nodes note where they were made
    creating: bool = False  # inside a sweep that is recorded itself
    narrow: Any = None  # dtype that a dialect computes some operations in (autocast)


class _Mode:
    """`special` counts contexts that the fast paths must not run in.

    It may be too high for a thread (which then takes the slow, equally right path), but
    never too low: it grows before a state is set and shrinks after it was left.
    """

    special: int = 0


MODE = _Mode()
DEFAULT = State()
QUIET = State(recording=False)  # plain `no_grad`, one object: `state() is QUIET`
_STATE: ContextVar[State] = ContextVar("isograd_state", default=DEFAULT)
_LOCK = threading.Lock()

state = _STATE.get


def _is_special(s: State) -> bool:
    return (
        not s.recording
        or s.silent >= 0
        or bool(s.stages or s.saved_hooks)
        or s.inference
        or s.anomaly
        or s.creating
        or s.narrow is not None
    )


def records(level: int) -> bool:
    """Whether operations on a tape of this level are recorded."""
    s = _STATE.get()
    return s.recording and level > s.silent


def count_special(step: int) -> None:
    """More (or fewer) contexts that the fast paths must not run in."""
    with _LOCK:
        MODE.special += step


def enter(**changes: Any) -> Token[State]:
    """Change the state of this context; `leave` takes the token back."""
    new = _STATE.get()._replace(**changes)
    if _is_special(new):
        count_special(1)
    return _STATE.set(QUIET if new == QUIET else new)


def leave(token: Token[State]) -> None:
    old = _STATE.get()
    _STATE.reset(token)
    if _is_special(old):
        count_special(-1)


def assign(**changes: Any) -> None:
    """Change the state for good (until the next change), as a statement does."""
    old = _STATE.get()
    new = old._replace(**changes)
    if _is_special(new):
        count_special(1)
    _STATE.set(QUIET if new == QUIET else new)
    if _is_special(old):
        count_special(-1)


@contextmanager
def changed(**changes: Any) -> Generator[State]:
    """Run the body in a changed state."""
    token = enter(**changes)
    try:
        yield _STATE.get()
    finally:
        leave(token)


@contextmanager
def new_level(**changes: Any) -> Generator[int]:
    """Push a transform on the stack; gives its level (1 for the outermost).

    One that records starts to do so at its own level: where recording was off, the
    tapes below it stay silent.
    """
    old = _STATE.get()
    if changes.get("recording") and not old.recording:
        changes["silent"] = old.level
    with changed(level=old.level + 1, **changes) as s:
        yield s.level
