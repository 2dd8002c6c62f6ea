"""Random numbers, drawn by the host in program order.

The generator is a static parameter: a NumPy Generator or a `MersenneStream`.  Draws
without operands take `shape` and `dtype`; those with operands (rates, probabilities)
have their shape and dtype, and no derivative save `random_gamma`, whose samples depend
smoothly on the shape parameter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.base.dtypes import F32, F64, I64
from isograd.base.streams import MersenneStream
from isograd.core.families import elementwise
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite
from isograd.ops.activation import SELU_ALPHA, SELU_SCALE

Array = np.ndarray
Generator = np.random.Generator | MersenneStream
Shape = tuple[int, ...]

# --- draws without operands -----------------------------------------------------------


def _native(dtype: np.dtype[Any]) -> Any:
    """The precision that NumPy draws in."""
    return np.float64 if dtype.itemsize == 8 else np.float32


def _normal_impl(*, shape: Shape, dtype: Any, generator: Generator) -> Array:
    if isinstance(generator, MersenneStream):
        return generator.normals(shape, dtype)
    if dtype.kind == "c":  # variance 1/2 in each part, as in PyTorch
        parts = generator.standard_normal((2, *shape)) * np.sqrt(0.5)
        return np.asarray(parts[0] + 1j * parts[1], dtype)
    return np.asarray(generator.standard_normal(shape, _native(dtype)), dtype)


_DIGITS = {"e": 11, "E": 8}  # of a half precision number


def _uniform_impl(*, shape: Shape, dtype: Any, generator: Generator) -> Array:
    """In [0, 1): half precision is cut, not rounded, which might give 1."""
    if isinstance(generator, MersenneStream):
        return generator.uniforms(shape, dtype)
    if dtype.kind == "c":
        parts = generator.random((2, *shape))
        return np.asarray(parts[0] + 1j * parts[1], dtype)
    out = generator.random(shape, _native(dtype))
    if dtype.itemsize == 2:
        scale = 2.0 ** _DIGITS[dtype.char]
        out = np.floor(out * scale) / scale
    return np.asarray(out, dtype)


def _exponential_impl(*, shape: Shape, dtype: Any, generator: Generator) -> Array:
    return np.asarray(generator.standard_exponential(shape, _native(dtype)), dtype)


def _draw(name: str, impl: Callable[..., Any], doc: str) -> Primitive:
    def abstract(*, dtype: Any, shape: Shape, **_: Any) -> Aval:
        return Aval(shape, dtype)

    return Primitive(
        name, impl, abstract=abstract, arity=0, effect=True, constant=True, doc=doc
    )


random_normal = _draw("random_normal", _normal_impl, "Standard normal numbers.")
random_uniform = _draw("random_uniform", _uniform_impl, "Uniform on [0, 1).")
random_exponential = _draw(
    "random_exponential", _exponential_impl, "Standard exponential numbers."
)


# --- draws whose operands are parameters ----------------------------------------------


def _parametrised(
    name: str, operands: str, draw: Callable[..., Any], **more: Any
) -> Primitive:
    """Elementwise draws `draw(generator, *operands)`, in double precision."""

    def impl(*args: Array, generator: Generator) -> Array:
        wide = (np.asarray(a, np.float64) for a in args)
        return np.asarray(draw(generator, *wide), args[-1].dtype)

    prim = elementwise(
        name,
        operands,
        impl,
        params="generator",
        kinds="f",
        kernel=False,
        samples=lambda rng: (),
        **more,
    )
    prim.effect = True
    return prim


random_poisson = _parametrised(
    "random_poisson", "rate", lambda g, rate: g.poisson(rate), constant=True
)
random_binomial = _parametrised(
    "random_binomial",
    "count p",
    lambda g, n, p: g.binomial(n.astype(np.int64), p),
    constant=True,
)
random_gamma = _parametrised(
    "random_gamma",
    "alpha",
    lambda g, alpha: g.standard_gamma(alpha),
    tangents={"alpha": "t * gamma_slope(alpha, out)"},
    doc="Standard gamma numbers; implicit derivative of Figurnov et al. 2018.",
)
random_von_mises = _parametrised(
    "random_von_mises",
    "loc concentration",
    lambda g, loc, concentration: g.vonmises(loc, concentration),
    constant=True,
)


random_where_low = _parametrised(
    "random_where_low",
    "x",
    lambda g, x: _where_low(g, x),
    constant=True,
    doc="Uniform numbers where x <= 0, in their order; elsewhere nothing is drawn: 0.",
)


def _where_low(generator: Generator, x: Array) -> Array:
    out, low = np.zeros(x.shape), x <= 0
    out[low] = generator.random(int(low.sum()))
    return out


def _gamma_slope_impl(a: Array, x: Array) -> Array:
    """dx/da where P(a, x) stays the same: -(dP/da) / (dP/dx).

    By the series of P (DLMF 8.11.4), whose terms over the density are the
    c[n] = x^(n+1) / (a (a+1) ... (a+n)): -sum c[n] (log x - psi(a + n + 1)).
    """
    from scipy.special import psi

    a, x = np.broadcast_arrays(np.asarray(a, np.float64), np.asarray(x, np.float64))
    x = np.maximum(x, np.finfo(np.float64).tiny)
    log_x, n, c = np.log(x), 0, x / a
    digamma = psi(a + 1)
    total = c * (digamma - log_x)
    while n < 100_000 and np.any(c > 1e-17 * (1 + np.abs(total))):
        n += 1
        digamma = digamma + 1 / (a + n)
        c = c * (x / (a + n))
        total = total + c * (digamma - log_x)
    return total


def _undefined(operand: str) -> str:
    return f"undefined(t, name='gamma_slope, operand {operand}')"


gamma_slope = elementwise(
    "gamma_slope",
    "a x",
    lambda a, x: np.asarray(_gamma_slope_impl(a, x), a.dtype),
    kinds="f",
    kernel=False,
    domain=(0.5, 3.0),
    tangents={v: _undefined(v) for v in "ax"},
    doc="The derivative of a gamma sample x in its shape parameter a.",
)
gamma_slope.undefined = (0, 1)


def _multinomial_impl(
    p: Array, *, count: int, replacement: bool, generator: Generator
) -> Array:
    """Inversion with replacement; without, the races of Efraimidis and Spirakis."""
    if isinstance(generator, MersenneStream):
        return _multinomial_of_stream(p, count, replacement, generator)
    p = p.astype(np.float64)
    if not replacement:
        with np.errstate(divide="ignore"):  # what has no chance comes last
            race = generator.standard_exponential(p.shape) / p
        return np.argsort(race, -1)[..., :count].astype(np.int64)
    bounds = np.cumsum(p, -1)
    u = generator.random((*p.shape[:-1], count)) * bounds[..., -1:]
    if count == 1:
        places = np.sum(u >= bounds, -1, keepdims=True)
    else:
        pairs = zip(bounds.reshape(-1, p.shape[-1]), u.reshape(-1, count), strict=True)
        found = [np.searchsorted(b, x, side="right") for b, x in pairs]
        places = np.reshape(found, u.shape)
    return np.minimum(places, p.shape[-1] - 1).astype(np.int64)


def _multinomial_of_stream(
    p: Array, count: int, replacement: bool, stream: MersenneStream
) -> Array:
    """The same two ways; a single draw is a race too.  Shares have p's precision."""
    if not replacement or count == 1:
        with np.errstate(divide="ignore"):
            shares = p / stream.standard_exponential(p.shape, p.dtype)
        return np.argsort(-shares, -1, kind="stable")[..., :count].astype(np.int64)
    rows = np.cumsum(p.reshape(-1, p.shape[-1]), -1, dtype=p.dtype)
    rows = rows / rows[:, -1:]
    rows[:, -1] = 1
    u = stream.random((len(rows), count))
    found = [np.searchsorted(b, x) for b, x in zip(rows, u, strict=True)]
    return np.reshape(found, (*p.shape[:-1], count)).astype(np.int64)


def _multinomial_batch(
    F: Namespace, args: Any, batched: Any, size: int, **params: Any
) -> Payload:
    return F.random_multinomial(args[0], **params)


random_multinomial = Primitive(
    "random_multinomial",
    _multinomial_impl,
    abstract=lambda p, count, replacement, generator: Aval((*p.shape[:-1], count), I64),
    batch=_multinomial_batch,
    effect=True,
    constant=True,
    kinds="f",
    doc="Indices drawn with probabilities proportional to the rows of p.",
)

# --- composites -----------------------------------------------------------------------


@composite
def bernoulli(F: Namespace, p: Payload, *, generator: Generator) -> Payload:
    """1 with probability p, else 0, in p's dtype."""
    wide = F32 if p.dtype.itemsize < 4 else p.dtype
    u = F.random_uniform(shape=p.shape, dtype=wide, generator=generator)
    return F.convert(F.lt(u, F.convert(p, dtype=wide)), dtype=p.dtype)


@composite
def random_bernoulli(
    F: Namespace, *, p: float, shape: Shape, dtype: Any, generator: Generator
) -> Payload:
    """1 with probability p, else 0."""
    wide = F64 if isinstance(generator, MersenneStream) else F32
    u = F.random_uniform(shape=shape, dtype=wide, generator=generator)
    return F.convert(F.lt(u, p), dtype=dtype)


@composite
def dropout(
    F: Namespace,
    x: Payload,
    *,
    p: float,
    generator: Generator,
    shape: Shape | None = None,
    order: tuple[int, ...] | None = None,
) -> Payload:
    """x with elements zeroed with probability p, the others scaled by 1 / (1 - p).

    `shape`, which broadcasts against x's, is that of the mask (dropout of channels);
    `order` the order of its axes in which it is drawn.
    """
    whole: Shape = x.shape if shape is None else shape
    drawn = whole if order is None else tuple(whole[i] for i in order)
    kept = F.random_bernoulli(
        p=1.0 - p, shape=drawn, dtype=x.dtype, generator=generator
    )
    if order is not None:
        kept = F.transpose(kept, axes=tuple(map(order.index, range(len(order)))))
    return F.mul(x, kept if p in (0, 1) else F.mul(kept, 1.0 / (1.0 - p)))


@composite
def alpha_dropout(F: Namespace, x: Payload, kept: Payload, *, p: float) -> Payload:
    """Dropout before selu: where not `kept` selu's lower limit, then scaled and shifted
    so that mean and variance stay (Klambauer et al. 2017).
    """
    low = -SELU_ALPHA * SELU_SCALE
    scale = ((1 - p) * (1 + p * low**2)) ** -0.5 if p < 1 else 0.0
    out = F.where(F.broadcast_to(kept, x.shape), x, np.asarray(low, x.dtype))
    return F.add(F.mul(out, scale), -scale * p * low)


@composite
def random_gumbel(
    F: Namespace, *, shape: Shape, dtype: Any, generator: Generator
) -> Payload:
    """Standard Gumbel numbers, -log of exponential ones."""
    drawn = F.random_exponential(shape=shape, dtype=dtype, generator=generator)
    return F.neg(F.log(drawn))


@composite
def gumbel_softmax(
    F: Namespace, x: Payload, noise: Payload, *, tau: float, hard: bool, axis: int
) -> Payload:
    """softmax((x + noise) / tau); if `hard` its argmax as one-hot, softly derived."""
    soft = F.softmax(F.div(F.add(x, noise), tau), axis=axis)
    if not hard:
        return soft
    best = F.argmax(soft, axis=axis)
    index = F.reshape(best, shape=(*best.shape[:axis], 1, *best.shape[axis:]))
    one = np.ones((), x.dtype)
    hits = F.add_along(
        F.broadcast_to(one, index.shape), index, axis=axis, shape=x.shape
    )
    return F.add(F.sub(hits, F.stop_gradient(soft)), soft)


@composite
def random_cauchy(
    F: Namespace, *, shape: Shape, dtype: Any, generator: Generator
) -> Payload:
    """Standard Cauchy numbers, by inversion."""
    u = F.random_uniform(shape=shape, dtype=F64, generator=generator)
    return F.convert(F.tan(F.mul(F.sub(u, 0.5), np.pi)), dtype=dtype)
