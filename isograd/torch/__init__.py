"""PyTorch's API on isograd's engine: `import isograd.torch as torch`."""

from __future__ import annotations

from isograd.base.missing import module_getattr
from isograd.torch import dtypes as _dtypes
from isograd.torch.dtypes import (
    Size,
    channels_last,
    channels_last_3d,
    contiguous_format,
    device,
    dtype,
    finfo,
    get_default_dtype,
    iinfo,
    layout,
    memory_format,
    preserve_format,
    promote_types,
    set_default_dtype,
    set_default_tensor_type,
    sparse_coo,
    sparse_csr,
    strided,
)
from isograd.torch.printing import set_printoptions
from isograd.torch.tensor import Tensor
from isograd.torch.creation import LEGACY, as_tensor, asarray, from_numpy, tensor
from isograd.torch import arithmetic
from isograd.torch.table import FUNCTIONS

__version__ = "2.13.0"

globals().update(_dtypes.NAMES)
globals().update(LEGACY)
globals().update(FUNCTIONS)
__getattr__ = module_getattr("torch", "torch", {})
