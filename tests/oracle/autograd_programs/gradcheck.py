import warnings

import torch

warnings.simplefilter("ignore")


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


from torch.autograd import gradcheck, gradgradcheck

torch.manual_seed(0)
x = torch.tensor([0.3, 0.6, 0.9], dtype=torch.double, requires_grad=True)
y = torch.tensor([0.2, 0.5, 0.7], dtype=torch.double, requires_grad=True)
att("ok", lambda: gradcheck(lambda a, b: a * b, (x, y)))
att("gg", lambda: gradgradcheck(lambda a, b: (a * b).sin(), (x, y)))
att("fast", lambda: gradcheck(lambda a, b: a * b, (x, y), fast_mode=True))
att(
    "fwd",
    lambda: gradcheck(
        lambda a, b: a * b,
        (x, y),
        check_forward_ad=True,
        check_batched_grad=True,
        check_batched_forward_grad=True,
        check_undefined_grad=True,
    ),
)


class Bad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a**2

    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return g * a * 3


att("bad", lambda: gradcheck(Bad.apply, (x,)))
att("badnr", lambda: gradcheck(Bad.apply, (x,), raise_exception=False))
att(
    "float",
    lambda: gradcheck(lambda a: a * 2, (torch.tensor([1.0, 2.0], requires_grad=True),)),
)
with warnings.catch_warnings(record=True) as w:
    warnings.simplefilter("always")
    try:
        gradcheck(lambda a: a * 2, (torch.tensor([1.0, 2.0], requires_grad=True),))
    except Exception as e:
        print(type(e).__name__, str(e)[:200])
    print([str(i.message) for i in w])
att("none", lambda: gradcheck(lambda a: a * 2, (torch.ones(2, dtype=torch.double),)))
att("nograd out", lambda: gradcheck(lambda a: a.detach(), (x,)))
att("notensor", lambda: gradcheck(lambda a: 3, (x,)))
att("single", lambda: gradcheck(torch.sin, x))
att("list", lambda: gradcheck(lambda a, b: [a * b, a + b], [x, y]))
att("mixed", lambda: gradcheck(lambda a, n: a * n, (x, 3)))
c = torch.tensor([0.3 + 0.4j, 0.5 - 0.2j], dtype=torch.cdouble, requires_grad=True)
att("complex", lambda: gradcheck(lambda a: a * a.conj(), (c,)))
att("cabs", lambda: gradcheck(torch.abs, (c,)))
att("cgg", lambda: gradgradcheck(lambda a: a * a, (c,)))


class BadC(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * a

    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return g * a * 2


att("badc", lambda: gradcheck(BadC.apply, (c,)))


class BadShape(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a * 2

    @staticmethod
    def backward(ctx, g):
        return torch.ones(2, 2, dtype=torch.double)


att("badshape", lambda: gradcheck(BadShape.apply, (x,)))


class NonDet(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2 + torch.rand_like(g) * 1e-7


att("nondetbw", lambda: gradcheck(NonDet.apply, (x,)))
att("nondettol", lambda: gradcheck(NonDet.apply, (x,), nondet_tol=1e-5))


class Undef(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.set_materialize_grads(False)
        return a * 2

    @staticmethod
    def backward(ctx, g):
        return g * 2


att("undef2", lambda: gradcheck(Undef.apply, (x,), check_undefined_grad=False))


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a**3

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return g * 3 * a**2


att("once", lambda: gradcheck(Once.apply, (x,)))


class BadGG(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a**3

    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return g * 3 * a.detach() ** 2


att("atol", lambda: gradcheck(Bad.apply, (x,), atol=10.0))
att("eps", lambda: gradcheck(torch.exp, (x,), eps=1e-3, atol=1e-3))
att(
    "expand",
    lambda: gradcheck(
        lambda a: a * 2,
        (torch.rand(1, dtype=torch.double, requires_grad=True).expand(3),),
    ),
)
att("mod", lambda: gradcheck(torch.nn.Linear(3, 2).double(), (x,)))
att("int", lambda: gradcheck(lambda a: a.long(), (x,)))
att("maskd", lambda: gradcheck(torch.sum, (x,), masked=True))
print(
    torch.autograd.gradcheck.GradcheckError
    if hasattr(torch.autograd.gradcheck, "GradcheckError")
    else None
)
