"""Names of MindSpore that isograd lacks: an error that says so, see `base.missing`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from isograd.base.missing import MissingName, missing_text


def attributes(
    module: str, lazy: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """A module's `__getattr__`: imports the modules in `lazy`, explains other names.

    Args:
        module: MindSpore's name of the module ("mindspore.ops").
        lazy: names to the modules of ours that define them, or that they are.
    """
    table = dict(lazy or {})

    def __getattr__(name: str) -> Any:
        if name in table:
            found: Any = import_module(table[name])
            if table[name].rpartition(".")[2] != name:
                found = getattr(found, name)
            setattr(sys.modules[f"isograd.{module}"], name, found)
            return found
        if name.startswith("__"):
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        raise MissingName(missing_text(f"{module}.{name}", "mindspore"), name=name)

    return __getattr__
