"""Names of MindSpore that isograd lacks: an error that says so, see `base.missing`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from isograd.base.missing import module_getattr


def attributes(
    module: str, lazy: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """A module's `__getattr__`: imports what is in `lazy`, explains missing names.

    Args:
        module: MindSpore's name of the module ("mindspore.ops").
        lazy: names to the modules of ours that define them, or that they are.
    """
    return module_getattr(module, "mindspore", lazy)
