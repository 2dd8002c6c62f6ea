"""Activation functions, with MindSpore's defaults and its derivatives at kinks."""

from __future__ import annotations

from typing import Any

from isograd.core import fast
from isograd.core.primitive import BOUND, REGISTRY, Payload
from isograd.mindspore.call import (
    axis_of,
    cast,
    explained,
    expose,
    fits,
    floating,
    lift,
    lower,
    op,
    promoted,
)
from isograd.mindspore.dtype import np_of
from isograd.mindspore.seed import generator
from isograd.mindspore.tensor import FAMILY, Tensor

F = BOUND


def _real(x: Any) -> Payload:
    """A tensor in floating point."""
    return floating(fits(x, "activation"))


@explained("relu")
def _relu_slow(input: Any) -> Any:
    return lift(F.relu(fits(lower(input), "ReLU")))


relu = fast.unary(REGISTRY["relu"], Tensor, _relu_slow, "fi", FAMILY)
expose(relu, ["relu"], "relu")


@op("leaky_relu")
def leaky_relu(input: Payload, alpha: Any = 0.2) -> Payload:
    """At 0 the derivative is (1 + alpha) / 2: the maximum of two functions."""
    slope = float(alpha)
    return F.leaky_relu(_real(input), slope=slope, edge=(1 + slope) / 2)


expose(leaky_relu, [], "leaky_relu")


@op("relu6")
def relu6(x: Payload) -> Payload:
    return F.clip(F.relu(_real(x)), lo=None, hi=6.0, edge=1)


@op("hardtanh")
def hardtanh(input: Payload, min_val: Any = -1.0, max_val: Any = 1.0) -> Payload:
    x = fits(input, "hardtanh")
    return F.clip(x, lo=float(min_val), hi=float(max_val), edge=0.5)


@op("gelu")
def gelu(input: Payload, approximate: str = "none") -> Payload:
    if approximate not in ("none", "tanh"):
        raise ValueError(
            "For 'gelu', the 'approximate' must be 'none' or 'tanh', but "
            f"got {approximate!r}."
        )
    x = _real(input)
    return F.gelu_tanh(x) if approximate == "tanh" else F.gelu(x)


op("_gelu_tanh")(lambda x: F.gelu_tanh(_real(x)))
op("fast_gelu")(lambda x: F.mul(x, F.sigmoid(F.mul(x, 1.702))))


@op("softplus")
def softplus(input: Payload, beta: Any = 1, threshold: Any = 20) -> Payload:
    return F.softplus(_real(input), beta=float(beta), threshold=float(threshold))


@op("elu")
def elu(input_x: Payload, alpha: float = 1.0) -> Payload:
    return F.elu(_real(input_x), alpha=float(alpha), scale=1.0, input_scale=1.0)


@op("celu")
def celu(x: Payload, alpha: float = 1.0) -> Payload:
    return F.celu(_real(x), alpha=float(alpha))


# body: (names, names of methods)
_PLAIN: dict[str, tuple[str, str]] = {
    "selu": ("selu", ""),
    "silu": ("silu swish", ""),
    "mish": ("mish", ""),
    "softsign": ("softsign", ""),
    "logsigmoid": ("logsigmoid log_sigmoid", ""),
    "hardsigmoid": ("hardsigmoid", ""),
    "tanhshrink": ("tanhshrink", ""),
}
for _name, (_names, _methods) in _PLAIN.items():
    op(_names, methods=_methods)(
        lambda input, _name=_name: getattr(F, _name)(_real(input))
    )


@op("hardswish")
def hardswish(input: Payload) -> Payload:
    return F.hardswish_closed(_real(input))


@op("hardshrink", methods="hardshrink")
def hardshrink(input: Payload, lambd: float = 0.5) -> Payload:
    return F.hardshrink(_real(input), lambd=float(lambd))


@op("softshrink soft_shrink")
def softshrink(input: Payload, lambd: float = 0.5) -> Payload:
    return F.softshrink(_real(input), lambd=float(lambd))


@op("threshold")
def threshold(input: Payload, thr: Any, value: Any) -> Payload:
    return F.threshold(fits(input, "threshold"), bound=float(thr), value=float(value))


@op("prelu")
def prelu(input: Payload, weight: Payload) -> Payload:
    x, w = promoted(fits(input, "prelu"), fits(weight, "prelu", "weight"))
    if w.size > 1 and x.ndim > 1:
        w = F.reshape(w, shape=(w.size,) + (1,) * (x.ndim - 2))
    return F.prelu(x, w)


@op("rrelu")
def rrelu(input: Payload, lower: float = 1 / 8, upper: float = 1 / 3) -> Payload:
    slope = generator().uniform(lower, upper, input.shape).astype(input.dtype)
    return F.where(F.ge(input, 0.0), input, F.mul(slope, input))


@op("glu")
def glu(x: Payload, axis: int = -1) -> Payload:
    return F.glu(x, axis=axis_of(axis, x.ndim, "glu"))


def _over_axis(name: str) -> Any:
    def function(input: Payload, axis: Any = -1, *, dtype: Any = None) -> Payload:
        x = _real(input) if dtype is None else cast(input, np_of(dtype))
        if not x.ndim:
            raise ValueError(f"For '{name}', the input must have at least one axis.")
        return getattr(F, name)(x, axis=axis_of(_single(axis), x.ndim, name))

    return function


def _single(axis: Any) -> Any:
    return axis[0] if isinstance(axis, tuple | list) and len(axis) == 1 else axis


for _name in ("softmax", "log_softmax"):
    op(_name, methods=True)(_over_axis(_name))


@op("softmin")
def softmin(x: Payload, axis: Any = -1, *, dtype: Any = None) -> Payload:
    return F.softmin(_real(x), axis=axis_of(axis, x.ndim, "softmin"))


@op("gumbel_softmax")
def gumbel_softmax(
    logits: Payload, tau: float = 1.0, hard: bool = False, dim: int = -1
) -> Payload:
    noise = F.random_gumbel(
        shape=logits.shape, dtype=logits.dtype, generator=generator()
    )
    axis = axis_of(dim, logits.ndim, "gumbel_softmax")
    return F.gumbel_softmax(logits, noise, tau=tau, hard=hard, axis=axis)
