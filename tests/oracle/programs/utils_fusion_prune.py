# ruff: noqa
# pyright: basic
import torch, copy
from torch import nn
import torch.nn.utils.prune as prune


def T(f):
    try:
        r = f()
        print("ok", r)
    except Exception as e:
        print(type(e).__name__, str(e)[:300])


conv = nn.Conv2d(2, 3, 2).eval()
bn = nn.BatchNorm2d(3).eval()
with torch.no_grad():
    conv.weight.copy_(torch.arange(24.0).reshape(3, 2, 2, 2) / 10)
    conv.bias.copy_(torch.tensor([1.0, 2, 3]))
    bn.running_mean.copy_(torch.tensor([0.1, 0.2, 0.3]))
    bn.running_var.copy_(torch.tensor([1.0, 2, 3]))
    bn.weight.copy_(torch.tensor([1.0, 0.5, 2]))
    bn.bias.copy_(torch.tensor([0.0, 1, 2]))
f = nn.utils.fuse_conv_bn_eval(conv, bn)
x = torch.linspace(0, 1, 32).reshape(1, 2, 4, 4)
print(f, f.weight.sum(), f.bias, torch.allclose(f(x), bn(conv(x)), atol=1e-5))
T(lambda: nn.utils.fuse_conv_bn_eval(conv.train(), bn))
lin = nn.Linear(2, 3).eval()
b1 = nn.BatchNorm1d(3).eval()
print(
    torch.allclose(
        nn.utils.fuse_linear_bn_eval(lin, b1)(torch.ones(2, 2)),
        b1(lin(torch.ones(2, 2))),
        atol=1e-5,
    )
)
T(lambda: nn.utils.fuse_linear_bn_eval(lin, nn.BatchNorm1d(2).eval()))
print(
    nn.utils.skip_init(nn.Linear, 2, 3),
    nn.utils.skip_init(nn.Linear, 2, 3, bias=False).weight.shape,
)
T(lambda: nn.utils.skip_init(nn.ReLU))
T(lambda: nn.utils.skip_init(torch.Tensor))
m = nn.Linear(3, 2)
with torch.no_grad():
    m.weight.copy_(torch.tensor([[1.0, 2, 3], [4, 5, 6]]))
    m.bias.zero_()
s = nn.utils.spectral_norm(m)
print(s, list(s.state_dict()), [n for n, _ in s.named_parameters()])
for _ in range(20):
    s(torch.ones(1, 3))
y = s(torch.ones(1, 3))
print(y, s.weight)
y.sum().backward()
print(s.weight_orig.grad)
T(lambda: nn.utils.spectral_norm(m))
nn.utils.remove_spectral_norm(s)
print(list(s.state_dict()), s.weight)
T(lambda: nn.utils.remove_spectral_norm(s))
w = nn.utils.weight_norm(nn.Linear(2, 3))
print(w, list(w.state_dict()), w.weight_g.shape)
w(torch.ones(1, 2)).sum().backward()
print(w.weight_g.grad.shape)
nn.utils.remove_weight_norm(w)
print(list(w.state_dict()))


# prune
def lin():
    m = nn.Linear(4, 3)
    with torch.no_grad():
        m.weight.copy_(
            torch.tensor([[1.0, -2, 3, 4], [0.5, 6, -7, 8], [9, -0.1, 11, 12]])
        )
        m.bias.copy_(torch.tensor([0.1, 0.2, 0.3]))
    return m


m = lin()
r = prune.l1_unstructured(m, "weight", amount=3)
print(
    r is m,
    m,
    list(m.state_dict()),
    m.weight,
    m.weight_mask,
    dict(m.named_buffers()).keys(),
    [n for n, _ in m.named_parameters()],
)
print(prune.is_pruned(m), m._forward_pre_hooks) if 0 else print(prune.is_pruned(m))
m(torch.ones(1, 4)).sum().backward()
print(m.weight_orig.grad)
prune.ln_structured(m, "weight", amount=0.5, n=2, dim=1)
print(m.weight_mask)
prune.l1_unstructured(m, "bias", amount=1)
print(m.bias)
for h in m._forward_pre_hooks.values():
    print(type(h), h._tensor_name)
prune.remove(m, "weight")
print(list(m.state_dict()), m.weight)
T(lambda: prune.remove(m, "weight"))
T(lambda: prune.l1_unstructured(m, "weight", amount=1.5))
T(lambda: prune.l1_unstructured(m, "weight", amount=200))
T(lambda: prune.l1_unstructured(m, "weight", amount="a"))
T(lambda: prune.ln_structured(m, "bias_orig", amount=1, n=2, dim=0))
a, b = lin(), lin()
prune.global_unstructured(
    [(a, "weight"), (b, "weight"), (b, "bias")],
    pruning_method=prune.L1Unstructured,
    amount=7,
)
print(a.weight.count_nonzero() + b.weight.count_nonzero(), b.bias)
c = lin()
prune.random_unstructured(c, "weight", 0.5)
print((c.weight_mask == 0).sum())
prune.random_structured(lin(), "weight", 1, 0)
d = lin()
prune.custom_from_mask(d, "bias", torch.tensor([1, 0, 1]))
print(d.bias)
d2 = copy.deepcopy(d) if 0 else None


class Even(prune.BasePruningMethod):
    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t, default_mask):
        mask = default_mask.clone()
        mask.view(-1)[::2] = 0
        return mask


Even.apply(e := lin(), "weight")
print(e.weight)
from torch.nn.utils.stateless import functional_call

print(
    functional_call(
        lin(), {"weight": torch.ones(3, 4), "bias": torch.zeros(3)}, (torch.ones(1, 4),)
    )
)
from torch.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters

print(parameters_to_vector(lin().parameters()))
from torch.nn.utils.spectral_norm import SpectralNorm, spectral_norm
from torch.nn.utils.weight_norm import WeightNorm
from torch.nn.utils import spectral_norm as sn

print(sn(nn.Linear(1, 1)))
