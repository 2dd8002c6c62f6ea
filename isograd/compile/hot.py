"""Generated functions for the calls that repeat."""

from __future__ import annotations

from typing import Any


def generate(entry: Any) -> Any:
    return None
