"""Versions of memory: which arrays were written in place, and when.

Arrays that share memory share one root, the array that owns it.  A write notes the
tick of the tape (see `tape.py`) under its root.  A saved array was modified if its root
has a write later than the node that saved it; a sweep asks only if any write at all is
later than that node.  Nothing is stored for memory that is never written.
"""

from __future__ import annotations

import weakref
from bisect import bisect_right
from typing import Any

import numpy as np

from isograd.core.tape import INFERENCE, tick


class Writes:
    """The writes to one root: their number, and the ticks of the latest ones.

    `base` is the tensor (a weak reference) that the last recorded one gave a new node.
    """

    __slots__ = ("base", "count", "ticks")
    KEEP = 4096  # older ticks only matter for the number in an error's text

    def __init__(self) -> None:
        self.count = 0
        self.base: Any = None
        self.ticks: list[int] = []

    def add(self, now: int) -> None:
        self.count += 1
        self.ticks.append(now)
        if len(self.ticks) > self.KEEP:
            del self.ticks[: self.KEEP // 2]

    def version_at(self, seq: int) -> int:
        """The version that a node with number `seq` saw."""
        return self.count - (len(self.ticks) - bisect_right(self.ticks, seq))


class _Last:
    """Tick of the last write to anything."""

    tick = 0


LAST = _Last()
_WRITES: dict[int, Writes] = {}


def root(array: np.ndarray) -> np.ndarray:
    """The ndarray that owns (or first wrapped) the memory of `array`."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def note_write(array: np.ndarray) -> None:
    """Count a write to the memory of `array`."""
    owner = array if array.base is None else root(array)
    key = id(owner)
    writes = _WRITES.get(key)
    if writes is None:
        writes = _WRITES[key] = Writes()
        weakref.finalize(owner, _WRITES.pop, key, None).atexit = False
    LAST.tick = now = tick()
    writes.add(now)


def forget(array: np.ndarray) -> None:
    """The memory of `array` starts a new life: its writes no longer count."""
    _WRITES.pop(id(array), None)


class _Born(weakref.ref[np.ndarray]):
    """Keeps the key of memory that was made in inference mode."""

    key: int


def note_inference(array: np.ndarray) -> None:
    """The memory of `array` was made in inference mode: no node may save it."""
    owner = root(array)
    if id(owner) not in INFERENCE:
        born = INFERENCE[id(owner)] = _Born(owner, _forget_inference)
        born.key = id(owner)


def _forget_inference(born: _Born) -> None:
    INFERENCE.pop(born.key, None)


def of_inference(array: Any) -> bool:
    """Whether the memory of `array` was made in inference mode."""
    return bool(INFERENCE) and id(root(array)) in INFERENCE


def note_base(array: np.ndarray, base: Any) -> None:
    """Note the tensor whose node stands for the last write to this memory."""
    writes = _WRITES.get(id(root(array)))
    if writes is not None:
        writes.base = weakref.ref(base)


def base_of(array: np.ndarray) -> Any:
    """The tensor that `note_base` noted, None where there is none (any more)."""
    writes = _WRITES.get(id(root(array)))
    return None if writes is None or writes.base is None else writes.base()


def version(array: np.ndarray) -> int:
    """How often the memory of `array` was written in place."""
    writes = _WRITES.get(id(root(array)))
    return 0 if writes is None else writes.count


def mark(array: np.ndarray) -> tuple[int, list[int]]:
    """How often the memory was written, and when, for `rewind`."""
    writes = _WRITES.get(id(root(array)))
    return (0, []) if writes is None else (writes.count, list(writes.ticks))


def rewind(array: np.ndarray, seen: tuple[int, list[int]]) -> None:
    """Forget the writes to the memory of `array` since `mark`."""
    writes = _WRITES.get(id(root(array)))
    if writes is not None:
        writes.count, writes.ticks = seen[0], list(seen[1])


def changed_since(array: np.ndarray, seq: int) -> tuple[int, int] | None:
    """(version now, version then) if the array was written after tick `seq`."""
    writes = _WRITES.get(id(root(array)))
    if writes is None or not writes.ticks or writes.ticks[-1] < seq:
        return None
    return writes.count, writes.version_at(seq)
