"""`torch.utils.checkpoint`: values are computed again in the backward pass."""

from __future__ import annotations

import contextlib
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

from isograd.torch.autograd.function import Function
from isograd.torch.autograd.grad_mode import enable_grad
from isograd.torch.autograd.graph import saved_tensors_hooks
from isograd.torch.backward import PASSES, backward
from isograd.torch.passes import HOOKS
from isograd.torch.random import default_generator
from isograd.torch.tensor import Tensor
from isograd.torch.utils.policies import CheckpointPolicy as CheckpointPolicy
from isograd.torch.utils.policies import (
    SelectiveCheckpointContext as SelectiveCheckpointContext,
)
from isograd.torch.utils.policies import (
    create_selective_checkpoint_contexts as create_selective_checkpoint_contexts,
)


def noop_context_fn() -> tuple[Any, Any]:
    """The contexts of the two runs where the user gives none."""
    return contextlib.nullcontext(), contextlib.nullcontext()


class CheckpointFunction(Function):
    """Runs without recording; its backward runs again with recording."""

    @staticmethod
    def forward(ctx: Any, run: Any, preserve: bool, *args: Any) -> Any:
        HOOKS.count += 1  # backward passes have to say whether they are limited
        weakref.finalize(ctx, _forget).atexit = False
        ctx.run = run
        ctx.state = default_generator.get_state() if preserve else None
        ctx.args = args
        ctx.save_for_backward(*(a for a in args if isinstance(a, Tensor)))
        return run(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        if PASSES and PASSES[-1].limited:
            raise RuntimeError(
                "When use_reentrant=True, torch.utils.checkpoint is incompatible with "
                ".grad() or passing an `inputs` parameter to .backward(). To resolve "
                "this error, you can either set use_reentrant=False, or call "
                ".backward() without passing the `inputs` argument."
            )
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


def _forget() -> None:
    HOOKS.count -= 1


def checkpoint(
    function: Any,
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Any = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    **kwargs: Any,
) -> Any:
    """`function(*args)`, whose inner values are not kept for the backward pass."""
    if use_reentrant is None:
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
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs and use_reentrant:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if not use_reentrant:
        if determinism_check not in ("default", "none"):
            raise ValueError(
                "determinism_check should be one of ['default', 'none'], but got "
                f"{determinism_check}"
            )
        frame = _Recompute(
            function, args, kwargs, preserve, context_fn, determinism_check, early_stop
        )
        return frame.first()
    if context_fn is not noop_context_fn or debug is not False:
        raise ValueError(
            "Passing `context_fn` or `debug` is only supported when "
            "use_reentrant=False."
        )
    check_backward_validity(args)
    return CheckpointFunction.apply(function, preserve, *args)


def check_backward_validity(inputs: Any) -> None:
    """Warn if no input requires a gradient."""
    if not any(x.requires_grad for x in inputs if isinstance(x, Tensor)):
        warnings.warn(
            "None of the inputs have requires_grad=True. Gradients will be None",
            stacklevel=3,
        )


# --- without reentrance: a first run that keeps nothing, a second one that does -------


class CheckpointError(RuntimeError):
    """The second run of a checkpointed function differs from the first."""

    __module__ = "torch.utils.checkpoint"


class _Enough(Exception):
    """The second run has made all values that are needed."""


_EARLY_STOP: list[bool] = []
_DEBUG: list[bool | None] = []


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """Whether second runs stop as soon as they have made all values."""
    _EARLY_STOP.append(enable)
    try:
        yield
    finally:
        _EARLY_STOP.pop()


@contextlib.contextmanager
def set_checkpoint_debug_enabled(enabled: bool | None) -> Iterator[None]:
    """Accepted; traces of operators are not recorded here."""
    _DEBUG.append(enabled)
    try:
        yield
    finally:
        _DEBUG.pop()


def _facts(t: Any) -> dict[str, Any]:
    return {"shape": t.shape, "dtype": t.dtype, "device": t.device}


class _Recompute:
    """What was saved in a first run, found again by a second one."""

    def __init__(
        self,
        function: Any,
        args: Any,
        kwargs: Any,
        preserve: bool,
        context_fn: Any,
        determinism_check: str,
        early_stop: bool,
    ) -> None:
        self.function, self.args, self.kwargs = function, args, kwargs
        self.state = default_generator.get_state() if preserve else None
        self.contexts = context_fn()
        if determinism_check not in ("default", "none"):
            raise ValueError(
                "determinism_check should be one of ['default', 'none'], but got "
                f"{determinism_check}"
            )
        self.check = determinism_check != "none"
        self.stop = _EARLY_STOP[-1] if _EARLY_STOP else early_stop
        self.facts: list[dict[str, Any]] = []
        self.used = 0  # values taken since the last second run
        self.values: dict[int, Any] = {}

    def first(self) -> Any:
        with saved_tensors_hooks(self.pack, self.unpack), self.contexts[0]:
            return self.function(*self.args, **self.kwargs)

    def pack(self, t: Any) -> int:
        self.facts.append(_facts(t))
        return len(self.facts) - 1

    def unpack(self, place: int) -> Any:
        if place not in self.values:
            self._run()
        if place not in self.values:
            raise CheckpointError(
                "torch.utils.checkpoint: Unpack is being triggered for a tensor that "
                "was either never recomputed, or already unpacked once. If you are "
                "calling ctx.saved_tensors in backward, make sure to do so only once. "
                "Otherwise please open an issue with details on your use case."
            )
        return self.values.pop(place)

    def _run(self) -> None:
        found: list[Any] = []

        def keep(t: Any) -> Any:
            found.append(t.detach())
            if self.stop and len(found) == len(self.facts):
                raise _Enough
            return t

        now = default_generator.get_state()
        if self.state is not None:
            default_generator.set_state(self.state)
        try:
            with (
                enable_grad(),
                saved_tensors_hooks(keep, lambda t: t),
                self.contexts[1],
            ):
                self.function(*self.args, **self.kwargs)
        except _Enough:
            pass
        finally:
            default_generator.set_state(now)
        if self.check:
            self._check(found)
        self.values = dict(enumerate(found))

    def _check(self, found: list[Any]) -> None:
        if len(found) != len(self.facts):
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved "
                "during the original forward and recomputation.\nNumber of tensors "
                f"saved during forward: {len(self.facts)}\nNumber of tensors saved "
                f"during recomputation: {len(found)}.\n{_TIP}"
            )
        differing = [
            f"tensor at position {i}:\nsaved metadata: {a}\n"
            f"recomputed metadata: {_facts(t)}"
            for i, (a, t) in enumerate(zip(self.facts, found, strict=True))
            if a != _facts(t)
        ]
        if differing:
            raise CheckpointError(
                "torch.utils.checkpoint: Recomputed values for the following tensors "
                "have different metadata than during the forward pass.\n"
                + "\n".join(differing)
                + f"\n.\n{_TIP}"
            )


_TIP = """
Tip: To see a more detailed error message, either pass `debug=True` to
`torch.utils.checkpoint.checkpoint(...)` or wrap the code block
with `with torch.utils.checkpoint.set_checkpoint_debug_enabled(True):` to
enable checkpoint\u2011debug mode globally.

If this error occurs under torch.compile with automatic_dynamic_shapes enabled,
it may be because the recomputation selected a different compiled graph than the
forward pass (e.g., a dynamic graph instead of the original static graph).
To fix this, either:
  - Use torch._dynamo.mark_dynamic() to explicitly mark varying dimensions as
    dynamic upfront, avoiding the static-to-dynamic transition.
  - Call torch._C._dynamo.eval_frame._set_lru_cache(False) to disable LRU cache
    reordering, which can change which graph is checked first between forward
    and recompute.
See https://github.com/pytorch/pytorch/issues/166926 for more details and
workaround examples.
"""


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: Any = None, **kwargs: Any
) -> Any:
    """A sequence of modules in checkpointed segments."""
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    kwargs = {"preserve_rng_state": preserve}
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
