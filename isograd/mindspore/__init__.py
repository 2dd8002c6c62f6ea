"""MindSpore's vocabulary on isograd's engine: `import isograd.mindspore as mindspore`."""

from __future__ import annotations

from isograd.mindspore import dtype as dtype
from isograd.mindspore import ops as ops
from isograd.mindspore.missing import attributes
from isograd.mindspore.tensor import Tensor as Tensor
from isograd.mindspore.tensor import from_numpy as from_numpy
from isograd.mindspore.tensor import is_tensor as is_tensor
from isograd.mindspore.tensor import tensor as tensor

__version__ = "2.10.0"

_LAZY = {
    "mint": "isograd.mindspore.mint",
    "numpy": "isograd.mindspore.numpy",
    "common": "isograd.mindspore.common",
}

globals().update(dtype.names())
__getattr__ = attributes("mindspore", _LAZY)
