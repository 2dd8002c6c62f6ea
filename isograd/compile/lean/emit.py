"""From a region to LLVM IR: scalar loops that LLVM vectorises.

The kernel is `void kernel(i8** buffers, i64 task, i64 lo, i64 hi)`: it runs the
coordinates [lo, hi) of the parallel axis.  Loops are cut where a `Within` changes, so
that its choice is static.  Whole reductions go to a slot of their buffer per task.
`entry` is what Python calls, with the array objects themselves: it reads their data
pointers, prepares what is accumulated, shares the work out and folds the slots.
"""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir

from isograd.base.dtypes import is_float
from isograd.compile.lean import half
from isograd.compile.lean.loops import counted
from isograd.compile.lean.maths import (
    CONTRACT,
    F32,
    F64,
    I64,
    LIBRARY,
    Maths,
    vectorised,
)
from isograd.compile.lean.region import Reduce, Region, Store
from isograd.compile.lean.scalar import Expr

I1, I8 = ir.IntType(1), ir.IntType(8)
TABLE = I8.as_pointer().as_pointer()
BLOCK = 2048  # elements summed in one precision before they go to the accumulator

ROWS = 4  # rows summed before they go to the accumulators


class Unsupported(Exception):
    """The region uses something this generator has no code for."""


def lltype(dtype: np.dtype) -> ir.Type:
    """The type of a value in registers: half precision is held in float32."""
    if not dtype.isnative:
        raise Unsupported(f"dtype {dtype}")
    if dtype == np.float32 or half.is_half(dtype):
        return F32
    if dtype == np.float64:
        return F64
    if dtype.kind in "iu":
        return ir.IntType(8 * dtype.itemsize)
    if dtype.kind == "b":
        return I1
    raise Unsupported(f"dtype {dtype}")


def memory_type(dtype: np.dtype) -> ir.Type:
    if dtype.kind == "b":
        return I8
    return half.I16 if half.is_half(dtype) else lltype(dtype)


FLOAT_OPS = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
INT_OPS = {
    "add": "add",
    "sub": "sub",
    "mul": "mul",
    "bitwise_and": "and_",
    "bitwise_or": "or_",
    "bitwise_xor": "xor",
}
COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
INTRINSIC = {
    "sqrt": "sqrt",
    "abs": "fabs",
    "floor": "floor",
    "ceil": "ceil",
    "trunc": "trunc",
    "round": "rint",
}
BOOLS = {"logical_and": "and_", "logical_or": "or_", "logical_xor": "xor"}


class Emitter:
    """The kernel of a region under construction."""

    def __init__(self, region: Region, parallel: int) -> None:
        self.region = region
        self.parallel = parallel
        self.space = region.space
        self.module = ir.Module("region")
        self.maths = Maths(self.module)
        self.cuts = cuts(region)
        self.coords: list[Any] = [None] * len(self.space)
        pointers = [self.pointer_type(i) for i in range(len(region.buffers))]
        self.work(pointers)
        self.kernel(pointers)

    def work(self, pointers: list[ir.Type]) -> None:
        """The loops, in a function of their own: its pointers do not alias."""
        shape = ir.FunctionType(ir.VoidType(), [*pointers, I64, I64, I64])
        self.fn = ir.Function(self.module, shape, "work")
        self.fn.linkage = "private"
        for a in self.fn.args[: len(pointers)]:
            a.add_attribute("noalias")
        *self.pointers, self.task, self.lo, self.hi = self.fn.args
        self.b = ir.IRBuilder(self.fn.append_basic_block("entry"))
        self.nest(0, [None] * len(self.space))
        self.b.ret_void()

    def kernel(self, pointers: list[ir.Type]) -> None:
        args = [TABLE, I64, I64, I64]
        fn = ir.Function(self.module, ir.FunctionType(ir.VoidType(), args), "kernel")
        fn.linkage = "private"
        b = ir.IRBuilder(fn.append_basic_block("entry"))
        table, *rest = fn.args
        values = [
            b.bitcast(b.load(b.gep(table, [ir.Constant(I64, i)])), t)
            for i, t in enumerate(pointers)
        ]
        b.call(self.fn, [*values, *rest])
        b.ret_void()

    def exported(self) -> ir.Module:
        """The module with a kernel that can be called from others."""
        self.module.globals["kernel"].linkage = ""
        return self.module

    def whole(self, o: Any) -> bool:
        return isinstance(o, Reduce) and len(o.axes) == len(self.space)

    def pointer_type(self, i: int) -> ir.Type:
        dtype = self.region.buffers[i].dtype
        if any(self.whole(o) and o.buffer == i for o in self.region.outputs):
            return slot_type(dtype).as_pointer()
        return memory_type(dtype).as_pointer()

    # --- loops ------------------------------------------------------------------------

    def nest(self, axis: int, segment: list[Any]) -> None:
        """Loops over the axes from `axis` on; `segment` holds the static ranges."""
        if axis == len(self.space):
            self.body(segment)
            return
        ends = self.cuts[axis]
        for lo, hi in itertools.pairwise(ends):
            self.loop(axis, lo, hi, [*segment[:axis], (lo, hi), *segment[axis + 1 :]])

    def loop(self, axis: int, lo: int, hi: int, segment: list[Any]) -> None:
        start, stop = self.range(axis, lo, hi)
        if axis == len(self.space) - 1:
            self.innermost(axis, start, stop, segment)
        elif axis == len(self.space) - 2 and self.region.tile:
            self.tiles(axis, start, stop, segment)
        elif axis == len(self.space) - 2 and self.folds(axis):
            self.jammed(axis, start, stop, segment)
        else:
            counted(self.b, start, stop, 1, lambda i: self.at(axis, i, segment))

    def range(self, axis: int, lo: int, hi: int) -> tuple[Any, Any]:
        b: Any = self.b
        start, stop = ir.Constant(I64, lo), ir.Constant(I64, hi)
        if axis == self.parallel:
            start = b.select(b.icmp_signed(">", self.lo, start), self.lo, start)
            stop = b.select(b.icmp_signed("<", self.hi, stop), self.hi, stop)
        return start, stop

    def at(self, axis: int, i: Any, segment: list[Any]) -> None:
        self.coords[axis] = i
        self.nest(axis + 1, segment)

    def tiles(self, axis: int, start: Any, stop: Any, segment: list[Any]) -> None:
        """The last two loops in square blocks: operands are walked in two orders."""
        b, side = self.b, self.region.tile
        last = ir.Constant(I64, self.space[axis + 1])
        segment = [*segment[: axis + 1], (0, self.space[axis + 1])]

        def end(first: Any, stop: Any) -> Any:
            e = b.add(first, ir.Constant(I64, side))
            return b.select(b.icmp_signed("<", e, stop), e, stop)

        def row(i: Any, j0: Any, j1: Any) -> None:
            self.coords[axis] = i
            counted(b, j0, j1, 1, lambda j: self.at(axis + 1, j, segment))

        def block(i0: Any, j0: Any) -> None:
            i1, j1 = end(i0, stop), end(j0, last)
            counted(b, i0, i1, 1, lambda i: row(i, j0, j1))

        counted(
            b,
            start,
            stop,
            side,
            lambda i0: counted(
                b, ir.Constant(I64, 0), last, side, lambda j0: block(i0, j0)
            ),
        )

    def innermost(self, axis: int, start: Any, stop: Any, segment: list[Any]) -> None:
        """The vectorised loop; values reduced along it stay in registers."""
        local = [
            o for o in self.region.outputs if isinstance(o, Reduce) and axis in o.axes
        ]
        if not local:
            counted(self.b, start, stop, 1, lambda i: self.at(axis, i, segment))
            return
        counted(
            self.b,
            start,
            stop,
            BLOCK,
            lambda first: self.summed(axis, first, stop, local, segment),
        )

    def summed(
        self, axis: int, first: Any, stop: Any, local: list[Reduce], segment: list[Any]
    ) -> None:
        """One block of a loop with reductions, then their sums to memory."""
        b: Any = self.b
        last = b.add(first, ir.Constant(I64, BLOCK))
        last = b.select(b.icmp_signed("<", last, stop), last, stop)
        entry = b.block
        head, done = b.append_basic_block("sum"), b.append_basic_block("summed")
        b.branch(head)
        b.position_at_end(head)
        i = b.phi(I64)
        i.add_incoming(first, entry)
        sums = []
        for o in local:
            phi = b.phi(lltype(o.expr.dtype))
            phi.add_incoming(neutral(o), entry)
            sums.append(phi)
        self.coords[axis] = i
        values = self.body(segment, skip=local)
        new = [
            combine(b, o, s, v, self.maths, True)
            for o, s, v in zip(local, sums, values, strict=True)
        ]
        following = b.add(i, ir.Constant(I64, 1), flags=("nsw",))
        i.add_incoming(following, b.block)
        for s, n in zip(sums, new, strict=True):
            s.add_incoming(n, b.block)
        b.cbranch(b.icmp_signed("<", following, last), head, done)
        b.position_at_end(done)
        for o, n in zip(local, new, strict=True):
            self.accumulate(o, n)

    def folds(self, axis: int) -> bool:
        """Whether rows are all that the last two loops reduce."""
        return len(self.cuts[-1]) == 2 and all(
            isinstance(o, Reduce) and axis in o.axes and axis + 1 not in o.axes
            for o in self.region.outputs
        )

    def jammed(self, axis: int, start: Any, stop: Any, segment: list[Any]) -> None:
        """Several rows at a time, so that memory is read and written once for them."""
        b: Any = self.b
        outputs: Any = self.region.outputs
        full = b.add(start, b.and_(b.sub(stop, start), ir.Constant(I64, -ROWS)))
        last = self.range(axis + 1, 0, self.space[-1])
        whole = [*segment[: axis + 1], (0, self.space[-1])]

        def element(i: Any, j: Any) -> None:
            self.coords[axis + 1] = j
            sums: list[Any] = []
            for k in range(ROWS):
                self.coords[axis] = b.add(i, ir.Constant(I64, k), flags=("nsw",))
                values = self.body(whole, skip=outputs)
                sums = (
                    [
                        combine(b, o, s, v, self.maths, False)
                        for o, s, v in zip(outputs, sums, values, strict=True)
                    ]
                    if sums
                    else values
                )
            for o, s in zip(outputs, sums, strict=True):
                self.accumulate(o, s)

        counted(
            b,
            start,
            full,
            ROWS,
            lambda i: counted(b, *last, 1, lambda j: element(i, j)),
        )
        counted(b, full, stop, 1, lambda i: self.at(axis, i, segment))

    # --- the body ---------------------------------------------------------------------

    def body(self, segment: list[Any], skip: Any = ()) -> list[Any]:
        """Stores and reductions of one element; gives the values of `skip`."""
        self.values: dict[int, Any] = {}
        self.segment = segment
        out = []
        for o in self.region.outputs:
            value = self.value(o.expr)
            if isinstance(o, Store):
                place = self.address(o.buffer, o.strides, o.offset)
                store(self.b, value, place, o.expr.dtype)
            elif any(o is s for s in skip):
                out.append(value)
            else:
                self.accumulate(o, value)
        return out

    def address(self, buffer: int, strides: Any, offset: int) -> Any:
        b: Any = self.b
        total: Any = ir.Constant(I64, offset)
        for i, s in zip(self.coords, strides, strict=True):
            if s:
                step = i if s == 1 else b.mul(i, ir.Constant(I64, s), flags=("nsw",))
                total = b.add(total, step, flags=("nsw",))
        return b.gep(self.pointers[buffer], [total], inbounds=False)

    def accumulate(self, o: Reduce, value: Any) -> None:
        """Memory op= value; a whole reduction has one wide slot per task."""
        b: Any = self.b
        if self.whole(o):
            place = b.gep(self.pointers[o.buffer], [self.task])
            old = b.load(place)
            if value.type == F32:
                value = b.fpext(value, F64)
            if value.type == I1:
                old = b.trunc(old, I1)
            new = combine(b, o, old, value, self.maths, False)
            b.store(b.zext(new, I8) if new.type == I1 else new, place)
            return
        place = self.address(o.buffer, o.strides, 0)
        old = load(b, place, o.expr.dtype)
        store(b, combine(b, o, old, value, self.maths, False), place, o.expr.dtype)

    def value(self, e: Expr) -> Any:
        found = self.values.get(id(e))
        if found is None:
            found = self.values[id(e)] = self.compute(e)
        return found

    def compute(self, e: Expr) -> Any:
        b: Any = self.b
        if e.op == "const":
            return constant(e)
        if e.op == "load":
            buffer, strides, offset = e.data
            return load(b, self.address(buffer, strides, offset), e.dtype)
        if e.op == "within":
            hit = all(
                lo <= s[0] and s[1] <= hi
                for (lo, hi), s in zip(e.data, self.segment, strict=True)
            )
            return self.value(e.args[0] if hit else e.args[1])
        args = [self.value(a) for a in e.args]
        if e.op == "convert":
            return convert(b, args[0], e.args[0].dtype, e.dtype)
        if e.op == "select":
            return b.select(*args)
        out = instruction(b, self.maths, e.op, args, e.args[-1].dtype)
        return half.rounded(b, out, e.dtype) if half.is_half(e.dtype) else out


def fast_code(op: str, dtype: np.dtype) -> bool:
    """Whether code for `op` is vectorised; else it calls the C library."""
    return not is_float(dtype) or vectorised(op, lltype(dtype))


@cache
def handles(op: str, dtypes: tuple[np.dtype, ...]) -> bool:
    """Whether there is code for an instruction on operands of these dtypes."""
    try:
        types = [lltype(d) for d in dtypes]
        if op in ("load", "const", "convert", "select", "within"):
            return True
        module = ir.Module()
        fn = ir.Function(module, ir.FunctionType(ir.VoidType(), types), "try")
        b = ir.IRBuilder(fn.append_basic_block())
        instruction(b, Maths(module), op, list(fn.args), dtypes[-1])
    except Unsupported:
        return False
    return True


def constant(e: Expr) -> Any:
    number = np.frombuffer(e.data, e.dtype)[0]
    t = lltype(e.dtype)
    return ir.Constant(t, float(number) if t in (F32, F64) else int(number))


def load(b: ir.IRBuilder, place: Any, dtype: np.dtype) -> Any:
    value = b.load(place)
    if dtype.kind == "b":
        return b.trunc(value, I1)
    return half.widened(b, value, dtype) if half.is_half(dtype) else value


def store(b: ir.IRBuilder, value: Any, place: Any, dtype: np.dtype) -> None:
    if dtype.kind == "b":
        value = b.zext(value, I8)
    elif half.is_half(dtype):
        value = half.narrowed(b, value, dtype)
    b.store(value, place)


def slot_type(dtype: np.dtype) -> ir.Type:
    """What a whole reduction accumulates in."""
    t = lltype(dtype)
    return F64 if t == F32 else I8 if t == I1 else t


def cuts(region: Region) -> list[list[int]]:
    """Per axis the ends of the segments in which every `Within` is static."""
    ends = [{0, n} for n in region.space]
    seen: set[int] = set()
    stack = [o.expr for o in region.outputs]
    while stack:
        e = stack.pop()
        if id(e) in seen:
            continue
        seen.add(id(e))
        stack.extend(e.args)
        if e.op == "within":
            for s, (lo, hi), n in zip(ends, e.data, region.space, strict=True):
                s.update(x for x in (lo, hi) if 0 < x < n)
    return [sorted(s) for s in ends]


def neutral(o: Reduce) -> Any:
    """The element that a reduction ignores; of sums it is -0.0."""
    t = lltype(o.expr.dtype)
    if o.op == "sum" and t in (F32, F64):
        return ir.Constant(t, -0.0)
    if o.op in ("max", "min"):
        if isinstance(t, ir.IntType):
            info = np.iinfo(o.expr.dtype) if o.expr.dtype.kind != "b" else None
            low, high = (info.min, info.max) if info else (0, 1)
            return ir.Constant(t, low if o.op == "max" else high)
        return ir.Constant(t, -np.inf if o.op == "max" else np.inf)
    return ir.Constant(t, {"sum": 0, "prod": 1, "any": 0, "all": 1}[o.op])


def combine(b: Any, o: Reduce, x: Any, y: Any, maths: Maths, loose: bool) -> Any:
    """x op y; `loose` sums may be done in any order."""
    op = o.op
    floating = x.type in (F32, F64)
    flags = ("reassoc", "contract", "nsz") if loose else ()
    if op == "sum":
        return b.fadd(x, y, flags=flags) if floating else b.add(x, y)
    if op == "prod":
        return b.fmul(x, y, flags=flags) if floating else b.mul(x, y)
    if op in ("any", "all"):
        return b.or_(x, y) if op == "any" else b.and_(x, y)
    return extremum(b, maths, op, x, y, o.expr.dtype.kind in "ib")


def extremum(b: ir.IRBuilder, m: Maths, op: str, x: Any, y: Any, signed: bool) -> Any:
    """max or min; nan wins."""
    sign = ">" if op == "max" else "<"
    if x.type in (F32, F64):
        return m.intrinsic(b, op + "imum", x, y)
    if x.type == I1:
        return b.or_(x, y) if op == "max" else b.and_(x, y)
    compare = b.icmp_signed if signed else b.icmp_unsigned
    return b.select(compare(sign, x, y), x, y)


def convert(b: ir.IRBuilder, x: Any, source: np.dtype, target: np.dtype) -> Any:
    t = lltype(target)
    if target.kind == "b":
        if is_float(source):
            return b.fcmp_unordered("!=", x, ir.Constant(x.type, 0.0))
        return b.icmp_signed("!=", x, ir.Constant(x.type, 0))
    if is_float(source):
        return from_float(b, x, target)
    if is_float(target):
        x = b.sitofp(x, t) if source.kind == "i" else b.uitofp(x, t)
        return half.rounded(b, x, target) if half.is_half(target) else x
    if target.itemsize * 8 > x.type.width:
        return b.sext(x, t) if source.kind == "i" else b.zext(x, t)
    return x if x.type == t else b.trunc(x, t)


def from_float(b: ir.IRBuilder, x: Any, target: np.dtype) -> Any:
    t = lltype(target)
    if is_float(target):
        if x.type != t:
            x = b.fpext(x, t) if t == F64 else b.fptrunc(x, t)
        return half.rounded(b, x, target) if half.is_half(target) else x
    name = "llvm.fpto" + ("si" if target.kind == "i" else "ui") + ".sat"
    fn = b.module.declare_intrinsic(name, [t, x.type], ir.FunctionType(t, [x.type]))
    return b.call(fn, [x])  # the plain conversion is undefined out of range


def instruction(
    b: ir.IRBuilder, m: Maths, op: str, args: list[Any], dtype: np.dtype
) -> Any:
    """One instruction on values of `dtype`."""
    x = args[0]
    if dtype.kind == "b":
        if op == "logical_not":
            return b.not_(x)
        if op in BOOLS:
            return getattr(b, BOOLS[op])(*args)
    if op in COMPARE:
        if is_float(dtype):
            test = b.fcmp_unordered if op == "ne" else b.fcmp_ordered
            return test(COMPARE[op], *args)
        test = b.icmp_signed if dtype.kind == "i" else b.icmp_unsigned
        return test(COMPARE[op], *args)
    if dtype.kind in "iu":
        return integer(b, m, op, args, dtype)
    if not is_float(dtype):
        raise Unsupported(f"{op} of {dtype}")
    return floating(b, m, op, args)


def integer(
    b: ir.IRBuilder, m: Maths, op: str, args: list[Any], dtype: np.dtype
) -> Any:
    if op in INT_OPS:
        return getattr(b, INT_OPS[op])(*args)
    if op == "neg":
        return b.neg(args[0])
    if op in ("maximum", "minimum"):
        return extremum(b, m, op[:3], args[0], args[1], dtype.kind == "i")
    raise Unsupported(f"{op} of {dtype}")


def floating(b: ir.IRBuilder, m: Maths, op: str, args: list[Any]) -> Any:
    x = args[0]
    zero, one = ir.Constant(x.type, 0.0), ir.Constant(x.type, 1.0)
    if op in FLOAT_OPS:
        return getattr(b, FLOAT_OPS[op])(*args, flags=CONTRACT)
    if op == "neg":
        return b.fneg(x)
    if op in INTRINSIC:
        return m.intrinsic(b, INTRINSIC[op], x)
    if op in ("maximum", "minimum"):
        return extremum(b, m, op[:3], x, args[1], True)
    if op == "rsqrt":
        return b.fdiv(one, m.intrinsic(b, "sqrt", x))
    if op == "sign":
        up = b.uitofp(b.fcmp_ordered(">", x, zero), x.type)
        down = b.uitofp(b.fcmp_ordered("<", x, zero), x.type)
        nan = b.fcmp_unordered("uno", x, x)
        return b.select(nan, x, b.fsub(up, down))
    if op == "isnan":
        return b.fcmp_unordered("uno", x, x)
    if op in ("isinf", "isfinite"):
        size = m.intrinsic(b, "fabs", x)
        inf = ir.Constant(x.type, np.inf)
        return b.fcmp_ordered("==" if op == "isinf" else "<", size, inf)
    if op in ("exp", "log", "tanh", "erf", "pow", *LIBRARY):
        return m.call(b, op, *args)
    raise Unsupported(op)
