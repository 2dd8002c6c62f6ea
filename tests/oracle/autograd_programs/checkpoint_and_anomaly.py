import warnings

import torch


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


from torch.utils.checkpoint import checkpoint, checkpoint_sequential

torch.manual_seed(0)
x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
calls = []


def f(a):
    calls.append(1)
    return (a.sin() * a).exp()


for ur in (True, False):
    calls.clear()
    x.grad = None
    y = checkpoint(f, x, use_reentrant=ur)
    print(y, len(calls), y.grad_fn.name())
    y.sum().backward()
    print(x.grad, len(calls))
    att("noreq", lambda: checkpoint(f, x.detach(), use_reentrant=ur))
    att(
        "grad", lambda: torch.autograd.grad(checkpoint(f, x, use_reentrant=ur).sum(), x)
    )
    att("inputs", lambda: checkpoint(f, x, use_reentrant=ur).sum().backward(inputs=[x]))
    att(
        "cg",
        lambda: torch.autograd.grad(
            checkpoint(f, x, use_reentrant=ur).sum(), x, create_graph=True
        ),
    )
    att(
        "twice",
        lambda: [
            z.backward(retain_graph=True)
            for z in [checkpoint(f, x, use_reentrant=ur).sum()] * 2
        ],
    )
    att(
        "kw",
        lambda: (
            checkpoint(lambda a, k=1: a * k, x, k=3, use_reentrant=ur).sum().backward()
        ),
    )
    att("tuple", lambda: checkpoint(lambda a: (a * 2, a * 3, 4), x, use_reentrant=ur))
    lin = torch.nn.Sequential(
        *[torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Tanh()) for _ in range(3)]
    )
    out = checkpoint_sequential(
        lin, 2, torch.ones(1, 3, requires_grad=True), use_reentrant=ur
    )
    out.sum().backward()
    print(lin[0][0].weight.grad is not None, lin[2][0].bias.grad is not None)
    torch.manual_seed(1)
    d = torch.nn.Dropout(0.5)
    y = checkpoint(lambda a: d(a) * a, x, use_reentrant=ur)
    x.grad = None
    y.sum().backward()
    print(bool(((x.grad != 0) == (y.detach() != 0)).all()))
    with torch.no_grad():
        att("ng", lambda: checkpoint(f, x, use_reentrant=ur).requires_grad)
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    try:
        checkpoint(f, x)
    except Exception as e:
        print(type(e).__name__, e)
    print([str(i.message) for i in w])
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    checkpoint(f, x.detach(), use_reentrant=True)
    print([str(i.message) for i in w])
flag = [True]


def g(a):
    if flag[0]:
        flag[0] = False
        return a.sin()
    return a.sin().cos()


y = checkpoint(g, x, use_reentrant=False)
att("mismatch", lambda: y.sum().backward())
flag[0] = True


def g2(a):
    if flag[0]:
        flag[0] = False
        return a.sin() * a
    return a[:2].sin() * a[:2]


y = checkpoint(g2, x, use_reentrant=False)
att("mismatch2", lambda: y.sum().backward())
flag[0] = True
from torch.utils.checkpoint import (
    set_checkpoint_early_stop,
)

with set_checkpoint_early_stop(False):
    c = []
    y = checkpoint(
        lambda a: (c.append(1), a.sin(), c.append(2))[1], x, use_reentrant=False
    )
    y.sum().backward()
    print(c)
c = []
y = checkpoint(lambda a: (c.append(1), a.sin(), c.append(2))[1], x, use_reentrant=False)
y.sum().backward()
print(c)
y = checkpoint(
    lambda a: checkpoint(f, a, use_reentrant=False) * 2, x, use_reentrant=False
)
x.grad = None
y.sum().backward()
print(x.grad)
from contextlib import nullcontext

y = checkpoint(
    f, x, use_reentrant=False, context_fn=lambda: (nullcontext(), nullcontext())
)
y.sum().backward()
att(
    "ctxre",
    lambda: checkpoint(
        f, x, use_reentrant=True, context_fn=lambda: (nullcontext(), nullcontext())
    ),
)
att("unexpected", lambda: checkpoint(f, x, use_reentrant=True, foo=1))
att("unexpected", lambda: checkpoint(f, x, use_reentrant=False, foo=1))
# anomaly
import re


def anomaly(fn):
    with warnings.catch_warnings(record=True) as w:
        warnings.simplefilter("always")
        try:
            fn()
        except Exception as e:
            print(type(e).__name__, e)
        for i in w:
            if "encountered in" not in str(i.message):
                print(
                    "W",
                    re.sub(r"File .*?\n.*?\n", "F\n", str(i.message))[:200].split("\n")[
                        0
                    ],
                )


def nanf():
    with torch.autograd.detect_anomaly():
        a = torch.tensor([-1.0], requires_grad=True)
        torch.sqrt(a).sum().backward()


anomaly(nanf)


def nan2():
    with torch.autograd.set_detect_anomaly(True):
        a = torch.tensor([0.0], requires_grad=True)
        (torch.sqrt(a) * 0).sum().backward()


anomaly(nan2)


def nan3():
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        a = torch.tensor([0.0], requires_grad=True)
        (torch.sqrt(a) * 0).sum().backward()
        print(a.grad)


anomaly(nan3)


def inp():
    with torch.autograd.detect_anomaly():
        a = torch.tensor([1.0], requires_grad=True)
        b = a.exp()
        b.add_(1)
        b.sum().backward()


anomaly(inp)


class Err(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a * 2

    @staticmethod
    def backward(ctx, g):
        raise RuntimeError("Some error in backward")


def er():
    with torch.autograd.detect_anomaly():
        Err.apply(torch.ones(1, requires_grad=True)).sum().backward()


anomaly(er)


class NanF(Err):
    @staticmethod
    def backward(ctx, g):
        return g * float("nan")


def er():
    with torch.autograd.detect_anomaly():
        NanF.apply(torch.ones(1, requires_grad=True)).sum().backward()


anomaly(er)
print(torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled())
torch.autograd.set_detect_anomaly(True)
print(torch.is_anomaly_enabled())
torch.autograd.set_detect_anomaly(False)
