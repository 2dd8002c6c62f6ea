import warnings

import torch

warnings.simplefilter("ignore")


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


A = torch.autograd.functional
x = torch.tensor([1.0, 2.0, 3.0])
y = torch.tensor([4.0, 5.0, 6.0])
f = lambda a: (a**2).sum()
g = lambda a, b: (a * b, a.sum())
h = lambda a: a**3
att("jac", lambda: A.jacobian(h, x))
att("jac2", lambda: A.jacobian(g, (x, y)))
att("jacv", lambda: A.jacobian(h, x, vectorize=True))
att("jacf", lambda: A.jacobian(h, x, vectorize=True, strategy="forward-mode"))
att("jaccg", lambda: A.jacobian(h, x, create_graph=True))
att("jacstr", lambda: A.jacobian(lambda a: torch.ones(2), x, strict=True))
att("jac0", lambda: A.jacobian(lambda a: torch.ones(2), x))
att("strind", lambda: A.jacobian(lambda a, b: a, (x, y), strict=True))
att("nonstr", lambda: A.jacobian(lambda a, b: a, (x, y)))
att("hes", lambda: A.hessian(f, x))
att("hes2", lambda: A.hessian(lambda a, b: (a * b).sum() ** 2, (x, y)))
att("heserr", lambda: A.hessian(h, x))
att("hescg", lambda: A.hessian(f, x, create_graph=True))
att("hes tuple", lambda: A.hessian(lambda a: (a.sum(),), x))
att("hesstrict", lambda: A.hessian(lambda a: a.sum(), x, strict=True))
att("hes0", lambda: A.hessian(lambda a: a.sum(), x))
att("vjp", lambda: A.vjp(h, x, y))
att("vjp1", lambda: A.vjp(f, x))
att("vjperr", lambda: A.vjp(h, x))
att("vjp2", lambda: A.vjp(g, (x, y), (x, torch.tensor(1.0))))
att("vjpshape", lambda: A.vjp(h, x, torch.ones(2)))
att("vjpcount", lambda: A.vjp(g, (x, y), x))
att("vjpstrict", lambda: A.vjp(lambda a, b: a, (x, y), x, strict=True))
att("vjpcg", lambda: A.vjp(h, x.clone().requires_grad_(), y, create_graph=True))
att("jvp", lambda: A.jvp(h, x, y))
att("jvperr", lambda: A.jvp(h, x))
att("jvp2", lambda: A.jvp(g, (x, y), (x, y)))
att("jvp1", lambda: A.jvp(lambda a: a**2, torch.tensor(3.0)))
att("jvpcg", lambda: A.jvp(h, x, y, create_graph=True))
att("jvpstrict", lambda: A.jvp(lambda a: torch.ones(2), x, x, strict=True))
att("hvp", lambda: A.hvp(f, x, y))
att("vhp", lambda: A.vhp(f, x, y))
att("hvp2", lambda: A.hvp(lambda a, b: (a * b).sum() ** 2, (x, y), (x, y)))
att("vhp2", lambda: A.vhp(lambda a, b: (a * b).sum() ** 2, (x, y), (x, y)))
att("hvperr", lambda: A.hvp(h, x, y))
att("hvpnov", lambda: A.hvp(f, x))
att("hvpstrict", lambda: A.hvp(lambda a: a.sum(), x, y, strict=True))
att("vhpstrict", lambda: A.vhp(lambda a: a.sum(), x, y, strict=True))
att("vhpcg", lambda: A.vhp(f, x, y, create_graph=True))
att("notens", lambda: A.jacobian(h, 3.0))
att("notens2", lambda: A.jacobian(lambda a: 3.0, x))
att("listin", lambda: A.jacobian(g, [x, y]))
att("badstrategy", lambda: A.jacobian(h, x, strategy="forward-mode"))
att("badstrategy2", lambda: A.jacobian(h, x, vectorize=True, strategy="foo"))
att("strictvec", lambda: A.jacobian(h, x, strict=True, vectorize=True))
xr = x.clone().requires_grad_()
j = A.jacobian(h, xr, create_graph=True)
att("cg2", lambda: torch.autograd.grad(j.sum(), xr))
print(xr.grad)
w = torch.nn.Linear(3, 2, bias=False)
with torch.no_grad():
    w.weight.fill_(0.5)
att("mod", lambda: A.jacobian(w, x))
att("modg", lambda: w.weight.grad)
att("complex", lambda: A.jacobian(lambda a: a * a.conj(), torch.tensor([1 + 2j])))
att("2d", lambda: A.jacobian(lambda a: a.sum(0), torch.ones(2, 3)).shape)
from torch.func import (
    functional_call,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vjp,
    vmap,
)

att("g", lambda: grad(f)(x))
att("gg", lambda: grad(lambda a: grad(lambda b: (b**3).sum())(a).sum())(x))
att("gv", lambda: grad_and_value(f)(x))
att("aux", lambda: grad(lambda a: (f(a), a), has_aux=True)(x))
att("argn", lambda: grad(lambda a, b: (a * b).sum(), argnums=(0, 1))(x, y))
att("err", lambda: grad(h)(x))
att("err2", lambda: grad(lambda a: 3.0)(x))
att("int", lambda: grad(f)(torch.tensor([1, 2])))
att("vm", lambda: vmap(f)(torch.ones(2, 3)))
att("vmg", lambda: vmap(grad(f))(torch.ones(2, 3)))
att("in", lambda: vmap(lambda a, b: a * b, in_dims=(0, None))(torch.ones(2, 3), x))
att("outd", lambda: vmap(lambda a: a * 2, out_dims=1)(torch.ones(2, 3)).shape)
att("vmerr", lambda: vmap(lambda a: a)(3))
att("vmsz", lambda: vmap(lambda a, b: a)(torch.ones(2), torch.ones(3)))
att("vmind", lambda: vmap(f, in_dims=2)(torch.ones(2, 3)))
att("chunk", lambda: vmap(f, chunk_size=1)(torch.ones(2, 3)))
att("item", lambda: vmap(lambda a: a.item())(x))
att("ctl", lambda: vmap(lambda a: a if a > 1 else -a)(x))
att("rand", lambda: vmap(lambda a: a + torch.rand(1))(x))
att("vjp", lambda: vjp(h, x)[1](y))
att("vjp0", lambda: vjp(h, x)[0])
att("vjpaux", lambda: vjp(lambda a: (a * 2, a), x, has_aux=True)[2])
att("jvp", lambda: jvp(h, (x,), (y,)))
att("jvperr", lambda: jvp(h, x, y))
att("lin", lambda: linearize(h, x)[1](y))
att("jr", lambda: jacrev(h)(x))
att("jf", lambda: jacfwd(h)(x))
att("hs", lambda: hessian(f)(x))
att("jraux", lambda: jacrev(lambda a: (a * 2, a), has_aux=True)(x))
att("jch", lambda: jacrev(h, chunk_size=2)(x))
att("jmulti", lambda: jacrev(lambda a: (a, {"k": a.sum()}))(x))
att("jargs", lambda: jacrev(lambda a, b: a * b, argnums=(0, 1))(x, y))
att("fc", lambda: functional_call(w, {"weight": torch.ones(2, 3)}, (x,)))
att("vjpmis", lambda: vjp(h, x)[1](torch.ones(2)))
att("nograd", lambda: grad(lambda a: (a.detach() * a).sum())(x))
with torch.no_grad():
    att("ng", lambda: grad(f)(x))
att(
    "ingr",
    lambda: grad(
        lambda a: (torch.autograd.grad((a**2).sum(), a, create_graph=True)[0]).sum()
    )(x),
)
att("bwd", lambda: grad(lambda a: (a**2).sum().backward())(x))
att("side", lambda: grad(lambda a: (a * xr).sum())(x))
att("inp", lambda: grad(lambda a: a.clone().mul_(2).sum())(x))
att("inp2", lambda: grad(lambda a: a.mul_(2).sum())(x.clone()))
