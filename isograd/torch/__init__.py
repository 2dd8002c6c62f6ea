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
from isograd.torch.torch_version import __version__
from isograd.torch.creation import LEGACY, as_tensor, asarray, from_numpy, tensor
from isograd.torch import (
    arithmetic,
    autograd,
    comparison,
    extras,
    factories,
    foreach,
    indexed,
    joining,
    layouts,
    matrices,
    matrix,
    operators,
    pairs,
    quantising,
    random,
    ranges,
    rarer,
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

silence_arrays()
find_paths("torch")

globals().update(_dtypes.NAMES)
globals().update(LEGACY)
locate(FUNCTIONS, "isograd.torch")
globals().update(FUNCTIONS)
globals().update(extras.CONSTANTS)
_NATIVE = (
    "_weight_norm affine_grid_generator alpha_dropout_ cond conv_tbc convolution "
    "dropout_ "
    "feature_alpha_dropout_ feature_dropout feature_dropout_ get_device_module "
    "grid_sampler grid_sampler_2d grid_sampler_3d gru gru_cell has_lapack has_mkl "
    "has_openmp has_spectral is_vulkan_available lstm lstm_cell "
    "max_pool1d_with_indices native_batch_norm native_channel_shuffle native_dropout "
    "native_group_norm native_layer_norm norm_except_dim rnn_relu rnn_relu_cell "
    "rnn_tanh rnn_tanh_cell sym_float sym_int sym_ite sym_max sym_min sym_not sym_sqrt "
    "sym_sum while_loop"
)
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
        **dict.fromkeys((*_FUNCTIONAL, *_NATIVE.split()), "isograd.torch.overloads"),
        **{
            name: "isograd.torch.storage"
            for name in (
                "TypedStorage",
                "UntypedStorage",
                *(f"{cls.__name__[:-6]}Storage" for cls in LEGACY.values()),
            )
        },
        "_C": "isograd.torch._C",
        "_vmap_internals": "isograd.torch._vmap_internals",
        "autocast": "isograd.torch.amp",
        "GradScaler": "isograd.torch.amp",
        "AcceleratorError": "isograd.torch.cuda",
        "OutOfMemoryError": "isograd.torch.cuda",
        "accelerator": "isograd.torch.accelerator",
        "amp": "isograd.torch.amp",
        "backends": "isograd.torch.backends",
        "compile": "isograd.torch.compiling",
        "compiler": "isograd.torch.compiler",
        "_dynamo": "isograd.torch._dynamo",
        "_inductor": "isograd.torch._inductor",
        "jit": "isograd.torch.jit",
        "distributions": "isograd.torch.distributions",
        **{
            name: f"isograd.torch.{name}"
            for name in (
                "cpu",
                "cuda",
                "distributed",
                "functional",
                "futures",
                "hub",
                "mps",
                "mtia",
                "xpu",
                "multiprocessing",
                "signal",
                "storage",
                "sparse",
                "torch_version",
                "types",
            )
        },
        **dict.fromkeys(
            ("sparse_coo_tensor", "sparse_csr_tensor", "spmm", "dsmm", "hsmm"),
            "isograd.torch.sparse",
        ),
        "library": "isograd.torch.library",
        "ops": "isograd.torch.library",
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
