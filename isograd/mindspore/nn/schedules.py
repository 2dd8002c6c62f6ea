"""Learning rates by step: cells (`nn.CosineDecayLR`) and lists (`nn.cosine_decay_lr`).

The formulas are those of `isograd.nn.decays`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd.core.tensor import Tensor as CoreTensor
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.tensor import Tensor
from isograd.nn import decays


class LearningRateSchedule(Cell):
    """Base: `construct(global_step)` gives the rate of a step."""

    def construct(self, global_step: Any) -> Any:
        raise NotImplementedError

    def _number(self, global_step: Any) -> float:
        if isinstance(global_step, CoreTensor):
            return float(global_step.array().reshape(-1)[0])  # type: ignore[attr-defined]  # justified: a Tensor of this dialect
        return float(global_step)


def _positive(owner: str, **values: Any) -> None:
    for name, v in values.items():
        if isinstance(v, bool) or not isinstance(v, int):
            raise TypeError(
                f"For '{owner}', the '{name}' must be int, but got {type(v).__name__}."
            )
        if v <= 0:
            raise ValueError(
                f"For '{owner}', the '{name}' must be greater than 0, but got {v}."
            )


def _rates(owner: str, **values: Any) -> None:
    for name, v in values.items():
        if isinstance(v, bool) or not isinstance(v, float):
            raise TypeError(
                f"For '{owner}', the '{name}' must be float, but got "
                f"{type(v).__name__}."
            )
        if v <= 0:
            raise ValueError(
                f"For '{owner}', the '{name}' must be greater than 0, but got {v}."
            )


class _Decay(LearningRateSchedule):
    _rule: Callable[..., float]

    def __init__(
        self,
        learning_rate: float,
        decay_rate: float,
        decay_steps: int,
        is_stair: bool = False,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        _rates(name, learning_rate=learning_rate, decay_rate=decay_rate)
        _positive(name, decay_steps=decay_steps)
        self.learning_rate, self.decay_rate = learning_rate, decay_rate
        self.decay_steps, self.is_stair = decay_steps, is_stair

    def construct(self, global_step: Any) -> Any:
        step = self._number(global_step)
        return Tensor(
            type(self)._rule(
                self.learning_rate,
                self.decay_rate,
                step,
                self.decay_steps,
                self.is_stair,
            ),
            dtypes.float32,
        )


class ExponentialDecayLR(_Decay):
    _rule = staticmethod(decays.exponential)


class NaturalExpDecayLR(_Decay):
    _rule = staticmethod(decays.natural_exponential)


class InverseDecayLR(_Decay):
    _rule = staticmethod(decays.inverse)


class CosineDecayLR(LearningRateSchedule):
    def __init__(self, min_lr: float, max_lr: float, decay_steps: int) -> None:
        super().__init__()
        _positive("CosineDecayLR", decay_steps=decay_steps)
        _rates("CosineDecayLR", max_lr=max_lr)
        if not isinstance(min_lr, float):
            raise TypeError(
                "For 'CosineDecayLR', the type of 'min_lr' must be float, "
                f"but got {type(min_lr)}."
            )
        if min_lr >= max_lr:
            raise ValueError(
                "For 'CosineDecayLR', the 'max_lr' must be greater than "
                f"the 'min_lr', but got 'max_lr' value: {max_lr}, "
                f"'min_lr' value: {min_lr}."
            )
        self.min_lr, self.max_lr, self.decay_steps = min_lr, max_lr, decay_steps

    def construct(self, global_step: Any) -> Any:
        return Tensor(
            decays.cosine(
                self.min_lr, self.max_lr, self._number(global_step), self.decay_steps
            ),
            dtypes.float32,
        )


class PolynomialDecayLR(LearningRateSchedule):
    def __init__(
        self,
        learning_rate: float,
        end_learning_rate: float,
        decay_steps: int,
        power: float,
        update_decay_steps: bool = False,
    ) -> None:
        super().__init__()
        _rates("PolynomialDecayLR", learning_rate=learning_rate, power=power)
        _positive("PolynomialDecayLR", decay_steps=decay_steps)
        self.learning_rate, self.end_learning_rate = learning_rate, end_learning_rate
        self.decay_steps, self.power = decay_steps, power
        self.update_decay_steps = update_decay_steps

    def construct(self, global_step: Any) -> Any:
        return Tensor(
            decays.polynomial(
                self.learning_rate,
                self.end_learning_rate,
                self._number(global_step),
                self.decay_steps,
                self.power,
                self.update_decay_steps,
            ),
            dtypes.float32,
        )


class WarmUpLR(LearningRateSchedule):
    def __init__(self, learning_rate: float, warmup_steps: int) -> None:
        super().__init__()
        if not isinstance(learning_rate, float) or learning_rate < 0:
            raise TypeError(
                "For 'WarmUpLR', the type of 'learning_rate' must be "
                f"float, but got {type(learning_rate)}."
            )
        _positive("WarmUpLR", warmup_steps=warmup_steps)
        self.learning_rate, self.warmup_steps = learning_rate, warmup_steps

    def construct(self, global_step: Any) -> Any:
        return Tensor(
            decays.warmup(
                self.learning_rate, self._number(global_step), self.warmup_steps
            ),
            dtypes.float32,
        )


# --- lists ----------------------------------------------------------------------------


def piecewise_constant_lr(milestone: Any, learning_rates: Any) -> list[float]:
    """`learning_rates[i]` up to step `milestone[i]`."""
    if not isinstance(milestone, tuple | list) or not isinstance(
        learning_rates, tuple | list
    ):
        raise TypeError(
            "For 'piecewise_constant_lr', 'milestone' and 'learning_rates' "
            "must be list or tuple."
        )
    if len(milestone) != len(learning_rates):
        raise ValueError(
            "For 'piecewise_constant_lr', the size of 'milestone' must be "
            f"same with the size of 'learning_rates', but got {milestone} "
            f"and {learning_rates}."
        )
    out: list[float] = []
    for m, lr in zip(milestone, learning_rates, strict=True):
        if not isinstance(m, int) or m <= len(out):
            raise ValueError(
                "For 'piecewise_constant_lr', the value of milestone must "
                f"be greater than the previous one, but got {milestone}."
            )
        out += [lr] * (m - len(out))
    return out


def _by_epoch(total_step: int, step_per_epoch: int, rate: Any) -> list[float]:
    _positive("dynamic_lr", total_step=total_step, step_per_epoch=step_per_epoch)
    return [rate(i // step_per_epoch) for i in range(total_step)]


def _decay_list(rule: Callable[..., float], name: str) -> Callable[..., list[float]]:
    def function(
        learning_rate: float,
        decay_rate: float,
        total_step: int,
        step_per_epoch: int,
        decay_epoch: int,
        is_stair: bool = False,
    ) -> list[float]:
        _rates(name, learning_rate=learning_rate, decay_rate=decay_rate)
        _positive(name, decay_epoch=decay_epoch)
        return _by_epoch(
            total_step,
            step_per_epoch,
            lambda e: rule(learning_rate, decay_rate, e, decay_epoch, is_stair),
        )

    function.__name__ = name
    function.__doc__ = "A list of rates, one for each step."
    return function


exponential_decay_lr = _decay_list(decays.exponential, "exponential_decay_lr")
natural_exp_decay_lr = _decay_list(decays.natural_exponential, "natural_exp_decay_lr")
inverse_decay_lr = _decay_list(decays.inverse, "inverse_decay_lr")


def cosine_decay_lr(
    min_lr: float, max_lr: float, total_step: int, step_per_epoch: int, decay_epoch: int
) -> list[float]:
    if not isinstance(min_lr, float):
        raise TypeError(
            "For 'cosine_decay_lr', the argument 'min_lr' must be type of "
            f"float, but got 'min_lr' type: {type(min_lr)}."
        )
    if min_lr >= max_lr or min_lr < 0:
        raise ValueError(
            "For 'cosine_decay_lr', the 'max_lr' must be greater than the "
            f"'min_lr', but got 'max_lr' value: {max_lr}, 'min_lr' value: "
            f"{min_lr}."
        )
    _positive("cosine_decay_lr", decay_epoch=decay_epoch)
    return _by_epoch(
        total_step,
        step_per_epoch,
        lambda e: decays.cosine(min_lr, max_lr, e, decay_epoch),
    )


def polynomial_decay_lr(
    learning_rate: float,
    end_learning_rate: float,
    total_step: int,
    step_per_epoch: int,
    decay_epoch: int,
    power: float,
    update_decay_epoch: bool = False,
) -> list[float]:
    _rates("polynomial_decay_lr", learning_rate=learning_rate, power=power)
    _positive("polynomial_decay_lr", decay_epoch=decay_epoch)
    return _by_epoch(
        total_step,
        step_per_epoch,
        lambda e: decays.polynomial(
            learning_rate, end_learning_rate, e, decay_epoch, power, update_decay_epoch
        ),
    )


def warmup_lr(
    learning_rate: float, total_step: int, step_per_epoch: int, warmup_epoch: int
) -> list[float]:
    if not isinstance(learning_rate, float):
        raise TypeError(
            "For 'warmup_lr', the type of 'learning_rate' must be float, "
            f"but got {type(learning_rate)}."
        )
    _positive("warmup_lr", warmup_epoch=warmup_epoch)
    return _by_epoch(
        total_step,
        step_per_epoch,
        lambda e: decays.warmup(learning_rate, e, warmup_epoch),
    )
