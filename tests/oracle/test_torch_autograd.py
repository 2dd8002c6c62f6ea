# ruff: noqa: E501, E702 (snippets are compact)
"""torch.autograd and torch.func: the same programs printed by PyTorch and by isograd."""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch")

SNIPPETS = {
    "custom_function_errors": r"""
class Sq(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        ctx.save_for_backward(x); return x*x
    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g*2*x
x=torch.tensor(3.,requires_grad=True)
t=attempt
t(lambda: Sq.apply(x,2).backward())
class Sq2(Sq):
    @staticmethod
    def backward(ctx,g): return g,None,g
class Sq4(Sq):
    @staticmethod
    def backward(ctx,g): return 3.,None
class Sq5(Sq):
    @staticmethod
    def backward(ctx,g): x,=ctx.saved_tensors; return g*2*x,None
class Sq6(Sq):
    @staticmethod
    def backward(ctx,g): return g,g
class Sq7(torch.autograd.Function):
    @staticmethod
    def forward(ctx,x): return 3
class Sq8(torch.autograd.Function):
    @staticmethod
    def forward(ctx,x): return x*2
for c in (Sq2,Sq4,Sq5,Sq6): t(lambda: (c.apply(x,2).backward(), x.grad))
t(lambda: Sq7.apply(x)); t(lambda: Sq8.apply(x).backward())
t(lambda: Sq5.apply(x,2))
z=Sq5.apply(x,2); print(z, z.grad_fn, z.grad_fn.name(), type(z.grad_fn), z.grad_fn.next_functions)
z.backward(); t(lambda: z.backward())
t(lambda: z.grad_fn.saved_tensors)
from torch.autograd.function import once_differentiable
""",
    "once_differentiable": r"""
x=torch.tensor(3.,requires_grad=True)
O_ = torch.autograd.function.once_differentiable
class O(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x); return x*x
    @staticmethod
    @O_
    def backward(ctx,g):
        x,=ctx.saved_tensors; return g*2*x
g,=torch.autograd.grad(O.apply(x),x,create_graph=True); print(g); attempt(lambda: g.backward())
""",
    "third_derivative_through_a_function": r"""
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x); return x**3
    @staticmethod
    def backward(ctx,g):
        x,=ctx.saved_tensors; print(torch.is_grad_enabled(), x.requires_grad); return g*3*x**2
x=torch.tensor(2.,requires_grad=True)
g,=torch.autograd.grad(Cube.apply(x),x,create_graph=True); print(g)
g2,=torch.autograd.grad(g,x,create_graph=True); print(g2)
g3,=torch.autograd.grad(g2,x); print(g3)
Cube.apply(x).backward(); print(x.grad)
""",
    "several_outputs": r"""
class Two(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b); ctx.set_materialize_grads(False)
        print(ctx.needs_input_grad)
        return a*b, a+b
    @staticmethod
    def backward(ctx, g1, g2):
        print(g1, g2)
        a,b=ctx.saved_tensors
        ga=gb=None
        if g1 is not None: ga,gb=g1*b,g1*a
        if g2 is not None:
            ga = g2 if ga is None else ga+g2
            gb = g2 if gb is None else gb+g2
        return ga, gb
a=torch.tensor([1.,2.],requires_grad=True); b=torch.tensor([3.,4.])
p,q=Two.apply(a,b); print(p,q,p.grad_fn,q.grad_fn,p.grad_fn is q.grad_fn, q.output_nr)
p.sum().backward(); print(a.grad,b.grad)
""",
    "grad_modes": r"""
x=torch.tensor([1.,2.],requires_grad=True)
with torch.no_grad():
    y=x*2; print(y.requires_grad)
    with torch.enable_grad(): print((x*2).requires_grad, torch.is_grad_enabled())
print(torch.is_grad_enabled())
@torch.no_grad()
def f(x): return x*2
@torch.no_grad
def g(x): return x*3
@torch.enable_grad()
def h(x): return x*3
print(f(x),g(x)); 
with torch.no_grad(): print(h(x))
torch.set_grad_enabled(False); print((x*1).requires_grad); torch.set_grad_enabled(True)
with torch.set_grad_enabled(False): print((x*1).requires_grad)
print((x*1).requires_grad)
@torch.no_grad()
def gen():
    for i in range(2): yield x*i
for v in gen(): print(v, torch.is_grad_enabled())
with torch.inference_mode(): z=x*2; print(z, torch.is_inference_mode_enabled(), z.is_inference())
""",
    "hooks": r"""
x=torch.tensor([1.,2.],requires_grad=True)
y=x*2
y.register_hook(lambda g: g*10)
h=x.register_hook(lambda g: print("leaf", g))
y.sum().backward(); print(x.grad)
h.remove()
y=x*3; y.retain_grad(); y.sum().backward(); print(y.grad, x.grad)
def bad(g): raise ValueError("in hook")
y=x*2; y.register_hook(bad); attempt(lambda: y.sum().backward())
y=x*2; y.register_hook(lambda g: g[:1]); attempt(lambda: y.sum().backward())
y=x*2; y.register_hook(lambda g: 3); attempt(lambda: y.sum().backward())
print(x.grad)
""",
    "order_of_hooks": r"""
a=torch.tensor(1.,requires_grad=True);b=torch.tensor(2.,requires_grad=True);c=torch.tensor(3.,requires_grad=True)
for n,t in zip("abc",(a,b,c)): t.register_hook(lambda g,n=n: print(n,g))
for n,t in zip("abc",(a,b,c)): t.register_post_accumulate_grad_hook(lambda p,n=n: print("post",n,p.grad))
y=a*b; y.register_hook(lambda g: print("y",g)); z=y*c; z.register_hook(lambda g: print("z",g))
(z*a).backward()
""",
    "grad_arguments": r"""
w=torch.ones(3,requires_grad=True)
t=attempt
t(lambda: torch.autograd.grad(w.sum(),w, torch.ones(3)))
t(lambda: torch.autograd.backward(w.sum(), inputs=[]))
t(lambda: torch.autograd.backward(w.sum(), inputs=[torch.ones(2)]))
t(lambda: torch.autograd.grad(w.sum(), torch.ones(3)))
t(lambda: torch.autograd.grad(w.sum(), []))
t(lambda: torch.autograd.grad([w.sum(),torch.ones(())], w))
t(lambda: torch.autograd.backward([w,w]))
t(lambda: torch.autograd.backward([w.sum()],[None,None]))
t(lambda: torch.autograd.grad(w.sum(), w, grad_outputs=3.))
t(lambda: torch.autograd.grad((w*2).sum(), w, materialize_grads=True, allow_unused=False))
t(lambda: torch.autograd.grad((w*2).sum(), [w, torch.ones(2,requires_grad=True)]))
t(lambda: torch.autograd.grad((w*2).sum(), [w, torch.ones(2,requires_grad=True)], allow_unused=True))
t(lambda: torch.autograd.grad((w*2).sum(), [w, torch.ones(2,requires_grad=True)], materialize_grads=True))
y=w*w
t(lambda: torch.autograd.grad(y, w, torch.eye(3), is_grads_batched=True))
print((w*2).grad_fn.next_functions, w.sum().grad_fn.next_functions, torch.autograd.graph.get_gradient_edge(w))
m=(w*w).grad_fn; print(m._saved_self, m.name(), m)
print(m.next_functions[0][0].variable)
""",
    "anomaly": r"""
q=torch.tensor(-1.,requires_grad=True)
with torch.autograd.detect_anomaly(): attempt(lambda: torch.sqrt(q).backward())
""",
    "node_hooks": r"""
x=torch.tensor([1.,2.,3.],requires_grad=True)
y=x*x
y.grad_fn.register_hook(lambda gi,go: print("post",gi,go))
y.grad_fn.register_prehook(lambda go: print("pre",go))
y.sum().backward(); print(x.grad)
""",
    "saved_tensors_hooks": r"""
def pack(t): print("pack", t.shape); return t*1
def unpack(t): print("unpack", t.shape); return t
x=torch.tensor([1.,2.,3.],requires_grad=True)
with torch.autograd.graph.saved_tensors_hooks(pack,unpack): y=(x*x).exp()
y.sum().backward(); print(x.grad)
with torch.autograd.graph.save_on_cpu(): y=x*x
y.sum().backward(); print(x.grad)
""",
    "func": r"""
f=lambda x: (x**3).sum()
x=torch.tensor([1.,2.,3.])
fn=torch.func
print(fn.grad(f)(x), fn.grad_and_value(f)(x), fn.hessian(f)(x), fn.jacrev(lambda x:x**2)(x), fn.jacfwd(lambda x:x**2)(x))
print(fn.vmap(lambda a: a*2+a.sum())(torch.ones(3,2)), torch.vmap(torch.dot)(torch.ones(3,2),torch.ones(3,2)), torch.vmap(lambda a,b:a@b,in_dims=(0,None))(torch.ones(3,2),torch.ones(2)), torch.vmap(lambda a:a.sum(),chunk_size=2)(torch.ones(5,2)))
o,v=fn.vjp(lambda x: x**2, x); print(o,v(torch.ones(3))); print(fn.jvp(lambda x:x**2,(x,),(torch.ones(3),))); o,j=fn.linearize(lambda x:x**2,x); print(j(torch.ones(3)))
m=nn.Linear(2,1); p={k:torch.ones_like(v) for k,v in m.named_parameters()}
print(fn.functional_call(m,p,(torch.ones(3,2),)))
print(fn.grad(lambda p: fn.functional_call(m,p,(torch.ones(3,2),)).sum())(p))
ps,bs=fn.stack_module_state([nn.Linear(2,1),nn.Linear(2,1)]); print({k:v.shape for k,v in ps.items()},bs)
xs=torch.arange(6.).reshape(3,2); print(torch.vmap(fn.grad(lambda p,x: (p*x).sum()**2), in_dims=(None,0))(torch.ones(2),xs))
attempt(lambda: fn.grad(lambda x:x)(x)); attempt(lambda: torch.vmap(lambda a:a.item())(x)); attempt(lambda: torch.vmap(lambda a,b:a)(torch.ones(3),torch.ones(4))); attempt(lambda: torch.vmap(lambda a:a,in_dims=2)(x))
print(fn.grad(fn.grad(torch.sin))(torch.tensor(1.)), fn.grad(lambda x: (x**2,x*3),has_aux=True)(torch.tensor(2.)))
""",
    "functional": r"""
A=torch.autograd.functional
x=torch.tensor([1.,2.],requires_grad=True); f=lambda x: x**2; g=lambda x:(x**3).sum()
print(A.jacobian(f,x), A.hessian(g,x), A.vjp(f,x,torch.ones(2)), A.jvp(f,x,torch.ones(2)), A.hvp(g,x,torch.ones(2)), A.vhp(g,x,torch.ones(2)))
print(A.jacobian(lambda a,b:(a*b,a+b),(x,x*2),vectorize=True), A.jacobian(f,x,create_graph=True))
attempt(lambda: A.jacobian(lambda x: torch.ones(2),x,strict=True)); attempt(lambda: A.hessian(f,x)); attempt(lambda: A.vjp(f,x)); attempt(lambda: A.jacobian(lambda x:3,x))
""",
    "forward_ad": r"""
fwAD=torch.autograd.forward_ad
p=torch.tensor([1.,2.]); t=torch.tensor([1.,0.])
with fwAD.dual_level():
    d=fwAD.make_dual(p,t); y=(d**2).sin(); print(fwAD.unpack_dual(y)); print(fwAD.unpack_dual(p))
attempt(lambda: fwAD.make_dual(p,t))
""",
    "data": r"""
D=torch.utils.data
ds=D.TensorDataset(torch.arange(10.).reshape(5,2),torch.arange(5)); print(len(ds),ds[1])
for a,b in D.DataLoader(ds,batch_size=2): print(a,b)
dl=D.DataLoader(ds,batch_size=2,drop_last=True,shuffle=True); print(len(dl), sum(1 for _ in dl))
print([len(s) for s in D.random_split(ds,[3,2])]); print(D.default_collate([{'a':1,'b':2.},{'a':3,'b':4.}]))
class M(D.Dataset):
    def __len__(self): return 3
    def __getitem__(self,i): return {'x':torch.tensor([i]),'y':i*.5,'s':str(i)}
for b in D.DataLoader(M(),batch_size=2): print(b)
attempt(lambda: D.DataLoader(ds,batch_size=0)); attempt(lambda: D.random_split(ds,[1,1]))
""",
    "checkpoint_and_utils": r"""
x=torch.linspace(-1,1,4).requires_grad_(); C=torch.utils.checkpoint.checkpoint
for r in (True,False):
    x.grad=None; y=C(lambda a: (a.sin()*a).exp(),x,use_reentrant=r); y.sum().backward(); print(x.grad)
p=[torch.tensor([3.,4.],requires_grad=True)]; (p[0]**2).sum().backward(); print(nn.utils.clip_grad_norm_(p,1.), p[0].grad); nn.utils.clip_grad_value_(p,.5); print(p[0].grad)
v=nn.utils.parameters_to_vector(p); print(v); nn.utils.vector_to_parameters(torch.ones(2),p); print(p)
l=nn.utils.weight_norm(nn.Linear(2,1)); print(l, list(k for k,_ in l.named_parameters())); l=nn.utils.parametrizations.weight_norm(nn.Linear(2,1)); print(l, list(k for k,_ in l.named_parameters()))
""",
    "gradcheck": r"""
G=torch.autograd.gradcheck
print(G(lambda x: (x**2).sum(), torch.tensor([1.,2.],dtype=torch.float64,requires_grad=True)), torch.autograd.gradgradcheck(lambda x: (x**3).sum(), torch.tensor([1.,2.],dtype=torch.float64,requires_grad=True)))
class Bad(torch.autograd.Function):
    @staticmethod
    def forward(ctx,x): ctx.save_for_backward(x); return x**2
    @staticmethod
    def backward(ctx,g): x,=ctx.saved_tensors; return g*x
attempt(lambda: G(Bad.apply, torch.tensor([1.,2.],dtype=torch.float64,requires_grad=True)))
print(G(Bad.apply, torch.tensor([1.],dtype=torch.float64,requires_grad=True), raise_exception=False))
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_both_print_the_same(name: str) -> None:
    assert_same(SNIPPETS[name])
