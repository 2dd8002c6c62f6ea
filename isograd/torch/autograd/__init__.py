"""`torch.autograd`: gradients, grad modes, custom functions, the graph."""

from __future__ import annotations

from isograd.base.missing import module_getattr
from isograd.torch.autograd import function, graph
from isograd.torch.autograd.anomaly_mode import (
    detect_anomaly,
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
    set_detect_anomaly,
)
from isograd.torch.autograd.function import Function
from isograd.torch.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
    set_multithreading_enabled,
)
from isograd.torch.autograd.gradcheck import gradcheck, gradgradcheck
from isograd.torch.autograd.variable import Variable
from isograd.torch.backward import backward, grad

_HERE = "isograd.torch.autograd"
__getattr__ = module_getattr(
    "torch.autograd",
    "torch",
    {
        "functional": f"{_HERE}.functional",
        "forward_ad": f"{_HERE}.forward_ad",
        "profiler": f"{_HERE}.profiler",
    },
)

__all__ = [
    "Function",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "graph",
    "inference_mode",
    "is_anomaly_check_nan_enabled",
    "is_anomaly_enabled",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
    "set_multithreading_enabled",
]
