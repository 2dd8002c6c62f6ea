"""Rules of optimisers on kernels do what they do by NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd  # noqa: F401 (names who makes kernels)
from isograd.core.large import LARGE, MAKERS
from isograd.nn import updates

pytest.importorskip("llvmlite")

ADAM = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
CASES: list[tuple[Any, int, dict[str, Any]]] = [
    (updates.sgd, 0, {"lr": 0.1}),
    (updates.sgd, 0, {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    (updates.momentum, 1, {"lr": 0.1, "momentum": 0.9}),
    (
        updates.momentum,
        1,
        {"lr": 0.1, "momentum": 0.9, "dampening": 0.1, "nesterov": True, "first": True},
    ),
    (updates.asgd, 1, {"eta": 0.1, "lambd": 0.1, "mu": 0.3}),
    (updates.adam, 2, {**ADAM, "step": 3}),
    (
        updates.adam,
        3,
        {**ADAM, "step": 3, "weight_decay": 0.1, "decoupled": True},
    ),
    (updates.adam_scaled_rate, 2, {**ADAM, "weight_decay": 0.1}),
]


def arrays(count: int, dtype: str) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    n = 2 * LARGE + 3
    first = [rng.normal(size=n).astype(dtype) for _ in range(2)]
    return first + [rng.uniform(0, 1, n).astype(dtype) for _ in range(count)]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("case", range(len(CASES)))
def test_kernels_of_rules(
    case: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule, count, hyper = CASES[case]
    found = arrays(count, dtype)
    assert MAKERS.update is not None
    assert MAKERS.update(rule, found, hyper)
    expected = arrays(count, dtype)
    monkeypatch.setattr(MAKERS, "update", None)
    updates.apply(rule, expected, **hyper)
    tolerance = 1e-6 if dtype == "f4" else 1e-15
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def test_one_kernel_for_all_steps() -> None:
    from isograd.compile.updates import _KERNELS

    values = arrays(2, "f4")
    updates.apply(updates.adam, values, **ADAM, step=1)
    before = len(_KERNELS)
    for step in range(2, 5):
        updates.apply(updates.adam, values, **{**ADAM, "lr": 0.1 / step}, step=step)
    assert len(_KERNELS) == before


def test_a_rule_without_a_kernel_writes_nothing() -> None:
    def strange(p: Any, g: Any, s: Any, t: Any) -> None:
        p -= g
        p[g > 0] = 1.0

    def late(p: Any, g: Any, buf: Any, s: Any, t: Any) -> None:
        np.multiply(buf, 2.0, out=t)
        buf[...] = g
        p -= t

    p, g, buf = arrays(1, "f4")
    assert MAKERS.update is not None
    for rule, values in ((strange, [p, g]), (late, [p, g, buf])):
        copies = [v.copy() for v in values]
        assert not MAKERS.update(rule, values, {})
        for v, c in zip(values, copies, strict=True):
            np.testing.assert_array_equal(v, c)
    assert not MAKERS.update(updates.sgd, [p, p], {"lr": 0.1})
