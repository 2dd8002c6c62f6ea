"""Running a program by native kernels, with NumPy for what is not fused.

A program becomes one Python function, written as source: a line per kernel or library
call, outputs made where a kernel needs them.  Temporaries are made once and lent to one
call at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from isograd.compile import lean as codegen
from isograd.compile.chains import chained
from isograd.compile.fuse import Call, Plan, Region, Shape
from isograd.compile.lower import Lowering, Unfusible
from isograd.compile.passes.expand import expand
from isograd.compile.passes.simplify import simplify
from isograd.compile.program import Atom, Equation, Program, Var
from isograd.compile.recycle import recycler
from isograd.core.expression import define
from isograd.core.large import LARGE

Arrays = Sequence[np.ndarray]


class Native:
    """A program made ready.

    Attributes:
        run: `(arrays)` to the outputs; arrays of the program's shapes and dtypes.
        call: `(*arrays)` to the outputs, None where the arguments are not such arrays.
        body: `(*arrays)` to the outputs, nothing is checked: they are C-contiguous, or
            have the strides that `layouts` says (in elements).
    """

    run: Callable[[Arrays], list[np.ndarray]]
    call: Callable[..., list[np.ndarray] | None]
    body: Callable[..., list[np.ndarray]]

    def __init__(
        self, program: Program, layouts: dict[Var, Shape] | None = None
    ) -> None:
        self.program = program
        program = prepared(program)
        plan, lowered = _planned(program, layouts or {})
        self.plan = plan
        writer = _Writer(program, lowered, plan.views)
        self.source = writer.source()
        self.body = define("body", self.source, writer.scope)
        self.call = _checked(program, self.body)
        self.run = _lenient(self.body)


def prepared(program: Program) -> Program:
    """The program as kernels take it."""
    found = expand(program)
    return program if found is program else simplify(found)


class _Writer:
    """The lines of `body`."""

    def __init__(self, program: Program, steps: list[Any], views: set[Var]) -> None:
        self.program = program
        self.views = views
        self.scope: dict[str, Any] = {
            "empty": np.empty,
            "contiguous": _contiguous,
            "errstate": np.errstate,
        }
        self.names: dict[Var, str] = {}
        self.outputs = {a for a in program.outputs if isinstance(a, Var)}
        self.temporaries: list[tuple[str, Any]] = []
        self.lines: list[str] = []
        for i, v in enumerate(program.inputs):
            self.names[v] = f"a{i}"
        self.calls = any(isinstance(s, Call) for s, _ in steps)
        for together in _runs(steps):
            step, low = together[0]
            if isinstance(step, Call):
                self.library_call(step.equation)
            elif low is None:
                self.results(step)  # nothing to write
            else:
                self.kernels(together)

    def bind(self, value: Any, prefix: str = "k") -> str:
        name = f"{prefix}{len(self.scope)}"
        self.scope[name] = value
        return name

    def atom(self, a: Atom) -> str:
        return self.names[a] if isinstance(a, Var) else self.bind(a.value)

    def name(self, v: Var) -> str:
        return self.names.setdefault(v, f"v{len(self.names)}")

    def kernels(self, steps: list[Any]) -> None:
        """Regions that follow each other: chains, and kernels of one region."""
        for step, _ in steps:
            self.results(step)
        for part, function, arrays in chained(steps):
            if function is None:
                ((step, low),) = part
                function, arrays = codegen.build(low.region), [*low.inputs, *step.roots]
            args = ", ".join(map(self.atom, arrays))
            self.lines.append(f"{self.bind(function)}({args})")

    def results(self, step: Region) -> None:
        """Memory for the roots."""
        for r in step.roots:
            name = self.name(r)
            if r in self.outputs:
                self.lines.append(f"{name} = {self.new(r)}")
            else:
                self.temporaries.append((name, r.aval))

    def new(self, v: Var) -> str:
        take = recycler(v.aval)
        if take is not None:
            return f"{self.bind(take)}()"
        return f"empty({self.bind(v.shape)}, {self.bind(v.dtype)})"

    def library_call(self, e: Any) -> None:
        args = [self.atom(a) for a in e.inputs]
        args += [f"{k}={self.bind(v)}" for k, v in e.params.items()]
        call = f"{self.bind(_function(e))}({', '.join(args)})"
        outs = [self.name(o) for o in e.outputs]
        self.lines.append(f"{', '.join(outs)}{',' if e.prim.multi else ''} = {call}")
        if e.output not in self.views:
            self.lines += [f"{o} = contiguous({o})" for o in outs]

    def source(self) -> str:
        """The whole function; temporaries are shared, or made anew for a call that
        finds them taken."""
        args = ", ".join(self.names[v] for v in self.program.inputs)
        results = ", ".join(
            self.names[a] if isinstance(a, Var) else f"{self.bind(a.value)}.copy()"
            for a in self.program.outputs
        )
        lines = [*self.lines, f"return [{results}]"]
        if self.calls:
            lines = ['with errstate(all="ignore"):', *_indented(lines)]
        if self.temporaries:
            lines = self.with_temporaries(lines)
        return f"def body({args}):\n" + "\n".join(_indented(lines)) + "\n"

    def with_temporaries(self, lines: list[str]) -> list[str]:
        lend = self.bind(_Temporaries([aval for _, aval in self.temporaries]))
        names = ", ".join(name for name, _ in self.temporaries)
        return [
            f"temporaries = {lend}.take()",
            f"{names}, = temporaries",
            "try:",
            *_indented(lines),
            "finally:",
            f"    {lend}.free.append(temporaries)",
        ]


def _runs(steps: list[Any]) -> list[list[Any]]:
    """The steps; regions that follow each other are together."""
    out: list[list[Any]] = []
    for step, low in steps:
        alone = isinstance(step, Call) or low is None
        if alone or not out or isinstance(out[-1][0][0], Call) or out[-1][0][1] is None:
            out.append([(step, low)])
        else:
            out[-1].append((step, low))
    return out


def _function(e: Equation) -> Callable[..., Any]:
    """A primitive's array function; for large operands what its slot holds."""
    if all(prod(a.shape) < LARGE for a in e.inputs):
        return e.prim.impl
    return lambda *arrays, **params: e.prim.kernel(*arrays, **params)


def _indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


class _Temporaries:
    """Sets of arrays, each lent to one call at a time."""

    def __init__(self, avals: list[Any]) -> None:
        self.avals = avals
        self.free: list[list[np.ndarray]] = []

    def take(self) -> list[np.ndarray]:
        try:
            return self.free.pop()
        except IndexError:
            return [np.empty(*a) for a in self.avals]


def _contiguous(x: np.ndarray) -> np.ndarray:
    """A C-contiguous, aligned array; rank zero is kept."""
    flags = x.flags
    return x if flags.c_contiguous and flags.aligned else np.array(x, order="C")


def _checked(program: Program, body: Callable[..., Any]) -> Callable[..., Any]:
    """`call` of `Native`, as source: it runs at every call of a small function."""
    names = [f"a{i}" for i in range(len(program.inputs))]
    scope: dict[str, Any] = {
        "body": body,
        "ndarray": np.ndarray,
        "contiguous": _contiguous,
    }
    lines = []
    for i, (a, v) in enumerate(zip(names, program.inputs, strict=True)):
        scope |= {f"s{i}": v.shape, f"d{i}": v.dtype}
        lines.append(
            f"if type({a}) is not ndarray or {a}.shape != s{i} or "
            f"({a}.dtype is not d{i} and {a}.dtype != d{i}): return None"
        )
        if v.shape:
            lines.append(f"if not {a}.flags.carray: {a} = contiguous({a})")
        else:
            lines.append(f"if not {a}.flags.aligned: {a} = contiguous({a})")
    lines.append(f"return body({', '.join(names)})")
    source = f"def call({', '.join(names)}):\n" + "\n".join(_indented(lines)) + "\n"
    return define("call", source, scope)


def _lenient(body: Callable[..., Any]) -> Callable[..., Any]:
    def run(arrays: Arrays) -> list[np.ndarray]:
        return body(*map(_contiguous, arrays))

    return run


def _planned(
    program: Program, layouts: dict[Var, Shape]
) -> tuple[Plan, list[tuple[Region | Call, Lowering | None]]]:
    """A plan whose regions all have expressions; what has none is written first."""
    forced: frozenset[Var] = frozenset()
    opaque: frozenset[Var] = frozenset()
    while True:
        plan = Plan(program, forced, opaque)
        try:
            return plan, [
                (
                    s,
                    Lowering(plan, s, layouts)
                    if isinstance(s, Region) and 0 not in s.space
                    else None,
                )
                for s in plan.steps
            ]
        except Unfusible as error:
            if error.value in forced:
                opaque |= {error.value}
            forced |= {error.value}
