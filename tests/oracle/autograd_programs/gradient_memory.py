"""In whose memory gradients stand, and who may write to it."""

import torch


def att(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, str(e)[:150])


x = torch.ones(2, 3, requires_grad=True)


def g():
    return torch.autograd.grad(x.sum(), x)[0]


print(g().stride(), g().is_contiguous())
att(lambda: g().add_(1))
att(lambda: g().zero_())
att(lambda: g().mul_(2))
att(lambda: g().__setitem__((0, 0), 5.0))
att(lambda: g().clamp_(0, 0.5))
att(lambda: g().copy_(torch.zeros(2, 3)))
att(lambda: g().fill_(2.0))
att(lambda: g().numpy())
att(lambda: g().clone().stride())
att(lambda: g().contiguous().stride())
att(lambda: g().view(-1).stride())
att(lambda: g().reshape(6).stride())
att(lambda: torch.autograd.grad(x.mean(), x)[0].stride())
att(lambda: torch.autograd.grad(x.sum(0), x, torch.ones(3))[0].stride())


def h():
    a = g()
    a.numpy()[0, 0] = 3
    return a


att(h)


def k():
    x.grad = None
    x.sum().backward()
    return x.grad.stride()


att(k)


def m():
    a = g()
    a[0] = 4.0
    return a


att(m)


def n():
    a = g()
    a += 1
    return a


att(n)


def o():
    a = g()
    a.data.mul_(3)
    return a


att(o)
att(lambda: g().div_(2))
att(lambda: torch.add(x.detach(), 1, out=g()))
att(lambda: torch.nn.utils.clip_grad_norm_([x], 0.1))
