# ruff: noqa
# pyright: basic
import torch
from torch import nn
from torch.nn.utils import parametrize as P


def T(f):
    try:
        r = f()
        print("ok", r)
    except Exception as e:
        print(type(e).__name__, str(e))


class Sym(nn.Module):
    def forward(self, X):
        return X.triu() + X.triu(1).transpose(-1, -2)


class Inv(nn.Module):
    def forward(self, X):
        return X * 2

    def right_inverse(self, Y):
        return Y / 2


class Shape(nn.Module):
    def forward(self, X):
        return X[:1]


class Dt(nn.Module):
    def forward(self, X):
        return X.double()


class NT(nn.Module):
    def forward(self, X):
        return 3


class BadInv(nn.Module):
    def forward(self, X):
        return X

    def right_inverse(self, Y):
        return Y.double()


class BadInv2(nn.Module):
    def forward(self, X):
        return X

    def right_inverse(self, Y):
        return 3


class BadInv3(nn.Module):
    def forward(self, X):
        return X

    def right_inverse(self, Y):
        return Y[:1]


class Two(nn.Module):
    def forward(self, a, b):
        return a + b

    def right_inverse(self, Y):
        return Y / 2, Y / 2


def L():
    m = nn.Linear(3, 3)
    with torch.no_grad():
        m.weight.copy_(torch.arange(9.0).reshape(3, 3))
        m.bias.zero_()
    return m


m = L()
print(P.register_parametrization(m, "weight", Sym()))
print(m.weight, list(m.state_dict()), m.parametrizations.weight.original is not None)
T(lambda: P.register_parametrization(m, "weight", Inv()).weight)
print(m)
T(lambda: setattr(m, "weight", torch.eye(3)))
for c in (Shape, Dt, NT, BadInv, BadInv2, BadInv3, Two):
    m = L()
    T(lambda: P.register_parametrization(m, "weight", c()).weight)
    print(m, list(m.state_dict()))
    m = L()
    T(lambda: P.register_parametrization(m, "weight", c(), unsafe=True).weight)
m = L()
P.register_parametrization(m, "weight", Two())
m.weight = torch.eye(3)
print(m.weight, m.parametrizations.weight.original0)
m = L()
P.register_parametrization(m, "weight", Inv())
for c in (Shape, Dt, NT):
    T(lambda: P.register_parametrization(m, "weight", c()))
m.weight = torch.ones(3, 3)
print(m.weight, m.parametrizations.weight.original)
T(lambda: setattr(m, "weight", torch.ones(2, 2)))
T(lambda: P.register_parametrization(L(), "foo", Inv()))
T(lambda: P.remove_parametrizations(L(), "weight"))
T(lambda: P.remove_parametrizations(m, "weight", leave_parametrized=False))
print(m, m.weight)
m = L()
P.register_parametrization(m, "weight", Two())
T(lambda: P.remove_parametrizations(m, "weight", leave_parametrized=False))
P.remove_parametrizations(m, "weight")
print(m.weight, [n for n, _ in m.named_parameters()])
m = L()
P.register_parametrization(m, "weight", Inv())
P.register_parametrization(m, "bias", Inv())
print(m, [n for n, _ in m.named_parameters()], type(m))
opt = torch.optim.SGD(m.parameters(), lr=0.1)
m(torch.ones(1, 3)).sum().backward()
opt.step()
print(m.weight, m.parametrizations.weight[0], P.is_parametrized(m, "bias"))
print(len(m.parametrizations.weight))
b = L()
P.transfer_parametrizations_and_params(m, b)
print(b, b.weight)
P.transfer_parametrizations_and_params(m, L(), "bias")
import copy, pickle

c = copy.deepcopy(m)
print(c.weight, type(c))
T(lambda: pickle.dumps(m))
