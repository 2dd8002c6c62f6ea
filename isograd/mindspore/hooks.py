"""Hooks on gradients of tensors, and operators that call a function on a gradient."""

from __future__ import annotations

import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from isograd.core import tensor as core
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


class TensorHookHandle(HookHandle):
    """What removes a hook of a tensor."""


TensorHookHandle.__name__ = TensorHookHandle.__qualname__ = "_TensorHookHandle"


def check_hook(hook: Any) -> None:
    if not callable(hook):
        raise TypeError(
            f"Expected a callable hook function, but got {type(hook).__name__}."
        )


def register(
    table: HookTable,
    hook: Hook,
    extra: HookTable | None = None,
    prepend: bool = False,
    kind: type[HookHandle] = HookHandle,
) -> HookHandle:
    """Enter a hook; with `extra`, note there that it is of the extended kind."""
    check_hook(hook)
    handle = kind(table, extra_dict=extra)
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
            if found is None:
                continue
            if not isinstance(found, core.Tensor):
                raise RuntimeError(
                    "Tensor hook should be return Tensor, but get type: "
                    f"{type(found).__name__}."
                )
            g = convert(payload_of(found), g.dtype)
        return g


def convert(p: Payload, dtype: Any) -> Payload:
    return p if p.dtype == dtype else BOUND.convert(p, dtype=dtype)


def consistent(name: str, found: Any, expected: Any) -> Any:
    """What a hook returned for a gradient.

    Raises:
        TypeError: if it is no tensor.
        ValueError: if its shape or dtype is another.
    """
    if not isinstance(found, Tensor):
        raise TypeError(
            f"The output type of function: {name} should be a tensor but got "
            f"{type(found).__name__}."
        )
    if expected is None or (found.shape, found.dtype) == (
        expected.shape,
        expected.dtype,
    ):
        return found
    raise ValueError(
        f"The output type of function: {name} is not consistent with the expected, "
        f"it should be {_kind(expected)}, but got {_kind(found)}"
    )


def _kind(t: Any) -> str:
    return f"Tensor shape:[[const vector]{{{', '.join(map(str, t.shape))}}}]{t.dtype}"


def hooks_of(t: Tensor) -> TensorHooks:
    """The hooks of a tensor; they last as long as it, over later gradient calls."""
    own = t.__dict__.get("_hooks")
    if own is None:
        own = t.__dict__["_hooks"] = TensorHooks()
    if t._node is not None:
        t._node.hook(own)
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
    return register(hooks_of(self).table, hook, kind=TensorHookHandle)


def hooks(self: Tensor) -> list[Hook]:
    """The hooks of this tensor, in order of registration."""
    own = self.__dict__.get("_hooks")
    return [] if own is None else list(own.table.values())


Tensor.register_hook = register_hook  # type: ignore[attr-defined]  # justified: installed as the operators are
Tensor.hooks = hooks  # type: ignore[attr-defined]  # justified: likewise


# --- identities with a function on the gradient ---------------------------------------

Pull = Callable[[tuple[Any, ...]], Any]


def identity(
    xs: tuple[Tensor, ...], pull: Pull, zeros: bool = False
) -> tuple[Tensor, ...]:
    """The tensors as they are; `pull` maps their gradients.

    Where none came it sees None, or with `zeros` zeros.
    """

    def rule(args: Any, outs: Any, cotangents: Any) -> tuple[Payload | None, ...]:
        given = tuple(
            None if c is None and not zeros else wrap(Tensor, c)
            for c in (
                BOUND.zeros_like(o) if zeros and c is None else c
                for o, c in zip(outs, cotangents, strict=True)
            )
        )
        return tuple(None if g is None else payload_of(g) for g in pull(given))

    outs = custom_call(lambda args: args, rule, tuple(map(payload_of, xs)))
    return tuple(wrap(Tensor, o) for o in outs)


class InsertGradientOf:
    """`op(x)` is x; its gradient is `f(gradient)`, or stays where that gives None."""

    def __init__(self, f: Hook) -> None:
        self.f = f

    def __repr__(self) -> str:
        return (
            f"Prim[InsertGradientOf]<f={self.f}, side_effect_backprop=True, "
            "side_effect_backprop_mem=True>"
        )

    def __call__(self, x: Tensor) -> Tensor:
        def pull(gs: tuple[Any, ...]) -> Any:
            found = self.f(gs[0])
            return gs if found is None else (found,)

        return identity((x,), pull)[0]


class HookBackward:
    """`op(*xs)` is xs; `hook_fn(gradients)` sees a tuple and may replace it.

    Raises:
        TypeError: if the hook cannot be called.
    """

    def __init__(self, hook_fn: Hook, cell_id: str = "") -> None:
        check_hook(hook_fn)
        self.f = hook_fn
        self.cell_id = cell_id

    def __repr__(self) -> str:
        return f"Prim[HookBackward]<cell_id={self.cell_id}>"

    def __call__(self, *xs: Tensor) -> Any:
        out = identity(xs, self._pull, zeros=True)
        return out[0] if len(out) == 1 else out

    def _pull(self, gs: tuple[Any, ...]) -> Any:
        found = self.f(gs)
        if found is None:
            return gs
        if len(gs) == 1 and isinstance(found, tuple) and len(found) == 1:
            found = found[0]
        found = (found,) if len(gs) == 1 else found
        name = getattr(self.f, "__name__", type(self.f).__name__)
        return tuple(consistent(name, f, g) for f, g in zip(found, gs, strict=True))
