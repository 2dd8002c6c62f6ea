"""Samplers: which rows of a source with random access, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from isograd.base.mersenne import Mersenne
from isograd.mindspore.dataset import config
from isograd.mindspore.dataset.errors import pipeline_error


class Sampler:
    """Base: iterating gives indices; `num_samples` bounds them."""

    def __init__(self, num_samples: int | None = None) -> None:
        self.num_samples = num_samples
        self.dataset_size = 0

    def __iter__(self) -> Iterator[int]:
        raise NotImplementedError

    def orders(self, count: int) -> Iterator[list[int]]:
        """The indices of one epoch after another, for a source of `count` rows."""
        while True:
            self.dataset_size = count
            yield self._bounded([int(i) for i in self])

    def _bounded(self, found: list[int]) -> list[int]:
        return found[: self.num_samples] if self.num_samples else found

    def get_num_samples(self) -> int | None:
        return self.num_samples

    def _checked(self, found: list[int], count: int) -> list[int]:
        for i in found:
            if not 0 <= i < count:
                raise pipeline_error(
                    f"Sample ID ({i}) is out of bound, expected range [0, {count - 1}]"
                )
        return found


class _BuiltIn(Sampler):
    """Its orders are those of a seed, drawn as an iterator is made."""

    def __iter__(self) -> Iterator[int]:
        return iter(next(self.orders(self.dataset_size)))


class IterSampler(Sampler):
    """The indices of a list or another iterable."""

    def __init__(self, sampler: Any, num_samples: int | None = None) -> None:
        super().__init__(num_samples)
        self.sampler = sampler

    def __iter__(self) -> Iterator[int]:
        return iter(self.sampler)


class SequentialSampler(_BuiltIn):
    def __init__(
        self, start_index: int | None = None, num_samples: int | None = None
    ) -> None:
        super().__init__(num_samples)
        self.start_index = start_index or 0

    def orders(self, count: int) -> Iterator[list[int]]:
        while True:
            yield self._bounded(list(range(self.start_index, count)))


class RandomSampler(_BuiltIn):
    def __init__(
        self,
        replacement: bool = False,
        num_samples: int | None = None,
        shuffle: Any = None,
    ) -> None:
        if not isinstance(replacement, bool):
            raise TypeError(
                f"replacement must be a boolean value but was: {replacement}."
            )
        _check_count(num_samples)
        super().__init__(num_samples)
        self.replacement = replacement

    def orders(self, count: int) -> Iterator[list[int]]:
        seed, order = config.fresh_seed(), list(range(count))
        while True:
            rng = Mersenne(seed)
            if self.replacement:
                yield [rng.below(count) for _ in range(self.num_samples or count)]
            else:
                yield self._bounded(list(rng.shuffle(order)))
            seed += 1


class DistributedSampler(_BuiltIn):
    """One shard: every `num_shards`-th row, around the end where that is uneven."""

    def __init__(
        self,
        num_shards: int,
        shard_id: int,
        shuffle: Any = True,
        num_samples: int | None = None,
        offset: int = -1,
    ) -> None:
        if offset != -1:
            raise NotImplementedError("isograd: DistributedSampler without `offset`")
        _check_count(num_samples)
        super().__init__(num_samples)
        self.num_shards, self.shard_id, self.shuffle = num_shards, shard_id, shuffle

    def orders(self, count: int) -> Iterator[list[int]]:
        seed, order = config.fresh_seed(), list(range(count))
        if not 0 <= self.shard_id < self.num_shards:
            raise pipeline_error(
                "Invalid parameter, shard_id must be less than num_shards, but got "
                f"shard_id: {self.shard_id} and num_shards: {self.num_shards}."
            )
        each = -(-count // self.num_shards)
        while True:
            seed += 1
            if self.shuffle:
                Mersenne(seed).shuffle(order)
            at = (self.shard_id + self.num_shards * i for i in range(each))
            yield self._bounded([order[i % count] for i in at])


class SubsetSampler(_BuiltIn):
    def __init__(self, indices: Any, num_samples: int | None = None) -> None:
        _check_count(num_samples)
        super().__init__(num_samples)
        if isinstance(indices, str):
            raise TypeError(f"Unsupported sampler object of type ({type(indices)})")
        self.indices = [indices] if isinstance(indices, int) else list(indices)

    def orders(self, count: int) -> Iterator[list[int]]:
        while True:
            yield self._bounded(self._checked(self.indices, count))


class SubsetRandomSampler(SubsetSampler):
    def orders(self, count: int) -> Iterator[list[int]]:
        seed, order = config.fresh_seed(), list(self._checked(self.indices, count))
        while True:
            yield self._bounded(list(Mersenne(seed).shuffle(order)))


class WeightedRandomSampler(_BuiltIn):
    """Rows by weight, with or without replacement."""

    def __init__(
        self, weights: Any, num_samples: int | None = None, replacement: bool = True
    ) -> None:
        weights = [float(w) for w in weights]
        _check_count(num_samples)
        super().__init__(num_samples)
        self.weights, self.replacement = weights, replacement

    def orders(self, count: int) -> Iterator[list[int]]:
        seed = config.fresh_seed()
        many = self.num_samples or count
        if min(self.weights, default=-1.0) < 0 or not any(self.weights):
            raise pipeline_error(
                "WeightedRandomSampler: weights must be non-negative and not all zero."
            )
        while True:
            rng = Mersenne(seed)
            draw = rng.weighted if self.replacement else rng.weighted_order
            yield self._checked(draw(self.weights, many), count)


class PKSampler(_BuiltIn):
    """`num_val` rows of each of the classes; the source gives `labels`."""

    def __init__(
        self,
        num_val: int,
        num_class: int | None = None,
        shuffle: bool = False,
        class_column: str = "label",
        num_samples: int | None = None,
    ) -> None:
        if num_class is not None:
            raise NotImplementedError(
                "Not supported to specify num_class for PKSampler."
            )
        _check_count(num_samples)
        super().__init__(num_samples)
        if not isinstance(class_column, str):
            raise TypeError(
                f"class_column must be a str value but was: {class_column}."
            )
        self.num_val, self.shuffle = num_val, shuffle
        self.class_column = class_column
        self.labels: list[int] = []

    def orders(self, count: int) -> Iterator[list[int]]:
        rng = Mersenne(config.fresh_seed())
        groups: dict[int, list[int]] = {}
        for i, label in enumerate(self.labels):
            groups.setdefault(label, []).append(i)
        while True:
            classes = sorted(groups)
            if self.shuffle:
                rng.shuffle(classes)
            yield self._bounded(
                [groups[c][rng.below(len(groups[c]))]
                 for c in classes for _ in range(self.num_val)]
            )  # fmt: skip


def _check_count(num_samples: Any) -> None:
    if num_samples is None:
        return
    if isinstance(num_samples, bool) or not isinstance(num_samples, int):
        raise TypeError(f"num_samples must be integer but was: {num_samples}.")
    if num_samples < 0:
        raise ValueError(
            "num_samples exceeds the boundary between 0 and 9223372036854775807"
            "(INT64_MAX)!"
        )


def selected(
    num_samples: Any, sampler: Any, shuffle: Any, num_shards: Any, shard_id: Any
) -> Sampler:
    """The sampler that a source's arguments ask for.

    Raises:
        ValueError: a sampler beside arguments that would make another.
        RuntimeError: half of the arguments of a shard.
    """
    others = (num_samples, shuffle, num_shards, shard_id)
    if sampler is not None:
        if any(a is not None for a in others):
            raise ValueError(
                "Conflicting arguments during sampler assignments. num_samples: "
                f"{num_samples}, num_shards: {num_shards}, shard_id: {shard_id}, "
                f"shuffle: {shuffle}."
            )
        return sampler if isinstance(sampler, Sampler) else IterSampler(sampler)
    if num_shards is not None:
        whole = shuffle is None or bool(shuffle)
        return DistributedSampler(num_shards, shard_id, whole, num_samples)
    if shuffle is None or shuffle:
        return RandomSampler(num_samples=num_samples)
    return SequentialSampler(num_samples=num_samples)
