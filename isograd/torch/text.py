"""`repr` of a tensor: what printing needs to know, gathered from the tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.abstract import Abstract
from isograd.core.batching import Batched
from isograd.core.forward import Dual
from isograd.core.tape import Traced
from isograd.core.tensor import wrap
from isograd.torch import dtypes
from isograd.torch.dtypes import of_numpy
from isograd.torch.labels import label_of
from isograd.torch.printing import tensor_text, wrapper_text


def text_of(t: Any, contents: Any = None) -> str:
    """The text of a tensor as PyTorch prints it."""
    p, node = t._p, t._node
    if node is not None and node.level:
        inner = type(t) if type(t).__name__ != "Parameter" else _plain(t)
        return wrapper_text("GradTrackingTensor", node.level, text_of(wrap(inner, p)))
    if type(p) is Abstract:
        return _abstract_text(t, p, node)
    if type(p) is not np.ndarray:
        return _carrier_text(t, p)
    name = type(t).__name__
    return tensor_text(
        p,
        dtype_name=repr(of_numpy(p.dtype)),
        default_dtype_name=repr(dtypes.default()),
        requires_grad=node is not None,
        grad_fn=None if node is None or node.leaf else label_of(node),
        is_parameter=getattr(t, "_is_param", False),
        type_name="tensor" if name in ("Tensor", "Parameter", "Buffer") else name,
        contents=None if contents is None else str(contents),
    )


def _abstract_text(t: Any, p: Any, node: Any) -> str:
    """A tensor without elements: its size, and dtype if it is not the default one."""
    parts = [f"tensor(..., device='meta', size={tuple(p.shape)}"]
    if of_numpy(p.dtype) is not dtypes.default():
        parts.append(f"dtype={of_numpy(p.dtype)}")
    if node is not None:
        parts.append(
            "requires_grad=True" if node.leaf else f"grad_fn=<{label_of(node)}>"
        )
    text = ", ".join(parts) + ")"
    return f"Parameter containing:\n{text}" if getattr(t, "_is_param", False) else text


def _plain(t: Any) -> Any:
    return next(c for c in type(t).__mro__ if c.__name__ == "Tensor")


def _carrier_text(t: Any, p: Any) -> str:
    """A value inside of a transform: its wrapper around the value's text."""
    cls = _plain(t)
    if type(p) is Batched:
        inner = text_of(wrap(cls, p.value))
        return wrapper_text("BatchedTensor", p.level, inner, bdim=0)
    if type(p) is Dual:
        text = text_of(wrap(cls, p.primal))
        return f"{text[:-1]}, tangent={text_of(wrap(cls, p.tangent))})"
    if type(p) is Traced:
        inner = text_of(wrap(cls, p.p))
        return wrapper_text("GradTrackingTensor", p.node.level, inner)
    return f"tensor(..., size={tuple(p.shape)}, dtype={of_numpy(p.dtype)})"
