"""Optimizers against steps recorded from MindSpore 2.10, and their arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import nn

# three steps of w = [1, -2, 0.5] along the gradient of sum((w x)^2), x = [1, 0.5, 2]
RECORDED: dict[str, tuple[Any, list[list[float]]]] = {
    "sgd": (
        lambda p: nn.SGD(p, 0.1),
        [[0.8, -1.9, 0.1], [0.64, -1.805, 0.02], [0.512, -1.71475, 0.004]],
    ),
    "sgd nesterov": (
        lambda p: nn.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
        [
            [0.6181, -1.8062, -0.26095],
            [0.219237626, -1.548559189, -0.188215181],
            [-0.111651093, -1.249531746, -0.02442801],
        ],
    ),
    "momentum": (
        lambda p: nn.Momentum(p, 0.1, 0.9),
        [[0.8, -1.9, 0.1], [0.46, -1.715, -0.34], [0.062, -1.46275, -0.464]],
    ),
    "adam": (
        lambda p: nn.Adam(p, 0.1, weight_decay=0.1),
        [
            [0.9, -1.9, 0.4],
            [0.800412595, -1.800166845, 0.301187783],
            [0.701587319, -1.700624466, 0.204872280],
        ],
    ),
    "rmsprop": (
        lambda p: nn.RMSProp(p, 0.1),
        [
            [0.824588418, -1.9, 0.247017801],
            [0.687251329, -1.804533482, 0.125406489],
            [0.574523032, -1.713046312, 0.061662838],
        ],
    ),
    "adagrad": (
        lambda p: nn.Adagrad(p, learning_rate=0.1),
        [
            [0.901227057, -1.904653788, 0.400311053],
            [0.834737301, -1.837430358, 0.337930620],
            [0.782299221, -1.783019543, 0.291336507],
        ],
    ),
    "adamax": (
        lambda p: nn.AdaMax(p, 0.1),
        [
            [0.9, -1.9, 0.4],
            [0.805168331, -1.802534103, 0.310436755],
            [0.715499520, -1.707648277, 0.230909765],
        ],
    ),
    "adadelta": (
        lambda p: nn.Adadelta(p, 0.1),
        [
            [0.999683797, -1.999683738, 0.499683768],
            [0.999359429, -1.999359369, 0.499359429],
            [0.999029458, -1.999029398, 0.499029577],
        ],
    ),
    "ftrl": (
        lambda p: nn.FTRL(p, learning_rate=0.1),
        [
            [0.745053291, -1.301630974, 0.360905528],
            [0.685781956, -1.248904586, 0.302498251],
            [0.637889564, -1.203762293, 0.258529395],
        ],
    ),
    "rates by step": (
        lambda p: nn.SGD(p, learning_rate=[0.1, 0.01, 0.001]),
        [
            [0.8, -1.9, 0.1],
            [0.784, -1.8905, 0.092],
            [0.782432, -1.889554739, 0.091263995],
        ],
    ),
}


def steps(make: Any, count: int = 3) -> list[np.ndarray]:
    w = ms.Parameter(ms.Tensor([1.0, -2.0, 0.5], ms.float32), "w")
    optimizer = make([w])
    gradient = ms.value_and_grad(lambda x: ((w * x) ** 2).sum(), None, [w])
    out = []
    for _ in range(count):
        _, g = gradient(ms.Tensor([1.0, 0.5, 2.0], ms.float32))
        optimizer(g)
        out.append(w.asnumpy().copy())
    return out


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_steps(name: str) -> None:
    make, expected = RECORDED[name]
    # MindSpore's own kernels round their float32 steps in another order
    np.testing.assert_allclose(steps(make), expected, rtol=2e-5, atol=2e-6)


def objective(w: np.ndarray) -> float:
    return float(np.sum((w * [1.0, 0.5, 2.0]) ** 2))


@pytest.mark.parametrize(
    "make",
    [
        lambda p: nn.Adam(p, 0.1, use_amsgrad=True),
        lambda p: nn.Adam(p, 0.1, use_nesterov=True),
        lambda p: nn.AdamWeightDecay(p, 0.1),
        lambda p: nn.Lamb(p, 0.1),
        lambda p: nn.LazyAdam(p, 0.1),
        lambda p: nn.ProximalAdagrad(p, learning_rate=0.1),
        lambda p: nn.RMSProp(p, 0.01, centered=True, momentum=0.9),
        lambda p: nn.ASGD(p, 0.1),
        lambda p: nn.Rprop(p, 0.1),
        lambda p: nn.AdaFactor(p),
        lambda p: nn.LARS(nn.Momentum(p, 0.1, 0.9), coefficient=0.5),
    ],
)
def test_all_go_down(make: Any) -> None:
    path = steps(make, 5)
    assert objective(path[-1]) < objective(path[0]) < objective(np.array([1, -2, 0.5]))


def test_groups_have_rates_and_decays_of_their_own() -> None:
    a, b = (ms.Parameter(ms.Tensor([1.0], ms.float32), n) for n in "ab")
    optimizer = nn.SGD(
        [{"params": [a], "lr": 0.5}, {"params": [b], "weight_decay": 1.0}],
        learning_rate=0.1,
    )
    optimizer((ms.Tensor([1.0], ms.float32), ms.Tensor([1.0], ms.float32)))
    np.testing.assert_allclose(a.asnumpy(), [0.5])
    np.testing.assert_allclose(b.asnumpy(), [1 - 0.1 * 2.0], rtol=1e-6)
    assert [float(r.asnumpy()) for r in optimizer.get_lr()] == pytest.approx([0.5, 0.1])


def test_schedules_are_asked_at_each_step() -> None:
    schedule = nn.ExponentialDecayLR(0.1, 0.5, 1)
    found = steps(lambda p: nn.SGD(p, schedule))
    w, want = np.array([1.0, -2.0, 0.5]), []
    for lr in (0.1, 0.05, 0.025):
        w = w - lr * 2 * w * np.array([1.0, 0.25, 4.0])
        want.append(w)
    np.testing.assert_allclose(found, want, rtol=1e-5)


@pytest.mark.parametrize(
    "make, error, text",
    [
        (
            lambda w: nn.SGD([w, ms.Parameter(ms.Tensor([1.0]), "w")], 0.1),
            ValueError,
            "The value Parameter (name=w, shape=(1,), dtype=Float32, requires_grad=True) , "
            "its name 'w' already exists. Please set a unique name for the parameter.",
        ),
        (
            lambda w: nn.SGD([], 0.1),
            ValueError,
            "For 'Optimizer', the argument parameters must not be empty.",
        ),
        (
            lambda w: nn.SGD([w], -0.1),
            ValueError,
            "For 'SGD', the 'learning rate' must be float and must >= 0, but got "
            "'-0.1' with type 'float'.",
        ),
    ],
)
def test_bad_arguments(make: Any, error: Any, text: str) -> None:
    with pytest.raises(error) as caught:
        make(ms.Parameter(ms.Tensor([1.0], ms.float32), "w"))
    assert str(caught.value) == text


def test_learning_rate_lists() -> None:
    assert nn.piecewise_constant_lr([2, 5], [0.1, 0.05]) == [0.1, 0.1, 0.05, 0.05, 0.05]
    half = nn.exponential_decay_lr(0.1, 0.5, 4, 2, 1)
    assert half == pytest.approx([0.1, 0.1, 0.05, 0.05])
    wave = nn.cosine_decay_lr(0.0, 1.0, 3, 1, 2)
    assert wave == pytest.approx([1.0, 0.5, 0.0])
    line = nn.polynomial_decay_lr(0.1, 0.01, 4, 1, 3, 1.0)
    assert line == pytest.approx([0.1, 0.07, 0.04, 0.01])
    assert nn.warmup_lr(0.1, 4, 1, 2) == pytest.approx([0.0, 0.05, 0.1, 0.1])
    assert nn.inverse_decay_lr(0.1, 1.0, 3, 1, 1) == pytest.approx([0.1, 0.05, 0.1 / 3])
    step = ms.Tensor(3, ms.int32)
    assert float(nn.WarmUpLR(0.1, 6)(step)) == pytest.approx(0.05)
    assert float(nn.CosineDecayLR(0.0, 1.0, 6)(step)) == pytest.approx(0.5)
