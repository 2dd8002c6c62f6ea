import warnings

import torch

warnings.simplefilter("ignore")


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


from torch.autograd.graph import (
    allow_mutation_on_saved_tensors,
    disable_saved_tensors_hooks,
    save_on_cpu,
    saved_tensors_hooks,
)

log = []


def pack(t):
    log.append(("pack", t.shape, t.requires_grad, t.is_leaf, t.grad_fn is not None))
    return t.detach().clone() if False else t


def unpack(t):
    log.append(("unpack", t.shape))
    return t


x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
w = torch.tensor([4.0, 5.0, 6.0], requires_grad=True)
progs = {
    "mul": lambda: x * w,
    "mul2": lambda: x * 2,
    "exp": lambda: x.exp(),
    "pow": lambda: x**2,
    "add": lambda: x + w,
    "div": lambda: x / w,
    "mm": lambda: x.view(1, 3) @ w.view(3, 1),
    "chain": lambda: (x * w).exp() * x,
    "lin_": lambda: x * 1,
    "relu": lambda: x.relu(),
    "sm": lambda: x.softmax(0),
    "ls": lambda: x.log_softmax(0),
    "max": lambda: x.max(),
    "idx_": lambda: x * 1,
    "where": lambda: torch.where(x > 1, x, w),
    "sq": lambda: x.square(),
    "std": lambda: x.std(),
    "norm": lambda: x.norm(),
    "mse_": lambda: x * 1,
    "ce_": lambda: x * 1,
    "sig": lambda: x.sigmoid(),
    "tanh": lambda: x.tanh(),
    "sqrt": lambda: x.sqrt(),
    "ln_": lambda: x * 1,
    "conv": lambda: torch.nn.functional.conv1d(x.view(1, 1, 3), w.view(1, 1, 3)),
    "cumsum": lambda: x.cumsum(0),
    "cumprod": lambda: x.cumprod(0),
    "prod_": lambda: x * 1,
    "sort": lambda: x.sort()[0],
    "gather_": lambda: x * 1,
    "abs": lambda: x.abs(),
    "clamp": lambda: x.clamp(1.5, 2.5),
    "self": lambda: x * x,
    "gelu": lambda: torch.nn.functional.gelu(x),
    "bce": lambda: torch.nn.functional.binary_cross_entropy_with_logits(x, w.detach()),
    "emb_": lambda: x * 1,
    "inplace": lambda: (x * 1).mul_(w),
    "dot": lambda: x.dot(w),
}
for k, f in progs.items():
    log.clear()
    with saved_tensors_hooks(pack, unpack):
        y = f()
    n = len(log)
    print(k, log)
    log.clear()
    att(k, lambda: y.sum().backward())
    print("  ", log)
print(x.grad, w.grad)
with saved_tensors_hooks(lambda t: "s", lambda s: 5):
    y = x * w
att("badunpack", lambda: y.sum().backward())
with saved_tensors_hooks(lambda t: t.numpy(force=True), lambda s: torch.from_numpy(s)):
    y = (x * w).exp()
x.grad = None
y.sum().backward()
print(x.grad)
with saved_tensors_hooks(lambda t: print("outer") or t, lambda t: t):
    with saved_tensors_hooks(lambda t: print("inner") or t, lambda t: t):
        x * w
    x * w
with disable_saved_tensors_hooks("no hooks here"):
    att("dis", lambda: saved_tensors_hooks(pack, unpack).__enter__())
    x * w
with save_on_cpu():
    y = x * w
y.sum().backward()
print(x.grad)
with save_on_cpu(pin_memory=False):
    y = (x * w).sin()
y.sum().backward()
print(x.grad)
with allow_mutation_on_saved_tensors() as ctx:
    a = x.clone()
    b = a * w
    c = b**2
    a.mul_(0)
    b.zero_()
    c.sum().backward()
    print(x.grad, w.grad)
a = x.clone()
y = a * w
h = y.grad_fn._raw_saved_self.register_hooks(lambda t: t * 2, lambda t: t)
x.grad = w.grad = None
y.sum().backward()
print(x.grad, w.grad)
att("after", lambda: y.grad_fn._saved_self)
att(
    "after2", lambda: y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t)
)
y = x * w
y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t)
att("twice", lambda: y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t))
att(
    "packmod",
    lambda: (x * w).grad_fn._raw_saved_self.register_hooks(
        lambda t: t.mul_(2), lambda t: t
    ),
)
att("badpack", lambda: saved_tensors_hooks(1, 2).__enter__())


def bad(t):
    raise ValueError("pack failed")


def f():
    with saved_tensors_hooks(bad, lambda t: t):
        x * w


att("packraise", f)
with saved_tensors_hooks(lambda t: t, bad):
    y = x * w
att("unpackraise", lambda: y.sum().backward())
att("nograd", lambda: x.grad)


def f():
    with torch.no_grad(), saved_tensors_hooks(bad, lambda t: t):
        return x * w


att("ng", f)


class Sq(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a, a * 2)
        return a * a

    @staticmethod
    def backward(ctx, g):
        a, b = ctx.saved_tensors
        return g * b


log.clear()
with saved_tensors_hooks(pack, unpack):
    y = Sq.apply(x)
y.sum().backward()
print(log)
