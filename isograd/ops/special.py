"""Special functions, computed by SciPy (loaded at the first use).

Derivatives: DLMF 5 (gamma), 7 (error functions), 8 (incomplete gamma), 9.2 (Airy),
10.6 and 10.29 (Bessel), 25.11 (zeta).
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core.families import elementwise
from isograd.core.primitive import Namespace, Payload, composite
from isograd.ops.elementwise import in_float32, scipy_special

TWO_OVER_SQRT_PI = 2 / sqrt(pi)
INV_SQRT_2PI = 1 / sqrt(2 * pi)

Domain = tuple[float, float]

LOG_NDTR_SLOPE = f"{sqrt(2 / pi)} / erfcx(x * {-sqrt(0.5)})"

# name: (SciPy's name, image of a tangent, domain of generated test inputs)
_UNARY: dict[str, tuple[str, str, Domain]] = {
    "erfinv": ("erfinv", f"t * ({1 / TWO_OVER_SQRT_PI} * exp(out * out))", (-0.8, 0.8)),
    "erfcx": ("erfcx", f"t * (2.0 * x * out - {TWO_OVER_SQRT_PI})", (-2, 2)),
    "ndtr": ("ndtr", f"t * ({INV_SQRT_2PI} * exp(-0.5 * (x * x)))", (-2, 2)),
    "log_ndtr": ("log_ndtr", f"t * ({LOG_NDTR_SLOPE})", (-3, 2)),
    "ndtri": ("ndtri", f"t * ({sqrt(2 * pi)} * exp(0.5 * (out * out)))", (0.1, 0.9)),
    "entr": ("entr", "t * (-log(x) - 1.0)", (0.2, 2)),
    "lgamma": ("gammaln", "t * digamma(x)", (0.5, 3)),
    "digamma": ("psi", "t * polygamma(x, n=1)", (0.5, 3)),
    "i0": ("i0", "t * i1(x)", (-2, 2)),
    "i0e": ("i0e", "t * (i1e(x) - sign(x) * out)", (0.3, 2)),
    "i1": ("i1", "t * (i0(x) - over(out, x))", (-2, 2)),
    "i1e": ("i1e", "t * (i0e(x) - sign(x) * out - over(out, x))", (0.3, 2)),
    "bessel_j0": ("j0", "-(t * bessel_j1(x))", (-2, 2)),
    "bessel_j1": ("j1", "t * (bessel_j0(x) - over(out, x))", (-2, 2)),
    "bessel_y0": ("y0", "-(t * bessel_y1(x))", (0.5, 3)),
    "bessel_y1": ("y1", "t * (bessel_y0(x) - out / x)", (0.5, 3)),
    "modified_bessel_k0": ("k0", "-(t * modified_bessel_k1(x))", (0.5, 3)),
    "modified_bessel_k1": ("k1", "-(t * (modified_bessel_k0(x) + out / x))", (0.5, 3)),
    "scaled_modified_bessel_k0": (
        "k0e",
        "t * (out - scaled_modified_bessel_k1(x))",
        (0.5, 3),
    ),
    "scaled_modified_bessel_k1": (
        "k1e",
        "t * (out - out / x - scaled_modified_bessel_k0(x))",
        (0.5, 3),
    ),
}
for _name, (_scipy, _image, _domain) in _UNARY.items():
    elementwise(
        _name,
        "x",
        scipy_special(_scipy),
        kinds="f",
        kernel=False,
        domain=_domain,
        tangents={"x": _image},
    )

# kernels have an instruction for these
erf = elementwise(
    "erf",
    "x",
    scipy_special("erf"),
    kinds="f",
    tangents={"x": f"t * ({TWO_OVER_SQRT_PI} * exp(-(x * x)))"},
)
erfc = elementwise(
    "erfc",
    "x",
    scipy_special("erfc"),
    kinds="f",
    tangents={"x": f"t * ({-TWO_OVER_SQRT_PI} * exp(-(x * x)))"},
)


@composite
def over(F: Namespace, y: Payload, x: Payload) -> Payload:
    """y / x for a function y with y(0) = 0 and y'(0) = 1/2: 1/2 at 0."""
    zero = F.eq(x, 0.0)
    safe = F.where(zero, F.ones_like(x), x)
    return F.where(zero, F.full_like(y, value=0.5), F.div(y, safe))


def _airy(x: np.ndarray, *, order: int) -> np.ndarray:
    from scipy import special

    return special.airy(x)[order]


elementwise(
    "airy_ai",
    "x",
    in_float32(_airy),
    params="order",
    kinds="f",
    kernel=False,
    tangents={"x": "t * airy_next(x, order=order)"},
    samples=lambda rng: [((rng.uniform(-2, 2, (2, 3)),), {"order": k}) for k in (0, 1)],
    doc="The Airy function Ai (order 0) and its derivative (order 1).",
)


@composite
def airy_next(F: Namespace, x: Payload, *, order: int) -> Payload:
    """The derivative: Ai' and Ai'' = x Ai."""
    other = F.airy_ai(x, order=1 - order)
    return F.mul(x, other) if order else other


def _polygamma(x: np.ndarray, *, n: int) -> np.ndarray:
    from scipy import special

    return special.polygamma(n, x).astype(x.dtype)  # SciPy gives float64


polygamma = elementwise(
    "polygamma",
    "x",
    in_float32(_polygamma),
    params="n",
    kinds="f",
    kernel=False,
    tangents={"x": "t * polygamma(x, n=n + 1)"},
    samples=lambda rng: [((rng.uniform(0.5, 3, (2, 3)),), {"n": n}) for n in (1, 2)],
)


@composite
def multigammaln(F: Namespace, x: Payload, *, p: int) -> Payload:
    """The logarithm of the multivariate gamma function (DLMF 35.3.4)."""
    total: Any = None
    for j in range(p):
        term = F.lgamma(F.sub(x, 0.5 * j))
        total = term if total is None else F.add(total, term)
    return F.add(total, p * (p - 1) / 4 * float(np.log(pi)))


# --- two operands ---------------------------------------------------------------------

xlogy = elementwise(
    "xlogy",
    "x y",
    scipy_special("xlogy"),
    kinds="f",
    domain=(0.5, 2),
    kernel=False,
    tangents={
        "x": "mask(logical_not((x == 0.0) & (y <= 0.0)), t * log(y))",
        "y": "t * (x / y)",
    },
)
xlog1py = elementwise(
    "xlog1py",
    "x y",
    scipy_special("xlog1py"),
    kinds="f",
    domain=(0.5, 2),
    kernel=False,
    tangents={
        "x": "mask(logical_not((x == 0.0) & (y <= -1.0)), t * log1p(y))",
        "y": "t * (x / (y + 1.0))",
    },
)


@composite
def undefined(F: Namespace, t: Payload, *, name: str) -> Payload:
    """Stands for a derivative that has no closed form.

    Raises:
        EngineError: "not_differentiable".
    """
    raise EngineError("not_differentiable", name=name)


def _right(name: str, scipy_name: str, image: str, domain: Domain) -> None:
    """A function that is differentiated in its second operand only."""
    prim = elementwise(
        name,
        "a x",
        scipy_special(scipy_name),
        kinds="f",
        kernel=False,
        domain=domain,
        tangents={"a": f"undefined(t, name='{name}, first operand')", "x": image},
    )
    prim.undefined = (0,)


_DENSITY = "exp((a - 1.0) * log(x) - x - lgamma(a))"
_right("gammainc", "gammainc", f"t * {_DENSITY}", (0.5, 2.0))
_right("gammaincc", "gammaincc", f"-(t * {_DENSITY})", (0.5, 2.0))
_right("zeta", "zeta", "-(t * (a * zeta(a + 1.0, x)))", (1.5, 3.0))

betainc = elementwise(
    "betainc",
    "a b x",
    scipy_special("betainc"),
    kinds="f",
    kernel=False,
    domain=(0.2, 0.8),
    tangents={
        "a": "undefined(t, name='betainc, first operand')",
        "b": "undefined(t, name='betainc, second operand')",
        "x": "t * exp((a - 1.0) * log(x) + (b - 1.0) * log1p(-x) + lgamma(a + b)"
        " - lgamma(a) - lgamma(b))",
    },
    doc="The regularised incomplete beta function I_x(a, b); DLMF 8.17.",
)
betainc.undefined = (0, 1)

# --- logit, sinc ----------------------------------------------------------------------


def _logit_impl(x: np.ndarray, *, eps: float | None) -> np.ndarray:
    x = x if eps is None else np.clip(x, eps, 1 - eps)
    return np.log(x / (1 - x))


logit = elementwise(
    "logit",
    "x",
    in_float32(_logit_impl),
    params="eps",
    kinds="f",
    kernel=False,
    tangents={"x": "logit_tangent(t, x, eps=eps)"},
    samples=lambda rng: [
        ((rng.uniform(0.1, 0.9, (2, 3)),), {"eps": e}) for e in (None, 0.2)
    ],
    doc="log(x / (1 - x)); with `eps` x is clamped to [eps, 1 - eps].",
)


@composite
def logit_tangent(
    F: Namespace, t: Payload, x: Payload, *, eps: float | None
) -> Payload:
    """nan outside of [0, 1] without eps, 0 outside of its bounds with it."""
    lo, outside = (0.0, np.nan) if eps is None else (eps, 0.0)
    beyond = F.logical_or(F.lt(x, lo), F.gt(x, 1.0 - lo))
    slope = F.div(t, F.mul(x, F.sub(1.0, x)))
    return F.where(beyond, F.full_like(t, value=outside), slope)


sinc = elementwise(
    "sinc",
    "x",
    in_float32(np.sinc),
    kinds="f",
    kernel=False,
    tangents={"x": "t * sinc_slope(x)"},
    domain=(0.2, 2.0),
)


@composite
def sinc_slope(F: Namespace, x: Payload) -> Payload:
    """(cos(pi x) - sinc(x)) / x, 0 at 0."""
    zero = F.eq(x, 0.0)
    safe = F.where(zero, F.ones_like(x), x)
    slope = F.div(F.sub(F.cos(F.mul(safe, pi)), F.sinc(safe)), safe)
    return F.where(zero, F.zeros_like(x), slope)


@composite
def spherical_bessel_j0(F: Namespace, x: Payload) -> Payload:
    """sin(x) / x."""
    return F.sinc(F.div(x, pi))


# --- orthogonal polynomials: constants in the degree ----------------------------------

# name: (first two polynomials of x, coefficients (a, b, c) of degree n in
# p[n] = ((a x + b) p[n-1] - c p[n-2])), DLMF table 18.9.1
_POLYNOMIALS: dict[str, tuple[Any, Any]] = {
    "chebyshev_polynomial_t": (lambda x: x, lambda n: (2.0, 0.0, 1.0)),
    "chebyshev_polynomial_u": (lambda x: 2.0 * x, lambda n: (2.0, 0.0, 1.0)),
    "chebyshev_polynomial_v": (lambda x: 2.0 * x - 1.0, lambda n: (2.0, 0.0, 1.0)),
    "chebyshev_polynomial_w": (lambda x: 2.0 * x + 1.0, lambda n: (2.0, 0.0, 1.0)),
    "hermite_polynomial_h": (lambda x: 2.0 * x, lambda n: (2.0, 0.0, 2.0 * (n - 1))),
    "hermite_polynomial_he": (lambda x: x, lambda n: (1.0, 0.0, n - 1.0)),
    "laguerre_polynomial_l": (
        lambda x: 1.0 - x,
        lambda n: (-1.0 / n, (2.0 * n - 1) / n, (n - 1.0) / n),
    ),
    "legendre_polynomial_p": (
        lambda x: x,
        lambda n: ((2.0 * n - 1) / n, 0.0, (n - 1.0) / n),
    ),
}


def _polynomial_impl(name: str, x: np.ndarray, n: np.ndarray) -> np.ndarray:
    first, coefficients = _POLYNOMIALS[name]
    x, n = np.broadcast_arrays(x, np.trunc(n))
    lower, upper = np.ones_like(x), np.asarray(first(x), x.dtype)
    out = np.where(n == 0, lower, np.where(n == 1, upper, np.zeros_like(x)))
    for k in range(2, int(np.max(n, initial=0)) + 1):
        a, b, c = coefficients(k)
        lower, upper = upper, (a * x + b) * upper - c * lower
        out = np.where(n == k, upper, out)
    return out


for _name in _POLYNOMIALS:
    elementwise(
        _name,
        "x n",
        in_float32(lambda x, n, name=_name: _polynomial_impl(name, x, n)),
        kinds="f",
        kernel=False,
        constant=True,
        samples=lambda rng: [
            ((rng.uniform(-1, 1, (2, 5)), np.array([0.0, 1.0, 2.0, 3.0, 6.0])), {})
        ],
        doc="The polynomial of degree n; without derivative, as in PyTorch.",
    )


def _shifted(name: str) -> None:
    def shifted(F: Namespace, x: Payload, n: Payload) -> Payload:
        return getattr(F, name)(F.sub(F.mul(x, 2.0), 1.0), n)

    shifted.__name__ = f"shifted_{name}"
    composite(shifted)


for _name in "tuvw":
    _shifted(f"chebyshev_polynomial_{_name}")

# --- exponents ------------------------------------------------------------------------


def _exponent_impl(x: np.ndarray) -> np.ndarray:
    wide = x.astype(np.float32) if x.dtype.kind == "V" else x
    return np.frexp(wide)[1].astype(x.dtype)


exponent = elementwise(
    "exponent",
    "x",
    _exponent_impl,
    kinds="f",
    kernel=False,
    constant=True,
    doc="The e of x = m 2^e with 1/2 <= |m| < 1, in the dtype of x.",
)


@composite
def frexp(F: Namespace, x: Payload) -> tuple[Payload, Payload]:
    """(mantissa, exponent as int32)."""
    e = F.exponent(x)
    return F.ldexp(x, F.neg(e)), F.convert(e, dtype=np.dtype(np.int32))


@composite
def ldexp(F: Namespace, x: Payload, e: Payload) -> Payload:
    """x 2^e; both have one floating dtype."""
    return F.mul(x, F.exp2(e))
