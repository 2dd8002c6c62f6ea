"""Functions that may be staged unasked: which, and that nobody can tell."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
import isograd.torch as torch
from isograd.compile.effects import LEAST, stageable
from isograd.mindspore.staging import NAMES as MINDSPORE
from isograd.torch.staging import NAMES as TORCH

FACTOR = 2.0
LOG: list[Any] = []


def helper(x: Any) -> Any:
    return torch.tanh(x) * FACTOR


def noisy(x: Any) -> Any:
    print("noise")
    return x


def pure(x: Any, y: Any) -> Any:
    for _ in range(3):
        x = helper(x) - torch.exp(-x * y)
    square = lambda z: z * z  # noqa: E731 (a function inside)
    return square(x).mean() if len(x.shape) else x


def writes_argument(x: Any) -> Any:
    x += 1
    return x


def writes_in_place(x: Any) -> Any:
    return x.add_(1)


def appends(x: Any) -> Any:
    LOG.append(1)
    return x * 2


def calls_noise(x: Any) -> Any:
    return noisy(x) * 2


def draws(x: Any) -> Any:
    return x * torch.rand(3)


def indexes(x: Any) -> Any:
    return x[1:]


def assigns(x: Any) -> Any:
    global FACTOR
    FACTOR = 3.0
    return x


def default(x: Any, n: int = 2) -> Any:
    return x * n


def generates(x: Any) -> Any:
    yield x * 2


def raises(x: Any) -> Any:
    raise ValueError("no")


def differentiates(x: Any) -> Any:
    return x.sum().backward()


EFFECTS = [
    writes_argument,
    writes_in_place,
    appends,
    calls_noise,
    draws,
    indexes,
    assigns,
    default,
    generates,
    raises,
    differentiates,
    print,
    torch.nn.Linear(2, 2),
    torch.rand,
]


def test_a_pure_function_may_be_staged() -> None:
    assert stageable(pure, TORCH)


@pytest.mark.parametrize("fn", EFFECTS, ids=lambda f: getattr(f, "__name__", "module"))
def test_a_function_with_effects_may_not(fn: Any) -> None:
    assert not stageable(fn, TORCH)


def numbers(lo: float, hi: float) -> Any:
    return torch.linspace(lo, hi, LEAST, dtype=torch.float64).requires_grad_()


def chosen(x: Any) -> Any:
    if x.sum() > 0:
        return x * 2
    return x * 3


def same(x: Any) -> Any:
    return x


def twice(x: Any) -> Any:
    y = x * 2
    return y, y


PROGRAMS: list[tuple[Callable[..., Any], int]] = [
    (pure, 2),
    (chosen, 1),
    (same, 1),
    (twice, 1),
    (helper, 1),
]


@pytest.mark.parametrize(("fn", "count"), PROGRAMS)
@pytest.mark.parametrize("lo", [-2.0, 0.5])
def test_values_and_gradients_are_those_of_the_function(
    fn: Callable[..., Any], count: int, lo: float
) -> None:
    compiled = torch.compile(fn)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            xs = [numbers(lo, lo + 1 + i) for i in range(count)]
            outs = [f(*xs) for f in (fn, compiled)]
            flat = [o if isinstance(o, tuple) else (o,) for o in outs]
            grads = [torch.autograd.grad(o[0].sum(), xs) for o in flat]
            for a, b in zip((*flat[0], *grads[0]), (*flat[1], *grads[1]), strict=True):
                np.testing.assert_allclose(b.numpy(force=True), a.numpy(force=True))
            assert (flat[1][0] is xs[0]) == (flat[0][0] is xs[0])


def test_twins_stay_one_tensor() -> None:
    a, b = torch.compile(twice)(numbers(0, 1))
    assert a is b


def test_an_error_is_the_function_s_own() -> None:
    def add(x: Any, y: Any) -> Any:
        return x + y

    x, y = torch.zeros(LEAST), torch.zeros(LEAST + 1)
    texts = []
    for f in (add, torch.compile(add)):
        with pytest.raises(RuntimeError) as caught:
            f(x, y)
        texts.append(str(caught.value))
    assert texts[0] == texts[1]


def test_globals_are_read_at_each_call(monkeypatch: pytest.MonkeyPatch) -> None:
    x, compiled = torch.ones(LEAST), torch.compile(helper)
    first = compiled(x)
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    np.testing.assert_allclose(compiled(x).numpy(), 2.5 * first.numpy(), rtol=1e-6)


def test_double_backward_and_no_grad() -> None:
    def cube(x: Any) -> Any:
        return (x * x * x).sum()

    x, compiled = numbers(0, 1), torch.compile(cube)
    (g,) = torch.autograd.grad(compiled(x), x, create_graph=True)
    (h,) = torch.autograd.grad(g.sum(), x)
    np.testing.assert_allclose(h.numpy(), 6 * x.numpy(force=True), atol=1e-12)
    with torch.no_grad():
        assert not compiled(x).requires_grad


def smooth(x: Any, y: Any) -> Any:
    z = ms.ops.tanh(x * y) + ms.ops.exp(-x * x)
    return (z * ms.ops.sigmoid(z)).sum()


def test_jit_of_mindspore() -> None:
    assert stageable(smooth, MINDSPORE)
    assert not stageable(noisy, MINDSPORE)
    x = ms.Tensor(np.linspace(-1, 1, LEAST).astype(np.float32))
    y = ms.Tensor(np.linspace(0, 2, LEAST).astype(np.float32))
    jitted = ms.jit(smooth)
    plain = ms.value_and_grad(smooth, (0, 1))(x, y)
    staged = ms.value_and_grad(jitted, (0, 1))(x, y)
    np.testing.assert_allclose(staged[0].asnumpy(), plain[0].asnumpy(), rtol=1e-5)
    for a, b in zip(staged[1], plain[1], strict=True):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), atol=1e-6)
