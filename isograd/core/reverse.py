"""The reverse sweep.

Cotangents travel from the roots to the leaves in decreasing order of node numbers,
which is a topological order because a node is newer than the nodes of its operands.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core.large import LARGE
from isograd.core.primitive import BOUND, RAW, Payload, ndarray
from isograd.core.storage import LAST, changed_since
from isograd.core.tape import Leaf, Node, Slot, Traced, slot

Pending = dict[Node, Any]


def sweep(
    roots: Sequence[Node],
    cotangents: Sequence[Payload],
    inputs: Sequence[Node] | None = None,
    *,
    create_graph: bool = False,
    retain_graph: bool = False,
    found: dict[Node, Payload] | None = None,
) -> dict[Node, Payload]:
    """Pull the cotangents of `roots` back to `inputs`, or to all leaves if None.

    Fills and gives `found`: the cotangents of the inputs (or leaves) that were reached.
    With `create_graph` they are recorded themselves; without `retain_graph` a node
    releases what it saved as soon as it is done.  Errors are those of `saved_values`.
    """
    wanted = None if inputs is None else ancestors_of(inputs, roots)
    targets = None if inputs is None else set(inputs)
    found = {} if found is None else found
    pending = seeds(roots, cotangents)
    heap = sorted((-node.seq, node) for node in pending)
    while heap:
        node = heappop(heap)[1]
        g = pending.pop(node)
        if node.hooks is not None:
            g = node.hooks(node, g)
        ends = type(node) is Leaf
        if ends if targets is None else node in targets:
            found[node] = g
        if ends:
            continue
        if type(node) is Slot:
            deliver_part(pending, heap, node, g)
            continue
        edges = node.edges
        if wanted is not None:
            edges = tuple(e if e in wanted else None for e in edges)
            if not any(edges):
                continue
        saved = node.saved
        if saved is None or LAST.tick > node.seq or node.unpack is not None:
            saved = saved_values(node)
        F, vjp = RAW, node.prim.raw_vjp
        if create_graph or not node.raw or type(g) is not ndarray:
            F, vjp = BOUND, node.prim.vjp
            g, saved = bound_values(node, g, saved, create_graph)
        elif g.size >= LARGE:
            F, vjp = BOUND, node.prim.large_vjp
        params = node.params
        cots = vjp(F, g, saved, edges, **params) if params else vjp(F, g, saved, edges)
        if not retain_graph and saved:
            node.saved = None
        for edge, c in zip(edges, cots):  # noqa: B905 (one cotangent per operand)
            if edge is None or c is None:
                continue
            if edge in pending:  # what arrived first may be a carrier where c is none
                sum_of = F.add if type(pending[edge]) is ndarray else BOUND.add
                pending[edge] = sum_of(pending[edge], c)
            else:
                pending[edge] = c
                heappush(heap, (-edge.seq, edge))
    return found


def seeds(roots: Sequence[Node], cotangents: Sequence[Payload]) -> Pending:
    """What arrives at the roots: the cotangents, summed where a root is repeated."""
    pending: Pending = {}
    for node, g in zip(roots, cotangents, strict=True):
        pending[node] = BOUND.add(pending[node], g) if node in pending else g
    return pending


def deliver_part(pending: Pending, heap: Any, part: Slot, g: Payload) -> None:
    """Note the cotangent of one output of an operation with several, by its index."""
    (parent,) = part.edges
    assert parent is not None
    if parent not in pending:
        pending[parent] = {}
        heappush(heap, (-parent.seq, parent))
    parts, index = pending[parent], part.index
    parts[index] = g if index not in parts else BOUND.add(parts[index], g)


def ancestors_of(inputs: Sequence[Node], roots: Sequence[Node]) -> set[Node] | None:
    """The nodes on the paths from `roots` to `inputs`, both included.

    None stands for all nodes that are reached: that is so if all leaves are inputs.
    """
    reached, stack, ends = set(roots), list(roots), set()
    while stack:
        node = stack.pop()
        if not node.edges:
            ends.add(node)
        for e in node.edges:
            if e is not None and e not in reached:
                reached.add(e)
                stack.append(e)
    if ends.issubset(inputs):
        return None
    wanted = reached.intersection(inputs)
    for node in sorted(reached, key=lambda n: n.seq):
        if not wanted.isdisjoint(node.edges):
            wanted.add(node)
    return wanted


def bound_values(
    node: Node, g: Any, saved: tuple[Any, ...], create_graph: bool
) -> tuple[Any, tuple[Any, ...]]:
    """The cotangent and the saved values as a rule on `BOUND` takes them."""
    if type(g) is dict:  # the parts that `deliver_part` collected
        g = tuple(map(g.get, range(node.outputs)))
    return g, traced_values(node, saved) if create_graph and saved else saved


def traced_values(node: Node, saved: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a node saved, with nodes, for a sweep that is itself recorded."""
    count = len(node.edges)
    if len(saved) != count + node.outputs:  # sizes alone, see `Primitive.keep`
        return saved
    nodes = [*node.edges]
    if not node.prim.multi:
        nodes.append(node)
    else:
        nodes += [
            None if s is None else node.slots[i]() or slot(node, i, s)
            for i, s in enumerate(saved[count:])
        ]
    return tuple(
        s if s is None or n is None or type(s) is int else Traced(s, n)
        for s, n in zip(saved, nodes, strict=True)
    )


def saved_values(node: Node) -> tuple[Any, ...]:
    """What a node saved, after checking that it is there and was not written since."""
    saved = node.saved
    if saved is None:
        raise EngineError("freed", name=node.name(), node=node)
    if node.unpack is not None:
        return node.unpack(node)
    found: dict[int, EngineError] = {}
    for place, s in enumerate((*saved, *(a for a, _ in node.also))):
        array = s
        while type(array) is Traced:
            array = array.p
        if type(array) is not ndarray:
            continue
        changed = changed_since(array, node.seq)
        if changed is not None:
            found[place] = EngineError(
                "modified",
                name=node.name(),
                node=node,
                place=place,
                array=array,
                dtype=array.dtype,
                shape=list(array.shape),
                found=changed[0],
                expected=changed[1],
            )
    if found:  # of several the last operand is told, outputs come after operands
        count = len(node.edges)
        place = max((p for p in found if p < count), default=max(found))
        if place >= len(saved):
            found[place].fields["edge"] = node.also[place - len(saved)][1]
        raise found[place]
    return saved


def zeros_for(leaf: Leaf) -> np.ndarray:
    return np.zeros(leaf.shape, leaf.dtype)
