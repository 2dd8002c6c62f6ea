"""Loss functions of `torch.nn.functional`."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.drafts import asked
from isograd.core.primitive import Payload
from isograd.torch.call import check_broadcast, warn
from isograd.torch.dtypes import Size
from isograd.torch.nn.table import (
    F,
    Named,
    dtype_name,
    no_gradient,
    reduction_of,
    row,
    same_dtype,
)

_SIZE_WARNING = (
    "Using a target size ({t}) that is different to the input size ({i}). This will "
    "likely lead to incorrect results due to broadcasting. Please ensure they have the "
    "same size."
)


def _warn_size(x: Payload, y: Payload) -> None:
    if x.shape != y.shape:
        warn(_SIZE_WARNING.format(t=Size(y.shape), i=Size(x.shape)))
        check_broadcast(x.shape, y.shape)


def _of_weights(out: Any, reduction: str) -> Any:
    """The weighted losses: their mean is over the sum of the weights."""
    label = {"mean": "DivBackward0", "sum": "SumBackward0"}
    return Named(out, label.get(reduction, "MulBackward0"))


def _check_weights(input: Payload, weight: Any) -> None:
    if weight is not None and weight.shape != input.shape:
        raise ValueError("Weights and input must have the same size.")


def _one_of(reduction: str) -> str:
    """A reduction, as the losses that are written in Python refuse others."""
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    return reduction


def _outside(x: np.ndarray) -> bool:
    """Whether an element is no probability."""
    return not ((x >= 0) & (x <= 1)).all()


def _has_negative(x: np.ndarray) -> bool:
    return bool((x < 0).any())


def _named(out: Any, reduction: str, none: str) -> Any:
    """Composites: the label is that of the reduction."""
    return Named(
        out, {"mean": "MeanBackward0", "sum": "SumBackward0"}.get(reduction, none)
    )


@row
def mse_loss(
    input: Payload,
    target: Payload,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Payload:
    _warn_size(input, target)
    reduction = reduction_of(reduction, size_average, reduce)
    _check_weights(input, weight)
    x, y, w = same_dtype(input, target, weight)
    out = F.mse_loss(x, y, w, reduction=reduction)
    return out if w is None else _of_weights(out, reduction)


@row
def l1_loss(
    input: Payload,
    target: Payload,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Payload:
    _warn_size(input, target)
    reduction = reduction_of(reduction, size_average, reduce)
    _check_weights(input, weight)
    x, y, w = same_dtype(input, target, weight)
    out = F.l1_loss(x, y, w, reduction=reduction)
    if w is not None:
        return _of_weights(out, reduction)
    return _named(out, reduction, "AbsBackward0")


@row(label="SmoothL1LossBackward0")
def smooth_l1_loss(
    input: Payload,
    target: Payload,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Payload:
    _warn_size(input, target)
    reduction = reduction_of(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError("smooth_l1_loss does not support negative values for beta.")
    return F.smooth_l1_loss(
        *same_dtype(input, target), beta=float(beta), reduction=reduction
    )


@row
def huber_loss(
    input: Payload,
    target: Payload,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Any = None,
) -> Payload:
    _warn_size(input, target)
    reduction = reduction_of(reduction, None, None)
    _check_weights(input, weight)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    x, y, w = same_dtype(input, target, weight)
    out = F.huber_loss(x, y, w, delta=float(delta), reduction=reduction)
    return out if w is None else _named(out, reduction, "MulBackward0")


def _check_factors(input: Payload, weight: Any) -> None:
    """Weights multiply the losses in place: they may not have more axes.

    Raises:
        RuntimeError: for others.
    """
    if weight is None:
        return
    both = check_broadcast(input.shape, weight.shape)
    if both != input.shape:
        raise RuntimeError(
            f"output with shape {list(input.shape)} doesn't match the broadcast shape "
            f"{list(both)}"
        )


# --- two classes ----------------------------------------------------------------------


@row(label="BinaryCrossEntropyBackward0")
def binary_cross_entropy(
    input: Payload,
    target: Payload,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Payload:
    reduction = reduction_of(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueError(
            f"Using a target size ({Size(target.shape)}) that is different to the input "
            f"size ({Size(input.shape)}) is deprecated. Please ensure they have the same "
            "size."
        )
    if input.dtype != target.dtype:
        raise RuntimeError(
            f"Found dtype {dtype_name(target)} but expected {dtype_name(input)}"
        )
    if asked(_outside, input):
        raise RuntimeError("all elements of input should be between 0 and 1")
    no_gradient("binary_cross_entropy", weight=weight)
    _check_factors(input, weight)
    return F.binary_cross_entropy(input, target, weight, reduction=reduction)


@row(label="BinaryCrossEntropyWithLogitsBackward0")
def binary_cross_entropy_with_logits(
    input: Payload,
    target: Payload,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Payload:
    reduction = reduction_of(reduction, size_average, reduce)
    if target.shape != input.shape:
        raise ValueError(
            f"Target size ({Size(target.shape)}) must be the same as input "
            f"size ({Size(input.shape)})"
        )
    no_gradient("binary_cross_entropy_with_logits", weight=weight)
    _check_factors(input, weight)
    _check_factors(input, pos_weight)
    x, y, w, pw = same_dtype(input, target, weight, pos_weight)
    return F.binary_cross_entropy_with_logits(x, y, w, pw, reduction=reduction)


@row
def soft_margin_loss(
    input: Payload,
    target: Payload,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Payload:
    reduction = reduction_of(reduction, size_average, reduce)
    no_gradient("soft_margin_loss", target=target)
    check_broadcast(input.shape, target.shape)
    return F.soft_margin_loss(*same_dtype(input, target), reduction=reduction)


@row
def multilabel_soft_margin_loss(
    input: Payload,
    target: Payload,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Payload:
    if size_average is not None or reduce is not None:
        reduction = reduction_of(reduction, size_average, reduce)
    check_broadcast(target.shape, input.shape)
    reduction = _one_of(reduction)
    out = F.multilabel_soft_margin_loss(
        *same_dtype(input, target), weight, reduction=reduction
    )
    return _named(out, reduction, "DivBackward0")


# --- distributions --------------------------------------------------------------------


@row
def kl_div(
    input: Payload,
    target: Payload,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Any:
    if reduction == "mean" and size_average is None and reduce is None:
        warn(
            "reduction: 'mean' divides the total loss by both the batch size and the "
            "support size.'batchmean' divides only by the batch size, and aligns with "
            "the KL div math definition.'mean' will be changed to behave the same as "
            "'batchmean' in the next major release."
        )
    if reduction != "batchmean":
        reduction = reduction_of(reduction, size_average, reduce)
    x, y = same_dtype(input, target)
    shape = check_broadcast(y.shape, x.shape)
    out = F.kl_div(
        F.broadcast_to(x, shape),
        F.broadcast_to(y, shape),
        log_target=log_target,
        reduction=reduction,
    )
    label = "DivBackward0" if reduction == "batchmean" else None
    return Named(out, label) if label else _named(out, reduction, "SubBackward0")


@row
def poisson_nll_loss(
    input: Payload,
    target: Payload,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    reduction = reduction_of(reduction, size_average, reduce)
    check_broadcast(target.shape, input.shape)
    out = F.poisson_nll_loss(
        *same_dtype(input, target),
        log_input=log_input,
        full=full,
        eps=eps,
        reduction=reduction,
    )
    return _named(out, reduction, "AddBackward0" if full else "SubBackward0")


@row
def gaussian_nll_loss(
    input: Payload,
    target: Payload,
    var: Any,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    if isinstance(var, float | int):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = F.full_like(input, value=float(var))
    if asked(_has_negative, var):
        raise ValueError("var has negative entry/entries")
    var = _variances(input, var)
    reduction = _one_of(reduction)
    check_broadcast(input.shape, target.shape)
    x, y, v = same_dtype(input, target, var)
    out = F.gaussian_nll_loss(x, y, v, full=full, eps=eps, reduction=reduction)
    return _named(out, reduction, "AddBackward0" if full else "MulBackward0")


def _variances(input: Payload, var: Payload) -> Payload:
    """Variances of the input's shape, of all but its last axis, or 1 along one axis.

    Raises:
        ValueError: for another shape.
    """
    if var.shape == input.shape:
        return var
    if var.shape == input.shape[:-1]:
        return F.unsqueeze(var, axis=var.ndim)
    unlike = [v for n, v in zip(input.shape, var.shape, strict=False) if n != v]
    if var.ndim != input.ndim or unlike != [1]:
        raise ValueError("var is of incorrect size")
    check_broadcast(input.shape, var.shape)
    return var


# --- embeddings -----------------------------------------------------------------------


@row
def hinge_embedding_loss(
    input: Payload,
    target: Payload,
    margin: float = 1.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    reduction = reduction_of(reduction, size_average, reduce)
    check_broadcast(target.shape, input.shape)
    out = F.hinge_embedding_loss(
        *same_dtype(input, target), margin=margin, reduction=reduction
    )
    return _named(out, reduction, "AddBackward0")


@row
def margin_ranking_loss(
    input1: Payload,
    input2: Payload,
    target: Payload,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    reduction = reduction_of(reduction, size_average, reduce)
    if input1.ndim != input2.ndim or input1.ndim != target.ndim:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got "
            f"sizes: input1: {Size(input1.shape)}, input2: {Size(input2.shape)}, "
            f"target: {Size(target.shape)} "
        )
    out = F.margin_ranking_loss(
        *same_dtype(input1, input2, target), margin=float(margin), reduction=reduction
    )
    return _named(out, reduction, "ClampMinBackward0")


@row
def cosine_embedding_loss(
    input1: Payload,
    input2: Payload,
    target: Payload,
    margin: float = 0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    reduction = reduction_of(reduction, size_average, reduce)
    _check_pairs(input1, input2, target)
    out = F.cosine_embedding_loss(
        input1, input2, target, margin=float(margin), reduction=reduction
    )
    return _named(out, reduction, "AddBackward0")


def _check_pairs(a: Payload, b: Payload, target: Payload) -> None:
    """A label for each pair of rows, or one for a pair of vectors.

    Raises:
        RuntimeError: for other ranks, or sizes that do not broadcast.
    """
    rank = target.ndim
    if rank > 1:
        raise RuntimeError(
            "0D or 1D target tensor expected, multi-target not supported"
        )
    if a.ndim != rank + 1 or b.ndim != rank + 1:
        raise RuntimeError(
            f"{rank}D target tensor expects {rank + 1}D input tensors, but found inputs "
            f"with sizes {list(a.shape)} and {list(b.shape)}."
        )
    both = check_broadcast(a.shape, b.shape)
    check_broadcast(target.shape, both[:-1])


def _check_triplets(*three: Any) -> None:
    ranks = [t.ndim for t in three]
    if len(set(ranks)) != 1:
        a, p, n = ranks
        raise RuntimeError(
            "The anchor, positive, and negative tensors are expected to have the same "
            f"number of dimensions, but got: anchor {a}D, positive {p}D, and negative "
            f"{n}D inputs"
        )


@row
def triplet_margin_loss(
    anchor: Payload,
    positive: Payload,
    negative: Payload,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    reduction = reduction_of(reduction, size_average, reduce)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    three = (anchor, positive, negative)
    _check_triplets(*three)
    if anchor.ndim == 0:
        three = tuple(F.reshape(t, shape=(1,)) for t in three)
    check_broadcast(*(t.shape for t in three))
    out = F.triplet_margin_loss(
        *three,
        margin=float(margin),
        p=float(p),
        eps=eps,
        swap=swap,
        reduction=reduction,
    )
    return _named(out, reduction, "ClampMinBackward0")


def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Any = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """A triplet loss with a distance of the user.

    Raises:
        ValueError: for an unknown reduction, or a margin that is not positive.
        RuntimeError: for tensors of different ranks.
    """
    from isograd import torch
    from isograd.torch.nn.table import FUNCTIONAL

    reduction = reduction_of(reduction, None, None)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    _check_triplets(anchor, positive, negative)
    distance = distance_function or FUNCTIONAL["pairwise_distance"]
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = torch.minimum(far, distance(positive, negative))
    each = torch.clamp(margin + near - far, min=0.0)
    if reduction == "none":
        return each
    return each.mean() if reduction == "mean" else each.sum()


@row
def ctc_loss(
    log_probs: Payload,
    targets: Payload,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    reduction = reduction_of(reduction, None, None)
    single = log_probs.ndim == 2
    lengths = _lengths(input_lengths), _lengths(target_lengths)
    _check_ctc(log_probs, targets, *lengths, blank)
    x = F.unsqueeze(log_probs, axis=1) if single else log_probs
    y = np.asarray(targets)
    y = y.reshape(1, -1) if single else y
    out = F.ctc_loss(
        x,
        y,
        input_lengths=tuple(lengths[0].tolist()),
        target_lengths=tuple(lengths[1].tolist()),
        blank=blank,
        zero_infinity=zero_infinity,
        reduction=reduction,
    )
    if single and reduction == "none":
        out = F.reshape(out, shape=())
    return _named(out, reduction, "CtcLossBackward0")


def _lengths(x: Any) -> np.ndarray:
    return np.asarray(x).reshape(-1)


def _check_ctc(
    x: Payload, targets: Payload, ins: np.ndarray, outs: np.ndarray, blank: int
) -> None:
    """Lengths and labels are within what log-probabilities (T, N, C) hold."""
    if x.ndim not in (2, 3):
        rank = x.ndim + (x.ndim < 3)  # one alone got its batch
        raise RuntimeError(
            f"Expected 3-dimensional tensor, but got {rank}-dimensional tensor for "
            f"argument #1 'log_probs' {_CTC}"
        )
    if x.dtype.kind != "f":
        raise NotImplementedError(
            f"\"ctc_loss_cpu\" not implemented for '{dtype_name(x)}'"
        )
    for name, found in (("input", ins), ("target", outs)):
        if found.dtype.kind == "f" and found.size:
            raise RuntimeError(f"{name}_lengths must be integral")
    if not 0 <= blank < x.shape[-1]:
        raise RuntimeError("blank must be in label range")
    batch = x.shape[1] if x.ndim == 3 else 1
    for name, found in (("input", ins), ("target", outs)):
        if found.size != batch:
            raise RuntimeError(f"{name}_lengths must be of size batch_size")
        if found.size and found.min() < 0:
            raise RuntimeError(
                f"Expected {name}_lengths to have value at least 0, but got value "
                f"{found.min()} {_CTC}"
            )
    if batch and ins.max() > x.shape[0]:
        raise RuntimeError(
            f"Expected input_lengths to have value at most {x.shape[0]}, but got value "
            f"{ins.max()} {_CTC}"
        )
    _check_ctc_targets(targets, outs, batch, x.ndim)


def _check_ctc_targets(
    targets: Payload, outs: np.ndarray, batch: int, rank: int
) -> None:
    need = int(outs.sum()) if targets.ndim == 1 and rank == 3 else batch
    rows = targets.shape[0] if targets.ndim and rank == 3 else need
    if rows != need:
        raise RuntimeError(
            f"Expected tensor to have size {need} at dimension 0, but got size {rows} "
            f"for argument #2 'targets' {_CTC}"
        )
    most = int(outs.max()) if outs.size else 0
    if targets.ndim == 2 and targets.shape[1] < most:
        raise RuntimeError(
            f"Expected tensor to have size at least {most} at dimension 1, but got size "
            f"{targets.shape[1]} for argument #2 'targets' {_CTC}"
        )


_CTC = "(while checking arguments for ctc_loss_allocate_outputs)"
