"""Datasets of arrays and of Python objects, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from isograd.mindspore.dataset.errors import described, python_error
from isograd.mindspore.dataset.pipeline import Dataset, Row, Run, as_array
from isograd.mindspore.dataset.samplers import selected


class Source(Dataset):
    """Rows by index, in the order of a sampler."""

    def _order(
        self,
        shuffle: Any,
        sampler: Any,
        num_samples: Any,
        num_shards: Any,
        shard_id: Any,
    ) -> None:
        if (num_shards is None) != (shard_id is None):
            raise ValueError("num_shards and shard_id need to be passed in together.")
        if num_shards is not None and shard_id >= num_shards:
            raise ValueError("shard_id should be less than num_shards.")
        self.sampler = selected(num_samples, sampler, shuffle, num_shards, shard_id)
        self._sharded = num_shards is not None
        self._shuffled = sampler is None and shuffle is not False

    def is_shuffled(self) -> bool:
        return self._shuffled

    def is_sharded(self) -> bool:
        return self._sharded

    def _indices(self, count: int, run: Run) -> list[int]:
        return next(run.of(self, lambda: self.sampler.orders(count)))

    def _size_of(self, count: int) -> int:
        return len(next(self.sampler.orders(count)))


class NumpySlicesDataset(Source):
    """Rows are the slices of arrays along axis 0.

    Args:
        data: an array or list, a tuple of them, or a dict of them by column.
    """

    def __init__(
        self,
        data: Any,
        column_names: Any = None,
        num_samples: int | None = None,
        num_parallel_workers: int = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        num_shards: int | None = None,
        shard_id: int | None = None,
    ) -> None:
        self.columns, parts = _columns(data, column_names)
        self.parts = [p if isinstance(p, list) else as_array(p) for p in parts]
        if len({len(p) for p in self.parts}) > 1:
            raise ValueError("Data length in each column is not equal.")
        self._order(shuffle, sampler, num_samples, num_shards, shard_id)

    def rows(self, run: Run) -> Iterator[Row]:
        for i in self._indices(len(self.parts[0]), run):
            yield tuple(as_array(p[i]) for p in self.parts)

    def size(self) -> int:
        return self._size_of(len(self.parts[0]))


def _columns(data: Any, names: Any) -> tuple[list[str], list[Any]]:
    """Names and arrays of the columns that the data are."""
    if not isinstance(data, list | tuple | dict | np.ndarray):
        raise TypeError(
            f"Argument data with value {data} is not of type [<class 'list'>, "
            "<class 'tuple'>, <class 'dict'>, <class 'numpy.ndarray'>], but got "
            f"{type(data)}."
        )
    if len(data) == 0:
        raise ValueError("Argument data cannot be empty")
    if isinstance(data, dict):
        return list(data), list(data.values())
    parts = list(data) if isinstance(data, tuple) else [data]
    given = [names] if isinstance(names, str) else names
    found = list(given) if given else [f"column_{i}" for i in range(len(parts))]
    if len(found) != len(parts):
        kind = "tuple" if isinstance(data, tuple) else "list"
        raise ValueError(
            f"Num of input column names is {len(found)}, but required is "
            f"{len(parts)} as data is {kind}."
        )
    return found, parts


class GeneratorDataset(Source):
    """Rows that a Python object gives: by index, as an iterable, or as a generator.

    Args:
        source: has `__getitem__` and `__len__`, or is iterable, or is a function that
            gives an iterator.
    """

    def __init__(
        self,
        source: Any,
        column_names: Any = None,
        column_types: Any = None,
        schema: Any = None,
        num_samples: int | None = None,
        num_parallel_workers: int = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        num_shards: int | None = None,
        shard_id: int | None = None,
        python_multiprocessing: bool = True,
        max_rowsize: Any = None,
        **_: Any,
    ) -> None:
        if column_names is None:
            raise ValueError("Neither columns_names nor schema are provided.")
        if not isinstance(column_names, list | tuple | str):
            raise TypeError(
                f"Argument column_names with value {column_names} is not of type "
                f"[<class 'list'>, <class 'str'>], but got {type(column_names)}."
            )
        kinds = ("__getitem__", "__iter__", "__next__")
        if not callable(source) and not any(hasattr(source, k) for k in kinds):
            raise TypeError(
                "Input `source` function of GeneratorDataset should be callable, "
                "iterable or random accessible, commonly it should implement one of "
                "the method like yield, __getitem__ or __next__(__iter__)."
            )
        self.columns = (
            [column_names] if isinstance(column_names, str) else list(column_names)
        )
        self.source: Any = source
        self.by_index = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        if not self.by_index and sampler is not None:
            raise ValueError(
                "sampler is not supported if source does not have attribute "
                "'__getitem__'."
            )
        self.num_samples = num_samples
        self._order(
            shuffle if self.by_index else False,
            sampler,
            num_samples,
            num_shards,
            shard_id,
        )
        self.types = column_types

    def rows(self, run: Run) -> Iterator[Row]:
        given = self._given(run)
        while True:
            try:
                value = next(given)
            except StopIteration:
                return
            except Exception as error:
                raise python_error(described(error)) from None
            yield self._row(value)

    def _given(self, run: Run) -> Iterator[Any]:
        if self.by_index:
            order = self._indices(len(self.source), run)
            return (self.source[i] for i in order)
        source: Any = self.source
        rows: Any = source() if callable(source) else source
        return islice(iter(rows), self.num_samples)

    def _row(self, value: Any) -> Row:
        row = value if isinstance(value, tuple | list) else (value,)
        if len(row) != len(self.columns):
            raise python_error(
                "Invalid Python function, the 'source' of 'GeneratorDataset' should "
                "return same number of NumPy arrays as specified in column_names, the "
                f"size of column_names is:{len(self.columns)} and number of returned "
                f"NumPy array is:{len(row)}"
            )
        return tuple(as_array(v) for v in row)

    def size(self) -> int:
        if self.by_index:
            return self._size_of(len(self.source))
        if hasattr(self.source, "__len__"):
            return len(self.source)
        return super().size()


class PaddedDataset(GeneratorDataset):
    """Rows that fill a dataset up."""

    def __init__(self, padded_samples: list[dict[str, Any]]) -> None:
        names = list(padded_samples[0])
        super().__init__(
            [tuple(r[n] for n in names) for r in padded_samples], names, shuffle=False
        )
