"""Views and other rearrangements: what shares memory in PyTorch shares it here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from isograd.core.drafts import Draft, asked, irregular
from isograd.core.levels import state
from isograd.core.primitive import BOUND, REGISTRY, Payload
from isograd.core.tensor import wrap
from isograd.torch.call import (
    as_int,
    check_broadcast,
    dims_of,
    public,
    sizes_of,
    view_of,
)
from isograd.torch.dtypes import Size, preserve_format
from isograd.torch.dtypes import dtype as Dtype
from isograd.torch.misfits import shape_like
from isograd.torch.table import FUNCTIONS, attach, repeated, row, tensor_row
from isograd.torch.tensor import Tensor, checked_dim

F = BOUND
_RESHAPE, _TRANSPOSE, _BROADCAST, _SLICE, _SELECT = (
    REGISTRY[n] for n in ("reshape", "transpose", "broadcast_in", "slice", "select")
)

# --- reshape and view -----------------------------------------------------------------


def whole_shape(sizes: Sequence[int], count: int) -> tuple[int, ...]:
    """The sizes with a -1 replaced by what is missing.

    Raises:
        RuntimeError: as PyTorch's `infer_size`.
    """
    if sizes.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    for i, n in enumerate(sizes):
        if n < -1:
            raise RuntimeError(
                f"invalid shape dimension {n} at index {i} of shape {list(sizes)}"
            )
    known = prod(n for n in sizes if n != -1)
    if -1 not in sizes:
        if known != count:
            raise RuntimeError(_bad_shape(sizes, count))
        return tuple(sizes)
    if known == 0:
        if count == 0:
            raise RuntimeError(
                f"cannot reshape tensor of 0 elements into shape {list(sizes)} because "
                "the unspecified dimension size -1 can be any value and is ambiguous"
            )
        raise RuntimeError(_bad_shape(sizes, count))
    if count % known:
        raise RuntimeError(_bad_shape(sizes, count))
    return tuple(count // known if n == -1 else n for n in sizes)


def _bad_shape(sizes: Sequence[int], count: int) -> str:
    return f"shape '{list(sizes)}' is invalid for input of size {count}"


def _can_view(p: Payload, shape: tuple[int, ...]) -> bool:
    """Whether the elements in memory have that shape without a copy."""
    if not hasattr(p, "flags") or p.flags.c_contiguous:
        return True
    try:
        p.view().reshape(shape, copy=False)  # NumPy 2.1
    except ValueError:
        return False
    return True


def view_as_shape(x: Any, shape: tuple[int, ...], label: str) -> Any:
    return view_of(x, _RESHAPE, label, shape=shape)


@tensor_row(views=True)
def reshape(input: Any, *args: Any, shape: Any = None) -> Any:
    """A view of that shape where memory allows it, else a copy."""
    given = args if shape is None else (shape,)
    sizes = whole_shape(sizes_of(given, "reshape", "shape"), input._p.size)
    if _can_view(input._p, sizes):
        label = "ViewBackward0" if input.is_contiguous() else "ReshapeAliasBackward0"
        return view_as_shape(input, sizes, label)
    return _copied_reshape(input, sizes)


def _is_strided(a: np.ndarray) -> bool:
    return not a.flags.c_contiguous


def _clone_body(input: Payload, *, memory_format: Any = None) -> Payload:
    """A copy; one of a dense tensor keeps the order of its axes in memory."""
    keeps = memory_format is None or memory_format is preserve_format
    if type(input) is Draft and keeps and asked(_is_strided, input):
        irregular()
    if type(input) is np.ndarray and keeps and _is_strided(input):
        out = input.copy("K")
        return out if out.strides == input.strides else F.copy(input)
    return F.copy(input)


row(_clone_body, name="clone")
_copied_reshape = public(
    lambda x, shape: F.reshape(F.copy(x), shape=shape), "reshape", "UnsafeViewBackward0"
)


@tensor_row(function=False, views=True)
def view(self: Any, *args: Any, size: Any = None, dtype: Any = None) -> Any:
    """The same memory in another shape or dtype."""
    shape = args or ((dtype,) if size is None else (size,))
    if len(shape) == 1 and isinstance(shape[0], Dtype):
        return _view_dtype(self, shape[0])
    sizes = whole_shape(sizes_of(shape, "view", "size"), self._p.size)
    if not _can_view(self._p, sizes):
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least "
            "one dimension spans across two contiguous subspaces). Use .reshape(...) "
            "instead."
        )
    return view_as_shape(self, sizes, "ViewBackward0")


def _view_dtype(x: Any, d: Dtype) -> Any:
    """The bytes as another dtype: no derivative passes."""
    if d is x.dtype:
        return view_as_shape(x, x._p.shape, "ViewBackward0")
    a = x.array("view")
    if a.ndim == 0 and a.dtype.itemsize != d.itemsize:
        raise RuntimeError(
            f"self.dim() cannot be 0 to view {x.dtype.scalar_type} as {d.scalar_type} "
            "(different element sizes)"
        )
    if d.itemsize > x.dtype.itemsize and a.shape[-1] % (d.itemsize // x.dtype.itemsize):
        raise RuntimeError(
            f"self.size(-1) must be divisible by {d.itemsize // x.dtype.itemsize} to "
            "view "
            f"{x.dtype.scalar_type} as {d.scalar_type} (different element sizes), but "
            "got "
            f"{a.shape[-1]}"
        )
    return wrap(Tensor, a.view(d.np))


@tensor_row(function=False)
def view_as(self: Any, other: Any) -> Any:
    return self.view(shape_like("view_as", other))


@tensor_row(function=False)
def reshape_as(self: Any, other: Any) -> Any:
    return self.reshape(shape_like("reshape_as", other))


@tensor_row(views=True)
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    shape = input._p.shape
    first, last = checked_dim(start_dim, len(shape)), checked_dim(end_dim, len(shape))
    if first > last:
        raise RuntimeError(
            "flatten() has invalid args: start_dim cannot come after end_dim"
        )
    if not shape:
        return input.reshape(1)
    if first == last:
        return input
    middle = prod(shape[first : last + 1])
    return input.reshape((*shape[:first], middle, *shape[last + 1 :]))


@tensor_row
def ravel(input: Any) -> Any:
    if input._p.ndim == 1 and input.is_contiguous():
        return input
    return input.contiguous().view(-1)


@tensor_row
def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    shape = input._p.shape
    d = checked_dim(dim, len(shape))
    sizes = sizes_of((sizes,))
    try:
        parts = whole_shape(sizes, shape[d])
    except RuntimeError:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of "
            f"dim {d} ({shape[d]}) in the input tensor"
        ) from None
    return input.view((*shape[:d], *parts, *shape[d + 1 :]))


@tensor_row(views=True)
def unsqueeze(input: Any, dim: int) -> Any:
    shape = input._p.shape
    d = checked_dim(dim, len(shape) + 1)
    return view_as_shape(input, (*shape[:d], 1, *shape[d:]), "UnsqueezeBackward0")


@tensor_row(views=True)
def squeeze(input: Any, dim: Any = None) -> Any:
    shape = input._p.shape
    if dim is None:
        return view_as_shape(
            input, tuple(n for n in shape if n != 1), "SqueezeBackward0"
        )
    axes = dims_of(dim, len(shape), none_is_all=False)
    kept = tuple(n for i, n in enumerate(shape) if n != 1 or i not in axes)
    label = "SqueezeBackward2" if isinstance(dim, tuple | list) else "SqueezeBackward1"
    return view_as_shape(input, kept, label)


# --- axes -----------------------------------------------------------------------------


def transposed(x: Any, axes: tuple[int, ...], label: str) -> Any:
    return view_of(x, _TRANSPOSE, label, axes=axes)


@tensor_row(aliases=("swapaxes", "swapdims"), views=True)
def transpose(input: Any, dim0: int, dim1: int) -> Any:
    rank = input._p.ndim
    i, j = checked_dim(dim0, rank), checked_dim(dim1, rank)
    axes = list(range(rank))
    if axes:
        axes[i], axes[j] = axes[j], axes[i]
    return transposed(input, tuple(axes), "TransposeBackward0")


@tensor_row(views=True)
def permute(input: Any, *args: Any, dims: Any = None) -> Any:
    axes = sizes_of(args if dims is None else (dims,))
    rank = input._p.ndim
    if len(axes) != rank:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not "
            f"match the length of the desired ordering of dimensions i.e. input.dim() "
            f"= {rank} is not equal to len(dims) = {len(axes)}"
        )
    axes = tuple(checked_dim(a, rank) for a in axes)
    if len(set(axes)) != rank:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return transposed(input, axes, "PermuteBackward0")


@tensor_row(views=True)
def t(input: Any) -> Any:
    rank = input._p.ndim
    if rank > 2:
        raise RuntimeError(
            f"t() expects a tensor with <= 2 dimensions, but self is {rank}D"
        )
    return transposed(input, tuple(range(rank))[::-1], "TBackward0")


@tensor_row(aliases=("moveaxis",), views=True)
def movedim(input: Any, source: Any, destination: Any) -> Any:
    rank = input._p.ndim
    ends = [[d] if isinstance(d, int) else list(d) for d in (source, destination)]
    if len(ends[0]) != len(ends[1]):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({ends[0]} dims) "
            "should contain the same number of dims as destination "
            f"({ends[1]} dims)"
        )
    for word, given in zip(("source", "destination"), ends, strict=True):
        if len({checked_dim(d, rank) for d in given}) < len(given):
            raise RuntimeError(f"movedim: repeated dim in `{word}` ({given})")
    a, b = dims_of(source, rank), dims_of(destination, rank)
    axes = [i for i in range(rank) if i not in a]
    for place, axis in sorted(zip(b, a, strict=True)):
        axes.insert(place, axis)
    return transposed(input, tuple(axes), "PermuteBackward0")


def _reversed(x: Any) -> Any:
    rank = x._p.ndim
    return transposed(x, tuple(range(rank))[::-1], "PermuteBackward0")


def _mT(x: Any) -> Any:
    rank = x._p.ndim
    if rank < 2:
        raise RuntimeError(
            "tensor.mT is only supported on matrices or batches of matrices. Got "
            f"{rank}-D tensor."
        )
    return transpose(x, -2, -1)


def _H(x: Any) -> Any:
    rank = x._p.ndim
    if rank not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {rank}-D "
            "tensor."
            + (" For batches of matrices, consider using tensor.mH" if rank > 2 else "")
        )
    return _adjoint(x) if rank else x


def _adjoint(x: Any) -> Any:
    return FUNCTIONS["conj"](_mT(x)) if x.is_complex() else _mT(x)


attach(T=property(repeated(_reversed)))
attach(mT=property(repeated(_mT)))
attach(H=property(_H))
attach(mH=property(_adjoint))
tensor_row(_adjoint, name="adjoint")

# --- broadcasting ---------------------------------------------------------------------


@tensor_row(function=False, views=True)
def expand(self: Any, *args: Any, size: Any = None, implicit: bool = False) -> Any:
    wanted, shape = sizes_of(args if size is None else (size,)), self._p.shape
    return view_of(self, _BROADCAST, "ExpandBackward0", shape=_expanded(wanted, shape))


def _expanded(wanted: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    extra = len(wanted) - len(shape)
    if extra < 0:
        raise RuntimeError(
            f"expand(torch.FloatTensor{{{list(shape)}}}, size={list(wanted)}): the "
            f"number of sizes provided ({len(wanted)}) must be greater or equal to the "
            f"number of dimensions in the tensor ({len(shape)})"
        )
    out = list(wanted)
    for i in range(len(wanted) - 1, -1, -1):
        n = wanted[i]
        if i < extra:
            if n < 0:
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) isn't allowed in a "
                    "leading, "
                    f"non-existing dimension {i}"
                )
            continue
        own = shape[i - extra]
        if n == -1:
            out[i] = own
        elif own not in (n, 1):
            raise RuntimeError(expand_error(wanted, shape, i - len(wanted)))
    return tuple(out)


def expand_error(wanted: Sequence[int], shape: Sequence[int], i: int) -> str:
    return (
        f"The expanded size of the tensor ({wanted[i]}) must match the existing "
        f"size ({shape[i]}) at non-singleton dimension {i % len(wanted)}.  Target "
        f"sizes: {list(wanted)}.  Tensor sizes: {list(shape)}"
    )


@tensor_row(function=False)
def expand_as(self: Any, other: Any) -> Any:
    return self.expand(shape_like("expand_as", other))


@tensor_row(views=True)
def broadcast_to(input: Any, size: Any) -> Any:
    return input.expand(size)


@tensor_row(method=False)
def broadcast_tensors(*tensors: Any) -> Any:
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        tensors = tuple(tensors[0])
    shape = check_broadcast(*(t._p.shape for t in tensors))
    return tuple(t if t._p.shape == shape else t.expand(shape) for t in tensors)


@tensor_row(method=False)
def broadcast_shapes(*shapes: Any) -> Size:
    given = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    out = [1] * max(map(len, given), default=0)
    for i, shape in enumerate(given):
        for k in range(-1, -1 - len(shape), -1):
            n = shape[k]
            if n < 0:
                raise ValueError(
                    "Attempting to broadcast a dimension with negative length!"
                )
            if n not in (1, out[k]):
                if out[k] != 1:
                    raise RuntimeError(
                        f"Attempting to broadcast a dimension of length {n} at {k}! "
                        f"Mismatching argument at index {i} had {shape}; but expected "
                        f"shape should be broadcastable to {out}"
                    )
                out[k] = n
    return Size(out)


# --- parts ----------------------------------------------------------------------------


def sliced(x: Any, axis: int, start: int, stop: int, step: int, label: str) -> Any:
    index = tuple(
        (start, stop, step) if i == axis else (0, n, 1)
        for i, n in enumerate(x._p.shape)
    )
    return view_of(x, _SLICE, label, index=index)


@tensor_row(views=True)
def select(input: Any, dim: int, index: int) -> Any:
    shape = input._p.shape
    if not shape:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    d, i = checked_dim(dim, len(shape)), as_int(index)
    if not -shape[d] <= i < shape[d]:
        raise IndexError(
            f"select(): index {i} out of range for tensor of size "
            f"{list(shape)} at dimension {d}"
        )
    return view_of(input, _SELECT, "SelectBackward0", axis=d, index=i % shape[d])


@tensor_row(views=True)
def narrow(input: Any, dim: int, start: Any, length: int) -> Any:
    shape = input._p.shape
    if not shape:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    d, begin = checked_dim(dim, len(shape)), as_int(start)
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if not -shape[d] <= begin <= shape[d]:
        raise IndexError(
            f"start out of range (expected to be in range of "
            f"[{-shape[d]}, {shape[d]}], but got {begin})"
        )
    begin = begin + shape[d] if begin < 0 else begin
    if begin + length > shape[d]:
        raise RuntimeError(
            f"start ({begin}) + length ({length}) exceeds dimension size ({shape[d]})."
        )
    return sliced(input, d, begin, begin + length, 1, "SliceBackward0")


@tensor_row(views=True)
def unbind(input: Any, dim: int = 0) -> Any:
    shape = input._p.shape
    d = checked_dim(dim, len(shape), wrap_scalar=False)
    return _several(
        view_of(input, _SELECT, "UnbindBackward0", axis=d, index=i)
        for i in range(shape[d])
    )


def _several(views: Iterable[Any]) -> tuple[Any, ...]:
    """Views that PyTorch does not let be written, since they come together."""
    out = tuple(views)
    if state().recording:
        for i, v in enumerate(out):
            if v._view is None:
                continue
            v._view = v._view._replace(made="several", place=i)
    return out


def _parts(x: Any, d: int, sizes: Sequence[int], label: str) -> tuple[Any, ...]:
    out, at = [], 0
    for n in sizes:
        out.append(sliced(x, d, at, at + n, 1, label))
        at += n
    return _several(out)


@tensor_row(views=True)
def split(tensor: Any, split_size_or_sections: Any, dim: int = 0) -> Any:
    shape = tensor._p.shape
    if not shape:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    d, step = checked_dim(dim, len(shape)), split_size_or_sections
    if isinstance(step, tuple | list):
        if sum(step) != shape[d]:
            raise RuntimeError(
                "split_with_sizes expects split_sizes to sum exactly to "
                f"{shape[d]} (input tensor's size at dimension {d}), but got "
                f"split_sizes={list(step)}"
            )
        if any(n < 0 for n in step):
            raise RuntimeError(
                "split_with_sizes expects split_sizes have only non-negative entries, "
                f"but got split_sizes={list(step)}"
            )
        return _parts(tensor, d, step, "SplitWithSizesBackward0")
    if not isinstance(step, int | np.integer | Tensor):
        raise TypeError(
            "split_with_sizes(): argument 'split_sizes' (position 2) must be tuple of "
            f"ints, not {type(step).__name__}"
        )
    if as_int(step) < 0:
        raise RuntimeError(
            f"split expects split_size be non-negative, but got split_size={step}"
        )
    if step == 0 and shape[d]:
        raise RuntimeError(
            "split_size can only be 0 if dimension size is 0, but got "
            f"dimension size of {shape[d]}"
        )
    sizes = [min(step, shape[d] - i) for i in range(0, shape[d], step or 1)] or [0]
    return _parts(tensor, d, sizes, "SplitBackward0")


split_with_sizes = tensor_row(
    lambda tensor, split_sizes, dim=0: split(tensor, list(split_sizes), dim),
    name="split_with_sizes",
)


@tensor_row(views=True)
def chunk(input: Any, chunks: int, dim: int = 0) -> Any:
    if not input._p.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    if chunks <= 0:
        raise RuntimeError(
            f"chunk expects `chunks` to be greater than 0, got: {chunks}"
        )
    n = input.size(dim)
    return split(input, max(-(-n // chunks), 1), dim)


@tensor_row
def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> Any:
    if not input._p.ndim:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor "
            "with 0 dims"
        )
    d = checked_dim(dim, input._p.ndim)
    n, given = input._p.shape[d], indices_or_sections
    if isinstance(given, int) and given <= 0:
        raise RuntimeError(f"number of sections must be larger than 0, got {given}")
    if isinstance(given, Tensor):
        given = given.tolist()
    if isinstance(given, int):
        given = [i * (n // given) + min(i, n % given) for i in range(1, given)]
    cuts = [0, *(min(max(c + n if c < 0 else c, 0), n) for c in given), n]
    return tuple(
        sliced(input, d, a, max(a, b), 1, "SliceBackward0") for a, b in pairwise(cuts)
    )


def _axis_split(name: str, axis: int, least: int) -> None:
    def fn(input: Any, indices_or_sections: Any) -> Any:
        rank = input._p.ndim
        if rank < least:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {least} dimension, but "
                f"got a tensor with {rank} dimensions!"
            )
        d = 0 if axis == 1 and rank == 1 else axis
        given = indices_or_sections
        if isinstance(given, int) and given and (n := input._p.shape[d]) % given:
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {d}, but the size of "
                f"the dimension {n} is not divisible by the split_size {given}!"
            )
        return tensor_split(input, indices_or_sections, d)

    tensor_row(fn, name=name)


_axis_split("hsplit", 1, 1)
_axis_split("vsplit", 0, 2)
_axis_split("dsplit", 2, 3)


@tensor_row(views=True)
def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    rank = input._p.ndim
    a, b = checked_dim(dim1, rank), checked_dim(dim2, rank)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return view_of(
        input,
        REGISTRY["diagonal"],
        "DiagonalBackward0",
        axis1=a,
        axis2=b,
        offset=offset,
    )


@tensor_row
def diag(input: Any, diagonal: int = 0) -> Any:
    rank = input._p.ndim
    if rank == 2:
        return _diagonal_copy(input, diagonal)
    if rank != 1:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {rank}D")
    return diag_embed(input, diagonal)


_diagonal_copy = public(
    lambda x, offset: F.diag(x, offset=offset), "diag", "DiagonalBackward0_copy"
)


@tensor_row
def diag_embed(input: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    rank = input._p.ndim + 1
    a, b = checked_dim(dim1, rank), checked_dim(dim2, rank)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return _embedded(input, offset, a, b)


@tensor_row
def diagflat(input: Any, offset: int = 0) -> Any:
    return diag_embed(input.reshape(-1), offset)


_embedded = public(
    lambda x, offset, a, b: F.diag_embed(x, offset=offset, axis1=a, axis2=b),
    "diag_embed",
    "DiagEmbedBackward0",
)


@tensor_row(function=False)
def unfold(self: Any, dimension: int, size: int, step: int) -> Any:
    shape = self._p.shape
    d = checked_dim(dimension, len(shape))
    n = shape[d] if shape else 1
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > n:
        raise RuntimeError(
            f"maximum size for tensor at dimension {d} is {n} but size is {size}"
        )
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not shape:
        return self.as_strided((size,), (1,), self.storage_offset())
    return view_of(
        self,
        REGISTRY["windows"],
        "UnfoldBackward0",
        axis=d,
        width=size,
        step=step,
        dilation=1,
    )


@tensor_row
def as_strided(input: Any, size: Any, stride: Any, storage_offset: Any = None) -> Any:
    size, stride = list(size), list(stride)
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in stride):
        raise RuntimeError(
            "as_strided: Negative strides are not supported at the moment, got "
            f"strides: {stride}"
        )
    if input._base is not None and not input.requires_grad:
        start = input.storage_offset() if storage_offset is None else storage_offset
        return as_strided(input._base, size, stride, start)
    at = 0 if storage_offset is None else storage_offset - input.storage_offset()
    p = input._p
    last = at + sum((n - 1) * s for n, s in zip(size, stride, strict=True))
    if type(p) is np.ndarray and 0 not in size and last >= p.size:
        item = p.dtype.itemsize
        raise RuntimeError(
            f"setStorage: sizes {size}, strides {stride}, storage offset {at}, and "
            f"itemsize {item} requiring a storage size of {(last + 1) * item} are out "
            f"of bounds for storage of size {p.nbytes}"
        )
    return view_of(
        input,
        REGISTRY["as_strided"],
        "AsStridedBackward0",
        shape=tuple(map(as_int, size)),
        strides=tuple(map(as_int, stride)),
        offset=at,
    )
