"""The table of primitives, from the registry: the text of docs/ops.md."""

from __future__ import annotations

from typing import Any

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.core.primitive import REGISTRY, Primitive

_KINDS = {"f": "float", "c": "complex", "i": "int", "b": "bool"}


def _derivative(prim: Primitive) -> str:
    if prim.constant:
        return "zero"
    return "yes" if prim.has_vjp else "none"


def row(prim: Primitive) -> str:
    operands = "any" if prim.arity is None else str(prim.arity)
    dtypes = ", ".join(_KINDS[k] for k in prim.kinds)
    cells: list[Any] = [
        f"`{prim.name}`",
        prim.kind,
        operands,
        dtypes,
        _derivative(prim),
        "yes" if prim.scalar else "",
    ]
    return "| " + " | ".join(cells) + " |"


def page() -> str:
    """One row for each primitive of the library."""
    prims = sorted(
        (p for p in REGISTRY.values() if not p.name.startswith("test_")),
        key=lambda p: p.name,
    )
    head = (
        "# Primitives\n\nEvery operation of the engine, from the registry; made by "
        "`make docs`.  *In kernels*:\ncompiled code fuses it; other operations are "
        "library calls between kernels.\n\n"
        "| primitive | kind | operands | dtypes | derivative | in kernels |\n"
        "|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(map(row, prims)) + "\n"
