"""Compiling regions to functions that take arrays."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir

from isograd.compile.lean.emit import (
    I8,
    TABLE,
    Emitter,
    combine,
    memory_type,
    neutral,
    slot_type,
    store,
)
from isograd.compile.lean.loops import counted
from isograd.compile.lean.maths import F32, F64, I64
from isograd.compile.lean.pool import MAX_TASKS, SOURCE, Pool, cores
from isograd.compile.lean.region import Reduce, Region, normalised

GRAIN = 16384  # elements of work below which a thread is not worth waking
TASKS = min(MAX_TASKS, 8 * cores())
HEAD = object.__basicsize__  # offset of the data pointer in an ndarray object

Kernel = Callable[..., None]


def machine() -> llvm.TargetMachine:
    """A target machine for this processor; an engine takes over the one it is given."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True
    )


target = cache(machine)


class Engine:
    """The just-in-time compiler, and the threads that kernels run on."""

    def __init__(self) -> None:
        own = machine()
        self.pool = Pool()
        self.jit = llvm.create_mcjit_compiler(llvm.parse_assembly(SOURCE), own)
        self.jit.finalize_object()
        self.dispatch = self.jit.get_function_address("dispatch")
        self.worker = self.jit.get_function_address("worker")
        self.names = itertools.count()
        check_layout()

    def add(self, module: ir.Module, entry: str, level: int = 3) -> int:
        """The address of a function of a module, optimised and compiled."""
        name = f"isograd_{next(self.names)}"
        text = str(module).replace(f'@"{entry}"', f'@"{name}"')
        parsed = llvm.parse_assembly(text)
        parsed.triple = target().triple
        options = llvm.create_pipeline_tuning_options(speed_level=level)
        options.loop_vectorization = options.loop_interleaving = level > 1
        options.loop_unrolling = False  # longer code, not faster
        builder = llvm.create_pass_builder(target(), options)
        builder.getModulePassManager().run(parsed, builder)
        self.jit.add_module(parsed)
        self.jit.finalize_object()
        return self.jit.get_function_address(name)


@cache
def engine() -> Engine:
    return Engine()


def check_layout() -> None:
    """Raise if an ndarray's data pointer does not stand where kernels read it."""
    for a in (np.arange(3.0), np.zeros((2, 3), np.float32)):
        found = ctypes.c_void_p.from_address(id(a) + HEAD).value
        if found != a.ctypes.data:
            raise RuntimeError("arrays of this interpreter have an unknown layout")


class Sharing:
    """How a kernel's work is cut into tasks."""

    def __init__(self, region: Region) -> None:
        self.axis = parallel_axis(region)
        self.size = region.space[max(self.axis, 0)]
        self.tasks = 1
        work = prod(region.space)
        if self.axis >= 0 and work >= 2 * GRAIN:
            self.tasks = max(1, min(TASKS, self.size, work // GRAIN))
        self.chunk = -(-self.size // self.tasks)
        if region.tile:
            self.chunk = -(-self.chunk // region.tile) * region.tile
        elif self.axis == len(region.space) - 1:
            self.chunk = -(-self.chunk // 64) * 64  # tasks start at cache lines
        self.tasks = -(-self.size // self.chunk)


def parallel_axis(region: Region) -> int:
    """The first long axis that no partial reduction reduces; -1 if none."""
    partial = [
        o
        for o in region.outputs
        if isinstance(o, Reduce) and len(o.axes) < len(region.space)
    ]
    free = [
        k
        for k, n in enumerate(region.space)
        if n > 1 and not any(k in o.axes for o in partial)
    ]
    if not free:
        return -1 if partial else 0
    enough = [k for k in free if region.space[k] >= 2 * cores()]
    return enough[0] if enough else max(free, key=lambda k: region.space[k])


def pointer(b: Any, obj: Any) -> Any:
    """Where the elements of an array object stand."""
    field = b.gep(obj, [ir.Constant(I64, HEAD)])
    return b.load(b.bitcast(field, TABLE))


def fill(b: Any, o: Reduce, buffer: Any, data: Any) -> None:
    """The neutral element in all of a partial reduction's output."""
    dtype = o.expr.dtype
    p = b.bitcast(data, memory_type(dtype).as_pointer())
    counted(
        b,
        ir.Constant(I64, 0),
        ir.Constant(I64, prod(buffer.shape)),
        1,
        lambda i: store(b, neutral(o), b.gep(p, [i]), dtype),
    )


def share(
    b: Any, work: ir.Function, table: Any, tasks: int, chunk: int, size: int
) -> None:
    """A call of `work(table, task, lo, hi)` for all tasks, by all threads."""
    if tasks == 1:
        b.call(work, [table, *(ir.Constant(I64, n) for n in (0, 0, size))])
        return
    words = [I64, I64, TABLE, I64, I64, I64]
    shape = ir.FunctionType(ir.VoidType(), words).as_pointer()
    dispatch = b.inttoptr(ir.Constant(I64, engine().dispatch), shape)
    pool = ir.Constant(I64, engine().pool.address)
    numbers = [ir.Constant(I64, n) for n in (tasks, chunk, size)]
    b.call(dispatch, [pool, b.ptrtoint(work, I64), table, *numbers])


class Entry:
    """Emits `entry(array objects...)`, see `emit.py`."""

    def __init__(self, emitter: Emitter, sharing: Sharing) -> None:
        self.emitter = emitter
        self.region = emitter.region
        self.sharing = sharing
        count = len(self.region.buffers)
        shape = ir.FunctionType(ir.VoidType(), [I8.as_pointer()] * count)
        self.fn = ir.Function(emitter.module, shape, "entry")
        self.b = b = ir.IRBuilder(self.fn.append_basic_block("entry"))
        self.table = b.alloca(I8.as_pointer(), ir.Constant(I64, count))
        self.data = [self.pointer(i, a) for i, a in enumerate(self.fn.args)]
        whole: list[Any] = [o for o in self.region.outputs if emitter.whole(o)]
        slots = [self.slots(o) for o in whole]
        for o in self.region.outputs:
            if isinstance(o, Reduce) and not emitter.whole(o):
                fill(self.b, o, self.region.buffers[o.buffer], self.data[o.buffer])
        self.call()
        for o, s in zip(whole, slots, strict=True):
            self.fold(o, s)
        b.ret_void()

    def place(self, i: int) -> Any:
        return self.b.gep(self.table, [ir.Constant(I64, i)])

    def pointer(self, i: int, obj: Any) -> Any:
        data = pointer(self.b, obj)
        self.b.store(data, self.place(i))
        return data

    def slots(self, o: Reduce) -> Any:
        """Memory for the partial sums of the tasks, filled with the neutral element."""
        b, t = self.b, slot_type(o.expr.dtype)
        memory = b.alloca(t, ir.Constant(I64, self.sharing.tasks))
        for i in range(self.sharing.tasks):
            b.store(self.neutral(o, t), b.gep(memory, [ir.Constant(I64, i)]))
        b.store(b.bitcast(memory, I8.as_pointer()), self.place(o.buffer))
        return memory

    def neutral(self, o: Reduce, t: ir.Type) -> Any:
        n = neutral(o).constant
        return ir.Constant(t, n)

    def call(self) -> None:
        sharing = self.sharing
        kernel = self.emitter.module.globals["kernel"]
        share(self.b, kernel, self.table, sharing.tasks, sharing.chunk, sharing.size)

    def fold(self, o: Reduce, memory: Any) -> None:
        """The slots combined, in order, to the output."""
        b = self.b
        total: Any = None
        for i in range(self.sharing.tasks):
            v = b.load(b.gep(memory, [ir.Constant(I64, i)]))
            v = b.trunc(v, ir.IntType(1)) if o.expr.dtype.kind == "b" else v
            total = (
                v
                if total is None
                else combine(b, o, total, v, self.emitter.maths, False)
            )
        dtype = o.expr.dtype
        if total.type == F64 and dtype.itemsize < 8:
            total = b.fptrunc(total, F32)
        p = b.bitcast(self.data[o.buffer], memory_type(dtype).as_pointer())
        store(b, total, p, dtype)


def build(region: Region) -> Kernel:
    """A function of the region's arrays: inputs and outputs, C-contiguous or as their
    buffers say.  It may be called by several threads at once."""
    region = normalised(region)
    sharing = Sharing(region)
    emitter = Emitter(region, max(sharing.axis, 0))
    Entry(emitter, sharing)
    return callable_of(emitter.module, len(region.buffers), sharing.tasks > 1)


def callable_of(module: ir.Module, count: int, threads: bool, level: int = 3) -> Kernel:
    """`entry` of a module as a function of `count` arrays; level 1 of optimisation is
    enough for kernels that are written in vectors, and takes half the time."""
    e = engine()
    address = e.add(module, "entry", level)
    if threads:
        e.pool.start(e.worker)
    # a short kernel keeps the lock of the interpreter: to release it costs more
    kind = ctypes.CFUNCTYPE if threads else ctypes.PYFUNCTYPE
    return kind(None, *[ctypes.py_object] * count)(address)
