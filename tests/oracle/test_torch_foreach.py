"""torch._foreach_*: an operation on each tensor of a list, as PyTorch has it."""

from __future__ import annotations

import pytest

from tests.oracle import twosided

torch = pytest.importorskip("torch")

_START = "a = lambda: [torch.tensor([1., 4.]), torch.tensor(2.)]\n"
CALLS = """
add(a(), 1); add(a(), a(), alpha=2); add(a(), torch.tensor(3.)); add(a(), [1, 2.])
sub(a(), a(), alpha=2); mul(a(), [2, 3]); mul(a(), torch.tensor(2.)); div(a(), a())
div(a(), 2); pow(a(), 2); pow(2., a()); pow(a(), a()); maximum(a(), 2)
minimum(a(), a()); clamp_min(a(), 2); clamp_max(a(), [1, 2]); addcmul(a(), a(), a())
addcmul(a(), a(), a(), value=.5); addcdiv(a(), a(), a(), [1., 2.])
addcdiv(a(), a(), a(), torch.tensor([1., 2.])); lerp(a(), a(), .3)
lerp(a(), a(), [.3, .4]); lerp(a(), a(), a()); norm(a()); norm(a(), 1)
norm(a(), float('inf')); norm(a(), 2, torch.double); max(a()); clone(a())
copy_(a(), [torch.zeros(2), torch.ones(())]); zero_(a()); powsum(a(), 2)
mm([torch.eye(2)], [torch.ones(2, 2)]); add_(a(), 1); addcdiv_(a(), a(), a(), value=-1)
add(a(), a()[:1]); add([], 1); add(a(), [1.]); sqrt([]); addcmul(a(), a(), a()[:1])
mul([1, 2], 2); norm([]); add_([torch.ones(2, requires_grad=True)], 1)
div_([torch.ones(2, dtype=torch.int)], 2)
"""
UNARY = (
    "abs acos asin atan ceil cos cosh erf erfc exp expm1 floor frac lgamma log log10 "
    "log1p log2 neg reciprocal round rsqrt sigmoid sign sin sinh sqrt tan tanh trunc"
)


@pytest.mark.parametrize(
    "call", [c for line in CALLS.strip().split("\n") for c in line.split("; ")]
)
def test_call(call: str) -> None:
    twosided.assert_same(f"{_START}attempt(lambda: torch._foreach_{call})")


@pytest.mark.parametrize("name", UNARY.split())
def test_unary(name: str) -> None:
    twosided.assert_same(
        f"{_START}x = a()\nprint(torch._foreach_{name}(x))\n"
        f"print(torch._foreach_{name}_(x) is x, x, x[0]._version)"
    )


def test_gradients_pass() -> None:
    twosided.assert_same(
        "p = torch.ones(2, requires_grad=True)\n"
        "y = torch._foreach_mul([p], 3)\n"
        "torch._foreach_add(y, [p])[0].sum().backward()\nprint(p.grad)"
    )


def test_keys_of_lbfgs() -> None:
    twosided.assert_same(
        "w = torch.tensor([-1.2, 1.], requires_grad=True)\n"
        "for steps in (1, 4):\n"
        "    o = torch.optim.LBFGS([w], lr=.01, max_iter=steps)\n"
        "    def closure():\n"
        "        o.zero_grad()\n"
        "        l = (w ** 4).sum()\n"
        "        l.backward()\n"
        "        return l\n"
        "    o.step(closure), o.step(closure)\n"
        "    print(list(o.state[w]))\n"
    )
