"""Comparison and logic."""

from __future__ import annotations

from typing import Any

import numpy as np

import isograd.ops  # noqa: F401  (fills the registry)
from isograd.core.primitive import BOUND, Payload
from isograd.torch.call import (
    cast,
    check_broadcast,
    floating,
    operands,
    refuse,
    shape_of,
    truth,
)
from isograd.torch.dtypes import of_numpy
from isograd.torch.misfits import need_first, need_tensor, type_name
from isograd.torch.table import FUNCTIONS, row, tensor_row

F = BOUND

# --- comparison and logic -------------------------------------------------------------

COMPARE = {
    "eq": (),
    "ne": ("not_equal",),
    "lt": ("less",),
    "le": ("less_equal",),
    "gt": ("greater",),
    "ge": ("greater_equal",),
}
for _name, _aliases in COMPARE.items():

    def _compare_body(input: Any, other: Any, *, _name: str = _name) -> Payload:
        need_first(_name, input, other)
        x, y = operands(input, other)
        if x.dtype.kind == "c" and _name not in ("eq", "ne"):
            refuse(x, "c", f"{_name}_cpu")
        return getattr(F, _name)(x, y)

    row(_compare_body, name=_name, aliases=_aliases, inplace=False)

for _name in ("logical_and", "logical_or", "logical_xor"):

    def _logic_body(input: Any, other: Any, *, _name: str = _name) -> Payload:
        for place, x in enumerate((input, other), 1):
            need_tensor(_name, x, ("input", "other")[place - 1], place)
        check_broadcast(shape_of(input), shape_of(other))
        return getattr(F, _name)(truth(input), truth(other))

    row(_logic_body, name=_name, inplace=True)


@row(inplace=True)
def logical_not(input: Payload) -> Payload:
    return F.logical_not(truth(input))


def _whole_operands(name: str, input: Any, other: Any) -> list[Payload]:
    x, y = operands(input, other)
    if x.dtype.kind not in ("iu" if "shift" in name else "iub"):
        raise NotImplementedError(
            f"\"{name}_cpu\" not implemented for '{of_numpy(x.dtype).scalar_type}'"
        )
    return [x, y]


for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):

    def _bits_body(input: Any, other: Any, *, _name: str = _name) -> Payload:
        return getattr(F, _name)(*_whole_operands(_name, input, other))

    row(_bits_body, name=_name, inplace=True)

for _name in ("left_shift", "right_shift"):

    def _shift_body(input: Any, other: Any, *, _name: str = _name) -> Payload:
        word = "lshift" if _name == "left_shift" else "rshift"
        return getattr(F, _name)(*_whole_operands(word, input, other))

    row(_shift_body, name=f"bitwise_{_name}", inplace=True)


@row(inplace=True)
def bitwise_not(input: Payload) -> Payload:
    if input.dtype.kind not in "iub":
        raise NotImplementedError(
            '"bitwise_not_cpu" not implemented for '
            f"'{of_numpy(input.dtype).scalar_type}'"
        )
    return F.bitwise_not(input)


for _name in ("isnan", "isinf", "isfinite"):

    def _test_body(input: Payload, *, _name: str = _name) -> Payload:
        if input.dtype.kind in "iub":
            return np.full(input.shape, _name == "isfinite")
        if input.dtype.kind == "c":
            re, im = (getattr(F, _name)(part(input)) for part in (F.real, F.imag))
            both = F.logical_and if _name == "isfinite" else F.logical_or
            return both(re, im)
        return getattr(F, _name)(input)

    row(_test_body, name=_name)


@row
def isposinf(input: Payload) -> Payload:
    if input.dtype.kind == "c":
        raise RuntimeError("isposinf does not support complex inputs.")
    return F.eq(floating(input), float("inf"))


@row
def isneginf(input: Payload) -> Payload:
    if input.dtype.kind == "c":
        raise RuntimeError("isneginf does not support complex inputs.")
    return F.eq(floating(input), float("-inf"))


@row
def isreal(input: Payload) -> Payload:
    return (
        F.eq(F.imag(input), 0.0)
        if input.dtype.kind == "c"
        else (np.ones(input.shape, bool))
    )


@row
def signbit(input: Payload) -> Payload:
    if input.dtype.kind in "fV":
        return F.signbit(input)
    return F.lt(input, cast(0, input.dtype))


@row
def isclose(
    input: Payload,
    other: Payload,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Payload:
    if input.dtype != other.dtype:
        raise RuntimeError(
            f"{of_numpy(input.dtype).scalar_type} did not match "
            f"{of_numpy(other.dtype).scalar_type}"
        )
    for word, bound in (("rtol", rtol), ("atol", atol)):
        if bound < 0:
            raise RuntimeError(
                f"{word} must be greater than or equal to zero, but got {bound:g}"
            )
    check_broadcast(input.shape, other.shape)
    return F.isclose(input, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


# --- whole comparisons ----------------------------------------------------------------


@tensor_row
def equal(input: Any, other: Any) -> bool:
    """Same shape and elements."""
    if not hasattr(other, "_p"):
        raise TypeError(
            "equal(): argument 'other' (position 2) must be Tensor, not "
            + type_name(other)
        )
    x, y = input.array("equal"), other.array("equal")
    return x.shape == y.shape and bool(np.all(x == y))


@tensor_row
def allclose(
    input: Any,
    other: Any,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> bool:
    if not hasattr(other, "_p"):
        raise TypeError(
            "allclose(): argument 'other' (position 2) must be Tensor, not "
            + type_name(other)
        )
    return bool(FUNCTIONS["isclose"](input, other, rtol, atol, equal_nan).all().item())
