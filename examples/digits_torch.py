"""Train a classifier of handwritten digits, as one does with PyTorch.

usage: digits_torch.py START_WEIGHTS.npz RESULT.npz
"""

import sys

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from tqdm import tqdm

EPOCHS, BATCH = 15, 32


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(64, 64)
        self.second = nn.Linear(64, 10)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


def load_data():
    digits = load_digits()
    order = np.random.default_rng(0).permutation(len(digits.target))
    x = (digits.data[order] / 16.0).astype(np.float32)
    y = digits.target[order].astype(np.int64)
    return x[:1437], y[:1437], x[1437:], y[1437:]


def gradients(net, loss_fn, x, y):
    """The gradient of the loss by parameter, as arrays."""
    net.zero_grad()
    loss_fn(net(x), y).backward()
    return {name: p.grad.numpy().copy() for name, p in net.named_parameters()}


def main():
    start_file, result_file = sys.argv[1:]
    train_x, train_y, test_x, test_y = map(torch.from_numpy, load_data())
    net = Net()
    weights = np.load(start_file)
    net.load_state_dict({name: torch.from_numpy(weights[name]) for name in weights})
    loss_fn = nn.CrossEntropyLoss()
    optimiser = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    shuffle = np.random.default_rng(1)

    first = gradients(net, loss_fn, train_x[:BATCH], train_y[:BATCH])
    for epoch in range(1, EPOCHS + 1):
        total = 0.0
        order = torch.from_numpy(shuffle.permutation(len(train_x)))
        bar = tqdm(order.split(BATCH), desc=f"torch, epoch {epoch:2}", leave=False)
        for batch in bar:
            optimiser.zero_grad()
            loss = loss_fn(net(train_x[batch]), train_y[batch])
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        with torch.no_grad():
            hits = net(test_x).argmax(dim=1) == test_y
        print(
            f"epoch {epoch:2}  loss {total / len(train_x):.4f}  "
            f"test accuracy {hits.float().mean().item():.2%}"
        )

    last = gradients(net, loss_fn, train_x[:BATCH], train_y[:BATCH])
    np.savez(
        result_file,
        **{f"first.{k}": v for k, v in first.items()},
        **{f"last.{k}": v for k, v in last.items()},
    )


main()
