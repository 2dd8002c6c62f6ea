"""`torch.optim.adadelta`, where PyTorch has it."""

from isograd.torch.optim.algorithms import Adadelta as Adadelta
