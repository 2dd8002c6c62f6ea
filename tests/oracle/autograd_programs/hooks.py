import warnings

import torch

warnings.simplefilter("ignore")


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w = torch.tensor([4.0, 5.0, 6.0], requires_grad=True)
# hooks
y = x * w
h1 = x.register_hook(lambda g: print("x1", g) or g * 2)
h2 = x.register_hook(lambda g: print("x2", g))
y.register_hook(lambda g: print("y", g))
y.retain_grad()
y.register_hook(lambda g: print("y2 after retain", g) or g + 1)
y.grad_fn.register_hook(lambda gi, go: print("node", gi, go))
y.grad_fn.register_prehook(lambda go: print("pre", go))
x.register_post_accumulate_grad_hook(lambda p: print("post", p.grad))
y.sum().backward()
print(x.grad, w.grad, y.grad)
h1.remove()
h2.remove()
h1.remove()
z = x * 2
z.sum().backward()
print(x.grad)


def bad(g):
    return "no"


h = x.register_hook(bad)
att("ret", lambda: (x * 1).sum().backward())
h.remove()
h = x.register_hook(lambda g: g[:1])
att("size", lambda: (x * 1).sum().backward())
h.remove()
h = x.register_hook(lambda g: g.double())
att("dtype", lambda: (x * 1).sum().backward())
h.remove()
print(x.grad)


def err(g):
    raise ValueError("in hook")


h = x.register_hook(err)
att("raise", lambda: (x * 1).sum().backward())
h.remove()
with x.register_hook(lambda g: print("ctx")) as h:
    (x * 1).sum().backward()
(x * 1).sum().backward()
att("nohook", lambda: torch.ones(2).register_hook(print))
att("postnonleaf", lambda: (x * 1).register_post_accumulate_grad_hook(print))
y = x * 2
y.register_hook(lambda g: None if g.mul_(3) is g else None)
x.grad = None
y.backward(torch.ones(3))
print(x.grad)
# node hook modifies
y = x * w
y.grad_fn.register_hook(lambda gi, go: tuple(g * 10 for g in gi))
x.grad = None
y.sum().backward()
print(x.grad)
y = x * w
y.grad_fn.register_prehook(lambda go: (go[0] * 10,))
x.grad = None
y.sum().backward()
print(x.grad)
y = x * w
y.grad_fn.register_prehook(lambda go: go[0] * 10)
x.grad = None
att("pre", lambda: y.sum().backward())
print(x.grad)
y = x * w
y.grad_fn.register_hook(lambda gi, go: (gi[0],))
att("wrongnum", lambda: y.sum().backward())
y = x * w
y.grad_fn.register_hook(lambda gi, go: 3)
att("wrongtype", lambda: y.sum().backward())
# acc node hook
acc = (x * 1).grad_fn.next_functions[0][0]
h = acc.register_hook(lambda gi, go: print("acc", gi, go))
x.grad = None
(x * 1).sum().backward()
h.remove()
h = acc.register_prehook(lambda go: (go[0] * 5,))
x.grad = None
(x * 1).sum().backward()
print(x.grad)
h.remove()
# multi grad
from torch.autograd.graph import register_multi_grad_hook

a = x * 2
b = w * 3
c = x * w
h = register_multi_grad_hook((a, b, c), lambda gs: print("multi", gs))
(a.sum() + b.sum()).backward()
h.remove()
a = x * 2
b = w * 3
h = register_multi_grad_hook((a, b), lambda g: print("any", g), mode="any")
(a.sum() + b.sum()).backward()
h.remove()
att("mode", lambda: register_multi_grad_hook((x,), print, mode="foo"))
h = register_multi_grad_hook((x, w), lambda gs: print("leaves", gs))
(x * w).sum().backward()
(x * 2).sum().backward()
h.remove()
# order with grad()
y = x * 2
y.register_hook(lambda g: print("in grad", g) or g * 3)
print(
    torch.autograd.grad(y.sum(), y, retain_graph=True), torch.autograd.grad(y.sum(), x)
)
y = x * 2
y.retain_grad()
print(torch.autograd.grad(y.sum(), x), y.grad)
# hooks on views/in place
y = x * 1
y.register_hook(lambda g: print("before inplace", g))
y.mul_(2)
y.register_hook(lambda g: print("after inplace", g))
y.sum().backward()
y = x * 1
y.retain_grad()
y.mul_(2)
y.sum().backward()
print(y.grad)
y = x * 1
y.mul_(2)
y.retain_grad()
y.sum().backward()
print(y.grad)
y = x * 1
v = y[1:]
v.mul_(3)
y.sum().backward()
y = x * 1
v = y[1:]
v.retain_grad()
y.sum().backward()
print(v.grad)
# handle attrs
h = x.register_hook(print)
print(type(h).__name__, isinstance(h.id, int), h.id in h.hooks_dict_ref())
h.remove()
print(x._backward_hooks)
h = x.register_hook(lambda g: g)
print(len(x._backward_hooks))
h.remove()
x.grad = None
h = x.register_post_accumulate_grad_hook(lambda p: setattr(p, "grad", None))
(x * 2).sum().backward()
print(x.grad)
h.remove()
opt = {p: torch.optim.SGD([p], lr=0.1) for p in [x]}


def oh(p):
    opt[p].step()
    opt[p].zero_grad()


h = x.register_post_accumulate_grad_hook(oh)
(x * x).sum().backward()
print(x, x.grad)
h.remove()
# hook creating graph
y = x**2
y.register_hook(lambda g: print(g.requires_grad, torch.is_grad_enabled()) or g * 2)
(g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
print(g)
print(torch.autograd.grad(g.sum(), x))
y = x**2
y.register_hook(lambda g: print(g.requires_grad, torch.is_grad_enabled()))
y.sum().backward()
