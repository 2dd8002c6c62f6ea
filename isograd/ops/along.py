"""Reading, writing and sorting along one axis."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from isograd.base.arrays import zeros
from isograd.base.dtypes import F32, I64
from isograd.core.large import LARGE
from isograd.core.primitive import Aval, Namespace, Payload, Primitive
from isograd.ops.indexing import (
    SMALL,
    Shape,
    _zeros_for_none,
    add_rows,
    flat_positions,
    out_of_range,
)

# --- along one axis -------------------------------------------------------------------


def _take_along_impl(x: np.ndarray, idx: np.ndarray, *, axis: int) -> np.ndarray:
    if idx.size > SMALL and x.flags.c_contiguous and idx.dtype.kind == "i":
        at = flat_positions(_along(idx, axis), x.shape)
        return x.reshape(-1).take(at)
    try:
        return x[_along(idx, axis)]
    except IndexError:
        raise _along_error(x.shape, idx, axis) from None


def _along_error(shape: Shape, idx: np.ndarray, axis: int) -> Exception:
    return out_of_range(shape, (idx,), axis)


def _along(idx: np.ndarray, axis: int) -> tuple[np.ndarray, ...]:
    before, after = _grid(idx.shape, axis)
    return *before, idx, *after


@lru_cache(256)
def _grid(shape: Shape, axis: int) -> tuple[tuple[np.ndarray, ...], ...]:
    """Index arrays before and after `axis` that walk over an array of `shape`."""
    grid = np.ogrid[tuple(slice(n) for n in shape)]
    return tuple(grid[:axis]), tuple(grid[axis + 1 :])


def _add_along_impl(
    g: np.ndarray, idx: np.ndarray, *, axis: int, shape: Shape
) -> np.ndarray:
    grid = _along(idx, axis)
    if idx.size <= SMALL >> 4:
        out = zeros(shape, g.dtype, g, idx)
        try:
            np.add.at(out, grid, g)
        except IndexError:
            raise _along_error(shape, idx, axis) from None
        return out
    if idx.size and (idx.min() < -shape[axis] or idx.max() >= shape[axis]):
        raise _along_error(shape, idx, axis)
    at = flat_positions(grid, shape).reshape(-1)
    return add_rows(g.reshape(-1, 1), at, prod(shape)).reshape(shape)


def _along_batch(name: str) -> Any:
    def batch(F: Namespace, args: Any, batched: Any, size: int, **params: Any) -> Any:
        full = (
            a if b else F.broadcast_to(a, (size, *a.shape))
            for a, b in zip(args, batched, strict=True)
        )
        params["axis"] += 1
        if "shape" in params:
            params["shape"] = (size, *params["shape"])
        return getattr(F, name)(*full, **params)

    return batch


take_along = Primitive(
    "take_along",
    _take_along_impl,
    abstract=lambda x, idx, axis: Aval(idx.shape, x.dtype),
    vjp=lambda F, g, saved, needs, axis: (
        F.add_along(g, saved[1], axis=axis, shape=needs[0].shape),
        None,
    ),
    jvp=lambda F, primals, tangents, out, axis: F.take_along(
        tangents[0], primals[1], axis=axis
    ),
    batch=_along_batch("take_along"),
    arity=2,
    reads=((1,), ()),
    differentiable=(True, False),
    kind="linear",
    samples=lambda rng: [
        ((rng.normal(size=(4, 3)), np.array([[0, 2, 2], [1, 1, 0]])), {"axis": 0}),
    ],
)

add_along = Primitive(
    "add_along",
    _add_along_impl,
    abstract=lambda g, idx, axis, shape: Aval(shape, g.dtype),
    vjp=lambda F, g, saved, needs, axis, shape: (
        F.take_along(g, saved[1], axis=axis),
        None,
    ),
    jvp=lambda F, primals, tangents, out, axis, shape: F.add_along(
        tangents[0], primals[1], axis=axis, shape=shape
    ),
    batch=_along_batch("add_along"),
    arity=2,
    reads=((1,), ()),
    differentiable=(True, False),
    kind="linear",
    samples=lambda rng: [
        (
            (rng.normal(size=(2, 3)), np.array([[0, 2, 2], [1, 1, 0]])),
            {"axis": 0, "shape": (4, 3)},
        ),
    ],
)


def _put_along_impl(
    x: np.ndarray, v: np.ndarray, idx: np.ndarray, *, axis: int
) -> np.ndarray:
    out = x.copy()
    try:
        out[_along(idx, axis)] = v
    except IndexError:
        raise _along_error(x.shape, idx, axis) from None
    return out


def _put_along_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axis: int
) -> tuple[Payload | None, Payload | None, None]:
    idx = saved[2]
    to_x = to_v = None
    if needs[0] is not None:
        to_x = F.put_along(g, np.zeros(idx.shape, g.dtype), idx, axis=axis)
    if needs[1] is not None:
        to_v = F.take_along(g, idx, axis=axis)
    return to_x, to_v, None


put_along = Primitive(
    "put_along",
    _put_along_impl,
    abstract=lambda x, v, idx, axis: x,
    vjp=_put_along_vjp,
    jvp=lambda F, primals, tangents, out, axis: F.put_along(
        *_zeros_for_none(F, primals[:2], tangents[:2]), primals[2], axis=axis
    ),
    batch=_along_batch("put_along"),
    arity=3,
    reads=((2,), (2,), ()),
    differentiable=(True, True, False),
    kind="linear",
    kinds="fcib",
    samples=lambda rng: [
        (
            (
                rng.normal(size=(4, 3)),
                rng.normal(size=(2, 3)),
                np.array([[0, 2, 3], [1, 1, 0]]),
            ),
            {"axis": 0},
        ),
    ],
    doc="x with v written at positions `idx` along an axis; all three of one rank.",
)


def _sort_impl(
    x: np.ndarray, *, axis: int, descending: bool
) -> tuple[np.ndarray, np.ndarray]:
    if has_keys(x, axis):
        return sort_keys(x, axis, descending)
    if descending:  # stable: equal elements keep their order
        flipped = np.flip(x, axis)
        order = np.flip(np.argsort(flipped, axis, kind="stable"), axis)
        order = np.ascontiguousarray(x.shape[axis] - 1 - order)
    else:
        order = np.argsort(x, axis, kind="stable")
    return np.take_along_axis(x, order, axis), order


def has_keys(x: np.ndarray, axis: int) -> bool:
    """Whether `sort_keys` can sort x, and is faster."""
    return bool(x.dtype == F32 and x.ndim and 64 < x.shape[axis] < 1 << 32)


def sort_keys(
    x: np.ndarray, axis: int, descending: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Sorts float32 with positions as one 64-bit key: its order, then the position."""
    rows = np.ascontiguousarray(np.moveaxis(x, axis, -1))
    shape, n = rows.shape, rows.shape[-1]
    rows = rows.reshape(-1, n)
    values, order = np.empty_like(rows), np.empty(rows.shape, np.int64)
    step = max(1, LARGE // n)

    def block(start: int) -> None:
        part = slice(start, start + step)
        _sort_rows(rows[part], values[part], order[part], descending)

    in_threads(block, range(0, len(rows), step))
    back = (np.moveaxis(a.reshape(shape), -1, axis) for a in (values, order))
    return tuple(map(np.ascontiguousarray, back))  # type: ignore[return-value] # justified: two arrays


def _sort_rows(
    x: np.ndarray, values: np.ndarray, order: np.ndarray, descending: bool
) -> None:
    bits = (x + np.float32(0)).view(np.int32)  # -0.0 and 0.0 are equal
    key = bits ^ ((bits >> 31) & 0x7FFFFFFF)  # increases with the number
    key[np.isnan(x)] = 0x7FFFFFFF
    if descending:
        key = ~key
    full = key.astype(np.int64) << 32
    full |= np.arange(x.shape[1])
    full.sort(axis=1)
    np.bitwise_and(full, 0xFFFFFFFF, out=order)
    np.bitwise_and(full, 0xFFFFFFFF, out=full)
    full += (np.arange(len(x)) * x.shape[1])[:, None]
    np.take(x.reshape(-1), full, out=values, mode="clip")


def in_threads(fn: Callable[[int], None], items: Sequence[int]) -> None:
    """`fn` of each item, on as many threads as there are cores; NumPy releases the
    interpreter's lock in its loops."""
    rest = iter(items)
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for item in rest:
                fn(item)
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=work)
        for _ in range(min(os.cpu_count() or 1, len(items)) - 1)
    ]
    for t in threads:
        t.start()
    work()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]


def _sort_vjp(
    F: Namespace, g: Any, saved: Any, needs: Any, *, axis: int, descending: bool
) -> tuple[Payload | None]:
    if g[0] is None:
        return (None,)
    return (F.add_along(g[0], saved[2], axis=axis, shape=needs[0].shape),)


def _sort_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Any, *, axis: int, descending: bool
) -> tuple[Payload, None]:
    return F.take_along(tangents[0], out[1], axis=axis), None


sort = Primitive(
    "sort",
    _sort_impl,
    abstract=lambda x, axis, descending: (x, Aval(x.shape, I64)),
    vjp=_sort_vjp,
    jvp=_sort_jvp,
    batch=lambda F, args, batched, size, axis, descending: F.sort(
        args[0], axis=axis + 1, descending=descending
    ),
    reads=((-2,),),
    multi=True,
    kinds="fib",
    samples=lambda rng: [
        ((rng.normal(size=(3, 4)),), {"axis": 1, "descending": False}),
        ((rng.normal(size=(3, 4)),), {"axis": 0, "descending": True}),
    ],
)
