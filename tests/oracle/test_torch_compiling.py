# ruff: noqa: E501 (snippets are compact)
"""torch.compile, torch.compiler, torch.jit: the same programs printed by both.

The back end is "aot_eager", whose results are labelled as inductor's are, and which
needs no C++ compiler.
"""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch")

HEAD = r"""
def C(f, **kw): return torch.compile(f, backend=kw.pop('backend', 'aot_eager'), **kw)
def names(o): return [t.grad_fn and t.grad_fn.name() for t in (o if isinstance(o,(tuple,list)) else [o])]
class M(nn.Module):
    def __init__(self):
        super().__init__(); self.l=nn.Linear(2,2); self.d=nn.Dropout(0.)
        with torch.no_grad(): self.l.weight.fill_(.5); self.l.bias.fill_(.25)
    def forward(self,x): return torch.relu(self.d(self.l(x)))
    def more(self,x): return x+x
x=torch.ones(2,requires_grad=True); y=x*3
"""

SNIPPETS = {
    "labels": r"""
for f in (lambda a:a*2, lambda a:a.view(-1), lambda a:(a*2).view(-1), lambda a:((a*2).view(-1),a*3), lambda a:a.detach()*2, lambda a:a.mul(2).mul_(3)):
    print(names(C(f)(x)))
print(names(C(lambda a:(a,a*2))(y)), names(C(lambda a:y)(x)), names(C(lambda a:a*2,backend='eager')(x)), names(C(lambda a:a*2,disable=True)(x)))
def f(a): return {'o': (a*a).sum()}
out=C(f)(x); print(out); out['o'].backward(); print(x.grad); attempt(lambda: out['o'].backward())
with torch.no_grad(): print(C(f)(x))
""",
    "control_flow": r"""
def f(a):
    print('seen')
    if a.sum()>0: return a.sin()*2
    return a.cos()
g=C(f); print(g(x), g(-x)); print(f.__name__, g.__name__)
def raises(a): raise ValueError('no')
attempt(lambda: C(raises)(x))
log=[]
def notes(a): log.append(a.shape); return a*len(log)
h=C(notes); print(h(x),h(x),log)
""",
    "module": r"""
m=M(); c=C(m); print(c, type(c).__name__, isinstance(c,M), c._orig_mod is m, list(c.state_dict()), [n for n,_ in c.named_modules()])
print(c(x), c.l, c.more(x), c.training); c.eval(); print(m.training, m.d.training, c.training); c.train(); print(m.d.training)
o=optim.SGD(c.parameters(),lr=.02)
for _ in range(2): o.zero_grad(); l=c(x).pow(2).sum(); l.backward(); o.step(); print(l)
print(c.load_state_dict(c.state_dict())); attempt(lambda: m.load_state_dict(c.state_dict()))
c.extra=3; print(m.extra)
attempt(lambda: c.nothing)
class N(nn.Module):
    def __init__(self): super().__init__(); self.l=nn.Linear(2,2)
    @torch.compile(backend='aot_eager')
    def forward(self,x): return self.l(x)
print(names(N()(x)))
m=M(); m.compile(backend='aot_eager'); print(m)
""",
    "errors": r"""
attempt(lambda: torch.compile(lambda a:a, mode='q')); attempt(lambda: torch.compile(lambda a:a, mode='default', options={}))
attempt(lambda: torch.compile(3)); attempt(lambda: torch.compile(lambda a:a*2, backend='nope')(x))
""",
    "compiler": r"""
print(torch.compiler.is_compiling(), C(lambda a:(torch.compiler.is_compiling(),a*2)[0])(x))
@torch.compiler.disable
def k(a): return a*2
print(k(x), C(k)(x) is None, torch.compiler.list_backends(), torch.compiler.is_exporting())
torch.compiler.reset(); torch._dynamo.reset(); torch._dynamo.config.suppress_errors=True; torch._dynamo.config.suppress_errors=False
@torch.compiler.disable(recursive=False)
def k2(a): return a*2
print(k2(x))
with torch._dynamo.config.patch(suppress_errors=True): print(torch._dynamo.config.suppress_errors)
print(torch._dynamo.config.suppress_errors)
def gb(a):
    b=a*2; torch._dynamo.graph_break(); return b+1
print(C(gb)(x))
""",
    "script": r"""
m=nn.Sequential(nn.Linear(2,2),nn.ReLU()); m[0].load_state_dict(M().l.state_dict()); s=torch.jit.script(m)
print(s, type(s).__name__, s[0], s.training, list(s.state_dict()), isinstance(s,torch.jit.ScriptModule), isinstance(s,nn.Module), s.original_name, s[0].weight is m[0].weight)
print(s(x)); s(x).sum().backward(); print(m[0].weight.grad); s.eval(); print(s.training,s[1].training,m.training)
optim.SGD(s.parameters(),lr=.1).step(); print(m[0].bias)
print(type(torch.jit.freeze(torch.jit.script(nn.Linear(2,2).eval()))).__name__); attempt(lambda: torch.jit.freeze(s.train())); attempt(lambda: torch.jit.script(3))
import tempfile, os
with tempfile.TemporaryDirectory() as d:
    p=os.path.join(d,'m.pt'); torch.jit.save(s,p); q=torch.jit.load(p); print(q, q(x).detach(), list(q.state_dict()))
q=torch.jit.script(nn.Sequential(nn.Linear(2,1),nn.ReLU())); print(q, len(q))
""",
    "trace": r"""
class T(nn.Module):
    def __init__(self): super().__init__(); self.l=nn.Linear(2,2)
    def forward(self,x): return torch.tanh(self.l(x))
m=T(); t=torch.jit.trace(m,x); print(t, type(t).__name__, isinstance(t,torch.jit.ScriptModule)); print((t(x)-m(x)).abs().max()<1e-6)
f=torch.jit.trace(lambda a,b:a*b+b,(x,y)); print(f(x,y), type(f).__name__)
print(torch.jit.is_scripting(), torch.jit.is_tracing(), torch.jit.annotate(int,3), torch.jit.wait(torch.jit.fork(lambda a:a*2,x)))
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_both_print_the_same(name: str) -> None:
    assert_same(HEAD + SNIPPETS[name])


def test_a_scripted_function_runs_as_it_is() -> None:
    """Scripting reads the source file, so this is no snippet."""
    import torch

    import isograd.torch as own

    for t in (torch, own):
        scripted = t.jit.script(_scaled)
        x = t.tensor([1.0, 2.0], requires_grad=True)
        out = scripted(x, 3)
        out.sum().backward()
        assert x.grad.tolist() == [3.0, 3.0]
        assert scripted.name == "_scaled"


def _scaled(x, n: int = 2):  # scripting takes no annotation of both kinds of tensors
    return x * n
