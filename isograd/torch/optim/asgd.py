"""`torch.optim.asgd`, where PyTorch has it."""

from isograd.torch.optim.algorithms import ASGD as ASGD
