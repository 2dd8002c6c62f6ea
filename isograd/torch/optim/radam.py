"""`torch.optim.radam`, where PyTorch has it."""

from isograd.torch.optim.algorithms import RAdam as RAdam
