"""A function with a derivative of one's own: fit sin(x) by a Legendre polynomial."""

import math

import torch
from torch.autograd import Function


class Legendre3(Function):
    """P3(x) = (5 x^3 - 3 x) / 2."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return 0.5 * (5 * x**3 - 3 * x)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * x**2 - 1)


points = torch.linspace(-0.9, 0.8, 6, dtype=torch.double, requires_grad=True)
print(Legendre3.apply(points))
print("gradcheck:", torch.autograd.gradcheck(Legendre3.apply, points))
print("gradgradcheck:", torch.autograd.gradgradcheck(Legendre3.apply, points))

x = torch.linspace(-math.pi, math.pi, 2000)
y = torch.sin(x)
a, b, c, d = (torch.tensor(v, requires_grad=True) for v in (0.0, -1.0, 0.0, 0.3))

for step in range(1000):
    y_pred = a + b * Legendre3.apply(c + d * x)
    loss = (y_pred - y).pow(2).sum()
    if step % 200 == 199:
        print(step + 1, f"{loss.item():.3f}")
    loss.backward()
    with torch.no_grad():
        for p in (a, b, c, d):
            p -= 5e-6 * p.grad
            p.grad = None

print(f"sin(x) = {b.item():.4f} P3({d.item():.4f} x), about")
print(y_pred.grad_fn.name(), y_pred.grad_fn.next_functions[1][0].name())
