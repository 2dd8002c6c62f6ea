"""Datasets of arrays and of Python objects, and samplers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from isograd.mindspore.dataset import config
from isograd.mindspore.dataset.pipeline import Dataset, Row, as_array, pipeline_error


class Sampler:
    """Base of samplers: iterating gives indices; `num_samples` bounds them."""

    def __init__(self, num_samples: int | None = None) -> None:
        self.num_samples = num_samples
        self.count = 0

    def __iter__(self) -> Iterator[int]:
        raise NotImplementedError

    def indices(self, count: int) -> list[int]:
        self.count = self.dataset_size = count
        found = [int(i) for i in self]
        return found[: self.num_samples] if self.num_samples else found


class SequentialSampler(Sampler):
    def __init__(
        self, start_index: int | None = None, num_samples: int | None = None
    ) -> None:
        super().__init__(num_samples)
        self.start_index = start_index or 0

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.start_index, self.count))


class RandomSampler(Sampler):
    def __init__(
        self,
        replacement: bool = False,
        num_samples: int | None = None,
        shuffle: Any = None,
    ) -> None:
        super().__init__(num_samples)
        self.replacement = replacement

    def __iter__(self) -> Iterator[int]:
        rng = config.generator()
        if self.replacement:
            return iter(rng.integers(self.count, size=self.num_samples or self.count))
        return iter(rng.permutation(self.count))


class SubsetSampler(Sampler):
    def __init__(self, indices: Any, num_samples: int | None = None) -> None:
        super().__init__(num_samples)
        self.chosen = [indices] if isinstance(indices, int) else list(indices)

    def __iter__(self) -> Iterator[int]:
        return iter(self.chosen)


class SubsetRandomSampler(SubsetSampler):
    def __iter__(self) -> Iterator[int]:
        return iter(config.generator().permutation(self.chosen))


class _Source(Dataset):
    """Rows by index, in an order: sequential, shuffled, or a sampler's."""

    def _order(
        self,
        shuffle: Any,
        sampler: Any,
        num_samples: Any,
        num_shards: Any,
        shard_id: Any,
    ) -> None:
        if sampler is not None and shuffle is not None:
            raise RuntimeError(
                "sampler and shuffle cannot be specified at the same time."
            )
        self.shuffled = sampler is None and (shuffle is None or bool(shuffle))
        self.sampler = sampler
        self.num_samples = num_samples
        self.shard = None if num_shards is None else (num_shards, shard_id or 0)
        self.passes = 0

    def _indices(self, count: int) -> Any:
        if self.sampler is not None:
            sampler = self.sampler
            found = (
                sampler.indices(count)
                if isinstance(sampler, Sampler)
                else list(sampler)
            )
        elif self.shuffled:
            rng = config.generator()
            for _ in range(self.passes):
                rng = np.random.default_rng(int(rng.integers(2**32)))
            found = rng.permutation(count)
        else:
            found = range(count)
        self.passes += 1
        if self.shard is not None:
            found = list(found)[self.shard[1] :: self.shard[0]]
        return found[: self.num_samples] if self.num_samples else found

    def _size_of(self, count: int) -> int:
        if self.sampler is not None:
            return len(self._indices(count))
        if self.shard is not None:
            count = -(-count // self.shard[0])
        return min(count, self.num_samples) if self.num_samples else count


class NumpySlicesDataset(_Source):
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
        if isinstance(data, dict):
            self.columns, parts = list(data), list(data.values())
        else:
            parts = list(data) if isinstance(data, tuple) else [data]
            names = [column_names] if isinstance(column_names, str) else column_names
            self.columns = (
                list(names) if names else [f"column_{i}" for i in range(len(parts))]
            )
        if len(self.columns) != len(parts):
            raise ValueError(
                f"Length of column_names must equal that of the data: "
                f"{len(parts)}, but got {len(self.columns)}."
            )
        self.parts = [as_array(p) for p in parts]
        if len({len(p) for p in self.parts}) > 1:
            raise ValueError(
                "Input data must have the same length in all columns, but "
                f"got {[len(p) for p in self.parts]}."
            )
        self._order(shuffle, sampler, num_samples, num_shards, shard_id)

    def rows(self) -> Iterator[Row]:
        for i in self._indices(len(self.parts[0])):
            yield tuple(np.asarray(p[i]) for p in self.parts)

    def size(self) -> int:
        return self._size_of(len(self.parts[0]))


class GeneratorDataset(_Source):
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
        self.source = source
        self.by_index = hasattr(source, "__getitem__") and hasattr(source, "__len__")
        if not self.by_index and shuffle:
            raise RuntimeError("Generator without random access cannot be shuffled.")
        self._order(
            shuffle if self.by_index else False,
            sampler,
            num_samples,
            num_shards,
            shard_id,
        )

    def rows(self) -> Iterator[Row]:
        if self.by_index:
            given = (self.source[int(i)] for i in self._indices(len(self.source)))
        else:
            source: Any = self.source
            rows: Any = source() if callable(source) else source
            given = iter(rows)
        for n, value in enumerate(given):
            if not self.by_index and self.num_samples and n >= self.num_samples:
                return
            row = (
                value
                if isinstance(value, tuple | list)
                and not (len(self.columns) == 1 and isinstance(value, list))
                else (value,)
            )
            if len(row) != len(self.columns):
                raise pipeline_error(
                    "Invalid Python function, "
                    f"the number of columns returned {len(row)} does not match the "
                    f"number of column_names {len(self.columns)}."
                )
            yield tuple(as_array(v) for v in row)

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
