"""`mindspore.mint.nn`'s normalisations: parameters with PyTorch's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.mindspore import dtype as dtypes
from isograd.mindspore.initializer import initializer
from isograd.mindspore.nn import normalisation
from isograd.mindspore.nn.basic import positive_int
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.tensor import Tensor


class _Affine(Cell):
    """A scale `weight` and a shift `bias`, or constants in their place."""

    _names: tuple[str, ...] = ()

    def _make(self, shape: Any, weight: bool, bias: bool, dtype: Any) -> None:
        dtype = dtype or dtypes.float32
        for name, made, fill in (("weight", weight, "ones"), ("bias", bias, "zeros")):
            value = initializer(fill, shape, dtype)
            setattr(self, name, Parameter(value, name=name) if made else None)
            object.__setattr__(self, f"_{fill}", value.init_data())

    @property
    def gamma(self) -> Any:
        return self._ones if self.weight is None else self.weight

    @property
    def beta(self) -> Any:
        return self._zeros if self.bias is None else self.bias

    def extend_repr(self) -> str:
        return ", ".join(f"{n}={getattr(self, n)}" for n in self._names)


class _BatchNorm(_Affine, normalisation._BatchNorm):
    """Batch normalisation; momentum counts the new statistics, as in PyTorch."""

    _names = ("num_features", "eps", "momentum", "affine", "track_running_stats")
    use_batch_statistics = None
    data_format = "NCHW"

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: Any = None,
    ) -> None:
        Cell.__init__(self)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        self._make([num_features], affine, affine, dtype)
        if not track_running_stats:
            self.running_mean = self.running_var = self.num_batches_tracked = None
            self.use_batch_statistics = True
            return
        for name, fill in (("running_mean", "zeros"), ("running_var", "ones")):
            value = initializer(fill, [num_features], dtype or dtypes.float32)
            setattr(self, name, Parameter(value, name=name, requires_grad=False))
        self.num_batches_tracked = Parameter(
            Tensor(np.array(0, np.float32)),
            name="num_batches_tracked",
            requires_grad=False,
        )

    @property
    def moving_mean(self) -> Any:
        return self._zeros if self.running_mean is None else self.running_mean

    @property
    def moving_variance(self) -> Any:
        return self._ones if self.running_var is None else self.running_var

    def _normalized(self, x: Any) -> Any:
        if self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked._p += 1
        return super()._normalized(x)


class BatchNorm1d(_BatchNorm):
    ranks = (2, 3)


class BatchNorm2d(_BatchNorm): ...


class BatchNorm3d(_BatchNorm):
    ranks = (5,)


class SyncBatchNorm(_BatchNorm):
    ranks = (2, 3, 4, 5)


class LayerNorm(_Affine, normalisation.LayerNorm):
    _names = ("normalized_shape", "eps", "elementwise_affine")

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        dtype: Any = None,
    ) -> None:
        Cell.__init__(self)
        whole = isinstance(normalized_shape, int)
        shape = (normalized_shape,) if whole else tuple(normalized_shape)
        self.normalized_shape, self.eps, self.epsilon = shape, eps, eps
        self.elementwise_affine = elementwise_affine
        self.begin_norm_axis = -len(shape)
        self._make(shape, elementwise_affine, elementwise_affine and bias, dtype)


class GroupNorm(_Affine, normalisation.GroupNorm):
    _names = ("num_groups", "num_channels", "eps", "affine")

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        dtype: Any = None,
    ) -> None:
        Cell.__init__(self)
        positive_int(num_groups, "num_groups", "GroupNorm")
        positive_int(num_channels, "num_channels", "GroupNorm")
        if num_channels % num_groups:
            raise ValueError(
                f"num_channels {num_channels} must be divisible by num_groups "
                f"{num_groups}"
            )
        self.num_groups, self.num_channels, self.eps = num_groups, num_channels, eps
        self.affine = affine
        self._make([num_channels], affine, affine, dtype)
