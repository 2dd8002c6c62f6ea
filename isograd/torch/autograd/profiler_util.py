"""What a profile holds: events, their averages by name, and the table of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["EventList", "FunctionEvent", "FunctionEventAvg", "Interval"]


class Interval:
    """Start and end, in microseconds."""

    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = start, end

    def elapsed_us(self) -> float:
        return self.end - self.start


class _Timed:
    """Averages that follow from `count` and the totals."""

    count: int
    cpu_time_total: float
    self_cpu_time_total: float
    device_time_total = self_device_time_total = 0.0
    cpu_memory_usage = self_cpu_memory_usage = 0
    is_async = is_remote = is_legacy = is_user_annotation = False

    @property
    def cpu_time(self) -> float:
        return self.cpu_time_total / self.count if self.count else 0.0

    cpu_time_total_str = property(lambda self: time_text(self.cpu_time_total))
    self_cpu_time_total_str = property(lambda self: time_text(self.self_cpu_time_total))
    cpu_time_str = property(lambda self: time_text(self.cpu_time))


class FunctionEvent(_Timed):
    """One call: its name, its time, and the calls inside of it."""

    count = 1

    def __init__(self, id: int, name: str, start: float, shapes: Any = ()) -> None:
        self.id, self.name, self.key, self.thread = id, name, name, 1
        self.input_shapes = shapes
        self.time_range = Interval(start, start)
        self.cpu_children: list[FunctionEvent] = []
        self.cpu_parent: FunctionEvent | None = None

    @property
    def cpu_time_total(self) -> float:  # type: ignore[override]  # justified: derived
        return self.time_range.elapsed_us()

    @property
    def self_cpu_time_total(self) -> float:  # type: ignore[override]  # justified: derived
        inner = sum(child.cpu_time_total for child in self.cpu_children)
        return max(0.0, self.cpu_time_total - inner)

    def __repr__(self) -> str:
        return f"<FunctionEvent id={self.id} name={self.name} thread={self.thread}>"


class FunctionEventAvg(_Timed):
    """All calls of one name (and of one list of input shapes) taken together."""

    def __init__(self, key: str, shapes: Any = ()) -> None:
        self.key, self.input_shapes = key, shapes
        self.count, self.cpu_time_total, self.self_cpu_time_total = 0, 0.0, 0.0

    def add(self, event: Any) -> None:
        self.count += event.count
        self.cpu_time_total += event.cpu_time_total
        self.self_cpu_time_total += event.self_cpu_time_total

    def __repr__(self) -> str:
        return (
            f"<FunctionEventAvg key={self.key} self_cpu_time="
            f"{self.self_cpu_time_total_str} cpu_time={self.cpu_time_str}>"
        )


class EventList(list):  # type: ignore[type-arg]  # justified: of events, or averages
    """Events in the order of their calls, or averages."""

    def __init__(self, events: Iterable[Any] = (), **_: Any) -> None:
        super().__init__(events)

    @property
    def self_cpu_time_total(self) -> float:
        return sum(event.self_cpu_time_total for event in self)

    def key_averages(
        self, group_by_input_shape: bool = False, group_by_stack_n: int = 0, **_: Any
    ) -> EventList:
        """One average for each name."""
        found: dict[Any, FunctionEventAvg] = {}
        for event in self:
            shapes = event.input_shapes if group_by_input_shape else ()
            key = event.key, str(shapes)
            if key not in found:
                found[key] = FunctionEventAvg(event.key, shapes)
            found[key].add(event)
        return EventList(found.values())

    def total_average(self) -> FunctionEventAvg:
        total = FunctionEventAvg("Total")
        for event in self:
            total.add(event)
        return total

    def table(
        self,
        sort_by: str | None = None,
        row_limit: int = 100,
        max_name_column_width: int = 55,
        header: str | None = None,
        **_: Any,
    ) -> str:
        """The events as lines of a table, the largest by `sort_by` first."""
        if not self:
            return ""
        rows = list(self)
        if sort_by is not None:
            rows.sort(key=lambda event: getattr(event, sort_by), reverse=True)
        whole = self.self_cpu_time_total
        cells = [_cells(event, whole) for event in rows[: max(row_limit, 0) or None]]
        width = min(max(len(str(e.key)) for e in self) + 4, max_name_column_width)
        widths = [width, *(max(len(title), 12) for title in _TITLES[1:])]
        line = "  ".join("-" * w for w in widths)
        lines = [line, _row(_TITLES, widths), line]
        lines += [_row(c, widths) for c in cells]
        if header is not None:
            lines = ["=" * len(line), header, *lines]
        return "\n".join([*lines, line, f"Self CPU time total: {time_text(whole)}", ""])

    def __str__(self) -> str:
        return self.table()

    def export_chrome_trace(self, path: str) -> None:
        """Write the events as a trace that browsers show."""
        import json

        events = [
            {
                "name": event.name,
                "ph": "X",
                "ts": event.time_range.start,
                "dur": event.cpu_time_total,
                "tid": event.thread,
                "pid": "CPU functions",
                "args": {},
            }
            for event in self
        ]
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"traceEvents": events}, file)


_TITLES = (
    "Name",
    "Self CPU %",
    "Self CPU",
    "CPU total %",
    "CPU total",
    "CPU time avg",
    "# of Calls",
)


def _cells(event: Any, whole: float) -> tuple[str, ...]:
    def share(part: float) -> str:
        return f"{100 * part / whole if whole else 0:.2f}%"

    return (
        str(event.key),
        share(event.self_cpu_time_total),
        event.self_cpu_time_total_str,
        share(event.cpu_time_total),
        event.cpu_time_total_str,
        event.cpu_time_str,
        str(event.count),
    )


def _row(cells: Iterable[str], widths: list[int]) -> str:
    return "  ".join(
        (c if len(c) <= w else c[: w - 3] + "...").rjust(w)
        for c, w in zip(cells, widths, strict=True)
    )


def time_text(us: float) -> str:
    """A time with the unit that fits it."""
    if us >= 1e6:
        return f"{us / 1e6:.3f}s"
    return f"{us / 1e3:.3f}ms" if us >= 1e3 else f"{us:.3f}us"
