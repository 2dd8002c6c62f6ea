"""`torch.nn`: modules, functions, initialisation."""

from __future__ import annotations

from isograd.base.missing import module_getattr
from isograd.torch.nn import functional, init, modules, parameter
from isograd.torch.nn.modules import ALL
from isograd.torch.nn.parameter import (
    Buffer,
    Parameter,
    UninitializedBuffer,
    UninitializedParameter,
)

globals().update(ALL)
__getattr__ = module_getattr(
    "torch.nn",
    "torch",
    {
        "utils": "isograd.torch.nn.utils",
        "grad": "isograd.torch.nn.grad",
        "factory_kwargs": "isograd.torch.nn.modules.module",
        "attention": "isograd.torch.nn.attention",
        "parallel": "isograd.torch.nn.parallel",
        "common_types": "isograd.torch.nn.common_types",
        "DataParallel": "isograd.torch.nn.parallel",
    },
)

__all__ = [
    *sorted(ALL),
    "Buffer",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "functional",
    "init",
    "modules",
    "parameter",
]
