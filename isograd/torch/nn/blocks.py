"""Normalisation, embedding and resampling of `torch.nn.functional`."""

from __future__ import annotations

import itertools
from math import floor, prod
from typing import Any

import numpy as np

import isograd.nn.normalisation
import isograd.nn.recurrent  # noqa: F401  (registers composites)
from isograd.base.dtypes import limits_of
from isograd.core.drafts import asked, beyond
from isograd.core.levels import state
from isograd.core.primitive import Payload
from isograd.nn.normalisation import running
from isograd.torch.call import public
from isograd.torch.dtypes import Size
from isograd.torch.nn.table import FUNCTIONAL as T
from isograd.torch.nn.table import F, Named, ints, plain, row

# --- normalisation --------------------------------------------------------------------


def _batch_norm_body(
    input: Payload, weight: Any, bias: Any, mean: Any, var: Any, eps: float
) -> Any:
    if mean is None:
        return F.batch_norm(input, weight, bias, eps=eps)
    return F.batch_norm_with(input, mean, var, weight, bias, eps=eps)


_batch_norm = public(_batch_norm_body, "batch_norm", "NativeBatchNormBackward0")


def _verify_batch(size: Any) -> None:
    count = size[0] * prod(size[2:])
    if count == 1:
        raise ValueError(
            "Expected more than 1 value per channel when training, got input "
            f"size {Size(size)}"
        )


def _update_running(
    mean: Any, var: Any, batch_mean: Any, batch_var: Any, count: int, momentum: float
) -> None:
    """Running statistics after a batch; the variance unbiased."""
    from isograd.torch.tensor import note_write

    if type(batch_mean._p) is not np.ndarray:
        return
    factor = count / (count - 1) if count > 1 else 1.0
    for t, new in ((mean, batch_mean._p), (var, batch_var._p * factor)):
        if t is not None:
            running(t._p, new.astype(t._p.dtype), momentum)
            note_write(t._p)


@plain
def batch_norm(
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    shape = tuple(input.shape)
    channels = shape[1] if len(shape) > 1 else 0
    named = {
        "running_mean": running_mean,
        "running_var": running_var,
        "weight": weight,
        "bias": bias,
    }
    if training:
        _verify_batch(shape)
    for name, t in named.items():
        if t is not None and t.numel() != channels:
            raise RuntimeError(
                f"{name} should contain {channels} elements not {t.numel()}"
            )
    if not training:
        return _batch_norm(input, weight, bias, running_mean, running_var, eps)
    out, mean, var = _batch_norm(input, weight, bias, None, None, eps)
    _update_running(
        running_mean,
        running_var,
        mean,
        var,
        input.numel() // max(1, channels),
        momentum,
    )
    return out


@row(label="NativeLayerNormBackward0")
def layer_norm(
    input: Payload,
    normalized_shape: Any,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Payload:
    shape = tuple(normalized_shape)
    _check_normalized(input, shape)
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t.shape != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got "
                f"{name} of shape {list(t.shape)} and normalized_shape = {list(shape)}"
            )
    return F.layer_norm(input, weight, bias, count=len(shape), eps=eps)


def _check_normalized(input: Payload, shape: tuple[int, ...]) -> None:
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., "
            "containing at least one element, but got normalized_shape = "
            "[]"
        )
    if input.shape[-len(shape) :] != shape:
        listed = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape=[{listed}], expected input with shape [*, {listed}],"
            f" but got input of size{list(input.shape)}"
        )


@row(label="MulBackward0")
def rms_norm(
    input: Payload, normalized_shape: Any, weight: Any = None, eps: Any = None
) -> Payload:
    shape = tuple(normalized_shape)
    _check_normalized(input, shape)
    small = float(limits_of(input.dtype).eps) if eps is None else eps
    return F.rms_norm(input, weight, count=len(shape), eps=small)


@row(label="NativeGroupNormBackward0")
def group_norm(
    input: Payload,
    num_groups: int,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Payload:
    if input.ndim < 2:
        raise RuntimeError(
            f"Expected at least 2 dimensions for input tensor but received {input.ndim}"
        )
    if input.shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got "
            f"input of shape {list(input.shape)} and num_groups={num_groups}"
        )
    return F.group_norm(input, weight, bias, groups=num_groups, eps=eps)


def _instance_norm_body(
    input: Payload, weight: Any, bias: Any, mean: Any, var: Any, eps: float
) -> Any:
    if mean is None:
        return F.instance_norm(input, weight, bias, eps=eps)
    return F.batch_norm_with(input, mean, var, weight, bias, eps=eps)


_instance_norm = public(_instance_norm_body, "instance_norm", "ViewBackward0")


@plain
def instance_norm(
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    if not use_input_stats:
        return _instance_norm(input, weight, bias, running_mean, running_var, eps)
    space = prod(input.shape[2:])
    if space == 1:
        raise ValueError(
            "Expected more than 1 spatial element when training, got input "
            f"size {input.size()}"
        )
    out, mean, var = _instance_norm(input, weight, bias, None, None, eps)
    if running_mean is not None:
        _update_running(
            running_mean,
            running_var,
            mean.detach().mean(0),
            var.detach().mean(0),
            space,
            momentum,
        )
    return out


@row(label="DivBackward0")
def local_response_norm(
    input: Payload, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Payload:
    if input.ndim < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality                          "
            f"input (got {input.ndim} dimensions)"
        )
    if size <= 0:
        names = ("kH", "kW") if input.ndim == 3 else ("kT", "kH", "kW")
        sizes = " ".join(f"{n}: {size if i == 0 else 1}" for i, n in enumerate(names))
        raise RuntimeError(f"kernel size should be greater than zero, but got {sizes}")
    return F.local_response_norm(input, size=size, alpha=alpha, beta=beta, k=k)


# --- embedding ------------------------------------------------------------------------


def _check_indices(idx: Payload, count: int, name: str) -> None:
    if idx.dtype.kind not in "iu":
        from isograd.torch.dtypes import of_numpy

        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following "
            f"scalar types: Long, Int; but got torch.{of_numpy(idx.dtype).legacy} instead "
            f"(while checking arguments for {name})"
        )
    if asked(beyond, idx, count):
        raise IndexError("index out of range in self")


def _embedding_body(
    input: Payload,
    weight: Payload,
    padding_idx: Any = None,
    max_norm: Any = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Payload:
    _check_indices(input, weight.shape[0], "embedding")
    if padding_idx is not None:
        n = weight.shape[0]
        if not -n <= padding_idx < n:
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding_idx %= n
    return F.embedding(weight, input, padding=padding_idx)


_embedding = public(_embedding_body, "embedding", "EmbeddingBackward0")


@plain
def embedding(
    input: Any,
    weight: Any,
    padding_idx: Any = None,
    max_norm: Any = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """Rows of a table."""
    if max_norm is not None:
        _renorm_rows(input, weight, max_norm, norm_type)
    if sparse and weight.is_leaf and weight.requires_grad and state().recording:
        return _sparse_rows(input, weight, padding_idx)
    return _embedding(input, weight, padding_idx)


_copied_rows = public(lambda x: F.copy(x), "embedding", "EmbeddingBackward0")


def _sparse_rows(input: Any, weight: Any, padding_idx: Any) -> Any:
    from isograd.torch.sparse_makers import gather_rows

    _check_indices(input._p, weight.shape[0], "embedding")
    padding = None if padding_idx is None else padding_idx % weight.shape[0]
    return _copied_rows(gather_rows(weight, input._p, padding))


def _renorm_rows(idx: Any, weight: Any, max_norm: float, norm_type: float) -> None:
    from isograd.core.primitive import RAW
    from isograd.torch.tensor import note_write

    rows = np.unique(idx._p)
    weight._p[rows] = RAW.renorm(
        weight._p[rows], ord=float(norm_type), axis=0, bound=float(max_norm)
    )
    note_write(weight._p)


def _bags(idx: np.ndarray, offsets: Any) -> list[np.ndarray]:
    starts = [*(int(o) for o in offsets), idx.shape[0]]
    return [np.arange(a, b) for a, b in itertools.pairwise(starts)]


@plain
def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: Any = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: Any = None,
) -> Any:
    """Sums, means or maxima of rows of a table over bags of indices."""
    from isograd import torch

    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only "
            f"supported for mode='sum' (got mode='{mode}'). Please open a feature "
            "request on GitHub."
        )
    if input.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is "
                "treated is a mini-batch of fixed length sequences. However, "
                f"found offsets of type {type(offsets)}"
            )
        bags = [
            np.arange(i * input.shape[1], (i + 1) * input.shape[1])
            for i in range(input.shape[0])
        ]
    else:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        ends = offsets.tolist()
        bags = _bags(input._p, ends[:-1] if include_last_offset else ends)
    flat = input.reshape(-1)
    rows = embedding(flat, weight, None, max_norm, norm_type, sparse=sparse)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)
    kept = [b if padding_idx is None else b[flat._p[b] != padding_idx] for b in bags]
    zero = rows.new_zeros(rows.shape[1])
    outs = []
    for b in kept:
        part = rows[b.tolist()] if len(b) else None
        outs.append(
            zero
            if part is None
            else part.amax(0)
            if mode == "max"
            else getattr(part, mode)(0)
        )
    return torch.stack(outs)


# --- resampling -----------------------------------------------------------------------

_MODES = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
    "area": (1, 2, 3),
}
_MODE_LABELS = {
    "nearest": "UpsampleNearest{}D",
    "nearest-exact": "UpsampleNearestExact{}D",
    "linear": "UpsampleLinear{}D",
    "bilinear": "UpsampleBilinear{}D",
    "bicubic": "UpsampleBicubic{}D",
    "trilinear": "UpsampleTrilinear{}D",
    "area": "AdaptiveAvgPool{}D",
}


@row
def interpolate(
    input: Payload,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
    antialias: bool = False,
) -> Any:
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the "
                "interpolating modes: linear | bilinear | bicubic | "
                "trilinear"
            )
    rank = input.ndim - 2
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if rank not in _MODES.get(mode, ()):
        need = {"linear": "3D", "bilinear": "4D", "trilinear": "5D"}.get(mode)
        if need and rank in (1, 2, 3):
            raise NotImplementedError(
                f"Got {input.ndim}D input, but {mode} mode needs {need} input"
            )
        raise NotImplementedError(
            "Input Error: Only 3D, 4D and 5D input Tensors supported (got "
            f"{input.ndim}D) for the modes: nearest | linear | bilinear | bicubic | "
            f"trilinear | area | nearest-exact (got {mode})"
        )
    count, scales = _resampled(
        input.shape[2:], size, scale_factor, recompute_scale_factor
    )
    kind = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}.get(
        mode, mode
    )
    out = F.interpolate(
        input,
        count=count,
        mode=kind,
        corners=bool(align_corners),
        scales=scales,
        antialias=antialias,
    )
    return Named(out, _MODE_LABELS[mode].format(rank) + "Backward0")


def _resampled(space: Any, size: Any, scale_factor: Any, recompute: Any) -> Any:
    """(new sizes, steps between elements or None)."""
    rank = len(space)
    if size is not None:
        return ints(size, rank), None
    factors = [
        float(s)
        for s in (
            scale_factor
            if isinstance(scale_factor, tuple | list)
            else (scale_factor,) * rank
        )
    ]
    count = tuple(floor(n * s) for n, s in zip(space, factors, strict=True))
    return count, None if recompute else tuple(1.0 / s for s in factors)


@plain
def upsample(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: Any = None,
) -> Any:
    return T["interpolate"](input, size, scale_factor, mode, align_corners)


@plain
def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    return T["interpolate"](input, size, scale_factor, "nearest")


@plain
def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    return T["interpolate"](input, size, scale_factor, "bilinear", True)


@row
def grid_sample(
    input: Payload,
    grid: Payload,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: Any = None,
) -> Any:
    modes = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}
    if mode not in modes:
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', "
            f"'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be "
            f"'zeros', 'border', or 'reflection', but got: '{padding_mode}'"
        )
    out = F.grid_sample(
        input, grid, mode=modes[mode], padding=padding_mode, corners=bool(align_corners)
    )
    return Named(out, f"GridSampler{input.ndim - 2}DBackward0")


@row(label="AffineGridGeneratorBackward0")
def affine_grid(theta: Payload, size: Any, align_corners: Any = None) -> Payload:
    return F.affine_grid(theta, space=tuple(size)[2:], corners=bool(align_corners))
