"""Attention (Vaswani et al. 2017) as composites."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

from isograd.core.primitive import Namespace, Payload, composite

Drop = Callable[[Payload], Payload]


def causal(rows: int, columns: int) -> np.ndarray:
    """True where a query may look: at its own place and before."""
    return np.tril(np.ones((rows, columns), bool))


@composite
def attention(
    F: Namespace,
    q: Payload,
    k: Payload,
    v: Payload,
    mask: Payload | None = None,
    *,
    scale: float | None = None,
    drop: Drop | None = None,
) -> tuple[Payload, Payload]:
    """(softmax(q k^T scale + mask) v, the weights).

    q (..., l, d), k (..., s, d), v (..., s, e).  A mask of bools says where to look, one
    of floats is added.
    """
    factor = 1 / sqrt(q.shape[-1]) if scale is None else scale
    scores = F.matmul(F.mul(q, factor), F.mT(k))
    if mask is not None:
        scores = F.add(scores, as_bias(F, mask, scores.dtype))
    weights = F.softmax(scores, axis=scores.ndim - 1)
    weights = weights if drop is None else drop(weights)
    return F.matmul(weights, v), weights


def as_bias(F: Namespace, mask: Payload, dtype: np.dtype[Any]) -> Payload:
    """A mask as what is added to scores: -inf where a bool mask is false."""
    if mask.dtype.kind != "b":
        return F.convert(mask, dtype=dtype)
    return F.where(mask, np.zeros((), dtype), np.asarray(-np.inf, dtype))


def heads(F: Namespace, x: Payload, count: int) -> Payload:
    """(time, n, features) to (n, heads, time, features / heads)."""
    t, n, e = x.shape
    return F.transpose(F.reshape(x, shape=(t, n, count, e // count)), axes=(1, 2, 0, 3))


def joined(F: Namespace, x: Payload) -> Payload:
    """(n, heads, time, d) to (time, n, heads d)."""
    n, h, t, d = x.shape
    return F.reshape(F.transpose(x, axes=(2, 0, 1, 3)), shape=(t, n, h * d))
