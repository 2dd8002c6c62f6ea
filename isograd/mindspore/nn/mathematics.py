"""Cells around single functions of `ops`."""

from __future__ import annotations

from typing import Any

from isograd.mindspore import ops
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.making import cell_of

ReduceLogSumExp = cell_of(
    "ReduceLogSumExp",
    "axis, keep_dims=False",
    lambda self, x: ops.logsumexp(x, self.axis, self.keep_dims),
)
LGamma = cell_of("LGamma", "", "lgamma")
DiGamma = cell_of("DiGamma", "", "digamma")
MatDet = cell_of("MatDet", "", "det")
MatInverse = cell_of("MatInverse", "", "inverse")


def _axes(axis: Any, rank: int) -> Any:
    return tuple(range(rank)) if axis is None or axis == () else axis


class Norm(Cell):
    """The Euclidean norm over axes, all by default."""

    def __init__(self, axis: Any = (), keep_dims: bool = False) -> None:
        super().__init__()
        self.axis, self.keep_dims = axis, keep_dims

    def extend_repr(self) -> str:
        return f"axis={self.axis}, keep_dims={self.keep_dims}"

    def construct(self, x: Any) -> Any:
        return ops.sqrt(
            ops.square(x).sum(axis=_axes(self.axis, x.ndim), keepdims=self.keep_dims)
        )


class Moments(Cell):
    """(mean, variance) over axes, all by default."""

    def __init__(self, axis: Any = None, keep_dims: bool | None = None) -> None:
        super().__init__()
        self.axis, self.keep_dims = axis, bool(keep_dims)

    def construct(self, x: Any) -> Any:
        axes = _axes(self.axis, x.ndim)
        return (
            x.mean(axis=axes, keep_dims=self.keep_dims),
            x.var(axis=axes, ddof=0, keepdims=self.keep_dims),
        )


class Range(Cell):
    """A constant row of numbers."""

    def __init__(self, start: Any, limit: Any = None, delta: Any = 1) -> None:
        super().__init__()
        bounds = (0, start) if limit is None else (start, limit)
        self.result_tensor = ops.arange(*bounds, delta)

    def construct(self) -> Any:
        return self.result_tensor


class TimeDistributed(Cell):
    """A layer applied to each slice along the axis of time."""

    def __init__(
        self, layer: Any, time_axis: int, reshape_with_axis: int | None = None
    ) -> None:
        super().__init__()
        if not callable(layer):
            raise TypeError(
                "For 'TimeDistributed', the layer must be a Cell, but got "
                f"{type(layer)}."
            )
        self.layer = layer
        self.time_axis, self.reshape_with_axis = time_axis, reshape_with_axis

    def construct(self, inputs: Any) -> Any:
        rows = [self.layer(x) for x in ops.unbind(inputs, self.time_axis)]
        return ops.stack(rows, self.time_axis)
