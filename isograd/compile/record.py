"""What an array function does with NumPy, written down as a list of inner loops.

The function runs once on `Recorded` arrays.  They hold elements, so it may do anything;
each call of a ufunc, reduction, conversion, choice or copy becomes a step that calls
the very loop that NumPy found for those dtypes.  Views need no step: an operand is a
place in the memory of an argument or of an array that a step made.  What a step cannot
be made of raises `Unrecorded`.  A number that was read from elements would be a
constant, so programs are compared with the function on other elements before they are
trusted, see `loops.py`.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from isograd.compile.lean import inner as native

FEW = 1 << 12  # elements of an array, beyond which nothing is gained
FUNCTIONS, EXTRA = 32, 40  # offsets of fields of a ufunc object
PLAIN = frozenset("?bBhHiIlLqQfd")


class Unrecorded(Exception):
    """The function does something that is no step."""


class Loop(NamedTuple):
    """An inner loop: a place in a ufunc's table, or the name of one of the machine's."""

    ufunc: np.ufunc | None
    number: int
    name: str = ""
    data: tuple[int, ...] = ()  # words that the loop is given

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


def address_of(a: np.ndarray) -> int:
    return a.__array_interface__["data"][0]


def root_of(a: np.ndarray) -> np.ndarray:
    while type(a.base) is np.ndarray or isinstance(a.base, Recorded):
        a = a.base  # type: ignore[assignment]  # justified: tested
    return a


def strided(
    a: np.ndarray, shape: tuple[int, ...], strides: tuple[int, ...]
) -> np.ndarray:
    """A view that begins where `a` does."""
    root = root_of(a)
    return np.ndarray(shape, a.dtype, root, address_of(a) - address_of(root), strides)


class Operand(NamedTuple):
    """A place in the memory of array number `root`."""

    root: int
    offset: int
    strides: tuple[int, ...]


class Trace:
    """The steps so far, and the memory that they use.

    Attributes:
        roots: arrays that own memory; the arguments come first.
        constant: numbers of those whose elements were there before.
    """

    def __init__(self) -> None:
        self.roots: list[np.ndarray] = []
        self.numbers: dict[int, int] = {}
        self.constant: set[int] = set()
        self.steps: list[tuple[Loop, tuple[int, ...], list[Operand]]] = []

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
        root = root_of(a)
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
        root = root_of(a)
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
    ) -> Operand:
        if a.dtype.char not in PLAIN or a.size > FEW:
            raise Unrecorded
        number = self.number_of(a, written)
        spread = np.broadcast_to(plain(a), shape)
        offset = address_of(a) - address_of(self.roots[number])
        return Operand(number, offset, spread.strides)

    def add(self, loop: Loop, ins: Sequence[np.ndarray], out: np.ndarray) -> None:
        """A step over the elements of `out`."""
        for a in ins:
            same = a.strides == out.strides and a.shape == out.shape
            if np.may_share_memory(plain(a), plain(out)) and not (
                same and address_of(a) == address_of(out)
            ):
                raise Unrecorded
        operands = [self.operand(a, out.shape) for a in ins]
        self.steps.append(
            (loop, out.shape, [*operands, self.operand(out, out.shape, True)])
        )

    def offsets(self, x: np.ndarray, key: Any) -> tuple[Any, np.ndarray, Any]:
        """For a key with arrays of indices: where its elements stand in x.

        A view of x that repeats its first elements in the shape of the result, the
        offsets of the right ones from there, and the result.
        """
        items = key if isinstance(key, tuple) else (key,)
        items += (slice(None),) * (x.ndim - len(items))
        arrays = [k for k, i in enumerate(items) if isinstance(i, np.ndarray)]
        rest = [i for k, i in enumerate(items) if k not in arrays]
        if (
            len(items) != x.ndim
            or any(i != slice(None) for i in rest)
            or (arrays != [*range(arrays[0], arrays[-1] + 1)])
        ):
            raise Unrecorded
        found = plain(x)[tuple(map(plain, items))]
        shape = np.broadcast_shapes(*(items[k].shape for k in arrays))
        after = (1,) * (x.ndim - arrays[-1] - 1)
        total = self.zeros((*shape, *after), np.int64)
        for k in arrays:
            if items[k].dtype.kind not in "iu":
                raise Unrecorded
            index = self.converted(items[k], np.dtype(np.int64))
            index = index.reshape(index.shape + after)
            loop = Loop(None, 0, "place", (x.shape[k], x.strides[k]))
            plain(total)[...] += plain(index) * x.strides[k]
            operands = [self.operand(a, total.shape) for a in (index, total)]
            flag = Operand(FLAG, 0, (0,) * total.ndim)
            self.steps.append((loop, total.shape, [*operands, flag]))
        strides = [s for k, s in enumerate(x.strides) if k not in arrays]
        strides[arrays[0] : arrays[0]] = [0] * len(shape)
        first = strided(plain(x), found.shape, tuple(strides))
        return self.placed(x, first), total, found

    def take(self, x: Recorded, key: Any, order: Any = "K") -> Any:
        """`x[key]` with arrays of indices."""
        first, offsets, found = self.offsets(x, key)
        if found.dtype.itemsize not in native.COPIES:
            raise Unrecorded
        made = self.own(np.array(found, order=order))
        loop = Loop(None, 0, f"take_{made.dtype.itemsize}")
        self.add(loop, [first, offsets], made)
        return made

    def put(self, x: Recorded, key: Any, value: np.ndarray, kind: str = "put") -> None:
        """`x[key] = value` with arrays of indices, or their sum (`kind`)."""
        first, offsets, found = self.offsets(x, key)
        value = self.converted(value, x.dtype)
        if value.dtype.itemsize not in native.COPIES or np.may_share_memory(
            plain(value), plain(x)
        ):
            raise Unrecorded
        plain_key = tuple(map(plain, key)) if isinstance(key, tuple) else plain(key)
        if kind == "put":
            plain(x)[plain_key] = plain(value)
        elif x.dtype.kind == "f":
            np.add.at(plain(x), plain_key, plain(value))
        else:
            raise Unrecorded
        loop = Loop(None, 0, f"{kind}_{value.dtype.itemsize}")
        operands = [self.operand(a, found.shape) for a in (value, offsets)]
        target = self.operand(first, found.shape, True)
        self.steps.append((loop, found.shape, [*operands, target]))

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
        if not isinstance(a, Recorded) and id(root_of(a)) not in self.numbers:
            return a.astype(dtype)  # a constant
        out = self.own(np.empty_like(plain(a), dtype))
        plain(out)[...] = plain(a)
        self.copy(a, out)
        return out

    # --- what NumPy is asked for ---

    def call(self, ufunc: np.ufunc, inputs: Sequence[Any], out: Any, dtype: Any) -> Any:
        """An elementwise call."""
        if ufunc is np.matmul:
            return self.product(*inputs, target=out, dtype=dtype)
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

    def product(self, x: Any, y: Any, target: Any, dtype: Any) -> Any:
        """Products of stacks of matrices."""
        if target or dtype or x.ndim < 2 or y.ndim < 2 or x.dtype != y.dtype:
            raise Unrecorded
        inner = loop_of(np.matmul, f"{x.dtype.char * 2}->{x.dtype.char}")
        made = self.own(np.matmul(plain(x), plain(y)))
        lead = made.shape[:-2]
        sizes = (*x.shape[-2:], y.shape[-1])
        strides = [s for a in (x, y, made) for s in a.strides[-2:]]
        loop = Loop(None, 0, "core", (*inner.address(), *sizes, *strides))
        operands = []
        for a in (x, y, made):
            first = self.placed(a, plain(a)[..., 0, 0])
            operands.append(self.operand(first, lead, a is made))
        self.steps.append((loop, lead, operands))
        return made

    def accumulate(self, ufunc: np.ufunc, x: Any, axis: int = 0, **rest: Any) -> Any:
        """Running results along an axis: each is made of the one before."""
        d = x.dtype
        if rest.pop("dtype", None) not in (None, d) or any(rest.values()) or not x.size:
            raise Unrecorded
        loop = loop_of(ufunc, f"{d.char}{d.char}->{d.char}")
        made = self.own(ufunc.accumulate(plain(x), axis=axis))
        head = (slice(None),) * (axis % x.ndim)
        before, after, first = (
            (*head, s) for s in (slice(-1), slice(1, None), slice(1))
        )
        self.copy(x[first], made[first])
        parts = made[before], x[after], made[after]
        shape = parts[0].shape
        operands = [self.operand(a, shape, a is not parts[1]) for a in parts]
        if 0 not in shape:
            self.steps.append((loop, shape, operands))
        return made

    def joined(self, parts: Sequence[Any], axis: int = 0) -> Any:
        """Arrays one after the other."""
        made = self.own(np.concatenate([*map(plain, parts)], axis))
        at = 0
        for a in parts:
            key = (*(slice(None),) * (axis % made.ndim), slice(at, at + a.shape[axis]))
            at += a.shape[axis]
            if a.size:
                self.copy(a, made[key])
        return made

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
        initial = rest.pop("initial", ufunc.identity)
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
        start = ufunc.identity if initial is np._NoValue else initial  # type: ignore[attr-defined]  # justified: NumPy's own mark
        words = {} if start is None else {"initial": start}
        result = np.asarray(ufunc.reduce(plain(x), axis=axis, keepdims=True, **words))
        if x.size == 0:
            raise Unrecorded

        def emit(made: np.ndarray) -> None:
            kept = made if made.shape == result.shape else made.reshape(result.shape)
            if not np.may_share_memory(plain(kept), plain(made)):
                raise Unrecorded
            if start is None:
                first = plain(x)[tuple(slice(n) for n in kept.shape)]
                first = self.placed(x, first)
            else:
                first = np.asarray(start, d)
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
FLAG = -1  # stands for the memory of a program's flag
_LETTERS = {
    np.dtype(d): c for d, c in zip(("?", "i4", "i8", "f4", "f8"), "bilfd", strict=True)
}


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
        np.take_along_axis,
        np.put_along_axis,
    )
)


class Recorded(np.ndarray):
    """An array of which a trace knows what it is made of."""

    _trace: Trace

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> Recorded:
        """See `isograd.base.arrays`."""
        return self._trace.zeros(shape, dtype)

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
        if method == "accumulate" and out is None:
            return trace.accumulate(ufunc, *inputs, **rest)
        if method == "at" and ufunc is np.add and isinstance(inputs[0], Recorded):
            return trace.put(*inputs, kind="sum")
        raise Unrecorded

    def __array_function__(self, fn: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if fn is np.where and len(args) == 3 and isinstance(args[0], Recorded):
            return args[0]._trace.where(*args)
        if fn is np.empty_like and len(args) == 1 and not kwargs:
            return self._trace.own(np.empty_like(plain(args[0])))
        if fn is np.concatenate and len(args) in (1, 2) and {*kwargs} <= {"axis"}:
            return self._trace.joined(*args, **kwargs)
        if fn is np.take and len(args) == 3 and not kwargs:
            key = (slice(None),) * args[2] + (args[1],)
            return self._trace.take(args[0], key, "C")
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


def _indexed(key: Any) -> bool:
    """Whether a key holds arrays of indices."""
    return any(
        isinstance(i, np.ndarray) for i in (key if type(key) is tuple else (key,))
    )


def _taken(x: Recorded, key: Any) -> Any:
    if _indexed(key):
        return x._trace.take(x, key)
    return np.ndarray.__getitem__(x, key)


def _assign(x: Recorded, key: Any, value: Any) -> None:
    value = value if isinstance(value, np.ndarray) else np.asarray(value, x.dtype)
    if _indexed(key):
        x._trace.put(x, key, value)
        return
    target = plain(x)[key]
    if not np.may_share_memory(target, plain(x)):
        raise Unrecorded
    target[...] = plain(value)
    x._trace.copy(value, target.view(Recorded))


def _fill(x: Recorded, value: Any) -> None:
    _assign(x, ..., value)


def _unknown(*_: Any, **__: Any) -> Any:
    raise Unrecorded


_METHODS = {"astype": _astype, "copy": _copy, "__setitem__": _assign, "fill": _fill}
_METHODS["__getitem__"] = _taken
_METHODS |= dict.fromkeys(
    [
        "__bool__",
        "__float__",
        "__int__",
        "__index__",
        "__complex__",
        "__contains__",
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
