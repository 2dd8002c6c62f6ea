"""What users hold: a payload, its node on the tape, and what they attach to it.

`Tensor` has no mathematics; dialects subclass it.  Rare fields are class attributes
until they are set, so that making a tensor costs two assignments.
"""

from __future__ import annotations

import weakref
from typing import Any, TypeVar

import numpy as np

from isograd.core.batching import Batched
from isograd.core.forward import Dual
from isograd.core.levels import MODE, state
from isograd.core.primitive import Payload, Primitive, bind, is_payload
from isograd.core.storage import note_inference, of_inference
from isograd.core.tape import INFERENCE, Node, Spoiled, Traced, new

T = TypeVar("T", bound="Tensor")


class Tensor:
    """A payload (`_p`) and its node on the tape (`_node`, None for a constant).

    A view (`_view`) knows its base and the chain of view primitives that leads to it;
    a base keeps weak references to its views (`_views`), see `mutation.py`.
    """

    _p: Payload
    _node: Node | None = None
    _view: Any = None  # mutation.View
    _views: Any = None  # list of weak references to tensors
    _untracked: list[int] | None = None  # of torch's .data: a version of its own
    _inference: bool = False  # made in inference mode: written in that mode alone
    _renoded: Any = None  # called after a write that gave this tensor another node
    _seen_as: Any = None  # class in which transformed functions see it, if another
    __array_ufunc__: Any = None

    def __init__(self, payload: Payload) -> None:
        self._p = payload


def payload_of(t: Tensor) -> Payload:
    """The payload that stands for `t` in `bind`: its own, or a Traced with its node."""
    node = t._node
    if MODE.special:
        s = state()
        if type(node) is Spoiled and s.recording:
            raise node.error
        if s.stages:
            return s.stages[-1].payload_of(t)
    return t._p if node is None else Traced(t._p, node)


def lower(x: Any) -> Any:
    """The payload of a tensor, the payloads in a sequence; other things as they are."""
    if isinstance(x, Tensor):
        if MODE.special:
            return payload_of(x)
        node = x._node
        return x._p if node is None else Traced(x._p, node)
    kind = type(x)
    if (kind is tuple or kind is list) and any(
        isinstance(y, Tensor | tuple | list) for y in x
    ):
        return kind(map(lower, x))
    return x


def wrap(cls: type[T], payload: Payload) -> T:
    """A tensor of class `cls` that holds a payload."""
    t = alias(cls, payload)
    if MODE.special and state().inference:
        note_made(t)
    return t


def hold(t: Tensor, payload: Payload) -> None:
    """Let `t` hold `payload`, with its node if it has one."""
    if type(payload) is Traced:
        t._p, t._node = payload.p, payload.node
    else:
        t._p, t._node = payload, None


def lift(cls: type[T], out: Any) -> Any:
    """Payloads as tensors of `cls`, also inside of tuples, lists and dicts."""
    if type(out) is np.ndarray and not (MODE.special or INFERENCE):
        t = new(cls)
        t._p = out
        return t
    if is_payload(out):
        return wrap(cls, out)
    if isinstance(out, tuple | list):
        parts = [lift(cls, o) for o in out]
        kind: Any = type(out)
        return kind(*parts) if hasattr(out, "_fields") else kind(parts)
    if isinstance(out, dict):
        return {k: lift(cls, o) for k, o in out.items()}
    return out


# the tensors made on levels of forward mode that users opened by hand, see `end_level`
HANDMADE: list[list[weakref.ref[Tensor]]] = []


def end_level(level: int) -> None:
    """What was made on this level of forward mode loses its tangent."""
    for ref in HANDMADE.pop():
        t = ref()
        if t is None or type(t._p) is not Dual or t._p.level != level:
            continue
        p = t._p.primal
        t._p = p.p if type(p) is Traced else p
        if type(p) is Traced:
            t._node = p.node


def stopped(payload: Payload) -> Payload:
    """A payload without the nodes and tangents of any level."""
    while type(payload) in (Traced, Dual):
        payload = payload.p if type(payload) is Traced else payload.primal
    if type(payload) is Batched:
        return Batched(payload.level, stopped(payload.value))
    stop = getattr(payload, "stop", None)  # of drafts
    return stop() if stop else payload


def alias(cls: type[T], payload: Payload) -> T:
    """`wrap` for a payload in the memory of another tensor."""
    t = new(cls)
    if type(payload) is Traced:
        t._p = payload.p
        t._node = payload.node
    else:
        t._p = payload
    if type(t._p) is np.ndarray:
        if of_inference(t._p):
            t._inference = True
    elif HANDMADE and type(t._p) is Dual:
        HANDMADE[-1].append(weakref.ref(t))
    return t


def note_made(t: Tensor) -> None:
    """Note that `t`, and its memory, was made in inference mode."""
    t._inference = True
    if type(t._p) is np.ndarray:
        note_inference(t._p)


def apply(prim: Primitive, cls: type[T], *operands: Any, **params: Any) -> Any:
    """`prim` on tensors (and arrays): the general path, any payloads and modes."""
    args = tuple(payload_of(o) if isinstance(o, Tensor) else o for o in operands)
    out = bind(prim, args, params)
    if prim.multi:
        return tuple(wrap(cls, o) for o in out)
    return wrap(cls, out)


def concrete(payload: Payload, what: str = "an array") -> np.ndarray:
    """The ndarray of a payload; carriers that have none raise an error."""
    while type(payload) is not np.ndarray:
        payload = payload.p if type(payload) is Traced else payload.concrete(what)
    return payload
