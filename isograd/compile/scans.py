"""Scans and access by index on kernels: what fills those records' slots."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from isograd.compile.lean import indexed
from isograd.compile.lean.pool import cores
from isograd.compile.recycle import new_array
from isograd.core.primitive import REGISTRY

Array = np.ndarray
Shape = tuple[int, ...]
DTYPES = frozenset(map(np.dtype, ("f4", "f8", "i4", "i8")))


def _sizes(units: int, **places: int) -> Array:
    out = np.zeros(indexed.SIZES, np.int64)
    tasks = max(1, min(8 * cores(), units, 64))
    chunk = -(-units // tasks)
    out[:3] = -(-units // chunk) if chunk else 0, chunk, units
    for name, value in places.items():
        out[getattr(indexed, name)] = value
    return out


def _cut(shape: Shape, axis: int) -> tuple[int, int, int]:
    """(outer, length, inner) of a shape at an axis."""
    return prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])


def _fits(x: Array) -> bool:
    return x.dtype in DTYPES and x.size > 0


def _blocks(outer: int, inner: int, widest: int) -> tuple[int, int]:
    """(number of blocks, lanes in each) of an inner axis, enough of them in all."""
    if outer >= 4 * cores():
        return -(-inner // widest), min(inner, widest)
    width = max(16, min(widest, -(-inner // (4 * cores()))))
    return -(-inner // width), width


def _scan(name: str, op: str) -> Callable[..., Array]:
    def scan(x: Array, *, axis: int, reverse: bool) -> Array:
        if not _fits(x) or not x.ndim:
            return REGISTRY[name].impl(x, axis=axis, reverse=reverse)
        outer, n, inner = _cut(x.shape, axis)
        out = new_array(x.shape, x.dtype)
        x = np.ascontiguousarray(x)
        rows = inner == 1
        blocks, width = _blocks(outer, inner, 64)
        sizes = _sizes(
            outer if rows else outer * blocks,
            LENGTH=n,
            INNER=inner,
            BLOCKS=blocks,
            BLOCK=width,
        )
        indexed.scan(op, x.dtype, reverse, rows)(x, out, sizes)
        return out

    return scan


cumsum, cumprod = _scan("cumsum", "add"), _scan("cumprod", "mul")


def _index(idx: Array) -> Array:
    return np.ascontiguousarray(idx, np.int64)


def _good(idx: Array) -> bool:
    return idx.dtype.kind == "i" or (idx.dtype.kind == "u" and idx.dtype.itemsize < 8)


def take_along(x: Array, idx: Array, *, axis: int) -> Array:
    alike = (
        x.ndim == idx.ndim
        and x.ndim > 0
        and x.shape[:axis] == idx.shape[:axis]
        and x.shape[axis + 1 :] == idx.shape[axis + 1 :]
    )
    if alike and _fits(x) and idx.size and _good(idx):
        outer, n, inner = _cut(x.shape, axis)
        count = idx.shape[axis]
        out = new_array(idx.shape, x.dtype)
        sizes = _sizes(outer * count, LENGTH=n, INNER=inner, COUNT=count)
        indexed.take(x.dtype, False, inner == 1)(
            np.ascontiguousarray(x), _index(idx), out, sizes
        )
        if not sizes[indexed.BAD]:
            return out
    return REGISTRY["take_along"].impl(x, idx, axis=axis)


def add_along(g: Array, idx: Array, *, axis: int, shape: Shape) -> Array:
    alike = (
        g.shape == idx.shape
        and g.ndim == len(shape)
        and g.ndim > 0
        and shape[:axis] == g.shape[:axis]
        and shape[axis + 1 :] == g.shape[axis + 1 :]
    )
    if alike and _fits(g) and _good(idx) and shape[axis]:
        out = _added(g, idx, _cut(shape, axis), g.shape[axis], shape, False)
        if out is not None:
            return out
    return REGISTRY["add_along"].impl(g, idx, axis=axis, shape=shape)


def _added(
    g: Array,
    idx: Array,
    cut: tuple[int, int, int],
    count: int,
    shape: Shape,
    rows: bool,
) -> Array | None:
    """Sums by index; None if an index was out of range."""
    outer, n, inner = cut
    out = new_array(shape, g.dtype)
    blocks, width = _blocks(outer, inner, 4096)
    sizes = _sizes(
        outer * blocks, LENGTH=n, INNER=inner, COUNT=count, BLOCKS=blocks, BLOCK=width
    )
    indexed.add(g.dtype, rows, inner == 1)(
        np.ascontiguousarray(g), _index(idx), out, sizes
    )
    return None if sizes[indexed.BAD] else out


def _flat(idx: tuple[Array, ...], lead: Shape) -> Array | None:
    """One index into the joined leading axes; None if one may be out of range."""
    if len(idx) == 1:
        return idx[0]
    full = []
    for i, n in zip(idx, lead, strict=True):
        if not i.size or i.min() < -n or i.max() >= n:
            return None
        full.append(np.where(i < 0, i + n, i))
    return np.asarray(np.ravel_multi_index(tuple(np.broadcast_arrays(*full)), lead))


def gather(x: Array, *idx: Array, axis: int = 0) -> Array:
    k = len(idx)
    if k and _fits(x) and all(map(_good, idx)):
        lead, rest = x.shape[axis : axis + k], x.shape[axis + k :]
        flat = _flat(idx, lead)
        if flat is not None and flat.size:
            out = new_array((*x.shape[:axis], *flat.shape, *rest), x.dtype)
            outer, inner = prod(x.shape[:axis]), prod(rest)
            sizes = _sizes(
                outer * flat.size, LENGTH=prod(lead), INNER=inner, COUNT=flat.size
            )
            indexed.take(x.dtype, True, inner == 1)(
                np.ascontiguousarray(x), _index(flat), out, sizes
            )
            if not sizes[indexed.BAD]:
                return out
    return REGISTRY["gather"].impl(x, *idx, axis=axis)


def scatter_add(g: Array, *idx: Array, shape: Shape, axis: int = 0) -> Array:
    k = len(idx)
    if k and _fits(g) and all(map(_good, idx)):
        lead, rest = shape[axis : axis + k], shape[axis + k :]
        flat = _flat(idx, lead)
        if (
            flat is not None
            and prod(lead)
            and g.shape == (*shape[:axis], *flat.shape, *rest)
        ):
            cut = prod(shape[:axis]), prod(lead), prod(rest)
            out = _added(g, flat, cut, flat.size, shape, True)
            if out is not None:
                return out
    return REGISTRY["scatter_add"].impl(g, *idx, shape=shape, axis=axis)


KERNELS: dict[str, Callable[..., Any]] = {
    "cumsum": cumsum,
    "cumprod": cumprod,
    "take_along": take_along,
    "add_along": add_along,
    "gather": gather,
    "scatter_add": scatter_add,
}
