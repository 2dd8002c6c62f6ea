"""Covariances with weights of observations, held against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd.torch as ours

theirs = pytest.importorskip("torch")

CASES = [("f",), ("a",), ("f", "a")]


def outcome(torch: Any, names: tuple[str, ...], correction: int) -> list[np.ndarray]:
    x = torch.tensor([[1.0, 2.0, 4.0, 8.0], [3.0, 1.0, 0.0, 5.0]], requires_grad=True)
    weights = {
        "f": torch.tensor([1, 2, 3, 1]),
        "a": torch.tensor([0.1, 0.2, 0.3, 0.4]),
    }
    chosen = {f"{n}weights": weights[n] for n in names}
    out = torch.cov(x, correction=correction, **chosen)
    (out * out).sum().backward()
    return [out.detach().numpy(), x.grad.numpy()]


@pytest.mark.parametrize("names", CASES)
@pytest.mark.parametrize("correction", [0, 1])
def test_weights(names: tuple[str, ...], correction: int) -> None:
    for a, b in zip(
        outcome(ours, names, correction),
        outcome(theirs, names, correction),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-5)
