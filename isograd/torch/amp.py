"""`torch.amp`: mixed precision, as far as it exists without an accelerator."""

from __future__ import annotations

import functools
import warnings
from typing import Any

from isograd.base.missing import module_getattr

__path__: list[str] = []  # has modules: see base.paths
__getattr__ = module_getattr("torch.amp", "torch")


class autocast:
    """A region of lower precision; for CUDA it is off, since there is none.

    Raises:
        NotImplementedError: enabled for the CPU: operations are not cast here.
    """

    def __init__(
        self,
        device_type: str,
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        self.device, self.fast_dtype = device_type, dtype
        if device_type == "cuda" and enabled:
            warnings.warn(
                "User provided device_type of 'cuda', but CUDA is not "
                "available. Disabling",
                UserWarning,
                stacklevel=2,
            )
            enabled = False
        if enabled:
            raise NotImplementedError(
                "torch.amp.autocast on the CPU: isograd's torch dialect does not cast "
                "operations; convert tensors with .to(torch.bfloat16)"
            )
        self._enabled = enabled

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    def __call__(self, fn: Any) -> Any:
        @functools.wraps(fn)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with self:
                return fn(*args, **kwargs)

        return inside


class GradScaler:
    """Scaling of losses; off where there is no CUDA, so all passes through."""

    def __init__(self, device: str = "cuda", enabled: bool = True, **_: Any) -> None:
        if enabled:
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not "
                "available.  Disabling.",
                UserWarning,
                stacklevel=2,
            )

    def scale(self, outputs: Any) -> Any:
        return outputs

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        return optimizer.step(*args, **kwargs)

    def unscale_(self, optimizer: Any) -> None:
        """Nothing was scaled."""

    def update(self, new_scale: Any = None) -> None:
        """Nothing to adapt."""

    def is_enabled(self) -> bool:
        return False

    def get_scale(self) -> float:
        return 1.0

    def state_dict(self) -> dict[str, Any]:
        return {}

    def load_state_dict(self, state_dict: Any) -> None:
        """There is no state."""
