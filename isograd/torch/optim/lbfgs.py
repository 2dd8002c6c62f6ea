"""`torch.optim.lbfgs`, where PyTorch has it."""

from isograd.torch.optim.further import LBFGS as LBFGS
