"""`torch.utils.dlpack`."""

from __future__ import annotations

from typing import Any

from isograd.torch.table import FUNCTIONS

from_dlpack = FUNCTIONS["from_dlpack"]


def to_dlpack(tensor: Any) -> Any:
    """What other libraries read a tensor's memory from."""
    return tensor.__dlpack__()
