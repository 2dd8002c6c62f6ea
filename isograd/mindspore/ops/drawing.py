"""Operator classes of random numbers and losses, and those that compute nothing."""

from __future__ import annotations

from typing import Any

from isograd.core.primitive import Payload
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import FUNCTIONS, array_of, cast
from isograd.mindspore.ops import random
from isograd.mindspore.ops.operators import (
    OPERATORS,
    F,
    Fn,
    on_payloads,
    setting,
)
from isograd.mindspore.ops.primitive import operator, setting_operator
from isograd.mindspore.tensor import Tensor

# --- random ---------------------------------------------------------------------------


def _seeds(seed: int, seed2: int) -> Any:
    return (seed * 1000003 + seed2) or None


@setting
def StandardNormal(seed: int = 0, seed2: int = 0) -> Fn:
    source = random.generator(_seeds(seed, seed2)) if seed or seed2 else None
    holder = None if source is None else type("Held", (), {"numpy": source})
    return on_payloads(
        lambda shape: random.drawn("normal", shape, None, holder), "StandardNormal"
    )


@setting
def UniformReal(seed: int = 0, seed2: int = 0) -> Fn:
    source = random.generator(_seeds(seed, seed2)) if seed or seed2 else None
    holder = None if source is None else type("Held", (), {"numpy": source})
    return on_payloads(
        lambda shape: random.drawn("uniform", shape, None, holder), "UniformReal"
    )


@setting
def UniformInt(seed: int = 0, seed2: int = 0) -> Fn:
    return on_payloads(
        lambda shape, minval, maxval: random.between(
            shape, array_of(minval), array_of(maxval), dtypes.int32, _seeds(seed, seed2)
        ),
        "UniformInt",
    )


@setting
def StandardLaplace(seed: int = 0, seed2: int = 0) -> Fn:
    return lambda shape: FUNCTIONS["standard_laplace"](shape, _seeds(seed, seed2))


@setting
def Gamma(seed: int = 0, seed2: int = 0) -> Fn:
    return lambda shape, alpha, beta: FUNCTIONS["gamma"](
        shape, alpha, beta, _seeds(seed, seed2)
    )


@setting
def Multinomial(seed: int = 0, seed2: int = 0, dtype: Any = dtypes.int32) -> Fn:
    return lambda x, num_samples: FUNCTIONS["multinomial"](
        x, num_samples, True, _seeds(seed, seed2)
    )


@setting
def Randperm(max_length: int = 1, pad: int = -1, dtype: Any = dtypes.int32) -> Fn:
    return lambda n: FUNCTIONS["randperm"](n, dtype=dtype)


@setting
def Bernoulli(seed: int = -1, offset: int = 0) -> Fn:
    return lambda x, p: FUNCTIONS["bernoulli"](x, p, None if seed < 0 else seed)


@setting
def Dropout(keep_prob: float = 0.5, Seed0: int = 0, Seed1: int = 0) -> Fn:
    def compute(x: Payload) -> Any:
        mask = F.lt(
            random.drawn("uniform", x.shape, None, _seeds(Seed0, Seed1)),
            float(keep_prob),
        )
        scaled = F.mul(x, 1 / keep_prob) if keep_prob else x
        return (F.where(mask, scaled, F.zeros_like(x)), cast(mask, x.dtype))

    return on_payloads(compute, "Dropout")


# --- losses ---------------------------------------------------------------------------


@setting
def SmoothL1Loss(beta: float = 1.0, reduction: str = "none") -> Fn:
    return lambda logits, labels: FUNCTIONS["smooth_l1_loss"](
        logits, labels, beta, reduction
    )


@setting
def BCEWithLogitsLoss(reduction: str = "mean") -> Fn:
    return lambda predict, target, weight=None, pos_weight=None: FUNCTIONS[
        "binary_cross_entropy_with_logits"
    ](predict, target, weight, pos_weight, reduction)


@setting
def BinaryCrossEntropy(reduction: str = "mean") -> Fn:
    return lambda logits, labels, weight=None: FUNCTIONS["binary_cross_entropy"](
        logits, labels, weight, reduction
    )


@setting
def KLDivLoss(reduction: str = "mean") -> Fn:
    return lambda logits, labels: FUNCTIONS["kl_div"](logits, labels, reduction)


@setting
def NLLLoss(reduction: str = "mean", ignore_index: int = -100) -> Fn:
    def compute(logits: Payload, labels: Payload, weight: Payload) -> Any:
        weight = F.stop_gradient(weight)  # it has no gradient
        loss = F.nll_loss(
            logits, labels, weight, ignore_index=ignore_index, reduction=reduction
        )
        return loss, F.sum(F.gather(weight, labels), axes=tuple(range(labels.ndim)))

    return on_payloads(compute, "NLLLoss")


@setting
def SparseSoftmaxCrossEntropyWithLogits(is_grad: bool = False) -> Fn:
    def compute(logits: Payload, labels: Payload) -> Payload:
        if labels.shape != logits.shape[:-1]:
            raise ValueError(
                "Labels shape value must be equal to the Features except the last "
                "dimension of Features"
            )
        if not is_grad:
            return F.cross_entropy(logits, labels, reduction="mean")
        hot = F.one_hot(labels, count=logits.shape[-1], dtype=logits.dtype)
        return F.div(F.sub(F.softmax(logits, axis=1), hot), float(labels.size))

    return on_payloads(compute, "SparseSoftmaxCrossEntropyWithLogits")


# --- no computation of their own ------------------------------------------------------


class ReduceOp:
    """How a collective operation combines values."""

    SUM, MAX, MIN, PROD = "sum", "max", "min", "prod"


def _alone(name: str) -> None:
    """A collective operation of one process: its input as it is."""

    def factory(
        op: Any = ReduceOp.SUM, group: str = "hccl_world_group", *rest: Any
    ) -> Fn:
        return lambda x: x

    OPERATORS[name] = setting_operator(name, factory)


for _name in (
    "AllReduce",
    "AllGather",
    "ReduceScatter",
    "Broadcast",
    "AlltoAll",
    "NeighborExchange",
):
    _alone(_name)


@setting
def Print() -> Fn:
    return print_each


def print_each(*values: Any) -> None:
    """Print values, each on a line of its own; tensors by their representation."""
    for v in values:
        print(v if isinstance(v, str) else repr(v))


FUNCTIONS["print_"] = print_each


@setting
def FloatStatus() -> Fn:
    """1 if an element is not finite, else 0: shape (1,)."""

    def compute(x: Payload) -> Payload:
        bad = F.logical_not(F.all(F.isfinite(x), axes=tuple(range(x.ndim))))
        return F.reshape(cast(bad, dtypes.float32.np), shape=(1,))

    return on_payloads(compute, "FloatStatus")


for _name in ("NPUAllocFloatStatus", "NPUGetFloatStatus", "NPUClearFloatStatus"):
    OPERATORS[_name] = operator(_name, lambda *_: Tensor([0.0] * 8, dtypes.float32))


@setting
def CheckValid() -> Fn:
    """Which boxes (n, 4) lie inside of an image (height, width, ratio)."""

    def compute(bboxes: Payload, img_metas: Payload) -> Payload:
        box, meta = array_of(bboxes), array_of(img_metas)
        high, wide = meta[0] * meta[2] - 1, meta[1] * meta[2] - 1
        return (
            (box[:, 0] >= 0)
            & (box[:, 1] >= 0)
            & (box[:, 2] <= wide)
            & (box[:, 3] <= high)
        )

    return on_payloads(compute, "CheckValid")
