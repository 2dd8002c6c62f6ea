"""Convolutions on kernels against products of matrices in double precision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd.torch as torch
from isograd.core.primitive import REGISTRY
from isograd.ops.conv import positions

pytest.importorskip("llvmlite")

from isograd.compile import windows


@pytest.fixture(autouse=True)
def whatever_the_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "WORK", 0)


def pairs(rng: np.random.Generator, low: int, high: int, rank: int) -> Any:
    return tuple(int(i) for i in rng.integers(low, high, rank))


def draw(rng: np.random.Generator) -> Any:
    """(x, filters, parameters, number of positions) of a convolution."""
    rank = int(rng.integers(1, 4))
    groups, each, outs = (int(rng.integers(1, n)) for n in (4, 5, 11))
    size, stride = pairs(rng, 1, 4, rank), pairs(rng, 1, 4, rank)
    params = {
        "stride": stride,
        "padding": tuple(pairs(rng, -1, 4, 2) for _ in range(rank)),
        "dilation": pairs(rng, 1, 3, rank),
    }
    space = (*pairs(rng, 5, 9, rank - 1), int(rng.integers(6, 80)))
    count = positions(space, size, **params)
    x = rng.normal(size=(2, groups * each, *space))
    w = rng.normal(size=(groups * outs, each, *size))
    return x, w, {**params, "groups": groups}, count


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("seed", range(40))
def test_as_products_of_matrices(seed: int, dtype: str) -> None:
    rng = np.random.default_rng(seed)
    x, w, params, count = draw(rng)
    if 0 in count:
        pytest.skip("a window that does not fit")
    y = rng.normal(size=(2, w.shape[0], *count))
    x, w, y = (a.astype(dtype) for a in (x, w, y))
    if seed % 3 == 0:
        x = x.T.copy().T
    for name, args, words in (
        ("conv", (x, w), params),
        ("conv_data", (y, w), {"space": x.shape[2:], **params}),
        ("conv_filter", (x, y), {"window": w.shape[2:], **params}),
    ):
        found = windows.KERNELS[name](*args, **words)
        exact = REGISTRY[name].impl(*(a.astype("f8") for a in args), **words)
        assert found.dtype == dtype and found.shape == exact.shape
        tolerance = 3e-6 if dtype == "f4" else 1e-13
        scale = max(1.0, float(np.abs(exact).max(initial=0)))
        np.testing.assert_allclose(found / scale, exact / scale, atol=tolerance)


def test_infinities_stay_where_they_are() -> None:
    x = np.ones((1, 1, 4, 21), "f4")
    x[0, 0, 1, 20] = np.inf
    w, y = np.ones((1, 1, 1, 2), "f4"), np.ones((1, 1, 4, 20), "f4")
    params: Any = {
        "stride": (1, 1),
        "padding": ((0, 0), (0, 0)),
        "dilation": (1, 1),
        "groups": 1,
    }
    out = windows.conv(x, w, **params)
    assert np.isinf(out).sum() == 1 and not np.isnan(out).any()
    grad = windows.conv_filter(x, y, window=(1, 2), **params)
    np.testing.assert_array_equal(grad.reshape(-1), [80, np.inf])


def test_gradients_of_a_large_convolution() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(8, 4, 40, 40)), rng.normal(size=(6, 2, 3, 3))
    grads = []
    for dtype in (torch.float32, torch.float64):
        args = [torch.tensor(a, dtype=dtype, requires_grad=True) for a in (x, w)]
        out = torch.nn.functional.conv2d(*args, stride=2, padding=1, groups=2)
        grads.append(torch.autograd.grad(out.square().mean(), args))
    for found, exact in zip(*grads, strict=True):
        np.testing.assert_allclose(found.numpy(), exact.numpy(), rtol=1e-4, atol=1e-6)
