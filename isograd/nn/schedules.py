"""Formulas of learning rate schedules (cosine: Loshchilov and Hutter 2017; cyclic:
Smith 2017; one cycle: Smith and Topin 2018)."""

from __future__ import annotations

import math
from typing import Any


def cosine(base: float, low: float, at: float, period: float) -> float:
    """Half a cosine from `base` (at 0) to `low` (at the period)."""
    return low + (base - low) * (1 + math.cos(math.pi * at / period)) / 2


def cosine_step(lr: Any, base: float, epoch: int, period: int, low: float) -> Any:
    """The rate at `epoch` from that of the epoch before."""
    if (epoch - 1 - period) % (2 * period) == 0:
        return lr + (base - low) * (1 - math.cos(math.pi / period)) / 2
    return (1 + math.cos(math.pi * epoch / period)) / (
        1 + math.cos(math.pi * (epoch - 1) / period)
    ) * (lr - low) + low


def linear_ratio(epoch: int, start: float, end: float, total: int) -> float:
    """The ratio of a linear ramp's factors at `epoch` and the epoch before."""
    return 1.0 + (end - start) / (total * start + (epoch - 1) * (end - start))


def polynomial(base: float, epoch: int, total: int, power: float) -> float:
    """From `base` (at 0) to zero (from `total` on)."""
    return base * (1.0 - min(epoch, total) / total) ** power


def polynomial_ratio(epoch: int, total: int, power: float) -> float:
    """The ratio of (1 - epoch / total)^power at `epoch` and the epoch before."""
    return ((1.0 - epoch / total) / (1.0 - (epoch - 1) / total)) ** power


def triangle(step: int, period: float, ratio: float) -> tuple[int, float]:
    """(cycle from 1, height in [0, 1]) of a triangular wave; `ratio` rises."""
    cycle = math.floor(1 + step / period)
    x = 1.0 + step / period - cycle
    return cycle, x / ratio if x <= ratio else (x - 1) / (ratio - 1)


def cyclic_scale(mode: str, gamma: float, x: float) -> float:
    """How the height of the wave shrinks with cycles (or steps) x."""
    if mode == "triangular":
        return 1.0
    return 1 / (2.0 ** (x - 1)) if mode == "triangular2" else gamma**x


def cosine_between(start: float, end: float, part: float) -> float:
    return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def linear_between(start: float, end: float, part: float) -> float:
    return (end - start) * part + start


Phase = dict[str, Any]


def one_cycle_phases(total: int, rise: float, three: bool) -> list[Phase]:
    """The phases of one cycle: where each ends, and between what it goes."""
    rows: list[tuple[float, str, str, str, str]] = [
        (rise * total - 1, "initial_lr", "max_lr", "max_momentum", "base_momentum")
    ]
    if three:
        rows += [
            (
                2 * rise * total - 2,
                "max_lr",
                "initial_lr",
                "base_momentum",
                "max_momentum",
            ),
            (total - 1, "initial_lr", "min_lr", "max_momentum", "max_momentum"),
        ]
    else:
        rows.append((total - 1, "max_lr", "min_lr", "base_momentum", "max_momentum"))
    words = ("end_step", "start_lr", "end_lr", "start_momentum", "end_momentum")
    return [dict(zip(words, row, strict=True)) for row in rows]


def phase_at(phases: list[Phase], step: int) -> tuple[Phase, float]:
    """The phase of a step and how much of it has passed."""
    start = 0.0
    for i, phase in enumerate(phases):
        if step <= phase["end_step"] or i == len(phases) - 1:
            return phase, (step - start) / (phase["end_step"] - start)
        start = phase["end_step"]
    raise AssertionError("phases cover every step")


def anneal_weight(kind: str, part: float) -> float:
    """From 0 to 1 as `part` does: linear, or half a cosine."""
    part = max(0.0, min(1.0, part))
    return part if kind == "linear" else (1 - math.cos(math.pi * part)) / 2


def restarted(epoch: float, first: int, factor: int) -> tuple[int, float]:
    """(length of the current cycle, epochs since it began), where the first cycle has
    length `first` and each is `factor` times as long as the one before (Loshchilov and
    Hutter 2017).
    """
    if epoch < first:
        return first, epoch
    if factor == 1:
        return first, epoch % first
    n = int(math.log(epoch / first * (factor - 1) + 1, factor))
    return first * factor**n, epoch - first * (factor**n - 1) / (factor - 1)
