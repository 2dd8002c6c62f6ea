"""Packed and padded sequences."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np

from isograd.core.tensor import wrap
from isograd.torch.tensor import Tensor

_Fields = namedtuple(
    "PackedSequence", ["data", "batch_sizes", "sorted_indices", "unsorted_indices"]
)


class PackedSequence(_Fields):
    """Sequences of descending length, their elements joined by time step."""

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Any = None,
        sorted_indices: Any = None,
        unsorted_indices: Any = None,
    ) -> Any:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> Any:
        return self._replace(data=self.data.to(*args, **kwargs))

    def _converted(self, name: str) -> Any:
        data = getattr(self.data, name)()
        return self if data is self.data else self._replace(data=data)

    def double(self) -> Any:
        return self._converted("double")

    def float(self) -> Any:
        return self._converted("float")

    def half(self) -> Any:
        return self._converted("half")

    def long(self) -> Any:
        return self._converted("long")

    def int(self) -> Any:
        return self._converted("int")

    def cpu(self) -> Any:
        return self

    is_cuda = property(lambda self: False)


def invert_permutation(permutation: Any) -> Any:
    if permutation is None:
        return None
    return wrap(Tensor, np.argsort(permutation._p).astype(np.int64))


def _longs(x: Any) -> Any:
    return wrap(Tensor, np.asarray(x, np.int64))


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Pack a padded batch (time, batch, ...) of sequences."""
    from isograd import torch

    sizes = np.asarray([int(n) for n in lengths], np.int64)
    order = None
    if not enforce_sorted:
        order = np.argsort(-sizes, kind="stable")
        sizes = sizes[order]
        input = input.index_select(0 if batch_first else 1, _longs(order))
    elif (np.diff(sizes) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is "
            "True. You can pass `enforce_sorted=False` to pack_padded_sequence and/or "
            "pack_sequence to sidestep this requirement if you do not need ONNX "
            "exportability."
        )
    count = input.size(0 if batch_first else 1)
    if len(sizes) != count:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {len(sizes)} "
            f"(batch_size={count})"
        )
    if (sizes <= 0).any():
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an "
            "element in 'lengths' that is <= 0"
        )
    x = input.transpose(0, 1) if batch_first else input
    alive = [int((sizes > t).sum()) for t in range(int(sizes[0]))]
    data = torch.cat([x[t, :n] for t, n in enumerate(alive)])
    return PackedSequence(
        data, _longs(alive), None if order is None else _longs(order), None
    )


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Any, Any]:
    """(padded batch, lengths)."""
    x, alive = padded_of(sequence, padding_value)
    if total_length is not None:
        if total_length < x.size(0):
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence "
                f"in input, but got total_length={total_length} and max sequence length "
                f"being {x.size(0)}"
            )
        from isograd.torch.nn.functional import pad

        extra = total_length - x.size(0)
        x = pad(x, [0, 0] * (x.dim() - 1) + [0, extra], value=padding_value)
    lengths = _longs([sum(n > i for n in alive) for i in range(alive[0])])
    if sequence.unsorted_indices is not None:
        x = x.index_select(1, sequence.unsorted_indices)
        lengths = lengths[sequence.unsorted_indices]
    return (x.transpose(0, 1) if batch_first else x), lengths


def padded_of(sequence: PackedSequence, value: float = 0.0) -> tuple[Any, list[int]]:
    """(time, batch, ...) in packed order, and how many are alive at each time."""
    from isograd import torch
    from isograd.torch.nn.functional import pad

    alive = sequence.batch_sizes.tolist()
    data = sequence.data
    rows, at = [], 0
    for n in alive:
        part = data[at : at + n]
        if n < alive[0]:
            part = pad(part, [0, 0] * (part.dim() - 1) + [0, alive[0] - n], value=value)
        rows.append(part)
        at += n
    return torch.stack(rows), alive


def pack_like(out: Any, like: PackedSequence) -> PackedSequence:
    """Padded outputs packed as `like` is."""
    from isograd import torch

    alive = like.batch_sizes.tolist()
    data = torch.cat([out[t, :n] for t, n in enumerate(alive)])
    return PackedSequence(
        data, like.batch_sizes, like.sorted_indices, like.unsorted_indices
    )


def pad_sequence(
    sequences: Any,
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Any:
    """A padded batch of tensors (length, ...)."""
    from isograd import torch
    from isograd.torch.nn.functional import pad

    if not hasattr(sequences, "__iter__"):
        raise RuntimeError(
            "pad_sequence: Expected iterable for input sequences, but got arg of type: "
            f"{type(sequences)}"
        )
    if not len(sequences):
        raise RuntimeError("received an empty list of sequences")
    if padding_side not in ("left", "right"):
        raise RuntimeError(
            f"Expected padding_side to be one of left or right, but got {padding_side}."
        )
    longest = max(s.size(0) for s in sequences)
    rows = []
    for s in sequences:
        extra = longest - s.size(0)
        widths = (0, extra) if padding_side == "right" else (extra, 0)
        rows.append(
            pad(s, [0, 0] * (s.dim() - 1) + list(widths), value=padding_value)
            if extra
            else s
        )
    return torch.stack(rows, 0 if batch_first else 1)


def unpad_sequence(
    padded_sequences: Any, lengths: Any, batch_first: bool = False
) -> Any:
    x = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[: int(n)] for row, n in zip(x, lengths, strict=True)]


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    lengths = [s.size(0) for s in sequences]
    return pack_padded_sequence(
        pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted
    )


def unpack_sequence(packed_sequences: PackedSequence) -> Any:
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
