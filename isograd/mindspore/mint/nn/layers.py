"""`mindspore.mint.nn`'s layers: those of `mindspore.nn` with PyTorch's arguments."""

from __future__ import annotations

from functools import partial
from typing import Any

from isograd.mindspore import dtype as dtypes
from isograd.mindspore import nn
from isograd.mindspore.nn import losses, normalisation, pooling
from isograd.mindspore.nn.making import cell_of as _cell_of

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
        return (
            f"input_features={self.in_features}, "
            f"output_features={self.out_features}, has_bias={self.has_bias}"
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
        {"__init__": __init__, "__module__": "isograd.mindspore.mint.nn"},
    )


Conv1d, Conv2d, Conv3d = (_conv(n) for n in (1, 2, 3))


class ConvTranspose2d(nn.Conv2dTranspose):
    """The adjoint of a convolution."""

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


Dropout2d = nn.Dropout2d


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
        from isograd.mindspore.initializer import Normal

        super().__init__(
            num_embeddings,
            embedding_dim,
            False,
            Normal(1.0) if _weight is None else _weight,
            dtype or dtypes.float32,
            padding_idx,
        )
        table = self.embedding_table
        del self.embedding_table
        self.weight = table
        self.weight.name = "weight"
        self.weight.requires_grad = not _freeze

    def construct(self, input: Any) -> Any:
        from isograd.mindspore.nn.basic import _rows

        return _rows(self.weight, input, self.padding_idx)


class _BatchNorm(normalisation._BatchNorm):
    """Batch normalisation; momentum counts the new statistics, as in PyTorch."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_features,
            eps,
            1 - momentum,
            affine,
            use_batch_statistics=None if track_running_stats else True,
            dtype=dtype or dtypes.float32,
        )


class BatchNorm1d(_BatchNorm):
    ranks = (2, 3)


class BatchNorm2d(_BatchNorm): ...


class BatchNorm3d(_BatchNorm):
    ranks = (5,)


class SyncBatchNorm(_BatchNorm):
    ranks = (2, 3, 4, 5)


class LayerNorm(nn.LayerNorm):
    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        dtype: Any = None,
    ) -> None:
        shape = (
            (normalized_shape,)
            if isinstance(normalized_shape, int)
            else tuple(normalized_shape)
        )
        super().__init__(
            shape, -len(shape), -len(shape), epsilon=eps, dtype=dtype or dtypes.float32
        )
        self.gamma.requires_grad = elementwise_affine
        self.beta.requires_grad = elementwise_affine and bias
        self.weight, self.bias = self.gamma, self.beta


class GroupNorm(nn.GroupNorm):
    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            num_groups, num_channels, eps, affine, dtype=dtype or dtypes.float32
        )


class PReLU(nn.PReLU):
    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, dtype: Any = None
    ) -> None:
        super().__init__(num_parameters, init)


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
