"""What scripts written for MindSpore showed to differ from MindSpore 2.10."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import nn, ops


def test_backward_hooks_see_the_gradient_of_what_forward_hooks_return() -> None:
    net = nn.ReLU()
    seen: list[Any] = []
    net.register_forward_hook(lambda cell, inputs, out: out + out)
    net.register_backward_hook(lambda cell, gi, go: seen.append((gi[0], go[0])))
    ms.grad(lambda x: net(x) * 3.0)(ms.Tensor([2.0]))
    assert [float(g) for g in seen[0]] == [6.0, 3.0]


def test_the_gelu_operator_is_the_approximation_by_tanh() -> None:
    x = np.array([0.3113439], np.float32)
    want = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    assert ops.GeLU()(ms.Tensor(x)).asnumpy() == pytest.approx(want, rel=1e-6)


def test_loops_as_operators_are_differentiated() -> None:
    def loop(x: Any) -> Any:
        return ops.WhileLoop()(lambda v: v < 20, lambda v: v * x, ms.Tensor(1.0))

    assert float(ms.grad(loop)(ms.Tensor(3.0))) == 27.0  # x^3
    assert float(ops.ForiLoop()(0, 4, lambda i, v: v + i, ms.Tensor(1.0))) == 7.0
    xs = [ms.Tensor(float(i)) for i in (1, 2, 3)]
    last, ys = ops.Scan()(lambda c, x: (c + x, c + x), ms.Tensor(0.0), xs, 3)
    assert float(last) == 6.0
    assert [float(y) for y in ys] == [1.0, 3.0, 6.0]


def test_printed_training_step_and_global_step() -> None:
    net = nn.Dense(2, 1)
    step = nn.TrainOneStepCell(net, nn.SGD(net.trainable_params(), 0.1))
    assert "(grad_reducer): Identity()" in str(step)
    assert str(step.optimizer.global_step) == (
        "Parameter (name=global_step, shape=(1,), dtype=Int32, requires_grad=True)"
    )


def test_tuples_made_inside_a_gradient_are_variables_in_graph_mode() -> None:
    """Two nested gradients of a training step; numbers recorded from MindSpore 2.10."""

    def loss(ps: Any, x: Any) -> Any:
        return ((ops.tanh(x * ps[0]) + ps[1]) ** 2).sum()

    def after_step(a: Any, b: Any, x: Any) -> Any:
        grads = ms.grad(loss, 0)((a, b), x)
        return loss(tuple(p - 0.1 * g for p, g in zip((a, b), grads, strict=True)), x)

    a, b, x = ms.Tensor([0.5, 0.3]), ms.Tensor([0.1, 0.2]), ms.Tensor([1.0, 2.0])
    ms.set_context(mode=ms.GRAPH_MODE)
    try:
        value, (da, db) = ms.value_and_grad(after_step, (0, 1))(a, b, x)
        alone = ms.grad(loss, 0)((a, b), x)
    finally:
        ms.set_context(mode=ms.PYNATIVE_MODE)
    assert float(value) == pytest.approx(0.195826, rel=1e-5)
    assert da.asnumpy() == pytest.approx([0.49449864, 0.80413425], rel=1e-5)
    assert db.asnumpy() == pytest.approx([0.5031507, 0.11502123], rel=1e-5)
    assert alone == ()  # a tuple given from outside is a constant
