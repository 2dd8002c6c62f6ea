"""Functions that still work but warn, as PyTorch marks them."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any


def deprecated(text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Warn with `text`, a FutureWarning, at each call."""

    def mark(fn: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(fn)
        def warning(*args: Any, **kwargs: Any) -> Any:
            warnings.warn(text, FutureWarning, stacklevel=2)
            return fn(*args, **kwargs)

        warning.__deprecated__ = text  # type: ignore[attr-defined]  # justified: PEP 702's mark
        return warning

    return mark
