"""Sums are accumulated at least as accurately as in PyTorch, in every precision.

Both are compared with the same function in float64 of the same (rounded) operands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.base.dtypes import bfloat16
from isograd.core.primitive import BOUND as F

torch: Any = pytest.importorskip("torch")
fn: Any = torch.nn.functional

EPSILON = {"float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
ROWS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sum": (lambda x: F.sum(x, axes=(0,)), lambda x: x.sum(0)),
    "sum of rows": (lambda x: F.sum(x, axes=(1,)), lambda x: x.sum(1)),
    "mean": (lambda x: F.mean(x, axes=(0,)), lambda x: x.mean(0)),
    "var": (lambda x: F.var(x, axes=(0,), correction=1), lambda x: x.var(0)),
    "std": (lambda x: F.std(x, axes=(1,), correction=1), lambda x: x.std(1)),
    "norm": (
        lambda x: F.norm(x, axes=(0,), ord=2, safe=True),
        lambda x: torch.linalg.vector_norm(x, 2, 0),
    ),
    "norm-1": (
        lambda x: F.norm(x, axes=(0,), ord=1, safe=True),
        lambda x: torch.linalg.vector_norm(x, 1, 0),
    ),
    "norm-3": (
        lambda x: F.norm(x, axes=(0,), ord=3, safe=True),
        lambda x: torch.linalg.vector_norm(x, 3, 0),
    ),
    "logsumexp": (lambda x: F.logsumexp(x, axes=(0,)), lambda x: x.logsumexp(0)),
    "softmax": (lambda x: F.softmax(x, axis=0), lambda x: fn.softmax(x, 0)),
    "log_softmax": (lambda x: F.log_softmax(x, axis=1), lambda x: fn.log_softmax(x, 1)),
    "cumsum": (lambda x: F.cumsum(x, axis=0, reverse=False), lambda x: x.cumsum(0)),
    "cumprod": (lambda x: F.cumprod(x, axis=1, reverse=False), lambda x: x.cumprod(1)),
    "logcumsumexp": (lambda x: F.logcumsumexp(x, axis=0), lambda x: x.logcumsumexp(0)),
    "mse_loss": (
        lambda x: F.mse_loss(x, x * 0, reduction="mean"),
        lambda x: fn.mse_loss(x, x * 0),
    ),
}


@pytest.mark.parametrize("dtype", EPSILON)
@pytest.mark.parametrize("name", ROWS)
def test_errors_are_no_larger_than_pytorchs(name: str, dtype: str) -> None:
    ours, theirs = ROWS[name]
    d = bfloat16() if dtype == "bfloat16" else np.dtype(dtype)
    x = np.random.default_rng(0).uniform(0.5, 1.5, (5000, 7)).astype(d)
    exact = theirs(torch.tensor(x.astype(np.float64))).numpy()
    found = ours(x)
    assert found.dtype == d
    pytorch = theirs(torch.tensor(x.astype(np.float32)).to(getattr(torch, dtype)))

    def error(a: np.ndarray) -> float:
        return float(np.max(np.abs(a.astype(np.float64) - exact) / np.abs(exact)))

    assert error(found) <= 1.5 * error(pytorch.double().numpy()) + EPSILON[dtype]
