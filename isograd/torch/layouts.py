"""What tensors have to do with sparse layouts; `torch.sparse` is loaded when needed."""

from __future__ import annotations

from typing import Any

from isograd.torch.coordinates import no_kernel
from isograd.torch.table import tensor_row


def _to(name: str) -> None:
    def convert(self: Any, *args: Any, **kwargs: Any) -> Any:
        from isograd.torch import sparse

        return sparse.HANDLERS[name](self, *args, **kwargs)

    convert.__name__ = convert.__qualname__ = name
    tensor_row(convert, name=name, function=False)


for _name in ("to_sparse", "to_sparse_coo", "to_sparse_csr", "sparse_mask"):
    _to(_name)


@tensor_row(function=False)
def to_dense(self: Any, dtype: Any = None, *, masked_grad: Any = None) -> Any:
    return self if dtype is None else self.to(dtype)


def _expects(name: str, text: str) -> None:
    def method(self: Any) -> Any:
        raise RuntimeError(f"{name} expected sparse {text} layout but got Strided")

    method.__name__ = method.__qualname__ = name
    tensor_row(method, name=name, function=False)


for _name in ("indices", "coalesce", "is_coalesced"):
    _expects(_name, "coordinate tensor")
_expects("values", "tensor")
for _name in ("crow_indices", "col_indices"):
    _expects(_name, "row compressed tensor")


def _lacks(name: str) -> None:
    def method(self: Any) -> Any:
        raise no_kernel(name, "CPU")

    method.__name__ = method.__qualname__ = name
    tensor_row(method, name=name, function=False)


for _name in ("_nnz", "_indices", "_values"):
    _lacks(_name)


@tensor_row(function=False)
def sparse_dim(self: Any) -> int:
    return 0


@tensor_row(function=False)
def dense_dim(self: Any) -> int:
    return self.dim()
