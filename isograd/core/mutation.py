"""Views and writes in place: functional on the tape, physical in memory.

A view shares memory with its base.  A write through any alias is one NumPy write in
memory, and on the tape a new node for the base (`view_write`, the base with a part of
it replaced), from which the nodes of all living views are made again.  Values that
have no memory of their own (carriers of a transform) take the functional form alone.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

import numpy as np

from isograd.base.errors import EngineError
from isograd.core.abstract import Abstract
from isograd.core.levels import MODE, count_special, records, state
from isograd.core.primitive import (
    BOUND,
    RAW,
    REGISTRY,
    Aval,
    Namespace,
    Payload,
    Primitive,
    aval_of,
    bind,
    ndarray,
)
from isograd.core.storage import (
    LAST,
    base_of,
    changed_since,
    note_base,
    note_write,
    root,
)
from isograd.core.tape import Blind, Node, Spoiled, Traced, record, tick
from isograd.core.tensor import Tensor, alias, hold, payload_of

Step = tuple[str, tuple[tuple[str, Any], ...]]
Chain = tuple[Step, ...]


class View(NamedTuple):
    """How a view is made: its base, and the view primitives applied in order.

    `made` says what forbids a recorded write to this view, and its use after a write to
    its base: that it was made "in no_grad mode" or "in inference mode", as one of
    "several" results (with this `index`), or in a "custom" function.  `since` is the
    tick of the last write before it was made.
    """

    base: Tensor
    chain: Chain
    made: str | None = None
    place: int = 0
    since: int = 0


def follow(F: Namespace, x: Payload, chain: Chain) -> Payload:
    """Apply a chain of view primitives."""
    for name, params in chain:
        x = getattr(F, name)(x, **dict(params))
    return x


def _write_impl(base: np.ndarray, value: np.ndarray, *, chain: Chain) -> np.ndarray:
    out = base.copy()
    part = follow(RAW, out, chain)
    if np.may_share_memory(part, out):
        part[...] = value
    else:  # a reshape in the chain had to copy: write by positions
        places = follow(RAW, np.arange(out.size).reshape(out.shape), chain)
        out.reshape(-1)[places] = value
    return out


def _write_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, chain: Chain
) -> tuple[Payload | None, Payload | None]:
    to_base = to_value = None
    part = follow(F, g, chain)
    if needs[0] is not None:
        to_base = F.view_write(g, F.zeros_like(part), chain=chain)
    if needs[1] is not None:
        to_value = F.sum_to(part, needs[1].shape)
    return to_base, to_value


def _write_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Any, *, chain: Chain
) -> Payload:
    base, value = (
        F.zeros_like(p) if t is None else t
        for p, t in zip(primals, tangents, strict=True)
    )
    return F.view_write(base, value, chain=chain)


def _lift_chain(size: int, aval: Aval, chain: Chain) -> Chain:
    """The chain that makes the same view of each of `size` stacked arrays."""
    lifted: list[Step] = []
    for name, params in chain:
        prim, words = REGISTRY[name], dict(params)
        assert prim.lift is not None  # chains hold linear view primitives alone
        more = prim.lift(size, aval.shape, **words)
        lifted.append((name, tuple(more.items())))
        aval = prim.abstract(aval, **words)
    return tuple(lifted)


def _write_batch(
    F: Namespace, args: Any, batched: Any, size: int, *, chain: Chain
) -> Payload:
    base, value = args
    if not batched[0]:
        base = F.broadcast_to(base, (size, *base.shape))
    aval = Aval(base.shape[1:], base.dtype)
    lifted = _lift_chain(size, aval, chain)
    if batched[1]:
        inner = aval
        for name, params in chain:
            inner = REGISTRY[name].abstract(inner, **dict(params))
        missing = len(inner.shape) - (value.ndim - 1)
        value = F.reshape(value, shape=(size,) + (1,) * missing + value.shape[1:])
    return F.view_write(base, value, chain=lifted)


view_write = Primitive(
    "view_write",
    _write_impl,
    abstract=lambda base, value, chain: base,
    vjp=_write_vjp,
    jvp=_write_jvp,
    batch=_write_batch,
    arity=2,
    kind="linear",
)


def make_view(cls: type[Any], x: Tensor, prim: Primitive, params: Any) -> Any:
    """A tensor that is a view of `x`, and known as such to x's base."""
    t = alias(cls, bind(prim, (payload_of(x),), params))
    note_view(t, x, prim.name, params)
    s = state()
    if not s.recording and t._view is not None:
        note_unrecorded(t, "inference" if s.inference else "no_grad")
    return t


def note_unrecorded(t: Tensor, made: str) -> None:
    """Note that the view `t` was made while nothing was recorded."""
    t._view = t._view._replace(made=made)
    base = t._view.base._node
    if t._node is None and base is not None:
        t._node = Blind(t._p.shape, base.level)


def note_view(t: Tensor, x: Tensor, name: str, params: dict[str, Any]) -> None:
    if x._inference:  # PyTorch does not track its views
        t._inference = True
        return
    step: Step = (name, tuple(params.items()))
    view = x._view
    if view is None:
        base = x
        t._view = View(x, (step,), None, 0, LAST.tick)
    else:
        base = view.base
        t._view = View(base, (*view.chain, step), view.made, 0, LAST.tick)
    if x._untracked:
        t._untracked = x._untracked
    hold_view(base, t)


def hold_view(base: Tensor, t: Tensor) -> None:
    """Make the view `t` known to its base."""
    if base._views is None:
        base._views = []
    count = len(base._views)
    if count >= 64 and count & (count - 1) == 0:  # at powers of two: linear in all
        base._views = [r for r in base._views if r() is not None]
    base._views.append(weakref.ref(t))


def check_writable(t: Tensor, needs: bool = False) -> None:
    """Raise if a recorded write to `t` would hide a leaf, or `t` forbids it.

    `needs` says that what is written has a node.
    """
    node, view = t._node, t._view
    if node is None and (not needs or view is None or view.made is None):
        return
    if not records(0 if node is None else node.level):
        return
    if view is not None:
        if view.made is not None:
            raise _view_error(t)
        if view.base._node is None or view.base._node.leaf:
            raise EngineError("view_leaf")
    if node is not None and node.leaf:
        raise EngineError("leaf")


def _view_error(t: Tensor, indirect: bool = False) -> EngineError:
    view, node = t._view, t._node
    if type(node) is Spoiled:
        node = node.was
    return EngineError(
        "view_made",
        made=view.made,
        index=view.place,
        indirect=indirect,
        node=None if node is None or node.leaf else node,
    )


def write(
    t: Tensor, value: Payload, fresh: bool = False, overlap: bool = False
) -> None:
    """Replace the elements of `t` by `value` (of its shape and dtype), in place.

    `fresh` says that nothing else holds `value` or its node, as for the result of an
    operation in place; then t takes over that node instead of recording a copy.
    `overlap` allows that several elements of t are one in memory.
    """
    check_writable(t, type(value) is Traced)
    if not overlap:
        check_overlap(t)
    recording = state().recording
    if _physical(t, value, recording):
        np.copyto(t._p, value.p if type(value) is Traced else value)
        if t._untracked:
            t._untracked[0] += 1
        else:
            note_write(t._p)
        if recording:
            _retape(t, value, fresh)
        elif not t._untracked:
            refresh_views(t if t._view is None else t._view.base)
        return
    _write_carrier(t, value)


def check_overlap(t: Tensor) -> None:
    """Raise if elements of `t` were broadcast from one."""
    if t._view is None or type(t._p) is ndarray:
        if type(t._p) is ndarray and 0 in t._p.strides and _repeats(t._p):
            raise EngineError("overlap")
        return
    aval = aval_of(t._view.base._p)
    for name, params in t._view.chain:
        after = REGISTRY[name].abstract(aval, **dict(params))
        if name == "broadcast_in" and prod(after.shape) > prod(aval.shape):
            raise EngineError("overlap")
        aval = after


def _repeats(array: np.ndarray) -> bool:
    return array.size > 0 and any(
        n > 1 and not s for n, s in zip(array.shape, array.strides, strict=True)
    )


def _physical(t: Tensor, value: Payload, recording: bool) -> bool:
    """Whether a write happens in memory: arrays only, on one tape at most."""
    if type(t._p) is not ndarray or (MODE.special and state().stages):
        return False
    if type(value) is not Traced:
        return type(value) is ndarray
    base = t if t._view is None else t._view.base
    other = base._node if recording else None
    return type(value.p) is ndarray and (
        other is None or other.level == value.node.level
    )


def _retape(t: Tensor, value: Payload, fresh: bool) -> None:
    """Nodes after a write in memory: for t, its base, and the base's views."""
    node = value.node if type(value) is Traced else None
    if node is not None and fresh:
        _save_written(node, value.p, t._p)
    base, chain = (t, ()) if t._view is None else t._view[:2]
    if node is None and base._node is None and base._views is None:
        return
    if t._view is None and (fresh or node is None):
        base._node = node
    elif node is not None or base._node is not None:
        edges = (base._node if chain else None, node)
        level = max(e.level for e in edges if e is not None)
        out = record(
            view_write, (base._p, t._p), base._p, edges, {"chain": chain}, level
        )
        base._node = out.node
    if base._node is not None and type(t._p) is ndarray:
        note_base(t._p, base)
    refresh_views(base)
    if base._renoded is not None:
        base._renoded(base)


def _save_written(node: Node, value: np.ndarray, memory: np.ndarray) -> None:
    """A node that saved its output now stands for the memory it was written to.

    It counts as newer than the write, unless it saved an operand in that same memory:
    then its values are lost and a sweep has to say so.
    """
    if not node.saved or not any(s is value for s in node.saved):
        return
    lost = any(
        type(s) is ndarray and s is not value and root(s) is root(memory)
        for s in node.saved
    )
    node.saved = tuple(memory if s is value else s for s in node.saved)
    if not lost:
        node.seq = tick()


def refresh_views(base: Tensor) -> None:
    for v in living_views(base):
        _refresh(v, base)
        if v._renoded is not None:
            v._renoded(v)


def _refresh(v: Tensor, base: Tensor) -> None:
    node = v._node
    if type(base._p) is not ndarray or type(v._p) is not ndarray:
        hold(v, follow(BOUND, payload_of(base), v._view.chain))
    elif base._node is not None or (node is not None and not node.leaf):
        _renew(v)  # else it stays a leaf


def _renew(v: Tensor) -> None:
    """The node of a view of memory after a write to its base."""
    if v._view.made is not None:
        spoil(v)
    else:
        v._node = _replayed(v._view.base, v._view.chain)


def living_views(base: Tensor) -> list[Any]:
    """The views of `base` that are still held."""
    if base._views is None:
        return []
    found = [
        v
        for ref in base._views
        if (v := ref()) is not None and v._view is not None and v._view.base is base
    ]
    if not found:
        base._views = None
    return found


def holder(array: np.ndarray, edge: Node | None) -> Node | None:
    """The present node of the tensor that held `array`, and had the node `edge`."""
    base = base_of(array)
    if base is None:
        return edge
    for t in (base, *living_views(base)):
        if t._p is array:
            return t._node
    if base._node is None or array.base is None:
        return edge
    gone = _view_node(REGISTRY["reshape"], {}, base._node, array.shape)
    return gone  # that of a view which is no more


def spoil(v: Tensor) -> None:
    """From now on, using the view `v` where operations are recorded raises."""
    if type(v._node) is Spoiled:
        return
    node = Spoiled(v._p.shape)
    node.error, node.was = _view_error(v, indirect=True), v._node
    v._node = node
    count_special(1)  # while it lives: the fast paths do not look
    weakref.finalize(v, count_special, -1).atexit = False


def _replayed(base: Tensor, chain: Chain) -> Node:
    """The node of a view, made again: memory is shared, so that only it is new."""
    node = base._node or Blind(base._p.shape)
    aval = aval_of(base._p)
    for name, params in chain:
        prim, words = REGISTRY[name], dict(params)
        aval = prim.abstract(aval, **words)
        node = _view_node(prim, words, node, aval.shape)
    return node


def note_requires(base: Tensor) -> None:
    """After `base` became a leaf, or a constant: its views follow where they may."""
    for v in living_views(base):
        if base._node is None and type(v._node) is Blind:
            v._node = None
        elif base._node is not None and v._node is None:
            v._node = Blind(v._p.shape, base._node.level)
            if type(v._p) is ndarray and changed_since(v._p, v._view.since + 1):
                _renew(v)


def _view_node(prim: Primitive, params: Any, edge: Node, shape: Any) -> Node:
    node = Node()
    node.prim, node.params, node.edges = prim, params, (edge,)
    node.saved, node.shape, node.level, node.seq = (), shape, edge.level, tick()
    node.replayed = True
    return node


def _write_carrier(t: Tensor, value: Payload) -> None:
    """The functional form: payloads are replaced, memory is left alone."""
    if state().stages:
        state().stages[-1].note_write(t if t._view is None else t._view.base)
    if type(t._p) is Abstract:  # which stays without elements, and is written
        note_write(t._p)  # type: ignore[arg-type]  # justified: it counts likewise
        value = Traced(t._p, value.node) if type(value) is Traced else t._p
    if t._view is None:
        hold(t, value)
        refresh_views(t)
        return
    base, chain = t._view[:2]
    hold(base, bind(view_write, (payload_of(base), value), {"chain": chain}))
    refresh_views(base)


def apply_in_place(
    prim: Primitive,
    t: Tensor,
    others: tuple[Any, ...],
    params: dict[str, Any],
    adapt: Callable[[Payload], Payload] | None = None,
) -> None:
    """`t <- prim(t, *others)`; `adapt` converts the result to t's dtype and shape."""
    args = (
        payload_of(t),
        *(payload_of(o) if isinstance(o, Tensor) else o for o in others),
    )
    check_writable(t, any(type(a) is Traced for a in args[1:]))
    if reads_own(prim, args):
        args = (copied(args[0]), *args[1:])
    out = bind(prim, args, params)
    write(t, adapt(out) if adapt else out, fresh=True)


def reads_own(prim: Primitive, args: tuple[Payload, ...]) -> bool:
    """Whether the node of `prim(*args)` saves its first operand."""
    mask = sum(1 << i for i, a in enumerate(args) if type(a) is Traced)
    return bool(mask) and (prim.keep is not None or 0 in prim.keeps(mask, len(args)))


def copied(x: Payload) -> Payload:
    """`x` in memory of its own, where it is in memory at all."""
    if type(x) is Traced:
        return Traced(copied(x.p), x.node)
    return x.copy() if type(x) is ndarray else x
