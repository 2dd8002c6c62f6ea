"""Forward mode: a primal with its tangent."""

from __future__ import annotations

from typing import Any

from isograd.core.primitive import BOUND, Payload, Primitive, bind


class Dual:
    """Carrier of forward mode; a payload without tangent is not wrapped."""

    __slots__ = ("level", "primal", "tangent")
    enabled = True  # whether operations carry tangents on

    def __init__(self, level: int, primal: Payload, tangent: Payload) -> None:
        self.level = level
        self.primal = primal
        self.tangent = tangent

    shape = property(lambda self: self.primal.shape)
    dtype = property(lambda self: self.primal.dtype)
    ndim = property(lambda self: self.primal.ndim)
    size = property(lambda self: self.primal.size)

    def concrete(self, what: str) -> Payload:
        return self.primal

    @staticmethod
    def process(
        prim: Primitive, args: tuple[Payload, ...], params: dict[str, Any], level: int
    ) -> Any:
        primals, tangents = zip(*(split(a, level) for a in args), strict=True)
        out = bind(prim, primals, params)
        if prim.differentiable is not None:
            flags = prim.flags(len(args))
            tangents = tuple(
                t if d else None for t, d in zip(tangents, flags, strict=True)
            )
        if prim.constant or not Dual.enabled or all(t is None for t in tangents):
            return out
        t = prim.jvp(BOUND, primals, tangents, out, **params)
        if prim.multi:
            return tuple(join(level, o, d) for o, d in zip(out, t, strict=True))
        return join(level, out, t)


def split(x: Payload, level: int) -> tuple[Payload, Payload | None]:
    """(primal, tangent or None) of a payload at a level."""
    if type(x) is Dual and x.level == level:
        return x.primal, x.tangent
    return x, None


def join(level: int, primal: Payload, tangent: Payload | None) -> Payload:
    return primal if tangent is None else Dual(level, primal, tangent)
