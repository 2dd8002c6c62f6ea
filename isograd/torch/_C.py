"""`torch._C`: what programs ask of PyTorch's compiled module."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from isograd.base.missing import module_getattr
from isograd.core import levels
from isograd.torch.autograd import function, graph
from isograd.torch.autograd.grad_mode import MULTITHREADING
from isograd.torch.autograd.variable import _Engine
from isograd.torch.errors import LinAlgError as _LinAlgError
from isograd.torch.overrides import DisableTorchFunctionSubclass
from isograd.torch.random import Generator
from isograd.torch.tensor import Tensor

__all__ = ["DisableTorchFunctionSubclass", "Generator", "_LinAlgError"]
DisableTorchFunction = DisableTorchFunctionSubclass
_ImperativeEngine = _Engine


class _BaseMeta(type):
    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Tensor)

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, Tensor)


class TensorBase(metaclass=_BaseMeta):
    """The class that PyTorch's tensors derive from."""


def _is_grad_enabled() -> bool:
    return levels.state().recording


def _set_grad_enabled(mode: bool) -> None:
    levels.assign(recording=mode)


def _is_multithreading_enabled() -> bool:
    return MULTITHREADING[-1]


def _get_tracing_state() -> None:
    """Nothing is traced."""


def _get_default_device() -> str:
    return "cpu"


class DelayedError:
    """`DelayedError(text, count)(*tensors)`: tensors whose derivative raises."""

    def __init__(self, text: Any, num_inputs: int) -> None:
        self.text = text.decode() if isinstance(text, bytes) else text

    def __call__(self, *tensors: Any) -> Any:
        found = tuple(_Delayed.apply(t, self.text) for t in tensors)
        return found[0] if len(found) == 1 else found


class _Delayed(function.Function):
    @staticmethod
    def forward(ctx: Any, x: Any, text: str) -> Any:
        ctx.text = text
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise RuntimeError(ctx.text)


_functions = SimpleNamespace(
    AccumulateGrad=graph.node_class("AccumulateGrad"),
    DelayedError=DelayedError,
    UndefinedGrad=graph.node_class("UndefinedGrad"),
)
_autograd = SimpleNamespace(
    SavedTensor=graph.SavedTensor,
    _saved_tensors_hooks_is_enabled=graph.hooks_allowed,
)
__getattr__ = module_getattr("torch._C", "torch")
