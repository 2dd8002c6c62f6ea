"""Custom functions under vmap by a generated rule; decorators and helpers."""

from __future__ import annotations

import functools
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core import levels
from isograd.core.batching import Batched, unbatch
from isograd.core.custom import custom
from isograd.core.levels import records
from isograd.core.primitive import BOUND, Payload
from isograd.core.tape import Leaf, Node, Traced, new, slot, tick
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import wrap
from isograd.torch.autograd.checks import checked
from isograd.torch.autograd.context import BackwardCFunction as BackwardCFunction
from isograd.torch.autograd.context import FunctionCtx as FunctionCtx
from isograd.torch.autograd.function import (
    Application,
    Function,
    _Frame,
    _user_backward,
)
from isograd.torch.tensor import Tensor

# --- vmap with a generated rule -------------------------------------------------------


class _Vmapped:
    """An application seen from below a vmap: operands are stacked along axis 0."""

    def __init__(self, app: Application, flags: Any, level: int, size: int) -> None:
        self.app, self.flags, self.level, self.size = app, flags, level, size

    def at_level(self, values: tuple[Payload, ...]) -> tuple[Any, ...]:
        top = max(
            (p for p in values if type(p) is not np.ndarray),
            key=lambda p: p.level,
            default=None,
        )
        if type(top) is Traced:
            level = top.level
            here = [type(p) is Traced and p.level == level for p in values]
            lower = tuple(p.p if h else p for p, h in zip(values, here, strict=True))
            outs = self.at_level(lower)
            if not records(level):
                return outs
            edges = tuple(
                p.node if h else None for p, h in zip(values, here, strict=True)
            )
            return self.app.record(lower, outs, edges, level)
        return self.base(values)

    def base(self, values: tuple[Payload, ...]) -> tuple[Any, ...]:
        wrapped = tuple(
            Batched(self.level, v) if f else v
            for v, f in zip(values, self.flags, strict=True)
        )
        outs = self.app.base(wrapped)
        stacked = tuple(
            unbatch(o, self.level, self.size) if hasattr(o, "dtype") else o
            for o in outs
        )
        frame = self.app.frame
        frame.batch = (self.level, self.flags, (True,) * len(outs))
        frame.args, frame.outs = values, stacked
        frame.size = self.size  # type: ignore[attr-defined]  # justified: beside `batch`
        return stacked


def _batched_rule(
    cls: Any,
    ctx: Any,
    cots: Any,
    avals: Any,
    frame: _Frame,
    places: list[int],
    total: int,
    shapes: Any,
) -> tuple[Any, ...]:
    level, flags, _ = frame.batch
    size = next(s[0] for s, f in zip(shapes, flags, strict=True) if f)
    with levels.changed(level=max(level, levels.state().level)):
        grads: list[Any] = []
        for c, (shape, dtype) in zip(cots, avals, strict=True):
            value = np.zeros(shape, dtype) if c is None else c
            grads.append(wrap(Tensor, Batched(level, value)))
        found = _user_backward(cls)(ctx, *grads)
        inner = [s[1:] if f else s for s, f in zip(shapes, flags, strict=True)]
        dtypes = [a.dtype for a in frame.args]
        found = checked(cls, found, total, places, frame.edges, inner, dtypes)
        outs = []
        for c, f in zip(found, flags, strict=True):
            if c is None:
                outs.append(None)
                continue
            whole = unbatch(c, level, size)
            outs.append(whole if f else BOUND.sum(whole, axes=(0,)))
    return tuple(outs)


# --- decorators and helpers -----------------------------------------------------------


def once_differentiable(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A `backward` whose result cannot be differentiated again."""

    @functools.wraps(fn)
    def wrapper(ctx: Any, *args: Any) -> Any:
        recording = levels.state().recording
        with levels.changed(recording=False):
            outputs = fn(ctx, *args)
        if not recording:
            return outputs
        requires = any(isinstance(a, CoreTensor) and a._node is not None for a in args)
        if not requires:
            return outputs
        single = not isinstance(outputs, tuple)
        outs = (outputs,) if single else outputs
        marked = tuple(o if o is None else _error_tensor(o) for o in outs)
        return marked[0] if single else marked

    return wrapper


def _error_tensor(t: Any) -> Any:
    def rule(*_: Any) -> Any:
        raise RuntimeError(
            "trying to differentiate twice a function that was marked "
            "with @once_differentiable"
        )

    node = new(Node)
    node.prim, node.params, node.saved = custom, {"rule": rule}, ()
    node.edges, node.raw, node.shape = (Leaf(t._p.shape),), False, t._p.shape
    node.label, node.seq = "Error", tick()
    s = slot(node, 0, t._p)
    node.outputs, node.slots = 1, (weakref.ref(s),)
    return wrap(Tensor, Traced(t._p, s))


class InplaceFunction(Function):
    """Kept for old programs."""


class NestedIOFunction(Function):
    """Kept for old programs."""


def traceable(fn: Any) -> Any:
    warnings.warn(
        "torch.autograd.function.traceable is deprecated and will be removed "
        "in a future PyTorch release.",
        FutureWarning,
        stacklevel=2,
    )
    return fn
