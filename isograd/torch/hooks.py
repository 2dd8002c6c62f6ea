"""Hooks on gradients: of tensors, of nodes, after accumulation."""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core.levels import changed, state
from isograd.core.primitive import Payload
from isograd.core.tape import Leaf, Node, Slot
from isograd.core.tensor import payload_of, wrap
from isograd.torch.passes import HOOKS
from isograd.torch.tensor import Tensor


class RemovableHandle:
    """What removes a hook again; usable as a context manager."""

    next_id = itertools.count()

    def __init__(self, hooks_dict: Any, *, extra_dict: Any = None) -> None:
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        self.id = next(self.next_id)

    def remove(self) -> None:
        hooks = self.hooks_dict_ref()
        if hooks is not None:
            hooks.pop(self.id, None)

    def __repr__(self) -> str:
        return f"<torch.utils.hooks.RemovableHandle object at {hex(id(self))}>"

    def __getstate__(self) -> Any:
        return self.hooks_dict_ref(), self.id

    def __setstate__(self, state: Any) -> None:
        hooks, self.id = state
        self.hooks_dict_ref = weakref.ref(OrderedDict() if hooks is None else hooks)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *_: Any) -> None:
        self.remove()


class HookTable(OrderedDict):  # type: ignore[type-arg]  # justified: id to callable
    """Hooks by the id of their handle, in order of registration.

    `HOOKS.count` is the number of hooks in all tables that are alive.
    """

    def __init__(self) -> None:
        super().__init__()
        self.live = [0]
        weakref.finalize(self, _forget, self.live).atexit = False


HookTable.__name__ = HookTable.__qualname__ = "OrderedDict"  # as it is shown


def _forget(live: list[int]) -> None:
    HOOKS.count -= live[0]


class TapeHandle(RemovableHandle):
    """The handle of a hook on gradients."""

    def remove(self) -> None:
        hooks: Any = self.hooks_dict_ref()  # a HookTable
        if hooks is not None and hooks.pop(self.id, None) is not None:
            hooks.live[0] -= 1
            HOOKS.count -= 1


TapeHandle.__name__ = TapeHandle.__qualname__ = "RemovableHandle"


def register(table: HookTable, hook: Callable[..., Any]) -> RemovableHandle:
    handle = TapeHandle(table)
    table[handle.id] = hook
    table.live[0] += 1
    HOOKS.count += 1
    return handle


class NodeHooks:
    """What `node.hooks` calls with the node and the cotangent of its output."""

    def __init__(self) -> None:
        self.table = HookTable()  # hook(gradient)
        self.retain: list[weakref.ref[Tensor]] = []

    def add(self, hook: Callable[..., Any]) -> RemovableHandle:
        return register(self.table, hook)

    def __call__(self, node: Node, g: Payload) -> Payload:
        if type(g) is dict:  # the node of several outputs: hooks sit on their slots
            return g
        return unrecorded(self._run, node, g)

    def _run(self, node: Node, g: Payload) -> Payload:
        if type(g) is np.ndarray and g.size > 1 and 0 in g.strides:
            g = g.copy()  # hooks may write to it
        t = wrap(Tensor, g)
        for hook in tuple(self.table.values()):
            found = hook(t)
            if found is not None:
                t = checked(found, t, hook)
        for ref in self.retain:
            owner = ref()
            if owner is not None and owner._node is node:
                _retain(owner, t)
        return payload_of(t)


class PreHooks:
    """What `node.pre_hooks` calls: hooks on the cotangents of all the node's outputs."""

    def __init__(self) -> None:
        self.table = HookTable()

    def __call__(self, node: Node, g: Any) -> Any:
        return unrecorded(self._run, node, g)

    def _run(self, node: Node, g: Any) -> Any:
        several = type(g) is dict
        parts = [g.get(i) for i in range(node.outputs)] if several else [g]
        given = tuple(None if p is None else wrap(Tensor, p) for p in parts)
        for hook in tuple(self.table.values()):
            found = hook(given)
            if found is not None:
                given = checked_all(hook, found, given)
        out = {i: payload_of(t) for i, t in enumerate(given) if t is not None}
        return (out or None) if several else out.get(0)


def unrecorded(run: Callable[..., Any], node: Node, g: Any) -> Any:
    """`run(node, g)`, recorded only if the sweep is."""
    s = state()
    if s.creating or s.level or not s.recording:
        return run(node, g)
    with changed(recording=False):
        return run(node, g)


def add_pre_hook(node: Node, hook: Callable[..., Any]) -> RemovableHandle:
    found: Any = node.pre_hooks
    if found is None:
        node.pre_hook(found := PreHooks())
    return register(found.table, hook)


def checked_tuple(hook: Any, found: Any, count: int) -> tuple[Any, ...]:
    """What a node's hook returned: as many values as it was given."""
    if not isinstance(found, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(found).__name__}'")
    if len(found) != count:
        raise RuntimeError(
            f"hook '{getattr(hook, '__name__', '<unknown>')}' has returned an incorrect "
            f"number of values (got {len(found)}, but expected {count})"
        )
    return found


def checked_all(hook: Any, found: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a node's hook returned in place of what it was given."""
    return tuple(
        n if n is None or t is None else checked(n, t, hook)
        for n, t in zip(checked_tuple(hook, found, len(given)), given, strict=True)
    )


def checked(found: Any, given: Tensor, hook: Any = None) -> Tensor:
    if not isinstance(found, Tensor):
        raise TypeError(
            f"expected Variable, but hook returned '{type(found).__name__}'"
        )
    if found._p.shape != given._p.shape:
        name = getattr(hook, "__name__", "<unknown>")
        raise RuntimeError(f"hook '{name}' has changed the size of value")
    if found._p.dtype != given._p.dtype:
        name = getattr(hook, "__name__", "<unknown>")
        was, got = (f"torch.{t.dtype.legacy}" for t in (given, found))
        raise RuntimeError(
            f"hook '{name}' has changed the type of value (was {was} got {got})"
        )
    return found


def _retain(owner: Tensor, g: Tensor) -> None:
    """PyTorch adds up over passes; the kept gradient shares nothing."""
    if owner._grad is None:
        owner._grad = g.clone()
    else:
        owner._grad = owner._grad + g


def follow_retained(t: Tensor) -> None:
    """After a write in place the gradient that is kept is that of the new value."""
    if t._node is None or t._node.leaf:
        return
    retain = hooks_of(t._node).retain
    if all(ref() is not t for ref in retain):
        retain.append(weakref.ref(t))


def hooks_of(node: Node) -> NodeHooks:
    found: Any = node.hooks
    if found is None:
        node.hook(found := NodeHooks())
    return found


def add_post_hook(
    leaf: Leaf, hook: Callable[..., Any], field: str = "post"
) -> RemovableHandle:
    """A hook after accumulation; with the field "post_hooks" one of the node itself."""
    table = getattr(leaf, field)
    if table is None:
        setattr(leaf, field, table := HookTable())
    return register(table, hook)


def parent_of(node: Node) -> Node:
    """The node of the operation, where `node` is one of its outputs."""
    return node.edges[0] if type(node) is Slot else node  # type: ignore[return-value]  # justified: a slot has one edge
