"""A tensor with operators, as small as a dialect can be, for the engine's own tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.core import fast, mutation
from isograd.core.primitive import BOUND, REGISTRY
from isograd.core.reverse import sweep
from isograd.core.tape import Leaf
from isograd.core.tensor import Tensor, payload_of, wrap

Array = np.ndarray


def call(name: str, *args: Any, **params: Any) -> Any:
    """The bound function `name` on tensors, arrays and numbers."""
    payloads = [
        payload_of(a)
        if isinstance(a, Tensor)
        else np.asarray(a)
        if isinstance(a, np.generic)
        else a
        for a in args
    ]
    out = getattr(BOUND, name)(*payloads, **params)
    return (
        tuple(wrap(Var, o) for o in out) if isinstance(out, tuple) else wrap(Var, out)
    )


def function(name: str) -> Callable[..., Any]:
    return lambda *args, **params: call(name, *args, **params)


exp, log, tanh, sort = map(function, ("exp", "log", "tanh", "sort"))


class Var(Tensor):
    """A tensor with arithmetic, basic slices and writes in place."""

    def __init__(self, value: Any) -> None:
        super().__init__(np.asarray(value))

    shape = property(lambda self: self._p.shape)
    __neg__ = function("neg")
    __sub__ = function("sub")
    __truediv__ = function("div")
    __pow__ = function("pow")

    def __add__(self, other: Any) -> Var:
        return add(self, other)

    def __mul__(self, other: Any) -> Var:
        return mul(self, other)

    __radd__, __rmul__ = __add__, __mul__

    def sum(self) -> Var:
        return call("sum", self, axes=tuple(range(len(self.shape))))

    def view(self, name: str, **params: Any) -> Var:
        return mutation.make_view(Var, self, REGISTRY[name], params)

    def part(self, start: int, stop: int) -> Var:
        """The view `self[start:stop]`."""
        rest = ((0, n, 1) for n in self.shape[1:])
        return self.view("slice", index=((start, stop, 1), *rest))

    def reshape(self, *shape: int) -> Var:
        return self.view("reshape", shape=shape)

    def transpose(self, *axes: int) -> Var:
        return self.view("transpose", axes=axes)

    def write(self, value: Any) -> Var:
        value = value if isinstance(value, Tensor) else Var(value)
        mutation.write(self, payload_of(call("broadcast_to", value, self.shape)))
        return self

    def in_place(self, name: str, *others: Any) -> Var:
        others = tuple(
            o if isinstance(o, Tensor) else Var(np.asarray(o, float)) for o in others
        )
        mutation.apply_in_place(REGISTRY[name], self, others, {})
        return self


add = fast.binary(REGISTRY["add"], Var, lambda x, y: call("add", x, y))
mul = fast.binary(REGISTRY["mul"], Var, lambda x, y: call("mul", x, y))


def leaf(value: Any, level: int = 0) -> Var:
    """A tensor that is differentiated with respect to."""
    t = Var(np.array(value, float))
    t._node = Leaf(t._p.shape, level)
    return t


def value(x: Any) -> Array:
    return x._p if isinstance(x, Tensor) else np.asarray(x)


def gradients(
    root: Tensor, xs: Sequence[Tensor], cotangent: Any = None, **options: Any
) -> list[Any]:
    """Cotangents of `xs` from the sweep, None where nothing arrived."""
    assert root._node is not None
    g = np.ones(root._p.shape) if cotangent is None else cotangent
    found = sweep([root._node], [g], [x._node for x in xs], **options)
    return [found.get(x._node) for x in xs]
