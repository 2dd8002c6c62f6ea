"""The closed set of scalar instructions of kernels, and expressions of them.

A record's `scalar` builds an expression with `S`; the code generator emits it for each
element.  Expressions are made once per value (hash-consing), so common subexpressions
are one node.
"""

from __future__ import annotations

from typing import Any

import numpy as np

BOOL = np.dtype(bool)

SAME = """add sub mul div neg abs sign exp exp2 expm1 log log2 log10 log1p sqrt rsqrt
tanh sinh cosh sin cos tan asin acos atan atan2 asinh acosh atanh erf erfc pow floor
ceil trunc round rem fmod floordiv minimum maximum bitwise_and bitwise_or bitwise_xor
bitwise_not""".split()  # noqa: SIM905 (reads better)
TESTS = """eq ne lt le gt ge isnan isinf isfinite logical_and logical_or logical_xor
logical_not""".split()  # noqa: SIM905 (reads better)


class Expr:
    """A node: an instruction (or leaf) with its operands and the dtype it gives."""

    __slots__ = ("args", "data", "dtype", "op")

    def __init__(self, op: str, args: tuple[Expr, ...], dtype: Any, data: Any) -> None:
        self.op = op
        self.args = args
        self.dtype = dtype
        self.data = data

    def __repr__(self) -> str:
        parts = [repr(a) for a in self.args]
        if self.data is not None:
            parts.append(repr(self.data))
        return f"{self.op}({', '.join(parts)})"


class Builder:
    """The namespace `S`: one method per instruction."""

    def __init__(self) -> None:
        self.known: dict[Any, Expr] = {}

    def make(
        self, op: str, args: tuple[Expr, ...], dtype: Any, data: Any = None
    ) -> Expr:
        key = (op, tuple(map(id, args)), dtype, data)
        found = self.known.get(key)
        if found is None:
            if len(self.known) > 100_000:
                self.known.clear()
            found = self.known[key] = Expr(op, args, dtype, data)
        return found

    def const(self, value: Any, like: Expr | None = None, dtype: Any = None) -> Expr:
        dtype = np.dtype(like.dtype if like is not None else dtype)
        number = np.asarray(value).astype(dtype)
        return self.make("const", (), dtype, number.tobytes())

    def convert(self, x: Expr, dtype: Any) -> Expr:
        return x if x.dtype == dtype else self.make("convert", (x,), np.dtype(dtype))

    def select(self, c: Expr, x: Expr, y: Expr) -> Expr:
        return self.make("select", (c, x, y), x.dtype)

    def fill(self, args: tuple[Any, ...]) -> tuple[Expr, ...]:
        """Python numbers become constants of the other operands' dtype."""
        like = next(a for a in reversed(args) if isinstance(a, Expr))
        return tuple(a if isinstance(a, Expr) else self.const(a, like) for a in args)

    def zeros_like(self, x: Expr) -> Expr:
        return self.const(0, x)


def _instruction(name: str, test: bool) -> Any:
    def build(self: Builder, *args: Any) -> Expr:
        full = self.fill(args)
        return self.make(name, full, BOOL if test else full[-1].dtype)

    return build


for _name in SAME:
    setattr(Builder, _name, _instruction(_name, False))
for _name in TESTS:
    setattr(Builder, _name, _instruction(_name, True))

S: Any = Builder()


def Load(buffer: int, strides: tuple[int, ...], offset: int, dtype: Any) -> Expr:
    """An element of a buffer: an affine map of the coordinates, in elements."""
    return S.make("load", (), dtype, (buffer, strides, offset))


def Within(box: Any, inside: Expr, outside: Expr) -> Expr:
    """`inside` where each coordinate is in its half-open range, else `outside`."""
    return S.make("within", (inside, outside), inside.dtype, box)
