"""Checks of what a custom function returned, forward and backward."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import payload_of, wrap
from isograd.torch.tensor import Tensor

DIRTY_VIEW = (
    "If your Function modifies inplace an input that is a view of another Tensor, your "
    "Function cannot return more than one Tensor. This is not supported by the current "
    "autograd engine. You should either make sure the input is not a view (using "
    ".clone() for example) or make your Function only return one Tensor (potentially "
    "splitting it into two Functions: one doing the inplace that returns a single "
    "Tensor and a second one that does the other operations). You can ask on the forum "
    "https://discuss.pytorch.org/ if you need help to do this change."
)
NEEDS_SETUP = (
    "In order to use an autograd.Function with functorch transforms (vmap, grad, jvp, "
    "jacrev, ...), it must override the setup_context staticmethod. For more details, "
    "please see https://pytorch.org/docs/main/notes/extending.func.html"
)


def check_returned(dirty: Any, inputs: Any, outs: Any) -> None:
    for d in dirty:
        if not any(d is o for o in outs):
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not "
                "returned as output. The inputs that are modified inplace must all be "
                "outputs of the Function."
            )
        if not any(d is t for t in inputs):
            warnings.warn(
                "Only input Tensors should be given to ctx.mark_dirty(). If a Tensor "
                "is not an input, there is no need to pass it to mark_dirty().",
                UserWarning,
                stacklevel=6,
            )


def grads_of(ctx: Any, cots: Any, avals: Any) -> list[Any]:
    """The gradients that `backward` gets: zeros for None, if it wants that."""
    grads: list[Any] = []
    for c, (shape, dtype) in zip(cots, avals, strict=True):
        if c is None and (dtype is None or not ctx.materialize_grads):
            grads.append(None)
            continue
        grads.append(wrap(Tensor, np.zeros(shape, dtype) if c is None else c))
    return grads


def checked(
    cls: Any,
    found: Any,
    total: int,
    places: list[int],
    edges: Any,
    shapes: Any,
    dtypes: Any,
) -> tuple[Any, ...]:
    """What `backward` returned, as one cotangent for each tensor argument."""
    name = f"{cls.__name__}Backward"
    grads = (
        found
        if isinstance(found, tuple)
        else (tuple(found) if isinstance(found, list) else (found,))
    )
    extra = grads[total:]
    if len(grads) < total or any(g is not None for g in extra):
        raise RuntimeError(
            f"function {name} returned an incorrect number of gradients "
            f"(expected {total}, got {len(grads)})"
        )
    for i in range(total):
        if i not in places and grads[i] is not None:
            raise RuntimeError(
                f"function {name} returned a gradient different than None at position "
                f"{i + 1}, but the corresponding forward input was not a Variable"
            )
    return tuple(
        _cotangent(grads[i], e, s, d, name, j)
        for j, (i, e, s, d) in enumerate(
            zip(places, edges, shapes, dtypes, strict=True)
        )
    )


def _cotangent(
    g: Any, edge: Any, shape: tuple[int, ...], dtype: Any, name: str, i: int
) -> Any:
    if g is None:
        return None
    if not isinstance(g, CoreTensor):
        raise RuntimeError(f"expected Variable or None (got {type(g).__name__})")
    if edge is None:
        return None
    p = payload_of(g)
    if p.dtype.kind in "ciub" and (p.dtype.kind == "c") != (dtype.kind == "c"):
        raise RuntimeError(
            "Expected isFloatingType(grad.scalar_type()) || (input_is_complex == "
            "grad_is_complex) to be true, but got false.  (Could this error message be "
            "improved?  If so, please report an enhancement request to PyTorch.)"
        )
    if p.shape != shape:
        if not _expandable(shape, p.shape):
            raise RuntimeError(
                f"Function {name} returned an invalid gradient at index {i} - got "
                f"{list(p.shape)} but expected shape compatible with {list(shape)}"
            )
        p = BOUND.sum_to(p, shape)
    if p.dtype != dtype:
        p = BOUND.convert(p, dtype=dtype)
    return p


def _expandable(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a tensor of `shape` broadcasts to `to`."""
    return len(shape) <= len(to) and all(
        a in (1, b) for a, b in zip(shape[::-1], to[::-1], strict=False)
    )
