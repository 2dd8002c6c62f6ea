"""`torch.nn.utils.memory_format`: weights in another order of memory.

The order is PyTorch's layout for speed; here arrays stay as they are.
"""

from __future__ import annotations

from typing import Any


def convert_conv2d_weight_memory_format(module: Any, memory_format: Any) -> Any:
    return module


convert_conv3d_weight_memory_format = convert_conv2d_weight_memory_format
