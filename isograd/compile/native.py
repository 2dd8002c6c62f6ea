"""Running a program by native kernels, with NumPy for what is not fused."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.compile import lean as codegen
from isograd.compile.executor import fits
from isograd.compile.fuse import Call, Plan, Region
from isograd.compile.lower import Lowering, Unfusible
from isograd.compile.program import Atom, Program, Var

RECYCLED = 1 << 16  # bytes from which an output's memory is worth keeping


class Native:
    """The steps of a program, with the memory they work in.

    Temporaries are made once and used by one run at a time; outputs are new arrays,
    except that large ones take the memory of an earlier output that nobody holds.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.plan, lowered = _planned(program)
        self.slots: dict[Var, int] = {}
        for v in program.inputs:
            self.slot(v)
        self.consts: list[tuple[int, np.ndarray]] = []
        self.lock = threading.Lock()
        self.outputs = {a for a in program.outputs if isinstance(a, Var)}
        self.made: list[tuple[int, Any, _Pool | None]] = []
        steps = [self.step(s, low) for s, low in lowered]
        self.steps = steps
        self.results = [self.slots[a] if isinstance(a, Var) else a.value
                        for a in program.outputs]
        self.temporaries = self.allocate_temporaries()

    def slot(self, v: Var) -> int:
        return self.slots.setdefault(v, len(self.slots))

    def step(self, step: Region | Call, low: Lowering | None) -> _Step:
        if isinstance(step, Call):
            e = step.equation
            ins = [self.atom(a) for a in e.inputs]
            return _CallStep(e, ins, [self.slot(o) for o in e.outputs])
        assert low is not None
        ins = [self.atom(a) for a in low.inputs]
        outs = [self.slot(r) for r in step.roots]
        for r, s in zip(step.roots, outs, strict=True):
            if r in self.outputs:
                self.made.append((s, r.aval, _pool(r)))
        return _KernelStep(codegen.build(low.region), [*ins, *outs])

    def atom(self, a: Atom) -> int:
        """The slot of an operand; constants get one that is filled at each run."""
        if isinstance(a, Var):
            return self.slot(a)
        stand_in = Var(a.aval)
        number = self.slot(stand_in)
        self.consts.append((number, a.value))
        return number

    def allocate_temporaries(self) -> list[tuple[int, np.ndarray]]:
        temporaries = []
        for step in self.plan.steps:
            if isinstance(step, Region):
                temporaries += [
                    (self.slots[r], np.empty(r.shape, r.dtype))
                    for r in step.roots if r not in self.outputs
                ]
        return temporaries

    def run(self, arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Run on arrays of the program's shapes and dtypes, in any layout."""
        env: list[Any] = [None] * len(self.slots)
        env[: len(arrays)] = map(np.ascontiguousarray, arrays) if any(
            not a.flags.c_contiguous for a in arrays) else arrays
        for number, value in self.consts:
            env[number] = value
        for number, aval, pool in self.made:
            env[number] = np.empty(*aval) if pool is None else pool.take()
        if self.lock.acquire(blocking=False):
            try:
                self.execute(env, self.temporaries)
            finally:
                self.lock.release()
        else:
            own = [(n, np.empty_like(t)) for n, t in self.temporaries]
            self.execute(env, own)
        return [r if isinstance(r, np.ndarray) else env[r] for r in self.results]

    def call(self, *arrays: object) -> list[np.ndarray] | None:
        return self.run(arrays) if fits(self.program, arrays) else None  # type: ignore[arg-type] # justified: `fits` checked that all are ndarrays

    def execute(self, env: list[Any], temporaries: Any) -> None:
        for number, array in temporaries:
            env[number] = array
        with np.errstate(all="ignore"):
            for step in self.steps:
                step(env)


_Step = Callable[[list[Any]], None]


class _KernelStep:
    def __init__(self, kernel: Any, numbers: list[int]) -> None:
        self.kernel = kernel
        self.numbers = numbers

    def __call__(self, env: list[Any]) -> None:
        arrays = [env[n] for n in self.numbers]
        if not self.kernel(*arrays):
            raise RuntimeError(f"a kernel refused its arrays: "
                               f"{[(a.shape, a.dtype, a.strides) for a in arrays]}")


class _CallStep:
    def __init__(self, equation: Any, inputs: list[int], outputs: list[int]) -> None:
        self.impl = equation.prim.impl
        self.multi = equation.prim.multi
        self.params = equation.params
        self.inputs = inputs
        self.outputs = outputs

    def __call__(self, env: list[Any]) -> None:
        out = self.impl(*[env[i] for i in self.inputs], **self.params)
        for n, o in zip(self.outputs, out if self.multi else (out,), strict=True):
            env[n] = np.ascontiguousarray(o) if o.ndim else o


def _planned(
    program: Program,
) -> tuple[Plan, list[tuple[Region | Call, Lowering | None]]]:
    """A plan whose regions all have expressions; what has none is written first."""
    forced: frozenset[Var] = frozenset()
    opaque: frozenset[Var] = frozenset()
    while True:
        plan = Plan(program, forced, opaque)
        try:
            return plan, [(s, Lowering(plan, s) if isinstance(s, Region) else None)
                          for s in plan.steps]
        except Unfusible as error:
            if error.value in forced:
                opaque |= {error.value}
            forced |= {error.value}


class _Pool:
    """Memory of earlier outputs; a fresh 4 MB array costs 0.1 ms of page faults."""

    def __init__(self, aval: Any) -> None:
        self.aval = aval
        self.arrays: list[np.ndarray] = []

    def take(self) -> np.ndarray:
        for array in self.arrays:
            if _references(array) == UNSHARED:
                return array
        array = np.empty(*self.aval)
        if len(self.arrays) < 4:
            self.arrays.append(array)
        return array


def _references(array: np.ndarray) -> int:
    return sys.getrefcount(array)


def _calibrate() -> int:
    """The count of an array that only a pool's list holds, seen from `take`."""
    for array in [np.empty(0)]:
        return _references(array)
    raise AssertionError


UNSHARED = _calibrate()


def _pool(v: Var) -> _Pool | None:
    size = int(np.prod(v.shape)) * v.dtype.itemsize
    return _Pool(v.aval) if size >= RECYCLED and hasattr(sys, "getrefcount") else None
