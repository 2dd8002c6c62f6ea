"""`torch.nn.init`: weights filled in place; the distributions are `isograd.nn.fills`."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from isograd.base.streams import MersenneStream
from isograd.core.storage import note_write
from isograd.nn import fills
from isograd.torch.autograd.grad_mode import no_grad
from isograd.torch.call import warn


def _stream(generator: Any) -> MersenneStream:
    if generator is not None:
        return generator.stream
    from isograd.torch.random import default_generator

    return default_generator.stream


def _write(tensor: Any, values: Any) -> Any:
    tensor._p[...] = values
    note_write(tensor._p)
    return tensor


def _calculate_fan_in_and_fan_out(tensor: Any) -> tuple[int, int]:
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer "
            "than 2 dimensions"
        )
    return fills.fans(tuple(tensor.shape))


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """The recommended gain of a nonlinearity."""
    if (
        nonlinearity == "leaky_relu"
        and param is not None
        and (isinstance(param, bool) or not isinstance(param, int | float))
    ):
        raise ValueError(f"negative_slope {param} not a valid number")
    if nonlinearity in _LINEAR:
        return 1
    return fills.gain_of(nonlinearity, param)


_LINEAR = (
    *("linear", "sigmoid", "conv1d", "conv2d", "conv3d"),
    *("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
)


def uniform_(tensor: Any, a: float = 0.0, b: float = 1.0, generator: Any = None) -> Any:
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Any = None
) -> Any:
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def trunc_normal_(
    tensor: Any,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Any = None,
) -> Any:
    from isograd.torch.random import Slots, in_memory

    if mean < a - 2 * std or mean > b + 2 * std:
        warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The "
            "distribution of values may be incorrect."
        )
    stream = _stream(generator)

    def draw(slots: Slots) -> np.ndarray:
        return fills.truncated_normal_by_rounds(
            lambda: stream.normals(slots.shape, slots.dtype, in_order=slots.in_order),
            lambda low, high: stream.uniforms(slots.shape, slots.dtype, low, high),
            (a - mean) / std,
            (b - mean) / std,
        )

    return _write(tensor, in_memory(tensor._p, draw) * std + mean)


def constant_(tensor: Any, val: float) -> Any:
    return _write(tensor, val)


def ones_(tensor: Any) -> Any:
    return _write(tensor, 1.0)


def zeros_(tensor: Any) -> Any:
    return _write(tensor, 0.0)


def eye_(tensor: Any) -> Any:
    if tensor.ndimension() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return _write(tensor, np.eye(*tensor.shape))


def dirac_(tensor: Any, groups: int = 1) -> Any:
    if tensor.ndimension() not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.size(0) % groups:
        raise ValueError("dim 0 must be divisible by groups")
    return _write(tensor, fills.dirac(tuple(tensor.shape), groups))


def xavier_uniform_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    _calculate_fan_in_and_fan_out(tensor)
    bound = fills.xavier_bound(tuple(tensor.shape), gain)
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Any, gain: float = 1.0, generator: Any = None) -> Any:
    _calculate_fan_in_and_fan_out(tensor)
    return normal_(
        tensor, 0.0, fills.xavier_deviation(tuple(tensor.shape), gain), generator
    )


def _he(tensor: Any, a: float, mode: str, nonlinearity: str) -> float:
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(
            f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']"
        )
    _calculate_fan_in_and_fan_out(tensor)
    return fills.he_deviation(
        tuple(tensor.shape), calculate_gain(nonlinearity, a), mode
    )


def kaiming_uniform_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Any:
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    bound = math.sqrt(3.0) * _he(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Any,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Any = None,
) -> Any:
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    return normal_(tensor, 0.0, _he(tensor, a, mode, nonlinearity), generator)


def orthogonal_(tensor: Any, gain: float = 1, generator: Any = None) -> Any:
    if tensor.ndimension() < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if tensor.numel() == 0:
        return tensor
    flat = tensor.new_empty((tensor.size(0), tensor.numel() // tensor.size(0)))
    normal_(flat, 0.0, 1.0, generator)
    return _write(tensor, fills.orthogonalised(flat.numpy(), tuple(tensor.shape), gain))


def sparse_(
    tensor: Any, sparsity: float, std: float = 0.01, generator: Any = None
) -> Any:
    if tensor.ndimension() != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    normal_(tensor, 0.0, std, generator)
    return _write(tensor, fills.thinned(_stream(generator), tensor._p, sparsity))


def _former(name: str) -> Any:
    def function(*args: Any, **kwargs: Any) -> Any:
        warnings.warn(
            f"`nn.init.{name}` is now deprecated in favor of `nn.init.{name}_`.",
            FutureWarning,
            stacklevel=2,
        )
        return globals()[f"{name}_"](*args, **kwargs)

    return function


for _name in (
    "uniform",
    "normal",
    "constant",
    "eye",
    "dirac",
    "xavier_uniform",
    "xavier_normal",
    "kaiming_uniform",
    "kaiming_normal",
    "orthogonal",
    "sparse",
):
    globals()[_name] = _former(_name)
