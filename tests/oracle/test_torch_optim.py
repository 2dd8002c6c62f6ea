# ruff: noqa: E501 (snippets are compact)
"""torch.optim: the same programs printed by PyTorch and by isograd."""

from __future__ import annotations

import pytest

from tests.oracle.twosided import assert_same

pytest.importorskip("torch")

SNIPPETS = {
    "algorithms": r"""
def go(make, steps=4):
    w=torch.tensor([[1.,-2.],[0.5,3.]],requires_grad=True); b=torch.tensor([0.1,-0.2],requires_grad=True)
    x=torch.tensor([[1.,2.],[3.,-1.],[0.5,0.5]])
    o=make([w,b])
    for i in range(steps):
        def closure():
            o.zero_grad()
            l=((x@w+b)**2).mean(); l.backward(); return l
        r=o.step(closure)
        print(round(r.item(), 3))
    print(w,b); print(o); s=o.state_dict(); print(s['param_groups'])
    for k,v in s['state'].items(): print(k,{a:c for a,c in v.items() if a not in ('al','old_dirs','old_stps','ro')})
    o2=make([w,b]); o2.load_state_dict(s); o2.step(closure); print(w)
torch.set_printoptions(precision=3)
O=torch.optim
for m in [lambda p:O.SGD(p,lr=.1), lambda p:O.SGD(p,lr=.1,momentum=.9,dampening=.1,weight_decay=.01), lambda p:O.SGD(p,lr=.1,momentum=.9,nesterov=True,maximize=True),
  lambda p:O.Adam(p,lr=.1), lambda p:O.Adam(p,lr=.1,amsgrad=True,weight_decay=.1), lambda p:O.AdamW(p,lr=.1), lambda p:O.RMSprop(p), lambda p:O.RMSprop(p,centered=True,momentum=.9),
  lambda p:O.Adagrad(p,lr_decay=.1), lambda p:O.Adadelta(p), lambda p:O.Adamax(p,weight_decay=.1), lambda p:O.NAdam(p), lambda p:O.RAdam(p), lambda p: O.Rprop(p), lambda p:O.ASGD(p)]:
    go(m)
""",
    "lbfgs": r"""
def go(make, steps=4):
    w=torch.tensor([[1.,-2.],[0.5,3.]],requires_grad=True); b=torch.tensor([0.1,-0.2],requires_grad=True)
    x=torch.tensor([[1.,2.],[3.,-1.],[0.5,0.5]])
    o=make([w,b])
    for i in range(steps):
        def closure():
            o.zero_grad()
            l=((x@w+b)**2).mean()+((x@w)**4).mean(); l.backward(); return l
        r=o.step(closure)
        print(round(r.item(),1))
    print((w*100).round(),(b*100).round()); s=o.state_dict(); print(s['state'][0]['func_evals'], s['state'][0]['n_iter'])
go(lambda p: torch.optim.LBFGS(p,lr=.1,max_iter=5))
go(lambda p: torch.optim.LBFGS(p,line_search_fn="strong_wolfe"))
go(lambda p: torch.optim.LBFGS(p,line_search_fn="strong_wolfe",history_size=3,max_iter=6))
""",
    "schedules": r"""
L=torch.optim.lr_scheduler
def go(f, n=12, metric=False, O=lambda p: torch.optim.SGD(p,lr=.1,momentum=.9)):
    w=torch.ones(1,requires_grad=True); o=O([w]); s=f(o); out=[]
    for i in range(n):
        o.step(); out.append(o.param_groups[0]['lr']); s.step(*([1.0] if metric else []))
    print(type(s).__name__,out, s.get_last_lr(), o.param_groups[0].get('momentum'), o.param_groups[0].get('betas'))
    try: print(s.state_dict())
    except Exception as e: print(e)
for f in [lambda o:L.StepLR(o,3), lambda o:L.MultiStepLR(o,[2,5]), lambda o:L.ConstantLR(o), lambda o:L.LinearLR(o), lambda o:L.ExponentialLR(o,.9), lambda o:L.PolynomialLR(o,4,2.), lambda o:L.CosineAnnealingLR(o,5,.01), lambda o:L.CosineAnnealingWarmRestarts(o,3,2), lambda o:L.OneCycleLR(o,1.,total_steps=20), lambda o:L.OneCycleLR(o,1.,epochs=4,steps_per_epoch=5,three_phase=True,anneal_strategy='linear')]: go(f)
go(lambda o:L.LambdaLR(o,lambda e:.95**e)); go(lambda o:L.MultiplicativeLR(o,lambda e:.95))
go(lambda o:L.CyclicLR(o,.01,.1,3)); go(lambda o:L.CyclicLR(o,.01,.1,3,mode='triangular2')); go(lambda o:L.CyclicLR(o,.01,.1,3,mode='exp_range',gamma=.9))
go(lambda o:L.ReduceLROnPlateau(o,patience=2), metric=True)
go(lambda o:L.OneCycleLR(o,1.,total_steps=20), O=lambda p:torch.optim.Adam(p))
def seq(o): return L.SequentialLR(o,[L.ConstantLR(o,.1,2),L.ExponentialLR(o,.9)],[2])
go(seq)
go(lambda o: L.ChainedScheduler([L.ConstantLR(o,.1,2),L.ExponentialLR(o,.9)]))
""",
    "errors_and_hooks": r"""
x=torch.ones(2,requires_grad=True); t=attempt; optim=torch.optim
t(lambda: optim.SGD([],lr=.1)); t(lambda: optim.SGD(torch.ones(2),lr=.1)); t(lambda: optim.SGD([3],lr=.1))
t(lambda: optim.SGD([x*2],lr=.1)); t(lambda: optim.SGD([x,x],lr=.1)); t(lambda: optim.SGD([{'params':[x]},{'params':[x]}],lr=.1)); t(lambda: optim.SGD([x]));t(lambda: optim.SGD([x],lr=-1))
t(lambda: optim.Adam([x]).load_state_dict({'state':{},'param_groups':[]}))
t(lambda: optim.SGD([("w",x)],lr=.1).state_dict())
t(lambda: optim.Adam([x],betas=(1.,.9)));t(lambda: optim.Adam([x],eps=-1.));t(lambda: optim.SGD([x],nesterov=True));t(lambda:optim.LBFGS([{'params':[x]},{'params':[torch.ones(1,requires_grad=True)]}]))
t(lambda: optim.LBFGS([x]).step())
t(lambda: optim.Adam([{'params':[x]},{'params':[torch.ones(3,requires_grad=True)],'lr':.5}]))
o=optim.Adam([x]); o.register_step_pre_hook(lambda o,a,k: print("pre",a,k)); o.register_step_post_hook(lambda o,a,k: print("post")); o.step(); x.grad=torch.ones(2); o.step(); print(x); o.zero_grad(); print(x.grad); x.grad=torch.ones(2); o.zero_grad(set_to_none=False); print(x.grad)
""",
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_both_print_the_same(name: str) -> None:
    assert_same(SNIPPETS[name])
