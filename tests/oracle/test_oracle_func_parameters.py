"""`torch.func` on a module's parameters, and names of fused nodes, as in PyTorch."""

import pytest

import isograd.torch as ours

theirs = pytest.importorskip("torch")


def _kinds(torch):
    layer = torch.nn.Linear(2, 2)
    params = dict(layer.named_parameters())
    seen = []

    def loss(p):
        seen.extend(type(v) is torch.Tensor for v in p.values())
        return torch.func.functional_call(layer, p, (torch.ones(1, 2),)).sum()

    grads = torch.func.grad(loss)(params)
    return seen, {k: type(v) is torch.Tensor for k, v in grads.items()}


def test_parameters_are_plain_tensors_in_func():
    assert _kinds(ours) == _kinds(theirs)


def _mapped_loss(torch):
    zeros = torch.zeros(2)
    loss = torch.func.vmap(lambda a: torch.nn.functional.mse_loss(a, zeros))
    return str(loss(torch.ones(3, 2, requires_grad=True)))


def test_mapped_mse_loss_prints_its_mean():
    assert _mapped_loss(ours) == _mapped_loss(theirs)
