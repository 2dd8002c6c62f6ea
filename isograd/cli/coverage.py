"""Which public names of each framework isograd has: the table of docs/coverage.md."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from isograd.base.missing import known_names

DIALECTS = ("torch", "mindspore")
_ABSENT = object()


@cache
def _owner(path: str) -> Any:
    """Our module or class for a framework's dotted path."""
    try:
        return importlib.import_module(f"isograd.{path}")
    except ModuleNotFoundError:
        head, _, last = path.rpartition(".")
        return _part(_owner(head), last) if head else _ABSENT


def _part(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name, _ABSENT)
    except ImportError:
        return _ABSENT


def has(name: str) -> bool:
    """Whether isograd provides a framework's name."""
    head, _, last = name.rpartition(".")
    owner = _owner(head)
    if owner is _ABSENT:
        return False
    return _part(owner, last) is not _ABSENT


def groups(dialect: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """(module or class, names that are there, names that are missing)."""
    by_owner: dict[str, list[str]] = {}
    for name in sorted(known_names(dialect)):
        by_owner.setdefault(name.rpartition(".")[0], []).append(name)
    for owner, names in by_owner.items():
        there = [n for n in names if has(n)]
        yield owner, there, [n for n in names if n not in set(there)]


def _words(names: Sequence[str]) -> str:
    return " ".join(f"`{n.rpartition('.')[2]}`" for n in names)


def page() -> str:
    """The text of docs/coverage.md."""
    parts = [
        "# Coverage\n\nWhich public names of the frameworks isograd provides; made by "
        "`make docs` from the\nframeworks' own lists of names (PyTorch 2.13, MindSpore "
        "2.10).  A name that is missing raises\nan error that says so.\n"
    ]
    for dialect in DIALECTS:
        rows = list(groups(dialect))
        have = sum(len(there) for _, there, _ in rows)
        total = have + sum(len(missing) for _, _, missing in rows)
        parts.append(
            f"\n## {dialect}: {have} of {total} names\n\n"
            "| in | has | of |\n|---|---:|---:|"
        )
        parts += [
            f"| `{owner}` | {len(there)} | {len(there) + len(missing)} |"
            for owner, there, missing in rows
        ]
        for owner, there, missing in rows:
            if there:
                parts.append(f"\n### `{owner}`\n\nProvided: {_words(there)}")
                if missing:
                    parts.append(f"\nMissing: {_words(missing)}")
    return "\n".join(parts) + "\n"


def show(words: Sequence[str]) -> int:
    """`isograd coverage [DIALECT]`."""
    if any(w not in DIALECTS for w in words):
        print(
            f"isograd coverage: no dialect {words[0]!r}; there are "
            f"{' and '.join(DIALECTS)}",
            file=sys.stderr,
        )
        return 2
    for dialect in words or DIALECTS:
        print(f"{dialect}:")
        for owner, there, missing in groups(dialect):
            print(f"  {owner:42}{len(there):5} of {len(there) + len(missing)}")
    return 0
