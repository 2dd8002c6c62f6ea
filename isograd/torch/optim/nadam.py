"""`torch.optim.nadam`, where PyTorch has it."""

from isograd.torch.optim.algorithms import NAdam as NAdam
