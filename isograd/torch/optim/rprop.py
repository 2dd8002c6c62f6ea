"""`torch.optim.rprop`, where PyTorch has it."""

from isograd.torch.optim.algorithms import Rprop as Rprop
