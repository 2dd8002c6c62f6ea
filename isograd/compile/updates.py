"""Update rules of optimisers as one kernel: what fills `MAKERS.update`.

A rule works in place on arrays of one shape, by NumPy's functions.  It is run on
`_Recorded` ones, which note what is done to them; numbers that it meets become an
operand, so the kernel of a rule serves all steps and rates.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from isograd.compile.lean import Buffer, Load, Region, Store, build, fast_code
from isograd.compile.lean.scalar import Expr, S
from isograd.core.primitive import REGISTRY

Array = np.ndarray
Written = list[tuple[int, int]]  # (array, value) as numbers
DTYPES = frozenset(map(np.dtype, ("f4", "f8")))


class _Unknown(Exception):
    """The rule does something that has no kernel."""


class _Tape:
    """What a rule does: values are numbered, those of the arrays come first.

    Attributes:
        steps: (function or None, numbers of its operands); None stands for a number.
        numbers: the Python numbers that the rule met.
    """

    def __init__(self, count: int) -> None:
        self.steps: list[tuple[Any, tuple[int, ...]]] = []
        self.numbers: list[float] = []
        self.count = count

    def add(self, fn: Any, *operands: int) -> int:
        self.steps.append((fn, operands))
        return self.count + len(self.steps) - 1

    def number_of(self, x: Any) -> int:
        if type(x) is _Recorded:
            return x.value
        if not isinstance(x, int | float):
            raise _Unknown
        self.numbers.append(x)
        return self.add(None, len(self.numbers) - 1)


class _Recorded(NDArrayOperatorsMixin):
    """An array whose elements are value number `value` of a tape."""

    def __init__(self, tape: _Tape, value: int) -> None:
        self.tape = tape
        self.value = value

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **rest: Any
    ) -> _Recorded:
        if method != "__call__" or rest or ufunc.nout != 1:
            raise _Unknown
        tape = self.tape
        value = tape.add(ufunc, *map(tape.number_of, inputs))
        target = None if out is None else out[0]
        if target is None:
            return _Recorded(tape, value)
        if type(target) is not _Recorded:
            raise _Unknown
        target.value = value
        return target

    def __setitem__(self, key: Any, x: Any) -> None:
        if key is not Ellipsis:
            raise _Unknown
        self.value = self.tape.number_of(x)

    def __getattr__(self, name: str) -> Any:
        raise _Unknown

    def __bool__(self) -> bool:
        raise _Unknown


def update(
    rule: Callable[..., None], arrays: Sequence[Array], hyper: dict[str, Any]
) -> bool:
    """Run a rule on contiguous arrays of one shape; False if it has no kernel (then
    nothing was written)."""
    dtype, n = arrays[0].dtype, arrays[0].size
    if dtype not in DTYPES:
        return False
    places = {a.__array_interface__["data"][0] for a in arrays}
    if len(places) < len(arrays) or any(a.dtype != dtype for a in arrays):
        return False
    found = _found(rule, len(arrays), n, dtype, hyper)
    if found is not None:
        kernel, numbers = found
        kernel(*arrays, numbers)
    return found is not None


def _found(
    rule: Callable[..., None], count: int, n: int, dtype: Any, hyper: dict[str, Any]
) -> tuple[Any, Array] | None:
    """A kernel and the numbers that it reads; what these rates led to is remembered."""
    try:
        key = (rule, count, n, dtype, *hyper.items())
        known = _CALLS.get(key, ...)
    except TypeError:  # a rate that is an array
        return _recorded(rule, count, n, dtype, hyper)
    if known is ...:
        if len(_CALLS) > LIMIT:
            _CALLS.clear()
        known = _CALLS[key] = _recorded(rule, count, n, dtype, hyper)
    return known


def _recorded(
    rule: Callable[..., None], count: int, n: int, dtype: Any, hyper: dict[str, Any]
) -> tuple[Any, Array] | None:
    tape = _Tape(count)
    own = [_Recorded(tape, i) for i in range(count)]
    scratch = [_Recorded(tape, -1), _Recorded(tape, -1)]
    try:
        rule(*own, *scratch, **hyper)
    except (_Unknown, TypeError):
        return None
    written = [(i, r.value) for i, r in enumerate(own) if r.value != i]
    key = (tuple(tape.steps), tuple(written), n, dtype)
    if key not in _KERNELS:
        if len(_KERNELS) > LIMIT:
            _KERNELS.clear()
        _KERNELS[key] = _kernel(tape, written, n, dtype)
    kernel = _KERNELS[key]
    return None if kernel is None else (kernel, np.array(tape.numbers or [0.0], dtype))


LIMIT = 512
_KERNELS: dict[Any, Any] = {}  # by what a rule does
_CALLS: dict[Any, Any] = {}  # by a rule and its rates


def _kernel(tape: _Tape, written: Written, n: int, dtype: np.dtype[Any]) -> Any:
    loads = [Load(i, (1,), 0, dtype) for i in range(tape.count)]
    values: list[Expr] = list(loads)
    of = {p.ufunc: p.scalar for p in REGISTRY.values() if p.ufunc and p.scalar}
    for fn, operands in tape.steps:
        if fn is None:
            values.append(Load(tape.count, (0,), operands[0], dtype))
        elif fn in of and min(operands) >= 0:
            values.append(of[fn](S, *(values[i] for i in operands)))
        else:
            return None
    if not written or not _readable(written, values, loads, dtype):
        return None
    buffers = [Buffer(dtype, "input", (n,), (1,)) for _ in loads]
    buffers.append(Buffer(dtype, "input", (max(1, len(tape.numbers)),), (1,)))
    stores = tuple(Store(i, (1,), 0, values[v]) for i, v in written)
    return build(Region((n,), tuple(buffers), stores))


def _readable(
    written: Written, values: list[Expr], loads: list[Expr], dtype: np.dtype[Any]
) -> bool:
    """Whether no element is read after it was written, and all code is fast."""
    inside = {i: _nodes(values[v]) for i, v in written}
    return all(
        id(loads[i]) in own
        or all(id(loads[i]) not in other for j, other in inside.items() if j != i)
        for i, own in inside.items()
    ) and all(
        e.dtype == dtype and fast_code(e.op, dtype)
        for nodes in inside.values()
        for e in nodes.values()
    )


def _nodes(e: Expr) -> dict[int, Expr]:
    found: dict[int, Expr] = {}
    stack = [e]
    while stack:
        x = stack.pop()
        if id(x) not in found:
            found[id(x)] = x
            stack += x.args
    return found
