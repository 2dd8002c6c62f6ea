"""Names that a dialect has and isograd lacks: told as such, never a silent no-op."""

from __future__ import annotations

import dis
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

from isograd.base.paths import OURS, recorded

COVERAGE = "docs/coverage.md"
_IMPORT_FROM = dis.opmap["IMPORT_FROM"]


class MissingName(AttributeError):
    """A name of the framework that isograd does not provide (yet)."""


class MissingImport(ImportError):
    """The same for `from module import name` where the program is prepared for it."""


class MissingNameWarning(UserWarning):
    """A program imports a name that isograd lacks; it may never use it."""


@cache
def known_names(dialect: str) -> frozenset[str]:
    """The dotted public names of a framework, recorded from the framework itself."""
    return recorded(dialect)


def missing_text(name: str, dialect: str) -> str:
    return (
        f"{name}: isograd's {dialect} dialect does not provide this name; "
        f"{COVERAGE} lists what it provides"
    )


def no_attribute(owner: str, name: str, dialect: str, plain: str) -> AttributeError:
    """The error for `owner.name`: `plain` is the framework's own text for a name that
    it does not have either."""
    full = f"{owner}.{name}"
    if full in known_names(dialect) or full in recorded(f"{dialect}_internal"):
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
        frame = sys._getframe(1)
        # private names are not recorded: an import of one is taken on trust
        if isinstance(error, MissingName) or (name[0] == "_" and is_import(frame)):
            return imported(f"{module}.{name}", dialect, frame)
        raise error

    return __getattr__


# --- imports of missing names ---------------------------------------------------------


class Deferred:
    """Stands for a missing name that was imported; whatever needs it raises."""

    def __init__(self, name: str, dialect: str) -> None:
        self._name, self._dialect = name, dialect

    def _fail(self, *_: Any, **__: Any) -> Any:
        raise MissingName(missing_text(self._name, self._dialect), name=self._name)

    __call__ = __iter__ = __len__ = __bool__ = __enter__ = _fail

    def __mro_entries__(self, _: Any) -> tuple[type, ...]:
        """A base for a class that can be defined, but has no instances."""
        fail = staticmethod(self._fail)
        return (type("Missing", (), {"__new__": fail, "__class_getitem__": fail}),)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._fail()

    def __instancecheck__(self, instance: Any) -> bool:
        return False  # there are none

    __subclasscheck__ = __instancecheck__

    def _in_annotations(self, _: Any) -> Deferred:
        return self

    __getitem__ = __or__ = __ror__ = _in_annotations

    def __repr__(self) -> str:
        return f"<{self._name}, which isograd lacks>"


def imported(full: str, dialect: str, frame: Any, quiet: bool = False) -> Any:
    """What a missing name is to the code that asked for it.

    Programs import much that they hardly use: `from module import name` gives a
    `Deferred` and a warning, unless it stands in a `try` block.

    Raises:
        MissingImport: for an import in a `try` block.
        MissingName: for anything but an import.
    """
    text, name = missing_text(full, dialect), full.rpartition(".")[2]
    if not is_import(frame):
        raise MissingName(text, name=name)
    if guarded(frame):
        raise MissingImport(text, name=name)
    if not quiet:
        _warn(full, dialect, frame)
    return Deferred(full, dialect)


def is_import(frame: Any) -> bool:
    """Whether a frame is executing `from module import name`."""
    return frame.f_code.co_code[frame.f_lasti] == _IMPORT_FROM


def _warn(name: str, dialect: str, frame: Any) -> None:
    """Warn in the name of a line that imports a missing name."""
    text = f"isograd's {dialect} dialect does not provide {name}: using it will raise"
    warnings.warn_explicit(
        text, MissingNameWarning, frame.f_code.co_filename, frame.f_lineno
    )


def guarded(frame: Any) -> bool:
    """Whether a frame stands in a block with an exception handler."""
    at = frame.f_lasti
    table = dis._parse_exception_table(frame.f_code)  # type: ignore[attr-defined]  # justified: there is no public reader
    return any(e.start <= at < e.end for e in table)


class MissingModule(ModuleType):
    """A module of the framework that isograd lacks as a whole."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name: str) -> Any:
        full, dialect = f"{self.__name__}.{name}", self.__name__.partition(".")[0]
        if name.startswith("__"):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        if full in recorded(f"{dialect}_files"):
            return import_module(full)
        return imported(full, dialect, sys._getframe(1), quiet=True)


def _between(frame: Any) -> bool:
    """Whether a frame stands between an import statement and our finder."""
    name = str(frame.f_globals.get("__name__"))
    return "importlib" in frame.f_code.co_filename or name.startswith("isograd.")


def missing_module(name: str) -> ModuleType:
    """A stand-in for a missing module, with a warning.

    Raises:
        ModuleNotFoundError: the framework has no such module, or the import stands in a
            `try` block.
    """
    dialect = name.partition(".")[0]
    text = missing_text(name, dialect)
    frame = sys._getframe(1)
    while frame.f_back is not None and _between(frame):
        frame = frame.f_back
    if name not in recorded(f"{dialect}_files") or guarded(frame):
        raise ModuleNotFoundError(text, name=name)
    if not isinstance(sys.modules.get(name.rpartition(".")[0]), MissingModule):
        _warn(name, dialect, frame)
    return MissingModule(name)
