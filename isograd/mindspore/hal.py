"""`mindspore.hal`: the host as the only device; streams are those of `runtime`."""

from __future__ import annotations

from typing import Any

from isograd.mindspore import runtime
from isograd.mindspore.missing import attributes

globals().update(
    {
        n: getattr(runtime, n)
        for n in (
            *("Event", "Stream", "StreamCtx", "communication_stream", "empty_cache"),
            *("current_stream", "default_stream", "set_cur_stream", "synchronize"),
            *("memory_allocated", "max_memory_allocated", "memory_reserved"),
            *("max_memory_reserved", "memory_stats", "reset_peak_memory_stats"),
            *("reset_max_memory_allocated", "reset_max_memory_reserved"),
        )
    }
)


def is_available(device_target: str) -> bool:
    return device_target == "CPU"


def is_initialized(device_target: str) -> bool:
    return device_target == "CPU"


def device_count(device_target: Any = None) -> int:
    return 1 if device_target in (None, "CPU") else 0


def get_device_name(device_id: int, device_target: Any = None) -> str:
    return "CPU"


__getattr__ = attributes("mindspore.hal")
__path__: list[str] = []  # MindSpore has modules below
