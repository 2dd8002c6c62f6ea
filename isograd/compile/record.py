"""What an array function does with NumPy, written down as a list of inner loops.

The function runs once on `Recorded` arrays.  They hold elements, so it may do anything;
each call of a ufunc, reduction, conversion, choice or copy becomes a step that calls
the very loop that NumPy found for those dtypes.  Views need no step: an operand is a
place in the memory of an argument or of an array that a step made.  What a step cannot
be made of raises `Unrecorded`.  A number that was read from elements would be a
constant, so programs are compared with the function on other elements before they are
trusted.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from isograd.compile.lean import inner as native
from isograd.compile.lean.inner import LOOPS, OPERANDS, Step

FEW = 1 << 12  # elements of an array, beyond which nothing is gained
SCRATCH = 1 << 18  # bytes of all temporaries of a program
FUNCTIONS, EXTRA = 32, 40  # offsets of fields of a ufunc object
PLAIN = frozenset("?bBhHiIlLqQfd")


class Unrecorded(Exception):
    """The function does something that is no step."""


class Loop(NamedTuple):
    """An inner loop: a place in a ufunc's table, or the name of one of the machine's."""

    ufunc: np.ufunc | None
    number: int
    name: str = ""

    def address(self) -> tuple[int, int]:
        if self.ufunc is None:
            m = native.machine()
            assert m is not None
            return m.loop(self.name), 0
        out = []
        for offset in (FUNCTIONS, EXTRA):
            table = ctypes.c_void_p.from_address(id(self.ufunc) + offset).value or 0
            place = table + 8 * self.number
            out.append((table and ctypes.c_void_p.from_address(place).value) or 0)
        return out[0], out[1]


@cache
def loop_of(ufunc: np.ufunc, chars: str) -> Loop:
    """The loop of a ufunc for dtypes like "ff->f"."""
    if not set(chars) <= PLAIN | set("->"):
        raise Unrecorded
    found = [i for i, t in enumerate(ufunc.types) if t == chars]
    if not found:
        raise Unrecorded
    return Loop(ufunc, found[0])


def _address(a: np.ndarray) -> int:
    return a.__array_interface__["data"][0]


def _root(a: np.ndarray) -> np.ndarray:
    while type(a.base) is np.ndarray or isinstance(a.base, Recorded):
        a = a.base  # type: ignore[assignment]  # justified: tested
    return a


class _Operand(NamedTuple):
    """A place in the memory of array number `root`."""

    root: int
    offset: int
    strides: tuple[int, ...]


class _Trace:
    """The steps so far, and the memory that they use.

    Attributes:
        roots: arrays that own memory; the arguments come first.
        constant: numbers of those whose elements were there before.
    """

    def __init__(self) -> None:
        self.roots: list[np.ndarray] = []
        self.numbers: dict[int, int] = {}
        self.constant: set[int] = set()
        self.steps: list[tuple[Loop, tuple[int, ...], list[_Operand]]] = []

    def own(self, a: np.ndarray) -> Recorded:
        """A fresh array as one that steps write."""
        a = np.asarray(a)
        if a.base is not None or a.size > FEW or a.dtype.char not in PLAIN:
            raise Unrecorded
        self.numbers[id(a)] = len(self.roots)
        self.roots.append(a)
        out = a.view(Recorded)
        out._trace = self
        return out

    def given(self, a: np.ndarray) -> Recorded:
        """An argument, which steps do not write."""
        root = _root(a)
        self.numbers[id(root)] = len(self.roots)
        self.roots.append(root)
        out = a.view(Recorded)
        out._trace = self
        return out

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> Recorded:
        out = self.own(np.zeros(shape, dtype))
        self.copy(np.zeros((), dtype), out)
        return out

    def number_of(self, a: np.ndarray, written: bool) -> int:
        """The number of the memory of an operand."""
        root = _root(a)
        number = self.numbers.get(id(root))
        if number is None:
            if isinstance(a, Recorded) or isinstance(root, Recorded):
                raise Unrecorded  # something unknown made it
            number = self.numbers[id(root)] = len(self.roots)
            self.roots.append(root)
            if not written:
                self.constant.add(number)
        elif written and number in self.constant:
            raise Unrecorded
        return number

    def operand(
        self, a: np.ndarray, shape: tuple[int, ...], written: bool = False
    ) -> _Operand:
        if a.dtype.char not in PLAIN or a.size > FEW:
            raise Unrecorded
        number = self.number_of(a, written)
        spread = np.broadcast_to(plain(a), shape)
        offset = _address(a) - _address(self.roots[number])
        return _Operand(number, offset, spread.strides)

    def add(self, loop: Loop, ins: Sequence[np.ndarray], out: np.ndarray) -> None:
        """A step over the elements of `out`."""
        for a in ins:
            same = a.strides == out.strides and a.shape == out.shape
            if np.may_share_memory(plain(a), plain(out)) and not (
                same and _address(a) == _address(out)
            ):
                raise Unrecorded
        operands = [self.operand(a, out.shape) for a in ins]
        self.steps.append(
            (loop, out.shape, [*operands, self.operand(out, out.shape, True)])
        )

    def copy(self, a: np.ndarray, out: np.ndarray) -> None:
        """A step that writes `a`, in the other's dtype, to `out`."""
        if a.dtype == out.dtype:
            loop = Loop(None, 0, f"copy_{a.dtype.itemsize}")
        else:
            pair = "".join(_LETTERS.get(x.dtype, "") for x in (a, out))
            if pair not in native.CASTS:
                raise Unrecorded
            loop = Loop(None, 0, f"cast_{pair}")
        if a.dtype == out.dtype and a.dtype.itemsize not in native.COPIES:
            raise Unrecorded
        self.add(loop, [a], out)

    def converted(self, a: np.ndarray, dtype: Any) -> np.ndarray:
        """`a` in that dtype, by a step if it has another."""
        if a.dtype == dtype:
            return a
        if not isinstance(a, Recorded) and id(_root(a)) not in self.numbers:
            return a.astype(dtype)  # a constant
        out = self.own(np.empty_like(plain(a), dtype))
        plain(out)[...] = plain(a)
        self.copy(a, out)
        return out

    # --- what NumPy is asked for ---

    def call(self, ufunc: np.ufunc, inputs: Sequence[Any], out: Any, dtype: Any) -> Any:
        """An elementwise call."""
        if ufunc.signature is not None or ufunc.nout != 1:
            raise Unrecorded
        target = None if out is None or out[0] is Ellipsis else out[0]
        kinds = tuple(type(x) if type(x) in _NUMBERS else x.dtype for x in inputs)
        given: dict[str, Any] = (
            {} if dtype is None else {"signature": (*[None] * len(kinds), dtype)}
        )
        dtypes = ufunc.resolve_dtypes((*kinds, None), **given)
        *sources, d = (d.char for d in dtypes)
        loop = loop_of(ufunc, f"{''.join(sources)}->{d}")
        ins = [
            self.converted(x, d) if isinstance(x, np.ndarray) else np.asarray(x, d)
            for x, d in zip(inputs, dtypes, strict=False)
        ]
        result = np.asarray(ufunc(*map(plain, ins)))
        if result.dtype != dtypes[-1]:
            raise Unrecorded
        return self.deliver(result, target, lambda made: self.add(loop, ins, made))

    def deliver(
        self, result: np.ndarray, target: Any, emit: Callable[[np.ndarray], None]
    ) -> Any:
        """A step's result: a new array, or written to `out`."""
        if target is None:
            made = self.own(result)
            emit(made)
            return made
        if target.dtype == result.dtype:
            emit(target)
            plain(target)[...] = result
        else:
            made = self.own(result)
            emit(made)
            self.copy(made, target)
            plain(target)[...] = result
        return target

    def reduce(
        self,
        ufunc: np.ufunc,
        x: Any,
        axis: Any = 0,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        **rest: Any,
    ) -> Any:
        """A reduction: the loop's first operand is the result itself."""
        if any(v is not np._NoValue and v is not True for v in rest.values()):  # type: ignore[attr-defined]  # justified: NumPy's own mark
            raise Unrecorded
        target = None if out is None or out[0] in (None, Ellipsis) else out[0]
        given: dict[str, Any] = (
            {} if dtype is None else {"signature": (dtype, None, None)}
        )
        wanted = ufunc.resolve_dtypes((None, x.dtype, None), reduction=True, **given)
        d = wanted[1]
        if wanted != (d, d, d) or (x.dtype != d and d.kind == "f"):
            raise Unrecorded
        loop = loop_of(ufunc, f"{d.char}{d.char}->{d.char}")
        x = self.converted(x, d)
        result = np.asarray(ufunc.reduce(plain(x), axis=axis, keepdims=True))
        if x.size == 0:
            raise Unrecorded

        def emit(made: np.ndarray) -> None:
            kept = made if made.shape == result.shape else made.reshape(result.shape)
            if not np.may_share_memory(plain(kept), plain(made)):
                raise Unrecorded
            if ufunc.identity is None:
                first = plain(x)[tuple(slice(n) for n in kept.shape)]
                first = self.placed(x, first)
            else:
                first = np.asarray(ufunc.identity, d)
            self.copy(first, kept)
            strides = tuple(
                0 if n == 1 else s
                for n, s in zip(kept.shape, kept.strides, strict=True)
            )
            o = self.operand(kept, kept.shape, True)._replace(strides=strides)
            self.steps.append((loop, x.shape, [o, self.operand(x, x.shape), o]))

        shape = result.shape
        if not keepdims:
            axes = range(x.ndim) if axis is None else np.atleast_1d(axis) % x.ndim
            shape = tuple(n for i, n in enumerate(x.shape) if i not in axes)
        return self.deliver(np.array(result.reshape(shape)), target, emit)

    def placed(self, x: Any, view: np.ndarray) -> Any:
        """A plain view of x's memory as an operand."""
        return view.view(Recorded) if isinstance(x, Recorded) else view

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        """`np.where` of three."""
        values = x, y
        kinds = [v if type(v) in _NUMBERS else v.dtype for v in values]
        d = np.result_type(*kinds)
        if condition.dtype != bool or d.itemsize not in native.COPIES:
            raise Unrecorded
        a, b = (
            self.converted(v, d) if isinstance(v, np.ndarray) else np.asarray(v, d)
            for v in values
        )
        made = self.own(np.array(np.where(plain(condition), plain(a), plain(b))))
        self.add(Loop(None, 0, f"where_{d.itemsize}"), [condition, a, b], made)
        return made


_NUMBERS = (int, float)
_LETTERS = {np.dtype(d): c for d, c in zip("?ilqfd", "billfd", strict=True)}


def plain(a: Any) -> np.ndarray:
    return a.view(np.ndarray) if isinstance(a, Recorded) else a


_VIEWS = frozenset(
    (
        np.broadcast_to,
        np.expand_dims,
        np.moveaxis,
        np.reshape,
        np.squeeze,
        np.swapaxes,
        np.transpose,
        np.atleast_1d,
        np.shape,
        np.ndim,
        np.size,
        np.sum,
        np.max,
        np.min,
        np.amax,
        np.amin,
        np.prod,
        np.mean,
        np.any,
        np.all,
        np.clip,
    )
)


class Recorded(np.ndarray):
    """An array of which a trace knows what it is made of."""

    _trace: _Trace

    def zeros(self, shape: tuple[int, ...]) -> Recorded:
        """See `isograd.base.arrays`."""
        return self._trace.zeros(shape, self.dtype)

    def __array_finalize__(self, obj: Any) -> None:
        if isinstance(obj, Recorded):
            self._trace = obj._trace

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, out: Any = None, **rest: Any
    ) -> Any:
        trace = next(
            x._trace for x in (*inputs, *(out or ())) if isinstance(x, Recorded)
        )
        rest.pop("casting", None)
        rest.pop("subok", None)
        if out is not None and type(out) is not tuple:
            out = (out,)
        if method == "__call__":
            dtype = rest.pop("dtype", None)
            if rest:
                raise Unrecorded
            return trace.call(ufunc, inputs, out, dtype)
        if method == "reduce":
            return trace.reduce(ufunc, *inputs, out=out, **rest)
        raise Unrecorded

    def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if fn is np.where and len(args) == 3 and isinstance(args[0], Recorded):
            return args[0]._trace.where(*args)
        if fn is np.empty_like and len(args) == 1 and not kwargs:
            return self._trace.own(np.empty_like(plain(args[0])))
        if fn is np.copyto and len(args) == 2 and not kwargs:
            args[0][...] = args[1]
            return None
        if fn not in _VIEWS:
            raise Unrecorded
        return super().__array_function__(fn, types, args, kwargs)


def _astype(x: Recorded, dtype: Any, *, copy: bool = True) -> Any:
    if np.dtype(dtype) == x.dtype:
        return _copy(x) if copy else x
    return x._trace.converted(x, np.dtype(dtype))


def _copy(x: Recorded, order: Any = "C") -> Any:
    made = x._trace.own(plain(x).copy(order))
    x._trace.copy(x, made)
    return made


def _assign(x: Recorded, key: Any, value: Any) -> None:
    target = plain(x)[key]
    if not np.may_share_memory(target, plain(x)):
        raise Unrecorded
    value = value if isinstance(value, np.ndarray) else np.asarray(value, x.dtype)
    target[...] = plain(value)
    x._trace.copy(value, target.view(Recorded))


def _fill(x: Recorded, value: Any) -> None:
    _assign(x, ..., value)


def _unknown(*_: Any, **__: Any) -> Any:
    raise Unrecorded


_METHODS = {"astype": _astype, "copy": _copy, "__setitem__": _assign, "fill": _fill}
_METHODS |= dict.fromkeys(
    [
        "__bool__",
        "__float__",
        "__int__",
        "__index__",
        "__complex__",
        "__contains__",
        "__matmul__",
        "__rmatmul__",
        "__imatmul__",
        "item",
        "tolist",
        "tobytes",
        "argmax",
        "argmin",
        "nonzero",
        "searchsorted",
        "dot",
        "put",
        "partition",
        "sort",
        "setfield",
    ],
    _unknown,
)
for _name, _method in _METHODS.items():
    setattr(Recorded, _name, _method)


# --- programs -------------------------------------------------------------------------


class _Layout:
    """Places for the memory of a trace: arguments, results, and one block of scratch."""

    def __init__(self, trace: _Trace, inputs: int, outs: Sequence[int]) -> None:
        self.trace = trace
        self.places = {i: 1 + i for i in range(inputs)}
        self.places |= {r: 1 + inputs + k for k, r in enumerate(outs)}
        self.starts: dict[int, int] = {}
        size = 0
        rest = [r for r, _ in enumerate(trace.roots) if r not in self.places]
        for r in rest:
            self.starts[r] = size
            size += -(-trace.roots[r].nbytes // 64) * 64
        if size > SCRATCH:
            raise Unrecorded
        self.memory = np.zeros(size + 64, np.uint8)
        at = _address(self.memory)
        self.first = at + -at % 64
        for r in trace.constant:
            a = trace.roots[r]
            ctypes.memmove(self.first + self.starts[r], _address(a), a.nbytes)

    def step(
        self, loop: Loop, shape: tuple[int, ...], operands: list[_Operand]
    ) -> Step:
        sizes, strides = joined(shape, [o.strides for o in operands])
        around = LOOPS - len(sizes)
        if around < 0 or len(operands) > OPERANDS:
            raise Unrecorded
        fn, data = loop.address()
        if not fn:
            raise Unrecorded
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
    out = np.lib.stride_tricks.as_strided(memory, a.shape, a.strides)
    out[...] = values
    return out


def _recorded(
    m: native.Machine,
    fn: Callable[..., Any],
    arrays: Sequence[np.ndarray],
    other: Callable[..., Any],
) -> Callable[..., Any] | None:
    trace = _Trace()
    given = [trace.given(_laid_out(a, a)) for a in arrays]
    with np.errstate(all="ignore"):
        found = fn(*given)
    many = isinstance(found, tuple | list)
    outs = _Outputs(trace, given)
    results = [outs.place(x) for x in (found if many else [found])]
    written = any(o[-1].root < len(given) for _, _, o in trace.steps)
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
    return m.program(
        inputs, new, steps, results if many else None, other, layout.memory
    )


class _Outputs:
    """The arrays that a program makes, by the numbers of their memory."""

    def __init__(self, trace: _Trace, given: Sequence[Recorded]) -> None:
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
    places = (_address(x), x.shape, x.strides), (_address(y), y.shape, y.strides)
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
