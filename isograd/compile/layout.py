"""Data as the kernels of windows read it: padded, and cut into phases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod

import numpy as np

from isograd.compile.recycle import new_array
from isograd.core.primitive import REGISTRY

Array = np.ndarray
Shape = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
LANES = 16  # elements of the longest vectors


class Layout:
    """Data (n, c, *space), padded, with each axis cut into phases: position i stands in
    phase i % stride at i // stride."""

    def __init__(self, space: Shape, stride: Shape, padding: Pairs) -> None:
        self.stride = stride
        self.padding = padding
        full = [n + lo + hi for n, (lo, hi) in zip(space, padding, strict=True)]
        self.inner = tuple(-(-n // s) for n, s in zip(full, stride, strict=True))
        self.size = prod(stride) * prod(self.inner)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layout) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((self.stride, self.padding, self.inner))

    def of(self, x: Array, slack: int) -> Array:
        """The data laid out, with `slack` elements behind them that may be read."""
        lead = x.shape[:2]
        plain = all(s == 1 for s in self.stride) and not any(map(any, self.padding))
        if plain and x.flags.c_contiguous and not slack:
            return x
        if not slack and all(s == 1 for s in self.stride):
            index = tuple(
                (lo, lo + n, 1)
                for n, (lo, _) in zip(x.shape[2:], self.padding, strict=True)
            )
            every = tuple((0, n, 1) for n in lead)
            unslice = REGISTRY["unslice"].kernel
            return unslice(x, index=every + index, shape=(*lead, *self.inner))
        flat = new_array((prod(lead) * self.size + slack,), x.dtype)
        flat[flat.size - slack :] = 0
        out = flat[: flat.size - slack].reshape(*lead, *self.stride, *self.inner)
        for phase in product(*map(range, self.stride)):
            self.fill(out[(slice(None), slice(None), *phase)], x, phase)
        return flat

    def fill(self, out: Array, x: Array, phase: Shape) -> None:
        """The data of one phase, zeros around them."""
        inside: list[slice] = []
        source: list[slice] = []
        rows = zip(
            x.shape[2:], self.inner, self.stride, self.padding, phase, strict=True
        )
        for n, m, s, (lo, _), p in rows:
            first = max(0, -((p - lo) // s))  # the first place that is no padding
            start = p + s * first - lo
            count = max(0, min(m - first, -(-(n - start) // s)))
            inside.append(slice(first, first + count))
            source.append(
                slice(start, start + s * (count - 1) + 1, s) if count else slice(0)
            )
        for axis, part in enumerate(inside):
            head = (slice(None),) * (2 + axis)
            out[(*head, slice(0, part.start))] = 0
            out[(*head, slice(part.stop, None))] = 0
        out[(..., *inside)] = x[(..., *source)]

    def offset(self, at: Shape) -> int:
        """Where a position of the padded data stands."""
        total = 0
        for i, s in zip(at, self.stride, strict=True):
            total = total * s + i % s
        for i, s, m in zip(at, self.stride, self.inner, strict=True):
            total = total * m + i // s
        return total

    def offsets(self, channels: int, taps: Sequence[Shape]) -> Array:
        """Where each channel's taps stand."""
        near = np.array([self.offset(t) for t in taps], np.int64)
        return (np.arange(channels)[:, None] * self.size + near).reshape(-1)

    def run(self, count: Shape) -> int:
        """Length of the runs that rows of results are read in: the rows, or all rows of
        a plane with what lies between them, where that lets vectors be filled."""
        width, pitch = count[-1], self.inner[-1]
        if len(count) == 1 or width % LANES == 0 or pitch >= 2 * width:
            return width
        return (count[-2] - 1) * pitch + width

    def places(self, count: Shape) -> Array:
        """Where the data of results stand, run by run."""
        run = self.run(count)
        one = count if run == count[-1] else (*count[:-2], 1, 1)
        return (self.starts(one)[:, None] + np.arange(run)).reshape(-1)

    def seen(self, a: Array, lead: Shape, count: Shape) -> Array:
        """The results (*lead, *count) among runs (*lead, places)."""
        run, item = self.run(count), a.itemsize
        if run == count[-1]:
            return a.reshape(*lead, *count)
        whole = a.reshape(*lead, *count[:-2], run)
        strides = (*whole.strides[:-1], self.inner[-1] * item, item)
        return np.ndarray((*lead, *count), a.dtype, a, strides=strides)

    def starts(self, count: Shape) -> Array:
        """Where the rows of results begin: places (i, j, ..., 0) of phase zero."""
        at = np.zeros((1,), np.int64)
        for m, n in zip(count[:-1], self.inner[:-1], strict=True):
            at = (at[:, None] * n + np.arange(m)).reshape(-1)
        return at * self.inner[-1]
