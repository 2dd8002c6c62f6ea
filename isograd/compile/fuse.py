"""Fusion: cutting a program into regions (one kernel each) and library calls.

Elementwise operations, conversions, movements of data (broadcasts, transposes, slices
and their adjoints, joins) and the first reduction after them make up a region.  An
*index map* says which element of a value is read at a point of the region's space: for
each axis of the value an affine function of the space's coordinates.  Movements only
change the map, so they cost nothing.

Some values must be in memory ("roots"): outputs, what library calls read, reductions,
and what several regions would compute again at a price.  Each root is written by one
region; roots over the same space that do not depend on each other share one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from isograd.base.dtypes import is_bfloat16
from isograd.compile.lean import Load, handles
from isograd.compile.lean.scalar import Expr, S
from isograd.compile.program import Atom, Const, Equation, Program, Var, operands

Shape = tuple[int, ...]

REDUCTIONS = {
    "sum": "sum",
    "max": "max",
    "min": "min",
    "prod": "prod",
    "any": "any",
    "all": "all",
}
MOVEMENTS = {
    "broadcast_in",
    "reshape",
    "transpose",
    "slice",
    "unslice",
    "concatenate",
    "view_write",
}
EXPENSIVE = {
    "exp",
    "log",
    "tanh",
    "erf",
    "pow",
    "sin",
    "cos",
    "tan",
    "expm1",
    "log1p",
    "sigmoid",
    "power",
    "erfc",
    "sinh",
    "cosh",
    "asin",
    "acos",
    "atan",
    "atan2",
    "log2",
    "log10",
    "exp2",
    "gelu",
    "softplus",
    "logaddexp",
}
MAX_DEPTH = 120  # operations inlined into one another, before a value is written
MAX_TERMS = 400  # loads and operations of one root, counted with repetition


class Affine(NamedTuple):
    """An index: `offset + sum(coefficients * coordinates)`."""

    offset: int
    coefficients: Shape

    def shifted(self, step: int, start: int) -> Affine:
        """start + step * self."""
        return Affine(
            start + step * self.offset, tuple(step * c for c in self.coefficients)
        )

    def axis(self) -> tuple[int, int] | None:
        """(k, c) if the index is offset + c * coordinate k with c = 1 or -1."""
        found = [(k, c) for k, c in enumerate(self.coefficients) if c]
        return found[0] if len(found) == 1 and abs(found[0][1]) == 1 else None


Map = tuple[Affine, ...]


def identity(shape: Shape) -> Map:
    n = len(shape)
    return tuple(Affine(0, tuple(int(i == j) for j in range(n))) for i in range(n))


@dataclass(slots=True, eq=False)
class Region:
    """Roots computed by one kernel over one space."""

    space: Shape
    roots: list[Var]


class Call(NamedTuple):
    """One equation executed by its primitive's array function."""

    equation: Equation


Step = Region | Call


def supported(dtype: np.dtype) -> bool:
    if is_bfloat16(dtype):
        return True
    return dtype.kind in "fiub" and dtype.isnative and dtype.itemsize <= 8


def fusible(e: Equation) -> bool:
    """Whether an equation can be part of a region."""
    if e.prim.multi or not all(supported(a.dtype) for a in (*e.inputs, e.output)):
        return False
    name = e.prim.name
    if name in MOVEMENTS:
        return _movable(e)
    if name in REDUCTIONS:
        return prod(e.inputs[0].shape) > 0
    return e.prim.scalar is not None and has_code(e)


def has_code(e: Equation) -> bool:
    """Whether the code generator has each instruction of a scalar expression."""
    return all(
        handles(x.op, tuple(a.dtype for a in x.args) or (x.dtype,))
        for x in instructions(e)
    )


def instructions(e: Equation) -> Iterator[Expr]:
    """The nodes of the scalar expression of an elementwise equation."""
    args = [Load(i, (), 0, a.dtype) for i, a in enumerate(e.inputs)]
    assert e.prim.scalar is not None
    stack = [e.prim.scalar(S, *args, **e.params)]
    seen: set[int] = set()
    while stack:
        x = stack.pop()
        if id(x) not in seen:
            seen.add(id(x))
            stack += x.args
            yield x


def _movable(e: Equation) -> bool:
    if e.prim.name == "unslice":
        return all(abs(step) == 1 for _, _, step in e.params["index"])
    if e.prim.name == "view_write":
        chain = e.params["chain"]
        return (
            len(chain) == 1
            and chain[0][0] == "slice"
            and all(abs(s) == 1 for _, _, s in dict(chain[0][1])["index"])
        )
    return True


def general_reshape(e: Equation) -> bool:
    """Whether a reshape needs its operand in memory: axes are joined."""
    return (
        e.prim.name == "reshape"
        and split_axes(e.inputs[0].shape, e.output.shape) is None
    )


def split_axes(old: Shape, new: Shape) -> list[list[int]] | None:
    """For each axis of `old` the axes of `new` it is cut into, None if axes join."""
    groups: list[list[int]] = []
    j = 0
    for n in old:
        group: list[int] = []
        size = 1
        while size < n and j < len(new):
            size *= new[j]
            group.append(j)
            j += 1
        if size != n:
            return None
        groups.append(group)
    return groups if all(n == 1 for n in new[j:]) else None


class Plan:
    """Which values are roots, and the steps that compute them in order."""

    def __init__(
        self,
        program: Program,
        forced: frozenset[Var] = frozenset(),
        opaque: frozenset[Var] = frozenset(),
    ) -> None:
        """`forced` values must be roots; `opaque` ones are not left to kernels."""
        self.program = program
        self.definition = {o: e for e in program.equations for o in e.outputs}
        self.fused = {
            e.output for e in program.equations if fusible(e) and e.output not in opaque
        }
        self.views = self.find_views()
        self.fused -= self.views
        self.roots: set[Var] = set(forced)
        self.find_roots()
        self.limit_inlining()
        self.schedule()
        if self.share_expensive():
            self.schedule()

    def find_views(self) -> set[Var]:
        """Transposes and reshapes that library calls alone read: those take any
        strides, so nothing is copied."""
        users: dict[Var, list[Equation]] = {}
        for e in self.program.equations:
            for v in operands(e):
                users.setdefault(v, []).append(e)
        kept = set(self.program.outputs)
        views: set[Var] = set()
        for e in reversed(self.program.equations):
            v = e.outputs[0]
            if (
                e.prim.name in ("transpose", "reshape")
                and v not in kept
                and all(
                    u.outputs[0] in views or u.outputs[0] not in self.fused
                    for u in users.get(v, ())
                )
            ):
                views.add(v)
        return views

    def find_roots(self) -> None:
        self.roots.update(o for o in self.program.outputs if isinstance(o, Var))
        for e in self.program.equations:
            if e.outputs[0] not in self.fused:
                self.roots.update(e.outputs)
                self.roots.update(operands(e))
            elif e.prim.name in REDUCTIONS:
                self.roots.add(e.output)
            elif general_reshape(e):
                self.roots.update(operands(e))

    def limit_inlining(self) -> None:
        """Write a value to memory where the expression behind it grows too large."""
        uses = Counter(v for e in self.program.equations for v in operands(e))
        depth: dict[Var, int] = {}
        terms: dict[Var, int] = {}
        for e in self.program.equations:
            if e.output not in self.fused:
                continue
            inputs = [v for v in operands(e) if self.inlined(v)]
            d = 1 + max((depth[v] for v in inputs), default=0)
            t = 1 + sum(
                terms[v] if self.moves(e) or uses[v] == 1 else 1 for v in inputs
            )
            if d > MAX_DEPTH or t > MAX_TERMS:
                self.roots.add(e.output)
            depth[e.output], terms[e.output] = d, t

    def moves(self, e: Equation) -> bool:
        return e.prim.name in MOVEMENTS

    def inlined(self, v: Atom) -> bool:
        return isinstance(v, Var) and v in self.fused and v not in self.roots

    def space(self, root: Var) -> Shape:
        """What a root's region iterates over."""
        e = self.definition[root]
        return e.inputs[0].shape if e.prim.name in REDUCTIONS else root.shape

    def leaves(self, root: Var) -> set[Var]:
        """The roots and inputs that the computation of a root reads."""
        found: set[Var] = set()
        seen: set[Var] = set()
        stack = list(operands(self.definition[root]))
        while stack:
            v = stack.pop()
            if v in seen:
                continue
            seen.add(v)
            if self.inlined(v):
                stack.extend(operands(self.definition[v]))
            else:
                found.add(v)
        return found

    def schedule(self) -> None:
        """Give each root the earliest step at which what it reads is there."""
        when: dict[Var, int] = dict.fromkeys(self.program.inputs, 0)
        regions: dict[tuple[Shape, int], Region] = {}
        placed: list[tuple[int, int, Step]] = []
        last_effect = 0
        for order, e in enumerate(self.program.equations):
            if e.outputs[0] not in self.fused:
                at = 1 + max((when[v] for v in operands(e)), default=0)
                if e.prim.effect:
                    at = last_effect = max(at, last_effect)
                placed.append((at, order, Call(e)))
                when.update(dict.fromkeys(e.outputs, at))
            elif e.output in self.roots:
                at = 1 + max((when[v] for v in self.leaves(e.output)), default=0)
                at = self.place(e.output, at, order, regions, placed)
                when[e.output] = at
        placed.sort(key=lambda p: p[:2])
        self.steps = [step for _, _, step in placed]

    def place(
        self,
        root: Var,
        at: int,
        order: int,
        regions: dict[tuple[Shape, int], Region],
        placed: list[tuple[int, int, Step]],
    ) -> int:
        """Put a root into an existing region at step `at` or later, or a new one."""
        space = self.space(root)
        reduces = self.definition[root].prim.name in REDUCTIONS
        for key, region in sorted(regions.items(), key=lambda r: r[0][1]):
            other, step = key
            if step < at or self.columns(root) != self.columns(region.roots[0]):
                continue
            if other == space or (reduces and _covers(other, space)):
                region.roots.append(root)
                return step
            if self.only_reduces(region) and _covers(space, other):
                region.space = space
                region.roots.append(root)
                regions[space, step] = regions.pop(key)
                return step
        region = regions[space, at] = Region(space, [root])
        placed.append((at, order, region))
        return at

    def columns(self, root: Var) -> bool:
        """Whether a root is columns reduced: threads share columns then, not rows."""
        e = self.definition[root]
        return (
            e.prim.name in REDUCTIONS
            and len(self.space(root)) - 1 not in (e.params["axes"])
        )

    def only_reduces(self, region: Region) -> bool:
        return all(self.definition[r].prim.name in REDUCTIONS for r in region.roots)

    def share_expensive(self) -> bool:
        """Make roots of costly values that more than one region would compute."""
        users: Counter[Var] = Counter()
        for step in self.steps:
            if isinstance(step, Region):
                users.update({v for r in step.roots for v in self.inside(r)})
        shared = {
            v
            for v, n in users.items()
            if n > 1 and self.definition[v].prim.name in EXPENSIVE
        }
        self.roots |= shared
        return bool(shared)

    def inside(self, root: Var) -> Iterator[Var]:
        """The inlined values behind a root."""
        seen: set[Var] = set()
        stack = [v for v in operands(self.definition[root]) if self.inlined(v)]
        while stack:
            v = stack.pop()
            if v not in seen:
                seen.add(v)
                yield v
                stack += [u for u in operands(self.definition[v]) if self.inlined(u)]


def _covers(outer: Shape, inner: Shape) -> bool:
    """Whether a reduction over `inner` may run in a space that is slightly larger."""
    return (
        len(outer) == len(inner)
        and all(a >= b for a, b in zip(outer, inner, strict=True))
        and 0.9 * prod(outer) <= prod(inner)
        and prod(inner) > 64
    )


Rule = Callable[[Equation, Map], Map]


def moved(e: Equation, at: Map) -> Map:
    """The map of the operand of a movement, from the map of its result."""
    return _MAPS[e.prim.name](e, at)


def _broadcast(e: Equation, at: Map) -> Map:
    shape = e.inputs[0].shape
    return broadcast_map(shape, at)


def broadcast_map(shape: Shape, at: Map) -> Map:
    """Where an operand of `shape` is read, by NumPy's broadcasting."""
    own = at[len(at) - len(shape) :]
    return tuple(
        Affine(0, (0,) * len(a.coefficients)) if n == 1 else a
        for n, a in zip(shape, own, strict=True)
    )


def _transpose(e: Equation, at: Map) -> Map:
    out: list[Affine] = list(at)
    for position, axis in enumerate(e.params["axes"]):
        out[axis] = at[position]
    return tuple(out)


def _slice(e: Equation, at: Map) -> Map:
    return tuple(
        a.shifted(step, start)
        for a, (start, _, step) in zip(at, e.params["index"], strict=True)
    )


def _reshape(e: Equation, at: Map) -> Map:
    """Axes cut in pieces, and axes of length one: index = sum of piece * stride."""
    new = e.output.shape
    groups = split_axes(e.inputs[0].shape, new)
    assert groups is not None  # the other reshapes read memory
    width = len(at[0].coefficients) if at else 0
    out = []
    for group in groups:
        total = Affine(0, (0,) * width)
        for k in group:
            total = total.shifted(new[k], 0)
            total = Affine(
                total.offset + at[k].offset,
                tuple(
                    a + b
                    for a, b in zip(total.coefficients, at[k].coefficients, strict=True)
                ),
            )
        out.append(total)
    return tuple(out)


_MAPS: dict[str, Rule] = {
    "broadcast_in": _broadcast,
    "transpose": _transpose,
    "slice": _slice,
    "reshape": _reshape,
}


def contiguous_strides(shape: Shape) -> Shape:
    """Strides in elements of a C-contiguous array."""
    return tuple(prod(shape[i + 1 :]) for i in range(len(shape)))


def flat(at: Map, shape: Shape, strides: Shape, width: int) -> tuple[int, Shape]:
    """Offset and strides per coordinate of the element at `at`, in memory."""
    offset, steps = 0, [0] * width
    for a, n, stride in zip(at, shape, strides, strict=True):
        if n == 1:
            continue
        offset += a.offset * stride
        for k, c in enumerate(a.coefficients):
            steps[k] += c * stride
    return offset, tuple(steps)


def memory_of(atom: Atom) -> Shape:
    """Element strides of a value in memory: constants have their own layout."""
    if isinstance(atom, Const):
        return tuple(s // atom.dtype.itemsize for s in atom.value.strides)
    return contiguous_strides(atom.shape)
