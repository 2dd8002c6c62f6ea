"""A stream of random numbers as PyTorch's generator of the CPU draws them.

The bits are those of the 32 bit Mersenne Twister (M. Matsumoto, T. Nishimura, 1998).
What is made of them, and how many are used, is a contract here: equal seeds give equal
numbers.  Sources: normal numbers by G. Box and M. Muller 1958; Poisson (PTRS) and
binomial (BTRS) numbers by W. Hormann 1993; gamma numbers by G. Marsaglia and W. Tsang
2000; von Mises numbers by D. Best and N. Fisher 1979.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Array = np.ndarray
Shape = int | Sequence[int]

_FLOAT = np.uint64(2**24 - 1)
_DOUBLE = np.uint64(2**53 - 1)
_SINGLE = np.float32
_TURN = 2 * math.pi
_LARGE = 1 << 28  # ranges of integers from here on take 64 bits


def _count(shape: Shape | None) -> int:
    if shape is None:
        return 1
    return shape if isinstance(shape, int) else math.prod(shape)


class MersenneStream:
    """Draws in C order of the shape; what `numpy.random.Generator` has, by its names.

    Attributes:
        spare: the second of a pair of normal numbers, if it is still to be given.
    """

    def __init__(self, seed: int) -> None:
        self._state = np.random.RandomState(np.random.MT19937(0))
        self._bits: Any = self._state._bit_generator
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start anew; the low 32 bits of the seed count."""
        self._state.seed(seed & 0xFFFFFFFF)
        self.spare: float | None = None

    @property
    def state(self) -> tuple[Array, int, float | None]:
        """(624 words, how many of them are used up, `spare`)."""
        state = self._bits.state["state"]
        return state["key"], state["pos"], self.spare

    @state.setter
    def state(self, value: tuple[Array, int, float | None]) -> None:
        words, used, self.spare = value
        inner = {"key": np.asarray(words, np.uint32), "pos": used}
        self._bits.state = {"bit_generator": "MT19937", "state": inner}

    # --- bits ---

    def _words(self, n: int) -> Array:
        return self._bits.random_raw(n)

    def _pairs(self, n: int) -> Array:
        words = self._bits.random_raw(2 * n)
        return (words[0::2] << np.uint64(32)) | words[1::2]

    def _unit(self) -> float:
        raw = self._bits.random_raw
        return (raw() << 32 | raw()) % 2**53 * 2.0**-53

    def _doubles(self, n: int) -> Array:
        return (self._pairs(n) & _DOUBLE) * 2.0**-53

    def _floats(self, n: int) -> Array:
        return (self._words(n) & _FLOAT).astype(np.float32) * np.float32(2.0**-24)

    # --- uniform ---

    def random(self, shape: Shape | None = None, dtype: Any = np.float64) -> Any:
        """Uniform on [0, 1)."""
        wide = np.dtype(dtype).itemsize == 8
        drawn = (self._doubles if wide else self._floats)(_count(shape))
        return drawn[0] if shape is None else drawn.reshape(shape)

    def uniforms(
        self, shape: Shape, dtype: np.dtype[Any], low: float = 0, high: float = 1
    ) -> Array:
        """On [low, high), computed in the dtype; complex numbers part by part."""
        if dtype.kind == "c":
            real = np.dtype(f"f{dtype.itemsize // 2}")
            parts = self.uniforms((_count(shape), 2), real, low, high)
            return parts.view(dtype).reshape(shape)
        wide = np.float64 if dtype.itemsize == 8 else np.float32
        a, b = wide(low), wide(high)
        out = np.asarray(self.random(shape, wide))
        if low != 0 or high != 1:
            out = out * (b - a) + a
        if dtype.itemsize == 2:  # what is rounded to the upper end starts again
            out = np.asarray(out, dtype)
            out[out == np.asarray(b, dtype)] = low
        return np.asarray(out, dtype)

    def uniform(self, low: float, high: float, shape: Shape) -> Array:
        return self.uniforms(shape, np.dtype(np.float64), low, high)

    # --- normal ---

    def _serial(self, n: int) -> Array:
        """n normal numbers in double precision, pair by pair; see `spare`."""
        first = [] if self.spare is None or not n else [self.spare]
        if first:
            self.spare = None
        pairs = -(-(n - len(first)) // 2)
        u = self._doubles(2 * pairs).reshape(pairs, 2)
        radius, angle = np.sqrt(-2.0 * np.log1p(-u[:, 1])), _TURN * u[:, 0]
        made = np.stack((radius * np.cos(angle), radius * np.sin(angle)), 1).ravel()
        if len(first) + made.size > n:
            self.spare = float(made[-1])
            made = made[:-1]
        return np.concatenate((first, made)) if first else made

    def _blocks(self, n: int, wide: Any, whole: bool) -> Array:
        """At least 16 normal numbers by blocks of 16.  If the last block is not full,
        the last 16 numbers are drawn once more; `whole`: all uniform numbers are drawn
        before the first block is made.
        """
        draw = self._doubles if wide is np.float64 else self._floats
        full = n // 16 * 16
        out = _rotated(draw(n if whole else full)[:full].reshape(-1, 16), wide)
        if full == n:
            return out
        last = _rotated(draw(16).reshape(1, 16), wide)
        return np.concatenate((out[: n - 16], last))

    def normals(
        self,
        shape: Shape,
        dtype: np.dtype[Any],
        mean: float = 0,
        deviation: float = 1,
        in_order: bool = True,
    ) -> Array:
        """Normal numbers; `in_order` says that they fill memory in order."""
        if dtype.kind == "c":  # each part has the mean and half of the variance
            real = np.dtype(f"f{dtype.itemsize // 2}")
            deviation *= math.sqrt(0.5)
            parts = self.normals((_count(shape), 2), real, mean, deviation, in_order)
            return parts.view(dtype).reshape(shape)
        n = _count(shape)
        wide = np.float64 if dtype.itemsize == 8 or n < 16 or not in_order else _SINGLE
        if n < 16 or not in_order:
            out = self._serial(n)
        else:
            out = self._blocks(n, wide, whole=dtype.itemsize > 2)
        if mean != 0 or deviation != 1:
            out = out * wide(deviation) + wide(mean)
        return out.astype(dtype, copy=False).reshape(shape)

    def standard_normal(self, shape: Shape, dtype: Any = np.float64) -> Array:
        return self.normals(shape, np.dtype(dtype))

    def normal(self, mean: float, deviation: float, shape: Shape) -> Array:
        return mean + deviation * self.standard_normal(shape)

    def lognormal(self, mean: float, deviation: float, shape: Shape) -> Array:
        return np.exp(mean + deviation * self._serial(_count(shape))).reshape(shape)

    # --- by inversion ---

    def standard_exponential(self, shape: Shape, dtype: Any = np.float64) -> Array:
        return -np.log1p(-self._doubles(_count(shape))).astype(dtype).reshape(shape)

    def exponential(self, scale: float, shape: Shape) -> Array:
        return scale * self.standard_exponential(shape)

    def standard_cauchy(self, shape: Shape) -> Array:
        return np.tan(math.pi * (self._doubles(_count(shape)) - 0.5)).reshape(shape)

    def geometric(self, p: float, shape: Shape) -> Array:
        with np.errstate(divide="ignore"):
            trials = np.log(self._doubles(_count(shape))) / math.log1p(-p)
        return np.ceil(trials).reshape(shape)

    # --- integers ---

    def integers(self, low: int, high: int, shape: Shape) -> Array:
        """From low to high - 1, as 64 bit integers (unsigned ones wrap around)."""
        return self.remainders(low, high - low, shape, high - low >= _LARGE)

    def remainders(self, low: int, size: int, shape: Shape, wide: bool) -> Array:
        """low + bits % size, of 64 bits if `wide`, else of 32."""
        n = _count(shape)
        bits = self._pairs(n) if wide else self._words(n)
        found = bits if size >= 1 << 64 else bits % np.uint64(size)
        return (found + np.uint64(low % (1 << 64))).view(np.int64).reshape(shape)

    def permutation(self, n: int) -> Array:
        order = list(range(n))
        words = self._words(n - 1).tolist() if n > 1 else []
        for i, word in enumerate(words):
            j = i + word % (n - i)
            order[i], order[j] = order[j], order[i]
        return np.asarray(order, np.int64)

    # --- by rejection, one number at a time ---

    def _each(self, draw: Callable[..., float], *operands: Any) -> Array:
        arrays = np.broadcast_arrays(*(np.asarray(a, np.float64) for a in operands))
        rows = zip(*(a.ravel().tolist() for a in arrays), strict=True)
        return np.asarray([draw(*r) for r in rows], np.float64).reshape(arrays[0].shape)

    def poisson(self, rate: Any) -> Array:
        return self._each(self._poisson, rate)

    def binomial(self, count: Any, p: Any) -> Array:
        return self._each(self._binomial, count, p)

    def standard_gamma(self, alpha: Any) -> Array:
        return self._each(self._gamma, alpha)

    def _poisson(self, rate: float) -> float:
        if rate == 0:
            return 0
        if rate >= 10:
            return self._poisson_by_rejection(rate)
        found, product, limit = 0, self._unit(), math.exp(-rate)
        while product > limit:
            found += 1
            product *= self._unit()
        return found

    def _poisson_by_rejection(self, rate: float) -> float:
        root, log_rate = math.sqrt(rate), math.log(rate)
        b = 0.931 + 2.53 * root
        a = -0.059 + 0.02483 * b
        inverse = 1.1239 + 1.1328 / (b - 3.4)
        v_r = 0.9277 - 3.6224 / (b - 2)
        while True:
            u, v = self._unit() - 0.5, self._unit()
            us = 0.5 - abs(u)
            k = math.floor((2 * a / us + b) * u + rate + 0.43)
            if us >= 0.07 and v <= v_r:
                return k
            if k < 0 or (us < 0.013 and v > us):
                continue
            share = math.log(v) + math.log(inverse) - math.log(a / (us * us) + b)
            if share <= k * log_rate - rate - math.lgamma(k + 1):
                return k

    def _binomial(self, count: float, p: float) -> float:
        if count <= 0 or p <= 0:
            return 0
        if p >= 1:
            return count
        if p > 0.5:
            return count - self._binomial(count, 1 - p)
        if count * p >= 10:
            return self._binomial_by_rejection(count, p)
        found, total, log_q = -1, 0.0, math.log1p(-p)
        while total <= count:  # gaps between successes are geometric
            total += math.ceil(math.log(self._unit()) / log_q)
            found += 1
        return found

    def _binomial_by_rejection(self, n: float, p: float) -> float:
        sigma = math.sqrt(n * p * (1 - p))
        b = 1.15 + 2.53 * sigma
        a = -0.0873 + 0.0248 * b + 0.01 * p
        v_r, odds = 0.92 - 4.2 / b, p / (1 - p)
        alpha, m = (2.83 + 5.1 / b) * sigma, math.floor((n + 1) * p)
        while True:
            u, v = self._unit() - 0.5, self._unit()
            us = 0.5 - abs(u)
            k = math.floor((2 * a / us + b) * u + n * p + 0.5)
            if us >= 0.07 and v <= v_r:
                return k
            if not 0 <= k <= n:
                continue
            bound = (
                (m + 0.5) * math.log((m + 1) / (odds * (n - m + 1)))
                + (n + 1) * math.log((n - m + 1) / (n - k + 1))
                + (k + 0.5) * math.log(odds * (n - k + 1) / (k + 1))
                + (_stirling(m) + _stirling(n - m))
                - (_stirling(k) + _stirling(n - k))
            )
            if math.log(v * alpha / (a / (us * us) + b)) <= bound:
                return k

    def _gamma(self, alpha: float) -> float:
        scale = 1.0
        if alpha < 1:
            if alpha == 0:
                return 0.0
            scale, alpha = (1 - self._unit()) ** (1 / alpha), alpha + 1
        d = alpha - 1 / 3
        c = 1 / math.sqrt(9 * d)
        while True:
            x = y = -1.0
            while y <= 0:
                x = float(self._serial(1)[0])
                y = 1 + c * x
            v, u = y * y * y, 1 - self._unit()
            if u < 1 - 0.0331 * x**4:
                return scale * d * v
            if math.log(u) < 0.5 * x * x + d * (1 - v + math.log(v)):
                return scale * d * v

    def vonmises(self, loc: Any, concentration: Any) -> Array:
        """All numbers are drawn again until each was accepted once."""
        loc, k = np.broadcast_arrays(loc, concentration)
        r = _proposal(np.asarray(k, np.float64))
        out, done = np.empty(loc.shape), np.zeros(loc.shape, bool)
        while not done.all():
            u = self.random((3, *loc.shape))
            z = np.cos(np.pi * u[0])
            f = (1 + r * z) / (r + z)
            c = k * (r - f)
            with np.errstate(divide="ignore", invalid="ignore"):
                taken = (c * (2 - c) - u[1] > 0) | (np.log(c / u[1]) + 1 - c >= 0)
            out = np.where(taken, np.sign(u[2] - 0.5) * np.arccos(f), out)
            done |= taken
        return (out + np.pi + loc) % _TURN - np.pi


def _rotated(u: Array, wide: Any) -> Array:
    """Normal numbers of uniform ones in rows of 8 radii and 8 angles."""
    radius, angle = np.sqrt(wide(-2) * np.log(1 - u[:, :8])), wide(_TURN) * u[:, 8:]
    out = np.concatenate((radius * np.cos(angle), radius * np.sin(angle)), 1)
    return out.reshape(-1)


_STIRLING = (
    0.0810614667953272,
    0.0413406959554092,
    0.0276779256849983,
    0.02079067210376509,
    0.0166446911898211,
    0.0138761288230707,
    0.0118967099458917,
    0.0104112652619720,
    0.00925546218271273,
    0.00833056343336287,
)


def _stirling(k: float) -> float:
    """log k! less Stirling's formula."""
    if k <= 9:
        return _STIRLING[int(k)]
    square = (k + 1) ** 2
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _proposal(k: Array) -> Array:
    """The parameter of the wrapped Cauchy envelope; its series where k is small."""
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = 1 + np.sqrt(1 + 4 * k * k)
        rho = (tau - np.sqrt(2 * tau)) / (2 * k)
        exact = (1 + rho * rho) / (2 * rho)
    return np.where(k < 1e-5, 1 / k + k, exact)
