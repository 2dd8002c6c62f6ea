"""Names of MindSpore that isograd lacks: an error that says so, see `base.missing`.

MindSpore's own module paths ("mindspore.nn.layer.activation") that no file of ours
stands for give the names of the nearest module above them that is ours.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module, resources
from types import ModuleType
from typing import Any

from isograd.base.missing import MissingName, imported, module_getattr

_OURS = "isograd."


def attributes(
    module: str, lazy: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """A module's `__getattr__`: imports what is in `lazy`, explains missing names.

    Args:
        module: MindSpore's name of the module ("mindspore.ops").
        lazy: names to the modules of ours that define them, or that they are.
    """
    plain = module_getattr(module, "mindspore", lazy)
    table = lazy or {}

    def __getattr__(name: str) -> Any:
        if name not in table and f"{module}.{name}" in module_paths():
            return import_module(f"{_OURS}{module}.{name}")
        try:
            return plain(name)
        except MissingName:
            return imported(f"{module}.{name}", "mindspore", sys._getframe(1))

    return __getattr__


@cache
def module_paths() -> frozenset[str]:
    """MindSpore's module paths, recorded from its files."""
    path = resources.files("isograd.base") / "names" / "mindspore_modules.txt"
    return frozenset(path.read_text(encoding="utf-8").split())


class _Path(ModuleType):
    """A module path of MindSpore: its names are those of the modules above it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []
        # `mindspore.common.mutable` is a module and a function by turns
        parent, _, last = name.rpartition(".")
        self._function = vars(sys.modules[parent]).get(last)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._function is None:
            raise TypeError("'module' object is not callable")
        return self._function(*args, **kwargs)

    def __dir__(self) -> list[str]:
        above = import_module(self.__name__.rpartition(".")[0])
        return [n for n in dir(above) if not n.startswith("_")]

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self.__dir__()
        if name.startswith("__"):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        full = self.__name__.removeprefix(_OURS)
        if f"{full}.{name}" in module_paths():
            return import_module(f"{self.__name__}.{name}")
        above = self.__name__.rpartition(".")[0]
        while above != "isograd":
            try:
                found = getattr(import_module(above), name)
            except (AttributeError, ImportError):
                above = above.rpartition(".")[0]
                continue
            setattr(self, name, found)
            return found
        return imported(f"{full}.{name}", "mindspore", sys._getframe(1))


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the recorded paths for which no file of ours was found."""

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not name.startswith("isograd.mindspore."):
            return None
        if name.removeprefix(_OURS) not in module_paths():
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return _Path(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to do: names are looked up when they are asked for."""


if not any(type(f).__name__ == _Finder.__name__ for f in sys.meta_path):
    sys.meta_path.append(_Finder())
