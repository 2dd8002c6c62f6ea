"""How a backward pass runs where the plain sweep does not do.

With hooks about, leaves come as early as PyTorch's queue has them (right after their
last use), and each gradient is accumulated at once.  In anomaly mode the derivatives
are watched for nan.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core import levels
from isograd.core.primitive import Payload
from isograd.core.reverse import sweep
from isograd.core.tape import Leaf, Node
from isograd.torch import errors
from isograd.torch.labels import label_of


class _Hooks:
    """How many hooks on gradients were registered so far."""

    count = 0


HOOKS = _Hooks()


class Pass:
    """A backward pass that runs: its number, and what it reaches."""

    numbers = 0

    def __init__(self, roots: Sequence[Node], limited: bool) -> None:
        Pass.numbers += 1
        self.number = Pass.numbers
        self.roots = roots
        self.limited = limited  # to some inputs
        self.callbacks: list[Callable[[], Any]] = []  # called after it

    def reached(self) -> set[Node]:
        return self._reached

    @cached_property
    def _reached(self) -> set[Node]:
        found, stack = set(self.roots), list(self.roots)
        while stack:
            for e in stack.pop().edges:
                if e is not None and e not in found:
                    found.add(e)
                    stack.append(e)
        return found


PASSES: list[Pass] = []
OBSERVERS: list[Callable[[set[Node]], Any]] = []  # told of the nodes of each pass


class Depositing(dict):  # type: ignore[type-arg]  # justified: Node to payload
    """What a sweep found; each entry is accumulated the moment it is known."""

    def __init__(self, deposit_one: Callable[[Node, Payload], None]) -> None:
        self.deposit_one = deposit_one

    def __setitem__(self, node: Node, g: Payload) -> None:
        dict.__setitem__(self, node, g)
        self.deposit_one(node, g)


def run(
    nodes: Sequence[Node],
    seeds: Sequence[Payload],
    targets: Any,
    create_graph: bool,
    retain: bool,
    found: Any = None,
) -> Any:
    """A sweep with PyTorch's modes: recording only if the graph shall be created."""
    s = levels.state()
    if not (create_graph or levels.MODE.special or HOOKS.count or s.level):
        return _swept(nodes, seeds, targets, False, retain, found)
    recording = create_graph or (s.level > 0 and s.recording)
    current = Pass(nodes, targets is not None)
    PASSES.append(current)
    try:
        with levels.changed(recording=recording, creating=create_graph):
            if HOOKS.count:
                with _prompt_leaves(current.reached()):
                    found = _watched(
                        current, nodes, seeds, targets, create_graph, retain, found
                    )
                for callback in current.callbacks:  # which grows
                    callback()
                for observer in OBSERVERS:
                    observer(current.reached())
                return found
            return _watched(current, nodes, seeds, targets, create_graph, retain, found)
    finally:
        PASSES.pop()


def queue_callback(callback: Callable[[], Any]) -> None:
    """Call a function when the backward pass that runs has ended."""
    if not PASSES:
        raise RuntimeError(
            "Final callbacks can only be installed during backward pass."
        )
    PASSES[0].callbacks.append(callback)


def _watched(
    current: Pass,
    nodes: Any,
    seeds: Any,
    targets: Any,
    create_graph: bool,
    retain: bool,
    found: Any,
) -> Any:
    if not levels.state().anomaly:
        return _swept(nodes, seeds, targets, create_graph, retain, found)
    with _suspicious(current.reached()):
        return _swept(nodes, seeds, targets, create_graph, retain, found)


def _swept(
    nodes: Any, seeds: Any, targets: Any, create_graph: bool, retain: bool, found: Any
) -> Any:
    try:
        return sweep(
            nodes,
            seeds,
            targets,
            create_graph=create_graph,
            retain_graph=retain,
            found=found,
        )
    except EngineError as error:
        raise _translated(error) from None


def _translated(error: EngineError) -> Exception:
    if error.code != "modified" or not levels.state().anomaly:
        return errors.translated(error)
    _tell_origin(error.fields["node"])
    text = str(errors.translated(error))
    return RuntimeError(text.replace(errors.HINT, errors.ANOMALY_HINT))


@contextmanager
def _prompt_leaves(reached: set[Node]) -> Iterator[None]:
    """Number leaves just below the oldest node that uses them, for one sweep."""
    last: dict[Node, float] = {}
    for node in reached:
        for i, e in enumerate(node.edges):
            if type(e) is Leaf:  # operands of one node in their order
                seq = node.seq - 0.5 - i * 2.0**-10
                last[e] = min(seq, last.get(e, seq))
    before = {leaf: leaf.seq for leaf in last}
    for leaf, seq in last.items():
        leaf.seq = seq  # type: ignore[assignment]  # justified: between two numbers
    try:
        yield
    finally:
        for leaf, seq in before.items():
            leaf.seq = seq


# --- anomaly mode ---------------------------------------------------------------------

CHECK_NAN = [True]


class _Suspicious:
    """A primitive whose derivative is checked for nan."""

    def __init__(self, prim: Any, node: Node) -> None:
        self.inner = prim
        self.node = node

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def vjp(self, F: Any, g: Any, saved: Any, needs: Any, **params: Any) -> Any:
        try:
            cots = self.inner.vjp(F, g, saved, needs, **params)
        except Exception:
            _tell_origin(self.node)
            raise
        if CHECK_NAN[0]:
            for i, (need, c) in enumerate(zip(needs, cots, strict=True)):
                if need is not None and c is not None and _has_nan(c):
                    _tell_origin(self.node)
                    raise RuntimeError(
                        f"Function '{label_of(self.node)}' returned nan "
                        f"values in its {i}th output."
                    )
        return cots

    @property
    def raw_vjp(self) -> Any:
        return self.vjp


def _has_nan(p: Payload) -> bool:
    while type(p) is not np.ndarray:
        p = getattr(p, "p", None)
        if p is None:
            return False
    return p.dtype.kind in "fc" and bool(np.isnan(p).any())


@contextmanager
def _suspicious(reached: set[Node]) -> Iterator[None]:
    nodes = [n for n in reached if (type(n) is not Leaf and n.saved != ()) or n.edges]
    before = [(n, n.prim, n.raw, n.pull) for n in nodes]
    for n in nodes:
        n.pull = None
        n.prim, n.raw = _Suspicious(n.prim, n), False  # type: ignore[assignment]  # justified: stands for the primitive
    try:
        yield
    finally:
        for n, prim, raw, pull in before:
            n.prim, n.raw, n.pull = prim, raw, pull


def _tell_origin(node: Node) -> None:
    """Warn with the place in the forward pass that made a node."""
    label = label_of(node)
    if node.traceback is None:
        warnings.warn(
            f"Error detected in {label}. No forward pass information available. Enable "
            "detect anomaly during forward pass for more information.",
            UserWarning,
            stacklevel=_outside(),
        )
        return
    frames = [f for f in node.traceback if "isograd" not in f.filename.split("/")]
    warnings.warn(
        f"Error detected in {label}. Traceback of forward call that caused the error:\n"
        + "".join(frames_text(frames)),
        UserWarning,
        stacklevel=_outside(),
    )


def frames_text(frames: Any) -> list[str]:
    import traceback

    return traceback.format_list(frames)


def _outside() -> int:
    """The stacklevel of the caller outside of this package."""
    depth, frame = 1, sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(
        "isograd."
    ):
        depth, frame = depth + 1, frame.f_back
    return depth
