"""Elementwise functions and the operators, with PyTorch's rules of promotion."""

from __future__ import annotations

from typing import Any

import numpy as np

import isograd.ops  # noqa: F401  (fills the registry)
from isograd.core.drafts import asked
from isograd.core.primitive import BOUND, REGISTRY, Payload
from isograd.torch import dtypes
from isograd.torch.call import (
    Named,
    cast,
    check_broadcast,
    copy_of,
    floating,
    is_payload,
    operands,
    promoted,
    refuse,
    tied,
)
from isograd.torch.dtypes import of_numpy
from isograd.torch.misfits import need_first, need_tensor
from isograd.torch.scalars import c_name, element
from isograd.torch.table import row, tensor_row

F = BOUND

# --- one operand ----------------------------------------------------------------------

# Functions whose result is floating; the name is the primitive's.
FLOAT = {
    "exp": (),
    "exp2": (),
    "expm1": (),
    "log": (),
    "log2": (),
    "log10": (),
    "log1p": (),
    "sqrt": (),
    "rsqrt": (),
    "sin": (),
    "cos": (),
    "tan": (),
    "asin": ("arcsin",),
    "acos": ("arccos",),
    "atan": ("arctan",),
    "sinh": (),
    "cosh": (),
    "tanh": (),
    "asinh": ("arcsinh",),
    "acosh": ("arccosh",),
    "atanh": ("arctanh",),
    "erf": (),
    "erfc": (),
    "erfinv": (),
    "lgamma": (),
    "digamma": (),
    "reciprocal": (),
    "sigmoid": (),
    "sinc": (),
    "i0": (),
}
_REAL_ONLY = {
    "erf": "erf_vml_cpu",
    "erfc": "erfc_vml_cpu",
    "erfinv": "erfinv_vml_cpu",
    "lgamma": "lgamma_vml_cpu",
    "digamma": "digamma",
    "i0": "i0_cpu",
    "exp2": "exp2_cpu",
}
for _name, _aliases in FLOAT.items():

    def _float_body(input: Payload, *, _name: str = _name) -> Payload:
        if _name in _REAL_ONLY:
            refuse(input, "c", _REAL_ONLY[_name])
        return getattr(F, _name)(floating(input))

    row(
        _float_body,
        name=_name,
        aliases=_aliases,
        inplace=True,
        prim=REGISTRY.get(_name),
    )

for _name in ("floor", "ceil", "trunc"):

    def _whole_body(input: Payload, *, _name: str = _name) -> Payload:
        if input.dtype.kind == "c":
            raise NotImplementedError(f"{_name} is not supported for complex inputs")
        refuse(input, "b", f"{_name}_vml_cpu")
        whole = input.dtype.kind in "iu"
        return copy_of(input) if whole else getattr(F, _name)(input)

    row(
        _whole_body,
        name=_name,
        inplace=True,
        aliases=("fix",) if _name == "trunc" else (),
    )


@row(aliases=("negative",), inplace=True, prim=REGISTRY["neg"])
def neg(input: Payload) -> Payload:
    if input.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are "
            "trying to invert a mask, use the `~` or `logical_not()` operator instead."
        )
    return F.neg(input)


@row(aliases=("absolute",), inplace=True)
def abs(input: Payload) -> Payload:
    refuse(input, "b", "abs_cpu")
    return copy_of(input) if input.dtype.kind == "u" else F.abs(input)


@row(inplace=True)
def sign(input: Payload) -> Payload:
    if input.dtype.kind == "c":
        raise NotImplementedError(
            "Unlike NumPy, torch.sign is not intended to support complex numbers. "
            "Please use torch.sgn instead."
        )
    return copy_of(input) if input.dtype.kind == "b" else F.sign(input)


@row(inplace=True)
def sgn(input: Payload) -> Payload:
    if input.dtype.kind == "c":
        return F.sgn(input)
    return copy_of(input) if input.dtype.kind == "b" else F.sign(input)


@row(inplace=True, label="PowBackward0")
def square(input: Payload) -> Payload:
    if input.dtype.kind == "b":
        input = cast(input, np.dtype(np.int64))
    return F.power(input, exponent=2)


@row(inplace=True)
def round(input: Payload, *, decimals: int = 0) -> Payload:
    refuse(input, "bc", "round_vml_cpu")
    if input.dtype.kind in "iu":
        return copy_of(input)
    if not decimals:
        return F.round(input)
    return Named(F.round_to(input, decimals=decimals), "RoundBackward1")


@row(inplace=True)
def frac(input: Payload) -> Payload:
    if input.dtype.kind in "iub":
        raise NotImplementedError(
            f"\"frac_cpu\" not implemented for '{of_numpy(input.dtype).scalar_type}'"
        )
    return F.frac(input)


@tensor_row
def positive(input: Any) -> Any:
    if input._p.dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


@row(inplace=True)
def deg2rad(input: Payload) -> Payload:
    return F.deg2rad(floating(input))


@row(inplace=True)
def rad2deg(input: Payload) -> Payload:
    return F.rad2deg(floating(input))


@row(inplace=True)
def nan_to_num(
    input: Payload, nan: Any = None, posinf: Any = None, neginf: Any = None
) -> Payload:
    if input.dtype.kind in "iub":
        return copy_of(input)
    info = dtypes.finfo(of_numpy(input.dtype))
    return F.nan_to_num(
        input,
        nan=0.0 if nan is None else nan,
        posinf=info.max if posinf is None else posinf,
        neginf=info.min if neginf is None else neginf,
    )


@row
def angle(input: Payload) -> Payload:
    x = floating(input)
    return F.angle(x) if x.dtype.kind == "c" else tied(x, F.angle(x))


@row(inplace=True)
def logit(input: Payload, eps: float | None = None) -> Payload:
    return F.logit(floating(input), eps=eps)


@row(inplace=True)
def relu(input: Payload) -> Payload:
    if input.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    if input.dtype.kind == "c":
        raise NotImplementedError("clamp is not supported for complex types")
    return F.relu(input)


@row(name="mvlgamma", inplace=True)
def mvlgamma(input: Payload, p: int) -> Payload:
    if p < 1:
        raise RuntimeError("p has to be greater than or equal to 1")
    return F.multigammaln(floating(input), p=p)


@row(method=False)
def polygamma(n: int, input: Payload) -> Payload:
    if n < 0:
        raise RuntimeError("polygamma(n, x) does not support negative n.")
    return F.polygamma(floating(input), n=n)


row(lambda input, n: polygamma(n, input), name="polygamma", function=False)

# --- two operands ---------------------------------------------------------------------


def _sum_operands(input: Any, other: Any, alpha: Any) -> list[Payload]:
    if isinstance(alpha, float) and dtypes.result_of((input, other)).kind in "ib":
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a "
            "floating point number."
        )
    x, y = operands(input, other)
    return [
        x,
        y if type(alpha) is int and alpha == 1 else F.mul(y, cast(alpha, y.dtype)),
    ]


@row(inplace=True, prim=REGISTRY["add"])
def add(input: Any, other: Any, *, alpha: Any = 1) -> Payload:
    return F.add(*_sum_operands(input, other, alpha))


@row(aliases=("subtract",), inplace=True, prim=REGISTRY["sub"])
def sub(input: Any, other: Any, *, alpha: Any = 1) -> Payload:
    x, y = _sum_operands(input, other, alpha)
    if x.dtype.kind == "b" or any(_is_bool(v) for v in (input, other)):
        _refuse_bool(input, other)
    return F.sub(x, y)


def _is_bool(x: Any) -> bool:
    return x.dtype.kind == "b" if is_payload(x) else isinstance(x, bool)


def _refuse_bool(x: Any, y: Any) -> None:
    if _is_bool(x) and _is_bool(y):
        raise RuntimeError(
            "Subtraction, the `-` operator, with two bool tensors is not supported. "
            "Use the `^` or `logical_xor()` operator instead."
        )
    raise RuntimeError(
        "Subtraction, the `-` operator, with a bool tensor is not supported. If you "
        "are trying to invert a mask, use the `~` or `logical_not()` operator instead."
    )


@row(label="RsubBackward1")
def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Payload:
    return sub(other, input, alpha=alpha)


@row(aliases=("multiply",), inplace=True, prim=REGISTRY["mul"])
def mul(input: Any, other: Any) -> Payload:
    return F.mul(*operands(input, other))


@row(aliases=("divide",), inplace=True, prim=REGISTRY["div"])
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Payload:
    if rounding_mode is None:
        return F.div(*operands(input, other, least="f"))
    if rounding_mode not in ("trunc", "floor"):
        raise RuntimeError(
            "div expected rounding_mode to be one of None, 'trunc', or "
            f"'floor' but found '{rounding_mode}'"
        )
    x, y = operands(input, other)
    _check_divisor(y)
    if rounding_mode == "floor":
        return Named(F.floordiv(x, y), _div_label(other))
    return Named(_truncated(x, y), _div_label(other))


def _div_label(other: Any) -> str:
    return "DivBackward2" if is_payload(other) else "DivBackward3"


def _truncated(x: Payload, y: Payload) -> Payload:
    if x.dtype.kind in "iu":
        return F.floordiv(F.sub(x, F.fmod(x, y)), y)
    return F.trunc(F.div(x, y))


@row(name="true_divide", inplace=True, label="DivBackward0")
def true_divide(input: Any, other: Any) -> Payload:
    return F.div(*operands(input, other, least="f"))


def _has_zero(y: np.ndarray) -> bool:
    return not np.all(y)


def _check_divisor(y: Payload) -> None:
    if y.dtype.kind in "iub" and asked(_has_zero, y):
        raise RuntimeError("ZeroDivisionError")


@row(inplace=True)
def floor_divide(input: Any, other: Any) -> Payload:
    x, y = operands(input, other)
    refuse(x, "cb", "div_floor_cpu")
    _check_divisor(y)
    return undifferentiable(F.floordiv(x, y), "floor_divide")


def undifferentiable(out: Payload, name: str) -> Named:
    """A result whose derivative PyTorch refuses, told when it is asked for."""
    return Named(F.refuse_derivative(out, name=f"aten::{name}"), "NotImplemented")


@row(inplace=True)
def remainder(input: Any, other: Any) -> Payload:
    x, y = operands(input, other)
    refuse(x, "cb", "remainder_cpu")
    _check_divisor(y)
    if not is_payload(input):
        return undifferentiable(F.remainder(x, y), "remainder")
    return _by_operand(F.remainder(x, y), "Remainder", other)


@row(inplace=True)
def fmod(input: Any, other: Any) -> Payload:
    need_first("fmod", input, other)
    x, y = operands(input, other)
    refuse(x, "cb", "fmod_cpu")
    _check_divisor(y)
    return _by_operand(F.fmod(x, y), "Fmod", other)


def _by_operand(out: Payload, name: str, other: Any) -> Named:
    """Nodes of overloads: `Backward0` for a number, `Backward1` for a tensor."""
    return Named(out, f"{name}Backward{int(is_payload(other))}")


@row(name="pow", inplace=True)
def pow_(input: Any, exponent: Any) -> Payload:
    if not is_payload(exponent):
        return Named(_power(input, exponent), "PowBackward0")
    x, y = operands(input, exponent)
    refuse(x, "b", "pow")
    if not is_payload(input):
        return Named(F.pow(x, y), "PowBackward2")
    return Named(
        F.integer_pow(x, y) if x.dtype.kind in "iu" else F.pow(x, y), "PowBackward1"
    )


def _power(x: Payload, exponent: Any) -> Payload:
    dtypes.dtype_of_number(exponent)
    d = dtypes.result_of((x, exponent))
    if d.kind in "ib" and exponent < 0:
        raise RuntimeError("Integers to negative integer powers are not allowed.")
    if d.kind == "b":
        return cast(F.power(cast(x, np.dtype(np.int64)), exponent=int(exponent)), d.np)
    value = exponent.item() if isinstance(exponent, np.generic) else exponent
    return F.power(cast(x, d.np), exponent=value)


@row(inplace=True)
def float_power(input: Any, exponent: Any) -> Payload:
    kind = dtypes.result_of((input, exponent)).kind
    wide = (dtypes.complex128 if kind == "c" else dtypes.float64).np
    return Named(
        pow_(
            cast(input, wide),
            exponent if not is_payload(exponent) else cast(exponent, wide),
        ).value,
        f"PowBackward{int(is_payload(exponent))}",
    )


# Two tensors of one promoted dtype; "f": integers become floats, "n": refused.
_BINARY = {
    "maximum": "",
    "minimum": "",
    "fmax": "",
    "fmin": "",
    "atan2": "f",
    "hypot": "n",
    "logaddexp": "n",
    "logaddexp2": "n",
    "nextafter": "n",
    "gcd": "",
    "lcm": "",
}
_BINARY_ALIASES = {"atan2": ("arctan2",)}
_IN_PLACE = {"atan2", "hypot", "nextafter", "gcd", "lcm"}
for _name, _least in _BINARY.items():

    def _binary_body(
        input: Any, other: Any, *, _name: str = _name, _least: str = _least
    ) -> Payload:
        need_tensor(_name, input, "input", 1)
        need_tensor(_name, other)
        x, y = operands(input, other, least=_least)
        if _name in ("maximum", "minimum") and x.dtype.kind == "c":
            raise RuntimeError(f"{_name} not implemented for complex tensors.")
        refuse(x, "c", f"{_name}_cpu")
        if _least == "n" and x.dtype.kind in "iub":
            raise NotImplementedError(
                f"\"{_name}_cpu\" not implemented for '{of_numpy(x.dtype).scalar_type}'"
            )
        return getattr(F, _name)(x, y)

    row(
        _binary_body,
        name=_name,
        aliases=_BINARY_ALIASES.get(_name, ()),
        inplace=_name in _IN_PLACE,
    )


@row(inplace=True)
def copysign(input: Any, other: Any) -> Payload:
    need_first("copysign", input, other)
    out = F.copysign(*operands(input, other, least="f"))
    return Named(out, f"CopysignBackward{int(not is_payload(other))}")


@row(inplace=True)
def heaviside(input: Payload, values: Payload) -> Payload:
    if input.dtype != values.dtype:
        raise RuntimeError(
            "heaviside is not yet implemented for tensors with different dtypes."
        )
    return undifferentiable(F.heaviside(*operands(input, values)), "heaviside")


@row(inplace=True)
def xlogy(input: Any, other: Any) -> Payload:
    out = F.xlogy(*operands(input, other, least="f"))
    kind = (
        0
        if is_payload(other) and is_payload(input)
        else (1 if is_payload(other) else 2)
    )
    return Named(out, f"XlogyBackward{kind}")


@row(inplace=True)
def ldexp(input: Any, other: Any) -> Payload:
    x, y = operands(
        input, F.pow(cast(2.0, dtypes.default().np), cast(other, dtypes.default().np))
    )
    return F.mul(x, y)


@row(inplace=True)
def lerp(input: Payload, end: Payload, weight: Any) -> Payload:
    if input.dtype != end.dtype:
        own, given = map(c_name, (input, end))
        raise RuntimeError(f"expected dtype {own} for `end` but got dtype {given}")
    refuse(
        input,
        "iub",
        "lerp_kernel_scalar" if not is_payload(weight) else "lerp_kernel_tensor",
    )
    x, y = operands(input, end)
    number = not is_payload(weight)
    weight = element(weight, x.dtype) if isinstance(weight, complex) else weight
    return Named(F.lerp(x, y, weight), f"LerpBackward{0 if number else 1}")


@row(inplace=True)
def addcmul(
    input: Payload, tensor1: Payload, tensor2: Payload, *, value: Any = 1
) -> Payload:
    x, a, b = promoted(input, tensor1, tensor2)
    refuse(x, "b", "addcmul_cpu_out")
    check_broadcast(x.shape, a.shape, b.shape)
    return F.addcmul(x, a, b, value=cast(value, x.dtype))


@row(inplace=True)
def addcdiv(
    input: Payload, tensor1: Payload, tensor2: Payload, *, value: Any = 1
) -> Payload:
    x, a, b = promoted(input, tensor1, tensor2)
    if tensor1.dtype.kind in "iub" and tensor2.dtype.kind in "iub":
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported, and in a future  "
            "release addcdiv will perform a true division of tensor1 and tensor2. The "
            "historic addcdiv behavior can be implemented as (input + value * "
            "torch.trunc(tensor1 / tensor2)).to(input.dtype) for integer inputs and as "
            "(input + value * tensor1 / tensor2) for float inputs. The future addcdiv "
            "behavior is just the latter implementation: (input + value * tensor1 / "
            "tensor2), for all dtypes."
        )
    check_broadcast(x.shape, a.shape, b.shape)
    return F.addcdiv(x, a, b, value=cast(value, x.dtype))


# --- bounds ---------------------------------------------------------------------------


@row(aliases=("clip",), inplace=True)
def clamp(input: Payload, min: Any = None, max: Any = None) -> Payload:
    if min is None and max is None:
        raise RuntimeError(
            "torch.clamp: At least one of 'min' or 'max' must not be None"
        )
    if input.dtype.kind == "c":
        raise NotImplementedError("clamp is not supported for complex types")
    if is_payload(min) or is_payload(max):
        return Named(_clamp_tensors(input, min, max), "ClampBackward0")
    bounds = [b for b in (min, max) if b is not None]
    x = cast(input, dtypes.result_of((input, *bounds)).np)
    low, high = (None if b is None else _plain(b) for b in (min, max))
    if low is not None and high is not None and low > high:
        low = high  # everything becomes the upper bound
    return Named(F.clip(x, lo=low, hi=high, edge=1), "ClampBackward1")


def _plain(b: Any) -> Any:
    return b.item() if isinstance(b, np.generic | np.ndarray) else b


def _clamp_tensors(x: Payload, low: Any, high: Any) -> Payload:
    bounds = [b for b in (low, high) if b is not None]
    x, *bounds = promoted(x, *bounds)
    check_broadcast(x.shape, *(b.shape for b in bounds))
    if low is not None:
        bound, *bounds = bounds
        x = F.where(F.lt(x, bound), bound, x)
    if high is not None:
        x = F.where(F.gt(x, bounds[0]), bounds[0], x)
    return x


@row(inplace=True)
def clamp_min(input: Payload, min: Any) -> Payload:
    return Named(clamp(input, min=min).value, f"ClampMinBackward{int(is_payload(min))}")


@row(inplace=True)
def clamp_max(input: Payload, max: Any) -> Payload:
    return Named(clamp(input, max=max).value, f"ClampMaxBackward{int(is_payload(max))}")
