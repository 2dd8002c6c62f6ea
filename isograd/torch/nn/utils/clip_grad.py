"""Gradients bounded by norm or by value; the formulas: `isograd.nn.clipping`."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import RAW
from isograd.core.storage import note_write
from isograd.core.tensor import wrap
from isograd.nn import clipping
from isograd.torch.deprecation import deprecated
from isograd.torch.tensor import Tensor


def _grads(parameters: Any) -> list[Any]:
    params = [parameters] if isinstance(parameters, Tensor) else parameters
    return [p.grad for p in params if p.grad is not None]


def get_total_norm(
    tensors: Any,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: Any = None,
) -> Tensor:
    """The norm of all elements of all tensors."""
    ts = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    if not ts:
        return wrap(Tensor, np.zeros((), np.float32))
    total = np.asarray(clipping.total_norm(RAW, [t._p for t in ts], float(norm_type)))
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {float(norm_type)} for gradients from `parameters` "
            "is non-finite, so it cannot be clipped. To disable this error and scale the "
            "gradients by the non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return wrap(Tensor, total)


def _scale(grads: list[Any], max_norm: float, total: Any) -> None:
    factor = RAW.clip(
        np.asarray(max_norm / (total._p + 1e-6), total._p.dtype),
        lo=None,
        hi=1.0,
        edge=1,
    )
    for g in grads:
        g._p *= factor.astype(g._p.dtype)
        note_write(g._p)


def clip_grad_norm_(
    parameters: Any,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: Any = None,
) -> Tensor:
    """Scale the gradients so that their common norm is at most `max_norm`.

    Returns:
        The norm before.
    """
    grads = _grads(parameters)
    total = get_total_norm(grads, norm_type, error_if_nonfinite)
    _scale(grads, float(max_norm), total)
    return total


def clip_grads_with_norm_(
    parameters: Any, max_norm: float, total_norm: Any, foreach: Any = None
) -> None:
    _scale(_grads(parameters), float(max_norm), total_norm)


def clip_grad_value_(parameters: Any, clip_value: float, foreach: Any = None) -> None:
    """Clamp the gradients to [-clip_value, clip_value]."""
    for g in _grads(parameters):
        np.clip(g._p, -clip_value, clip_value, out=g._p)
        note_write(g._p)


@deprecated(
    "`torch.nn.utils.clip_grad_norm` is now deprecated in favor of "
    "`torch.nn.utils.clip_grad_norm_`."
)
def clip_grad_norm(*args: Any, **kwargs: Any) -> Tensor:
    return clip_grad_norm_(*args, **kwargs)
