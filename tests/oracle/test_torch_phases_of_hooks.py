# ruff: noqa: E501 (snippets are compact)
"""When hooks run and what is captured: printed by PyTorch and by isograd."""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch")

MAKE = r"""
x = torch.ones(2, requires_grad=True)
def made(kind):
    y = x * 2
    if kind == "tensor": y.register_hook(lambda g: print("hook") or g * 3)
    else: y.grad_fn.register_prehook(lambda g: print("prehook") or (g[0] * 3,))
    return y
"""
SNIPPETS = {
    "captured_values": MAKE
    + r"""
for kind in ("tensor", "node"):
    for wanted in ("y", "yx", "xy"):
        y = made(kind)
        print(kind, wanted, torch.autograd.grad(y.sum(), [{"x": x, "y": y}[w] for w in wanted]))
""",
    "kept_gradients": MAKE
    + r"""
for kind in ("tensor", "node"):
    for retain in (False, True):
        y = made(kind); x.grad = None
        if retain: y.retain_grad()
        y.sum().backward(inputs=[y, x]); print(kind, retain, y.grad, x.grad)
    y = made(kind); x.grad = None; y.retain_grad(); y.sum().backward(); print(y.grad, x.grad)
""",
    "accumulation_has_phases_of_its_own": r"""
x = torch.ones(2, requires_grad=True)
node = x.view_as(x).grad_fn.next_functions[0][0]
node.register_hook(lambda a, b: print("after", a, b))
node.register_prehook(lambda g: print("before") or (g[0] * 3,))
x.register_hook(lambda g: print("tensor"))
x.register_post_accumulate_grad_hook(lambda p: print("accumulated", p.grad))
print(torch.autograd.grad(x.sum(), x))
x.sum().backward(); (x * 2).sum().backward()
""",
    "what_hooks_may_return": r"""
def attempt_with(add):
    x = torch.ones(2, requires_grad=True); y = x * 2
    add(x, y); attempt(lambda: (y.sum().backward(), x.grad))
attempt_with(lambda x, y: x.register_post_accumulate_grad_hook(lambda p: p.grad))
attempt_with(lambda x, y: y.grad_fn.register_prehook(lambda g: (g[0].double(),)))
attempt_with(lambda x, y: y.grad_fn.register_prehook(lambda g: (None,)))
attempt_with(lambda x, y: y.grad_fn.register_prehook(lambda g: (3,)))
attempt_with(lambda x, y: y.grad_fn.register_hook(lambda a, g: (torch.ones(3), None)))
attempt_with(lambda x, y: y.grad_fn.register_hook(lambda a, g: (a[0].double(), None)))
attempt_with(lambda x, y: y.grad_fn.register_hook(lambda a, g: (4, None)))
attempt_with(lambda x, y: y.grad_fn.next_functions[0][0].register_hook(lambda a, g: (x,)))
""",
    "a_view_follows_its_base": r"""
a = torch.ones(4, requires_grad=True); b = a.clone(); v = b[:2]; v.retain_grad()
b.mul_(3); v.sum().backward(); print(v.grad, a.grad)
""",
    "callbacks_of_the_engine": r"""
x = torch.ones(2, requires_grad=True)
queue = torch.autograd.Variable._execution_engine.queue_callback
x.register_hook(lambda g: queue(lambda: print("ended", x.grad)))
x.sum().backward(); attempt(lambda: queue(print))
""",
    "objects_of_nodes": r"""
x = torch.ones(2, 3, requires_grad=True); y = x * 2; node = y.grad_fn
attempt(lambda: setattr(node, "foo", 3)); attempt(lambda: torch.autograd.graph.Node())
m = node._input_metadata[0]; print(m.shape, m.dtype, m.device, m.is_nested_tensor)
print(x.split(1)[1].output_nr, torch.autograd.graph.get_gradient_edge(x.split(1)[1]).output_nr)
attempt(lambda: y.grad_fn._raw_saved_self.register_hooks(1, 2) if False else x.exp().grad_fn._raw_saved_result.register_hooks(1, 2))
import pickle; attempt(lambda: pickle.dumps(node))
""",
    "saved_tensors_that_may_be_written": r"""
graph = torch.autograd.graph
def nested():
    with graph.allow_mutation_on_saved_tensors():
        with graph.allow_mutation_on_saved_tensors(): pass
attempt(nested)
with graph.allow_mutation_on_saved_tensors() as context:
    a = torch.ones(2, requires_grad=True); b = a.clone(); out = (b ** 2).sum(); b.mul_(2)
    print(len(context.cloned)); out.backward(); print(a.grad, len(context.cloned))
    c = a.clone(); late = (c ** 2).sum(); c.sin_()
attempt(late.backward)
def disabled_inside():
    with graph.saved_tensors_hooks(lambda t: t, lambda t: t):
        with graph.disable_saved_tensors_hooks("not here"): pass
attempt(disabled_inside)
""",
    "custom_functions": r"""
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, *more):
        if more: ctx.save_for_backward(x, 3)
        return x * 2
    @staticmethod
    def backward(ctx, g): return given
def run(x, *more):
    x.grad = None; F.apply(x, *more).abs().sum().backward(); return x.grad
x = torch.ones(2, requires_grad=True); z = torch.ones(2, dtype=torch.cfloat, requires_grad=True)
attempt(lambda: run(x, 1))
for given in (torch.ones(2, dtype=torch.int), torch.ones(2, dtype=torch.cfloat)): attempt(lambda: run(x))
for given in (torch.ones(2), torch.ones(2, dtype=torch.int)): attempt(lambda: run(z))
""",
    "in_place_oddities": r"""
x = torch.arange(4.).clone().requires_grad_().clone()
a, b = torch.unsafe_split(x, 2); a.mul_(3); print(a, b, a._is_view())
y = torch.arange(6.); y.resize_(2, 2); y.resize_(6); print(y)
p = torch.ones(3, requires_grad=True)
attempt(lambda: setattr(p, "data", torch.ones(2, dtype=torch.int)))
attempt(lambda: torch.zeros(2).set_(torch.ones(2, dtype=torch.int))); attempt(lambda: p.set_(torch.ones(2)))
p.sum().backward(); p.data = torch.ones(5); attempt(lambda: p.sum().backward())
attempt(lambda: setattr(p, "shape", None)); attempt(lambda: setattr(p, "grad_fn", None))
t = torch.ones(1, 3); t.squeeze_(0); t.unsqueeze_(1); t.t_(); print(t.shape, t._version)
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_both_print_the_same(name: str) -> None:
    assert_same(SNIPPETS[name])
