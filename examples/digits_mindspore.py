"""Train a classifier of handwritten digits, as one does with MindSpore.

usage: digits_mindspore.py START_WEIGHTS.npz RESULT.npz
"""

import sys

import mindspore as ms
import numpy as np
from mindspore import nn, ops
from sklearn.datasets import load_digits
from tqdm import tqdm

EPOCHS, BATCH = 15, 32


class Net(nn.Cell):
    def __init__(self):
        super().__init__()
        self.first = nn.Dense(64, 64)
        self.second = nn.Dense(64, 10)

    def construct(self, x):
        return self.second(ops.relu(self.first(x)))


def load_data():
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    x = (digits.data[order] / 16.0).astype(np.float32)
    y = digits.target[order].astype(np.int32)
    return x[:1437], y[:1437], x[1437:], y[1437:]


def main():
    start_file, result_file = sys.argv[1:]
    train_x, train_y, test_x, test_y = map(ms.Tensor, load_data())
    net = Net()
    weights = np.load(start_file)
    ms.load_param_into_net(
        net, {name: ms.Parameter(weights[name], name=name) for name in weights}
    )
    loss_fn = nn.CrossEntropyLoss()
    parameters = net.trainable_params()
    optimiser = nn.Momentum(parameters, learning_rate=0.1, momentum=0.9)
    shuffle = np.random.default_rng(1)

    def forward(x, y):
        return loss_fn(net(x), y)

    loss_and_gradients = ms.value_and_grad(forward, None, parameters)

    def gradients():
        """The gradient of the loss by parameter, as arrays."""
        grads = loss_and_gradients(train_x[:BATCH], train_y[:BATCH])[1]
        return {
            p.name: g.asnumpy().copy() for p, g in zip(parameters, grads, strict=True)
        }

    first = gradients()
    for epoch in range(1, EPOCHS + 1):
        total = 0.0
        order = shuffle.permutation(len(train_x)).astype(np.int32)
        starts = range(0, len(order), BATCH)
        for at in tqdm(starts, desc=f"mindspore, epoch {epoch:2}", leave=False):
            batch = ms.Tensor(order[at : at + BATCH])
            loss, grads = loss_and_gradients(train_x[batch], train_y[batch])
            optimiser(grads)
            total += float(loss.asnumpy()) * len(batch)
        hits = net(test_x).argmax(axis=1) == test_y
        print(
            f"epoch {epoch:2}  loss {total / len(train_x):.4f}  "
            f"test accuracy {float(hits.astype(ms.float32).mean().asnumpy()):.2%}"
        )

    last = gradients()
    np.savez(
        result_file,
        **{f"first.{k}": v for k, v in first.items()},
        **{f"last.{k}": v for k, v in last.items()},
    )


main()
