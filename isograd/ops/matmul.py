"""Matrix products, from the primitive for stacks of matrices to every rank."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from isograd.core.families import broadcast_shape, multilinear
from isograd.core.large import product
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite

Shape = tuple[int, ...]


def _product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """np.matmul; half precision is multiplied in float32, for which there is BLAS."""
    dtype = x.dtype
    if dtype.itemsize == 2 and dtype.kind in "fV":
        return _product(x.astype(np.float32), y.astype(np.float32)).astype(dtype)
    if x.shape[-1] == 1 and x.ndim == y.ndim == 2 and x.size * y.size > 4096:
        return np.multiply(x, y)  # an outer product, for which BLAS packs its operands
    found = product(x, y)
    return np.matmul(x, y) if found is None else found


def _matmul_impl(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    if x.ndim > 2 and y.ndim == 2:  # one large product instead of many
        rows = x.reshape(prod(x.shape[:-1]), x.shape[-1])
        return _product(rows, y).reshape(*x.shape[:-1], y.shape[-1])
    return _product(x, y)


def _matmul_abstract(x: Aval, y: Aval) -> Aval:
    lead = broadcast_shape(x.shape[:-2], y.shape[:-2])
    return Aval((*lead, x.shape[-2], y.shape[-1]), x.dtype)


def _left(F: Namespace, g: Payload, operands: Any, shape: Any) -> Payload:
    return F.sum_to(F.matmul(g, F.conj(F.mT(operands[1]))), shape)


def _right(F: Namespace, g: Payload, operands: Any, shape: Any) -> Payload:
    x = operands[0]
    if len(shape) == 2 and x.ndim > 2:  # summed over the stack by one product
        count = prod(x.shape[:-1])
        x = F.reshape(x, shape=(count, x.shape[-1]))
        g = F.reshape(g, shape=(count, g.shape[-1]))
    return F.sum_to(F.matmul(F.conj(F.mT(x)), g), shape)


def _matmul_batch(F: Namespace, args: Any, batched: Any, size: int) -> Payload:
    rank = max(a.ndim - b for a, b in zip(args, batched, strict=True))
    full = [
        F.reshape(a, shape=(size,) + (1,) * (rank - a.ndim + 1) + a.shape[1:])
        if b
        else a
        for a, b in zip(args, batched, strict=True)
    ]
    return F.matmul(*full)


matmul = multilinear(
    "matmul",
    _matmul_impl,
    abstract=_matmul_abstract,
    adjoints=(_left, _right),
    batch=_matmul_batch,
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)), rng.normal(size=(3, 4))), {}),
        ((rng.normal(size=(5, 2, 3)), rng.normal(size=(3, 1))), {}),
        ((rng.normal(size=(2, 1, 2, 3)), rng.normal(size=(3, 3, 2))), {}),
    ],
    doc="x (..., m, k) times y (..., k, n); leading axes broadcast.",
)

# --- the affine map of a layer --------------------------------------------------------


def _linear_impl(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None
) -> np.ndarray:
    dtype = x.dtype
    if b is not None and dtype.itemsize == 2 and dtype.kind in "fV":  # rounded once
        wide = (a.astype(np.float32) for a in (x, w, b))
        return _linear_impl(*wide).astype(dtype)
    if b is not None and x.ndim > 1:
        found = product(x.reshape(prod(x.shape[:-1]), x.shape[-1]), w.T, b)
        if found is not None:
            return found.reshape(*x.shape[:-1], w.shape[0])
    out = _matmul_impl(x, w.T) if x.ndim > 1 else _product(x[None], w.T)[0]
    if b is not None:
        out += b
    return out


def _rows(F: Namespace, x: Payload) -> Payload:
    """(..., k) to (count, k)."""
    return x if x.ndim == 2 else F.reshape(x, shape=(prod(x.shape[:-1]), x.shape[-1]))


def _linear_vjp(F: Namespace, g: Payload, saved: Any, needs: Any) -> Any:
    x, w = (saved or (None, None))[:2]
    to_x = to_w = to_b = None
    rows = _rows(F, g)
    if needs[0] is not None:
        to_x = F.matmul(rows, F.conj(w))
        if g.ndim != 2:
            to_x = F.reshape(to_x, shape=needs[0].shape)
    if needs[1] is not None:
        to_w = F.matmul(F.mT(rows), F.conj(_rows(F, x)))
    if len(needs) > 2 and needs[2] is not None:
        to_b = F.sum(rows, axes=(0,))
    return (to_x, to_w, to_b)[: len(needs)]


def _linear_jvp(F: Namespace, primals: Any, tangents: Any, out: Payload) -> Payload:
    (x, w), (tx, tw) = primals[:2], tangents[:2]
    tb = tangents[2] if len(tangents) > 2 else None
    total = None if tb is None else F.broadcast_to(tb, out.shape)
    for a, b in ((tx, w), (x, tw)):
        if a is not None and b is not None:
            part = F.linear(a, b)
            total = part if total is None else F.add(total, part)
    return total


def _linear_batch(F: Namespace, args: Any, batched: Any, size: int) -> Payload:
    if not any(batched[1:]):
        return F.linear(*args)
    x, w = args[:2]
    lead = x.shape[batched[0] : -1]
    rows = F.reshape(x, shape=(*x.shape[: batched[0]], prod(lead), x.shape[-1]))
    out = F.matmul(rows, F.mT(w))
    if len(args) > 2:
        b = args[2]
        out = F.add(
            out, F.reshape(b, shape=(size, 1, b.shape[-1])) if batched[2] else b
        )
    if out.ndim == 2:
        out = F.broadcast_to(out, (size, *out.shape))
    return F.reshape(out, shape=(size, *lead, w.shape[-2]))


linear = Primitive(
    "linear",
    _linear_impl,
    abstract=lambda x, w, b=None: Aval((*x.shape[:-1], w.shape[0]), x.dtype),
    vjp=_linear_vjp,
    jvp=_linear_jvp,
    batch=_linear_batch,
    arity=None,
    reads=((1,), (0,), ()),
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)), rng.normal(size=(4, 3)), rng.normal(size=4)), {}),
        ((rng.normal(size=(2, 1, 3)), rng.normal(size=(2, 3)), rng.normal(size=2)), {}),
        ((rng.normal(size=3), rng.normal(size=(2, 3))), {}),
    ],
    doc="x (..., k) times the transpose of w (n, k), plus b (n,) where it is given.",
)

# --- every rank -----------------------------------------------------------------------


@composite
def matmul_any(F: Namespace, x: Payload, y: Payload) -> Payload:
    """The matrix product of arrays of any rank but zero; vectors as in np.matmul."""
    if x.ndim > 1 and y.ndim > 1:
        return F.matmul(x, y)
    left, right = x.ndim == 1, y.ndim == 1
    if left:
        x = F.reshape(x, shape=(1, x.shape[0]))
    if right:
        y = F.reshape(y, shape=(y.shape[0], 1))
    out = F.matmul(x, y)
    shape = (
        out.shape[:-2]
        + (() if left else (out.shape[-2],))
        + (() if right else (out.shape[-1],))
    )
    return F.reshape(out, shape=shape)


@composite
def vdot(F: Namespace, x: Payload, y: Payload) -> Payload:
    """The inner product of vectors, conjugating the first."""
    return F.matmul_any(F.conj(x), y)


@composite
def outer(F: Namespace, x: Payload, y: Payload) -> Payload:
    """x y^T for vectors."""
    return F.mul(F.reshape(x, shape=(x.shape[0], 1)), y)


@composite
def inner(F: Namespace, x: Payload, y: Payload) -> Payload:
    """Sums of products over the last axes; a product if one has rank zero."""
    if not x.ndim or not y.ndim:
        return F.mul(x, y)
    return F.tensordot(x, y, axes=((x.ndim - 1,), (y.ndim - 1,)))


@composite
def tensordot(
    F: Namespace, x: Payload, y: Payload, *, axes: tuple[Shape, Shape]
) -> Payload:
    """Sums of products over pairs of axes; what is left of x comes first."""
    over_x, over_y = axes
    left = tuple(i for i in range(x.ndim) if i not in over_x)
    right = tuple(i for i in range(y.ndim) if i not in over_y)
    m, n = tuple(x.shape[i] for i in left), tuple(y.shape[i] for i in right)
    k = prod(x.shape[i] for i in over_x)
    x = F.reshape(F.transpose(x, axes=left + over_x), shape=(prod(m), k))
    y = F.reshape(F.transpose(y, axes=over_y + right), shape=(k, prod(n)))
    return F.reshape(F.matmul(x, y), shape=m + n)


@composite
def add_product(
    F: Namespace,
    c: Payload,
    x: Payload,
    y: Payload,
    *,
    beta: float = 1.0,
    alpha: float = 1.0,
) -> Payload:
    """beta c + alpha x y (addmm, addmv, baddbmm); c is not read if beta is zero."""
    out = F.matmul_any(x, y)
    if alpha != 1:
        out = F.mul(out, alpha)
    if beta == 0:
        return out
    return F.add(c if beta == 1 else F.mul(c, beta), out)


@composite
def kron(F: Namespace, x: Payload, y: Payload) -> Payload:
    """The Kronecker product; the shape of lower rank is padded by ones in front."""
    rank = max(x.ndim, y.ndim)
    a, b = ((1,) * (rank - z.ndim) + z.shape for z in (x, y))
    x = F.reshape(x, shape=tuple(n for m in a for n in (m, 1)))
    y = F.reshape(y, shape=tuple(n for m in b for n in (1, m)))
    return F.reshape(F.mul(x, y), shape=tuple(m * n for m, n in zip(a, b, strict=True)))


@composite
def bilinear(
    F: Namespace, x: Payload, y: Payload, w: Payload, b: Payload | None = None
) -> Payload:
    """x (..., i), w (o, i, j), y (..., j) to (..., o), plus b (o,)."""
    left = F.tensordot(x, w, axes=((x.ndim - 1,), (1,)))  # (..., o, j)
    out = F.sum(F.mul(left, F.unsqueeze(y, axis=y.ndim - 1)), axes=(left.ndim - 1,))
    return out if b is None else F.add(out, b)


@composite
def cross(F: Namespace, x: Payload, y: Payload, *, axis: int) -> Payload:
    """The cross product along an axis of three; other axes broadcast."""
    x, y = F.broadcast_arrays(x, y)
    a, b = np.array([1, 2, 0]), np.array([2, 0, 1])
    return F.sub(
        F.mul(F.gather(x, a, axis=axis), F.gather(y, b, axis=axis)),
        F.mul(F.gather(x, b, axis=axis), F.gather(y, a, axis=axis)),
    )


@composite
def matrix_power(F: Namespace, x: Payload, *, exponent: int) -> Payload:
    """x to an integer power; negative ones invert x first."""
    if exponent == 0:
        eye = np.eye(x.shape[-1], dtype=x.dtype)
        return F.add(F.zeros_like(x), eye)
    if exponent < 0:
        x, exponent = F.inv(x), -exponent
    out = None
    while exponent:
        if exponent & 1:
            out = x if out is None else F.matmul(out, x)
        exponent >>= 1
        if exponent:
            x = F.matmul(x, x)
    return out


@composite
def multi_dot(F: Namespace, *xs: Payload) -> Payload:
    """The product of matrices (the first and last may be vectors), cheapest first."""
    if len(xs) == 2:
        return F.matmul_any(*xs)
    first, last = xs[0], xs[len(xs) - 1]
    sizes = [
        1 if first.ndim == 1 else first.shape[0],
        *(x.shape[0] for x in xs[1:]),
        1 if last.ndim == 1 else last.shape[1],
    ]
    split = chain_order(sizes)

    def product(i: int, j: int) -> Payload:
        if i == j:
            return xs[i]
        k = split[i, j]
        return F.matmul_any(product(i, k), product(k + 1, j))

    return product(0, len(xs) - 1)


def chain_order(sizes: Sequence[int]) -> dict[tuple[int, int], int]:
    """Where to split each part of a chain of matrices (Cormen et al., section 15.2)."""
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    split: dict[tuple[int, int], int] = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], split[i, j] = min(
                (
                    cost[i, k]
                    + cost[k + 1, j]
                    + sizes[i] * sizes[k + 1] * sizes[j + 1],
                    k,
                )
                for k in range(i, j)
            )
    return split
