"""`torch.optim.nadam`, where PyTorch has it."""

from isograd.torch.optim.further import NAdam as NAdam
