"""`mindspore.experimental.optim` against `torch.optim`: it has PyTorch's rules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore.experimental import optim
from isograd.mindspore.experimental.optim import lr_scheduler

torch = pytest.importorskip("torch")
START = [1.0, -2.0, 0.5]

CASES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.1}),
    ("Adamax", {"lr": 0.1}),
    ("NAdam", {"lr": 0.1}),
    ("RAdam", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.1, "momentum": 0.5, "centered": True}),
    ("Rprop", {"lr": 0.1}),
    ("ASGD", {"lr": 0.1}),
    ("Adadelta", {"lr": 1.0}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.1}),
]


def gradient(w: np.ndarray) -> np.ndarray:
    return (2 * w * np.array([1.0, 0.25, 4.0])).astype(np.float32)


@pytest.mark.parametrize("name, settings", CASES)
def test_steps(name: str, settings: dict[str, Any]) -> None:
    w = ms.Parameter(ms.Tensor(START, ms.float32), "w")
    t = torch.tensor(START, requires_grad=True)
    ours = getattr(optim, name)([w], **settings)
    theirs = getattr(torch.optim, name)([t], **settings)
    for _ in range(8):
        ours((ms.Tensor(gradient(w.asnumpy())),))
        t.grad = torch.tensor(gradient(t.detach().numpy()))
        theirs.step()
        np.testing.assert_allclose(
            w.asnumpy(), t.detach().numpy(), rtol=2e-5, atol=2e-6
        )


SCHEDULES: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("StepLR", (2,), {}),
    ("MultiStepLR", ([2, 5],), {}),
    ("ExponentialLR", (0.9,), {}),
    ("LambdaLR", (lambda e: 1 / (1 + e),), {}),
    ("MultiplicativeLR", (lambda e: 0.9,), {}),
    ("ConstantLR", (), {}),
    ("LinearLR", (), {}),
    ("PolynomialLR", (4, 2.0), {}),
    ("CosineAnnealingLR", (4,), {}),
    ("CosineAnnealingWarmRestarts", (2, 2), {}),
    ("CyclicLR", (0.01, 0.1, 3), {"mode": "triangular2"}),
]


@pytest.mark.parametrize("name, args, settings", SCHEDULES)
@pytest.mark.filterwarnings("ignore:Detected call of")
def test_schedules(name: str, args: Any, settings: Any) -> None:
    w = ms.Parameter(ms.Tensor(START, ms.float32), "w")
    ours = optim.SGD([w], lr=0.1)
    theirs = torch.optim.SGD([torch.tensor(START, requires_grad=True)], lr=0.1)
    if name == "CyclicLR":
        b = torch.optim.lr_scheduler.CyclicLR(
            theirs, *args, cycle_momentum=False, **settings
        )
    else:
        b = getattr(torch.optim.lr_scheduler, name)(theirs, *args, **settings)
    a = getattr(lr_scheduler, name)(ours, *args, **settings)
    for _ in range(9):
        np.testing.assert_allclose(
            float(a.get_last_lr()[0].asnumpy()),
            b.get_last_lr()[0],
            rtol=1e-5,
            atol=1e-9,
        )
        a.step()
        b.step()
