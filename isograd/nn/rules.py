"""Update rules that only MindSpore has; those shared with PyTorch are in `updates`.

Each writes a weight `w` and its state in place, given the gradient `g` (which may be
overwritten); all are arrays of one shape.  Scalars are Python numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

Array = np.ndarray


def moments(g: Array, m: Array, v: Array, beta1: float, beta2: float) -> None:
    """Running means of the gradient and of its square."""
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    v += (1 - beta2) * np.square(g)


def adam(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    step: int,
    nesterov: bool = False,
    peak: Array | None = None,
) -> None:
    """Kingma and Ba 2015, section 2, last paragraph: the correction is in the rate.

    `peak` holds the largest second moment so far (AMSGrad).
    """
    moments(g, m, v, beta1, beta2)
    rate = lr * sqrt(1 - beta2**step) / (1 - beta1**step)
    second = v
    if peak is not None:
        np.maximum(peak, v, out=peak)
        second = peak
    first = beta1 * m + (1 - beta1) * g if nesterov else m
    w -= rate * first / (np.sqrt(second) + eps)


def fixed_adagrad(w: Array, g: Array, accum: Array, *, lr: float) -> None:
    """Adagrad whose sums of squares stay."""
    w -= lr * g / np.sqrt(accum)


def proximal_adagrad(
    w: Array, g: Array, accum: Array, *, lr: float, l1: float, l2: float
) -> None:
    """Adagrad, then the proximal map of l1 |w| + l2 w^2 / 2 (Duchi and Singer 2009)."""
    accum += np.square(g)
    rate = lr / np.sqrt(accum)
    moved = w - rate * g
    shrunk = np.maximum(np.abs(moved) - rate * l1, 0) if l1 > 0 else np.abs(moved)
    w[...] = np.sign(moved) * shrunk / (1 + rate * l2)


def lamb(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
    step: int,
) -> None:
    """You et al. 2020: Adam's direction scaled by the ratio of norms, at most ten."""
    moments(g, m, v, beta1, beta2)
    update = m / (1 - beta1**step) / (np.sqrt(v / (1 - beta2**step)) + eps)
    update += weight_decay * w
    size, length = float(np.linalg.norm(w)), float(np.linalg.norm(update))
    ratio = min(size / length, 10.0) if size > 0 and length > 0 else 1.0
    w -= lr * ratio * update


def lars_scale(
    w: Array,
    g: Array,
    *,
    eps: float,
    coefficient: float,
    weight_decay: float,
    clip: bool,
    lr: float,
) -> Array:
    """You et al. 2017: the gradient with decay, scaled by a layer's ratio of norms."""
    size, length = float(np.linalg.norm(w)), float(np.linalg.norm(g))
    ratio = 1.0
    if size > 0 and length > 0:
        ratio = coefficient * size / (length + weight_decay * size + eps)
    if clip:
        ratio = min(ratio / lr, 1.0) if lr else ratio
    return ratio * (g + weight_decay * w)


def asgd_schedule(
    lr: float, lambd: float, alpha: float, t0: float, step: int
) -> tuple[float, float]:
    """(size, weight of the average) of a step of averaged descent, from 1."""
    before = step - 1
    return lr / (1 + lambd * lr * before) ** alpha, 1 / max(1.0, before - t0)


def nadam_momentum(beta1: float, decay: float, step: int) -> float:
    """Dozat 2016: momentum that grows with the steps."""
    return beta1 * (1 - 0.5 * 0.96 ** (step * decay))


def adafactor(
    w: Array,
    g: Array,
    rows: Array,
    columns: Array,
    square: Array,
    moment: Array | None,
    *,
    lr: float,
    step: int,
    eps: tuple[float, float],
    clip: float,
    decay: float,
    beta1: float,
    weight_decay: float,
    scale: bool,
    relative: bool,
    warmup: bool,
) -> None:
    """Shazeer and Stern 2018, algorithm 4; second moments of matrices are factored."""
    if relative:
        lr = min(1e-6 * step if warmup else 1e-2, 1 / sqrt(step))
    if scale:
        lr *= max(eps[1], float(np.sqrt(np.mean(np.square(w)))))
    beta2 = 1 - step**decay
    update = np.square(g) + eps[0]
    if w.ndim >= 2:
        rows *= beta2
        rows += (1 - beta2) * update.mean(-1)
        columns *= beta2
        columns += (1 - beta2) * update.mean(-2)
        share = np.sqrt(rows / rows.mean(-1, keepdims=True))
        update = g / (share[..., None] * np.sqrt(columns)[..., None, :])
    else:
        square *= beta2
        square += (1 - beta2) * update
        update = g / np.sqrt(square)
    update /= max(1.0, float(np.sqrt(np.mean(np.square(update)))) / clip)
    update *= lr
    if moment is not None:
        moment *= beta1
        moment += (1 - beta1) * update
        update = moment
    if weight_decay:
        w -= weight_decay * lr * w
    w -= update


def centralized(g: Array, axes: Sequence[int]) -> Array:
    """Yong et al. 2020: a gradient less its mean over all axes but the first."""
    return g - g.mean(axis=tuple(axes), keepdims=True) if axes else g
