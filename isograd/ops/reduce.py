"""Reductions and scans."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.families import linear
from isograd.core.primitive import Aval, Namespace, Payload, Primitive

Shape = tuple[int, ...]


def reduced_shape(shape: Shape, axes: Shape) -> Shape:
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def _max_impl(x: np.ndarray, *, axes: Shape) -> np.ndarray:
    return np.asarray(np.max(x, axis=axes))


def _max_share(F: Namespace, x: Payload, out: Payload, axes: Shape) -> Payload:
    """The derivative of max: ties share it evenly, as PyTorch's amax has it."""
    hits = F.convert(F.eq(x, F.expand(out, x.shape, axes)), dtype=x.dtype)
    return F.div(hits, F.expand(F.sum(hits, axes=axes), x.shape, axes))


def _max_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axes: Shape
) -> tuple[Payload]:
    x, out = saved
    return (F.mul(F.expand(g, x.shape, axes), _max_share(F, x, out, axes)),)


def _max_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, axes: Shape
) -> Payload:
    share = _max_share(F, primals[0], out, axes)
    return F.sum(F.mul(tangents[0], share), axes=axes)


max_ = Primitive(
    "max",
    _max_impl,
    abstract=lambda x, axes: Aval(reduced_shape(x.shape, axes), x.dtype),
    vjp=_max_vjp,
    jvp=_max_jvp,
    batch=lambda F, args, batched, size, axes: F.max(
        args[0], axes=tuple(a + 1 for a in axes)
    ),
    reads=((0, -1),),
    kinds="fib",
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {"axes": (1,)}),
        ((rng.normal(size=(2, 3)),), {"axes": (0, 1)}),
    ],
)


def _cumsum_impl(x: np.ndarray, *, axis: int, reverse: bool) -> np.ndarray:
    if reverse:
        return np.flip(np.cumsum(np.flip(x, axis), axis, dtype=x.dtype), axis)
    return np.cumsum(x, axis, dtype=x.dtype)


cumsum = linear(
    "cumsum",
    _cumsum_impl,
    abstract=lambda x, axis, reverse: x,
    adjoint=lambda F, g, operand, axis, reverse: F.cumsum(
        g, axis=axis, reverse=not reverse
    ),
    lift=lambda size, operand, axis, reverse: {"axis": axis + 1, "reverse": reverse},
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {"axis": 1, "reverse": False}),
        ((rng.normal(size=(2, 3)),), {"axis": 0, "reverse": True}),
    ],
)
