"""Distributions of one number, by formulas over their parameters.

Sources: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions (1994, 1995);
Johnson, Kemp and Kotz, Univariate Discrete Distributions (2005); for the continuous
Bernoulli Loaiza-Ganem and Cunningham 2019; for the generalised Pareto Pickands 1975.
"""

from __future__ import annotations

from isograd.nn.probability.formula import Family

_ROWS: dict[str, dict[str, str]] = {
    "Normal": {
        "log_prob": "d = x - loc; "
        "-(d * d) / (2.0 * (scale * scale)) - log(scale) - HALF_LOG_2PI",
        "cdf": "0.5 * (1.0 + erf((x - loc) / scale / SQRT_2))",
        "icdf": "loc + scale * erfinv(2.0 * q - 1.0) * SQRT_2",
        "entropy": "NORMAL_ENTROPY + log(scale)",
        "mean": "loc",
        "mode": "loc",
        "stddev": "scale",
        "variance": "power(scale, exponent=2)",
        "sample": "loc + normal * scale",
    },
    "Laplace": {
        "log_prob": "-log(2.0 * scale) - abs(x - loc) / scale",
        "cdf": "0.5 - 0.5 * sign(x - loc) * expm1(-abs(x - loc) / scale)",
        "icdf": "c = q - 0.5; loc - scale * sign(c) * log1p(-2.0 * abs(c))",
        "entropy": "1.0 + log(2.0 * scale)",
        "mean": "loc",
        "mode": "loc",
        "stddev": "SQRT_2 * scale",
        "variance": "2.0 * power(scale, exponent=2)",
        "sample": "u = uniform * 2.0 - 1.0;"
        " loc - scale * sign(u) * log(positive(1.0 - abs(u)))",
    },
    "Cauchy": {
        "log_prob": "z = (x - loc) / scale; -LOG_PI - log(scale) - log1p(z * z)",
        "cdf": "atan((x - loc) / scale) / PI + 0.5",
        "icdf": "tan(PI * (q - 0.5)) * scale + loc",
        "entropy": "LOG_4PI + log(scale)",
        "mean": "full_like(loc, value=NAN)",
        "mode": "loc",
        "variance": "full_like(loc, value=INF)",
        "sample": "loc + cauchy * scale",
    },
    "Gumbel": {
        "log_prob": "y = (loc - x) / scale; y - exp(y) - log(scale)",
        "entropy": "log(scale) + (1.0 + EULER)",
        "mean": "loc + scale * EULER",
        "mode": "loc",
        "stddev": "PI / SQRT_6 * scale",
        "variance": "power(stddev, exponent=2)",
    },
    "Exponential": {
        "log_prob": "log(rate) - rate * x",
        "cdf": "1.0 - exp(-rate * x)",
        "icdf": "-log1p(-q) / rate",
        "entropy": "1.0 - log(rate)",
        "mean": "reciprocal(rate)",
        "mode": "stop_gradient(zeros_like(rate))",
        "stddev": "reciprocal(rate)",
        "variance": "power(rate, exponent=-2)",
        "sample": "exponential / rate",
    },
    "Gamma": {
        "log_prob": "xlogy(concentration, rate) + xlogy(concentration - 1.0, x)"
        " - rate * x - lgamma(concentration)",
        "cdf": "gammainc(concentration, rate * x)",
        "entropy": "concentration - log(rate) + lgamma(concentration)"
        " + (1.0 - concentration) * digamma(concentration)",
        "mean": "concentration / rate",
        "mode": "at_least((concentration - 1.0) / rate, lo=0.0)",
        "variance": "concentration / power(rate, exponent=2)",
        "sample": "positive(random_gamma(broadcast_to(concentration, shape),"
        " generator=rng)) / rate",
    },
    "Beta": {
        "log_prob": "(xlogy(concentration1 - 1.0, x)"
        " + xlogy(concentration0 - 1.0, 1.0 - x))"
        " + lgamma(concentration1 + concentration0)"
        " - (lgamma(concentration1) + lgamma(concentration0))",
        "entropy": "total = concentration1 + concentration0;"
        " (lgamma(concentration1) + lgamma(concentration0)) - lgamma(total)"
        " - (2.0 - total) * digamma(total)"
        " - ((concentration1 - 1.0) * digamma(concentration1)"
        " + (concentration0 - 1.0) * digamma(concentration0))",
        "mean": "concentration1 / (concentration1 + concentration0)",
        "variance": "total = concentration1 + concentration0;"
        " concentration1 * concentration0 / (power(total, exponent=2) * (total + 1.0))",
        "sample": "a = broadcast_to(concentration1, shape);"
        " b = broadcast_to(concentration0, shape);"
        " inside(first_share(random_gamma(paired(a, b), generator=rng)))",
    },
    "StudentT": {
        "log_prob": "y = (x - loc) / scale;"
        " z = log(scale) + 0.5 * log(df) + HALF_LOG_PI"
        " + lgamma(0.5 * df) - lgamma(0.5 * (df + 1.0));"
        " -0.5 * (df + 1.0) * log1p(y * y / df) - z",
        "entropy": "b = lgamma(0.5 * df) + HALF_LOG_PI - lgamma(0.5 * (df + 1.0));"
        " log(scale) + 0.5 * (df + 1.0)"
        " * (digamma(0.5 * (df + 1.0)) - digamma(0.5 * df)) + 0.5 * log(df) + b",
        "mean": "where(df > 1.0, loc, full_like(loc, value=NAN))",
        "mode": "loc",
        "variance": "safe = where(df > 2.0, df, full_like(df, value=3.0));"
        " v = power(scale, exponent=2) * safe / (safe - 2.0);"
        " v = where(df > 2.0, v, full_like(v, value=INF));"
        " where(df > 1.0, v, full_like(v, value=NAN))",
        "sample": "g = random_gamma(broadcast_to(0.5 * df, shape), generator=rng);"
        " loc + scale * (normal * rsqrt(2.0 * positive(g) / df))",
    },
    "Uniform": {
        "log_prob": "log(as_number((low <= x) & (high > x), high)) - log(high - low)",
        "cdf": "clip((x - low) / (high - low), lo=0.0, hi=1.0, edge=1)",
        "icdf": "q * (high - low) + low",
        "entropy": "log(high - low)",
        "mean": "(high + low) / 2.0",
        "mode": "high * NAN",
        "stddev": "(high - low) / SQRT_12",
        "variance": "power(high - low, exponent=2) / 12.0",
        "sample": "low + uniform * (high - low)",
    },
    "FisherSnedecor": {
        "log_prob": "a = df1 * 0.5; b = df2 * 0.5; r = df1 / df2;"
        " lgamma(a + b) - lgamma(a) - lgamma(b) + (a * log(r) + (a - 1.0) * log(x))"
        " - (a + b) * log1p(r * x)",
        "mean": "d = where(df2 > 2.0, df2, full_like(df2, value=NAN)); d / (d - 2.0)",
        "mode": "m = (df1 - 2.0) / df1 * df2 / (df2 + 2.0);"
        " where(df1 > 2.0, m, full_like(m, value=NAN))",
        "variance": "d = where(df2 > 4.0, df2, full_like(df2, value=NAN));"
        " 2.0 * power(d, exponent=2) * (df1 + d - 2.0)"
        " / (df1 * power(d - 2.0, exponent=2) * (d - 4.0))",
        "sample": "a = random_gamma(broadcast_to(0.5 * df1, shape), generator=rng);"
        " b = random_gamma(broadcast_to(0.5 * df2, shape), generator=rng);"
        " positive((a / df1) / positive(b / df2))",
    },
    "GeneralizedPareto": {
        "log_prob": "-log(scale) - pareto_depth((x - loc) / scale, concentration)"
        " - log1p_scaled((x - loc) / scale, concentration)",
        "log_survival_function": "-pareto_depth((x - loc) / scale, concentration)",
        "log_cdf": "log1p(-exp(-pareto_depth((x - loc) / scale, concentration)))",
        "cdf": "exp(log1p(-exp(-pareto_depth((x - loc) / scale, concentration))))",
        "icdf": "loc + scale * pareto_height(q, concentration)",
        "entropy": "log(scale) + concentration + 1.0",
        "mean": "c = where(concentration < 1.0, concentration,"
        " zeros_like(concentration)); m = loc + scale / (1.0 - c);"
        " where(concentration < 1.0, m, full_like(m, value=INF))",
        "mode": "loc",
        "variance": "c = where(concentration < 0.5, concentration,"
        " zeros_like(concentration));"
        " v = power(scale, exponent=2)"
        " / (power(1.0 - c, exponent=2) * (1.0 - 2.0 * c));"
        " where(concentration < 0.5, v, full_like(v, value=NAN))",
        "sample": "loc + scale * pareto_height(uniform, concentration)",
    },
    "VonMises": {
        "log_prob": "concentration * cos(x - loc) - LOG_2PI - log_i0(concentration)",
        "mean": "loc",
        "mode": "loc",
        "variance": "1.0 - i1e(concentration) / i0e(concentration)",
        "sample": "random_von_mises(broadcast_to(loc, shape),"
        " broadcast_to(concentration, shape), generator=rng)",
    },
    "HalfNormal": {
        "log_prob": "d = LOG_2 - x * x / (2.0 * (scale * scale)) - log(scale)"
        " - HALF_LOG_2PI; where(x >= 0.0, d, full_like(d, value=-INF))",
        "cdf": "2.0 * (0.5 * (1.0 + erf(x / scale / SQRT_2))) - 1.0",
        "icdf": "scale * erfinv(q) * SQRT_2",
        "entropy": "NORMAL_ENTROPY + log(scale) - LOG_2",
        "mean": "scale * SQRT_2_OVER_PI",
        "mode": "stop_gradient(zeros_like(scale))",
        "variance": "power(scale, exponent=2) * (1.0 - 2.0 / PI)",
    },
    "HalfCauchy": {
        "log_prob": "z = x / scale; d = LOG_2 - LOG_PI - log(scale) - log1p(z * z);"
        " where(x >= 0.0, d, full_like(d, value=-INF))",
        "cdf": "2.0 * (atan(x / scale) / PI + 0.5) - 1.0",
        "icdf": "tan(PI * (q / 2.0)) * scale",
        "entropy": "LOG_4PI + log(scale) - LOG_2",
        "mean": "stop_gradient(full_like(scale, value=INF))",
        "mode": "stop_gradient(zeros_like(scale))",
        "variance": "stop_gradient(full_like(scale, value=INF))",
    },
    "LogNormal": {
        "entropy": "NORMAL_ENTROPY + log(scale) + loc",
        "mean": "exp(loc + power(scale, exponent=2) / 2.0)",
        "mode": "exp(loc - power(scale, exponent=2))",
        "variance": "s = power(scale, exponent=2); expm1(s) * exp(2.0 * loc + s)",
    },
    "Pareto": {
        "entropy": "log(scale / alpha) + (1.0 + reciprocal(alpha))",
        "mean": "a = at_least(alpha, lo=1.0); a * scale / (a - 1.0)",
        "mode": "scale",
        "variance": "a = at_least(alpha, lo=2.0);"
        " power(scale, exponent=2) * a / (power(a - 1.0, exponent=2) * (a - 2.0))",
    },
    "Weibull": {
        "entropy": "EULER * (1.0 - reciprocal(concentration))"
        " + log(scale * reciprocal(concentration)) + 1.0",
        "mean": "scale * exp(lgamma(1.0 + reciprocal(concentration)))",
        "mode": "scale * pow((concentration - 1.0) / concentration,"
        " reciprocal(concentration))",
        "variance": "r = reciprocal(concentration); power(scale, exponent=2)"
        " * (exp(lgamma(1.0 + 2.0 * r)) - exp(2.0 * lgamma(1.0 + r)))",
    },
    "InverseGamma": {
        "entropy": "concentration + log(rate) + lgamma(concentration)"
        " - (1.0 + concentration) * digamma(concentration)",
        "mean": "m = rate / (concentration - 1.0);"
        " where(concentration > 1.0, m, full_like(m, value=INF))",
        "mode": "rate / (concentration + 1.0)",
        "variance": "v = power(rate, exponent=2)"
        " / (power(concentration - 1.0, exponent=2) * (concentration - 2.0));"
        " where(concentration > 2.0, v, full_like(v, value=INF))",
    },
    "Kumaraswamy": {
        "entropy": "t = 1.0 - reciprocal(concentration1);"
        " u = 1.0 - reciprocal(concentration0);"
        " u + t * (digamma(concentration0 + 1.0) + EULER) - log(concentration1)"
        " - log(concentration0)",
        "mean": "kumaraswamy_moment(concentration1, concentration0, order=1)",
        "mode": "a = concentration1; b = concentration0;"
        " m = reciprocal(b) * log1p(-b) - log1p(-a * b);"
        " exp(where((a < 1.0) | (b < 1.0), full_like(m, value=NAN), m))",
        "variance": "m = kumaraswamy_moment(concentration1, concentration0, order=1);"
        " kumaraswamy_moment(concentration1, concentration0, order=2)"
        " - power(m, exponent=2)",
    },
    # --- counts -----------------------------------------------------------------------
    "Poisson": {
        "log_prob": "xlogy(x, rate) - rate - lgamma(x + 1.0)",
        "mean": "rate",
        "mode": "floor(rate)",
        "variance": "rate",
        "sample": "random_poisson(broadcast_to(rate, shape), generator=rng)",
    },
    "Bernoulli": {
        "log_prob": "-cross_entropy_of_logits(logits, x)",
        "entropy": "cross_entropy_of_logits(logits, probs)",
        "mean": "probs",
        "mode": "m = stop_gradient(as_number(probs >= 0.5, probs));"
        " where(probs == 0.5, full_like(m, value=NAN), m)",
        "variance": "probs * (1.0 - probs)",
        "sample": "as_number(uniform < probs, probs)",
    },
    "Geometric": {
        "log_prob": "p = where((probs == 0.0) | (x != 0.0) | (probs < 1.0),"
        " probs, zeros_like(probs)); x * log1p(-p) + log(probs)",
        "entropy": "cross_entropy_of_logits(logits, probs) / probs",
        "mean": "1.0 / probs - 1.0",
        "mode": "stop_gradient(zeros_like(probs))",
        "variance": "(1.0 / probs - 1.0) / probs",
        "sample": "floor(log(positive(uniform)) / log1p(-probs))",
    },
    "Binomial": {
        "log_prob": "n = total_count; x * logits - lgamma(x + 1.0) - lgamma(n - x + 1.0)"
        " - (n * softplus_of(logits) - lgamma(n + 1.0))",
        "mean": "total_count * probs",
        "mode": "n = total_count; clamp_max(floor((n + 1.0) * probs), n)",
        "variance": "total_count * probs * (1.0 - probs)",
        "sample": "random_binomial(broadcast_to(total_count, shape),"
        " broadcast_to(probs, shape), generator=rng)",
    },
    "NegativeBinomial": {
        "log_prob": "n = total_count;"
        " u = n * logsigmoid(-logits) + x * logsigmoid(logits);"
        " z = -lgamma(n + x) + lgamma(1.0 + x) + lgamma(n);"
        " u - where(n + x == 0.0, zeros_like(z), z)",
        "mean": "total_count * exp(logits)",
        "mode": "at_least(floor((total_count - 1.0) * exp(logits)), lo=0.0)",
        "variance": "total_count * exp(logits) / sigmoid(-logits)",
        "sample": "g = random_gamma(broadcast_to(total_count, shape), generator=rng);"
        " random_poisson(g * broadcast_to(exp(logits), shape), generator=rng)",
    },
    "ContinuousBernoulli": {
        "log_prob": "-cross_entropy_of_logits(logits, x)"
        " + tilt_norm(probs, lo=lo, hi=hi)",
        "cdf": "tilt_cdf(x, probs, lo=lo, hi=hi)",
        "icdf": "tilt_icdf(q, probs, lo=lo, hi=hi)",
        "entropy": "m = tilt_mean(probs, lo=lo, hi=hi);"
        " m * (log1p(-probs) - log(probs)) - tilt_norm(probs, lo=lo, hi=hi)"
        " - log1p(-probs)",
        "mean": "tilt_mean(probs, lo=lo, hi=hi)",
        "variance": "tilt_variance(probs, lo=lo, hi=hi)",
        "sample": "tilt_icdf(uniform, probs, lo=lo, hi=hi)",
    },
}

UNIVARIATE = {name: Family(name, **texts) for name, texts in _ROWS.items()}
"""The families by name."""
