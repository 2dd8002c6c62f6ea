"""Learning rates as functions of a step (or epoch) number."""

from __future__ import annotations

from math import ceil, cos, exp, floor, pi


def _progress(step: float, period: float, stair: bool) -> float:
    return floor(step / period) if stair else step / period


def exponential(
    lr: float, rate: float, step: float, period: float, stair: bool
) -> float:
    return lr * rate ** _progress(step, period, stair)


def natural_exponential(
    lr: float, rate: float, step: float, period: float, stair: bool
) -> float:
    return lr * exp(-rate * (floor(step / period) * period if stair else step))


def inverse(lr: float, rate: float, step: float, period: float, stair: bool) -> float:
    return lr / (1 + rate * _progress(step, period, stair))


def cosine(low: float, high: float, step: float, period: float) -> float:
    """Half a cosine from `high` to `low`, then constant."""
    return low + 0.5 * (high - low) * (1 + cos(pi * min(step, period) / period))


def polynomial(
    lr: float, end: float, step: float, period: float, power: float, update: bool
) -> float:
    """From `lr` to `end`; with `update` the period grows to the next multiple."""
    if update:
        period *= max(1, ceil(step / period))
    return (lr - end) * (1 - min(step, period) / period) ** power + end


def warmup(lr: float, step: float, period: float) -> float:
    return lr * min(step, period) / period
