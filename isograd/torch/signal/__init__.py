"""`torch.signal`."""

from isograd.torch.signal import windows as windows

__all__ = ["windows"]
