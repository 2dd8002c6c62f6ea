"""`torch.optim.rprop`, where PyTorch has it."""

from isograd.torch.optim.further import Rprop as Rprop
