"""Compiling regions, and calling what was compiled."""

from __future__ import annotations

import ctypes
import itertools
import os
from functools import cache
from math import prod
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from isograd.compile.lean.emit import Emitter, neutral
from isograd.compile.lean.pool import SOURCE, Pool, cores
from isograd.compile.lean.region import Reduce, Region, Store

GRAIN = 16384  # elements of work below which a thread is not worth waking
TASKS = 16


def machine() -> llvm.TargetMachine:
    """A target machine for this processor; an engine takes over the one it is given."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True)


target = cache(machine)


@cache
def engine() -> llvm.ExecutionEngine:
    return llvm.create_mcjit_compiler(llvm.parse_assembly(SOURCE), machine())


@cache
def pool() -> Pool:
    engine().finalize_object()
    made = Pool(engine(), cores())
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=pool.cache_clear)
    return made


_names = itertools.count()


def compile_module(text: str) -> int:
    """The address of `kernel` in an optimised module."""
    name = f"kernel{next(_names)}"
    module = llvm.parse_assembly(text.replace('@"kernel"', f'@"{name}"'))
    module.triple = target().triple
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = True
    options.loop_interleaving = True
    builder = llvm.create_pass_builder(target(), options)
    builder.getModulePassManager().run(module, builder)
    engine().add_module(module)
    engine().finalize_object()
    return engine().get_function_address(name)


class Kernel:
    """A compiled region: called with its arrays, inputs and outputs in order."""

    def __init__(self, region: Region) -> None:
        region = collapse(region)
        self.region = region
        self.parallel = parallel_axis(region)
        emitter = Emitter(region, max(self.parallel, 0))
        self.ir = str(emitter.module)
        self.address = compile_module(self.ir)
        self.whole = [(i, o) for i, o in enumerate(region.outputs)
                      if isinstance(o, Reduce) and len(o.axes) == len(region.space)]
        self.partial = [o for o in region.outputs
                        if isinstance(o, Reduce) and len(o.axes) < len(region.space)]
        self.plan_tasks()
        self.scratch = {o.buffer: np.empty(max(self.tasks, 1), _wide(o))
                        for _, o in self.whole}
        self.table = (ctypes.c_void_p * len(region.buffers))()
        self.dispatch = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p, ctypes.c_int64,
                                                 ctypes.c_void_p] + [ctypes.c_int64] * 4
                                         )(pool_function("dispatch"))

    def plan_tasks(self) -> None:
        space = self.region.space
        size = space[self.parallel] if self.parallel >= 0 and space else (
            space[0] if space else 1)
        work = prod(space)
        self.size = size
        self.tasks = 1
        if self.parallel >= 0 and work >= 2 * GRAIN:
            self.tasks = min(TASKS, size, work // GRAIN)
        self.chunk = -(-size // self.tasks) if size else 1

    def __call__(self, *arrays: np.ndarray) -> bool:
        table = self.table
        for i, (a, buf) in enumerate(zip(arrays, self.region.buffers, strict=True)):
            if i in self.scratch:
                table[i] = self.scratch[i].ctypes.data
            else:
                table[i] = a.ctypes.data
            if a.dtype != buf.dtype:
                return False
        for _, o in self.whole:
            self.scratch[o.buffer][...] = neutral_value(o)
        for o in self.partial:
            arrays[o.buffer][...] = neutral_value(o)
        if prod(self.region.space):
            p = pool()
            self.dispatch(p.address, self.address, ctypes.addressof(table), self.tasks,
                          self.chunk, self.size, p.helpers)
        for _, o in self.whole:
            parts = self.scratch[o.buffer]
            arrays[o.buffer][...] = FOLD[o.op](parts)
        return True


FOLD = {"sum": np.sum, "prod": np.prod, "max": np.max, "min": np.min, "any": np.any,
        "all": np.all}


def pool_function(name: str) -> int:
    engine().finalize_object()
    return engine().get_function_address(name)


def _wide(o: Reduce) -> Any:
    return np.dtype("f8") if o.expr.dtype == np.float32 else o.expr.dtype


def neutral_value(o: Reduce) -> Any:
    constant = neutral(o).constant
    return bool(constant) if o.expr.dtype.kind == "b" else constant


def parallel_axis(region: Region) -> int:
    """The first axis that no partial reduction reduces; -1 if none."""
    partial = [o for o in region.outputs
               if isinstance(o, Reduce) and len(o.axes) < len(region.space)]
    for axis in range(len(region.space)):
        if region.space[axis] > 1 and not any(axis in o.axes for o in partial):
            return axis
    return 0 if not partial and region.space else -1


def collapse(region: Region) -> Region:
    """Join adjacent axes that every access walks as one; give rank zero an axis."""
    if not region.space:
        return _mapped(region, (1,), lambda s: (0,), lambda axes: (0,), lambda b: b)
    return region


def _mapped(region: Region, space: Any, strides: Any, axes: Any, box: Any) -> Region:
    from isograd.compile.lean.scalar import S, Expr

    done: dict[int, Expr] = {}

    def visit(e: Expr) -> Expr:
        found = done.get(id(e))
        if found is None:
            args = tuple(map(visit, e.args))
            data = e.data
            if e.op == "load":
                data = (data[0], strides(data[1]), data[2])
            elif e.op == "within":
                data = box(data)
            found = done[id(e)] = S.make(e.op, args, e.dtype, data)
        return found

    outputs = tuple(
        o._replace(expr=visit(o.expr), strides=strides(o.strides))
        if isinstance(o, Store)
        else o._replace(expr=visit(o.expr), strides=strides(o.strides),
                        axes=axes(o.axes))
        for o in region.outputs)
    return Region(space, region.buffers, outputs)


_CACHE: dict[Region, Kernel] = {}


def build(region: Region) -> Kernel:
    return Kernel(region)
