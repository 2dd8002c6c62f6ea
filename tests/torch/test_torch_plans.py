"""Plans (`core/plans.py`): what a repeated call does is what the first one did."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import isograd.torch as torch
from isograd.core import often, plans

F = torch.nn.functional
CALLS = """
torch.softmax(x, 1)
F.log_softmax(x, -1)
x.max(1)[0]
torch.topk(x, 2)[0]
torch.topk(x, k=2, dim=0).values
torch.sort(x, 1, descending=True)[0]
x.var(1, keepdim=True)
x.std()
x.norm()
x.sum((0, 1), keepdim=True)
x.sum([0])
x.mean(dim=1)
torch.cat([x, y], 1)
torch.cat((x, c), dim=0)
torch.stack([x, y, x])
torch.where(b, x, y)
torch.where(b, x, 2.0)
torch.clamp(x, 0.2, 0.8)
torch.clamp(x, min=y)
x.masked_fill(b, 0.0)
x.masked_fill(b, -0.0)
torch.gather(x, 1, i[:, None])
torch.index_select(x, 0, i)
torch.tril(x)
F.pad(x, (1, 1))
F.layer_norm(x, (5,), v, v)
F.batch_norm(x, None, None, v, v, True)
F.cross_entropy(x, k)
F.nll_loss(x, k, reduction='sum')
F.mse_loss(x, y)
F.binary_cross_entropy_with_logits(x, y)
F.binary_cross_entropy(x * 0.5, b.float())
F.embedding(i, m)
F.softplus(x)
F.elu(x)
torch.addmm(v, x, m)
torch.bmm(x[None], m[None])
torch.outer(v, v)
torch.logsumexp(x, 1)
torch.cumsum(x, 1)
torch.pow(x, 3)
torch.pow(2, x)
x.int().sum()
c * x.prod(1, keepdim=True)
torch.atan2(x, y)
torch.maximum(x, c)
F.normalize(x)
F.one_hot(k, 5) * x[:, :1]
""".strip().splitlines()


def _world() -> dict[str, Any]:
    r = np.random.default_rng(0)

    def leaf(*shape: int) -> Any:
        return torch.tensor(r.uniform(0.1, 1, shape), dtype=torch.float32)

    tensors = {n: leaf(4, 5).requires_grad_() for n in "xy"} | {
        "m": leaf(5, 5).requires_grad_(),
        "v": leaf(5).requires_grad_(),
        "c": leaf(4, 5),
        "i": torch.tensor([0, 2, 1, 3]),
        "k": torch.tensor([0, 2, 1, 4]),
        "b": torch.tensor([[True, False, True, True, False]] * 4),
    }
    return {"torch": torch, "F": F, **tensors}


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    plans.forget()
    monkeypatch.setattr(plans, "PATIENCE", 0)
    yield
    plans.forget()


def _told(code: str) -> list[Any]:
    world = _world()
    out = eval(code, world)
    node = out.grad_fn
    found = [str(out), out.dtype, type(out)]
    while node is not None and node.next_functions:
        found += [node.name(), [n and n.name() for n, _ in node.next_functions]]
        node = node.next_functions[0][0]
    if out.requires_grad:
        out.sum().backward()
    return [*found, *(str(world[n].grad) for n in "xymv")]


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("code", CALLS)
def test_plan_and_general_path_agree(
    code: str, native: bool, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(often, "STEP", 1 if native else 1 << 60)
    if native:
        often.begin()
        _told(code), _told(code)
    planned = _told(code), _told(code)
    plans.forget()
    monkeypatch.setattr(plans, "PATIENCE", 1 << 60)
    general = _told(code)
    assert planned == (general, general)


def test_most_of_these_have_plans(eager: None) -> None:
    world, without = _world(), []
    for code in CALLS:
        plans.forget()
        eval(code, world)
        made = [p for t in plans._TABLES for p in t.values()]
        if plans._decline in made or not made:
            without.append(code)
    assert len(without) <= 3, without


def test_arguments_that_are_equal_but_of_another_kind(eager: None) -> None:
    x = torch.tensor([-1.0, 2.0])
    for _ in range(2):
        assert str(torch.full_like(x, 0.0).mul(torch.clamp(x, max=0.0))) is not None
        assert torch.signbit(x.masked_fill(x > 0, -0.0)).tolist() == [True, True]
        assert torch.signbit(x.masked_fill(x > 0, 0.0)).tolist() == [True, False]
    i = torch.tensor([1, 2])
    kinds = [torch.clamp(i, min=n).dtype for n in (0, 0.0, 0, 0.0)]
    assert kinds == [torch.int64, torch.float32] * 2
    for _ in range(2):
        assert torch.ones(2, 2).sum(1).tolist() == [2.0, 2.0]
        with pytest.raises(TypeError):
            torch.ones(2, 2).sum(1.0)


def test_elements_are_checked_at_each_call(eager: None) -> None:
    x, good, bad = torch.ones(3, 2), torch.tensor([[1]]), torch.tensor([[5]])
    for _ in range(2):
        torch.gather(x, 0, good)
        with pytest.raises(RuntimeError, match="index 5 is out of bounds"):
            torch.gather(x, 0, bad)
        F.cross_entropy(x, torch.tensor([0, 1, 1]))
        with pytest.raises(IndexError, match="Target 2 is out of bounds"):
            F.cross_entropy(x, torch.tensor([0, 1, 2]))
        F.embedding(good, x)
        with pytest.raises(IndexError, match="index out of range in self"):
            F.embedding(bad, x)
        assert torch.tensor([5]).remainder(torch.tensor([3])).item() == 2
        with pytest.raises(RuntimeError, match="ZeroDivisionError"):
            torch.tensor([5]).remainder(torch.tensor([0]))
        assert F.one_hot(torch.tensor([1])).shape == (1, 2)
        assert F.one_hot(torch.tensor([2])).shape == (1, 3)


def test_ignored_targets_are_looked_for_at_each_call(eager: None) -> None:
    x = torch.zeros(2, 3, requires_grad=True)
    for target in ([0, 1], [0, -100], [-100, 1], [2, 0]):
        F.cross_entropy(x, torch.tensor(target)).backward()
        rows = x.grad.abs().sum(1)
        assert [bool(r) for r in rows] == [t >= 0 for t in target]
        x.grad = None


def test_draws_differ_and_warnings_come_again(eager: None) -> None:
    x = torch.ones(50)
    masks = {tuple(F.dropout(x, 0.5).tolist()) for _ in range(4)}
    assert len(masks) == 4
    for _ in range(3):
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            F.mse_loss(x, torch.ones(1))
        assert len(seen) == 1
        assert seen[0].filename == __file__


def test_warnings_name_the_line_of_functions_that_a_mode_wrapped() -> None:
    from isograd.torch.overrides import wrapped

    loss = wrapped(F.mse_loss)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        loss(torch.ones(50), torch.ones(1))
    assert [w.filename for w in seen] == [__file__]


def test_weights_without_derivative_are_refused_by_plans_too(eager: None) -> None:
    x, y = torch.randn(4, 3, requires_grad=True), torch.tensor([0, 1, 2, 0])
    weight = torch.ones(3)
    for _ in range(3):
        F.nll_loss(x, y, weight)
    for _ in range(3):
        with pytest.raises(RuntimeError, match="not differentiable with respect to"):
            F.nll_loss(x, y, weight.clone().requires_grad_())


def test_what_is_refused_is_refused_each_time() -> None:
    x = torch.tensor([True, False])
    for _ in range(30):
        with pytest.raises(NotImplementedError, match="elu"):
            torch.selu(x)


def test_default_dtype_is_read_again(eager: None) -> None:
    i = torch.tensor([1, 2])
    assert torch.softmax(i.float(), 0).dtype == torch.float32
    assert torch.exp(i).dtype == torch.float32
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.exp(i).dtype == torch.float64
        assert torch.special.entr(i).dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.exp(i).dtype == torch.float32


def test_modes_and_transforms(eager: None) -> None:
    x = torch.arange(6.0).view(2, 3).requires_grad_()
    for _ in range(2):
        assert torch.softmax(x, 1).requires_grad
        with torch.no_grad():
            assert not torch.softmax(x, 1).requires_grad
        rows = torch.func.vmap(lambda r: torch.softmax(r, 0))(x.detach())
        assert torch.equal(rows, torch.softmax(x.detach(), 1))
        outer = torch.func.jacrev(lambda r: torch.softmax(r, 0))(x.detach()[0])
        assert outer.shape == (3, 3)


def test_a_write_after_saving_is_noticed(eager: None) -> None:
    for _ in range(2):
        x = torch.rand(3, requires_grad=True)
        y = torch.softmax(x * 1, 0)
        y.mul_(2)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            y.sum().backward()


def test_shapes_that_change_drop_what_was_kept(
    eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "LIMIT", 8)
    for n in range(1, 30):
        assert torch.softmax(torch.zeros(n), 0).sum().item() == pytest.approx(1)
    assert max(map(len, plans._TABLES)) <= 8


def test_views_made_unrecorded(eager: None) -> None:
    for _ in range(3):
        base = torch.ones(2, 3, requires_grad=True) * 1
        with torch.no_grad():
            views = [base[0], base.view(-1), base.t(), *base.split(1)]
        for v in views:
            assert v.requires_grad
            assert v._base is base
            with pytest.raises(RuntimeError, match="no_grad mode"):
                v.mul_(2)
        plain = torch.ones(2, 3)
        with torch.no_grad():
            row = plain[0]
        assert not row.requires_grad
        row.add_(1)
        assert plain.sum().item() == 9


def test_views_share_memory_and_follow_writes(eager: None) -> None:
    for _ in range(3):
        x = torch.zeros(2, 3)
        row, column = x[1], x[:, 1]
        row += 1
        assert column.tolist() == [0.0, 1.0]
        leaf = torch.ones(3, requires_grad=True)
        y = leaf * 2
        part = y[1:]
        y[1] = 5.0
        part.sum().backward()
        assert leaf.grad.tolist() == [0.0, 0.0, 2.0]
        assert x.t().reshape(-1).tolist() == [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
        with pytest.raises(RuntimeError, match="view size is not compatible"):
            x.t().view(-1)


def test_keys_of_all_kinds(eager: None) -> None:
    x = torch.arange(24.0).view(2, 3, 4)
    i, j = torch.tensor([1, 0]), torch.tensor([2, 1])
    for _ in range(3):
        assert x[i, j, 0].tolist() == [20.0, 4.0]
        assert x[:, j, 0].tolist() == [[8.0, 4.0], [20.0, 16.0]]
        assert x[..., i].shape == (2, 3, 2)
        assert x[None, 1, ::2].shape == (1, 2, 4)
        assert x[torch.tensor(1), 0, 0].item() == 12
        assert x[torch.tensor(0), 0, 0].item() == 0
        assert x[x > 20].tolist() == [21.0, 22.0, 23.0]
        with pytest.raises(IndexError):
            x[i, torch.tensor([3, 0])]


@pytest.mark.parametrize("name", ["BatchNorm2d", "InstanceNorm2d"])
def test_results_of_norms_may_be_written_in_every_call(name):
    """A plan came after a dozen calls, and its result was what the node had saved."""
    norm = getattr(torch.nn, name)(2, affine=False)
    x = torch.randn(2, 2, 3, 3, requires_grad=True)
    grads = []
    for _ in range(20):
        x.grad = None
        torch.relu_(norm(x)).sum().backward()
        grads.append(x.grad)
    assert all(torch.equal(g, grads[0]) for g in grads)


@pytest.mark.parametrize("name", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}])
def test_recurrent_layers_are_the_same_in_every_call(name, options):
    net = getattr(torch.nn, name)(3, 4, batch_first=True, **options)
    x = torch.randn(2, 3, 3)
    seen = []
    for _ in range(16):
        net.zero_grad()
        out, _ = net(x)
        out.square().sum().backward()
        seen.append([out.detach(), *(p.grad for p in net.parameters())])
    for row in seen[1:]:
        for a, b in zip(row, seen[0], strict=True):
            torch.testing.assert_close(a, b, rtol=1e-6, atol=1e-7)
    assert out.grad_fn is not None


def test_joins_may_be_swept_twice_in_every_call():
    x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    for _ in range(20):
        c = torch.cat([x, w])
        (c * c).sum().backward()
        (c * c).sum().backward()
    assert x.grad.tolist() == [80.0, 80.0]
