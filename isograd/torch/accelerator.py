"""`torch.accelerator` on a machine without one."""

from typing import Any

from isograd.base.missing import module_getattr


def is_available() -> bool:
    return False


def device_count() -> int:
    return 0


def current_accelerator(check_available: bool = False) -> Any:
    return None


__getattr__ = module_getattr("torch.accelerator", "torch")
