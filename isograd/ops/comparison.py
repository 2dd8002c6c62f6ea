"""Comparison, logic and selection."""

from __future__ import annotations

import numpy as np

from isograd.base.dtypes import bfloat16
from isograd.core.families import elementwise


def _compare(name: str, ufunc: np.ufunc) -> None:
    elementwise(name, "x y", ufunc, result="bool", kinds="fib")


for _name, _ufunc in {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}.items():
    _compare(_name, _ufunc)

logical_and = elementwise(
    "logical_and", "x y", np.logical_and, result="bool", kinds="b"
)
logical_or = elementwise("logical_or", "x y", np.logical_or, result="bool", kinds="b")
logical_xor = elementwise(
    "logical_xor", "x y", np.logical_xor, result="bool", kinds="b"
)
logical_not = elementwise("logical_not", "x", np.logical_not, result="bool", kinds="b")

for _name in ("isnan", "isinf", "isfinite"):
    elementwise(_name, "x", getattr(np, _name), result="bool", kinds="f")

for _name in ("bitwise_and", "bitwise_or", "bitwise_xor"):
    elementwise(_name, "x y", getattr(np, _name), kinds="ib", constant=True)
bitwise_not = elementwise("bitwise_not", "x", np.invert, kinds="ib", constant=True)
left_shift = elementwise(
    "left_shift",
    "x y",
    np.left_shift,
    kinds="i",
    constant=True,
    kernel=False,
    domain=(0, 4),
)
right_shift = elementwise(
    "right_shift",
    "x y",
    np.right_shift,
    kinds="i",
    constant=True,
    kernel=False,
    domain=(0, 4),
)

where = elementwise(
    "where",
    "c? x y",
    np.where,
    scalar="select(c, x, y)",
    kinds="fcib",
    # t * 0.0 would turn an infinite cotangent into nan: select, do not multiply
    tangents={"x": "where(c, t, zeros_like(t))", "y": "where(c, zeros_like(t), t)"},
)


class _Zeros(dict[str, np.ndarray]):
    """A shared zero of rank zero for each dtype; never written."""

    def __missing__(self, char: str) -> np.ndarray:
        zero = self[char] = np.zeros((), bfloat16() if char == "E" else char)
        return zero


ZERO = _Zeros()

mask = elementwise(
    "mask",
    "c? x",
    lambda c, x: np.where(c, x, ZERO[x.dtype.char]),
    scalar="select(c, x, zeros_like(x))",
    tangents={"x": "mask(c, t)"},
    kinds="fci",
    doc="x where c holds, elsewhere 0 (also where x is infinite or nan).",
)
