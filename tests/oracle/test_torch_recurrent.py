"""Recurrent layers and cells: values and derivatives of all options against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import isograd.torch

torch = pytest.importorskip("torch")

OPTIONS: list[dict[str, Any]] = [
    {},
    {"batch_first": True, "bias": False},
    {"num_layers": 2, "bidirectional": True},
]
LAYERS = [
    *((kind, o) for kind in ("LSTM", "GRU", "RNN") for o in OPTIONS),
    ("RNN", {"nonlinearity": "relu"}),
    ("LSTM", {"proj_size": 2}),
    ("LSTM", {"proj_size": 3, "bidirectional": True, "num_layers": 2}),
]
layers = pytest.mark.parametrize(("kind", "options"), LAYERS)


def arrays(*shapes: tuple[int, ...]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.normal(size=s).astype("float32") for s in shapes]


def twin(kind: str, *sizes: int, **options: Any) -> tuple[Any, Any]:
    """A module of each framework with the same weights."""
    theirs = getattr(torch.nn, kind)(*sizes, **options)
    ours = getattr(isograd.torch.nn, kind)(*sizes, **options)
    rng = np.random.default_rng(1)
    with torch.no_grad(), isograd.torch.no_grad():
        for p, q in zip(theirs.parameters(), ours.parameters(), strict=True):
            w = rng.uniform(-0.5, 0.5, tuple(p.shape)).astype("float32")
            p.copy_(torch.from_numpy(w))
            q.copy_(isograd.torch.from_numpy(w))
    return ours, theirs


def flat(out: Any) -> list[Any]:
    if isinstance(out, tuple):
        return [t for o in out for t in flat(o)]
    return [out]


def close(ours: Any, theirs: Any) -> None:
    """Equal but for rounding, of sums as large as the largest of each array."""
    for a, b in zip(ours, theirs, strict=True):
        assert a.is_contiguous() == b.is_contiguous()
        x, y = a.detach().numpy(), b.detach().numpy()
        assert x.dtype == y.dtype
        bound = 64 * np.finfo(y.dtype).eps * abs(y).max(initial=1)
        np.testing.assert_allclose(x, y, rtol=0, atol=bound)


def results(t: Any, net: Any, x: np.ndarray, twice: bool) -> tuple[Any, Any]:
    """Outputs, and the gradients of all inputs of a function of them (of these)."""
    given = t.from_numpy(x.copy()).requires_grad_()
    outs = flat(net(given))
    inputs = [given, *net.parameters()]
    loss = sum(((k + 1) * o).square().sum() for k, o in enumerate(outs))
    grads = t.autograd.grad(loss, inputs, create_graph=twice)
    if twice:
        grads = t.autograd.grad(sum(g.square().sum() for g in grads), inputs)
    return outs, grads


@layers
@pytest.mark.parametrize("sizes", [(3, 4, 2, 5), (8, 40, 9, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layers(
    kind: str, options: dict[str, Any], sizes: tuple[int, ...], dtype: str
) -> None:
    """Few numbers in a step, and many."""
    features, hidden, n, time = sizes
    x = arrays((time, n, features))[0].astype(dtype)
    ours, theirs = twin(kind, features, hidden, **options)
    if dtype == "float64":
        ours, theirs = ours.double(), theirs.double()
    expected = results(torch, theirs, x, False)
    for _ in range(16):  # a plan takes over
        found = results(isograd.torch, ours, x, False)
        for a, b in zip(found, expected, strict=True):
            close(a, b)


@layers
def test_second_derivatives_of_layers(kind: str, options: dict[str, Any]) -> None:
    (x,) = arrays((3, 2, 3))
    ours, theirs = (net.double() for net in twin(kind, 3, 4, **options))
    found = results(isograd.torch, ours, x.astype("float64"), True)
    expected = results(torch, theirs, x.astype("float64"), True)
    close(found[1], expected[1])


@layers
def test_packed_sequences(kind: str, options: dict[str, Any]) -> None:
    lengths = [5, 5, 3, 1]
    (x,) = arrays((5, 4, 3))
    options = options | {"batch_first": False}
    ours, theirs = twin(kind, 3, 4, **options)

    def run(t: Any, net: Any) -> tuple[Any, Any]:
        utils = t.nn.utils.rnn

        def packed(given: Any) -> Any:
            out, ends = net(utils.pack_padded_sequence(given, lengths))
            return utils.pad_packed_sequence(out)[0], ends

        packed.parameters = net.parameters  # type: ignore[attr-defined]  # justified: it stands for the net
        return results(t, packed, x, False)

    for a, b in zip(run(isograd.torch, ours), run(torch, theirs), strict=True):
        close(a, b)


@pytest.mark.parametrize("kind", ["LSTMCell", "GRUCell", "RNNCell"])
@pytest.mark.parametrize("bias", [True, False])
def test_cells(kind: str, bias: bool) -> None:
    x, h, c = arrays((2, 3), (2, 4), (2, 4))
    ours, theirs = twin(kind, 3, 4, bias=bias)

    def run(t: Any, net: Any) -> tuple[Any, Any]:
        state = t.from_numpy(h)
        state = (state, t.from_numpy(c)) if kind == "LSTMCell" else state

        def stepped(given: Any) -> Any:
            return net(given, state)

        stepped.parameters = net.parameters  # type: ignore[attr-defined]  # justified: it stands for the net
        return results(t, stepped, x, False)

    for _ in range(16):
        for a, b in zip(run(isograd.torch, ours), run(torch, theirs), strict=True):
            close(a, b)


def test_names_of_nodes() -> None:
    def names(t: Any, net: Any) -> list[str]:
        x = t.zeros(3, 2, 3, dtype=next(iter(net.parameters())).dtype)
        return [o.grad_fn.name() for o in flat(net(x))]

    for kind, options in LAYERS:
        for ours, theirs in [twin(kind, 3, 4, **options)]:
            for _ in range(16):
                found = names(isograd.torch, ours)
                assert found == names(torch, theirs), (kind, options)
            assert names(isograd.torch, ours.double()) == names(torch, theirs.double())
