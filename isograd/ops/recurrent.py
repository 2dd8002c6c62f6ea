"""Recurrences of gated cells over time: a whole sequence is one record.

Each record states its definition, a loop over steps of primitives, from which forward
mode, batching and all derivatives but the first follow; `impl` and the first derivative
are loops over preallocated arrays whose columns are the sequences, so that the gates of
a step are contiguous blocks and a step is one product and few passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from isograd.base import rounding
from isograd.core.definitions import mapped, pulled, pushed
from isograd.core.primitive import BOUND, RAW, Aval, Namespace, Payload, Primitive

Array = np.ndarray
Arrays = tuple[Array, ...]
Step = tuple[tuple[Payload, ...], tuple[Payload, ...]]
FEW = 1 << 10  # numbers in a step, up to which they are rounded once

# --- cells, as primitives -------------------------------------------------------------


def _blocks(F: Namespace, x: Payload, count: int) -> tuple[Payload, ...]:
    return F.split(x, (x.shape[-1] // count,) * count, axis=x.ndim - 1)


def _affine(F: Namespace, h: Payload, x: Payload, *weights: Payload) -> Payload:
    """w_h h + b_h + w_x x + b_x."""
    w_h, w_x, b_h, b_x = weights
    return F.add(F.linear(h, w_h, b_h), F.linear(x, w_x, b_x))


def _lstm_step(
    F: Namespace, x: Payload, h: Payload, c: Payload, *weights: Payload
) -> Step:
    """The state (h, c) after one step, and what the derivative reads; gates in the
    order input, forget, cell, output; the last weights may project the output."""
    i, f, g, o = _blocks(F, _affine(F, h, x, *weights[:4]), 4)
    i, f, g, o = F.sigmoid(i), F.sigmoid(f), F.tanh(g), F.sigmoid(o)
    c = F.add(F.mul(f, c), F.mul(i, g))
    t = F.tanh(c)
    h = F.mul(o, t)
    return (F.linear(h, *weights[4:]) if weights[4:] else h, c), (i, f, o, g, t, c)


def _gru_step(F: Namespace, x: Payload, h: Payload, w: Payload, *b: Payload) -> Step:
    """Gates in the order reset, update, new; the reset gate is applied to the product."""
    rx, zx, nx = _blocks(F, x, 3)
    rh, zh, nh = _blocks(F, F.linear(h, w, *b), 3)
    r, z = F.sigmoid(F.add(rx, rh)), F.sigmoid(F.add(zx, zh))
    n = F.tanh(F.add(nx, F.mul(r, nh)))
    h = F.add(n, F.mul(z, F.sub(h, n)))
    return (h,), (r, z, n, nh, h)


def _rnn_step(
    F: Namespace, x: Payload, h: Payload, *weights: Payload, activation: str
) -> Step:
    h = getattr(F, activation)(_affine(F, h, x, *weights))
    return (h,), (h,)


# --- arrays ---------------------------------------------------------------------------


def _columns(x: Array) -> Array:
    """(..., n, features) as (..., features, n), in memory of its own."""
    return x.swapaxes(-1, -2).copy()


def _times(count: int, reverse: bool) -> Iterable[int]:
    return reversed(range(count)) if reverse else range(count)


def _steps(x: Array, reverse: bool) -> Iterable[tuple[int, Array]]:
    """The times of (time, ...) in the order of the steps, with what stands there."""
    return ((t, x[t]) for t in _times(len(x), reverse))


def _before(x: Array, first: Array, reverse: bool) -> Array:
    """The state that each step starts from, of those (time, ...) that they end in."""
    parts = (x[1:], first[None]) if reverse else (first[None], x[:-1])
    return np.concatenate(parts)


def _functions(x: Array) -> tuple[Callable[..., Array], Callable[..., Array]]:
    """exp and tanh for a step with gates x, see `base.rounding`."""
    return (rounding.exp, rounding.tanh) if x.size <= FEW else (np.exp, np.tanh)


def _slope(s: Array) -> Array:
    """The derivative of a sigmoid, by its value."""
    return s - s * s


def _rows(x: Array) -> Array:
    """(time, features, n) as (time, n, features)."""
    return x.swapaxes(1, 2).copy()


def _over_time(g: Array, x: Array) -> Array:
    """The sum over all steps of g^T x: the cotangent of a matrix."""
    flat = g.reshape(-1, g.shape[-1])
    return RAW.matmul(flat.T, x.reshape(-1, x.shape[-1]))


def _cotangent(g: Array | None, like: Array) -> Array:
    """The cotangent of outputs (time, n, features) as columns."""
    return np.zeros_like(like.swapaxes(1, 2)) if g is None else _columns(g)


def _inputs(x: Array, h: Array, reverse: bool) -> tuple[Array, Array]:
    """(h, x, 1) of each step as columns, with the first h in its place; and the places
    (time, h, n) of the state after each step."""
    (time, n, features), size = x.shape, h.shape[1]
    both = np.empty((time + 1, size + features + 1, n), x.dtype)
    ins = both[1:] if reverse else both[:-1]
    ins[:, size:-1] = x.swapaxes(1, 2)
    ins[:, -1] = 1
    both[-1 if reverse else 0, :size] = h.T
    return ins, (both[:-1] if reverse else both[1:])[:, :size]


def _joined(w_h: Array, w_x: Array, b_h: Array, b_x: Array) -> Array:
    """What (h, x, 1) is multiplied with."""
    return np.concatenate((w_h, w_x, (b_h + b_x)[:, None]), 1)


def _to_weights(
    rows: Array, x: Array, h: Array, hs: Array, needs: Any, reverse: bool
) -> tuple[Array | None, ...]:
    """Their cotangents, from those of the gates, and the outputs (time, n, h)."""
    if not any(needs):
        return (None,) * 4
    ones, size = np.ones((*x.shape[:2], 1), x.dtype), h.shape[1]
    sources = np.concatenate((_before(hs, h, reverse), x, ones), 2)
    w = _over_time(rows, sources)
    parts = w[:, :size], w[:, size:-1], w[:, -1], w[:, -1]
    return tuple(p.copy() for p in parts)


def _lstm(x: Array, h: Array, c: Array, *weights: Array, reverse: bool) -> Arrays:
    """Sigmoids are 1 / (1 + exp(-x)): what leads to them has its sign changed once."""
    (time, n, _), size = x.shape, c.shape[1]
    kept, m = np.empty((time, 6, size, n), x.dtype), size * n
    ins, hs = _inputs(x, h, reverse)
    w, p = _joined(*weights[:4]).reshape(4, size, -1)[[0, 1, 3, 2]], weights[4:]
    np.negative(w[:3], w[:3])
    w, c = w.reshape(4 * size, -1), _columns(c).reshape(m)
    spare = np.empty((size, n), x.dtype)
    out, gates = spare.reshape(m), kept[:, :4].reshape(time, 4 * size, n)
    one, (exp, tanh) = np.ones((), x.dtype), _functions(gates[:1])
    blocks, sigmoids = kept.reshape(time, 6, m), kept.reshape(time, 6 * m)[:, : 3 * m]
    for t, s in _steps(sigmoids, reverse):
        np.matmul(w, ins[t], gates[t])
        i, f, o, g, squashed, new = blocks[t]
        exp(s, out=s)
        np.add(s, one, s)
        np.reciprocal(s, s)
        tanh(g, out=g)
        np.multiply(f, c, out)
        c = np.multiply(i, g, new)
        np.add(c, out, c)
        tanh(c, out=squashed)
        if p:
            np.multiply(o, squashed, out)
            np.matmul(p[0], spare, hs[t])
        else:
            np.multiply(o, squashed, hs[t].reshape(m))
    return _rows(hs), c.reshape(size, n).T.copy(), kept


def _lstm_slopes(kept: Array, c: Array) -> tuple[Array, Array]:
    """Derivatives by the gates (input, forget, cell: of the cell state, output: of what
    is put out), in their places; that of what is put out by the cell state."""
    sigmoids, tanhs = kept[:, :3], kept[:, 3:5]
    k = np.empty((len(c), 4, *c.shape[1:]), c.dtype)
    s = np.multiply(sigmoids, sigmoids)
    np.subtract(sigmoids, s, s)
    t = np.multiply(tanhs, tanhs)
    np.subtract(1, t, t)
    np.multiply(s[:, 0], kept[:, 3], k[:, 0])
    np.multiply(s[:, 1], c, k[:, 1])
    np.multiply(t[:, 0], kept[:, 0], k[:, 2])
    np.multiply(s[:, 2], kept[:, 4], k[:, 3])
    return k, np.multiply(t[:, 1], kept[:, 2], s[:, 0])


def _lstm_pull(g: Any, saved: Any, needs: Any, *, reverse: bool) -> tuple[Any, ...]:
    x, h, c, w_h, w_x, _, _, *p, hs, _, kept = saved
    _, f, o, _, squashed, cs = kept.swapaxes(0, 1)
    k, by_cell = _lstm_slopes(kept, _before(cs, c.T, reverse))
    time, _, size, n = k.shape
    to_h = _cotangent(g[0], hs)
    to_c = np.zeros((size, n), k.dtype) if g[1] is None else _columns(g[1])
    spare, flat = np.empty_like(to_c), k.reshape(time, 4 * size, n)
    back, d = _back(w_h, w_x, needs, time, n)
    past = np.zeros(to_h.shape[1:], k.dtype)
    turned = [q.T.copy() for q in p]
    for t in _times(time, not reverse):
        out = np.add(to_h[t], past, to_h[t])
        if p:
            out = np.matmul(turned[0], out)
        np.multiply(by_cell[t], out, spare)
        np.add(to_c, spare, to_c)
        gates, last = k[t, :3], k[t, 3]
        np.multiply(gates, to_c, gates)
        np.multiply(last, out, last)
        np.multiply(to_c, f[t], to_c)
        past = np.matmul(back, flat[t], d[t])[: len(past)]
    to_w = _to_weights(_rows(flat), x, h, hs, needs[3:7], reverse)
    to_p = [_over_time(_rows(to_h), _rows(o * squashed)) for _ in p]
    return _to_inputs(d, h), past.T.copy(), to_c.T.copy(), *to_w, *to_p


def _back(w_h: Array, w_x: Array, needs: Any, time: int, n: int) -> tuple[Array, Array]:
    """The matrix that leads back from gates to (h, x), or to h alone where x needs no
    cotangent, and where the results stand."""
    w = w_h if needs[0] is None else np.concatenate((w_h, w_x), 1)
    return w.T.copy(), np.empty((time, w.shape[1], n), w.dtype)


def _to_inputs(d: Array, h: Array) -> Array | None:
    size = h.shape[1]
    return None if d.shape[1] == size else _rows(d[:, size:])


def _gru(x: Array, h: Array, w: Array, b: Any = None, *, reverse: bool) -> Arrays:
    (time, n, _), size = x.shape, h.shape[1]
    kept, m = np.empty((time, 5, size, n), x.dtype), size * n
    kept[:, :3] = x.reshape(time, n, 3, size).transpose(0, 2, 3, 1)
    np.negative(kept[:, :2], kept[:, :2])
    w, bias = w.copy(), None
    np.negative(w[: 2 * size], w[: 2 * size])
    product = np.empty((3 * size, n), x.dtype)
    part = product.reshape(3 * m)
    if b is not None:
        bias = np.repeat(b, n)
        np.negative(bias[: 2 * m], bias[: 2 * m])
    h, one, (exp, tanh) = _columns(h), np.ones((), x.dtype), _functions(part)
    for _, a in _steps(kept.reshape(time, 5 * m), reverse):
        np.matmul(w, h.reshape(size, n), product)
        if bias is not None:
            np.add(part, bias, part)
        s, new, inner = a[: 2 * m], a[2 * m : 3 * m], a[3 * m : 4 * m]
        np.add(s, part[: 2 * m], s)
        exp(s, out=s)
        np.add(s, one, s)
        np.reciprocal(s, s)
        inner[...] = part[2 * m :]
        last, h = h.reshape(m), a[4 * m :]
        np.multiply(s[:m], inner, h)
        np.add(new, h, new)
        tanh(new, out=new)
        np.subtract(last, new, h)
        np.multiply(h, s[m:], h)
        np.add(h, new, h)
    return _rows(kept[:, 4]), kept


def _gru_pull(g: Any, saved: Any, needs: Any, *, reverse: bool) -> tuple[Any, ...]:
    """With the blocks (new, reset, update, new within the reset gate), those of the
    inputs are the first three, those of the product the last three."""
    x, h, w, *b, _, acts = saved
    r, z, new, inner, hs = acts.swapaxes(0, 1)
    started = _before(hs, h.T, reverse)
    k = np.empty((len(r), 4, *r.shape[1:]), r.dtype)
    np.multiply(1 - z, 1 - new * new, out=k[:, 0])
    np.multiply(k[:, 0] * inner, _slope(r), out=k[:, 1])
    np.multiply(started - new, _slope(z), out=k[:, 2])
    np.multiply(k[:, 0], r, out=k[:, 3])
    to_h, size = _columns(g[0]), h.shape[1]
    back = w.T.copy()
    d = np.zeros(to_h.shape[1:], k.dtype)
    for t in _times(len(x), not reverse):
        whole = to_h[t]
        np.add(whole, d, out=whole)
        gates = k[t]
        np.multiply(gates, whole, out=gates)
        np.multiply(whole, z[t], out=whole)
        d = np.matmul(back, gates[1:].reshape(3 * size, -1))
        np.add(d, whole, out=d)
    rows = _rows(k.reshape(len(k), 4 * size, -1))
    to_x = np.concatenate((rows[..., size : 3 * size], rows[..., :size]), axis=2)
    rows = rows[..., size:]
    to_b = [rows.sum((0, 1)) for _ in b]
    to_w = None if needs[2] is None else _over_time(rows, _rows(started))
    return to_x, d.T.copy(), to_w, *to_b


def _rnn(x: Array, h: Array, *weights: Array, activation: str, reverse: bool) -> Arrays:
    (ins, hs), w = _inputs(x, h, reverse), _joined(*weights)
    kept, zero = np.empty(hs.shape, x.dtype), np.zeros((), x.dtype)
    tanh = _functions(kept[:1])[1]
    for t, a in _steps(kept, reverse):
        np.matmul(w, ins[t], a)
        if activation == "tanh":
            tanh(a, out=a)
        else:
            np.maximum(a, zero, out=a)
        hs[t] = a
    return _rows(kept), kept[:, None]


def _rnn_pull(
    g: Any, saved: Any, needs: Any, *, activation: str, reverse: bool
) -> tuple[Any, ...]:
    x, h, w_h, w_x, _, _, _, hs = saved
    to_h, hs = _columns(g[0]), hs[:, 0]
    slopes = 1 - hs * hs if activation == "tanh" else hs != 0
    back, d = _back(w_h, w_x, needs, len(x), len(h))
    past = np.zeros(to_h.shape[1:], to_h.dtype)
    for t in _times(len(x), not reverse):
        whole = to_h[t]
        np.add(whole, past, whole)
        np.multiply(whole, slopes[t], whole)
        past = np.matmul(back, whole, d[t])[: len(past)]
    to_w = _to_weights(_rows(to_h), x, h, _rows(hs), needs[2:], reverse)
    return _to_inputs(d, h), past.T.copy(), *to_w


# --- records --------------------------------------------------------------------------


class _Recurrence(NamedTuple):
    """What a record is made of.

    `step(F, x, *state, *weights, **params)` gives the state and what is kept, of which
    the outputs are the first part of the state at all times, the other parts at the
    end, and (time, kept, features, n) of what is kept.
    """

    name: str
    step: Callable[..., Step]
    forward: Callable[..., Arrays]
    pull: Callable[..., tuple[Any, ...]]
    states: int
    kept: int

    def define(
        self, *args: Payload, reverse: bool, keep: bool = True, **params: Any
    ) -> Any:
        """The outputs by primitives; without `keep` no more than others read."""
        F, x = BOUND, args[0]
        state, weights = args[1 : 1 + self.states], args[1 + self.states :]
        outs: list[Payload] = [None] * x.shape[0]
        kept: list[Payload] = [None] * x.shape[0]
        for t in _times(x.shape[0], reverse):
            now = F.select(x, axis=0, index=t)
            state, more = self.step(F, now, *state, *weights, **params)
            outs[t] = state[0]
            kept[t] = keep and F.stack(*map(F.mT, more), axis=0)
        last = (F.stack(*kept, axis=0),) if keep else ()
        return (F.stack(*outs, axis=0), *state[1:], *last)

    def impl(self, *args: Array, **params: Any) -> Arrays:
        dtype = args[0].dtype
        if not _half(dtype):
            return self.forward(*args, **params)
        outs = self.forward(*(a.astype(np.float32) for a in args), **params)
        return tuple(o.astype(dtype) for o in outs)

    def abstract(self, *avals: Aval, **params: Any) -> tuple[Aval, ...]:
        x, *state = avals[: 1 + self.states]
        time, n, _ = x.shape
        h, dtype = state[0].shape[1], x.dtype
        kept = Aval((time, self.kept, state[-1].shape[1], n), dtype)
        return Aval((time, n, h), dtype), *state[1:], kept

    def vjp(
        self, F: Namespace, g: Any, saved: Any, needs: Any, **params: Any
    ) -> tuple[Any, ...]:
        """By `pull` for arrays, else by the definition; nobody but the latter has a
        cotangent of what is kept."""
        count = len(needs)
        keep = g[-1] is not None
        if keep or not all(a is None or type(a) is Array for a in (*g, *saved)):
            fn = partial(self.define, keep=keep, **params)
            return pulled(fn, saved[:count], needs, g if keep else g[:-1])
        dtype = saved[0].dtype
        if not _half(dtype):
            if dtype.kind == "c":
                saved = [a if a is None else a.conj() for a in saved]
            return self.pull(g, saved, needs, **params)
        g, saved = (
            [None if a is None else a.astype(np.float32) for a in s] for s in (g, saved)
        )
        cots = self.pull(g, saved, needs, **params)
        return tuple(None if a is None else a.astype(dtype) for a in cots)

    def jvp(
        self, F: Namespace, primals: Any, tangents: Any, out: Any, **params: Any
    ) -> tuple[Any, ...]:
        return pushed(partial(self.define, **params), primals, tangents)

    def batch(
        self, F: Namespace, args: Any, batched: Any, size: int, **params: Any
    ) -> Any:
        """As one longer batch; weights that are batched themselves need the steps."""
        count = 1 + self.states
        if any(batched[count:]):
            return mapped(partial(self.define, **params), args, batched, size)
        full = (
            a if b else F.broadcast_to(a, (size, *a.shape))
            for a, b in zip(args[:count], batched, strict=False)
        )
        joined = [_merged(F, a, a.ndim - 3) for a in full]
        outs = getattr(F, self.name)(*joined, *args[count:], **params)
        n = args[0].shape[-2]
        last = len(outs) - 1
        return tuple(
            _parted(F, o, o.ndim - 1 if i == last else o.ndim - 2, size, n)
            for i, o in enumerate(outs)
        )


def _half(dtype: np.dtype[Any]) -> bool:
    return dtype.itemsize == 2


def _merged(F: Namespace, x: Payload, axis: int) -> Payload:
    """Axis 0 moved before another axis, counted without it, and joined with that."""
    y = F.moveaxis(x, 0, axis)
    shape = y.shape
    return F.reshape(
        y, shape=(*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :])
    )


def _parted(F: Namespace, x: Payload, axis: int, size: int, n: int) -> Payload:
    """The reverse of `_merged`."""
    shape = x.shape
    y = F.reshape(x, shape=(*shape[:axis], size, n, *shape[axis + 1 :]))
    return F.moveaxis(y, axis, 0)


def _record(
    recurrence: _Recurrence,
    weights: int,
    samples: Callable[..., Any],
    doc: str,
    reads: tuple[int, ...] = (),
) -> Primitive:
    operands = 1 + recurrence.states + weights
    outs = recurrence.states + 1
    read = (*range(operands), -outs, *reads)  # what is kept is the last output
    return Primitive(
        recurrence.name,
        recurrence.impl,
        abstract=recurrence.abstract,
        vjp=recurrence.vjp,
        jvp=recurrence.jvp,
        batch=recurrence.batch,
        arity=None,
        multi=True,
        reads=(read,) * operands,
        samples=samples,
        doc=doc,
    )


def _shapes(gates: int, size: int, features: int) -> tuple[tuple[int, ...], ...]:
    return (gates, size), (gates, features), (gates,), (gates,)


def _samples(
    more: Callable[[int, int], list[Any]], **params: Any
) -> Callable[..., Any]:
    """One step forwards of two sequences, three backwards; `more(n, size)` gives shapes
    of features and other operands."""

    def samples(rng: np.random.Generator) -> Any:
        for (time, n, size), reverse in (((1, 2, 1), False), ((3, 2, 1), True)):
            for features, *shapes in more(n, size):
                yield (
                    tuple(rng.normal(size=s) for s in ((time, n, features), *shapes)),
                    {"reverse": reverse, **params},
                )

    return samples


lstm_scan = _record(
    _Recurrence("lstm_scan", _lstm_step, _lstm, _lstm_pull, 2, 6),
    5,
    _samples(
        lambda n, size: [
            (1, (n, size), (n, size), *_shapes(4 * size, size, 1)),
            (2, (n, 1), (n, size), *_shapes(4 * size, 1, 2), (1, size)),
        ],
    ),
    "An LSTM's outputs, its last cell state, and what it kept.  Operands: x (time, n, "
    "features), h, c, the weights of h and of x, their biases, and the weights that "
    "project the output where they are given.",
    reads=(-1,),
)
gru_scan = _record(
    _Recurrence("gru_scan", _gru_step, _gru, _gru_pull, 1, 5),
    2,
    _samples(
        lambda n, size: [
            (3 * size, (n, size), (3 * size, size), (3 * size,)),
            (3 * size, (n, size), (3 * size, size)),
        ],
    ),
    "A GRU's outputs, and what it kept.  Operands: gates (time, n, 3 size) of the "
    "inputs, h, the weights of h, and their bias where it is given.",
)
rnn_scan = _record(
    _Recurrence("rnn_scan", _rnn_step, _rnn, _rnn_pull, 1, 1),
    4,
    _samples(
        lambda n, size: [
            (1, (n, size), *_shapes(size, size, 1)),
        ],
        activation="tanh",
    ),
    "The outputs of h = activation(w_h h + b_h + w_x x + b_x), and what was kept.  "
    "Operands: x (time, n, features), h, the weights of h and of x, their biases.",
)
