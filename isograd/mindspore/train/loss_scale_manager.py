"""What scales losses so that half precision gradients stay in range."""

from __future__ import annotations

from typing import Any

from isograd.mindspore.nn.wrap import (
    DynamicLossScaleUpdateCell,
    FixedLossScaleUpdateCell,
)


class LossScaleManager:
    """Base of the managers."""

    def get_loss_scale(self) -> Any: ...

    def update_loss_scale(self, overflow: Any) -> None: ...

    def get_update_cell(self) -> Any: ...


class FixedLossScaleManager(LossScaleManager):
    """A scale that stays; steps that overflow are dropped if `drop_overflow_update`."""

    def __init__(
        self, loss_scale: float = 128.0, drop_overflow_update: bool = True
    ) -> None:
        if loss_scale < 1:
            raise ValueError(
                f"The argument 'loss_scale' must be >= 1, but got {loss_scale}"
            )
        self._loss_scale = loss_scale
        self._drop_overflow_update = drop_overflow_update

    def get_loss_scale(self) -> float:
        return self._loss_scale

    def get_drop_overflow_update(self) -> bool:
        return self._drop_overflow_update

    def get_update_cell(self) -> Any:
        if not self._drop_overflow_update:
            return None
        return FixedLossScaleUpdateCell(self._loss_scale)


class DynamicLossScaleManager(LossScaleManager):
    """A scale that shrinks at overflows and grows after `scale_window` good steps."""

    def __init__(
        self,
        init_loss_scale: float = 2**24,
        scale_factor: int = 2,
        scale_window: int = 2000,
    ) -> None:
        if init_loss_scale < 1.0:
            raise ValueError(
                f"The argument 'init_loss_scale' must be > 1, but got {init_loss_scale}"
            )
        if scale_factor <= 0:
            raise ValueError(
                f"The argument 'scale_factor' must be > 0, but got {scale_factor}"
            )
        self.loss_scale = init_loss_scale
        self.scale_factor, self.scale_window = scale_factor, scale_window
        self.increase_ratio, self.decrease_ratio = scale_factor, 1 / scale_factor
        self.cur_iter, self.last_overflow_iter = 1, 0

    def get_loss_scale(self) -> float:
        return self.loss_scale

    def get_drop_overflow_update(self) -> bool:
        return True

    def update_loss_scale(self, overflow: Any) -> None:
        if overflow:
            self.loss_scale = max(self.loss_scale * self.decrease_ratio, 1)
            self.last_overflow_iter = self.cur_iter
        elif (self.cur_iter - self.last_overflow_iter) % self.scale_window == 0:
            self.loss_scale *= self.increase_ratio
        self.cur_iter += 1

    def get_update_cell(self) -> Any:
        return DynamicLossScaleUpdateCell(
            self.loss_scale, self.scale_factor, self.scale_window
        )
