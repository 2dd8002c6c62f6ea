"""A framework's module paths and class paths, on top of ours.

Our files are cut by theme, the frameworks' otherwise.  A recorded module path that no
file of ours stands for ("torch.nn.modules.linear") gives the names of the nearest
module above it; and where a dialect is installed under the framework's name, classes
are shown (and pickled) by the paths that the framework has for them.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module, resources
from types import ModuleType
from typing import Any

OURS = "isograd."


@cache
def recorded(kind: str) -> frozenset[str]:
    """The names in `names/{kind}.txt`; none where nothing was recorded."""
    path = resources.files("isograd.base") / "names" / f"{kind}.txt"
    return (
        frozenset(path.read_text(encoding="utf-8").split())
        if path.is_file()
        else frozenset()
    )


# --- module paths ---------------------------------------------------------------------


class PathModule(ModuleType):
    """A recorded module path: its names are those of the modules above it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.__path__ = []
        parent, _, last = name.rpartition(".")
        self._same_name = vars(sys.modules[parent]).get(last)

    def _function(self) -> Any:
        """`torch.nn.utils.spectral_norm` is a module and a function by turns."""
        if self._same_name is None:
            parent, _, last = self.__name__.rpartition(".")
            lazy: Any = getattr(sys.modules[parent], "__getattr__", vars(self).get)
            self._same_name = lazy(last)
        return None if isinstance(self._same_name, ModuleType) else self._same_name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        function = self._function()
        if function is None:
            raise TypeError("'module' object is not callable")
        return function(*args, **kwargs)

    def __dir__(self) -> list[str]:
        above = import_module(self.__name__.rpartition(".")[0])
        return [n for n in dir(above) if not n.startswith("_")]

    def __getattr__(self, name: str) -> Any:
        if name == "__all__":
            return self.__dir__()
        if name.startswith("__"):
            raise AttributeError(f"module '{self.__name__}' has no attribute '{name}'")
        if name == self.__name__.rpartition(".")[2] and self._function() is not None:
            return self._function()
        shown = self.__name__.removeprefix(OURS)
        dialect = shown.partition(".")[0]
        if f"{shown}.{name}" in recorded(f"{dialect}_modules"):
            return import_module(f"{self.__name__}.{name}")
        above = self.__name__.rpartition(".")[0]
        while above.count(".") > 0:
            try:
                found = getattr(import_module(above), name)
            except (AttributeError, ImportError):
                above = above.rpartition(".")[0]
                continue
            setattr(self, name, found)
            return found
        for cls in _SHOWN:  # so that it can be pickled
            if cls.__qualname__ == name and cls.__module__ == shown:
                return cls
        from isograd.base.missing import imported

        return imported(f"{shown}.{name}", dialect, sys._getframe(1))


class PathFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the recorded module paths for which no file of ours was found."""

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not name.startswith(f"{OURS}{self.dialect}."):
            return None
        if name.removeprefix(OURS) not in recorded(f"{self.dialect}_modules"):
            return None
        return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return PathModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to do: names are looked up when they are asked for."""


def find_paths(dialect: str) -> None:
    """From now on the dialect's recorded module paths can be imported."""
    if not any(isinstance(f, PathFinder) and f.dialect == dialect for f in _finders()):
        sys.meta_path.append(PathFinder(dialect))


def _finders() -> list[Any]:
    return list(sys.meta_path)


# --- class paths ----------------------------------------------------------------------

_SHOWN: dict[type, str] = {}
"""Classes that are shown by a framework's path, and the module that is ours."""


@cache
def _modules_of(dialect: str) -> dict[str, list[str]]:
    """The modules that define a class of a name, in the framework."""
    out: dict[str, list[str]] = {}
    for path in sorted(recorded(f"{dialect}_classes")):
        module, _, name = path.rpartition(".")
        out.setdefault(name, []).append(module)
    return out


def framework_module(dialect: str, module: str, name: str) -> str:
    """The module that the framework has for our class `module.name`.

    Of several classes of that name it is the one whose path is most like ours.
    """
    own = module.removeprefix(OURS)
    found = _modules_of(dialect).get(name)
    return own if not found else max(found, key=lambda m: _likeness(m, own))


def _likeness(a: str, b: str) -> tuple[int, int]:
    """How many parts two paths have in common at their beginning, of how many."""
    same = 0
    for x, y in zip(a.split("."), b.split("."), strict=False):
        if x != y:
            break
        same += 1
    return same, -a.count(".")


def show_classes(module: ModuleType) -> None:
    """Show the classes in a module of a dialect by the framework's paths."""
    dialect = module.__name__.split(".")[1]
    for value in list(vars(module).values()):
        if not isinstance(value, type):
            continue
        own: Any = value.__module__  # a property in some classes
        if isinstance(own, str) and own.startswith(f"{OURS}{dialect}"):
            _SHOWN[value] = own
            value.__module__ = framework_module(dialect, own, value.__qualname__)


class ShowingFinder(importlib.abc.MetaPathFinder):
    """Sees to it that modules of dialects show their classes once they are loaded."""

    def __init__(self, dialects: tuple[str, ...]) -> None:
        self.prefixes = tuple(f"{OURS}{d}" for d in dialects)

    def _ours(self, name: str) -> bool:
        return name.startswith(tuple(f"{p}." for p in self.prefixes)) or (
            name in self.prefixes
        )

    def start(self) -> None:
        sys.meta_path.insert(0, self)
        for name, module in list(sys.modules.items()):
            if self._ours(name):
                show(module)

    def stop(self) -> None:
        sys.meta_path.remove(self)
        for cls, module in _SHOWN.items():
            cls.__module__ = module
        _SHOWN.clear()

    def find_spec(
        self, name: str, path: Any = None, target: Any = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not self._ours(name):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            loader.exec_module = _then_show(loader.exec_module)
        return spec


def _then_show(execute: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    def exec_module(module: ModuleType) -> None:
        execute(module)
        show(module)

    return exec_module


def show(module: ModuleType) -> None:
    """Classes by the framework's paths, and an explanation of names that are missing."""
    show_classes(module)
    if "__getattr__" not in vars(module) and not isinstance(module, PathModule):
        from isograd.base.missing import module_getattr

        name = module.__name__.removeprefix(OURS)
        vars(module)["__getattr__"] = module_getattr(name, name.partition(".")[0])


def locate(functions: dict[str, Any], module: str) -> None:
    """Note where functions made from tables are found, so that they can be pickled."""
    for name, fn in functions.items():
        if getattr(fn, "__name__", None) == name and hasattr(fn, "__code__"):
            fn.__module__, fn.__qualname__ = module, name
