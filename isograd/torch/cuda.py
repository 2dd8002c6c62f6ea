"""`torch.cuda` on a machine without one."""

from __future__ import annotations

from typing import Any

from isograd.base.missing import module_getattr

__path__: list[str] = []  # has modules: see base.paths
_NONE = "Torch not compiled with CUDA enabled"


def is_available() -> bool:
    return False


is_initialized = is_bf16_supported = is_available


def device_count() -> int:
    return 0


def manual_seed(seed: int) -> None:
    """Nothing to seed."""


def manual_seed_all(seed: int) -> None:
    """Nothing to seed."""


def empty_cache() -> None:
    """Nothing is cached."""


def memory_allocated(device: Any = None) -> int:
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_allocated


def reset_peak_memory_stats(device: Any = None) -> None:
    """Nothing is measured."""


def _refused(*_: Any, **__: Any) -> Any:
    raise AssertionError(_NONE)


synchronize = current_device = get_device_name = set_device = init = _refused
get_device_properties = current_stream = get_device_capability = _refused
__getattr__ = module_getattr("torch.cuda", "torch", {"amp": "isograd.torch.amp"})
