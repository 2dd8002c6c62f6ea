"""`mindspore.mint.nn`: PyTorch's layers as cells."""

from __future__ import annotations

from isograd.mindspore.mint.nn import functional as functional
from isograd.mindspore.missing import attributes

__getattr__ = attributes("mindspore.mint.nn", {
    "layers": "isograd.mindspore.mint.nn.layers"})
