"""Normalisation layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.dtypes import is_inexact
from isograd.core.primitive import BOUND
from isograd.core.storage import note_write
from isograd.core.tensor import payload_of
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import errors
from isograd.mindspore.call import cast, promoted, public
from isograd.mindspore.initializer import initializer
from isograd.mindspore.nn.basic import positive_int
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.parameter import Parameter
from isograd.nn import normalisation

F = BOUND


def _norm(body: Any, name: str) -> Any:
    """A function of x and of weights, computed in the wider of their dtypes; the result
    has x's."""

    def function(x: Any, gamma: Any, beta: Any, **settings: Any) -> Any:
        wide, gamma, beta = promoted(x, gamma, beta)
        out = body(wide, gamma, beta, **settings)
        if wide.dtype == x.dtype or not is_inexact(x.dtype):
            return out
        if isinstance(out, tuple):
            return cast(out[0], x.dtype), *out[1:]
        return cast(out, x.dtype)

    return public(function, name)


batch_norm = _norm(lambda x, g, b, eps: F.batch_norm(x, g, b, eps=eps), "batch_norm")
batch_norm_with = public(
    lambda x, g, b, mean, var, eps: F.batch_norm_with(x, mean, var, g, b, eps=eps),
    "batch_norm",
)


def _layer_norm(x: Any, g: Any, b: Any, count: int, eps: float) -> Any:
    if not g.shape == b.shape == x.shape[x.ndim - g.ndim :]:
        raise errors.normalised(x.shape, g.shape, b.shape)
    return F.layer_norm(x, g, b, count=count, eps=eps)


layer_norm = _norm(_layer_norm, "layer_norm")
group_norm = _norm(
    lambda x, g, b, groups, eps: F.group_norm(x, g, b, groups=groups, eps=eps),
    "group_norm",
)
instance_norm = _norm(
    lambda x, g, b, eps: F.instance_norm(x, g, b, eps=eps), "instance_norm"
)


def _features(count: Any, name: str) -> None:
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(
            f"For '{name}', the type of 'num_features' should be 'int', but got type "
            f"'{type(count).__name__}'."
        )
    if count < 1:
        raise ValueError(
            f"For '{name}', the 'num_features' must be at least 1, but got {count}."
        )


def _wrong_rank(name: str, ranks: tuple[int, ...], got: int) -> ValueError:
    allowed = " or ".join(f"{r} dims" for r in ranks)
    shape = "in_shape " if len(ranks) == 1 else ""
    return ValueError(f"For '{name}', the {shape}must have {allowed}, but got {got}.")


class _BatchNorm(Cell):
    """What batch normalisations of any rank share."""

    ranks: tuple[int, ...] = (4,)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.9,
        affine: bool = True,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        moving_mean_init: Any = "zeros",
        moving_var_init: Any = "ones",
        use_batch_statistics: bool | None = None,
        data_format: str = "NCHW",
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        _features(num_features, name)
        if not 0 <= momentum <= 1:
            raise ValueError(
                f"For '{name}', the 'momentum' must be a number in range "
                f"[0, 1], but got {momentum}."
            )
        self.num_features, self.eps = num_features, eps
        self.momentum = 1.0 - momentum
        self.use_batch_statistics = use_batch_statistics
        self.data_format, self.affine = data_format, affine
        shape = [num_features]
        self.moving_mean = Parameter(
            initializer(moving_mean_init, shape, dtype),
            name="mean",
            requires_grad=False,
        )
        self.moving_variance = Parameter(
            initializer(moving_var_init, shape, dtype),
            name="variance",
            requires_grad=False,
        )
        self.gamma = Parameter(
            initializer(gamma_init, shape, dtype), name="gamma", requires_grad=affine
        )
        self.beta = Parameter(
            initializer(beta_init, shape, dtype), name="beta", requires_grad=affine
        )

    def construct(self, x: Any) -> Any:
        if x.ndim not in self.ranks:
            raise _wrong_rank(type(self).__name__, self.ranks, x.ndim)
        last = self.data_format == "NHWC"
        if last:
            x = x.transpose((0, x.ndim - 1, *range(1, x.ndim - 1)))
        if x.shape[1] != self.num_features:
            raise ValueError(
                "For BatchNorm, scale.shape[0] should be equal to input_x's channel "
                f"dimension: {x.shape[1]}, bug got scale.shape[0]: "
                f"{self.num_features}."
            )
        out = self._normalized(x)
        return out.transpose((0, *range(2, x.ndim), 1)) if last else out

    def _normalized(self, x: Any) -> Any:
        batch = self.use_batch_statistics
        if not (self.training if batch is None else batch):
            mean, var = self.moving_mean.value(), self.moving_variance.value()
            return _with_statistics(x, self.gamma, self.beta, mean, var, self.eps)
        out, mean, var = batch_norm(x, self.gamma, self.beta, eps=self.eps)
        count = x.size // max(1, x.shape[1])
        _move(self.moving_mean, mean, self.momentum, 1.0)
        _move(self.moving_variance, var, self.momentum, count / max(1, count - 1))
        return out

    def extend_repr(self) -> str:
        return self._shown(1.0 - self.momentum)

    def _shown(self, momentum: float) -> str:
        return (
            f"num_features={self.num_features}, eps={self.eps}, "
            f"momentum={momentum}, gamma={self.gamma}, beta={self.beta}, "
            f"moving_mean={self.moving_mean}, "
            f"moving_variance={self.moving_variance}"
        )


def _with_statistics(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float
) -> Any:
    dtype = x.dtype
    return batch_norm_with(
        x,
        gamma.astype(dtype),
        beta.astype(dtype),
        mean.astype(dtype),
        var.astype(dtype),
        eps,
    )


def _move(statistic: Parameter, batch: Any, momentum: float, factor: float) -> None:
    """Move a running statistic; mapped values (vmap) leave it alone."""
    p = payload_of(batch)
    while type(p) is not np.ndarray and hasattr(p, "p"):
        p = p.p
    if type(p) is not np.ndarray:
        return
    normalisation.running(statistic._p, p * p.dtype.type(factor), momentum)
    note_write(statistic._p)


class BatchNorm1d(_BatchNorm):
    ranks = (2, 3)


class BatchNorm2d(_BatchNorm): ...


class BatchNorm3d(Cell):
    """The layer of two axes, applied to five: it holds the parameters."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.9,
        affine: bool = True,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        moving_mean_init: Any = "zeros",
        moving_var_init: Any = "ones",
        use_batch_statistics: bool | None = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        self.bn2d = BatchNorm2d(
            num_features,
            eps,
            momentum,
            affine,
            gamma_init,
            beta_init,
            moving_mean_init,
            moving_var_init,
            use_batch_statistics,
            dtype=dtype,
        )

    def construct(self, x: Any) -> Any:
        if x.ndim != 5:
            raise _wrong_rank("BatchNorm3d", (5,), x.ndim)
        n, c, d, h, w = x.shape
        return self.bn2d(x.reshape((n, c, d * h, w))).reshape(x.shape)


class SyncBatchNorm(_BatchNorm):
    """Over one process: the batch normalisation of any rank."""

    ranks = (2, 3, 4, 5)

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.9,
        affine: bool = True,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        moving_mean_init: Any = "zeros",
        moving_var_init: Any = "ones",
        use_batch_statistics: bool | None = None,
        process_groups: Any = None,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__(
            num_features,
            eps,
            momentum,
            affine,
            gamma_init,
            beta_init,
            moving_mean_init,
            moving_var_init,
            use_batch_statistics,
            dtype=dtype,
        )


class LayerNorm(Cell):
    """Standardised over the axes from `begin_norm_axis` on."""

    def __init__(
        self,
        normalized_shape: Any,
        begin_norm_axis: int = -1,
        begin_params_axis: int = -1,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        epsilon: float = 1e-7,
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        if not isinstance(normalized_shape, tuple | list):
            raise TypeError(
                "For 'LayerNorm', the type of 'normalized_shape' must be "
                f"tuple[int] or list[int], but got {normalized_shape} and "
                f"the type is {type(normalized_shape)}."
            )
        if not normalized_shape:
            raise ValueError(
                "Expected normalized_shape to be at least 1-dimensional, "
                f"i.e., containing at least one element, but got "
                f"normalized_shape = {normalized_shape}"
            )
        self.normalized_shape = normalized_shape
        self.begin_norm_axis = begin_norm_axis
        self.begin_params_axis = begin_params_axis
        self.epsilon = epsilon
        self.gamma = Parameter(
            initializer(gamma_init, normalized_shape, dtype), name="gamma"
        )
        self.beta = Parameter(
            initializer(beta_init, normalized_shape, dtype), name="beta"
        )

    def construct(self, input_x: Any) -> Any:
        count = input_x.ndim - self.begin_norm_axis % input_x.ndim
        return layer_norm(input_x, self.gamma, self.beta, count=count, eps=self.epsilon)

    def extend_repr(self) -> str:
        return (
            f"normalized_shape={self.normalized_shape}, "
            f"begin_norm_axis={self.begin_norm_axis}, "
            f"begin_params_axis={self.begin_params_axis}, gamma{self.gamma}, "
            f"beta={self.beta}"
        )


class GroupNorm(Cell):
    """Standardised over the channels of each group and over space."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        positive_int(num_groups, "num_groups", "GroupNorm")
        positive_int(num_channels, "num_channels", "GroupNorm")
        if num_channels % num_groups:
            raise ValueError(
                "For 'GroupNorm', the 'num_channels' must be divided by "
                f"'num_groups', but got 'num_channels': {num_channels}, "
                f"'num_groups': {num_groups}."
            )
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.affine = affine
        self.gamma = Parameter(
            initializer(gamma_init, [num_channels], dtype),
            name="gamma",
            requires_grad=affine,
        )
        self.beta = Parameter(
            initializer(beta_init, [num_channels], dtype),
            name="beta",
            requires_grad=affine,
        )

    def construct(self, x: Any) -> Any:
        channels, groups = x.shape[1], self.num_groups
        if channels % groups:
            raise ValueError(
                "For GroupNorm, the 'num_channels' must be divided by 'num_groups', but "
                f"got 'num_channels': {channels} ,'num_groups': {groups}"
            )
        if channels != self.num_channels:
            raise ValueError(
                "For GroupNorm, shape of weight and bias should be equal to input_x's "
                f"channel dimension: {channels}, bug got shape: "
                f"{errors.vector((self.num_channels,))}."
            )
        return group_norm(
            x, self.gamma, self.beta, groups=self.num_groups, eps=self.eps
        )

    def extend_repr(self) -> str:
        return f"num_groups={self.num_groups}, num_channels={self.num_channels}"


class _InstanceNorm(Cell):
    rank = 4

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        gamma_init: Any = "ones",
        beta_init: Any = "zeros",
        dtype: Any = dtypes.float32,
    ) -> None:
        super().__init__()
        _features(num_features, type(self).__name__)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine = affine
        self.moving_mean = Parameter(
            initializer("zeros", [num_features], dtype),
            name="mean",
            requires_grad=False,
        )
        self.moving_variance = Parameter(
            initializer("ones", [num_features], dtype),
            name="variance",
            requires_grad=False,
        )
        self.gamma = Parameter(
            initializer(gamma_init, [num_features], dtype),
            name="gamma",
            requires_grad=affine,
        )
        self.beta = Parameter(
            initializer(beta_init, [num_features], dtype),
            name="beta",
            requires_grad=affine,
        )

    def construct(self, x: Any) -> Any:
        if x.ndim != self.rank:
            raise _wrong_rank(type(self).__name__, (self.rank,), x.ndim)
        if x.shape[1] != self.num_features:
            raise ValueError(
                "For primitive[InstanceNorm], the gamma shape must be equal to (C, ) "
                f"which is {x.shape[1]} , but got {self.num_features}."
            )
        return instance_norm(x, self.gamma, self.beta, eps=self.eps)[0]

    def extend_repr(self) -> str:
        return _BatchNorm._shown(self, self.momentum)  # type: ignore[arg-type]  # justified: the same attributes


class InstanceNorm1d(_InstanceNorm):
    rank = 3


class InstanceNorm2d(_InstanceNorm):
    rank = 4


class InstanceNorm3d(_InstanceNorm):
    rank = 5


class LRN(Cell):
    """`x / (bias + alpha sum of squares of the neighbouring channels)^beta`."""

    def __init__(
        self,
        depth_radius: int = 5,
        bias: float = 1.0,
        alpha: float = 1.0,
        beta: float = 0.5,
        norm_region: str = "ACROSS_CHANNELS",
    ) -> None:
        super().__init__()
        self.depth_radius, self.bias = depth_radius, bias
        self.alpha, self.beta = alpha, beta

    def construct(self, x: Any) -> Any:
        return _lrn(x, self.depth_radius, self.bias, self.alpha, self.beta)


_lrn = public(
    lambda x, radius, bias, alpha, beta: F.local_response_norm(
        x, size=2 * radius + 1, alpha=alpha * (2 * radius + 1), beta=beta, k=bias
    ),
    "lrn",
)

__all__ = [
    "LRN",
    "BatchNorm1d",
    "BatchNorm2d",
    "BatchNorm3d",
    "GroupNorm",
    "InstanceNorm1d",
    "InstanceNorm2d",
    "InstanceNorm3d",
    "LayerNorm",
    "SyncBatchNorm",
]
