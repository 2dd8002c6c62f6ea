"""Facts about arrays in PyTorch's terms: dimensions, strides, what a `.grad` may be."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.batching import Batched
from isograd.core.levels import state


def check_assigned_grad(t: Any, value: Any) -> None:
    """What may be assigned to `.grad`: a tensor of the same dtype and shape."""
    # this module comes before those
    from isograd.torch.scalars import c_type
    from isograd.torch.tensor import Tensor

    if not isinstance(value, Tensor):
        raise TypeError(
            "assigned grad expected to be a Tensor or None but got grad of "
            f"type {type(value).__name__}"
        )
    if value is t:
        raise RuntimeError("can't assign Variable as its own grad")
    if value.dtype != t.dtype:
        raise RuntimeError(
            f"attempting to assign a gradient with dtype '{c_type(value.dtype)}' to a "
            f"tensor with grad_dtype '{t.dtype.scalar_type}'. The gradient must match "
            "the "
            "tensor's grad_dtype (defaults to the tensor's dtype). You can set the "
            "tensor's grad_dtype attribute with a specific dtype, or None to allow any "
            "dtype. Set grad_dtype with caution. Diverging the dtypes of a tensor and "
            "its gradient may break downstream systems that assume they match."
        )
    if value.shape != t.shape:
        raise RuntimeError(
            f"attempting to assign a gradient of size '{list(value._p.shape)}' to a "
            f"tensor of size '{list(t._p.shape)}'. Please ensure that the gradient and "
            "the tensor are the same size"
        )


def checked_dim(dim: Any, rank: int, wrap_scalar: bool = True) -> int:
    """`dim` counted from the front.

    Raises:
        IndexError: out of range, with PyTorch's text.
    """
    n = rank or (1 if wrap_scalar else 0)
    if not -n <= dim < n:
        if not n:
            raise IndexError(
                f"Dimension specified as {dim} but tensor has no dimensions"
            )
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, "
            f"{n - 1}], but got {dim})"
        )
    return int(dim) % n


def element_strides(a: np.ndarray) -> tuple[int, ...]:
    """Strides in elements; those of an empty array as if contiguous."""
    size = a.dtype.itemsize
    if not a.size or type(a) is not np.ndarray:
        out, step = [], 1
        for n in reversed(a.shape):
            out.append(step)
            step *= max(n, 1)
        return tuple(reversed(out))
    return tuple(s // size for s in a.strides)


def address(a: np.ndarray) -> int:
    return a.__array_interface__["data"][0]


def refuse_inside(payload: Any, node: Any, name: str) -> None:
    """Raise for a value that a transform handed out."""
    if type(payload) is Batched or (node is not None and node.level > 0):
        also = (
            " (or perhaps using torch.autograd.functional.* APIs)"
            if name == "requires_grad_"
            else ""
        )
        raise RuntimeError(
            f"You are attempting to call Tensor.{name}(){also} inside of a function "
            "being transformed by a functorch transform. This is unsupported, please "
            "attempt to use the functorch transforms (e.g. grad, vjp, jacrev, jacfwd, "
            f"hessian) or call {name}() outside of a function being transformed "
            "instead."
        )


class _ReadOnly(property):
    """A property whose refusal of a value reads as PyTorch's."""

    def __set_name__(self, owner: Any, name: str) -> None:
        self.known = name

    def __set__(self, instance: Any, value: Any) -> None:
        raise AttributeError(
            f"attribute '{self.known}' of 'torch._C.TensorBase' objects is not writable"
        )


def read_only(cls: type) -> None:
    """Let the properties without setter refuse values as PyTorch's do."""
    for name, found in list(vars(cls).items()):
        if type(found) is property and found.fset is None:
            new = _ReadOnly(found.fget, doc=found.__doc__)
            new.known = name
            setattr(cls, name, new)


def no_recording() -> bool:
    return not state().recording


NON_LEAF_GRAD = (
    "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its "
    ".grad attribute won't be populated during autograd.backward(). If you indeed want "
    "the .grad field to be populated for a non-leaf Tensor, use .retain_grad() on the "
    "non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure you "
    "access the leaf Tensor instead. See github.com/pytorch/pytorch/pull/30531 for "
    "more information."
)
REFLECTED = {
    "add": "__radd__",
    "subtract": "__rsub__",
    "multiply": "__rmul__",
    "divide": "__rtruediv__",
    "true_divide": "__rtruediv__",
    "power": "__rpow__",
    "floor_divide": "__rfloordiv__",
    "remainder": "__rmod__",
    "equal": "__eq__",
    "not_equal": "__ne__",
    "less": "__gt__",
    "less_equal": "__ge__",
    "greater": "__lt__",
    "greater_equal": "__le__",
    "bitwise_and": "__rand__",
    "bitwise_or": "__ror__",
    "bitwise_xor": "__rxor__",
}
