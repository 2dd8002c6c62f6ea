"""Hooks on a module's backward: identities around it, as custom functions."""

from __future__ import annotations

import warnings
from typing import Any

from isograd.torch.autograd.function import Function
from isograd.torch.hooks import checked
from isograd.torch.tensor import Tensor

_URL = (
    "https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html"
    "#torch.nn.Module.register_full_backward_hook"
)


class BackwardHookFunction(Function):
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
        found = BackwardHookFunction.apply(
            self._at_inputs, *(args[i] for i in self.places)
        )
        out = list(args)
        for i, t in zip(self.places, found, strict=True):
            out[i] = t
        return tuple(out)

    def _at_inputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.grad_outputs is None:
            return grads
        full: list[Any] = [None] * self.count
        for i, g in zip(self.places, grads, strict=True):
            full[i] = g
        given = tuple(full)
        for hook in self.hooks:
            found = hook(self.module, given, self.grad_outputs)
            if found is not None:
                given = _as_many(found, given, "hook", "grad_input")
        return tuple(_fitting(given[i], full[i]) for i in self.places)

    def outputs(self, out: Any) -> Any:
        single = not isinstance(out, tuple)
        if single and not isinstance(out, Tensor):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a "
                f"tuple of Tensors but received {type(out)}",
                stacklevel=3,
            )
            return out
        parts = [out] if single else list(out)
        places = [
            i for i, t in enumerate(parts) if isinstance(t, Tensor) and t.requires_grad
        ]
        if not places:
            return out
        found = BackwardHookFunction.apply(
            lambda grads: self._at_outputs(grads, places, len(parts)),
            *(parts[i] for i in places),
        )
        for i, t in zip(places, found, strict=True):
            parts[i] = t
        return parts[0] if single else tuple.__new__(type(out), parts)

    def _at_outputs(self, grads: Any, places: list[int], count: int) -> Any:
        full: list[Any] = [None] * count
        for i, g in zip(places, grads, strict=True):
            full[i] = g
        given = tuple(full)
        for hook in self.pre_hooks:
            found = hook(self.module, given)
            if found is not None:
                given = _as_many(found, given, "pre hook", "grad_output")
        self.grad_outputs = given
        if not self.places and self.hooks:
            self._without_inputs(given)
        return tuple(_fitting(given[i], full[i]) for i in places)

    def _without_inputs(self, given: Any) -> None:
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to "
            f"module outputs since no inputs require gradients. See {_URL} for more "
            "details.",
            stacklevel=2,
        )
        for hook in self.hooks:
            found = hook(self.module, (None,) * self.count, given)
            none = isinstance(found, tuple) and all(g is None for g in found)
            if found is not None and not none:
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should "
                    "always return None or None for all gradients."
                )


def _as_many(found: Any, given: Any, what: str, name: str) -> Any:
    """What a hook returned for gradients, which it may index like them.

    Raises:
        RuntimeError: for another number of them.
    """
    if len(found) != len(given):
        raise RuntimeError(
            f"Backward {what} returned an invalid number of {name}, got {len(found)}, "
            f"but expected {len(given)}"
        )
    return found


def _fitting(found: Any, given: Any) -> Any:
    def hook() -> None:
        """What PyTorch's text names."""

    return found if found is None or given is None else checked(found, given, hook)
