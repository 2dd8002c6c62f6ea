"""`torch.optim.lbfgs`, where PyTorch has it."""

from isograd.torch.optim.algorithms import LBFGS as LBFGS
