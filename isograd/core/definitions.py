"""Derivatives and batches of a record that computes at once what others define.

A record whose `impl` is faster than its definition, a function of payloads written with
primitives, has all rules from that: the definition runs on carriers of a level of its
own, so the rules nest with every transform.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd.core import levels
from isograd.core.batching import Batched, unbatch
from isograd.core.forward import Dual, split
from isograd.core.primitive import Payload
from isograd.core.reverse import sweep
from isograd.core.tape import Leaf, Traced

Definition = Callable[..., tuple[Payload, ...]]


def pulled(
    fn: Definition, args: Any, needs: Any, cots: Any
) -> tuple[Payload | None, ...]:
    """Reverse mode of payloads: the cotangents of those arguments that need one."""
    with levels.new_level(recording=True) as level:
        leaves = [None if n is None else Leaf(n.shape, level) for n in needs]
        outs = fn(
            *(
                a if n is None else Traced(a, n)
                for a, n in zip(args, leaves, strict=True)
            )
        )
    pairs = [
        (o.node, c)
        for o, c in zip(outs, cots, strict=True)
        if c is not None and type(o) is Traced and o.node.level == level
    ]
    some = [n for n in leaves if n is not None]
    found = sweep([n for n, _ in pairs], [c for _, c in pairs], some)
    return tuple(None if n is None else found.get(n) for n in leaves)


def pushed(fn: Definition, primals: Any, tangents: Any) -> tuple[Payload | None, ...]:
    """Forward mode of payloads: the tangents of the outputs."""
    with levels.new_level() as level:
        outs = fn(
            *(
                p if t is None else Dual(level, p, t)
                for p, t in zip(primals, tangents, strict=True)
            )
        )
    return tuple(split(o, level)[1] for o in outs)


def mapped(fn: Definition, args: Any, batched: Any, size: int) -> tuple[Payload, ...]:
    """Outputs for a batch of arguments, at axis 0."""
    with levels.new_level() as level:
        outs = fn(
            *(Batched(level, a) if b else a for a, b in zip(args, batched, strict=True))
        )
    return tuple(unbatch(o, level, size) for o in outs)
