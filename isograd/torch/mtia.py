"""`torch.mtia` on a machine without one."""

from isograd.base.missing import module_getattr


def is_available() -> bool:
    return False


def device_count() -> int:
    return 0


__getattr__ = module_getattr("torch.mtia", "torch")
