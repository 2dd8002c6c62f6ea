# ruff: noqa
# pyright: basic
import torch
from torch import nn
from torch.nn.utils import parametrizations as P, parametrize

torch.manual_seed(0)


def T(f):
    try:
        r = f()
        print("ok", r)
    except Exception as e:
        print(type(e).__name__, str(e)[:300])


for kw in [
    {},
    {"orthogonal_map": "matrix_exp"},
    {"orthogonal_map": "cayley"},
    {"orthogonal_map": "householder"},
    {"use_trivialization": False},
]:
    for shape in [(4, 4), (3, 5), (5, 3)]:
        m = nn.Linear(*shape)
        T(lambda: P.orthogonal(m, **kw))
        try:
            w = m.weight
            n = min(shape)
            g = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
            print(torch.allclose(g, torch.eye(n), atol=1e-4), list(m.state_dict()))
            (w**3).sum().backward()
            print(m.parametrizations.weight.original.grad.shape)
        except Exception as e:
            print(repr(e)[:100])
m = nn.Linear(3, 3)
P.orthogonal(m)
q = torch.linalg.qr(torch.arange(9.0).reshape(3, 3) + torch.eye(3)).Q
T(lambda: setattr(m, "weight", q))
print(torch.allclose(m.weight, q, atol=1e-5))
T(lambda: setattr(m, "weight", 2 * q))
T(lambda: P.orthogonal(nn.Linear(3, 3), orthogonal_map="x"))
T(lambda: P.orthogonal(nn.Linear(3, 3), "bias"))
s = P.spectral_norm(nn.Linear(3, 2))
print(s, list(s.state_dict()), parametrize.is_parametrized(s))
w = P.weight_norm(nn.Linear(3, 2))
print(w, list(w.state_dict()))
parametrize.remove_parametrizations(w, "weight")
print(w, type(w), list(w.state_dict()))
a = P.spectral_norm(nn.Linear(3, 2))
b = nn.Linear(3, 2)
parametrize.transfer_parametrizations_and_params(a, b)
print(b, list(b.state_dict()))
with parametrize.cached():
    print(a.weight is a.weight)
print(parametrize.type_before_parametrizations(a))
