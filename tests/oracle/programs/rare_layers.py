# ruff: noqa
# pyright: basic
import torch, math
from torch import nn
import torch.nn.functional as F


def T(f):
    try:
        r = f()
        print("ok", r)
    except Exception as e:
        print(type(e).__name__, str(e)[:400])


def A(*s, dtype=torch.float32):
    n = math.prod(s)
    return (torch.arange(n, dtype=torch.float64).reshape(s) * 0.37).sin().to(dtype)


def fill(m):
    with torch.no_grad():
        for p in m.parameters():
            p.copy_(A(*p.shape))
    return m


m = fill(nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 6], div_value=2.0))
print(m)
print(list(m.state_dict()))
x = A(5, 4).requires_grad_()
t = torch.tensor([0, 2, 4, 7, 9])
r = m(x, t)
print(r)
r.loss.backward()
print(x.grad)
print([p.grad.abs().sum() for p in m.parameters()])
print(type(r), r._fields)
T(lambda: m.log_prob(x))
T(lambda: m.predict(x))
T(lambda: m(x[0], t[0]))
T(lambda: m(x, torch.tensor([0, 2, 4, 7, 10])))
T(lambda: m(x, t[:3]))
T(lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [6, 3]))
T(lambda: m(x, A(2, 2)))
T(lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [3, 10]))
T(lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, []))
s = torch.tensor([[[0.1, 0.9], [0.4, 0.2]]])
x = A(1, 2, 6, 7).requires_grad_()
m = nn.FractionalMaxPool2d(2, output_size=(3, 4), _random_samples=s)
print(m)
y = m(x)
print(y)
y.pow(2).sum().backward()
print(x.grad)
T(
    lambda: nn.FractionalMaxPool2d(
        (2, 3), output_ratio=(0.5, 0.5), return_indices=True, _random_samples=s
    )(A(1, 2, 6, 7))
)
T(lambda: nn.FractionalMaxPool2d(2, output_size=3)(A(2, 6, 7)).shape)
T(lambda: nn.FractionalMaxPool2d(2))
T(lambda: nn.FractionalMaxPool2d(2, output_size=3, output_ratio=0.5))
T(lambda: nn.FractionalMaxPool2d(2, output_ratio=1.5))
T(lambda: nn.FractionalMaxPool2d(2, output_size=9)(A(1, 2, 6, 7)))
T(lambda: F.fractional_max_pool2d(A(1, 2, 6, 7), 2))
T(
    lambda: F.fractional_max_pool2d(
        A(1, 2, 6, 7), 2, output_size=3, _random_samples=s, return_indices=True
    )
)
s3 = torch.tensor([[[0.1, 0.9, 0.5], [0.4, 0.2, 0.7]]])
m = nn.FractionalMaxPool3d(
    2, output_size=(2, 3, 2), return_indices=True, _random_samples=s3
)
print(m)
T(lambda: m(A(1, 2, 5, 6, 4)))
T(
    lambda: F.fractional_max_pool2d_with_indices(
        A(1, 1, 4, 4), 2, 2, None, False, s[:, :1]
    )
)
T(lambda: nn.NLLLoss2d())
T(lambda: nn.Container)
T(lambda: F.has_torch_function((torch.ones(1),)))
T(lambda: F.GRID_SAMPLE_INTERPOLATION_MODES)
T(lambda: F.conv_tbc.__name__)
import torch.nn.grad as ng

xx, ww, gg = A(1, 2, 5, 5).double(), A(3, 2, 3, 3).double(), A(1, 3, 3, 3).double()
T(lambda: ng.conv2d_input(xx.shape, ww, gg))
T(lambda: ng.conv2d_weight(xx, ww.shape, gg).sum())
T(lambda: ng.conv1d_input((1, 2, 5), A(3, 2, 3), A(1, 3, 3)))
T(lambda: torch.nn.grad.conv1d_weight(A(1, 2, 5), (3, 2, 3), A(1, 3, 3)))
T(lambda: torch.Tensor(2).dtype)
from torch.nn.utils.rnn import *

# Module rest
l = nn.Linear(2, 2)
T(lambda: l.xpu())
T(lambda: l.ipu())
T(lambda: l._get_name())
T(lambda: l._get_backward_hooks())
T(lambda: nn.factory_kwargs({"device": None}))
T(lambda: nn.factory_kwargs({"foo": 1}))
T(lambda: nn.ModuleList([l]) * 2)
T(lambda: l.to_empty(device="cpu").weight.shape)
T(lambda: torch.optim.Adafactor([nn.Parameter(A(3, 2))], lr=0.1))
for kw in (
    {},
    {"weight_decay": 0.1, "lr": 0.05},
    {"maximize": True, "d": 2.0, "eps": (1e-3, 1e-2)},
):
    ps = [
        nn.Parameter(A(3, 2)),
        nn.Parameter(A(4)),
        nn.Parameter(A(2, 2, 3)),
        nn.Parameter(torch.tensor(2.0)),
    ]
    o = torch.optim.Adafactor(ps, **kw)
    for i in range(4):
        o.zero_grad()
        sum((p**2 * (i + 1)).sum() for p in ps).backward()
        o.step()
    print(
        ps, {k: [v for v in st.values()] for k, st in o.state_dict()["state"].items()}
    )
T(lambda: torch.optim.Adafactor(ps, lr=-1))
T(lambda: torch.optim.Adafactor(ps, d=0.5))
