"""`mindspore.mint.nn`: PyTorch's layers as cells."""

from __future__ import annotations

from isograd.mindspore.missing import attributes
from isograd.mindspore.mint.nn import functional as functional

__getattr__ = attributes("mindspore.mint.nn", {
    "layers": "isograd.mindspore.mint.nn.layers"})
