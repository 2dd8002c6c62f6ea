"""Distributions over vectors, matrices and classes, as functions of payloads.

Events are the last axes.  Functions that draw take `shape` (of the result), `dtype` and
`rng`.  Sources: Johnson, Kotz and Balakrishnan, Discrete Multivariate Distributions
(1997); Kotz, Balakrishnan and Johnson, Continuous Multivariate Distributions (2000);
Woodbury 1950 (low rank covariances); Wishart 1928 with the sampler of Smith and Hocking
1972 (Bartlett's decomposition); Lewandowski, Kurowicka and Joe 2009 (correlations).
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi, prod
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND as F
from isograd.core.primitive import RAW, Payload

Shape = tuple[int, ...]
LOG_2PI = log(2 * pi)


def labelled(label: str) -> Callable[[Any], Any]:
    """Mark a function with the name that PyTorch's last operation of it has."""

    def mark(fn: Any) -> Any:
        fn.label = label
        return fn

    return mark


def sum_last(x: Payload, count: int = 1) -> Payload:
    return F.sum(x, axes=tuple(range(x.ndim - count, x.ndim)))


def unsqueezed(x: Payload) -> Payload:
    return F.reshape(x, shape=(*x.shape, 1))


def square(x: Payload) -> Payload:
    return F.mul(x, x)


def log_diagonal(tril: Payload) -> Payload:
    """The sum of the logarithms of a matrix's diagonal."""
    return sum_last(F.log(F.matrix_diagonal(tril)))


def part(x: Payload, start: int, stop: int) -> Payload:
    """x[..., start:stop]."""
    return F.ranged(x, axis=x.ndim - 1, start=start, stop=stop)


def _eye(like: Payload) -> np.ndarray:
    return np.broadcast_to(np.eye(like.shape[-1], dtype=like.dtype), like.shape)


def _normal(shape: Shape, dtype: Any, rng: Any) -> Payload:
    return F.random_normal(shape=shape, dtype=dtype, generator=rng)


def matvec(a: Payload, x: Payload) -> Payload:
    """A x for matrices and vectors in batches that broadcast."""
    out = F.matmul_any(a, unsqueezed(x))
    return F.reshape(out, shape=out.shape[:-1])


def solved(tril: Payload, b: Payload) -> Payload:
    """L^-1 B for lower triangular L, in batches that broadcast."""
    stack = np.broadcast_shapes(tril.shape[:-2], b.shape[:-2])
    tril = F.broadcast_to(tril, (*stack, *tril.shape[-2:]))
    b = F.broadcast_to(b, (*stack, *b.shape[-2:]))
    return F.solve_triangular(tril, b, lower=True, unit=False)


# --- classes --------------------------------------------------------------------------


def categorical_sample(
    probs: Payload, *, shape: Shape, dtype: Any, rng: Any
) -> Payload:
    """The draws for each row of probabilities together, after those of another."""
    batch = probs.shape[:-1]
    count = prod(shape[: len(shape) - len(batch)])
    rows = F.reshape(probs, shape=(prod(batch), probs.shape[-1]))
    if not count:
        return np.zeros(shape, np.int64)
    drawn = F.random_multinomial(rows, count=count, replacement=True, generator=rng)
    return F.reshape(F.mT(drawn), shape=shape)


@labelled("SqueezeBackward1")
def categorical_log_prob(logits: Payload, index: Payload) -> Payload:
    shape = np.broadcast_shapes(index.shape, logits.shape[:-1])
    full = F.broadcast_to(logits, (*shape, logits.shape[-1]))
    places = F.convert(F.broadcast_to(index, shape), dtype=np.dtype(np.int64))
    found = F.take_along_axis(full, unsqueezed(places), axis=full.ndim - 1)
    return F.reshape(found, shape=shape)


def categorical_entropy(logits: Payload, probs: Payload) -> Payload:
    least = float(np.finfo(logits.dtype).min)
    bounded = F.clip(logits, lo=least, hi=None, edge=1)
    return F.neg(sum_last(F.mul(bounded, probs)))


def multinomial_log_prob(logits: Payload, counts: Payload) -> Payload:
    ways = F.sub(
        F.lgamma(F.add(sum_last(counts), 1.0)),
        sum_last(F.lgamma(F.add(counts, 1.0))),
    )
    shape = np.broadcast_shapes(logits.shape, counts.shape)
    terms = F.mul(F.broadcast_to(logits, shape), counts)
    never = F.logical_and(F.eq(counts, 0.0), F.eq(logits, -np.inf))
    return F.add(ways, sum_last(F.where(never, F.zeros_like(terms), terms)))


def multinomial_entropy(logits: Payload, probs: Payload, n: int) -> Payload:
    """n H(p) - log n! + sum over classes of E log(count!)."""
    one = F.mul(categorical_entropy(logits, probs), float(n))
    counts = np.arange(1.0, n + 1).astype(probs.dtype)
    counts = counts.reshape((-1, *(1,) * probs.ndim))
    p = F.clamped_probs(probs)
    lgamma = F.lgamma(np.asarray(n + 1.0, probs.dtype))
    ways = F.sub(lgamma, F.add(F.lgamma(counts + 1), F.lgamma(n - counts + 1)))
    log_prob = F.add(
        ways,
        F.add(F.mul(counts, F.log(p)), F.mul(n - counts, F.log1p(F.neg(p)))),
    )
    weighed = F.mul(F.exp(log_prob), F.lgamma(counts + 1))
    second = F.sum(weighed, axes=(0, weighed.ndim - 1))
    return F.add(F.sub(one, lgamma), second)


# --- Dirichlet ------------------------------------------------------------------------


def dirichlet_sample(
    concentration: Payload, *, shape: Shape, dtype: Any, rng: Any
) -> Payload:
    g = F.random_gamma(F.broadcast_to(concentration, shape), generator=rng)
    axes = (g.ndim - 1,)
    return F.div(g, F.expand(F.sum(g, axes=axes), g.shape, axes))


def _log_beta(concentration: Payload) -> Payload:
    total = F.lgamma(sum_last(concentration))
    return F.sub(sum_last(F.lgamma(concentration)), total)


def dirichlet_log_prob(x: Payload, concentration: Payload) -> Payload:
    powers = sum_last(F.xlogy(F.sub(concentration, 1.0), x))
    total = F.lgamma(sum_last(concentration))
    return F.sub(F.add(powers, total), sum_last(F.lgamma(concentration)))


def _total(concentration: Payload) -> Payload:
    axes = (concentration.ndim - 1,)
    return F.expand(F.sum(concentration, axes=axes), concentration.shape, axes)


def dirichlet_mean(concentration: Payload) -> Payload:
    return F.div(concentration, _total(concentration))


def dirichlet_mode(concentration: Payload) -> Payload:
    """(a - 1) / sum(a - 1); where all a are below 1, the first corner."""
    top = F.clip(F.sub(concentration, 1.0), lo=0.0, hi=None, edge=1)
    mode = F.div(top, _total(top))
    best = F.argmax(mode, axis=concentration.ndim - 1)
    corner = F.one_hot(best, count=concentration.shape[-1], dtype=concentration.dtype)
    below = F.all(F.lt(concentration, 1.0), axes=(concentration.ndim - 1,))
    return F.where(F.expand(below, mode.shape, (mode.ndim - 1,)), corner, mode)


def dirichlet_variance(concentration: Payload) -> Payload:
    total = _total(concentration)
    top = F.mul(concentration, F.sub(total, concentration))
    return F.div(top, F.mul(square(total), F.add(total, 1.0)))


def dirichlet_entropy(concentration: Payload) -> Payload:
    k, total = concentration.shape[-1], sum_last(concentration)
    first = F.sub(
        _log_beta(concentration),
        F.mul(F.sub(float(k), total), F.digamma(total)),
    )
    tail = F.mul(F.sub(concentration, 1.0), F.digamma(concentration))
    return F.sub(first, sum_last(tail))


# --- multivariate normal --------------------------------------------------------------


def tril_of_precision(precision: Payload) -> Payload:
    """The Cholesky factor of the inverse of a positive definite matrix."""
    axes = (precision.ndim - 2, precision.ndim - 1)
    reverse = F.cholesky(F.flip(precision, axes=axes))
    inverse = F.mT(F.flip(reverse, axes=axes))
    return solved(inverse, _eye(precision))


@labelled("ExpandBackward0")
def covariance_of(tril: Payload) -> Payload:
    return F.matmul_any(tril, F.mT(tril))


@labelled("ExpandBackward0")
def precision_of(tril: Payload) -> Payload:
    inverse = solved(tril, _eye(tril))
    return F.matmul_any(F.mT(inverse), inverse)


def mahalanobis(tril: Payload, x: Payload) -> Payload:
    """x' (L L')^-1 x."""
    return sum_last(square(solved(tril, unsqueezed(x))), 2)


def normal_log_prob(x: Payload, loc: Payload, tril: Payload) -> Payload:
    distance = mahalanobis(tril, F.sub(x, loc))
    inner = F.add(distance, loc.shape[-1] * LOG_2PI)
    return F.sub(F.mul(inner, -0.5), log_diagonal(tril))


def normal_entropy(tril: Payload) -> Payload:
    return F.add(log_diagonal(tril), 0.5 * tril.shape[-1] * (1 + LOG_2PI))


def normal_variance(tril: Payload) -> Payload:
    return sum_last(square(tril))


def normal_sample(
    loc: Payload, tril: Payload, *, shape: Shape, dtype: Any, rng: Any
) -> Payload:
    return F.add(loc, matvec(tril, _normal(shape, dtype, rng)))


# --- covariance W W' + diag(d) --------------------------------------------------------


def capacitance(factor: Payload, diag: Payload) -> Payload:
    """The Cholesky factor of I + W' diag(d)^-1 W."""
    inner = F.matmul_any(F.mT(factor), F.div(factor, unsqueezed(diag)))
    return F.cholesky(F.add(inner, _eye(inner)))


def _low_rank_log_det(factor: Payload, diag: Payload) -> Payload:
    core = F.mul(log_diagonal(capacitance(factor, diag)), 2.0)
    return F.add(core, sum_last(F.log(diag)))


def low_rank_distance(factor: Payload, diag: Payload, x: Payload) -> Payload:
    """x' (W W' + diag(d))^-1 x, by Woodbury's identity."""
    scaled = F.div(x, diag)
    inner = matvec(F.mT(factor), scaled)
    core = mahalanobis(capacitance(factor, diag), inner)
    return F.sub(sum_last(F.mul(x, scaled)), core)


def low_rank_log_prob(
    x: Payload, loc: Payload, factor: Payload, diag: Payload
) -> Payload:
    distance = low_rank_distance(factor, diag, F.sub(x, loc))
    inner = F.add(_low_rank_log_det(factor, diag), distance)
    return F.mul(F.add(inner, loc.shape[-1] * LOG_2PI), -0.5)


def low_rank_entropy(factor: Payload, diag: Payload) -> Payload:
    log_det = _low_rank_log_det(factor, diag)
    return F.mul(F.add(log_det, diag.shape[-1] * (1 + LOG_2PI)), 0.5)


def low_rank_variance(factor: Payload, diag: Payload) -> Payload:
    return F.add(sum_last(square(factor)), diag)


def low_rank_covariance(factor: Payload, diag: Payload) -> Payload:
    return F.add(F.matmul_any(factor, F.mT(factor)), F.diag_embed(diag))


def low_rank_tril(factor: Payload, diag: Payload) -> Payload:
    return F.cholesky(low_rank_covariance(factor, diag))


def low_rank_precision(factor: Payload, diag: Payload) -> Payload:
    scaled = F.mT(F.div(factor, unsqueezed(diag)))
    a = solved(capacitance(factor, diag), scaled)
    return F.sub(F.diag_embed(F.reciprocal(diag)), F.matmul_any(F.mT(a), a))


def low_rank_sample(
    loc: Payload, factor: Payload, diag: Payload, *, shape: Shape, dtype: Any, rng: Any
) -> Payload:
    core = _normal((*shape[:-1], factor.shape[-1]), dtype, rng)
    rest = F.mul(F.sqrt(diag), _normal(shape, dtype, rng))
    return F.add(F.add(loc, matvec(factor, core)), rest)


# --- Wishart --------------------------------------------------------------------------


def _multidigamma(a: Payload, p: int) -> Payload:
    """The derivative of the logarithm of the multivariate gamma function."""
    steps = np.arange(p).astype(a.dtype) / 2
    return sum_last(F.digamma(F.sub(unsqueezed(a), steps)))


def wishart_log_prob(x: Payload, df: Payload, tril: Payload) -> Payload:
    p, half = tril.shape[-1], F.div(df, 2.0)
    norm = F.mul(df, F.add(log_diagonal(tril), p * log(2) / 2))
    start = F.sub(F.neg(norm), F.multigammaln(half, p=p))
    power = F.mul(F.div(F.sub(df, p + 1.0), 2.0), F.logdet(x))
    inner = F.matmul_any(precision_of(tril), x)
    trace = F.div(sum_last(F.matrix_diagonal(inner)), 2.0)
    return F.sub(F.add(start, power), trace)


def wishart_entropy(df: Payload, tril: Payload) -> Payload:
    p, half, root = tril.shape[-1], F.div(df, 2.0), log_diagonal(tril)
    norm = F.add(F.mul(df, F.add(root, p * log(2) / 2)), F.multigammaln(half, p=p))
    log_det = F.add(_multidigamma(half, p), F.add(F.mul(root, 2.0), p * log(2)))
    power = F.mul(F.div(F.sub(df, p + 1.0), 2.0), log_det)
    return F.add(F.sub(norm, power), F.mul(df, p / 2))


def _matrix_like(x: Payload) -> Payload:
    return F.reshape(x, shape=(*x.shape, 1, 1))


def wishart_mean(df: Payload, v: Payload) -> Payload:
    return F.mul(_matrix_like(df), v)


def wishart_mode(df: Payload, v: Payload) -> Payload:
    factor = F.sub(df, v.shape[-1] + 1.0)
    factor = F.where(F.le(factor, 0.0), F.full_like(factor, value=np.nan), factor)
    return F.mul(_matrix_like(factor), v)


def wishart_variance(df: Payload, v: Payload) -> Payload:
    d = F.matrix_diagonal(v)
    outer = F.mul(unsqueezed(d), F.reshape(d, shape=(*d.shape[:-1], 1, d.shape[-1])))
    return F.mul(_matrix_like(df), F.add(square(v), outer))


def _below(x: Payload, n: int) -> Payload:
    """The numbers on the last axis, in rows below the diagonal of a matrix."""
    places = np.full((n, n), n * (n - 1) // 2)
    places[np.tril_indices(n, -1)] = np.arange(n * (n - 1) // 2)
    zero = np.zeros((*x.shape[:-1], 1), x.dtype)
    padded = F.concatenate(x, zero, axis=x.ndim - 1)
    index = np.broadcast_to(places.ravel(), (*x.shape[:-1], n * n))
    found = F.take_along_axis(padded, index, axis=x.ndim - 1)
    return F.reshape(found, shape=(*x.shape[:-1], n, n))


def wishart_sample(
    df: Payload, tril: Payload, *, shape: Shape, dtype: Any, rng: Any
) -> Payload:
    """L A A' L' with Bartlett's A: chi on the diagonal, normal numbers below."""
    p = shape[-1]
    steps = np.arange(p).astype(df.dtype)
    freedom = F.broadcast_to(F.sub(unsqueezed(df), steps), shape[:-1])
    g = F.random_gamma(F.div(freedom, 2.0), generator=rng)
    chi = F.sqrt(F.mul(g, 2.0))
    below = _below(_normal((*shape[:-2], p * (p - 1) // 2), dtype, rng), p)
    half = F.matmul_any(tril, F.add(below, F.diag_embed(chi)))
    return F.matmul_any(half, F.mT(half))


# --- correlations ---------------------------------------------------------------------


def lkj_log_prob(x: Payload, concentration: Payload) -> Payload:
    dim = x.shape[-1]
    diagonal = F.matrix_diagonal(x)
    rest = part(diagonal, 1, dim)
    order = np.arange(2, dim + 1).astype(x.dtype)
    shift = F.mul(unsqueezed(F.sub(concentration, 1.0)), 2.0)
    powers = F.add(shift, dim - order)
    alpha = F.add(concentration, 0.5 * (dim - 1))
    norm = F.sub(
        F.add(
            F.multigammaln(F.sub(alpha, 0.5), p=dim - 1),
            0.5 * (dim - 1) * log(pi),
        ),
        F.mul(F.lgamma(alpha), dim - 1.0),
    )
    return F.sub(sum_last(F.mul(powers, F.log(rest))), norm)


def _pairs(a: np.ndarray, b: np.ndarray, dtype: Any) -> np.ndarray:
    return np.stack(np.broadcast_arrays(a, b), -1).astype(dtype)


def lkj_sample(
    concentration: Payload, *, shape: Shape, dtype: Any, rng: Any
) -> Payload:
    """The onion: row k has a squared radius of Beta(k / 2, c + (n - 1 - k) / 2)."""
    n = shape[-1]
    rows = np.arange(n)
    c = np.broadcast_to(concentration, shape[:-2])[..., None]
    later = np.maximum(rows - 1, 0)
    a = later + 0.5
    b = c + 0.5 * (n - 2) - 0.5 * later
    y = RAW.first_share(RAW.random_gamma(_pairs(a, b, dtype), generator=rng))
    u = RAW.tril(_normal(shape, dtype, rng), offset=-1)
    norm = np.linalg.norm(u, axis=-1, keepdims=True)
    w = np.sqrt(y)[..., None] * u / np.where(norm > 0, norm, 1.0)
    tiny = np.finfo(dtype).tiny
    w[..., rows, rows] = np.sqrt(np.maximum(1 - np.sum(w * w, -1), tiny))
    return w.astype(dtype)


# --- relaxed classes ------------------------------------------------------------------


def _as_payload(x: Any, like: Payload) -> Payload:
    return np.asarray(x, like.dtype) if isinstance(x, float | int) else x


def relaxed_logit_sample(
    probs: Payload, temperature: Payload, *, shape: Shape, dtype: Any, rng: Any
) -> Payload:
    u = F.random_uniform(shape=shape, dtype=dtype, generator=rng)
    noise = F.binary_logits(u)
    return F.div(F.add(noise, F.binary_logits(probs)), temperature)


def relaxed_logit_log_prob(
    x: Payload, logits: Payload, temperature: Payload
) -> Payload:
    temperature = _as_payload(temperature, x)
    d = F.sub(logits, F.mul(x, temperature))
    log_t = F.log(temperature)
    return F.sub(F.add(log_t, d), F.mul(F.softplus_of(d), 2.0))


def relaxed_classes_sample(
    logits: Payload, temperature: Payload, *, shape: Shape, dtype: Any, rng: Any
) -> Payload:
    u = F.clamped_probs(F.random_uniform(shape=shape, dtype=dtype, generator=rng))
    noise = F.neg(F.log(F.neg(F.log(u))))
    scores = F.div(F.add(logits, noise), temperature)
    return F.normalised_logits(scores)


def relaxed_classes_log_prob(
    x: Payload, logits: Payload, temperature: Payload
) -> Payload:
    k, temperature = logits.shape[-1], _as_payload(temperature, x)
    scale = F.sub(
        float(np.sum(np.log(np.arange(1, k)))),
        F.mul(F.log(temperature), -(k - 1.0)),
    )
    score = F.sub(logits, F.mul(x, temperature))
    return F.add(sum_last(F.normalised_logits(score)), scale)


# --- mixtures -------------------------------------------------------------------------


def mixture_log_prob(parts: Payload, logits: Payload) -> Payload:
    joint = F.add(parts, F.normalised_logits(logits))
    return F.logsumexp(joint, axes=(joint.ndim - 1,))


def mixture_variance(
    weights: Payload, means: Payload, variances: Payload, mean: Payload, axis: int
) -> Payload:
    """E var + var E over the components along an axis."""
    inner = F.mul(weights, variances)
    outer = F.mul(weights, square(F.sub(means, mean)))
    axes = (inner.ndim + axis,)
    return F.add(F.sum(inner, axes=axes), F.sum(outer, axes=axes))


# --- divergences ----------------------------------------------------------------------


def _solved_norm(tril: Payload, other: Payload) -> Payload:
    """trace((L L')^-1 M M'), for a factor M."""
    return sum_last(square(solved(tril, other)), 2)


def kl_normal(
    p_loc: Payload, p_tril: Payload, q_loc: Payload, q_tril: Payload
) -> Payload:
    root = F.sub(log_diagonal(q_tril), log_diagonal(p_tril))
    spread = _solved_norm(q_tril, p_tril)
    distance = mahalanobis(q_tril, F.sub(q_loc, p_loc))
    inner = F.sub(F.add(spread, distance), float(p_loc.shape[-1]))
    return F.add(root, F.mul(inner, 0.5))


def kl_normal_low_rank(
    p_loc: Payload, p_tril: Payload, q_loc: Payload, factor: Payload, diag: Payload
) -> Payload:
    """KL of a normal vector from one with covariance W W' + diag(d)."""
    log_det = F.sub(_low_rank_log_det(factor, diag), F.mul(log_diagonal(p_tril), 2.0))
    distance = low_rank_distance(factor, diag, F.sub(q_loc, p_loc))
    plain = sum_last(F.div(square(p_tril), unsqueezed(diag)), 2)
    scaled = F.mT(F.div(factor, unsqueezed(diag)))
    core = _solved_norm(capacitance(factor, diag), F.matmul_any(scaled, p_tril))
    inner = F.add(F.add(log_det, distance), F.sub(plain, core))
    return F.mul(F.sub(inner, float(p_loc.shape[-1])), 0.5)
