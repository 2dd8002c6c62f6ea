"""`torch.backends`: switches of libraries that isograd does not use."""

from isograd.base.missing import module_getattr
from isograd.torch.backends import cuda, cudnn, mkl, mkldnn, mps, openmp

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]
__getattr__ = module_getattr("torch.backends", "torch")
