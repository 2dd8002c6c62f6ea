"""`torch.optim.rmsprop`, where PyTorch has it."""

from isograd.torch.optim.algorithms import RMSprop as RMSprop
