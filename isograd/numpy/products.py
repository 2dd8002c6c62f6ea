"""Products of arrays."""

from __future__ import annotations

from typing import Any

from isograd.core.primitive import Payload
from isograd.numpy.array import as_payload, promoted
from isograd.numpy.table import (
    F,
    axis_of,
    entry,
)
from isograd.ops.numeric import window_of


@entry(method=True)
def dot(a: Any, b: Any) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    if x.ndim == 0 or y.ndim == 0:
        return F.mul(x, y)
    return tensordot(x, y, axes=([x.ndim - 1], [max(0, y.ndim - 2)]))


@entry
def vdot(a: Any, b: Any) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    return F.vdot(F.ravel(x), F.ravel(y))


@entry
def kron(a: Any, b: Any) -> Payload:
    return F.kron(*promoted(as_payload(a), as_payload(b)))


@entry
def inner(a: Any, b: Any) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    return F.inner(x, y) if x.ndim and y.ndim else F.mul(x, y)


@entry
def outer(a: Any, b: Any) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    return F.outer(F.ravel(x), F.ravel(y))


@entry
def tensordot(a: Any, b: Any, axes: Any = 2) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    if isinstance(axes, int):
        left, right = list(range(x.ndim - axes, x.ndim)), list(range(axes))
    else:
        left, right = ([k] if isinstance(k, int) else list(k) for k in axes)
    left, right = (
        tuple(axis_of(i, z.ndim) for i in k) for z, k in ((x, left), (y, right))
    )
    if [x.shape[i] for i in left] != [y.shape[i] for i in right]:
        raise ValueError("shape-mismatch for sum")
    return F.tensordot(x, y, axes=(left, right))


@entry
def einsum(subscripts: Any, *operands: Any, **_: Any) -> Payload:
    if not isinstance(subscripts, str):
        raise TypeError(
            "np.einsum: only the form with a string of subscripts is differentiated"
        )
    return F.einsum(subscripts, *promoted(*map(as_payload, operands)))


@entry
def cross(a: Any, b: Any, axis: int = -1) -> Payload:
    x, y = promoted(as_payload(a), as_payload(b))
    return F.cross(x, y, axis=axis_of(axis, x.ndim))


@entry
def convolve(a: Any, v: Any, mode: str = "full") -> Payload:
    x, w = promoted(as_payload(a), as_payload(v))
    n, m = sorted((x.shape[0], w.shape[0]))[::-1]
    lo, hi = window_of(mode, n, m)
    return F.take_range(F.convolve(x, w), lo, hi)
