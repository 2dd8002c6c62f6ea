"""`torch.optim.radam`, where PyTorch has it."""

from isograd.torch.optim.further import RAdam as RAdam
