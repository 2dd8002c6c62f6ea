"""`torch.nn.utils.parametrizations`."""

from __future__ import annotations

from typing import Any

from isograd.torch.nn.utils import parametrize
from isograd.torch.nn.utils.reparametrized import _WeightNorm
from isograd.torch.nn.utils.reparametrized import spectral_norm as spectral_norm


def weight_norm(module: Any, name: str = "weight", dim: int = 0) -> Any:
    """weight = g v / |v|."""
    return parametrize.register_parametrization(module, name, _WeightNorm(dim))
