# ruff: noqa: E501 (snippets are compact)
"""Tensors without elements: printed by PyTorch and by isograd."""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch")

SNIPPETS = {
    "made": r"""
x = torch.empty(2, 3, device="meta"); print(x, x.device, x.is_meta, x.shape, x.stride(), x.nbytes, x.data_ptr())
print(torch.empty_like(x), torch.rand_like(x), x.new_zeros(3), torch.full((2,), 1., device="meta"), torch.arange(3, device="meta"), torch.tensor([1, 2], device="meta"), torch.eye(3, device="meta"))
print(torch.ones(2).to("meta"), x.to("meta") is x, torch.empty_like(x, device="cpu").shape)
with torch.device("meta"): print(torch.ones(2), torch.tensor(3.), torch.randn(2), nn.Linear(2, 3).weight)
torch.set_default_device("meta"); print(torch.ones(2)); torch.set_default_device("cpu"); print(torch.ones(2))
""",
    "computed": r"""
x = torch.empty(2, 3, device="meta"); w = torch.empty(3, 4, device="meta")
print(x @ w, x.sum(1), x > 0, torch.cat([x, x]), x.t(), x[0], x.softmax(1).argmax(1), F.linear(x, w.t()), x.double())
print(x.max(1), x.sort(1), x.topk(2), x.split(1), x.std(), torch.einsum("ij,kj->ik", x, x), F.one_hot(torch.zeros(2, dtype=torch.long, device="meta"), 5))
print(torch.linalg.inv(torch.empty(3, 3, device="meta")), torch.fft.fft(x), x + 1j, x * torch.tensor(2.), torch.vmap(lambda a: a.sum())(x))
""",
    "differentiated": r"""
x = torch.empty(2, 3, device="meta", requires_grad=True); y = (x * x).sin().sum(); print(x, y)
y.backward(); print(x.grad); (x * 2).sum().backward(); print(x.grad, torch.autograd.grad(x.exp().sum(), x))
""",
    "modules": r"""
m = nn.Sequential(nn.Conv2d(1, 4, 3, device="meta"), nn.BatchNorm2d(4, device="meta"), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 10, device="meta"))
out = m(torch.empty(2, 1, 8, 8, device="meta")); print(out)
out.sum().backward(); print([p.grad for p in m.parameters()]); torch.optim.Adam(m.parameters()).step(); print(m[0].weight)
attempt(lambda: m.to("cpu")); print(m.to_empty(device="cpu")[0].weight.device, nn.Linear(2, 3).to("meta").weight)
l = nn.Linear(2, 3, device="meta"); print(l.load_state_dict({"weight": torch.ones(3, 2), "bias": torch.zeros(3)})); print(l.weight)
l.load_state_dict({"weight": torch.ones(3, 2), "bias": torch.zeros(3)}, assign=True); print(l.weight)
""",
    "written": r"""
x = torch.empty(2, device="meta"); x.add_(1); x.zero_(); print(x, x._version); x.copy_(torch.ones(2)); x.uniform_(); print(x)
attempt(lambda: torch.ones(2).copy_(x))
""",
    "without_values": r"""
x = torch.empty(2, device="meta")
for f in (x.tolist, x.numpy, x.cpu, lambda: x.sum().item(), lambda: bool(x[0]), lambda: float(x[0])): attempt(f)
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_both_print_the_same(name: str) -> None:
    assert_same(SNIPPETS[name])
