"""`torch.utils`."""

from isograd.base.missing import module_getattr

_HERE = "isograd.torch.utils"
__getattr__ = module_getattr(
    "torch.utils",
    "torch",
    {
        "checkpoint": f"{_HERE}.checkpoint",
        "data": f"{_HERE}.data",
        "_pytree": f"{_HERE}._pytree",
        "hooks": f"{_HERE}.hooks",
        "deterministic": f"{_HERE}.deterministic",
        "dlpack": f"{_HERE}.dlpack",
        "swap_tensors": f"{_HERE}.swapping",
        "benchmark": f"{_HERE}.benchmark",
    },
)
