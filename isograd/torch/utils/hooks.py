"""`torch.utils.hooks`."""

from isograd.torch.hooks import RemovableHandle as RemovableHandle
