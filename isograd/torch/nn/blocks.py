"""Normalisation and resampling of `torch.nn.functional`."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

import isograd.nn.normalisation
import isograd.nn.recurrent  # noqa: F401  (registers composites)
from isograd.base.dtypes import limits_of
from isograd.core.primitive import Payload
from isograd.nn.normalisation import running
from isograd.torch.call import public, warn
from isograd.torch.dtypes import Size
from isograd.torch.nn.table import (
    F,
    Named,
    c_name,
    dtype_name,
    plain,
    row,
    same_dtype,
)

# --- normalisation --------------------------------------------------------------------


def _batch_norm_body(
    input: Payload, weight: Any, bias: Any, mean: Any, var: Any, eps: float
) -> Any:
    x = _wide(input, weight, mean)
    if mean is None:
        found = F.batch_norm(x, weight, bias, eps=eps)
        return (F.convert(found[0], dtype=input.dtype), *found[1:])
    out = F.batch_norm_with(x, mean, var, weight, bias, eps=eps)
    return F.convert(out, dtype=input.dtype)


def _wide(x: Payload, *others: Any) -> Payload:
    """Half floats beside parameters of single precision are computed in it."""
    mixed = any(t is not None and t.dtype != x.dtype for t in others)
    return F.widened(x) if mixed else x


_batch_norm = public(_batch_norm_body, "batch_norm", "NativeBatchNormBackward0")


def _verify_batch(size: Any) -> None:
    count = size[0] * prod(size[2:])
    if count == 1:
        _refuse_single(Size(size))


def _refuse_single(size: Any) -> None:
    raise ValueError(
        f"Expected more than 1 value per channel when training, got input size {size}"
    )


def check_dtypes(kernel: str, x: Any, *others: Any) -> None:
    """Parameters share the input's dtype; those of half floats may be float32.

    Raises:
        NotImplementedError: for input that is no float.
        RuntimeError: for parameters of another dtype.
    """
    given = [getattr(t, "_p", t).dtype for t in others if t is not None]
    kinds = "iub" if kernel == "rms_norm" else "iubc"
    wide = kernel != "batch_norm" and any(d == np.float32 for d in given)
    if wide and x.dtype.kind in kinds:
        raise RuntimeError("mixed dtype (CPU): all inputs must share same datatype.")
    if x.dtype.kind in kinds:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtype_name(x)}'")
    for d in given:
        if d == x.dtype:
            continue
        if d != np.float32:
            raise RuntimeError(
                "mixed dtype (CPU): expect parameter to have scalar type of Float"
            )
        if x.dtype.itemsize != 2:
            raise RuntimeError(
                "mixed dtype (CPU): all inputs must share same datatype."
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
    else:
        for name in ("running_mean", "running_var"):
            if named[name] is None:
                raise RuntimeError(f"{name} must be defined in evaluation mode")
    for name, t in named.items():
        if t is not None and t.numel() != channels:
            raise RuntimeError(
                f"{name} should contain {channels} elements not {t.numel()}"
            )
    check_dtypes("batch_norm", input._p, *named.values())
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
    shape = _shape("layer_norm", normalized_shape)
    _check_normalized(input, shape)
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t.shape != shape:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got "
                f"{name} of shape {list(t.shape)} and normalized_shape = {list(shape)}"
            )
    check_dtypes("LayerNormKernelImpl", input, weight, bias)
    x = _wide(input, weight, bias)
    out = F.layer_norm(x, weight, bias, count=len(shape), eps=eps)
    return F.convert(out, dtype=input.dtype)


def _shape(name: str, given: Any) -> tuple[int, ...]:
    if isinstance(given, int):
        raise TypeError(
            f"{name}(): argument 'normalized_shape' (position 2) must be tuple of ints, "
            "not int"
        )
    return tuple(given)


def _check_normalized(
    input: Payload, shape: tuple[int, ...], rest: str = "*, "
) -> None:
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., "
            "containing at least one element, but got normalized_shape = "
            "[]"
        )
    if input.shape[-len(shape) :] != shape:
        listed = ", ".join(map(str, shape))
        raise RuntimeError(
            f"Given normalized_shape=[{listed}], expected input with shape "
            f"[{rest}{listed}], but got input of size{list(input.shape)}"
        )


@row
def rms_norm(
    input: Payload, normalized_shape: Any, weight: Any = None, eps: Any = None
) -> Any:
    shape = _shape("rms_norm", normalized_shape)
    if input.ndim < len(shape):
        raise ValueError(
            f"Input tensor must have at least {len(shape)} dimensions, but got "
            f"{input.ndim}"
        )
    _check_normalized(input, shape, "*")
    if weight is not None and weight.shape != shape:
        raise RuntimeError(
            "Expected weight to be of same shape as normalized_shape, but got weight of "
            f"shape {list(weight.shape)} and normalized_shape = {list(shape)}"
        )
    check_dtypes("rms_norm", input)
    small = float(limits_of(input.dtype).eps) if eps is None else eps
    if weight is not None and weight.dtype != input.dtype:
        warn(
            f"Mismatch dtype between input and weight: input dtype = {c_name(input)}, "
            f"weight dtype = {c_name(weight)}, Cannot dispatch to fused implementation."
        )
    half = input.dtype.itemsize == 2
    x, w = same_dtype(input, weight)
    out = F.rms_norm(x, w, count=len(shape), eps=small)
    label = "ToCopyBackward0" if half else "MulBackward0"
    return Named(F.convert(out, dtype=input.dtype), label)


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
    if num_groups < 0:
        raise RuntimeError(
            f"Expected num groups to be greater than 0, got {num_groups}"
        )
    cells = [input.shape[0] * input.shape[1] // num_groups, num_groups]
    cells += input.shape[2:]
    if cells[0] * prod(cells[2:]) == 1:
        _refuse_single(cells)
    if input.shape[1] % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got "
            f"input of shape {list(input.shape)} and num_groups={num_groups}"
        )
    for name, t in (("weight", weight), ("bias", bias)):
        if t is not None and t.shape != (input.shape[1],):
            raise RuntimeError(
                f"Expected {name} to be a vector of size equal to the number of channels "
                f"in input, but got {name} of shape {list(t.shape)} and input of shape "
                f"{list(input.shape)}"
            )
    check_dtypes("GroupNormKernelImpl", input, weight, bias)
    x = _wide(input, weight, bias)
    out = F.group_norm(x, weight, bias, groups=num_groups, eps=eps)
    return F.convert(out, dtype=input.dtype)


def _instance_norm_body(
    input: Payload, weight: Any, bias: Any, mean: Any, var: Any, eps: float
) -> Any:
    x = _wide(input, weight, mean)
    if mean is None:
        found = F.instance_norm(x, weight, bias, eps=eps)
        return (F.convert(found[0], dtype=input.dtype), *found[1:])
    out = F.batch_norm_with(x, mean, var, weight, bias, eps=eps)
    return F.convert(out, dtype=input.dtype)


_instance_norm = public(_instance_norm_body, "instance_norm", "ViewBackward0")


def _check_instances(
    x: Any, mean: Any, var: Any, weight: Any, bias: Any, own: bool
) -> None:
    if (mean is None) != (var is None):
        raise ValueError(
            "running_mean and running_var must either both be None or neither be None"
        )
    if not own and mean is None:
        raise RuntimeError(
            "Expected running_mean and running_var to be defined when use_input_stats is "
            "false"
        )
    named = {"running_mean": mean, "running_var": var, "weight": weight, "bias": bias}
    n, channels = x.shape[0], x.shape[1]
    for name, t in named.items():
        if t is not None and t.numel() != channels:
            raise RuntimeError(
                f"{name} should contain {n * channels} elements not {n * t.numel()}"
            )
    check_dtypes("batch_norm", x._p, mean, var, weight, bias)


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
    space = prod(input.shape[2:])
    if use_input_stats and space == 1:
        raise ValueError(
            "Expected more than 1 spatial element when training, got input "
            f"size {input.size()}"
        )
    _check_instances(input, running_mean, running_var, weight, bias, use_input_stats)
    if not use_input_stats:
        return _instance_norm(input, weight, bias, running_mean, running_var, eps)
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


@row(label="CrossMapLRN2dBackward")
def _cross_map_lrn2d(
    input: Payload, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1
) -> Payload:
    if input.ndim != 4:
        raise ValueError(
            f"CrossMapLRN2d: Expected input to be 4D, got {input.ndim}D instead."
        )
    return F.cross_map_lrn(input, size=size, alpha=alpha, beta=beta, k=float(k))
