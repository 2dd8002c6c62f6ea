"""`torch.nn.functional`: the functions of layers, without state."""

from __future__ import annotations

from typing import Any

from isograd.base.missing import module_getattr
from isograd.base.paths import locate
from isograd.torch.kernels import refused_by
from isograd.torch.nn import (
    activations,
    blocks,
    class_losses,
    embeddings,
    fractional,
    layers,
    losses,
    multihead,
    pooling,
    rearranging,
    resampling,
)
from isograd.torch.nn.losses import triplet_margin_with_distance_loss
from isograd.torch.nn.table import FUNCTIONAL
from isograd.torch.signatures import checker, known
from isograd.torch.table import checked

for _name, _fn in FUNCTIONAL.items():
    _full = f"nn.{_name}"
    if known(_full) is not None or refused_by(_full):
        if not hasattr(_fn, "checks"):
            FUNCTIONAL[_name] = checked(_fn, checker(_full))
locate(FUNCTIONAL, "isograd.torch.nn.functional")
globals().update(FUNCTIONAL)


def tanh(input: Any) -> Any:
    return input.tanh()


def sigmoid(input: Any) -> Any:
    return input.sigmoid()


GRID_SAMPLE_INTERPOLATION_MODES = {"bilinear": 0, "nearest": 1, "bicubic": 2}
GRID_SAMPLE_PADDING_MODES = {"zeros": 0, "border": 1, "reflection": 2}
_OVERRIDES = "isograd.torch.overrides"
__getattr__ = module_getattr(
    "torch.nn.functional",
    "torch",
    {
        "pdist": "isograd.torch",
        "conv_tbc": "isograd.torch.native",
        "native_channel_shuffle": "isograd.torch.native",
        "grad": "isograd.torch.nn.grad",
        "has_torch_function": _OVERRIDES,
        "has_torch_function_unary": _OVERRIDES,
        "has_torch_function_variadic": _OVERRIDES,
        "handle_torch_function": _OVERRIDES,
        "Tensor": "isograd.torch.tensor",
    },
)

__all__ = [
    *sorted(FUNCTIONAL),
    "activations",
    "blocks",
    "class_losses",
    "embeddings",
    "fractional",
    "layers",
    "losses",
    "multihead",
    "pooling",
    "rearranging",
    "resampling",
    "sigmoid",
    "tanh",
    "triplet_margin_with_distance_loss",
]
