"""`torch.linalg`: the functions of `matrices.py`."""

from isograd.base.missing import module_getattr
from isograd.torch.errors import LinAlgError as LinAlgError
from isograd.torch.matrices import LINALG

globals().update(LINALG)
__getattr__ = module_getattr("torch.linalg", "torch")
