"""Names that a dialect has and isograd lacks: told as such, never a silent no-op."""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module, resources
from typing import Any

from isograd.base.paths import OURS, recorded

COVERAGE = "docs/coverage.md"
_IMPORT_FROM = dis.opmap["IMPORT_FROM"]


class MissingName(AttributeError):
    """A name of the framework that isograd does not provide (yet)."""


class MissingImport(ImportError):
    """The same for `from module import name`."""


@cache
def known_names(dialect: str) -> frozenset[str]:
    """The dotted public names of a framework, recorded from the framework itself."""
    path = resources.files("isograd.base") / "names" / f"{dialect}.txt"
    return frozenset(path.read_text(encoding="utf-8").split())


def missing_text(name: str, dialect: str) -> str:
    return (
        f"{name}: isograd's {dialect} dialect does not provide this name; "
        f"{COVERAGE} lists what it provides"
    )


def no_attribute(owner: str, name: str, dialect: str, plain: str) -> AttributeError:
    """The error for `owner.name`: `plain` is the framework's own text for a name that
    it does not have either."""
    full = f"{owner}.{name}"
    if full in known_names(dialect):
        return MissingName(missing_text(full, dialect), name=name)
    return AttributeError(plain, name=name)


def module_getattr(
    module: str, dialect: str, lazy: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """A module's `__getattr__`: lazy parts are imported, missing names explained.

    Args:
        module: the framework's name of the module ("torch.nn").
        lazy: names to the module of ours that defines them, or that they are.
    """
    table = dict(lazy or {})

    def __getattr__(name: str) -> Any:
        if name in table:
            found = import_module(table[name])
            if table[name].rpartition(".")[2] != name:
                found = getattr(found, name)
            setattr(sys.modules[f"isograd.{module}"], name, found)
            return found
        if f"{module}.{name}" in recorded(f"{dialect}_modules"):
            return import_module(f"{OURS}{module}.{name}")
        if name.startswith("__"):
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        error = no_attribute(
            module, name, dialect, f"module '{module}' has no attribute '{name}'"
        )
        if isinstance(error, MissingName) and in_import_from(sys._getframe(1)):
            raise MissingImport(str(error), name=name)
        raise error

    return __getattr__


def in_import_from(frame: Any) -> bool:
    """Whether a frame is executing `from module import name`.

    That statement turns an AttributeError into a text without our explanation.
    """
    return frame.f_code.co_code[frame.f_lasti] == _IMPORT_FROM
