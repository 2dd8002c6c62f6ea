"""Losses of classes of `torch.nn.functional`: what they refuse, and their rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.drafts import asked, within
from isograd.core.primitive import Payload
from isograd.torch.nn.table import (
    F,
    Named,
    dtype_name,
    no_gradient,
    reduction_of,
    row,
    same_dtype,
)
from isograd.torch.scans import check_softmax

# --- classes --------------------------------------------------------------------------


def _check_batch(input: Payload, target: Payload) -> None:
    """Batches of classes and of labels, as `nll_loss` counts them for any rank.

    Raises:
        ValueError: for no classes, or another number of labels.
    """
    if input.ndim == 0:
        raise ValueError("Expected 1 or more dimensions (got 0)")
    found = target.shape[0] if target.ndim else 0
    if input.ndim > 1 and input.shape[0] != found:
        raise ValueError(
            f"Expected input batch_size ({input.shape[0]}) to match target "
            f"batch_size ({found})."
        )


def _check_classes(input: Payload, target: Payload, weight: Any, ignore: int) -> None:
    _check_batch(input, target)
    flat = input.ndim <= 2
    no_gradient("nll_loss_forward" if flat else "nll_loss2d_forward", weight=weight)
    _check_places(input, target)
    classes = input.shape[0 if input.ndim == 1 else 1]
    if weight is not None and weight.shape != (classes,):
        own = f" {classes} " if flat else " "
        shape = f" but got weight tensor of shape: {list(weight.shape)}" if flat else ""
        raise RuntimeError(
            f"weight tensor should be defined either for all{own}{'classes ' * flat}or "
            f"no classes{shape}"
        )
    if input.dtype.kind in "iub":
        kernel = "nll_loss_out_frame" if flat else "nll_loss2d_forward_out_frame"
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{dtype_name(input)}'"
        )
    _check_weight_dtype(input, weight)
    _check_range(target, classes, ignore)


def _check_places(input: Payload, target: Payload) -> None:
    """Shape and dtype of labels.

    Raises:
        RuntimeError, ValueError: for those that do not fit the input.
    """
    if input.ndim <= 2 and target.ndim > 1:
        raise RuntimeError(
            "0D or 1D target tensor expected, multi-target not supported"
        )
    if input.ndim > 2 and target.shape[1:] != input.shape[2:]:
        raise RuntimeError(
            f"only batches of spatial targets supported (3D tensors) but got targets of "
            f"dimension: {target.ndim}"
            if input.ndim == 4 and target.ndim != 3
            else f"Expected target size {[input.shape[0], *input.shape[2:]]}, got "
            f"{list(target.shape)}"
        )
    if target.dtype.kind not in "iu" or (
        target.dtype.itemsize < 8 and (target.dtype.kind != "u")
    ):
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {dtype_name(target)}"
        )
    if input.ndim == 1 and target.shape not in ((), (1,)):
        raise ValueError(
            "For 1D input, 1D target must have size 1, but got target size: "
            f"{target.shape[0]}"
        )


def _check_weight_dtype(input: Payload, weight: Any) -> None:
    if weight is not None and weight.dtype != input.dtype:
        raise RuntimeError(
            f"expected scalar type {dtype_name(input)} but found {dtype_name(weight)}"
        )


def _check_range(target: Payload, classes: int, ignore: int) -> None:
    if asked(_misses, target, classes, ignore):
        bad = ((target < 0) | (target >= classes)) & (target != ignore)
        raise IndexError(f"Target {int(target[bad].reshape(-1)[0])} is out of bounds.")


def _misses(target: np.ndarray, classes: int, ignore: int) -> bool:
    if within(target, classes):
        return False
    return bool((((target < 0) | (target >= classes)) & (target != ignore)).any())


def _class_label(input: Payload, reduction: str) -> str:
    if input.ndim <= 2:
        return "NllLossBackward0"
    seen_as_images = input.ndim != 4 and reduction == "none"
    return "ViewBackward0" if seen_as_images else "NllLoss2DBackward0"


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
    _check_classes(input, target, weight, ignore_index)
    out = F.nll_loss(
        input,
        _squeezed(input, target),
        weight,
        ignore_index=ignore_index,
        reduction=reduction,
    )
    return Named(out, _class_label(input, reduction))


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
    if target.shape == input.shape:
        return _of_probabilities(
            input, target, weight, ignore_index, label_smoothing, reduction
        )
    if input.ndim:
        check_softmax("log_softmax", input, 0 if input.ndim == 1 else 1)
    _check_classes(input, target, weight, ignore_index)
    out = F.cross_entropy(
        input,
        _squeezed(input, target),
        weight,
        ignore_index=ignore_index,
        label_smoothing=label_smoothing,
        reduction=reduction,
    )
    label = "AddBackward0" if label_smoothing else _class_label(input, reduction)
    return Named(out, label)


def _of_probabilities(
    input: Payload,
    target: Payload,
    weight: Any,
    ignore_index: int,
    label_smoothing: float,
    reduction: str,
) -> Any:
    """Cross entropy of classes' probabilities; its mean is over batch and space.

    Raises:
        RuntimeError: for labels, `ignore_index` or another number of weights.
    """
    if target.dtype.kind in "iub":
        raise RuntimeError(
            "Expected floating point type for target with class "
            f"probabilities, got {dtype_name(target)}"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    classes = input.shape[0 if input.ndim == 1 else 1] if input.ndim else 1
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"cross_entropy: weight tensor should be defined either for all {classes} "
            f"classes or no classes but got weight tensor of shape: {list(weight.shape)}"
        )
    out = F.cross_entropy(
        *same_dtype(input, target),
        weight,
        label_smoothing=label_smoothing,
        reduction="sum" if reduction == "mean" else reduction,
    )
    if reduction != "mean":
        return Named(out, "NegBackward0")
    count = int(np.prod(input.shape)) // classes
    return Named(F.div(out, float(count)), "DivBackward1")


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
    reduction = reduction_of(reduction, size_average, reduce)
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    if weight is not None and weight.ndim != 1:
        raise ValueError("weight must be one-dimensional")
    no_gradient("multi_margin_loss", weight=weight)
    classes, rows = _check_rows(input)
    if target.ndim > 1 or target.size != rows:
        raise RuntimeError(
            "multi_margin_loss: target tensor should be 1-D with size equal to the "
            "number of input samples (batch size). Expected target size "
            f"[{rows}], but got {list(target.shape)}. Input has shape "
            f"{list(input.shape)}."
        )
    if weight is not None and weight.shape != (classes,):
        raise RuntimeError(
            f"inconsistent weight size, expected {classes} but got {list(weight.shape)}"
        )
    _check_margin("multi_margin_loss_cpu_kernel", input, target)
    _check_weight_dtype(input, weight)
    if asked(_leaves, target, 0, classes):
        raise RuntimeError("target out of range")
    return F.multi_margin_loss(
        F.reshape(input, shape=(1,)) if input.ndim == 0 else input,
        F.reshape(target, shape=input.shape[:-1]),
        weight,
        p=p,
        margin=margin,
        reduction=reduction,
    )


def _check_rows(input: Payload) -> tuple[int, int]:
    """Classes and rows of a vector or matrix of scores.

    Raises:
        RuntimeError: for another rank or no classes.
    """
    shape = input.shape
    if len(shape) > 2 or shape[-1:] == (0,):
        raise RuntimeError(
            "Expected non-empty vector or matrix with optional 0-dim batch size, but "
            f"got: {list(shape)}"
        )
    return (shape[-1] if shape else 1), (shape[0] if len(shape) == 2 else 1)


def _check_margin(kernel: str, input: Payload, target: Payload) -> None:
    d = input.dtype
    if d.kind in "iub" or d == np.float16 or (d.kind == "V" and "multilabel" in kernel):
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{dtype_name(input)}'"
        )
    if target.dtype != np.int64:
        raise RuntimeError(f"expected scalar type Long but found {dtype_name(target)}")


def _leaves(target: np.ndarray, least: int, classes: int) -> bool:
    """Whether an element is not in [least, classes)."""
    return bool(((target < least) | (target >= classes)).any())


@row(label="MultilabelMarginLossBackward0")
def multilabel_margin_loss(
    input: Payload,
    target: Payload,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Payload:
    reduction = reduction_of(reduction, size_average, reduce)
    classes, _ = _check_rows(input)
    if target.shape != input.shape and (input.ndim or target.shape != (1,)):
        raise RuntimeError(
            f"inconsistent target size: {list(target.shape)} for input of size: "
            f"{list(input.shape)}"
        )
    _check_margin("multilabel_margin_loss_forward_out_frame", input, target)
    if asked(_leaves, target, -1, classes):
        raise RuntimeError("argument #2 'target' is out of range")
    if input.ndim == 0:
        input, target = (F.reshape(a, shape=(1,)) for a in (input, target))
    return F.multilabel_margin_loss(input, target, reduction=reduction)
