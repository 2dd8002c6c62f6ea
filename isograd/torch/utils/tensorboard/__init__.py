"""`torch.utils.tensorboard` needs the package `tensorboard`; isograd has no writer."""

import importlib.util

from isograd.base.missing import module_getattr

if importlib.util.find_spec("tensorboard") is None:
    raise ModuleNotFoundError("No module named 'tensorboard'", name="tensorboard")
__getattr__ = module_getattr("torch.utils.tensorboard", "torch")
