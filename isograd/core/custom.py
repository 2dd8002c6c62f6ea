"""Operations whose derivative is given by their user, as a function.

`custom_call(forward, rule, args)` evaluates `forward` with recording off and puts one
node on the tape of each level among the arguments, whose cotangents `rule` gives.  The
rule works on payloads that carry their own nodes where its result is recorded in turn,
so custom derivatives can be differentiated again.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from isograd.core.levels import changed, records
from isograd.core.primitive import Namespace, Payload, Primitive
from isograd.core.tape import Node, Traced, new, slot, tick

Payloads = tuple[Payload, ...]
Cotangents = tuple[Payload | None, ...]
CustomRule = Callable[[Payloads, Payloads, Cotangents], Cotangents]


def _vjp(
    F: Namespace, g: Any, saved: Payloads, needs: Any, *, rule: CustomRule
) -> Cotangents:
    count = len(needs)
    return rule(saved[:count], saved[count:], g)


custom = Primitive(
    "custom",
    lambda *args, rule: args,
    abstract=lambda *avals, rule: avals,
    vjp=_vjp,
    arity=None,
    multi=True,
    doc="The node of `custom_call`; never bound itself.",
)


def custom_call(
    forward: Callable[[Payloads], Payloads],
    rule: CustomRule,
    args: Payloads,
    label: str | None = None,
) -> Payloads:
    """`forward(args)`, recorded as one operation with the derivative `rule`.

    Args:
        forward: from payloads to a tuple of payloads; runs with recording off.
        rule: `(args, outs, cotangents)` to one cotangent per argument; None is zero,
            on either side.
        label: the name of the node, for messages.
    """
    level = max((a.level for a in args if type(a) is Traced), default=-1)
    if level < 0 or not records(level):
        with changed(recording=False):
            return forward(args)
    here = tuple(type(a) is Traced and a.level == level for a in args)
    lower = tuple(a.p if h else a for a, h in zip(args, here, strict=True))
    outs = custom_call(forward, rule, lower, label)
    node = new(Node)
    node.prim, node.params = custom, {"rule": rule}
    node.level, node.label = level, label
    node.edges = tuple(a.node if h else None for a, h in zip(args, here, strict=True))
    node.saved, node.raw, node.shape = (*lower, *outs), False, ()
    node.seq = tick()
    slots = [slot(node, i, o) for i, o in enumerate(outs)]
    node.outputs, node.slots = len(outs), tuple(map(weakref.ref, slots))
    return tuple(map(Traced, outs, slots))
