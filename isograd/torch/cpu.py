"""`torch.cpu`: the device that is there; its work is done when a call returns."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from isograd.base.missing import module_getattr

__path__: list[str] = []  # has modules: see base.paths


def is_available() -> bool:
    return True


is_initialized = is_available


def device_count() -> int:
    return 1


def current_device() -> str:
    return "cpu"


def set_device(device: Any) -> None:
    """There is one."""


def synchronize(device: Any = None) -> None:
    """Nothing is under way."""


class Stream:
    """The order of calls; there is one."""

    def __init__(self, priority: int = -1) -> None:
        self.priority = priority

    def wait_stream(self, stream: Any) -> None:
        """Nothing to wait for."""

    def record_event(self) -> None:
        """Nothing to record."""

    def wait_event(self, event: Any) -> None:
        """Nothing to wait for."""


class Event:
    """A moment in the order of calls: always over."""

    def query(self) -> bool:
        return True

    def record(self, stream: Any = None) -> None:
        """Nothing to record."""

    def synchronize(self) -> None:
        """Nothing to wait for."""

    def wait(self, stream: Any = None) -> None:
        """Nothing to wait for."""


_DEFAULT = Stream()


def current_stream(device: Any = None) -> Stream:
    return _DEFAULT


def stream(stream: Any) -> AbstractContextManager[Any]:
    return nullcontext()


StreamContext = stream
__getattr__ = module_getattr("torch.cpu", "torch", {"amp": "isograd.torch.amp"})
