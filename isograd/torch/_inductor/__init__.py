"""`torch._inductor`: settings; kept, they change nothing."""

from isograd.base.missing import module_getattr
from isograd.torch._inductor import config as config

__getattr__ = module_getattr("torch._inductor", "torch")
