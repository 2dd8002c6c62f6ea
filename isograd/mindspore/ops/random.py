"""Random tensors, drawn in program order from the seeded generator."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, RAW, Payload
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import array_of, cast, expose, ints_of, is_payload, op
from isograd.mindspore.seed import generator
from isograd.mindspore.tensor import Tensor, write

F = BOUND
F32 = np.dtype("float32")


def drawn(kind: str, shape: Any, dtype: Any = None, seed: Any = None) -> Payload:
    """Standard normal or uniform numbers; a seed of 0 or None: the global generator."""
    d = F32 if dtype is None else dtypes.np_of(dtype)
    source = getattr(seed, "numpy", None) or generator(int(seed) if seed else None)
    return getattr(F, f"random_{kind}")(shape=ints_of(shape), dtype=d, generator=source)


def between(
    shape: Any, low: Any, high: Any, dtype: Any = None, seed: Any = None
) -> Any:
    """Integers low <= n < high."""
    source = getattr(seed, "numpy", None) or generator(int(seed) if seed else None)
    out = source.integers(low, high, ints_of(shape))
    return np.asarray(out, dtypes.np_of(dtype or dtypes.int64))


@op("standard_normal")
def standard_normal(shape: Any, seed: Any = None) -> Payload:
    return drawn("normal", shape, None, seed)


@op("standard_laplace")
def standard_laplace(shape: Any, seed: Any = None) -> Payload:
    return np.asarray(generator(seed).laplace(size=ints_of(shape)), F32)


@op("normal")
def normal(shape: Any, mean: Any, stddev: Any, seed: Any = None) -> Payload:
    """mean + stddev n; differentiable in both."""
    m, s = (x if is_payload(x) else np.asarray(x, F32) for x in (mean, stddev))
    size = np.broadcast_shapes(ints_of(shape), m.shape, s.shape)
    return F.add(F.mul(drawn("normal", size, None, seed), cast(s, F32)), cast(m, F32))


@op("uniform")
def uniform(
    shape: Any, minval: Any, maxval: Any, seed: Any = None, dtype: Any = dtypes.float32
) -> Payload:
    low, high = array_of(minval), array_of(maxval)
    d = dtypes.np_of(dtype)
    size = np.broadcast_shapes(ints_of(shape), low.shape, high.shape)
    if d.kind in "iu":
        return between(size, low, high, dtype, seed)
    lo, hi = (cast(x if is_payload(x) else np.asarray(x), d) for x in (minval, maxval))
    return F.add(F.mul(drawn("uniform", size, dtype, seed), F.sub(hi, lo)), lo)


@op("rand")
def rand(*size: Any, dtype: Any = None, seed: Any = None) -> Payload:
    return drawn("uniform", _sizes(size), dtype, seed)


@op("randn")
def randn(*size: Any, dtype: Any = None, seed: Any = None) -> Payload:
    return drawn("normal", _sizes(size), dtype, seed)


def _sizes(size: tuple[Any, ...]) -> Any:
    return size[0] if len(size) == 1 else size


@op("rand_like")
def rand_like(input: Payload, seed: Any = None, *, dtype: Any = None) -> Payload:
    return drawn("uniform", input.shape, dtype or dtypes.of_numpy(input.dtype), seed)


@op("randn_like")
def randn_like(input: Payload, seed: Any = None, *, dtype: Any = None) -> Payload:
    return drawn("normal", input.shape, dtype or dtypes.of_numpy(input.dtype), seed)


@op("randint")
def randint(
    low: Any, high: Any = None, size: Any = (), seed: Any = None, *, dtype: Any = None
) -> Payload:
    if size == () and not isinstance(high, int):
        low, high, size = 0, low, high
    return between(size, low, high, dtype, seed)


@op("randint_like")
def randint_like(
    input: Payload, low: Any, high: Any = None, seed: Any = None, *, dtype: Any = None
) -> Payload:
    low, high = (0, low) if high is None else (low, high)
    return between(input.shape, low, high, dtype or dtypes.of_numpy(input.dtype), seed)


@op("randperm")
def randperm(
    n: Any, seed: Any = 0, offset: int = 0, dtype: Any = dtypes.int64
) -> Payload:
    out = generator(int(seed) if seed else None).permutation(int(array_of(n)))
    return out.astype(dtypes.np_of(dtype))


@op("shuffle")
def shuffle(x: Payload, seed: Any = None) -> Payload:
    return F.gather(x, generator(seed).permutation(x.shape[0])) if x.ndim else x


@op("bernoulli", methods="bernoulli")
def bernoulli(input: Payload, p: Any = 0.5, seed: Any = None) -> Payload:
    u = generator(seed).random(input.shape)
    return (u < array_of(p)).astype(input.dtype)


@op("multinomial", methods="multinomial")
def multinomial(
    input: Payload, num_samples: int, replacement: bool = True, seed: Any = None
) -> Payload:
    out = RAW.random_multinomial(
        array_of(input).astype(float),
        count=int(num_samples),
        replacement=replacement,
        generator=generator(seed),
    )
    return out.astype(np.int32)


@op("gamma")
def gamma(shape: Any, alpha: Any, beta: Any, seed: Any = None) -> Payload:
    a, b = array_of(alpha), array_of(beta)
    size = np.broadcast_shapes(ints_of(shape) + (1,) * a.ndim, a.shape, b.shape)
    return np.asarray(generator(seed).gamma(a, 1 / b, size), F32)


@op("poisson random_poisson")
def random_poisson(
    shape: Any, rate: Any, seed: Any = None, dtype: Any = dtypes.float32
) -> Payload:
    r = array_of(rate)
    return np.asarray(
        generator(seed).poisson(r, ints_of(shape) + r.shape), dtypes.np_of(dtype)
    )


@op("laplace")
def laplace(shape: Any, mean: Any, lambda_param: Any, seed: Any = None) -> Payload:
    return np.asarray(
        generator(seed).laplace(array_of(mean), array_of(lambda_param), ints_of(shape)),
        F32,
    )


@op("random_categorical")
def random_categorical(
    logits: Payload, num_sample: int, seed: int = 0, dtype: Any = dtypes.int64
) -> Payload:
    x = array_of(logits).astype(np.float64)
    out = RAW.random_multinomial(
        RAW.softmax(x, axis=x.ndim - 1),
        count=int(num_sample),
        replacement=True,
        generator=generator(seed or None),
    )
    return out.astype(dtypes.np_of(dtype))


# --- dropout --------------------------------------------------------------------------


def dropped(x: Payload, p: float, shape: Any, seed: Any = None) -> Payload:
    """x with elements set to 0 with probability p, the others scaled by 1 / (1 - p).

    Raises:
        RuntimeError: for a p outside of [0, 1].
    """
    if not 0 <= p <= 1:
        raise RuntimeError(
            f"For 'Dropout, the 'keep_prob' must be in (0.0, 1.0], but got {1 - p:g}"
        )
    if p == 1:
        return F.mul(x, 0.0)
    u = drawn("uniform", shape, None, seed)
    mask = F.broadcast_to(F.ge(u, float(p)), x.shape)
    return F.where(mask, F.mul(x, 1 / (1 - p)), F.zeros_like(x))


@op("dropout")
def dropout(
    input: Payload, p: float = 0.5, training: bool = True, seed: Any = None
) -> Payload:
    return dropped(input, p, input.shape, seed) if training and p else input


for _rank in (1, 2, 3):

    def _channels(input: Payload, p: float = 0.5, training: bool = True) -> Payload:
        lead = input.shape[:2]
        return (
            dropped(input, p, lead + (1,) * (input.ndim - 2))
            if training and p
            else input
        )

    op(f"dropout{_rank}d")(_channels)


@op("alpha_dropout feature_alpha_dropout")
def alpha_dropout(input: Payload, p: float = 0.5, training: bool = False) -> Payload:
    if not training or not p:
        return input
    kept = F.ge(drawn("uniform", input.shape), float(p))
    return F.alpha_dropout(input, kept, p=float(p))


def _in_place(kind: str) -> Any:
    def method(
        self: Tensor, a: float = 0, b: float = 1, *, generator: Any = None
    ) -> Any:
        out = drawn(kind, self.shape, self.dtype, generator)
        scaled = (
            F.add(F.mul(out, b), a) if kind == "normal" else F.add(F.mul(out, b - a), a)
        )
        write(self, scaled)
        return self

    return method


expose(_in_place("normal"), [], "normal_")
expose(_in_place("uniform"), [], "uniform_")
