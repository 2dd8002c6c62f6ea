"""Provide `torch` and `mindspore` by isograd, for every import from now on."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from isograd.base.missing import missing_module
from isograd.base.paths import ShowingFinder, recorded

DIALECTS = ("torch", "mindspore")
COMPANIONS = {"functorch": "torch"}  # further packages, parts of a dialect of ours


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds `torch.nn` as the module object `isograd.torch.nn`, under both names."""

    def __init__(self, dialects: Sequence[str]) -> None:
        self.dialects = tuple(dialects)
        self.specs: dict[str, Any] = {}

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        top = name.partition(".")[0]
        if COMPANIONS.get(top, top) not in self.dialects:
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        top = spec.name.partition(".")[0]
        within = f"{COMPANIONS[top]}." if top in COMPANIONS else ""
        ours = f"isograd.{within}{spec.name}"
        try:
            module = importlib.import_module(ours)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{ours}.".startswith(f"{error.name}."):
                raise
            module = missing_module(spec.name)
        self.specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to do: the module is there; it keeps the spec that it was made by."""
        assert module.__spec__ is not None
        module.__spec__ = self.specs.get(module.__spec__.name, module.__spec__)


_FINDER: list[Finder] = []
_SHOWING: list[ShowingFinder] = []


def install(*dialects: str) -> None:
    """From now on `import torch` and `import mindspore` give isograd's dialects.

    Args:
        dialects: "torch", "mindspore"; both if none is named.  A real framework that
            is installed is left alone; it is just not what an import finds.

    Raises:
        RuntimeError: if a real framework was imported before.
        ValueError: for a name that is no dialect.
    """
    wanted = dialects or DIALECTS
    for name in wanted:
        if name not in DIALECTS:
            raise ValueError(
                f"install: no dialect {name!r}; there are {' and '.join(DIALECTS)}"
            )
        found = sys.modules.get(name)
        if found is not None and not found.__name__.startswith("isograd."):
            raise RuntimeError(
                f"install: the real {name} was imported already; call "
                "isograd.install() before anything imports it"
            )
    uninstall()
    _FINDER.append(Finder(wanted))
    sys.meta_path.insert(0, _FINDER[0])
    shown = tuple(d for d in wanted if recorded(f"{d}_classes"))
    _SHOWING.append(ShowingFinder(shown))
    _SHOWING[0].start()


def uninstall() -> None:
    """Take back `install`: imports find what is installed again."""
    while _SHOWING:
        _SHOWING.pop().stop()
    while _FINDER:
        finder = _FINDER.pop()
        sys.meta_path.remove(finder)
        for name in list(sys.modules):
            top = name.partition(".")[0]
            if COMPANIONS.get(top, top) in finder.dialects:
                del sys.modules[name]
