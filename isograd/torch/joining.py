"""Joining tensors, and rearranged copies: flip, roll, repeat, triangles, padding."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import wrap
from isograd.torch.call import Named, dims_of, promoted, sizes_of
from isograd.torch.dtypes import of_numpy
from isograd.torch.shapes import view_as_shape
from isograd.torch.table import FUNCTIONS, row, tensor_row
from isograd.torch.tensor import Tensor, checked_dim

F = BOUND


def _stacked(xs: Sequence[Payload], axis: int) -> Payload:
    return F.stack(*xs, axis=axis)


def _list_of(tensors: Any, name: str) -> list[Any]:
    if not isinstance(tensors, tuple | list):
        kind = "Tensor" if hasattr(tensors, "shape") else type(tensors).__name__
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of "
            f"Tensors, not {kind}"
        )
    for i, x in enumerate(tensors):
        if not hasattr(x, "dtype"):
            raise TypeError(
                f"expected Tensor as element {i} in argument 0, but got "
                f"{type(x).__name__}"
            )
    return list(tensors)


@row(aliases=("concat", "concatenate"), method=False)
def cat(tensors: Any, dim: int = 0) -> Payload:
    xs = _list_of(tensors, "cat")
    if not xs:
        raise ValueError("torch.cat(): expected a non-empty list of Tensors")
    for i, x in enumerate(xs):
        if not x.ndim:
            raise RuntimeError(
                f"zero-dimensional tensor (at position {i}) cannot be concatenated"
            )
    xs = promoted(*xs)
    full = [x for x in xs if x.shape != (0,)]
    if not full:
        return F.concatenate(*xs, axis=0)
    d = checked_dim(dim, full[0].ndim)
    _check_cat(xs, full[0], d)
    return F.concatenate(*full, axis=d)


def _check_cat(xs: Sequence[Payload], first: Payload, d: int) -> None:
    for i, x in enumerate(xs):
        if x.shape == (0,):
            continue
        if x.ndim != first.ndim:
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {first.ndim} and "
                f"{x.ndim}"
            )
        for k, (m, n) in enumerate(zip(first.shape, x.shape, strict=True)):
            if k != d and m != n:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {d}. Expected "
                    f"size {m} but got size {n} for tensor number {i} in the list."
                )


@row(method=False)
def stack(tensors: Any, dim: int = 0) -> Payload:
    xs = _list_of(tensors, "stack")
    if not xs:
        raise RuntimeError("stack expects a non-empty TensorList")
    d = checked_dim(dim, xs[0].ndim + 1)
    for i, x in enumerate(xs):
        if x.shape != xs[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got "
                f"{list(xs[0].shape)} at entry 0 and {list(x.shape)} at entry {i}"
            )
    return _stacked(promoted(*xs), d)


def _at_least(x: Payload, rank: int) -> Payload:
    if x.ndim >= rank:
        return x
    if rank == 3 and x.ndim == 2:
        return F.reshape(x, shape=(*x.shape, 1))
    if rank == 3 and x.ndim == 1:
        return F.reshape(x, shape=(1, *x.shape, 1))
    return F.reshape(x, shape=(1,) * (rank - x.ndim) + x.shape)


def _joined(name: str, rank: int, aliases: tuple[str, ...] = ()) -> None:
    def body(tensors: Any) -> Payload:
        xs = [_at_least(x, rank) for x in _list_of(tensors, name)]
        if not xs:
            raise RuntimeError(f"{name} expects a non-empty TensorList")
        axis = {"vstack": 0, "dstack": 2}.get(name, 0 if xs[0].ndim == 1 else 1)
        return cat(xs, axis)

    row(body, name=name, aliases=aliases, method=False, label="CatBackward0")


_joined("hstack", 1)
_joined("vstack", 2, ("row_stack",))
_joined("dstack", 3)


@row(method=False, label="CatBackward0")
def column_stack(tensors: Any) -> Payload:
    xs = [
        x if x.ndim > 1 else F.reshape(x, shape=(x.size, 1))
        for x in _list_of(tensors, "column_stack")
    ]
    return cat(xs, 1)


for _rank in (1, 2, 3):

    def _atleast(*tensors: Any, _rank: int = _rank) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
            tensors = tuple(tensors[0])
        out = tuple(
            x
            if x._p.ndim >= _rank
            else view_as_shape(
                x,
                _at_least(np.broadcast_to(0, x._p.shape), _rank).shape,
                "UnsqueezeBackward0" if x._p.ndim else "ViewBackward0",
            )
            for x in tensors
        )
        return out[0] if len(out) == 1 else out

    tensor_row(_atleast, name=f"atleast_{_rank}d", method=False)


@row(method=False)
def block_diag(*tensors: Any) -> Payload:
    for i, x in enumerate(tensors):
        if x.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. "
                f"Input {i} has {x.ndim} dimensions"
            )
    return F.block_diag(*promoted(*tensors))


@tensor_row(method=False)
def meshgrid(*tensors: Any, indexing: str | None = None) -> Any:
    if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
        tensors = tuple(tensors[0])
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(
            'torch.meshgrid: indexing must be one of "xy" or "ij", but received: '
            f"{indexing}"
        )
    if len({t._p.dtype for t in tensors}) > 1:
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    for t in tensors:
        if t._p.ndim > 1:
            raise RuntimeError(
                "torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: "
                f"{t}"
            )
    swap = indexing == "xy" and len(tensors) > 1
    order = list(range(len(tensors)))
    if swap:
        order[:2] = [1, 0]
    shape = tuple(tensors[i]._p.size for i in order)
    out = []
    for i, t_ in enumerate(tensors):
        one = tuple(n if order[k] == i else 1 for k, n in enumerate(shape))
        out.append(t_.view(one).expand(shape))
    return tuple(out)


@tensor_row(method=False)
def cartesian_prod(*tensors: Any) -> Any:
    if len(tensors) == 1:
        return tensors[0]
    grids = meshgrid(*tensors, indexing="ij")
    return FUNCTIONS["stack"]([g.flatten() for g in grids], 1)


@tensor_row(method=False)
def combinations(input: Any, r: int = 2, with_replacement: bool = False) -> Any:
    if input._p.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input._p.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty((0,))
    pick = (
        itertools.combinations_with_replacement
        if with_replacement
        else itertools.combinations
    )
    index = np.array(list(pick(range(input._p.size), r)), np.int64).reshape(-1, r)
    columns = [input[wrap(Tensor, index[:, k].copy())] for k in range(r)]
    return FUNCTIONS["stack"](columns, 1)


# --- rearranged copies ----------------------------------------------------------------


@row
def flip(input: Payload, *args: Any, dims: Any = None) -> Payload:
    given = sizes_of(args if dims is None else (dims,))
    return F.copy(F.flip(input, axes=dims_of(given, input.ndim, False)))


def _flips(name: str, axis: int) -> None:
    def body(input: Payload) -> Payload:
        if input.ndim <= axis:
            raise RuntimeError(f"Input must be >= {axis + 1}-d.")
        return F.copy(F.flip(input, axes=(axis,)))

    row(body, name=name, label="FlipBackward0")


_flips("fliplr", 1)
_flips("flipud", 0)


@row
def roll(input: Payload, shifts: Any, dims: Any = None) -> Payload:
    shifts = (shifts,) if isinstance(shifts, int) else tuple(shifts)
    if not shifts:
        raise RuntimeError("`shifts` required")
    if dims is None or dims == ():
        return F.roll(input, shifts=shifts, axes=None)
    axes = dims_of((dims,) if isinstance(dims, int) else dims, input.ndim)
    if len(axes) != len(shifts):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(shifts)}, dims:{len(axes)}"
        )
    return F.roll(input, shifts=shifts, axes=axes)


@row
def rot90(input: Payload, k: int = 1, dims: Any = (0, 1)) -> Payload:
    if len(dims) != 2:
        raise RuntimeError(
            f"expected total rotation dims == 2, but got dims = {len(dims)}"
        )
    if input.ndim < 2:
        raise RuntimeError(
            f"expected total dims >= 2, but got total dims = {input.ndim}"
        )
    if (dims[0] - dims[1]) % input.ndim == 0:
        raise RuntimeError(
            "expected rotation dims to be different, but got dim0 = "
            f"{dims[0]} and dim1 = {dims[1]}"
        )
    a, b = dims_of(dims, input.ndim)
    return F.copy(F.rot90(input, count=k, axes=(a, b)))


@row(function=False)
def repeat(self: Payload, *args: Any, repeats: Any = None) -> Payload:
    times = sizes_of(args if repeats is None else (repeats,))
    if len(times) < self.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of "
            "dimensions of tensor"
        )
    _check_times(self, times)
    return F.copy(F.tile(self, times))


def _check_times(x: Payload, times: Sequence[int]) -> None:
    if any(n < 0 for n in times):
        full = (1,) * (len(times) - x.ndim) + x.shape
        shape = [n * k for n, k in zip(full, times, strict=True)]
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(shape)}: {shape}"
        )


@row(label="RepeatBackward0")
def tile(input: Payload, *args: Any, dims: Any = None) -> Payload:
    times = sizes_of(args if dims is None else (dims,))
    _check_times(input, times)
    return F.copy(F.tile(input, times))


@row
def repeat_interleave(
    input: Payload, repeats: Any = None, dim: Any = None, *, output_size: Any = None
) -> Payload:
    if repeats is None:
        return np.repeat(np.arange(input.size), input)
    x = input
    if dim is None:
        x, dim = F.reshape(x, shape=(prod(x.shape),)), 0
    d = checked_dim(dim, x.ndim)
    if isinstance(repeats, int) and repeats < 0:
        raise RuntimeError("Repeats must be non-negative")
    if isinstance(repeats, int):
        return Named(F.copy(F.repeat_interleave(x, repeats, axis=d)), "ViewBackward0")
    if repeats.dtype.kind != "i":
        raise NotImplementedError(
            '"repeat_interleave_cpu" not implemented for '
            f"'{of_numpy(repeats.dtype).scalar_type}'"
        )
    if repeats.ndim and repeats.shape[0] not in (1, x.shape[d]):
        raise RuntimeError(
            "repeats must have the same size as input along dim, but got "
            f"repeats.size(0) = {repeats.shape[0]} and input.size({d}) = {x.shape[d]}"
        )
    return Named(F.repeat_interleave(x, repeats, axis=d), "IndexSelectBackward0")


def _triangle(name: str) -> None:
    def body(input: Payload, diagonal: int = 0) -> Payload:
        if input.ndim < 2:
            raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
        return getattr(F, name)(input, offset=diagonal)

    row(body, name=name, inplace=True)


_triangle("tril")
_triangle("triu")


@row(label="ConstantPadNdBackward0")
def constant_pad_nd(input: Payload, pad: Any, value: Any = 0) -> Payload:
    widths = [(0, 0)] * (input.ndim - len(pad) // 2)
    pairs = [(pad[i], pad[i + 1]) for i in range(0, len(pad), 2)][::-1]
    return F.pad_with(input, tuple(widths + pairs), value=value)
