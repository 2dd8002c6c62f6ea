"""The code generator: regions to vectorised, threaded kernels by way of LLVM IR."""

from isograd.compile.lean.build import build
from isograd.compile.lean.emit import Unsupported, fast_code, handles
from isograd.compile.lean.region import Buffer, Reduce, Region, Store, normalised
from isograd.compile.lean.scalar import Load, Within

__all__ = [
    "Buffer",
    "Load",
    "Reduce",
    "Region",
    "Store",
    "Unsupported",
    "Within",
    "build",
    "fast_code",
    "handles",
    "normalised",
]
