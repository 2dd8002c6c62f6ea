"""Layers that have weights, and those that only shape their input."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from isograd.core.abstract import Abstract
from isograd.core.tensor import wrap
from isograd.torch import dtypes
from isograd.torch.nn import functional as F
from isograd.torch.nn import init
from isograd.torch.nn.modules.module import Module
from isograd.torch.nn.parameter import Parameter
from isograd.torch.nn.table import ints
from isograd.torch.tensor import Tensor


def blank(*shape: int, dtype: Any = None) -> Tensor:
    """An unfilled tensor of the default (or a given) dtype."""
    d = dtypes.default() if dtype is None else dtype
    p = Abstract(shape, d.np) if dtypes.is_meta(None) else np.zeros(shape, d.np)
    return wrap(Tensor, p)


def weight(*shape: int, dtype: Any = None) -> Any:
    try:
        return Parameter(blank(*shape, dtype=dtype))
    except (TypeError, ValueError):
        _check_shape(shape)
        raise


def _check_shape(shape: tuple[Any, ...]) -> None:
    for i, n in enumerate(shape):
        if not hasattr(n, "__index__"):
            kind = type(n).__name__
            raise TypeError(
                f"empty(): argument 'size' failed to unpack the object at pos {i + 1} "
                f'with error "type must be tuple of ints,but got {kind}"'
                if i
                else "empty(): argument 'size' (position 1) must be tuple of ints, but "
                f"found element of type {kind} at pos 0"
            )
    for n in shape:
        if n < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {n}: {list(shape)}"
            )


class Identity(Module):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        return input


class Linear(Module):
    """x times the transposed weight, plus the bias."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = weight(out_features, in_features, dtype=dtype)
        if bias:
            self.bias = weight(out_features, dtype=dtype)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan = self.in_features
            bound = 1 / math.sqrt(fan) if fan > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        params = self.__dict__["_parameters"]
        if "weight" in params and "bias" in params:
            return F.linear(input, params["weight"], params["bias"])
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class Bilinear(Module):
    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if in1_features <= 0:
            raise ValueError(
                f"in1_features must be > 0, but got (in1_features={in1_features})"
            )
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        self.weight = weight(out_features, in1_features, in2_features, dtype=dtype)
        if bias:
            self.bias = weight(out_features, dtype=dtype)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        bound = 1 / math.sqrt(self.weight.size(1))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Any, input2: Any) -> Any:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class Flatten(Module):
    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    def __init__(self, dim: int, unflattened_size: Any) -> None:
        super().__init__()
        if not isinstance(unflattened_size, tuple | list):
            raise TypeError(
                "unflattened_size must be a tuple of ints, but found type "
                f"{type(unflattened_size).__name__}"
            )
        for i, n in enumerate(unflattened_size):
            if not isinstance(n, int):
                raise TypeError(
                    "unflattened_size must be tuple of ints, but found element of type "
                    f"{type(n).__name__} at pos {i}"
                )
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Any) -> Any:
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"


# --- convolutions ---------------------------------------------------------------------


class _ConvNd(Module):
    rank: int
    transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
        output_padding: Any = 0,
    ) -> None:
        super().__init__()
        _check_conv(
            in_channels, out_channels, groups, padding, stride, padding_mode, self.rank
        )
        r = self.rank
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride = ints(kernel_size, r), ints(stride, r)
        self.padding = padding if isinstance(padding, str) else ints(padding, r)
        self.dilation, self.output_padding = ints(dilation, r), ints(output_padding, r)
        self.groups, self.padding_mode = groups, padding_mode
        pair = (
            (in_channels, out_channels // groups)
            if self.transposed
            else (out_channels, in_channels // groups)
        )
        self.weight = weight(*pair, *self.kernel_size, dtype=dtype)
        if bias:
            self.bias = weight(out_channels, dtype=dtype)
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan:
                bound = 1 / math.sqrt(fan)
                init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Any) -> Any:
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Any, weight: Any, bias: Any) -> Any:
        conv = getattr(F, f"conv{self.rank}d")
        if self.padding_mode == "zeros":
            return conv(
                input,
                weight,
                bias,
                self.stride,
                self.padding,
                self.dilation,
                self.groups,
            )
        pads = [p for n in reversed(self._pad_widths()) for p in n]
        padded = F.pad(input, pads, mode=self.padding_mode)
        return conv(padded, weight, bias, self.stride, 0, self.dilation, self.groups)

    def _pad_widths(self) -> list[tuple[int, int]]:
        if self.padding == "valid":
            return [(0, 0)] * self.rank
        if self.padding == "same":
            total = [
                int(d) * (int(k) - 1)
                for d, k in zip(self.dilation, self.kernel_size, strict=True)
            ]
            return [(t // 2, t - t // 2) for t in total]
        return [(int(p), int(p)) for p in self.padding]

    def extra_repr(self) -> str:
        text = (
            f"{self.in_channels}, {self.out_channels}, "
            f"kernel_size={self.kernel_size}, stride={self.stride}"
        )
        zero, one = (0,) * self.rank, (1,) * self.rank
        if self.padding != zero:
            text += f", padding={self.padding}"
        if self.dilation != one:
            text += f", dilation={self.dilation}"
        if self.output_padding != zero:
            text += f", output_padding={self.output_padding}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


def _check_conv(
    ins: int, outs: int, groups: int, padding: Any, stride: Any, mode: str, rank: int
) -> None:
    if groups <= 0:
        raise ValueError("groups must be a positive integer")
    if ins % groups:
        raise ValueError("in_channels must be divisible by groups")
    if outs % groups:
        raise ValueError("out_channels must be divisible by groups")
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise ValueError(
                f"Invalid padding string {padding!r}, should be one of "
                "{'same', 'valid'}"
            )
        if padding == "same" and any(s != 1 for s in ints(stride, rank)):
            raise ValueError("padding='same' is not supported for strided convolutions")
    if mode not in ("zeros", "reflect", "replicate", "circular"):
        raise ValueError(
            "padding_mode must be one of {'zeros', 'reflect', 'replicate', "
            f"'circular'}}, but got padding_mode='{mode}'"
        )


class _ConvTransposeNd(_ConvNd):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise ValueError(
                f'Only "zeros" padding mode is supported for {type(self).__name__}'
            )
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
            output_padding,
        )

    def _wanted(self, input: Any, size: Any) -> Any:
        rank, alone = self.rank, input.dim() == self.rank + 1
        full = rank + 1 if alone else rank + 2
        if len(size) not in (rank, full):
            raise ValueError(
                f"ConvTranspose{rank}D: for {input.dim()}D input, output_size must have "
                f"{rank} or {full} elements (got {len(size)})"
            )
        return size if len(size) == rank else size[full - rank :]

    def forward(self, input: Any, output_size: Any = None) -> Any:
        extra = self.output_padding
        if output_size is not None:
            wanted = self._wanted(input, output_size)
            least = [
                (n - 1) * s - 2 * p + d * (k - 1) + 1
                for n, s, p, d, k in zip(
                    input.shape[-self.rank :],
                    self.stride,
                    self.padding,
                    self.dilation,
                    self.kernel_size,
                    strict=True,
                )
            ]
            extra = tuple(w - m for w, m in zip(wanted, least, strict=True))
            if any(not 0 <= e < s for e, s in zip(extra, self.stride, strict=True)):
                most = [m + s - 1 for m, s in zip(least, self.stride, strict=True)]
                raise ValueError(
                    f"requested an output size of {wanted}, but valid sizes range from "
                    f"{least} to {most} (for an input of {input.shape[-self.rank :]})"
                )
        return getattr(F, f"conv_transpose{self.rank}d")(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            extra,
            self.groups,
            self.dilation,
        )


def _ranked(base: type, pattern: str) -> dict[str, type]:
    """Classes for one, two and three axes of space."""
    return {
        pattern.format(r): type(
            pattern.format(r), (base,), {"rank": r, "__module__": __name__}
        )
        for r in (1, 2, 3)
    }


# --- pooling --------------------------------------------------------------------------


class _MaxPool(Module):
    rank: int

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Any) -> Any:
        return getattr(F, f"max_pool{self.rank}d")(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.dilation,
            ceil_mode=self.ceil_mode,
            return_indices=self.return_indices,
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class _AvgPool(Module):
    rank: int

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = None,
    ) -> None:
        super().__init__()
        r = self.rank
        self.kernel_size = ints(kernel_size, 1) if r == 1 else kernel_size
        step = stride if stride is not None else kernel_size
        self.stride = ints(step, 1) if r == 1 else step
        self.padding = ints(padding, 1) if r == 1 else padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Any) -> Any:
        return getattr(F, f"avg_pool{self.rank}d")(
            input,
            self.kernel_size,
            self.stride,
            self.padding,
            self.ceil_mode,
            self.count_include_pad,
            *((self.divisor_override,) if self.rank > 1 else ()),
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}"
        )


class _LPPool(Module):
    rank: int

    def __init__(
        self,
        norm_type: float,
        kernel_size: Any,
        stride: Any = None,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input: Any) -> Any:
        return getattr(F, f"lp_pool{self.rank}d")(
            input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode
        )

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}, ceil_mode={self.ceil_mode}"
        )


class _AdaptiveAvgPool(Module):
    rank: int

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Any) -> Any:
        return getattr(F, f"adaptive_avg_pool{self.rank}d")(input, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveMaxPool(_AdaptiveAvgPool):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Any) -> Any:
        return getattr(F, f"adaptive_max_pool{self.rank}d")(
            input, self.output_size, self.return_indices
        )


class _MaxUnpool(Module):
    rank: int

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        r = self.rank
        self.kernel_size = ints(kernel_size, r)
        self.stride = ints(stride if stride is not None else kernel_size, r)
        self.padding = ints(padding, r)

    def forward(self, input: Any, indices: Any, output_size: Any = None) -> Any:
        return getattr(F, f"max_unpool{self.rank}d")(
            input, indices, self.kernel_size, self.stride, self.padding, output_size
        )

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, "
            f"padding={self.padding}"
        )


# --- padding --------------------------------------------------------------------------


class _Pad(Module):
    rank: int
    mode: str

    def __init__(self, padding: Any, value: Any = None) -> None:
        super().__init__()
        whole = isinstance(padding, int)
        self.padding = (padding,) * (2 * self.rank) if whole else tuple(padding)
        self.value = value

    def forward(self, input: Any) -> Any:
        if self.mode == "circular":
            least = self.rank + 1
            if input.dim() not in (least, least + 1):
                raise ValueError(
                    f"expected {least}D or {least + 1}D input (got {input.dim()}D input)"
                )
        return F.pad(input, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        if (self.value is not None and self.value != 0.0) or type(
            self
        ).__name__.startswith("Constant"):
            return f"padding={self.padding}, value={self.value}"
        return f"{self.padding}"


class _ZeroPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)


def _pads() -> dict[str, type]:
    out: dict[str, type] = _ranked(_ZeroPad, "ZeroPad{}d")
    for pattern, mode in (
        ("ConstantPad{}d", "constant"),
        ("CircularPad{}d", "circular"),
        ("ReflectionPad{}d", "reflect"),
        ("ReplicationPad{}d", "replicate"),
    ):
        base = type("_" + mode, (_Pad,), {"mode": mode})
        out |= _ranked(base, pattern)
    return out
