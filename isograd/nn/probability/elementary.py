"""What MindSpore's distributions and bijectors have beyond `univariate` and `bijections`.

Formulas over the same parameters; sources as there.
"""

from __future__ import annotations

from isograd.nn.probability.formula import Family, Formula
from isograd.nn.probability.univariate import UNIVARIATE

_BELOW_ZERO = "where(x < 0.0, zeros_like(c), c)"
_LOG_Z = "d = log(x) - loc; "
_ROWS: dict[str, dict[str, str]] = {
    "Bernoulli": {
        "log_prob": "xlogy(x, probs) + xlogy(1.0 - x, 1.0 - probs)",
        "cdf": "c = where(x < 1.0, 1.0 - probs + 0.0 * x, ones_like(probs + x));"
        f" {_BELOW_ZERO}",
        "entropy": "-(xlogy(probs, probs) + xlogy(1.0 - probs, 1.0 - probs))",
        "mode": "as_number(probs > 0.5, probs)",
    },
    "Geometric": {
        "log_prob": "c = log(probs) + floor(x) * log1p(-probs);"
        " where(x < 0.0, full_like(c, value=-INF), c)",
        "cdf": f"c = 1.0 - exp((floor(x) + 1.0) * log1p(-probs)); {_BELOW_ZERO}",
        "entropy": "-(xlogy(probs, probs) + xlogy(1.0 - probs, 1.0 - probs)) / probs",
    },
    "Poisson": {
        "log_prob": "xlogy(x, rate) - rate - lgamma(x + 1.0)",
        "cdf": f"c = gammaincc(abs(x) + 1.0, rate + 0.0 * x); {_BELOW_ZERO}",
    },
    "Exponential": {
        "log_prob": "c = log(rate) - rate * x;"
        " where(x < 0.0, full_like(c, value=-INF), c)",
        "cdf": f"c = 1.0 - exp(-rate * x); {_BELOW_ZERO}",
    },
    "Uniform": {
        "log_prob": "c = -log(high - low) + 0.0 * x;"
        " where((x < low) | (x > high), full_like(c, value=-INF), c)",
        "cdf": "clip((x - low) / (high - low), lo=0.0, hi=1.0, edge=1)",
    },
    "Gumbel": {
        "cdf": "exp(-exp((loc - x) / scale))",
        "sample": "loc - scale * log(-log(positive(uniform)))",
    },
    "Logistic": {
        "log_prob": "z = (x - loc) / scale; -z - log(scale) - 2.0 * softplus_of(-z)",
        "cdf": "sigmoid((x - loc) / scale)",
        "entropy": "log(scale) + 2.0",
        "mean": "loc",
        "mode": "loc",
        "variance": "power(PI * scale, exponent=2) / 3.0",
        "sample": "u = positive(uniform); loc + scale * (log(u) - log1p(-u))",
    },
    "LogNormal": {
        "log_prob": f"{_LOG_Z}-(d * d) / (2.0 * (scale * scale)) - log(scale)"
        " - HALF_LOG_2PI - log(x)",
        "cdf": f"{_LOG_Z}0.5 * (1.0 + erf(d / scale / SQRT_2))",
        "entropy": "NORMAL_ENTROPY + log(scale) + loc",
        "mean": "exp(loc + 0.5 * (scale * scale))",
        "mode": "exp(loc - scale * scale)",
        "variance": "v = scale * scale; expm1(v) * exp(2.0 * loc + v)",
        "sample": "exp(loc + normal * scale)",
    },
    "HalfNormal": {
        "log_prob": "d = x - loc; c = HALF_LOG_2_OVER_PI - log(scale)"
        " - (d * d) / (2.0 * (scale * scale));"
        " where(d < 0.0, full_like(c, value=-INF), c)",
    },
}


def family(name: str) -> Family:
    """A family with all formulas that are known of it."""
    own = _ROWS.get(name, {})
    known = UNIVARIATE[name].formulas if name in UNIVARIATE else {}
    found = Family(f"whole_{name}", **own)
    found.formulas = {**known, **found.formulas}
    return found


def _maps(name: str, **texts: str) -> dict[str, Formula]:
    return {k: Formula(f"{name}_{k}", text) for k, text in texts.items()}


BIJECTORS = {
    "Exp": _maps(
        "exp",
        forward="exp(x)",
        inverse="log(x)",
        forward_log_jacobian="x",
        inverse_log_jacobian="-log(x)",
    ),
    "PowerTransform": _maps(
        "power",
        forward="exp(log1p(x * power) / power)",
        inverse="(exp(log(x) * power) - 1.0) / power",
        forward_log_jacobian="(1.0 / power - 1.0) * log1p(x * power)",
        inverse_log_jacobian="(power - 1.0) * log(x)",
    ),
    "ScalarAffine": _maps(
        "affine",
        forward="scale * x + shift",
        inverse="(x - shift) / scale",
        forward_log_jacobian="log(abs(scale))",
        inverse_log_jacobian="-log(abs(scale))",
    ),
    "Softplus": _maps(
        "softplus",
        forward="softplus_of(sharpness * x) / sharpness",
        inverse="log(expm1(sharpness * x)) / sharpness",
        forward_log_jacobian="-softplus_of(-sharpness * x)",
        inverse_log_jacobian="-log(-expm1(-sharpness * x))",
    ),
    "GumbelCDF": _maps(
        "gumbel",
        forward="exp(-exp((loc - x) / scale))",
        inverse="loc - scale * log(-log(x))",
        forward_log_jacobian="z = (loc - x) / scale; z - exp(z) - log(scale)",
        inverse_log_jacobian="log(scale / (-x * log(x)))",
    ),
}
