"""Scans along one axis: cumulative sums, products and extrema.

The derivatives of products and of log-sum-exp are linear recurrences
y[i] = a[i] y[i-1] + b[i]; that recurrence is a record of its own, closed under
differentiation, so no element is divided by and zeros are exact at every order.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.dtypes import F32, I64
from isograd.core.families import linear
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite

Array = np.ndarray


def _accumulated(ufunc: np.ufunc, x: Array, axis: int, reverse: bool) -> Array:
    """`ufunc.accumulate` in the dtype that PyTorch accumulates in, the double one."""
    if x.dtype.kind in "fV":
        wide = np.dtype("float64")
    else:
        wide = np.dtype("complex128") if x.dtype.kind == "c" else x.dtype
    y = np.flip(x, axis) if reverse else x
    out = ufunc.accumulate(y.astype(wide, copy=False), axis=axis)
    return (np.flip(out, axis) if reverse else out).astype(x.dtype, copy=False)


def _scan_samples(rng: np.random.Generator) -> Any:
    yield (rng.normal(size=(2, 3)),), {"axis": 1, "reverse": False}
    yield (rng.normal(size=(2, 3)),), {"axis": 0, "reverse": True}
    yield (rng.normal(size=(0, 3)),), {"axis": 0, "reverse": False}


cumsum = linear(
    "cumsum",
    lambda x, axis, reverse: _accumulated(np.add, x, axis, reverse),
    abstract=lambda x, axis, reverse: x,
    adjoint=lambda F, g, operand, axis, reverse: F.cumsum(
        g, axis=axis, reverse=not reverse
    ),
    lift=lambda size, operand, axis, reverse: {"axis": axis + 1, "reverse": reverse},
    samples=_scan_samples,
)


@composite
def shifted(
    F: Namespace, x: Payload, *, axis: int, by: int, value: float = 0
) -> Payload:
    """x moved along an axis by one place: x[i - by], `value` where there is none."""
    n = x.shape[axis]
    if n == 0:
        return x
    edge = F.full_like(F.ranged(x, axis=axis, start=0, stop=1), value=value)
    start = 0 if by > 0 else 1
    rest = F.ranged(x, axis=axis, start=start, stop=start + n - 1)
    return F.concatenate(*((edge, rest) if by > 0 else (rest, edge)), axis=axis)


# --- y[i] = a[i] y[i-1] + b[i] --------------------------------------------------------


def _recurrence_impl(a: Array, b: Array, *, axis: int, reverse: bool) -> Array:
    out = b.copy()
    rows, factors = np.moveaxis(out, axis, 0), np.moveaxis(a, axis, 0)
    if reverse:
        rows, factors = rows[::-1], factors[::-1]
    for i in range(1, len(rows)):
        rows[i] += factors[i] * rows[i - 1]
    return out


def _recurrence_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axis: int, reverse: bool
) -> tuple[Payload, Payload | None]:
    """lambda[i] = g[i] + a[i+1] lambda[i+1]; then g_b = lambda, g_a = lambda y[i-1]."""
    a, _, out = saved
    step = -1 if reverse else 1
    factors = F.shifted(F.conj(a), axis=axis, by=-step)
    c_b = F.recurrence(factors, g, axis=axis, reverse=not reverse)
    if needs[0] is None:
        return None, c_b
    return F.mul(c_b, F.conj(F.shifted(out, axis=axis, by=step))), c_b


def _recurrence_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, axis: int, reverse: bool
) -> Payload:
    ta, tb = tangents
    if ta is not None:
        past = F.mul(ta, F.shifted(out, axis=axis, by=-1 if reverse else 1))
        tb = past if tb is None else F.add(tb, past)
    return F.recurrence(primals[0], tb, axis=axis, reverse=reverse)


def _recurrence_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, axis: int, reverse: bool
) -> Payload:
    full = (
        a if b else F.broadcast_to(a, (size, *a.shape))
        for a, b in zip(args, batched, strict=True)
    )
    return F.recurrence(*full, axis=axis + 1, reverse=reverse)


recurrence = Primitive(
    "recurrence",
    _recurrence_impl,
    abstract=lambda a, b, axis, reverse: b,
    vjp=_recurrence_vjp,
    jvp=_recurrence_jvp,
    batch=_recurrence_batch,
    arity=2,
    reads=((0, -1), (0,)),
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)), *xs), p)
        for xs, p in zip(
            ([rng.normal(size=(2, 3))], [rng.normal(size=(2, 3))]),
            ({"axis": 1, "reverse": False}, {"axis": 0, "reverse": True}),
            strict=True,
        )
    ],
    doc="y[i] = a[i] y[i-1] + b[i] along an axis, or from its end (i+1).",
)

# --- products -------------------------------------------------------------------------


@composite
def exclusive_cumprod(F: Namespace, x: Payload, *, axis: int, reverse: bool) -> Payload:
    """The product of the elements before each one."""
    moved = F.shifted(x, axis=axis, by=-1 if reverse else 1, value=1)
    return F.cumprod(moved, axis=axis, reverse=reverse)


def _cumprod_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axis: int, reverse: bool
) -> tuple[Payload]:
    x, out = saved
    step = -1 if reverse else 1
    if type(x) is Array and x.dtype.kind == "f" and x.all():
        total = F.cumsum(F.mul(g, out), axis=axis, reverse=not reverse)
        return (F.div(total, x),)
    factors = F.shifted(F.conj(x), axis=axis, by=-step)
    rest = F.recurrence(factors, g, axis=axis, reverse=not reverse)
    before = F.shifted(F.conj(out), axis=axis, by=step, value=1)
    return (F.add(F.mul(rest, before), 0.0),)  # no zero has a sign


def _cumprod_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, axis: int, reverse: bool
) -> Payload:
    before = F.shifted(out, axis=axis, by=-1 if reverse else 1, value=1)
    added = F.mul(tangents[0], before)
    return F.recurrence(primals[0], added, axis=axis, reverse=reverse)


cumprod = Primitive(
    "cumprod",
    lambda x, axis, reverse: _accumulated(np.multiply, x, axis, reverse),
    abstract=lambda x, axis, reverse: x,
    vjp=_cumprod_vjp,
    jvp=_cumprod_jvp,
    batch=lambda F, args, batched, size, axis, reverse: F.cumprod(
        args[0], axis=axis + 1, reverse=reverse
    ),
    reads=((0, -1),),
    kinds="fci",
    samples=lambda rng: [
        *_scan_samples(rng),
        (
            (np.array([[1.5, 0.0, 2.0, 0.0], [0.0, 1.0, -1.0, 0.5]]),),
            {"axis": 1, "reverse": False},
        ),
    ],
)

# --- log-sum-exp ----------------------------------------------------------------------


def _finite(F: Namespace, out: Payload) -> Payload:
    return F.where(F.isinf(out), F.zeros_like(out), out)


def _decay(F: Namespace, out: Payload, axis: int, step: int) -> Payload:
    """exp(out[i-1] - out[i]), in (0, 1]: the weight of what was summed before."""
    return F.exp(F.sub(F.shifted(out, axis=axis, by=step), out))


def _logcumsumexp_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, axis: int
) -> tuple[Payload]:
    x, out = saved
    out = _finite(F, out)
    factors = F.shifted(_decay(F, out, axis, 1), axis=axis, by=-1)
    total = F.recurrence(factors, g, axis=axis, reverse=True)
    return (F.mul(F.exp(F.sub(x, out)), total),)


def _logcumsumexp_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, axis: int
) -> Payload:
    out = _finite(F, out)
    added = F.mul(F.exp(F.sub(primals[0], out)), tangents[0])
    return F.recurrence(_decay(F, out, axis, 1), added, axis=axis, reverse=False)


logcumsumexp = Primitive(
    "logcumsumexp",
    lambda x, axis: _accumulated(np.logaddexp, x, axis, False),
    abstract=lambda x, axis: x,
    vjp=_logcumsumexp_vjp,
    jvp=_logcumsumexp_jvp,
    batch=lambda F, args, batched, size, axis: F.logcumsumexp(args[0], axis=axis + 1),
    reads=((0, -1),),
    kinds="f",
    samples=lambda rng: [
        ((rng.normal(size=(2, 3)),), {"axis": 1}),
        ((rng.normal(size=(4,)),), {"axis": 0}),
    ],
)

# --- extrema --------------------------------------------------------------------------


def _extrema(name: str, ufunc: np.ufunc) -> Primitive:
    """Running extrema and the index of each, the latest one where elements tie."""

    def impl(x: Array, *, axis: int) -> tuple[Array, Array]:
        y = x.astype(F32) if x.dtype.kind == "V" else x
        values = ufunc.accumulate(y, axis=axis)
        at = np.arange(x.shape[axis]).reshape(
            [-1 if i == axis else 1 for i in range(x.ndim)]
        )
        new = (y == values) | (y != y)  # nan is an extremum
        index = np.maximum.accumulate(np.where(new, at, 0), axis=axis)
        return values.astype(x.dtype, copy=False), index

    def vjp(F: Namespace, g: Any, saved: Any, needs: Any, *, axis: int) -> Any:
        if g[0] is None:
            return (None,)
        shape = needs[0].shape
        return (F.add_along(g[0], saved[2], axis=axis, shape=shape),)

    return Primitive(
        name,
        impl,
        abstract=lambda x, axis: (x, Aval(x.shape, I64)),
        vjp=vjp,
        jvp=lambda F, primals, tangents, out, axis: (
            F.take_along(tangents[0], out[1], axis=axis),
            None,
        ),
        batch=lambda F, args, batched, size, axis: getattr(F, name)(
            args[0], axis=axis + 1
        ),
        reads=((-2,),),
        multi=True,
        kinds="fi",
        samples=lambda rng: [
            ((rng.normal(size=(3, 4)),), {"axis": 1}),
            ((rng.normal(size=(3, 4)),), {"axis": 0}),
        ],
    )


cummax = _extrema("cummax", np.maximum)
cummin = _extrema("cummin", np.minimum)
