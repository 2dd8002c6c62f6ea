"""Bounding gradients by value and by norm."""

from __future__ import annotations

from typing import Any

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore import errors
from isograd.mindspore.call import array_of, op
from isograd.nn import clipping

F = BOUND


@op("clip_by_global_norm")
def clip_by_global_norm(x: Any, clip_norm: Any = 1.0, use_norm: Any = None) -> Any:
    """Tensors scaled so that their common norm is at most `clip_norm`."""
    bound = float(array_of(clip_norm))
    if bound <= 0:
        raise ValueError(
            "For 'clip_by_global_norm', the argument 'clip_norm' must > 0.0, but got "
            f"{array_of(clip_norm)}."
        )
    if not isinstance(x, tuple | list):
        return clipping.by_global_norm(F, [x], bound)[0]
    if not x:
        raise errors.no_operands("AddN", "input")
    return tuple(clipping.by_global_norm(F, list(x), bound))


@op("clip_by_norm")
def clip_by_norm(
    x: Any, max_norm: Any, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Any:
    single = not isinstance(x, tuple | list)
    xs = [x] if single else list(x)
    if not xs:
        raise errors.no_operands("Stack", "stack element")
    total = clipping.total_norm(F, xs, float(norm_type))
    if error_if_nonfinite and not bool(F.isfinite(total)):
        raise RuntimeError(
            f"For 'clip_by_norm', the total norm of order {norm_type} is not finite."
        )
    out = clipping.scaled(F, xs, total, float(array_of(max_norm)))
    return out[0] if single else tuple(out)


@op("all_finite")
def all_finite(inputs: Any) -> Payload:
    """Whether all elements of all tensors are finite."""
    xs = inputs if isinstance(inputs, tuple | list) else [inputs]
    out = None
    for x in xs:
        ok = F.all(F.isfinite(x), axes=tuple(range(x.ndim)))
        out = ok if out is None else F.logical_and(out, ok)
    return out
