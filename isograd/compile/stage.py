"""Staging: running a function on symbols to get its program.

The tensors it closes over become operands, read again at each call.  Its writes to
tensors that exist outside of it are effects: listed, and done at the end of each call.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.compile.program import Atom, Const, Equation, Var
from isograd.core.primitive import REGISTRY, Aval, Payload, Primitive, aval_of, ndarray
from isograd.core.tape import Leaf, Traced
from isograd.core.tensor import Tensor


class Symbol:
    """Carrier of staging: a variable of the program."""

    __slots__ = ("stage", "var")

    def __init__(self, stage: Stage, var: Var) -> None:
        self.stage = stage
        self.var = var

    level = property(lambda self: self.stage.level)
    shape = property(lambda self: self.var.aval.shape)
    dtype = property(lambda self: self.var.aval.dtype)
    ndim = property(lambda self: len(self.var.aval.shape))
    size = property(lambda self: int(np.prod(self.var.aval.shape)))

    def concrete(self, what: str) -> Payload:
        raise EngineError("staging_escape", what=what)

    @staticmethod
    def process(
        prim: Primitive, args: tuple[Payload, ...], params: dict[str, Any], level: int
    ) -> Any:
        stage = next(a.stage for a in args if type(a) is Symbol and a.level == level)
        return stage.process(prim, args, params, level)


class Stage:
    """A program under construction, on the stack of transforms while it is traced."""

    def __init__(self, level: int) -> None:
        self.level = level
        self.equations: list[Equation] = []
        self.captured: dict[int, tuple[Any, Symbol, Payload]] = {}  # by identity
        self.written: dict[int, tuple[Tensor, Payload, Any]] = {}

    def symbol(self, aval: Aval) -> Symbol:
        return Symbol(self, Var(aval))

    def process(
        self,
        prim: Primitive,
        args: tuple[Payload, ...],
        params: dict[str, Any],
        level: int,
    ) -> Any:
        """Append an equation; its result is symbolic."""
        atoms = tuple(map(self.atom, args))
        avals = prim.abstract(*(a.aval for a in atoms), **params)
        outs = tuple(Var(a) for a in (avals if prim.multi else (avals,)))
        self.equations.append(Equation(prim, atoms, params, outs))
        symbols = tuple(Symbol(self, o) for o in outs)
        return symbols if prim.multi else symbols[0]

    def evaluate(
        self, prim: Primitive, args: tuple[np.ndarray, ...], params: dict[str, Any]
    ) -> Any:
        """An operation on constants alone; of broadcast numbers it is one itself."""
        if (
            prim.kind != "elementwise"
            or all(a.size == 1 for a in args)
            or any(not a.size or any(a.strides) for a in args)
        ):
            return prim.impl(*args, **params)
        shape = np.broadcast_shapes(*(a.shape for a in args))
        numbers = [np.array(a[(0,) * a.ndim]) for a in args]
        return np.broadcast_to(prim.impl(*numbers, **params), shape)

    def atom(self, x: Payload) -> Atom:
        if type(x) is Symbol and x.stage is self:
            return x.var
        if type(x) is ndarray:
            return self.constant(x)
        if type(x) is Traced or x.level > self.level:
            raise EngineError("staging_escape", what="an outer traced value")
        return self.capture(x, x).var

    def constant(self, x: np.ndarray) -> Atom:
        """An array made while tracing; a broadcast number stays a number."""
        if x.size > 1 and not any(x.strides):
            params = {"shape": x.shape}
            out = Var(aval_of(x))
            number = Const(np.array(x[(0,) * x.ndim]))
            self.equations.append(
                Equation(REGISTRY["broadcast_in"], (number,), params, (out,))
            )
            return out
        return Const(x)

    def on_tape(self, symbol: Symbol) -> Traced:
        """The symbol of a value that is differentiated outside of the program.

        It is a leaf on a tape of the stage itself, one level up, so that the program's
        derivative can be staged along with it (and taken inside of it).
        """
        return Traced(symbol, Leaf(symbol.shape, self.level + 1))

    def capture(self, key: Any, payload: Payload) -> Payload:
        """The symbol of a value that exists outside of the program."""
        found = self.captured.get(id(key))
        if found is None:
            symbol = self.symbol(aval_of(payload))
            operand = self.on_tape(symbol) if type(payload) is Traced else symbol
            found = self.captured[id(key)] = (key, symbol, operand)
        return found[2]

    def payload_of(self, t: Tensor) -> Payload:
        """A tensor's payload while this stage is innermost: outer ones are captured."""
        node, p = t._node, t._p
        height = node.level if node is not None else getattr(p, "level", 0)
        if height < self.level:
            return self.capture(t, p if node is None else Traced(p, node))
        return p if node is None else Traced(p, node)

    def note_write(self, t: Tensor) -> None:
        """A tensor is about to be written: remember how it was before the trace."""
        if id(t) not in self.written:
            self.written[id(t)] = (t, t._p, t._node)

    def restore(self) -> list[tuple[Tensor, Payload]]:
        """Undo the writes to outer tensors; gives them with their final payloads."""
        effects = []
        for t, p, node in self.written.values():
            if getattr(p, "level", 0) < self.level:
                effects.append((t, t._p))
                t._p, t._node = p, node
        return effects
