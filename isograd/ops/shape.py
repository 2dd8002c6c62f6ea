"""Joining arrays.  Reshape, transpose and broadcasting stand in `core/structural`."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import Aval, Namespace, Payload, Primitive


def _concat_impl(*xs: np.ndarray, axis: int) -> np.ndarray:
    return np.concatenate(xs, axis)


def _concat_abstract(*avals: Aval, axis: int) -> Aval:
    shape = list(avals[0].shape)
    shape[axis] = sum(a.shape[axis] for a in avals)
    return Aval(tuple(shape), avals[0].dtype)


def _concat_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axis: int
) -> tuple[Payload | None, ...]:
    cots: list[Payload | None] = []
    at = 0
    for need, size in zip(needs, saved, strict=True):
        part = None
        if need is not None:
            index = tuple(
                (at, at + size, 1) if i == axis else (0, n, 1)
                for i, n in enumerate(g.shape)
            )
            part = F.slice(g, index=index)
        cots.append(part)
        at += size
    return tuple(cots)


def _concat_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, axis: int
) -> Payload:
    ts = (
        F.zeros_like(p) if t is None else t
        for p, t in zip(primals, tangents, strict=True)
    )
    return F.concatenate(*ts, axis=axis)


def _concat_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, axis: int
) -> Payload:
    full = (
        a if b else F.broadcast_to(a, (size, *a.shape))
        for a, b in zip(args, batched, strict=True)
    )
    return F.concatenate(*full, axis=axis + 1)


concatenate = Primitive(
    "concatenate",
    _concat_impl,
    abstract=_concat_abstract,
    vjp=_concat_vjp,
    jvp=_concat_jvp,
    batch=_concat_batch,
    arity=None,
    keep=lambda args, outs, params: tuple(a.shape[params["axis"]] for a in args),
    kind="linear",
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)), rng.normal(size=(2, 1))), {"axis": 1}),
    ],
)
