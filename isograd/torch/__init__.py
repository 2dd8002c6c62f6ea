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
from isograd.torch import printing as _tensor_str
from isograd.torch.printing import set_printoptions
from isograd.torch.tensor import Tensor
from isograd.torch.creation import LEGACY, as_tensor, asarray, from_numpy, tensor
from isograd.torch import (
    arithmetic,
    autograd,
    factories,
    matrix,
    random,
    reductions,
    selecting,
    serialization,
    settings,
    shapes,
)
from isograd.torch.random import Generator, default_generator
from isograd.torch.autograd.anomaly_mode import (
    is_anomaly_check_nan_enabled,
    is_anomaly_enabled,
)
from isograd.torch.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from isograd.torch.table import FUNCTIONS

__version__ = "2.13.0"

globals().update(_dtypes.NAMES)
globals().update(LEGACY)
globals().update(FUNCTIONS)
__getattr__ = module_getattr("torch", "torch", {
    "amp": "isograd.torch.amp",
    "backends": "isograd.torch.backends",
    "compile": "isograd.torch.compiling",
    "compiler": "isograd.torch.compiling",
    "cuda": "isograd.torch.cuda",
    "fft": "isograd.torch.fft",
    "func": "isograd.torch.func",
    "linalg": "isograd.torch.linalg",
    "nn": "isograd.torch.nn",
    "optim": "isograd.torch.optim",
    "special": "isograd.torch.special",
    "testing": "isograd.torch.testing",
    "utils": "isograd.torch.utils",
    "version": "isograd.torch.version",
    "vmap": "isograd.torch.func",
})
