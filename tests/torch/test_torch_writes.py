"""Writes at once (`core/writes.py`) and on the general path do the same."""

from __future__ import annotations

from typing import Any

import pytest

import isograd.torch as torch
from isograd.core import writes

WRITES = """
d.zero_()
d.fill_(2)
d.fill_(float('inf'))
d.fill_(1e300)
d.fill_(torch.tensor(3.0))
d.fill_(True)
n.fill_(2)
n.fill_(2.5)
h.fill_(1.1)
d.copy_(e)
d.copy_(d)
d.copy_(e[0])
d.copy_(n)
d.copy_(e.double())
d.copy_(e.requires_grad_())
d[0] = 1.0
d[-1] = 2
d[5] = 1.0
d[0, 1] = float('-inf')
d[0, 9] = 1.0
d[:, 1] = 2.5
d[1:, ::2] = 0.0
d[::-1] = 0.0
d[..., 0] = 4.0
d[None] = 4.0
d[True] = 4.0
d[i] = 0.0
d[i, i] = 7.0
d[torch.tensor([7])] = 0.0
d[b] = -1.0
d[b[:1]] = -1.0
d[b] = e[b]
d[:, i] = 3.0
d[0] = e[1]
d[0] = d[1]
d[0] = torch.zeros(1, 3)
d[0] = torch.zeros(2)
d[0] = torch.zeros(3, dtype=torch.float64)
d[0] = 1j
d[0] = 'a'
d[0] = [1.0, 2.0, 3.0]
n[0] = 1
n[0] = 1.7
d[torch.tensor([0., 1.])] = 1.0
d[torch.tensor(1)] = 6.0
d[[0, 1]] = 6.0
w[0] = 1.0
w.zero_()
(w * 1)[0].zero_()
d.expand(2, 2, 3)[0, 0, 0].fill_(1.0)
d.t()[0] = 1.0
d.add_(e, alpha=0.5)
d.sub_(e, alpha=2)
d.sub_(n, alpha=2)
d.add_(e, alpha=w[0, 0])
n.add_(n, alpha=2)
d[0].mul_(3)
""".strip().splitlines()


def _done(code: str) -> list[Any]:
    torch.manual_seed(0)
    world: dict[str, Any] = {
        "torch": torch,
        "d": torch.arange(6.0).view(2, 3) * 1,
        "e": torch.rand(2, 3),
        "n": torch.arange(6).view(2, 3) * 1,
        "h": torch.zeros(3, dtype=torch.float16),
        "w": torch.ones(2, 3, requires_grad=True),
        "i": torch.tensor([1, 0]),
        "b": torch.tensor([[True, False, True], [False, True, False]]),
    }
    world["row"] = world["d"].detach()[0]
    told: list[Any] = []
    try:
        exec(code, world)
    except Exception as error:
        told = [type(error), str(error)]
    state = [(str(t), t._version) for k, t in world.items() if len(k) == 1]
    return [*told, *state, str(world["row"])]


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize("code", WRITES)
def test_at_once_and_in_general(
    code: str, quiet: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with torch.set_grad_enabled(not quiet):
        found = _done(code)
        monkeypatch.setattr(writes, "alone", lambda t: False)
        assert found == _done(code)


def test_saved_values_see_the_write() -> None:
    x = torch.ones(3, requires_grad=True)
    c = torch.ones(3)
    y = (x * c).sum()
    c[0] = 5.0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_a_value_with_a_graph_is_recorded() -> None:
    x = torch.ones(3, requires_grad=True)
    c = torch.zeros(2, 3)
    c[0] = x * 2
    c.sum().backward()
    assert x.grad.tolist() == [2.0, 2.0, 2.0]
