"""`torch.utils.checkpoint`: values are computed again in the backward pass."""

from __future__ import annotations

from typing import Any

from isograd.torch.autograd.function import Function
from isograd.torch.autograd.grad_mode import enable_grad
from isograd.torch.backward import backward
from isograd.torch.tensor import Tensor


class CheckpointFunction(Function):
    """Runs without recording; its backward runs again with recording."""

    @staticmethod
    def forward(ctx: Any, run: Any, preserve: bool, *args: Any) -> Any:
        from isograd.torch.random import default_generator

        ctx.run = run
        ctx.state = default_generator.get_state() if preserve else None
        ctx.args = args
        ctx.save_for_backward(*(a for a in args if isinstance(a, Tensor)))
        return run(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        from isograd.torch.random import default_generator

        saved = iter(ctx.saved_tensors)
        inputs = [
            next(saved).detach().requires_grad_(a.requires_grad)
            if isinstance(a, Tensor)
            else a
            for a in ctx.args
        ]
        now = default_generator.get_state()
        if ctx.state is not None:
            default_generator.set_state(ctx.state)
        with enable_grad():
            outs = ctx.run(*inputs)
        default_generator.set_state(now)
        outs = outs if isinstance(outs, tuple) else (outs,)
        pairs = [
            (o, g)
            for o, g in zip(outs, grads, strict=True)
            if isinstance(o, Tensor) and o.requires_grad
        ]
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() "
                "is not necessary"
            )
        backward([o for o, _ in pairs], [g for _, g in pairs])
        return (
            None,
            None,
            *(x.grad if isinstance(x, Tensor) else None for x in inputs),
        )


def checkpoint(
    function: Any,
    *args: Any,
    use_reentrant: Any = None,
    context_fn: Any = None,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """`function(*args)`, whose inner values are not kept for the backward pass."""
    if use_reentrant is None:
        import warnings

        warnings.warn(
            "torch.utils.checkpoint: the use_reentrant parameter should be passed "
            "explicitly. Starting in PyTorch 2.9, calling checkpoint without "
            "use_reentrant will raise an exception. use_reentrant=False is recommended, "
            "but if you need to preserve the current default behavior, you can pass "
            "use_reentrant=True. Refer to docs for more details on the differences "
            "between the two variants.",
            UserWarning,
            stacklevel=2,
        )
    if use_reentrant:
        return CheckpointFunction.apply(function, preserve_rng_state, *args)
    return _recomputed(function, args, kwargs, preserve_rng_state)


class _Recompute:
    """What was saved in a first run, found again by a second one."""

    def __init__(self, function: Any, args: Any, kwargs: Any, state: Any) -> None:
        self.function, self.args, self.kwargs, self.state = (
            function,
            args,
            kwargs,
            state,
        )
        self.count = 0
        self.values: dict[int, Any] = {}

    def pack(self, t: Any) -> int:
        self.count += 1
        return self.count - 1

    def unpack(self, place: int) -> Any:
        if place not in self.values:
            self._run()
        return self.values.pop(place)

    def _run(self) -> None:
        from isograd.torch.autograd.graph import saved_tensors_hooks
        from isograd.torch.random import default_generator

        found: list[Any] = []

        def keep(t: Any) -> Any:
            found.append(t.detach())
            return t

        now = default_generator.get_state()
        if self.state is not None:
            default_generator.set_state(self.state)
        with enable_grad(), saved_tensors_hooks(keep, lambda t: t):
            self.function(*self.args, **self.kwargs)
        default_generator.set_state(now)
        self.values = dict(enumerate(found))


def _recomputed(function: Any, args: Any, kwargs: Any, preserve: bool) -> Any:
    from isograd.torch.autograd.graph import saved_tensors_hooks
    from isograd.torch.random import default_generator

    state = default_generator.get_state() if preserve else None
    frame = _Recompute(function, args, kwargs, state)
    with saved_tensors_hooks(frame.pack, frame.unpack):
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: Any = None, **kwargs: Any
) -> Any:
    """A sequence of modules in checkpointed segments."""
    modules = (
        list(functions.children())
        if hasattr(functions, "children")
        else list(functions)
    )
    size = len(modules) // segments

    def run(start: int, end: int) -> Any:
        def forward(x: Any) -> Any:
            for m in modules[start:end]:
                x = m(x)
            return x

        return forward

    for i in range(segments - 1):
        input = checkpoint(
            run(i * size, (i + 1) * size), input, use_reentrant=use_reentrant, **kwargs
        )
    return run((segments - 1) * size, len(modules))(input)
