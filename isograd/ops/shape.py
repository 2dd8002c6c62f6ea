"""Joining, splitting, repeating and padding arrays.

Reshape, transpose and broadcasting stand in `core/structural`, views by strides in
`strided`.  Axes are counted from the front.
"""

from __future__ import annotations

import itertools
from math import prod
from typing import Any

import numpy as np

from isograd.core.families import linear
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite
from isograd.core.tensor import concrete

Shape = tuple[int, ...]


def _concat_impl(*xs: np.ndarray, axis: int) -> np.ndarray:
    return np.concatenate(xs, axis)


def _concat_abstract(*avals: Aval, axis: int) -> Aval:
    shape = list(avals[0].shape)
    shape[axis] = sum(a.shape[axis] for a in avals)
    return Aval(tuple(shape), avals[0].dtype)


def _concat_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axis: int
) -> tuple[Payload | None, ...]:
    cots: list[Payload | None] = []
    at = 0
    for need, size in zip(needs, saved, strict=True):
        part = None
        if need is not None:
            index = tuple(
                (at, at + size, 1) if i == axis else (0, n, 1)
                for i, n in enumerate(g.shape)
            )
            part = F.slice(g, index=index)
        cots.append(part)
        at += size
    return tuple(cots)


def _concat_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, axis: int
) -> Payload:
    ts = (
        F.zeros_like(p) if t is None else t
        for p, t in zip(primals, tangents, strict=True)
    )
    return F.concatenate(*ts, axis=axis)


def _concat_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, axis: int
) -> Payload:
    full = (
        a if b else F.broadcast_to(a, (size, *a.shape))
        for a, b in zip(args, batched, strict=True)
    )
    return F.concatenate(*full, axis=axis + 1)


concatenate = Primitive(
    "concatenate",
    _concat_impl,
    abstract=_concat_abstract,
    vjp=_concat_vjp,
    jvp=_concat_jvp,
    batch=_concat_batch,
    arity=None,
    keep=lambda args, outs, params: tuple(a.shape[params["axis"]] for a in args),
    kind="linear",
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)), rng.normal(size=(2, 1))), {"axis": 1}),
    ],
)


copy = linear(
    "copy",
    lambda x: x.copy(),
    abstract=lambda x: x,
    adjoint=lambda F, g, operand: g,
    lift=lambda size, operand: {},
    scalar=lambda S, x: x,
    samples=lambda rng: [((rng.normal(size=(2, 3)),), {})],
    doc="x in memory of its own.",
)


def _stack_shape(shape: Shape, count: int, axis: int) -> Shape:
    return (*shape[:axis], count, *shape[axis:])


stack = Primitive(
    "stack",
    lambda *xs, axis=0: np.stack(xs, axis),
    abstract=lambda *avals, axis=0: Aval(
        _stack_shape(avals[0].shape, len(avals), axis), avals[0].dtype
    ),
    vjp=lambda F, g, saved, needs, axis=0: tuple(
        None if n is None else F.select(g, axis=axis, index=i)
        for i, n in enumerate(needs)
    ),
    jvp=lambda F, primals, tangents, out, axis=0: F.stack(
        *(
            F.zeros_like(p) if t is None else t
            for p, t in zip(primals, tangents, strict=True)
        ),
        axis=axis,
    ),
    batch=lambda F, args, batched, size, axis=0: F.stack(
        *(
            a if b else F.broadcast_to(a, (size, *a.shape))
            for a, b in zip(args, batched, strict=True)
        ),
        axis=axis + 1,
    ),
    arity=None,
    kind="linear",
    kinds="fcib",
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), {"axis": 1}),
        ((rng.normal(size=()), rng.normal(size=()), rng.normal(size=())), {}),
    ],
    doc="Arrays of one shape along a new axis.",
)


def _direct_stack(*avals: Aval, axis: int = 0) -> Any:
    key = (*(slice(None),) * axis, None)
    return lambda *xs: np.concatenate([x[key] for x in xs], axis)


stack.direct = _direct_stack


@composite
def split(F: Namespace, x: Payload, sizes: Shape, *, axis: int) -> tuple[Payload, ...]:
    """Parts of the given sizes along an axis (views where x is in memory)."""
    parts: list[Payload] = []
    at = 0
    for size in sizes:
        parts.append(F.slice(x, index=narrowed(x.shape, axis, at, size)))
        at += size
    return tuple(parts)


def narrowed(
    shape: Shape, axis: int, start: int, size: int
) -> tuple[tuple[int, int, int], ...]:
    """The index of `slice` that keeps `size` places of an axis."""
    return tuple(
        (start, start + size, 1) if i == axis else (0, n, 1)
        for i, n in enumerate(shape)
    )


def chunk_sizes(n: int, count: int) -> Shape:
    """Sizes of at most `count` equal parts, the last one smaller (torch.chunk)."""
    if not n:
        return (0,) * count
    size = -(-n // count)
    return tuple(min(size, n - at) for at in range(0, n, size))


def even_sizes(n: int, count: int) -> Shape:
    """Sizes of exactly `count` parts, larger ones first (NumPy's array_split)."""
    size, more = divmod(n, count)
    return tuple(size + (i < more) for i in range(count))


@composite
def unbind(F: Namespace, x: Payload, *, axis: int = 0) -> tuple[Payload, ...]:
    """The elements along an axis, without it."""
    return tuple(F.select(x, axis=axis, index=i) for i in range(x.shape[axis]))


@composite
def squeeze(F: Namespace, x: Payload, *, axes: Shape) -> Payload:
    """Without those of `axes` that have length one."""
    kept = tuple(n for i, n in enumerate(x.shape) if i not in axes or n != 1)
    return F.reshape(x, shape=kept)


@composite
def unsqueeze(F: Namespace, x: Payload, *, axis: int) -> Payload:
    """With an axis of length one put before `axis` (which may be the rank)."""
    return F.reshape(x, shape=(*x.shape[:axis], 1, *x.shape[axis:]))


@composite
def flatten(F: Namespace, x: Payload, *, start: int = 0, stop: int = -1) -> Payload:
    """Axes from `start` to `stop`, included, made into one."""
    if not x.ndim:
        return F.reshape(x, shape=(1,))
    stop = stop % x.ndim
    return F.reshape(x, shape=flat_shape(x.shape, start, stop))


def flat_shape(shape: Shape, start: int, stop: int) -> Shape:
    return (*shape[:start], prod(shape[start : stop + 1]), *shape[stop + 1 :])


@composite
def ravel(F: Namespace, x: Payload) -> Payload:
    return F.reshape(x, shape=(prod(x.shape),))


def moved(rank: int, sources: Shape, targets: Shape) -> Shape:
    """The permutation that puts the axes `sources` at `targets`."""
    order = [i for i in range(rank) if i not in sources]
    for target, source in sorted(zip(targets, sources, strict=True)):
        order.insert(target, source)
    return tuple(order)


@composite
def movedim(F: Namespace, x: Payload, *, sources: Shape, targets: Shape) -> Payload:
    """The axes `sources` at the places `targets`, the others in order."""
    return F.transpose(x, axes=moved(x.ndim, sources, targets))


def swapped(rank: int, a: int, b: int) -> Shape:
    order = list(range(rank))
    order[a], order[b] = b, a
    return tuple(order)


@composite
def swapaxes(F: Namespace, x: Payload, a: int, b: int) -> Payload:
    return F.transpose(x, axes=swapped(x.ndim, a, b))


@composite
def roll(F: Namespace, x: Payload, *, shifts: Shape, axes: Shape | None) -> Payload:
    """Elements moved along axes, those pushed out coming back at the other end.

    Without axes the flattened array is rolled.
    """
    if axes is None:
        flat = F.roll(F.ravel(x), shifts=shifts, axes=(0,) * len(shifts))
        return F.reshape(flat, shape=x.shape)
    for shift, axis in zip(shifts, axes, strict=True):
        n = x.shape[axis]
        at = -shift % n if n else 0
        if at:
            x = F.concatenate(*F.split(x, (at, n - at), axis=axis)[::-1], axis=axis)
        else:
            x = F.copy(x)
    return x


@composite
def tile(F: Namespace, x: Payload, reps: Shape) -> Payload:
    """x repeated `reps` times along its axes; the shorter of both is padded by ones."""
    rank = max(len(reps), x.ndim)
    reps = (1,) * (rank - len(reps)) + reps
    shape = (1,) * (rank - x.ndim) + x.shape
    if all(r == 1 for r in reps):
        return F.copy(F.reshape(x, shape=shape))
    pairs = list(zip(reps, shape, strict=True))
    x = F.reshape(x, shape=tuple(m for _, n in pairs for m in (1, n)))
    x = F.broadcast_to(x, tuple(m for pair in pairs for m in pair))
    return F.reshape(x, shape=tuple(r * n for r, n in pairs))


@composite
def repeat_interleave(
    F: Namespace, x: Payload, repeats: int | Payload, *, axis: int
) -> Payload:
    """Each element along an axis repeated; `repeats` is a number, or an array with
    one number for each element (which has to be concrete)."""
    n = x.shape[axis]
    if isinstance(repeats, int):
        if repeats == 1:
            return F.copy(x)
        lead, rest = x.shape[: axis + 1], x.shape[axis + 1 :]
        x = F.broadcast_to(F.unsqueeze(x, axis=axis + 1), (*lead, repeats, *rest))
        return F.reshape(x, shape=(*lead[:-1], n * repeats, *rest))
    counts = np.broadcast_to(concrete(repeats, "a count"), (n,))
    return F.gather(x, np.repeat(np.arange(n), counts), axis=axis)


@composite
def rot90(F: Namespace, x: Payload, *, count: int = 1, axes: Shape = (0, 1)) -> Payload:
    """Rotated `count` quarter turns from the first towards the second axis."""
    a, b = axes
    turns = count % 4
    if turns == 0:
        return F.copy(x)
    if turns == 2:
        return F.flip(x, axes)
    if turns == 1:
        return F.swapaxes(F.flip(x, (b,)), a, b)
    return F.flip(F.swapaxes(x, a, b), (b,))


# --- padding --------------------------------------------------------------------------

_PAD_MODES = {
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
    "symmetric": "symmetric",
}


@composite
def pad_with(
    F: Namespace,
    x: Payload,
    widths: tuple[tuple[int, int], ...],
    *,
    mode: str = "constant",
    value: complex = 0.0,
) -> Payload:
    """x with elements put before and after each axis.

    Args:
        mode: "constant" (negative widths crop), "reflect", "replicate", "circular" or
            "symmetric" (reflect with the edge repeated).
        value: of the new elements, for "constant".
    """
    if mode != "constant":
        for axis, (n, (lo, hi)) in enumerate(zip(x.shape, widths, strict=True)):
            if lo or hi:
                at = _pad_positions(n, lo, hi, _PAD_MODES[mode])
                x = F.gather(x, at, axis=axis)
        return x
    if not value:
        return F.pad(x, widths)
    crop = tuple(
        (max(0, -lo), n - max(0, -hi), 1)
        for n, (lo, hi) in zip(x.shape, widths, strict=True)
    )
    x = F.slice(x, index=crop)
    grow = [(max(0, lo), max(0, hi)) for lo, hi in widths]
    inner = tuple((lo, lo + n, 1) for n, (lo, _) in zip(x.shape, grow, strict=True))
    shape = tuple(lo + n + hi for n, (lo, hi) in zip(x.shape, grow, strict=True))
    frame = np.full(shape, value, x.dtype)
    return F.view_write(frame, x, chain=(("slice", (("index", inner),)),))


def _pad_positions(n: int, lo: int, hi: int, mode: Any) -> np.ndarray:
    """The element that stands at each place of a padded axis; negative widths crop."""
    at, fill = np.arange(n), (max(0, lo), max(0, hi))
    crop = slice(max(0, -lo), None if hi >= 0 else hi)
    if mode == "wrap":  # what is cropped does not come back
        return np.pad(at[crop], fill, mode)
    return np.pad(at, fill, mode)[crop]


# --- several arrays -------------------------------------------------------------------


@composite
def broadcast_arrays(F: Namespace, *xs: Payload) -> tuple[Payload, ...]:
    shape = np.broadcast_shapes(*(x.shape for x in xs))
    return tuple(F.broadcast_to(x, shape) for x in xs)


@composite
def meshgrid(F: Namespace, *xs: Payload, indexing: str = "ij") -> tuple[Payload, ...]:
    """Coordinates on a grid, from arrays of rank one (or zero)."""
    sizes = tuple(prod(x.shape) for x in xs)
    order = list(range(len(xs)))
    if indexing == "xy" and len(xs) > 1:
        order[:2] = [1, 0]
    shape = tuple(sizes[i] for i in order)
    return tuple(
        F.broadcast_to(
            F.reshape(
                x,
                shape=tuple(
                    n if j == i else 1 for j, n in zip(order, shape, strict=True)
                ),
            ),
            shape,
        )
        for i, x in enumerate(xs)
    )


@composite
def cartesian_prod(F: Namespace, *xs: Payload) -> Payload:
    """All tuples of elements, (count, number of arrays)."""
    if len(xs) == 1:
        return F.copy(xs[0])
    return F.stack(*map(F.ravel, F.meshgrid(*xs)), axis=1)


@composite
def combinations(
    F: Namespace, x: Payload, *, count: int = 2, with_replacement: bool = False
) -> Payload:
    """All sets of `count` elements of x (rank one), (sets, count)."""
    pick = (
        itertools.combinations_with_replacement
        if with_replacement
        else (itertools.combinations)
    )
    at = np.array(list(pick(range(x.shape[0]), count)), np.int64).reshape(-1, count)
    return F.gather(x, at)


@composite
def block_diag(F: Namespace, *xs: Payload) -> Payload:
    """Matrices along the diagonal of a larger one, zeros elsewhere."""
    xs = tuple(F.reshape(x, shape=(1,) * (2 - x.ndim) + x.shape) for x in xs)
    width = sum(x.shape[1] for x in xs)
    rows, j = [], 0
    for x in xs:
        n = x.shape[1]
        rows.append(F.pad(x, ((0, 0), (j, width - j - n))))
        j += n
    return F.concatenate(*rows, axis=0)


@composite
def atleast(F: Namespace, x: Payload, rank: int) -> Payload:
    """At least of rank 1, 2 or 3; vectors become rows, matrices (m, n, 1)."""
    if x.ndim >= rank:
        return x
    if rank == 3:
        x = F.atleast(x, 2)
        return F.reshape(x, shape=(*x.shape, 1))
    return F.reshape(x, shape=(1,) * (rank - x.ndim) + x.shape)


@composite
def hstack(F: Namespace, *xs: Payload) -> Payload:
    xs = tuple(F.atleast(x, 1) for x in xs)
    return F.concatenate(*xs, axis=0 if xs[0].ndim == 1 else 1)


@composite
def vstack(F: Namespace, *xs: Payload) -> Payload:
    return F.concatenate(*(F.atleast(x, 2) for x in xs), axis=0)


@composite
def dstack(F: Namespace, *xs: Payload) -> Payload:
    return F.concatenate(*(F.atleast(x, 3) for x in xs), axis=2)


@composite
def column_stack(F: Namespace, *xs: Payload) -> Payload:
    xs = tuple(x if x.ndim > 1 else F.reshape(x, shape=(prod(x.shape), 1)) for x in xs)
    return F.concatenate(*xs, axis=1)


# --- channels and pixels --------------------------------------------------------------


@composite
def pixel_shuffle(F: Namespace, x: Payload, *, factor: int) -> Payload:
    """(..., c r^2, h, w) to (..., c, h r, w r)."""
    *lead, c, h, w = x.shape
    r, n = factor, len(lead)
    x = F.reshape(x, shape=(*lead, c // (r * r), r, r, h, w))
    x = F.transpose(x, axes=(*range(n + 1), n + 3, n + 1, n + 4, n + 2))
    return F.reshape(x, shape=(*lead, c // (r * r), h * r, w * r))


@composite
def pixel_unshuffle(F: Namespace, x: Payload, *, factor: int) -> Payload:
    """(..., c, h r, w r) to (..., c r^2, h, w)."""
    *lead, c, h, w = x.shape
    r, n = factor, len(lead)
    x = F.reshape(x, shape=(*lead, c, h // r, r, w // r, r))
    x = F.transpose(x, axes=(*range(n + 1), n + 2, n + 4, n + 1, n + 3))
    return F.reshape(x, shape=(*lead, c * r * r, h // r, w // r))


@composite
def channel_shuffle(F: Namespace, x: Payload, *, groups: int) -> Payload:
    """Channels (axis 1) of (n, c, ...) dealt out over groups."""
    n, c, *rest = x.shape
    x = F.reshape(x, shape=(n, groups, c // groups, *rest))
    return F.reshape(F.swapaxes(x, 1, 2), shape=(n, c, *rest))


@composite
def space_to_depth(F: Namespace, x: Payload, *, factor: int) -> Payload:
    """(n, c, h r, w r) to (n, r^2 c, h, w), the channel running fastest."""
    n, c, h, w = x.shape
    r = factor
    x = F.reshape(x, shape=(n, c, h // r, r, w // r, r))
    x = F.transpose(x, axes=(0, 3, 5, 1, 2, 4))
    return F.reshape(x, shape=(n, c * r * r, h // r, w // r))


@composite
def depth_to_space(F: Namespace, x: Payload, *, factor: int) -> Payload:
    """(n, r^2 c, h, w) to (n, c, h r, w r): the inverse of `space_to_depth`."""
    n, c, h, w = x.shape
    r = factor
    x = F.reshape(x, shape=(n, r, r, c // (r * r), h, w))
    x = F.transpose(x, axes=(0, 3, 4, 1, 5, 2))
    return F.reshape(x, shape=(n, c // (r * r), h * r, w * r))
