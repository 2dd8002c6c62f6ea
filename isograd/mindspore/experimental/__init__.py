"""`mindspore.experimental`: optimizers with PyTorch's arguments."""

from isograd.mindspore.experimental import optim as optim
from isograd.mindspore.missing import attributes

__getattr__ = attributes("mindspore.experimental", {})
