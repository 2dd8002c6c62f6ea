"""The operators of tensors, and the fast paths of the functions behind them."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from isograd.core import fast, writes
from isograd.core.plans import ABSENT
from isograd.core.primitive import REGISTRY
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import wrap
from isograd.torch.arithmetic import FLOAT
from isograd.torch.comparison import COMPARE
from isograd.torch.table import FUNCTIONS, attach
from isograd.torch.tensor import FAMILY, Tensor

_Op = Callable[[Any, Any], Any]


def operator(fn: _Op) -> _Op:
    """The general path of an operator: other classes of operands are not its affair."""

    def op(x: Any, y: Any) -> Any:
        if isinstance(y, CoreTensor | Number | np.generic):
            return fn(x, y)
        if isinstance(y, np.ndarray):
            from isograd.torch.creation import from_numpy

            return fn(x, from_numpy(y))
        return fn(x, y) if hasattr(type(y), "__torch_function__") else NotImplemented

    return op


def reflected(fn: _Op) -> _Op:
    general = operator(lambda x, y: fn(y, x))
    return lambda x, y: general(x, y)


def _quick(name: str, prim: str, kinds: str = "fciub", slow: Any = None) -> _Op:
    """The function as an operator: fast for floats, general (`slow`) otherwise."""
    slow = slow or operator(FUNCTIONS[name])
    number = fast.scalar_right(REGISTRY[prim], Tensor, slow, FAMILY)
    return fast.binary(REGISTRY[prim], Tensor, number, FAMILY, kinds)


_ADD, _MUL = _quick("add", "add"), _quick("mul", "mul")
_SUB, _DIV = _quick("sub", "sub", "fciu"), _quick("div", "div", "fc")
_POW = fast.parameter(
    REGISTRY["power"], Tensor, operator(FUNCTIONS["pow"]), "exponent", FAMILY
)


def _rdiv(x: Any, y: Any) -> Any:
    """PyTorch computes the quotient of a number as a product."""
    if isinstance(y, CoreTensor | Number | np.generic | np.ndarray):
        return _MUL(FUNCTIONS["reciprocal"](x), y)
    return NotImplemented


_OPERATORS: dict[str, _Op] = {
    "add": _ADD,
    "radd": _ADD,
    "mul": _MUL,
    "rmul": _MUL,
    "sub": _SUB,
    "rsub": fast.scalar_left(
        REGISTRY["sub"], Tensor, operator(FUNCTIONS["rsub"]), "RsubBackward1", FAMILY
    ),
    "truediv": _DIV,
    "rtruediv": _rdiv,
    "floordiv": operator(FUNCTIONS["floor_divide"]),
    "rfloordiv": reflected(FUNCTIONS["floor_divide"]),
    "mod": operator(FUNCTIONS["remainder"]),
    "rmod": reflected(FUNCTIONS["remainder"]),
    "pow": _POW,
    "rpow": reflected(FUNCTIONS["pow"]),
    "and": operator(FUNCTIONS["bitwise_and"]),
    "or": operator(FUNCTIONS["bitwise_or"]),
    "xor": operator(FUNCTIONS["bitwise_xor"]),
    "rand": reflected(FUNCTIONS["bitwise_and"]),
    "ror": reflected(FUNCTIONS["bitwise_or"]),
    "rxor": reflected(FUNCTIONS["bitwise_xor"]),
    "lshift": operator(FUNCTIONS["bitwise_left_shift"]),
    "rshift": operator(FUNCTIONS["bitwise_right_shift"]),
    "rlshift": reflected(FUNCTIONS["bitwise_left_shift"]),
    "rrshift": reflected(FUNCTIONS["bitwise_right_shift"]),
}
_IN_PLACE_OPERATORS = {
    "iadd": "add_",
    "isub": "sub_",
    "imul": "mul_",
    "itruediv": "div_",
    "ifloordiv": "floor_divide_",
    "imod": "remainder_",
    "ipow": "pow_",
    "iand": "bitwise_and_",
    "ior": "bitwise_or_",
    "ixor": "bitwise_xor_",
    "ilshift": "bitwise_left_shift_",
    "irshift": "bitwise_right_shift_",
}
for _name, _fn in _OPERATORS.items():
    setattr(Tensor, f"__{_name}__", _fn)
for _name, _method in _IN_PLACE_OPERATORS.items():
    setattr(Tensor, f"__{_name}__", operator(getattr(Tensor, _method)))
for _name in COMPARE:
    setattr(Tensor, f"__{_name}__", _quick(_name, _name))
for _name in ("neg", "abs"):
    setattr(
        Tensor,
        f"__{_name}__",
        fast.unary(REGISTRY[_name], Tensor, FUNCTIONS[_name], "f", FAMILY),
    )
attach(__pos__=FUNCTIONS["positive"])
attach(__hash__=lambda self: id(self))  # `==` is elementwise: a tensor is its own key


def _invert(x: Any) -> Any:
    if x._p.dtype.kind not in "iub":
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and "
            "Boolean-type tensors"
        )
    return FUNCTIONS["bitwise_not"](x)


attach(__invert__=_invert)


def _binary(quick: _Op, slow: Any) -> Any:
    """A function of two operands by the quick path; what else is given is rare."""

    def function(
        input: Any = ABSENT, other: Any = ABSENT, *more: Any, **rest: Any
    ) -> Any:
        if rest or more:
            return slow(input, other, *more, **rest)
        return quick(input, other)

    return function


# Functions and methods of two or one floating operands go the operators' way as well.
_FAST_UNARY = {
    **FLOAT,
    "neg": ("negative",),
    "abs": ("absolute",),
    "relu": (),
    "floor": (),
    "ceil": (),
}


def _publish(make: Callable[[Any], Any], names: Any) -> None:
    """Install what is made of the general path, for each name as function and method."""
    for name in names:
        general = FUNCTIONS[name], vars(Tensor)[name]
        quick = [make(g) for g in general]
        for fn, slow in zip(quick, general, strict=True):
            fn.__name__ = fn.__qualname__ = name
            fn.__doc__ = slow.__doc__
            vars(slow)["published"] = fn  # what `__torch_function__` is told
        FUNCTIONS[name] = quick[0]
        setattr(Tensor, name, quick[1])


for _name, _aliases in _FAST_UNARY.items():
    if _name in REGISTRY and REGISTRY[_name].kind == "elementwise":
        _publish(
            lambda slow, prim=REGISTRY[_name]: fast.unary(
                prim, Tensor, slow, "f", FAMILY
            ),
            (_name, *_aliases),
        )
for _name, _kinds, _aliases in (
    ("add", "fciub", ()),
    ("mul", "fciub", ("multiply",)),
    ("sub", "fciu", ("subtract",)),
    ("div", "fc", ("divide",)),
):
    _publish(
        lambda slow, args=(_name, _name, _kinds): _binary(_quick(*args, slow), slow),
        (_name, *_aliases),
    )


def _with_alpha(quick: Any, slow: Any) -> Any:
    """`x.add_(y, alpha=a)` of plain floats by the quick path of `x.add_(a y)`."""

    def fn(input: Any, other: Any, **rest: Any) -> Any:
        if not rest:
            return quick(input, other)
        if len(rest) == 1 and "alpha" in rest and type(other) is Tensor:
            a, b = rest["alpha"], other._p
            numbers = type(a) is float or type(a) is int
            if numbers and type(b) is np.ndarray and b.dtype.char in "fd":
                if other._node is None and writes.alone(input):
                    return quick(input, wrap(Tensor, np.multiply(b, a, out=...)))
        return slow(input, other, **rest)

    return fn


def _quick_in_place(name: str, ufunc: Any, dunder: str) -> None:
    slow = getattr(Tensor, f"{name}_")
    fn = fast.in_place(ufunc, Tensor, slow, "f", FAMILY)
    if name in ("add", "sub"):
        fn = _with_alpha(fn, slow)
    fn.__name__ = fn.__qualname__ = f"{name}_"
    setattr(Tensor, f"{name}_", fn)
    setattr(Tensor, f"__{dunder}__", operator(fn))


for _name, _ufunc, _iop in (
    ("add", np.add, "iadd"),
    ("sub", np.subtract, "isub"),
    ("mul", np.multiply, "imul"),
    ("div", np.true_divide, "itruediv"),
):
    _quick_in_place(_name, _ufunc, _iop)
