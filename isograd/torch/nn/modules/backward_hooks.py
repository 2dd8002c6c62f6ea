"""Hooks on a module's backward: identities around it, as custom functions."""

from __future__ import annotations

from typing import Any

from isograd.torch.autograd.function import Function
from isograd.torch.tensor import Tensor


class _Through(Function):
    """The identity; its backward calls what the context holds."""

    @staticmethod
    def forward(ctx: Any, watch: Any, *tensors: Any) -> Any:
        ctx.watch = watch
        ctx.set_materialize_grads(False)
        return tuple(t.view_as(t) for t in tensors)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return (None, *ctx.watch(grads))


class BackwardWatch:
    """One call of a module with backward hooks."""

    def __init__(self, module: Any, everywhere: Any) -> None:
        self.module = module
        self.hooks = (
            *everywhere["backward"].values(),
            *module._backward_hooks.values(),
        )
        self.pre_hooks = (
            *everywhere["backward_pre"].values(),
            *module._backward_pre_hooks.values(),
        )
        self.grad_outputs: Any = None
        self.places: list[int] = []
        self.count = 0

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.count = len(args)
        self.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        if not any(args[i].requires_grad for i in self.places):
            self.places = []
            return args
        found = _Through.apply(self._at_inputs, *(args[i] for i in self.places))
        out = list(args)
        for i, t in zip(self.places, found, strict=True):
            out[i] = t
        return tuple(out)

    def _at_inputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        full: list[Any] = [None] * self.count
        for i, g in zip(self.places, grads, strict=True):
            full[i] = g
        given = tuple(full)
        for hook in self.hooks:
            found = hook(self.module, given, self.grad_outputs)
            if found is not None:
                found = found if isinstance(found, tuple) else (found,)
                if len(found) != len(given):
                    raise RuntimeError(
                        "Backward hook returned an invalid number of grad_input, got "
                        f"{len(found)}, but expected {len(given)}"
                    )
                given = found
        return tuple(given[i] for i in self.places)

    def outputs(self, out: Any) -> Any:
        single = not isinstance(out, tuple | list)
        parts = [out] if single else list(out)
        places = [
            i for i, t in enumerate(parts) if isinstance(t, Tensor) and t.requires_grad
        ]
        if not places:
            return out
        found = _Through.apply(
            lambda grads: self._at_outputs(grads, places, len(parts)),
            *(parts[i] for i in places),
        )
        for i, t in zip(places, found, strict=True):
            parts[i] = t
        return parts[0] if single else type(out)(parts)

    def _at_outputs(self, grads: Any, places: list[int], count: int) -> Any:
        full: list[Any] = [None] * count
        for i, g in zip(places, grads, strict=True):
            full[i] = g
        given = tuple(full)
        for hook in self.pre_hooks:
            found = hook(self.module, given)
            if found is not None:
                given = found if isinstance(found, tuple) else (found,)
        self.grad_outputs = given
        if not self.places:
            for hook in self.hooks:
                hook(self.module, (None,) * self.count, given)
        return tuple(given[i] for i in places)
