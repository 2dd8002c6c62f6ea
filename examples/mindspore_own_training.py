"""One's own training cell, loss and optimizer; gradients mapped by type; a loss scale."""

import mindspore as ms
import mindspore.ops as ops
import numpy as np
from mindspore import Parameter, ParameterTuple, Tensor, nn
from mindspore.ops import composite as C
from mindspore.ops import functional as F
from mindspore.ops import operations as P

scale_gradient = C.MultitypeFuncGraph("scale_gradient")


@scale_gradient.register("Number", "Tensor")
def _scaled(scale, grad):
    return grad * F.cast(1.0 / scale, F.dtype(grad))


class AbsoluteError(nn.LossBase):
    def construct(self, prediction, target):
        return self.get_loss(P.Abs()(prediction - target))


class Nesterov(nn.Optimizer):
    def __init__(self, params, learning_rate, momentum=0.9):
        super().__init__(learning_rate, params)
        self.momentum = Parameter(Tensor(momentum, ms.float32), name="momentum")
        self.moments = self.parameters.clone(prefix="moments", init="zeros")
        self.assign = P.Assign()

    def construct(self, gradients):
        lr = self.get_lr()
        for p, m, g in zip(self.parameters, self.moments, gradients, strict=True):
            self.assign(m, m * self.momentum + g)
            self.assign(p, p - (g + m * self.momentum) * lr)
        return True


class TrainingStep(nn.Cell):
    def __init__(self, network, optimizer, scale=128.0):
        super().__init__(auto_prefix=False)
        self.network = network
        self.weights = ParameterTuple(network.trainable_params())
        self.optimizer = optimizer
        self.grad = C.GradOperation(get_by_list=True, sens_param=True)
        self.hyper_map = C.HyperMap()
        self.scale = scale

    def construct(self, *inputs):
        loss = self.network(*inputs)
        sens = F.fill(F.dtype(loss), F.shape(loss), self.scale)
        grads = self.grad(self.network, self.weights)(*inputs, sens)
        grads = self.hyper_map(F.partial(scale_gradient, self.scale), grads)
        grads = ops.clip_by_global_norm(grads, 1.0)
        self.optimizer(grads)
        return loss, grads


net = nn.SequentialCell(
    nn.Dense(2, 3, Tensor(np.linspace(-1, 1, 6).reshape(3, 2), ms.float32), "zeros"),
    nn.Tanh(),
    nn.Dense(3, 1, Tensor([[0.5, -0.5, 1.0]]), Tensor([0.1])),
)
optimizer = Nesterov(net.trainable_params(), 0.1)
step = TrainingStep(nn.WithLossCell(net, AbsoluteError("mean")), optimizer)
step.set_train()
print(step)
print([p.name for p in optimizer.get_parameters()])
x = Tensor([[1.0, 2.0], [3.0, -1.0], [0.5, 0.5]])
y = Tensor([[1.0], [0.0], [0.5]])
for _ in range(6):
    loss, grads = step(x, y)
    print(f"{float(loss):.5f}", [round(float(ops.norm(g)), 4) for g in grads])
for p in net.get_parameters():
    print(p, p.asnumpy().round(4).tolist())
