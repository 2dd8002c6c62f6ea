"""The fast paths of eager operators: ndarray payloads, one dtype, default modes.

Each function here makes one closure per primitive and tensor class.  A closure does
in one frame what `apply`, `bind` and `record` do in general, and calls `slow` with the
same arguments wherever one of its assumptions fails.

In all of them x, y are tensors, a, b their arrays, nx, ny their nodes, t is the result.
The lines that make its node stand in each closure again: as a function they would cost a
frame, a tenth of an operation.  A `mask` says by its bits which operands have a node; it
chooses what is saved (`_kept`) and the short rule for the derivative (`prim.pulls`).
"""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import partial
from typing import Any

import numpy as np

from isograd.base.dtypes import F32, F64
from isograd.core.expression import define
from isograd.core.large import LARGE
from isograd.core.levels import MODE, state
from isograd.core.mutation import living_views, note_view
from isograd.core.often import chain, once_begun, replace
from isograd.core.plans import ABSENT
from isograd.core.primitive import Primitive
from isograd.core.storage import note_write
from isograd.core.tape import Node, tick
from isograd.core.tensor import Tensor

Family = Container[type]  # further classes of operands (parameters); results are `cls`
NONE: Family = frozenset()


def unary(
    prim: Primitive,
    cls: type[Tensor],
    slow: Callable[..., Any],
    kinds: str = "f",
    family: Family = NONE,
) -> Callable[..., Any]:
    """`x -> prim(x)` for arrays whose dtype kind is one of `kinds`."""
    impl, new, ndarray = _array_call(prim), object.__new__, np.ndarray
    some, keep_x, keep_out = _kept(prim, 1)
    traced, pulls = not prim.constant, prim.pulls

    def op(input: Any = ABSENT, *more: Any, **rest: Any) -> Any:
        if rest or more:
            return slow(input, *more, **rest)
        x = input
        if (type(x) is not cls and type(x) not in family) or MODE.special:
            return slow(x)
        a = x._p
        if type(a) is not ndarray or a.dtype.kind not in kinds:
            return slow(x)
        small = a.size < LARGE
        out = impl(a, out=...) if small else prim.kernel(a)
        t = new(cls)
        t._p = out
        nx = x._node
        if nx is not None and traced:
            t._node = node = new(Node)
            node.prim = prim
            node.edges = (nx,)
            node.saved = some and (a if keep_x else None, out if keep_out else None)
            node.shape = out.shape
            if pulls and small and ((d := a.dtype) is F32 or d is F64):
                node.pull, node.source = pulls[1], nx
            if nx.level:
                node.level = nx.level
            node.seq = tick()
        return t

    once_begun(lambda: _chained(prim, partial(replace, op, "impl")))
    return op


def binary(
    prim: Primitive,
    cls: type[Tensor],
    slow: Callable[..., Any],
    family: Family = NONE,
    kinds: str = "fciub",
) -> Callable[..., Any]:
    """`(x, y) -> prim(x, y)` for tensors of one dtype, whose kind is one of `kinds`.

    bfloat16 ("V") goes the slow way, see `tape.record`.
    """
    lines = [*_BINARY.format(kinds=kinds).splitlines(), *_recorded(prim)]
    impl = _array_call(prim)
    scope = {**_scope(prim, cls, slow), "family": family, "impl": impl}
    op = define(
        f"fast_{prim.name}",
        "\n".join(lines).replace("def op", f"def fast_{prim.name}", 1) + "\n",
        scope,
    )
    install = partial(op.__globals__.__setitem__, "impl")
    once_begun(lambda: _chained(prim, install))
    return op


# What the closures do is short enough for Python's own overhead to matter: the lines
# are written for the primitive and its class, with what it saves spelt out.
_BINARY = """def op(input, other):
    if (type(input) is not cls and type(input) not in family) or MODE.special:
        return slow(input, other)
    if type(other) is not cls and type(other) not in family:
        return slow(input, other)
    a = input._p
    b = other._p
    if type(a) is not ndarray or type(b) is not ndarray:
        return slow(input, other)
    d = a.dtype
    if d is not b.dtype or (d is not F32 and d.kind not in {kinds!r}):
        return slow(input, other)
    small = a.size + b.size < LARGE
    try:
        out = impl(a, b, out=...) if small else prim.kernel(a, b)
    except (TypeError, ValueError):  # shapes or dtypes that the slow path explains
        return slow(input, other)
    t = new(cls)
    t._p = out
    nx = input._node
    ny = other._node
    if nx is None and ny is None:
        return t"""


def _recorded(prim: Primitive) -> list[str]:
    """Lines of a binary operation that put its result on the tape."""
    if prim.constant:
        return ["    return t"]
    lines = [
        "    node = new(Node)",
        "    node.prim = prim",
        "    node.edges = (nx, ny)",
        "    node.shape = shape = out.shape",
    ]
    cases = (
        ("if nx is None", 2, "ny.level", "ny.shape == shape"),
        ("elif ny is None", 1, "nx.level", "nx.shape == shape"),
        ("else", 3, "nx.level", "nx.shape == shape and ny.shape == shape"),
    )
    for test, mask, level, fits in cases:
        some, keep_x, keep_y, keep_out = _kept(prim, mask)
        values = [
            v if k else "None"
            for v, k in (("a", keep_x), ("b", keep_y), ("out", keep_out))
        ]
        saved = f"({', '.join(values)})" if some else "()"
        lines += [f"    {test}:"]
        constant = {2: ("input", keep_x), 1: ("other", keep_y)}.get(mask)
        if constant and constant[1]:
            lines += [
                f"        if {constant[0]}._inference:",
                "            return slow(input, other)",
            ]
        lines += [
            f"        level = {level}",
            f"        node.saved = {saved}",
        ]
        if prim.pulls:
            lines += [
                f"        if small and (d is F32 or d is F64) and {fits}:",
                f"            node.pull = pulls[{mask}]",
            ]
            if mask < 3:
                lines.append(f"            node.source = n{'_xy'[mask]}")
    lines += [
        "        if level != ny.level:",
        "            return slow(input, other)",
        "    if level:",
        "        node.level = level",
        "    node.seq = tick()",
        "    t._node = node",
        "    return t",
    ]
    return lines


def _scope(prim: Primitive, cls: type[Tensor], slow: Any) -> dict[str, Any]:
    return {
        "prim": prim,
        "cls": cls,
        "slow": slow,
        "new": object.__new__,
        "ndarray": np.ndarray,
        "Node": Node,
        "tick": tick,
        "MODE": MODE,
        "LARGE": LARGE,
        "F32": F32,
        "F64": F64,
        "pulls": prim.pulls,
    }


def scalar_right(
    prim: Primitive,
    cls: type[Tensor],
    slow: Callable[..., Any],
    family: Family = NONE,
) -> Callable[..., Any]:
    """`(x, number) -> prim(x, number)` for a floating x: the number is weak."""
    impl, new, ndarray = _array_call(prim), object.__new__, np.ndarray
    some, keep_x, keep_y, keep_out = _kept(prim, 1)
    traced, pulls = not prim.constant, prim.pulls
    constant = constants_cache()

    def op(input: Any, other: Any, **rest: Any) -> Any:
        if rest:
            return slow(input, other, **rest)
        x, y = input, other
        if type(y) is not float and type(y) is not int:
            return slow(x, y)
        if (type(x) is not cls and type(x) not in family) or MODE.special:
            return slow(x, y)
        a = x._p
        if type(a) is not ndarray or a.dtype.kind != "f":
            return slow(x, y)
        d = a.dtype
        b = constant(y, d)
        small = a.size < LARGE
        out = impl(a, b, out=...) if small else prim.kernel(a, b)
        t = new(cls)
        t._p = out
        nx = x._node
        if nx is not None and traced:
            t._node = node = new(Node)
            node.prim = prim
            node.edges = (nx, None)
            node.saved = some and (
                a if keep_x else None,
                b if keep_y else None,
                out if keep_out else None,
            )
            node.shape = out.shape
            if pulls and small and (d is F32 or d is F64):
                node.pull, node.source = pulls[1], nx
            if nx.level:
                node.level = nx.level
            node.seq = tick()
        return t

    once_begun(lambda: _chained(prim, partial(replace, op, "impl")))
    return op


def parametric(
    prim: Primitive, cls: type[Tensor], kinds: str = "f", family: Family = NONE
) -> Callable[..., Any]:
    """`(x, params, label) -> prim(x, **params)`; None where an assumption fails.

    `label` names the node, None for the primitive's own name.
    """
    impl, new, ndarray = prim.impl, object.__new__, np.ndarray
    some, keep_x, keep_out = _kept(prim, 1)
    traced, pulls = not prim.constant, prim.pulls

    def op(x: Any, params: dict[str, Any], label: str | None = None) -> Any:
        if (type(x) is not cls and type(x) not in family) or MODE.special:
            return None
        a = x._p
        if type(a) is not ndarray or a.dtype.kind not in kinds:
            return None
        if a.size >= LARGE and prim.kernel is not None:
            return None
        out = impl(a, **params)
        t = new(cls)
        t._p = out
        nx = x._node
        if nx is not None and traced:
            t._node = node = new(Node)
            node.prim = prim
            node.edges = (nx,)
            node.params = params
            node.saved = some and (a if keep_x else None, out if keep_out else None)
            node.shape = out.shape
            if pulls and ((d := a.dtype) is F32 or d is F64):
                node.pull, node.source = pulls[1], nx
            if label is not None:
                node.label = label
            if nx.level:
                node.level = nx.level
            node.seq = tick()
        return t

    return op


def parameter(
    prim: Primitive,
    cls: type[Tensor],
    slow: Callable[..., Any],
    word: str,
    family: Family = NONE,
) -> Callable[..., Any]:
    """`(x, number) -> prim(x, word=number)` for a floating x."""
    quick = parametric(prim, cls, "f", family)

    def op(x: Any, y: Any) -> Any:
        if type(y) is not float and type(y) is not int:
            return slow(x, y)
        t = quick(x, {word: y})
        return slow(x, y) if t is None else t

    return op


def view(cls: type[Tensor], family: Family = NONE) -> Callable[..., Any]:
    """`(x, prim, params, label)`: a view of x; None where an assumption fails."""
    new, ndarray = object.__new__, np.ndarray

    def op(x: Any, prim: Primitive, params: dict[str, Any], label: str | None) -> Any:
        if (type(x) is not cls and type(x) not in family) or MODE.special:
            return None
        a = x._p
        if type(a) is not ndarray:
            return None
        t = new(cls)
        t._p = out = prim.impl(a, **params)
        nx = x._node
        if nx is not None:
            t._node = node = new(Node)
            node.prim = prim
            node.edges = (nx,)
            node.params = params
            node.saved = ()
            node.shape = out.shape
            node.label = label
            if nx.level:
                node.level = nx.level
            node.seq = tick()
        note_view(t, x, prim.name, params)
        return t

    return op


def scalar_left(
    prim: Primitive,
    cls: type[Tensor],
    slow: Callable[..., Any],
    label: str,
    family: Family = NONE,
) -> Callable[..., Any]:
    """`(x, number) -> prim(number, x)` for a floating x: a reflected operator."""
    impl, new, ndarray = _array_call(prim), object.__new__, np.ndarray
    some, keep_y, keep_x, keep_out = _kept(prim, 2)
    pulls = prim.pulls
    constant = constants_cache()

    def op(x: Any, y: Any) -> Any:
        if type(y) is not float and type(y) is not int:
            return slow(x, y)
        if (type(x) is not cls and type(x) not in family) or MODE.special:
            return slow(x, y)
        a = x._p
        if type(a) is not ndarray or a.dtype.kind != "f" or a.size >= LARGE:
            return slow(x, y)
        d = a.dtype
        b = constant(y, d)
        t = new(cls)
        t._p = out = impl(b, a, out=...)
        nx = x._node
        if nx is not None:
            t._node = node = new(Node)
            node.prim = prim
            node.edges = (None, nx)
            node.saved = some and (
                b if keep_y else None,
                a if keep_x else None,
                out if keep_out else None,
            )
            node.shape = out.shape
            if pulls and (d is F32 or d is F64):
                node.pull, node.source = pulls[2], nx
            node.label = label
            if nx.level:
                node.level = nx.level
            node.seq = tick()
        return t

    once_begun(lambda: _chained(prim, partial(replace, op, "impl")))
    return op


def in_place(
    ufunc: np.ufunc,
    cls: type[Tensor],
    slow: Callable[..., Any],
    kinds: str = "f",
    family: Family = NONE,
) -> Callable[..., Any]:
    """`x <- ufunc(x, y)` for tensors and numbers where nothing is recorded."""
    ndarray = np.ndarray
    constant = constants_cache()

    def op(input: Any, other: Any, **rest: Any) -> Any:
        x, y = input, other
        if rest or x._untracked or x._inference or type(x._p) is not ndarray:
            return slow(x, y, **rest)
        a = x._p
        if a.dtype.kind not in kinds or (
            MODE.special and ((now := state()).stages or now.recording or now.inference)
        ):
            return slow(x, y)
        if type(y) is float or type(y) is int:
            b, ny = constant(y, a.dtype), None
        elif isinstance(y, Tensor):
            b, ny = y._p, y._node
        else:
            return slow(x, y)
        if (
            (x._views is not None and living_views(x))
            or (x._view is not None and x._view.base._node is not None)
            or (not MODE.special and (ny is not None or x._node is not None))
        ):
            return slow(x, y)
        if (
            type(b) is not ndarray
            or b.dtype is not a.dtype
            or (b.shape != a.shape and b.ndim)
            or 0 in a.strides
        ):
            return slow(x, y)
        if a is not b and (
            b.base is a or (a.base is not None and (a.base is b.base or a.base is b))
        ):
            return slow(x, y)  # they may overlap
        ufunc(a, b, out=a)
        note_write(a)
        return x

    return op


def several(
    prim: Primitive,
    cls: type[Tensor],
    slow: Callable[..., Any],
    family: Family = NONE,
) -> Callable[..., Any]:
    """`(*tensors) -> prim(*tensors)` for floating tensors of one dtype."""
    impl, new, ndarray = prim.impl, object.__new__, np.ndarray
    kept: dict[int, tuple[int, ...]] = {}

    def op(*xs: Any) -> Any:
        if MODE.special:
            return slow(*xs)
        dtype = level = None
        mask, bit = 0, 1
        for x in xs:
            if type(x) is not cls and type(x) not in family:
                return slow(*xs)
            a, n = x._p, x._node
            if type(a) is not ndarray or (dtype is not None and a.dtype is not dtype):
                return slow(*xs)
            dtype = a.dtype
            if n is not None:
                if level is not None and n.level != level:
                    return slow(*xs)
                level = n.level
                mask |= bit
            elif x._inference:
                return slow(*xs)
            bit <<= 1
        if dtype is None or dtype.kind != "f":
            return slow(*xs)
        arrays = tuple([x._p for x in xs])
        try:
            out = impl(*arrays)
        except (TypeError, ValueError):  # what the slow path explains
            return slow(*xs)
        t = new(cls)
        t._p = out
        if level is not None:
            t._node = node = new(Node)
            node.prim, node.edges = prim, tuple([x._node for x in xs])
            places = kept.get(mask | bit << 8)
            if places is None:
                places = kept[mask | bit << 8] = prim.keeps(mask, len(xs))
            values = (*arrays, out)
            node.saved = places and tuple(
                [v if i in places else None for i, v in enumerate(values)]
            )
            node.shape = out.shape
            if level:
                node.level = level
            node.seq = tick()
        return t

    once_begun(lambda: _chained(prim, partial(replace, op, "impl")))
    return op


def constants_cache(limit: int = 1024) -> Callable[[Any, Any], np.ndarray]:
    """`(number, dtype)` to a shared array of rank zero; never written."""
    table: dict[Any, np.ndarray] = {}

    def constant(value: Any, dtype: Any) -> np.ndarray:
        if not value:  # 0.0, -0.0 and False are equal keys, but not equal arrays
            return np.array(value, dtype)
        key = (value, dtype)
        found = table.get(key)
        if found is None:
            if len(table) >= limit:
                table.clear()
            found = table[key] = np.array(value, dtype)
        return found

    return constant


def _chained(prim: Primitive, install: Callable[[Any], None]) -> None:
    """Let `prim` on arrays become native where it comes often."""
    ufunc = prim.ufunc
    install(chain(prim.impl if ufunc is None else partial(ufunc, out=...), install))


def _array_call(prim: Primitive) -> Callable[..., Any]:
    """`prim` on arrays as a function that is called with `out=...`.

    That keyword makes a ufunc give arrays of rank zero instead of scalars, at no cost.
    """
    if prim.ufunc is not None:
        return prim.ufunc

    def call(*arrays: Any, out: Any) -> Any:
        return prim.impl(*arrays)

    return call


def _kept(prim: Primitive, mask: int) -> tuple[Any, ...]:
    """(anything kept, then per place whether it is); `()` stands for nothing kept."""
    count = prim.arity or 0
    keeps = prim.keeps(mask, count) if mask else ()
    flags = tuple(i in keeps for i in range(count + 1))
    return (True if keeps else (), *flags)
