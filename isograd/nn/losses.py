"""Losses of segmentation and of unbalanced classes."""

from __future__ import annotations

import numpy as np

from isograd.core.primitive import Namespace, Payload, composite


@composite
def focal_loss(
    F: Namespace,
    x: Payload,
    y: Payload,
    weight: Payload | None,
    *,
    gamma: float,
    reduction: str,
) -> Payload:
    """Cross entropy weighed by (1 - p)^gamma (Lin et al. 2017).

    x (n, classes, ...) holds logits; y their probabilities, or the numbers of the
    classes, of shape (n, ...) or (n, 1, ...).  As MindSpore has it: without reduction
    the result is a mean over space, of each class where y holds probabilities.
    """
    given = y.shape == x.shape
    y = _as_rows(F, y, x)
    logp = F.log_softmax(x, axis=1)
    rest = F.sub(F.ones_like(logp), F.exp(logp))
    factor = F.pow(rest, np.asarray(gamma, x.dtype))
    terms = F.mul(F.mul(factor, logp), y)
    if weight is not None:
        terms = F.mul(terms, F.reshape(weight, shape=(1, -1) + (1,) * (x.ndim - 2)))
    terms = F.mean(terms, axes=tuple(range(2, x.ndim))) if x.ndim > 2 else terms
    terms = terms if given else F.sum(terms, axes=(1,))
    return F.reduced(F.neg(terms), reduction=reduction)


def _as_rows(F: Namespace, y: Payload, x: Payload) -> Payload:
    """Probabilities of the classes in x's shape and dtype."""
    if y.dtype.kind in "iu" and y.shape != x.shape:
        y = F.squeeze(y, axes=(1,)) if y.ndim == x.ndim else y
        y = F.moveaxis(F.one_hot(y, count=x.shape[1], dtype=x.dtype), x.ndim - 1, 1)
    return F.convert(y, dtype=x.dtype)


@composite
def dice_loss(F: Namespace, x: Payload, y: Payload, *, smooth: float) -> Payload:
    """1 - 2 (x . y) / (|x|^2 + |y|^2), smoothed (Milletari et al. 2016)."""
    x, y = F.ravel(x), F.ravel(y)
    both = F.sum(F.mul(x, y), axes=(0,))
    total = F.add(F.sum(F.square(x), axes=(0,)), F.sum(F.square(y), axes=(0,)))
    return F.sub(1.0, F.div(F.add(F.mul(both, 2.0), smooth), F.add(total, smooth)))
