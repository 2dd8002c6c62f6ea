"""`torch.nn.parallel`: one device, so the module runs as it is."""

from __future__ import annotations

from typing import Any

from isograd.torch.nn.modules.module import Module


class DataParallel(Module):
    """Calls its module; there is one device."""

    def __init__(
        self,
        module: Any,
        device_ids: Any = None,
        output_device: Any = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        self.module, self.dim, self.device_ids = module, dim, []

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        return self.module(*inputs, **kwargs)
