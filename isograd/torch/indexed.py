"""Reading and writing by index tensors along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isograd.core.drafts import asked, beyond
from isograd.core.primitive import Payload
from isograd.core.tensor import wrap
from isograd.torch.call import (
    Named,
    cast,
    is_payload,
)
from isograd.torch.dtypes import of_numpy
from isograd.torch.scalars import element
from isograd.torch.selecting import F, _index_array
from isograd.torch.table import row, tensor_row
from isograd.torch.tensor import Tensor, checked_dim

# --- by index tensors along an axis ---------------------------------------------------


def _long(index: Payload, name: str, words: str = "", found: str = "") -> Payload:
    if index.dtype in (np.int64, np.int32):
        return index
    raise RuntimeError(f"{name}(): Expected dtype {words} for index{found}")


def _check_inside(
    index: Payload, x: Payload, d: int, kind: type[Exception], head: str
) -> None:
    n = x.shape[d] if x.ndim else 1
    if asked(beyond, index, n):
        bad = index[(index >= n) | (index < 0)].flat[0]
        raise kind(
            f"{head}index {bad} is out of bounds for dimension {d} with size {n}"
        )


def _check_slices(x: Payload, source: Payload, d: int) -> None:
    own, given = list(x.shape), list(source.shape)
    if own[:d] + own[d + 1 :] != given[:d] + given[d + 1 :]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified "
            f"dimension. Got self.shape = {own} source.shape = {given}"
        )


def _none(x: Payload, index: Payload) -> Payload:
    """No elements of x, in the shape of an empty index."""
    part = F.slice(F.reshape(x, shape=(-1,)), index=((0, 0, 1),))
    return F.reshape(part, shape=index.shape)


@row
def index_select(input: Payload, dim: int, index: Payload) -> Payload:
    d = checked_dim(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    _long(index, "index_select", "int32 or int64")
    n = input.shape[d] if input.ndim else 1
    if asked(beyond, index, n):
        bad = index[(index >= n) | (index < 0)].flat[0]
        if d == 0:
            raise IndexError("index out of range in self")
        raise RuntimeError(
            f"INDICES element is out of DATA bounds, id={bad} axis_dim={n}"
        )
    if not input.ndim:
        return F.reshape(
            F.index_select(F.reshape(input, shape=(1,)), index, axis=0), shape=()
        )
    if not index.ndim:
        index = F.reshape(index, shape=(1,))
    return F.index_select(input, index, axis=d)


@row
def gather(
    input: Payload, dim: int, index: Payload, *, sparse_grad: bool = False
) -> Payload:
    d = checked_dim(dim, input.ndim)
    if 0 in index.shape:
        return _none(input, index)
    _check_along(input, d, index, "gather")
    if not input.ndim or not index.ndim:
        flat = F.reshape(input, shape=(1,)) if not input.ndim else input
        n = int(np.prod(index.shape))
        return F.reshape(
            F.take_along(flat, F.reshape(index, shape=(n,)), axis=0), shape=index.shape
        )
    part = _front(input, index.shape, d)
    return F.take_along(part, index, axis=d)


def _front(x: Payload, shape: Sequence[int], d: int) -> Payload:
    """The part of x that an index of a smaller shape can reach."""
    index = tuple(
        (0, m if i == d else n, 1)
        for i, (m, n) in enumerate(zip(x.shape, shape, strict=True))
    )
    if all(stop == m for (_, stop, _), m in zip(index, x.shape, strict=True)):
        return x
    return F.slice(x, index=index)


def _check_along(x: Payload, d: int, index: Payload, name: str) -> None:
    _long(index, name, "int32/int64")
    if max(x.ndim, 1) != max(index.ndim, 1):
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as input tensor"
            if name == "gather"
            else "Index tensor must have the same number of dimensions as self tensor"
        )
    for i, (m, n) in enumerate(zip(index.shape, x.shape, strict=False)):
        if i != d and m > n:
            if name == "gather":
                raise RuntimeError(
                    f"Size does not match at dimension {i} expected index "
                    f"{list(index.shape)} to be no larger than self {list(x.shape)} "
                    f"apart from dimension {d}"
                )
            raise RuntimeError(
                f"Expected index {list(index.shape)} to be no larger than self "
                f"{list(x.shape)} apart from dimension {d}"
            )
    n = x.shape[d] if x.ndim else 1
    if asked(beyond, index, n):
        bad = index[(index < 0) | (index >= n)]
        raise RuntimeError(
            f"index {bad.flat[0]} is out of bounds for dimension {d} with size {n}"
        )


_REDUCE = {"add": "sum", "multiply": "prod"}


@row(inplace=True)
def scatter(
    input: Payload,
    dim: int,
    index: Payload,
    src: Any = None,
    *,
    value: Any = None,
    reduce: str | None = None,
) -> Payload:
    d = checked_dim(dim, input.ndim)
    source = value if src is None else src
    label = f"ScatterBackward{0 if is_payload(source) else 1}"
    _check_along(input, d, index, "scatter")
    if not is_payload(source):
        source = F.broadcast_to(element(source, input.dtype), index.shape)
    elif source.dtype != input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    _check_source(input, index, source, d)
    if reduce not in (None, "add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    how = "replace" if reduce is None else _REDUCE[reduce]
    return Named(_scattered(input, index, source, d, how), label)


def _check_source(x: Payload, index: Payload, src: Payload, d: int) -> None:
    if any(m > n for m, n in zip(index.shape, src.shape, strict=True)):
        raise RuntimeError(
            f"Expected index {list(index.shape)} to be no larger than self "
            f"{list(x.shape)} apart from dimension {d} and to be no larger size than "
            f"src {list(src.shape)}"
        )


def _scattered(
    x: Payload, index: Payload, src: Payload, d: int, how: str, include: bool = True
) -> Payload:
    """Along an axis; an index smaller than x in other axes writes to x's front."""
    front = tuple(
        (0, m if i == d else n, 1)
        for i, (m, n) in enumerate(zip(x.shape, index.shape, strict=True))
    )
    part = _front(x, index.shape, d)
    out = F.scatter_along(part, index, src, axis=d, reduce=how, include_self=include)
    if part is x:
        return out
    return F.view_write(x, out, chain=(("slice", (("index", front),)),))


@row(inplace=True)
def scatter_add(input: Payload, dim: int, index: Payload, src: Payload) -> Payload:
    d = checked_dim(dim, input.ndim)
    _check_along(input, d, index, "scatter")
    if src.dtype != input.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    return _scattered(input, index, src, d, "sum")


@row(inplace=True)
def scatter_reduce(
    input: Payload,
    dim: int,
    index: Payload,
    src: Payload,
    reduce: str,
    *,
    include_self: bool = True,
) -> Payload:
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise RuntimeError(
            "reduce argument must be either sum, prod, mean, amax or "
            f"amin, got {reduce}"
        )
    d = checked_dim(dim, input.ndim)
    _check_along(input, d, index, "scatter")
    return _scattered(input, index, src, d, reduce, include_self)


def _scaled(src: Payload, alpha: Any) -> Payload:
    return src if alpha == 1 else F.mul(src, cast(alpha, src.dtype))


@row(inplace=True)
def index_add(
    input: Payload, dim: int, index: Payload, source: Payload, *, alpha: Any = 1
) -> Payload:
    d = checked_dim(dim, input.ndim)
    if source.dtype != input.dtype:
        raise RuntimeError(
            "index_add_(): self ("
            f"{of_numpy(input.dtype).scalar_type}) and source ("
            f"{of_numpy(source.dtype).scalar_type}) must have the same "
            "scalar type"
        )
    if index.size != source.shape[d]:
        raise RuntimeError(
            f"index_add_(): Number of indices ({index.size}) should be equal to "
            f"source.size(dim): ({source.shape[d]}), for dim: {d}"
        )
    found = f" but got: {of_numpy(index.dtype).scalar_type}"
    _long(index, "index_add_", "int32/int64", found)
    _check_slices(input, source, d)
    if index.ndim > 1:
        raise IndexError("index_add_(): Index is supposed to be a vector")
    _check_inside(index, input, d, RuntimeError, "")
    return F.index_add(input, index, _scaled(source, alpha), axis=d)


@row(inplace=True)
def index_copy(input: Payload, dim: int, index: Payload, source: Payload) -> Payload:
    d = checked_dim(dim, input.ndim)
    if source.dtype != input.dtype:
        raise RuntimeError(
            "index_copy_(): self and source expected to have the same dtype, but got "
            f"(self) {of_numpy(input.dtype).scalar_type} and (source) "
            f"{of_numpy(source.dtype).scalar_type}"
        )
    own, given = list(input.shape), list(source.shape)
    own, given = own[:d] + own[d + 1 :], given[:d] + given[d + 1 :]
    if own != given:
        raise RuntimeError(
            "index_copy_(): Source/destination tensor must have same slice shapes. "
            f"Destination slice shape: {' '.join(map(str, own))} at dimension {d} and "
            f"source slice shape: {' '.join(map(str, given))} at dimension 0."
        )
    _check_inside(index, input, d, IndexError, "index_copy_(): ")
    return F.index_copy(input, index, source, axis=d)


@row(inplace=True)
def index_fill(input: Payload, dim: int, index: Payload, value: Any) -> Payload:
    d = checked_dim(dim, input.ndim)
    own = is_payload(value)
    if own and value.ndim:
        raise RuntimeError(
            "index_fill_ only supports a 0-dimensional value tensor, but got tensor "
            f"with {value.ndim} dimension(s)."
        )
    fill = cast(value, input.dtype) if own else element(value, input.dtype)
    out = F.index_fill(input, index, fill, axis=d)
    return Named(out, f"IndexFillBackward{int(own)}")


@row(inplace=True)
def index_put(
    input: Payload, indices: Any, values: Payload, accumulate: bool = False
) -> Payload:
    if values.dtype != input.dtype:
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{of_numpy(input.dtype).scalar_type} for the destination and "
            f"{of_numpy(values.dtype).scalar_type} for the source."
        )
    if not isinstance(indices, list | tuple):
        raise TypeError(
            "index_put_(): argument 'indices' (position 1) must be tuple of Tensors, "
            "not Tensor"
        )
    if len(indices) > input.ndim:
        raise IndexError(
            f"too many indices for tensor of dimension {input.ndim} (got "
            f"{len(indices)})"
        )
    key = tuple(slice(None) if i is None else _index_array(i) for i in indices)
    return F.index_put(input, key, values, accumulate=bool(accumulate))


def _beyond_either(index: np.ndarray, n: int) -> bool:
    return bool(index.size) and bool(index.max() >= n or index.min() < -n)


@row
def take(input: Payload, index: Payload) -> Payload:
    _check_flat(input, index, "take")
    return F.take(input, index)


def _check_flat(x: Payload, index: Payload, name: str) -> None:
    if index.dtype != np.int64:
        raise RuntimeError(
            f"{name}(): Expected a long tensor for index, but got "
            f"{of_numpy(index.dtype).scalar_type}"
        )
    n = int(np.prod(x.shape))
    if asked(_beyond_either, index, n):
        bad = index[(index >= n) | (index < -n)].flat[0]
        raise IndexError(
            f"out of range: tried to access index {bad} on a tensor of {n} elements."
        )


@row(inplace=True)
def put(
    input: Payload, index: Payload, source: Payload, accumulate: bool = False
) -> Payload:
    _check_flat(input, index, "put_")
    m, n = int(np.prod(source.shape)), int(np.prod(index.shape))
    if source.dtype != input.dtype:
        raise RuntimeError(
            "put_(): self and source expected to have the same dtype, but got "
            f"self.dtype = {of_numpy(input.dtype).scalar_type} and source.dtype = "
            f"{of_numpy(source.dtype).scalar_type}"
        )
    if m != n:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, "
            f"but got source.numel() = {m}, index.numel() = {n}"
        )
    return F.put(input, index, source, accumulate=bool(accumulate))


@row(label="GatherBackward0")
def take_along_dim(input: Payload, indices: Payload, dim: Any = None) -> Payload:
    if indices.dtype != np.int64:
        raise RuntimeError(
            "torch.take_along_dim(): dtype of indices should be Long but got "
            f"{of_numpy(indices.dtype).scalar_type}"
        )
    if dim is None:
        return F.take(input, indices)
    if indices.ndim != input.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of "
            f"dimensions, but got {input.ndim} dimensions for input, and "
            f"{indices.ndim} dimensions for indices"
        )
    return F.take_along_axis(input, indices, axis=checked_dim(dim, input.ndim))


@row
def select_scatter(input: Payload, src: Payload, dim: int, index: int) -> Payload:
    d = checked_dim(dim, input.ndim)
    _check_piece(src, input.shape[:d] + input.shape[d + 1 :])
    chain = (("select", (("axis", d), ("index", index % input.shape[d]))),)
    return F.view_write(input, src, chain=chain)


@row
def slice_scatter(
    input: Payload,
    src: Payload,
    dim: int = 0,
    start: Any = None,
    end: Any = None,
    step: int = 1,
) -> Payload:
    d = checked_dim(dim, input.ndim)
    index = tuple(
        slice(start, end, step).indices(n) if i == d else (0, n, 1)
        for i, n in enumerate(input.shape)
    )
    places = slice(start, end, step).indices(input.shape[d])
    n = len(range(*places))
    _check_piece(src, (*input.shape[:d], n, *input.shape[d + 1 :]))
    return F.view_write(input, src, chain=(("slice", (("index", index),)),))


def _check_piece(src: Payload, shape: Sequence[int]) -> None:
    if list(src.shape) != list(shape):
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src.shape)}, slice size = {list(shape)}"
        )


@row
def diagonal_scatter(
    input: Payload, src: Payload, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Payload:
    a, b = checked_dim(dim1, input.ndim), checked_dim(dim2, input.ndim)
    m, k = input.shape[a], input.shape[b]
    n = max(0, min(m, k - offset) if offset >= 0 else min(m + offset, k))
    rest = [s for i, s in enumerate(input.shape) if i not in (a, b)]
    _check_piece(src, (*rest, n))
    at = (("axis1", a), ("axis2", b), ("offset", offset))
    return F.view_write(input, src, chain=(("diagonal", at),))


@tensor_row(function=False)
def fill_diagonal_(self: Any, fill_value: Any, wrap: bool = False) -> Any:
    shape = self._p.shape
    if len(shape) < 2:
        raise RuntimeError("dimensions must larger than 1")
    if len(shape) > 2 and len(set(shape)) > 1:
        raise RuntimeError("all dimensions of input must be of equal length")
    rows, step = min(shape), sum(self.stride())
    strides: tuple[int, ...] = (step,)
    count: tuple[int, ...] = (rows,)
    if wrap and len(shape) == 2 and shape[0] > shape[1] + 1:  # one row is left out
        block = (shape[1] + 1) * self.stride(0)
        whole, rest = divmod(shape[0], shape[1] + 1)
        for i in range(whole):
            self.as_strided(count, strides, self.storage_offset() + i * block).fill_(
                fill_value
            )
        start = self.storage_offset() + whole * block
        count = (min(rest, shape[1]),)
        self.as_strided(count, strides, start).fill_(fill_value)
        return self
    self.as_strided(count, strides, self.storage_offset()).fill_(fill_value)
    return self


@tensor_row(method=False)
def unravel_index(indices: Any, shape: Any) -> Any:
    places = np.unravel_index(indices.array("unravel_index"), tuple(shape))
    return tuple(wrap(Tensor, np.asarray(p)) for p in places)
