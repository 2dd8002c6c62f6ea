"""Compiled functions that fall back to themselves without a word.

For functions known to have no effects: whatever goes wrong while staging, the function
itself is called, and gives its own result or error.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isograd.compile.api import Compiled, _plain
from isograd.compile.entry import Entry
from isograd.compile.program import Program, Var
from isograd.core.primitive import Payload
from isograd.core.tensor import Tensor, payload_of


class Quiet(Compiled):
    """`Compiled` on tensors by position; it gives up in silence, for good."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.eager or kwargs or not all(isinstance(a, Tensor) for a in args):
            return self.fn(*args, **kwargs)
        payloads = [payload_of(a) for a in args]
        if not _plain(payloads):
            return self.fn(*args)
        entry = self.prepared(args, payloads)
        if entry is None:
            return self.fn(*args)
        return entry.run(payloads, args)

    def prepared(
        self, args: tuple[Any, ...], payloads: Sequence[Payload]
    ) -> Entry | None:
        """The program for these arguments; None where there is none to be had."""
        from isograd.base import tree

        leaves, treedef = tree.flatten((args, {}))
        try:
            entry = self.lookup(leaves, treedef, payloads)
        except Exception:  # the function itself will tell
            self.eager = True
            return None
        if entry.trace.effects or not entry.stable or not _fresh(entry):
            self.eager = True
            return None
        return entry


def _fresh(entry: Entry) -> bool:
    """Whether the results are arrays of their own: no views, no operands, no twins."""
    found = entry.__dict__.get("fresh")
    if found is None:
        found = entry.__dict__["fresh"] = _all_fresh(entry.trace.program, entry.count)
    return found


def _all_fresh(program: Program, count: int) -> bool:
    makers = {v: e.prim for e in program.equations for v in e.outputs}
    outs = program.outputs[:count]
    if len({id(v) for v in outs}) < len(outs):
        return False
    return all(isinstance(v, Var) and v in makers and not makers[v].view for v in outs)
