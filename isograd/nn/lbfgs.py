"""Limited-memory BFGS: Nocedal and Wright, Numerical Optimization, 2nd ed.

Algorithm 7.4 (two-loop recursion); 3.5 and 3.6 (line search for the strong Wolfe
conditions); cubic interpolation: equation 3.59.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

Array = np.ndarray
Evaluate = Callable[[float, Array], tuple[float, Array]]


def first_step(gradient: Array, rate: float) -> float:
    """The step along -gradient where no curvature is known: at most of length 1."""
    return min(1.0, 1.0 / float(np.abs(gradient).sum())) * rate


def curvature(change: Array, step: Array) -> tuple[Any, Any] | None:
    """(1 / (change . step), scale of the inverse Hessian), equation 7.20; None where
    the curvature along the step is not positive enough to keep the pair.
    """
    product = np.dot(change, step)
    if product <= 1e-10:
        return None
    return 1.0 / product, product / np.dot(change, change)


def direction(
    gradient: Array,
    steps: list[Array],
    changes: list[Array],
    curvatures: list[Any],
    scale: Any,
) -> Array:
    """The quasi-Newton direction from pairs of steps and changes of the gradient.

    `curvatures` holds 1 / (change . step) of each pair, `scale` the initial inverse
    Hessian's diagonal.
    """
    q = -gradient
    alphas: list[Any] = [0.0] * len(steps)
    for i in range(len(steps) - 1, -1, -1):
        alphas[i] = np.dot(steps[i], q) * curvatures[i]
        q = q - alphas[i] * changes[i]
    r = q * scale
    for i in range(len(steps)):
        beta = np.dot(changes[i], r) * curvatures[i]
        r = r + steps[i] * (alphas[i] - beta)
    return r


def cubic_minimum(
    x1: float,
    f1: float,
    g1: float,
    x2: float,
    f2: float,
    g2: float,
    bounds: tuple[float, float] | None = None,
) -> float:
    """The minimum of the cubic through two points with their slopes, in bounds."""
    low, high = bounds if bounds is not None else (min(x1, x2), max(x1, x2))
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1 * d1 - g1 * g2
    if square < 0:
        return (low + high) / 2.0
    d2 = sqrt(square)
    if x1 <= x2:
        found = x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
    else:
        found = x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(found, low), high)


class WolfeSearch:
    """A line search along `d`; `evaluate(t, d)` gives value and gradient at x + t d."""

    def __init__(
        self,
        evaluate: Evaluate,
        d: Array,
        f: float,
        g: Array,
        slope: float,
        c1: float = 1e-4,
        c2: float = 0.9,
        tolerance: float = 1e-9,
        limit: int = 25,
    ) -> None:
        self.evaluate, self.d = evaluate, d
        self.f, self.g, self.slope = f, g, slope
        self.c1, self.c2, self.tolerance, self.limit = c1, c2, tolerance, limit
        self.calls = 0

    def at(self, t: float) -> tuple[float, Array, float]:
        f, g = self.evaluate(t, self.d)
        self.calls += 1
        return f, g, float(np.dot(g, self.d))

    def search(self, t: float) -> tuple[float, Array, float, int]:
        """(value, gradient, step, number of evaluations)."""
        norm = float(np.max(np.abs(self.d)))
        f, g, slope = self.at(t)
        bracket, done = self._bracket(t, f, g, slope)
        if not done:
            self._zoom(bracket, norm)
        low = 0 if len(bracket) == 1 or bracket[0][1] <= bracket[-1][1] else 1
        t, f, g, _ = bracket[low]
        return f, g, t, self.calls

    def _bracket(self, t: float, f: float, g: Array, slope: float) -> Any:
        """Points (t, f, g, slope) around a minimum; whether the first satisfies it."""
        t0, f0, g0, slope0 = 0.0, self.f, self.g, self.slope
        for i in range(self.limit):
            here = (t, f, g, slope)
            above = f > self.f + self.c1 * t * self.slope
            if (
                above
                or (i > 0 and f >= f0)
                or (slope >= 0 and abs(slope) > -self.c2 * self.slope)
            ):
                return [(t0, f0, g0, slope0), here], False
            if abs(slope) <= -self.c2 * self.slope:
                return [here], True
            low, high = t + 0.01 * (t - t0), t * 10
            before = t
            t = cubic_minimum(t0, f0, slope0, t, f, slope, (low, high))
            t0, f0, g0, slope0 = before, f, g, slope
            f, g, slope = self.at(t)
        return [(0.0, self.f, self.g, self.slope), (t, f, g, slope)], False

    def _zoom(self, bracket: list[Any], norm: float) -> None:
        stuck = False
        low, high = (0, 1) if bracket[0][1] <= bracket[1][1] else (1, 0)
        while self.calls < self.limit:
            (ta, fa, _, sa), (tb, fb, _, sb) = bracket
            if abs(tb - ta) * norm < self.tolerance:
                return
            t = cubic_minimum(ta, fa, sa, tb, fb, sb)
            t, stuck = _inside(t, min(ta, tb), max(ta, tb), stuck)
            f, g, slope = self.at(t)
            if f > self.f + self.c1 * t * self.slope or f >= bracket[low][1]:
                bracket[high] = (t, f, g, slope)
                low, high = (0, 1) if bracket[0][1] <= bracket[1][1] else (1, 0)
                continue
            if abs(slope) <= -self.c2 * self.slope:
                bracket[low] = (t, f, g, slope)
                return
            if slope * (bracket[high][0] - bracket[low][0]) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = (t, f, g, slope)


def _inside(t: float, low: float, high: float, stuck: bool) -> tuple[float, bool]:
    """Keep a trial point off the ends, after it was close to one before."""
    margin = 0.1 * (high - low)
    if min(high - t, t - low) >= margin:
        return t, False
    if stuck or t >= high or t <= low:
        return (high - margin if abs(t - high) < abs(t - low) else low + margin), False
    return t, True
