"""`torch.utils.data.dataloader`."""

from isograd.torch.utils.data import *  # noqa: F403
from isograd.torch.utils.data import Dataset as Dataset
