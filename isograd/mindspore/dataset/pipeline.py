"""Datasets: rows of named columns, and the steps that rows pass through."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from isograd.mindspore.dataset import config
from isograd.mindspore.tensor import Tensor

Row = tuple[Any, ...]
_RULE = "-" * 66
_MOST = 2**31 - 1


def pipeline_error(text: str) -> RuntimeError:
    """The error of a step, with the frame that MindSpore prints around it."""
    return RuntimeError(
        "Exception thrown from dataset pipeline. Refer to 'Dataset Pipeline Error "
        f"Message'. \n\n{_RULE}\n- Dataset Pipeline Error Message: \n{_RULE}\n"
        f"[ERROR] {text}\n"
    )


def interval_error(name: str, least: int) -> ValueError:
    return ValueError(
        f"Input {name} is not within the required interval of [{least}, {_MOST}]."
    )


def as_array(value: Any) -> Any:
    """A column's value as an array; strings and dicts as they are."""
    if isinstance(value, Tensor):
        return value.asnumpy()
    return value if isinstance(value, dict) else np.asarray(value)


class Dataset:
    """Base: `rows()` gives the rows of one pass, `columns` their names."""

    columns: list[str]

    def rows(self) -> Iterator[Row]:
        raise NotImplementedError

    def size(self) -> int:
        return sum(1 for _ in self.rows())

    # --- steps ------------------------------------------------------------------------

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_workers: Any = None,
        per_batch_map: Any = None,
        input_columns: Any = None,
        output_columns: Any = None,
        **_: Any,
    ) -> Dataset:
        """Rows stacked, `batch_size` at a time.

        Raises:
            ValueError: for a batch_size that is no positive int.
        """
        if not callable(batch_size) and (
            isinstance(batch_size, bool)
            or not isinstance(batch_size, int)
            or batch_size <= 0
        ):
            raise interval_error("batch_size", 1)
        out: Dataset = _Batch(self, batch_size, drop_remainder)
        if per_batch_map is not None:
            names = _names(input_columns) or self.columns
            out = _Map(
                out,
                [lambda *c: per_batch_map(*c, None)],
                names,
                _names(output_columns) or names,
            )
        return out

    def padded_batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_workers: Any = None,
        pad_info: Any = None,
    ) -> Dataset:
        """Batches of rows padded to one shape."""
        return _Batch(self, batch_size, drop_remainder, pad_info or {})

    def shuffle(self, buffer_size: int) -> Dataset:
        """Rows in random order, out of a buffer."""
        if isinstance(buffer_size, bool) or not isinstance(buffer_size, int):
            raise TypeError(
                f"Argument buffer_size with value {buffer_size} is not of "
                f"type [<class 'int'>], but got {type(buffer_size)}."
            )
        if buffer_size < 2:
            raise ValueError(
                "Input buffer_size is not within the required interval of "
                "[2, 2147483647]."
            )
        return _Shuffle(self, buffer_size)

    def map(
        self,
        operations: Any,
        input_columns: Any = None,
        output_columns: Any = None,
        num_parallel_workers: Any = None,
        **_: Any,
    ) -> Dataset:
        """Columns passed through functions, one after another."""
        ops = list(operations) if isinstance(operations, list | tuple) else [operations]
        for op in ops:
            if not callable(op):
                raise ValueError(
                    "Parameter operations's element of method map should be a python "
                    "function or class method which should be callable, but got: "
                    f"{op}. It doesn't need parentheses for python function or class "
                    "method."
                )
        names = _names(input_columns) or self.columns
        return _Map(self, ops, names, _names(output_columns) or names)

    def flat_map(self, func: Callable[..., Any]) -> Dataset:
        parts = [func(*row) for row in self.rows()]
        out = parts[0]
        for p in parts[1:]:
            out = out + p
        return out

    def filter(
        self,
        predicate: Callable[..., Any],
        input_columns: Any = None,
        num_parallel_workers: Any = None,
    ) -> Dataset:
        names = _names(input_columns) or self.columns
        at = [self.columns.index(n) for n in names]
        return _Rows(
            self, lambda rows: (r for r in rows if predicate(*(r[i] for i in at)))
        )

    def repeat(self, count: int | None = None) -> Dataset:
        """The rows `count` times over; None and -1: without end.

        Raises:
            ValueError: for a count that is neither -1 nor positive.
        """
        if count is not None and count != -1 and not 0 < count <= _MOST:
            raise ValueError(
                "count should be either -1 or positive integer, range[1, INT32_MAX]."
            )
        return _Repeat(self, -1 if count is None else count)

    def skip(self, count: int) -> Dataset:
        if not 0 <= count <= _MOST:
            raise interval_error("count", 0)
        return _Rows(self, lambda rows: (r for i, r in enumerate(rows) if i >= count))

    def take(self, count: int = -1) -> Dataset:
        if count == -1:
            return self
        if not 0 < count <= _MOST:
            raise ValueError(
                "count should be either -1 or within the required interval of (0, "
                f"{_MOST}], got {count}."
            )
        return _Rows(
            self, lambda rows: (r for r, _ in zip(rows, range(count), strict=False))
        )

    def split(self, sizes: Sequence[Any], randomize: bool = True) -> list[Dataset]:
        """Parts with the given numbers, or fractions, of rows."""
        rows = list(self.rows())
        if randomize:
            rows = [rows[i] for i in config.generator().permutation(len(rows))]
        counts = [round(s * len(rows)) if isinstance(s, float) else s for s in sizes]
        counts[-1] = len(rows) - sum(counts[:-1])
        out: list[Dataset] = []
        for i, n in enumerate(counts):
            start = sum(counts[:i])
            out.append(_Fixed(self.columns, rows[start : start + n]))
        return out

    def rename(self, input_columns: Any, output_columns: Any) -> Dataset:
        old, new = _names(input_columns), _names(output_columns)
        if len(old) != len(new):
            raise ValueError("Number of column names must be the same.")
        table = dict(zip(old, new, strict=True))
        out = _Rows(self, lambda rows: rows)
        out.columns = [table.get(c, c) for c in self.columns]
        return out

    def project(self, columns: Any) -> Dataset:
        names = _names(columns)
        at = [self.columns.index(n) for n in names]
        out = _Rows(self, lambda rows: (tuple(r[i] for i in at) for r in rows))
        out.columns = names
        return out

    def zip(self, datasets: Any) -> Dataset:
        more = datasets if isinstance(datasets, tuple | list) else (datasets,)
        return zip_datasets((self, *more))

    def concat(self, datasets: Any) -> Dataset:
        more = datasets if isinstance(datasets, tuple | list) else (datasets,)
        return _Concat([self, *more])

    def __add__(self, other: Any) -> Dataset:
        return self.concat(other)

    # --- reading ----------------------------------------------------------------------

    def create_dict_iterator(
        self, num_epochs: int = -1, output_numpy: bool = False, do_copy: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Rows of one pass as dicts of Tensors (or arrays) by column."""
        return _Iterator(self, output_numpy, as_dict=True)

    def create_tuple_iterator(
        self,
        columns: Any = None,
        num_epochs: int = -1,
        output_numpy: bool = False,
        do_copy: bool = False,
    ) -> Iterator[list[Any]]:
        """Rows of one pass as lists of Tensors (or arrays)."""
        source = self if columns is None else self.project(columns)
        return _Iterator(source, output_numpy, as_dict=False)

    def __iter__(self) -> Iterator[list[Any]]:
        return self.create_tuple_iterator(num_epochs=1)

    def get_dataset_size(self) -> int:
        return self.size()

    def __len__(self) -> int:
        return self.size()

    def get_col_names(self) -> list[str]:
        return self.columns

    def get_batch_size(self) -> int:
        return 1

    def get_repeat_count(self) -> int:
        return 1

    def _first(self) -> Row:
        return next(iter(self.rows()))

    def output_shapes(self, estimate: bool = False) -> list[list[int]]:
        return [list(np.shape(v)) for v in self._first()]

    def output_types(self) -> list[Any]:
        return [np.asarray(v).dtype for v in self._first()]

    def num_classes(self) -> Any:
        return None

    def reset(self) -> None:
        """Nothing: each pass begins anew."""

    close_pool = sync_update = reset

    def device_que(self, *_: Any, **__: Any) -> Dataset:
        return self


def _names(columns: Any) -> list[str]:
    if columns is None:
        return []
    return [columns] if isinstance(columns, str) else list(columns)


class _Iterator:
    """One pass; `num_epochs` of MindSpore only says how many passes will come."""

    def __init__(self, source: Dataset, output_numpy: bool, as_dict: bool) -> None:
        self.source, self.output_numpy, self.as_dict = source, output_numpy, as_dict
        self.rows = source.rows()

    def __iter__(self) -> Any:
        self.rows = self.source.rows()
        return self

    def __next__(self) -> Any:
        row = [self._out(v) for v in next(self.rows)]
        if not self.as_dict:
            return row
        return dict(zip(self.source.columns, row, strict=True))

    def get_next(self) -> Any:
        return next(self)

    def _out(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: self._out(v) for k, v in value.items()}
        a = np.asarray(value)
        return a if self.output_numpy or a.dtype.kind in "USO" else Tensor(a)


class _Step(Dataset):
    def __init__(self, source: Dataset) -> None:
        self.source = source
        self.columns = list(source.columns)
        self.children = [source]

    def get_batch_size(self) -> int:
        return self.source.get_batch_size()

    def get_repeat_count(self) -> int:
        return self.source.get_repeat_count()


class _Rows(_Step):
    """A function of the iterator over rows."""

    def __init__(
        self, source: Dataset, fn: Callable[[Iterator[Row]], Iterable[Row]]
    ) -> None:
        super().__init__(source)
        self.fn = fn

    def rows(self) -> Iterator[Row]:
        return iter(self.fn(self.source.rows()))


class _Fixed(Dataset):
    def __init__(self, columns: list[str], rows: list[Row]) -> None:
        self.columns, self._fixed = list(columns), rows

    def rows(self) -> Iterator[Row]:
        return iter(self._fixed)

    def size(self) -> int:
        return len(self._fixed)


class _Batch(_Step):
    def __init__(
        self, source: Dataset, count: Any, drop: bool, pad: Any = None
    ) -> None:
        super().__init__(source)
        self.count, self.drop, self.pad = count, drop, pad

    def rows(self) -> Iterator[Row]:
        part: list[Row] = []
        for row in self.source.rows():
            part.append(row)
            if len(part) == self._wanted():
                yield self._stacked(part)
                part = []
        if part and not self.drop:
            yield self._stacked(part)

    def _wanted(self) -> int:
        count: Any = self.count
        found: Any = count(None) if callable(count) else count
        return found

    def _stacked(self, part: list[Row]) -> Row:
        columns = list(zip(*part, strict=True))
        if self.pad is not None:
            columns = [
                self._padded(n, c) for n, c in zip(self.columns, columns, strict=True)
            ]
        try:
            return tuple(np.stack([np.asarray(v) for v in c]) for c in columns)
        except ValueError:
            raise pipeline_error(
                "Inconsistent batch shapes, batch operation expects same shape for "
                "each data row."
            ) from None

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
        n, k = self.source.size(), self._wanted()
        return n // k if self.drop else -(-n // k)

    def get_batch_size(self) -> int:
        return self._wanted()


class _Shuffle(_Step):
    def __init__(self, source: Dataset, buffer: int) -> None:
        super().__init__(source)
        self.buffer = buffer
        self.passes = 0

    def rows(self) -> Iterator[Row]:
        rng = config.generator()
        for _ in range(self.passes):  # each pass has an order of its own
            rng = np.random.default_rng(int(rng.integers(2**32)))
        self.passes += 1
        held: list[Row] = []
        for row in self.source.rows():
            if len(held) < self.buffer:
                held.append(row)
                continue
            i = int(rng.integers(len(held)))
            yield held[i]
            held[i] = row
        for i in rng.permutation(len(held)):
            yield held[i]

    def size(self) -> int:
        return self.source.size()


class _Map(_Step):
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
        at = self.columns.index(inputs[0])
        rest = [c for c in self.columns if c not in inputs]
        before = len([c for c in self.columns[:at] if c not in inputs])
        self.columns = rest[:before] + outputs + rest[before:]

    def rows(self) -> Iterator[Row]:
        for row in self.source.rows():
            named = dict(zip(self.source.columns, row, strict=True))
            values: Any = tuple(named.pop(n) for n in self.inputs)
            for op in self.operations:
                found = op(*values)
                values = found if isinstance(found, tuple) else (found,)
            named.update(zip(self.outputs, map(as_array, values), strict=True))
            yield tuple(named[c] for c in self.columns)

    def size(self) -> int:
        return self.source.size()


class _Repeat(_Step):
    def __init__(self, source: Dataset, count: int) -> None:
        super().__init__(source)
        self.count = count

    def rows(self) -> Iterator[Row]:
        done = 0
        while done != self.count:
            yield from self.source.rows()
            done += 1

    def size(self) -> int:
        return self.source.size() * max(1, self.count)

    def get_repeat_count(self) -> int:
        return self.count


class _Concat(_Step):
    def __init__(self, parts: list[Dataset]) -> None:
        super().__init__(parts[0])
        self.parts = parts

    def rows(self) -> Iterator[Row]:
        for p in self.parts:
            yield from p.rows()

    def size(self) -> int:
        return sum(p.size() for p in self.parts)


class _Zip(Dataset):
    def __init__(self, parts: Sequence[Dataset]) -> None:
        self.parts = parts
        self.columns = [c for p in parts for c in p.columns]
        if len(set(self.columns)) != len(self.columns):
            raise ValueError(
                f"zip: the datasets have a column name in common: {self.columns}"
            )

    def rows(self) -> Iterator[Row]:
        for rows in zip(*(p.rows() for p in self.parts), strict=False):
            yield tuple(v for row in rows for v in row)

    def size(self) -> int:
        return min(p.size() for p in self.parts)


def zip_datasets(datasets: Any) -> Dataset:
    """Datasets side by side: their columns together."""
    return _Zip(tuple(datasets))


__all__ = ["Dataset", "as_array", "zip_datasets"]
