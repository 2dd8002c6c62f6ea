"""Loss functions of `torch.nn.functional`."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.drafts import asked, within
from isograd.core.primitive import Payload
from isograd.torch.call import check_broadcast, warn
from isograd.torch.dtypes import Size
from isograd.torch.nn.table import F, Named, dtype_name, reduction_of, row, same_dtype

_SIZE_WARNING = (
    "Using a target size ({t}) that is different to the input size ({i}). This will "
    "likely lead to incorrect results due to broadcasting. Please ensure they have the "
    "same size."
)


def _warn_size(x: Payload, y: Payload) -> None:
    if x.shape != y.shape:
        warn(_SIZE_WARNING.format(t=Size(y.shape), i=Size(x.shape)))
        check_broadcast(x.shape, y.shape)


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
    reduction = reduction_of(reduction, size_average, reduce)
    _warn_size(input, target)
    x, y, w = same_dtype(input, target, weight)
    return F.mse_loss(x, y, w, reduction=reduction)


@row
def l1_loss(
    input: Payload,
    target: Payload,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Any = None,
) -> Payload:
    reduction = reduction_of(reduction, size_average, reduce)
    _warn_size(input, target)
    out = F.l1_loss(*same_dtype(input, target), reduction=reduction)
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
    reduction = reduction_of(reduction, size_average, reduce)
    _warn_size(input, target)
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
    reduction = reduction_of(reduction, None, None)
    _warn_size(input, target)
    if delta <= 0:
        raise RuntimeError("huber_loss does not support non-positive values for delta.")
    x, y, w = same_dtype(input, target, weight)
    return F.huber_loss(x, y, w, delta=float(delta), reduction=reduction)


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
    return F.soft_margin_loss(
        *same_dtype(input, target),
        reduction=reduction_of(reduction, size_average, reduce),
    )


@row
def multilabel_soft_margin_loss(
    input: Payload,
    target: Payload,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Payload:
    reduction = reduction_of(reduction, size_average, reduce)
    out = F.multilabel_soft_margin_loss(
        *same_dtype(input, target), weight, reduction=reduction
    )
    return _named(out, reduction, "DivBackward0")


# --- classes --------------------------------------------------------------------------


def _check_classes(input: Payload, target: Payload, ignore: int) -> None:
    shape, n = input.shape, input.ndim
    if n == 0:
        raise RuntimeError("input tensor should be 1D or 2D")
    lead = shape[:1] if n > 1 else ()
    if n == 1:
        if target.shape not in ((), (1,)):
            raise ValueError(
                f"Expected input batch_size ({shape[0]}) to match target "
                f"batch_size ({target.shape[0]})."
                if target.ndim == 1
                else "0D or 1D target tensor expected, multi-target not supported"
            )
    elif target.shape[:1] != lead:
        found = target.shape[0] if target.ndim else 0
        raise ValueError(
            f"Expected input batch_size ({shape[0]}) to match target "
            f"batch_size ({found})."
        )
    elif n == 2 and target.ndim != 1:
        raise RuntimeError(
            "0D or 1D target tensor expected, multi-target not supported"
        )
    elif n > 2 and target.shape[1:] != shape[2:]:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of "
            f"dimension: {target.ndim}"
            if n == 4 and target.ndim != 3
            else f"Expected target size {list((*lead, *shape[2:]))}, got "
            f"{list(target.shape)}"
        )
    if target.dtype.kind not in "iu" or (
        target.dtype.itemsize < 8 and (target.dtype.kind != "u")
    ):
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {dtype_name(target)}"
        )
    _check_range(target, shape[0 if n == 1 else 1], ignore)


def _check_range(target: Payload, classes: int, ignore: int) -> None:
    if asked(_misses, target, classes, ignore):
        bad = ((target < 0) | (target >= classes)) & (target != ignore)
        raise IndexError(f"Target {int(target[bad].reshape(-1)[0])} is out of bounds.")


def _misses(target: np.ndarray, classes: int, ignore: int) -> bool:
    if within(target, classes):
        return False
    return bool((((target < 0) | (target >= classes)) & (target != ignore)).any())


def _class_label(input: Payload) -> str:
    return "NllLoss2DBackward0" if input.ndim > 2 else "NllLossBackward0"


@row
def nll_loss(
    input: Payload,
    target: Payload,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
) -> Any:
    reduction = reduction_of(reduction, size_average, reduce)
    _check_classes(input, target, ignore_index)
    out = F.nll_loss(
        input,
        _squeezed(input, target),
        weight,
        ignore_index=ignore_index,
        reduction=reduction,
    )
    return Named(out, _class_label(input))


def _squeezed(input: Payload, target: Payload) -> Payload:
    if input.ndim == 1 and target.ndim == 1:
        return F.reshape(target, shape=())
    return target


@row
def cross_entropy(
    input: Payload,
    target: Payload,
    weight: Any = None,
    size_average: Any = None,
    ignore_index: int = -100,
    reduce: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    reduction = reduction_of(reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise RuntimeError(
            f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing:g}"
        )
    axis = 0 if input.ndim == 1 else 1
    if weight is not None and weight.shape != (input.shape[axis],):
        raise RuntimeError(
            "weight tensor should be defined either for all "
            f"{input.shape[axis]} classes or no classes but got weight tensor of shape: "
            f"{list(weight.shape)}"
        )
    soft = target.shape == input.shape and target.dtype.kind not in "iub"
    if soft:
        label = "DivBackward1" if reduction == "mean" else "NegBackward0"
        out = F.cross_entropy(
            *same_dtype(input, target),
            weight,
            label_smoothing=label_smoothing,
            reduction="sum" if reduction == "mean" else reduction,
        )
        if reduction == "mean":  # over the batch and the space, not the classes
            count = int(np.prod(input.shape)) // input.shape[axis]
            out = F.div(out, float(count))
        return Named(out, label)
    if target.shape == input.shape and target.dtype.kind in "iub":
        raise RuntimeError(
            "Expected floating point type for target with class "
            f"probabilities, got {dtype_name(target)}"
        )
    _check_classes(input, target, ignore_index)
    out = F.cross_entropy(
        input,
        _squeezed(input, target),
        weight,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
        reduction=reduction,
    )
    return Named(out, "AddBackward0" if label_smoothing else _class_label(input))


@row
def multi_margin_loss(
    input: Payload,
    target: Payload,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Payload:
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    return F.multi_margin_loss(
        input,
        target,
        weight,
        p=p,
        margin=margin,
        reduction=reduction_of(reduction, size_average, reduce),
    )


@row(label="MultilabelMarginLossBackward0")
def multilabel_margin_loss(
    input: Payload,
    target: Payload,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Payload:
    return F.multilabel_margin_loss(
        input, target, reduction=reduction_of(reduction, size_average, reduce)
    )


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
    shape = check_broadcast(x.shape, y.shape)
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
    out = F.poisson_nll_loss(
        *same_dtype(input, target),
        log_input=log_input,
        full=full,
        eps=eps,
        reduction=reduction,
    )
    return _named(out, reduction, "SubBackward0")


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
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not valid")
    if var.shape != input.shape and var.shape == input.shape[:-1]:
        var = F.unsqueeze(var, axis=var.ndim)
    x, y, v = same_dtype(input, target, var)
    out = F.gaussian_nll_loss(x, y, v, full=full, eps=eps, reduction=reduction)
    return _named(out, reduction, "MulBackward0")


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
    out = F.cosine_embedding_loss(
        input1, input2, target, margin=float(margin), reduction=reduction
    )
    return _named(out, reduction, "AddBackward0")


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
    out = F.triplet_margin_loss(
        anchor,
        positive,
        negative,
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
    """A triplet loss with a distance of the user."""
    from isograd import torch
    from isograd.torch.nn.table import FUNCTIONAL

    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
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
