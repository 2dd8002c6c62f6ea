"""One compiled program of a function: how it is traced, called and differentiated."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.base import tree
from isograd.compile.executor import Executable, executable
from isograd.compile.guards import (
    Contents,
    Guard,
    all_hold,
    checker,
    guards_of,
)
from isograd.compile.hot import generate
from isograd.compile.partition import split_backward
from isograd.compile.pipeline import optimise
from isograd.compile.program import Program, interpret
from isograd.compile.stage import Stage
from isograd.core import levels
from isograd.core.levels import state
from isograd.core.mutation import write
from isograd.core.primitive import Aval, Namespace, Payload, aval_of
from isograd.core.reverse import sweep
from isograd.core.tape import Leaf, Node, Traced, new, slot, tick
from isograd.core.tensor import Tensor, payload_of, wrap
from isograd.core.transforms import _ARRAY_CLASS


class _Miss:
    def __repr__(self) -> str:
        return "NotCompiled"


NotCompiled = _Miss()
"""What a hot path returns when its program does not fit the arguments."""


class Entry:
    """A program with its guards, captures, executables and derivative.

    `stable` says whether tracing left the Python values alone that it may have read; if
    not, the program is good for one call.
    """

    stable: bool

    def __init__(self, trace: Trace, fn: Callable[..., Any], executor: str) -> None:
        self.trace = trace
        self.guards: list[Guard | Contents] = guards_of(fn)
        self.guards_hold = checker(self.guards)
        self.captured = trace.captured
        self.capture_avals = [_signature(c) for c in self.captured]
        self.traced = trace.traced
        self.program = optimise(trace.program)
        self.count = trace.count
        self.hot: Any = None
        self.rule: CompiledRule | None = None
        if self.traced:
            self.rule = CompiledRule(self, executor)
        else:
            self.forward = executable(self.program, executor)
            self.hot = generate(self, NotCompiled)

    def captures_match(self) -> bool:
        return all(
            _signature(c) == a
            for c, a in zip(self.captured, self.capture_avals, strict=True)
        )

    def run(self, payloads: Sequence[Payload | None], leaves: Sequence[Any]) -> Any:
        """Call the program on operands: arrays, or arrays on a tape.

        `leaves` are the arguments that they stand for.
        """
        args = [p for p in payloads if p is not None]
        args += [payload_of(c) if isinstance(c, Tensor) else c for c in self.captured]
        if self.rule is not None:
            outs = self.rule.call(args)
        else:
            outs = self.forward.run([a.p if type(a) is Traced else a for a in args])
        return self.finish(outs, leaves)

    def finish(self, outs: Sequence[Payload], leaves: Sequence[Any]) -> Any:
        """Outputs in the caller's structure and classes, after the effects."""
        for t, value in zip(self.trace.effects, outs[self.count :], strict=True):
            target = leaves[t] if isinstance(t, int) else t
            if isinstance(target, Tensor):
                write(target, value)
            else:
                np.copyto(target, value)
        return self.trace.rebuild(outs[: self.count])


def _signature(c: Any) -> Any:
    p = payload_of(c) if isinstance(c, Tensor) else c
    return (p.shape, p.dtype, type(p) is Traced)


class Trace:
    """What staging a function gave.

    Attributes:
        program: inputs are the operands, the captured values and, if `traced`, one
            cotangent per differentiable output; outputs are `count` results, the values
            of the effects, and the cotangents of the operands in `traced`.
        captured, effects: see `stage.py`; an effect on an argument is its position.
        traced: positions of the operands (captured ones after the arguments) that stand
            on a tape.
        cotangents: positions of the outputs that have a cotangent.
    """

    def __init__(
        self, leaves: Sequence[Any], treedef: Any, payloads: Sequence[Payload | None]
    ) -> None:
        self.leaves = [
            None if p is not None else x for x, p in zip(leaves, payloads, strict=True)
        ]
        self.classes = [
            _class_of(x) if p is not None else None
            for x, p in zip(leaves, payloads, strict=True)
        ]
        self.given = [p for p in payloads if p is not None]
        self.plain = not any(isinstance(x, Tensor) for x in leaves)
        self.treedef = treedef

    def run(self, fn: Callable[..., Any]) -> None:
        outer = state()
        level = outer.level + 1
        stage = Stage(level)
        proxies: list[Payload] = [_proxy(stage, p) for p in self.given]
        try:
            with levels.changed(level=level + 1, stages=(*outer.stages, stage)):
                given = self._tensors(proxies)
                args, kwargs = tree.unflatten(self.treedef, given)
                before = [
                    x._p if c else None
                    for x, c in zip(given, self.classes, strict=True)
                ]
                out = fn(*args, **kwargs)
                self.outputs(stage, out)
                effects = stage.restore()
                effects += self.written_arguments(given, before)
                results = [*self.results, *(p for _, p in effects)]
                self.effects = [t for t, _ in effects]
                self.finish(stage, proxies, results)
        finally:
            stage.restore()

    def written_arguments(
        self, given: list[Any], before: list[Any]
    ) -> list[tuple[Any, Payload]]:
        """Arguments that hold another value than they were given with, by position."""
        return [
            (i, payload_of(x))
            for i, (x, p) in enumerate(zip(given, before, strict=True))
            if p is not None and x._p is not p
        ]

    def _tensors(self, proxies: list[Payload]) -> list[Any]:
        rest = iter(proxies)
        return [
            x if c is None else wrap(c, next(rest))
            for x, c in zip(self.leaves, self.classes, strict=True)
        ]

    def outputs(self, stage: Stage, out: Any) -> None:
        leaves, self.out_def = tree.flatten(out)
        self.results: list[Payload] = []
        self.template: list[Any] = []
        for o in leaves:
            if isinstance(o, Tensor):
                self.template.append(type(o))
                self.results.append(payload_of(o))
            elif isinstance(o, np.ndarray):
                self.template.append(None)
                self.results.append(o)
            else:
                self.template.append(("value", o))
        self.count = len(self.results)

    def finish(
        self, stage: Stage, proxies: list[Payload], results: list[Payload]
    ) -> None:
        """Close the program; with operands on a tape, sweep it inside of the stage."""
        self.captured = [key for key, _, _ in stage.captured.values()]
        operands = [*proxies, *(o for _, _, o in stage.captured.values())]
        self.traced = [i for i, p in enumerate(operands) if type(p) is Traced]
        symbols = [p.p if type(p) is Traced else p for p in operands]
        lowered = [(r.p, r.node) if type(r) is Traced else (r, None) for r in results]
        self.cotangents = [i for i, (_, n) in enumerate(lowered) if n is not None]
        grads: list[Payload] = []
        seeds: list[Payload] = []
        if self.traced:
            seeds, grads = self.pull(stage, operands, lowered)
        atoms = [stage.atom(p) for p in (*(p for p, _ in lowered), *grads)]
        inputs = [s.var for s in symbols] + [s.var for s in seeds]
        self.program = Program(inputs, stage.equations, atoms)

    def pull(self, stage: Stage, operands: list[Payload], lowered: Any) -> Any:
        """Symbolic cotangents of the outputs, and those of the traced operands."""
        outs = [lowered[i] for i in self.cotangents]
        self.unit = len(outs) == 1 and outs[0][0].shape == ()
        if self.unit:
            seeds = []
            cots: list[Payload] = [np.ones((), outs[0][0].dtype)]
        else:
            seeds = [stage.symbol(aval_of(p)) for p, _ in outs]
            cots = list(seeds)
        nodes = [operands[i].node for i in self.traced]
        found = sweep([n for _, n in outs], cots, nodes, retain_graph=True)
        self.reached = [
            i for i, n in zip(self.traced, nodes, strict=True) if n in found
        ]
        return seeds, [found[n] for n in nodes if n in found]

    def rebuild(self, outs: Sequence[Payload]) -> Any:
        rest = iter(outs)
        leaves = []
        for t in self.template:
            if isinstance(t, tuple):
                leaves.append(t[1])
                continue
            p = next(rest)
            if t is None or (self.plain and type(p) is np.ndarray):
                leaves.append(p[()] if p.ndim == 0 else p)
            else:
                leaves.append(wrap(t, p))
        return tree.unflatten(self.out_def, leaves)


def _class_of(x: Any) -> type[Tensor]:
    return type(x) if isinstance(x, Tensor) else _ARRAY_CLASS[0]


def _proxy(stage: Stage, p: Payload) -> Payload:
    """The symbol of an operand; on a tape of the stage if it stands on one outside."""
    symbol = stage.symbol(aval_of(p))
    return stage.on_tape(symbol) if type(p) is Traced else symbol


def build_entry(
    fn: Callable[..., Any],
    leaves: Sequence[Any],
    treedef: Any,
    payloads: Sequence[Payload | None],
    executor: str,
) -> Entry:
    """Trace `fn` for these arguments and compile its program."""
    before = guards_of(fn)
    trace = Trace(leaves, treedef, payloads)
    trace.run(fn)
    entry = Entry(trace, fn, executor)
    entry.stable = all_hold(before)
    return entry


class CompiledRule:
    """A compiled program as one operation on the tape, see `Primitive`."""

    name = "compiled"
    constant = False
    multi = True
    ufunc = None
    view = bent = False

    def __init__(self, entry: Entry, executor: str) -> None:
        trace = entry.trace
        self.trace = trace
        self.inputs = len(trace.given) + len(trace.captured)
        self.results = trace.count + len(trace.effects)
        self.joint = entry.program
        if trace.unit:
            self.forward = executable(self.joint, executor)
            self.backward: Executable | None = None
        else:
            forward, backward, self.residuals = split_backward(
                self.joint, self.inputs, self.results
            )
            self.forward = executable(forward, executor)
            self.backward = executable(backward, executor)
        self.vjp = self.raw_vjp = self.large_vjp = self.pull

    def call(self, args: list[Payload]) -> list[Payload]:
        """Run forward and put the outputs that have cotangents on the tape."""
        arrays = [a.p if type(a) is Traced else a for a in args]
        full = self.forward.run(arrays)
        outs, extra = full[: self.results], full[self.results :]
        if not state().recording:
            return outs
        node = new(Node)
        node.prim = self  # type: ignore[assignment] # justified: has what the sweep uses of a Primitive
        node.edges = tuple(a.node if type(a) is Traced else None for a in args)
        node.saved = (*arrays, *(None for _ in outs))
        node.params = {"extra": extra}
        node.shape, node.outputs = (), len(outs)
        node.level = max((a.level for a in args if type(a) is Traced), default=0)
        node.seq = tick()
        slots = [slot(node, i, o) for i, o in enumerate(outs)]
        node.slots = tuple(map(weakref.ref, slots))
        return [
            Traced(o, s) if i in self.trace.cotangents else o
            for i, (o, s) in enumerate(zip(outs, slots, strict=True))
        ]

    def pull(
        self, F: Namespace, g: Any, saved: Any, needs: Any, *, extra: list[np.ndarray]
    ) -> Any:
        """Cotangents of the operands from those of the outputs; `extra` is what the
        forward part computed for this."""
        arrays = saved[: self.inputs]
        if not all(type(a) is np.ndarray for a in (*g, *arrays) if a is not None):
            return self.pull_again(g, arrays)
        if self.trace.unit:
            seed = g[self.trace.cotangents[0]]
            grads = [F.mul(seed, e) for e in extra]
        else:
            assert self.backward is not None
            seeds = [
                np.zeros(a.shape, a.dtype) if g[i] is None else g[i]
                for i, a in self._seed_avals()
            ]
            kept = [arrays[i] for i in self.residuals.inputs]
            grads = self.backward.run([*kept, *extra, *seeds])
        cots: list[Payload | None] = [None] * self.inputs
        for i, c in zip(self.trace.reached, grads, strict=True):
            cots[i] = c
        return cots

    def _seed_avals(self) -> list[tuple[int, Aval]]:
        outs = self.joint.outputs
        return [(i, outs[i].aval) for i in self.trace.cotangents]

    def pull_again(self, g: Any, args: Sequence[Payload]) -> list[Payload | None]:
        """The same by running the program once more on a tape: differentiable again."""
        with levels.new_level(recording=True) as level:
            nodes = [
                Leaf(a.shape, level) if i in self.trace.traced else None
                for i, a in enumerate(args)
            ]
            traced = [
                a if n is None else Traced(a, n)
                for a, n in zip(args, nodes, strict=True)
            ]
            seeds = [
                np.zeros(a.shape, a.dtype)
                for a in (v.aval for v in self.joint.inputs[self.inputs :])
            ]
            outs = interpret(self.joint, [*traced, *seeds])[: self.results]
        some = [
            (outs[i].node, c)
            for i, c in enumerate(g)
            if c is not None and type(outs[i]) is Traced
        ]
        found = sweep(
            [n for n, _ in some],
            [c for _, c in some],
            [n for n in nodes if n is not None],
        )
        return [None if n is None else found.get(n) for n in nodes]
