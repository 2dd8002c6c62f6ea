"""`mindspore.mint.nn`'s layers: those of `mindspore.nn` with PyTorch's arguments."""

from __future__ import annotations

from functools import partial
from typing import Any

from isograd.mindspore import dtype as dtypes
from isograd.mindspore import nn, ops
from isograd.mindspore.initializer import Normal, initializer
from isograd.mindspore.mint.nn.norms import BatchNorm1d as BatchNorm1d
from isograd.mindspore.mint.nn.norms import BatchNorm2d as BatchNorm2d
from isograd.mindspore.mint.nn.norms import BatchNorm3d as BatchNorm3d
from isograd.mindspore.mint.nn.norms import GroupNorm as GroupNorm
from isograd.mindspore.mint.nn.norms import LayerNorm as LayerNorm
from isograd.mindspore.mint.nn.norms import SyncBatchNorm as SyncBatchNorm
from isograd.mindspore.nn import losses, pooling
from isograd.mindspore.nn.making import cell_of as _cell_of
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.tensor import Tensor

cell_of = partial(_cell_of, module="isograd.mindspore.mint.nn")

# class here: (class of mindspore.nn, arguments here, arguments there)
_PLAIN: dict[str, tuple[str, str, str]] = {
    "ReLU": ("ReLU", "inplace=False", ""),
    "ReLU6": ("ReLU6", "inplace=False", ""),
    "Sigmoid": ("Sigmoid", "", ""),
    "Tanh": ("Tanh", "", ""),
    "SiLU": ("SiLU", "inplace=False", ""),
    "Mish": ("Mish", "", ""),
    "SELU": ("SeLU", "inplace=False", ""),
    "Softsign": ("Softsign", "", ""),
    "LogSigmoid": ("LogSigmoid", "", ""),
    "Identity": ("Identity", "", ""),
    "ELU": ("ELU", "alpha=1.0, inplace=False", "alpha"),
    "GLU": ("GLU", "dim=-1", "dim"),
    "Hardswish": ("HSwish", "", ""),
    "Hardsigmoid": ("HSigmoid", "", ""),
    "Hardshrink": ("HShrink", "lambd=0.5", "lambd"),
    "Softshrink": ("SoftShrink", "lambd=0.5", "lambd"),
    "Hardtanh": (
        "Hardtanh",
        "min_val=-1.0, max_val=1.0, inplace=False",
        "min_val max_val",
    ),
    "Threshold": ("Threshold", "threshold, value, inplace=False", "threshold value"),
    "Softmax": ("Softmax", "dim=-1", "dim"),
    "LogSoftmax": ("LogSoftmax", "dim=-1", "dim"),
    "PixelShuffle": ("PixelShuffle", "upscale_factor", "upscale_factor"),
}


def _over(name: str, source: str, text: str, passed: str) -> type[nn.Cell]:
    """A cell that holds one of `mindspore.nn` without parameters."""
    cls = getattr(nn, source)
    words = passed.split()

    def body(self: Any, *inputs: Any) -> Any:
        return cls(*(getattr(self, w) for w in words))(*inputs)

    return cell_of(name, text, body)


for _name, (_source, _text, _passed) in _PLAIN.items():
    globals()[_name] = _over(_name, _source, _text, _passed)

GELU = cell_of(
    "GELU", "approximate='none'", lambda self, x: nn.GELU(self.approximate == "tanh")(x)
)


class Linear(nn.Dense):
    """`x w^T + b`."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        weight_init: Any = None,
        bias_init: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_features,
            out_features,
            weight_init,
            bias_init,
            bias,
            dtype=dtype or dtypes.float32,
        )
        self.in_features, self.out_features = in_features, out_features

    def extend_repr(self) -> str:
        bias = ", has_bias=True" if self.has_bias else ""
        return (
            f"input_features={self.in_features}, output_features={self.out_features}"
            f"{bias}"
        )


def _conv_repr(cell: Any) -> str:
    pads = cell.padding
    if isinstance(pads, int):
        pads = (pads,) * cell.rank
    return (
        f"input_channels={cell.in_channels}, output_channels={cell.out_channels}, "
        f"kernel_size={cell.kernel_size}, stride={cell.stride}, padding={pads}, "
        f"dilation={cell.dilation}, groups={cell.group}, bias={cell.has_bias}"
    )


def _conv(rank: int) -> type[nn.Cell]:
    base: Any = getattr(nn, f"Conv{rank}d")

    def __init__(
        self: Any,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        dtype: Any = None,
    ) -> None:
        if padding_mode != "zeros":
            raise NotImplementedError(
                f"mint.nn.Conv{rank}d: padding_mode is 'zeros'; "
                "pad the input for other modes"
            )
        mode = padding if isinstance(padding, str) else "pad"
        base.__init__(
            self,
            in_channels,
            out_channels,
            kernel_size,
            stride,
            mode,
            0 if mode != "pad" else padding,
            dilation,
            groups,
            bias,
            dtype=dtype or dtypes.float32,
        )

    return type(
        f"Conv{rank}d",
        (base,),
        {
            "__init__": __init__,
            "__module__": "isograd.mindspore.mint.nn",
            "extend_repr": _conv_repr,
            "_kernel_shape": property(lambda self: self.kernel_size),
        },
    )


Conv1d, Conv2d, Conv3d = (_conv(n) for n in (1, 2, 3))


class ConvTranspose2d(nn.Conv2dTranspose):
    """The adjoint of a convolution."""

    extend_repr = _conv_repr

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
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            "pad",
            padding,
            output_padding,
            dilation,
            groups,
            bias,
            dtype=dtype or dtypes.float32,
        )


class Dropout(nn.Dropout):
    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__(p=p)

    def extend_repr(self) -> str:
        return ""


class Dropout2d(nn.Dropout2d):
    def extend_repr(self) -> str:
        return ""


class Embedding(nn.Embedding):
    """Rows of a table, which is called weight."""

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: Any = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Any = None,
        _freeze: bool = False,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_embeddings,
            embedding_dim,
            False,
            Normal(1.0) if _weight is None else _weight,
            dtype or dtypes.float32,
            padding_idx,
        )
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.max_norm, self.norm_type = max_norm, norm_type
        table = self.embedding_table
        del self.embedding_table
        self.weight = table
        self.weight.name = "weight"
        self.weight.requires_grad = not _freeze

    def extend_repr(self) -> str:
        words = "num_embeddings embedding_dim padding_idx max_norm norm_type"
        shown = [f"{w}={getattr(self, w)}" for w in words.split()]
        tail = f"scale_grad_by_freq=False, dtype={self.weight.dtype}"
        return ", ".join([*shown, tail])

    def construct(self, input: Any) -> Any:
        from isograd.mindspore.nn.basic import _rows

        return _rows(self.weight, input, self.padding_idx)


class PReLU(nn.Cell):
    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, dtype: Any = None
    ) -> None:
        super().__init__()
        value = initializer(init, [num_parameters], dtype or dtypes.float32)
        self.weight = Parameter(value, name="weight")

    def construct(self, input: Any) -> Any:
        return ops.prelu(input, self.weight)


Flatten = nn.Flatten


class MaxPool2d(nn.MaxPool2d):
    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        super().__init__(
            kernel_size,
            kernel_size if stride is None else stride,
            "pad",
            padding,
            dilation,
            return_indices,
            ceil_mode,
        )


def _avg(rank: int) -> type[nn.Cell]:
    base: Any = getattr(pooling, f"AvgPool{rank}d")

    def __init__(
        self: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = None,
    ) -> None:
        pooling._AvgPool.__init__(
            self,
            kernel_size,
            kernel_size if stride is None else stride,
            "pad",
            padding,
            ceil_mode,
            count_include_pad,
            divisor_override,
        )

    return type(
        f"AvgPool{rank}d",
        (base,),
        {"__init__": __init__, "__module__": "isograd.mindspore.mint.nn"},
    )


AvgPool1d, AvgPool2d, AvgPool3d = (_avg(n) for n in (1, 2, 3))


def _mean_by_default(name: str) -> type[nn.Cell]:
    """A loss whose reduction is the mean unless told otherwise."""
    base: Any = getattr(losses, name)

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        if len(args) < 2:
            kwargs.setdefault("reduction", "mean")
        order = {"SmoothL1Loss": ("reduction", "beta")}.get(name)
        if order:  # PyTorch has the reduction first
            kwargs.update(zip(order, args, strict=False))
            args = ()
        base.__init__(self, *args, **kwargs)

    return type(
        name, (base,), {"__init__": __init__, "__module__": "isograd.mindspore.mint.nn"}
    )


SmoothL1Loss = _mean_by_default("SmoothL1Loss")
for _name in (
    "L1Loss",
    "MSELoss",
    "BCELoss",
    "NLLLoss",
    "CrossEntropyLoss",
    "CosineEmbeddingLoss",
    "SoftMarginLoss",
):
    globals()[_name] = getattr(losses, _name)
for _name in (
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "MaxUnpool2d",
    "Upsample",
    "ConstantPad1d",
    "ConstantPad2d",
    "ConstantPad3d",
    "ReflectionPad1d",
    "ReflectionPad2d",
    "ReflectionPad3d",
    "ReplicationPad1d",
    "ReplicationPad2d",
    "ReplicationPad3d",
    "ZeroPad2d",
    "Cell",
):
    globals()[_name] = getattr(nn, _name)
BCEWithLogitsLoss = cell_of(
    "BCEWithLogitsLoss",
    "weight=None, reduction='mean', pos_weight=None",
    "binary_cross_entropy_with_logits",
    "weight pos_weight reduction",
)
KLDivLoss = cell_of(
    "KLDivLoss",
    "reduction='mean', log_target=False",
    lambda self, x, y: nn.KLDivLoss(self.reduction)(
        x, y.exp() if self.log_target else y
    ),
)
Unfold = cell_of(
    "Unfold",
    "kernel_size, dilation=1, padding=0, stride=1",
    "unfold",
    "kernel_size dilation padding stride",
)
Fold = cell_of(
    "Fold",
    "output_size, kernel_size, dilation=1, padding=0, stride=1",
    lambda self, x: ops.fold(
        x,
        Tensor(_pair(self.output_size), dtypes.int32),
        self.kernel_size,
        self.dilation,
        self.padding,
        self.stride,
    ),
)


def _pair(size: Any) -> list[int]:
    return [size, size] if isinstance(size, int) else list(size)


# classes whose own names, which representations show, are others
_OWN = """
LayerNorm:LayerNormExt Embedding:EmbeddingExt Dropout:DropoutExt Softmax:SoftmaxExt
Dropout2d:Dropout2dExt LogSoftmax:LogSoftmaxExt L1Loss:L1LossExt Unfold:UnfoldExt
MaxPool2d:MaxPool2dExt AvgPool2d:AvgPool2dExt PReLU:PReLUExt Upsample:UpsampleExt
Hardswish:HSwish Hardsigmoid:HSigmoid Hardshrink:HShrink Softshrink:SoftShrink
"""
for _entry in _OWN.split():
    _name, _, _own = _entry.partition(":")
    _base = globals()[_name]
    _module = {"__module__": "isograd.mindspore.mint.nn"}
    globals()[_name] = type(_own, (_base,), _module)
for _name in ("MaxPool2d", "AvgPool2d"):
    globals()[_name].extend_repr = lambda self: ""
for _name in ("AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d"):
    _base = globals()[_name]
    _shown = {
        "__module__": "isograd.mindspore.mint.nn",
        "extend_repr": lambda self: f"output_size={self.output_size}",
    }
    globals()[_name] = type(_name, (_base,), _shown)
