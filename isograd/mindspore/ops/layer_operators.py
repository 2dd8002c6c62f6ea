"""The operator classes of layers: convolution, pooling, normalisation, resizing."""

from __future__ import annotations

from typing import Any

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import FUNCTIONS, cast, ints_of
from isograd.mindspore.ops import layers, reductions
from isograd.mindspore.ops.operators import OPERATORS, Fn, on_payloads, setting
from isograd.mindspore.ops.primitive import setting_operator

F = BOUND


def _convolution(name: str, rank: int) -> None:
    def factory(
        out_channel: int,
        kernel_size: Any,
        mode: int = 1,
        pad_mode: str = "valid",
        pad: Any = 0,
        stride: Any = 1,
        dilation: Any = 1,
        group: int = 1,
        data_format: str = "NCHW",
    ) -> Fn:
        return on_payloads(
            lambda x, w: layers.convolved(
                rank, x, w, None, stride, pad_mode, pad, dilation, group
            ),
            name,
        )

    OPERATORS[name] = setting_operator(name, factory)


_convolution("Conv2D", 2)
_convolution("Conv3D", 3)


@setting
def Conv2DBackpropInput(
    out_channel: int,
    kernel_size: Any,
    pad_mode: str = "valid",
    pad: Any = 0,
    pad_list: Any = None,
    mode: int = 1,
    stride: Any = 1,
    dilation: Any = 1,
    group: int = 1,
    data_format: str = "NCHW",
) -> Fn:
    """The adjoint of Conv2D in its data: (cotangent, filters, size of the data)."""

    def compute(doutput: Payload, w: Payload, input_size: Any) -> Payload:
        space, strides = ints_of(input_size)[2:], layers.tuple_of(stride, 2)
        gaps, size = layers.tuple_of(dilation, 2), w.shape[2:]
        pads = (
            layers.same_pads(space, size, strides, gaps)
            if pad_mode == "same"
            else (layers.pairs_of(pad_mode, pad, doutput, size, strides, gaps))
        )
        return F.conv_data(
            doutput,
            w,
            space=space,
            stride=strides,
            padding=pads,
            dilation=gaps,
            groups=group,
        )

    return on_payloads(compute, "Conv2DBackpropInput")


OPERATORS["Conv2DTranspose"] = OPERATORS["Conv2DBackpropInput"]


def _pool(name: str, which: str) -> None:
    def factory(
        kernel_size: Any = 1,
        strides: Any = 1,
        pad_mode: str = "valid",
        pad_list: Any = 0,
        data_format: str = "NCHW",
        **rest: Any,
    ) -> Fn:
        return on_payloads(
            lambda x: layers.pooled(
                which, x, kernel_size, strides, pad_mode.lower(), pad_list
            ),
            name,
        )

    OPERATORS[name] = setting_operator(name, factory)


for _name, _which in {
    "MaxPool": "max",
    "AvgPool": "avg",
    "MaxPool3D": "max",
    "AvgPool3D": "avg",
}.items():
    _pool(_name, _which)


@setting
def MaxPoolWithArgmax(
    kernel_size: Any = 1,
    strides: Any = 1,
    pad_mode: str = "valid",
    data_format: str = "NCHW",
) -> Fn:
    def compute(x: Payload) -> Any:
        size, step = layers.tuple_of(kernel_size, 2), layers.tuple_of(strides, 2)
        values, at = F.max_pool(
            x, size=size, stride=step, padding=(0, 0), dilation=(1, 1)
        )
        return values, cast(at, dtypes.int32.np)

    return on_payloads(compute, "MaxPoolWithArgmax")


@setting
def AdaptiveAvgPool2D(output_size: Any) -> Fn:
    return lambda x: FUNCTIONS["adaptive_avg_pool2d"](x, output_size)


@setting
def BatchNorm(
    is_training: bool = False,
    epsilon: float = 1e-5,
    momentum: float = 0.1,
    data_format: str = "NCHW",
) -> Fn:
    def compute(x: Any, scale: Any, bias: Any, mean: Any, variance: Any) -> Any:
        out = layers.batch_norm_of(
            x, mean, variance, scale, bias, is_training, momentum, epsilon
        )
        return out, scale, bias, mean, variance

    return compute


@setting
def LayerNorm(
    begin_norm_axis: int = 1, begin_params_axis: int = 1, epsilon: float = 1e-7
) -> Fn:
    def compute(x: Payload, gamma: Payload, beta: Payload) -> Any:
        axes = tuple(range(begin_norm_axis % x.ndim, x.ndim))
        out, mean, var = F.standardized(x, axes=axes, eps=epsilon)
        return (
            F.affine(out, gamma, beta),
            reductions.kept(mean, x.shape, axes),
            reductions.kept(var, x.shape, axes),
        )

    return on_payloads(compute, "LayerNorm")


@setting
def LRN(
    depth_radius: int = 5,
    bias: float = 1.0,
    alpha: float = 1.0,
    beta: float = 0.5,
    norm_region: str = "ACROSS_CHANNELS",
) -> Fn:
    return lambda x: FUNCTIONS["lrn"](x, depth_radius, bias, alpha, beta)


def _resize(name: str, mode: str) -> None:
    def factory(
        size: Any, align_corners: bool = False, half_pixel_centers: bool = False
    ) -> Fn:
        return on_payloads(
            lambda x: F.interpolate(
                x, count=ints_of(size), mode=mode, corners=align_corners
            ),
            name,
        )

    OPERATORS[name] = setting_operator(name, factory)


_resize("ResizeBilinear", "linear")
_resize("ResizeNearestNeighbor", "nearest")
