"""Derivatives of, inside of and through compiled functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import isograd
import isograd.torch as torch

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4))
V = RNG.normal(size=(3, 4))


def scalar(x: Any) -> Any:
    return (np.tanh(x) * x + np.exp(-x * x)).sum()


def vector(x: Any) -> Any:
    return np.sin(x[..., 1:] * x[..., :-1]).sum(-1) * 0.5


def hvp(f: Any) -> Callable[[Any], Any]:
    return lambda x: isograd.jvp(isograd.grad(f), (x,), (V,))[1]


def vjp_of_jvp(f: Any) -> Callable[[Any], Any]:
    def push(x: Any) -> Any:
        return isograd.jvp(f, (x,), (V,))[1]

    return lambda x: isograd.vjp(push, x)[1](np.ones(()))[0]


def jvp_of_vjp(f: Any) -> Callable[[Any], Any]:
    def pull(x: Any) -> Any:
        return isograd.vjp(f, x)[1](np.ones(()))[0]

    return lambda x: isograd.jvp(pull, (x,), (V,))[1]


INSIDE: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "grad": isograd.grad,
    "value_and_grad": isograd.value_and_grad,
    "grad of vmap": lambda f: isograd.grad(lambda x: isograd.vmap(f)(x).sum()),
    "vmap of grad": lambda f: isograd.vmap(isograd.grad(f)),
    "jvp of vjp": jvp_of_vjp,
    "vjp of jvp": vjp_of_jvp,
    "forward over reverse": hvp,
    "hessian": isograd.hessian,
    "third": lambda f: isograd.grad(
        lambda x: (isograd.grad(lambda y: (isograd.grad(f)(y) ** 2).sum())(x)).sum()
    ),
}


def close(a: Any, b: Any) -> None:
    for x, y in zip(
        np.atleast_1d(a) if not isinstance(a, tuple) else a,
        np.atleast_1d(b) if not isinstance(b, tuple) else b,
        strict=True,
    ):
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", INSIDE)
def test_transforms_inside(name: str, executor: str) -> None:
    fn = INSIDE[name](scalar)
    compiled = isograd.compile(fn, executor=executor)
    for x in (X, X + 1):
        close(compiled(x), fn(x))


@pytest.mark.parametrize("name", INSIDE)
def test_transforms_outside(name: str, executor: str) -> None:
    compiled = isograd.compile(scalar, executor=executor)
    for x in (X, X + 1):
        close(INSIDE[name](compiled)(x), INSIDE[name](scalar)(x))


@pytest.mark.parametrize("transform", [isograd.jacrev, isograd.jacfwd])
def test_jacobians_of_both_kinds(transform: Any, executor: str) -> None:
    compiled = isograd.compile(vector, executor=executor)
    close(transform(compiled)(X), transform(vector)(X))
    close(
        isograd.compile(transform(vector), executor=executor)(X), transform(vector)(X)
    )


def test_several_outputs_of_which_one_is_used(executor: str) -> None:
    def f(x: Any, y: Any) -> Any:
        return x * y, np.sin(x), y + 1

    compiled = isograd.compile(f, executor=executor)
    for i in range(3):
        expected = isograd.grad(lambda x, y, i=i: f(x, y)[i].sum(), (0, 1))(X, V)
        found = isograd.grad(lambda x, y, i=i: compiled(x, y)[i].sum(), (0, 1))(X, V)
        close(found, expected)


def torch_case(fn: Any) -> list[Any]:
    """First and second order by the tape, through a compiled or plain function."""
    x = torch.tensor(X, requires_grad=True)
    w = torch.tensor(V, requires_grad=True)
    y = fn(x * 2, w)
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    (h,) = torch.autograd.grad((g * g).sum(), w, retain_graph=True)
    (y * y).sum().backward()
    return [t.detach().numpy() for t in (y, g, h, x.grad, w.grad)]


def test_orders_on_the_tape(executor: str) -> None:
    def f(x: Any, w: Any) -> Any:
        return torch.tanh(x * w) + w * w

    for a, b in zip(
        torch_case(isograd.compile(f, executor=executor)), torch_case(f), strict=True
    ):
        close(a, b)


def test_saved_operands_are_checked_for_writes(executor: str) -> None:
    f = isograd.compile(lambda x: (x * x).sum(), executor=executor)
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    x = w * 1
    y = f(x)
    x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_released_after_one_backward(executor: str) -> None:
    f = isograd.compile(lambda x: (x * x).sum(), executor=executor)
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = f(x)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [4, 8]
    with pytest.raises(RuntimeError, match="second time"):
        y.backward()


def test_unused_and_constant_outputs(executor: str) -> None:
    f = isograd.compile(lambda x, y: (x.sum(), x > 0), executor=executor)
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    y = torch.tensor([1.0], requires_grad=True)
    total, mask = f(x, y)
    assert not mask.requires_grad
    total.backward()
    assert x.grad.tolist() == [1, 1] and y.grad is None


def test_backward_inside_of_a_compiled_function(executor: str) -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)

    def step(x: Any) -> Any:
        loss = (w * x).sum()
        loss.backward()
        return loss.detach()

    compiled = isograd.compile(step, executor=executor)
    x = torch.tensor([3.0, 4.0])
    with pytest.warns(RuntimeWarning, match="runs eagerly"):
        assert compiled(x).item() == 11
    assert w.grad.tolist() == [3, 4]
    compiled(x)
    assert w.grad.tolist() == [6, 8]
