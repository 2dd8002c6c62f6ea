"""`mindspore.mint.nn` has PyTorch's arguments and defaults."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import mint, nn

X = ms.Tensor(np.linspace(-1, 1, 24, dtype=np.float32).reshape(2, 3, 4))
IMAGE = ms.Tensor(np.linspace(-1, 1, 72, dtype=np.float32).reshape(1, 2, 6, 6))


@pytest.mark.parametrize(
    "name, args",
    [
        ("ReLU", ()),
        ("SELU", ()),
        ("GELU", ()),
        ("ELU", (0.5,)),
        ("GLU", ()),
        ("Softmax", (1,)),
        ("LogSoftmax", (1,)),
        ("Hardtanh", (-0.5, 0.5)),
        ("Threshold", (0.1, 2.0)),
        ("PReLU", ()),
        ("LayerNorm", (4,)),
        ("GroupNorm", (3, 3)),
        ("BatchNorm1d", (3,)),
        ("Dropout", (0.5,)),
        ("Flatten", ()),
        ("Linear", (4, 2)),
    ],
)
def test_layers_run_and_differentiate(name: str, args: Any) -> None:
    net = getattr(mint.nn, name)(*args)
    out, grads = ms.value_and_grad(net, 0, net.trainable_params())(X)
    assert grads[0].shape == X.shape and np.isfinite(out.asnumpy()).all()
    assert len(grads[1]) == len(net.trainable_params())


def test_defaults_are_those_of_pytorch() -> None:
    conv = mint.nn.Conv2d(2, 3, 3)
    assert conv(IMAGE).shape == (1, 3, 4, 4) and len(conv.trainable_params()) == 2
    assert mint.nn.Conv2d(2, 3, 3, padding="same")(IMAGE).shape == (1, 3, 6, 6)
    assert mint.nn.MaxPool2d(2)(IMAGE).shape == (1, 2, 3, 3)
    assert mint.nn.AvgPool2d(3, 1, 1)(IMAGE).shape == (1, 2, 6, 6)
    assert mint.nn.ConvTranspose2d(2, 3, 3, 2)(IMAGE).shape == (1, 3, 13, 13)
    a, b = ms.Tensor([1.0, 5.0]), ms.Tensor([0.0, 0.0])
    assert float(mint.nn.SmoothL1Loss()(a, b)) == pytest.approx(2.5)
    assert mint.nn.Embedding(5, 2)(ms.Tensor([1, 2])).shape == (2, 2)


def test_a_network_of_both() -> None:
    net = nn.SequentialCell(mint.nn.Linear(4, 3), mint.nn.ReLU(), nn.Dense(3, 1))
    names = [p.name for p in net.get_parameters()]
    assert names == ["0.weight", "0.bias", "2.weight", "2.bias"]
    opt = mint.optim.AdamW(net.trainable_params(), lr=0.1)
    grads = ms.grad(lambda x: net(x).sum(), None, opt.parameters)(X)
    before = net[0].weight.asnumpy().copy()
    opt(grads)
    assert (net[0].weight.asnumpy() != before).any()
