"""Update rules of optimisers, on ndarrays in place.

Each rule works on one parameter: `rule(p, g, *state, s, t, ...)` writes p and its state;
`s` and `t` are scratch arrays of p's shape.  `apply` runs a rule in blocks that stay in
the cache.  Sources: SGD with momentum (Sutskever et al. 2013), Adam and Adamax (Kingma
and Ba 2015), AMSGrad (Reddi et al. 2018), AdamW (Loshchilov and Hutter 2019), NAdam
(Dozat 2016), RAdam (Liu et al. 2020), RMSprop (Hinton 2012; Graves 2013, centred),
Adagrad (Duchi et al. 2011), Adadelta (Zeiler 2012), Rprop (Riedmiller and Braun 1993),
averaged SGD (Polyak and Juditsky 1992), FTRL (McMahan et al. 2013).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import sqrt
from typing import Any

import numpy as np

from isograd.base.dtypes import bfloat16
from isograd.core.large import LARGE, MAKERS

Array = np.ndarray
Rule = Callable[..., None]
ALLOCATING: set[Rule] = set()
"""Rules that also run without scratch: small arrays cost less than their allocation."""
BLOCK = 1 << 14  # elements: five float32 arrays of this size fit the second-level cache


def allocating(rule: Rule) -> Rule:
    """Declare that `s` and `t` of a rule may be None."""
    ALLOCATING.add(rule)
    return rule


def apply(rule: Rule, arrays: Sequence[Array], **hyper: Any) -> None:
    """Run an elementwise rule on `(p, g, *state)`, arrays of one shape.

    `hyper` are the rule's keywords.  Half precision is computed in float32.
    """
    p = arrays[0]
    if p.dtype.itemsize == 2:
        _in_float32(rule, arrays, hyper)
        return
    if p.size <= BLOCK and rule in ALLOCATING:
        rule(*arrays, None, None, **hyper)
        return
    if p.size <= BLOCK or not all(a.flags.c_contiguous for a in arrays):
        rule(*arrays, np.empty(p.shape, p.dtype), np.empty(p.shape, p.dtype), **hyper)
        return
    flat = [a.reshape(-1) for a in arrays]
    if MAKERS.update is not None and p.size >= LARGE:
        if MAKERS.update(rule, flat, hyper):
            return
    s, t = np.empty(BLOCK, p.dtype), np.empty(BLOCK, p.dtype)
    for at in range(0, p.size, BLOCK):
        parts = [a[at : at + BLOCK] for a in flat]
        n = parts[0].size
        rule(*parts, s[:n], t[:n], **hyper)


def run(
    rule: Rule, arrays: Sequence[Array], options: Mapping[str, Any], **more: Any
) -> None:
    """`apply` with an optimiser's options; `more` is what is not among them."""
    apply(rule, arrays, **hyperparameters(rule, options), **more)


def hyperparameters(rule: Rule, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of an optimiser's options that a rule has; `betas` are beta1 and beta2."""
    out = {n: options[n] for n in _keywords(rule) if n in options}
    if "betas" in options:
        out["beta1"], out["beta2"] = options["betas"]
    return out


@cache
def _keywords(rule: Rule) -> tuple[str, ...]:
    code: Any = rule.__code__
    return code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount]


def options(arguments: Mapping[str, Any], names: str = "") -> dict[str, Any]:
    """An optimiser's options from the `locals()` of its constructor.

    Args:
        arguments: the local names, with `self` and `params`, which are no options.
        names: the options, where they are ordered otherwise than the parameters.
    """
    left_out = {"self", "params", "__class__"}
    chosen = names.split() or [n for n in arguments if n not in left_out]
    return {n: arguments[n] for n in chosen}


def _in_float32(rule: Rule, arrays: Sequence[Array], hyper: dict[str, Any]) -> None:
    wide = [a.astype(np.float32) for a in arrays]
    scratch = np.empty(wide[0].shape, np.float32)
    rule(*wide, scratch, np.empty_like(scratch), **hyper)
    for i, (a, w) in enumerate(zip(arrays, wide, strict=True)):
        if i != 1:  # the gradient is only read
            a[...] = w.astype(a.dtype)


def _regular(
    p: Array, g: Array, s: Array | None, decay: float, maximize: bool
) -> Array:
    """The gradient with its sign and L2 penalty, in `s` where it differs from `g`."""
    if maximize:
        g = np.negative(g, out=s)
    if decay:
        s2 = np.multiply(p, decay, out=s if g is not s else None)
        g = np.add(g, s2, out=s)
    return g


def _lerp(mean: Array, g: Array, weight: float, scratch: Array) -> None:
    """mean += weight (g - mean)."""
    np.subtract(g, mean, out=scratch)
    scratch *= weight
    mean += scratch


def _second_moment(v: Array, g: Array, beta: float, scratch: Array) -> None:
    """v = beta v + (1 - beta) g^2."""
    v *= beta
    np.multiply(g, g, out=scratch)
    scratch *= 1 - beta
    v += scratch


# --- stochastic gradient descent ------------------------------------------------------


@allocating
def sgd(
    p: Array,
    g: Array,
    s: Array | None,
    t: Array | None,
    *,
    lr: float,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """p -= lr g."""
    g = _regular(p, g, s, weight_decay, maximize)
    p -= np.multiply(g, lr, out=t)


def momentum(
    p: Array,
    g: Array,
    buf: Array,
    s: Array,
    t: Array,
    *,
    lr: float,
    momentum: float,
    dampening: float = 0.0,
    weight_decay: float = 0.0,
    nesterov: bool = False,
    maximize: bool = False,
    first: bool = False,
) -> None:
    """buf = momentum buf + (1 - dampening) g; p -= lr buf.

    `first`: buf = g, whatever the dampening (PyTorch's first step).
    """
    g = _regular(p, g, s, weight_decay, maximize)
    if first:
        buf[...] = g
    else:
        buf *= momentum
        buf += g if not dampening else np.multiply(g, 1 - dampening, out=t)
    if nesterov:
        np.multiply(buf, momentum, out=t)
        t += g
        t *= lr
    else:
        np.multiply(buf, lr, out=t)
    p -= t


def asgd(
    p: Array,
    g: Array,
    ax: Array,
    s: Array,
    t: Array,
    *,
    eta: float,
    lambd: float,
    mu: float,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Decayed step of size eta; ax is the running average with weight mu."""
    g = _regular(p, g, s, weight_decay, maximize)
    np.multiply(g, eta, out=t)
    p *= 1 - lambd * eta
    p -= t
    if mu == 1:
        ax[...] = p
    else:
        _lerp(ax, p, mu, t)


# --- moments --------------------------------------------------------------------------


def adam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    *rest: Array,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    step: int,
    weight_decay: float = 0.0,
    decoupled: bool = False,
    maximize: bool = False,
) -> None:
    """m, v: means of g and g^2; p -= lr m^ / (sqrt(v^) + eps), bias-corrected.

    `decoupled`: weight decay acts on p itself (AdamW).  With a further state array the
    denominator uses the largest v so far (AMSGrad).
    """
    *maximum, s, t = rest
    if decoupled:
        p *= 1 - lr * weight_decay
        weight_decay = 0.0
    g = _regular(p, g, s, weight_decay, maximize)
    _lerp(m, g, 1 - beta1, t)
    _second_moment(v, g, beta2, t)
    if maximum:
        v = np.maximum(maximum[0], v, out=maximum[0])
    np.sqrt(v, out=t)
    t /= sqrt(1 - beta2**step)
    t += eps
    np.divide(m, t, out=t)
    t *= lr / (1 - beta1**step)
    p -= t


def adam_scaled_rate(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    s: Array,
    t: Array,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float = 0.0,
    nesterov: bool = False,
) -> None:
    """Adam with the bias correction in the rate alone: eps is not corrected.

    `lr` is the corrected rate, see `corrected_rate`.
    """
    g = _regular(p, g, s, weight_decay, False)
    _lerp(m, g, 1 - beta1, t)
    _second_moment(v, g, beta2, t)
    np.sqrt(v, out=t)
    t += eps
    if nesterov:
        np.multiply(g, 1 - beta1, out=s)
        s += beta1 * m
        np.divide(s, t, out=t)
    else:
        np.divide(m, t, out=t)
    t *= lr
    p -= t


def corrected_rate(lr: float, beta1: float, beta2: float, step: int) -> float:
    """lr sqrt(1 - beta2^step) / (1 - beta1^step)."""
    return rate_of_powers(lr, beta1**step, beta2**step)


def rate_of_powers(lr: float, power1: float, power2: float) -> float:
    """lr sqrt(1 - power2) / (1 - power1), of powers beta^step."""
    return lr * sqrt(1 - power2) / (1 - power1)


def adam_uncorrected(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    s: Array,
    t: Array,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float = 0.0,
) -> None:
    """Adam with decoupled decay and no bias correction (BERT's)."""
    _lerp(m, g, 1 - beta1, t)
    _second_moment(v, g, beta2, t)
    np.sqrt(v, out=t)
    t += eps
    np.divide(m, t, out=t)
    if weight_decay:
        t += np.multiply(p, weight_decay, out=s)
    t *= lr
    p -= t


def adamax(
    p: Array,
    g: Array,
    m: Array,
    u: Array,
    s: Array,
    t: Array,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    step: int,
    weight_decay: float = 0.0,
    maximize: bool = False,
    eps_in_norm: bool = True,
) -> None:
    """u = max(beta2 u, |g| + eps); p -= lr / (1 - beta1^step) m / u.

    Without `eps_in_norm`, eps is added to u in the denominator instead.
    """
    g = _regular(p, g, s, weight_decay, maximize)
    _lerp(m, g, 1 - beta1, t)
    np.abs(g, out=t)
    if eps_in_norm:
        t += eps
    u *= beta2
    np.maximum(u, t, out=u)
    np.divide(m, u if eps_in_norm else np.add(u, eps, out=t), out=t)
    t *= lr / (1 - beta1**step)
    p -= t


def nadam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    s: Array,
    t: Array,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    step: int,
    mu: float,
    mu_next: float,
    mu_product: float,
    weight_decay: float = 0.0,
    decoupled: bool = False,
    maximize: bool = False,
) -> None:
    """Adam with Nesterov momentum of schedule mu; `mu_product` includes mu."""
    if decoupled:
        p *= 1 - lr * weight_decay
        weight_decay = 0.0
    g = _regular(p, g, s, weight_decay, maximize)
    _lerp(m, g, 1 - beta1, t)
    _second_moment(v, g, beta2, t)
    np.sqrt(v / (1 - beta2**step), out=t)
    t += eps
    p -= g / t * (lr * (1 - mu) / (1 - mu_product))
    p -= m / t * (lr * mu_next / (1 - mu_product * mu_next))


def radam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    s: Array,
    t: Array,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    step: int,
    weight_decay: float = 0.0,
    decoupled: bool = False,
    maximize: bool = False,
) -> None:
    """Adam whose step is rectified for the variance of 1/sqrt(v)."""
    if decoupled:
        p *= 1 - lr * weight_decay
        weight_decay = 0.0
    g = _regular(p, g, s, weight_decay, maximize)
    _lerp(m, g, 1 - beta1, t)
    _second_moment(v, g, beta2, t)
    correction2 = 1 - beta2**step
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * step * beta2**step / correction2
    np.divide(m, 1 - beta1**step, out=s)
    if length > 5:
        rectified = sqrt(
            (length - 4)
            * (length - 2)
            * longest
            / ((longest - 4) * (longest - 2) * length)
        )
        np.sqrt(v, out=t)
        t += eps
        np.divide(sqrt(correction2), t, out=t)
        s *= lr
        s *= t
        s *= rectified
    else:
        s *= lr
    p -= s


# --- squared gradients ----------------------------------------------------------------


def rmsprop(
    p: Array,
    g: Array,
    v: Array,
    *rest: Array,
    lr: float,
    alpha: float,
    eps: float,
    momentum: float = 0.0,
    centered: bool = False,
    weight_decay: float = 0.0,
    maximize: bool = False,
    eps_inside: bool = False,
) -> None:
    """v: mean of g^2; p -= lr g / (sqrt(v) + eps).

    Further state, in this order: the mean of g if `centered`, the momentum's buffer.
    With `eps_inside` the denominator is sqrt(v + eps) and the buffer holds the steps.
    """
    *state, s, t = rest
    g = _regular(p, g, s, weight_decay, maximize)
    _second_moment(v, g, alpha, t)
    if centered:
        mean = state.pop(0)
        _lerp(mean, g, 1 - alpha, t)
        np.multiply(mean, mean, out=t)
        np.subtract(v, t, out=t)
    else:
        t[...] = v
    if eps_inside:
        t += eps
        np.sqrt(t, out=t)
    else:
        np.sqrt(t, out=t)
        t += eps
    np.divide(g, t, out=t)
    if eps_inside:
        t *= lr
    if state:
        buf = state[0]
        buf *= momentum
        buf += t
        t[...] = buf
    if not eps_inside:
        t *= lr
    p -= t


def adagrad(
    p: Array,
    g: Array,
    total: Array,
    s: Array,
    t: Array,
    *,
    lr: float,
    eps: float = 0.0,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """total += g^2; p -= lr g / (sqrt(total) + eps)."""
    g = _regular(p, g, s, weight_decay, maximize)
    np.multiply(g, g, out=t)
    total += t
    np.sqrt(total, out=t)
    t += eps
    np.divide(g, t, out=t)
    t *= lr
    p -= t


def adadelta(
    p: Array,
    g: Array,
    v: Array,
    delta: Array,
    s: Array,
    t: Array,
    *,
    lr: float,
    rho: float,
    eps: float,
    weight_decay: float = 0.0,
    maximize: bool = False,
) -> None:
    """Steps scaled by the ratio of the root mean squares of steps and gradients."""
    g = _regular(p, g, s, weight_decay, maximize)
    _second_moment(v, g, rho, t)
    np.add(v, eps, out=t)
    np.sqrt(t, out=t)
    root = np.sqrt(delta + eps)
    np.divide(root, t, out=t)
    t *= g
    _second_moment(delta, t, rho, root)
    t *= lr
    p -= t


def rprop(
    p: Array,
    g: Array,
    previous: Array,
    size: Array,
    s: Array,
    t: Array,
    *,
    shrink: float,
    grow: float,
    smallest: float,
    largest: float,
    maximize: bool = False,
) -> None:
    """Step sizes that grow while the gradient keeps its sign; only signs are used."""
    g = _regular(p, g, s, 0.0, maximize)
    np.multiply(g, previous, out=t)
    turned = t < 0
    size *= np.where(turned, shrink, np.where(t > 0, grow, 1.0)).astype(p.dtype)
    np.clip(size, smallest, largest, out=size)
    kept = np.where(turned, 0, g)
    np.sign(kept, out=t)
    t *= size
    p -= t
    previous[...] = kept


def ftrl(
    p: Array,
    g: Array,
    total: Array,
    z: Array,
    s: Array,
    t: Array,
    *,
    lr: float,
    power: float,
    l1: float,
    l2: float,
    weight_decay: float = 0.0,
) -> None:
    """Follow the regularised leader, proximal; `power` is that of the rate, <= 0."""
    g = _regular(p, g, s, weight_decay, False)
    new = total + g * g
    z += g - (new**-power - total**-power) / lr * p
    total[...] = new
    quadratic = new**-power / lr + 2 * l2
    p[...] = np.where(np.abs(z) > l1, (np.sign(z) * l1 - z) / quadratic, 0)


# --- whole matrices -------------------------------------------------------------------


def newton_schulz(g: Array, coefficients: Any, steps: int, eps: float) -> Array:
    """An approximate orthogonalisation of a matrix by a quintic iteration (Muon).

    The iteration is stable in bfloat16, in which it is defined: each result is rounded.
    """
    low = bfloat16()

    def rounded(x: Any) -> Array:
        return np.asarray(x, low).astype(np.float32)

    a, b, c = coefficients
    tall = g.shape[0] > g.shape[1]
    x = rounded(g.T if tall else g)
    x = rounded(x / max(float(rounded(np.linalg.norm(x))), eps))
    for _ in range(steps):
        gram = rounded(x @ x.T)
        x = rounded(a * x + rounded(b * gram + c * (gram @ gram)) @ x)
    return x.T if tall else x


def muon_scale(shape: Sequence[int], as_adam: bool = False) -> float:
    """The factor of Muon's rate for a matrix; `as_adam`: steps as large as AdamW's."""
    rows, columns = shape
    return 0.2 * sqrt(max(shape)) if as_adam else sqrt(max(1, rows / columns))


def adafactor(
    p: Array,
    g: Array,
    state: dict[str, Array],
    *,
    step: float,
    lr: float,
    beta2_decay: float,
    eps: tuple[float, float],
    d: float,
    weight_decay: float,
) -> None:
    """Second moments of matrices by their rows and columns (Shazeer and Stern 2018).

    `state` has `row_var` and `col_var` for matrices, else `variance`.
    """
    fresh = step**beta2_decay
    size = sqrt(float(np.vdot(p, p).real) / p.size)
    alpha = max(eps[1], size) * min(lr, 1 / sqrt(step))
    if weight_decay:
        p *= 1 - lr * weight_decay
    if "row_var" in state:
        row, col = state["row_var"], state["col_var"]
        row += (np.mean(g * g, axis=-1, keepdims=True) - row) * fresh
        col += (np.mean(g * g, axis=-2, keepdims=True) - col) * fresh
        mean = np.maximum(row.mean(axis=-2, keepdims=True), eps[0])
        variance = row @ col / mean
    else:
        variance = state["variance"]
        variance += (g * g - variance) * fresh
    update = g / np.sqrt(np.maximum(variance, eps[0] * eps[0]))
    rms = sqrt(float(np.vdot(update, update).real) / update.size)
    p -= (alpha / max(1.0, rms / d) * update).astype(p.dtype)


def muon(
    p: Array,
    g: Array,
    buf: Array,
    *,
    lr: float,
    scale: float,
    weight_decay: float,
    momentum: float,
    nesterov: bool,
    coefficients: Any,
    steps: int,
    eps: float,
) -> None:
    """Momentum whose step is orthogonalised (Jordan et al. 2024)."""
    buf += (1 - momentum) * (g - buf)
    step = g + momentum * (buf - g) if nesterov else buf
    step = newton_schulz(step, coefficients, steps, eps)
    p *= 1 - lr * weight_decay
    p -= lr * scale * step.astype(p.dtype)
