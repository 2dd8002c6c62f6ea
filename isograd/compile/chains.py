"""Which regions of a plan run as one chain, see `lean/chain.py`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from isograd.compile.fuse import Region
from isograd.compile.lean import chain
from isograd.compile.lean import normalised as normal_form
from isograd.compile.lower import Lowering
from isograd.compile.program import Atom, Const

Stage = tuple[Region, Lowering]
LEAST = 4  # rows of a chain: fewer are not shared well


class Group:
    """Regions that follow each other, and what they read and write.

    Attributes:
        arrays: all operands; `operands` has for each region the numbers of its own.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        self.arrays: list[Atom] = []
        self.numbers: dict[Any, int] = {}
        self.regions = [normal_form(low.region) for _, low in stages]
        self.operands = [
            [self.number(a) for a in (*low.inputs, *step.roots)] for step, low in stages
        ]

    def number(self, atom: Atom) -> int:
        key = id(atom.value) if isinstance(atom, Const) else atom
        if key not in self.numbers:
            self.numbers[key] = len(self.arrays)
            self.arrays.append(atom)
        return self.numbers[key]

    def links(self, start: int, rows: int) -> list[chain.Link]:
        """As many regions from `start` on as go together over rows."""
        made: dict[int, chain.Rows] = {}
        found: list[chain.Link] = []
        for region, arrays in zip(
            self.regions[start:], self.operands[start:], strict=True
        ):
            link = chain.link(region, arrays, rows, made)
            if link is None:
                break
            made |= chain.writes(link, rows)
            found.append(link)
        return found


def chained(
    stages: Sequence[Stage],
) -> list[tuple[Sequence[Stage], Callable[..., None] | None, list[Atom]]]:
    """The regions in groups: (regions, the function of a chain, its operands); of one
    region alone there is no chain."""
    group = Group(stages)
    out: list[Any] = []
    at = 0
    while at < len(stages):
        lengths = {n for n in group.regions[at].space if n >= LEAST}
        tries = [(group.links(at, rows), rows) for rows in sorted(lengths)]
        links, rows = max(tries, key=lambda t: len(t[0]), default=([], 0))
        if len(links) > 1:
            used = sorted({n for k in links for n in k.arrays})
            links = [k._replace(arrays=tuple(map(used.index, k.arrays))) for k in links]
            function = chain.build(links, rows, len(used))
            arrays = [group.arrays[n] for n in used]
            out.append((stages[at : at + len(links)], function, arrays))
        else:
            links = links[:1] or [None]
            out.append((stages[at : at + 1], None, []))
        at += len(links)
    return out
