"""What a compiled function reads besides its arguments is guarded or read again."""

from __future__ import annotations

import types
import warnings
from typing import Any

import numpy as np
import pytest

import isograd
import isograd.torch as torch

X = np.array([1.0, 2.0], np.float32)
FACTOR = 2.0
TABLE = np.array([1.0, 1.0], np.float32)


def entries(f: Any) -> int:
    return sum(map(len, f.entries.values()))


def test_closure_cells(executor: str) -> None:
    k = 2.0

    @isograd.compile(executor=executor)
    def f(x: Any) -> Any:
        return x * k

    for k in (2.0, 3.0, 2.0, 3.0):
        np.testing.assert_array_equal(f(X), X * k)
    assert entries(f) == 2


def test_globals(monkeypatch: pytest.MonkeyPatch, executor: str) -> None:
    f = isograd.compile(lambda x: x * FACTOR, executor=executor)
    np.testing.assert_array_equal(f(X), X * 2)
    monkeypatch.setitem(globals(), "FACTOR", 5.0)
    np.testing.assert_array_equal(f(X), X * 5)
    monkeypatch.setitem(globals(), "FACTOR", 2.0)
    np.testing.assert_array_equal(f(X), X * 2)
    assert entries(f) == 2


def test_attributes(executor: str) -> None:
    class Model:
        scale = 1.0
        deep = types.SimpleNamespace(shift=0.0)

        def __call__(self, x: Any) -> Any:
            return x * self.scale + self.deep.shift

    model = Model()
    model.deep = types.SimpleNamespace(shift=0.0)
    f = isograd.compile(lambda x: model(x), executor=executor)
    for scale, shift in ((1.0, 0.0), (2.0, 0.0), (2.0, 1.0), (1.0, 0.0)):
        model.scale, model.deep.shift = scale, shift
        np.testing.assert_array_equal(f(X), X * scale + shift)


def test_class_attributes(executor: str) -> None:
    class Model:
        scale = 1.0

        def __call__(self, x: Any) -> Any:
            return x * self.scale

    model = Model()
    f = isograd.compile(lambda x: model(x), executor=executor)
    np.testing.assert_array_equal(f(X), X)
    Model.scale = 4.0
    np.testing.assert_array_equal(f(X), X * 4)


def test_functions_that_are_called(executor: str) -> None:
    helper = lambda x: x * 2  # noqa: E731 (replaced below)

    def f(x: Any) -> Any:
        return helper(x)

    compiled = isograd.compile(f, executor=executor)
    np.testing.assert_array_equal(compiled(X), X * 2)
    helper = lambda x: x * 7  # noqa: E731
    np.testing.assert_array_equal(compiled(X), X * 7)


def test_values_in_containers(executor: str) -> None:
    settings: dict[str, Any] = {"k": 2.0, "list": [1.0]}
    f = isograd.compile(
        lambda x: x * settings["k"] + settings["list"][0], executor=executor
    )
    np.testing.assert_array_equal(f(X), X * 2 + 1)
    settings["k"] = 3.0
    np.testing.assert_array_equal(f(X), X * 3 + 1)
    settings["list"][0] = 10.0
    np.testing.assert_array_equal(f(X), X * 3 + 10)
    settings["list"].append(1.0)
    np.testing.assert_array_equal(f(X), X * 3 + 10)


def test_scalar_arguments(executor: str) -> None:
    f = isograd.compile(lambda x, n, flag=True: x * n if flag else x, executor=executor)
    np.testing.assert_array_equal(f(X, 2), X * 2)
    np.testing.assert_array_equal(f(X, 3), X * 3)
    np.testing.assert_array_equal(f(X, 3, flag=False), X)
    np.testing.assert_array_equal(f(X, 2), X * 2)
    assert f(X, 2).dtype == f(X, 2.0).dtype == np.float32


def test_one_true_and_one_point_zero_are_different_arguments(executor: str) -> None:
    f = isograd.compile(lambda x, k: x * k, executor=executor)
    ints = np.array([1, 2])
    assert f(ints, 2).dtype == np.int64
    assert f(ints, 2.0).dtype == np.float64


def test_shapes_dtypes_and_structure(executor: str) -> None:
    f = isograd.compile(lambda d: d["a"] + sum(d["b"]), executor=executor)
    for n in (1, 2):
        for dtype in (np.float32, np.float64):
            for shape in ((2,), (2, 3)):
                a = np.ones(shape, dtype)
                out = f({"a": a, "b": [a] * n})
                assert out.dtype == dtype
                np.testing.assert_array_equal(out, a * (n + 1))
    assert entries(f) == 8


def test_captured_arrays_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for executor in ("numpy", "native"):
        f = isograd.compile(lambda x: x + TABLE, executor=executor)
        np.testing.assert_array_equal(f(X), X + TABLE)
        TABLE[0] += 1
        np.testing.assert_array_equal(f(X), X + TABLE)
        monkeypatch.setitem(globals(), "TABLE", np.full(2, 9, np.float32))
        np.testing.assert_array_equal(f(X), X + 9)
        monkeypatch.undo()


def test_captured_tensors_are_read_again(executor: str) -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    f = isograd.compile(lambda x: (x * w).sum(), executor=executor)
    x = torch.tensor([3.0, 4.0])
    assert f(x).item() == 11
    with torch.no_grad():
        w.mul_(2)
    out = f(x)
    assert out.item() == 22
    out.backward()
    assert w.grad.tolist() == [3, 4]


def test_a_parameter_that_is_replaced(executor: str) -> None:
    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = torch.nn.Parameter(torch.tensor([1.0, 2.0]))

        def forward(self, x: Any) -> Any:
            return x * self.w

    net = Net()
    f = isograd.compile(net, executor=executor)
    x = torch.tensor([1.0, 1.0])
    assert f(x).tolist() == [1, 2]
    net.w = torch.nn.Parameter(torch.tensor([5.0, 6.0]))
    assert f(x).tolist() == [5, 6]


def test_the_structure_of_modules(executor: str) -> None:
    net = torch.nn.Sequential(torch.nn.ReLU())
    f = isograd.compile(lambda x: net(x), executor=executor)
    x = torch.tensor([-1.0, 1.0])
    assert f(x).tolist() == [0, 1]
    net.append(torch.nn.Threshold(2.0, 7.0))
    assert f(x).tolist() == [7, 7]
    net[1].value = 8.0
    assert f(x).tolist() == [8, 8]


def test_training_mode(executor: str) -> None:
    net = torch.nn.Dropout(1.0)
    f = isograd.compile(lambda x: net(x), executor=executor)
    x = torch.ones(3)
    assert f(x).tolist() == [0, 0, 0]
    net.eval()
    assert f(x).tolist() == [1, 1, 1]


def test_recording_or_not(executor: str) -> None:
    w = torch.tensor([1.0], requires_grad=True)
    f = isograd.compile(lambda x: x * w, executor=executor)
    x = torch.ones(1)
    assert f(x).requires_grad
    with torch.no_grad():
        assert not f(x).requires_grad
    assert f(x).requires_grad


def test_control_flow_on_values_runs_eagerly_with_one_warning(executor: str) -> None:
    @isograd.compile(executor=executor)
    def f(x: Any) -> Any:
        return x * 2 if x.sum() > 0 else -x

    with pytest.warns(RuntimeWarning, match="runs eagerly") as caught:
        np.testing.assert_array_equal(f(X), X * 2)
    assert len(caught) == 1 and "f" in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(f(-X), X)
        np.testing.assert_array_equal(f(X), X * 2)


def test_exceptions_pass_and_leave_nothing_behind(executor: str) -> None:
    w = torch.tensor([1.0])

    @isograd.compile(executor=executor)
    def f(x: Any, bad: bool) -> Any:
        w.mul_(2)
        if bad:
            raise ValueError("no")
        return x * w

    x = torch.ones(1)
    with pytest.raises(ValueError, match="no"):
        f(x, True)
    assert w.tolist() == [1] and not w.requires_grad
    assert f(x, False).tolist() == [2] and w.tolist() == [2]
    assert torch.ones(1).add(1).tolist() == [2]
