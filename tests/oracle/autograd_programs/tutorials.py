import math

import torch
import torch.nn as nn
import torch.nn.functional as F


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


T = torch.tensor
# saved-variables tutorial, autograd mechanics, extending
x = torch.ones(5, requires_grad=True)
y = x.pow(2)
print(x.equal(y.grad_fn._saved_self), x is y.grad_fn._saved_self)
x = torch.ones(5, requires_grad=True)
y = x.exp()
print(y.equal(y.grad_fn._saved_result), y is y.grad_fn._saved_result)


class SelfDel:
    def __init__(self, t):
        self.t = t


a = torch.ones(3, requires_grad=True)
b = a * a
print(
    b.grad_fn._saved_self is a,
    b.grad_fn._saved_self._is_view() if hasattr(a, "_is_view") else "",
)
with torch.autograd.graph.saved_tensors_hooks(
    lambda t: SelfDel(t.detach()), lambda s: s.t
):
    z = (a * 2).exp() * a
z.sum().backward()
print(a.grad)


# jacobian by hand
def jac(f, x):
    y = f(x)
    return torch.stack(
        [torch.autograd.grad(y[i], x, retain_graph=True)[0] for i in range(len(y))]
    )


x = T([1.0, 2.0, 3.0], requires_grad=True)
print(jac(lambda v: v**2 * v.sum(), x))
# newton
x = T(3.0, requires_grad=True)
for i in range(5):
    f = x**3 - 2 * x - 5
    (g,) = torch.autograd.grad(f, x, create_graph=True)
    (h,) = torch.autograd.grad(g, x)
    with torch.no_grad():
        x -= f / g
print(x, h)
# taylor
x = T(0.0, requires_grad=True)
y = torch.sin(x)
for n in range(6):
    print(n, y.item())
    (y,) = torch.autograd.grad(y, x, create_graph=True)
# implicit, lagrange
w = nn.Parameter(T([0.5, 0.5]))
lam = nn.Parameter(T(0.0))
opt = (
    torch.optim.SGD([{"params": [w]}, {"params": [lam], "lr": -0.1}], lr=0.1)
    if False
    else torch.optim.SGD([w, lam], lr=0.1)
)
for i in range(3):
    opt.zero_grad()
    L = (w**2).sum() + lam * (w.sum() - 1)
    L.backward()
    lam.grad.neg_()
    opt.step()
print(w, lam)


# control flow
def f(a):
    b = a * 2
    while b.norm() < 1000:
        b = b * 2
    return b if b.sum() > 0 else 100 * b


a = T(0.7, requires_grad=True)
d = f(a)
d.backward()
print(a.grad == d / a)


# gradient reversal, clip fn, ste
class GRL(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, alpha):
        ctx.alpha = alpha
        return x.view_as(x)

    @staticmethod
    def backward(ctx, g):
        return g.neg() * ctx.alpha, None


x = T([1.0, 2.0], requires_grad=True)
y = GRL.apply(x, 0.5)
print(y, y._base is x)
(y * y).sum().backward()
print(x.grad)


class Clamp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        gi = g.clone()
        gi[x < 0] = 0
        return gi


x = T([-1.0, 2.0], requires_grad=True)
Clamp.apply(x).sum().backward()
print(x.grad)
print(
    torch.autograd.gradcheck(
        Clamp.apply, (T([-1.0, 2.0], dtype=torch.double, requires_grad=True),)
    )
)


class LegP(torch.autograd.Function):
    @staticmethod
    def forward(ctx, i):
        ctx.save_for_backward(i)
        return 0.5 * (5 * i**3 - 3 * i)

    @staticmethod
    def backward(ctx, g):
        (i,) = ctx.saved_tensors
        return g * 1.5 * (5 * i**2 - 1)


xs = torch.linspace(-math.pi, math.pi, 50)
ys = torch.sin(xs)
ps = [torch.full((), v, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3)]
for t in range(100):
    p = ps[0] + ps[1] * LegP.apply(ps[2] + ps[3] * xs)
    loss = (p - ys).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        for q in ps:
            q -= 5e-5 * q.grad
            q.grad = None
print(f"{loss.item():.3f}", [f"{q.item() + 1:.3f}" for q in ps])


class LinF(torch.autograd.Function):
    @staticmethod
    def forward(input, weight, bias):
        out = input.mm(weight.t())
        if bias is not None:
            out += bias.unsqueeze(0).expand_as(out)
        return out

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        i, w, b = ctx.saved_tensors
        gi = gw = gb = None
        if ctx.needs_input_grad[0]:
            gi = g.mm(w)
        if ctx.needs_input_grad[1]:
            gw = g.t().mm(i)
        if b is not None and ctx.needs_input_grad[2]:
            gb = g.sum(0)
        return gi, gw, gb


i = T([[1.0, 2.0]])
w = T([[1.0, 1.0], [2.0, 2.0]], requires_grad=True)
b = T([0.0, 1.0], requires_grad=True)
LinF.apply(i, w, b).sum().backward()
print(w.grad, b.grad)
LinF.apply(i, w, None).sum().backward()
print(w.grad)
print(
    torch.autograd.gradcheck(
        LinF.apply,
        (
            torch.ones(2, 3, dtype=torch.double, requires_grad=True),
            torch.ones(4, 3, dtype=torch.double, requires_grad=True),
            torch.ones(4, dtype=torch.double, requires_grad=True),
        ),
    )
)
# accumulate, detach, data ownership
m = nn.Linear(2, 1)
ref = [p.detach().clone() for p in m.parameters()]
opt = torch.optim.SGD(m.parameters(), lr=0.1)
for k in range(2):
    (m(T([[1.0, 2.0]])).sum() / 2).backward()
print(m.weight.grad, m.bias.grad)
opt.step()
print([(a - b).abs().max().item() > 0 for a, b in zip(m.parameters(), ref)])
e = m(T([[1.0, 2.0]]))
print(
    e.detach().requires_grad,
    e.detach().data_ptr() == e.data_ptr(),
    e.clone().grad_fn.name(),
)
ema = [p.clone().detach() for p in m.parameters()]
with torch.no_grad():
    for a_, p in zip(ema, m.parameters()):
        a_.mul_(0.9).add_(p, alpha=0.1)
        a_.lerp_(p, 0.5)
print([a_.requires_grad for a_ in ema])
print(
    torch.autograd.grad(
        F.cross_entropy(T([[1.0, 2.0, 3.0]], requires_grad=True).clone(), T([1])),
        [],
        allow_unused=True,
    )
    if False
    else ""
)
x = T([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
v = torch.ones(2, 2)
_, vj = torch.autograd.functional.vjp(lambda t: t @ t, x, v)
print(vj)
print(torch.autograd.functional.jacobian(lambda t: t.sum(0), x))
hv = torch.autograd.functional.hvp(lambda t: (t**3).sum(), x, v)[1]
print(hv)
xx = T([1.0, 2.0], requires_grad=True)
yy = T([3.0, 4.0], requires_grad=True)
L = (xx * yy).sum()
gx, gy = torch.autograd.grad(L, (xx, yy), create_graph=True)
(gx * gy).sum().backward()
print(xx.grad, yy.grad)
t = torch.zeros(3, requires_grad=True)
out = torch.where(t > 0, t, torch.zeros_like(t)).sqrt()
out.sum().backward()
print(t.grad)
t = T([0.0, 1.0], requires_grad=True)
torch.where(t > 0, t.log(), torch.zeros(2)).sum().backward()
print(t.grad)
t = T([0.0, -1.0, 1.0], requires_grad=True)
t.abs().sum().backward()
print(t.grad)
t.grad = None
t.norm().backward()
print(t.grad)
z0 = torch.zeros(2, requires_grad=True)
z0.norm().backward()
print(z0.grad)
t.grad = None
t.max().backward()
print(t.grad)
t2 = T([1.0, 1.0], requires_grad=True)
t2.max().backward()
print(t2.grad)
t2.grad = None
t2.max(0)[0].backward()
print(t2.grad)
t2.grad = None
t2.amax().backward()
print(t2.grad)
t2.grad = None
t2.sort()[0][0].backward()
print(t2.grad)
t2.grad = None
t2.median().backward()
print(t2.grad)
t2.grad = None
torch.maximum(t2, t2.detach()).sum().backward()
print(t2.grad)
t2.grad = None
t2.clamp(max=1.0).sum().backward()
print(t2.grad)
t2.grad = None
F.relu(t2 - 1).sum().backward()
print(t2.grad)
t2.grad = None
F.hardtanh(t2).sum().backward()
print(t2.grad)
t2.grad = None
t2.std().backward()
print(t2.grad)
t2.grad = None
(t2 / 0).sum().backward()
print(t2.grad)
t2.grad = None
t2.prod().backward()
print(t2.grad)
z = T([0.0, 2.0, 0.0], requires_grad=True)
z.prod().backward()
print(z.grad)
z.grad = None
z.cumprod(0).sum().backward()
print(z.grad)
z.grad = None
(z**0).sum().backward()
print(z.grad)
z.grad = None
z.pow(2.5).sum().backward()
print(z.grad)
z.grad = None
z.sign().sum().backward()
print(z.grad)
z.grad = None
z.round().sum().backward()
print(z.grad)
z.grad = None
(z % 2).sum().backward()
print(z.grad)
z.grad = None
torch.atan2(z, z.detach()).sum().backward()
print(z.grad)
z.grad = None
z.sinc().sum().backward()
print(z.grad)
z.grad = None
torch.xlogy(z, z.detach() + 1).sum().backward()
print(z.grad)
z.grad = None
F.softplus(z * 100).sum().backward()
print(z.grad)
z.grad = None
z.logsumexp(0).backward()
print(z.grad)
z.grad = None
(z - float("inf")).logsumexp(0).backward()
print(z.grad)
