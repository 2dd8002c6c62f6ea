"""`torch.nn.modules.upsampling`: the classes of `torch.nn` under PyTorch's path."""

from isograd.torch.nn.modules.themes import exported

globals().update(exported())
