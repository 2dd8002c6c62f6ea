"""Recurrent cells and layers (Elman 1990; Hochreiter and Schmidhuber 1997 with forget
gates; Cho et al. 2014, the reset gate applied after the product)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from isograd.core.primitive import Namespace, Payload, composite

Weights = Sequence[Payload | None]
State = tuple[Payload, ...]
Drop = Callable[[Payload], Payload]


def _gates(F: Namespace, x: Payload, count: int) -> tuple[Payload, ...]:
    return F.split(x, (x.shape[-1] // count,) * count, axis=x.ndim - 1)


@composite
def rnn_cell(
    F: Namespace,
    gate_x: Payload,
    h: Payload,
    w: Payload,
    b: Payload | None,
    *,
    activation: str,
) -> Payload:
    """activation(gate_x + h w^T + b)."""
    return getattr(F, activation)(F.add(gate_x, F.linear(h, w, *_some(b))))


@composite
def lstm_cell(
    F: Namespace,
    gate_x: Payload,
    h: Payload,
    c: Payload,
    w: Payload,
    b: Payload | None,
    projection: Payload | None = None,
) -> tuple[Payload, Payload]:
    """(h, c) after one step; gates in the order input, forget, cell, output."""
    i, f, g, o = _gates(F, F.add(gate_x, F.linear(h, w, *_some(b))), 4)
    c = F.add(F.mul(F.sigmoid(f), c), F.mul(F.sigmoid(i), F.tanh(g)))
    h = F.mul(F.sigmoid(o), F.tanh(c))
    return (h if projection is None else F.linear(h, projection)), c


@composite
def gru_cell(
    F: Namespace, gate_x: Payload, h: Payload, w: Payload, b: Payload | None
) -> Payload:
    """Gates in the order reset, update, new."""
    rx, zx, nx = _gates(F, gate_x, 3)
    rh, zh, nh = _gates(F, F.linear(h, w, *_some(b)), 3)
    r, z = F.sigmoid(F.add(rx, rh)), F.sigmoid(F.add(zx, zh))
    n = F.tanh(F.add(nx, F.mul(r, nh)))
    return F.add(n, F.mul(z, F.sub(h, n)))


def _some(b: Payload | None) -> tuple[Payload, ...]:
    return () if b is None else (b,)


def step(
    F: Namespace,
    kind: str,
    gate_x: Payload,
    state: State,
    w: Payload,
    b: Payload | None,
    projection: Payload | None = None,
) -> State:
    """One step of a cell of a kind: "lstm", "gru", "tanh" or "relu"."""
    if kind == "lstm":
        return F.lstm_cell(gate_x, *state, w, b, projection)
    if kind == "gru":
        return (F.gru_cell(gate_x, state[0], w, b),)
    return (F.rnn_cell(gate_x, state[0], w, b, activation=kind),)


def direction(
    F: Namespace,
    kind: str,
    x: Payload,
    state: State,
    weights: Weights,
    reverse: bool,
    sizes: Sequence[int] | None,
) -> tuple[Payload, State]:
    """One direction of one layer over x (time, n, features).

    `sizes`: how many sequences are still alive at each time (descending lengths).
    """
    w_x, w_h, b_x, b_h, projection = weights
    gates = F.linear(x, w_x, *_some(b_x))
    outs: list[Payload] = [None] * x.shape[0]
    steps = range(x.shape[0])
    for t in reversed(steps) if reverse else steps:
        gate = F.reshape(
            F.ranged(gates, axis=0, start=t, stop=t + 1), shape=gates.shape[1:]
        )
        if sizes is None or sizes[t] == x.shape[1]:
            state = step(F, kind, gate, state, w_h, b_h, projection)
            outs[t] = state[0]
        else:
            state, outs[t] = _partial(
                F, kind, gate, state, (w_h, b_h, projection), sizes[t]
            )
    return F.stack(*outs, axis=0), state


def _partial(
    F: Namespace, kind: str, gate: Payload, state: State, weights: Any, alive: int
) -> tuple[State, Payload]:
    """A step of the first `alive` sequences; the others keep their state."""
    head = tuple(F.ranged(s, axis=0, start=0, stop=alive) for s in state)
    tail = [F.ranged(s, axis=0, start=alive, stop=s.shape[0]) for s in state]
    moved = step(F, kind, F.ranged(gate, axis=0, start=0, stop=alive), head, *weights)
    whole = tuple(F.concatenate(m, t, axis=0) for m, t in zip(moved, tail, strict=True))
    return whole, F.concatenate(moved[0], F.zeros_like(tail[0]), axis=0)


def layers(
    F: Namespace,
    kind: str,
    x: Payload,
    state: State,
    weights: Sequence[Weights],
    directions: int,
    drop: Drop | None = None,
    sizes: Sequence[int] | None = None,
) -> tuple[Payload, State]:
    """A stack of layers over x (time, n, features).

    Args:
        state: (layers * directions, n, hidden) arrays: h, and c for "lstm".
        weights: for each layer and direction (input, hidden, their biases, projection).
        drop: applied between layers.
    """
    ends: list[State] = []
    count = len(weights) // directions
    for layer in range(count):
        outs = []
        for d in range(directions):
            k = layer * directions + d
            start = tuple(F.select(s, axis=0, index=k) for s in state)
            out, end = direction(F, kind, x, start, weights[k], d == 1, sizes)
            outs.append(out)
            ends.append(end)
        x = outs[0] if directions == 1 else F.concatenate(*outs, axis=2)
        if drop is not None and layer < count - 1:
            x = drop(x)
    return x, tuple(F.stack(*(e[i] for e in ends), axis=0) for i in range(len(state)))
