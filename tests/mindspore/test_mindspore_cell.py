"""Cells: names, attributes, hooks, bprop, casts, containers, checkpoints, text."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import nn, ops

X = np.array([1.0, 2.0], np.float32)


def tensor(values: Any, dtype: Any = ms.float32) -> ms.Tensor:
    return ms.Tensor(values, dtype)


class Leafy(nn.Cell):
    def __init__(self) -> None:
        super().__init__()
        self.w = ms.Parameter(tensor([1.0]), name="w")


def test_names_follow_the_attributes() -> None:
    class Two(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.a = Leafy()
            self.row = nn.CellList([Leafy(), Leafy()])
            self.q = ms.Parameter(tensor([1.0]))

    net = Two()
    assert [p.name for p in net.get_parameters()] == ["q", "a.w", "row.0.w", "row.1.w"]
    assert [n for n, _ in net.cells_and_names()] == ["", "a", "row", "row.0", "row.1"]
    assert list(net.parameters_dict()) == ["q", "a.w", "row.0.w", "row.1.w"]


def test_a_shared_cell_is_named_by_its_last_attribute() -> None:
    class Shared(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.a = Leafy()
            self.b = self.a

    assert [p.name for p in Shared().get_parameters()] == ["b.w"]


def test_attributes() -> None:
    net = Leafy()
    first = net.w
    net.w = tensor([5.0])  # a tensor writes the parameter
    assert net.w is first and net.w.asnumpy().tolist() == [5.0]
    with pytest.raises(TypeError, match="already exists in network"):
        net.w = 3
    net.w = None
    assert net.w is None and list(net.get_parameters()) == []
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = net.nothing

    class Late(nn.Cell):
        def __init__(self) -> None:
            self.w = ms.Parameter(tensor([1.0]))

    with pytest.raises(AttributeError, match=r"super\(\)"):
        Late()
    with pytest.raises(AttributeError) as caught:
        nn.Cell()(tensor([1.0]))
    assert str(caught.value) == "For 'Cell', the method 'construct' is not defined."


def test_insertion_is_checked() -> None:
    net = Leafy()
    with pytest.raises(KeyError):
        net.insert_child_to_cell("training", Leafy())
    with pytest.raises(TypeError):
        net.insert_child_to_cell("child", 3)  # type: ignore[arg-type]  # justified: the error is tested
    with pytest.raises(KeyError):
        net.insert_param_to_cell("a.b", ms.Parameter(tensor([1.0])))
    net.insert_child_to_cell("child", Leafy())
    assert [n for n, _ in net.parameters_and_names()] == ["w", "child.w"]


def test_modes_reach_all_cells() -> None:
    net = nn.SequentialCell(nn.Dense(2, 2), nn.Dropout(p=0.5))
    assert not net.training
    net.set_train()
    assert net.training and net[1].training
    net.set_train(False)
    assert not net[1].training


def test_containers() -> None:
    net = nn.SequentialCell(OrderedDict(a=nn.Dense(2, 3), b=nn.ReLU()))
    assert [p.name for p in net.get_parameters()] == ["a.weight", "a.bias"]
    row = nn.CellList([nn.ReLU()])
    row.append(nn.Tanh())
    row.insert(0, nn.Dense(1, 1))
    assert [type(c).__name__ for c in row] == ["Dense", "ReLU", "Tanh"]
    assert isinstance(row[-1], nn.Tanh) and len(row[1:]) == 2
    del row[0]
    assert len(row) == 2
    with pytest.raises(IndexError):
        _ = row[5]
    with pytest.raises(TypeError):
        row.append(3)  # type: ignore[arg-type]  # justified: the error is tested
    named = nn.CellDict({"x": nn.Dense(1, 1)})
    named["y"] = nn.ReLU()
    assert list(named) == ["x", "y"] and "x" in named
    assert [p.name for p in named.get_parameters()] == ["x.weight", "x.bias"]


def test_text() -> None:
    net = nn.SequentialCell(nn.Dense(2, 3), nn.SequentialCell(nn.ReLU()))
    assert repr(net) == (
        "SequentialCell(\n"
        "  (0): Dense(input_channels=2, output_channels=3, has_bias=True)\n"
        "  (1): SequentialCell(\n"
        "    (0): ReLU()\n"
        "  )\n"
        ")"
    )


def test_copies_are_independent() -> None:
    net = nn.Dense(2, 2)
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(twin.weight.asnumpy(), net.weight.asnumpy())
        assert twin.weight.name == "weight" and twin.weight is not net.weight
        twin.weight.set_data(tensor(np.zeros((2, 2))))
        assert net.weight.asnumpy().any()
        assert twin(tensor([[1.0, 2.0]])).shape == (1, 2)


def test_forward_hooks_in_order() -> None:
    net, seen = nn.ReLU(), []
    net.register_forward_pre_hook(lambda c, i: (seen.append("pre"), (i[0] * 2,))[1])
    handle = net.register_forward_hook(lambda c, i, o: (seen.append("post"), o + 1)[1])
    net.register_forward_hook(lambda c, i, o: seen.append("first"), prepend=True)
    assert net(tensor(X)).asnumpy().tolist() == [3.0, 5.0]
    assert seen == ["pre", "first", "post"]
    handle.remove()
    assert net(tensor(X)).asnumpy().tolist() == [2.0, 4.0]
    with pytest.raises(TypeError) as caught:
        net.register_forward_hook(1)
    assert str(caught.value) == "Expected a callable hook function, but got int."


def test_backward_hooks_see_and_replace() -> None:
    net, seen = nn.Tanh(), []
    net.register_backward_pre_hook(lambda c, g: (g[0] * 2,))
    net.register_backward_hook(lambda c, gi, go: seen.append((gi, go)))
    g = ms.grad(lambda x: net(x) * 3)(tensor(X))
    slope = 1 - np.tanh(X) ** 2
    np.testing.assert_allclose(g.asnumpy(), 6 * slope, rtol=1e-5)
    (gi,), (go,) = seen[0]
    np.testing.assert_allclose(go.asnumpy(), [6.0, 6.0])
    np.testing.assert_allclose(gi.asnumpy(), 6 * slope, rtol=1e-5)
    net.register_backward_hook(lambda c, gi, go: (gi[0], gi[0]))
    with pytest.raises(TypeError, match="not equal to expect grad input size"):
        ms.grad(net)(tensor(X))


def test_tensor_hooks_persist_and_can_be_removed() -> None:
    x = tensor(X)
    handle = x.register_hook(lambda g: g * 10)
    for _ in range(2):
        assert ms.grad(lambda x: x * 3)(x).asnumpy().tolist() == [30.0, 30.0]
    handle.remove()
    assert ms.grad(lambda x: x * 3)(x).asnumpy().tolist() == [3.0, 3.0]
    p = ms.Parameter(tensor(X), requires_grad=False)
    with pytest.raises(RuntimeError, match="requires grad is false"):
        p.register_hook(lambda g: g)


def test_bprop_is_the_derivative_at_every_order() -> None:
    class Cube(nn.Cell):
        def construct(self, x: Any) -> Any:
            return x * x * x

        def bprop(self, x: Any, out: Any, dout: Any) -> Any:
            return (dout * x * x * 30,)

    net = Cube()
    np.testing.assert_allclose(ms.grad(net)(tensor(X)).asnumpy(), 30 * X**2)
    second = ms.grad(ms.grad(net))(tensor(X))
    np.testing.assert_allclose(second.asnumpy(), 60 * X)


def test_recomputation_gives_the_same_gradients() -> None:
    calls = []

    class Block(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.d = nn.Dense(2, 2)

        def construct(self, x: Any) -> Any:
            calls.append(1)
            return ops.tanh(self.d(x))

    net = Block()
    weights = net.trainable_params()
    x = tensor([[0.1, -0.2]])

    def loss(x: Any) -> Any:
        return (net(x) ** 2).sum()

    plain = ms.grad(loss, 0, weights)(x)
    net.recompute()
    calls.clear()
    again = ms.grad(loss, 0, weights)(x)
    assert len(calls) == 2
    for a, b in zip((plain[0], *plain[1]), (again[0], *again[1]), strict=True):
        np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())


def test_to_float_casts_inputs_and_parameters() -> None:
    net = nn.Dense(2, 2).to_float(ms.float16)
    x = tensor([[1.0, 2.0]])
    assert net(x).dtype == ms.float16 and net.weight.dtype == ms.float32
    g = ms.grad(lambda x: net(x).sum(), 0, net.trainable_params())(x)
    assert g[0].dtype == ms.float32 and g[1][0].dtype == ms.float32
    with pytest.raises(ValueError):
        net.to_float(ms.int32)


def test_checkpoints(tmp_path: Any) -> None:
    net, other = nn.Dense(3, 2), nn.Dense(3, 2)
    path = str(tmp_path / "folder" / "net.ckpt")
    ms.save_checkpoint(net, path, append_dict={"epoch": 7})
    found = ms.load_checkpoint(path)
    assert int(found["epoch"].asnumpy()) == 7
    left, unused = ms.load_param_into_net(other, found)
    assert (left, unused) == ([], ["epoch"])
    np.testing.assert_array_equal(other.weight.asnumpy(), net.weight.asnumpy())
    with pytest.raises(RuntimeError, match="should have the same shape"):
        ms.load_param_into_net(nn.Dense(2, 2), found)
    with pytest.raises(ValueError, match="does not exist"):
        ms.load_checkpoint(str(tmp_path / "nothing.ckpt"))
    half = nn.Dense(1, 1, dtype=ms.bfloat16)
    ms.save_checkpoint(half, path)
    assert ms.load_checkpoint(path)["weight"].dtype == ms.bfloat16


def test_parameters() -> None:
    p = ms.Parameter(tensor(X), name="p")
    twin = p.clone()
    twin.set_data(tensor([0.0, 0.0]))
    assert p.asnumpy().tolist() == [1.0, 2.0]
    row = ms.ParameterTuple([p]).clone("m", init="zeros")
    assert row[0].name == "m.p" and not row[0].asnumpy().any()
    assert type(p + 1) is ms.Tensor
    with pytest.raises(TypeError, match="must be bool"):
        p.requires_grad = 1
    memory = p.asnumpy()
    p.set_data(tensor([3.0, 4.0]))
    assert memory.tolist() == [3.0, 4.0]  # a parameter keeps its memory


def test_buffers_are_state_but_no_parameters() -> None:
    net = Leafy()
    net.register_buffer("mean", tensor([4.0]))
    assert [n for n, _ in net.named_buffers()] == ["mean"]
    assert list(net.state_dict()) == ["w", "mean"]
    assert [p.name for p in net.trainable_params()] == ["w"]
    net.mean = tensor([5.0])
    assert net.get_buffer("mean").asnumpy().tolist() == [5.0]


def test_cells_around_functions() -> None:
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    mean, var = nn.Moments(0)(tensor(x))
    np.testing.assert_allclose(mean.asnumpy(), x.mean(0))
    np.testing.assert_allclose(var.asnumpy(), x.var(0))
    norm = nn.Norm(1, keep_dims=True)(tensor(x))
    np.testing.assert_allclose(
        norm.asnumpy(), np.linalg.norm(x, axis=1, keepdims=True), rtol=1e-6
    )
    assert nn.Range(1, 7, 2)().asnumpy().tolist() == [1, 3, 5]
    out = nn.TimeDistributed(nn.Dense(3, 2), 1)(tensor(np.ones((2, 5, 3))))
    assert out.shape == (2, 5, 2)


def test_apply_reaches_every_cell() -> None:
    """Convolutions must not hide `apply`."""
    net, seen = nn.SequentialCell(nn.Conv2d(1, 1, 1), nn.ReLU()), []
    net.apply(lambda c: seen.append(type(c).__name__))
    assert seen == ["Conv2d", "ReLU", "SequentialCell"]


def test_assignments_within_a_gradient() -> None:
    class Counter(nn.Cell):
        def __init__(self) -> None:
            super().__init__()
            self.count = ms.Parameter(tensor(1.0), name="count")

        def construct(self, x: Any) -> Any:
            self.count += 1
            return x * self.count

    net = Counter()
    g, (w,) = ms.grad(net, 0, [net.count])(tensor(3.0))
    assert float(net.count.asnumpy()) == 2.0 and net.count._node is None
    assert float(w.asnumpy()) == 3.0 and float(g.asnumpy()) == 2.0


def test_networks_and_optimizers_are_copied_together() -> None:
    net = nn.SequentialCell(nn.Dense(2, 2), nn.ReLU(), nn.AdaptiveAvgPool1d(1))
    twin = pickle.loads(pickle.dumps(net))
    assert repr(twin) == repr(net)
    optimizer = nn.Momentum(net.trainable_params(), 0.1, 0.9)
    net2, optimizer2 = copy.deepcopy((net, optimizer))
    grads = tuple(ms.ops.ones_like(p) for p in net.trainable_params())
    optimizer2(grads)
    assert (net2[0].weight.asnumpy() != net[0].weight.asnumpy()).all()
    assert float(optimizer2.get_lr_parameter(net2[0].weight).asnumpy()) == (
        pytest.approx(0.1)
    )
