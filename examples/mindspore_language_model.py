"""A small transformer that reads what came before: attention, AdamWeightDecay."""

import mindspore as ms
import numpy as np
from mindspore import Tensor, nn, ops

rng = np.random.RandomState(5)
WORDS, WIDTH, HEADS = 11, 8, 2


class Attention(nn.Cell):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value, self.out = (
            nn.Dense(WIDTH, WIDTH) for _ in range(4)
        )
        self.softmax = nn.Softmax(axis=-1)

    def heads(self, x):
        n, length, _ = x.shape
        return x.view(n, length, HEADS, WIDTH // HEADS).swapaxes(1, 2)

    def construct(self, x, hidden):
        q, k, v = (self.heads(f(x)) for f in (self.query, self.key, self.value))
        scores = ops.matmul(q, k.swapaxes(-1, -2)) / np.sqrt(WIDTH // HEADS)
        weights = self.softmax(scores.masked_fill(hidden, -1e9))
        mixed = ops.matmul(weights, v).swapaxes(1, 2).view(x.shape)
        return self.out(mixed), weights


class Block(nn.Cell):
    def __init__(self):
        super().__init__()
        self.attention = Attention()
        self.norm1, self.norm2 = nn.LayerNorm([WIDTH]), nn.LayerNorm([WIDTH])
        self.dense = nn.SequentialCell(
            nn.Dense(WIDTH, 16), nn.GELU(), nn.Dense(16, WIDTH)
        )

    def construct(self, x, hidden):
        mixed, weights = self.attention(x, hidden)
        x = self.norm1(x + mixed)
        return self.norm2(x + self.dense(x)), weights


class LanguageModel(nn.Cell):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(WORDS, WIDTH)
        self.blocks = nn.CellList([Block() for _ in range(2)])
        self.head = nn.Dense(WIDTH, WORDS, has_bias=False)
        angle = np.arange(20)[:, None] / 10000 ** (np.arange(0, WIDTH, 2) / WIDTH)
        table = np.stack((np.sin(angle), np.cos(angle)), 2).reshape(20, WIDTH)
        self.positions = Tensor(table, ms.float32)

    def construct(self, ids):
        length = ids.shape[1]
        hidden = ops.triu(ops.ones((length, length), ms.float32), 1).astype(ms.bool_)
        x = self.embedding(ids) + self.positions[:length]
        for block in self.blocks:
            x, weights = block(x, hidden)
        return self.head(x), weights


net = LanguageModel()
for p in net.get_parameters():
    p.set_data(Tensor(rng.randn(*p.shape) * 0.2, ms.float32))
print(net)
print([p.name for p in net.get_parameters()][:6], len(net.trainable_params()))
ids = Tensor(rng.randint(0, WORDS, (2, 5)), ms.int32)


def forward(ids):
    logits, weights = net(ids)
    loss = ops.cross_entropy(logits[:, :-1].reshape(-1, WORDS), ids[:, 1:].reshape(-1))
    return loss, weights


optimizer = nn.AdamWeightDecay(net.trainable_params(), 0.01, weight_decay=0.1)
step = ms.value_and_grad(forward, None, optimizer.parameters, has_aux=True)
for i in range(5):
    (loss, weights), grads = step(ids)
    grads = ops.clip_by_global_norm(grads, 1.0)
    optimizer(grads)
    print(f"step {i}: {float(loss):.4f}")
print(weights[0, 0].asnumpy().round(3))
