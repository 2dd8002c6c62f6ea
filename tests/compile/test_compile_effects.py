"""Writes, draws and aliases of compiled functions are those of eager execution."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import isograd
import isograd.numpy
import isograd.torch as torch
from isograd.core.primitive import BOUND
from isograd.core.tensor import wrap

X = [1.0, 2.0, 3.0, 4.0]


def tensors() -> tuple[Any, Any]:
    return torch.tensor(X), torch.tensor([10.0, 20.0, 30.0, 40.0])


def both(
    make: Callable[[Any], Callable[[Any], Any]], executor: str, times: int = 3
) -> None:
    """`make(state)` gives a function of x that may write to state: compare all."""
    (x, plain), (_, staged) = tensors(), tensors()
    eager, compiled = make(plain), isograd.compile(make(staged), executor=executor)
    for _ in range(times):
        a, b = eager(x), compiled(x)
        assert a.tolist() == b.tolist()
        assert plain.tolist() == staged.tolist()


BODIES: dict[str, Callable[[Any, Any], Any]] = {
    "add_": lambda w, x: w.add_(x) * 1.0,
    "mul_ and read": lambda w, x: (w.mul_(0.5), w + x)[1],
    "two writes": lambda w, x: (w.add_(1), w.mul_(x), w - 1)[2],
    "slice assignment": lambda w, x: (w.__setitem__(slice(1, 3), x[:2]), w * 2)[1],
    "through a view": lambda w, x: (w[1:].view(3)[0:2].add_(x[2:]), w * 2)[1],
    "read before and after": lambda w, x: w * 1 + (w.add_(x), w)[1],
    "copy_": lambda w, x: (w.copy_(x * 3), x)[1] + w,
    "fill and zero": lambda w, x: (w.fill_(2.0), w[:2].zero_(), w + x)[2],
}


@pytest.mark.parametrize("name", BODIES)
def test_writes_to_outer_tensors(name: str, executor: str) -> None:
    body = BODIES[name]
    both(lambda w: lambda x: body(w, x), executor)


def test_writes_inside_to_values_made_there(executor: str) -> None:
    def f(x: Any) -> Any:
        y = x * 1
        y[1:3] = 7
        v = y[:2]
        v.mul_(3)
        z = y.clone()
        z.view(2, 2)[0] += 1
        return y + z

    x = torch.tensor(X)
    assert isograd.compile(f, executor=executor)(x).tolist() == f(x).tolist()


def test_writes_to_an_argument(executor: str) -> None:
    def f(x: Any) -> Any:
        x.add_(1)
        return x * 2

    compiled = isograd.compile(f, executor=executor)
    for _ in range(3):
        a, b = torch.tensor(X), torch.tensor(X)
        assert f(a).tolist() == compiled(b).tolist()
        assert a.tolist() == b.tolist()


def test_gradients_through_writes(executor: str) -> None:
    def f(x: Any) -> Any:
        y = x * 2
        y[0] = x[1] * x[2]
        y[1:].mul_(x[1:])
        return (y * y).sum()

    grads = []
    for fn in (f, isograd.compile(f, executor=executor)):
        x = torch.tensor(X, requires_grad=True)
        fn(x).backward()
        grads.append(x.grad.tolist())
    assert grads[0] == grads[1]


def test_draws_come_in_program_order(executor: str) -> None:
    stream = np.random.Generator(np.random.Philox(key=3))
    start = stream.bit_generator.state
    d = np.dtype(np.float64)

    def f(x: Any) -> Any:
        a = BOUND.random_normal(shape=(4,), dtype=d, generator=stream)
        b = BOUND.random_uniform(shape=(4,), dtype=d, generator=stream)
        return x * wrap(isograd.Array, a) + wrap(isograd.Array, b)

    results = []
    for fn in (isograd.compile(f, executor=executor), f):
        stream.bit_generator.state = start
        results.append([np.asarray(fn(isograd.numpy.asarray(X))) for _ in range(3)])
    np.testing.assert_allclose(*results, atol=1e-15)  # kernels fuse x * a + b
    assert (results[0][0] != results[0][1]).all()


def test_a_dialect_that_draws_at_once_is_not_staged(executor: str) -> None:
    f = isograd.compile(lambda x: x * torch.randn(4), executor=executor)
    x = torch.tensor(X)
    torch.manual_seed(3)
    with pytest.warns(RuntimeWarning, match="random draw"):
        found = [f(x).tolist() for _ in range(2)]
    torch.manual_seed(3)
    assert found == [(x * torch.randn(4)).tolist() for _ in range(2)]


def test_an_input_that_is_returned_is_that_array(executor: str) -> None:
    x = np.ones(3, np.float32)
    f = isograd.compile(lambda x: (x, x + 1), executor=executor)
    for _ in range(2):
        same, more = f(x)
        np.testing.assert_array_equal(same, x)
        assert not np.shares_memory(more, x)


def test_outputs_are_not_recycled_while_somebody_holds_them(executor: str) -> None:
    x = np.zeros(1 << 17, np.float32)
    f = isograd.compile(lambda x, k: x + k, executor=executor)
    held = [f(x, np.float32(k) * np.ones((), np.float32)) for k in range(8)]
    views = [f(x, np.full((), k, np.float32))[::2] for k in range(8)]
    buffers = [memoryview(f(x, np.full((), k, np.float32))) for k in range(8)]
    for k in range(8):
        assert held[k][0] == views[k][0] == buffers[k][0] == k
        assert held[k][-1] == views[k][-1] == buffers[k][-1] == k


def test_constants_that_are_returned_may_be_written(executor: str) -> None:
    f = isograd.compile(lambda x: (x * 2, np.arange(3.0)), executor=executor)
    for _ in range(3):
        _, c = f(np.ones(2))
        np.testing.assert_array_equal(c, [0, 1, 2])
        c[0] = 9


def test_python_values_that_change_in_the_function(executor: str) -> None:
    class Counter:
        calls = 0

        def __call__(self, x: Any) -> Any:
            self.calls += 1
            return x * self.calls

    eager, staged = Counter(), Counter()
    f = isograd.compile(lambda x: staged(x), executor=executor)
    x = np.ones(2)
    with pytest.warns(RuntimeWarning, match="Python values"):
        for _ in range(8):
            np.testing.assert_array_equal(f(x), eager(x))


def test_threads_share_a_compiled_function(executor: str) -> None:
    def f(x: Any, y: Any) -> Any:
        z = x @ y  # a library call between kernels, with temporaries
        return (isograd.numpy.exp(-z * z) + z).sum(), (z + x).sum(0)

    compiled = isograd.compile(f, executor=executor)
    rng = np.random.default_rng(0)
    inputs = [
        (rng.normal(size=(200, 200)), rng.normal(size=(200, 200))) for _ in range(6)
    ]
    expected = [f(*map(isograd.numpy.asarray, xs)) for xs in inputs]
    compiled(*inputs[0])
    errors: list[BaseException] = []

    def work(i: int) -> None:
        try:
            for _ in range(30):
                total, rows = compiled(*inputs[i])
                np.testing.assert_allclose(total, np.asarray(expected[i][0]))
                np.testing.assert_allclose(rows, np.asarray(expected[i][1]))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors[0]
