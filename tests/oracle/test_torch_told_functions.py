# ruff: noqa: E501 (snippets are compact)
"""Which functions __torch_function__ is told of, and fields of nodes: both print alike."""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch")

SUBCLASS = r"""
log = []
class S(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        log.append(func.__name__); return super().__torch_function__(func, types, args, kwargs or {})
x = torch.ones(2).as_subclass(S); n = torch.ones(2, dtype=torch.int).as_subclass(S)
def told(f):
    log.clear()
    try: kind = type(f()).__name__
    except Exception as error: kind = type(error).__name__
    print(log, kind)
"""
FIELDS = r"""
x = torch.rand(2, 3, requires_grad=True); t = torch.rand(2, 3); row = torch.tensor([[0], [1]])
def show(f, *words):
    node = f().grad_fn; found = []
    for w in words:
        v = getattr(node, "_saved_" + w); found.append(tuple(v.shape) if isinstance(v, torch.Tensor) else v)
    print(node.name(), found)
def all_of_them():
    show(lambda: F.mse_loss(x, t), "self", "target", "reduction"); show(lambda: x.transpose(0, 1), "dim0", "dim1"); show(lambda: x.permute(1, 0), "dims")
    show(lambda: x[:, 1:], "dim", "start", "end", "step", "self_sym_sizes"); show(lambda: x[torch.tensor([0])], "indices", "self_sym_sizes"); show(lambda: x.clamp(0.1, 0.2), "min", "max", "self")
    show(lambda: x.max(1)[0], "dim", "indices", "keepdim"); show(lambda: F.leaky_relu(x, 0.3), "negative_slope"); show(lambda: x.unsqueeze(1), "dim"); show(lambda: F.linear(x, t, t[0, :2]), "mat1", "mat2", "mat2_sym_sizes")
    show(lambda: F.conv1d(x[None], torch.rand(1, 2, 2)), "padding", "transposed", "output_padding", "stride"); show(lambda: x.topk(2, 1)[0], "dim", "indices"); show(lambda: x.sort(1)[0], "dim", "indices")
    show(lambda: x.gather(1, row), "dim", "index"); show(lambda: x.masked_fill(x > 0, 1.), "mask"); show(lambda: F.pad(x, (1, 1)), "pad"); show(lambda: x.split(1)[0], "dim", "split_size"); show(lambda: x.amax(1), "dim", "keepdim"); show(lambda: x.diagonal(), "dim1", "dim2", "offset")
"""
SNIPPETS = {
    "operators_are_told_as_methods": SUBCLASS
    + r"""
import operator
for name in "add sub mul truediv floordiv mod pow and_ or_ xor lshift rshift eq ne lt le gt ge".split():
    told(lambda: getattr(operator, name)(n, 2)); told(lambda: getattr(operator, name)(2, n))
for name in "iadd isub imul ipow iand ior ixor".split(): told(lambda: getattr(operator, name)(n.clone(), 2))
""",
    "methods_and_functions": SUBCLASS
    + r"""
for f in (lambda: -x, lambda: abs(x), lambda: +x, lambda: x[0], lambda: x.T, lambda: x.data, lambda: x.detach(), lambda: x.tolist(), lambda: 1 in x, lambda: x.to(torch.double), lambda: x.split(1), lambda: x.norm(), lambda: torch.sin(x), lambda: x @ x,
          lambda: F.relu(x), lambda: F.linear(x, x), lambda: F.softmax(x, 0), lambda: F.mse_loss(x, x), lambda: F.pad(x, (1, 1)), lambda: torch.stack([x, x]), lambda: nn.Linear(2, 2)(x), lambda: torch.where(x > 0, x, x)): told(f)
print(torch.Tensor.add is torch.add, torch.overrides.resolve_name(torch.Tensor.add), torch.overrides.resolve_name(torch.add))
""",
    "classes_that_are_no_tensors": r"""
class D:
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None): return func.__name__, [k.__name__ for k in types]
x = torch.ones(2)
for f in (lambda: torch.add(D(), 1), lambda: torch.cat([D()]), lambda: torch.stack([x, D()]), lambda: F.relu(D()), lambda: F.linear(x, D()), lambda: x + D(), lambda: torch.mean(D(), dim=0), lambda: torch.einsum("i", D())): attempt(f)
""",
    "fields_of_nodes": FIELDS + "all_of_them()\n",
    "fields_of_nodes_of_plans": FIELDS
    + r"""
out, print = print, lambda *a: None
for i in range(18): all_of_them()
print = out; all_of_them()
""",
    "a_write_to_a_target_under_a_plan": r"""
x = torch.rand(3, requires_grad=True); t = torch.rand(3)
for i in range(18): loss = F.mse_loss(x, t)
t.add_(1); attempt(loss.backward)
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_both_print_the_same(name: str) -> None:
    assert_same(SNIPPETS[name])


FUNCTION = r"""
class A(torch.autograd.Function):
    generate_vmap_rule = True
    @staticmethod
    def forward(x): return x ** 3
    @staticmethod
    def setup_context(ctx, inputs, output): ctx.save_for_backward(*inputs)
    @staticmethod
    def backward(ctx, g): return g * 3 * ctx.saved_tensors[0] ** 2
f = torch.func; x = torch.arange(3.); total = lambda x: A.apply(x).sum()
print(f.grad(total)(x), torch.vmap(f.grad(total))(x), f.vjp(A.apply, x)[1](x), f.jacrev(A.apply)(x))
print(f.grad(lambda x: f.grad(total)(x).sum())(x), torch.vmap(f.grad(f.grad(A.apply)))(x))
y = x.clone().requires_grad_(); f.grad(lambda z: A.apply(z * y).sum())(x).sum().backward(); print(y.grad)
"""
OPERATOR = r"""
sq = torch.library.custom_op("functions_told::sq%s", mutates_args=())(made)
torch.library.register_vmap(sq._qualname, lambda info, in_dims, x: (sq(x), in_dims[0]))
print(torch.vmap(sq)(torch.arange(3.)))
sq.register_autograd(lambda ctx, g: g * 2 * ctx.saved_tensors[0], setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs))
x = torch.ones(2, requires_grad=True); sq(x).sum().backward(); print(x.grad)
attempt(lambda: torch.func.grad(lambda x: sq(x).sum())(torch.ones(2)))
"""


def test_saved_inputs_belong_to_the_level_of_their_sweep() -> None:
    assert_same(FUNCTION)


def test_custom_operators_are_mapped_by_their_rule_and_not_transformed() -> None:
    made = r"""
def made(x): return x ** 2
made.__annotations__ = {"x": torch.Tensor, "return": torch.Tensor}
"""
    assert_same(made + OPERATOR % "")
