"""Hooks on gradients of tensors, and operators that call a function on a gradient."""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from isograd.core.custom import custom_call
from isograd.core.primitive import BOUND, Payload
from isograd.core.tape import Node
from isograd.core.tensor import payload_of, wrap
from isograd.mindspore.tensor import Tensor

Hook = Callable[..., Any]


class HookTable(OrderedDict):  # type: ignore[type-arg]  # justified: id to callable
    """Hooks by the id of their handle, in order of registration."""


class HookHandle:
    """What removes a hook again."""

    _ids = itertools.count()

    def __init__(self, hook_dict: Any = None, *, extra_dict: Any = None) -> None:
        self.handle_id = next(self._ids)
        self._tables = [
            weakref.ref(d) for d in (hook_dict, extra_dict) if d is not None
        ]

    def remove(self) -> None:
        for ref in self._tables:
            table = ref()
            if table is not None:
                table.pop(self.handle_id, None)


def check_hook(hook: Any) -> None:
    if not callable(hook):
        raise TypeError(
            f"Expected a callable hook function, but got {type(hook).__name__}."
        )


def register(
    table: HookTable, hook: Hook, extra: HookTable | None = None, prepend: bool = False
) -> HookHandle:
    """Enter a hook; with `extra`, note there that it is of the extended kind."""
    check_hook(hook)
    handle = HookHandle(table, extra_dict=extra)
    table[handle.handle_id] = hook
    if prepend:
        table.move_to_end(handle.handle_id, last=False)
    if extra is not None:
        extra[handle.handle_id] = True
    return handle


class TensorHooks:
    """What `node.hooks` calls: each hook may replace the gradient."""

    def __init__(self) -> None:
        self.table = HookTable()

    def __call__(self, node: Node, g: Payload) -> Payload:
        for hook in tuple(self.table.values()):
            found = hook(wrap(Tensor, g))
            if found is not None:
                g = payload_of(found)
        return g


def hooks_of(t: Tensor) -> TensorHooks:
    """The hooks of a tensor; they last as long as it, over later gradient calls."""
    own = t.__dict__.get("_hooks")
    if own is None:
        own = t.__dict__["_hooks"] = TensorHooks()
    if t._node is not None:
        t._node.hooks = own
    return own


def register_hook(self: Tensor, hook: Hook) -> HookHandle:
    """Call `hook` with the gradient of this tensor; what it returns replaces it.

    Raises:
        TypeError: if it is not callable.
        RuntimeError: for a parameter that needs no gradient.
    """
    check_hook(hook)
    if not getattr(self, "_differentiable", True):
        raise RuntimeError(
            "The tensor requires grad is false, which can not register tensor hook"
        )
    return register(hooks_of(self).table, hook)


def hooks(self: Tensor) -> list[Hook]:
    """The hooks of this tensor, in order of registration."""
    own = self.__dict__.get("_hooks")
    return [] if own is None else list(own.table.values())


Tensor.register_hook = register_hook  # type: ignore[attr-defined]  # justified: installed as the operators are
Tensor.hooks = hooks  # type: ignore[attr-defined]  # justified: likewise


# --- identities with a function on the gradient ---------------------------------------

Pull = Callable[[tuple[Any, ...]], Any]


def identity(xs: tuple[Tensor, ...], pull: Pull) -> tuple[Tensor, ...]:
    """The tensors as they are; `pull` maps their gradients (zeros where none came)."""

    def rule(args: Any, outs: Any, cotangents: Any) -> tuple[Payload, ...]:
        given = tuple(
            wrap(Tensor, BOUND.zeros_like(o) if c is None else c)
            for o, c in zip(outs, cotangents, strict=True)
        )
        return tuple(map(payload_of, pull(given)))

    outs = custom_call(lambda args: args, rule, tuple(map(payload_of, xs)))
    return tuple(wrap(Tensor, o) for o in outs)


class _OnGradient:
    def __init__(self, f: Hook) -> None:
        if not callable(f):
            raise TypeError(
                f"For '{type(self).__name__}', the argument must be a "
                f"function, but got {type(f).__name__}."
            )
        self.f = f


class InsertGradientOf(_OnGradient):
    """`op(x)` is x; its gradient is `f(gradient)`."""

    def __call__(self, x: Tensor) -> Tensor:
        return identity((x,), lambda gs: (self.f(gs[0]),))[0]


class HookBackward(_OnGradient):
    """`op(*xs)` is xs; `hook_fn(gradients)` sees a tuple and may replace it."""

    def __init__(self, hook_fn: Hook, cell_id: str = "") -> None:
        super().__init__(hook_fn)

    def __call__(self, *xs: Tensor) -> Any:
        def pull(gs: tuple[Any, ...]) -> Any:
            found = self.f(gs)
            if found is None:
                return gs
            return found if isinstance(found, tuple) else (found,)

        out = identity(xs, pull)
        return out[0] if len(out) == 1 else out
