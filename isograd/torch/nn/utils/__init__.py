"""`torch.nn.utils`."""

from __future__ import annotations

from typing import Any

from isograd.base.missing import module_getattr
from isograd.core.storage import note_write
from isograd.torch.nn.utils.clip_grad import (
    clip_grad_norm,
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
)


def parameters_to_vector(parameters: Any) -> Any:
    """All parameters, flattened and joined."""
    from isograd import torch

    return torch.cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Any, parameters: Any) -> None:
    """Write slices of a vector to the parameters' data."""
    from isograd.torch.tensor import Tensor

    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {type(vec).__name__}")
    flat: Any = vec
    at = 0
    for p in parameters:
        n = p.numel()
        p.data = flat[at : at + n].view_as(p).data
        note_write(p._p)
        at += n


_HERE = "isograd.torch.nn.utils"
__getattr__ = module_getattr(
    "torch.nn.utils",
    "torch",
    {
        "rnn": f"{_HERE}.rnn",
        "parametrize": f"{_HERE}.parametrize",
        "parametrizations": f"{_HERE}.parametrizations",
        "clip_grad": f"{_HERE}.clip_grad",
        "weight_norm": f"{_HERE}.reparametrized",
        "remove_weight_norm": f"{_HERE}.reparametrized",
        "spectral_norm": f"{_HERE}.spectral",
        "remove_spectral_norm": f"{_HERE}.spectral",
        "SpectralNorm": f"{_HERE}.spectral",
        "WeightNorm": f"{_HERE}.reparametrized",
        "skip_init": f"{_HERE}.init",
        **dict.fromkeys(
            ("functional_call", "stack_module_state"), "isograd.torch.func"
        ),
        **dict.fromkeys(
            (
                "convert_conv2d_weight_memory_format",
                "convert_conv3d_weight_memory_format",
            ),
            f"{_HERE}.memory_format",
        ),
        **{
            f"fuse_{layer}_bn_{what}": f"{_HERE}.fusion"
            for layer in ("conv", "linear")
            for what in ("eval", "weights")
        },
    },
)

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "vector_to_parameters",
]
