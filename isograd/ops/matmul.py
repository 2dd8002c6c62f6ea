"""Matrix products."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.families import broadcast_shape, multilinear
from isograd.core.primitive import Aval, Namespace, Payload


def _matmul_impl(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    out = np.matmul(x, y)
    return out if out.dtype == x.dtype else out.astype(x.dtype)  # bfloat16 gives float32


def _matmul_abstract(x: Aval, y: Aval) -> Aval:
    lead = broadcast_shape(x.shape[:-2], y.shape[:-2])
    return Aval((*lead, x.shape[-2], y.shape[-1]), x.dtype)


def _left(F: Namespace, g: Payload, operands: Any, shape: Any) -> Payload:
    return F.sum_to(F.matmul(g, F.conj(F.mT(operands[1]))), shape)


def _right(F: Namespace, g: Payload, operands: Any, shape: Any) -> Payload:
    return F.sum_to(F.matmul(F.conj(F.mT(operands[0])), g), shape)


def _matmul_batch(
    F: Namespace, args: Any, batched: Any, size: int
) -> Payload:
    rank = max(a.ndim - b for a, b in zip(args, batched, strict=True))
    full = [
        F.reshape(a, shape=(size,) + (1,) * (rank - a.ndim + 1) + a.shape[1:])
        if b else a
        for a, b in zip(args, batched, strict=True)
    ]
    return F.matmul(*full)


matmul = multilinear(
    "matmul",
    _matmul_impl,
    abstract=_matmul_abstract,
    adjoints=(_left, _right),
    batch=_matmul_batch,
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)), rng.normal(size=(3, 4))), {}),
        ((rng.normal(size=(5, 2, 3)), rng.normal(size=(3, 1))), {}),
        ((rng.normal(size=(2, 1, 2, 3)), rng.normal(size=(3, 3, 2))), {}),
    ],
    doc="x (..., m, k) times y (..., k, n); leading axes broadcast.",
)
