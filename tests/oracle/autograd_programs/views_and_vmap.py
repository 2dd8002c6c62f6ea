import torch


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


T = torch.tensor
from torch.func import grad, jacrev, vmap


# vmap staticmethod
class Mul(torch.autograd.Function):
    @staticmethod
    def forward(x, y):
        return x * y

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        x, y = ctx.saved_tensors
        return g * y, g * x

    @staticmethod
    def vmap(info, in_dims, x, y):
        print("vmap", info, in_dims, x.shape, y.shape)
        return Mul.apply(x, y), 0


a = torch.arange(6.0).view(3, 2)
b = T([1.0, 2.0])
print(vmap(Mul.apply, (0, None))(a, b))
print(grad(lambda x: Mul.apply(x, b).sum())(b))
print(vmap(grad(lambda x: Mul.apply(x, x).sum()))(a))


class Gen(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.sin()

    @staticmethod
    def setup_context(ctx, i, o):
        ctx.save_for_backward(i[0])

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x.cos()

    @staticmethod
    def jvp(ctx, t):
        return t


print(vmap(Gen.apply)(a))
print(vmap(jacrev(Gen.apply))(a).shape)
print(grad(lambda x: grad(lambda y: Gen.apply(y).sum())(x).sum())(b))


class Old(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2


att("old", lambda: grad(lambda x: Old.apply(x).sum())(b))
att("oldv", lambda: vmap(Old.apply)(a))


class NoV(Mul):
    vmap = staticmethod(torch.autograd.Function.vmap)


att("nov", lambda: vmap(NoV.apply)(a, a))


class BothV(Mul):
    generate_vmap_rule = True


att("bothv", lambda: vmap(BothV.apply)(a, a))


class BadRet(Mul):
    @staticmethod
    def vmap(info, in_dims, x, y):
        return x * y


att("badret", lambda: vmap(BadRet.apply)(a, a))


class OutD(Mul):
    @staticmethod
    def vmap(info, in_dims, x, y):
        return (x * y).t(), 1


print(vmap(OutD.apply)(a, a))
# in place views and hooks
x = T([1.0, 2.0, 3.0, 4.0], requires_grad=True)
y = x * 2
v = y[1:3]
v.mul_(10)
print(y, v.grad_fn, y.grad_fn)
y.sum().backward()
print(x.grad)
x.grad = None
y = x * 2
v1 = y[:2]
v2 = y[2:]
v1.add_(v2)
(y * y).sum().backward()
print(x.grad)
x.grad = None
y = x * 1
z = y.view(2, 2)
z[0] = z[1] * 3
y.sum().backward()
print(x.grad, z.grad_fn, y)
x.grad = None
y = x * 1
y.t_() if False else None
y.squeeze_()
y.unsqueeze_(0)
print(y.grad_fn)
y.sum().backward()
print(x.grad)
x.grad = None
y = x.clone()
y.relu_()
y = y.add(1).mul_(x)
y.sum().backward()
print(x.grad)
y = x.clone()
w = y * y
y.add_(1)
att("e", lambda: w.sum().backward())
y = x.clone()
w = y.exp()
w.add_(1)
att("e2", lambda: w.sum().backward())
y = x.clone()
w = y + y
y.add_(1)
att("e3", lambda: w.sum().backward())
y = x.clone()
w = y.sigmoid()
y.mul_(2)
att("ok", lambda: w.sum().backward())
y = x.clone()
w = torch.relu(y)
w.mul_(2)
att("relu", lambda: w.sum().backward())
lin = torch.nn.Linear(4, 2)
o = lin(x)
with torch.no_grad():
    lin.weight.add_(1)
att("lin", lambda: o.sum().backward())
xx = x.detach().requires_grad_()
o = lin(xx)
with torch.no_grad():
    lin.weight.add_(1)
att("linx", lambda: o.sum().backward())
opt = torch.optim.SGD(lin.parameters(), lr=0.1)
o = lin(lin(xx)[:, None].expand(2, 4))
l = o.sum()
l.backward(retain_graph=True)
opt.step()
att("step", lambda: l.backward())
with torch.no_grad():
    nv = x.view(2, 2)
att("nv", lambda: nv.mul_(2))
y = x * 1
with torch.no_grad():
    nv = y.view(2, 2)
att("nv2", lambda: nv.mul_(2))
att("nv3", lambda: (nv.requires_grad, nv.grad_fn))
for t in y.unbind():
    att("ub", lambda: t.mul_(2))
    break
att("sp", lambda: y.split(2)[0].add_(1))
att("ck", lambda: y.chunk(2)[1].zero_())
a_, b_ = y.view(2, 2)
att("it", lambda: a_.mul_(2))
att("exp", lambda: x.detach().expand(2, 4).add_(1))
att("fillg", lambda: x.fill_(1.0))
att("set", lambda: x.__setitem__(slice(0, 2), 0.0))
m = T([True, False, True, False])
y = x * 1
y[m] = 0.0
y.sum().backward()
print(x.grad)
x.grad = None
y = x * 1
y[m] = y[~m]
y.sum().backward()
print(x.grad)
x.grad = None
y = x * 1
y.masked_fill_(m, 5.0)
y.index_fill_(0, T([1]), 2.0)
y.scatter_(0, T([3]), 7.0)
y.sum().backward()
print(x.grad, y)
x.grad = None
y = x * 1
y.copy_(x * 3)
y.sum().backward()
print(x.grad)
x.grad = None
y = torch.zeros(4)
y.copy_(x)
y.sum().backward()
print(x.grad, y)
x.grad = None
y = torch.empty(2, 4)
y[0] = x
y[1] = x**2
y.prod(0).sum().backward()
print(x.grad)
x.grad = None
y = torch.zeros(4)
y.index_add_(0, T([0, 0, 1, 2]), x)
y.index_put_((T([3]),), x[0])
(y * y).sum().backward()
print(x.grad, y)
x.grad = None
y = torch.zeros(3).scatter_add(0, T([0, 1, 0, 2]), x)
(y**2).sum().backward()
print(x.grad)
x.grad = None
y = x.unfold(0, 2, 1)
y.sum().backward()
print(x.grad, y.grad_fn)
x.grad = None
y = x.as_strided((2, 2), (1, 1))
y.sum().backward()
print(x.grad, y.grad_fn)
x.grad = None
y = x.view(2, 2).diagonal()
z = y.clone()
z.mul_(y)
z.sum().backward()
print(x.grad)
x.grad = None
y = (x * 1).view(2, 2)
y.diagonal().fill_(0.0)
y.sum().backward()
print(x.grad)
x.grad = None
y = x.repeat_interleave(2).flip(0).roll(1).view(2, 4).rot90()
y.pow(2).sum().backward()
print(x.grad)
y = (x * 1).requires_grad_()
y2 = y.detach()
y2.mul_(2)
print(y)
att("dm", lambda: (y * y).sum().backward())
w = y * y
y2.mul_(2)
att("dm2", lambda: w.sum().backward())
w = y * y
y.data.mul_(2)
att("dm3", lambda: w.sum().backward())
y = x * 1
print(y._version)
y.add_(1)
y[0] = 2
print(y._version, y.view(2, 2)._version, y.detach()._version, y.clone()._version)
