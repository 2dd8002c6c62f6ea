import torch
import torch.nn as nn


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


T = torch.tensor
torch.manual_seed(0)
m = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
with torch.no_grad():
    for i, p in enumerate(m.parameters()):
        p.copy_(torch.arange(p.numel()).view_as(p) * 0.1 + 0.1)
x = T([[1.0, 2.0]], requires_grad=True)
log = []
h = [
    m[0].register_forward_pre_hook(lambda mod, i: print("fpre", type(mod).__name__, i)),
    m[0].register_forward_hook(lambda mod, i, o: print("fwd", o)),
    m[0].register_full_backward_hook(lambda mod, gi, go: print("bwd", gi, go)),
    m[2].register_full_backward_pre_hook(lambda mod, go: print("bpre", go)),
    m[2].register_full_backward_hook(lambda mod, gi, go: (gi[0] * 2,)),
]
m(x).sum().backward()
print(x.grad, m[0].weight.grad)
[k.remove() for k in h]
h = m[0].register_forward_hook(lambda mod, i, o: o * 2)
print(m[0](x))
h.remove()
h = m[0].register_forward_pre_hook(lambda mod, i: (i[0] * 2,))
print(m[0](x))
h.remove()
h = m[0].register_forward_hook(lambda mod, a, k, o: print("kw", k), with_kwargs=True)
m[0](input=x)
h.remove()
h = m[0].register_forward_hook(lambda mod, i, o: print("first"))
h2 = m[0].register_forward_hook(lambda mod, i, o: print("prepend"), prepend=True)
m[0](x)
h.remove()
h2.remove()
h = m[0].register_forward_hook(lambda mod, i, o: print("always"), always_call=True)
att("err", lambda: m[0](torch.ones(1, 5)))
h.remove()
g = nn.modules.module.register_module_forward_hook(
    lambda mod, i, o: print("global", type(mod).__name__)
)
m(x)
g.remove()
g = nn.modules.module.register_module_full_backward_hook(
    lambda mod, gi, go: print("gb", type(mod).__name__)
)
m(x).sum().backward()
g.remove()
att(
    "both",
    lambda: (
        m[0].register_backward_hook(lambda *a: None),
        m[0].register_full_backward_hook(lambda *a: None),
    ),
)
m = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
h = m.register_full_backward_hook(lambda mod, gi, go: print("noinp", gi))
m(T([[1.0, 2.0]])).sum().backward()
h.remove()


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(2, 2)

    def forward(self, a, b=None):
        return self.l(a), a * 2


t = Two()
h = t.register_full_backward_hook(lambda mod, gi, go: print(len(gi), len(go), go[1]))
o = t(x, None)
o[0].sum().backward()
h.remove()
m.zero_grad()
print([p.grad for p in m.parameters()])
m(x).sum().backward()
m.zero_grad(set_to_none=False)
print(m[0].bias.grad)
m.requires_grad_(False)
print(m(x).requires_grad, m(x.detach()).requires_grad)
m.requires_grad_(True)
for p in m[0].parameters():
    p.requires_grad = False
m(x).sum().backward()
print([p.grad is None for p in m.parameters()])
# clip, accumulate, freeze, detach
p = nn.Parameter(T([3.0, 4.0]))
(p * p).sum().backward()
print(nn.utils.clip_grad_norm_([p], 1.0), p.grad)
nn.utils.clip_grad_value_([p], 0.5)
print(p.grad)
print(
    nn.utils.parameters_to_vector([p]),
    nn.utils.get_total_norm([p.grad]) if hasattr(nn.utils, "get_total_norm") else "",
)
opt = torch.optim.SGD([p], lr=0.1)
opt.zero_grad()
print(p.grad)
((p * 2).sum()).backward()
opt.step()
print(p)
att("closure", lambda: opt.step(lambda: (p**2).sum()))
# gan/penalty style
D = nn.Sequential(nn.Linear(2, 4), nn.LeakyReLU(0.2), nn.Linear(4, 1))
with torch.no_grad():
    for i, q in enumerate(D.parameters()):
        q.copy_(torch.arange(q.numel()).view_as(q) * 0.1 - 0.2)
xi = T([[1.0, 2.0], [0.5, -1.0]], requires_grad=True)
(g,) = torch.autograd.grad(
    D(xi), xi, grad_outputs=torch.ones(2, 1), create_graph=True, retain_graph=True
)
gp = ((g.norm(2, dim=1) - 1) ** 2).mean()
gp.backward()
print(gp, D[0].weight.grad, D[2].weight.grad, D[0].bias.grad)
# pinn style
u = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1))
with torch.no_grad():
    for i, q in enumerate(u.parameters()):
        q.copy_(torch.arange(q.numel()).view_as(q) * 0.1 + 0.1)
t_ = torch.linspace(0, 1, 3).view(-1, 1).requires_grad_()
y = u(t_)
dy = torch.autograd.grad(y, t_, torch.ones_like(y), create_graph=True)[0]
d2 = torch.autograd.grad(dy, t_, torch.ones_like(dy), create_graph=True)[0]
loss = ((d2 + y) ** 2).mean()
loss.backward()
print(dy, d2, loss, [q.grad for q in u.parameters()])
# maml style
w = T([1.0, 2.0], requires_grad=True)
l = ((w * T([1.0, 3.0])).sum() - 1) ** 2
(gw,) = torch.autograd.grad(l, w, create_graph=True)
w2 = w - 0.1 * gw
l2 = ((w2 * T([2.0, 1.0])).sum()) ** 2
l2.backward()
print(w.grad)
# hvp
v = T([1.0, 0.0])
w = T([1.0, 2.0], requires_grad=True)
f = (w**3).sum() * w[0]
(g1,) = torch.autograd.grad(f, w, create_graph=True)
print(torch.autograd.grad(g1 @ v, w))
relu = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
xx = T([[1.0, 2.0]], requires_grad=True)
(g1,) = torch.autograd.grad(relu(xx).sum(), xx, create_graph=True)
att("relu2", lambda: torch.autograd.grad(g1.sum(), xx))
att(
    "relu2p",
    lambda: [
        a is None
        for a in torch.autograd.grad(
            g1.sum(), list(relu.parameters()), allow_unused=True
        )
    ],
)
# straight through, stop gradients
q = T([0.3, 0.7], requires_grad=True)
st = q + (q.round() - q).detach()
(st * T([1.0, 2.0])).sum().backward()
print(st, q.grad)
# rnn truncated
cell = nn.RNNCell(1, 2)
hh = torch.zeros(1, 2)
for i in range(3):
    hh = cell(torch.ones(1, 1), hh)
    if i == 1:
        hh = hh.detach()
hh.sum().backward()
print(cell.weight_ih.grad is not None)
a = torch.ones(3, requires_grad=True)
b = a[:2]
c = b.clone()
c[0] = 5.0
c.sum().backward()
print(a.grad)
a = torch.zeros(3)
a.requires_grad_()
bb = torch.stack([a[i] * i for i in range(3)])
bb.sum().backward()
print(a.grad)
a = torch.zeros(2, 2)
wv = T([1.0, 2.0], requires_grad=True)
a[0] = wv
a[1] = wv * 2
a.sum().backward()
print(a, wv.grad)
