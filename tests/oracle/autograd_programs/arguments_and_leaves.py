import copy
import gc
import pickle
import threading
import warnings
import weakref

import torch


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


T = torch.tensor
x = T([1.0, 2.0], requires_grad=True)
att("scalar", lambda: (x * 2).backward())
att("shape", lambda: (x * 2).backward(torch.ones(3)))
att("num", lambda: (x * 2).backward(1.0))
att("nog", lambda: T([1.0]).backward())
att("int", lambda: T([1], requires_grad=True))
att("intg", lambda: (x * 2).backward(T([1, 1])))
print(x.grad)
x.grad = None
(x * 2).backward(T([1.0, 10.0]))
print(x.grad)
(x * 2).backward(gradient=T([1.0, 10.0]), retain_graph=True)
print(x.grad)
att(
    "mult",
    lambda: torch.autograd.backward([x * 2, (x * 3).sum()], [torch.ones(2), None]),
)
print(x.grad)
att("mis", lambda: torch.autograd.backward([x * 2, x * 3], [torch.ones(2)]))
att("empty", lambda: torch.autograd.backward([]))
att("gradempty", lambda: torch.autograd.grad([], x))
att("noin", lambda: torch.autograd.grad(x.sum(), []))
att("notreq", lambda: torch.autograd.grad(x.sum(), T([1.0])))
att("unused", lambda: torch.autograd.grad(x.sum(), T([1.0], requires_grad=True)))
att(
    "allow",
    lambda: torch.autograd.grad(
        x.sum(), [x, T([1.0], requires_grad=True)], allow_unused=True
    ),
)
att(
    "mat",
    lambda: torch.autograd.grad(
        x.sum(), [x, T([1.0], requires_grad=True)], materialize_grads=True
    ),
)
att(
    "matc",
    lambda: torch.autograd.grad(x.sum(), x, allow_unused=False, materialize_grads=True),
)
att("typ", lambda: torch.autograd.grad(3.0, x))
att("typ2", lambda: torch.autograd.grad(x.sum(), 3.0))
att("seq", lambda: torch.autograd.grad(x.sum(), x, T(2.0)))
att("oi", lambda: torch.autograd.grad(x.sum(), x, only_inputs=False))
att("self", lambda: torch.autograd.grad(x.sum(), x.sum()))
y = x * 2
att("inter", lambda: torch.autograd.grad((y**2).sum(), [y, x]))
att("same", lambda: torch.autograd.grad(x, x, torch.ones(2)))
att(
    "batched", lambda: torch.autograd.grad(x**2, x, torch.eye(2), is_grads_batched=True)
)
att(
    "batched2",
    lambda: torch.autograd.grad(
        [x**2, x * 3], [x], [torch.eye(2), torch.zeros(2, 2)], is_grads_batched=True
    ),
)
att(
    "bsh", lambda: torch.autograd.grad(x**2, x, torch.ones(2, 3), is_grads_batched=True)
)
att(
    "bcg",
    lambda: torch.autograd.grad(
        x**2, x, torch.eye(2), is_grads_batched=True, create_graph=True
    ),
)
z = (x**2).sum()
z.backward()
att("twice", lambda: z.backward())
z = (x + 1).sum()
z.backward()
att("twice add", lambda: z.backward())
z = (x**2).sum()
z.backward(retain_graph=True)
z.backward()
att("third", lambda: z.backward())
x.grad = None
(x * 3).sum().backward()
g = x.grad
(x * 3).sum().backward()
print(g is x.grad, g)
x.grad.zero_()
print(g)
x.grad = None
print(x.grad, g)
att("setg", lambda: setattr(x, "grad", torch.ones(3)))
att("setg2", lambda: setattr(x, "grad", 3))
att("setg3", lambda: setattr(x, "grad", x))
att("setg4", lambda: setattr(x, "grad", torch.ones(2).double()))
x.grad = torch.ones(2)
(x * 2).sum().backward()
print(x.grad)
del x.grad
print(x.grad)
(x**2).sum().backward(create_graph=True)
print(x.grad, x.grad.requires_grad)
x.grad = None
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    y = x * 2
    y.grad
    print([str(i.message)[:60] for i in w])
    y.retain_grad()
    y.sum().backward()
    print(y.grad, len(w))
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    (x**2).sum().backward(create_graph=True)
    print([str(i.message)[:200] for i in w])
    x.grad = None
print(
    x.is_leaf,
    (x * 1).is_leaf,
    x.detach().is_leaf,
    T([1.0]).is_leaf,
    x.requires_grad,
    x.grad_fn,
    x.output_nr,
    x.retains_grad,
)
att("leafin", lambda: x.add_(1))
att("leafv", lambda: x[0].add_(1))
att("leafset", lambda: x.__setitem__(0, 1.0))
att("det_", lambda: (x * 2).detach_())
v = (x * 1)[0]
att("detv", lambda: v.detach_())
att("num", lambda: x.numpy())
att("lst", lambda: x.tolist())
att("float", lambda: float(x[0]))
att("fmt", lambda: f"{x[0]:.2f}")
att("arr", lambda: __import__("numpy").array(x))
att("npd", lambda: x.detach().numpy())
att("reqint", lambda: T([1]).requires_grad_())
att("reqbool", lambda: setattr(T([1.0]), "requires_grad", "yes"))
att("deep", lambda: copy.deepcopy(x * 2))
d = copy.deepcopy(x)
print(d.requires_grad, d.is_leaf)
att("copy", lambda: copy.copy(x).requires_grad)
b = pickle.loads(pickle.dumps(x))
print(b, b.requires_grad)
y = x * 2
y.requires_grad_()
att("rgf", lambda: y.requires_grad_(False))
print(y.detach().requires_grad_().is_leaf)
# complex
c = T([1 + 2j, 3 - 1j], requires_grad=True)
for n, f in dict(
    abs=lambda: c.abs().sum(),
    real=lambda: c.real.sum(),
    imag=lambda: c.imag.sum(),
    sq=lambda: (c * c).real.sum(),
    conj=lambda: (c * c.conj()).real.sum(),
    exp=lambda: c.exp().abs().sum(),
    ang=lambda: c.angle().sum(),
    vr=lambda: torch.view_as_real(c).sum(),
    mm=lambda: (c.view(1, 2) @ c.view(2, 1)).abs().sum(),
    pow=lambda: (c**2).imag.sum(),
    div=lambda: (1 / c).real.sum(),
    sqrt=lambda: c.sqrt().real.sum(),
    log=lambda: c.log().imag.sum(),
    fft=lambda: torch.fft.fft(c).abs().sum(),
    sgn=lambda: c.sgn().real.sum(),
    cat=lambda: torch.cat([c, c]).imag.sum(),
    norm=lambda: c.norm(),
    sin=lambda: c.sin().real.sum(),
).items():
    c.grad = None
    x.grad = None
    r = f()
    r.backward()
    print(n, r, c.grad, x.grad)
att("cb", lambda: c.sum().backward())
att("cb2", lambda: c.sum().backward(T(1.0 + 0j)))
att("cb3", lambda: (c * 2).sum().backward(T(1.0)))
att("rc", lambda: (x * 2).backward(T([1j, 1j])))
# deep graphs and threads
y = T(1.0, requires_grad=True)
z = y
for _ in range(20000):
    z = z * 1.0001
z.backward()
print(round(y.grad.item(), 3))


def work():
    (x * x).sum().backward()


x.grad = None
ts = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in ts]
[t.join() for t in ts]
print(x.grad)
r = []
with torch.no_grad():
    t = threading.Thread(target=lambda: r.append(torch.is_grad_enabled()))
    t.start()
    t.join()
    print(r, torch.is_grad_enabled())


# release
class Obj:
    pass


o = Obj()
wr = weakref.ref(o)
y = x * 2
y.register_hook(lambda g, o=o: None)
del o
print(wr() is None)
del y
gc.collect()
print(wr() is None)
V = torch.autograd.Variable
v = V(T([1.0, 2.0]), requires_grad=True)
print(v, type(v), isinstance(v, V), v.data)
(v * v).sum().backward()
print(v.grad)
print(torch.is_grad_enabled())


@torch.no_grad()
def f(a):
    return a * 2


print(f(x).requires_grad)
with torch.set_grad_enabled(False):
    print((x * 2).requires_grad)
torch.set_grad_enabled(False)
print((x * 2).requires_grad)
torch.set_grad_enabled(True)
print((x * 2).requires_grad)


@torch.enable_grad()
def g2(a):
    return a * 2


with torch.no_grad():
    print(
        g2(x).requires_grad,
        torch.zeros(1, requires_grad=True).requires_grad,
        (x.view(2)).requires_grad,
    )


@torch.no_grad()
def gen():
    for i in range(2):
        yield (x * i).requires_grad


print(list(gen()))
att("str", lambda: torch.set_grad_enabled("a"))
print(torch.no_grad(), torch.enable_grad(), torch.set_grad_enabled(True))
