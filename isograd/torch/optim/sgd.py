"""`torch.optim.sgd`, where PyTorch has it."""

from isograd.torch.optim.algorithms import SGD as SGD
