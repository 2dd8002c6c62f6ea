"""A Gaussian process: evidence, its gradient and Hessian, L-BFGS, predictions."""

import math

import numpy as np
import torch
from torch import nn

torch.set_default_dtype(torch.float64)
noise = torch.from_numpy(np.random.default_rng(3).normal(0, 0.2, 24))
x = torch.linspace(0, 5, 24).unsqueeze(1)
y = torch.sin(2 * x).squeeze(1) + noise


class GaussianProcess(nn.Module):
    def __init__(self):
        super().__init__()
        self.log_length = nn.Parameter(torch.zeros(()))
        self.log_scale = nn.Parameter(torch.zeros(()))
        self.log_noise = nn.Parameter(torch.tensor(-2.0))

    def kernel(self, a, b):
        squares = (a.unsqueeze(1) - b.unsqueeze(0)).square().sum(-1)
        return torch.exp(
            self.log_scale - 0.5 * squares * torch.exp(-2 * self.log_length)
        )

    def factor(self, x):
        noise = self.log_noise.exp() * torch.eye(len(x))
        return torch.linalg.cholesky(self.kernel(x, x) + noise)

    def forward(self, x, y):
        """The negative logarithm of the evidence."""
        root = self.factor(x)
        weights = torch.cholesky_solve(y.unsqueeze(1), root).squeeze(1)
        log_det = 2 * root.diagonal().log().sum()
        return 0.5 * (y @ weights + log_det + len(y) * math.log(2 * math.pi))

    def predict(self, x, y, at):
        root, cross = self.factor(x), self.kernel(x, at)
        half = torch.linalg.solve_triangular(root, cross, upper=False)
        white = torch.linalg.solve_triangular(root, y.unsqueeze(1), upper=False)
        variance = self.kernel(at, at).diagonal() - half.square().sum(0)
        return (half.T @ white).squeeze(1), variance


model = GaussianProcess()
optimizer = torch.optim.LBFGS(model.parameters(), line_search_fn="strong_wolfe")


def closure():
    optimizer.zero_grad()
    loss = model(x, y)
    loss.backward()
    return loss


print(f"at first {closure().item():.6f}")
print({name: p.grad for name, p in model.named_parameters()})
for _ in range(3):
    optimizer.step(closure)
    print(f"evidence {-model(x, y).item():.6f}")
for name, p in model.named_parameters():
    print(name, f"{p.item():.4f}", "small gradient:", bool(p.grad.abs() < 1e-3))


def evidence(*values):
    names = [name for name, _ in model.named_parameters()]
    return torch.func.functional_call(
        model, dict(zip(names, values, strict=True)), (x, y)
    )


values = tuple(p.detach() for p in model.parameters())
hessian = torch.autograd.functional.hessian(evidence, values)
print("Hessian:", torch.stack([torch.stack(row) for row in hessian]), sep="\n")
at = torch.tensor([[0.4], [2.3], [8.0]], requires_grad=True)
mean, variance = model.predict(x, y, at)
mean.sum().backward()
print("mean", mean)
print("variance", variance)
print("slope of the mean", at.grad.squeeze(1))
try:
    torch.linalg.cholesky(-model.kernel(x, x))
except torch.linalg.LinAlgError as error:
    print("error:", error)
