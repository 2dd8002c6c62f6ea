"""Activation functions.

Records state what a fused backward gains, or what has its own value at a kink; the
rest are composites.  Where frameworks disagree at a kink, the derivative there is the
static parameter `edge`.  Half precision is computed in float32, as in PyTorch.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from isograd.base import rounding
from isograd.base.dtypes import F32
from isograd.core.families import elementwise
from isograd.core.primitive import Namespace, Payload, Primitive, composite
from isograd.ops.comparison import ZERO
from isograd.ops.elementwise import in_float32, scipy_special
from isograd.ops.reduce import wide_steps

SQRT_HALF = 0.7071067811865476
SQRT_2_OVER_PI = 0.7978845608028654
INV_SQRT_2PI = 0.3989422804014327
SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def _relu_impl(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, ZERO[x.dtype.char], out=...)


relu = elementwise(
    "relu",
    "x",
    _relu_impl,
    kinds="fi",
    scalar="maximum(x, zeros_like(x))",
    tangents={"x": "mask(out != 0.0, t)"},
)  # also where x is nan
relu.bent = True


def sigmoid_impl(x: np.ndarray) -> np.ndarray:
    out = np.negative(x, out=...)
    rounding.exp(out, out=out)
    np.add(out, 1, out=out)
    return np.reciprocal(out, out=out)


sigmoid = elementwise(
    "sigmoid",
    "x",
    in_float32(sigmoid_impl),
    scalar="1.0 / (1.0 + exp(-x))",
    tangents={"x": "t * ((1.0 - out) * out)"},
    fused=True,
)


def _log1p_exp(x: str) -> str:
    """log(1 + exp(-|x|)) for kernels, which have a fast log but no fast log1p.

    Kahan's form: the error of u = 1 + e cancels in log(u) e / (u - 1).
    """
    e = f"exp(-abs({x}))"
    u = f"(1.0 + {e})"
    return f"select({u} == 1.0, {e}, log({u}) * ({e} / ({u} - 1.0)))"


logsigmoid = elementwise(
    "logsigmoid",
    "x",
    in_float32(lambda x: np.minimum(x, 0) - rounding.log1p(rounding.exp(-np.abs(x)))),
    kinds="f",
    scalar=f"minimum(x, zeros_like(x)) - {_log1p_exp('x')}",
    tangents={"x": "t * sigmoid(-x)"},
    fused=True,
)


def _softplus(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0) + rounding.log1p(rounding.exp(-np.abs(z)))


def _softplus_impl(x: np.ndarray, *, beta: float, threshold: float) -> np.ndarray:
    z = x if beta == 1 else x * beta
    out = _softplus(z)
    return np.where(z > threshold, x, out if beta == 1 else out / beta)


softplus = elementwise(
    "softplus",
    "x",
    in_float32(_softplus_impl),
    params="beta threshold",
    kinds="f",
    scalar="select(x * beta > threshold, x, (maximum(x * beta, zeros_like(x))"
    f" + {_log1p_exp('x * beta')}) / beta)",
    tangents={"x": "where(x * beta > threshold, t, t * sigmoid(x * beta))"},
    fused=True,
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {"beta": b, "threshold": h})
        for b, h in ((1.0, 20.0), (3.0, 1.0))
    ],
)

gelu = elementwise(
    "gelu",
    "x",
    in_float32(lambda x: x * (0.5 * (1 + scipy_special("erf")(x * SQRT_HALF)))),
    kinds="f",
    scalar=f"x * (0.5 * (1.0 + erf(x * {SQRT_HALF})))",
    tangents={"x": "t * gelu_slope(x)"},
    fused=True,
    doc="x Phi(x), Hendrycks and Gimpel 2016.",
)


@composite
def gelu_slope(F: Namespace, x: Payload) -> Payload:
    """Phi(x) + x phi(x)."""
    cdf = F.mul(F.add(F.erf(F.mul(x, SQRT_HALF)), 1.0), 0.5)
    density = F.mul(F.exp(F.mul(F.mul(x, x), -0.5)), INV_SQRT_2PI)
    return F.add(cdf, F.mul(x, density))


def _gelu_tanh_impl(x: np.ndarray) -> np.ndarray:
    return 0.5 * x * (1 + rounding.tanh(SQRT_2_OVER_PI * (x + 0.044715 * (x * x * x))))


gelu_tanh = elementwise(
    "gelu_tanh",
    "x",
    in_float32(_gelu_tanh_impl),
    kinds="f",
    scalar=f"0.5 * x * (1.0 + tanh({SQRT_2_OVER_PI} * (x + 0.044715 * (x * x * x))))",
    tangents={"x": "t * gelu_tanh_slope(x)"},
    fused=True,
)


@composite
def gelu_tanh_slope(F: Namespace, x: Payload) -> Payload:
    square = F.mul(x, x)
    inner = F.mul(F.mul(x, F.add(F.mul(square, 0.044715), 1.0)), SQRT_2_OVER_PI)
    tanh = F.tanh(inner)
    slope = F.mul(F.add(F.mul(square, 3 * 0.044715), 1.0), SQRT_2_OVER_PI)
    right = F.mul(F.mul(x, F.sub(1.0, F.mul(tanh, tanh))), slope)
    return F.mul(F.add(F.add(tanh, 1.0), right), 0.5)


silu = elementwise(
    "silu",
    "x",
    in_float32(lambda x: x * sigmoid_impl(x)),
    scalar="x / (1.0 + exp(-x))",
    tangents={"x": "t * silu_slope(x)"},
    fused=True,
)


@composite
def silu_slope(F: Namespace, x: Payload) -> Payload:
    s = F.sigmoid(x)
    return F.mul(s, F.add(F.mul(x, F.sub(1.0, s)), 1.0))


mish = elementwise(
    "mish",
    "x",
    in_float32(lambda x: x * rounding.tanh(_softplus(x))),
    kinds="f",
    tangents={"x": "t * mish_slope(x)"},
    fused=True,
    scalar=f"x * tanh(maximum(x, zeros_like(x)) + {_log1p_exp('x')})",
    doc="x tanh(softplus(x)), Misra 2019.",
)


@composite
def mish_slope(F: Namespace, x: Payload) -> Payload:
    tanh = F.tanh(F.softplus(x, beta=1.0, threshold=20.0))
    return F.add(tanh, F.mul(F.mul(x, F.sigmoid(x)), F.sub(1.0, F.mul(tanh, tanh))))


def _elu_impl(
    x: np.ndarray, *, alpha: float, scale: float, input_scale: float
) -> np.ndarray:
    below = rounding.expm1(np.minimum(x, 0) * input_scale) * (alpha * scale)
    return np.where(x > 0, x * scale, below)


elu = elementwise(
    "elu",
    "x",
    in_float32(_elu_impl),
    params="alpha scale input_scale",
    kinds="f",
    scalar="select(x > 0.0, x * scale, expm1(minimum(x, zeros_like(x)) * input_scale)"
    " * alpha * scale)",
    tangents={
        "x": "elu_tangent(t, x, alpha=alpha, scale=scale, input_scale=input_scale)"
    },
    fused=True,
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {"alpha": a, "scale": s, "input_scale": i})
        for a, s, i in (
            (1.0, 1.0, 1.0),
            (SELU_ALPHA, SELU_SCALE, 1.0),
            (0.7, 1.0, 1 / 0.7),
        )
    ],
    doc="elu, selu (alpha, scale) and celu (input_scale = 1 / alpha) at once.",
)


@composite
def elu_tangent(
    F: Namespace,
    t: Payload,
    x: Payload,
    *,
    alpha: float,
    scale: float,
    input_scale: float,
) -> Payload:
    below = F.exp(F.mul(F.mask(F.lt(x, 0.0), x), input_scale))
    below = F.mul(below, alpha * scale * input_scale)
    return F.where(F.le(x, 0.0), F.mul(t, below), F.mul(t, scale))


@composite
def selu(F: Namespace, x: Payload) -> Payload:
    """Klambauer et al. 2017."""
    return F.elu(x, alpha=SELU_ALPHA, scale=SELU_SCALE, input_scale=1.0)


@composite
def celu(F: Namespace, x: Payload, *, alpha: float) -> Payload:
    return F.elu(x, alpha=alpha, scale=1.0, input_scale=1.0 / alpha)


leaky_relu = elementwise(
    "leaky_relu",
    "x",
    in_float32(lambda x, slope, edge: np.where(x > 0, x, x * slope)),
    params="slope edge",
    kinds="f",
    scalar="select(x > 0.0, x, x * slope)",
    tangents={"x": "leaky_tangent(t, x, slope=slope, edge=edge)"},
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {"slope": 0.1, "edge": e}) for e in (0.1, 0.6)
    ],
    doc="`edge`: the derivative at 0; PyTorch takes `slope`.",
)
leaky_relu.bent = True


@composite
def leaky_tangent(
    F: Namespace, t: Payload, x: Payload, *, slope: float, edge: float
) -> Payload:
    out = F.where(F.gt(x, 0.0), t, F.mul(t, slope))
    return out if edge == slope else F.where(F.eq(x, 0.0), F.mul(t, edge), out)


@composite
def prelu(F: Namespace, x: Payload, weight: Payload) -> Payload:
    """x where positive, else weight * x; `weight` broadcasts against x."""
    return F.where(F.gt(x, 0.0), x, F.mul(weight, x))


@composite
def hardtanh(
    F: Namespace, x: Payload, *, lo: float = -1.0, hi: float = 1.0, edge: float = 0.0
) -> Payload:
    return F.clip(x, lo=lo, hi=hi, edge=edge)


@composite
def relu6(F: Namespace, x: Payload, *, edge: float = 0.0) -> Payload:
    return F.clip(x, lo=0.0, hi=6.0, edge=edge)


hardsigmoid = elementwise(
    "hardsigmoid",
    "x",
    in_float32(lambda x: np.clip(x + 3, 0, 6) / 6),
    kinds="f",
    domain=(-4, 4),
    scalar="minimum(maximum(x + 3.0, zeros_like(x)), 6.0) / 6.0",
    tangents={"x": "mask(abs(x) < 3.0, t / 6.0)"},
)
hardswish = elementwise(
    "hardswish",
    "x",
    in_float32(lambda x: x * (np.clip(x + 3, 0, 6) / 6)),
    kinds="f",
    domain=(-4, 4),
    scalar="x * (minimum(maximum(x + 3.0, zeros_like(x)), 6.0) / 6.0)",
    tangents={"x": "where(x < 3.0, mask(x > -3.0, t * (x / 3.0 + 0.5)), t)"},
)


@composite
def hardswish_closed(F: Namespace, x: Payload) -> Payload:
    """hardswish with the middle piece's derivative at -3 and 3, as MindSpore has it."""
    return F.mul(x, F.div(F.clip(F.add(x, 3.0), lo=0.0, hi=6.0, edge=1), 6.0))


_BY_LAMBDA: dict[str, tuple[Any, str]] = {
    "softshrink": (
        lambda x, lambd: np.sign(x) * np.maximum(np.abs(x) - lambd, 0),
        "sign(x) * maximum(abs(x) - lambd, zeros_like(x))",
    ),
    "hardshrink": (
        lambda x, lambd: np.where(np.abs(x) <= lambd, x * 0, x),
        "select(abs(x) <= lambd, zeros_like(x), x)",
    ),
}
for _name, (_impl, _scalar) in _BY_LAMBDA.items():
    elementwise(
        _name,
        "x",
        in_float32(_impl),
        params="lambd",
        kinds="f",
        scalar=_scalar,
        tangents={"x": "mask(logical_not(abs(x) <= lambd), t)"},
        samples=lambda rng: [((rng.normal(size=(2, 3)),), {"lambd": 0.5})],
    )

threshold = elementwise(
    "threshold",
    "x",
    lambda x, bound, value: np.where(x <= bound, np.asarray(value, x.dtype), x),
    params="bound value",
    kinds="fi",
    scalar="select(x <= bound, zeros_like(x) + value, x)",
    tangents={"x": "mask(logical_not(x <= bound), t)"},
    samples=lambda rng: [((rng.normal(size=(2, 3)),), {"bound": 1, "value": 2})],
)


@composite
def tanhshrink(F: Namespace, x: Payload) -> Payload:
    return F.sub(x, F.tanh(x))


@composite
def softsign(F: Namespace, x: Payload) -> Payload:
    return F.div(x, F.add(F.abs(x), 1.0))


@composite
def halves(F: Namespace, x: Payload, *, axis: int) -> tuple[Payload, Payload]:
    """The two halves of an axis of even size."""
    n = x.shape[axis] // 2
    index = [(0, m, 1) for m in x.shape]
    lower, upper = list(index), list(index)
    lower[axis], upper[axis] = (0, n, 1), (n, 2 * n, 1)
    return F.slice(x, index=tuple(lower)), F.slice(x, index=tuple(upper))


@composite
def glu(F: Namespace, x: Payload, *, axis: int) -> Payload:
    """First half times the sigmoid of the second."""
    a, b = F.halves(x, axis=axis)
    return F.mul(a, F.sigmoid(b))


# --- normalisation over an axis -------------------------------------------------------


def _shifted(x: np.ndarray, axis: int) -> np.ndarray:
    """x minus its maximum over the axis (which may be empty)."""
    if x.size == 0:
        return x.copy()
    return x - np.maximum.reduce(x, axis=axis, keepdims=True)


def _softmax_impl(x: np.ndarray, *, axis: int) -> np.ndarray:
    out = _shifted(x, axis)
    rounding.exp(out, out=out)
    out /= np.add.reduce(out, axis=axis, keepdims=True)
    return out


def _log_softmax_impl(x: np.ndarray, *, axis: int) -> np.ndarray:
    out = _shifted(x, axis)
    sums = np.add.reduce(rounding.exp(out), axis=axis, keepdims=True)
    out -= rounding.log(sums)
    return out


def _top_kept(F: Namespace, x: Payload, axis: int) -> Payload:
    return F.kept(F.max(x, axes=(axis,)), x.shape, (axis,))


def _softmax_steps(F: Namespace, x: Payload, *, axis: int) -> Payload:
    e = F.exp(F.sub(x, _top_kept(F, x, axis)))
    return F.div(e, F.sum_kept(e, axis=axis))


def _log_softmax_steps(F: Namespace, x: Payload, *, axis: int) -> Payload:
    x = F.sub(x, _top_kept(F, x, axis))
    return F.sub(x, F.log(F.sum_kept(F.exp(x), axis=axis)))


@composite
def widened(F: Namespace, x: Payload) -> Payload:
    """x, in single precision if it has half precision."""
    return F.convert(x, dtype=F32) if x.dtype.itemsize == 2 else x


@composite
def sum_kept(F: Namespace, x: Payload, *, axis: int) -> Payload:
    """The sum over an axis, which stays with size 1."""
    return F.kept(F.sum(x, axes=(axis,)), x.shape, (axis,))


def _softmax_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axis: int
) -> tuple[Payload]:
    g, p = F.widened(g), F.widened(saved[1])
    c = F.mul(F.sub(g, F.sum_kept(F.mul(g, p), axis=axis)), p)
    return (F.convert(c, dtype=saved[1].dtype),)


def _softmax_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, axis: int
) -> Payload:
    return _softmax_vjp(F, tangents[0], (None, out), None, axis=axis)[0]


def _log_softmax_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axis: int
) -> tuple[Payload]:
    g, out = F.widened(g), F.widened(saved[1])
    c = F.sub(g, F.mul(F.exp(out), F.sum_kept(g, axis=axis)))
    return (F.convert(c, dtype=saved[1].dtype),)


def _log_softmax_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, axis: int
) -> Payload:
    (t,) = tangents
    return F.sub(t, F.sum_kept(F.mul(F.exp(out), t), axis=axis))


def _over_axis(name: str, impl: Any, vjp: Any, jvp: Any) -> Primitive:
    return Primitive(
        name,
        in_float32(impl),
        abstract=lambda x, axis: x,
        vjp=vjp,
        jvp=jvp,
        batch=lambda F, args, batched, size, axis: getattr(F, name)(
            args[0], axis=axis + 1
        ),
        reads=((-1,),),
        kinds="f",
        samples=lambda rng: [
            ((rng.normal(size=(2, 3)),), {"axis": 1}),
            ((3 * rng.normal(size=(2, 3)),), {"axis": 0}),
            ((rng.normal(size=(0, 3)),), {"axis": 1}),
        ],
    )


softmax = _over_axis("softmax", _softmax_impl, _softmax_vjp, _softmax_jvp)
log_softmax = _over_axis(
    "log_softmax", _log_softmax_impl, _log_softmax_vjp, _log_softmax_jvp
)


def _plain_rows(x: np.ndarray, axis: int) -> bool:
    """Whether sums over the axis need no care, see `sum_impl`."""
    return x.dtype.itemsize > 2 and (axis > 0 or x.shape[0] <= 256)


def _softmax_raw(
    F: Namespace, g: np.ndarray, saved: Any, needs: Any, *, axis: int
) -> tuple[np.ndarray]:
    """`_softmax_vjp` on arrays, step by step."""
    p = saved[1]
    if not _plain_rows(p, axis):
        return _softmax_vjp(F, g, saved, needs, axis=axis)
    c = g - np.add.reduce(g * p, axis=axis, keepdims=True)
    c *= p
    return (c,)


def _log_softmax_raw(
    F: Namespace, g: np.ndarray, saved: Any, needs: Any, *, axis: int
) -> tuple[np.ndarray]:
    """`_log_softmax_vjp` on arrays, step by step."""
    out = saved[1]
    if not _plain_rows(out, axis):
        return _log_softmax_vjp(F, g, saved, needs, axis=axis)
    c = rounding.exp(out)
    c *= np.add.reduce(g, axis=axis, keepdims=True)
    return (g - c,)


softmax.raw_vjp, log_softmax.raw_vjp = _softmax_raw, _log_softmax_raw
softmax.steps = wide_steps(_softmax_steps)
log_softmax.steps = wide_steps(_log_softmax_steps)


@composite
def softmin(F: Namespace, x: Payload, *, axis: int) -> Payload:
    return F.softmax(F.neg(x), axis=axis)


# --- standardised -------------------------------------------------------------------


def _inverse_deviation(F: Namespace, x: Payload, axes: Any, eps: float) -> Payload:
    """1 / sqrt(variance + eps) over the axes, which stay with size 1."""
    centred = F.sub(x, F.kept(F.mean(x, axes=axes), x.shape, axes))
    var = F.mean(F.square(centred), axes=axes)
    return F.rsqrt(F.add(F.kept(var, x.shape, axes), eps))


def _standardize_impl(x: np.ndarray, *, axes: Any, eps: float) -> np.ndarray:
    count = max(1, prod([x.shape[a] for a in axes]))
    out = x - np.add.reduce(x, axis=axes, keepdims=True) / x.dtype.type(count)
    var = np.add.reduce(np.square(out), axis=axes, keepdims=True)
    var /= x.dtype.type(count)
    var += x.dtype.type(eps)
    out /= np.sqrt(var, out=var)
    return out


def _standardize_steps(F: Namespace, x: Payload, *, axes: Any, eps: float) -> Payload:
    off = F.sub(x, F.kept(F.mean(x, axes=axes), x.shape, axes))
    var = F.kept(F.mean(F.mul(off, off), axes=axes), x.shape, axes)
    return F.div(off, F.sqrt(F.add(var, eps)))


def _standardize_pull(
    F: Namespace, g: Payload, x: Payload, y: Payload, axes: Any, eps: float
) -> Payload:
    """The derivative, a symmetric map: (g - mean(g) - y mean(g y)) / deviation."""
    dtype, shape = x.dtype, x.shape
    g, x, y = F.widened(g), F.widened(x), F.widened(y)
    along = F.mul(y, F.kept(F.mean(F.mul(g, y), axes=axes), shape, axes))
    c = F.sub(F.sub(g, F.kept(F.mean(g, axes=axes), shape, axes)), along)
    c = F.mul(c, _inverse_deviation(F, x, axes, eps))
    return F.convert(c, dtype=dtype)


standardize = Primitive(
    "standardize",
    in_float32(_standardize_impl),
    abstract=lambda x, axes, eps: x,
    vjp=lambda F, g, saved, needs, axes, eps: (
        _standardize_pull(F, g, saved[0], saved[1], axes, eps),
    ),
    jvp=lambda F, primals, tangents, out, axes, eps: _standardize_pull(
        F, tangents[0], primals[0], out, axes, eps
    ),
    batch=lambda F, args, batched, size, axes, eps: F.standardize(
        args[0], axes=tuple(a + 1 for a in axes), eps=eps
    ),
    reads=((0, -1),),
    kinds="f",
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {"axes": (1,), "eps": 1e-5}),
        ((rng.normal(size=(3, 2, 2)),), {"axes": (0, 2), "eps": 0.1}),
        ((rng.normal(size=(0, 3)),), {"axes": (1,), "eps": 1e-5}),
    ],
    doc="(x - mean) / sqrt(variance + eps) over axes; the variance is the biased one.",
)
standardize.steps = wide_steps(_standardize_steps)


def _standardize_raw(
    F: Namespace, g: np.ndarray, saved: Any, needs: Any, *, axes: Any, eps: float
) -> tuple[np.ndarray]:
    """`_standardize_pull` on arrays, step by step."""
    x, y = saved
    if x.dtype.itemsize == 2:
        return (_standardize_pull(F, g, x, y, axes, eps),)
    count, total = max(1, prod([x.shape[a] for a in axes])), np.add.reduce
    c = g - total(g, axis=axes, keepdims=True) / count
    c -= y * (total(g * y, axis=axes, keepdims=True) / count)
    off = x - total(x, axis=axes, keepdims=True) / count
    off *= off
    c *= np.reciprocal(np.sqrt(total(off, axis=axes, keepdims=True) / count + eps))
    return (c,)


standardize.raw_vjp = _standardize_raw
