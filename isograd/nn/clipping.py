"""Gradients of several arrays bounded by their common norm (Pascanu et al. 2013)."""

from __future__ import annotations

from collections.abc import Sequence

from isograd.core.primitive import Namespace, Payload


def total_norm(F: Namespace, xs: Sequence[Payload], ord: float = 2.0) -> Payload:
    """The p-norm of all elements of all arrays, of rank zero."""
    norms = [F.norm(x, axes=tuple(range(x.ndim)), ord=ord, safe=True) for x in xs]
    if len(norms) == 1:
        return norms[0]
    dtype = norms[0].dtype
    stacked = F.stack(*(F.convert(n, dtype=dtype) for n in norms), axis=0)
    return F.norm(stacked, axes=(0,), ord=ord, safe=True)


def scaled(
    F: Namespace,
    xs: Sequence[Payload],
    total: Payload,
    bound: float,
    eps: float = 1e-6,
) -> list[Payload]:
    """Each array times min(1, bound / (total + eps))."""
    factor = F.div(F.full_like(total, value=bound), F.add(total, eps))
    factor = F.clip(factor, lo=None, hi=1.0, edge=1)
    return [F.mul(x, F.convert(factor, dtype=x.dtype)) for x in xs]


def by_global_norm(F: Namespace, xs: Sequence[Payload], bound: float) -> list[Payload]:
    """Each array times bound / max(total norm, bound)."""
    total = total_norm(F, xs)
    largest = F.maximum(total, F.full_like(total, value=bound))
    return [F.div(F.mul(x, bound), F.convert(largest, dtype=x.dtype)) for x in xs]
