"""Kullback-Leibler divergences KL(p || q) by formulas over the parameters of both.

`p_loc` is the parameter (or moment, or entropy) of p, `q_loc` of q.  The formulas are
E log p - E log q, worked out with the moments of p in `univariate`; see Gil 2011, On
Renyi divergence measures for continuous alphabet sources, for a collection.
"""

from __future__ import annotations

from isograd.nn.probability.formula import Formula


def _outside(condition: str, value: str) -> str:
    """`value`, infinite where p puts mass outside of q's support."""
    return f"r = {value}; where({condition}, full_like(r, value=INF), r)"


_XLOGX = (
    "w = p_high - p_low; m = (xlogy(p_high, p_high) - xlogy(p_low, p_low) - w) / w; "
)
_SQUARES = "v = power(q_scale, exponent=2); "
_MISFIT = "(p_mean * p_mean + p_variance - 2.0 * p_mean * q_loc + q_loc * q_loc)"
_TO_NORMAL = f"{_SQUARES}-p_entropy + 0.5 * log(TWO_PI * v) + 0.5 * {_MISFIT} / v"
_TO_EXPONENTIAL = "-p_entropy - log(q_rate) + q_rate * p_mean"
_TO_TILT = (
    "-p_entropy - p_mean * q_logits - log1p(-q_probs)"
    " - tilt_norm(q_probs, lo=q_lo, hi=q_hi)"
)

_TEXTS: dict[tuple[str, str], str] = {
    ("Bernoulli", "Bernoulli"): (
        "a = p_probs * (softplus_of(-q_logits) - softplus_of(-p_logits));"
        " a = where(q_probs == 0.0, full_like(a, value=INF), a);"
        " a = where(p_probs == 0.0, zeros_like(a), a);"
        " b = (1.0 - p_probs) * (softplus_of(q_logits) - softplus_of(p_logits));"
        " b = where(q_probs == 1.0, full_like(b, value=INF), b);"
        " b = where(p_probs == 1.0, zeros_like(b), b); a + b"
    ),
    ("Bernoulli", "Poisson"): "-p_entropy - (p_probs * log(q_rate) - q_rate)",
    ("Beta", "Beta"): (
        "s = p_concentration1 + p_concentration0;"
        " t = q_concentration1 + q_concentration0;"
        " a = lgamma(q_concentration1) + lgamma(q_concentration0) + lgamma(s);"
        " b = lgamma(p_concentration1) + lgamma(p_concentration0) + lgamma(t);"
        " a - b + (p_concentration1 - q_concentration1) * digamma(p_concentration1)"
        " + (p_concentration0 - q_concentration0) * digamma(p_concentration0)"
        " + (t - s) * digamma(s)"
    ),
    ("Binomial", "Binomial"): (
        "k = p_total_count * (p_probs * (p_logits - q_logits) + log1p(-p_probs)"
        " - log1p(-q_probs));"
        " where(p_total_count > q_total_count, full_like(k, value=INF), k)"
    ),
    ("Categorical", "Categorical"): (
        "t = p_probs * (p_logits - q_logits);"
        " t = where(q_probs == 0.0, full_like(t, value=INF), t);"
        " sum_of_last(where(p_probs == 0.0, zeros_like(t), t))"
    ),
    ("Cauchy", "Cauchy"): (
        "log(power(p_scale + q_scale, exponent=2) + power(p_loc - q_loc, exponent=2))"
        " - log(4.0 * p_scale * q_scale)"
    ),
    ("ContinuousBernoulli", "ContinuousBernoulli"): (
        "p_mean * (p_logits - q_logits)"
        " + (tilt_norm(p_probs, lo=p_lo, hi=p_hi) + log1p(-p_probs))"
        " + (-tilt_norm(q_probs, lo=q_lo, hi=q_hi) - log1p(-q_probs))"
    ),
    ("Dirichlet", "Dirichlet"): (
        "a = sum_of_last(p_concentration);"
        " s = lgamma(a) - lgamma(sum_of_last(q_concentration));"
        " t = sum_of_last(lgamma(p_concentration) - lgamma(q_concentration));"
        " d = digamma(p_concentration) - as_last(digamma(a), p_concentration);"
        " s - t + sum_of_last((p_concentration - q_concentration) * d)"
    ),
    ("Exponential", "Exponential"): "r = q_rate / p_rate; -log(r) + r - 1.0",
    ("Gamma", "Gamma"): (
        "q_concentration * log(p_rate / q_rate)"
        " + (lgamma(q_concentration) - lgamma(p_concentration))"
        " + (p_concentration - q_concentration) * digamma(p_concentration)"
        " + (q_rate - p_rate) * (p_concentration / p_rate)"
    ),
    ("Geometric", "Geometric"): "-p_entropy - log1p(-q_probs) / p_probs - q_logits",
    ("Gumbel", "Gumbel"): (
        "r = p_scale / q_scale; a = q_loc / q_scale; b = p_loc / q_scale;"
        " -log(r) - a + b + r * EULER + exp(a + lgamma(1.0 + r) - b) - (1.0 + EULER)"
    ),
    ("HalfNormal", "HalfNormal"): (
        "r = power(p_scale / q_scale, exponent=2); 0.5 * (r - 1.0 - log(r))"
    ),
    ("Laplace", "Laplace"): (
        "r = p_scale / q_scale; d = abs(p_loc - q_loc);"
        " -log(r) + d / q_scale + r * exp(-d / p_scale) - 1.0"
    ),
    ("Normal", "Normal"): (
        "r = power(p_scale / q_scale, exponent=2);"
        " m = power((p_loc - q_loc) / q_scale, exponent=2);"
        " 0.5 * (r + m - 1.0 - log(r))"
    ),
    ("Pareto", "Pareto"): _outside(
        "p_scale < q_scale",
        "q_alpha * log(p_scale / q_scale) - log(q_alpha / p_alpha)"
        " + q_alpha / p_alpha - 1.0",
    ),
    ("Poisson", "Poisson"): (
        "p_rate * (log(p_rate) - log(q_rate)) - (p_rate - q_rate)"
    ),
    ("Uniform", "Uniform"): _outside(
        "(q_low > p_low) | (q_high < p_high)",
        "log((q_high - q_low) / (p_high - p_low))",
    ),
    # --- of different families --------------------------------------------------------
    ("Beta", "ContinuousBernoulli"): _TO_TILT,
    ("Beta", "Exponential"): _TO_EXPONENTIAL,
    ("Beta", "Gamma"): (
        "-p_entropy + (lgamma(q_concentration) - q_concentration * log(q_rate))"
        " - (q_concentration - 1.0) * (digamma(p_concentration1)"
        " - digamma(p_concentration1 + p_concentration0)) + q_rate * p_mean"
    ),
    ("Beta", "Normal"): _TO_NORMAL,
    ("Beta", "Uniform"): _outside(
        "(q_high < 1.0) | (q_low > 0.0)", "-p_entropy + log(q_high - q_low)"
    ),
    ("ContinuousBernoulli", "Exponential"): _TO_EXPONENTIAL,
    ("ContinuousBernoulli", "Normal"): _TO_NORMAL,
    ("ContinuousBernoulli", "Uniform"): _outside(
        "(q_high < 1.0) | (q_low > 0.0)", "-p_entropy + log(q_high - q_low)"
    ),
    ("Exponential", "Gamma"): (
        "r = q_rate / p_rate; -q_concentration * log(r) + r + lgamma(q_concentration)"
        " + q_concentration * EULER - (1.0 + EULER)"
    ),
    ("Exponential", "Gumbel"): (
        "s = p_rate * q_scale; l = q_loc / q_scale;"
        " log(s) - 1.0 - l + exp(l) * s / (s + 1.0) + reciprocal(s)"
    ),
    ("Exponential", "Normal"): _TO_NORMAL,
    ("Gamma", "Exponential"): _TO_EXPONENTIAL,
    ("Gamma", "Gumbel"): (
        "b = p_rate * q_scale; l = q_loc / q_scale; a = p_concentration;"
        " (a - 1.0) * digamma(a) - lgamma(a) - a + (log(b) + a / b)"
        " + (exp(l) * pow(1.0 + reciprocal(b), -a) - l)"
    ),
    ("Gamma", "Normal"): _TO_NORMAL,
    ("Gumbel", "Normal"): (
        "r = p_scale / q_scale;"
        " m = power((p_loc + p_scale * EULER - q_loc) / q_scale, exponent=2);"
        " HALF_LOG_2PI - log(r) + power(PI * 0.5 * r, exponent=2) / 3.0 + m * 0.5"
        " - (1.0 + EULER)"
    ),
    ("Laplace", "Normal"): (
        f"{_SQUARES}s = power(p_scale, exponent=2) / v;"
        " d = p_loc - q_loc; -0.5 * log(2.0 * s / PI) + s + 0.5 * d * d / v - 1.0"
    ),
    ("Normal", "Gumbel"): (
        "m = p_loc / q_scale; l = q_loc / q_scale;"
        " s = power(p_scale / q_scale, exponent=2);"
        " -0.5 * log(s) + (m - l) + exp(-m + 0.5 * s + l) - NORMAL_ENTROPY"
    ),
    ("Normal", "Laplace"): (
        "d = p_loc - q_loc; z = d / p_scale;"
        " -log(p_scale / q_scale) + (SQRT_2_OVER_PI * p_scale * exp(-0.5 * z * z)"
        " + d * erf(z / SQRT_2)) / q_scale - (0.5 + 0.5 * (LOG_PI - LOG_2))"
    ),
    ("Pareto", "Exponential"): _outside(
        "p_alpha <= 1.0",
        "log(p_alpha / (p_scale * q_rate)) - reciprocal(p_alpha)"
        " + p_alpha * (p_scale * q_rate) / (p_alpha - 1.0) - 1.0",
    ),
    ("Pareto", "Gamma"): _outside(
        "p_alpha <= 1.0",
        "log(p_alpha) - q_concentration * (log(p_scale) + reciprocal(p_alpha))"
        " + (lgamma(q_concentration) - q_concentration * log(q_rate))"
        " + q_rate * p_alpha * p_scale / (p_alpha - 1.0) - 1.0",
    ),
    ("Pareto", "Normal"): (
        f"{_SQUARES}k = p_scale / (p_alpha - 1.0);"
        " a = p_alpha * power(k, exponent=2) / (p_alpha - 2.0);"
        " b = power(p_alpha * k - q_loc, exponent=2);"
        " r = HALF_LOG_2PI + log(q_scale * p_alpha / p_scale) - reciprocal(p_alpha)"
        " + (a + b) / (2.0 * v) - 1.0;"
        " where(p_alpha <= 2.0, full_like(r, value=INF), r)"
    ),
    ("Uniform", "Beta"): (
        f"{_XLOGX}n = (xlogy(1.0 - p_high, 1.0 - p_high)"
        " - xlogy(1.0 - p_low, 1.0 - p_low) + w) / w;"
        " r = (q_concentration0 - 1.0) * n"
        " + (lgamma(q_concentration1) + lgamma(q_concentration0)"
        " - lgamma(q_concentration1 + q_concentration0)) - log(w)"
        " - (q_concentration1 - 1.0) * m;"
        " where((p_high > 1.0) | (p_low < 0.0), full_like(r, value=INF), r)"
    ),
    ("Uniform", "ContinuousBernoulli"): _outside(
        "(p_high >= 1.0) | (p_low <= 0.0)", _TO_TILT
    ),
    ("Uniform", "Exponential"): _outside(
        "p_low < 0.0",
        "q_rate * (p_high + p_low) / 2.0 - log((p_high - p_low) * q_rate)",
    ),
    ("Uniform", "Gamma"): (
        f"{_XLOGX}r = -log(w) + (lgamma(q_concentration)"
        " - q_concentration * log(q_rate)) + (1.0 - q_concentration) * m"
        " + q_rate * (p_high + p_low) / 2.0;"
        " where(p_low < 0.0, full_like(r, value=INF), r)"
    ),
    ("Uniform", "Gumbel"): (
        "k = q_scale / (p_high - p_low); h = (p_high - q_loc) / q_scale;"
        " l = (p_low - q_loc) / q_scale;"
        " log(k) + 0.5 * (h + l) - k * (exp(-h) - exp(-l))"
    ),
    ("Uniform", "Normal"): (
        "w = p_high - p_low; d = (p_high + p_low - 2.0 * q_loc) / 2.0;"
        " HALF_LOG_2PI + log(q_scale / w) + 0.5 * (w * w / 12.0 + d * d)"
        " / power(q_scale, exponent=2)"
    ),
    ("Uniform", "Pareto"): (
        f"{_XLOGX}r = m * (q_alpha + 1.0) - log(q_alpha * pow(q_scale, q_alpha) * w);"
        " where(p_low < q_scale, full_like(r, value=INF), r)"
    ),
}
DIVERGENCES = {
    pair: Formula(f"kl_{pair[0]}_{pair[1]}", text) for pair, text in _TEXTS.items()
}
"""Formulas by the families of p and q."""

_LINE = ("Beta", "ContinuousBernoulli", "Exponential", "Gamma", "Pareto", "Uniform")
INFINITE: tuple[tuple[str, str], ...] = (
    ("Beta", "Pareto"),
    ("ContinuousBernoulli", "Pareto"),
    *(
        (p, q)
        for p in ("Exponential", "Gamma")
        for q in _LINE
        if q not in (p, "Gamma", "Exponential")
    ),
    *((p, q) for p in ("Gumbel", "Laplace", "Normal") for q in _LINE),
    *(("Pareto", q) for q in ("Beta", "ContinuousBernoulli", "Uniform")),
    ("Poisson", "Bernoulli"),
    ("Poisson", "Binomial"),
)
"""Families of which p always has mass outside of q's support."""
