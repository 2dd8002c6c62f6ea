"""`torch.optim.adamw`, where PyTorch has it."""

from isograd.torch.optim.algorithms import AdamW as AdamW
