"""`torch.optim.adam`, where PyTorch has it."""

from isograd.torch.optim.algorithms import Adam as Adam
