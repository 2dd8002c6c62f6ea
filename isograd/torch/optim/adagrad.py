"""`torch.optim.adagrad`, where PyTorch has it."""

from isograd.torch.optim.algorithms import Adagrad as Adagrad
