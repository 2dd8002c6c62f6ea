"""Tensors of inference mode: what may be done with them outside."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch", reason="PyTorch is the oracle")


@pytest.fixture(autouse=True, scope="module")
def collected() -> Iterator[None]:
    """While such tensors live no fast path runs, which other tests look at."""
    yield
    gc.collect()


START = """
with torch.inference_mode():
    x = torch.tensor([1., 2.]); w = torch.ones(2, 2); i = torch.tensor([0, 1])
    v = x.view(2, 1); m = x > 0
p = torch.tensor([3., 4.], requires_grad=True)
q = torch.ones(2, 2, requires_grad=True)
"""
OPERATIONS = """p * x;x * p;p + x;p - x;p / x;q @ w;F.linear(x, q)
torch.where(m, p, p);p.masked_fill(m, 0.);p[i];p.gather(0, i);torch.cat([p, x])
torch.stack([p, x]);p ** x;torch.atan2(p, x);torch.maximum(p, x);p.dot(x)
F.conv1d(x.view(1, 1, 2), torch.ones(1, 1, 1, requires_grad=True))
F.cross_entropy(q, i);F.embedding(i, q);F.mse_loss(p, x);F.layer_norm(x, (2,), p, p)
F.binary_cross_entropy_with_logits(p, x)
Mul.apply(p, x);Mul.apply(x, x);p * x.clone();p * v.view(2);p * x.detach()
x.add_(1);v.add_(1);x.view(1, 2).add_(1);x.zero_();x.__setitem__(0, 1.)
torch.add(p.detach(), 1, out=x);p.detach().clone().copy_(x);x.requires_grad_()
setattr(x, 'requires_grad', True);setattr(x, 'requires_grad', False)
nn.Parameter(x);nn.Parameter(x, requires_grad=False).is_inference()
x._version;v._version;x.exp().is_inference();x.view(1, 2).is_inference()
x.detach().is_inference();x.clone().is_inference();x.data.is_inference()
x.contiguous().is_inference();x.to(torch.float32).is_inference();x.numpy()
x.to(torch.float64).is_inference();torch.as_tensor(x).is_inference()
x.new_zeros(2).is_inference();torch.zeros_like(x).is_inference()
x.register_hook(print);x.retain_grad()""".replace("\n", ";").split(";")
CUSTOM = """
class Mul(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b
"""


@pytest.mark.parametrize("text", OPERATIONS)
@pytest.mark.parametrize("mode", ["", "no_grad"])
def test_operations_on_inference_tensors(text: str, mode: str) -> None:
    context = f"torch.{mode}()" if mode else "torch.enable_grad()"
    assert_same(f"{START}{CUSTOM}\nwith {context}: attempt(lambda: {text})")


def test_the_mode_itself() -> None:
    assert_same(
        START
        + """
print(x.is_inference(), v.is_inference(), x.is_leaf, x.requires_grad, x.grad_fn)
with torch.inference_mode():
    attempt(lambda: x.add_(1))
    attempt(lambda: p * x)
    attempt(lambda: p.add_(x).is_inference())
    n = torch.ones(2)
    pv = p.view(2, 1)
    print(pv.is_inference(), p.detach().is_inference(), p.data.is_inference())
    print(torch.is_inference_mode_enabled(), torch.is_grad_enabled())
    print(n.requires_grad_(), n * 2)
    attempt(lambda: (n * 2).backward())
    with torch.inference_mode(False):
        print(torch.is_inference_mode_enabled(), torch.is_grad_enabled())
        z = torch.ones(2)
        print(z.is_inference(), p * z)
        attempt(lambda: p * n)
    with torch.enable_grad():
        print((p * 2).requires_grad)
print(n.requires_grad, n)
attempt(lambda: n * p)
attempt(lambda: n * 2)
attempt(lambda: (n * 2).sum().backward())
attempt(lambda: n * p.detach())
attempt(lambda: pv.mul_(2))
attempt(lambda: pv * 2)
@torch.inference_mode()
def double(a): return a * 2
o = double(p)
print(o, o.is_inference(), o.requires_grad)
attempt(lambda: (o.clone() * p).sum().backward())
attempt(lambda: o * p)
print(p.grad, torch.inference_mode)
layer = nn.Linear(2, 1)
with torch.inference_mode():
    for a in layer.parameters(): a.fill_(1.)
    y = layer(torch.ones(1, 2))
print(y, y.is_inference())
attempt(lambda: y.sum().backward())
with torch.inference_mode():
    layer = nn.Linear(2, 1)
print(layer.weight.requires_grad, layer.weight.is_inference())
print(layer(torch.ones(1, 2)).requires_grad)
"""
    )
