"""Dropout that draws nothing: probabilities of zero and one, empty tensors."""

from __future__ import annotations

from typing import Any

import pytest

import isograd.torch as ours

torch = pytest.importorskip("torch")

FUNCTIONS = {
    "dropout": lambda t, x, p: t.nn.functional.dropout(x, p),
    "in place": lambda t, x, p: t.nn.functional.dropout(x * 1, p, True, True),
    "alpha": lambda t, x, p: t.nn.functional.alpha_dropout(x, p, True),
    "feature alpha": lambda t, x, p: t.nn.functional.feature_alpha_dropout(x, p, True),
    "channels": lambda t, x, p: t.nn.functional.dropout1d(x, p),
    "module": lambda t, x, p: t.nn.Dropout(p)(x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 0, 4)])
@pytest.mark.parametrize("leaf", [False, True])
def test_dropout_that_draws_nothing(
    name: str, p: float, shape: Any, leaf: bool
) -> None:
    def seen(t: Any) -> Any:
        x = t.ones(shape, requires_grad=leaf)
        t.manual_seed(0)
        y = FUNCTIONS[name](t, x, p)
        node = y.grad_fn and y.grad_fn.name()
        return y.tolist(), y is x, node, t.rand(1).item()

    assert seen(ours) == seen(torch)
