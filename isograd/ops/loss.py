"""Loss functions: composites with a static `reduction` ("none", "mean", "sum").

`weight` and the like are operands that may be None.  Formulas are those of PyTorch's
documentation of torch.nn, which MindSpore shares.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import inf, log, pi
from typing import Any, NamedTuple

import numpy as np

from isograd.base import rounding
from isograd.base.dtypes import I64
from isograd.core.drafts import asked
from isograd.core.families import elementwise
from isograd.core.large import LARGE, by_size
from isograd.core.primitive import (
    REGISTRY,
    Namespace,
    Payload,
    Primitive,
    composite,
)
from isograd.ops.elementwise import in_float32

Optional = Payload | None
Array = np.ndarray


@composite
def reduced(F: Namespace, x: Payload, *, reduction: str) -> Payload:
    """All of x: its mean, its sum, or x itself ("none").

    "batchmean" is the sum over the size of the first axis.
    """
    if reduction == "none":
        return x
    axes = tuple(range(x.ndim))
    if reduction == "mean":
        return F.mean(x, axes=axes)
    total = F.sum(x, axes=axes)
    if reduction == "batchmean":
        return F.div(total, float(x.shape[0] if x.ndim else 1))
    return total


def _weighed(F: Namespace, x: Payload, weight: Optional) -> Payload:
    return x if weight is None else F.mul(x, weight)


def _above(F: Namespace, x: Payload) -> Payload:
    """max(x, 0) with derivative 1 at 0 (PyTorch's clamp_min, where relu has 0)."""
    return F.clip(x, lo=0.0, hi=None, edge=1)


# --- regression -----------------------------------------------------------------------


@composite
def mse_loss(
    F: Namespace, x: Payload, y: Payload, weight: Optional = None, *, reduction: str
) -> Payload:
    gap = F.sub(x, y)
    if weight is None and reduction == "mean":
        return F.mean_square(gap, axes=tuple(range(gap.ndim)))
    return _averaged(F, F.square(gap), weight, reduction)


def _averaged(F: Namespace, each: Payload, weight: Optional, reduction: str) -> Payload:
    if weight is None or reduction != "mean":
        return F.reduced(_weighed(F, each, weight), reduction=reduction)
    whole = (out := F.mul(each, weight)), F.broadcast_to(weight, out.shape)
    return F.div(*(F.reduced(a, reduction="sum") for a in whole))  # over the weights


@composite
def l1_loss(
    F: Namespace, x: Payload, y: Payload, weight: Optional = None, *, reduction: str
) -> Payload:
    return _averaged(F, F.abs(F.sub(x, y)), weight, reduction)


def _huber_impl(x: Array, *, delta: float) -> Array:
    size = np.abs(x)
    return np.where(size < delta, 0.5 * x * x, delta * (size - 0.5 * delta))


huber = elementwise(
    "huber",
    "x",
    in_float32(_huber_impl),
    params="delta",
    kinds="f",
    scalar="select(abs(x) < delta, 0.5 * x * x, (abs(x) * 2.0 - delta) * 0.5 * delta)",
    tangents={"x": "t * clip(x, lo=-delta, hi=delta, edge=1)"},
    fused=True,
    samples=lambda rng: [((rng.normal(size=(2, 3)),), {"delta": 0.7})],
    doc="x^2 / 2 where |x| < delta, linear beyond; Huber 1964.",
)


@composite
def huber_loss(
    F: Namespace,
    x: Payload,
    y: Payload,
    weight: Optional = None,
    *,
    delta: float,
    reduction: str,
) -> Payload:
    each = _weighed(F, F.huber(F.sub(x, y), delta=float(delta)), weight)
    return F.reduced(each, reduction=reduction)


@composite
def smooth_l1_loss(
    F: Namespace, x: Payload, y: Payload, *, beta: float, reduction: str
) -> Payload:
    if beta == 0:
        return F.l1_loss(x, y, reduction=reduction)
    each = F.div(F.huber(F.sub(x, y), delta=float(beta)), float(beta))
    return F.reduced(each, reduction=reduction)


@composite
def poisson_nll_loss(
    F: Namespace,
    x: Payload,
    y: Payload,
    *,
    log_input: bool,
    full: bool,
    eps: float,
    reduction: str,
) -> Payload:
    if log_input:
        each = F.sub(F.exp(x), F.mul(y, x))
    else:
        each = F.sub(x, F.mul(y, F.log(F.add(x, eps))))
    if full:  # Stirling's approximation of log(y!)
        safe = F.where(F.gt(y, 1.0), y, F.ones_like(y))
        term = F.sub(F.mul(safe, F.log(safe)), safe)
        term = F.add(term, F.mul(F.log(F.mul(safe, 2 * pi)), 0.5))
        each = F.add(each, F.mask(F.gt(y, 1.0), term))
    return F.reduced(each, reduction=reduction)


@composite
def gaussian_nll_loss(
    F: Namespace,
    x: Payload,
    y: Payload,
    var: Payload,
    *,
    full: bool,
    eps: float,
    reduction: str,
) -> Payload:
    """The variance is bounded from below by eps; its derivative does not see that."""
    bounded = F.clip(var, lo=eps, hi=None, edge=1)
    var = F.add(var, F.stop_gradient(F.sub(bounded, var)))
    each = F.mul(F.add(F.log(var), F.div(F.square(F.sub(x, y)), var)), 0.5)
    if full:
        each = F.add(each, 0.5 * log(2 * pi))
    return F.reduced(each, reduction=reduction)


stop_gradient = elementwise(
    "stop_gradient",
    "x",
    lambda x: x.copy(),
    kinds="fcib",
    scalar="x",
    constant=True,
    doc="x as a constant.",
)

# --- probabilities of two classes -----------------------------------------------------


def _bce_impl(x: Array, y: Array) -> Array:
    low = np.asarray(-100, x.dtype)
    one = np.maximum(rounding.log(x), low)
    return -(y * one + (1 - y) * np.maximum(rounding.log1p(-x), low))


bce = elementwise(
    "bce",
    "x y",
    in_float32(_bce_impl),
    kinds="f",
    domain=(0.1, 0.9),
    kernel=False,
    tangents={
        "x": "t * ((x - y) / clip((1.0 - x) * x, lo=1e-12, hi=None, edge=1))",
        "y": "t * (clip(log1p(-x), lo=-100.0, hi=None, edge=1)"
        " - clip(log(x), lo=-100.0, hi=None, edge=1))",
    },
    doc="-(y log x + (1 - y) log(1 - x)), logarithms bounded by -100 as in PyTorch.",
)


@composite
def binary_cross_entropy(
    F: Namespace, x: Payload, y: Payload, weight: Optional = None, *, reduction: str
) -> Payload:
    return F.reduced(_weighed(F, F.bce(x, y), weight), reduction=reduction)


@composite
def binary_cross_entropy_with_logits(
    F: Namespace,
    x: Payload,
    y: Payload,
    weight: Optional = None,
    pos_weight: Optional = None,
    *,
    reduction: str,
) -> Payload:
    """(1 - y) x - (1 + (pos_weight - 1) y) logsigmoid(x)."""
    log_p = F.logsigmoid(x)
    if pos_weight is not None:
        log_p = F.mul(F.add(F.mul(F.sub(pos_weight, 1.0), y), 1.0), log_p)
    each = F.sub(F.mul(F.sub(1.0, y), x), log_p)
    return F.reduced(_weighed(F, each, weight), reduction=reduction)


@composite
def kl_div(
    F: Namespace, x: Payload, y: Payload, *, log_target: bool, reduction: str
) -> Payload:
    """x holds log-probabilities; y probabilities, or their logarithms."""
    if log_target:
        each = F.mul(F.exp(y), F.sub(y, x))
    else:
        each = F.sub(F.xlogy(y, y), F.mul(y, x))
    return F.reduced(each, reduction=reduction)


@composite
def soft_margin_loss(
    F: Namespace, x: Payload, y: Payload, *, reduction: str
) -> Payload:
    """log(1 + exp(-y x))."""
    return F.reduced(F.neg(F.logsigmoid(F.mul(y, x))), reduction=reduction)


@composite
def multilabel_soft_margin_loss(
    F: Namespace, x: Payload, y: Payload, weight: Optional = None, *, reduction: str
) -> Payload:
    each = F.binary_cross_entropy_with_logits(x, y, reduction="none")
    each = _weighed(F, each, weight)
    return F.reduced(F.mean(each, axes=(x.ndim - 1,)), reduction=reduction)


# --- classes --------------------------------------------------------------------------


def _softmax_nll_impl(x: Array, y: Array, *, reduction: str) -> Array:
    if x.size >= LARGE:
        out = REGISTRY["logsumexp"].kernel(x, axes=(1,)) - x[_rows(len(y)), y]
    else:
        top = np.maximum.reduce(x, axis=1)
        rows = rounding.exp(x - top[:, None])
        out = rounding.log(np.add.reduce(rows, axis=1))
        out += top - x[_rows(len(y)), y]
    if reduction == "none":
        return out
    total = np.add.reduce(out)
    return np.asanyarray(total / len(y) if reduction == "mean" else total, x.dtype)


@lru_cache
def _rows(n: int) -> Array:
    return np.arange(n)


def _nll_scale(F: Namespace, g: Payload, n: int, reduction: str) -> Payload:
    """The cotangents of the rows, (n, 1) or of rank zero."""
    if reduction == "none":
        return F.reshape(g, shape=(n, 1))
    return F.div(g, float(n)) if reduction == "mean" else g


def _softmax_nll_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, reduction: str
) -> tuple[Payload, None]:
    """softmax(x) less 1 at y, times g."""
    x, y, _ = saved
    n, count = x.shape
    scale = _nll_scale(F, F.widened(g), n, reduction)
    p = F.softmax(F.widened(x), axis=1)
    if type(p) is Array and type(y) is Array:
        p[_rows(n), y] -= 1
        return F.convert(F.mul(p, scale), dtype=x.dtype), None
    hits = F.unselect_along(
        F.ones_like(F.select_along(p, y, axis=1)), y, axis=1, count=count
    )
    return F.convert(F.mul(F.sub(p, hits), scale), dtype=x.dtype), None


def _softmax_nll_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Any, *, reduction: str
) -> Payload:
    (x, y), (t, _) = primals, tangents
    rows = F.sub(
        F.sum(F.mul(F.softmax(x, axis=1), t), axes=(1,)), F.select_along(t, y, axis=1)
    )
    return F.reduced(rows, reduction=reduction)


def _softmax_nll_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, reduction: str
) -> Payload:
    """As one longer batch; its losses are reduced row by row."""
    x, y = (
        a if b else F.broadcast_to(a, (size, *a.shape))
        for a, b in zip(args, batched, strict=True)
    )
    n, count = x.shape[1:]
    rows = F.softmax_nll(
        F.reshape(x, shape=(size * n, count)),
        F.reshape(y, shape=(size * n,)),
        reduction="none",
    )
    rows = F.reshape(rows, shape=(size, n))
    if reduction == "none":
        return rows
    return getattr(F, reduction)(rows, axes=(1,))


softmax_nll = Primitive(
    "softmax_nll",
    in_float32(_softmax_nll_impl),
    arity=2,
    abstract=lambda x, y, reduction: x._replace(
        shape=x.shape[:1] if reduction == "none" else ()
    ),
    vjp=_softmax_nll_vjp,
    jvp=_softmax_nll_jvp,
    batch=_softmax_nll_batch,
    reads=((0, 1), ()),
    differentiable=(True, False),
    kinds="f",
    samples=lambda rng: [
        ((rng.normal(size=(3, 4)), rng.integers(0, 4, 3)), {"reduction": r})
        for r in ("mean", "sum", "none")
    ],
    doc="-log softmax(x)[y] of the rows of x (n, classes), reduced: cross-entropy.",
)
by_size(softmax_nll)


class _Targets(NamedTuple):
    """Indices of classes; which of them count; their weights.  None: all, all 1."""

    index: Payload
    there: Optional
    weight: Optional

    def weighed(self, F: Namespace, loss: Payload) -> Payload:
        """The losses by weight; exactly 0 where ignored, with their cotangents."""
        if self.weight is not None:
            loss = F.mul(loss, self.weight)
        return loss if self.there is None else F.mask(self.there, loss)

    def reduced(self, F: Namespace, loss: Payload, reduction: str) -> Payload:
        """The mean is over the weights."""
        if reduction != "mean" or self.weight is None:
            return F.reduced(loss, reduction=reduction)
        return F.div(
            F.reduced(loss, reduction="sum"), F.reduced(self.weight, reduction="sum")
        )


def _all_count(y: Array, ignore_index: int) -> bool:
    if y.size <= 64:  # NumPy's reductions cost more
        return ignore_index not in y.reshape(-1).tolist()
    return not (y == ignore_index).any()


def _targets(
    F: Namespace, x: Payload, y: Payload, weight: Optional, ignore_index: int
) -> _Targets:
    if asked(_all_count, y, ignore_index):
        return _Targets(y, None, None if weight is None else F.gather(weight, y))
    there = F.ne(y, ignore_index)
    index = F.where(there, y, F.zeros_like(y))
    ones = np.ones((), x.dtype)
    each = F.broadcast_to(ones, y.shape) if weight is None else F.gather(weight, index)
    return _Targets(index, there, F.mask(there, each))


@composite
def nll_loss(
    F: Namespace,
    x: Payload,
    y: Payload,
    weight: Optional = None,
    *,
    ignore_index: int = -100,
    reduction: str,
) -> Payload:
    """x (n, classes, ...) or (classes,) holds log-probabilities; y indices of classes.

    The mean is over the weights of the targets; ignored targets have weight 0.
    """
    targets = _targets(F, x, y, weight, ignore_index)
    loss = F.neg(F.select_along(x, targets.index, axis=min(1, x.ndim - 1)))
    return targets.reduced(F, targets.weighed(F, loss), reduction)


@composite
def cross_entropy(
    F: Namespace,
    x: Payload,
    y: Payload,
    weight: Optional = None,
    *,
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    reduction: str,
) -> Payload:
    """x (n, classes, ...) or (classes,) holds logits; y indices, or probabilities."""
    axis = min(1, x.ndim - 1)
    if weight is not None and x.ndim > 2:
        weight = F.reshape(weight, shape=(-1, *(1,) * (x.ndim - 2)))
    if y.dtype.kind not in "iu":
        return _with_probabilities(F, x, y, weight, label_smoothing, reduction, axis)
    weights = None if weight is None else F.reshape(weight, shape=(x.shape[axis],))
    targets = _targets(F, x, y, weights, ignore_index)
    if targets.weight is None and x.ndim == 2 and label_smoothing == 0:
        return F.softmax_nll(x, targets.index, reduction=reduction)
    log_p = F.log_softmax(x, axis=axis)
    loss = F.neg(F.select_along(log_p, targets.index, axis=axis))
    total = targets.reduced(F, targets.weighed(F, loss), reduction)
    if label_smoothing == 0:
        return total
    spread = F.neg(F.sum(_weighed(F, log_p, weight), axes=(axis,)))
    if targets.there is not None:
        spread = F.mask(targets.there, spread)
    smooth = targets.reduced(F, spread, reduction)
    return F.add(
        F.mul(total, 1.0 - label_smoothing),
        F.mul(smooth, label_smoothing / x.shape[axis]),
    )


def _with_probabilities(
    F: Namespace,
    x: Payload,
    y: Payload,
    weight: Optional,
    smoothing: float,
    reduction: str,
    axis: int,
) -> Payload:
    """The mean is over the rows, whatever the weights."""
    if smoothing:
        y = F.add(F.mul(y, 1.0 - smoothing), smoothing / x.shape[axis])
    each = F.mul(_weighed(F, F.log_softmax(x, axis=axis), weight), y)
    return F.reduced(F.neg(F.sum(each, axes=(axis,))), reduction=reduction)


@composite
def multi_margin_loss(
    F: Namespace,
    x: Payload,
    y: Payload,
    weight: Optional = None,
    *,
    p: int = 1,
    margin: float = 1.0,
    reduction: str,
) -> Payload:
    """Mean over the other classes j of max(0, margin - x[y] + x[j])^p."""
    count = x.shape[-1]
    axis = x.ndim - 1
    own = F.select_along(x, y, axis=axis)
    gap = F.add(F.sub(x, F.reshape(own, shape=(*own.shape, 1))), margin)
    each = F.relu(gap) if p == 1 else F.power(F.relu(gap), exponent=float(p))
    if weight is not None:
        w = F.gather(weight, y)
        each = F.mul(each, F.reshape(w, shape=(*w.shape, 1)))
    other = F.ne(np.arange(count), F.reshape(y, shape=(*y.shape, 1)))
    loss = F.div(F.sum(F.mask(other, each), axes=(axis,)), float(count))
    return F.reduced(loss, reduction=reduction)


@composite
def multilabel_margin_loss(
    F: Namespace, x: Payload, y: Payload, *, reduction: str
) -> Payload:
    """y lists the classes of each row of x, up to the first negative entry."""
    axis, count = x.ndim - 1, x.shape[-1]
    listed = F.convert(F.ge(y, 0), dtype=I64)
    listed = F.cumprod(listed, axis=axis, reverse=False)
    index = F.mul(y, listed)
    hits = F.add_along(listed, index, axis=axis, shape=x.shape)
    own = F.take_along(x, index, axis=axis)
    gap = F.sub(
        F.reshape(x, shape=(*x.shape[:-1], 1, count)),
        F.reshape(own, shape=(*x.shape, 1)),
    )
    pair = F.logical_and(
        F.reshape(F.eq(hits, 0), shape=(*x.shape[:-1], 1, count)),
        F.reshape(F.gt(listed, 0), shape=(*x.shape, 1)),
    )
    each = F.mask(pair, F.relu(F.add(gap, 1.0)))
    loss = F.div(F.sum(each, axes=(axis, axis + 1)), float(count))
    return F.reduced(loss, reduction=reduction)


# --- embeddings and rankings ----------------------------------------------------------


@composite
def hinge_embedding_loss(
    F: Namespace, x: Payload, y: Payload, *, margin: float = 1.0, reduction: str
) -> Payload:
    """x where y = 1, max(0, margin - x) where y = -1."""
    far = F.mask(F.ne(y, 1), _above(F, F.sub(margin, x)))
    return F.reduced(F.add(far, F.mask(F.ne(y, -1), x)), reduction=reduction)


@composite
def margin_ranking_loss(
    F: Namespace,
    x: Payload,
    other: Payload,
    y: Payload,
    *,
    margin: float = 0.0,
    reduction: str,
) -> Payload:
    gap = F.add(F.mul(F.neg(y), F.sub(x, other)), margin)
    return F.reduced(_above(F, gap), reduction=reduction)


@composite
def cosine_embedding_loss(
    F: Namespace,
    x: Payload,
    other: Payload,
    y: Payload,
    *,
    margin: float = 0.0,
    reduction: str,
) -> Payload:
    """1 - cos where y = 1, max(0, cos - margin) where y = -1."""
    axes = (x.ndim - 1,)
    dot = F.sum(F.mul(x, other), axes=axes)
    sizes = [F.add(F.sum(F.square(v), axes=axes), 1e-12) for v in (x, other)]
    cos = F.div(dot, F.sqrt(F.mul(*sizes)))
    near = F.mask(F.eq(y, 1), F.sub(1.0, cos))
    far = F.mask(F.eq(y, -1), _above(F, F.sub(cos, margin)))
    return F.reduced(F.add(near, far), reduction=reduction)


@composite
def triplet_margin_loss(
    F: Namespace,
    anchor: Payload,
    positive: Payload,
    negative: Payload,
    *,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str,
) -> Payload:
    near = F.pairwise_distance(anchor, positive, ord=p, eps=eps)
    far = F.pairwise_distance(anchor, negative, ord=p, eps=eps)
    if swap:
        far = F.minimum(far, F.pairwise_distance(positive, negative, ord=p, eps=eps))
    return F.reduced(_above(F, F.add(F.sub(near, far), margin)), reduction=reduction)


# --- connectionist temporal classification --------------------------------------------


@composite
def ctc_loss(
    F: Namespace,
    log_p: Payload,
    targets: Array,
    *,
    input_lengths: tuple[int, ...],
    target_lengths: tuple[int, ...],
    blank: int = 0,
    zero_infinity: bool = False,
    reduction: str,
) -> Payload:
    """Graves et al. 2006, equations 5 to 8, in logarithms.

    The derivative is that of a function of logits whose log-softmax `log_p` is: both
    frameworks give exp(log_p) minus the occupation probabilities.

    `log_p`: (time, n, classes); `targets`: a concrete (n, longest) or joined (total,)
    array of labels.  The mean divides each loss by the length of its target.
    """
    change = F.sub(F.log_softmax(log_p, axis=2), log_p)
    log_p = F.add(log_p, F.sub(change, F.stop_gradient(change)))
    losses = []
    for rows, labels in _ctc_parts(F, log_p, targets, input_lengths, target_lengths):
        losses.append(F.reshape(_ctc_row(F, rows, labels, blank), shape=(1,)))
    loss = F.concatenate(*losses, axis=0)
    if zero_infinity:
        loss = F.mask(F.lt(loss, inf), loss)
    if reduction == "mean":
        loss = F.div(loss, np.maximum(np.asarray(target_lengths), 1).astype(loss.dtype))
    return F.reduced(loss, reduction=reduction)


@composite
def ctc_log_alpha(
    F: Namespace,
    log_p: Payload,
    targets: Array,
    *,
    input_lengths: tuple[int, ...],
    target_lengths: tuple[int, ...],
    blank: int = 0,
) -> Payload:
    """Logarithms of the forward variables, (n, time, 2 longest + 1), as constants.

    Graves et al. 2006, equation 6; -inf where no path leads.
    """
    width = 2 * max(target_lengths) + 1
    found = []
    for rows, labels in _ctc_parts(F, log_p, targets, input_lengths, target_lengths):
        steps = [
            F.reshape(a, shape=(1, a.shape[0]))
            for a in _ctc_alphas(F, rows, labels, blank)
        ]
        pads = ((0, log_p.shape[0] - len(steps)), (0, width - steps[0].shape[1]))
        table = F.pad_with(F.concatenate(*steps, axis=0), pads, value=-1e30)
        found.append(F.reshape(table, shape=(1, *table.shape)))
    out = F.concatenate(*found, axis=0)
    return F.stop_gradient(F.where(F.lt(out, -1e29), F.full_like(out, value=-inf), out))


def _ctc_parts(
    F: Namespace,
    log_p: Payload,
    targets: Array,
    times: tuple[int, ...],
    lengths: tuple[int, ...],
) -> Iterator[tuple[Payload, Array]]:
    """The (time, classes) rows and the labels of each sequence."""
    at = 0
    for n, (t, s) in enumerate(zip(times, lengths, strict=True)):
        labels = targets[n, :s] if targets.ndim == 2 else targets[at : at + s]
        at += s
        rows = F.slice(log_p, index=((0, t, 1), (n, n + 1, 1), (0, log_p.shape[2], 1)))
        yield F.reshape(rows, shape=(t, log_p.shape[2])), labels


def _ctc_row(F: Namespace, rows: Payload, labels: Array, blank: int) -> Payload:
    """-log of the total probability of all paths that spell `labels`."""
    alpha = _ctc_alphas(F, rows, labels, blank)[-1]
    ends = F.ranged(
        alpha, axis=0, start=max(0, alpha.shape[0] - 2), stop=alpha.shape[0]
    )
    loss = F.neg(F.logsumexp(ends, axes=(0,)))
    return F.where(F.gt(loss, 1e29), F.full_like(loss, value=inf), loss)


def _ctc_alphas(
    F: Namespace, rows: Payload, labels: Array, blank: int
) -> list[Payload]:
    """For each time, the log-probability of all beginnings of paths by their end."""
    path = np.full(2 * len(labels) + 1, blank, np.int64)
    path[1::2] = labels
    skips = np.zeros(len(path), bool)
    skips[2:] = (path[2:] != blank) & (path[2:] != path[:-2])
    emitted = F.gather(F.mT(rows), path)  # (path, time)
    start = np.arange(len(path)) < 2
    low = np.asarray(-1e30, rows.dtype)  # stands for -inf: differences stay defined
    column = [
        F.reshape(F.ranged(emitted, axis=1, start=i, stop=i + 1), shape=(len(path),))
        for i in range(rows.shape[0])
    ]
    alpha = F.where(start, column[0], low)
    alphas = [alpha]
    for now in column[1:]:
        stay = F.logaddexp(alpha, F.shifted(alpha, axis=0, by=1, value=-1e30))
        jump = F.shifted(
            F.shifted(alpha, axis=0, by=1, value=-1e30), axis=0, by=1, value=-1e30
        )
        alpha = F.add(F.logaddexp(stay, F.where(skips, jump, low)), now)
        alphas.append(alpha)
    return alphas
