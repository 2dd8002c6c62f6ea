"""Composites that formulas of distributions call.

Sources: Loaiza-Ganem and Cunningham 2019, appendix (tilt_..., for the continuous
Bernoulli, whose density exp(tilt x) has a Taylor series about probability 1/2);
Pickands 1975 (pareto_...); Kumaraswamy 1980.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import Namespace, Payload, composite
from isograd.nn.probability.formula import Formula


@composite
def at_least(F: Namespace, x: Payload, *, lo: float) -> Payload:
    return F.clip(x, lo=lo, hi=None, edge=1)


@composite
def positive(F: Namespace, x: Payload) -> Payload:
    """x, at least the smallest normal number, passing any tangent."""
    tiny = float(np.finfo(x.dtype).tiny)
    return F.where(F.lt(x, tiny), F.add(F.sub(x, F.stop_gradient(x)), tiny), x)


@composite
def inside(F: Namespace, x: Payload) -> Payload:
    """x kept within the open unit interval."""
    info = np.finfo(x.dtype)
    return F.clip(x, lo=float(info.tiny), hi=1.0 - float(info.eps), edge=1)


@composite
def paired(F: Namespace, a: Payload, b: Payload) -> Payload:
    """Two arrays of one shape along a new last axis."""
    shape = (*a.shape, 1)
    a, b = F.reshape(a, shape=shape), F.reshape(b, shape=shape)
    return F.concatenate(a, b, axis=len(shape) - 1)


@composite
def first_share(F: Namespace, pair: Payload) -> Payload:
    """a / (a + b) for pairs on the last axis."""
    shape, axis = pair.shape[:-1], pair.ndim - 1
    a = F.reshape(F.ranged(pair, axis=axis, start=0, stop=1), shape=shape)
    return F.div(a, F.sum(pair, axes=(axis,)))


@composite
def as_number(F: Namespace, mask: Payload, like: Payload) -> Payload:
    """1 where a mask holds, else 0, in the dtype of `like`."""
    return F.convert(mask, dtype=like.dtype)


@composite
def sum_of_last(F: Namespace, x: Payload) -> Payload:
    return F.sum(x, axes=(x.ndim - 1,))


@composite
def as_last(F: Namespace, x: Payload, like: Payload) -> Payload:
    """x, which lacks the last axis of `like`, repeated along it."""
    return F.expand(x, like.shape, (like.ndim - 1,))


@composite
def log_i0(F: Namespace, x: Payload) -> Payload:
    """The logarithm of the modified Bessel function of order 0."""
    return F.add(F.log(F.i0e(x)), F.abs(x))


@composite
def cross_entropy_of_logits(F: Namespace, logits: Payload, p: Payload) -> Payload:
    """-p log(s) - (1 - p) log(1 - s) for s = sigmoid(logits)."""
    return F.sub(F.mul(F.sub(1.0, p), logits), F.logsigmoid(logits))


@composite
def softplus_of(F: Namespace, x: Payload) -> Payload:
    """log(1 + exp(x))."""
    return F.neg(F.logsigmoid(F.neg(x)))


# --- probabilities and logits ---------------------------------------------------------


@composite
def clamped_probs(F: Namespace, probs: Payload) -> Payload:
    eps = float(np.finfo(probs.dtype).eps)
    return F.clip(probs, lo=eps, hi=1.0 - eps, edge=1)


@composite
def binary_logits(F: Namespace, probs: Payload) -> Payload:
    p = F.clamped_probs(probs)
    return F.sub(F.log(p), F.log1p(F.neg(p)))


@composite
def class_logits(F: Namespace, probs: Payload) -> Payload:
    return F.log(F.clamped_probs(probs))


@composite
def class_probs(F: Namespace, logits: Payload) -> Payload:
    return F.softmax(logits, axis=logits.ndim - 1)


@composite
def normalised_logits(F: Namespace, logits: Payload) -> Payload:
    axes = (logits.ndim - 1,)
    total = F.logsumexp(logits, axes=axes)
    return F.sub(logits, F.expand(total, logits.shape, axes))


@composite
def normalised_probs(F: Namespace, probs: Payload) -> Payload:
    axes = (probs.ndim - 1,)
    return F.div(probs, F.expand(F.sum(probs, axes=axes), probs.shape, axes))


# --- generalised Pareto ---------------------------------------------------------------


def _at_zero(F: Namespace, c: Payload) -> tuple[Payload, Payload]:
    """(where c is about 0, c made safe to divide by)."""
    zero = F.le(F.abs(c), 1e-8)
    return zero, F.where(zero, F.ones_like(c), c)


@composite
def log1p_scaled(F: Namespace, z: Payload, c: Payload) -> Payload:
    """log(1 + c z), 0 where c is 0."""
    zero, _ = _at_zero(F, c)
    out = F.log1p(F.mul(c, z))
    return F.where(zero, F.zeros_like(out), out)


@composite
def pareto_depth(F: Namespace, z: Payload, c: Payload) -> Payload:
    """-log of the survival function: log(1 + c z) / c, z where c is 0."""
    zero, safe = _at_zero(F, c)
    depth = F.div(F.log1p(F.mul(safe, z)), safe)
    return F.where(zero, F.broadcast_to(z, depth.shape), depth)


@composite
def pareto_height(F: Namespace, q: Payload, c: Payload) -> Payload:
    """The standard quantile: ((1 - q)^-c - 1) / c, -log(1 - q) where c is 0."""
    zero, safe = _at_zero(F, c)
    e = F.neg(F.log1p(F.neg(q)))
    height = F.div(F.expm1(F.mul(safe, e)), safe)
    return F.where(zero, F.broadcast_to(e, height.shape), height)


# --- Kumaraswamy ----------------------------------------------------------------------


@composite
def kumaraswamy_moment(F: Namespace, a: Payload, b: Payload, *, order: int) -> Payload:
    """b B(1 + order / a, b)."""
    first = F.add(F.div(float(order), a), 1.0)
    log_value = F.sub(F.add(F.lgamma(first), F.lgamma(b)), F.lgamma(F.add(first, b)))
    return F.mul(b, F.exp(log_value))


# --- continuous Bernoulli -------------------------------------------------------------

_TILT = {
    # name: (formula of the probability p, its series in d = p - 1/2)
    "tilt_norm": (
        "log(abs(log1p(-p) - log(p))) - log(abs(1.0 - 2.0 * p))",
        "LOG_2 + (4.0 / 3.0 + 104.0 / 45.0 * (d * d)) * (d * d)",
    ),
    "tilt_mean": (
        "p / (2.0 * p - 1.0) + 1.0 / (log1p(-p) - log(p))",
        "0.5 + (1.0 / 3.0 + 16.0 / 45.0 * (d * d)) * d",
    ),
    "tilt_variance": (
        "l = log1p(-p) - log(p); w = 1.0 - 2.0 * p; p * (p - 1.0) / (w * w)"
        " + 1.0 / (l * l)",
        "1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * (d * d)) * (d * d)",
    ),
}


def _tilt(name: str, far: Formula, near: Formula) -> None:
    def value(F: Namespace, probs: Payload, *, lo: float, hi: float) -> Payload:
        p = F.clamped_probs(probs)
        close, cut = _cut(F, p, lo, hi)
        return F.where(close, near(F.sub(p, 0.5)), far(cut))

    value.__name__ = name
    composite(value)


def _cut(F: Namespace, p: Payload, lo: float, hi: float) -> tuple[Payload, Payload]:
    """(where p is within [lo, hi], p moved out of there)."""
    close = F.logical_and(F.gt(p, lo), F.le(p, hi))
    return close, F.where(close, F.full_like(p, value=lo), p)


for _name, (_far, _near) in _TILT.items():
    _tilt(_name, Formula(_name, _far), Formula(f"{_name}_near", _near))


@composite
def tilt_cdf(
    F: Namespace, x: Payload, probs: Payload, *, lo: float, hi: float
) -> Payload:
    """(p^x (1 - p)^(1 - x) + p - 1) / (2 p - 1), x near p = 1/2; 0 and 1 outside."""
    close, p = _cut(F, F.clamped_probs(probs), lo, hi)
    power = F.mul(F.pow(p, x), F.pow(F.sub(1.0, p), F.sub(1.0, x)))
    far = F.div(F.sub(F.add(power, p), 1.0), F.sub(F.mul(p, 2.0), 1.0))
    inner = F.where(close, F.broadcast_to(x, far.shape), far)
    inner = F.where(F.le(x, 0.0), F.zeros_like(inner), inner)
    return F.where(F.ge(x, 1.0), F.ones_like(inner), inner)


@composite
def tilt_icdf(
    F: Namespace, q: Payload, probs: Payload, *, lo: float, hi: float
) -> Payload:
    close, p = _cut(F, F.clamped_probs(probs), lo, hi)
    slope: Any = F.log1p(F.neg(p))
    top = F.sub(F.log1p(F.add(F.neg(p), F.mul(q, F.sub(F.mul(p, 2.0), 1.0)))), slope)
    far = F.div(top, F.sub(F.log(p), slope))
    return F.where(close, F.broadcast_to(q, far.shape), far)
