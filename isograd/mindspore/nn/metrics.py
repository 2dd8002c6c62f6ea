"""`mindspore.nn.metrics`: names of `mindspore.nn` under an older path."""

from __future__ import annotations

from typing import Any

from isograd.mindspore import nn


def __getattr__(name: str) -> Any:
    return getattr(nn, name)
