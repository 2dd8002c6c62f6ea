"""`_Function`: functions with a derivative of their own; `saved_tensors_hooks`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from isograd.core import tensor as core
from isograd.core.custom import custom_call
from isograd.core.levels import changed, state
from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import payload_of, wrap
from isograd.mindspore.tensor import Tensor


class FunctionContext:
    """What `forward` leaves for `backward`."""

    def __init__(self) -> None:
        self.saved_tensors: tuple[Any, ...] = ()
        self.needs_input_grad: tuple[bool, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        self.saved_tensors = tensors

    def mark_non_differentiable(self, *_: Any) -> None:
        """Noted for compatibility; such outputs get no gradient anyway."""

    mark_dirty = set_materialize_grads = mark_non_differentiable


class _Function:
    """Subclasses define `forward(ctx, *inputs)` and `backward(ctx, *gradients)`."""

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        raise NotImplementedError("Must implement forward for _Function")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise NotImplementedError("Must implement backward for _Function")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        places = [i for i, a in enumerate(args) if isinstance(a, core.Tensor)]
        ctx = FunctionContext()
        ctx.needs_input_grad = tuple(
            isinstance(a, core.Tensor) and a._node is not None for a in args
        )
        single: list[bool] = []

        def forward(payloads: tuple[Payload, ...]) -> tuple[Payload, ...]:
            given = list(args)
            for i, p in zip(places, payloads, strict=True):
                given[i] = wrap(Tensor, p)
            out = cls.forward(ctx, *given)
            single.append(not isinstance(out, tuple))
            return tuple(map(payload_of, (out,) if single[-1] else out))

        def rule(inputs: Any, outs: Any, cotangents: Any) -> Any:
            grads = cls.backward(
                ctx,
                *(
                    wrap(Tensor, BOUND.zeros_like(o) if c is None else c)
                    for o, c in zip(outs, cotangents, strict=True)
                ),
            )
            found = grads if isinstance(grads, tuple) else (grads,)
            return tuple(
                None if found[i] is None else payload_of(found[i]) for i in places
            )

        outs = custom_call(
            forward, rule, tuple(payload_of(args[i]) for i in places), cls.__name__
        )
        tensors = tuple(wrap(Tensor, o) for o in outs)
        return tensors[0] if single[-1] else tensors


@contextmanager
def saved_tensors_hooks(
    pack_hook: Callable[[Any], Any], unpack_hook: Callable[[Any], Any]
) -> Iterator[None]:
    """What operations in the body save passes through `pack_hook`, and what the
    backward pass reads through `unpack_hook`."""

    def pack(value: Payload, node: Any, place: int) -> Any:
        return pack_hook(wrap(Tensor, value))

    def unpack(node: Any) -> Any:
        return tuple(
            None if s is None else payload_of(unpack_hook(s)) for s in node.saved
        )

    with changed(saved_hooks=(*state().saved_hooks, (pack, unpack))):
        yield
