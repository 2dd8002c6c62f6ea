"""Elementary functions of kernels against float64 (for float32) and 40 digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .helpers import run

special = pytest.importorskip("scipy.special")
pytest.importorskip("llvmlite")

UNARY = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "erf": special.erf,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "expm1": np.expm1,
    "log1p": np.log1p,
    "exp2": np.exp2,
    "log2": np.log2,
    "log10": np.log10,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sqrt": np.sqrt,
    "erfc": special.erfc,
}
EDGES = np.array(
    [
        0.0,
        -0.0,
        np.inf,
        -np.inf,
        np.nan,
        1.0,
        -1.0,
        1e-45,
        -1e-45,
        1e-40,
        1.1754944e-38,
        3.4028235e38,
        -3.4028235e38,
        88.72283,
        88.73,
        -103.97,
        -104.0,
        0.925,
        0.55,
        3.95,
        1.0000001,
        0.99999994,
    ],
    np.float32,
)


def floats() -> np.ndarray:
    """Bit patterns all over float32, subnormals included, and numbers of daily size."""
    rng = np.random.default_rng(0)
    step = np.arange(0, 1 << 32, 9973, dtype=np.uint64).astype(np.uint32)
    daily = rng.uniform(-10, 10, 200_000).astype(np.float32)
    near = (1 + rng.uniform(-0.1, 0.1, 100_000)).astype(np.float32)
    return np.concatenate([step.view(np.float32), daily, near, EDGES])


def ulps(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Distance in units in the last place of float32; inf, nan and signs must agree."""
    target = expected.astype(np.float32)
    same = (found == target) | (np.isnan(found) & np.isnan(target))
    with np.errstate(all="ignore"):
        unit = np.spacing(np.abs(target)).astype(np.float64)
        distance = np.abs(found.astype(np.float64) - expected) / unit
    distance[np.isnan(distance)] = np.inf
    return np.where(same, 0.0, distance)


@pytest.mark.parametrize("name", UNARY)
def test_float32_within_two_ulp_over_the_whole_range(name: str) -> None:
    x = floats()
    with np.errstate(all="ignore"):
        expected = UNARY[name](x.astype(np.float64))
    found = run(name, x)
    assert found.dtype == np.float32
    distance = ulps(found, expected)
    worst = int(distance.argmax())
    assert distance[worst] <= 2, (x[worst], found[worst], expected[worst])
    zero = (found == 0) & (expected == 0)
    assert (np.signbit(found) == np.signbit(expected))[zero].all()


def test_float32_powers_within_two_ulp() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 4, 300_000).astype(np.float32)
    y = rng.uniform(-60, 60, 300_000).astype(np.float32)
    bits = rng.integers(0, 1 << 32, (2, 300_000), dtype=np.uint64).astype(np.uint32)
    more = bits.view(np.float32)
    bases = np.concatenate([EDGES, [2.0, -2.0, 0.5, -0.5, -8.0]]).astype(np.float32)
    powers = np.concatenate([EDGES, [2.0, 3.0, -3.0, 0.5, -0.5, 1e9, 16777217.0]])
    grid = [g.reshape(-1) for g in np.meshgrid(bases, powers.astype(np.float32))]
    x, y = (np.concatenate(p) for p in zip((x, y), more, grid, strict=True))
    with np.errstate(all="ignore"):
        expected = np.power(x.astype(np.float64), y.astype(np.float64))
    distance = ulps(run("pow", x, y), expected)
    worst = int(distance.argmax())
    assert distance[worst] <= 2, (x[worst], y[worst], expected[worst])


def doubles(name: str) -> np.ndarray:
    rng = np.random.default_rng(2)
    bits = rng.integers(0, 1 << 63, 300, dtype=np.uint64).view(np.float64)
    edges = [
        0.0,
        -0.0,
        np.inf,
        -np.inf,
        np.nan,
        5e-324,
        1e-310,
        1.0,
        709.78,
        710.0,
        -745.2,
        -708.5,
        22.0,
        0.55,
        1 - 2**-53,
        1 + 2**-52,
        -1.0,
    ]
    x = np.concatenate(
        [bits, -bits, rng.uniform(-30, 30, 1000), rng.uniform(0.5, 2, 500), edges]
    )
    return x


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "erf", "sin", "log1p", "expm1"])
def test_float64_within_two_ulp(name: str) -> None:
    mpmath = pytest.importorskip("mpmath")
    x = doubles(name)
    found = run(name, x)
    fn = getattr(mpmath, name)
    with mpmath.workdps(40), np.errstate(all="ignore"):
        for a, f in zip(x, found, strict=True):
            check(fn, float(a), float(f), mpmath)


def check(fn: Any, a: float, found: float, mpmath: Any) -> None:
    if np.isnan(a) or (fn is mpmath.sin and np.isinf(a)):
        assert np.isnan(found)
        return
    if (fn is mpmath.log and a < 0) or (fn is mpmath.log1p and a < -1):
        assert np.isnan(found), a
        return
    exact = fn(mpmath.mpf(a))
    nearest = float(exact)
    if not np.isfinite(nearest) or nearest == 0 or not np.isfinite(found):
        assert found == nearest, (a, found)
        return
    assert abs(mpmath.mpf(found) - exact) <= 2 * np.spacing(abs(nearest)), (a, found)
