"""Elementwise arithmetic and transcendental functions.

`tangents` states, per operand, the image of a tangent t (see `core/expression.py`).
Derivatives of the elementary functions: DLMF chapter 4; erf: DLMF 7.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base import rounding
from isograd.base.dtypes import complex_of, is_inexact, real_of
from isograd.core.families import elementwise
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite
from isograd.core.tape import Traced

sub = elementwise("sub", "x y", np.subtract, tangents={"x": "t", "y": "-t"})
div = elementwise(
    "div",
    "x y",
    np.true_divide,
    domain=(0.5, 2.0),
    # not by `out`, which may be written in place afterwards
    tangents={"x": "t / y", "y": "-t * ((x / y) / y)"},
)
square = elementwise(
    "square", "x", np.square, scalar="x * x", tangents={"x": "t * (2.0 * x)"}
)
reciprocal = elementwise(
    "reciprocal",
    "x",
    np.reciprocal,
    domain=(0.5, 2.0),
    scalar="1.0 / x",
    tangents={"x": "-t * (out * out)"},
)


def scipy_special(name: str) -> Any:
    """A function of scipy.special, imported at its first call."""

    def call(*arrays: np.ndarray) -> np.ndarray:
        from scipy import special

        return getattr(special, name)(*arrays)

    return in_float32(call)


def in_float32(fn: Any) -> Any:
    """`fn` computed in float32 where the first operand has half precision.

    SciPy has no kernels for those, and PyTorch rounds once, at the end, as well.
    """

    def call(*arrays: np.ndarray, **params: Any) -> np.ndarray:
        dtype = arrays[0].dtype
        if dtype.itemsize == 2 and is_inexact(dtype):
            wide = (a.astype(np.float32) if a.dtype == dtype else a for a in arrays)
            return np.asanyarray(fn(*wide, **params), dtype)
        out = fn(*arrays, **params)
        return out if type(out) is np.ndarray else np.asanyarray(out)

    call.plain = fn  # type: ignore[attr-defined]  # justified: read by `core.plans`
    return call


# name: (array function, image of a tangent, domain of generated test inputs)
_UNARY: dict[str, tuple[Any, str, tuple[float, float]]] = {
    "exp": (np.exp, "t * out", (-2, 2)),
    "exp2": (np.exp2, "t * (out * 0.6931471805599453)", (-2, 2)),
    "expm1": (np.expm1, "t * (out + 1.0)", (-2, 2)),
    "log": (np.log, "t / x", (0.5, 3)),
    "log2": (np.log2, "t / (x * 0.6931471805599453)", (0.5, 3)),
    "log10": (np.log10, "t / (x * 2.302585092994046)", (0.5, 3)),
    "log1p": (np.log1p, "t / (x + 1.0)", (-0.5, 2)),
    "sqrt": (np.sqrt, "t / (2.0 * out)", (0.5, 3)),
    "sin": (np.sin, "t * cos(x)", (-2, 2)),
    "cos": (np.cos, "-(t * sin(x))", (-2, 2)),
    "tan": (np.tan, "t * (1.0 + out * out)", (-1, 1)),
    "asin": (np.arcsin, "t / sqrt(1.0 - x * x)", (-0.8, 0.8)),
    "acos": (np.arccos, "-(t / sqrt(1.0 - x * x))", (-0.8, 0.8)),
    "atan": (np.arctan, "t / (x * x + 1.0)", (-2, 2)),
    "sinh": (np.sinh, "t * cosh(x)", (-2, 2)),
    "cosh": (np.cosh, "t * sinh(x)", (-2, 2)),
    "tanh": (np.tanh, "t * (1.0 - out * out)", (-2, 2)),
    "asinh": (np.arcsinh, "t / sqrt(x * x + 1.0)", (-2, 2)),
    # not sqrt(x^2 - 1), which has the other sign in the left half of the plane
    "acosh": (np.arccosh, "t / (sqrt(x - 1.0) * sqrt(x + 1.0))", (1.5, 3)),
    "atanh": (np.arctanh, "t / (1.0 - x * x)", (-0.8, 0.8)),
}

_EXACT = ("sqrt", "asin", "asinh", "acosh", "atanh")  # in NumPy's float32 kernels

for _name, (_impl, _image, _domain) in _UNARY.items():
    _array_fn = _impl if _name in _EXACT else rounding.rounded(_impl)
    _prim = elementwise(
        _name,
        "x",
        _array_fn,
        domain=_domain,
        tangents={"x": _image},
        fused=_name == "tanh",
    )
    _prim.ufunc = _array_fn

rsqrt = elementwise(
    "rsqrt",
    "x",
    lambda x: np.reciprocal(np.sqrt(x)),
    domain=(0.5, 3.0),
    tangents={"x": "t * (-0.5 * (out * out * out))"},
)

pow_ = elementwise(
    "pow",
    "x y",
    rounding.power,
    domain=(0.5, 2.0),
    tangents={
        # a zero exponent has a zero derivative in x, also at x = 0
        "x": "where(y == 0.0, zeros_like(t), t * (y * x ** (y - 1)))",
        # at x = 0 and y >= 0 the limit is 0
        "y": "t * where(pow_edge(x, y), zeros_like(out), out * log(x))",
    },
)
pow_unguarded = elementwise(
    "pow_unguarded",
    "x y",
    rounding.power,
    domain=(0.5, 2.0),
    scalar="pow(x, y)",
    tangents={
        "x": "t * (y * x ** (y - 1))",
        "y": "t * where(pow_edge(x, y), zeros_like(out), out * log(x))",
    },
    doc="pow whose derivative in x is nan at 0 ** 0, as MindSpore has it.",
)
pow_edge = elementwise(
    "pow_edge",
    "x y",
    kinds="f",
    result="bool",
    scalar="logical_and(x == 0.0, y >= 0.0)",
)


def _power_impl(x: np.ndarray, *, exponent: float) -> np.ndarray:
    """Powers by products and roots where those are as exact and much faster."""
    if x.dtype.kind not in "fc":
        return np.power(x, np.asarray(exponent, x.dtype))
    if exponent in (1, 2):
        return np.square(x) if exponent == 2 else x.copy()
    if exponent == 3:
        return np.multiply(np.square(x), x, out=...)
    if exponent == -1:
        return np.reciprocal(x)
    if exponent == -2:
        return np.reciprocal(np.square(x))
    if x.dtype.kind == "f" and exponent in (0.5, -0.5):
        root = np.sqrt(x)
        return root if exponent > 0 else np.reciprocal(root)
    return rounding.power(x, np.asarray(exponent, x.dtype))


def _power_scalar(S: Any, x: Any, *, exponent: float) -> Any:
    size = abs(exponent)
    if x.dtype.kind == "f" and size == 0.5:
        out = S.sqrt(x)
    elif x.dtype.kind == "f" and size in (1, 2, 3):
        out = x
        for _ in range(int(size) - 1):
            out = S.mul(out, x)
    else:
        return S.pow(x, exponent)
    return out if exponent > 0 else S.div(1.0, out)


power = elementwise(
    "power",
    "x",
    lambda x, exponent: np.asanyarray(_power_impl(x, exponent=exponent)),
    params="exponent",
    domain=(0.5, 2.0),
    tangents={"x": "power_tangent(t, x, exponent=exponent)"},
    samples=lambda rng: [
        ((rng.uniform(0.5, 2, (2, 3)),), {"exponent": e})
        for e in (3, 2, 0.5, -1, 0, -2, 1.7)
    ],
    doc="x to the power of a number; the derivative at exponent 0 is 0.",
)
power.scalar = _power_scalar


@composite
def power_tangent(F: Namespace, t: Payload, x: Payload, *, exponent: float) -> Payload:
    """t * exponent * x ** (exponent - 1), without a power where none is needed."""
    if exponent == 0:
        return F.zeros_like(t)
    if exponent == 1:
        return t
    plain = exponent == 2 and type(x) is not Traced  # else x ** 1 stays on the graph
    lower = x if plain else F.power(x, exponent=exponent - 1)
    return F.mul(t, F.mul(lower, exponent))


# --- two operands ---------------------------------------------------------------------

atan2 = elementwise(
    "atan2",
    "y x",
    np.arctan2,
    kinds="f",
    domain=(0.5, 2.0),
    # 0 at the origin, as PyTorch has it
    tangents={
        v: f"mask((x != 0.0) | (y != 0.0), t * ({n} / (x * x + y * y)))"
        for v, n in (("y", "x"), ("x", "-y"))
    },
)
hypot = elementwise(
    "hypot",
    "x y",
    np.hypot,
    kinds="f",
    domain=(0.5, 2.0),
    scalar="sqrt(x * x + y * y)",
    tangents={"x": "t * (x / out)", "y": "t * (y / out)"},
)
logaddexp = elementwise(
    "logaddexp",
    "x y",
    np.logaddexp,
    kinds="f",
    kernel=False,
    tangents={"x": "t * sigmoid(x - y)", "y": "t * sigmoid(y - x)"},
)

# Ties share the derivative evenly, as in PyTorch and MindSpore; nan has all of it.
_TIES = {"maximum": ("x < y", "y < x"), "minimum": ("x > y", "y > x")}
for _name, (_first, _second) in _TIES.items():
    elementwise(
        _name,
        "x y",
        getattr(np, _name),
        kinds="fib",
        tangents={
            "x": f"mask(logical_not({_first}), where(x == y, t * 0.5, t))",
            "y": f"mask(logical_not({_second}), where(x == y, t * 0.5, t))",
        },
    )
fmax = elementwise(
    "fmax",
    "x y",
    np.fmax,
    kinds="f",
    kernel=False,
    tangents={
        "x": "where(logical_or(x >= y, isnan(y)), t, zeros_like(t))",
        "y": "where(logical_or(x >= y, isnan(y)), zeros_like(t), t)",
    },
)
fmin = elementwise(
    "fmin",
    "x y",
    np.fmin,
    kinds="f",
    kernel=False,
    tangents={
        "x": "where(logical_or(x <= y, isnan(y)), t, zeros_like(t))",
        "y": "where(logical_or(x <= y, isnan(y)), zeros_like(t), t)",
    },
)
remainder = elementwise(
    "remainder",
    "x y",
    np.remainder,
    kinds="fi",
    domain=(0.6, 2.0),
    kernel=False,
    tangents={"x": "t", "y": "-t * floor(x / y)"},
)
fmod = elementwise(
    "fmod",
    "x y",
    np.fmod,
    kinds="fi",
    domain=(0.6, 2.0),
    kernel=False,
    tangents={"x": "t", "y": "-t * trunc(x / y)"},
)
floordiv = elementwise(
    "floordiv",
    "x y",
    np.floor_divide,
    kinds="fi",
    domain=(0.6, 2.0),
    kernel=False,
    tangents={"x": "zeros_like(t)", "y": "zeros_like(t)"},
)
copysign = elementwise(
    "copysign",
    "x y",
    np.copysign,
    kinds="f",
    kernel=False,
    tangents={"x": "t * sign(copysign(x, y)) * sign(x)", "y": "zeros_like(t)"},
)
heaviside = elementwise(
    "heaviside",
    "x y",
    np.heaviside,
    kinds="f",
    kernel=False,
    tangents={"x": "zeros_like(t)", "y": "where(x == 0.0, t, zeros_like(t))"},
)
# --- rounding and sign: derivative zero -----------------------------------------------

for _name, _impl in {
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "round": np.rint,
}.items():
    elementwise(_name, "x", _impl, kinds="f", tangents={"x": "zeros_like(t)"})


def _sign_impl(x: np.ndarray) -> np.ndarray:
    """The sign; 0 for nan, where NumPy has nan."""
    if x.dtype.kind == "f":
        return np.subtract(x > 0, x < 0, dtype=x.dtype)
    return np.subtract(x > 0, x < 0, dtype=np.int8).astype(x.dtype)


sign = elementwise(
    "sign",
    "x",
    _sign_impl,
    kinds="fi",
    scalar="select(x == x, sign(x), zeros_like(x))",
    tangents={"x": "zeros_like(t)"},
)


def _abs_vjp(F: Namespace, g: Payload, saved: Any, needs: Any) -> tuple[Payload]:
    x = saved[0]
    return (F.mul(F.convert(g, dtype=x.dtype), F.sgn(x)),)


def _abs_jvp(F: Namespace, primals: Any, tangents: Any, out: Payload) -> Payload:
    (x,), (t,) = primals, tangents
    if x.dtype.kind != "c":
        return F.mul(t, F.sgn(x))
    return F.real(F.mul(F.conj(F.sgn(x)), t))


abs_ = elementwise(
    "abs",
    "x",
    np.absolute,
    result="real",
    kinds="fci",
    vjp=_abs_vjp,
    jvp=_abs_jvp,
    reads=((0,),),
    domain=(0.3, 2.0),
)


@composite
def sgn(F: Namespace, x: Payload) -> Payload:
    """x / |x|, 0 at 0; the sign of a real number."""
    if x.dtype.kind != "c":
        return F.sign(x)
    size = F.convert(F.abs(x), dtype=x.dtype)
    zero = F.eq(size, 0.0)
    return F.where(zero, F.zeros_like(x), F.div(x, F.where(zero, F.ones_like(x), size)))


signbit = elementwise(
    "signbit", "x", np.signbit, result="bool", kinds="f", kernel=False
)


@composite
def frac(F: Namespace, x: Payload) -> Payload:
    """What truncation takes away."""
    return F.sub(x, F.trunc(x))


@composite
def round_to(F: Namespace, x: Payload, *, decimals: int) -> Payload:
    """x rounded, half to even, to a number of decimals."""
    scale = 10.0 ** abs(decimals)
    if decimals < 0:
        return F.mul(F.round(F.div(x, scale)), scale)
    return F.div(F.round(F.mul(x, scale)), scale)


@composite
def deg2rad(F: Namespace, x: Payload) -> Payload:
    return F.mul(x, np.pi / 180)


@composite
def rad2deg(F: Namespace, x: Payload) -> Payload:
    return F.mul(x, 180 / np.pi)


@composite
def addcmul(
    F: Namespace, x: Payload, a: Payload, b: Payload, *, value: float = 1
) -> Payload:
    """x + value * a * b."""
    product = F.mul(a, b)
    return F.add(x, product if value == 1 else F.mul(product, value))


@composite
def addcdiv(
    F: Namespace, x: Payload, a: Payload, b: Payload, *, value: float = 1
) -> Payload:
    """x + value * a / b."""
    quotient = F.div(a, b)
    return F.add(x, quotient if value == 1 else F.mul(quotient, value))


@composite
def lerp(F: Namespace, x: Payload, y: Payload, weight: Payload | float) -> Payload:
    """x + weight (y - x), from the nearer end as PyTorch computes it."""
    step = F.sub(y, x)
    if isinstance(weight, int | float):
        if abs(weight) < 0.5:
            return F.add(x, F.mul(step, weight))
        return F.sub(y, F.mul(step, 1 - weight))
    near_x = F.add(x, F.mul(weight, step))
    near_y = F.sub(y, F.mul(F.sub(1.0, weight), step))
    return F.where(F.lt(F.abs(weight), 0.5), near_x, near_y)


# --- complex numbers ------------------------------------------------------------------

real = Primitive(
    "real",
    lambda x: np.array(x.real),
    abstract=lambda x: Aval(x.shape, real_of(x.dtype)),
    vjp=lambda F, g, saved, needs: (F.convert(g, dtype=complex_of(g.dtype)),),
    jvp=lambda F, primals, tangents, out: F.real(tangents[0]),
    batch=lambda F, args, batched, size: F.real(args[0]),
    reads=((),),
    kinds="c",
    kind="linear",
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3)),), {})
    ],
)
imag = Primitive(
    "imag",
    lambda x: np.array(x.imag),
    abstract=lambda x: Aval(x.shape, real_of(x.dtype)),
    vjp=lambda F, g, saved, needs: (
        F.mul(F.convert(g, dtype=complex_of(g.dtype)), 1j),
    ),
    jvp=lambda F, primals, tangents, out: F.imag(tangents[0]),
    batch=lambda F, args, batched, size: F.imag(args[0]),
    reads=((),),
    kinds="c",
    kind="linear",
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)) + 1j * rng.normal(size=(2, 3)),), {})
    ],
)


@composite
def complex_(F: Namespace, re: Payload, im: Payload) -> Payload:
    """re + i im."""
    dtype = complex_of(re.dtype)
    return F.add(F.convert(re, dtype=dtype), F.mul(F.convert(im, dtype=dtype), 1j))


@composite
def polar(F: Namespace, size: Payload, angle: Payload) -> Payload:
    """size (cos(angle) + i sin(angle))."""
    return F.complex_(F.mul(size, F.cos(angle)), F.mul(size, F.sin(angle)))


@composite
def angle(F: Namespace, x: Payload) -> Payload:
    """The argument; for reals 0 or pi, with derivative 0."""
    if x.dtype.kind == "c":
        return F.atan2(F.imag(x), F.real(x))
    out = F.where(F.lt(x, 0.0), F.full_like(x, value=np.pi), F.zeros_like(x))
    return F.where(F.ne(x, x), F.full_like(x, value=np.nan), out)


# --- bounds ---------------------------------------------------------------------------


def _clip_impl(
    x: np.ndarray, *, lo: float | None, hi: float | None, edge: float
) -> np.ndarray:
    x = x if lo is None else np.maximum(x, np.asarray(lo, x.dtype))
    return (
        x.copy()
        if hi is None and lo is None
        else (x if hi is None else np.minimum(x, np.asarray(hi, x.dtype)))
    )


@composite
def clip_tangent(
    F: Namespace, t: Payload, x: Payload, *, lo: Any, hi: Any, edge: float
) -> Payload:
    """t inside of the bounds, `edge` * t on them, 0 outside.

    For nan PyTorch's clamp gives 0, its hardtanh (edge 0) t.
    """
    out = t
    for bound, inside, outside in ((lo, "ge", "le"), (hi, "le", "ge")):
        if bound is None:
            continue
        if edge == 0:
            out = F.mask(F.logical_not(getattr(F, outside)(x, bound)), out)
            continue
        if edge != 1:
            out = F.where(F.eq(x, bound), F.mul(t, edge), out)
        out = F.mask(getattr(F, inside)(x, bound), out)
    return out


clip = elementwise(
    "clip",
    "x",
    _clip_impl,
    params="lo hi edge",
    kinds="f",
    kernel=False,
    tangents={"x": "clip_tangent(t, x, lo=lo, hi=hi, edge=edge)"},
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {"lo": -0.5, "hi": 0.5, "edge": 1}),
        ((rng.normal(size=(2, 3)),), {"lo": None, "hi": 0.5, "edge": 0.5}),
    ],
    doc="`edge`: the derivative at the bounds (clamp 1, hardtanh 0, MindSpore's 0.5).",
)


def _clip_scalar(
    S: Any, x: Any, *, lo: float | None, hi: float | None, edge: float
) -> Any:
    x = x if lo is None else S.maximum(x, lo)
    return x if hi is None else S.minimum(x, hi)


clip.scalar = _clip_scalar

# bounds that are operands; where x equals a bound, x has the derivative
scale_shift = elementwise(
    "scale_shift",
    "x w b",
    scalar="x * w + b",
    tangents={"x": "t * w", "w": "t * x", "b": "t"},
    doc="x w + b: what follows a normalisation.",
)
clamp_min = elementwise(
    "clamp_min",
    "x y",
    np.maximum,
    kinds="fi",
    scalar="maximum(x, y)",
    tangents={"x": "mask(x >= y, t)", "y": "mask(x < y, t)"},
)
clamp_max = elementwise(
    "clamp_max",
    "x y",
    np.minimum,
    kinds="fi",
    scalar="minimum(x, y)",
    tangents={"x": "mask(x <= y, t)", "y": "mask(x > y, t)"},
)
nan_to_num = elementwise(
    "nan_to_num",
    "x",
    lambda x, nan, posinf, neginf: np.nan_to_num(
        x, nan=nan, posinf=posinf, neginf=neginf
    ),
    params="nan posinf neginf",
    kinds="f",
    kernel=False,
    tangents={"x": "where(isfinite(x), t, zeros_like(t))"},
    samples=lambda rng: [
        ((np.array([1.0, 2.0]),), {"nan": 0.0, "posinf": 1.0, "neginf": -1.0})
    ],
)
