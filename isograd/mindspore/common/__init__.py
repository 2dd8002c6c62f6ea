"""`mindspore.common`: Tensor, Parameter, dtypes, seeds and initialisers by module."""

from __future__ import annotations

from isograd.mindspore import dtype as dtype
from isograd.mindspore.context import _no_grad as _no_grad
from isograd.mindspore.graph.mutable import mutable as mutable
from isograd.mindspore.jit import JitConfig as JitConfig
from isograd.mindspore.jit import jit as jit
from isograd.mindspore.jit import jit_class as jit_class
from isograd.mindspore.jit import recompute as recompute
from isograd.mindspore.missing import attributes
from isograd.mindspore.parameter import Parameter as Parameter
from isograd.mindspore.parameter import ParameterTuple as ParameterTuple
from isograd.mindspore.seed import get_seed as get_seed
from isograd.mindspore.seed import set_seed as set_seed
from isograd.mindspore.tensor import Tensor as Tensor

globals().update(dtype.names())
__getattr__ = attributes(
    "mindspore.common",
    {
        **{
            n: f"isograd.mindspore.common.{n}"
            for n in ("api", "initializer", "parameter", "seed", "tensor")
        },
        **dict.fromkeys(
            ("_Function", "saved_tensors_hooks"), "isograd.mindspore.custom"
        ),
        **dict.fromkeys(
            (
                "default_generator",
                "manual_seed",
                "initial_seed",
                "get_rng_state",
                "set_rng_state",
                "Generator",
            ),
            "isograd.mindspore.seed",
        ),
        **dict.fromkeys(
            ("COOTensor", "CSRTensor", "RowTensor", "RowTensorInner", "SparseTensor"),
            "isograd.mindspore.common.sparse_tensor",
        ),
        **dict.fromkeys(("from_numpy", "is_tensor"), "isograd.mindspore.tensor"),
        **dict.fromkeys(
            ("lazy_inline", "no_inline", "enable_dynamic", "ms_memory_recycle"),
            "isograd.mindspore.jit",
        ),
    },
)
