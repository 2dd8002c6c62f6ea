"""`mindspore.mint.nn.functional`: PyTorch's functional layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore.call import (
    FUNCTIONS,
    array_of,
    at,
    axes_of,
    axis_of,
    floating,
    promoted,
    public,
)
from isograd.mindspore.missing import attributes
from isograd.mindspore.ops.losses import alike, reduction_of

F = BOUND
Fn = Callable[..., Any]
TABLE: dict[str, Fn] = {}

_SAME = """
relu relu6 sigmoid tanh silu mish selu softsign logsigmoid hardsigmoid hardswish
tanhshrink prelu softplus glu cross_entropy nll_loss l1_loss mse_loss soft_margin_loss
grid_sample interpolate pixel_shuffle pixel_unshuffle layer_norm group_norm batch_norm
embedding unfold fold pad adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d
adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d max_pool1d max_pool2d
max_pool3d conv_transpose1d conv_transpose2d conv_transpose3d cosine_similarity
triplet_margin_loss margin_ranking_loss cosine_embedding_loss hinge_embedding_loss
multilabel_soft_margin_loss gaussian_nll_loss ctc_loss huber_loss gumbel_softmax
dropout dropout1d dropout2d dropout3d linear celu upsample
"""
for _name in _SAME.split():
    TABLE[_name] = at(FUNCTIONS[_name], f"mint.nn.functional.{_name}")


def layer(body: Fn) -> Fn:
    name = body.__name__
    fn = public(body, name, f"mint.nn.functional.{name}")
    TABLE[body.__name__] = fn
    return fn


def _normalised(name: str) -> Fn:
    def function(input: Payload, dim: Any = None, dtype: Any = None) -> Payload:
        x = floating(input)
        if dim is None:
            dim = 0 if x.ndim in (0, 1, 3) else 1
        out = getattr(F, name)(x, axis=axis_of(dim, x.ndim, name))
        return out if dtype is None else FUNCTIONS["cast"].__wrapped__(out, dtype)

    function.__name__ = name
    return function


for _name in ("softmax", "log_softmax"):
    layer(_normalised(_name))


@layer
def leaky_relu(input: Payload, negative_slope: float = 0.01) -> Payload:
    return F.leaky_relu(input, slope=float(negative_slope), edge=float(negative_slope))


@layer
def elu(input: Payload, alpha: float = 1.0) -> Payload:
    return F.elu(floating(input), alpha=float(alpha), scale=1.0, input_scale=1.0)


@layer
def gelu(input: Payload, *, approximate: str = "none") -> Payload:
    return FUNCTIONS["gelu"].__wrapped__(input, approximate)


@layer
def hardtanh(input: Payload, min_val: float = -1.0, max_val: float = 1.0) -> Payload:
    return F.hardtanh(input, lo=float(min_val), hi=float(max_val))


for _name in ("hardshrink", "softshrink"):

    def _shrunk(input: Payload, lambd: float = 0.5, _name: str = _name) -> Payload:
        return getattr(F, _name)(input, lambd=float(lambd))

    TABLE[_name] = public(_shrunk, _name)


@layer
def threshold(
    input: Payload, threshold: float, value: float, inplace: bool = False
) -> Payload:
    return F.threshold(input, bound=float(threshold), value=float(value))


@layer
def normalize(
    input: Payload, p: float = 2.0, dim: Any = 1, eps: float = 1e-12
) -> Payload:
    return F.normalize(input, axes=axes_of(dim, input.ndim), ord=float(p), eps=eps)


@layer
def one_hot(tensor: Payload, num_classes: int = -1) -> Payload:
    count = num_classes if num_classes >= 0 else int(array_of(tensor).max()) + 1
    return F.one_hot(tensor, count=count)


@layer
def binary_cross_entropy(
    input: Payload, target: Payload, weight: Any = None, reduction: str = "mean"
) -> Payload:
    x, y = alike(input, target, "BinaryCrossEntropy", "input_shape")
    return F.binary_cross_entropy(
        x, y, weight, reduction=reduction_of(reduction, "binary_cross_entropy")
    )


@layer
def binary_cross_entropy_with_logits(
    input: Payload,
    target: Payload,
    weight: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Payload:
    x, y = promoted(input, target)
    return F.binary_cross_entropy_with_logits(
        x,
        y,
        weight,
        pos_weight,
        reduction=reduction_of(reduction, "binary_cross_entropy_with_logits"),
    )


@layer
def smooth_l1_loss(
    input: Payload, target: Payload, reduction: str = "mean", beta: float = 1.0
) -> Payload:
    x, y = promoted(input, target)
    return F.smooth_l1_loss(
        x, y, beta=float(beta), reduction=reduction_of(reduction, "smooth_l1_loss")
    )


@layer
def kl_div(
    input: Payload, target: Payload, reduction: str = "mean", log_target: bool = False
) -> Payload:
    x, y = promoted(input, target)
    return F.kl_div(
        x, y, log_target=log_target, reduction=reduction_of(reduction, "kl_div")
    )


def _convolution(rank: int) -> Fn:
    def conv(
        input: Any,
        weight: Any,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Any:
        mode = padding if isinstance(padding, str) else "pad"
        return FUNCTIONS[f"conv{rank}d"](
            input,
            weight,
            bias,
            stride,
            mode,
            0 if isinstance(padding, str) else padding,
            dilation,
            groups,
        )

    return conv


def _averages(rank: int) -> Fn:
    def avg_pool(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = None,
    ) -> Any:
        return FUNCTIONS[f"avg_pool{rank}d"](
            input,
            kernel_size,
            stride,
            padding,
            ceil_mode,
            count_include_pad,
            divisor_override or 0,
        )

    return avg_pool


for _rank in (1, 2, 3):
    TABLE[f"conv{_rank}d"] = _convolution(_rank)
    TABLE[f"avg_pool{_rank}d"] = _averages(_rank)


globals().update(TABLE)
__getattr__ = attributes("mindspore.mint.nn.functional")
