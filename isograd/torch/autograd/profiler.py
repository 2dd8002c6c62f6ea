"""`torch.autograd.profiler`: contexts that programs use; times are wall-clock."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any


class record_function:
    """A named range; a context manager and a decorator."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args

    def __enter__(self) -> record_function:
        return self

    def __exit__(self, *_: Any) -> None:
        return None

    def __call__(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(fn)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return fn(*args, **kwargs)

        return wrapper


class profile:
    """Measures the wall-clock time of its body."""

    def __init__(self, enabled: bool = True, **_: Any) -> None:
        self.enabled = enabled
        self.self_cpu_time_total = 0.0

    def __enter__(self) -> profile:
        self._start = time.perf_counter()
        return self

    def __exit__(self, *_: Any) -> None:
        self.self_cpu_time_total = (time.perf_counter() - self._start) * 1e6

    def key_averages(self, *_: Any, **__: Any) -> _Averages:
        return _Averages(self)

    def total_average(self) -> Any:
        return self


class _Averages(list):  # type: ignore[type-arg]  # justified: holds nothing
    def __init__(self, owner: profile) -> None:
        super().__init__()
        self.owner = owner

    def table(self, **_: Any) -> str:
        return f"Self CPU time total: {self.owner.self_cpu_time_total:.3f}us\n"


class emit_nvtx(profile):
    """Accepted; there is no CUDA here."""
