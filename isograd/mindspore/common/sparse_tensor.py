"""Sparse tensors: values at places; arithmetic is that of the values' Tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.mindspore.call import FUNCTIONS
from isograd.mindspore.tensor import Tensor
from isograd.mindspore.text import repr_of


def _part(t: Tensor) -> str:
    """A tensor as it is shown inside of a sparse one: elements without commas."""
    head, _, elements = repr_of(t).partition(" value=")
    return f"{head} value=" + elements.replace(",", "").removeprefix(" ")


def _checked_tensor(cls: str, **parts: Any) -> None:
    for name, x in parts.items():
        if not isinstance(x, Tensor):
            raise TypeError(
                f"For '{cls}', the '{name}' must be a Tensor, but got "
                f"{type(x).__name__}."
            )


class SparseTensor:
    """Base: `values` at places of a dense shape."""

    values: Any  # a Tensor, whose operators are put in by tables
    _shape: tuple[int, ...]
    _places: tuple[str, ...]

    shape = property(lambda self: self._shape)
    dense_shape = shape
    dtype = property(lambda self: self.values.dtype)
    size = property(lambda self: self.values.size)
    ndim = property(lambda self: len(self._shape))
    itemsize = property(lambda self: self.values.itemsize)

    def with_values(self, values: Tensor) -> Any:
        """The same places with other values."""
        places = (getattr(self, n) for n in self._places)
        cls: Any = type(self)
        return cls(*places, values, self._shape)

    def to_tuple(self) -> Any:
        places = (getattr(self, n) for n in self._places)
        return (*places, self.values, self._shape)

    def astype(self, dtype: Any) -> Any:
        return self.with_values(self.values.astype(dtype))

    def abs(self) -> Any:
        return self.with_values(FUNCTIONS["abs"](self.values))

    def __neg__(self) -> Any:
        return self.with_values(-self.values)

    def __repr__(self) -> str:
        parts = ", ".join(
            f"{n}={_part(getattr(self, n))}" for n in (*self._places, "values")
        )
        return (
            f"{type(self).__name__}(shape={list(self._shape)}, dtype={self.dtype}, "
            f"{parts})"
        )

    def _coordinates(self) -> np.ndarray:
        """The places (count, rank)."""
        raise NotImplementedError

    def _at(self, dense: Any) -> Tensor:
        """The elements of a dense operand at the places; numbers as they are."""
        if not isinstance(dense, Tensor) or not dense.ndim:
            return dense
        whole = FUNCTIONS["broadcast_to"](dense, self._shape)
        at = Tensor(self._coordinates().astype(np.int64))
        return FUNCTIONS["gather_nd"](whole, at)

    def __mul__(self, other: Any) -> Any:
        return self.with_values(self.values * self._at(other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self.with_values(self.values / self._at(other))

    def to_dense(self) -> Tensor:
        at = Tensor(self._coordinates().astype(np.int64))
        return FUNCTIONS["scatter_nd"](at, self.values, self._shape)

    def _combined(self, other: Any, sign: int) -> Any:
        """The sum (difference), sparse again if both are."""
        if not isinstance(other, SparseTensor):
            at = Tensor(self._coordinates().astype(np.int64))
            dense = other if sign > 0 else -other
            return FUNCTIONS["tensor_scatter_add"](dense, at, self.values)
        places = np.concatenate([self._coordinates(), other._coordinates()])
        flat = np.ravel_multi_index(tuple(places.T), self._shape)
        found, back = np.unique(flat, return_inverse=True)
        both = FUNCTIONS["concat"](
            (self.values, other.values if sign > 0 else -other.values)
        )
        total = FUNCTIONS["unsorted_segment_sum"](
            both, Tensor(back.reshape(-1).astype(np.int64)), found.size
        )
        rows = np.stack(np.unravel_index(found, self._shape), 1)
        return self._from_places(rows, total)

    def _from_places(self, places: np.ndarray, values: Tensor) -> Any:
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        return self._combined(other, 1)

    def __sub__(self, other: Any) -> Any:
        return self._combined(other, -1)


class COOTensor(SparseTensor):
    """Values at coordinates.

    Args:
        indices: (count, rank), integers.
        values: (count,).
        shape: of the dense tensor.

    Raises:
        TypeError: if indices or values are no Tensors.
        ValueError: if their sizes do not fit.
    """

    _places = ("indices",)

    def __init__(
        self,
        indices: Any = None,
        values: Any = None,
        shape: Any = None,
        coo_tensor: COOTensor | None = None,
    ) -> None:
        if coo_tensor is not None:
            indices, values, shape = coo_tensor.to_tuple()
        if indices is None or values is None or shape is None:
            raise TypeError(
                "Inputs must be { coo_tensor = COOTensor } or { indices, values, shape }."
            )
        _checked_tensor("COOTensor", indices=indices, values=values)
        if indices.shape != (values.shape[0], len(shape)):
            raise ValueError(
                "For COOTensor, `indices` must have a row for each value and a "
                f"column for each axis, but got {indices.shape} for "
                f"{values.shape[0]} values of shape {tuple(shape)}."
            )
        self.indices, self.values, self._shape = indices, values, tuple(shape)

    def _coordinates(self) -> np.ndarray:
        return self.indices.asnumpy()

    def _from_places(self, places: np.ndarray, values: Tensor) -> COOTensor:
        at = Tensor(places.astype(self.indices.asnumpy().dtype))
        return COOTensor(at, values, self._shape)

    def coalesce(self) -> COOTensor:
        """Values at equal places added up, places in order."""
        none = COOTensor(self.indices[:0], self.values[:0], self._shape)
        return self._combined(none, 1)

    def to_csr(self) -> CSRTensor:
        """Compressed rows, in the order of the places."""
        at = self._coordinates()
        order = np.lexsort((at[:, 1], at[:, 0]))
        rows = np.bincount(at[:, 0], minlength=self._shape[0])
        indptr = np.concatenate([[0], np.cumsum(rows)]).astype(at.dtype)
        values = self.values[Tensor(order)] if len(order) else self.values
        return CSRTensor(Tensor(indptr), Tensor(at[order, 1]), values, self._shape)

    def add(self, other: COOTensor, thresh: Any) -> Any:
        return self + other


class CSRTensor(SparseTensor):
    """Compressed rows: row r has the columns and values indptr[r] to indptr[r + 1].

    Raises:
        TypeError: if a part is no Tensor.
        ValueError: if the sizes do not fit.
    """

    _places = ("indptr", "indices")

    def __init__(
        self,
        indptr: Any = None,
        indices: Any = None,
        values: Any = None,
        shape: Any = None,
        csr_tensor: CSRTensor | None = None,
    ) -> None:
        if csr_tensor is not None:
            indptr, indices, values, shape = csr_tensor.to_tuple()
        if any(x is None for x in (indptr, indices, values, shape)):
            raise TypeError(
                "Inputs must be { csr_tensor = CSRTensor } or "
                "{ indptr, indices, values, shape }."
            )
        _checked_tensor("CSRTensor", indptr=indptr, indices=indices, values=values)
        if indptr.size != shape[0] + 1 or indices.shape[0] != values.shape[0]:
            raise ValueError(
                "For CSRTensor, `indptr` must have shape[0] + 1 elements, and "
                f"`indices` as many as `values`, but got {indptr.size}, "
                f"{indices.shape[0]} and {values.shape[0]} for shape {tuple(shape)}."
            )
        self.indptr, self.indices, self.values = indptr, indices, values
        self._shape = tuple(shape)

    def _rows(self) -> np.ndarray:
        counts = np.diff(self.indptr.asnumpy())
        return np.repeat(np.arange(self._shape[0]), counts)

    def _coordinates(self) -> np.ndarray:
        columns = self.indices.asnumpy()
        return np.stack([self._rows().astype(columns.dtype), columns], 1)

    def _from_places(self, places: np.ndarray, values: Tensor) -> CSRTensor:
        at = Tensor(places.astype(self.indices.asnumpy().dtype))
        return COOTensor(at, values, self._shape).to_csr()

    def __mul__(self, other: Any) -> Any:
        return self.values * self._at(other)

    def __truediv__(self, other: Any) -> Any:
        return self.values / self._at(other)

    def to_coo(self) -> COOTensor:
        return COOTensor(Tensor(self._coordinates()), self.values, self._shape)

    def mv(self, dense_vector: Tensor) -> Tensor:
        """The product with a column (n, 1)."""
        return self.mm(dense_vector)

    def mm(self, matrix: Any) -> Any:
        dense = matrix.to_dense() if isinstance(matrix, SparseTensor) else matrix
        out = FUNCTIONS["matmul"](self.to_dense(), dense)
        return dense_to_csr(out) if isinstance(matrix, SparseTensor) else out

    def sum(self, axis: int) -> Tensor:
        if axis not in (1, -1):
            raise ValueError(
                "For CSRReduceSum, `axis` should be 1 or 1-dim. But got `axis`: "
                f"{axis}and `1- dim`: -1."
            )
        rows = Tensor(self._rows().astype(np.int64))
        total = FUNCTIONS["unsorted_segment_sum"](self.values, rows, self._shape[0])
        return total.reshape(self._shape[0], 1)

    def add(self, b: CSRTensor, alpha: Any, beta: Any) -> CSRTensor:
        """alpha self + beta b."""
        return self.with_values(self.values * alpha) + b.with_values(b.values * beta)


class RowTensor:
    """Rows `values` of a dense tensor, at `indices` of the first axis."""

    def __init__(
        self,
        indices: Any = None,
        values: Any = None,
        shape: Any = None,
        row_tensor: RowTensor | None = None,
    ) -> None:
        if row_tensor is not None:
            indices, values = row_tensor.indices, row_tensor.values
            shape = row_tensor.dense_shape
        self.indices, self.values, self.dense_shape = indices, values, tuple(shape)


RowTensorInner = RowTensor


def dense_to_coo(x: Tensor) -> COOTensor:
    """The elements other than zero."""
    at = np.argwhere(x.asnumpy() != 0).astype(np.int32)
    places = Tensor(at)
    return COOTensor(places, FUNCTIONS["gather_nd"](x, places), x.shape)


def dense_to_csr(x: Tensor) -> CSRTensor:
    return dense_to_coo(x).to_csr()


Tensor.to_coo = dense_to_coo  # type: ignore[attr-defined]  # justified: by table
Tensor.to_csr = dense_to_csr  # type: ignore[attr-defined]  # justified: by table

_UNARY = """
abs acos acosh asin asinh atan atanh ceil cos cosh exp expm1 floor inv isfinite isinf
isnan log log1p neg relu relu6 round sigmoid sin sinh softsign sqrt square tan tanh
"""


def _of_values(name: str) -> Any:
    def function(x: SparseTensor) -> Any:
        return x.with_values(FUNCTIONS[name](x.values))

    return function


TABLE: dict[str, Any] = {
    f"{kind}_{n}": _of_values(n) for kind in ("coo", "csr") for n in _UNARY.split()
} | {
    "csr_to_dense": lambda x: x.to_dense(),
    "csr_to_coo": lambda x: x.to_coo(),
    "csr_add": lambda a, b, alpha, beta: a.add(b, alpha, beta),
    "csr_mv": lambda a, v: a.mv(v),
    "csr_mm": lambda a, b, *rest, **named: a.mm(b),
    "csr_mul": lambda x, y: x.with_values(x * y),
    "csr_div": lambda x, y: x.with_values(x / y),
    "csr_reduce_sum": lambda x, axis: x.sum(axis),
    "coo_add": lambda a, b, thresh=None: a + b,
    "dense_to_sparse_coo": dense_to_coo,
    "dense_to_sparse_csr": dense_to_csr,
    "make_coo_tensor": COOTensor,
    "make_csr_tensor": CSRTensor,
    "make_row_tensor": RowTensor,
    "coo_tensor_get_indices": lambda x: x.indices,
    "coo_tensor_get_values": lambda x: x.values,
    "coo_tensor_get_dense_shape": lambda x: x.shape,
    "csr_tensor_get_indptr": lambda x: x.indptr,
    "csr_tensor_get_indices": lambda x: x.indices,
    "csr_tensor_get_values": lambda x: x.values,
    "csr_tensor_get_dense_shape": lambda x: x.shape,
    "row_tensor_get_indices": lambda x: x.indices,
    "row_tensor_get_values": lambda x: x.values,
    "row_tensor_get_dense_shape": lambda x: x.dense_shape,
}
for _name, _function in TABLE.items():
    if hasattr(_function, "__code__"):
        _function.__name__ = _function.__qualname__ = _name
