"""`torch.nn.functional`: the functions of layers, without state."""

from __future__ import annotations

from typing import Any

from isograd.base.missing import module_getattr
from isograd.base.paths import locate
from isograd.torch.nn import activations, blocks, layers, losses
from isograd.torch.nn.losses import triplet_margin_with_distance_loss
from isograd.torch.nn.table import FUNCTIONAL

locate(FUNCTIONAL, "isograd.torch.nn.functional")
globals().update(FUNCTIONAL)


def tanh(input: Any) -> Any:
    return input.tanh()


def sigmoid(input: Any) -> Any:
    return input.sigmoid()


__getattr__ = module_getattr("torch.nn.functional", "torch", {"pdist": "isograd.torch"})

__all__ = [
    *sorted(FUNCTIONAL),
    "activations",
    "blocks",
    "layers",
    "losses",
    "sigmoid",
    "tanh",
    "triplet_margin_with_distance_loss",
]
