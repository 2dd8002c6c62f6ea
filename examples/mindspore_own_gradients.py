"""Gradients under one's own control: bprop, hooks, operators on gradients, clipping."""

import mindspore as ms
import numpy as np
from mindspore import Parameter, Tensor, nn, ops


class StraightThrough(nn.Cell):
    """Rounds; the gradient passes as if it did not."""

    def construct(self, x):
        return ops.round(x)

    def bprop(self, x, out, dout):
        return (dout,)


class Quantised(nn.Cell):
    def __init__(self):
        super().__init__()
        self.scale = Parameter(Tensor([2.0, 3.0], ms.float32), name="scale")
        self.round = StraightThrough()

    def construct(self, x):
        return self.round(x * self.scale).sum()


net = Quantised()
x = Tensor([0.6, 1.4], ms.float32)
print(net)
print(net(x), ms.grad(net, 0, net.scale)(x))


class Swish(ms._Function):
    @staticmethod
    def forward(ctx, x):
        s = ops.sigmoid(x)
        ctx.save_for_backward(x, s)
        return x * s

    @staticmethod
    def backward(ctx, g):
        x, s = ctx.saved_tensors
        return g * (s + x * s * (1 - s))


print(ms.value_and_grad(lambda x: Swish.apply(x).sum())(x))

# hooks: on a cell before and after, and on a value in between
layer = nn.Dense(2, 2, Tensor([[1.0, 2.0], [3.0, 4.0]]), Tensor([0.0, 0.0]))
layer.register_forward_hook(lambda cell, inputs, out: print("out", out))
layer.register_backward_hook(lambda cell, gi, go: print("gradients", gi, go))
print(ms.grad(lambda v: layer(v) * 0.5)(Tensor([[1.0, -1.0]])))


def doubled_inside(v):
    inner = v * v
    inner.register_hook(lambda g: g * 2)
    return (inner * 3).sum()


print(ms.grad(doubled_inside)(x))


def clip(g):
    return ops.clip_by_value(g, -1.0, 1.0)


clipped = ops.InsertGradientOf(clip)
print(ms.grad(lambda v: (clipped(v) * Tensor([0.5, 7.0])).sum())(x))

# what is cut, and what is computed again
print(ms.grad(lambda v: v * ops.stop_gradient(v))(x))
block = nn.SequentialCell(nn.Dense(2, 2, 0.5, "zeros"), nn.Sigmoid())
plain = ms.grad(block)(Tensor([[1.0, 2.0]]))
block.recompute()
print(np.allclose(plain.asnumpy(), ms.grad(block)(Tensor([[1.0, 2.0]])).asnumpy()))

# mistakes have MindSpore's errors
for wrong in (
    lambda: ms.grad(net, -1),
    lambda: ms.grad(net, None, None),
    lambda: ms.grad(lambda v: v, has_aux=True)(x),
    lambda: ops.GradOperation(sens_param=True)(lambda v: v)(x, Tensor([1, 2])),
):
    try:
        wrong()
    except Exception as error:
        print(type(error).__name__, str(error).split(",")[0].split("\n")[0])
