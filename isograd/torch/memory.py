"""Views in copies: what shared memory before a copy or a file shares it afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.storage import root

Piece = tuple[np.ndarray, int, tuple[int, ...], tuple[int, ...], np.dtype[Any]]


def piece_of(a: np.ndarray) -> Piece | None:
    """The owner of a view's memory and the place in it, for a view of a dense owner."""
    owner = root(a)
    dense = owner.flags.c_contiguous or owner.flags.f_contiguous
    if owner is a or not dense or not a.size:
        return None
    at = _start(a) - _start(owner)
    return owner, at, a.shape, a.strides, a.dtype


def piece(
    owner: np.ndarray,
    at: int,
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    dtype: np.dtype[Any],
) -> np.ndarray:
    """The view of the owner that `piece_of` described.

    Raises:
        ValueError: it does not lie in the owner's memory, or numbers would become
            objects (a file that was tampered with).
    """
    if owner.dtype.hasobject or np.dtype(dtype).hasobject:
        raise ValueError("memory of tensors holds no objects")
    flat = owner.reshape(-1, order="A").view(np.uint8)
    return np.ndarray(shape, dtype, flat, at, strides)


def deep_copy(a: np.ndarray, memo: dict[Any, Any]) -> np.ndarray:
    """A copy of an array; views of one owner are views of one copy of it."""
    found = piece_of(a)
    owner = a if found is None else found[0]
    key = ("memory", id(owner))
    new = memo.get(key)
    if new is None:
        new = memo[key] = owner.copy("K")
        memo.setdefault(id(memo), []).append(owner)  # keeps the id from being reused
    return new if found is None else piece(new, *found[1:])


def parts(a: np.ndarray) -> np.ndarray | Piece:
    """What a pickle holds of an array: its owner, which a file holds once."""
    found = piece_of(a)
    return a if found is None else found


def _start(a: np.ndarray) -> int:
    return a.__array_interface__["data"][0]
