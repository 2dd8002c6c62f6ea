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


class _Outputs(Cell):
    """A network whose outputs are of one dtype."""

    _into: Any = dtypes.float32

    def __init__(self, backbone: Cell) -> None:
        super().__init__(auto_prefix=False)
        self._backbone = backbone

    def construct(self, *args: Any, **kwargs: Any) -> Any:
        from isograd.base import tree

        out = self._backbone(*args, **kwargs)
        return tree.tree_map(lambda t: cast(t, self._into), out)


class _OutputTo32(_Outputs): ...


class _OutputTo16(_Outputs):
    def __init__(self, backbone: Cell, dtype: Any) -> None:
        super().__init__(backbone)
        self._into = dtype


_LEVELS = ["O0", "O1", "O2", "O3", "auto"]


def auto_mixed_precision(
    network: Cell, amp_level: str = "O0", dtype: Any = dtypes.float16
) -> Cell:
    """The network with cells in half precision.

    Args:
        amp_level: "O0" none, "O1" those of the white list, "O2" all but the black list,
            "O3" all; "auto" is O1.

    Raises:
        TypeError: if it is no Cell, ValueError: for another level or dtype.
    """
    if not isinstance(network, Cell):
        raise TypeError(
            f"For amp_level '{amp_level}', the network type should be Cell."
        )
    if amp_level not in _LEVELS:
        raise ValueError(f"The amp level {amp_level} is not supported")
    if dtype not in (dtypes.float16, dtypes.bfloat16):
        raise ValueError(
            "The dtype should be one of (mstype.float16, mstype.bfloat16), but got "
            f"{dtype}."
        )
    if amp_level == "O0":
        return network
    if amp_level in ("O1", "auto"):
        return _white_listed(network, tuple(get_white_list()), dtype)
    return _OutputTo32(
        _black_listed(network, tuple(_BLACK) if amp_level == "O2" else (), dtype)
    )


def _white_listed(network: Cell, white: tuple[Any, ...], dtype: Any) -> Cell:
    """Cells of a list compute in `dtype`; what they give is float32."""
    for _, cell in network.cells_and_names():
        if isinstance(cell, white):
            _set_precision(cell, dtype)
            object.__setattr__(cell, "_restoring", True)
    return network


def _black_listed(network: Cell, black: tuple[Any, ...], dtype: Any) -> Cell:
    """All but the cells of a list compute in `dtype`; what those give is cast to it."""
    if isinstance(network, black):
        return network
    kept: set[int] = set()
    for _, cell in list(network.cells_and_names()):
        if id(cell) not in kept:
            _set_precision(cell, dtype)
            for name, child in cell._cells.items():
                if isinstance(child, black):
                    for _, part in child.cells_and_names():
                        _set_precision(part, dtypes.float32)
                        kept.add(id(part))
                    cell._cells[name] = _OutputTo16(child, dtype)
    return network


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
    if not isinstance(network, Cell):
        raise TypeError("The network type should be Cell.")
    if white_list is None and black_list is None:
        raise ValueError(
            "For custom_mixed_precision, one of white_list and black_list must be "
            "provided."
        )
    if white_list is not None and black_list is not None:
        raise ValueError(
            "For custom_mixed_precision, the white_list or black_list cannot be "
            "provided at the same time, please provide one or the other."
        )
    if white_list is not None:
        return _white_listed(network, _classes("white_list", white_list), dtype)
    return _OutputTo32(
        _black_listed(network, _classes("black_list", black_list), dtype)
    )


def _classes(name: str, given: Any) -> tuple[Any, ...]:
    for x in given:
        if not isinstance(x, type):
            raise TypeError(f"The element in {name} should be a class, but got {x}")
    return tuple(given)


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
    if level not in _LEVELS:
        raise ValueError(f"The 'level' should be in : {_LEVELS}, but got {level}.")
    _check_optimizer(optimizer)
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


def _check_optimizer(optimizer: Any) -> None:
    from isograd.mindspore.nn.optimizer import Optimizer

    if not isinstance(optimizer, Optimizer | Cell):
        raise TypeError(
            "The type of 'optimizer' should be one of '['Optimizer', 'FreezeOpt', "
            "'AdaSumByGradWrapCell', 'AdaSumByDeltaWeightWrapCell']', but got type "
            f"'{type(optimizer).__name__}'."
        )


def _check_scale(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(
            "The type of 'scale_value' should be one of '['float', 'int']', but got "
            f"type '{type(value).__name__}'."
        )
    if value < 1:
        raise ValueError(f"The argument 'scale_value' must be > 1, but got {value}")


def _check_count(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"The '{name}' must be int, but got '{type(value).__name__}'")
    if value <= 0:
        raise ValueError(
            f"The '{name}' must be int and must > 0, but got '{value}' with type "
            f"'{type(value).__name__}'."
        )


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
    return {k: _map(fn, v) for k, v in xs.items()} if isinstance(xs, dict) else fn(xs)


class StaticLossScaler(LossScaler):
    """A scale that stays."""

    def __init__(self, scale_value: float) -> None:
        _check_scale(scale_value)
        self.scale_value = Parameter(
            Tensor(scale_value, dtypes.float32), name="scale_value"
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
        _check_count("scale_window", scale_window)
        _check_count("scale_factor", scale_factor)
        self.scale_factor, self.scale_window = scale_factor, scale_window
        self.counter = Parameter(Tensor(0, dtypes.int32), name="counter")

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
