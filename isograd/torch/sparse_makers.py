"""Makers of sparse tensors, and the sparse gradients of tables of rows."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np

from isograd.core.tensor import wrap
from isograd.torch.coordinates import compressed, made, of_parts
from isograd.torch.creation import tensor
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import Tensor

# --- constructors ---------------------------------------------------------------------


def _index_array(indices: Any) -> np.ndarray:
    array = indices.array() if isinstance(indices, Tensor) else np.asarray(indices)
    return np.array(array, np.int64)


def _value_tensor(values: Any, dtype: Any) -> Any:
    t = values if isinstance(values, Tensor) else tensor(values, dtype=dtype)
    return t if dtype is None else t.to(dtype)


def sparse_coo_tensor(
    indices: Any,
    values: Any = None,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    check_invariants: Any = None,
    is_coalesced: Any = None,
    pin_memory: bool = False,
) -> Any:
    """A sparse tensor of positions (sparse_dim, nnz) and values (nnz, *dense).

    Raises:
        RuntimeError: positions and values of unequal number, negative positions, or
            (with `check_invariants`) positions beyond a given size.
    """
    if values is None:
        return empty(indices if size is None else size, dtype, requires_grad)
    index, vals = _index_array(indices), _value_tensor(values, dtype)
    if index.ndim == 1 and not index.size:
        index = index.reshape(len(size or ()), 0)
    checked = check_sparse_tensor_invariants.is_enabled()
    checked = checked if check_invariants is None else check_invariants
    _check_parts(index, vals, size, checked)
    if size is None:
        size = (*(index.max(1, initial=-1) + 1).tolist(), *vals.shape[1:])
    out = of_parts(index, vals, size, bool(is_coalesced))
    if not requires_grad:
        return out
    return out.detach().requires_grad_()


def _check_parts(index: np.ndarray, vals: Any, size: Any, checked: bool) -> None:
    if index.ndim != 2:
        raise RuntimeError(
            "indices must be sparse_dim x nnz, but got: " + str(list(index.shape))
        )
    nnz = vals.shape[0] if vals.dim() else 0
    if index.shape[1] != nnz:
        raise RuntimeError(
            "indices and values must have same nnz, but got nnz from indices: "
            f"{index.shape[1]}, nnz from values: {nnz}"
        )
    for d, (low, high) in enumerate(
        zip(index.min(1, initial=0), index.max(1, initial=-1), strict=True)
    ):
        if low < 0:
            raise RuntimeError(f"found negative index {low} for dim {d}")
        if size is not None and high >= size[d] and checked:
            raise RuntimeError(
                f"size is inconsistent with indices: for dim {d}, size is {size[d]} "
                f"but found index {high}"
            )


def empty(size: Any, dtype: Any, requires_grad: bool = False) -> Any:
    vals = FUNCTIONS["zeros"](0, dtype=dtype)
    out = made(np.zeros((len(size), 0), np.int64), vals, size, False)
    return out.requires_grad_() if requires_grad else out


def sparse_csr_tensor(
    crow_indices: Any,
    col_indices: Any,
    values: Any,
    size: Any = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **_: Any,
) -> Any:
    """A sparse matrix in compressed rows."""
    crow, col = _index_array(crow_indices), _index_array(col_indices)
    if crow.ndim != 1:
        raise NotImplementedError("isograd has no batches of compressed matrices")
    vals = _value_tensor(values, dtype)
    rows = np.repeat(np.arange(crow.size - 1), np.diff(crow))
    if size is None:
        size = (crow.size - 1, int(col.max(initial=-1)) + 1)
    t = compressed(made(np.stack([rows, col]), vals, size, True), label=True)
    return t.detach().requires_grad_() if requires_grad else t


# --- gradients of tables --------------------------------------------------------------


def gather_rows(weight: Any, idx: np.ndarray, padding: int | None) -> Any:
    """Rows of a leaf whose gradient is to be sparse.

    The rows are a leaf of their own; what arrives there is added to `weight.grad` as
    the values of a sparse tensor.
    """
    rows = weight.detach()[wrap(Tensor, idx)]
    rows.requires_grad_()
    node = weakref.ref(rows._node)
    at = idx.reshape(-1)
    keep = slice(None) if padding is None else np.nonzero(at != padding)[0]

    def arrived(_: Any) -> None:
        leaf: Any = node()
        g, leaf.grad = leaf.grad, None
        values = g._p.reshape(at.size, *weight.shape[1:])[keep]
        found = made(at[None, keep], wrap(Tensor, values), weight.shape, False)
        weight.grad = found if weight.grad is None else found + weight.grad

    rows.register_post_accumulate_grad_hook(arrived)
    return rows


class check_sparse_tensor_invariants:
    """Whether the positions of sparse tensors are held against their size."""

    _enabled = False

    def __init__(self, enable: bool = True) -> None:
        self.state = enable

    @classmethod
    def is_enabled(cls) -> bool:
        return cls._enabled

    @classmethod
    def enable(cls) -> None:
        cls._enabled = True

    @classmethod
    def disable(cls) -> None:
        cls._enabled = False

    def __enter__(self) -> None:
        self.saved, type(self)._enabled = self._enabled, self.state

    def __exit__(self, *_: Any) -> None:
        type(self)._enabled = self.saved


def spdiags(diagonals: Any, offsets: Any, shape: Any, layout: Any = None) -> Any:
    """A sparse matrix with the rows of `diagonals` as its diagonals (SciPy's layout)."""
    rows = diagonals if diagonals.dim() == 2 else diagonals.unsqueeze(0)
    cols = np.arange(rows.shape[1])
    parts, kept = [], []
    for i, k in enumerate(np.atleast_1d(offsets.array())):
        at = cols[(cols - k >= 0) & (cols - k < shape[0]) & (cols < shape[1])]
        parts.append(np.stack([at - k, at]))
        kept.append(rows[i][wrap(Tensor, at)])
    index = np.concatenate(parts, 1)
    return made(index, FUNCTIONS["cat"](kept), shape, False)
