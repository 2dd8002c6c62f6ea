"""The order in which C++'s `std::unordered_map` of libstdc++ lists texts.

A. Appleby, MurmurHash2 (64 bits, variant A), with libstdc++'s seed; bucket counts are
the primes of its rehash policy.
"""

from __future__ import annotations

from collections.abc import Iterable

_MASK = 2**64 - 1
_FACTOR = 0xC6A4A7935BD1E995
_SEED = 0xC70F6907
_PRIMES = """
2 3 5 7 11 13 17 19 23 29 31 37 41 43 47 53 59 61 67 71 73 79 83 89 97 103 109
113 127 137 139 149 157 167 179 193 199 211 227 241 257 277 293 313 337 359 383
409 439 467 503 541 577 619 661 709 761 823 887 953 1031 1109 1193 1289 1381
1493 1613 1741 1879 2029 2179 2357 2549 2753 2971 3209 3469 3739 4027 4349 4703
5087 5503 5953 6427 6949 7517 8123 8783 9497 10273
"""
_COUNTS = tuple(map(int, _PRIMES.split()))
_FIRST = 13  # buckets of a map that its first key makes


def murmur(text: str) -> int:
    data = text.encode()
    out = _SEED ^ (len(data) * _FACTOR & _MASK)
    whole = len(data) & ~7
    for at in range(0, whole, 8):
        k = int.from_bytes(data[at : at + 8], "little") * _FACTOR & _MASK
        out = (out ^ (k ^ k >> 47) * _FACTOR & _MASK) * _FACTOR & _MASK
    if whole < len(data):
        out = (out ^ int.from_bytes(data[whole:], "little")) * _FACTOR & _MASK
    out = (out ^ out >> 47) * _FACTOR & _MASK
    return out ^ out >> 47


def listed(keys: Iterable[str], reserved: bool = False) -> list[str]:
    """Keys, inserted one by one, in the order of iteration.

    A key of an empty bucket goes to the front of the whole list; one of a filled bucket
    to that bucket's front.  When the map grows, all are entered anew in the list's order.

    Args:
        reserved: whether the map has room for all of them from the beginning.
    """
    found = dict.fromkeys(keys)
    order: list[str] = []
    count = _least(len(found)) if reserved else 0
    for key in found:
        if len(order) == count:
            count = _least(2 * count) if count else _FIRST
            old, order = order, []
            for k in old:
                _enter(order, k, count)
        _enter(order, key, count)
    return order


def _least(count: int) -> int:
    """The least count of buckets that is no less than a number."""
    return next((n for n in _COUNTS if n >= count), count | 1)


def _enter(order: list[str], key: str, count: int) -> None:
    bucket = murmur(key) % count
    at = next((i for i, k in enumerate(order) if murmur(k) % count == bucket), None)
    order.insert(0 if at is None else at, key)
