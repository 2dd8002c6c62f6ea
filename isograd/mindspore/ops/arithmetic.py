"""Elementwise functions of one and two operands, and Tensor's operators."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import isograd.ops  # noqa: F401  (fills the registry)
from isograd.base.errors import EngineError
from isograd.core import fast
from isograd.core.primitive import BOUND, REGISTRY, Payload
from isograd.core.tensor import Tensor as CoreTensor
from isograd.mindspore import errors
from isograd.mindspore.call import (
    FUNCTIONS,
    array_of,
    broadcast_shapes,
    cast,
    common_dtype,
    explained,
    expose,
    fits,
    floating,
    is_payload,
    lift,
    lower,
    op,
    promoted,
)
from isograd.mindspore.tensor import FAMILY, Tensor

F = BOUND
Fn = Callable[..., Any]

# --- two operands ---------------------------------------------------------------------


def binary(
    prim_name: str,
    shown: str,
    least: str = "",
    result: Any = None,
    refuses: str = "",
    lists: Fn | None = None,
    place: str = "",
) -> Fn:
    """`(x, y)` on tensors and numbers: the fast closure over the general path.

    Args:
        shown: the operator's name in errors.
        least: "f" if integers are computed in float32.
        result: makes the payload from the promoted operands; by default the primitive.
        refuses: the name in errors of type, where it is another.
        lists: for a list of numbers, which stands for a tensor of the other's dtype.
        place: where MindSpore has it.
    """
    made = partial(binary, prim_name, shown, least, result, refuses, lists)
    prim = REGISTRY[prim_name]
    compute = result or getattr(F, prim_name)

    @explained(refuses or shown, place)
    def general(input: Any, other: Any) -> Any:
        try:
            a, b = promoted(lower(input), lower(other), name=shown, least=least)
            broadcast_shapes(shown, a.shape, b.shape)
            return lift(compute(a, b))
        except EngineError as error:
            raise errors.translated(error) from None

    if lists is not None:
        general = _with_lists(general, lists)
    if result is not None:
        general.placed = made_at(made)
        return general
    kinds = "fc" if least else "fciub"
    number = fast.scalar_right(prim, Tensor, general, FAMILY)
    function = fast.binary(prim, Tensor, number, FAMILY, kinds)
    function.placed = made_at(made)  # type: ignore[attr-defined]  # justified: a mark on a function
    return function


def made_at(made: Fn) -> Fn:
    return lambda place: made(place=place)


def _with_lists(general: Fn, lists: Fn) -> Fn:
    def with_lists(x: Any, y: Any) -> Any:
        if isinstance(y, list | tuple) and isinstance(x, Tensor):
            return lists(x, Tensor(list(y), x.dtype))
        if isinstance(x, list | tuple) and isinstance(y, Tensor):
            return lists(Tensor(list(x), y.dtype), y)
        return general(x, y)

    return with_lists


def _whole_result(name: str) -> Fn:
    """Bool operands of an arithmetic operator: computed as int64 where NumPy cannot."""

    def compute(a: Payload, b: Payload) -> Payload:
        if a.dtype.kind == "b":
            a, b = cast(a, np.dtype("int32")), cast(b, np.dtype("int32"))
        return getattr(F, name)(a, b)

    return compute


add = binary("add", "Add")
mul = binary("mul", "Mul")
sub = binary("sub", "Sub")
div = binary("div", "Div", least="f")
pow_ = binary("pow_unguarded", "Pow")
maximum, minimum = binary("maximum", "Maximum"), binary("minimum", "Minimum")
floordiv = binary("floordiv", "FloorDiv", result=_whole_result("floordiv"))
remainder = binary("remainder", "FloorMod", result=_whole_result("remainder"))
fmod = binary("fmod", "Mod", result=_whole_result("fmod"))

# name in ops: (function, further names, names of methods)
_BINARY: dict[str, tuple[Fn, str, str]] = {
    "add": (add, "tensor_add", "add"),
    "sub": (sub, "tensor_sub subtract", "sub subtract"),
    "mul": (mul, "tensor_mul multiply", "mul multiply"),
    "div": (div, "tensor_div divide true_divide", "div divide true_divide"),
    "pow": (pow_, "tensor_pow", "pow"),
    "maximum": (maximum, "", "maximum"),
    "minimum": (minimum, "", "minimum"),
    "floor_divide": (floordiv, "floor_div tensor_floordiv", "floor_divide"),
    "remainder": (remainder, "floor_mod tensor_mod", "remainder"),
    "fmod": (fmod, "mod", "fmod"),
    "atan2": (binary("atan2", "Atan2", least="f"), "arctan2", "atan2 arctan2"),
    "hypot": (binary("hypot", "Hypot", least="f"), "", "hypot"),
    "logaddexp": (binary("logaddexp", "Logaddexp", least="f"), "", "logaddexp"),
    "copysign": (binary("copysign", "Copysign", least="f"), "", "copysign"),
    "fmax": (binary("fmax", "Fmax"), "", "fmax"),
    "fmin": (binary("fmin", "Fmin"), "", "fmin"),
    "heaviside": (binary("heaviside", "Heaviside"), "", "heaviside"),
    "xlogy": (binary("xlogy", "Xlogy", least="f"), "", "xlogy"),
    "equal": (binary("eq", "Equal"), "eq", "equal eq"),
    "not_equal": (binary("ne", "NotEqual"), "ne", "not_equal ne"),
    "less": (binary("lt", "Less"), "lt", "less lt"),
    "less_equal": (binary("le", "LessEqual"), "le tensor_le", "less_equal le"),
    "greater": (binary("gt", "Greater"), "gt tensor_gt", "greater gt"),
    "greater_equal": (binary("ge", "GreaterEqual"), "ge tensor_ge", "greater_equal ge"),
    "bitwise_and": (binary("bitwise_and", "BitwiseAnd"), "", "bitwise_and"),
    "bitwise_or": (binary("bitwise_or", "BitwiseOr"), "", "bitwise_or"),
    "bitwise_xor": (binary("bitwise_xor", "BitwiseXor"), "", "bitwise_xor"),
    "bitwise_left_shift": (binary("left_shift", "LeftShift"), "", "bitwise_left_shift"),
    "bitwise_right_shift": (
        binary("right_shift", "RightShift"),
        "",
        "bitwise_right_shift",
    ),
}


for _name, (_fn, _more, _methods) in _BINARY.items():
    expose(_fn, [_name, *_more.split()], _methods)
# operators and methods of tensors, and mint, say another name than ops.add
_add = binary("add", "AddExt", lists=add)
_sub = binary("sub", "SubExt", lists=sub)
_floordiv = binary(
    "floordiv", "FloorDiv", result=_whole_result("floordiv"), lists=floordiv
)
_div = binary("div", "Div", least="f", refuses="Tensor.div")
_pow = binary("pow_unguarded", "Pow", refuses="Tensor.pow")
_mod = binary(
    "remainder",
    "FloorMod",
    result=_whole_result("remainder"),
    refuses="Tensor.__mod__",
)
expose(binary("div", "RealDiv", least="f"), ["real_div"])


def _scaled(fn: Fn) -> Fn:
    """`fn(input, alpha other)`: addition and subtraction by their names in `mint`."""

    def function(input: Any, other: Any, *, alpha: Any = 1) -> Any:
        return fn(input, other if alpha == 1 else mul(other, alpha))

    return function


def _quotient(input: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    """Division; "floor" and "trunc" round the quotient.

    Raises:
        ValueError: for another rounding mode.
    """
    if rounding_mode is None:
        return div(input, other)
    if rounding_mode not in ("floor", "trunc"):
        raise ValueError(
            "For ops.div, rounding_mode value should be None, 'floor' or 'trunc', but "
            f"got {rounding_mode}."
        )
    if rounding_mode == "floor":
        return floordiv(input, other)
    return FUNCTIONS["truncate_div"](input, other)


SCALED = {"add": _scaled(_add), "sub": _scaled(_sub)}  # of mint and of tensors
for _name, _fn in SCALED.items():
    expose(_fn, [], _name)
expose(_quotient, ["div", "divide"], "divide")
expose(
    lambda self, other, *, rounding_mode=None: (
        _div(self, other)
        if rounding_mode is None
        else _quotient(self, other, rounding_mode=rounding_mode)
    ),
    [],
    "div",
)
expose(_pow, [], "pow")

# --- operators ------------------------------------------------------------------------


def _reflected(fn: Fn) -> Fn:
    return lambda self, other: fn(other, self)


def _is_operand(x: Any) -> bool:
    return isinstance(
        x, CoreTensor | bool | int | float | complex | np.generic | np.ndarray
    )


def _compared(fn: Fn, otherwise: bool) -> Fn:
    """Equality with things that are no operands has an answer, too."""

    def compare(self: Any, other: Any) -> Any:
        if type(other) is Tensor or _is_operand(other):
            return fn(self, other)
        return otherwise

    return compare


for _name, _fn in {
    "add": _add,
    "sub": _sub,
    "mul": mul,
    "truediv": _div,
    "floordiv": _floordiv,
    "mod": _mod,
}.items():
    setattr(Tensor, f"__{_name}__", _fn)
    setattr(Tensor, f"__r{_name}__", _reflected(_fn))
for _name, _key in {
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}.items():
    setattr(Tensor, f"__{_name}__", _BINARY[_key][0])
for _name in ("and", "or", "xor"):
    _fn = _BINARY[f"bitwise_{_name}"][0]
    setattr(Tensor, f"__{_name}__", _fn)
    setattr(Tensor, f"__r{_name}__", _fn)
for _name in ("left", "right"):
    setattr(Tensor, f"__{_name[0]}shift__", _BINARY[f"bitwise_{_name}_shift"][0])
expose(_compared(_BINARY["equal"][0], False), [], "__eq__")
expose(_compared(_BINARY["not_equal"][0], True), [], "__ne__")

_square = fast.unary(
    REGISTRY["square"], Tensor, lambda x: lift(F.square(lower(x))), family=FAMILY
)


def power(x: Any, y: Any) -> Any:
    """`x ** y`; a square without a power function."""
    if type(y) is int and y == 2 and x._p.dtype.kind in "fc":
        return _square(x)
    return _pow(x, y)


expose(power, [], "__pow__")
expose(_reflected(pow_), [], "__rpow__")


# --- one operand ----------------------------------------------------------------------


def unary(prim_name: str, kinds: str = "f", place: str = "") -> Fn:
    """`x -> prim(x)` in floating point: integers are computed as float32."""
    made = partial(unary, prim_name, kinds)
    prim = REGISTRY[prim_name]
    whole = "i" in kinds

    @explained(prim_name, place)
    def general(x: Any) -> Any:
        try:
            p = fits(lower(x), prim_name)
            return lift(getattr(F, prim_name)(p if whole else floating(p)))
        except EngineError as error:
            raise errors.translated(error) from None

    function = fast.unary(prim, Tensor, general, kinds, FAMILY)
    function.placed = made_at(made)  # type: ignore[attr-defined]  # justified: a mark on a function
    return function


# primitive: (names in ops, names of methods; True for the same)
_UNARY: dict[str, tuple[str, str | bool]] = {
    "exp": ("exp", True),
    "exp2": ("exp2", False),
    "expm1": ("expm1", True),
    "log": ("log", True),
    "log2": ("log2", True),
    "log10": ("log10", True),
    "log1p": ("log1p", True),
    "sqrt": ("sqrt", True),
    "rsqrt": ("rsqrt", True),
    "sin": ("sin", True),
    "cos": ("cos", True),
    "tan": ("tan", True),
    "asin": ("asin arcsin", True),
    "acos": ("acos arccos", True),
    "atan": ("atan arctan", True),
    "sinh": ("sinh", True),
    "cosh": ("cosh", True),
    "tanh": ("tanh", True),
    "asinh": ("asinh arcsinh", True),
    "acosh": ("acosh arccosh", True),
    "atanh": ("atanh arctanh", True),
    "erf": ("erf", True),
    "erfc": ("erfc", True),
    "erfinv": ("erfinv", True),
    "lgamma": ("lgamma", True),
    "digamma": ("digamma", True),
    "reciprocal": ("reciprocal inv", "reciprocal inv"),
    "sinc": ("sinc", True),
    "i0": ("i0 bessel_i0", "i0"),
    "i1": ("bessel_i1", False),
    "sigmoid": ("sigmoid", True),
}
for _prim, (_names, _methods) in _UNARY.items():
    expose(unary(_prim), _names.split(), _methods)

_KEEPS: dict[str, tuple[str, str | bool]] = {  # defined for integers as well
    "square": ("square", True),
    "neg": ("neg negative", True),
    "abs": ("abs absolute", True),
    "sign": ("sign", True),
}
for _prim, (_names, _methods) in _KEEPS.items():
    expose(unary(_prim, "fi"), _names.split(), _methods)
expose(FUNCTIONS["neg"], [], "__neg__")
expose(FUNCTIONS["abs"], [], "__abs__")
expose(lambda self: self, [], "__pos__")


@op(methods=True)
def positive(input: Payload) -> Payload:
    return fits(input, "positive")


for _name in ("floor", "ceil", "trunc"):

    def _rounded(input: Payload, _name: str = _name) -> Payload:
        whole = fits(input, _name).dtype.kind in "iub"
        return input if whole else getattr(F, _name)(input)

    op(_name, methods=f"{_name} fix" if _name == "trunc" else _name)(_rounded)


@op(methods=True)
def round(input: Payload, *, decimals: int = 0) -> Payload:
    if fits(input, "round").dtype.kind in "iub":
        return input
    if not decimals:
        return F.round(input)
    return F.round_to(input, decimals=decimals)


op("rint")(lambda x: F.round(fits(x, "rint")))
expose(lambda self: round(self), [], "__round__")


@op(methods=True)
def frac(input: Payload) -> Payload:
    return F.frac(input)


@op(methods=True)
def deg2rad(input: Payload) -> Payload:
    return F.deg2rad(floating(fits(input, "deg2rad")))


@op(methods=True)
def rad2deg(input: Payload) -> Payload:
    return F.rad2deg(floating(fits(input, "rad2deg")))


@op(methods=True)
def logit(input: Payload, eps: float | None = None) -> Payload:
    return F.logit(input, eps=eps)


@op(methods=True)
def nan_to_num(
    input: Payload,
    nan: float | None = None,
    posinf: float | None = None,
    neginf: float | None = None,
) -> Payload:
    if input.dtype.kind not in "f":
        return input
    big = float(np.finfo(input.dtype).max)
    return F.nan_to_num(
        input,
        nan=0.0 if nan is None else nan,
        posinf=big if posinf is None else posinf,
        neginf=-big if neginf is None else neginf,
    )


for _name in ("isnan", "isinf", "isfinite"):

    def _tested(input: Payload, _name: str = _name) -> Payload:
        return getattr(F, _name)(floating(fits(input, _name)))

    op(_name, methods=True)(_tested)

for _name in ("and", "or", "xor"):

    def _logical(input: Payload, other: Payload, _name: str = _name) -> Payload:
        common_dtype((input, other))  # refuses what is no number
        truth = np.dtype(bool)
        return getattr(F, f"logical_{_name}")(cast(input, truth), cast(other, truth))

    op(f"logical_{_name}", methods=True)(_logical)


@op(methods=True)
def logical_not(input: Payload) -> Payload:
    return F.logical_not(cast(fits(input, "logical_not"), np.dtype(bool)))


op("bitwise_not invert", methods=True)(lambda input: F.bitwise_not(input))
expose(logical_not, [], "__invert__")  # of integers too


@op(methods=True)
def real(input: Payload) -> Payload:
    return F.real(input) if input.dtype.kind == "c" else input


@op(methods=True)
def imag(input: Payload) -> Payload:
    return F.imag(input) if input.dtype.kind == "c" else F.zeros_like(input)


op("conj", methods="conj")(lambda input: F.conj(input))
op("angle", methods="angle")(lambda input: F.angle(floating(input)))
op("complex")(lambda input, other: F.complex_(input, other))


@op(methods="clamp clip", names="clamp clip")
def clamp(input: Payload, min: Any = None, max: Any = None) -> Payload:
    if min is None and max is None:
        raise ValueError("For Clamp, at least one of 'min' or 'max' must not be None.")
    return bounded(input, min, max, 1)


@op()
def clip_by_value(
    x: Any, clip_value_min: Any = None, clip_value_max: Any = None
) -> Any:
    if isinstance(x, tuple | list):
        return tuple(clip_by_value_of(v, clip_value_min, clip_value_max) for v in x)
    return clip_by_value_of(x, clip_value_min, clip_value_max)


def clip_by_value_of(x: Payload, lo: Any, hi: Any) -> Payload:
    if lo is None and hi is None:
        raise ValueError(
            "For 'clip_by_value', at least one of 'clip_value_min' or "
            "'clip_value_max' must not be None"
        )
    return bounded(x, lo, hi, 0.5)


def bounded(x: Payload, lo: Any, hi: Any, edge: float) -> Payload:
    """x between bounds, numbers or payloads; `edge` is the derivative at a bound."""
    lo, hi = (_plain(b) for b in (lo, hi))
    if is_payload(lo) or is_payload(hi) or x.dtype.kind != "f":
        for bound, name in ((lo, "maximum"), (hi, "minimum")):
            if bound is not None:
                a, b = promoted(x, bound)
                x = getattr(F, name)(a, b)
        return x
    return F.clip(x, lo=lo, hi=hi, edge=edge)


def _plain(bound: Any) -> Any:
    """A constant of one element as a number."""
    if type(bound) is np.ndarray and bound.size == 1:
        return bound.item()
    return bound


@op(methods=True)
def addcmul(input: Payload, tensor1: Payload, tensor2: Payload, value: Any = 1) -> Any:
    return _plus(input, F.mul(*promoted(tensor1, tensor2)), value)


@op(methods=True)
def addcdiv(input: Payload, tensor1: Payload, tensor2: Payload, value: Any = 1) -> Any:
    return _plus(input, F.div(*promoted(tensor1, tensor2, least="f")), value)


def _plus(x: Payload, y: Payload, factor: Any) -> Payload:
    a, b = promoted(x, F.mul(*promoted(y, factor)))
    return F.add(a, b)


@op()
def lerp(input: Payload, end: Payload, weight: Any) -> Payload:
    a, b, w = promoted(input, end, weight)
    broadcast_shapes("Lerp", a.shape, b.shape)
    broadcast_shapes("Lerp", a.shape, w.shape, "start weight")
    return F.add(a, F.mul(w, F.sub(b, a)))


expose(lambda self, end, weight: lerp(self, end, weight), [], "lerp")


@op("addn add_n accumulate_n")
def addn(x: Any) -> Payload:
    total = x[0]
    for y in x[1:]:
        total = F.add(*promoted(total, y))
    return total


@op()
def float_power(input: Any, exponent: Any) -> Payload:
    a, b = promoted(input, exponent)
    return F.pow(cast(a, np.dtype(float)), cast(b, np.dtype(float)))


@op("polygamma")
def polygamma(n: Any, input: Payload) -> Payload:
    return F.polygamma(floating(input), n=int(array_of(n)))


@op("truncate_div")
def truncate_div(x: Any, y: Any) -> Payload:
    a, b = promoted(x, y)
    return F.trunc(F.div(a, b)) if a.dtype.kind == "f" else F.floordiv(a, b)


op("truncate_mod")(lambda x, y: F.fmod(*promoted(x, y)))
op("squared_difference")(lambda x, y: F.square(F.sub(*promoted(x, y))))
op("div_no_nan")(lambda x, y: _no_nan(F.div, *promoted(x, y, least="f")))
op("mul_no_nan")(lambda x, y: _no_nan(F.mul, *promoted(x, y, least="f")))
op("xdivy", methods="xdivy")(
    lambda x, y: _zero_first(F.div, *promoted(x, y, least="f"))
)


def _no_nan(fn: Fn, x: Payload, y: Payload) -> Payload:
    """fn(x, y), 0 where y is 0."""
    zero = F.eq(y, 0.0)
    safe = F.where(zero, F.ones_like(y), y)
    out = fn(x, safe)
    return F.where(zero, F.zeros_like(out), out)


def _zero_first(fn: Fn, x: Payload, y: Payload) -> Payload:
    """fn(x, y), 0 where x is 0."""
    out = fn(x, y)
    return F.where(F.eq(x, 0.0), F.zeros_like(out), out)
