# ruff: noqa: E501 (snippets are compact)
"""What torch.func refuses, and draws inside of vmap: printed by PyTorch and isograd."""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch")

HEAD = r"""
f = torch.func; x = torch.arange(6.).reshape(2, 3); v = torch.tensor([1., 2.]); one = torch.ones(()); t = attempt; vmap = torch.vmap
"""
SNIPPETS = {
    "grad": r"""
t(lambda: f.grad(torch.sin)(3.)); t(lambda: f.grad(torch.sin, argnums=2)(one)); t(lambda: f.grad(torch.sin, argnums="a")(one)); t(lambda: f.grad(lambda x: (x, x))(one))
t(lambda: f.grad(lambda x: (x, 3), has_aux=True)(one)); t(lambda: f.grad(torch.sin)(torch.tensor(1))); t(lambda: f.grad(lambda x: x.requires_grad_().sum())(v)); t(lambda: f.grad(lambda x: x.retain_grad() or x.sum())(v))
""",
    "vjp_and_jvp": r"""
out, pull = f.vjp(torch.sin, v)
t(lambda: pull(torch.ones(3))); t(lambda: f.vjp(lambda x: 3, v)); t(lambda: f.vjp(lambda x: (x, 3), v))
t(lambda: f.jvp(torch.sin, (v,), (torch.ones(3),))); t(lambda: f.jvp(torch.sin, v, v)); t(lambda: f.jvp(torch.sin, (v,), ())); t(lambda: f.jvp(lambda x: 3, (v,), (v,))); t(lambda: f.jvp(torch.sin, (), ())); t(lambda: f.jvp(torch.sin, (v,), v)); t(lambda: f.jvp(torch.sin, (3.,), (v,)))
""",
    "jacobians": r"""
t(lambda: f.jacrev(lambda x: 3)(v)); t(lambda: f.jacfwd(lambda x: 3)(v)); t(lambda: f.jacfwd(torch.sin, randomness="foo")(v)); t(lambda: f.jacrev(torch.sin, chunk_size=0)(v)); t(lambda: f.jacrev(torch.sin, argnums=3)(v)); t(lambda: f.jacrev(lambda x: x.long())(v)); t(lambda: f.jacrev(torch.sin)(3.))
""",
    "vmap": r"""
t(lambda: vmap(torch.sum, in_dims=(0, 0))(x)); t(lambda: vmap(torch.sum, out_dims=3)(x)); t(lambda: vmap(lambda a: a, out_dims=(0, 1))(x)); t(lambda: vmap(lambda a: (a, a), out_dims=(0,))(x)); t(lambda: vmap(torch.sum, out_dims="a")(x)); t(lambda: vmap(lambda a: a, out_dims=None)(x)); t(lambda: vmap(lambda a: None)(x)); t(lambda: vmap(torch.sum, in_dims=({"a": 0},))({"b": x}))
t(lambda: vmap(lambda a: a.nonzero())(x)); t(lambda: vmap(lambda a: a[a > 0])(x)); t(lambda: vmap(lambda a: a.tolist())(x)); t(lambda: vmap(torch.unique)(x)); t(lambda: vmap(lambda a: a.requires_grad_().sum())(x))
""",
    "draws": r"""
z = torch.zeros(3, 40)
def same(fn, **words):
    out = vmap(fn, **words)(z); return torch.equal(out[0], out[1])
for mode in ("same", "different"):
    for fn in (lambda a: a + torch.rand(40), lambda a: torch.randn(40), lambda a: torch.rand_like(a), lambda a: F.dropout(a + 1, 0.5)): t(lambda: same(fn, randomness=mode))
t(lambda: same(lambda a: torch.randn(40) + a[0], randomness="different", chunk_size=2)); t(lambda: vmap(lambda a: torch.bernoulli(a))(z))
""",
    "modules": r"""
m = nn.Linear(2, 1)
t(lambda: f.functional_call(m, 3, (v,))); t(lambda: f.functional_call(m, ({"weight": torch.ones(1, 2)}, {"weight": torch.ones(1, 2)}), v)); t(lambda: f.stack_module_state([m, nn.Linear(2, 1).eval()]))
""",
    "autograd_functional": r"""
A = torch.autograd.functional; g = lambda x: (x ** 3).sum(); w = torch.tensor([1., 2.])
t(lambda: A.hessian(g, w, vectorize=True, outer_jacobian_strategy="forward-mode").detach()); t(lambda: A.hessian(g, w, outer_jacobian_strategy="forward-mode")); t(lambda: A.vjp(lambda x: x ** 2, w, (w, w)))
""",
    "gradients_of_dual_numbers": r"""
A = torch.autograd.forward_ad; w = torch.tensor([1., 2.], requires_grad=True)
with A.dual_level():
    d = A.make_dual(w, torch.tensor([1., 0.])); g, = torch.autograd.grad((d ** 3).sum(), d, create_graph=True)
    p, q = A.unpack_dual(g); print(p.detach(), q.detach())
""",
    "gradcheck_options": r"""
class B(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 2
    @staticmethod
    def backward(ctx, g): return g * 3
w = torch.tensor([1., 2.], dtype=torch.double, requires_grad=True); check = torch.autograd.gradcheck
t(lambda: check(torch.sin, w, check_batched_forward_grad=True)); t(lambda: check(lambda x: x > 0, w)); print(check(torch.sin, w, fast_mode=True), torch.autograd.gradgradcheck(torch.sin, w, fast_mode=True))
try: check(B.apply, w, fast_mode=True)
except RuntimeError as error: print([line[:19] for line in str(error).split("\n")])
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_both_print_the_same(name: str) -> None:
    assert_same(HEAD + SNIPPETS[name])
