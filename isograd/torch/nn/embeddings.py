"""Embeddings of `torch.nn.functional`, and what they refuse."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from isograd.core.drafts import asked, beyond
from isograd.core.levels import state
from isograd.core.primitive import Payload
from isograd.core.tape import Node
from isograd.core.tensor import concrete
from isograd.torch.call import public, warn
from isograd.torch.nn.table import F, plain

# --- rows of a table ------------------------------------------------------------------


def _check_indices(idx: Payload, count: int, name: str) -> None:
    _check_kind(idx, name)
    if asked(beyond, idx, count):
        raise IndexError("index out of range in self")


def _check_kind(idx: Payload, name: str, place: int = 1) -> None:
    if idx.dtype not in (np.int64, np.int32):
        from isograd.torch.dtypes import of_numpy

        kind = of_numpy(idx.dtype).legacy
        found = "CPUBoolType" if kind == "BoolTensor" else f"torch.{kind}"
        raise RuntimeError(
            f"Expected tensor for argument #{place} 'indices' to have one of the following "
            f"scalar types: Long, Int; but got {found} instead (while checking arguments "
            f"for {name})"
        )


def _embedding_body(
    input: Payload,
    weight: Payload,
    padding_idx: Any = None,
    share: Any = None,
) -> Payload:
    if weight.ndim != 2:
        raise RuntimeError("'weight' must be 2-D")
    _check_indices(input, weight.shape[0], "embedding")
    if padding_idx is not None:
        n = weight.shape[0]
        if not -n <= padding_idx < n:
            raise AssertionError("Padding_idx must be within num_embeddings")
        padding_idx %= n
    out = F.embedding(weight, input, padding=padding_idx)
    return out if share is None else F.scaled_gradient(out, share)


def _shares(idx: np.ndarray, dtype: Any) -> np.ndarray:
    """One over how often each index stands in the batch."""
    count = np.bincount(idx.reshape(-1)) if idx.size else np.ones(1, int)
    return (1 / np.maximum(count, 1)[idx]).astype(dtype)[..., None]


_embedding = public(_embedding_body, "embedding", "EmbeddingBackward0")


@plain
def embedding(
    input: Any,
    weight: Any,
    padding_idx: Any = None,
    max_norm: Any = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Any:
    """Rows of a table."""
    if max_norm is not None:
        _renorm_rows(input, weight, max_norm, norm_type)
    if sparse and weight.is_leaf and weight.requires_grad and state().recording:
        return _sparse_rows(input, weight, padding_idx)
    if scale_grad_by_freq:
        return _scaled(input, weight, padding_idx)
    return _embedding(input, weight, padding_idx)


def _scaled(input: Any, weight: Any, padding_idx: Any) -> Any:
    idx = concrete(input._p)
    _check_indices(idx, weight.shape[0], "embedding")
    share = _shares(idx, weight._p.dtype)
    return _embedding(input, weight, padding_idx, share)


_copied_rows = public(lambda x: F.copy(x), "embedding", "EmbeddingBackward0")


def _sparse_rows(input: Any, weight: Any, padding_idx: Any) -> Any:
    from isograd.torch.sparse_makers import gather_rows

    _check_indices(input._p, weight.shape[0], "embedding")
    padding = None if padding_idx is None else padding_idx % weight.shape[0]
    return _copied_rows(gather_rows(weight, input._p, padding))


def _renorm_rows(idx: Any, weight: Any, max_norm: float, norm_type: float) -> None:
    from isograd.core.primitive import RAW
    from isograd.torch.tensor import note_write

    _check_kind(idx._p, "embedding_renorm_", 2)
    rows = np.unique(idx._p)
    wrong = rows[(rows < -len(weight._p)) | (rows >= len(weight._p))]
    if wrong.size:
        raise IndexError(
            f"select(): index {wrong[0]} out of range for tensor of size "
            f"{list(weight.shape)} at dimension 0"
        )
    weight._p[rows] = RAW.renorm(
        weight._p[rows], ord=float(norm_type), axis=0, bound=float(max_norm)
    )
    note_write(weight._p)


# --- bags -----------------------------------------------------------------------------


def _bags(input: Any, offsets: Any, mode: str, ended: bool) -> list[np.ndarray]:
    """Places of the indices of each bag, in what is flattened."""
    if input.ndim == 2:
        rows, width = input.shape
        return [np.arange(i * width, (i + 1) * width) for i in range(rows)]
    starts = [int(o) for o in offsets.tolist()]
    _check_offsets(starts, len(input._p), mode, ended)
    if not ended:
        starts.append(len(input._p))
    return [np.arange(a, b) for a, b in itertools.pairwise(starts)]


def _check_offsets(starts: list[int], length: int, mode: str, ended: bool) -> None:
    if ended and not starts:
        raise RuntimeError("include_last_offset: number of offset should be at least 1")
    if starts and starts[0] != 0:
        raise RuntimeError(
            "offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to "
            f"start from position 0. However, got {starts[0]}\n[ torch.LongTensor{{}} ]"
        )
    if starts and starts[-1] > length:
        raise RuntimeError(
            f"offsets[-1] can not be greater than input's length {length} but got "
            f"offsets[-1] of {starts[-1]}"
        )
    if any(n < 0 for n in starts):
        raise IndexError("index out of range in self")
    if mode != "max" and any(a > b for a, b in itertools.pairwise(starts)):
        raise RuntimeError(
            "Expected i < index_size to be true, but got false.  (Could this error "
            "message be improved?  If so, please report an enhancement request to "
            "PyTorch.)"
        )


def _check_bags(
    input: Any, weight: Any, offsets: Any, mode: str, scaled: bool, sparse: bool
) -> None:
    if weight.dim() != 2:
        raise ValueError(
            f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}"
        )
    if input.dim() == 2 and offsets is not None:
        raise ValueError(
            "if input is 2D, then offsets has to be None, as input is "
            "treated is a mini-batch of fixed length sequences. However, "
            f"found offsets of type {type(offsets)}"
        )
    if input.dim() not in (1, 2):
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}"
        )
    if input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        if offsets.dim() != 1:
            raise ValueError("offsets has to be a 1D Tensor")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if mode == "max" and scaled:
        raise ValueError(
            "max mode does not support scaling the gradient by the frequency"
        )
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")


def _check_shares(input: Any, weight: Any, shares: Any, mode: str) -> None:
    """Weights of single indices."""
    if shares.shape != input.shape:
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({shares.shape}) is not None, then it "
            f"must have the same shape as the input ({input.shape})"
        )
    if mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only "
            f"supported for mode='sum' (got mode='{mode}'). Please open a feature "
            "request on GitHub."
        )
    if shares.dtype is not weight.dtype:
        a, b = weight.dtype.legacy, shares.dtype.legacy
        raise RuntimeError(
            "Expected tensor for argument #1 'weight' to have the same type as tensor for "
            f"argument #1 'per_sample_weights'; but type torch.{a} does not equal "
            f"torch.{b} (while checking arguments for embedding_bag)"
        )


def _check_rows(flat: Any, weight: Any, padding_idx: Any, mode: str) -> None:
    count = weight.shape[0]
    if padding_idx is not None and not -count <= padding_idx < count:
        raise RuntimeError(
            f"padding_idx must be within the number of embeddings, {-count} through "
            f"{count - 1}, but got {padding_idx}"
        )
    wrong = np.flatnonzero((flat < 0) | (flat >= count))
    if wrong.size:
        quick = mode != "max" and padding_idx is None and weight.dtype.itemsize < 8
        if not quick:
            raise RuntimeError(
                "embedding_bag: Expected idx >= 0 && idx < num_embeddings but found idx "
                f"to be {flat[wrong[0]]}"
            )
        raise RuntimeError(
            f"Index {wrong[0]} of input takes value {flat[wrong[0]]} which is not in the "
            f"valid range [0, {count})"
        )


@plain
def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    max_norm: Any = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Any = None,
    include_last_offset: bool = False,
    padding_idx: Any = None,
) -> Any:
    """Sums, means or maxima of rows of a table over bags of indices."""
    if weight.dtype.np == np.int64 and input.is_floating_point():
        warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage "
            "`embedding_bag(weight, input, ...)` is deprecated, and should now be "
            "`embedding_bag(input, weight, ...)`."
        )
        input, weight = weight, input
    shares = per_sample_weights
    if shares is not None and shares.shape != input.shape:
        _check_shares(input, weight, shares, mode)
    _check_bags(input, weight, offsets, mode, scale_grad_by_freq, sparse)
    if shares is not None:
        _check_shares(input, weight, shares, mode)
    for t in (input, offsets):
        if t is not None:
            _check_kind(t._p, "embedding_bag")
    flat, count = input.reshape(-1), weight.shape[0]
    bags = _bags(input, offsets, mode, include_last_offset)
    if max_norm is not None:
        _renorm_rows(flat, weight, max_norm, norm_type)
    _check_rows(flat._p, weight, padding_idx, mode)
    if padding_idx is not None:
        padding_idx %= count
        bags = [b[flat._p[b] != padding_idx] for b in bags]
    rows = embedding(flat, weight, None, None, 2.0, scale_grad_by_freq, sparse)
    rows = rows if shares is None else rows * shares.reshape(-1, 1)
    return _reduced(rows, bags, mode)


def _reduced(rows: Any, bags: list[np.ndarray], mode: str) -> Any:
    from isograd import torch

    if bags:
        nothing = rows[:0].sum(0)
        name = "amax" if mode == "max" else mode
        out = torch.stack(
            [getattr(rows[b.tolist()], name)(0) if len(b) else nothing for b in bags]
        )
    else:
        out = rows[:0]
    if type(out._node) is Node:
        out._node.label = "EmbeddingBagBackward0"
    return out
