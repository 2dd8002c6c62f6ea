"""`np.fft`: transforms over one or several axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import Payload
from isograd.numpy.array import as_payload
from isograd.numpy.reductions import floating
from isograd.numpy.table import Body, F, axis_of, entry

# name of one, of two and of several axes: the function of F, further parameters
_KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "fft": ("fftn", {"inverse": False}),
    "ifft": ("fftn", {"inverse": True}),
    "rfft": ("rfftn", {}),
    "irfft": ("irfftn", {}),
    "hfft": ("hfftn", {}),
    "ihfft": ("ihfftn", {}),
}


def _one_axis(function: str, params: dict[str, Any]) -> Body:
    def body(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Payload:
        x = floating(as_payload(a))
        return getattr(F, function)(
            x,
            axes=(axis_of(axis, x.ndim),),
            sizes=None if n is None else (n,),
            norm=norm,
            **params,
        )

    return body


def _axes(function: str, params: dict[str, Any], default: Any) -> Body:
    def body(a: Any, s: Any = None, axes: Any = default, norm: Any = None) -> Payload:
        x = floating(as_payload(a))
        if axes is None:
            axes = range(x.ndim) if s is None else range(x.ndim - len(s), x.ndim)
        found = tuple(axis_of(k, x.ndim) for k in axes)
        sizes = (
            None
            if s is None
            else tuple(
                x.shape[k] if n == -1 else n for n, k in zip(s, found, strict=True)
            )
        )
        return getattr(F, function)(x, axes=found, sizes=sizes, norm=norm, **params)

    return body


for _name, (_function, _params) in _KINDS.items():
    entry(_one_axis(_function, _params), name=_name, owner=np.fft)
    if "h" not in _name:
        entry(_axes(_function, _params, (-2, -1)), name=f"{_name}2", owner=np.fft)
        entry(_axes(_function, _params, None), name=f"{_name}n", owner=np.fft)


def _shift(inverse: bool) -> Body:
    def body(x: Any, axes: Any = None) -> Payload:
        a = as_payload(x)
        found = range(a.ndim) if axes is None else np.atleast_1d(axes).tolist()
        return F.fftshift(
            a, axes=tuple(axis_of(k, a.ndim) for k in found), inverse=inverse
        )

    return body


entry(_shift(False), name="fftshift", owner=np.fft)
entry(_shift(True), name="ifftshift", owner=np.fft)
