"""`torch.autograd.profiler`: what was called inside, and the wall-clock time of it."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

from isograd.base.missing import module_getattr
from isograd.core.tape import Leaf
from isograd.torch import overrides
from isograd.torch.autograd.profiler_util import EventList, FunctionEvent
from isograd.torch.labels import label_of
from isograd.torch.passes import HOOKS, OBSERVERS
from isograd.torch.tensor import Tensor

_ACTIVE: list[profile] = []
__getattr__ = module_getattr("torch.autograd.profiler", "torch")


class record_function:
    """A named range; a context manager and a decorator."""

    def __init__(self, name: str, args: str | None = None) -> None:
        self.name, self.args = name, args

    def __enter__(self) -> record_function:
        self._events = [(p, p._begin(self.name)) for p in _ACTIVE]
        return self

    def __exit__(self, *_: Any) -> None:
        for p, event in self._events:
            p._end(event)

    def __call__(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(fn)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with record_function(self.name, self.args):
                return fn(*args, **kwargs)

        return wrapper


class _Calls(overrides.TorchFunctionMode):
    """Notes the functions of torch that are called."""

    def __init__(self, owner: profile) -> None:
        self.owner = owner

    def __torch_function__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        owner = self.owner
        name = getattr(func, "__name__", "function").strip("_")
        shapes = (
            [list(a.shape) for a in args if isinstance(a, Tensor)]
            if owner.record_shapes
            else []
        )
        event = owner._begin(f"aten::{_ATEN.get(name, name)}", shapes)
        inner = [owner._begin(f"aten::{n}", shapes) for n in _INNER.get(name, ())]
        try:
            return func(*args, **(kwargs or {}))
        finally:
            for e in (*reversed(inner), event):
                owner._end(e)


_ATEN = {"getitem": "slice"}
_INNER = {"matmul": ("mm",), "linear": ("addmm",)}  # what PyTorch calls inside


class profile:
    """Inside, calls are noted; afterwards `function_events` lists them."""

    function_events: EventList | None = None

    def __init__(
        self, enabled: bool = True, *, record_shapes: bool = False, **_: Any
    ) -> None:
        self.enabled, self.record_shapes = enabled, record_shapes
        self._events: list[FunctionEvent] = []
        self._open: list[FunctionEvent] = []

    def __enter__(self) -> Any:
        if not self.enabled:
            return None
        self._events, self._open = [], []
        self._mode = _Calls(self)
        self._mode.__enter__()
        _ACTIVE.append(self)
        OBSERVERS.append(self._passed)
        HOOKS.count += 1  # so that passes are objects
        return self

    def __exit__(self, *_: Any) -> None:
        if not self.enabled or self not in _ACTIVE:
            return
        HOOKS.count -= 1
        OBSERVERS.remove(self._passed)
        _ACTIVE.remove(self)
        self._mode.__exit__(*_)
        while self._open:
            self._end(self._open[-1])
        self.function_events = EventList(self._events)

    def _begin(self, name: str, shapes: Any = ()) -> FunctionEvent:
        event = FunctionEvent(len(self._events), name, _now(), list(shapes))
        if self._open:
            event.cpu_parent = self._open[-1]
            self._open[-1].cpu_children.append(event)
        self._events.append(event)
        self._open.append(event)
        return event

    def _end(self, event: FunctionEvent) -> None:
        event.time_range.end = _now()
        if event in self._open:
            del self._open[self._open.index(event) :]

    def _passed(self, nodes: Any) -> None:
        """A backward pass went through these nodes."""
        for node in sorted(nodes, key=lambda n: n.seq, reverse=True):
            label = label_of(node)
            name = f"torch::autograd::{label}" if type(node) is Leaf else label
            outer = self._begin(f"autograd::engine::evaluate_function: {name}")
            self._end(self._begin(name))
            self._end(outer)

    def _known(self) -> EventList:
        if self.function_events is None:
            raise RuntimeError("Profiler didn't finish running")
        return self.function_events

    def key_averages(self, *args: Any, **kwargs: Any) -> EventList:
        return self._known().key_averages(*args, **kwargs)

    def total_average(self) -> Any:
        return self._known().total_average()

    def table(self, *args: Any, **kwargs: Any) -> str:
        return self._known().table(*args, **kwargs)

    def export_chrome_trace(self, path: str) -> None:
        self._known().export_chrome_trace(path)

    @property
    def self_cpu_time_total(self) -> float:
        return self._known().self_cpu_time_total

    def __repr__(self) -> str:
        if self.function_events is None:
            return "<unfinished torch.autograd.profile>"
        return repr(self.function_events)

    def __str__(self) -> str:
        if self.function_events is None:
            return "<unfinished torch.autograd.profile>"
        return str(self.function_events)


def _now() -> float:
    return time.perf_counter_ns() / 1e3


class emit_nvtx:
    """Ranges for NVIDIA's tools; there is no CUDA here."""

    def __init__(self, enabled: bool = True, record_shapes: bool = False) -> None:
        self.enabled = enabled

    def __enter__(self) -> Any:
        if self.enabled:
            raise AssertionError("Torch not compiled with CUDA enabled")
        return None

    def __exit__(self, *_: Any) -> None:
        return None
