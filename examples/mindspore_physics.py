"""Burgers' equation by a network: derivatives of derivatives inside the loss."""

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops

rng = np.random.RandomState(8)


class Field(nn.Cell):
    """u(x, t)."""

    def __init__(self):
        super().__init__()
        self.layers = nn.SequentialCell(
            nn.Dense(2, 6), nn.Tanh(), nn.Dense(6, 6), nn.Tanh(), nn.Dense(6, 1)
        )

    def construct(self, x, t):
        return self.layers(ops.concat((x, t), 1))


field = Field()
print(field)
for p in field.get_parameters():
    p.set_data(Tensor(rng.randn(*p.shape) * 0.5, ms.float32))
x = Tensor(rng.rand(5, 1), ms.float32)
t = Tensor(rng.rand(5, 1), ms.float32)

u_x = ms.grad(field, 0)
u_t = ms.grad(field, 1)
u_xx = ms.grad(lambda x, t: u_x(x, t), 0)


def loss(x, t):
    residual = u_t(x, t) + field(x, t) * u_x(x, t) - 0.01 / np.pi * u_xx(x, t)
    start = field(x, ops.zeros_like(t)) + ops.sin(np.pi * x)
    return (residual**2).mean() + (start**2).mean()


optimizer = nn.Adam(field.trainable_params(), 0.01)
step = ms.value_and_grad(loss, None, optimizer.parameters)
for i in range(5):
    value, grads = step(x, t)
    optimizer(grads)
    print(f"step {i}: loss {float(value):.4f}, slope {float(ops.norm(grads[0])):.3f}")


class Curvature(nn.Cell):
    """All second derivatives of the first argument's slope."""

    def __init__(self, network):
        super().__init__()
        first = ops.GradOperation(get_all=True)(network)
        self.second = ops.GradOperation(get_all=True)(lambda x, t: first(x, t)[0])

    def construct(self, x, t):
        return self.second(x, t)


u_xx, u_xt = Curvature(field)(x, t)
print(u_xx.asnumpy().round(3).ravel().tolist())
print(u_xt.asnumpy().round(3).ravel().tolist())
