"""MindSpore's words on isograd's engine: `import isograd.mindspore as mindspore`."""

from __future__ import annotations

from isograd.base.config import silence_arrays
from isograd.mindspore import dtype as dtype
from isograd.mindspore import nn as nn
from isograd.mindspore import ops as ops
from isograd.mindspore.context import GRAPH_MODE as GRAPH_MODE
from isograd.mindspore.context import PYNATIVE_MODE as PYNATIVE_MODE
from isograd.mindspore.context import ParallelMode as ParallelMode
from isograd.mindspore.context import get_context as get_context
from isograd.mindspore.context import set_context as set_context
from isograd.mindspore.functional_transforms import jacfwd as jacfwd
from isograd.mindspore.functional_transforms import jacrev as jacrev
from isograd.mindspore.functional_transforms import jvp as jvp
from isograd.mindspore.functional_transforms import vjp as vjp
from isograd.mindspore.functional_transforms import vmap as vmap
from isograd.mindspore.gradients import get_grad as get_grad
from isograd.mindspore.gradients import grad as grad
from isograd.mindspore.gradients import value_and_grad as value_and_grad
from isograd.mindspore.graph.mutable import mutable as mutable
from isograd.mindspore.jit import JitConfig as JitConfig
from isograd.mindspore.jit import jit as jit
from isograd.mindspore.jit import jit_class as jit_class
from isograd.mindspore.jit import recompute as recompute
from isograd.mindspore.missing import attributes
from isograd.mindspore.parameter import Parameter as Parameter
from isograd.mindspore.parameter import ParameterTuple as ParameterTuple
from isograd.mindspore.seed import Generator as Generator
from isograd.mindspore.seed import get_seed as get_seed
from isograd.mindspore.seed import seed as seed
from isograd.mindspore.seed import set_seed as set_seed
from isograd.mindspore.tensor import Tensor as Tensor
from isograd.mindspore.tensor import from_numpy as from_numpy
from isograd.mindspore.tensor import is_tensor as is_tensor
from isograd.mindspore.tensor import tensor as tensor

__version__ = "2.10.0"

_LAZY = {
    "mint": "isograd.mindspore.mint",
    "numpy": "isograd.mindspore.numpy",
    "common": "isograd.mindspore.common",
    "context": "isograd.mindspore.context",
    **{
        n: f"isograd.mindspore.{n}" for n in ("amp", "dataset", "experimental", "train")
    },
    **dict.fromkeys(
        (
            "Model",
            "save_checkpoint",
            "load_checkpoint",
            "load_param_into_net",
            "Callback",
            "LossMonitor",
            "TimeMonitor",
            "ModelCheckpoint",
            "CheckpointConfig",
            "RunContext",
            "EarlyStopping",
            "History",
            "LambdaCallback",
            "LearningRateScheduler",
            "ReduceLROnPlateau",
            "FixedLossScaleManager",
            "DynamicLossScaleManager",
            "LossScaleManager",
            "data_sink",
            "Metric",
            "Accuracy",
            "Loss",
            "MAE",
            "MSE",
            "Precision",
            "Recall",
            "Fbeta",
            "ConfusionMatrix",
            "Perplexity",
            "TopKCategoricalAccuracy",
            "Top1CategoricalAccuracy",
            "Top5CategoricalAccuracy",
            "F1",
            "Dice",
            "ROC",
            "CosineSimilarity",
            "auc",
            "get_metric_fn",
            "build_train_network",
        ),
        "isograd.mindspore.train",
    ),
    "export": "isograd.mindspore.train.serialization",
    **dict.fromkeys(
        (
            "set_auto_parallel_context",
            "get_auto_parallel_context",
            "reset_auto_parallel_context",
            "set_ps_context",
            "get_ps_context",
            "reset_ps_context",
            "STRICT",
            "COMPATIBLE",
            "LAX",
        ),
        "isograd.mindspore.context",
    ),
    **dict.fromkeys(
        (
            "lazy_inline",
            "no_inline",
            "enable_dynamic",
            "ms_memory_recycle",
            "ms_function",
            "ms_class",
        ),
        "isograd.mindspore.jit",
    ),
    **dict.fromkeys(("_Function", "saved_tensors_hooks"), "isograd.mindspore.custom"),
    "constexpr": "isograd.mindspore.ops",
    "_no_grad": "isograd.mindspore.context",
    **dict.fromkeys(
        (
            "set_device",
            "get_current_device",
            "set_deterministic",
            "set_recursion_limit",
            "run_check",
            "synchronize",
            "launch_blocking",
        ),
        "isograd.mindspore.device",
    ),
    **dict.fromkeys(
        (
            "manual_seed",
            "initial_seed",
            "default_generator",
            "get_rng_state",
            "set_rng_state",
        ),
        "isograd.mindspore.seed",
    ),
    "communication": "isograd.mindspore.communication",
    **dict.fromkeys(
        ("COOTensor", "CSRTensor", "RowTensor", "SparseTensor"),
        "isograd.mindspore.common.sparse_tensor",
    ),
    **{n: f"isograd.mindspore.{n}" for n in ("hal", "log", "runtime", "scipy")},
}

silence_arrays()
globals().update(dtype.names())
__getattr__ = attributes("mindspore", _LAZY)
