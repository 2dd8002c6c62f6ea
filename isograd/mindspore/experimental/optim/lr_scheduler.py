"""`mindspore.experimental.optim.lr_scheduler`: rates of groups by epoch."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import inf
from typing import Any

from isograd.mindspore.experimental.optim.optimizers import Optimizer
from isograd.mindspore.tensor import Tensor
from isograd.nn import schedules


class LRScheduler:
    """Base: `_rate(base, epoch)` gives a group's rate in an epoch.

    Raises:
        TypeError: for what is no optimizer of `mindspore.experimental`.
    """

    def __init__(self, optimizer: Any, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
        self.optimizer = optimizer
        self.groups = optimizer.param_groups
        self.base_lrs = [g["initial_lr"] for g in self.groups]
        self.last_epoch = last_epoch
        self.step()

    def _rate(self, base: float, epoch: int) -> float:
        raise NotImplementedError

    def get_lr(self) -> list[Any]:
        return [self._rate(b, self.last_epoch) for b in self.base_lrs]

    def step(self, epoch: int | None = None) -> None:
        """Go on by one epoch, or to `epoch`."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._set(self.get_lr())

    def _set(self, rates: Sequence[float]) -> None:
        for group, rate in zip(self.groups, rates, strict=True):
            group["lr"].set_data(Tensor(float(rate), group["lr"].dtype))
        self._last_lr = [g["lr"] for g in self.groups]

    def get_last_lr(self) -> list[Any]:
        return self._last_lr


class StepLR(LRScheduler):
    def __init__(
        self, optimizer: Any, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, epoch: int) -> float:
        return base * self.gamma ** (epoch // self.step_size)


class MultiStepLR(LRScheduler):
    def __init__(
        self, optimizer: Any, milestones: Any, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, epoch: int) -> float:
        return base * self.gamma ** bisect_right(self.milestones, epoch)


class ExponentialLR(LRScheduler):
    def __init__(self, optimizer: Any, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, epoch: int) -> float:
        return base * self.gamma**epoch


class LambdaLR(LRScheduler):
    def __init__(self, optimizer: Any, lr_lambda: Any, last_epoch: int = -1) -> None:
        many = isinstance(lr_lambda, list | tuple)
        count = len(optimizer.param_groups)
        self.lambdas = list(lr_lambda) if many else [lr_lambda] * count
        if len(self.lambdas) != count:
            raise ValueError(
                f"Expected {count} lr_lambdas, but got {len(self.lambdas)}"
            )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        return [
            b * f(self.last_epoch)
            for b, f in zip(self.base_lrs, self.lambdas, strict=True)
        ]


class MultiplicativeLR(LambdaLR):
    def get_lr(self) -> list[Any]:
        now = [float(g["lr"].asnumpy()) for g in self.groups]
        if self.last_epoch <= 0:
            return now
        return [
            lr * f(self.last_epoch) for lr, f in zip(now, self.lambdas, strict=True)
        ]


class ConstantLR(LRScheduler):
    def __init__(
        self,
        optimizer: Any,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 <= factor <= 1:
            raise ValueError(
                "Constant multiplicative factor expected to be between 0 and 1."
            )
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, epoch: int) -> float:
        return base * (self.factor if epoch < self.total_iters else 1.0)


class LinearLR(LRScheduler):
    def __init__(
        self,
        optimizer: Any,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError("Factors expected to be between 0 and 1.")
        self.start, self.end, self.total = start_factor, end_factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, epoch: int) -> float:
        part = min(epoch, self.total) / self.total
        return base * schedules.linear_between(self.start, self.end, part)


class PolynomialLR(LRScheduler):
    def __init__(
        self,
        optimizer: Any,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        self.total, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, epoch: int) -> float:
        return schedules.polynomial(base, epoch, self.total, self.power)


class CosineAnnealingLR(LRScheduler):
    def __init__(
        self, optimizer: Any, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.period, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, epoch: int) -> float:
        return schedules.cosine(base, self.eta_min, epoch, self.period)


class CosineAnnealingWarmRestarts(LRScheduler):
    def __init__(
        self,
        optimizer: Any,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        self.first, self.growth, self.eta_min = T_0, T_mult, eta_min
        super().__init__(optimizer, last_epoch)

    def _rate(self, base: float, epoch: int) -> float:
        period, at = self.first, epoch
        while at >= period:
            at, period = at - period, period * self.growth
        return schedules.cosine(base, self.eta_min, at, period)


class CyclicLR(LRScheduler):
    def __init__(
        self,
        optimizer: Any,
        base_lr: Any,
        max_lr: Any,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        last_epoch: int = -1,
    ) -> None:
        count = len(optimizer.param_groups)

        def listed(v: Any) -> list[float]:
            return list(v) if isinstance(v, list | tuple) else [v] * count

        self.low, self.high = listed(base_lr), listed(max_lr)
        down = step_size_up if step_size_down is None else step_size_down
        self.period, self.ratio = (
            step_size_up + down,
            step_size_up / (step_size_up + down),
        )
        self.scale = scale_fn or (lambda x: schedules.cyclic_scale(mode, gamma, x))
        by_cycle = scale_mode == "cycle" if scale_fn else mode != "exp_range"
        self.by_cycle = by_cycle
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        cycle, height = schedules.triangle(self.last_epoch, self.period, self.ratio)
        scale = self.scale(cycle if self.by_cycle else self.last_epoch)
        return [
            lo + (hi - lo) * height * scale
            for lo, hi in zip(self.low, self.high, strict=True)
        ]


class SequentialLR:
    """One schedule after another, from milestones on."""

    def __init__(
        self,
        optimizer: Any,
        schedulers: Sequence[Any],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers "
                "provided to be one more than the number of milestone "
                "points."
            )
        self.schedulers, self.milestones = list(schedulers), list(milestones)
        self.optimizer, self.last_epoch = optimizer, last_epoch + 1
        self.schedulers[0].step(0)

    def step(self) -> None:
        self.last_epoch += 1
        i = bisect_right(self.milestones, self.last_epoch)
        start = i > 0 and self.milestones[i - 1] == self.last_epoch
        self.schedulers[i].step(*((0,) if start else ()))

    def get_last_lr(self) -> list[Any]:
        i = bisect_right(self.milestones, self.last_epoch)
        return self.schedulers[i].get_last_lr()


class ReduceLROnPlateau:
    """Rates times `factor` when a metric has not improved for `patience` epochs."""

    def __init__(
        self,
        optimizer: Any,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0.0,
        eps: float = 1e-8,
    ) -> None:
        if factor >= 1.0:
            raise ValueError("Factor should be < 1.0.")
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"`mode` should be 'min' or 'max' and `threshold_mode` "
                f"'rel' or 'abs', but got {mode}, {threshold_mode}."
            )
        self.optimizer, self.sign = optimizer, 1.0 if mode == "min" else -1.0
        self.factor, self.patience, self.cooldown = factor, patience, cooldown
        self.threshold, self.relative = threshold, threshold_mode == "rel"
        count = len(optimizer.param_groups)
        self.min_lrs = (
            list(min_lr) if isinstance(min_lr, list | tuple) else ([min_lr] * count)
        )
        self.eps, self.best, self.bad, self.resting = eps, inf, 0, 0
        self.last_epoch = 0

    def step(self, metrics: Any) -> None:
        value = self.sign * float(metrics)
        self.last_epoch += 1
        margin = self.threshold * abs(self.best) if self.relative else self.threshold
        if self.best == inf or value < self.best - margin:
            self.best, self.bad = value, 0
        else:
            self.bad += 1
        if self.resting > 0:
            self.resting, self.bad = self.resting - 1, 0
        if self.bad > self.patience:
            self._reduce()
            self.resting, self.bad = self.cooldown, 0

    def _reduce(self) -> None:
        for group, low in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            old = float(group["lr"].asnumpy())
            new = max(old * self.factor, low)
            if old - new > self.eps:
                group["lr"].set_data(Tensor(new, group["lr"].dtype))

    @property
    def in_cooldown(self) -> bool:
        return self.resting > 0

    def get_last_lr(self) -> list[Any]:
        return [g["lr"] for g in self.optimizer.param_groups]
