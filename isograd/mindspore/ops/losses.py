"""Loss functions, with MindSpore's arguments and defaults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore import errors
from isograd.mindspore.call import (
    array_of,
    broadcast_shapes,
    cast,
    floating,
    ints_of,
    op,
    promoted,
)

F = BOUND


def reduction_of(reduction: str, name: str) -> str:
    """The reduction, checked.

    Raises:
        ValueError: if it is none of "none", "mean" and "sum".
    """
    if reduction in ("none", "mean", "sum", "batchmean"):
        return reduction
    if name in _ENUMS:
        raise ValueError(
            f"Failed to convert the value \"{reduction}\" of input 'reduction' of "
            f"'{_ENUMS[name]}' to enum."
        )
    if name in _CHECKED:
        shown, allowed = _CHECKED[name]
        raise ValueError(
            f"For '{shown}', the 'reduction' must be str and must be in "
            f"'{allowed.split()}', but got '{reduction}'."
        )
    raise ValueError(
        f"For '{name}', the 'reduction' must be in ['mean', 'sum', 'none'], but got "
        f"{reduction}."
    )


# the other two ways in which losses refuse a reduction
_ENUMS = {
    "SmoothL1Loss": "smooth_l1_loss",
    "soft_margin_loss": "soft_margin_loss",
    "BinaryCrossEntropy": "BinaryCrossEntropy",
    "BCEWithLogitsLoss": "BCEWithLogitsLoss",
}
_CHECKED = {
    "cross_entropy": ("cross_entropy_loss", "none mean sum"),
    "kl_div": ("KLDivLoss", "none mean batchmean sum"),
    "triplet_margin_loss": ("TripletMarginLoss", "none sum mean"),
    "multi_margin_loss": ("MultiMarginLoss", "none sum mean"),
    "ctc_loss": ("ctc_loss", "none sum mean"),
}


def _pair(x: Payload, y: Payload, name: str) -> list[Payload]:
    broadcast_shapes(name, x.shape, y.shape)
    return promoted(x, y, least="f")


def alike(x: Payload, y: Payload, name: str, what: str) -> list[Payload]:
    """Operands whose shapes must be the same.

    Raises:
        ValueError: if they are not.
    """
    if x.shape != y.shape:
        raise errors.unequal(name, what, x.shape, y.shape)
    return promoted(x, y, least="f")


for _name in ("mse_loss", "l1_loss", "soft_margin_loss"):

    def _two(
        input: Payload, target: Payload, reduction: str = "mean", _name: str = _name
    ) -> Payload:
        if _name == "soft_margin_loss":
            x, y = alike(input, target, "SoftMarginLoss", "input_shape")
        else:
            x, y = _pair(input, target, "SubExt")
        return getattr(F, _name)(x, y, reduction=reduction_of(reduction, _name))

    op(_name)(_two)


@op("smooth_l1_loss")
def smooth_l1_loss(
    input: Payload, target: Payload, beta: float = 1.0, reduction: str = "none"
) -> Payload:
    x, y = alike(input, target, "SmoothL1Loss", "prediction_shape")
    return F.smooth_l1_loss(
        x, y, beta=float(beta), reduction=reduction_of(reduction, "SmoothL1Loss")
    )


@op("huber_loss")
def huber_loss(
    input: Payload, target: Payload, reduction: str = "mean", delta: float = 1.0
) -> Payload:
    x, y = _pair(input, target, "Sub")
    return F.huber_loss(
        x, y, delta=float(delta), reduction=reduction_of(reduction, "huber_loss")
    )


@op("binary_cross_entropy")
def binary_cross_entropy(
    logits: Payload, labels: Payload, weight: Any = None, reduction: str = "mean"
) -> Payload:
    x, y = alike(logits, labels, "BinaryCrossEntropy", "input_shape")
    return F.binary_cross_entropy(
        x,
        y,
        _weight(weight, x, "BinaryCrossEntropy"),
        reduction=reduction_of(reduction, "BinaryCrossEntropy"),
    )


@op("binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(
    logits: Payload,
    label: Payload,
    weight: Any = None,
    pos_weight: Any = None,
    reduction: str = "mean",
) -> Payload:
    if logits.shape != label.shape:
        raise ValueError(
            "For 'BCEWithLogitsLoss', two inputs 'input' and 'target' shape are not "
            f"equal, 'input' shape: {errors.vector(logits.shape)}, 'target' shape: "
            f"{errors.vector(label.shape)}"
        )
    x, y = promoted(logits, label, least="f")
    return F.binary_cross_entropy_with_logits(
        x,
        y,
        _weight(weight, x, "BCEWithLogitsLoss"),
        _weight(pos_weight, x, "BCEWithLogitsLoss", "pos_weight"),
        reduction=reduction_of(reduction, "BCEWithLogitsLoss"),
    )


def _as(x: Any, like: Payload) -> Any:
    return None if x is None else cast(x, like.dtype)


def _weight(x: Any, like: Payload, name: str, what: str = "weight") -> Any:
    """A weight of elements; MindSpore's kernels give it no gradient."""
    if x is None:
        return None
    try:
        np.broadcast_to(0.0, np.broadcast_shapes(x.shape, like.shape))
    except ValueError:
        raise ValueError(
            f"For '{name}', the shape of '{what}' can not broadcast to the shape of "
            "'input'."
        ) from None
    return F.stop_gradient(cast(x, like.dtype))


@op("sigmoid_cross_entropy_with_logits")
def sigmoid_cross_entropy_with_logits(logits: Payload, label: Payload) -> Payload:
    x, y = _pair(logits, label, "SigmoidCrossEntropyWithLogits")
    return F.binary_cross_entropy_with_logits(
        x, F.stop_gradient(y), reduction="none"
    )  # labels have no gradient, as in the next two


@op("cross_entropy")
def cross_entropy(
    input: Payload,
    target: Payload,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Payload:
    x = floating(input)
    if target.dtype.kind in "iu":
        x, y = _classified(x, target), target
    else:
        broadcast_shapes("Mul", x.shape, target.shape)
        y = cast(target, x.dtype)
    with _known_classes(x):
        return F.cross_entropy(
            x,
            y,
            _as(weight, x),
            ignore_index=ignore_index,
            label_smoothing=float(label_smoothing),
            reduction=reduction_of(reduction, "cross_entropy"),
        )


def _classified(x: Payload, target: Payload) -> Payload:
    """The rows of x that have a label; the labels are looked up with GatherD.

    Raises:
        ValueError: if there are more labels than rows.
    """
    if x.ndim < 2:
        return x
    if target.ndim != x.ndim - 1:
        raise ValueError(
            f"For primitive[GatherD], the x_rank must be equal to {target.ndim + 1}, "
            f"but got {x.ndim}."
        )
    rows, labels = x.shape[0], target.shape[0]
    if labels > rows:
        raise ValueError(
            "For primitive[GatherD], the x shape must be greater than or equal to "
            f"{labels}, but got {rows}."
        )
    if labels == rows:
        return x
    return F.slice(x, index=((0, labels, 1), *((0, n, 1) for n in x.shape[1:])))


@contextmanager
def _known_classes(x: Payload) -> Iterator[None]:
    """A label out of range is told as GatherD does."""
    try:
        yield
    except IndexError as error:
        found = re.match(r"index (-?\d+) is out of bounds", str(error))
        if not found:
            raise
        n = x.shape[1 if x.ndim > 1 else 0]
        raise errors.beyond_elements(int(found[1]), n) from None


@op("nll_loss")
def nll_loss(
    inputs: Payload,
    target: Payload,
    weight: Any = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Payload:
    x = _classified(floating(inputs), target)
    with _known_classes(x):
        loss = F.nll_loss(
            x,
            target,
            _as(weight, x),
            ignore_index=ignore_index,
            reduction=reduction_of(reduction, "nll_loss"),
        )
    if not label_smoothing:
        return loss
    smooth = F.neg(F.mean(x, axes=(1,)))
    smooth = F.reduced(smooth, reduction=reduction)
    return F.add(F.mul(loss, 1 - label_smoothing), F.mul(smooth, label_smoothing))


@op("softmax_cross_entropy_with_logits")
def softmax_cross_entropy_with_logits(logits: Payload, labels: Payload) -> Any:
    """(the loss of each row, its gradient in the logits)."""
    if labels.ndim != 2:
        raise ValueError(
            "For primitive[SoftmaxCrossEntropyWithLogits], the dimension of labels must "
            f"be equal to 2, but got {labels.ndim}."
        )
    x, y = _pair(logits, labels, "SoftmaxCrossEntropyWithLogits")
    y = F.stop_gradient(y)
    loss = F.cross_entropy(x, y, reduction="none")
    return loss, F.constant(F.sub(F.softmax(x, axis=1), y))


@op("sparse_softmax_cross_entropy_with_logits")
def sparse_softmax_cross_entropy_with_logits(logits: Payload, labels: Payload) -> Any:
    if labels.shape != logits.shape[:-1]:
        raise ValueError(
            "Labels shape value must be equal to the Features except the last dimension "
            "of Features"
        )
    return F.cross_entropy(floating(logits), labels, reduction="mean")


@op("kl_div")
def kl_div(logits: Payload, labels: Payload, reduction: str = "mean") -> Payload:
    x, y = alike(logits, labels, "KLDivLoss", "x shape")
    y = F.stop_gradient(y)
    return F.kl_div(x, y, log_target=False, reduction=reduction_of(reduction, "kl_div"))


@op("poisson_nll_loss")
def poisson_nll_loss(
    input: Payload,
    target: Payload,
    log_input: bool = True,
    full: bool = False,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Payload:
    x, y = _pair(input, target, "poisson_nll_loss")
    return F.poisson_nll_loss(
        x,
        y,
        log_input=log_input,
        full=full,
        eps=eps,
        reduction=reduction_of(reduction, "poisson_nll_loss"),
    )


@op("gaussian_nll_loss")
def gaussian_nll_loss(
    x: Payload,
    target: Payload,
    var: Payload,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Payload:
    a, b, v = promoted(x, target, var, least="f")
    return F.gaussian_nll_loss(
        a,
        b,
        v,
        full=full,
        eps=eps,
        reduction=reduction_of(reduction, "gaussian_nll_loss"),
    )


@op("hinge_embedding_loss")
def hinge_embedding_loss(
    inputs: Payload, targets: Payload, margin: float = 1.0, reduction: str = "mean"
) -> Payload:
    x, y = _pair(inputs, targets, "hinge_embedding_loss")
    return F.hinge_embedding_loss(
        x,
        y,
        margin=float(margin),
        reduction=reduction_of(reduction, "hinge_embedding_loss"),
    )


@op("margin_ranking_loss")
def margin_ranking_loss(
    input1: Payload,
    input2: Payload,
    target: Payload,
    margin: float = 0.0,
    reduction: str = "mean",
) -> Payload:
    a, b, y = promoted(input1, input2, target, least="f")
    return F.margin_ranking_loss(
        a,
        b,
        y,
        margin=float(margin),
        reduction=reduction_of(reduction, "margin_ranking_loss"),
    )


@op("cosine_embedding_loss")
def cosine_embedding_loss(
    input1: Payload,
    input2: Payload,
    target: Payload,
    margin: float = 0.0,
    reduction: str = "mean",
) -> Payload:
    a, b = _pair(input1, input2, "cosine_embedding_loss")
    return F.cosine_embedding_loss(
        a,
        b,
        cast(target, a.dtype),
        margin=float(margin),
        reduction=reduction_of(reduction, "cosine_embedding_loss"),
    )


@op("triplet_margin_loss")
def triplet_margin_loss(
    anchor: Payload,
    positive: Payload,
    negative: Payload,
    margin: Any = 1.0,
    p: int = 2,
    eps: float = 1e-6,
    swap: bool = False,
    reduction: str = "mean",
) -> Payload:
    a, b, c = promoted(anchor, positive, negative, least="f")
    return F.triplet_margin_loss(
        a,
        b,
        c,
        margin=float(np.asarray(margin)),
        p=float(p),
        eps=eps,
        swap=swap,
        reduction=reduction_of(reduction, "triplet_margin_loss"),
    )


@op("multi_margin_loss")
def multi_margin_loss(
    input: Payload,
    target: Payload,
    p: int = 1,
    margin: float = 1,
    weight: Any = None,
    reduction: str = "mean",
) -> Payload:
    x = floating(input)
    return F.multi_margin_loss(
        x,
        target,
        _as(weight, x),
        p=p,
        margin=float(margin),
        reduction=reduction_of(reduction, "multi_margin_loss"),
    )


@op("multilabel_margin_loss")
def multilabel_margin_loss(
    input: Payload, target: Payload, reduction: str = "mean"
) -> Payload:
    return F.multilabel_margin_loss(
        floating(input),
        target,
        reduction=reduction_of(reduction, "multilabel_margin_loss"),
    )


@op("multilabel_soft_margin_loss")
def multilabel_soft_margin_loss(
    input: Payload, target: Payload, weight: Any = None, reduction: str = "mean"
) -> Payload:
    x, y = _pair(input, target, "multilabel_soft_margin_loss")
    return F.multilabel_soft_margin_loss(
        x,
        y,
        _as(weight, x),
        reduction=reduction_of(reduction, "multilabel_soft_margin_loss"),
    )


@op("ctc_loss")
def ctc_loss(
    log_probs: Payload,
    targets: Payload,
    input_lengths: Payload,
    target_lengths: Payload,
    blank: int = 0,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """The loss, and the logarithms of the forward variables."""
    lengths = dict(
        input_lengths=ints_of(input_lengths),
        target_lengths=ints_of(target_lengths),
        blank=blank,
    )
    labels = array_of(targets)
    loss = F.ctc_loss(
        log_probs,
        labels,
        zero_infinity=zero_infinity,
        reduction=reduction_of(reduction, "ctc_loss"),
        **lengths,
    )
    return loss, F.ctc_log_alpha(log_probs, labels, **lengths)


@op("cosine_similarity")
def cosine_similarity(
    x1: Payload, x2: Payload, dim: int = 1, eps: float = 1e-8
) -> Payload:
    a, b = _pair(x1, x2, "Mul")
    return F.cosine_similarity(a, b, axis=dim % max(a.ndim, b.ndim), eps=eps)
