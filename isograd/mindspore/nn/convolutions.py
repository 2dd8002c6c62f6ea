"""Convolution layers: pad_mode "same", "valid" and "pad" are translated to numbers."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import errors
from isograd.mindspore.call import promoted, public
from isograd.mindspore.initializer import HeUniform, Uniform, initializer
from isograd.mindspore.nn.basic import check_bool, positive_int
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.ops.layers import check_size
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.tensor import Tensor
from isograd.nn.windows import same_pads, transposed_size

F = BOUND


def sizes_of(value: Any, rank: int, name: str, owner: str, least: int = 1) -> Any:
    """A tuple of `rank` ints from one, or from a sequence.

    Raises:
        TypeError, ValueError: for anything else, or a number less than `least`.
    """
    if isinstance(value, bool) or not isinstance(
        value, int | tuple | list | np.integer
    ):
        raise TypeError(
            f"For '{owner}', the type of '{name}' must be int or tuple, "
            f"but got {type(value).__name__}."
        )
    out = tuple(value) if isinstance(value, tuple | list) else (int(value),) * rank
    if len(out) != rank:
        raise ValueError(
            f"For '{owner}', the length of '{name}' must be {rank}, but got {len(out)}."
        )
    for n in out:
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < least:
            raise ValueError(
                f"For '{owner}', the '{name}' must be int and must >= "
                f"{least}, but got {value}."
            )
    return tuple(int(n) for n in out)


def pads_of(padding: Any, rank: int, owner: str) -> Any:
    """Pairs for the axes of space from a number, one for each axis, or all of them."""
    flat = (padding,) * rank if isinstance(padding, int) else tuple(padding)
    if len(flat) == rank:
        return tuple((n, n) for n in flat)
    if len(flat) != 2 * rank:
        raise ValueError(
            f"For '{owner}', the length of 'padding' must be {rank} or "
            f"{2 * rank}, but got {len(flat)}."
        )
    return tuple((flat[2 * i], flat[2 * i + 1]) for i in range(rank))


def _channels_first(x: Any, rank: int) -> Any:
    return F.transpose(x, axes=(0, rank + 1, *range(1, rank + 1)))


def _channels_last(x: Any, rank: int) -> Any:
    return F.transpose(x, axes=(0, *range(2, rank + 2), 1))


def _convolve(x: Any, w: Any, b: Any, layer: Any) -> Any:
    rank = layer.rank
    if x.ndim != rank + 2:
        raise errors.convolution_rank(rank, x.ndim)
    if rank == 1 and w.ndim == 4:
        w = F.reshape(w, shape=(*w.shape[:2], w.shape[3]))
    if layer.channels_last:
        x = _channels_first(x, rank)
        w = _channels_first(w, rank)
    channels = layer.in_channels
    if x.shape[1] != channels:
        group = layer.group
        raise errors.convolution(rank, channels // group, x.shape[1], group)
    if x.dtype != w.dtype:
        name = f"Conv{max(rank, 2)}D" + ("Transpose" if layer.transposed else "")
        raise errors.mixed_convolution(name, x, w, own=True)
    x, w, *more = promoted(x, w, *([] if b is None else [b]))
    out = layer._convolved(x, w, more[0] if more else None)
    return _channels_last(out, rank) if layer.channels_last else out


convolve = public(_convolve, "conv")


class _Conv(Cell):
    """What convolution layers of any rank share."""

    rank = 2
    transposed = False
    _layout = "NCHW"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        pad_mode: str = "same",
        padding: Any = 0,
        dilation: Any = 1,
        group: int = 1,
        has_bias: bool = False,
        weight_init: Any = None,
        bias_init: Any = None,
        data_format: str | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        name, rank = type(self).__name__, self.rank
        self.in_channels = positive_int(in_channels, "in_channels", name)
        self.out_channels = positive_int(out_channels, "out_channels", name)
        self.group = positive_int(group, "group", name)
        if in_channels % group or out_channels % group:
            raise ValueError(
                f"For '{name}', the 'in_channels' and 'out_channels' must be divisible "
                f"by 'group', but got {in_channels}, {out_channels} and {group}."
            )
        self.kernel_size = sizes_of(kernel_size, rank, "kernel_size", name)
        self.stride = sizes_of(stride, rank, "stride", name)
        self.dilation = sizes_of(dilation, rank, "dilation", name)
        self.pad_mode, self.padding = pad_mode, padding
        self.pads = self._checked_pads()
        self.has_bias = check_bool(has_bias, "has_bias", name)
        self.data_format = self.format = data_format or self._layout
        self.channels_last = self.data_format.endswith("C")
        if weight_init is None:
            weight_init = HeUniform(sqrt(5))
        if has_bias and bias_init is None:
            fan = self.in_channels // group * prod(self.kernel_size)
            bias_init = Uniform(1 / sqrt(fan))
        self.weight_init, self.bias_init = weight_init, bias_init
        if self.rank == 1 and isinstance(weight_init, Tensor):
            weight_init = Tensor(np.expand_dims(weight_init.asnumpy(), 2))
        self.weight = Parameter(
            initializer(weight_init, self._weight_shape(), dtype), name="weight"
        )
        self.bias: Any = None
        if has_bias:
            self.bias = Parameter(
                initializer(bias_init, [out_channels], dtype), name="bias"
            )

    @property
    def _operator(self) -> str:
        """The layer's name in the errors of its operator."""
        name = type(self).__name__
        return f"Conv{self.rank}D" if name in ("Conv2d", "Conv3d") else name

    def _checked_pads(self) -> Any:
        name = type(self).__name__
        if self.pad_mode not in ("same", "valid", "pad"):
            raise ValueError(
                f"For '{self._operator}', the 'pad_mode' must be str and must be in "
                f"'['valid', 'same', 'pad']', but got '{self.pad_mode}'."
            )
        pads = pads_of(self.padding, self.rank, name)
        if self.pad_mode != "pad" and any(n for pair in pads for n in pair):
            raise ValueError(
                f"For '{name}', the 'padding' must be zero when "
                "'pad_mode' is not 'pad', but got 'padding': "
                f"{self.padding} and 'pad_mode': {self.pad_mode}."
            )
        return pads

    def _weight_shape(self) -> list[int]:
        own = self.in_channels // self.group
        if self.channels_last:
            return [self.out_channels, *self.kernel_size, own]
        return [self.out_channels, own, *self._kernel_shape]

    @property
    def _kernel_shape(self) -> tuple[int, ...]:
        """Axes of a kernel; signals have one of height that is 1."""
        return (1, *self.kernel_size) if self.rank == 1 else self.kernel_size

    def _convolved(self, x: Any, w: Any, b: Any) -> Any:
        pads = self.pads
        if self.pad_mode == "same":
            pads = same_pads(x.shape[2:], self.kernel_size, self.stride, self.dilation)
        check_size(self.rank, x.shape[2:], self.kernel_size, pads)
        return F.convolution(
            x,
            w,
            b,
            stride=self.stride,
            padding=pads,
            dilation=self.dilation,
            groups=self.group,
        )

    def construct(self, x: Any) -> Any:
        return convolve(x, self.weight, self.bias, self)

    def extend_repr(self) -> str:
        words = (
            "input_channels=in_channels output_channels=out_channels kernel_size "
            "stride pad_mode padding dilation group has_bias weight_init "
            "bias_init format"
        )
        pairs = [(s.split("=") * 2)[:2] for s in words.split()]
        shown = {k: getattr(self, v) for k, v in pairs}
        if self.rank == 1:  # shown with the axis of height that it is computed with
            for key in ("kernel_size", "stride", "dilation"):
                shown[key] = (1, *shown[key])
            shown["padding"], shown["format"] = (0, 0, *self.pads[0]), "NCHW"
        return ", ".join(f"{k}={v}" for k, v in shown.items())


class Conv1d(_Conv):
    rank, _layout = 1, "NCW"


class Conv2d(_Conv):
    pass


class Conv3d(_Conv):
    rank, _layout = 3, "NCDHW"


class _ConvTranspose(_Conv):
    """The adjoint of a convolution; weights are (in_channels, out / group, ...)."""

    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        pad_mode: str = "same",
        padding: Any = 0,
        output_padding: Any = 0,
        dilation: Any = 1,
        group: int = 1,
        has_bias: bool = False,
        weight_init: Any = None,
        bias_init: Any = None,
        data_format: str | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            pad_mode,
            padding,
            dilation,
            group,
            has_bias,
            weight_init,
            bias_init,
            data_format,
            dtype,
        )
        name = type(self).__name__
        self.output_padding = sizes_of(
            output_padding, self.rank, "output_padding", name, least=0
        )

    def _weight_shape(self) -> list[int]:
        return [self.in_channels, self.out_channels // self.group, *self._kernel_shape]

    def _convolved(self, x: Any, w: Any, b: Any) -> Any:
        pads, extra = self.pads, self.output_padding
        if self.pad_mode != "pad":
            space = transposed_size(
                x.shape[2:], self.kernel_size, self.stride, self.dilation, self.pad_mode
            )
            pads = (
                same_pads(space, self.kernel_size, self.stride, self.dilation)
                if self.pad_mode == "same"
                else pads
            )
            made = tuple(
                (n - 1) * s - sum(p) + d * (k - 1) + 1
                for n, k, s, p, d in zip(
                    x.shape[2:],
                    self.kernel_size,
                    self.stride,
                    pads,
                    self.dilation,
                    strict=True,
                )
            )
            extra = tuple(a - b for a, b in zip(space, made, strict=True))
        return F.transposed_convolution(
            x,
            w,
            b,
            stride=self.stride,
            padding=pads,
            extra=extra,
            dilation=self.dilation,
            groups=self.group,
        )


class Conv1dTranspose(_ConvTranspose):
    rank, _layout = 1, "NCW"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        pad_mode: str = "same",
        padding: Any = 0,
        dilation: Any = 1,
        group: int = 1,
        has_bias: bool = False,
        weight_init: Any = None,
        bias_init: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            pad_mode,
            padding,
            0,
            dilation,
            group,
            has_bias,
            weight_init,
            bias_init,
            None,
            dtype,
        )


class Conv2dTranspose(_ConvTranspose):
    pass


class Conv3dTranspose(_ConvTranspose):
    rank, _layout = 3, "NCDHW"

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        pad_mode: str = "same",
        padding: Any = 0,
        dilation: Any = 1,
        group: int = 1,
        output_padding: Any = 0,
        has_bias: bool = False,
        weight_init: Any = None,
        bias_init: Any = None,
        data_format: str | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            pad_mode,
            padding,
            output_padding,
            dilation,
            group,
            has_bias,
            weight_init,
            bias_init,
            data_format,
            dtype,
        )
