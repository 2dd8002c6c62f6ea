"""Functions of the namespace `torch` alone: kernels under their own names, cells,
control flow, symbolic integers' helpers.  Loaded when one of them is asked for."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import isograd.nn.normalisation  # noqa: F401 (registers)
from isograd import torch
from isograd.core.primitive import BOUND, Payload
from isograd.torch.call import Named, public
from isograd.torch.nn import functional as nn
from isograd.torch.nn.modules import recurrent

F = BOUND

# --- kernels --------------------------------------------------------------------------


def _statistics(x: Any, dims: list[int], eps: float, keep: bool) -> tuple[Any, Any]:
    mean = x.mean(dim=dims, keepdim=keep)
    var = x.var(dim=dims, correction=0, keepdim=keep)
    return mean, torch.rsqrt(var + eps)


def native_layer_norm(
    input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: float
) -> tuple[Any, Any, Any]:
    """(layer norm, mean, one over the standard deviation)."""
    shape = tuple(normalized_shape)
    out = nn.layer_norm(input, shape, weight, bias, eps)
    dims = list(range(input.dim() - len(shape), input.dim()))
    return out, *_statistics(input, dims, eps, True)


def native_group_norm(
    input: Any, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float
) -> tuple[Any, Any, Any]:
    out = nn.group_norm(input, group, weight, bias, eps)
    return out, *_statistics(input.reshape(N, group, -1), [2], eps, False)


def native_batch_norm(
    input: Any,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    training: bool,
    momentum: float,
    eps: float,
) -> tuple[Any, Any, Any]:
    out = nn.batch_norm(
        input, running_mean, running_var, weight, bias, training, momentum, eps
    )
    if not training:
        return out, input.new_empty(0), input.new_empty(0)
    dims = [0, *range(2, input.dim())]
    return out, *_statistics(input, dims, eps, False)


def native_dropout(input: Any, p: float, train: Any) -> tuple[Any, Any]:
    if not train or p == 0:
        return input.clone(), torch.ones_like(input, dtype=torch.bool)
    mask = torch.rand_like(input) >= p
    return input * mask * (1 / (1 - p)), mask


native_channel_shuffle = nn.channel_shuffle


def convolution(
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    transposed: bool,
    output_padding: Any,
    groups: int,
) -> Any:
    rank = weight.dim() - 2
    if transposed:
        fn: Any = getattr(nn, f"conv_transpose{rank}d")
        return fn(
            input, weight, bias, stride, padding, output_padding, groups, dilation
        )
    fn = getattr(nn, f"conv{rank}d")
    return fn(input, weight, bias, stride, padding, dilation, groups)


def conv_tbc(input: Any, weight: Any, bias: Any, pad: int = 0) -> Any:
    """A convolution over time of (time, batch, channels)."""
    out = nn.conv1d(input.permute(1, 2, 0), weight.permute(2, 1, 0), bias, padding=pad)
    return out.permute(2, 0, 1)


_MODES = ("bilinear", "nearest", "bicubic")
_PADDING = ("zeros", "border", "reflection")


def grid_sampler(
    input: Any,
    grid: Any,
    interpolation_mode: int,
    padding_mode: int,
    align_corners: bool,
) -> Any:
    return nn.grid_sample(
        input,
        grid,
        _MODES[interpolation_mode],
        _PADDING[padding_mode],
        align_corners,
    )


grid_sampler_2d = grid_sampler_3d = grid_sampler


def affine_grid_generator(theta: Any, size: Any, align_corners: bool) -> Any:
    return nn.affine_grid(theta, size, align_corners)


def _axis_of(dim: int, rank: int) -> int | None:
    return None if dim == -1 else dim % rank


def _norm_body(v: Payload, pow: float, dim: int) -> Payload:
    axis = _axis_of(dim, v.ndim)
    label = "NormBackward0" if axis is None else "ViewBackward0"
    return Named(F.norm_except(v, ord=pow, axis=axis), label)


_norm_except = public(_norm_body, "norm_except_dim", None)


def norm_except_dim(v: Any, pow: int = 2, dim: int = 0) -> Any:
    """The norms of slices along `dim`; of all elements for -1."""
    return _norm_except(v, pow, dim)


def _weight_body(v: Payload, g: Payload, dim: int) -> Payload:
    axis = _axis_of(dim, v.ndim)
    fused = axis in (0, v.ndim - 1)
    label = "WeightNormInterfaceBackward0" if fused else "MulBackward0"
    return Named(F.weight_norm(v, g, axis=axis), label)


_weight_normed = public(_weight_body, "_weight_norm", None)


def _weight_norm(v: Any, g: Any, dim: int = 0) -> Any:
    """g v / |v|, with the norms of slices along `dim`."""
    return _weight_normed(v, g, dim)


def max_pool1d_with_indices(
    input: Any, kernel_size: Any, stride: Any = None, *args: Any, **kwargs: Any
) -> Any:
    return nn.max_pool1d_with_indices(input, kernel_size, stride, *args, **kwargs)


def _dropping(name: str, own: str, inplace: bool) -> Callable[..., Any]:
    def fn(input: Any, p: float, train: bool) -> Any:
        out = getattr(nn, own)(input, p, train)
        return input.copy_(out) if inplace else out

    fn.__name__ = fn.__qualname__ = name
    return fn


for _own, _fn in {
    "dropout": "dropout",
    "alpha_dropout": "alpha_dropout",
    "feature_alpha_dropout": "feature_alpha_dropout",
    "feature_dropout": "dropout1d",
}.items():
    globals()[f"{_own}_"] = _dropping(f"{_own}_", _fn, True)
feature_dropout = _dropping("feature_dropout", "dropout1d", False)

# --- recurrent cells and layers -------------------------------------------------------


def _cell_of(name: str, kind: str) -> Callable[..., Any]:
    def fn(
        input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
    ) -> Any:
        state = tuple(hx) if kind == "lstm" else (hx,)
        found = recurrent._cell(kind, input, state, (w_ih, w_hh, b_ih, b_hh))
        return tuple(found) if kind == "lstm" else found[0]

    fn.__name__ = fn.__qualname__ = name
    return fn


def _layers_of(name: str, kind: str) -> Callable[..., Any]:
    def fn(
        input: Any,
        hx: Any,
        params: Any,
        has_biases: bool,
        num_layers: int,
        dropout: float,
        train: bool,
        bidirectional: bool,
        batch_first: bool,
    ) -> Any:
        per = 4 if has_biases else 2
        weights: list[Any] = []
        for i in range(0, len(params), per):
            biases = () if has_biases else (None, None)
            weights += (*params[i : i + per], *biases, None)
        states = tuple(hx) if kind == "lstm" else (hx,)
        return recurrent._layers(
            kind,
            input,
            states,
            tuple(weights),
            2 if bidirectional else 1,
            dropout if train else 0.0,
            batch_first,
            None,
        )

    fn.__name__ = fn.__qualname__ = name
    return fn


_KINDS = {"rnn_tanh": "tanh", "rnn_relu": "relu", "lstm": "lstm", "gru": "gru"}
for _name, _kind in _KINDS.items():
    globals()[f"{_name}_cell"] = _cell_of(f"{_name}_cell", _kind)
    globals()[_name] = _layers_of(_name, _kind)

# --- control flow ---------------------------------------------------------------------


def cond(pred: Any, true_fn: Any, false_fn: Any, operands: Any = ()) -> Any:
    """One of two functions of the operands.

    Raises:
        RuntimeError: for what is no truth value, no function, no tuple.
    """
    if not isinstance(pred, bool | torch.Tensor):
        raise RuntimeError(f"Expected pred to be bool or tensor, but got {pred}.")
    if isinstance(pred, torch.Tensor) and pred.numel() != 1:
        raise RuntimeError(
            f"Expected pred to be bool or single-element tensor, but got {pred}."
        )
    if not callable(true_fn) or not callable(false_fn):
        raise RuntimeError("Expect both branches to be callable.")
    if not isinstance(operands, tuple | list):
        raise RuntimeError(
            "Expect operands to be a tuple of possibly nested dict/list/tuple that only"
            f" consists of tensor leaves, but got {operands}."
        )
    return (true_fn if bool(pred) else false_fn)(*operands)


def while_loop(cond_fn: Any, body_fn: Any, carried_inputs: Any) -> Any:
    """body_fn of what it gave before, as long as cond_fn holds."""
    values = tuple(carried_inputs)
    while bool(cond_fn(*values)):
        found = body_fn(*values)
        values = tuple(found) if isinstance(found, tuple | list) else (found,)
    return values


# --- numbers that PyTorch may trace ---------------------------------------------------


def sym_int(a: Any) -> int:
    return int(a)


def sym_float(a: Any) -> float:
    return float(a)


def sym_not(a: Any) -> Any:
    return not a


def sym_ite(b: Any, t: Any, f: Any) -> Any:
    return t if b else f


def sym_sum(args: Any) -> Any:
    return sum(args)


def sym_sqrt(a: Any) -> float:
    return math.sqrt(a)


def _of_two(fn: Any) -> Callable[..., Any]:
    def pick(a: Any, b: Any) -> Any:
        found = fn(a, b)
        return float(found) if float in (type(a), type(b)) else found

    return pick


sym_max, sym_min = _of_two(max), _of_two(min)


def is_vulkan_available() -> bool:
    return False


def get_device_module(device: Any = None) -> Any:
    """The module of a device.

    Raises:
        RuntimeError: there is none.
    """
    name = str(getattr(device, "type", device or "cpu")).partition(":")[0]
    found = {"cpu": "cpu", "cuda": "cuda"}.get(name)
    if found is None:
        raise RuntimeError(
            f"Invalid device string: '{name}'"
            if name not in ("mps", "xpu", "mtia", "meta")
            else f"torch has no module of '{name}'."
        )
    return getattr(torch, found)


has_mkl = has_openmp = has_lapack = True
has_spectral = True
