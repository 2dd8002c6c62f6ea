"""Vectors in LLVM IR, which it cuts to the registers that there are."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir

from isograd.compile.lean.emit import lltype
from isograd.compile.lean.maths import CONTRACT, I64

I32 = ir.IntType(32)


def constant(n: int) -> ir.Constant:
    return ir.Constant(I64, n)


class Vectors:
    """Vectors of `lanes` elements."""

    def __init__(self, b: Any, dtype: np.dtype, lanes: int) -> None:
        self.b = b
        self.dtype = dtype
        self.element = lltype(dtype)
        self.type = ir.VectorType(self.element, lanes)
        self.lanes = lanes
        self.size = dtype.itemsize
        self.zero = ir.Constant(self.type, [ir.Constant(self.element, 0.0)] * lanes)

    def load(self, pointer: Any, place: Any) -> Any:
        p = self.b.bitcast(self.b.gep(pointer, [place]), self.type.as_pointer())
        return self.b.load(p, align=self.size)

    def load_some(self, pointer: Any, place: Any, mask: Any) -> Any:
        """The lanes of a mask; nothing else is read."""
        address = self.b.gep(pointer, [place])
        p = self.b.bitcast(address, self.type.as_pointer())
        kind = "f32" if self.size == 4 else "f64"
        name = f"llvm.masked.load.v{self.lanes}{kind}.p0"
        shape = ir.FunctionType(self.type, [p.type, I32, mask.type, self.type])
        module = self.b.module
        fn = module.globals.get(name) or ir.Function(module, shape, name)
        return self.b.call(fn, [p, ir.Constant(I32, self.size), mask, self.zero])

    def store(self, value: Any, pointer: Any, place: Any) -> None:
        p = self.b.bitcast(self.b.gep(pointer, [place]), self.type.as_pointer())
        self.b.store(value, p, align=self.size)

    def splat(self, value: Any) -> Any:
        b = self.b
        one = b.insert_element(
            ir.Constant(self.type, ir.Undefined), value, ir.Constant(I32, 0)
        )
        mask = ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes)
        return b.shuffle_vector(one, ir.Constant(self.type, ir.Undefined), mask)

    def from_lane(self, first: Any) -> Any:
        """A mask of the lanes from number `first` on."""
        b, t = self.b, ir.VectorType(I64, self.lanes)
        numbers = ir.Constant(t, [ir.Constant(I64, i) for i in range(self.lanes)])
        nothing = ir.Constant(t, ir.Undefined)
        one = b.insert_element(nothing, first, ir.Constant(I32, 0))
        mask = ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes)
        return b.icmp_signed(">=", numbers, b.shuffle_vector(one, nothing, mask))

    def add_product(self, place: Any, x: Any, y: Any) -> None:
        b = self.b
        product = b.fmul(x, y, flags=CONTRACT)
        b.store(b.fadd(b.load(place), product, flags=CONTRACT), place)

    def total(self, value: Any) -> Any:
        """The sum of the lanes, by halves."""
        b, half = self.b, self.lanes // 2
        while half:
            low, high = (
                ir.Constant(ir.VectorType(I32, half), list(range(k, k + half)))
                for k in (0, half)
            )
            rest = ir.Constant(value.type, ir.Undefined)
            value = b.fadd(
                b.shuffle_vector(value, rest, low), b.shuffle_vector(value, rest, high)
            )
            half //= 2
        return b.extract_element(value, ir.Constant(I32, 0))


def cut(b: Any, u: Any, *counts: Any) -> list[Any]:
    """A unit's number as coordinates, the last one fastest."""
    out = []
    for n in reversed(counts):
        out.append(b.srem(u, n))
        u = b.sdiv(u, n)
    return [u, *reversed(out)]


def least(b: Any, x: Any, y: Any) -> Any:
    return b.select(b.icmp_signed("<", x, y), x, y)
