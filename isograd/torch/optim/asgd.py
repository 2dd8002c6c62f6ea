"""`torch.optim.asgd`, where PyTorch has it."""

from isograd.torch.optim.further import ASGD as ASGD
