"""Datasets: rows of named columns, and the steps that rows pass through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from isograd.mindspore.dataset.errors import (
    MOST,
    interval_error,
    pipeline_error,
)
from isograd.mindspore.tensor import Tensor

Row = tuple[Any, ...]


def as_array(value: Any) -> Any:
    """A column's value as an array; strings and dicts as they are."""
    if isinstance(value, Tensor):
        return value.asnumpy()
    return value if isinstance(value, dict) else np.asarray(value)


class Run:
    """What an iterator's steps keep from one epoch to the next."""

    def __init__(self) -> None:
        self.epoch = 0
        self._kept: dict[int, Any] = {}

    def of(self, step: Any, make: Callable[[], Any]) -> Any:
        """The state of a step, made when it is first asked for."""
        if id(step) not in self._kept:
            self._kept[id(step)] = make()
        return self._kept[id(step)]


class BatchInfo:
    """Which batch of which epoch a function of batches is called for."""

    def __init__(self, epoch: int, batch: int) -> None:
        self._epoch, self._batch = epoch, batch

    def get_epoch_num(self) -> int:
        return self._epoch

    def get_batch_num(self) -> int:
        return self._batch


class Dataset:
    """Base: `rows(run)` gives the rows of one epoch, `columns` their names."""

    columns: list[str]

    def rows(self, run: Run) -> Iterator[Row]:
        raise NotImplementedError

    def size(self) -> int:
        return sum(1 for _ in self.rows(Run()))

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
        _check_batch(batch_size)
        names = _names(input_columns) or self.columns
        mapping = None
        if per_batch_map is not None:
            mapping = (per_batch_map, names, _names(output_columns) or names)
        return steps.Batch(self, batch_size, drop_remainder, mapping=mapping)

    def padded_batch(
        self,
        batch_size: int,
        drop_remainder: bool = False,
        num_parallel_workers: Any = None,
        pad_info: Any = None,
    ) -> Dataset:
        """Batches of rows padded to one shape."""
        _check_batch(batch_size)
        return steps.Batch(self, batch_size, drop_remainder, pad_info)

    def bucket_batch_by_length(
        self,
        column_names: Any,
        bucket_boundaries: list[int],
        bucket_batch_sizes: list[int],
        element_length_function: Any = None,
        pad_info: Any = None,
        pad_to_bucket_boundary: bool = False,
        drop_remainder: bool = False,
    ) -> Dataset:
        """Padded batches of rows of like length."""
        if pad_to_bucket_boundary:
            raise NotImplementedError(
                "isograd: bucket_batch_by_length without `pad_to_bucket_boundary`"
            )
        if len(bucket_batch_sizes) != len(bucket_boundaries) + 1:
            raise ValueError(
                "bucket_batch_sizes must contain one element more than "
                "bucket_boundaries."
            )
        length = element_length_function or (lambda a: np.shape(a)[0])
        return steps.Buckets(
            self, (_names(column_names), length), bucket_boundaries,
            bucket_batch_sizes, (pad_info or {}, drop_remainder),
        )  # fmt: skip

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
        return steps.Shuffle(self, buffer_size)

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
        return steps.Map(self, ops, names, _names(output_columns) or names)

    def flat_map(self, func: Callable[..., Any]) -> Dataset:
        if not callable(func):
            raise TypeError("func must be a function.")
        parts = [func(*row) for row in self.create_tuple_iterator(output_numpy=True)]
        return parts[0] if len(parts) == 1 else steps.Concat(parts)

    def apply(self, apply_func: Callable[[Dataset], Dataset]) -> Dataset:
        if not callable(apply_func):
            raise TypeError("apply_func must be a function.")
        out = apply_func(self)
        if not isinstance(out, Dataset):
            raise TypeError("apply_func must return a dataset.")
        return out

    def filter(
        self,
        predicate: Callable[..., Any],
        input_columns: Any = None,
        num_parallel_workers: Any = None,
    ) -> Dataset:
        if not callable(predicate):
            raise TypeError("Predicate should be a Python function or a callable.")
        names = _names(input_columns) or self.columns
        return steps.Rows(
            self, lambda rows: steps.kept(rows, predicate, self.columns, names)
        )

    def repeat(self, count: int | None = None) -> Dataset:
        """The rows `count` times over; None and -1: without end.

        Raises:
            ValueError: for a count that is neither -1 nor positive.
        """
        if isinstance(count, bool) or not isinstance(count, int | None):
            raise TypeError(
                f"Argument repeat with value {count} is not of type [<class 'int'>, "
                f"<class 'NoneType'>], but got {type(count)}."
            )
        if count is not None and count != -1 and not 0 < count <= MOST:
            raise ValueError(
                "count should be either -1 or positive integer, range[1, INT32_MAX]."
            )
        return steps.Repeat(self, -1 if count is None else count)

    def skip(self, count: int) -> Dataset:
        if not 0 <= count <= MOST:
            raise interval_error("count", 0)
        return steps.Rows(self, lambda rows: islice(rows, count, None))

    def take(self, count: int = -1) -> Dataset:
        if count == -1:
            return self
        if not 0 < count <= MOST:
            raise ValueError(
                "count should be either -1 or within the required interval of (0, "
                f"{MOST}], got {count}."
            )
        return steps.Rows(self, lambda rows: islice(rows, count))

    def split(self, sizes: Sequence[Any], randomize: bool = True) -> list[Dataset]:
        """Parts with the given numbers, or fractions, of rows."""
        total = self.size()
        counts = _split_counts(sizes, total)
        parts: list[Dataset] = []
        source = steps.Shuffled(self) if randomize else self
        for i, n in enumerate(counts):
            parts.append(steps.Rows(source, steps.between(sum(counts[:i]), n), n))
        return parts

    def rename(self, input_columns: Any, output_columns: Any) -> Dataset:
        old, new = _names(input_columns), _names(output_columns)
        if len(old) != len(new):
            raise ValueError("Number of column names must be the same.")
        table = dict(zip(old, new, strict=True))
        if any(n not in self.columns for n in old):
            raise pipeline_error("Invalid column, column to be renamed does not exist.")
        out = steps.Rows(self, lambda rows: rows)
        out.columns = [table.get(c, c) for c in self.columns]
        return out

    def project(self, columns: Any) -> Dataset:
        names = _names(columns)
        for n in names:
            if n not in self.columns:
                raise pipeline_error(
                    f"Invalid column, column name: {n} does not exist."
                )
        at = [self.columns.index(n) for n in names]
        out = steps.Rows(self, lambda rows: (tuple(r[i] for i in at) for r in rows))
        out.columns = names
        return out

    def zip(self, datasets: Any) -> Dataset:
        more = datasets if isinstance(datasets, tuple | list) else (datasets,)
        return zip_datasets((self, *more))

    def concat(self, datasets: Any) -> Dataset:
        more = datasets if isinstance(datasets, tuple | list) else (datasets,)
        return steps.Concat([self, *more])

    def __add__(self, other: Any) -> Dataset:
        return self.concat(other)

    # --- reading ----------------------------------------------------------------------

    def create_dict_iterator(
        self, num_epochs: int = -1, output_numpy: bool = False, do_copy: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Rows of one pass as dicts of Tensors (or arrays) by column."""
        _check_epochs(num_epochs)
        return DictIterator(self, num_epochs, output_numpy)

    def create_tuple_iterator(
        self,
        columns: Any = None,
        num_epochs: int = -1,
        output_numpy: bool = False,
        do_copy: bool = False,
    ) -> Iterator[list[Any]]:
        """Rows of one pass as lists of Tensors (or arrays)."""
        source = self if columns is None else self.project(columns)
        _check_epochs(num_epochs)
        return TupleIterator(source, num_epochs, output_numpy)

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
        return next(iter(self.rows(Run())))

    def output_shapes(self, estimate: bool = False) -> list[list[int]]:
        return [list(np.shape(v)) for v in self._first()]

    def output_types(self) -> list[Any]:
        kinds = [np.asarray(v).dtype for v in self._first()]
        return [np.dtype("U") if k.kind == "U" else k for k in kinds]

    def num_classes(self) -> Any:
        return None

    def get_class_indexing(self) -> Any:
        return {}

    def is_shuffled(self) -> bool:
        return any(c.is_shuffled() for c in self._children())

    def is_sharded(self) -> bool:
        return any(c.is_sharded() for c in self._children())

    def _children(self) -> list[Dataset]:
        return getattr(self, "children", [])

    def reset(self) -> None:
        """Nothing: each pass begins anew."""

    close_pool = sync_update = reset

    def device_que(self, *_: Any, **__: Any) -> Dataset:
        return self


def _names(columns: Any) -> list[str]:
    if columns is None:
        return []
    return [columns] if isinstance(columns, str) else list(columns)


def _check_batch(batch_size: Any) -> None:
    if callable(batch_size):
        return
    if isinstance(batch_size, bool) or not isinstance(batch_size, int):
        raise TypeError("batch_size should either be an int or a callable.")
    if batch_size <= 0:
        raise interval_error("batch_size", 1)


def _check_epochs(count: Any) -> None:
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(
            f"Argument num_epochs with value {count} is not of type "
            f"[<class 'int'>], but got {type(count)}."
        )
    if count != -1 and not 0 < count <= MOST:
        raise ValueError(
            "num_epochs should be either -1 or within the required interval of "
            f"[1, {MOST}], got {count}."
        )


def _split_counts(sizes: Any, total: int) -> list[int]:
    """How many rows each part of a split has."""
    if not isinstance(sizes, list):
        raise TypeError(
            f"Argument sizes with value {sizes} is not of type [<class 'list'>], but "
            f"got {type(sizes)}."
        )
    if not sizes:
        raise ValueError("sizes cannot be empty.")
    if all(isinstance(s, int) for s in sizes):
        if sum(sizes) != total:
            raise RuntimeError(
                f"Sum of split sizes {sum(sizes)} is not equal to dataset size {total}."
            )
        return list(sizes)
    if abs(sum(sizes) - 1) > 1e-9:
        raise ValueError(
            "sizes is a list of float, but the percentages do not sum up to 1."
        )
    counts = [round(s * total) for s in sizes]
    for s, n in zip(sizes, counts, strict=True):
        if n == 0:
            raise RuntimeError(f"Split percentage {s} is too small.")
    counts[0] += total - sum(counts)
    return counts


class _Iterator:
    """Epoch after epoch; each ends with a StopIteration.

    Raises:
        RuntimeError: reading on after the last of `num_epochs` epochs.
    """

    def __init__(self, source: Dataset, epochs: int, output_numpy: bool) -> None:
        self.source, self.epochs, self.output_numpy = source, epochs, output_numpy
        self.run = Run()
        self.rows: Iterator[Row] | None = None

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        if self.rows is None:
            if self.run.epoch == self.epochs:
                raise pipeline_error(
                    "EOF buffer encountered. User tries to fetch data beyond the "
                    "specified number of epochs."
                )
            self.rows = self.source.rows(self.run)
        try:
            row = next(self.rows)
        except StopIteration:
            self.rows = None
            self.run.epoch += 1
            raise
        return self._form([self._out(v) for v in row])

    def _form(self, row: list[Any]) -> Any:
        return row

    def get_next(self) -> Any:
        return next(self)

    def stop(self) -> None:
        self.rows = iter(())

    release = stop

    def _out(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: self._out(v) for k, v in value.items()}
        a = np.asarray(value)
        if self.output_numpy or a.dtype.kind in "USO":
            # MindSpore's arrays have C's `long long`, which NumPy prints with its name
            wide = {"l": np.longlong, "L": np.ulonglong}.get(a.dtype.char)
            return a if wide is None or a.dtype.itemsize != 8 else a.view(wide)
        return Tensor.from_numpy(a if a.flags.writeable else a.copy())


class TupleIterator(_Iterator):
    """Rows as lists."""


class DictIterator(_Iterator):
    """Rows as dicts by column."""

    def _form(self, row: list[Any]) -> Any:
        return dict(zip(self.source.columns, row, strict=True))


def zip_datasets(datasets: Any) -> Dataset:
    """Datasets side by side: their columns together."""
    return steps.Zip(tuple(datasets))


# the steps are datasets themselves
from isograd.mindspore.dataset import steps  # noqa: E402

__all__ = ["Dataset", "as_array", "zip_datasets"]
