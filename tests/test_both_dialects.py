"""Tensors of both dialects and of NumPy on one tape."""

from __future__ import annotations

import numpy as np
import pytest

import isograd
import isograd.mindspore as ms
import isograd.torch as torch


def test_a_torch_tensor_made_from_a_mindspore_tensor_keeps_its_graph() -> None:
    def f(x: ms.Tensor) -> ms.Tensor:
        t = torch.as_tensor(x)
        assert isinstance(t, torch.Tensor)
        return ms.Tensor(torch.sin(t) * t)

    x = ms.Tensor([0.5, 2.0], ms.float32)
    expected = np.cos([0.5, 2.0]) * [0.5, 2.0] + np.sin([0.5, 2.0])
    np.testing.assert_allclose(ms.grad(f)(x).asnumpy(), expected, rtol=1e-6)


def test_a_mindspore_tensor_made_from_a_torch_tensor_keeps_its_graph() -> None:
    x = torch.tensor([0.5, 2.0], requires_grad=True)
    m = ms.Tensor(x * 2.0)
    y = torch.as_tensor(ms.ops.exp(m)).sum()
    (g,) = torch.autograd.grad(y, x)
    np.testing.assert_allclose(g.numpy(), 2 * np.exp([1.0, 4.0]), rtol=1e-6)


def test_torch_tensors_as_arguments_of_mindspore_operations() -> None:
    """Mixed operands: the entry point decides the class of the result."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = ms.ops.mul(x, ms.Tensor([3.0, 4.0], ms.float32))
    assert isinstance(y, ms.Tensor)
    torch.as_tensor(y).sum().backward()
    assert x.grad.tolist() == [3.0, 4.0]


def test_mindspore_grad_of_a_function_written_with_torch() -> None:
    def f(x: ms.Tensor) -> torch.Tensor:
        t = torch.as_tensor(x)
        return (t * t * t).sum()

    g = ms.grad(f)(ms.Tensor([1.0, 2.0], ms.float32))
    assert isinstance(g, ms.Tensor)
    np.testing.assert_allclose(g.asnumpy(), [3.0, 12.0])


def test_mindspore_grad_around_torch_autograd_grad() -> None:
    """The derivative of a derivative, one by each dialect: d/dx (3 x^2) = 6 x."""

    def f(x: ms.Tensor) -> ms.Tensor:
        t = torch.as_tensor(x) * 1.0
        (first,) = torch.autograd.grad((t**3).sum(), t, create_graph=True)
        return ms.Tensor(first)

    g = ms.grad(f)(ms.Tensor([1.0, 2.0], ms.float32))
    np.testing.assert_allclose(g.asnumpy(), [6.0, 12.0])


def test_torch_backward_through_mindspore_grad() -> None:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    first = ms.grad(lambda m: m * m * m)(ms.Tensor(x))
    torch.as_tensor(first).sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


def test_the_functional_api_takes_tensors_of_each_dialect() -> None:
    def cube(x):
        return (x * x * x).sum()

    for cls, make in (
        (torch.Tensor, lambda v: torch.tensor(v)),
        (ms.Tensor, lambda v: ms.Tensor(v, ms.float32)),
    ):
        g = isograd.grad(cube)(make([1.0, 2.0]))
        assert isinstance(g, cls)
        np.testing.assert_allclose(np.asarray(isograd_values(g)), [3.0, 12.0])


def isograd_values(t) -> np.ndarray:
    return t.numpy() if isinstance(t, torch.Tensor) else t.asnumpy()


def test_native_grad_of_a_function_written_with_both() -> None:
    def f(x):
        t = torch.as_tensor(x)
        m = ms.Tensor(torch.sin(t))
        return ms.ops.reduce_sum(m * m)

    x = np.array([0.3, 1.1], np.float32)
    np.testing.assert_allclose(isograd.grad(f)(x), np.sin(2 * x), rtol=1e-5)


@pytest.mark.parametrize("outer", ["torch", "mindspore"])
def test_a_write_through_one_dialect_is_seen_by_the_other(outer: str) -> None:
    base = torch.zeros(3) if outer == "torch" else ms.ops.zeros(3, ms.float32)
    other = ms.Tensor(base) if outer == "torch" else torch.as_tensor(base)
    assert isinstance(other, ms.Tensor if outer == "torch" else torch.Tensor)
    assert other.shape == (3,)
