"""PyTorch's API on isograd's engine: `import isograd.torch as torch`."""
# ruff: noqa: F401, I001  (names to be found here; the order of the tables)

from __future__ import annotations

from isograd.base.config import silence_arrays
from isograd.base.missing import module_getattr
from isograd.base.paths import find_paths, locate
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
    comparison,
    extras,
    factories,
    indexed,
    joining,
    matrices,
    matrix,
    operators,
    pairs,
    random,
    reductions,
    scans,
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
silence_arrays()
find_paths("torch")

globals().update(_dtypes.NAMES)
globals().update(LEGACY)
locate(FUNCTIONS, "isograd.torch")
globals().update(FUNCTIONS)
globals().update(extras.CONSTANTS)
_FUNCTIONAL = (
    "adaptive_avg_pool1d",
    "adaptive_max_pool1d",
    "alpha_dropout",
    "avg_pool1d",
    "batch_norm",
    "bilinear",
    "binary_cross_entropy_with_logits",
    "celu",
    "celu_",
    "channel_shuffle",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "cosine_embedding_loss",
    "ctc_loss",
    "dropout",
    "embedding",
    "embedding_bag",
    "feature_alpha_dropout",
    "group_norm",
    "hinge_embedding_loss",
    "instance_norm",
    "kl_div",
    "layer_norm",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "poisson_nll_loss",
    "prelu",
    "rms_norm",
    "rrelu",
    "rrelu_",
    "threshold",
    "threshold_",
    "triplet_margin_loss",
)
__getattr__ = module_getattr(
    "torch",
    "torch",
    {
        **dict.fromkeys(_FUNCTIONAL, "isograd.torch.nn.functional"),
        "autocast": "isograd.torch.amp",
        "accelerator": "isograd.torch.accelerator",
        "amp": "isograd.torch.amp",
        "backends": "isograd.torch.backends",
        "compile": "isograd.torch.compiling",
        "compiler": "isograd.torch.compiler",
        "_dynamo": "isograd.torch._dynamo",
        "_inductor": "isograd.torch._inductor",
        "jit": "isograd.torch.jit",
        "distributions": "isograd.torch.distributions",
        "cuda": "isograd.torch.cuda",
        "fft": "isograd.torch.fft",
        "func": "isograd.torch.func",
        "linalg": "isograd.torch.linalg",
        "nn": "isograd.torch.nn",
        "optim": "isograd.torch.optim",
        "overrides": "isograd.torch.overrides",
        "return_types": "isograd.torch.return_types",
        "profiler": "isograd.torch.profiler",
        "special": "isograd.torch.special",
        "testing": "isograd.torch.testing",
        "utils": "isograd.torch.utils",
        "version": "isograd.torch.version",
        "vmap": "isograd.torch.func",
    },
)
