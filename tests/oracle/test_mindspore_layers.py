"""MindSpore's layers against PyTorch's with the same weights: values and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd.mindspore as ms
from isograd.mindspore import nn

torch = pytest.importorskip("torch")
RNG = np.random.default_rng(0)


def both(ours: Any, theirs: Any, *inputs: np.ndarray, tolerance: float = 2e-5) -> None:
    """Outputs, input gradients and parameter gradients agree."""
    params = ours.trainable_params() if hasattr(ours, "trainable_params") else []

    def first(out: Any) -> Any:
        return out[0] if isinstance(out, tuple) else out

    xs = [ms.Tensor(x) for x in inputs]
    ts = [torch.tensor(x, requires_grad=True) for x in inputs]
    want = first(theirs(*ts))
    weigh = RNG.normal(size=tuple(want.shape)).astype(np.float32)

    def loss(*xs: Any) -> Any:
        out = first(ours(*xs))
        return (out * ms.Tensor(weigh)).sum(), out

    (_, out), (grads, by_weight) = ms.value_and_grad(
        loss, tuple(range(len(xs))), params, has_aux=True
    )(*xs)
    close = dict(rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(out.asnumpy(), want.detach().numpy(), **close)
    (want * torch.tensor(weigh)).sum().backward()
    grads = grads if isinstance(grads, tuple) else (grads,)
    for g, t in zip(grads, ts, strict=True):
        np.testing.assert_allclose(g.asnumpy(), t.grad.numpy(), **close)
    for g, p in zip(by_weight, theirs.parameters(), strict=True):
        gradient = g.asnumpy().reshape(p.shape)
        np.testing.assert_allclose(gradient, p.grad.numpy(), **close)


def carry(ours: Any, theirs: Any) -> None:
    """PyTorch's layer takes over our weights, in order; those of one-dimensional
    convolutions have an axis of length one more in MindSpore."""
    for p, t in zip(ours.trainable_params(), theirs.parameters(), strict=True):
        t.data = torch.tensor(p.asnumpy().copy()).reshape(t.shape)


def draw(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


@pytest.mark.parametrize(
    "stride, dilation, group, padding",
    [(1, 1, 1, 0), (2, 1, 1, 1), (1, 2, 2, 2), ((2, 1), 1, 4, (1, 1, 0, 0))],
)
def test_conv2d(stride: Any, dilation: int, group: int, padding: Any) -> None:
    ours = nn.Conv2d(4, 8, 3, stride, "pad", padding, dilation, group, True)
    rows = (1, 0) if isinstance(padding, tuple) else padding
    theirs = torch.nn.Conv2d(4, 8, 3, stride, rows, dilation, group)
    carry(ours, theirs)
    both(ours, theirs, draw(2, 4, 7, 6))


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_same_padding(rank: int) -> None:
    ours = getattr(nn, f"Conv{rank}d")(2, 3, 3, has_bias=True)
    theirs = getattr(torch.nn, f"Conv{rank}d")(2, 3, 3, padding="same")
    carry(ours, theirs)
    both(ours, theirs, draw(2, 2, *(5, 4, 6)[:rank]))
    strided = getattr(nn, f"Conv{rank}d")(2, 3, 3, 2)
    assert strided(ms.Tensor(draw(2, 2, *(5,) * rank))).shape == (2, 3, *(3,) * rank)


@pytest.mark.parametrize("stride, output_padding", [(1, 0), (2, 0), (2, 1)])
def test_conv2d_transpose(stride: int, output_padding: int) -> None:
    ours = nn.Conv2dTranspose(4, 6, 3, stride, "pad", 1, output_padding, 1, 2, True)
    theirs = torch.nn.ConvTranspose2d(4, 6, 3, stride, 1, output_padding, 2)
    carry(ours, theirs)
    both(ours, theirs, draw(2, 4, 5, 4))


def test_transposed_shapes() -> None:
    x = ms.Tensor(draw(1, 2, 5, 5))
    assert nn.Conv2dTranspose(2, 3, 3, 2)(x).shape == (1, 3, 10, 10)
    assert nn.Conv2dTranspose(2, 3, 3, 2, "valid")(x).shape == (1, 3, 11, 11)


@pytest.mark.parametrize(
    "ours, theirs, shape",
    [
        (nn.MaxPool2d(2, 2), torch.nn.MaxPool2d(2, 2), (2, 3, 6, 5)),
        (nn.MaxPool2d(3, 2, "pad", 1), torch.nn.MaxPool2d(3, 2, 1), (2, 3, 6, 5)),
        (nn.MaxPool1d(3, 2), torch.nn.MaxPool1d(3, 2), (2, 3, 7)),
        (nn.AvgPool2d(2, 2), torch.nn.AvgPool2d(2, 2), (2, 3, 6, 5)),
        (
            nn.AvgPool2d(3, 2, "pad", 1, count_include_pad=False),
            torch.nn.AvgPool2d(3, 2, 1, count_include_pad=False),
            (2, 3, 6, 5),
        ),
        (
            nn.AvgPool2d(3, 1, "same"),
            torch.nn.AvgPool2d(3, 1, 1, count_include_pad=False),
            (2, 3, 6, 5),
        ),
        (
            nn.AdaptiveAvgPool2d((3, 2)),
            torch.nn.AdaptiveAvgPool2d((3, 2)),
            (2, 3, 6, 5),
        ),
        (nn.AdaptiveMaxPool1d(2), torch.nn.AdaptiveMaxPool1d(2), (2, 3, 7)),
        (nn.LPPool1d(2, 2, 2), torch.nn.LPPool1d(2, 2, 2), (2, 3, 6)),
    ],
)
def test_pooling(ours: Any, theirs: Any, shape: Any) -> None:
    both(ours, theirs, draw(*shape))


def test_batch_norm_in_training_and_evaluation() -> None:
    ours, theirs = nn.BatchNorm2d(3), torch.nn.BatchNorm2d(3)
    ours.set_train()
    both(ours, theirs, draw(4, 3, 2, 2), tolerance=1e-4)
    np.testing.assert_allclose(
        ours.moving_mean.asnumpy(), theirs.running_mean.numpy(), rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(
        ours.moving_variance.asnumpy(), theirs.running_var.numpy(), rtol=1e-5
    )
    ours.set_train(False)
    theirs.eval()
    theirs.zero_grad()
    both(ours, theirs, draw(4, 3, 2, 2), tolerance=1e-4)


@pytest.mark.parametrize(
    "ours, theirs, shape",
    [
        (nn.LayerNorm((5,), epsilon=1e-5), torch.nn.LayerNorm(5), (3, 5)),
        (
            nn.LayerNorm((4, 5), begin_norm_axis=1, begin_params_axis=1, epsilon=1e-5),
            torch.nn.LayerNorm((4, 5)),
            (3, 4, 5),
        ),
        (nn.GroupNorm(2, 4), torch.nn.GroupNorm(2, 4), (3, 4, 5, 2)),
        (nn.InstanceNorm2d(4), torch.nn.InstanceNorm2d(4, affine=True), (3, 4, 5, 2)),
        (nn.PReLU(4), torch.nn.PReLU(4), (3, 4, 5)),
        (nn.GELU(), torch.nn.GELU(approximate="tanh"), (3, 4)),
        (nn.GELU(approximate=False), torch.nn.GELU(), (3, 4)),
        (nn.ELU(), torch.nn.ELU(), (3, 4)),
        (nn.HSwish(), torch.nn.Hardswish(), (3, 4)),
        (nn.HSigmoid(), torch.nn.Hardsigmoid(), (3, 4)),
        (nn.Mish(), torch.nn.Mish(), (3, 4)),
        (nn.LogSoftmax(1), torch.nn.LogSoftmax(1), (3, 4)),
        (nn.Softmax(), torch.nn.Softmax(-1), (3, 4)),
        (nn.SeLU(), torch.nn.SELU(), (3, 4)),
        (nn.SoftShrink(), torch.nn.Softshrink(), (3, 4)),
        (nn.GLU(), torch.nn.GLU(), (3, 4)),
    ],
)
def test_elementwise_and_norms(ours: Any, theirs: Any, shape: Any) -> None:
    both(ours, theirs, draw(*shape), tolerance=1e-4)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_recurrent_layers(kind: str) -> None:
    ours = getattr(nn, kind)(3, 4, 2, batch_first=True, bidirectional=True)
    theirs = getattr(torch.nn, kind)(3, 4, 2, batch_first=True, bidirectional=True)
    named = {p.name: p for p in ours.get_parameters()}
    for name, t in theirs.named_parameters():
        t.data = torch.tensor(named[name].asnumpy().copy())
    x = draw(2, 5, 3)
    want, _ = theirs(torch.tensor(x))
    out, _ = ours(ms.Tensor(x))
    np.testing.assert_allclose(
        out.asnumpy(), want.detach().numpy(), rtol=1e-5, atol=1e-6
    )
    lengths = [2, 4]
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        torch.tensor(x), lengths, batch_first=True, enforce_sorted=False
    )
    want, state = theirs(packed)
    want, _ = torch.nn.utils.rnn.pad_packed_sequence(want, True, total_length=5)
    out, end = ours(ms.Tensor(x), seq_length=ms.Tensor(lengths))
    np.testing.assert_allclose(
        out.asnumpy(), want.detach().numpy(), rtol=1e-5, atol=1e-6
    )
    first, theirs_first = (end[0], state[0]) if kind == "LSTM" else (end, state)
    np.testing.assert_allclose(
        first.asnumpy(), theirs_first.detach().numpy(), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("kind", ["RNNCell", "LSTMCell", "GRUCell"])
def test_recurrent_cells(kind: str) -> None:
    ours, theirs = getattr(nn, kind)(3, 4), getattr(torch.nn, kind)(3, 4)
    carry(ours, theirs)
    x, h, c = draw(2, 3), draw(2, 4), draw(2, 4)
    if kind == "LSTMCell":
        both(
            lambda x, h, c: ours(x, (h, c)),
            _Called(lambda x, h, c: theirs(x, (h, c))),
            x,
            h,
            c,
        )
    else:
        both(ours, theirs, x, h)


class _Called:
    def __init__(self, fn: Any) -> None:
        self.fn = fn

    def __call__(self, *args: Any) -> Any:
        return self.fn(*args)

    def parameters(self) -> list[Any]:
        return []


def test_attention() -> None:
    ours = nn.MultiheadAttention(8, 2)
    theirs = torch.nn.MultiheadAttention(8, 2)
    named = {p.name: p for p in ours.get_parameters()}
    for name, t in theirs.named_parameters():
        t.data = torch.tensor(named[name].asnumpy().copy())
    q, k = draw(3, 2, 8), draw(5, 2, 8)
    mask = RNG.uniform(size=(3, 5)) < 0.3
    out, weights = ours(
        ms.Tensor(q), ms.Tensor(k), ms.Tensor(k), attn_mask=ms.Tensor(mask)
    )
    want, theirs_weights = theirs(
        *map(torch.tensor, (q, k, k)), attn_mask=torch.tensor(mask)
    )
    np.testing.assert_allclose(
        out.asnumpy(), want.detach().numpy(), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(
        weights.asnumpy(), theirs_weights.detach().numpy(), rtol=1e-4, atol=1e-5
    )


LOSSES = {
    "L1Loss": {},
    "MSELoss": {},
    "SmoothL1Loss": {"reduction": "mean"},
    "HuberLoss": {},
    "SoftMarginLoss": {},
    "BCEWithLogitsLoss": {},
    "KLDivLoss": {},
    "PoissonNLLLoss": {},
    "HingeEmbeddingLoss": {},
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses(name: str, reduction: str) -> None:
    ours = getattr(nn, name)(reduction=reduction)
    theirs = getattr(torch.nn, name)(reduction=reduction)
    x, y = draw(4, 3), RNG.uniform(0.1, 0.9, (4, 3)).astype(np.float32)
    if name == "HingeEmbeddingLoss":
        y = np.sign(y - 0.5)
    both(
        lambda x: ours(x, ms.Tensor(y)),
        _Called(lambda x: theirs(x, torch.tensor(y))),
        x,
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_cross_entropies(reduction: str) -> None:
    x, y = draw(5, 3), np.array([0, 2, 1, 1, 0])
    both(
        lambda x: nn.CrossEntropyLoss(reduction=reduction, label_smoothing=0.1)(
            x, ms.Tensor(y, ms.int32)
        ),
        _Called(
            lambda x: torch.nn.CrossEntropyLoss(
                reduction=reduction, label_smoothing=0.1
            )(x, torch.tensor(y))
        ),
        x,
    )
    plain = _Called(
        lambda x: torch.nn.CrossEntropyLoss(reduction=reduction)(x, torch.tensor(y))
    )
    both(
        lambda x: nn.SoftmaxCrossEntropyWithLogits(True, reduction)(
            x, ms.Tensor(y, ms.int32)
        ),
        plain,
        x,
    )
    rows = np.eye(3, dtype=np.float32)[y]
    both(
        lambda x: nn.SoftmaxCrossEntropyWithLogits(False, reduction)(
            x, ms.Tensor(rows)
        ),
        plain,
        x,
    )
