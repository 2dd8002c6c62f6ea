"""`torch.autograd.Variable`, the former name of tensors."""

from __future__ import annotations

from typing import Any

from isograd.torch.passes import PASSES, queue_callback
from isograd.torch.tensor import Tensor


class _VariableMeta(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)


VariableMeta = _VariableMeta


class _Engine:
    """What programs ask of PyTorch's engine."""

    queue_callback = staticmethod(queue_callback)

    @staticmethod
    def is_checkpoint_valid() -> bool:
        """Whether the pass that runs has no `inputs`."""
        return not any(p.limited for p in PASSES)


class Variable(metaclass=_VariableMeta):
    """`Variable(tensor, requires_grad)` gives a tensor with the same memory."""

    _execution_engine = _Engine()

    def __new__(
        cls, data: Any, requires_grad: bool = False, volatile: Any = None
    ) -> Any:
        t = data.detach()
        return t.requires_grad_() if requires_grad else t
