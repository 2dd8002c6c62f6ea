"""Recurrent cells and layers (Elman 1990; Hochreiter and Schmidhuber 1997 with forget
gates; Cho et al. 2014, the reset gate applied after the product).

The recurrences over time are records, see `isograd.ops.recurrent`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from isograd.core.primitive import Namespace, Payload

Weights = Sequence[Payload | None]
State = tuple[Payload, ...]
Drop = Callable[[Payload], Payload]


def _some(b: Payload | None) -> tuple[Payload, ...]:
    return () if b is None else (b,)


def _prepared(
    F: Namespace, kind: str, x: Payload, weights: Weights
) -> tuple[Payload, tuple[Payload, ...]]:
    """The inputs of a recurrence and its weights, as its record takes them."""
    w_x, w_h, b_x, b_h, projection = weights
    assert w_h is not None
    if kind == "gru":
        return F.linear(x, w_x, *_some(b_x)), (w_h, *_some(b_h))
    none = np.zeros(w_h.shape[0], w_h.dtype)
    b_h, b_x = (none if b is None else b for b in (b_h, b_x))
    return x, (w_h, w_x, b_h, b_x, *_some(projection))


def _scan(
    F: Namespace,
    kind: str,
    x: Payload,
    state: State,
    weights: tuple[Payload, ...],
    reverse: bool,
) -> tuple[Payload, State]:
    """The outputs of a recurrence over x (time, n, ...), and the state at its end."""
    if kind == "lstm":
        out, c, _ = F.lstm_scan(x, *state, *weights, reverse=reverse)
        more = (c,)
    elif kind == "gru":
        out, _ = F.gru_scan(x, *state, *weights, reverse=reverse)
        more = ()
    else:
        out, _ = F.rnn_scan(x, *state, *weights, activation=kind, reverse=reverse)
        more = ()
    last = F.select(out, axis=0, index=0 if reverse else out.shape[0] - 1)
    return out, (last, *more)


def step(F: Namespace, kind: str, x: Payload, state: State, weights: Weights) -> State:
    """One step of a cell of a kind ("lstm", "gru", "tanh" or "relu") from x (n, ...)."""
    x, more = _prepared(F, kind, x, weights)
    x = F.reshape(x, shape=(1, *x.shape))
    return _scan(F, kind, x, state, more, False)[1]


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

    `sizes`: how many sequences are still alive at each time (descending lengths); the
    others keep their state.
    """
    x, more = _prepared(F, kind, x, weights)
    if sizes is None:
        return _scan(F, kind, x, state, more, reverse)
    outs = []
    for start, stop, alive in _runs(sizes, reverse):
        n = x.shape[1]
        now = F.ranged(
            F.ranged(x, axis=0, start=start, stop=stop), axis=1, start=0, stop=alive
        )
        head = tuple(F.ranged(s, axis=0, start=0, stop=alive) for s in state)
        out, moved = _scan(F, kind, now, head, more, reverse)
        if alive < n:
            rest = (F.ranged(s, axis=0, start=alive, stop=n) for s in state)
            moved = tuple(
                F.concatenate(m, r, axis=0) for m, r in zip(moved, rest, strict=True)
            )
            out = F.pad(out, ((0, 0), (0, n - alive), (0, 0)))
        state = moved
        outs.append(out)
    return F.concatenate(*(outs[::-1] if reverse else outs), axis=0), state


def _runs(sizes: Sequence[int], reverse: bool) -> list[tuple[int, int, int]]:
    """(start, stop, size) of the times with equal sizes, in the order of the steps."""
    starts = [t for t, n in enumerate(sizes) if not t or n != sizes[t - 1]]
    runs = [
        (a, b, sizes[a]) for a, b in zip(starts, [*starts[1:], len(sizes)], strict=True)
    ]
    return runs[::-1] if reverse else runs


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
