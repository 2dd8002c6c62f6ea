# ruff: noqa: E501 (snippets are compact)
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
    "graph": r"""
G=torch.autograd.graph
a=torch.tensor(1.,requires_grad=True); b=torch.tensor(2.,requires_grad=True)
h=G.register_multi_grad_hook([a,b],lambda gs: print("multi",gs)); (a*b).backward(); (a*2).backward(); h.remove()
h=G.register_multi_grad_hook([a,b],lambda g: print("any",g),mode="any"); (a*b).backward(); h.remove()
y=a*b; print(isinstance(y.grad_fn,G.Node)); e=G.get_gradient_edge(a); z=y*3; print(torch.autograd.grad(z,[e])); 
y=a*b; z=y*y; z.backward(inputs=[y]); print(y.grad, a.grad)
x=torch.ones(3,requires_grad=True); 
with G.allow_mutation_on_saved_tensors(): 
    p=x*2; q=p*p; p.add_(1); q.sum().backward(); print(x.grad)
print(x._version); G.increment_version(x); print(x._version)
attempt(lambda: G.get_gradient_edge(torch.ones(1)))
with G.disable_saved_tensors_hooks("no hooks"): attempt(lambda: G.saved_tensors_hooks(lambda t:t,lambda t:t).__enter__())
""",
    "nodes": r"""
x=torch.tensor([1.,2.],requires_grad=True)
y=x.exp(); print(y.grad_fn._saved_result, y.grad_fn.name(), y.grad_fn.next_functions[0][1], y.grad_fn.requires_grad, y.grad_fn.metadata)
y.grad_fn.metadata['k']=1; g=y.grad_fn; print(y.grad_fn is g, g.metadata)
y.sum().backward(); attempt(lambda: g._saved_result)
print((x**2).grad_fn._saved_exponent, (x+1).grad_fn, x.sum().grad_fn.next_functions, torch.stack([x,x]).grad_fn.next_functions)
s=x.max(0); print(s.values.grad_fn)
print(x.grad_fn, x.is_leaf, torch.is_grad_enabled(), (x*2).detach().requires_grad)
""",
    "anomaly_and_grad": r"""
with torch.autograd.set_detect_anomaly(True): print(torch.is_anomaly_enabled())
x=torch.tensor([0.,1.],requires_grad=True)
with torch.autograd.detect_anomaly():
    y=(x.sqrt()*torch.tensor([0.,1.])).sum(); attempt(lambda: y.backward())
    z=(x/x).sum(); attempt(lambda: z.backward())
x=torch.ones(2,requires_grad=True); y=torch.autograd.grad((x**2).sum(),x,create_graph=True)[0]; print(y, torch.autograd.grad(y[0],x,retain_graph=True), torch.autograd.grad(y.sum(),x))
x=torch.ones(2,2,requires_grad=True); y=x.sum(0); print(torch.autograd.grad(y,x,torch.tensor([1.,2.]))); print(torch.autograd.grad([y.sum(),x.sum()],[x]))
try:
    with torch.no_grad(): raise ValueError
except ValueError: print(torch.is_grad_enabled())
""",
    "per_sample_and_maml": r"""
# per-sample grads, ensembling, MAML
torch.set_printoptions(precision=3)
from_ = torch.func
m=nn.Sequential(nn.Linear(2,3),nn.Tanh(),nn.Linear(3,1))
with torch.no_grad():
    for i,q in enumerate(m.parameters()): q.copy_(torch.sin(torch.arange(q.numel())*1.+i).reshape(q.shape))
params={k:v.detach() for k,v in m.named_parameters()}
x=torch.arange(8.).reshape(4,2)/8; y=torch.ones(4,1)
def loss(p,a,b): return F.mse_loss(from_.functional_call(m,p,(a.unsqueeze(0),)),b.unsqueeze(0))
g=torch.vmap(from_.grad(loss),in_dims=(None,0,0))(params,x,y); print({k:v.shape for k,v in g.items()}, g['2.bias'], g['0.weight'][1])
g2=torch.vmap(from_.grad(loss),in_dims=(None,0,0),randomness='different',chunk_size=2)(params,x,y); print(torch.allclose(g['0.weight'],g2['0.weight']))
fast=dict(m.named_parameters())
for _ in range(2):
    l=F.mse_loss(from_.functional_call(m,fast,(x,)),y); gs=torch.autograd.grad(l,fast.values(),create_graph=True); fast={k:v-.1*gg for (k,v),gg in zip(fast.items(),gs)}
F.mse_loss(from_.functional_call(m,fast,(x,)),y).backward(); print([p.grad for p in m.parameters()])
H=from_.hessian(lambda a: from_.functional_call(m,params,(a,)).sum())(x[0]); print(H)
print(from_.jacfwd(from_.jacrev(lambda a: a.prod()))(torch.tensor([1.,2.,3.])))
torch.set_printoptions(profile='default')
""",
    "custom_functions_of_many_kinds": r"""
class Exp(torch.autograd.Function):
    @staticmethod
    def forward(ctx,i):
        r=i.exp(); ctx.save_for_backward(r); return r
    @staticmethod
    def backward(ctx,g):
        r,=ctx.saved_tensors; return g*r
x=torch.tensor([1.,2.],requires_grad=True); y=Exp.apply(x); print(y); g,=torch.autograd.grad(y.sum(),x,create_graph=True); print(g); print(torch.autograd.grad(g.sum(),x))
class InPlace(torch.autograd.Function):
    @staticmethod
    def forward(ctx,x): x.mul_(2); ctx.mark_dirty(x); return x
    @staticmethod
    def backward(ctx,g): return g*2
a=torch.ones(2,requires_grad=True); b=a*3; c=InPlace.apply(b); print(c is b, b, b.grad_fn); c.sum().backward(); print(a.grad); attempt(lambda: InPlace.apply(a))
class ND(torch.autograd.Function):
    @staticmethod
    def forward(ctx,x):
        s,i=x.sort(); ctx.mark_non_differentiable(i); ctx.save_for_backward(i); return s,i
    @staticmethod
    def backward(ctx,gs,gi):
        print(gi); i,=ctx.saved_tensors; g=torch.zeros_like(gs); g[i]=gs; return g
s,i=ND.apply(torch.tensor([3.,1.,2.],requires_grad=True)); print(s,i,i.requires_grad); (s*torch.arange(3.)).sum().backward()
class V(torch.autograd.Function):
    generate_vmap_rule=True
    @staticmethod
    def forward(x,y): return x*y
    @staticmethod
    def setup_context(ctx,inputs,output): ctx.save_for_backward(*inputs)
    @staticmethod
    def backward(ctx,g): x,y=ctx.saved_tensors; return g*y,g*x
    @staticmethod
    def jvp(ctx,tx,ty): return tx*2+ty*3
print(torch.vmap(V.apply)(torch.arange(3.),torch.arange(3.)), torch.vmap(V.apply,in_dims=(0,None))(torch.arange(3.),torch.ones(())*4), torch.func.grad(V.apply)(torch.tensor(2.),torch.tensor(5.)), torch.vmap(torch.func.grad(V.apply))(torch.arange(3.),torch.arange(3.)+1), torch.func.jvp(V.apply,(torch.tensor(1.),torch.tensor(1.)),(torch.tensor(1.),torch.tensor(1.))))
print(torch.func.jacrev(V.apply)(torch.ones(2),torch.arange(2.)), torch.func.grad(lambda x: torch.func.grad(lambda y: V.apply(y,y*y))(x))(torch.tensor(3.)))
""",
    "leaf_rules": r"""
x=torch.ones(2,requires_grad=True)
y=x*2; z=y.sum(); z.backward(); attempt(lambda: z.backward())
w=torch.ones(2,requires_grad=True); attempt(lambda: w.add_(1)); 
y=w*w; w.data.add_(1); y.sum().backward(); print(w.grad)
a=torch.ones(2,requires_grad=True); b=a.exp(); b.add_(1); attempt(lambda: b.sum().backward())
a=torch.ones(2,requires_grad=True); b=a.clone(); c=b*b; b[0]=5; attempt(lambda: c.sum().backward())
attempt(lambda: torch.ones(2).backward()); attempt(lambda: (x*2).backward()); attempt(lambda: torch.ones(2,dtype=torch.int64,requires_grad=True)); attempt(lambda: x.numpy())
print(x.grad_fn, y.is_leaf, (x*2).is_leaf); attempt(lambda: (x*2).requires_grad_(False)); 
t=x*2; t.backward(torch.ones(2),retain_graph=True); t.backward(torch.tensor([1.,0.])); print(x.grad)
attempt(lambda: (x*1).register_hook(None)); attempt(lambda: torch.ones(1).register_hook(print)); attempt(lambda: torch.ones(1).retain_grad())
x.grad=None; o=(x**3).sum(); torch.autograd.backward(o,inputs=[x],create_graph=True); print(x.grad); 
attempt(lambda: setattr(x,'grad',torch.ones(3))); attempt(lambda: setattr(x,'grad',3))
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_both_print_the_same(name: str) -> None:
    assert_same(SNIPPETS[name])
