"""MindSpore's module paths and missing names: `base.paths`, `base.missing` for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from isograd.base.missing import module_getattr
from isograd.base.paths import find_paths

find_paths("mindspore")


def attributes(
    module: str, lazy: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """`base.missing.module_getattr` for a module of MindSpore ("mindspore.ops")."""
    return module_getattr(module, "mindspore", lazy)
