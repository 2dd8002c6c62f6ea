"""Activation functions, dropout, distances and the like of `torch.nn.functional`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from isograd.base.dtypes import limits_of
from isograd.core import fast
from isograd.core.drafts import asked, beyond, irregular
from isograd.core.primitive import REGISTRY, Payload
from isograd.core.tensor import Tensor as CoreTensor
from isograd.torch.call import floating, public, type_name, warn
from isograd.torch.nn.table import FUNCTIONAL as T
from isograd.torch.nn.table import F, dtype_name, generator, plain, row
from isograd.torch.random import differs, memory_order
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import FAMILY, Tensor, checked_dim

# --- activations: body, its name in torch.nn.functional, label of its node ------------


def _float_only(x: Payload, kernel: str) -> Payload:
    if x.dtype.kind not in "fcV":
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtype_name(x)}'")
    return x


def _gelu(input: Payload, approximate: str = "none") -> Payload:
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    x = _float_only(input, "GeluKernelImpl")
    return F.gelu(x) if approximate == "none" else F.gelu_tanh(x)


def _leaky(input: Payload, negative_slope: float = 0.01) -> Payload:
    slope = float(negative_slope)
    return F.leaky_relu(_float_only(input, "leaky_relu_cpu"), slope=slope, edge=slope)


def _elu(input: Payload, alpha: float = 1.0) -> Payload:
    return F.elu(
        _float_only(input, "elu_cpu"), alpha=float(alpha), scale=1.0, input_scale=1.0
    )


def _celu(input: Payload, alpha: float = 1.0) -> Payload:
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return F.celu(input, alpha=float(alpha))


def _hardtanh(input: Payload, min_val: float = -1.0, max_val: float = 1.0) -> Payload:
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    return F.hardtanh(input, lo=float(min_val), hi=float(max_val), edge=0.0)


def _softplus(input: Payload, beta: float = 1, threshold: float = 20) -> Payload:
    return F.softplus(
        _float_only(input, "softplus_cpu"), beta=float(beta), threshold=float(threshold)
    )


def _softshrink(input: Payload, lambd: float = 0.5) -> Payload:
    x = _float_only(input, "softshrink_check")
    most = float(limits_of(x.dtype).max)
    if not 0 <= lambd <= most:
        raise RuntimeError(
            f"lambda must be in range [0, {most:g}] for input dtype {dtype_name(x)}, but "
            f"found {lambd:g}"
        )
    return F.softshrink(input, lambd=float(lambd))


def _threshold(input: Payload, threshold: float, value: float) -> Payload:
    return F.threshold(input, bound=threshold, value=value)


_WITH_INPLACE: dict[str, tuple[Any, str]] = {
    "relu": (lambda input: F.relu(input), "ReluBackward0"),
    "relu6": (
        lambda input: F.hardtanh(input, lo=0.0, hi=6.0, edge=0.0),
        "HardtanhBackward0",
    ),
    "leaky_relu": (_leaky, "LeakyReluBackward0"),
    "elu": (_elu, "EluBackward0"),
    "selu": (lambda input: F.selu(input), "EluBackward0"),
    "celu": (_celu, "CeluBackward0"),
    "hardtanh": (_hardtanh, "HardtanhBackward0"),
    "threshold": (_threshold, "ThresholdBackward0"),
    "silu": (lambda input: F.silu(floating(input)), "SiluBackward0"),
    "mish": (lambda input: F.mish(input), "MishBackward0"),
    "hardswish": (lambda input: F.hardswish(input), "HardswishBackward0"),
    "hardsigmoid": (lambda input: F.hardsigmoid(input), "HardsigmoidBackward0"),
}


_FROM_RESULT = ("leaky_relu", "elu", "selu", "celu", "threshold")
"""Those that, in place, are differentiated from their result: another node."""


def _with_inplace(name: str, body: Any, label: str) -> None:
    """A function with the argument `inplace`, and its twin `name_`."""
    apply = public(body, name, label)
    written = label.replace("0", "1") if name in _FROM_RESULT else label
    prim = REGISTRY.get(name)
    if (
        prim is not None
        and prim.kind == "elementwise"
        and prim.arity == 1
        and (body.__code__.co_argcount == 1)
    ):
        apply = fast.unary(prim, Tensor, apply, "f", FAMILY)

    def write(input: Any, *args: Any, **kwargs: Any) -> Any:
        from isograd.torch.call import in_place

        return in_place(body, f"{name}_", written)(input, *args, **kwargs)

    def function(input: Any, *args: Any, inplace: bool = False, **kwargs: Any) -> Any:
        if not args and not inplace and not kwargs and isinstance(input, CoreTensor):
            return apply(input)
        if not isinstance(input, CoreTensor):
            from isograd.torch.overrides import foreign, handle_torch_function

            if foreign((input,)):
                return handle_torch_function(function, (input,), input, *args)
            raise TypeError(
                f"{name}(): argument 'input' (position 1) must be Tensor, "
                f"not {type_name(input)}"
            )
        if args and type(args[-1]) is bool:
            args, inplace = args[:-1], args[-1]
        return (write if inplace else apply)(input, *args, **kwargs)

    function.__name__ = function.__qualname__ = name
    T[name] = function
    T[f"{name}_"] = write


for _name, (_body, _label) in _WITH_INPLACE.items():
    _with_inplace(_name, _body, _label)

_PLAIN: dict[str, tuple[Any, str]] = {
    "gelu": (_gelu, "GeluBackward0"),
    "logsigmoid": (
        lambda input: F.logsigmoid(_float_only(input, "log_sigmoid_cpu")),
        "LogSigmoidBackward0",
    ),
    "softplus": (_softplus, "SoftplusBackward0"),
    "softshrink": (_softshrink, "SoftshrinkBackward0"),
    "hardshrink": (
        lambda input, lambd=0.5: F.hardshrink(input, lambd=float(lambd)),
        "HardshrinkBackward0",
    ),
    "tanhshrink": (lambda input: F.tanhshrink(input), "SubBackward0"),
    "softsign": (lambda input: F.softsign(input), "DivBackward0"),
}
for _name, (_body, _label) in _PLAIN.items():
    row(_body, name=_name, label=_label)
for _name in ("tanh", "sigmoid"):
    T[_name] = FUNCTIONS[_name]


@row(label="PreluKernelBackward0")
def prelu(input: Payload, weight: Payload) -> Payload:
    if input.dtype != weight.dtype:
        raise RuntimeError(
            f"prelu: Type promoting not supported. Got {dtype_name(input)} and "
            f"{dtype_name(weight)}"
        )
    count = weight.shape[0] if weight.ndim else 1
    if count != 1:
        if input.ndim == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input.shape[1] if input.ndim > 1 else 1
        if channels != count:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter "
                f"numbers = {count} and channel size = {channels}."
            )
        weight = F.reshape(weight, shape=(count, *(1,) * (input.ndim - 2)))
    elif weight.ndim:
        weight = F.reshape(weight, shape=())
    return F.prelu(input, weight)


@row
def glu(input: Payload, dim: int = -1) -> Payload:
    if input.ndim == 0:
        raise RuntimeError(
            "glu does not support scalars because halving size must be even"
        )
    axis = checked_dim(dim, input.ndim)
    n = input.shape[axis]
    if n % 2:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {axis} is size {n}"
        )
    return F.glu(input, axis=axis)


@plain
def rrelu(
    input: Any,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
) -> Any:
    if lower > upper:
        raise RuntimeError(
            "Lower bound should be less than or equal to the upper bound"
        )
    for what, n in (("lower", lower), ("upper", upper)):
        if not math.isfinite(n):
            raise RuntimeError(f"rrelu: {what} bound must be finite, got {n}")
    if not training:
        return T["leaky_relu"](input, (lower + upper) / 2, inplace)
    return _rrelu(input, lower, upper)


def _rrelu_body(input: Payload, lower: float, upper: float) -> Payload:
    noise = F.random_where_low(input, generator=generator())
    slope = F.add(F.mul(noise, upper - lower), lower)
    return F.where(F.gt(input, 0.0), input, F.mul(input, slope))


_rrelu = public(_rrelu_body, "rrelu", "RreluWithNoiseBackward0")


def _implicit_dim(name: str, ndim: int) -> int:
    warn(
        f"Implicit dimension choice for {name} has been deprecated. Change the "
        "call to include dim=X as an argument."
    )
    return 0 if ndim in (0, 1, 3) else 1


def _softmax_like(name: str, own: str) -> None:
    base = FUNCTIONS[own]

    def function(
        input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
    ) -> Any:
        if dim is None:
            dim = _implicit_dim(name, input.ndim)
        return base(-input if name == "softmin" else input, dim, dtype=dtype)

    function.__name__ = function.__qualname__ = name
    T[name] = function


for _name in ("softmax", "log_softmax", "softmin"):
    _softmax_like(_name, "softmax" if _name == "softmin" else _name)


@row(label="SoftmaxBackward0")
def gumbel_softmax(
    logits: Payload,
    tau: float = 1,
    hard: bool = False,
    eps: float = 1e-10,
    dim: int = -1,
) -> Payload:
    draw = F.random_gumbel(
        shape=logits.shape, dtype=logits.dtype, generator=generator()
    )
    return F.gumbel_softmax(
        logits, draw, tau=tau, hard=hard, axis=checked_dim(dim, logits.ndim)
    )


# --- dropout --------------------------------------------------------------------------


def _check_p(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _dropout_body(input: Payload, p: float, shape: Any, order: Any) -> Payload:
    return F.dropout(input, p=float(p), generator=generator(), shape=shape, order=order)


def _order(input: Any) -> tuple[int, ...] | None:
    """The order of a tensor's axes in memory, if it is not the usual one."""
    array = input._p
    usual = type(array) is not np.ndarray or array.flags.c_contiguous
    return None if usual else memory_order(array)


_dropout = public(_dropout_body, "dropout", "MulBackward0")


def _undrawn(input: Any, p: float, training: bool, inplace: bool) -> Any:
    """What dropout gives without drawing anything; None if it has to."""
    _check_p(p)
    if not training or p == 0 or not input.numel():
        return input
    if p == 1:
        return input.mul_(0.0) if inplace else input * 0.0
    return None


def _dropped(input: Any, p: float, training: bool, inplace: bool, shape: Any) -> Any:
    found = _undrawn(input, p, training, inplace)
    if found is not None:
        return found
    if differs():
        kept = FUNCTIONS["rand"](shape or input._p.shape) >= p
        out = input * kept / (1 - p)
        return input.copy_(out) if inplace else out
    out = _dropout(input, p, shape, _order(input) if shape is None else None)
    return input.copy_(out) if inplace else out


@plain
def dropout(
    input: Any, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Any:
    """Zeros with probability p; the others are scaled by 1 / (1 - p)."""
    return _dropped(input, p, training, inplace, None)


def _channel_dropout(name: str, rank: int) -> None:
    def function(
        input: Any, p: float = 0.5, training: bool = True, inplace: bool = False
    ) -> Any:
        shape = tuple(input.shape)
        if name == "dropout1d" and len(shape) not in (2, 3):
            raise RuntimeError(
                f"dropout1d: Expected 2D or 3D input, but received a "
                f"{len(shape)}D input. Note that dropout1d exists to "
                "provide channel-wise dropout on inputs with 1 spatial "
                "dimension, a channel dimension, and an optional batch "
                "dimension (i.e. 2D or 3D inputs)."
            )
        if rank > 1:
            _warn_rank(name, rank, len(shape))
        lead = 2 if len(shape) == rank + 2 or name == "dropout2d" else 1
        mask = (*shape[:lead], *(1,) * (len(shape) - lead))
        return _dropped(input, p, training, inplace, mask)

    function.__name__ = function.__qualname__ = name
    T[name] = function


def _warn_rank(name: str, rank: int, ndim: int) -> None:
    """Warn of inputs that PyTorch will once take otherwise."""
    if ndim not in (rank + 1, rank + 2):
        warn(
            f"{name}: Received a {ndim}-D input to {name}, which is deprecated and will "
            "result in an error in a future release. To retain the behavior and silence "
            "this warning, please use dropout instead. Note that "
            f"{name} exists to provide channel-wise dropout on inputs with {rank} "
            "spatial dimensions, a channel dimension, and an optional batch dimension "
            f"(i.e. {rank + 1}D or {rank + 2}D inputs)."
        )
    if name == "dropout2d" and ndim == 3:
        warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise "
            "1D dropout behavior is desired - input is interpreted as shape (N, C, L), "
            "where C is the channel dim. This behavior will change in a future release "
            "to interpret the input as one without a batch dimension, i.e. shape (C, H, "
            "W). To maintain the 1D channel-wise dropout behavior, please switch to using "
            "dropout1d instead."
        )


for _name, _rank in (("dropout1d", 1), ("dropout2d", 2), ("dropout3d", 3)):
    _channel_dropout(_name, _rank)


def _alpha_body(input: Payload, p: float, shape: Any, order: Any) -> Payload:
    ones = np.ones(shape, input.dtype)
    kept = F.dropout(ones, p=p, generator=generator(), order=order)
    return F.alpha_dropout(input, F.ne(kept, 0.0), p=p)


_alpha = public(_alpha_body, "alpha_dropout", "AddBackward0")


@plain
def alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Any:
    found = _undrawn(input, p, training, inplace)
    if found is not None:
        return found
    out = _alpha(input, p, tuple(input.shape), _order(input))
    return input.copy_(out) if inplace else out


@plain
def feature_alpha_dropout(
    input: Any, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Any:
    found = _undrawn(input, p, training, inplace)
    if found is not None:
        return found
    shape = (*input.shape[:2], *(1,) * (input.ndim - 2))
    out = _alpha(input, p, shape, None)
    return input.copy_(out) if inplace else out


# --- distances ------------------------------------------------------------------------


@row(label="SumBackward1")
def cosine_similarity(
    x1: Payload = None,
    x2: Payload = None,
    dim: int = 1,
    eps: float = 1e-8,
    *,
    input: Any = None,
    other: Any = None,
) -> Payload:
    x, y = (input if x1 is None else x1), (other if x2 is None else x2)
    rank = max(x.ndim, y.ndim)
    return F.cosine_similarity(
        floating(x), floating(y), axis=checked_dim(dim, rank), eps=eps
    )


@row(label="NormBackward1")
def pairwise_distance(
    x1: Payload = None,
    x2: Payload = None,
    p: float = 2.0,
    eps: float = 1e-6,
    keepdim: bool = False,
    *,
    input: Any = None,
    other: Any = None,
) -> Payload:
    x, y = (input if x1 is None else x1), (other if x2 is None else x2)
    out = F.pairwise_distance(x, y, ord=float(p), eps=eps)
    return F.unsqueeze(out, axis=out.ndim) if keepdim else out


@row(label="DivBackward0")
def normalize(
    input: Payload, p: float = 2.0, dim: Any = 1, eps: float = 1e-12
) -> Payload:
    dims = dim if isinstance(dim, tuple | list) else (dim,)
    axes = tuple(checked_dim(d, input.ndim) for d in dims)
    return F.normalize(input, axes=axes, ord=float(p), eps=eps)


def _has_negative(x: np.ndarray) -> bool:
    return bool(x.size) and bool(x.min() < 0)


@row
def one_hot(input: Payload, num_classes: int = -1) -> Payload:
    if input.dtype != np.int64:
        raise RuntimeError(
            "one_hot is only applicable to index tensor of type LongTensor."
        )
    if asked(_has_negative, input):
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        if type(input) is np.ndarray:
            num_classes = int(input.max()) + 1
        irregular()
    elif asked(beyond, input, num_classes):
        raise RuntimeError("Class values must be smaller than num_classes.")
    return F.one_hot(input, count=num_classes)


@plain
def tanh_(input: Any) -> Any:
    return input.tanh_()
