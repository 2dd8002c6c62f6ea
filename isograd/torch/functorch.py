"""The package `functorch`, which comes with PyTorch: `torch.func` and older names."""

from __future__ import annotations

from typing import Any

from isograd.torch.func import (
    functional_call,
    functionalize,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    stack_module_state,
    vjp,
    vmap,
)

__all__ = [
    "functionalize",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "make_functional",
    "make_functional_with_buffers",
    "vjp",
    "vmap",
]
combine_state_for_ensemble = stack_module_state


def make_functional(
    model: Any, disable_autograd_tracking: bool = False
) -> tuple[Any, tuple[Any, ...]]:
    """`(fn, params)` with `fn(params, *args, **kwargs)` for a module without buffers."""
    call, params, buffers = make_functional_with_buffers(
        model, disable_autograd_tracking
    )
    if buffers:
        raise RuntimeError(
            "make_functional(model): `model` has buffers. Please use "
            "make_functional_with_buffers(model) instead."
        )
    return lambda params, *args, **kwargs: call(params, (), *args, **kwargs), params


def make_functional_with_buffers(
    model: Any, disable_autograd_tracking: bool = False
) -> tuple[Any, tuple[Any, ...], tuple[Any, ...]]:
    """`(fn, params, buffers)` with `fn(params, buffers, *args, **kwargs)`."""
    names = [n for n, _ in model.named_parameters()]
    extra = [n for n, _ in model.named_buffers()]
    params = tuple(
        p.detach()
        .clone()
        .requires_grad_(p.requires_grad and not disable_autograd_tracking)
        for _, p in model.named_parameters()
    )
    buffers = tuple(b.detach().clone() for _, b in model.named_buffers())

    def call(params: Any, buffers: Any, *args: Any, **kwargs: Any) -> Any:
        state = {**dict(zip(names, params, strict=True))}
        state.update(zip(extra, buffers, strict=True))
        return functional_call(model, state, args, kwargs)

    return call, params, buffers
