"""The typed program that staging produces: what every pass reads and writes.

A program is a list of equations over variables in single assignment.  Operands are
variables or constants (arrays of rank zero, or larger arrays held by reference and
read again at each run).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from isograd.core.primitive import Aval, Payload, Primitive, bind

_ids = itertools.count()


class Var:
    """A value of the program: its shape and dtype, and a number for printing."""

    __slots__ = ("aval", "id")

    def __init__(self, aval: Aval) -> None:
        self.aval = aval
        self.id = next(_ids)

    shape = property(lambda self: self.aval.shape)
    dtype = property(lambda self: self.aval.dtype)

    def __repr__(self) -> str:
        return f"v{self.id}"


class Const:
    """An array that is the same object at every run."""

    __slots__ = ("value",)

    def __init__(self, value: np.ndarray) -> None:
        self.value = value

    aval = property(lambda self: Aval(self.value.shape, self.value.dtype))
    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)

    @property
    def is_scalar(self) -> bool:
        return self.value.ndim == 0

    def __repr__(self) -> str:
        if self.is_scalar:
            return f"{self.value[()]!s}"
        return f"const{list(self.value.shape)}"


Atom = Var | Const


@dataclass(slots=True, eq=False)
class Equation:
    """`outputs = prim(*inputs, **params)`."""

    prim: Primitive
    inputs: tuple[Atom, ...]
    params: dict[str, Any]
    outputs: tuple[Var, ...]

    @property
    def output(self) -> Var:
        return self.outputs[0]

    def __repr__(self) -> str:
        words = ", ".join(f"{k}={_short(v)}" for k, v in self.params.items())
        args = ", ".join(map(repr, self.inputs))
        outs = ", ".join(f"{o!r}:{_aval(o.aval)}" for o in self.outputs)
        return f"{outs} = {self.prim.name}({args}{'; ' + words if words else ''})"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 60 else text[:57] + "..."


def _aval(aval: Aval) -> str:
    return f"{aval.dtype}{list(aval.shape)}"


@dataclass(slots=True, eq=False)
class Program:
    """Equations from `inputs` to `outputs`."""

    inputs: list[Var]
    equations: list[Equation] = field(default_factory=list)
    outputs: list[Atom] = field(default_factory=list)

    def __str__(self) -> str:
        head = ", ".join(f"{v!r}:{_aval(v.aval)}" for v in self.inputs)
        body = "\n".join(f"  {e!r}" for e in self.equations)
        tail = ", ".join(map(repr, self.outputs))
        return f"program({head})\n{body}\n  return {tail}"

    def replaced(
        self, equations: Iterable[Equation], outputs: Sequence[Atom] | None = None
    ) -> Program:
        outs = self.outputs if outputs is None else list(outputs)
        return Program(self.inputs, list(equations), outs)


def operands(eqn: Equation) -> Iterator[Var]:
    return (a for a in eqn.inputs if isinstance(a, Var))


def interpret(program: Program, args: Sequence[Payload]) -> list[Payload]:
    """Run a program one primitive at a time, on arrays or on any carriers.

    On arrays this is the reference that compiled execution is held against; on
    carriers it differentiates, batches or restages the program.
    """
    env: dict[Var, Payload] = dict(zip(program.inputs, args, strict=True))

    def read(atom: Atom) -> Payload:
        return env[atom] if isinstance(atom, Var) else atom.value

    for e in program.equations:
        out = bind(e.prim, tuple(map(read, e.inputs)), e.params)
        for var, value in zip(e.outputs, out if e.prim.multi else (out,), strict=True):
            env[var] = value
    return [read(o) for o in program.outputs]


__all__ = [
    "Atom",
    "Const",
    "Equation",
    "Program",
    "Var",
    "interpret",
    "operands",
]
