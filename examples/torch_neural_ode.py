"""An ordinary differential equation learnt by its adjoint: constant memory in time."""

import itertools

import torch
from torch import nn
from torch.autograd import Function

torch.set_default_dtype(torch.float64)


def runge_kutta(f, state, t0, t1):
    """One step of the classical method of order four for a tuple of tensors."""
    h = t1 - t0

    def moved(k, part):
        return tuple(s + part * h * d for s, d in zip(state, k, strict=True))

    k1 = f(t0, state)
    k2 = f(t0 + h / 2, moved(k1, 0.5))
    k3 = f(t0 + h / 2, moved(k2, 0.5))
    k4 = f(t1, moved(k3, 1.0))
    steps = zip(state, k1, k2, k3, k4, strict=True)
    return tuple(s + h / 6 * (a + 2 * b + 2 * c + d) for s, a, b, c, d in steps)


class Solve(Function):
    """y(1) from y(0); its backward integrates the adjoint equation back in time."""

    @staticmethod
    def forward(ctx, field, steps, y, *params):
        times = torch.linspace(0, 1, steps + 1)
        for t0, t1 in itertools.pairwise(times):
            (y,) = runge_kutta(lambda t, s: (field(t, s[0]),), (y,), t0, t1)
        ctx.field, ctx.times = field, times
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, grad_output):
        field = ctx.field
        params = tuple(field.parameters())

        def backwards(t, state):
            with torch.enable_grad():
                y = state[0].detach().requires_grad_()
                out = field(t, y)
                grads = torch.autograd.grad(
                    out,
                    (y, *params),
                    -state[1],
                    allow_unused=True,
                    materialize_grads=True,
                )
            return (out.detach(), *grads)

        (y,) = ctx.saved_tensors
        state = (y, grad_output, *(torch.zeros_like(p) for p in params))
        times = ctx.times.flip(0)
        for t0, t1 in itertools.pairwise(times):
            state = runge_kutta(backwards, state, t0, t1)
        return (None, None, *state[1:])


class Field(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
        with torch.no_grad():
            self.linear.weight.copy_(torch.tensor([[-0.1, 1.5], [-1.5, -0.1]]))
            self.linear.bias.zero_()

    def forward(self, t, y):
        return torch.tanh(self.linear(y)) * (1 + 0.1 * t)


field = Field()
start = torch.tensor([[1.0, 0.0], [0.5, -0.5]], requires_grad=True)
target = torch.tensor([[0.0, -1.0], [-0.5, -0.6]])

end = Solve.apply(field, 20, start, *field.parameters())
(end - target).square().mean().backward()
print(end)
print("adjoint:", start.grad, field.linear.weight.grad, sep="\n")

by_adjoint = start.grad, field.linear.weight.grad
start.grad = None
field.zero_grad()
times = torch.linspace(0, 1, 21)
y = start
for t0, t1 in itertools.pairwise(times):
    (y,) = runge_kutta(lambda t, s: (field(t, s[0]),), (y,), t0, t1)
(y - target).square().mean().backward()
for ours, theirs in zip(
    by_adjoint, (start.grad, field.linear.weight.grad), strict=True
):
    print("as through the solver:", torch.allclose(ours, theirs, atol=1e-6))

optimizer = torch.optim.Adam(field.parameters(), lr=0.05)
print(optimizer)
for epoch in range(31):
    optimizer.zero_grad()
    end = Solve.apply(field, 20, start, *field.parameters())
    loss = (end - target).square().mean()
    loss.backward()
    optimizer.step()
    if epoch % 10 == 0:
        print(epoch, f"{loss.item():.6f}")
print({name: p.data for name, p in field.named_parameters()})
