import warnings

import torch

warnings.simplefilter("ignore")


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


import torch.autograd.forward_ad as fw

x = torch.tensor([1.0, 2.0, 3.0])
t = torch.tensor([0.1, 0.2, 0.3])
att("out", lambda: fw.make_dual(x, t))
with fw.dual_level():
    d = fw.make_dual(x, t)
    print(d)
    y = d * d + d.sin()
    print(y, fw.unpack_dual(y))
    p, tt = fw.unpack_dual(y)
    print(p, tt, type(fw.unpack_dual(y)).__name__, fw.unpack_dual(y)._fields)
    print(fw.unpack_dual(x))
    att("shape", lambda: fw.make_dual(x, torch.ones(2)))
    att("int", lambda: fw.make_dual(torch.tensor([1]), torch.tensor([1])))
    att("twice", lambda: fw.make_dual(d, t))
    att("nest", lambda: fw.dual_level().__enter__())
    att("sum", lambda: fw.unpack_dual(d.sum()))
    att("mm", lambda: fw.unpack_dual(d @ d))
    att("view", lambda: fw.unpack_dual(d.view(3, 1)[1:]))
    att("detach", lambda: fw.unpack_dual(d.detach()))
    att("clone", lambda: fw.unpack_dual(d.clone()))
    att("float", lambda: fw.unpack_dual(d.double()))
    with torch.no_grad():
        att("ng", lambda: fw.unpack_dual(d * 2))
    with fw._set_fwd_grad_enabled(False):
        att("fg", lambda: fw.unpack_dual(d * 2))
    z = torch.zeros(3)
    z.copy_(d)
    print(fw.unpack_dual(z))
    z = torch.zeros(3)
    z[1] = d[0]
    print(fw.unpack_dual(z))
    z = x.clone()
    z.mul_(d)
    print(fw.unpack_dual(z))
    w = torch.nn.Linear(3, 2)
    with torch.no_grad():
        w.weight.fill_(0.5)
        w.bias.fill_(0.1)
    print(d.requires_grad, d.is_leaf, d.grad_fn)
    lev = fw.enter_dual_level if hasattr(fw, "enter_dual_level") else None
print(d, fw.unpack_dual(d) if False else "")
att("after", lambda: d * 2)
fw.enter_dual_level()
d = fw.make_dual(x, t)
print(fw.unpack_dual(d.exp()))
fw.exit_dual_level()
att("exit", lambda: fw.exit_dual_level())
att("unp", lambda: fw.unpack_dual(x))
with fw.dual_level():
    a = torch.tensor([2.0, 3.0], requires_grad=True)
    d = fw.make_dual(a, torch.ones(2))
    y = (d**3).sum()
    p, tg = fw.unpack_dual(y)
    print(tg.requires_grad)
    print(torch.autograd.grad(tg, a))
m = torch.nn.Linear(2, 1)
with fw.dual_level():
    params = {n: p for n, p in m.named_parameters()}
    tang = {n: torch.ones_like(p) for n, p in params.items()}
    for n, p in params.items():
        delattr(m, n)
        setattr(m, n, fw.make_dual(p, tang[n]))


class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_forward(a)
        ctx.save_for_backward(a)
        return a**2

    @staticmethod
    def jvp(ctx, at):
        (a,) = ctx.saved_tensors
        return 2 * a * at

    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return 2 * a * g


with fw.dual_level():
    print(fw.unpack_dual(F.apply(fw.make_dual(x, t))))


class N(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a**2

    @staticmethod
    def backward(ctx, g):
        return g


with fw.dual_level():
    att("nojvp", lambda: N.apply(fw.make_dual(x, t)))


class J(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a**2

    @staticmethod
    def jvp(ctx, at):
        return at[:1]


with fw.dual_level():
    att("badjvp", lambda: J.apply(fw.make_dual(x, t)))


class J2(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        return a * b

    @staticmethod
    def jvp(ctx, at, bt):
        print(at, bt)
        return at


with fw.dual_level():
    att("none", lambda: J2.apply(fw.make_dual(x, t), x))
