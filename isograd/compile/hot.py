"""Generated functions for the calls that repeat.

The general call flattens arguments, makes a key and looks a program up: some 20
microseconds.  For calls with positional arrays alone this module writes a straight
function that checks classes and guards, hands the arrays to the program (which checks
shapes and dtypes itself) and builds the result; on any mismatch it gives up, and the
general call decides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from isograd.base.tree import LEAF, TreeDef
from isograd.core.expression import define
from isograd.core.levels import MODE
from isograd.core.tape import new
from isograd.core.tensor import Tensor

if TYPE_CHECKING:
    from isograd.compile.entry import Entry


class _Writer:
    """Source lines, and the objects that they name."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {"MODE": MODE, "new": new}

    def name(self, value: Any) -> str:
        name = f"k{len(self.scope)}"
        self.scope[name] = value
        return name

    def line(self, text: str) -> None:
        self.lines.append("    " + text)

    def unless(self, condition: str) -> None:
        self.line(f"if not ({condition}): return MISS")


def generate(entry: Entry, miss: Any) -> Callable[[tuple[Any, ...]], Any] | None:
    """The hot path of an entry, or None where calls need the general one."""
    trace = entry.trace
    positional = trace.treedef.children[0].children
    if trace.effects or any(d != LEAF for d in positional):
        return None
    if any(c is None for c in trace.classes) or trace.treedef.children[1].leaves:
        return None
    w = _Writer()
    w.scope["MISS"] = miss
    w.lines.append("def hot(args):")
    count = len(positional)
    w.unless(f"len(args) == {count} and not MODE.special")
    names = [f"a{i}" for i in range(count)]
    if names:
        w.line(f"{', '.join(names)}, = args")
    arrays = [
        _argument(w, n, c, trace.plain)
        for n, c in zip(names, trace.classes, strict=True)
    ]
    arrays += [_captured(w, c) for c in entry.captured]
    if entry.guards:
        w.unless(f"{w.name(entry.guards_hold)}()")
    w.line(f"outs = {w.name(entry.forward.call)}({', '.join(arrays)})")
    w.line("if outs is None: return MISS")
    _result(w, trace)
    return define("hot", "\n".join(w.lines) + "\n", w.scope)


def _argument(w: _Writer, name: str, cls: Any, plain: bool) -> str:
    if plain:
        return name  # the program itself refuses anything but its arrays
    w.unless(f"type({name}) is {w.name(cls)} and {name}._node is None")
    return f"{name}._p"


def _captured(w: _Writer, value: Any) -> str:
    name = w.name(value)
    if not isinstance(value, Tensor):
        return name
    w.unless(f"{name}._node is None")
    return f"{name}._p"


def _result(w: _Writer, trace: Any) -> None:
    """Lines that put the outputs into the caller's structure."""
    leaves: list[str] = []
    at = 0
    for t in trace.template:
        if isinstance(t, tuple):
            leaves.append(w.name(t[1]))
            continue
        out = f"outs[{at}]"
        rank = len(trace.program.outputs[at].shape)
        at += 1
        if t is None or trace.plain:
            leaves.append(out if rank else f"{out}[()]")
        else:
            name = f"t{at}"
            w.line(f"{name} = new({w.name(t)}); {name}._p = {out}")
            leaves.append(name)
    w.line(f"return {_structure(w, trace.out_def, iter(leaves))}")


def _structure(w: _Writer, treedef: TreeDef, leaves: Any) -> str:
    if treedef.kind is None:
        return next(leaves)
    if treedef.kind == "none":
        return "None"
    parts = [_structure(w, c, leaves) for c in treedef.children]
    if treedef.kind is tuple:
        return f"({', '.join(parts)},)" if parts else "()"
    if treedef.kind is list:
        return f"[{', '.join(parts)}]"
    if issubclass(treedef.kind, dict):
        keys = [w.name(k) for k in treedef.keys]
        pairs = ", ".join(f"({k}, {p})" for k, p in zip(keys, parts, strict=True))
        return f"{w.name(treedef.kind)}([{pairs}])"
    if hasattr(treedef.kind, "_fields"):
        return f"{w.name(treedef.kind)}({', '.join(parts)})"
    return f"{w.name(treedef.kind)}([{', '.join(parts)}])"
