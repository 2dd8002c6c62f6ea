"""Batching: one value for each of a batch, stacked along axis 0."""

from __future__ import annotations

from typing import Any

from isograd.base.errors import EngineError
from isograd.core.primitive import BOUND, Payload, Primitive, bind


class Batched:
    """Carrier of vmap: `value` has the batch as its axis 0, `shape` leaves it out."""

    __slots__ = ("level", "value")

    def __init__(self, level: int, value: Payload) -> None:
        self.level = level
        self.value = value

    shape = property(lambda self: self.value.shape[1:])
    dtype = property(lambda self: self.value.dtype)
    ndim = property(lambda self: self.value.ndim - 1)

    @property
    def size(self) -> int:
        return self.value.size // max(1, self.value.shape[0])

    def concrete(self, what: str) -> Payload:
        raise EngineError("vmap_escape", what=what)

    @staticmethod
    def process(
        prim: Primitive, args: tuple[Payload, ...], params: dict[str, Any], level: int
    ) -> Any:
        batched = tuple(type(a) is Batched and a.level == level for a in args)
        values = tuple(a.value if b else a for a, b in zip(args, batched, strict=True))
        if not any(batched):  # only lower values: a draw made inside of vmap
            return bind(prim, values, params)
        size = next(v.shape[0] for v, b in zip(values, batched, strict=True) if b)
        out = prim.batch(BOUND, values, batched, size, **params)
        if prim.multi:
            return tuple(Batched(level, o) for o in out)
        return Batched(level, out)


def unbatch(x: Payload, level: int, size: int) -> Payload:
    """The stacked value of a payload at a level; constants are repeated."""
    if type(x) is Batched and x.level == level:
        return x.value
    return BOUND.broadcast_to(x, (size, *x.shape))
