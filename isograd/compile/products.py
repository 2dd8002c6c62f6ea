"""Large matrix products on kernels: what `core.large.product` asks for.

OpenBLAS divides products of few hundred rows badly between threads and copies operands
that stand transposed; `lean/products.py` reads any strides.  What is prepared for a
combination of shapes and strides is found in a table afterwards.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from isograd.compile.lean import products
from isograd.compile.lean.indexed import SIZES
from isograd.compile.lean.pool import cores
from isograd.compile.recycle import recycler
from isograd.core.primitive import Aval

Array = np.ndarray
Shape = tuple[int, ...]
DTYPES = frozenset(map(np.dtype, ("f4", "f8")))
DEPTH = 1 << 13  # the longest sums whose panels stay in the second cache
PANELS = 1 << 18  # bytes of panels that are used together
LIMIT = 1024  # combinations that are remembered


class Product:
    """out[n] = sum of blocks of x @ y (+ c), see `lean.products.product`.

    Args:
        shape: of the result, (*stack, m, n); a `period` of the stack are matrices of
            their own, the others parts of the `total` blocks.
        x, y: (step from matrix to matrix, step from block to block), in elements.
        strides: of x's rows and columns.
        rows, columns: where elements of y stand, (k,) and (n,).
    """

    def __init__(
        self,
        dtype: np.dtype,
        shape: Shape,
        x: tuple[int, int],
        strides: tuple[int, int],
        y: tuple[int, int],
        rows: Array,
        columns: Array,
        period: int,
        total: int = 1,
    ) -> None:
        *lead, m, n = shape
        k, count, width = len(rows), prod(lead), products.width(dtype)
        group, groups, part, parts = _shares(count, m, k, n, width, dtype.itemsize)
        units = count * groups * parts
        blocks = -(-total // max(1, count // period))
        self.sizes = np.zeros(SIZES, np.int64)
        chunk = -(-units // min(64, units))
        places = min(cores(), products.HEADER)
        self.sizes[:] = (
            *(-(-units // chunk), chunk, units, m, n, k, *strides, *x, *y),
            *(period, blocks, total, parts, part, groups, group, places),
        )
        self.kernel = products.product(dtype)
        self.dtype, self.shape = dtype, shape
        self.rows, self.columns = rows, columns
        self.zeros = np.zeros(n, dtype)
        self.take = recycler(Aval(shape, dtype))
        self.room = products.header(dtype.itemsize) + places * group * width * (k + 1)
        self.free: list[Array] = []  # panels, each lent to one call at a time

    def __call__(self, x: Array, y: Array, c: Array | None = None) -> Array:
        try:
            panels = self.free.pop()
        except IndexError:
            panels = np.zeros(self.room, self.dtype)
        out = np.empty(self.shape, self.dtype) if self.take is None else self.take()
        c = self.zeros if c is None else c
        self.kernel(x, y, c, panels, self.rows, self.columns, out, self.sizes)
        self.free.append(panels)
        return out


def _shares(
    count: int, m: int, k: int, n: int, width: int, item: int
) -> tuple[int, int, int, int]:
    """(panels together, groups of them, rows together, parts of the rows): enough
    units for all threads, little of y packed twice."""
    wanted = 4 * cores()
    panels = -(-n // width)
    group = max(1, min(panels * count // wanted, PANELS // (k * width * item), panels))
    groups = -(-panels // group)
    parts = max(1, min(m // 24, -(-wanted // (groups * count))))
    part = -(-m // parts)
    return group, groups, part, -(-m // part)


_KNOWN: dict[Any, Product | None] = {}


def product(x: Array, y: Array, c: Array | None = None) -> Array | None:
    """x (..., m, k) times y (..., k, n), plus a row c (n,); None if BLAS does as well,
    or says better what is wrong.

    Sums are in the order of k, with one rounding for each product and addition.
    """
    key = x.shape, x.strides, x.dtype, y.shape, y.strides, y.dtype
    try:
        made = _KNOWN[key]
    except KeyError:
        if len(_KNOWN) >= LIMIT:
            _KNOWN.clear()
        made = _KNOWN[key] = _made(x, y)
    if made is None or (c is not None and not _fits(c, x.dtype, y.shape[-1])):
        return None
    return made(x, y, c)


def _fits(c: Array, dtype: Any, n: int) -> bool:
    flags = c.flags
    return c.dtype == dtype and c.shape == (n,) and flags.c_contiguous and flags.aligned


def _made(x: Array, y: Array) -> Product | None:
    if x.dtype not in DTYPES or x.dtype != y.dtype or min(x.ndim, y.ndim) < 2:
        return None
    if type(x) is not np.ndarray or type(y) is not np.ndarray:
        return None
    (m, k), n = x.shape[-2:], y.shape[-1]
    if y.shape[-2] != k or m < 4 or 2 * n < products.width(x.dtype) or k > DEPTH:
        return None
    if not (_readable(x) and _readable(y)):
        return None
    try:
        lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    except ValueError:
        return None
    steps = _stack(x, lead), _stack(y, lead)
    if steps[0] is None or steps[1] is None:
        return None
    item = x.itemsize
    (x_row, x_column), (y_row, y_column) = (
        (a.strides[-2] // item, a.strides[-1] // item) for a in (x, y)
    )
    return Product(
        x.dtype,
        (*lead, m, n),
        (steps[0] // item, 0),
        (x_row, x_column),
        (steps[1] // item, 0),
        np.arange(k) * y_row,
        np.arange(n) * y_column,
        max(1, prod(lead)),
    )


def _readable(a: Array) -> bool:
    return a.flags.aligned and not any(s % a.itemsize for s in a.strides)


def _stack(a: Array, lead: Shape) -> int | None:
    """Bytes from a matrix to the next in a stack, None where they are not the same."""
    full = np.broadcast_to(a, (*lead, *a.shape[-2:]))
    axes = [(n, s) for n, s in zip(lead, full.strides, strict=False) if n != 1]
    for (_, outer), (n, inner) in pairwise(axes):
        if outer != n * inner:
            return None
    return axes[-1][1] if axes else 0
