"""`torch.profiler`: contexts that programs use; times are wall-clock."""

from __future__ import annotations

import enum
from typing import Any

from isograd.torch.autograd import profiler as _profiler
from isograd.torch.autograd.profiler import record_function as record_function


__path__: list[str] = []  # has modules: see base.paths


class ProfilerActivity(enum.Enum):
    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3


class profile(_profiler.profile):
    """Measures the wall-clock time of its body; `step` marks iterations."""

    def __init__(
        self, *, activities: Any = None, schedule: Any = None, **_: Any
    ) -> None:
        super().__init__()
        self.steps = 0

    def step(self) -> None:
        self.steps += 1

    def start(self) -> None:
        self.__enter__()

    def stop(self) -> None:
        self.__exit__()


def schedule(**_: Any) -> Any:
    return lambda step: None
