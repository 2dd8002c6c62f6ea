"""`torch.compile`: functions run as they are; `isograd.compile` stages on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: Any = None,
    backend: Any = "inductor",
    mode: Any = None,
    options: Any = None,
    disable: bool = False,
) -> Any:
    """`model` itself, or a decorator: eager execution gives the same results."""
    if model is None:
        return lambda fn: fn
    return model


def is_compiling() -> bool:
    return False


is_dynamo_compiling = is_exporting = is_compiling


def disable(fn: Any = None, recursive: bool = True, **_: Any) -> Any:
    return fn if fn is not None else (lambda f: f)


def reset() -> None:
    """Nothing is cached."""


def allow_in_graph(fn: Any) -> Any:
    return fn


def cudagraph_mark_step_begin() -> None:
    """Accepted; there is no CUDA here."""
