"""`torch._dynamo`: stand-ins for the tracer's names that programs use."""

from __future__ import annotations

from typing import Any

from isograd.base.missing import module_getattr
from isograd.torch._dynamo import config, exc

__all__ = ["config", "exc", "graph_break", "mark_dynamic", "mark_static", "optimize"]


def graph_break(msg: str = "") -> None:
    """Nothing to break: functions run as they are."""


def _mark(t: Any, index: Any = None, **_: Any) -> None:
    """Shapes are looked at in each call."""


mark_dynamic = maybe_mark_dynamic = mark_static = mark_static_address = _mark


def optimize(backend: Any = "inductor", **options: Any) -> Any:
    """The decorator that `torch.compile` is; options are its."""
    from isograd.torch.compiling import compile

    known = ("disable", "dynamic")
    more = {k: v for k, v in options.items() if k in known and v is not None}
    return compile(backend=backend, fullgraph=bool(options.get("nopython")), **more)


def optimize_assert(backend: Any = "inductor", **options: Any) -> Any:
    return optimize(backend, nopython=True, **options)


def is_dynamo_supported() -> bool:
    return True


_COMPILER = "isograd.torch.compiler"
__getattr__ = module_getattr(
    "torch._dynamo",
    "torch",
    {
        **dict.fromkeys(
            (
                "allow_in_graph",
                "assume_constant_result",
                "disable",
                "is_compiling",
                "list_backends",
                "reset",
                "set_stance",
                "substitute_in_graph",
            ),
            _COMPILER,
        ),
        "OptimizedModule": "isograd.torch.compiling",
        "eval_frame": "isograd.torch._dynamo.eval_frame",
        "utils": "isograd.torch._dynamo.utils",
    },
)
