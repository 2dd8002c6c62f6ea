"""Draws by Philox-4x32-10 and the distributions that MindSpore puts on it.

J. Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011; normal numbers by
Box and Muller 1958 over uniform ones of 23 bits, truncated normal ones by inversion.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

_LOW, _HALF = np.uint64(2**32 - 1), np.uint64(32)
_FACTORS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_STEPS = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_ROUNDS = 10
_PI = float(np.float32(3.1415926))
_LEAST = float(np.float32(1e-7))  # of a uniform number whose logarithm is taken
_ROOT_TWO = float(np.float32(1.4142135))

Shape = Sequence[int]
Array = np.ndarray


def words(seed: int, count: int) -> Array:
    """The first `count` words of 32 bits; the seed is key and upper counter."""
    blocks = np.arange(-(-count // 4), dtype=np.uint64)
    low, high = np.uint64(seed) & _LOW, np.uint64(seed) >> _HALF
    c = [blocks & _LOW, blocks >> _HALF, low, high]
    keys = [low, high]
    for _ in range(_ROUNDS):
        first, second = c[0] * _FACTORS[0], c[2] * _FACTORS[1]
        c = [
            (second >> _HALF) ^ c[1] ^ keys[0],
            second & _LOW,
            (first >> _HALF) ^ c[3] ^ keys[1],
            first & _LOW,
        ]
        keys = [(k + s) & _LOW for k, s in zip(keys, _STEPS, strict=True)]
    return np.stack(c, axis=1).reshape(-1)[:count]


def _single(*numbers: float) -> list[float]:
    """Numbers as they are after a passage through float32."""
    return [float(np.float32(x)) for x in numbers]


class Draws:
    """Arrays of float32, each with a seed of its own from NumPy's global state."""

    def _words(self, count: int) -> Array:
        return words(int(np.random.randint(1, 2**63, dtype=np.int64)), count)

    def uniform(self, low: float, high: float, shape: Shape) -> Array:
        low, high = _single(low, high)
        return ((high - low) * self._unit(shape) + low).astype(np.float32)

    def _unit(self, shape: Shape) -> Array:
        return (self._words(prod(shape)) / 2.0**32).reshape(shape)

    def normal(self, mean: float, sigma: float, shape: Shape) -> Array:
        """
        Raises:
            ValueError: for a negative deviation.
        """
        if sigma < 0:
            raise ValueError("sigma < 0")
        mean, sigma = _single(mean, sigma)
        count = prod(shape)
        bits = self._words(count + count % 2) & np.uint64(2**23 - 1)
        pairs = np.maximum(bits / 2.0**23, _LEAST).reshape(-1, 2)
        radius = np.sqrt(-2.0 * np.log(pairs[:, 0])) * sigma
        angle = 2.0 * _PI * pairs[:, 1]
        both = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
        return (mean + both.reshape(-1)[:count]).reshape(shape).astype(np.float32)

    def standard_normal(self, shape: Shape) -> Array:
        return self.normal(0.0, 1.0, shape)

    def truncated_normal(
        self, low: float, high: float, mean: float, sigma: float, shape: Shape
    ) -> Array:
        """Within the bounds `low` and `high`, which do not scale with `sigma`."""
        from scipy.special import erfc, erfcinv

        low, high, mean, sigma = _single(low, high, mean, sigma)
        below, above = (
            erfc(-(bound - mean) / sigma / _ROOT_TWO) / 2 for bound in (low, high)
        )
        at = below + self._unit(shape) * (above - below)
        least, most = np.nextafter(
            np.array([0, 2], np.float32), np.array([2, 0], np.float32)
        )
        z = -erfcinv(np.clip(2 * at, least, most)) * _ROOT_TWO
        return (mean + z * sigma).astype(np.float32)

    def permutation(self, count: int) -> Array:
        return np.random.permutation(count)
