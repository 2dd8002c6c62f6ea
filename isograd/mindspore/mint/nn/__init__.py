"""`mindspore.mint.nn`: PyTorch's layers as cells."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from isograd.mindspore.mint.nn import functional as functional
from isograd.mindspore.missing import attributes

_missing = attributes(
    "mindspore.mint.nn",
    {
        "layers": "isograd.mindspore.mint.nn.layers",
        "layer": "isograd.mindspore.mint.nn.layers",
    },
)


def __getattr__(name: str) -> Any:
    if not name.startswith("_") and name not in ("layer", "layers"):
        found = getattr(import_module("isograd.mindspore.mint.nn.layers"), name, None)
        if isinstance(found, type):
            return found
    return _missing(name)
