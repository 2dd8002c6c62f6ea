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
from isograd.mindspore.gradients import summed_to
from isograd.mindspore.tensor import Tensor


class _Function:
    """Subclasses define `forward(ctx, *inputs)` and `backward(ctx, *gradients)`.

    Or `forward(*inputs)` with `setup_context(ctx, inputs, output)`; ctx is an instance.
    """

    def __init__(self) -> None:
        self.saved: tuple[Any, ...] = ()
        self.needs_input_grad: tuple[bool, ...] = ()
        self.materialize_grads = True
        self.non_differentiable: tuple[Any, ...] = ()
        self.dirty_tensors: tuple[Any, ...] = ()

    @staticmethod
    def forward(ctx: Any, *args: Any) -> Any:
        raise NotImplementedError("forward function should be customized.")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        raise NotImplementedError("backward function should be customized.")

    # --- of the context ---------------------------------------------------------------

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        return self.saved

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors (or None) for `backward`.

        Raises:
            RuntimeError: for anything else.
        """
        if any(self.needs_input_grad) and not all(
            t is None or isinstance(t, core.Tensor) for t in tensors
        ):
            raise RuntimeError(
                "Please check your custom function, that save_for_backward() only "
                "support None and tensor, but got other type!"
            )
        self.saved = tensors

    def mark_non_differentiable(self, *tensors: Any) -> None:
        self.non_differentiable = tensors

    def mark_dirty(self, *tensors: Any) -> None:
        self.dirty_tensors = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether `backward` sees zeros where no gradient came, or None."""
        self.materialize_grads = value

    # --- the call ---------------------------------------------------------------------

    @classmethod
    def apply(cls, *args: Any) -> Any:
        call = _Call(cls, args)
        outs = custom_call(
            call.forward,
            call.rule,
            tuple(payload_of(args[i]) for i in call.places),
            cls.__name__,
        )
        return call.result(outs)


class _Call:
    """One application of a `_Function`."""

    def __init__(self, cls: type[_Function], args: tuple[Any, ...]) -> None:
        self.cls, self.args = cls, args
        self.places = [i for i, a in enumerate(args) if isinstance(a, core.Tensor)]
        self.ctx = object.__new__(cls)
        _Function.__init__(self.ctx)
        self.ctx.needs_input_grad = tuple(
            isinstance(a, core.Tensor) and a._node is not None for a in args
        )

    def forward(self, payloads: tuple[Payload, ...]) -> tuple[Payload, ...]:
        given = list(self.args)
        for i, p in zip(self.places, payloads, strict=True):
            given[i] = wrap(Tensor, p)
        self.given = given
        self.out = out = self._out(given)
        self.outs = [t for t in _elements(out) if isinstance(t, core.Tensor)]
        return tuple(map(payload_of, self.outs))

    def _out(self, given: list[Any]) -> Any:
        setup = getattr(self.cls, "setup_context", None)
        if setup is None:
            return self.cls.forward(self.ctx, *given)
        out = self.cls.forward(*given)
        setup(self.ctx, tuple(given), out)
        return out

    def result(self, payloads: tuple[Payload, ...]) -> Any:
        """The output with its tensors on the tape; a list's stay off it."""
        made = iter(
            [self._made(*pair) for pair in zip(self.outs, payloads, strict=True)]
        )
        out = self.out
        if isinstance(out, core.Tensor):
            return next(made)
        if not isinstance(out, tuple):
            return out
        return tuple(next(made) if isinstance(o, core.Tensor) else o for o in out)

    def _made(self, t: Any, payload: Payload) -> Any:
        if any(t is n for n in self.ctx.non_differentiable):
            return t
        for i, given in zip(
            self.places, (self.given[i] for i in self.places), strict=True
        ):
            if t is given and any(t is d for d in self.ctx.dirty_tensors):
                core.hold(self.args[i], payload)  # written in place: same object
                return self.args[i]
        return wrap(Tensor, payload)

    def rule(self, inputs: Any, outs: Any, cotangents: Any) -> Any:
        with self._current(inputs, outs):
            grads = self.cls.backward(self.ctx, *self._seen(outs, cotangents))
        found = grads if isinstance(grads, tuple) else (grads,)
        if len(found) < len(self.args):
            raise RuntimeError(
                "Function backward return a wrong number of gradients, expect: "
                f"{len(self.args)}but: {len(found)}"
            )
        for i, g in enumerate(found[: len(self.args)]):
            if g is not None and i not in self.places:
                raise RuntimeError(
                    "Input is not tensor, but gradient is not none, position: "
                    f"{i} type: {type(g)}"
                )
        return tuple(
            _fitted(found[i], i, p) for i, p in zip(self.places, inputs, strict=True)
        )

    def _seen(self, outs: Any, cotangents: Any) -> list[Any]:
        full = self.ctx.materialize_grads
        return [
            None
            if c is None and not full
            else wrap(Tensor, BOUND.zeros_like(o) if c is None else c)
            for o, c in zip(outs, cotangents, strict=True)
        ]

    @contextmanager
    def _current(self, inputs: Any, outs: Any) -> Iterator[None]:
        """Saved inputs and outputs stand on the tape that the backward pass writes."""
        kept = self.ctx.saved
        now = {
            id(self.given[i]): p for i, p in zip(self.places, inputs, strict=True)
        } | {id(t): p for t, p in zip(self.outs, outs, strict=True)}
        self.ctx.saved = tuple(
            wrap(Tensor, now[id(t)]) if id(t) in now else t for t in kept
        )
        try:
            yield
        finally:
            self.ctx.saved = kept


def _elements(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)


def _fitted(g: Any, place: int, x: Payload) -> Payload | None:
    """A gradient in its input's shape and dtype.

    Raises:
        RuntimeError: for what is no tensor, or too small.
    """
    if g is None:
        return None
    if not isinstance(g, core.Tensor):
        raise RuntimeError(
            f"Gradient should be none or tensor, position: {place} type: {type(g)}"
        )
    return summed_to(payload_of(g), x)


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
