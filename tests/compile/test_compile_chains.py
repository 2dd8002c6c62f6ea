"""Regions that run as one job give what they give one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd
import isograd.torch as torch
from isograd.compile import chains, native
from isograd.compile.api import compile as compiled

F = torch.nn.functional


def softmax_twice(x: Any) -> Any:
    return F.softmax(F.softmax(x, -1) * x, -1)


def normalised(x: Any) -> Any:
    return F.layer_norm(x, (x.shape[-1],)) * F.log_softmax(x, -1)


def by_channel(x: Any) -> Any:
    y = x.reshape(4, -1, 8, x.shape[-1] // 8)
    return F.batch_norm(y, None, None, training=True)


def rows_turned(x: Any) -> Any:
    """A row reads the sum of another one."""
    y = x.exp() / x.exp().sum(1, keepdim=True)
    return y + y.sum(1, keepdim=True).flip(0) + y.flip(0) * 2


def rows_moved(x: Any) -> Any:
    s = x.sum(1, keepdim=True)
    return x[1:] - s[:-1] + s[1:]


def columns(x: Any) -> Any:
    return (x / x.sum(0)) * x.amax(0) + x.sum(1, keepdim=True)


def across(x: Any) -> Any:
    s = x.sum(1)
    return x * s[: x.shape[1]] if x.shape[0] >= x.shape[1] else x + s.sum()


FUNCTIONS = [
    softmax_twice,
    normalised,
    by_channel,
    rows_turned,
    rows_moved,
    columns,
    across,
]
SHAPES = [(64, 96), (8, 512), (96, 64), (256, 32)]


@pytest.mark.parametrize("fn", FUNCTIONS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_chains_change_nothing(
    fn: Any, shape: Any, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = torch.from_numpy(np.random.default_rng(0).uniform(0.5, 2, shape).astype(dtype))
    grad = isograd.grad(lambda x: (fn(x) * fn(x).sin()).sum())
    found = [compiled(f)(x).numpy() for f in (fn, grad)]
    monkeypatch.setattr(native, "chained", lambda s: [([one], None, []) for one in s])
    apart = [compiled(f)(x).numpy() for f in (fn, grad)]
    for a, b, f in zip(found, apart, (fn, grad), strict=True):
        np.testing.assert_array_equal(a, b)
        if dtype == "f8":
            np.testing.assert_allclose(a, f(x).numpy(), 1e-9, 1e-9)


def lengths(monkeypatch: pytest.MonkeyPatch, fn: Any, shape: Any) -> list[int]:
    """Of how many regions the jobs of a compiled function are made."""
    found: list[int] = []

    def seen(stages: Any) -> Any:
        parts = chains.chained(stages)
        found.extend(len(part) for part, _, _ in parts)
        return parts

    monkeypatch.setattr(native, "chained", seen)
    compiled(fn)(torch.ones(shape))
    return found


def test_what_stays_in_a_row_is_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lengths(monkeypatch, lambda x: F.softmax(x, -1), (64, 96)) == [4]


def test_what_leaves_its_row_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def fn(x: Any) -> Any:
        return x - x.sum(1, keepdim=True).flip(0)

    assert lengths(monkeypatch, fn, (64, 96)) == [1, 1]


def test_columns_are_not_walked_by_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lengths(monkeypatch, lambda x: x / x.sum(0), (64, 96)) == [1, 1]
