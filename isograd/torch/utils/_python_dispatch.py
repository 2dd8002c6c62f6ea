"""`torch.utils._python_dispatch`: there is no dispatcher below the functions."""

from __future__ import annotations

from typing import Any

from isograd.base.missing import module_getattr

__getattr__ = module_getattr("torch.utils._python_dispatch", "torch")


def is_traceable_wrapper_subclass(t: Any) -> bool:
    """Whether a tensor's class says which tensors it wraps."""
    own = type(t)
    return hasattr(own, "__tensor_flatten__") and hasattr(own, "__tensor_unflatten__")


def is_in_torch_dispatch_mode(include_infra_modes: bool = True) -> bool:
    return False
