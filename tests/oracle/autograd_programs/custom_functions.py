import torch


def att(name, f):
    try:
        print(name, f())
    except Exception as e:
        print(name, type(e).__name__, e)


T = torch.tensor


class F0(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, y=2, *, z=1):
        return x * y

    @staticmethod
    def backward(ctx, g):
        return g * 2, None


x = T([1.0, 2.0], requires_grad=True)
att("kw", lambda: F0.apply(x, y=3))
att("kwo", lambda: F0.apply(x, 3, z=1))
att("pos", lambda: F0.apply(x, 3))
att("few", lambda: F0.apply())
att("none", lambda: F0.apply(None, 3))
att("inst", lambda: F0())
att("call", lambda: F0()(x))


class Noback(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2


att("noback", lambda: Noback.apply(x).sum().backward())


class Nofwd(torch.autograd.Function):
    pass


att("nofwd", lambda: Nofwd.apply(x))


class Many(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, n):
        ctx.n = n
        return (x * n, x + n, n, "str", None)

    @staticmethod
    def backward(ctx, g1, g2, g3, g4, g5):
        print("gs", g1, g2, g3, g4, g5)
        return g1 * ctx.n + g2, None


o = Many.apply(x, 3)
print(o)
att("b", lambda: (o[0].sum()).backward())
print(x.grad)


class Mat(Many):
    @staticmethod
    def forward(ctx, x, n):
        ctx.set_materialize_grads(False)
        return x * n, x + n

    @staticmethod
    def backward(ctx, g1, g2):
        print(g1, g2)
        return g1 if g1 is not None else g2, None


Mat.apply(x, 2)[1].sum().backward()


class NonDiff(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        s, i = x.sort()
        ctx.mark_non_differentiable(i)
        ctx.save_for_backward(i)
        return s, i

    @staticmethod
    def backward(ctx, g, gi):
        (i,) = ctx.saved_tensors
        print("gi", gi)
        return torch.zeros_like(g).index_add(0, i, g)


s, i = NonDiff.apply(x)
print(s, i, i.requires_grad)
s.sum().backward()


class Need(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b, c):
        print("fwd", ctx.needs_input_grad)
        return a * b

    @staticmethod
    def backward(ctx, g):
        print("bwd", ctx.needs_input_grad)
        return g, g, None


Need.apply(x, T([1.0, 1.0]), 3).sum().backward()
Need.apply(T([1.0, 1.0]), x, None).sum().backward()
with torch.no_grad():
    Need.apply(x, x, 1)


class SaveBad(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(3)
        return a * 2

    @staticmethod
    def backward(ctx, g):
        return g


att("savebad", lambda: SaveBad.apply(x))


class SaveBad2(SaveBad):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward([a])
        return a * 2


att("savebad2", lambda: SaveBad2.apply(x))


class SaveNone(SaveBad):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(None, a)
        return a * 2

    @staticmethod
    def backward(ctx, g):
        print(ctx.saved_tensors)
        return g


SaveNone.apply(x).sum().backward()


class RetStr(SaveBad):
    @staticmethod
    def forward(ctx, a):
        return "x"


att("retstr", lambda: RetStr.apply(x))


class WrongN(SaveBad):
    @staticmethod
    def forward(ctx, a):
        return a * 2

    @staticmethod
    def backward(ctx, g):
        return g, g


att("wrongn", lambda: WrongN.apply(x).sum().backward())


class WrongN2(WrongN):
    @staticmethod
    def backward(ctx, g):
        return g, None


att("trailnone", lambda: WrongN2.apply(x).sum().backward())


class WrongT(WrongN):
    @staticmethod
    def backward(ctx, g):
        return 1.0


att("wrongt", lambda: WrongT.apply(x).sum().backward())


class WrongS(WrongN):
    @staticmethod
    def backward(ctx, g):
        return torch.ones(3)


att("wrongs", lambda: WrongS.apply(x).sum().backward())


class BcS(WrongN):
    @staticmethod
    def backward(ctx, g):
        return torch.ones(4, 2)


x.grad = None
att("bcast", lambda: BcS.apply(x).sum().backward())
print(x.grad)


class Dt(WrongN):
    @staticmethod
    def backward(ctx, g):
        return g.double()


x.grad = None
att("dt", lambda: Dt.apply(x).sum().backward())
print(x.grad)


class NoneG(WrongN):
    @staticmethod
    def backward(ctx, g):
        return None


x.grad = None
att("noneg", lambda: NoneG.apply(x).sum().backward())
print(x.grad)
att("noneg2", lambda: torch.autograd.grad(NoneG.apply(x).sum(), x))
att("noneg3", lambda: torch.autograd.grad(NoneG.apply(x).sum(), x, allow_unused=True))


class Both(WrongN):
    @staticmethod
    def vjp(ctx, g):
        return g


att("both", lambda: Both.apply(x).sum().backward())


class Vjp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return a * 2

    @staticmethod
    def vjp(ctx, g):
        return g * 2


x.grad = None
Vjp.apply(x).sum().backward()
print(x.grad)


class Setup(torch.autograd.Function):
    @staticmethod
    def forward(x, y):
        return x * y, x.sum()

    @staticmethod
    def setup_context(ctx, inputs, output):
        print("setup", len(inputs), type(output))
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g, h):
        x, y = ctx.saved_tensors
        return g * y + h, g * x


x.grad = None
o = Setup.apply(x, T([3.0, 4.0]))
print(o)
(o[0].sum() + o[1]).backward()
print(x.grad)


class SetupRet(Setup):
    @staticmethod
    def setup_context(ctx, inputs, output):
        return 3


att("setupret", lambda: SetupRet.apply(x, x))
o = Setup.apply(x, x)
f = o[0].grad_fn
print(
    f.name(),
    type(f),
    f.next_functions,
    f.saved_tensors,
    f.needs_input_grad,
    isinstance(f, torch.autograd.graph.Node),
    f.metadata,
)
(o[0].sum()).backward()
att("freed", lambda: f.saved_tensors)
att("again", lambda: o[0].sum().backward())


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a**2

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return g * 2 * a


(g,) = torch.autograd.grad(Once.apply(x).sum(), x, create_graph=True)
print(g)
att("once", lambda: g.sum().backward())


class Deep(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a**3

    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        return g * 3 * a**2


(g,) = torch.autograd.grad(Deep.apply(x).sum(), x, create_graph=True)
print(g)
print(torch.autograd.grad(g.sum(), x))


class ModSaved(Deep):
    pass


a = x * 1
y = ModSaved.apply(a)
a.mul_(2)
att("mods", lambda: y.sum().backward())


class Attr(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.a = a
        ctx.foo = "bar"
        return a * 2

    @staticmethod
    def backward(ctx, g):
        print(ctx.foo, ctx.a is x)
        return g * 2


Attr.apply(x).sum().backward()


class Lst(torch.autograd.Function):
    @staticmethod
    def forward(ctx, xs):
        return xs[0] * 2

    @staticmethod
    def backward(ctx, g):
        return None


att("list", lambda: Lst.apply([x]).requires_grad)


class RetList(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        return [a * 2, a * 3]

    @staticmethod
    def backward(ctx, *g):
        return g[0]


att("retlist", lambda: RetList.apply(x))
att("retlistgrad", lambda: [t.requires_grad for t in RetList.apply(x)])


class Inner(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        with torch.enable_grad():
            b = a.detach().requires_grad_()
            c = (b**2).sum()
        (ctx.g,) = torch.autograd.grad(c, b)
        return c.detach()

    @staticmethod
    def backward(ctx, g):
        return g * ctx.g


x.grad = None
Inner.apply(x).backward()
print(x.grad)


class Re(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a):
        ctx.save_for_backward(a)
        return a * 2

    @staticmethod
    def backward(ctx, g):
        (a,) = ctx.saved_tensors
        with torch.enable_grad():
            b = a.detach().requires_grad_()
            (b**2).sum().backward()
        return g * b.grad


x.grad = None
Re.apply(x).sum().backward()
print(x.grad)
print(F0, F0.__name__, Setup.apply)
