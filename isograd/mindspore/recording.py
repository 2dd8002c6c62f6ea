"""One evaluation of a function on a tape of its own, and the sweep over it.

What is differentiated are tensor objects, as in PyNative mode: while the function runs,
the very objects that the caller named (arguments, parameters) stand on the tape, so a
value counts wherever that object is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core import tensor as core
from isograd.core.levels import new_level
from isograd.core.primitive import BOUND, Payload
from isograd.core.reverse import sweep
from isograd.core.storage import root
from isograd.core.tape import Leaf, Node, Traced
from isograd.core.tensor import payload_of, wrap
from isograd.mindspore import context
from isograd.mindspore.errors import translated
from isograd.mindspore.tensor import Tensor


def tensors_in(out: Any) -> list[core.Tensor]:
    """The tensors in nested tuples, lists and dicts."""
    if isinstance(out, core.Tensor):
        return [out]
    if isinstance(out, tuple | list):
        return [t for o in out for t in tensors_in(o)]
    if isinstance(out, dict):
        return [t for o in out.values() for t in tensors_in(o)]
    return []


def below(payload: Payload, level: int) -> Payload:
    """A payload without its node on the tape of `level`, or on one that has ended."""
    while type(payload) is Traced and payload.node.level >= level:
        payload = payload.p
    return payload


class Watched:
    """Tensors that stand on the tape of `level` as leaves, until `release`."""

    def __init__(self, tensors: Iterable[core.Tensor], level: int) -> None:
        self.level = level
        self.leaves: dict[int, Leaf] = {}
        self.states: list[tuple[core.Tensor, Payload, Leaf]] = []
        for t in tensors:
            if id(t) not in self.leaves:
                self.add(t)

    def add(self, t: core.Tensor) -> None:
        payload = below(payload_of(t), self.level)
        leaf = Leaf(payload.shape, self.level)
        hooks = t.__dict__.get("_hooks")
        if hooks is not None:
            leaf.hooks = hooks
        self.leaves[id(t)] = leaf
        self.states.append((t, payload, leaf))
        t._p, t._node = payload, leaf

    def release(self) -> None:
        """Put back what the tensors held; what was assigned meanwhile stays."""
        for t, payload, leaf in self.states:
            if t._node is leaf and t._p is payload:
                core.hold(t, payload)
            else:
                core.hold(t, below(payload_of(t), self.level))


class Recording:
    """A function's output and the way back from it to what was watched."""

    def __init__(self, watched: Watched, out: Any) -> None:
        self.out = out
        self.watched = watched

    def settle(self) -> None:
        """Take the output's nodes; its tensors, the same objects, keep the values."""
        level = self.watched.level
        self.tensors = tensors_in(self.out)
        payloads = [payload_of(t) for t in self.tensors]
        self.values = [below(p, level) for p in payloads]
        self.nodes = [
            p.node if type(p) is Traced and p.node.level == level else None
            for p in payloads
        ]
        self.watched.release()
        for t, value in zip(self.tensors, self.values, strict=True):
            if id(t) not in self.watched.leaves:
                core.hold(t, value)

    def pull(
        self, cotangents: Sequence[Payload | None], retain: bool = False
    ) -> dict[Node, Payload]:
        """The cotangents of the watched leaves that were reached."""
        roots, seeds = [], []
        for node, g in zip(self.nodes, cotangents, strict=True):
            if node is not None and g is not None:
                roots.append(node)
                seeds.append(g)
        leaves = list(self.watched.leaves.values())
        try:
            return sweep(roots, seeds, leaves, retain_graph=retain)
        except EngineError as error:
            raise translated(error) from None

    def ones(self, count: int | None = None) -> list[Payload | None]:
        """A cotangent of ones for each of the first `count` tensors of the output."""
        seeds: list[Payload | None] = [
            None if n is None else BOUND.ones_like(v)
            for n, v in zip(self.nodes, self.values, strict=True)
        ]
        if count is not None:
            seeds[count:] = [None] * (len(seeds) - count)
        return seeds


class Gradients:
    """The gradients of one sweep, by tensor object; zeros where none arrived.

    No two of them share memory, nor do they with the tensors.
    """

    def __init__(self, watched: Watched, found: dict[Node, Payload]) -> None:
        self.watched = watched
        self.found = found
        self.taken = {
            id(root(p)) for _, p, _ in watched.states if type(p) is np.ndarray
        }

    def of(self, t: core.Tensor) -> Tensor:
        leaf = self.watched.leaves.get(id(t))
        g = None if leaf is None else self.found.get(leaf)
        if g is None:
            return wrap(Tensor, BOUND.zeros_like(payload_of(t)))
        if g.dtype != t._p.dtype:  # what is computed of integers is floating point
            g = BOUND.convert(g, dtype=t._p.dtype)
        if type(g) is np.ndarray:
            if g.base is not None or id(g) in self.taken:
                g = g.copy()
            self.taken.add(id(g))
        return wrap(Tensor, g)

    def reached(self, t: core.Tensor) -> bool:
        leaf = self.watched.leaves.get(id(t))
        return leaf is not None and leaf in self.found


def recorded(
    fn: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    tensors: Iterable[core.Tensor],
    use: Callable[[Recording], Any],
) -> Any:
    """Run `fn` with `tensors` on a new tape, then `use` the recording on it."""
    with new_level(recording=True) as level:
        watched = Watched(tensors, level)
        try:
            with context.compiling() if context.graph_mode() else nullcontext():
                recording = Recording(watched, fn(*args, **kwargs))
        except BaseException:
            watched.release()
            raise
        recording.settle()
        return use(recording)
