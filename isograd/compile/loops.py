"""Functions of small arrays as programs of NumPy's own inner loops.

`record.py` notes the steps, `lean/inner.py` has the native function that runs them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.compile.lean import inner as native
from isograd.compile.lean.inner import LOOPS, OPERANDS, Step
from isograd.compile.record import (
    FEW,
    FLAG,
    PLAIN,
    Loop,
    Operand,
    Recorded,
    Trace,
    Unrecorded,
    address_of,
    strided,
)

SCRATCH = 1 << 18  # bytes of all temporaries of a program


class _Layout:
    """Places for the memory of a trace: arguments, results, and one block of scratch."""

    def __init__(self, trace: Trace, inputs: int, outs: Sequence[int]) -> None:
        self.trace = trace
        self.places = {i: 1 + i for i in range(inputs)}
        self.places |= {r: 1 + inputs + k for k, r in enumerate(outs)}
        self.keep: list[Any] = []
        self.starts: dict[int, int] = {FLAG: 0}
        size = 64
        rest = [r for r, _ in enumerate(trace.roots) if r not in self.places]
        for r in rest:
            self.starts[r] = size
            size += -(-trace.roots[r].nbytes // 64) * 64
        if size > SCRATCH:
            raise Unrecorded
        self.memory = np.zeros(size + 64, np.uint8)
        at = address_of(self.memory)
        self.first = at + -at % 64
        for r in trace.constant:
            a = trace.roots[r]
            ctypes.memmove(self.first + self.starts[r], address_of(a), a.nbytes)

    def step(self, loop: Loop, shape: tuple[int, ...], operands: list[Operand]) -> Step:
        sizes, strides = joined(shape, [o.strides for o in operands])
        around = LOOPS - len(sizes)
        if around < 0 or len(operands) > OPERANDS:
            raise Unrecorded
        fn, data = loop.address()
        if not fn:
            raise Unrecorded
        if loop.data:
            self.keep.append(np.array(loop.data, np.int64))
            data = address_of(self.keep[-1])
        offsets = [
            o.offset
            + (0 if o.root in self.places else self.first + self.starts[o.root])
            for o in operands
        ]
        none = (0,) * len(operands)
        return Step(
            fn,
            data,
            [*[1] * around, *sizes],
            [self.places.get(o.root, 0) for o in operands],
            offsets,
            [*[none] * around, *strides],
        )


def joined(
    shape: tuple[int, ...], strides: Sequence[tuple[int, ...]]
) -> tuple[list[int], list[tuple[int, ...]]]:
    """Loops over a shape, longest strides outside: axes walked as one are joined."""
    axes = [(n, tuple(s[k] for s in strides)) for k, n in enumerate(shape) if n != 1]
    axes.sort(key=lambda a: max(map(abs, a[1])), reverse=True)
    out: list[tuple[int, tuple[int, ...]]] = []
    for n, inner in axes:
        if out and all(s == t * n for s, t in zip(out[-1][1], inner, strict=True)):
            out[-1] = out[-1][0] * n, inner
        else:
            out.append((n, inner))
    if not out:
        out = [(1, (0,) * len(strides))]
    return [n for n, _ in out], [s for _, s in out]


def recorded(
    fn: Callable[..., Any],
    arrays: Sequence[np.ndarray],
    other: Callable[..., Any] | None = None,
) -> Callable[..., Any] | None:
    """A native function that does what `fn` does with arrays like these.

    It calls `other` (or `fn`) with any others.  `fn` gives an array, or a sequence of
    arrays and None.  None where `fn` does something that inner loops do not say, or
    that depends on elements.
    """
    m = native.machine()
    if m is None or not all(_fits(a) for a in arrays):
        return None
    try:
        made = _recorded(m, fn, arrays, other or fn)
        return made if made is not None and _agrees(made, fn, arrays) else None
    except Exception:  # whatever it was: `fn` itself does as well
        return None


def _fits(a: np.ndarray) -> bool:
    return (
        type(a) is np.ndarray
        and 0 < a.size <= FEW
        and a.flags.aligned
        and a.dtype.char in PLAIN
        and all(s >= 0 and s % a.itemsize == 0 for s in a.strides)
        and _extent(a) <= 4 * FEW
    )


def _extent(a: np.ndarray) -> int:
    """How many elements apart its first and last element stand."""
    ends = ((n - 1) * s for n, s in zip(a.shape, a.strides, strict=True))
    return sum(ends) // a.itemsize + 1


def _laid_out(values: np.ndarray, a: np.ndarray) -> np.ndarray:
    """A copy of the values with the strides of `a`; its memory begins where it does."""
    if a.flags.c_contiguous:
        return np.array(values, order="C", copy=True)
    memory = np.zeros(_extent(a), a.dtype)
    out = strided(memory, a.shape, a.strides)
    out[...] = values
    return out


def _recorded(
    m: native.Machine,
    fn: Callable[..., Any],
    arrays: Sequence[np.ndarray],
    other: Callable[..., Any],
) -> Callable[..., Any] | None:
    trace = Trace()
    given = [trace.given(_laid_out(a, a)) for a in arrays]
    with np.errstate(all="ignore"):
        found = fn(*given)
    many = isinstance(found, tuple | list)
    outs = _Outputs(trace, given)
    results = [outs.place(x) for x in (found if many else [found])]
    written = any(0 <= o[-1].root < len(given) for _, _, o in trace.steps)
    if not trace.steps or written or not (many or results == [len(given)]):
        raise Unrecorded
    if len(given) + len(outs.new) > native.ARRAYS:
        raise Unrecorded
    layout = _Layout(trace, len(given), [*outs.new])
    steps = [layout.step(*s) for s in trace.steps]
    inputs = [
        native.Array(a.dtype, a.shape, None if a.flags.c_contiguous else a.strides)
        for a in arrays
    ]
    new = [*outs.new.values()]
    told = any(o[-1].root == FLAG for _, _, o in trace.steps)
    return m.program(
        inputs,
        new,
        steps,
        results if many else None,
        other,
        layout.first if told else 0,
        (layout.memory, layout.keep),
    )


class _Outputs:
    """The arrays that a program makes, by the numbers of their memory."""

    def __init__(self, trace: Trace, given: Sequence[Recorded]) -> None:
        self.trace, self.given = trace, given
        self.new: dict[int, native.Array] = {}

    def place(self, x: Any) -> int:
        """The place of a result; an argument may be one."""
        if x is None:
            return native.NONE
        number = self.trace.number_of(x, False)
        count = len(self.given)
        if number < count:
            if not _same_place(x, self.given[number]):
                raise Unrecorded
            return number
        if not _whole(x, self.trace.roots[number]) or number in self.trace.constant:
            raise Unrecorded
        kind = native.Array(x.dtype, x.shape)
        if self.new.setdefault(number, kind) != kind:
            raise Unrecorded
        return count + [*self.new].index(number)


def _same_place(x: np.ndarray, y: np.ndarray) -> bool:
    places = (address_of(x), x.shape, x.strides), (address_of(y), y.shape, y.strides)
    return places[0] == places[1]


def _whole(x: np.ndarray, root: np.ndarray) -> bool:
    return x.nbytes == root.nbytes and x.flags.c_contiguous and x.dtype == root.dtype


def _agrees(
    made: Callable[..., Any], fn: Callable[..., Any], arrays: Sequence[np.ndarray]
) -> bool:
    """Whether both give the same bits, for these elements and others."""
    rng = np.random.default_rng(0)
    for trial in range(3):
        given = [a if trial == 0 else _varied(rng, a) for a in arrays]
        with np.errstate(all="ignore"):
            expected = fn(*given)
        found = made(*given)
        if isinstance(found, tuple) != isinstance(expected, tuple | list):
            return False
        pairs = (
            [(found, expected)]
            if not isinstance(found, tuple)
            else zip(found, expected, strict=True)
        )
        if not all(_equal(a, b) for a, b in pairs):
            return False
    return True


def _varied(rng: np.random.Generator, a: np.ndarray) -> np.ndarray:
    """Elements of another order and size."""
    out = rng.permutation(a.reshape(-1)).reshape(a.shape)
    if a.dtype.kind == "f":
        out = (out * rng.uniform(0.5, 1.5, a.shape)).astype(a.dtype)
    return _laid_out(out, a)


def _equal(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    same = np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    return same and (
        a.dtype.kind != "f" or bool(np.all(np.signbit(a) == np.signbit(b)))
    )
