"""`torch.nn.utils.fusion`: batch normalisation folded into the layer before it."""

from __future__ import annotations

import copy
from typing import Any

from isograd import torch
from isograd.torch.nn.parameter import Parameter


def _fused(
    weight: Any, bias: Any, bn_mean: Any, scale: Any, bn_b: Any, transpose: bool
) -> tuple[Any, Any]:
    """(weight, bias) times `scale` by output channel, with the mean taken off."""
    bias = torch.zeros_like(bn_mean) if bias is None else bias
    shape = [1] * weight.dim()
    shape[1 if transpose else 0] = -1
    fused = (weight * scale.reshape(shape)).to(dtype=weight.dtype)
    shift = ((bias - bn_mean) * scale + bn_b).to(dtype=bias.dtype)
    return (
        Parameter(fused.detach(), weight.requires_grad),
        Parameter(shift.detach(), bias.requires_grad),
    )


def _scale(bn_rv: Any, bn_eps: float, bn_w: Any) -> Any:
    scale = torch.rsqrt(bn_rv + bn_eps)
    return scale if bn_w is None else bn_w * scale


def fuse_conv_bn_weights(
    conv_w: Any,
    conv_b: Any,
    bn_rm: Any,
    bn_rv: Any,
    bn_eps: float,
    bn_w: Any,
    bn_b: Any,
    transpose: bool = False,
) -> tuple[Any, Any]:
    """Weight and bias of the convolution that does both."""
    shift = torch.zeros_like(bn_rm) if bn_b is None else bn_b
    scale = _scale(bn_rv, bn_eps, bn_w)
    return _fused(conv_w, conv_b, bn_rm, scale, shift, transpose)


def fuse_linear_bn_weights(
    linear_w: Any,
    linear_b: Any,
    bn_rm: Any,
    bn_rv: Any,
    bn_eps: float,
    bn_w: Any,
    bn_b: Any,
) -> tuple[Any, Any]:
    """Weight and bias of the linear layer that does both."""
    return fuse_conv_bn_weights(linear_w, linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _folded(layer: Any, bn: Any, transpose: bool) -> Any:
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    fused = copy.deepcopy(layer)
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight,
        fused.bias,
        bn.running_mean,
        bn.running_var,
        bn.eps,
        bn.weight,
        bn.bias,
        transpose,
    )
    return fused


def fuse_conv_bn_eval(conv: Any, bn: Any, transpose: bool = False) -> Any:
    """One convolution for a convolution and its batch normalisation, in eval mode."""
    return _folded(conv, bn, transpose)


def fuse_linear_bn_eval(linear: Any, bn: Any) -> Any:
    """The same for a linear layer.

    Raises:
        AssertionError: not in eval mode, or with other sizes.
    """
    if linear.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if linear.out_features != bn.num_features and bn.num_features != 1:
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, "
            f"got linear.out_features={linear.out_features} and "
            f"bn.num_features={bn.num_features}"
        )
    return _folded(linear, bn, False)
