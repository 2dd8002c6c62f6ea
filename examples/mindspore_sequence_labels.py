"""A conditional random field: its likelihood by the forward algorithm, and Viterbi."""

import mindspore as ms
import numpy as np
from mindspore import Parameter, Tensor, nn, ops

rng = np.random.RandomState(11)


class CRF(nn.Cell):
    def __init__(self, tags):
        super().__init__()
        self.first = Parameter(Tensor(rng.randn(tags) * 0.1, ms.float32), name="first")
        self.last = Parameter(Tensor(rng.randn(tags) * 0.1, ms.float32), name="last")
        self.moves = Parameter(
            Tensor(rng.randn(tags, tags) * 0.1, ms.float32), name="moves"
        )

    def score(self, emissions, tags, mask, ends):
        steps, batch = tags.shape
        rows = ops.arange(batch)
        total = self.first[tags[0]] + emissions[0, rows, tags[0]]
        for i in range(1, steps):
            move = self.moves[tags[i - 1], tags[i]] + emissions[i, rows, tags[i]]
            total += move * mask[i]
        return total + self.last[tags[ends, rows]]

    def normaliser(self, emissions, mask):
        total = self.first + emissions[0]
        for i in range(1, emissions.shape[0]):
            reached = total.expand_dims(2) + self.moves + emissions[i].expand_dims(1)
            reached = ops.logsumexp(reached, 1)
            total = ops.where(mask[i].expand_dims(1) > 0, reached, total)
        return ops.logsumexp(total + self.last, 1)

    def construct(self, emissions, tags, lengths):
        positions = Tensor(np.arange(emissions.shape[0]), lengths.dtype)
        mask = (positions < lengths.expand_dims(1)).swapaxes(0, 1)
        mask = mask.astype(emissions.dtype)
        likelihood = self.score(emissions, tags, mask, lengths - 1)
        return (self.normaliser(emissions, mask) - likelihood).mean()

    def decode(self, emissions):
        total, history = self.first + emissions[0], []
        for i in range(1, emissions.shape[0]):
            reached = total.expand_dims(2) + self.moves + emissions[i].expand_dims(1)
            history.append(reached.argmax(axis=1))
            total = reached.max(axis=1)
        best = (total + self.last).argmax(axis=1)
        path = [best]
        for back in history[::-1]:
            best = ops.gather_elements(back, 1, best.expand_dims(1)).squeeze(1)
            path.append(best)
        return ops.stack(path[::-1])


crf = CRF(3)
emissions = Tensor(rng.randn(4, 2, 3), ms.float32)
tags = Tensor(rng.randint(0, 3, (4, 2)), ms.int64)
lengths = Tensor([4, 3], ms.int64)

optimizer = nn.SGD(crf.trainable_params(), 0.5)
step = ms.value_and_grad(crf, 0, optimizer.parameters)
for _ in range(5):
    loss, (by_emission, grads) = step(emissions, tags, lengths)
    optimizer(grads)
    print(f"{float(loss):.4f}")
print(by_emission.asnumpy().round(4).tolist())
print(
    [
        (p.name, g.asnumpy().round(4).tolist())
        for p, g in zip(crf.get_parameters(), grads, strict=True)
    ]
)
print(crf.decode(emissions), tags)
