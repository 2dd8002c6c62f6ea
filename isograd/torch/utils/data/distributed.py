"""`torch.utils.data.distributed`: each process's share of a dataset."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from isograd.torch.utils.data import Sampler


class DistributedSampler(Sampler[int]):
    """Every `num_replicas`th index, from `rank` on; filled up, or cut, to one length.

    Raises:
        ValueError: the number of processes is not given, and there is no group; the
            rank is none of them.
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        from isograd.torch import distributed

        num_replicas = (
            distributed.get_world_size() if num_replicas is None else num_replicas
        )
        rank = distributed.get_rank() if rank is None else rank
        if rank >= num_replicas or rank < 0:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval "
                f"[0, {num_replicas - 1}]"
            )
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.epoch, self.drop_last = 0, drop_last
        self.shuffle, self.seed = shuffle, seed
        n = len(dataset)
        short = drop_last and n % num_replicas != 0
        share = (n - num_replicas) / num_replicas if short else n / num_replicas
        self.num_samples = math.ceil(share)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        from isograd import torch

        indices = list(range(len(self.dataset)))
        if self.shuffle:
            g = torch.Generator().manual_seed(self.seed + self.epoch)
            indices = torch.randperm(len(self.dataset), generator=g).tolist()
        if not self.drop_last:
            lacking = self.total_size - len(indices)
            repeats = math.ceil(lacking / len(indices)) if indices else 0
            indices += (indices * repeats)[:lacking]
        own = indices[: self.total_size][self.rank : self.total_size]
        return iter(own[:: self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """The shuffling depends on it."""
        self.epoch = epoch
