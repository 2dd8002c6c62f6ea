"""The steps of a pipeline: datasets of the rows of other datasets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from isograd.base.mersenne import Mersenne, Mersenne64
from isograd.mindspore.dataset import config
from isograd.mindspore.dataset.errors import described, pipeline_error, python_error
from isograd.mindspore.dataset.pipeline import BatchInfo, Dataset, Row, Run, as_array


def between(start: int, count: int) -> Callable[[Iterator[Row]], Iterator[Row]]:
    return lambda rows: islice(rows, start, start + count)


def kept(
    rows: Iterator[Row], predicate: Any, columns: list[str], names: list[str]
) -> Iterator[Row]:
    for n in names:
        if n not in columns:
            raise pipeline_error(
                f"Invalid parameter, column name: {n} does not exist in the dataset "
                "columns."
            )
    at = [columns.index(n) for n in names]
    return (r for r in rows if predicate(*(r[i] for i in at)))


class Step(Dataset):
    def __init__(self, source: Dataset) -> None:
        self.source = source
        self.columns = list(source.columns)
        self.children = [source]

    def get_batch_size(self) -> int:
        return self.source.get_batch_size()

    def get_repeat_count(self) -> int:
        return self.source.get_repeat_count()


class Rows(Step):
    """A function of the iterator over rows."""

    def __init__(
        self,
        source: Dataset,
        fn: Callable[[Iterator[Row]], Iterable[Row]],
        count: int | None = None,
    ) -> None:
        super().__init__(source)
        self.fn, self.count = fn, count

    def rows(self, run: Run) -> Iterator[Row]:
        return iter(self.fn(self.source.rows(run)))

    def size(self) -> int:
        return super().size() if self.count is None else self.count


class Batch(Step):
    def __init__(
        self,
        source: Dataset,
        count: Any,
        drop: bool,
        pad: Any = None,
        mapping: Any = None,
    ) -> None:
        super().__init__(source)
        self.batch_of, self.drop, self.pad = count, drop, pad
        self.mapping = mapping
        if mapping is not None:
            self.columns = _renamed(self.columns, mapping[1], mapping[2])

    def rows(self, run: Run) -> Iterator[Row]:
        part: list[Row] = []
        info = BatchInfo(run.epoch, 0)
        for row in self.source.rows(run):
            part.append(row)
            if len(part) == self._wanted(info):
                yield self._stacked(part, info)
                part = []
                info = BatchInfo(run.epoch, info.get_batch_num() + 1)
        if part and not self.drop:
            yield self._stacked(part, info)

    def _wanted(self, info: BatchInfo) -> int:
        count: Any = self.batch_of
        found: Any = count(info) if callable(count) else count
        return found

    def _stacked(self, part: list[Row], info: BatchInfo) -> Row:
        columns: Any = list(zip(*part, strict=True))
        if self.pad is not None:
            columns = [
                self._padded(n, c) for n, c in zip(self.columns, columns, strict=True)
            ]
        if self.mapping is not None:
            columns = self._mapped(columns, info, len(part))
        return tuple(_stack(i, c) for i, c in enumerate(columns))

    def _mapped(self, columns: list[Any], info: BatchInfo, count: int) -> list[Any]:
        """The columns after the function of whole batches."""
        fn, inputs, outputs = self.mapping
        named = dict(zip(self.source.columns, columns, strict=True))
        try:
            found = fn(*(list(named.pop(n)) for n in inputs), info)
        except Exception as error:
            raise python_error(described(error)) from None
        made = found if isinstance(found, tuple) else (found,)
        if len(made) != len(outputs):
            raise pipeline_error(
                "Invalid columns, the number of columns returned in 'per_batch_map' "
                f"function should be {len(outputs)}, but got: {len(made)}"
            )
        for name, values in zip(outputs, made, strict=True):
            if len(values) != count:
                raise pipeline_error(
                    f"Invalid data, column: {name} expects: {count} rows returned "
                    f"from 'per_batch_map', got: {len(values)}"
                )
            named[name] = [as_array(v) for v in values]
        return [named[c] for c in self.columns]

    def _padded(self, name: str, values: Any) -> Any:
        shape, fill = self.pad.get(name, (None, 0))
        arrays = [np.asarray(v) for v in values]
        most = [max(sizes) for sizes in zip(*(a.shape for a in arrays), strict=True)]
        target = (
            most
            if shape is None
            else [m if n is None else n for n, m in zip(shape, most, strict=True)]
        )
        return [
            np.pad(
                a,
                [(0, t - n) for n, t in zip(a.shape, target, strict=True)],
                constant_values=fill or 0,
            )
            if a.ndim
            else a
            for a in arrays
        ]

    def size(self) -> int:
        if callable(self.batch_of):
            return super().size()
        n, k = self.source.size(), self.batch_of
        return n // k if self.drop else -(-n // k)

    def get_batch_size(self) -> int:
        return -1 if callable(self.batch_of) else self.batch_of


def _stack(at: int, values: Any) -> np.ndarray:
    arrays = [np.asarray(v) for v in values]
    for a in arrays:
        if a.shape != arrays[0].shape:
            raise pipeline_error(
                f"Cannot batch tensors with different shapes in column {at}. First "
                f"element had shape {_sizes(arrays[0])} and this element had shape "
                f"{_sizes(a)}"
            )
    return np.stack(arrays)


def _sizes(a: np.ndarray) -> str:
    return "<" + ",".join(map(str, a.shape)) + ">"


def _renamed(columns: list[str], inputs: list[str], outputs: list[str]) -> list[str]:
    """The outputs where the first input stands, or at their own places."""
    if len(inputs) == len(outputs):
        table = dict(zip(inputs, outputs, strict=True))
        return [table.get(c, c) for c in columns]
    return outputs + [c for c in columns if c not in inputs]


class Buckets(Step):
    """Batches of rows whose lengths fall between the same boundaries."""

    def __init__(
        self, source: Dataset, length: Any, bounds: Any, sizes: Any, rest: Any
    ) -> None:
        super().__init__(source)
        self.length_columns, self.length = length
        self.bounds, self.sizes = bounds, sizes
        pad, self.drop = rest
        self.form = Batch(source, 1, False, pad)

    def rows(self, run: Run) -> Iterator[Row]:
        held: list[list[Row]] = [[] for _ in self.sizes]
        at = [self.columns.index(n) for n in self.length_columns]
        info = BatchInfo(run.epoch, 0)
        for row in self.source.rows(run):
            length = self.length(*(row[i] for i in at))
            which = sum(1 for b in self.bounds if length >= b)
            held[which].append(row)
            if len(held[which]) == self.sizes[which]:
                yield self.form._stacked(held[which], info)
                held[which] = []
        for part in held:
            if part and not self.drop:
                yield self.form._stacked(part, info)


class Shuffle(Step):
    """Each row given is replaced by the last of the buffer, that by the next row."""

    def __init__(self, source: Dataset, buffer: int) -> None:
        super().__init__(source)
        self.buffer = buffer

    def is_shuffled(self) -> bool:
        return True

    def rows(self, run: Run) -> Iterator[Row]:
        rng = run.of(self, lambda: Mersenne64(config.fresh_seed()))
        rows = self.source.rows(run)
        held = list(islice(rows, self.buffer))
        while held:
            i = rng() % len(held)
            yield held[i]
            held[i] = held[-1]
            held.pop()
            held.extend(islice(rows, 1))

    def size(self) -> int:
        return self.source.size()


class Shuffled(Step):
    """All rows in an order of the seed, the same one in every epoch."""

    def __init__(self, source: Dataset) -> None:
        super().__init__(source)
        self.seed = config.fresh_seed()

    def is_shuffled(self) -> bool:
        return True

    def rows(self, run: Run) -> Iterator[Row]:
        return iter(Mersenne(self.seed).shuffle(list(self.source.rows(run))))


class Map(Step):
    def __init__(
        self,
        source: Dataset,
        operations: list[Any],
        inputs: list[str],
        outputs: list[str],
    ) -> None:
        super().__init__(source)
        for n in inputs:
            if n not in source.columns:
                raise pipeline_error(
                    f"Invalid parameter, input column name: {n} doesn't exist in the "
                    "dataset columns."
                )
        self.operations, self.inputs, self.outputs = operations, inputs, outputs
        self.columns = _renamed(self.columns, inputs, outputs)

    def rows(self, run: Run) -> Iterator[Row]:
        run.of(self, self._begin)
        for row in self.source.rows(run):
            named = dict(zip(self.source.columns, row, strict=True))
            values = self._applied(tuple(named.pop(n) for n in self.inputs))
            if len(values) != len(self.outputs):
                raise pipeline_error(
                    "Invalid columns, the number of columns returned in 'map' "
                    "operations should match the number of 'output_columns', but got "
                    "the number of columns returned in 'map' operations: "
                    f"{len(values)}, the number of 'output_columns': "
                    f"{len(self.outputs)}."
                )
            named.update(zip(self.outputs, map(as_array, values), strict=True))
            yield tuple(named[c] for c in self.columns)

    def _begin(self) -> bool:
        for op in self.operations:
            getattr(op, "begin", bool)()
        return True

    def _applied(self, values: Any) -> Any:
        for op in self.operations:
            try:
                found = op(*values)
            except RuntimeError as error:
                if "Dataset Pipeline Error Message" in str(error):
                    raise
                raise _map_error(op, error) from None
            except Exception as error:
                raise _map_error(op, error) from None
            values = found if isinstance(found, tuple) else (found,)
        return values

    def size(self) -> int:
        return self.source.size()


def _map_error(op: Any, error: Exception) -> RuntimeError:
    plain = type(op).__module__.startswith("isograd.")
    name = type(op).__name__ if plain else "PyFunc"
    return python_error(
        f"map operation: [{name}] failed. Error description:\n{described(error)}"
    )


class Repeat(Step):
    def __init__(self, source: Dataset, count: int) -> None:
        super().__init__(source)
        self.count = count

    def rows(self, run: Run) -> Iterator[Row]:
        done = 0
        while done != self.count:
            yield from self.source.rows(run)
            done += 1

    def size(self) -> int:
        return self.source.size() * max(1, self.count)

    def get_repeat_count(self) -> int:
        return self.count


class Concat(Step):
    def __init__(self, parts: list[Dataset]) -> None:
        super().__init__(parts[0])
        self.children = parts
        if any(p.columns != self.columns for p in parts):
            raise pipeline_error(
                "Invalid columns, 'column name' or 'column order' of concat datasets "
                "should be the same."
            )

    def rows(self, run: Run) -> Iterator[Row]:
        for p in self.children:
            yield from p.rows(run)

    def size(self) -> int:
        return sum(p.size() for p in self.children)


class Zip(Dataset):
    def __init__(self, parts: Sequence[Dataset]) -> None:
        self.children = list(parts)
        self.columns = []
        for c in (c for p in parts for c in p.columns):
            if c in self.columns:
                raise pipeline_error(
                    f"Invalid data, duplicate column {c} already exists when zipping "
                    "datasets."
                )
            self.columns.append(c)

    def rows(self, run: Run) -> Iterator[Row]:
        for rows in zip(*(p.rows(run) for p in self.children), strict=False):
            yield tuple(v for row in rows for v in row)

    def size(self) -> int:
        return min(p.size() for p in self.children)
