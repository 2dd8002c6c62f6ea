"""`torch.utils.benchmark`: timed statements, and tables that compare them."""

from __future__ import annotations

import dataclasses
import itertools
import math
import timeit
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from isograd.base.missing import MissingName, missing_text, module_getattr

__all__ = ["Compare", "Measurement", "TaskSpec", "Timer"]
__getattr__ = module_getattr("torch.utils.benchmark", "torch")
timer = timeit.default_timer
_RESOLUTION = 25e-9  # seconds: no confidence interval is smaller
_MOST_FIGURES = 4
_UNITS = {-3: ("ns", 1e-9), -2: ("us", 1e-6), -1: ("ms", 1e-3)}
_ENGLISH = {
    "ns": "nanoseconds",
    "us": "microseconds",
    "ms": "milliseconds",
    "s": "seconds",
}


def select_unit(t: float) -> tuple[str, float]:
    """The unit for a time in seconds: its name, and what it is in seconds."""
    return _UNITS.get(int(np.log10(t) // 3), ("s", 1.0))


@dataclasses.dataclass(frozen=True)
class TaskSpec:
    """What was timed."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self) -> str:
        if self.label is None:
            return self.stmt
        return self.label + (f": {self.sub_label}" if self.sub_label else "")

    def setup_str(self) -> str:
        if self.setup in ("", "pass"):
            return ""
        if "\n" not in self.setup:
            return f"setup: {self.setup}"
        lines = "\n".join(f"  {line}" for line in self.setup.splitlines())
        return f"setup:\n{lines}\n"

    def summarize(self) -> str:
        parts = [self.title, self.description or "", self.setup_str()]
        return "\n".join(p for p in parts if p)


@dataclasses.dataclass
class Measurement:
    """Times of a statement: `raw_times`, each of `number_per_run` runs."""

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict[Any, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if name in TaskSpec.__dataclass_fields__ or name == "title":
            return getattr(self.task_spec, name)
        raise AttributeError(name)

    @property
    def times(self) -> list[float]:
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def median(self) -> float:
        return float(np.median(self.times))

    @property
    def mean(self) -> float:
        return float(np.mean(self.times))

    @property
    def iqr(self) -> float:
        """The range between the first and the third quartile."""
        low, high = np.quantile(self.times, [0.25, 0.75])
        return float(high - low)

    @property
    def significant_figures(self) -> int:
        """Figures that a 90 % confidence interval of the middle half leaves."""
        n = len(self.raw_times)
        middle = sorted(self.times)[n // 4 : math.ceil(3 * n / 4)]
        interval = max(1.645 * float(np.std(middle)) / math.sqrt(n), _RESOLUTION)
        figures = math.floor(-math.log10(interval / self.median))
        return min(max(figures, 1), _MOST_FIGURES)

    @property
    def has_warnings(self) -> bool:
        return self.iqr / self.median > 0.1

    @property
    def as_row_name(self) -> str:
        return self.sub_label or self.stmt or "[Unknown]"

    def meets_confidence(self, threshold: float = 0.1) -> bool:
        return len(self.raw_times) > 3 and self.iqr / self.median < threshold

    def __repr__(self) -> str:
        unit, scale = select_unit(self.median)
        n, middle = len(self.raw_times), self.median / scale
        lines = [*self.task_spec.summarize().split("\n")]
        figure = f"{middle:.2f} {unit}"
        lines.append(f"  Median: {figure}" if n > 1 else f"  {figure}")
        if n > 3:
            low, high = np.quantile(self.times, [0.25, 0.75]) / scale
            spread = f"{self.iqr / scale:.2f} {unit} ({low:.2f} to {high:.2f})"
            lines.append(f"  IQR:    {spread}")
        each = "per measurement" if n > 1 else ""
        threads = f"{self.num_threads} thread{'s' if self.num_threads > 1 else ''}"
        lines.append(
            f"  {n} measurement{'s' if n > 1 else ''}, {self.number_per_run} runs "
            f"{each}, {threads}"
        )
        if self.has_warnings:
            lines += _warning(self.iqr / self.median)
        place = (
            f"torch.utils.benchmark.utils.common.Measurement object at {hex(id(self))}"
        )
        return f"<{place}>\n" + "\n".join(lines)

    @staticmethod
    def merge(measurements: Iterable[Measurement]) -> list[Measurement]:
        """Measurements of equal tasks as one each."""
        groups: dict[TaskSpec, list[Measurement]] = {}
        for m in measurements:
            groups.setdefault(m.task_spec, []).append(m)
        return [
            Measurement(1, [t for m in ms for t in m.times], spec)
            for spec, ms in groups.items()
        ]


def _warning(share: float) -> list[str]:
    why = (
        "This could indicate system fluctuation."
        if share < 0.25
        else "This suggests significant environmental influence."
    )
    percent = f"{share * 100:.1f}%"
    return [
        f"  WARNING: Interquartile range is {percent} of the median measurement.",
        f"           {why}",
    ]


class Timer:
    """Times a statement of Python, with torch's names in reach."""

    def __init__(
        self,
        stmt: str = "pass",
        setup: str = "pass",
        global_setup: str = "",
        timer: Callable[[], float] = timer,
        globals: dict[str, Any] | None = None,
        label: str | None = None,
        sub_label: str | None = None,
        description: str | None = None,
        env: str | None = None,
        num_threads: int = 1,
        language: Any = "python",
    ) -> None:
        if "c" in str(language).lower().replace("python", ""):
            raise MissingName(missing_text("torch.utils.benchmark.Timer(C++)", "torch"))
        import isograd.torch

        names = {"torch": isograd.torch} | (globals or {})
        self._timer = timeit.Timer(stmt, setup, timer=timer, globals=names)
        self._task_spec = TaskSpec(
            stmt.strip(),
            setup,
            global_setup,
            label,
            sub_label,
            description,
            env,
            num_threads,
        )

    def _measured(self, number: int, times: list[float]) -> Measurement:
        return Measurement(number, times, self._task_spec)

    def timeit(self, number: int = 1_000_000) -> Measurement:
        """One measurement of `number` runs, after a few to warm up."""
        self._timer.timeit(max(number // 100, 2))
        return self._measured(number, [self._timer.timeit(number)])

    def repeat(self, repeat: int = -1, number: int = -1) -> Any:
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    autorange = repeat

    def _block(self, least: float) -> int:
        """How many runs take `least` seconds."""
        number = 1
        while (took := self._timer.timeit(number)) < least:
            number *= 10 if took < least / 10 else 2
        return number

    def blocked_autorange(
        self, callback: Any = None, min_run_time: float = 0.2
    ) -> Measurement:
        """Measurements of blocks of runs until `min_run_time` is over."""
        number = self._block(min(min_run_time / 20, 0.01))
        times: list[float] = []
        while sum(times) < min_run_time:
            times.append(self._timer.timeit(number))
            if callback is not None:
                callback(number, times[-1])
        return self._measured(number, times)

    def adaptive_autorange(
        self,
        threshold: float = 0.1,
        *,
        min_run_time: float = 0.01,
        max_run_time: float = 10.0,
        callback: Any = None,
    ) -> Measurement:
        """The same until quartiles differ by less than a share `threshold`."""
        number, times = self._block(min_run_time / 10), []
        while sum(times) < max_run_time:
            times.append(self._timer.timeit(number))
            found = self._measured(number, times)
            if sum(times) >= min_run_time and found.meets_confidence(threshold):
                break
        return self._measured(number, times)

    def collect_callgrind(self, *_: Any, **__: Any) -> Any:
        name = "torch.utils.benchmark.Timer.collect_callgrind"
        raise MissingName(missing_text(name, "torch"))


# --- tables ---------------------------------------------------------------------------


class Compare:
    """A table of medians: a row for each sub_label, a column for each description."""

    def __init__(self, results: Iterable[Measurement]) -> None:
        self._results = [*results]
        self._trim = False

    def extend_results(self, results: Iterable[Measurement]) -> None:
        for r in results:
            if not isinstance(r, Measurement):
                raise ValueError(
                    f"Expected an instance of `Measurement`, got {type(r)}"
                )
            self._results.append(r)

    def trim_significant_figures(self) -> None:
        self._trim = True

    def colorize(self, rowwise: bool = False) -> None:
        """Colours are left out."""

    def highlight_warnings(self) -> None:
        """Warnings are left out."""

    def print(self) -> None:
        print(self)

    def __str__(self) -> str:
        groups: dict[Any, list[Measurement]] = {}
        for m in Measurement.merge(self._results):
            groups.setdefault((m.label, m.label is None and m.stmt), []).append(m)
        return "\n".join(self._table(g) for g in groups.values())

    __repr__ = object.__repr__

    def _table(self, ms: list[Measurement]) -> str:
        unit, scale = select_unit(min(m.median for m in ms))
        columns = dict.fromkeys(m.description or "" for m in ms)
        rows = sorted(
            dict.fromkeys((m.num_threads, m.as_row_name) for m in ms),
            key=lambda row: row[0],
        )
        cells = [["", *(f"      {name}" for _, name in rows)]]
        for title in columns:
            mine = {
                (m.num_threads, m.as_row_name): m
                for m in ms
                if (m.description or "") == title
            }
            cells.append([title, *self._column(mine, rows, scale)])
        return self._layout(ms[0].title.split(":")[0], cells, rows, unit)

    def _column(
        self, mine: dict[Any, Measurement], rows: Any, scale: float
    ) -> list[str]:
        whole = {k: math.ceil(math.log10(m.median / scale)) for k, m in mine.items()}
        digits = max(whole.values())
        decimals = 1
        if self._trim:
            spare = [m.significant_figures - whole[k] for k, m in mine.items()]
            decimals = max(0, min(spare))
        width = digits + decimals + (1 if decimals else 0)
        return [
            f"{mine[r].median / scale:>{width}.{decimals}f}" if r in mine else ""
            for r in rows
        ]

    def _layout(self, title: str, cells: Any, rows: Any, unit: str) -> str:
        widths = [max(map(len, column)) for column in cells]
        lines = [
            "  |  ".join(
                [line[0].ljust(widths[0])]
                + [c.center(w) for c, w in zip(line[1:], widths[1:], strict=True)]
            )
            for line in zip(*cells, strict=True)
        ]
        width = len(lines[0])
        out = [f"[{f' {title} '.center(width - 2, '-')}]", lines[0]]
        body = zip(rows, lines[1:], strict=True)
        for threads, group in itertools.groupby(body, lambda pair: pair[0][0]):
            out.append(f"{threads} threads: ".ljust(width, "-"))
            out += [line for _, line in group]
        return "\n".join([*out, f"\nTimes are in {_ENGLISH[unit]} ({unit}).\n"])
