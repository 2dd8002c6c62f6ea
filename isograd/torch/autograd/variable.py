"""`torch.autograd.Variable`, the former name of tensors."""

from __future__ import annotations

from typing import Any

from isograd.torch.tensor import Tensor


class _VariableMeta(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


class Variable(metaclass=_VariableMeta):
    """`Variable(tensor, requires_grad)` gives a tensor with the same memory."""

    def __new__(
        cls, data: Any, requires_grad: bool = False, volatile: Any = None
    ) -> Any:
        t = data.detach()
        return t.requires_grad_() if requires_grad else t
