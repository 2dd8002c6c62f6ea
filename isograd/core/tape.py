"""The tape: nodes, saved values, and the carrier of reverse mode.

A node stands for one array that was computed; its edges lead to the nodes of the
operands.  Nodes are numbered in the order of creation, so decreasing numbers are a
topological order of any graph.  The number is also the version stamp of what a node
saved: an array that was written in place after the node was made has a write with a
larger number (`storage.py`), so saving costs nothing.
"""

from __future__ import annotations

import itertools
import traceback
import weakref
from operator import attrgetter
from typing import Any

from isograd.base.errors import EngineError
from isograd.core.levels import MODE, records, state
from isograd.core.primitive import Payload, Primitive, bind, ndarray

tick = itertools.count(1).__next__
new = object.__new__
INFERENCE: dict[int, Any] = {}  # memory made in inference mode, see `storage.py`


class Node:
    """One recorded output.  Class attributes are the defaults of rarer fields.

    Attributes:
        prim, params: the primitive and its static parameters.
        edges: for each operand its node, None where it needs no cotangent.
        saved: places of operands and outputs, see `Primitive.vjp`; None once released.
        shape: shape of the output.
        seq: number in the order of creation.
        level: level of the tape it stands on.
        raw: whether all payloads it saved are ndarrays.
        pull: the one of `prim.pulls` that may stand for its vjp, None if none does.
        source: the only edge, where `pull` gives one cotangent and no tuple.
        outputs: number of outputs of the primitive.
        slots: weak references to the slots of those outputs, where there are several.
        label: name a dialect gives the operation, None for its primitive's.
        hooks: `(node, cotangent)` to the cotangent of this node's output.
        pre_hooks: likewise, called only if the node's derivative is computed.
        post_hooks: what is called after it, or after accumulation (leaves).
        also: arrays (and their nodes) that count as saved though no rule reads them.
        traceback: where the node was made, in anomaly mode.
        grad: the accumulated gradient, if this node retains one (leaves do).
    """

    prim: Primitive
    edges: tuple[Node | None, ...]
    saved: Any
    shape: tuple[int, ...]
    seq: int
    params: dict[str, Any] = {}  # noqa: RUF012 (shared, never written)
    level: int = 0
    raw: bool = True
    pull: Any = None
    source: Node | None = None
    outputs: int = 1
    slots: Any = None
    label: str | None = None
    hooks: Any = None
    pre_hooks: Any = None
    post_hooks: Any = None
    retains: Any = None
    unpack: Any = None
    metadata: Any = None
    also: tuple[tuple[Any, Node | None], ...] = ()
    facade: Any = None  # the object a dialect shows for this node
    replayed: bool = False  # a view's node, made again after a write
    leaf: bool = False  # whether a tensor with this node is a leaf
    traceback: Any = None

    def name(self) -> str:
        return self.label or self.prim.name

    def hook(self, hooks: Any) -> None:
        """Set `hooks`; a sweep's short cut (`pull`) would not call them."""
        self.hooks, self.pull = hooks, None

    def pre_hook(self, hooks: Any) -> None:
        """Set `pre_hooks`."""
        self.pre_hooks, self.pull = hooks, None


class Leaf(Node):
    """The node of a value that is differentiated with respect to.

    `grad` holds the sum of cotangents that arrived, a payload or None.
    """

    edges = ()
    saved = ()
    leaf = True
    grad: Any = None
    post: Any = None  # hooks called after accumulation
    tensor: Any = None  # weak reference to the tensor, where a dialect needs it
    dtype: Any = None
    off: bool = False  # whether its tensor does not require a gradient any more

    def __init__(self, shape: tuple[int, ...], level: int = 0) -> None:
        self.shape = shape
        self.level = level
        self.seq = tick()


class Sizes(tuple[int, ...]):
    """What a node saved that holds no memory: sweeps take it as nothing to release."""

    def __bool__(self) -> bool:
        return False


class _Nothing:
    """Stands for the primitive of a node that no gradient passes."""

    name = "nothing"
    view = False

    @staticmethod
    def vjp(F: Any, g: Payload, saved: Any, needs: Any) -> tuple[()]:
        return ()

    raw_vjp = large_vjp = vjp


class Blind(Node):
    """The node of a view that was made unrecorded while its base has one.

    The view requires a gradient since its base does, but none arrives anywhere.
    """

    prim: Any = _Nothing
    edges = ()
    saved = ()
    leaf = True

    def __init__(self, shape: tuple[int, ...], level: int = 0) -> None:
        self.shape = shape
        self.level = level
        self.seq = tick()


class Spoiled(Blind):
    """The node of a view that may not be used: its base was written, see `View`."""

    leaf = False
    error: Any  # what using it raises
    was: Any = None  # the node before


class Slot(Node):
    """One output of a primitive with several outputs; its edge is that node."""

    index: int


class Traced:
    """Carrier of reverse mode: a payload of a lower level with its node."""

    __slots__ = ("node", "p")

    def __init__(self, p: Payload, node: Node) -> None:
        self.p = p
        self.node = node

    level = property(attrgetter("node.level"))
    shape = property(attrgetter("p.shape"))
    dtype = property(attrgetter("p.dtype"))
    ndim = property(attrgetter("p.ndim"))
    size = property(attrgetter("p.size"))

    @staticmethod
    def process(
        prim: Primitive, args: tuple[Payload, ...], params: dict[str, Any], level: int
    ) -> Any:
        """Compute one level down and record."""
        payloads: list[Payload] = []
        edges: list[Node | None] = []
        mask, bit = 0, 1
        for a in args:
            if type(a) is Traced and a.node.level == level:
                payloads.append(a.p)
                edges.append(a.node)
                mask |= bit
            else:
                payloads.append(a)
                edges.append(None)
            bit <<= 1
        lower = tuple(payloads)
        out = bind(prim, lower, params)
        if MODE.special:
            if not records(level):
                return out
        elif prim.simple:
            return record_simple(prim, lower, out, tuple(edges), params, level, mask)
        return record(prim, lower, out, tuple(edges), params, level)


def record_simple(
    prim: Primitive,
    args: tuple[Payload, ...],
    out: Any,
    edges: tuple[Node | None, ...],
    params: dict[str, Any],
    level: int,
    mask: int,
) -> Traced:
    """`record` for a `simple` primitive in default modes; `mask` has a bit per edge."""
    node = new(Node)
    node.prim, node.edges, node.params, node.shape = prim, edges, params, out.shape
    if level:
        node.level = level
    node.saved = ()
    keeps = prim.keeps(mask, len(args))
    if keeps:
        _keep(node, keeps, (*args, out))
    if out.dtype.kind == "V":  # see `record`
        node.raw = False
    node.seq = tick()
    return Traced(out, node)


def _keep(node: Node, places: tuple[int, ...], values: tuple[Payload, ...]) -> None:
    """Save the values at some places."""
    saved: list[Any] = [None] * len(values)
    for k in places:
        saved[k] = value = values[k]
        if type(value) is not ndarray:
            node.raw = False
    if INFERENCE:
        check_saved(saved)
    node.saved = tuple(saved)


def check_saved(saved: Any) -> None:
    """Raise if an array was made in inference mode."""
    for s in saved:
        while type(s) is Traced:
            s = s.p
        if type(s) is ndarray:
            while type(s.base) is ndarray:
                s = s.base
            if id(s) in INFERENCE:
                raise EngineError("inference_saved")


def record(
    prim: Primitive,
    args: tuple[Payload, ...],
    out: Any,
    edges: tuple[Node | None, ...],
    params: dict[str, Any],
    level: int,
) -> Any:
    """Put an evaluated primitive on the tape; gives `out` as Traced payload(s)."""
    if prim.differentiable is not None:
        edges = tuple(
            e if d else None for e, d in zip(edges, prim.flags(len(edges)), strict=True)
        )
        if not any(edges):
            return out
    if prim.constant:
        return out
    node = new(Node)
    node.prim, node.edges, node.params, node.level = prim, edges, params, level
    outs = out if prim.multi else (out,)
    node.shape = outs[0].shape
    save(node, prim, args, outs)
    if outs[0].dtype.kind == "V":  # bfloat16: only F's bound functions take numbers
        node.raw = False
    node.seq = tick()
    if MODE.special and state().anomaly:
        node.traceback = traceback.extract_stack()
    if not prim.multi:
        return Traced(out, node)
    slots = [slot(node, i, o) for i, o in enumerate(outs)]
    node.outputs, node.slots = len(outs), tuple(map(weakref.ref, slots))
    return tuple(map(Traced, outs, slots))


def kept(prim: Primitive, args: Any, outs: Any, params: dict[str, Any]) -> Any:
    """What `prim.keep` says; sizes alone are never released."""
    found = prim.keep(args, outs, params)  # type: ignore[misc]  # justified: there is one
    return Sizes(found) if all(type(s) is int for s in found) else found


def save(
    node: Node, prim: Primitive, args: tuple[Payload, ...], outs: tuple[Payload, ...]
) -> None:
    """Fill `node.saved` with what the cotangents of its edges will read."""
    if prim.keep is not None:
        node.saved = kept(prim, args, outs, node.params)
        if INFERENCE:
            check_saved(node.saved)
        node.raw = all(type(a) is ndarray for a in args)
        return
    count = len(args)
    mask = 0
    for i, e in enumerate(node.edges):
        if e is not None:
            mask |= 1 << i
    keeps = prim.keeps(mask, count)
    if not keeps:
        node.saved = ()
        return
    _keep(node, keeps, (*args, *outs))
    if MODE.special and (hooks := state().saved_hooks):
        _pack(node, hooks[-1])


def _pack(node: Node, hooks: tuple[Any, Any]) -> None:
    pack, unpack = hooks
    saved = list(node.saved)
    for i in packing_order(node):
        if saved[i] is not None:
            saved[i] = pack(saved[i], node, i)
    node.saved, node.unpack = tuple(saved), unpack


def packing_order(node: Node) -> list[int]:
    """Places of what a node saved; of two operands the second comes first (PyTorch)."""
    places = list(range(len(node.saved)))
    if len(node.edges) == 2 and len(places) > 1:
        places[:2] = 1, 0
    return places


def slot(node: Node, index: int, out: Payload) -> Slot:
    s = new(Slot)
    s.prim, s.edges, s.saved, s.index = node.prim, (node,), (), index
    s.shape, s.level, s.seq = out.shape, node.level, tick()
    return s
