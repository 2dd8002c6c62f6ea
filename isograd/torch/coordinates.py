"""Sparse tensors: positions and a tensor of values, which holds the graph.

A `SparseTensor` has no payload of its own.  Its node is that of its values, so that
backward passes and leaves work as for any tensor; whatever would read a payload raises
PyTorch's error of a missing sparse kernel.
"""
# The values stand behind every property of a tensor, so that each is overridden:
# pyright: reportIncompatibleMethodOverride=false
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import wrap
from isograd.torch import dtypes, printing
from isograd.torch.call import public
from isograd.torch.dtypes import CPU, Size
from isograd.torch.labels import label_of
from isograd.torch.tensor import Tensor, checked_dim

F = BOUND


def no_kernel(name: str, backend: str = "SparseCPU") -> NotImplementedError:
    """PyTorch's error for an operation without a sparse kernel."""
    return NotImplementedError(
        f"Could not run 'aten::{name}' with arguments from the '{backend}' backend. "
        "This could be because the operator doesn't exist for this backend, or was "
        "omitted during the selective/custom build process (if using custom build)."
    )


class SparseTensor(Tensor):
    """A tensor in coordinate form, or in the form of compressed rows.

    Attributes:
        index: positions, an int64 array (sparse_dim, nnz).
        vals: the values, a tensor (nnz, *dense) with the graph.
        known: whether positions are sorted and unique ("coalesced").
    """

    _compressed = False

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("sparse tensors are made by torch.sparse_coo_tensor")

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        from isograd.torch.sparse import dispatched

        return dispatched(func, args, kwargs or {})

    # --- what it is -------------------------------------------------------------------

    @property
    def _p(self) -> Any:
        raise no_kernel("as_strided")

    @property
    def _node(self) -> Any:
        return self.vals._node

    shape = property(lambda self: Size(self._shape))
    dtype = property(lambda self: self.vals.dtype)
    device = property(lambda self: CPU)
    layout = property(
        lambda self: dtypes.sparse_csr if self._compressed else dtypes.sparse_coo
    )
    is_sparse = property(lambda self: not self._compressed)
    is_sparse_csr = property(lambda self: self._compressed)
    ndim = property(lambda self: len(self._shape))
    itemsize = property(lambda self: self.vals.itemsize)

    def dim(self) -> int:
        return len(self._shape)

    def size(self, dim: int | None = None) -> Any:
        return self.shape if dim is None else self.shape[checked_dim(dim, self.dim())]

    def numel(self) -> int:
        return int(np.prod(self._shape))

    def __len__(self) -> int:
        return self._shape[0]

    def is_floating_point(self) -> bool:
        return self.vals.is_floating_point()

    def is_complex(self) -> bool:
        return self.vals.is_complex()

    def is_inference(self) -> bool:
        return self.vals.is_inference()

    def is_coalesced(self) -> bool:
        return self.known

    def sparse_dim(self) -> int:
        return self.index.shape[0]

    def dense_dim(self) -> int:
        return len(self._shape) - self.index.shape[0]

    def _nnz(self) -> int:
        return self.index.shape[1]

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return text_of(self)

    __str__ = __repr__

    # --- its parts --------------------------------------------------------------------

    def _indices(self) -> Tensor:
        return wrap(Tensor, self.index)

    def _values(self) -> Tensor:
        return self.vals.detach()

    def indices(self) -> Tensor:
        self._must_be_coalesced("indices")
        return self._indices()

    def values(self) -> Tensor:
        if not self._compressed:
            self._must_be_coalesced("values")
        return values_of(self.vals) if self.requires_grad else self.vals

    def _must_be_coalesced(self, what: str) -> None:
        if self._compressed:
            raise RuntimeError(
                f"{what} expected sparse coordinate tensor layout but got SparseCsr"
            )
        if not self.known:
            raise RuntimeError(
                f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() "
                "first"
            )

    def crow_indices(self) -> Tensor:
        self._must_be_compressed("crow_indices")
        counts = np.bincount(self.index[0], minlength=self._shape[0])
        return wrap(Tensor, np.concatenate(([0], counts.cumsum())).astype(np.int64))

    def col_indices(self) -> Tensor:
        self._must_be_compressed("col_indices")
        return wrap(Tensor, self.index[1].copy())

    def _must_be_compressed(self, what: str) -> None:
        if not self._compressed:
            raise RuntimeError(
                f"{what} expected sparse row compressed tensor layout but got Sparse"
            )

    # --- the tape ---------------------------------------------------------------------

    def with_values(self, vals: Any) -> SparseTensor:
        """Other values at the same positions."""
        out = made(self.index, vals, self._shape, self.known)
        out._compressed = self._compressed
        return out

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        self.vals.requires_grad_(requires_grad)
        return self

    requires_grad = property(
        lambda self: self.vals.requires_grad,
        lambda self, value: setattr(self.vals, "requires_grad", value),
    )

    @property
    def grad(self) -> Any:
        g = self.vals.grad
        return None if g is None else self.with_values(g)

    @grad.setter
    def grad(self, value: Any) -> None:
        if value is None:
            self.vals.grad = None
        else:
            self.vals.grad = value.coalesce().vals

    def detach(self) -> Any:
        return self.with_values(self.vals.detach())

    data = property(detach)

    def _refresh(self) -> None:
        """Values are no view."""

    def is_contiguous(self, *_: Any, **__: Any) -> bool:
        return False

    def stride(self, dim: int | None = None) -> Any:
        return (0,) * self.dim() if dim is None else 0

    def storage(self) -> Any:
        raise NotImplementedError("Cannot access storage of SparseTensorImpl")

    untyped_storage = storage

    def replace(self, other: SparseTensor) -> SparseTensor:
        """Write in place: become another sparse tensor."""
        self.index, self.vals, self.known = other.index, other.vals, other.known
        return self

    def backward(self, *_: Any, **__: Any) -> None:
        from isograd.torch import errors

        raise RuntimeError(errors.NOT_SCALAR)

    def __deepcopy__(self, memo: Any) -> Any:
        out = self.with_values(self.vals.detach().clone())
        return out.requires_grad_(self.requires_grad)

    def __reduce_ex__(self, protocol: Any) -> Any:
        parts = (self.index, self.vals.detach(), self._shape, self.known)
        return made, parts


SparseTensor.__name__ = SparseTensor.__qualname__ = "Tensor"
SparseTensor.__module__ = "torch"


def made(index: np.ndarray, vals: Any, shape: Any, known: bool) -> SparseTensor:
    """A sparse tensor of positions and values as they are."""
    from isograd.torch.overrides import activate

    activate()
    out: Any = object.__new__(SparseTensor)
    out.index, out.vals, out.known = index, vals, known
    out._shape = tuple(map(int, shape))
    return out


def _copy(values: Payload) -> Payload:
    return F.copy(values)


values_of = public(_copy, "values", "ValuesBackward0")
_of_parts = public(
    _copy, "sparse_coo_tensor", "SparseCooTensorWithDimsAndTensorsBackward0"
)
_csr_of_parts = public(_copy, "sparse_csr_tensor", "SparseCompressedTensorBackward0")


def of_parts(index: np.ndarray, vals: Any, shape: Any, known: bool) -> SparseTensor:
    """A sparse tensor of a user's parts; values that need a gradient are a graph."""
    vals = _of_parts(vals) if vals.requires_grad else vals.detach()
    return made(index, vals, shape, known)


def compressed(t: SparseTensor, label: bool = False) -> SparseTensor:
    """The same (coalesced) positions in the form of compressed rows."""
    vals = _csr_of_parts(t.vals) if label and t.requires_grad else t.vals
    out = made(t.index, vals, t._shape, True)
    out._compressed = True
    return out


def is_sparse(x: Any) -> bool:
    return isinstance(x, SparseTensor)


# --- its text -------------------------------------------------------------------------


def text_of(t: SparseTensor) -> str:
    """The text of a sparse tensor as PyTorch prints it."""
    parts = {"indices": t._indices()}
    if t._compressed:
        parts = {"crow_indices": t.crow_indices(), "col_indices": t.col_indices()}
    parts["values"] = t._values()
    text = ",\n       ".join(f"{k}={_part(k, v.array())}" for k, v in parts.items())
    suffixes = [f"size={t._shape}", f"nnz={t._nnz()}"]
    if t.dtype not in (dtypes.default(), *_QUIET):
        suffixes.append(f"dtype={t.dtype}")
    suffixes.append(f"layout={t.layout}")
    node = t._node
    if node is not None:
        suffixes.append(
            "requires_grad=True" if node.leaf else f"grad_fn=<{label_of(node)}>"
        )
    return printing.with_suffixes(f"tensor({text}", suffixes, 7, not t._compressed)


_QUIET = (dtypes.NAMES["int64"], dtypes.NAMES["bool"], dtypes.NAMES["complex64"])


def _part(name: str, array: np.ndarray) -> str:
    contents = printing.contents(array, 15 + len(name))
    size = f", size={tuple(array.shape)}" if not array.size else ""
    return f"tensor({contents}{size})"
