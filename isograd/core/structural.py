"""The operations that the sweep and batching themselves need.

`add`, `zeros_like`, `reshape`, `transpose`, `broadcast_to`, `sum`, `convert`, and the
composites `sum_to`, `moveaxis`, `mT`.
"""

from __future__ import annotations

from functools import cache, partial
from math import prod
from operator import methodcaller
from typing import Any

import numpy as np

from isograd.base.dtypes import C128, F32, F64, is_inexact
from isograd.core.families import as_array_function, elementwise, linear
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite

Shape = tuple[int, ...]

add = elementwise("add", "x y", np.add, tangents={"x": "t", "y": "t"})
mul = elementwise("mul", "x y", np.multiply, tangents={"x": "t * y", "y": "t * x"})
neg = elementwise("neg", "x", np.negative, tangents={"x": "-t"})


_conjugate = as_array_function(np.conjugate)


def _conj_impl(x: np.ndarray) -> np.ndarray:
    return _conjugate(x) if x.dtype.kind == "c" else x


conj = Primitive(
    "conj",
    _conj_impl,
    abstract=lambda x: x,
    # conj is not holomorphic: d conj(x) = conj(dx), and its adjoint is conj as well
    vjp=lambda F, g, saved, needs: (F.conj(g),),
    jvp=lambda F, primals, tangents, out: F.conj(tangents[0]),
    batch=lambda F, args, batched, size: F.conj(args[0]),
    reads=((),),
    samples=lambda rng: [((rng.normal(size=(2, 3)),), {})],
)


def reshape_impl(x: np.ndarray, *, shape: Shape) -> np.ndarray:
    return x.reshape(shape)


reshape = linear(
    "reshape",
    reshape_impl,
    abstract=lambda x, shape: Aval(shape, x.dtype),
    adjoint=lambda F, g, operand, shape: F.reshape(g, shape=operand),
    lift=lambda size, operand, shape: {"shape": (size, *shape)},
    samples=lambda rng: [((rng.normal(size=(2, 3)),), {"shape": (3, 1, 2)})],
    view=True,
)


reshape.direct = lambda x, shape: methodcaller("reshape", shape)


@cache
def inverse_permutation(axes: Shape) -> Shape:
    return tuple(int(i) for i in np.argsort(axes))


def _transpose_impl(x: np.ndarray, *, axes: Shape) -> np.ndarray:
    return x.transpose(axes)


transpose = linear(
    "transpose",
    _transpose_impl,
    abstract=lambda x, axes: Aval(tuple(x.shape[a] for a in axes), x.dtype),
    adjoint=lambda F, g, operand, axes: F.transpose(g, axes=inverse_permutation(axes)),
    lift=lambda size, operand, axes: {"axes": (0, *(a + 1 for a in axes))},
    samples=lambda rng: [((rng.normal(size=(2, 3, 4)),), {"axes": (2, 0, 1)})],
    view=True,
)


transpose.direct = lambda x, axes: methodcaller("transpose", axes)


def _broadcast_impl(x: np.ndarray, *, shape: Shape) -> np.ndarray:
    if x.flags.forc and x.size:
        lead = len(shape) - x.ndim
        steps = [0 if n == 1 else b for n, b in zip(x.shape, x.strides, strict=True)]
        if all(n == 1 or n == m for n, m in zip(x.shape, shape[lead:], strict=True)):
            # a tenth of the time of np.broadcast_to, which goes through an iterator
            return np.ndarray(shape, x.dtype, x, 0, (*(0,) * lead, *steps))
    view = np.broadcast_to(x, shape)
    if x.flags.writeable:  # writes are checked by the tensor, not by NumPy
        view.flags.writeable = True
    return view


def _direct_broadcast(x: Aval, shape: Shape) -> Any:
    lead = (0,) * (len(shape) - len(x.shape))
    one = [n == 1 for n in x.shape]
    own = zip(x.shape, shape[len(lead) :], strict=True)
    if 0 in x.shape or any(n not in (1, m) for n, m in own):
        return None

    def call(a: np.ndarray) -> np.ndarray:
        if not a.flags.forc:
            return _broadcast_impl(a, shape=shape)
        steps = [0 if o else s for o, s in zip(one, a.strides)]  # noqa: B905
        return np.ndarray(shape, a.dtype, a, 0, (*lead, *steps))

    return call


def _broadcast_batch(
    F: Namespace, args: tuple[Payload, ...], batched: Any, size: int, *, shape: Shape
) -> Payload:
    (x,) = args
    missing = len(shape) - (x.ndim - 1)
    x = F.reshape(x, shape=(size,) + (1,) * missing + x.shape[1:])
    return F.broadcast_to(x, (size, *shape))


def _tie_vjp(F: Namespace, g: Payload, saved: Any, needs: Any) -> Any:
    zeros = None if needs[1] is None else np.zeros(needs[1].shape, g.dtype)
    return (None if needs[0] is None else g), zeros


def _tie_batch(F: Namespace, args: Any, batched: Any, size: int) -> Payload:
    c, x = args
    return F.tie(c if batched[0] else F.broadcast_to(c, (size, *c.shape)), x)


tie = Primitive(
    "tie",
    lambda c, x: c.copy(),
    abstract=lambda c, x: c,
    vjp=_tie_vjp,
    jvp=lambda F, primals, tangents, out: (
        F.zeros_like(primals[0]) if tangents[0] is None else tangents[0]
    ),
    batch=_tie_batch,
    arity=2,
    reads=((), ()),
    samples=lambda rng: [((rng.normal(size=(2, 3)), rng.normal(size=3)), {})],
    doc="c, as a function of x whose derivative is zero; dtypes are the same.",
)

broadcast_in = Primitive(
    "broadcast_in",
    _broadcast_impl,
    abstract=lambda x, shape: Aval(shape, x.dtype),
    vjp=lambda F, g, saved, needs, shape: (F.sum_to(g, needs[0].shape),),
    jvp=lambda F, primals, tangents, out, shape: F.broadcast_to(tangents[0], shape),
    batch=_broadcast_batch,
    reads=((),),
    kind="linear",
    view=True,
    samples=lambda rng: [((rng.normal(size=(3, 1)),), {"shape": (2, 3, 4)})],
)


broadcast_in.direct = _direct_broadcast


@composite
def broadcast_to(F: Namespace, x: Payload, shape: Shape) -> Payload:
    """`x` broadcast to `shape` by NumPy's rules."""
    return x if x.shape == shape else F.broadcast_in(x, shape=shape)


def sum_impl(x: np.ndarray, *, axes: Shape) -> np.ndarray:
    if not axes:
        return x.copy()  # never an alias: only views share memory
    if x.dtype.itemsize == 2 and is_inexact(x.dtype):
        return np.asanyarray(np.add.reduce(x.astype(F32), axis=axes), x.dtype)
    if (
        x.shape[0] > 256
        and axes[0] == 0
        and len(axes) < x.ndim
        and x.size
        and (x.dtype.char in "fF")
    ):
        rest = tuple(a - 1 for a in axes[1:])
        return np.asanyarray(np.add.reduce(_sum_by_stages(x), axis=rest))
    out = np.add.reduce(x, axis=axes, dtype=x.dtype)
    return out if type(out) is np.ndarray else np.asanyarray(out)


def direct_sum(x: Aval, axes: Shape) -> Any:
    """`sum_impl` for operands that need no care."""
    staged = axes[:1] == (0,) and len(axes) < len(x.shape) and x.shape[0] > 256
    if not axes or x.dtype.itemsize == 2 or staged:
        return None
    return partial(np.add.reduce, axis=axes, dtype=x.dtype)


def _sum_by_stages(x: np.ndarray) -> np.ndarray:
    """The sum over axis 0, 16 long rows at a time.

    NumPy would add the short rows one by one, which is slow and adds up the errors.
    """
    tail, dtype, x = [], x.dtype, np.ascontiguousarray(x)
    while len(x) > 128:
        count = len(x) // 16
        tail.append(x[16 * count :])
        x = np.add.reduce(x[: 16 * count].reshape(16, count, *x.shape[1:]), axis=0)
    wide = F64 if dtype.kind == "f" else C128
    return np.add.reduce(np.concatenate([x, *tail]), axis=0, dtype=wide).astype(dtype)


def _sum_abstract(x: Aval, axes: Shape) -> Aval:
    return Aval(tuple(n for i, n in enumerate(x.shape) if i not in axes), x.dtype)


@composite
def expand(F: Namespace, g: Payload, shape: Shape, axes: Shape) -> Payload:
    """Put reduced `axes` back as broadcast ones: the adjoint of `sum`."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return F.broadcast_to(F.reshape(g, shape=kept), shape)


sum_ = linear(
    "sum",
    sum_impl,
    abstract=_sum_abstract,
    adjoint=lambda F, g, operand, axes: F.expand(g, operand, axes),
    lift=lambda size, operand, axes: {"axes": tuple(a + 1 for a in axes)},
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {"axes": (0,)}),
        ((rng.normal(size=(2, 3)),), {"axes": (0, 1)}),
        ((rng.normal(size=()),), {"axes": ()}),
    ],
)
sum_.direct = direct_sum


LONG = 256  # additions one after the other that single precision still bears


def _sum_steps(F: Namespace, x: Payload, axes: Shape) -> Payload | None:
    """Where kernels would round partial sums too often: in a wider dtype."""
    half = x.dtype.itemsize == 2 and is_inexact(x.dtype)
    long = (
        x.dtype == F32
        and len(axes) < x.ndim
        and ((0 in axes and x.shape[0] > LONG) or _terms(x, axes) > 32 * LONG)
    )
    if not half and not long:
        return None
    wide = F.convert(x, dtype=F32 if half else F64)
    return F.convert(F.sum(wide, axes=axes), dtype=x.dtype)


def _terms(x: Payload, axes: Shape) -> int:
    return prod(x.shape[a] for a in axes)


sum_.steps = _sum_steps


@composite
def sum_to(F: Namespace, x: Payload, shape: Shape) -> Payload:
    """Sum over the axes along which `shape` was broadcast: broadcasting's adjoint."""
    if x.shape == shape:
        return x
    extra = x.ndim - len(shape)
    axes = tuple(range(extra)) + tuple(
        i + extra for i, n in enumerate(shape) if n == 1 and x.shape[i + extra] != 1
    )
    out = F.sum(x, axes=axes)
    return out if out.shape == shape else F.reshape(out, shape=shape)


def _convert_impl(x: np.ndarray, *, dtype: Any, source: Any) -> np.ndarray:
    if x.dtype.kind == "c" and dtype.kind != "c" and dtype.kind != "b":
        x = np.real(x)
    return x.astype(dtype)


def _convert_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, dtype: Any, source: Any
) -> tuple[Payload | None]:
    if not is_inexact(dtype) and is_inexact(source):
        return (None,)
    return (F.convert(g, dtype=source),)


def _convert_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Any, *, dtype: Any, source: Any
) -> Payload | None:
    if not is_inexact(dtype) and is_inexact(source):
        return None
    return F.convert_from(tangents[0], dtype=dtype, source=source)


convert_from = Primitive(
    "convert_from",
    _convert_impl,
    abstract=lambda x, dtype, source: Aval(x.shape, dtype),
    vjp=_convert_vjp,
    jvp=_convert_jvp,
    batch=lambda F, args, batched, size, dtype, source: F.convert_from(
        args[0], dtype=dtype, source=source
    ),
    reads=((),),
    samples=lambda rng: [((rng.normal(size=(2, 3)),), {"dtype": F32, "source": F64})],
    scalar=lambda S, x, dtype, source: S.convert(x, dtype),
)


convert_through = Primitive(
    "convert_through",
    _convert_impl,
    abstract=lambda x, dtype, source: Aval(x.shape, dtype),
    vjp=lambda F, g, saved, needs, dtype, source: (
        F.convert_through(g, dtype=source, source=dtype),
    ),
    jvp=lambda F, primals, tangents, out, dtype, source: F.convert_through(
        tangents[0], dtype=dtype, source=source
    ),
    batch=lambda F, args, batched, size, dtype, source: F.convert_through(
        args[0], dtype=dtype, source=source
    ),
    reads=((),),
    samples=lambda rng: [((rng.normal(size=(2, 3)),), {"dtype": F32, "source": F64})],
    scalar=lambda S, x, dtype, source: S.convert(x, dtype),
    doc="A conversion whose cotangents are converted back, also through integers, "
    "where they are truncated: MindSpore's Cast.",
)


@composite
def convert(F: Namespace, x: Payload, dtype: Any) -> Payload:
    """`x` with another dtype; complex to real takes the real part."""
    if x.dtype == dtype:
        return x
    return F.convert_from(x, dtype=np.dtype(dtype), source=x.dtype)


@composite
def moveaxis(F: Namespace, x: Payload, source: int, target: int) -> Payload:
    axes = list(range(x.ndim))
    axes.insert(target, axes.pop(source))
    return F.transpose(x, axes=tuple(axes))


@composite
def mT(F: Namespace, x: Payload) -> Payload:
    """The last two axes exchanged."""
    n = x.ndim
    return F.transpose(x, axes=(*range(n - 2), n - 1, n - 2))


def zeros(shape: Shape, dtype: Any) -> np.ndarray:
    return np.zeros(shape, dtype)


def ones(shape: Shape, dtype: Any) -> np.ndarray:
    return np.ones(shape, dtype)


def _full_like_impl(x: np.ndarray, *, value: complex) -> np.ndarray:
    return np.full(x.shape, value, x.dtype)


full_like = Primitive(
    "full_like",
    _full_like_impl,
    abstract=lambda x, value: x,
    batch=lambda F, args, batched, size, value: F.full_like(args[0], value=value),
    constant=True,
    kinds="fcib",
    samples=lambda rng: [((rng.normal(size=(2, 3)),), {"value": 2.0})],
    doc="An array of x's shape and dtype filled with a number; does not read x.",
)


@composite
def zeros_like(F: Namespace, x: Payload) -> Payload:
    return F.full_like(x, value=0)


@composite
def ones_like(F: Namespace, x: Payload) -> Payload:
    return F.full_like(x, value=1)


def size_of(shape: Shape) -> int:
    return prod(shape)
