"""The native function that runs a program of inner loops, see `compile/loops.py`.

A program is a list of 64-bit words.  Python calls it like any builtin function: an
object of CPython's own kind for those is made around one native function, `run`, with
the words as its `self`.  `run` compares the arguments with what the program was made
for (on any difference it calls the array function that was recorded), makes the
results, and calls each step's loop as NumPy would, `loop(pointers, n, strides, data)`.

It holds the lock of the interpreter all the while, so a program's scratch memory is
its own.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from isograd.compile.lean.build import check_layout
from isograd.compile.lean.build import machine as compiler
from isograd.compile.lean.loops import counted

I1, I8, I32, I64 = (ir.IntType(n) for n in (1, 8, 32, 64))
F32, F64 = ir.FloatType(), ir.DoubleType()
BYTES, WORDS = I8.as_pointer(), I64.as_pointer()

# offsets of fields of an ndarray object, in bytes
TYPE, DATA, RANK, DIMS, SKIPS, DESCR, FLAGS = 8, 16, 24, 32, 40, 56, 64
CONTIGUOUS, ALIGNED = 0x1, 0x100  # flags
# words at the head of a program; the tables follow
INPUTS, NEW, STEPS, RESULTS, SINGLE, FALLBACK, FLAG, HEAD = range(8)
# words that tell of an array: dtype, rank, address of the sizes and, where it is not
# contiguous, the strides; flags
ROW = 5
LOOPS = 4  # a step's loops: three around, and the inner one
OPERANDS = 4
# words of a step: the loop, its data, four sizes, operands' places, offsets, strides
FN, EXTRA, SIZES, PLACES, OFFSETS, STRIDES = 0, 1, 2, 6, 10, 14
STEP = STRIDES + LOOPS * OPERANDS
ARRAYS = 24  # operands and results that a program may have
NONE = -1  # a result that is None

LOOP = ir.FunctionType(ir.VoidType(), [WORDS, WORDS, WORDS, BYTES])


class Unusable(Exception):
    """This interpreter's objects are not laid out as `run` takes them to be."""


class _Definition(ctypes.Structure):
    """PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("method", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


FASTCALL = 0x80 | 0x02  # with keywords, of which nothing is read


class _Words(np.ndarray):
    """The words of a program, and what they refer to."""

    keep: Any


class Array(NamedTuple):
    """What `run` compares; strides are None for arrays that are contiguous."""

    dtype: Any
    shape: tuple[int, ...]
    strides: tuple[int, ...] | None = None

    def words(self, keep: list[Any]) -> list[int]:
        """Its row; `keep` gets what that refers to."""
        memory = [np.array([*t, 0], np.int64) for t in (self.shape, self.strides or ())]
        keep += [self.dtype, *memory]
        sizes, strides = (m.ctypes.data for m in memory)
        plain = self.strides is None
        flags = ALIGNED | CONTIGUOUS if plain else ALIGNED
        return [id(self.dtype), len(self.shape), sizes, 0 if plain else strides, flags]


class Step(NamedTuple):
    """Loops around a call of `loop`: sizes, and places and strides of operands.

    Places: 0 is absolute (the offset is the address), then arguments and results.
    """

    loop: int
    data: int
    sizes: Sequence[int]
    places: Sequence[int]
    offsets: Sequence[int]
    strides: Sequence[Sequence[int]]  # of each loop, of each operand

    def words(self) -> list[int]:
        spare = OPERANDS - len(self.places)
        out = [self.loop, self.data, *self.sizes]
        for row in (self.places, self.offsets, *self.strides):
            out += [*row, *[0] * spare]
        return out


# --- the code of `run` ----------------------------------------------------------------


def _api(name: str) -> int:
    """The address of a function of CPython's."""
    return ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value or 0


def _new_array() -> int:
    """The address of PyArray_NewFromDescr, place 94 of NumPy's table."""
    core = import_module("numpy._core._multiarray_umath")
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    table = get(core._ARRAY_API, None)
    at = ctypes.cast(table, ctypes.POINTER(ctypes.c_void_p))
    if at[2] != id(np.ndarray):
        raise Unusable
    return at[94] or 0


class _Run:
    """Emits `run(self, args, count, keywords)`."""

    def __init__(self, module: ir.Module) -> None:
        shape = ir.FunctionType(BYTES, [BYTES, WORDS, I64, BYTES])
        self.fn = ir.Function(module, shape, "run")
        this, args, count, _ = self.fn.args
        self.b = b = ir.IRBuilder(self.fn.append_basic_block("entry"))
        self.args = args
        self.program = b.inttoptr(self.field(b.ptrtoint(this, I64), DATA), WORDS)
        self.bases = b.alloca(I64, ir.Constant(I64, ARRAYS + 1))
        self.made = b.alloca(I64, ir.Constant(I64, ARRAYS))
        self.pointers = b.alloca(I64, ir.Constant(I64, OPERANDS))
        self.failed = self.fn.append_basic_block("fallback")
        self.inputs, self.new = self.word(INPUTS), self.word(NEW)
        self.put(self.bases, 0, 0)
        self.need(b.icmp_signed("==", count, self.inputs))
        self.loop(self.inputs, self.take)
        self.loop(self.new, self.make)
        self.steps = b.add(
            ir.Constant(I64, HEAD),
            b.mul(b.add(self.inputs, self.new), ir.Constant(I64, ROW)),
        )
        self.loop(self.word(STEPS), self.step)
        self.check()
        self.give()
        b.position_at_end(self.failed)
        vector = self.function("PyObject_Vectorcall", BYTES, [I64, WORDS, I64, I64])
        b.ret(b.call(vector, [self.word(FALLBACK), args, count, ir.Constant(I64, 0)]))

    # --- small things ---

    def number(self, n: Any) -> Any:
        return ir.Constant(I64, n) if isinstance(n, int) else n

    def at(self, p: Any, i: Any) -> Any:
        return self.b.gep(p, [self.number(i)])

    def get(self, p: Any, i: Any) -> Any:
        return self.b.load(self.at(p, i))

    def put(self, p: Any, i: Any, value: Any) -> None:
        self.b.store(self.number(value), self.at(p, i))

    def word(self, i: Any) -> Any:
        return self.get(self.program, i)

    def field(self, obj: Any, offset: int, kind: Any = I64) -> Any:
        """A field of an object whose address is a number."""
        p = self.b.inttoptr(self.b.add(obj, self.number(offset)), kind.as_pointer())
        return self.b.load(p)

    def loop(self, count: Any, body: Callable[[Any], None]) -> None:
        counted(self.b, self.number(0), count, 1, body)

    def need(self, condition: Any) -> None:
        """Go on if it holds, else leave everything to the fallback."""
        after = self.b.append_basic_block("on")
        self.b.cbranch(condition, after, self.failed)
        self.b.position_at_end(after)

    def function(self, name: str, result: Any, args: list[Any]) -> Any:
        shape = ir.FunctionType(result, args)
        address = _new_array() if name == "new" else _api(name)
        return self.b.inttoptr(ir.Constant(I64, address), shape.as_pointer())

    def row(self, k: Any) -> Any:
        """The words that tell of the k-th array."""
        b = self.b
        return self.at(
            self.program, b.add(self.number(HEAD), b.mul(k, self.number(ROW)))
        )

    def count(self, name: str, obj: Any) -> None:
        self.b.call(self.function(name, ir.VoidType(), [I64]), [obj])

    # --- parts ---

    def take(self, i: Any) -> None:
        """Compare an argument with what is expected, and note where its data are."""
        b, obj, row = self.b, self.get(self.args, i), self.row(i)
        same = [
            b.icmp_signed("==", self.field(obj, offset), expected)
            for offset, expected in (
                (TYPE, self.number(id(np.ndarray))),
                (DESCR, self.get(row, 0)),
            )
        ]
        rank = b.sext(self.field(obj, RANK, I32), I64)
        same.append(b.icmp_signed("==", rank, self.get(row, 1)))
        flags = b.trunc(self.get(row, 4), I32)
        found = b.and_(self.field(obj, FLAGS, I32), flags)
        same.append(b.icmp_signed("==", found, flags))
        for s in same:
            self.need(s)
        self.same(b.inttoptr(self.field(obj, DIMS), WORDS), self.get(row, 2), rank)
        strides = self.get(row, 3)
        plain = b.icmp_signed("==", strides, self.number(0))
        self.same(
            b.inttoptr(self.field(obj, SKIPS), WORDS),
            strides,
            b.select(plain, self.number(0), rank),
        )
        self.put(self.bases, b.add(i, self.number(1)), self.field(obj, DATA))

    def same(self, found: Any, expected: Any, count: Any) -> None:
        """Need equal numbers."""
        b = self.b
        numbers = b.inttoptr(expected, WORDS)
        self.loop(
            count,
            lambda k: self.need(
                b.icmp_signed("==", self.get(found, k), self.get(numbers, k))
            ),
        )

    def make(self, i: Any) -> None:
        """A new array for a result."""
        b = self.b
        k = b.add(self.inputs, i)
        dtype, rank, sizes = (self.get(self.row(k), j) for j in range(3))
        self.count("Py_IncRef", dtype)
        new = self.function("new", I64, [I64, I64, I32, I64, I64, I64, I32, I64])
        zero, flags = self.number(0), ir.Constant(I32, 0)
        kind = self.number(id(np.ndarray))
        rank = b.trunc(rank, I32)
        obj = b.call(new, [kind, dtype, rank, sizes, zero, zero, flags, zero])
        failed = b.append_basic_block("memory")
        after = b.append_basic_block("made")
        b.cbranch(b.icmp_signed("==", obj, zero), failed, after)
        b.position_at_end(failed)
        b.ret(ir.Constant(BYTES, None))
        b.position_at_end(after)
        self.put(self.made, i, obj)
        self.put(self.bases, b.add(k, self.number(1)), self.field(obj, DATA))

    def step(self, i: Any) -> None:
        b = self.b
        row = self.at(self.program, b.add(self.steps, b.mul(i, self.number(STEP))))
        fn = b.inttoptr(self.get(row, FN), LOOP.as_pointer())
        data = b.inttoptr(self.get(row, EXTRA), BYTES)
        starts = [
            b.add(
                self.get(self.bases, self.get(row, PLACES + j)),
                self.get(row, OFFSETS + j),
            )
            for j in range(OPERANDS)
        ]

        def around(level: int, at: list[Any]) -> None:
            strides = STRIDES + level * OPERANDS
            if level == LOOPS - 1:
                for j, p in enumerate(at):
                    self.put(self.pointers, j, p)
                size = self.at(row, SIZES + level)
                b.call(fn, [self.pointers, size, self.at(row, strides), data])
                return
            steps = [self.get(row, strides + j) for j in range(OPERANDS)]
            self.loop(
                self.get(row, SIZES + level),
                lambda k: around(
                    level + 1,
                    [b.add(p, b.mul(k, s)) for p, s in zip(at, steps, strict=True)],
                ),
            )

        around(0, starts)

    def check(self) -> None:
        """Raise what a loop raised; leave it to the fallback if a step found an index
        out of range."""
        b, zero = self.b, self.number(0)
        error = b.call(self.function("PyErr_Occurred", I64, []), [])
        raised, calm = (b.append_basic_block(n) for n in ("raised", "calm"))
        b.cbranch(b.icmp_signed("!=", error, zero), raised, calm)
        b.position_at_end(raised)
        self.loop(self.new, lambda k: self.count("Py_DecRef", self.get(self.made, k)))
        b.ret(ir.Constant(BYTES, None))
        b.position_at_end(calm)
        told, wrong, right = (b.append_basic_block(n) for n in ("told", "bad", "good"))
        flag = self.word(FLAG)
        b.cbranch(b.icmp_signed("==", flag, zero), right, told)
        b.position_at_end(told)
        at = b.inttoptr(flag, WORDS)
        b.cbranch(b.icmp_signed("==", b.load(at), zero), right, wrong)
        b.position_at_end(wrong)
        b.store(zero, at)
        self.loop(self.new, lambda k: self.count("Py_DecRef", self.get(self.made, k)))
        b.branch(self.failed)
        b.position_at_end(right)

    def give(self) -> None:
        """The results: one, or a tuple of them."""
        b = self.b
        ends = b.mul(self.word(STEPS), self.number(STEP))
        places = self.at(self.program, b.add(self.steps, ends))
        one, many = (b.append_basic_block(n) for n in ("one", "many"))
        b.cbranch(b.icmp_signed("!=", self.word(SINGLE), self.number(0)), one, many)
        b.position_at_end(one)
        b.ret(b.inttoptr(self.get(self.made, 0), BYTES))
        b.position_at_end(many)
        count = self.word(RESULTS)
        out = b.call(self.function("PyTuple_New", I64, [I64]), [count])
        put = self.function("PyTuple_SetItem", I32, [I64, I64, I64])
        none = self.number(id(None))

        def fill(k: Any) -> None:
            place = self.get(places, k)
            is_none = b.icmp_signed("<", place, self.number(0))
            is_input = b.icmp_signed("<", place, self.inputs)
            safe = b.select(is_none, self.number(0), place)
            made = b.select(is_input, self.number(0), b.sub(safe, self.inputs))
            given = b.select(is_input, safe, self.number(0))
            obj = b.select(
                is_input, self.get(self.args, given), self.get(self.made, made)
            )
            obj = b.select(is_none, none, obj)
            self.count("Py_IncRef", obj)
            b.call(put, [out, k, obj])

        self.loop(count, fill)
        self.loop(self.new, lambda k: self.count("Py_DecRef", self.get(self.made, k)))
        b.ret(b.inttoptr(out, BYTES))


# --- loops that NumPy has in another form: conversions, copies, choices ---------------

# of dtypes by letter; b is bool
_TYPES = {"b": I8, "i": I32, "l": I64, "f": F32, "d": F64}
CASTS = ("fd", "df", "bf", "bd", "if", "id", "lf", "ld", "bl", "il")
COPIES = {1: I8, 4: I32, 8: I64}


def _loop(module: ir.Module, name: str, kinds: Sequence[Any], body: Any) -> None:
    """A loop over operands of LLVM types `kinds`: `body(b, data, *pointers)`."""
    fn = ir.Function(module, LOOP, name)
    b = ir.IRBuilder(fn.append_basic_block("entry"))
    pointers, size, strides, data = fn.args
    index = [ir.Constant(I64, j) for j, _ in enumerate(kinds)]
    starts = [b.load(b.gep(pointers, [j])) for j in index]
    steps = [b.load(b.gep(strides, [j])) for j in index]

    def one(i: Any) -> None:
        at = [
            b.inttoptr(b.add(p, b.mul(i, s)), t.as_pointer())
            for p, s, t in zip(starts, steps, kinds, strict=True)
        ]
        body(b, b.bitcast(data, WORDS), *at)

    counted(b, ir.Constant(I64, 0), b.load(size), 1, one)
    b.ret_void()


def _result(value: Any) -> Any:
    """The body that stores a value of the other operands in the last one."""

    def body(b: Any, data: Any, *at: Any) -> None:
        b.store(value(b, *map(b.load, at[:-1])), at[-1])

    return body


def _place(b: Any, data: Any, index: Any, offset: Any, flag: Any) -> None:
    """`offset` grows by index times data[1]; the flag is set unless it is in
    range(data[0])."""
    i = b.load(index)
    count, stride = b.load(data), b.load(b.gep(data, [ir.Constant(I64, 1)]))
    good = b.icmp_unsigned("<", i, count)
    zero = ir.Constant(I64, 0)
    moved = b.mul(b.select(good, i, zero), stride)
    b.store(b.add(b.load(offset), moved), offset)
    bad = b.select(good, zero, ir.Constant(I64, 1))
    b.store(b.or_(b.load(flag), bad), flag)


def _moved(b: Any, p: Any, offset: Any) -> Any:
    at = b.add(b.ptrtoint(p, I64), b.load(offset))
    return b.inttoptr(at, p.type)


def _take(b: Any, data: Any, source: Any, offset: Any, out: Any) -> None:
    b.store(b.load(_moved(b, source, offset)), out)


def _put(b: Any, data: Any, source: Any, offset: Any, out: Any) -> None:
    b.store(b.load(source), _moved(b, out, offset))


def _sum(b: Any, data: Any, source: Any, offset: Any, out: Any) -> None:
    at = _moved(b, out, offset)
    b.store(b.fadd(b.load(at), b.load(source)), at)


CORE = 3  # sizes of the matrices in a product; six strides follow


def _core(module: ir.Module, name: str) -> None:
    """A loop of NumPy's over matrices: data are its address, its data, sizes, strides."""
    fn = ir.Function(module, LOOP, name)
    b = ir.IRBuilder(fn.append_basic_block("entry"))
    pointers, size, strides, data = fn.args
    words = b.bitcast(data, WORDS)

    def word(p: Any, i: int) -> Any:
        return b.load(b.gep(p, [ir.Constant(I64, i)]))

    def table(values: list[Any]) -> Any:
        memory = b.alloca(I64, ir.Constant(I64, len(values)))
        for i, v in enumerate(values):
            b.store(v, b.gep(memory, [ir.Constant(I64, i)]))
        return memory

    sizes = table([b.load(size), *(word(words, 2 + i) for i in range(CORE))])
    core = [word(words, 2 + CORE + i) for i in range(2 * CORE)]
    steps = table([*(word(strides, i) for i in range(3)), *core])
    loop = b.inttoptr(word(words, 0), LOOP.as_pointer())
    b.call(loop, [pointers, sizes, steps, b.inttoptr(word(words, 1), BYTES)])
    b.ret_void()


def _converted(source: str, target: str) -> Callable[[Any, Any], Any]:
    t = _TYPES[target]
    name = {
        "fd": "fpext",
        "df": "fptrunc",
        "bl": "zext",
        "il": "sext",
    }.get(source + target, "uitofp" if source == "b" else "sitofp")
    return lambda b, x: getattr(b, name)(x, t)


def _module(name: str) -> ir.Module:
    """The module of `run`, or of a loop: `cast_fd`, `copy_4`, `where_8`..."""
    module = ir.Module(name)
    kind, _, rest = name.partition("_")
    t = COPIES.get(int(rest), I64) if rest.isdigit() else I64
    if kind == "run":
        _Run(module)
    elif kind == "core":
        _core(module, name)
    elif kind == "cast":
        kinds = [_TYPES[c] for c in rest]
        _loop(module, name, kinds, _result(_converted(*rest)))
    else:
        kinds, body = {
            "copy": ([t, t], _result(lambda b, x: x)),
            "where": ([I8, t, t, t], _result(_chosen)),
            "place": ([I64, I64, I64], _place),
            "take": ([t, I64, t], _take),
            "put": ([t, I64, t], _put),
            "sum": ([float_of(t), I64, float_of(t)], _sum),
        }[kind]
        _loop(module, name, kinds, body)
    return module


def float_of(t: ir.Type) -> ir.Type:
    return F32 if t is I32 else F64


def _chosen(b: Any, condition: Any, x: Any, y: Any) -> Any:
    return b.select(b.icmp_signed("!=", condition, ir.Constant(I8, 0)), x, y)


class Machine:
    """The compiled code."""

    def __init__(self) -> None:
        check_layout()
        _check_fields()
        self.own = compiler()
        self.jit = llvm.create_mcjit_compiler(llvm.parse_assembly(""), self.own)
        self.loops: dict[str, int] = {}
        run = self.loop("run")
        self.definition = _Definition(b"program", run, FASTCALL, None)
        self.new = ctypes.pythonapi.PyCFunction_NewEx
        self.new.restype = ctypes.py_object
        self.new.argtypes = [
            ctypes.POINTER(_Definition),
            ctypes.py_object,
            ctypes.c_void_p,
        ]

    def loop(self, name: str) -> int:
        """The address of one of the machine's own functions."""
        found = self.loops.get(name)
        if found is None:
            parsed = llvm.parse_assembly(str(_module(name)))
            options = llvm.create_pipeline_tuning_options(speed_level=1)
            options.loop_vectorization = False
            builder = llvm.create_pass_builder(self.own, options)
            builder.getModulePassManager().run(parsed, builder)
            self.jit.add_module(parsed)
            self.jit.finalize_object()
            found = self.loops[name] = self.jit.get_function_address(name)
        return found

    def program(
        self,
        inputs: Sequence[Array],
        new: Sequence[Array],
        steps: Sequence[Step],
        results: Sequence[int] | None,
        fallback: Callable[..., Any],
        flag: int,
        keep: Any,
    ) -> Callable[..., Any]:
        """A function of arrays like `inputs`.

        It gives the array `new[0]`, or a tuple of arguments and new arrays where
        `results` has their places.  A number at the address `flag` (0: none) that is
        not zero after the steps leaves the call to `fallback`.  `keep` holds the memory
        that steps refer to.
        """
        arrays = [*inputs, *new]
        rows: list[Any] = []
        words = [len(inputs), len(new), len(steps), len(results or ())]
        words += [results is None, id(fallback), flag]
        for a in arrays:
            words += a.words(rows)
        for step in steps:
            words += step.words()
        words += results or []
        this = np.array(words, np.int64).view(_Words)
        this.keep = rows, fallback, keep
        return self.new(ctypes.byref(self.definition), this, None)


def _check_fields() -> None:
    """Raise if ndarrays are not laid out as `run` reads them."""
    a = np.zeros((2, 3), np.float32)

    def field(offset: int, kind: Any) -> Any:
        return kind.from_address(id(a) + offset).value

    pair = ctypes.c_int64 * 2
    sizes, strides = (field(k, ctypes.c_void_p) for k in (DIMS, SKIPS))
    if (
        field(TYPE, ctypes.c_void_p) != id(np.ndarray)
        or field(RANK, ctypes.c_int) != 2
        or [*pair.from_address(sizes)] != [2, 3]
        or [*pair.from_address(strides)] != [12, 4]
        or field(DESCR, ctypes.c_void_p) != id(a.dtype)
        or field(FLAGS, ctypes.c_int) != a.flags.num
    ):
        raise Unusable


@cache
def machine() -> Machine | None:
    """The machine, None where there can be none."""
    enabled = getattr(sys, "_is_gil_enabled", None)
    if sys.implementation.name != "cpython" or (enabled is not None and not enabled()):
        return None
    try:
        return Machine()
    except Exception:  # NumPy's functions do as well
        return None
