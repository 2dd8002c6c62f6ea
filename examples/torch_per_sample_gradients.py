"""Gradients sample by sample, Jacobians, Hessians and an ensemble, by torch.func."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.func import (
    functional_call,
    grad,
    hessian,
    jacfwd,
    jacrev,
    stack_module_state,
    vmap,
)

rng = np.random.default_rng(0)


def normal(*shape):
    return torch.from_numpy(rng.normal(size=shape).astype(np.float32))


def network():
    net = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
    for p in net.parameters():
        p.data = 0.5 * normal(*p.shape)
    return net


model = network()
params = {name: p.detach() for name, p in model.named_parameters()}
inputs, labels = normal(5, 4), torch.tensor([0, 1, 2, 0, 1])


def loss(params, x, y):
    logits = functional_call(model, params, (x.unsqueeze(0),))
    return F.cross_entropy(logits, y.unsqueeze(0))


each = vmap(grad(loss), in_dims=(None, 0, 0))(params, inputs, labels)
for name, g in each.items():
    print(name, tuple(g.shape), "norms", g.flatten(1).norm(dim=1))
total = F.cross_entropy(model(inputs), labels)
total.backward()
print("their mean is the usual gradient:")
for name, p in model.named_parameters():
    print(" ", name, torch.allclose(each[name].mean(0), p.grad, atol=1e-6))


def predict(x):
    return functional_call(model, params, (x,))


x = inputs[0]
print("Jacobian:", jacrev(predict)(x), sep="\n")
print("both modes agree:", torch.allclose(jacrev(predict)(x), jacfwd(predict)(x)))
curvature = hessian(lambda x: predict(x).logsumexp(0))(x)
print("Hessian:", curvature, sep="\n")
print("its eigenvalues:", torch.linalg.eigvalsh(curvature))
jacobians = vmap(jacrev(predict))(inputs)
print("kernel of the inputs:", torch.einsum("naf,mbf->nm", jacobians, jacobians))

ensemble = [network() for _ in range(3)]
stacked, buffers = stack_module_state(ensemble)
skeleton = network()


def member(params, buffers, x):
    return functional_call(skeleton, (params, buffers), (x,))


votes = vmap(member, in_dims=(0, 0, None))(stacked, buffers, inputs)
print("ensemble:", tuple(votes.shape), votes.mean(0).argmax(-1))
try:
    vmap(lambda v: v.item())(inputs)
except RuntimeError as error:
    print("error:", str(error).split(". ")[0])
