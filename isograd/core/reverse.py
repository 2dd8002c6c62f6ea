"""The reverse sweep.

Cotangents travel from the roots to the leaves in decreasing order of node numbers,
which is a topological order because a node is newer than the nodes of its operands.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from isograd.base.errors import EngineError
from isograd.core.large import LARGE
from isograd.core.often import Hooks, due
from isograd.core.primitive import BOUND, RAW, Namespace, Payload, Rule, ndarray
from isograd.core.storage import LAST, changed_since
from isograd.core.tape import Node, Slot, Traced, slot

Pending = dict[Node, Any]
by_number = attrgetter("seq")


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
    One that is given is filled in the order of nodes, each entry when it is known.
    With `create_graph` they are recorded themselves; without `retain_graph` a node
    releases what it saved as soon as it is done.  Errors are those of `saved_values`.
    """
    order, wanted = path(roots, inputs, found is not None)
    lean = wanted is None and not create_graph
    targets = None if inputs is None else set(inputs)
    found = {} if found is None else found
    pending = seeds(roots, cotangents)
    for node in order:
        g = pending.pop(node, None)
        if g is None:
            continue
        edges, saved = node.edges, node.saved
        if lean and node.pull is not None and type(g) is ndarray:
            if saved is None or LAST.tick > node.seq:
                saved = saved_values(node)
            params = node.params
            cots = node.pull(g, saved, **params) if params else node.pull(g, saved)
            edge = node.source
            if edge is not None:
                was = pending.get(edge)
                pending[edge] = cots if was is None else sum_of(was, cots)
                if not retain_graph and saved:
                    node.saved = None
                continue
        else:
            wished = not edges if targets is None else node in targets
            if wanted is not None:
                edges = tuple(e if e in wanted else None for e in edges)
            onward = any(edges)
            g = hooked(node, g, found if wished else None, onward)
            if g is None or type(node) is Slot or not onward:
                deliver_part(pending, node, g)
                continue
            if saved is None or LAST.tick > node.seq or node.unpack is not None:
                saved = saved_values(node)
            F, vjp, g, saved = rule_of(node, g, saved, create_graph)
            cots = vjp(F, g, saved, edges, **node.params)
            cots = tied(node, saved, cots) if create_graph else cots
        if not retain_graph and saved:
            node.saved = None
        for edge, c in zip(edges, cots):  # noqa: B905 (one cotangent per operand)
            if edge is not None and c is not None:
                was = pending.get(edge)
                pending[edge] = c if was is None else sum_of(was, c)
    found.update(pending)  # leaves that no hook waits for
    return found


def hooked(node: Node, g: Any, found: Any, onward: bool) -> Any:
    """What a node's hooks make of g; `found` notes it, as it was if `onward`."""
    if found is not None and onward:
        found[node] = g
    if node.hooks is not None:
        g = node.hooks(node, g)
    if found is not None and not onward:
        found[node] = g
    return node.pre_hooks(node, g) if onward and node.pre_hooks is not None else g


def tied(node: Node, saved: Sequence[Any], cots: Sequence[Any]) -> Sequence[Any]:
    """Cotangents that do not vary with what their rule read, on its graph.

    So the derivative of a derivative exists where it is zero (relu, x ** 1).
    """
    read = next((s for s in saved if type(s) is Traced), None)
    if read is None or not (node.prim.bent or any(type(c) is ndarray for c in cots)):
        return cots
    return [
        BOUND.tie(c, read)
        if c is not None
        and (node.prim.bent or type(c) is ndarray)
        and c.dtype == read.dtype
        else c
        for c in cots
    ]


def path(
    roots: Sequence[Node], inputs: Sequence[Node] | None, leaves: bool
) -> tuple[list[Node], set[Node] | None]:
    """The nodes that a sweep visits, newest first, and those on the way to `inputs`.

    Leaves are among the former if they have hooks, or `leaves` asks for it.  The latter
    is None where nothing is left out: if `inputs` is None or all leaves.
    """
    order = list(dict.fromkeys(roots))
    reached = set(order)
    for node in order:  # which grows
        for e in node.edges:
            if e is not None and e not in reached:
                reached.add(e)
                if e.edges or leaves or e.hooks is not None:
                    order.append(e)
    if not Hooks.started:
        due(len(order))
    order.sort(key=by_number, reverse=True)
    if inputs is None or {n for n in reached if not n.edges} == set(inputs):
        return order, None
    wanted = reached.intersection(inputs)
    for node in reversed(order):
        if not wanted.isdisjoint(node.edges):
            wanted.add(node)
    return order, wanted


def sum_of(a: Payload, b: Payload) -> Payload:
    """Their sum, recorded if one of them is."""
    raw = type(a) is ndarray and type(b) is ndarray
    return (RAW if raw else BOUND).add(a, b)


def rule_of(
    node: Node, g: Any, saved: Any, create_graph: bool
) -> tuple[Namespace, Rule, Any, Any]:
    """The vjp of a node that fits its values: namespace, rule, cotangent, saved."""
    if create_graph or not node.raw or type(g) is not ndarray:
        g, saved = bound_values(node, g, saved, create_graph)
        return BOUND, node.prim.vjp, g, saved
    if g.size >= LARGE:
        return RAW, node.prim.large_vjp, g, saved
    return RAW, node.prim.raw_vjp, g, saved


def seeds(roots: Sequence[Node], cotangents: Sequence[Payload]) -> Pending:
    """What arrives at the roots: the cotangents, summed where a root is repeated."""
    pending: Pending = {}
    for node, g in zip(roots, cotangents, strict=True):
        pending[node] = BOUND.add(pending[node], g) if node in pending else g
    return pending


def deliver_part(pending: Pending, part: Node, g: Payload) -> None:
    """Note the cotangent of one output of an operation with several, by its index.

    Any other node is one that no wanted edge leaves: its cotangent ends there.
    """
    if type(part) is not Slot:
        return
    (parent,) = part.edges
    assert parent is not None
    parts, index = pending.setdefault(parent, {}), part.index
    parts[index] = g if index not in parts else BOUND.add(parts[index], g)


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
