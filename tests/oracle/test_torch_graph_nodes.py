"""Nodes of the graph, what they saved, hooks on it, views of custom functions."""
# ruff: noqa: E501  (programs are compact)

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch", reason="PyTorch is the oracle")

LEAVES = """
x = torch.tensor([1., 2., 3.], requires_grad=True)
w = torch.tensor([4., 5., 6.], requires_grad=True)
a = torch.ones(2, 3, requires_grad=True); k = torch.ones(4, 3, requires_grad=True)
b = torch.ones(4, requires_grad=True)
def tree(f):
    if f is None: return 'None'
    if 'Accum' in f.name(): return 'A'
    return f.name() + '(' + ','.join(tree(n) for n, _ in f.next_functions) + ')'
"""
TREES = """F.linear(a, k, b);F.linear(a, k);F.linear(x, k, b);F.linear(x, k);F.linear(a[None], k, b)
F.linear(a[None], k);F.cross_entropy(a, torch.tensor([0, 1]));F.mse_loss(a, torch.ones(2, 3))
F.nll_loss(F.log_softmax(a, 1), torch.tensor([0, 1]));F.l1_loss(a, torch.ones(2, 3));a @ k.t()
a[None] @ k.t();torch.where(a > 0, a, a * 2);F.embedding(torch.tensor([0]), k);2 - a;2 * a
F.dropout(a, 0.5);a.gather(1, torch.tensor([[0], [1]]))
nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))(a).pow(2).mean()
nn.LayerNorm(3)(a);a.sum(1).exp();((x - x.mean()) / x.std());x.max();x.max(0)[0];x[1:]
F.binary_cross_entropy_with_logits(a, torch.ones(2, 3));torch.cat([x, w]);x.view(3, 1).t()""".replace(
    "\n", ";"
).split(";")


@pytest.mark.parametrize("text", TREES)
def test_next_functions(text: str) -> None:
    assert_same(f"{LEAVES}print(tree(({text}).grad_fn))")


def test_writes_to_views_in_the_graph() -> None:
    assert_same(
        LEAVES
        + """
y = x * 1; y[0] = w[0]; print(tree(y.grad_fn))
y = x * 1; y += w; print(tree(y.grad_fn)); y.mul_(2); print(tree(y.grad_fn))
y[1:].add_(1); print(tree(y.grad_fn))
"""
    )


SAVED = {
    "x * w": "self other",
    "x / w": "self other",
    "x ** 2": "self exponent",
    "x.exp()": "result",
    "x.log()": "self",
    "x.relu()": "result",
    "x.sigmoid()": "result",
    "x.sum(0)": "dim keepdim self_sym_sizes",
    "x.softmax(0)": "dim result",
    "F.mse_loss(x, w)": "self target reduction",
    "x.max()": "self result",
    "x + w": "alpha",
    "torch.where(x > 1, x, w)": "condition",
    "x.abs()": "self",
    "F.silu(x)": "self",
    "torch.atan2(x, w)": "self other",
    "x.view(1, 3)": "self_sym_sizes",
    "x.pow(w)": "self exponent",
}


@pytest.mark.parametrize(("text", "names"), SAVED.items())
def test_saved_attributes(text: str, names: str) -> None:
    body = f"""
f = ({text}).grad_fn
for n in {names.split()!r}:
    print(n, getattr(f, '_saved_' + n), '_saved_' + n in dir(f))
"""
    assert_same(LEAVES + body)


PROGRAMS = {
    "node": """
y = x * w; f = y.grad_fn
print(f, type(f), f.name(), f.next_functions, f.metadata, f._raw_saved_self)
acc = f.next_functions[0][0]; print(acc.name(), acc.variable is x, acc.next_functions)
f.metadata['a'] = 1; print(y.grad_fn.metadata, f is y.grad_fn)
attempt(lambda: f.foo)
print(f._raw_saved_self.data, f(torch.ones(3)), (x ** 2).sum().grad_fn(torch.tensor(1.)))
print(f._input_metadata, f.next_functions[0][0] is f.next_functions[0][0])
e = torch.autograd.graph.get_gradient_edge(y); print(e, e._fields)
g = torch.autograd.graph.get_gradient_edge(x)
print(torch.autograd.grad(y.sum(), g, retain_graph=True), torch.autograd.grad(y.sum(), [g, w], retain_graph=True))
print(torch.autograd.grad(e, x, grad_outputs=torch.ones(3), retain_graph=True))
attempt(lambda: torch.autograd.grad(e, x, retain_graph=True))
torch.autograd.backward(e, torch.ones(3), retain_graph=True); print(x.grad)
torch.autograd.backward(y.sum(), inputs=[g], retain_graph=True); print(x.grad, w.grad)
attempt(lambda: torch.autograd.backward(y.sum(), inputs=[], retain_graph=True))
attempt(lambda: torch.autograd.backward(y, inputs=[torch.ones(2)], retain_graph=True))
attempt(lambda: torch.autograd.backward(y.sum(), inputs=[torch.ones(2)], retain_graph=True))
y = x * 2
attempt(lambda: setattr(y, 'requires_grad', True)); attempt(lambda: setattr(y, 'requires_grad', False))
attempt(lambda: y.requires_grad_().requires_grad)
c = torch.cat([x, w]); (c * c).sum().backward(); (c * c).sum().backward(); print(x.grad)
""",
    "hooks on saved tensors": """
saved_tensors_hooks = torch.autograd.graph.saved_tensors_hooks
log = []
def pack(t): log.append((tuple(t.shape), t.requires_grad, t.is_leaf, t.grad_fn is not None)); return t
def unpack(t): log.append(tuple(t.shape)); return t
for f in (lambda: x * w, lambda: x * 2, lambda: x.exp(), lambda: x ** 2, lambda: x + w, lambda: x / w,
          lambda: a[:1] @ k.t()[:, :2], lambda: (x * w).exp() * x, lambda: x.relu(), lambda: x.softmax(0),
          lambda: x.max(), lambda: x.std(), lambda: x.norm(), lambda: x * x, lambda: torch.where(x > 1, x, w)):
    log.clear()
    with saved_tensors_hooks(pack, unpack): y = f()
    y.sum().backward(); print(log)
class Sq(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a): ctx.save_for_backward(a, a * 2); return a * a
    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors; return g * b
log.clear()
with saved_tensors_hooks(pack, unpack): y = Sq.apply(x)
y.sum().backward(); print(log)
y = x.clone() * w; y.grad_fn._raw_saved_self.register_hooks(lambda t: t * 2, lambda t: t)
attempt(lambda: y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t))
x.grad = w.grad = None; y.sum().backward(); print(x.grad, w.grad)
attempt(lambda: y.grad_fn._saved_self)
attempt(lambda: y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t))
attempt(lambda: (x * w).grad_fn._raw_saved_self.register_hooks(lambda t: t.mul_(2), lambda t: t))
attempt(lambda: saved_tensors_hooks(1, 2).__enter__())
""",
    "views of custom functions": """
class Same(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x
    @staticmethod
    def backward(ctx, g): return g * 2
class Flat(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x.view(-1)
    @staticmethod
    def backward(ctx, g): return g.view(1, 2) * 2
class Dirty(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x); return x.mul_(2)
    @staticmethod
    def backward(ctx, g): return g * 2
class DirtyTwo(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x); return x.mul_(2), x + 1
    @staticmethod
    def backward(ctx, g, h): return g * 2
class NotReturned(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.mark_dirty(x); return x * 2
    @staticmethod
    def backward(ctx, g): return g * 2
class Two(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x.view(-1), x[0]
    @staticmethod
    def backward(ctx, g, h): return g.view(1, 2) * 2
def tour(f, t):
    o = f.apply(t)
    print(f.__name__, o, t, t._version)
    for u in (o if isinstance(o, tuple) else (o,)):
        print(u._base is t, u.is_leaf, u.requires_grad, u._version, u is t, u.grad_fn)
        attempt(lambda: u.mul_(3))
    t.add_(1)
    for u in (o if isinstance(o, tuple) else (o,)): attempt(lambda: u.grad_fn)
for f in (Same, Flat, Dirty, DirtyTwo, NotReturned, Two):
    for make in (lambda: x[:2] * 1, lambda: x.detach()[:2].clone(), lambda: (x * 1)[:2], lambda: x[:2]):
        t = make().view(1, 2) if f in (Flat, Two) else make()
        attempt(lambda: tour(f, t))
        with torch.no_grad():
            t = make().view(1, 2) if f in (Flat, Two) else make()
            try: o = f.apply(t)
            except RuntimeError as e: print(e); continue
        for u in (o if isinstance(o, tuple) else (o,)):
            print(u._base is t, u.is_leaf, u.requires_grad)
            attempt(lambda: u.mul_(3))
""",
    "out without recording": """
y = torch.ones(3, requires_grad=True)
attempt(lambda: torch.add(x, 1, out=y))
with torch.no_grad(): attempt(lambda: torch.add(x, 1, out=y))
d = x.data; d.add_(1); print(d._version, x._version, x.data._version, d.view(3)._version)
v = torch.ones(6, requires_grad=True) * 1
for t in v.tensor_split(2): t.mul_(2)
print(v); attempt(lambda: v.chunk(2)[0].mul_(2)); attempt(lambda: torch.ones(2, 3).hsplit(2))
y = (x * 1); y.add_(w.double()); print(y.grad_fn)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name: str) -> None:
    assert_same(LEAVES + PROGRAMS[name])
