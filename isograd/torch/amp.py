"""`torch.amp`: mixed precision, as far as it exists without an accelerator."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from isograd.base.missing import module_getattr
from isograd.core import levels
from isograd.torch import dtypes
from isograd.torch.grad_scaler import GradScaler as GradScaler

__path__: list[str] = []  # has modules: see base.paths
__getattr__ = module_getattr("torch.amp", "torch")


_HALF = ("torch.bfloat16", "torch.float16")


class autocast:
    """A region in which `autocasting.NARROW` computes in a half precision.

    For CUDA it is off, since there is none.
    """

    def __init__(
        self,
        device_type: str,
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        self.device = dtypes.device(device_type).type
        default = dtypes.bfloat16 if self.device == "cpu" else dtypes.float16
        self.fast_dtype = default if dtype is None else dtype
        if self.device != "cpu" and enabled:
            warnings.warn(
                f"User provided device_type of '{self.device}', but "
                f"{self.device.upper()} is not available. Disabling",
                UserWarning,
                stacklevel=2,
            )
            enabled = False
        if enabled and str(self.fast_dtype) not in _HALF:
            warnings.warn(
                "In CPU autocast, but the target dtype is not supported. Disabling "
                "autocast.\nCPU Autocast only supports dtype of torch.bfloat16, "
                "torch.float16 currently.",
                UserWarning,
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled
        self._tokens: list[Any] = []

    def __enter__(self) -> autocast:
        if self.device == "cpu":
            narrow = self.fast_dtype.np if self._enabled else None
            self._tokens.append(levels.enter(narrow=narrow))
        return self

    def __exit__(self, *_: Any) -> None:
        if self._tokens:
            levels.leave(self._tokens.pop())

    def __call__(self, fn: Any) -> Any:
        @functools.wraps(fn)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with self:
                return fn(*args, **kwargs)

        return inside


autocast.__module__ = "torch.amp.autocast_mode"


def is_autocast_available(device_type: str) -> bool:
    """Whether there is autocast for a device, be it here or not."""
    return device_type in ("cpu", "cuda", "xpu", "mps", "hpu", "mtia")
