"""`torch.optim.adamax`, where PyTorch has it."""

from isograd.torch.optim.algorithms import Adamax as Adamax
