"""`mindspore.runtime` and `mindspore.hal`: streams, events and memory of the host."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from isograd.mindspore.device import launch_blocking as launch_blocking
from isograd.mindspore.device import synchronize as synchronize
from isograd.mindspore.missing import attributes


class Event:
    """A point in time."""

    def __init__(self, enable_timing: bool = False, blocking: bool = False) -> None:
        self.enable_timing, self.blocking = enable_timing, blocking
        self.at = 0.0

    def record(self, stream: Any = None) -> None:
        self.at = time.perf_counter()

    def query(self) -> bool:
        return True

    def wait(self, stream: Any = None) -> None:
        """Nothing: everything is done when its call returns."""

    synchronize = wait

    def elapsed_time(self, end_event: Event) -> float:
        """Milliseconds from this event to another."""
        return 1000 * (end_event.at - self.at)


class Stream:
    """A queue of work; work is done at once."""

    def __init__(self, priority: int = 0, **kwargs: Any) -> None:
        self.priority = priority

    def synchronize(self) -> None:
        synchronize()

    def query(self) -> bool:
        return True

    def record_event(self, event: Event | None = None) -> Event:
        event = Event() if event is None else event
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        """Nothing: see `Event.wait`."""

    def wait_stream(self, stream: Stream) -> None:
        """Nothing: see `Event.wait`."""


class StreamCtx:
    """`with StreamCtx(stream):` work of the body belongs to the stream."""

    def __init__(self, ctx_stream: Any) -> None:
        self.stream = ctx_stream

    def __enter__(self) -> None:
        self.before = current_stream()
        set_cur_stream(self.stream)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        set_cur_stream(self.before)


_default = Stream()
_current = [_default]


def default_stream() -> Stream:
    return _default


communication_stream = default_stream


def current_stream() -> Stream:
    return _current[0]


def set_cur_stream(stream: Stream) -> None:
    _current[0] = stream


def empty_cache() -> None:
    """Nothing: there is no cache of device memory."""


def _no_bytes(device_target: Any = None) -> int:
    """0: there is no device memory."""
    return 0


memory_allocated = max_memory_allocated = memory_reserved = _no_bytes
max_memory_reserved = _no_bytes


def reset_peak_memory_stats(device_target: Any = None) -> None:
    """Nothing: there is no device memory."""


reset_max_memory_allocated = reset_max_memory_reserved = reset_peak_memory_stats


def memory_stats(device_target: Any = None) -> dict[str, Any]:
    return {}


def _setting(*_: Any, **__: Any) -> None:
    """Nothing: a setting of devices, which changes no value."""


set_memory = set_cpu_affinity = dispatch_threads_num = _setting
set_kernel_launch_group = set_kernel_launch_capture = _setting


__getattr__ = attributes("mindspore.runtime")
__path__: list[str] = []  # MindSpore has modules below
