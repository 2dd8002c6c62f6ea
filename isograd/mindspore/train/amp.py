"""Mixed precision: which cells compute in half precision, and scaled losses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from isograd.mindspore import dtype as dtypes
from isograd.mindspore import ops
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.normalisation import (
    GroupNorm,
    LayerNorm,
    SyncBatchNorm,
    _BatchNorm,
)
from isograd.mindspore.nn.running import cast
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.tensor import Tensor, as_payload, assign

_BLACK: list[Any] = [_BatchNorm, SyncBatchNorm, LayerNorm, GroupNorm]


def get_black_list() -> list[Any]:
    """Cells that stay in float32 at level O2."""
    return list(_BLACK)


def get_white_list() -> list[Any]:
    """Cells and operators that compute in half precision at level O1."""
    from isograd.mindspore.nn import basic, convolutions, recurrent

    return [
        basic.Dense,
        convolutions.Conv1d,
        convolutions.Conv2d,
        convolutions.Conv3d,
        convolutions.Conv1dTranspose,
        convolutions.Conv2dTranspose,
        convolutions.Conv3dTranspose,
        recurrent.LSTMCell,
        recurrent.RNNCell,
        recurrent.GRUCell,
    ]


class _OutputTo32(Cell):
    """A network whose outputs are float32."""

    def __init__(self, network: Cell) -> None:
        super().__init__(auto_prefix=False)
        self._network = network

    def construct(self, *args: Any, **kwargs: Any) -> Any:
        from isograd.base import tree

        out = self._network(*args, **kwargs)
        return tree.tree_map(lambda t: cast(t, dtypes.float32), out)


def auto_mixed_precision(
    network: Cell, amp_level: str = "O0", dtype: Any = dtypes.float16
) -> Cell:
    """The network with cells in half precision.

    Args:
        amp_level: "O0" none, "O1" those of the white list, "O2" all but the black list,
            "O3" all; "auto" is O1.

    Raises:
        TypeError: if it is no Cell, ValueError: for another level.
    """
    if not isinstance(network, Cell):
        raise TypeError("The network type should be Cell.")
    if amp_level not in ("O0", "O1", "O2", "O3", "auto"):
        raise ValueError(f"The amp level {amp_level} is not supported")
    if amp_level == "O0":
        return network
    if amp_level == "O3":
        network.to_float(dtype)
    else:
        white, black = tuple(get_white_list()), tuple(_BLACK)
        for _, cell in network.cells_and_names():
            wanted = (
                not isinstance(cell, black)
                if amp_level == "O2"
                else isinstance(cell, white)
            )
            _set_precision(cell, dtype if wanted else dtypes.float32)
    return _OutputTo32(network)


def _set_precision(cell: Cell, dtype: Any) -> None:
    object.__setattr__(cell, "_precision", dtype)
    object.__setattr__(cell, "_special", True)


def custom_mixed_precision(
    network: Cell,
    *,
    white_list: Any = None,
    black_list: Any = None,
    dtype: Any = dtypes.float16,
) -> Cell:
    """The network with cells of a white list, or all but a black one, in `dtype`."""
    if (white_list is None) == (black_list is None):
        raise ValueError(
            "For custom_mixed_precision, one of white_list and black_list "
            "must be provided."
        )
    for _, cell in network.cells_and_names():
        wanted = (
            isinstance(cell, tuple(white_list))
            if white_list is not None
            else not isinstance(cell, tuple(black_list))
        )
        _set_precision(cell, dtype if wanted else dtypes.float32)
    return _OutputTo32(network)


def build_train_network(
    network: Cell,
    optimizer: Any,
    loss_fn: Any = None,
    level: str = "O0",
    boost_level: str = "O0",
    **kwargs: Any,
) -> Cell:
    """A training step around a network, in mixed precision."""
    from isograd.mindspore.nn import wrap

    manager = kwargs.get("loss_scale_manager")
    network = auto_mixed_precision(network, level)
    if loss_fn is not None:
        network = wrap.WithLossCell(network, loss_fn)
    if manager is None:
        return wrap.TrainOneStepCell(network, optimizer).set_train()
    cell = manager.get_update_cell()
    if cell is None:
        return wrap.TrainOneStepCell(
            network, optimizer, sens=manager.get_loss_scale()
        ).set_train()
    return wrap.TrainOneStepWithLossScaleCell(network, optimizer, cell).set_train()


def all_finite(inputs: Any, status: Any = None) -> Any:
    """Whether all elements are finite, as a bool Tensor."""
    return ops.all_finite(inputs)


class LossScaler(ABC):
    """Base of loss scalers."""

    @abstractmethod
    def scale(self, inputs: Any) -> Any: ...

    @abstractmethod
    def unscale(self, inputs: Any) -> Any: ...

    @abstractmethod
    def adjust(self, grads_finite: Any) -> Any: ...


def _map(fn: Any, xs: Any) -> Any:
    if isinstance(xs, tuple | list):
        return type(xs)(_map(fn, x) for x in xs)
    return fn(xs)


class StaticLossScaler(LossScaler):
    """A scale that stays."""

    def __init__(self, scale_value: float) -> None:
        self.scale_value = Parameter(
            Tensor(scale_value, dtypes.float32), name="scale_value", requires_grad=False
        )

    def scale(self, inputs: Any) -> Any:
        return _map(lambda x: x * self.scale_value.astype(x.dtype), inputs)

    def unscale(self, inputs: Any) -> Any:
        return _map(lambda x: x / self.scale_value.astype(x.dtype), inputs)

    def adjust(self, grads_finite: Any) -> bool:
        return False


class DynamicLossScaler(StaticLossScaler):
    """A scale that shrinks by a factor at an overflow and grows after good steps."""

    def __init__(
        self, scale_value: float, scale_factor: int, scale_window: int
    ) -> None:
        super().__init__(scale_value)
        if scale_value < 1 or scale_factor <= 0 or scale_window <= 0:
            raise ValueError(
                "For 'DynamicLossScaler', 'scale_value' must be >= 1, and "
                "'scale_factor' and 'scale_window' must be positive."
            )
        self.scale_factor, self.scale_window = scale_factor, scale_window
        self.counter = Parameter(
            Tensor(0, dtypes.int32), name="counter", requires_grad=False
        )

    def adjust(self, grads_finite: Any) -> bool:
        """Move the scale by whether the gradients were finite."""
        value, count = float(self.scale_value._p), int(self.counter._p)
        finite = bool(grads_finite)
        if not finite:
            value = max(1.0, value / self.scale_factor)
        elif count >= self.scale_window - 1:
            value = value * self.scale_factor
        count = (count + 1) % self.scale_window if finite else 0
        assign(self.scale_value, as_payload(value, self.scale_value._p.dtype))
        assign(self.counter, as_payload(count, self.counter._p.dtype))
        return True
