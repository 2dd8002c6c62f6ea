"""`torch.profiler`: contexts that programs use; times are wall-clock."""

from __future__ import annotations

import enum
import os
import time
from collections.abc import Callable
from typing import Any

from isograd.base.missing import module_getattr
from isograd.torch.autograd import profiler as _profiler
from isograd.torch.autograd.profiler import record_function as record_function

__path__: list[str] = []  # has modules: see base.paths
__getattr__ = module_getattr("torch.profiler", "torch")


class ProfilerActivity(enum.Enum):
    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3


class ProfilerAction(enum.Enum):
    """What is done in a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


class DeviceType(enum.Enum):
    CPU = 0
    CUDA = 1


def supported_activities() -> set[ProfilerActivity]:
    return {ProfilerActivity.CPU}


def kineto_available() -> bool:
    return False


def schedule(
    *,
    wait: int,
    warmup: int,
    active: int,
    repeat: int = 0,
    skip_first: int = 0,
    skip_first_wait: int = 0,
    **_: Any,
) -> Callable[[int], ProfilerAction]:
    """What is done in each step: after `skip_first` cycles of waiting, warming up and
    recording, `repeat` of them (all if 0)."""
    cycle = wait + warmup + active

    def action(step: int) -> ProfilerAction:
        if step < skip_first:
            return ProfilerAction.NONE
        step -= skip_first
        if skip_first_wait:
            step += wait
        if repeat > 0 and step // cycle >= repeat:
            return ProfilerAction.NONE
        at = step % cycle
        if at < wait:
            return ProfilerAction.NONE
        if at < wait + warmup:
            return ProfilerAction.WARMUP
        last = at == cycle - 1
        return ProfilerAction.RECORD_AND_SAVE if last else ProfilerAction.RECORD

    return action


def _always(_: int) -> ProfilerAction:
    return ProfilerAction.RECORD


class profile(_profiler.profile):
    """Measures the wall-clock time of its body; `step` marks iterations.

    `on_trace_ready(self)` is called after each cycle of the schedule, and at the end.
    """

    def __init__(
        self,
        *,
        activities: Any = None,
        schedule: Any = None,
        on_trace_ready: Any = None,
        record_shapes: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_flops: bool = False,
        with_modules: bool = False,
        **_: Any,
    ) -> None:
        super().__init__()
        self.activities = set(activities) if activities else supported_activities()
        self.schedule: Any = schedule or _always
        self.on_trace_ready = on_trace_ready
        self.record_shapes, self.profile_memory = record_shapes, profile_memory
        self.with_stack, self.step_num = with_stack, 0
        self.current_action = self.schedule(0)

    def _ready(self) -> None:
        if self.on_trace_ready:
            self.on_trace_ready(self)

    def step(self) -> None:
        """The next step begins."""
        ended, self.step_num = self.current_action, self.step_num + 1
        self.current_action = self.schedule(self.step_num)
        if ended is ProfilerAction.RECORD_AND_SAVE:
            self._ready()

    def start(self) -> None:
        self.__enter__()

    def stop(self) -> None:
        self.__exit__(None, None, None)

    def events(self) -> Any:
        """The calls that were noted."""
        return self._known()

    def __exit__(self, *_: Any) -> None:
        super().__exit__(*_)
        if self.current_action in (
            ProfilerAction.RECORD,
            ProfilerAction.RECORD_AND_SAVE,
        ):
            self._ready()

    def export_stacks(self, path: str, metric: str = "self_cpu_time_total") -> None:
        """No stacks are recorded: the file is empty."""
        open(path, "w").close()

    def add_metadata(self, key: str, value: str) -> None:
        """Accepted."""

    add_metadata_json = preset_metadata_json = add_metadata


def tensorboard_trace_handler(
    dir_name: str, worker_name: str | None = None, use_gzip: bool = False
) -> Callable[[Any], None]:
    """A handler that writes each trace to a folder."""

    def handler(prof: Any) -> None:
        os.makedirs(dir_name, exist_ok=True)
        name = f"{worker_name or 'worker'}.{time.time_ns()}.pt.trace.json"
        prof.export_chrome_trace(os.path.join(dir_name, name))

    return handler
