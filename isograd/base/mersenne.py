"""Draws as C++'s standard library makes them, for orders that a seed fixes.

M. Matsumoto, T. Nishimura, "Mersenne Twister", 1998; T. Nishimura, "Tables of 64-bit
Mersenne Twisters", 2000; the distributions are those of libstdc++.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

_WORDS, _SHIFT = 312, 156
_MASK = 2**64 - 1


class Mersenne:
    """`std::mt19937` and distributions over it."""

    def __init__(self, seed: int) -> None:
        self._bits: Any = np.random.RandomState(seed % 2**32)._bit_generator

    def __call__(self) -> int:
        """32 random bits."""
        return int(self._bits.random_raw())

    def below(self, count: int) -> int:
        """One of 0 to count - 1: `std::uniform_int_distribution`, by rejection."""
        scale = (2**32 - 1) // count
        while (drawn := self()) >= count * scale:
            pass
        return drawn // scale

    def unit(self) -> float:
        """In [0, 1): `std::generate_canonical` with 53 bits."""
        low, high = self(), self()
        return min((low + high * 2.0**32) / 2.0**64, math.nextafter(1.0, 0.0))

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.unit()

    def happens(self, probability: float) -> bool:
        """`std::bernoulli_distribution`."""
        return self.unit() < probability

    def exponential(self) -> float:
        return -math.log(1.0 - self.unit())

    def weighted(self, weights: Sequence[float], count: int) -> list[int]:
        """`std::discrete_distribution`: positions, with replacement."""
        total = sum(weights)
        ends = list(accumulate(w / total for w in weights))
        ends[-1] = 1.0
        return [bisect_left(ends, self.unit()) for _ in range(count)]

    def weighted_order(self, weights: Sequence[float], count: int) -> list[int]:
        """Positions without replacement: those of the smallest exponential times."""
        times = [
            (self.exponential() / w if w > 0 else math.inf, i)
            for i, w in enumerate(weights)
        ]
        return [i for _, i in sorted(times)[:count]]

    def shuffle(self, items: list[Any]) -> list[Any]:
        """`std::shuffle`, in place: two swaps from each draw while that fits."""
        count = len(items)
        if count > 2**16 - 1:
            for i in range(1, count):
                _swap(items, i, self.below(i + 1))
            return items
        start = 1
        if count % 2 == 0 and count:
            _swap(items, 1, self.below(2))
            start = 2
        for i in range(start, count, 2):
            first, second = divmod(self.below((i + 1) * (i + 2)), i + 2)
            _swap(items, i, first)
            _swap(items, i + 1, second)
        return items


def _swap(items: list[Any], i: int, j: int) -> None:
    items[i], items[j] = items[j], items[i]


class Mersenne64:
    """`std::mt19937_64`."""

    def __init__(self, seed: int) -> None:
        words = [seed & _MASK]
        for i in range(1, _WORDS):
            last = words[-1]
            words.append((6364136223846793005 * (last ^ last >> 62) + i) & _MASK)
        self._words, self._at = words, _WORDS

    def __call__(self) -> int:
        """64 random bits."""
        if self._at == _WORDS:
            self._twist()
        y = self._words[self._at]
        self._at += 1
        y ^= y >> 29 & 0x5555555555555555
        y ^= y << 17 & 0x71D67FFFEDA60000
        y ^= y << 37 & 0xFFF7EEE000000000
        return y ^ y >> 43

    def _twist(self) -> None:
        x = self._words
        for k in range(_WORDS):
            y = x[k] & 0xFFFFFFFF80000000 | x[(k + 1) % _WORDS] & 0x7FFFFFFF
            odd = 0xB5026F5AA96619E9 if y & 1 else 0
            x[k] = x[(k + _SHIFT) % _WORDS] ^ y >> 1 ^ odd
        self._at = 0
