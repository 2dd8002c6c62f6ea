# ruff: noqa
# pyright: basic
import torch, pickle, copy
from torch import nn

torch.manual_seed(0)


def T(f):
    try:
        r = f()
        print("ok", r)
    except Exception as e:
        print(type(e).__name__, str(e)[:300])


m = nn.LazyLinear(3)
print(m, type(m), m.weight, m.bias, type(m.weight), m.in_features, m.cls_to_become)
T(lambda: m.weight.shape)
T(lambda: repr(m.weight))
T(lambda: m.weight + 1)
T(lambda: m.has_uninitialized_params())
T(lambda: m.weight.requires_grad)
T(lambda: m.weight.dtype)
T(lambda: m.weight.device)
T(lambda: m.weight.numel())
T(lambda: m.weight.sum())
T(lambda: len(list(m.parameters())))
T(lambda: sum(p.numel() for p in m.parameters()))
T(lambda: m.weight.is_leaf)
T(lambda: m.weight.data)
T(lambda: m.weight.grad)
T(lambda: isinstance(m.weight, nn.Parameter))
T(lambda: torch.nn.parameter.is_lazy(m.weight))
T(lambda: m.state_dict())
x = torch.ones(2, 4)
print(m(x).shape, m, type(m), m.weight.shape, m.in_features, type(m.weight))

T(lambda: m(torch.ones(2, 5)))
T(lambda: m.has_uninitialized_params())
m = nn.LazyLinear(3, bias=False)
print(m, m.bias)
m(x)
print(m)
for c, a, s in [
    (nn.LazyConv1d, (2, 3), (1, 4, 8)),
    (nn.LazyConv2d, (2, 3), (1, 4, 8, 8)),
    (nn.LazyConv3d, (2, 3, 2), (1, 4, 8, 8, 8)),
    (nn.LazyConvTranspose1d, (2, 3), (1, 4, 8)),
    (nn.LazyConvTranspose2d, (2, 3), (1, 4, 8, 8)),
    (nn.LazyConvTranspose3d, (2, 3), (1, 4, 3, 3, 3)),
    (nn.LazyBatchNorm1d, (), (2, 3)),
    (nn.LazyBatchNorm2d, (), (2, 3, 2, 2)),
    (nn.LazyBatchNorm3d, (), (2, 3, 2, 2, 2)),
    (nn.LazyInstanceNorm1d, (), (2, 3, 4)),
    (nn.LazyInstanceNorm2d, (), (2, 3, 2, 2)),
    (nn.LazyInstanceNorm3d, (1e-4, 0.2, True, True), (2, 3, 2, 2, 2)),
]:
    torch.manual_seed(1)
    m = c(*a)
    print(
        m,
        list(m._buffers),
        list(m._parameters),
        [type(p).__name__ for p in m.parameters()],
        [type(b).__name__ for b in m.buffers()],
    )
    m.double()
    T(lambda: m.weight.dtype)
    print(m(torch.randn(s, dtype=torch.double)).shape, m, type(m))
    print(
        [tuple(p.shape) for p in m.parameters()], [tuple(p.shape) for p in m.buffers()]
    )
net = nn.Sequential(nn.LazyLinear(8), nn.ReLU(), nn.LazyLinear(2))
opt = torch.optim.SGD(net.parameters(), lr=0.1)
net(torch.randn(2, 3)).sum().backward()
opt.step()
print(net, [tuple(p.shape) for p in net.parameters()])
a = nn.LazyLinear(4)
sd = nn.Linear(3, 4).state_dict()
T(lambda: a.load_state_dict(sd))
print(a)
T(lambda: a(torch.ones(1, 3)).shape)
print(a)
b = nn.LazyLinear(4)
T(lambda: nn.Linear(3, 4).load_state_dict(b.state_dict()))
T(lambda: copy.deepcopy(b))
T(lambda: pickle.loads(pickle.dumps(b)))
T(lambda: nn.LazyConv2d(4, 3)(torch.ones(2, 3)))
T(lambda: nn.LazyBatchNorm2d()(torch.ones(2, 3)))
T(lambda: b.initialize_parameters(torch.ones(2, 3)))
print(b)
T(lambda: b.share_memory())


class My(nn.modules.lazy.LazyModuleMixin, nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.UninitializedParameter()
        self.register_buffer("buf", nn.UninitializedBuffer())

    def initialize_parameters(self, x):
        if self.has_uninitialized_params():
            self.w.materialize((x.shape[-1],))
            self.buf.materialize((2,))
            with torch.no_grad():
                self.w.fill_(1.0)
                self.buf.zero_()

    def forward(self, x):
        return x * self.w


T(lambda: My())
k = My()
T(lambda: k(torch.ones(2, 3)))
T(lambda: k)
T(lambda: (type(k.w), k.w, k.buf, type(k.buf)))
u = nn.UninitializedParameter()
T(lambda: print(u))
T(lambda: u.materialize((2, 2)))
print(type(u), u.shape)
u = nn.UninitializedBuffer()
T(lambda: print(u))
T(lambda: u + 1)
u = nn.UninitializedParameter(dtype=torch.float64)
T(lambda: u.dtype)
T(lambda: u.double())
T(lambda: u.to("cpu"))
T(lambda: u.share_memory_())
T(lambda: u.view(1))
T(lambda: u.size())
