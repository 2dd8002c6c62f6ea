"""`torch.optim.adamax`, where PyTorch has it."""

from isograd.torch.optim.further import Adamax as Adamax
