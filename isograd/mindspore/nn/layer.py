"""`mindspore.nn.layer`: part of what `mindspore.nn` has, under MindSpore's module name."""

from __future__ import annotations

from typing import Any

from isograd.mindspore import nn


def __getattr__(name: str) -> Any:
    return getattr(nn, name)
