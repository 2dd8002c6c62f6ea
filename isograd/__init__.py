"""isograd: one engine for gradients that speaks PyTorch's and MindSpore's APIs.

The functional API works on plain arrays, numbers and pytrees of them:

    import numpy as np
    import isograd

    isograd.grad(lambda x: np.sum(np.sin(x) * x))(np.array([1.0, 2.0]))

The dialects are `isograd.torch` and `isograd.mindspore`; `isograd.install()` lets
`import torch` and `import mindspore` find them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import isograd.compile  # noqa: F401 (fills the slots of large arrays on first need)
from isograd.base.collector import relax
from isograd.core.transforms import (
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    stop_gradient,
    value_and_grad,
    vjp,
    vmap,
)
from isograd.numpy.array import Array

relax()

if TYPE_CHECKING:
    from isograd import compile as compile
    from isograd.cli.install import install, uninstall

__version__ = "0.1.0"
_LAZY = {
    "install": "isograd.cli.install",
    "uninstall": "isograd.cli.install",
}
_MODULES = ("compile", "mindspore", "numpy", "testing", "torch")


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    if name in _MODULES:
        return import_module(f"isograd.{name}")
    raise AttributeError(f"module 'isograd' has no attribute {name!r}")


__all__ = [
    "Array",
    "compile",
    "grad",
    "hessian",
    "hvp",
    "install",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "stop_gradient",
    "uninstall",
    "value_and_grad",
    "vjp",
    "vmap",
]
