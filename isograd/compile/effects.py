"""Which functions may be staged unasked: those whose bytecode shows no effects.

A function qualifies if it and the functions it calls only do arithmetic on tensors by
names that its dialect lists: no writes, prints, random numbers, modules, attributes of
objects.  Running it twice, or running its program instead, cannot be told apart from
one call.  Measurements: docs/design/0027-compilers-of-the-dialects.md.
"""

from __future__ import annotations

import builtins
import dis
import math
import types
from collections.abc import Callable
from typing import Any, NamedTuple

from isograd.compile.quiet import Quiet
from isograd.core.levels import MODE
from isograd.core.tensor import Tensor as CoreTensor

LEAST = 1 << 16  # elements from which a program pays for its compilation


class Names(NamedTuple):
    """What a dialect's functions may name.

    Attributes:
        attributes: of tensors and modules: functions without effects, facts.
        modules: names of the modules that may be read.
        library: the first part of the names of the dialect's modules.
    """

    attributes: frozenset[str]
    modules: tuple[str, ...]
    library: str


_BUILTIN_NAMES = "abs enumerate float int len max min range sum tuple zip"
_OPCODE_NAMES = """
    BINARY_OP BINARY_SLICE BUILD_LIST BUILD_SLICE BUILD_TUPLE CACHE CALL CALL_FUNCTION_EX
    CALL_INTRINSIC_1 CALL_KW LIST_TO_TUPLE
    COMPARE_OP COPY COPY_FREE_VARS END_FOR EXTENDED_ARG FOR_ITER GET_ITER IS_OP
    JUMP_BACKWARD JUMP_FORWARD KW_NAMES LIST_APPEND LIST_EXTEND LOAD_ATTR LOAD_CLOSURE
    LOAD_CONST LOAD_DEREF LOAD_FAST LOAD_FAST_AND_CLEAR LOAD_FAST_BORROW
    LOAD_FAST_BORROW_LOAD_FAST_BORROW LOAD_FAST_CHECK LOAD_FAST_LOAD_FAST LOAD_GLOBAL
    LOAD_METHOD LOAD_SMALL_INT MAKE_CELL MAKE_FUNCTION NOP POP_ITER
    POP_JUMP_BACKWARD_IF_FALSE POP_JUMP_BACKWARD_IF_TRUE POP_JUMP_FORWARD_IF_FALSE
    POP_JUMP_FORWARD_IF_TRUE POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE POP_TOP PRECALL PUSH_NULL
    RESUME RETURN_CONST RETURN_VALUE SET_FUNCTION_ATTRIBUTE STORE_DEREF STORE_FAST
    STORE_FAST_LOAD_FAST STORE_FAST_STORE_FAST SWAP UNARY_NEGATIVE UNPACK_SEQUENCE
    NOT_TAKEN TO_BOOL"""
_BUILTINS = frozenset(_BUILTIN_NAMES.split())
_OPCODES = frozenset(_OPCODE_NAMES.split())
_FUNCTION_FLAGS = 0x20 | 0x80 | 0x100 | 0x200  # generators and coroutines
_INPLACE = 13  # the first `BINARY_OP` that writes (`+=`)


def stageable(fn: Any, names: Names) -> bool:
    """Whether a function's bytecode shows that it has no effects."""
    return isinstance(fn, types.FunctionType) and _Check(names).function(fn)


class _Check:
    """The walk over a function and those it calls."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.seen: set[int] = set()

    def function(self, fn: types.FunctionType) -> bool:
        if id(fn) in self.seen:
            return True
        self.seen.add(id(fn))
        if fn.__defaults__ or fn.__kwdefaults__ or hasattr(fn, "__wrapped__"):
            return False
        try:
            cells = [c.cell_contents for c in fn.__closure__ or ()]
        except ValueError:
            return False
        values = dict(zip(fn.__code__.co_freevars, cells, strict=True))
        if not all(self.value(v) for v in values.values()):
            return False
        return self.code(fn.__code__, fn.__globals__, frozenset(values))

    def code(
        self, code: types.CodeType, scope: dict[str, Any], outer: frozenset[str]
    ) -> bool:
        if code.co_flags & _FUNCTION_FLAGS:
            return False
        for op in dis.get_instructions(code):
            if op.opname not in _OPCODES or not self.operand(op, scope, outer):
                return False
        inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
        return all(self.code(c, scope, outer) for c in inner)

    def operand(
        self, op: dis.Instruction, scope: dict[str, Any], outer: frozenset[str]
    ) -> bool:
        if op.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            return op.argval in self.names.attributes
        if op.opname == "LOAD_GLOBAL":
            return self.is_global(op.argval, scope)
        if op.opname == "STORE_DEREF":
            return op.argval not in outer
        if op.opname == "BINARY_OP":
            return (op.arg or 0) < _INPLACE and not op.argrepr.startswith("[")
        return True

    def is_global(self, name: str, scope: dict[str, Any]) -> bool:
        if name in scope:
            return self.value(scope[name])
        return name in _BUILTINS and hasattr(builtins, name)

    def value(self, value: Any) -> bool:
        """Whether a value may be read: a number, a library, or a function like this."""
        if isinstance(value, types.ModuleType):
            return value.__name__ in self.names.modules
        if isinstance(value, types.FunctionType):
            owner = (value.__module__ or "").split(".")[0]
            if owner in ("isograd", self.names.library):
                return value.__name__ in self.names.attributes
            return self.function(value)
        if isinstance(value, types.BuiltinFunctionType):
            return getattr(math, value.__name__, None) is value
        return type(value) in (int, float, bool, type(None))


def large(args: tuple[Any, ...]) -> bool:
    """Whether all arguments are plain tensors of floats, one of them large."""
    if MODE.special or not args:
        return False
    most = 0
    for x in args:
        if not isinstance(x, CoreTensor) or x._p.dtype.char not in "fd":
            return False
        most = max(most, x._p.size)
    return most >= LEAST


def program_of(fn: Callable[..., Any], names: Names) -> Callable[..., Any] | None:
    """A version of `fn` that runs staged on large tensors; None if it may not."""
    if not stageable(fn, names):
        return None
    staged = Quiet(fn)

    def call(*args: Any) -> Any:
        return staged(*args) if large(args) else fn(*args)

    return call
