"""Rarer functions: copies of views, checks of memory, in-place forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import wrap
from isograd.torch import (  # noqa: F401 (rows)
    comparison,
    indexed,
    matrices,
    pairs,
    reductions,
    scans,
    selecting,
    shapes,
)
from isograd.torch import random as random_numbers
from isograd.torch.call import (
    Values,
    cast,
    dims_of,
    in_place,
    operands,
    public,
    sizes_of,
)
from isograd.torch.dtypes import channels_last, contiguous_format, default
from isograd.torch.factories import finished
from isograd.torch.table import FUNCTIONS, row, tensor_row
from isograd.torch.tensor import Tensor, checked_dim

F = BOUND

# --- activations that `torch` itself has ----------------------------------------------

row(
    lambda input: F.selu(input),
    name="selu",
    inplace=True,
    method=False,
    label="EluBackward0",
)
row(
    lambda input, lambd=0.5: F.hardshrink(input, lambd=float(lambd)),
    name="hardshrink",
    method=False,
)

# --- special functions that `torch` itself has ----------------------------------------

for _name, _prim in {"igamma": "gammainc", "igammac": "gammaincc"}.items():

    def _incomplete(input: Any, other: Any, *, _prim: str = _prim) -> Payload:
        return getattr(F, _prim)(*operands(input, other, least="f"))

    row(_incomplete, name=_name, inplace=True, label="NotImplemented")

# --- comparisons in place -------------------------------------------------------------


def _compare_in_place(name: str, aliases: tuple[str, ...]) -> None:
    def body(input: Payload, other: Any) -> Payload:
        return cast(getattr(F, name)(*operands(input, other)), input.dtype)

    for n in (name, *aliases):
        label = f"{name.capitalize()}Backward0"
        setattr(Tensor, f"{n}_", in_place(body, f"{n}_", label))


for _name, _aliases in {
    "eq": (),
    "ne": ("not_equal",),
    "lt": ("less",),
    "le": ("less_equal",),
    "gt": ("greater",),
    "ge": ("greater_equal",),
}.items():
    _compare_in_place(_name, _aliases)

# --- views, copied --------------------------------------------------------------------


def _copied(name: str) -> None:
    view = FUNCTIONS.get(name) or getattr(Tensor, name)

    def fn(input: Any, *args: Any, **kwargs: Any) -> Any:
        out = view(input, *args, **kwargs)
        if isinstance(out, tuple):
            return tuple(o.clone() for o in out)
        return out.clone()

    fn.__name__ = fn.__qualname__ = f"{name}_copy"
    FUNCTIONS[f"{name}_copy"] = fn


for _name in (
    "as_strided",
    "detach",
    "diagonal",
    "expand",
    "permute",
    "select",
    "split",
    "squeeze",
    "t",
    "transpose",
    "unbind",
    "unfold",
    "unsqueeze",
    "view",
    "view_as_real",
    "view_as_complex",
):
    if _name in FUNCTIONS or hasattr(Tensor, _name):
        _copied(_name)


def _unsafe(name: str) -> None:
    """`unsafe_split`...: parts that are no views, and may be written."""

    def fn(input: Any, *args: Any, **kwargs: Any) -> Any:
        parts = FUNCTIONS[name](input, *args, **kwargs)
        for part in parts:
            part._view = None
            if part._node is not None:
                part._node.label = "UnsafeSplitBackward0"
        return parts

    fn.__name__ = fn.__qualname__ = f"unsafe_{name}"
    tensor_row(fn, name=f"unsafe_{name}")


for _name in ("split", "chunk", "split_with_sizes"):
    _unsafe(_name)


@tensor_row
def narrow_copy(input: Any, dim: int, start: int, length: int) -> Any:
    return FUNCTIONS["narrow"](input, dim, start, length).clone()


@tensor_row(function=False)
def sum_to_size(self: Any, *size: Any) -> Any:
    return _sum_to_size(self, sizes_of(size))


_sum_to_size = public(
    lambda x, shape: F.copy(F.sum_to(x, shape)), "sum_to_size", "SumBackward1"
)


@tensor_row(function=False)
def as_subclass(self: Any, cls: Any) -> Any:
    """The same memory and node as a tensor of a subclass."""
    t = wrap(cls, self._p)
    t._node = self._node
    return t


@tensor_row(function=False)
def resize_as_(self: Any, other: Any) -> Any:
    return self.resize_(*other.shape)


@tensor_row(function=False)
def dim_order(self: Any) -> tuple[int, ...]:
    steps = self.stride()
    return tuple(sorted(range(len(steps)), key=lambda i: -steps[i]))


@tensor_row(function=False)
def is_set_to(self: Any, tensor: Any) -> bool:
    return self.data_ptr() == tensor.data_ptr() and self.shape == tensor.shape


# --- numbers --------------------------------------------------------------------------


@row
def frexp(input: Payload) -> Values:
    if input.dtype.kind not in "fV":
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    return Values("frexp", "mantissa exponent", F.frexp(input))


@tensor_row(method=False)
def get_device(input: Any) -> int:
    return input.get_device()


@tensor_row(method=False)
def frombuffer(
    buffer: Any,
    *,
    dtype: Any,
    count: int = -1,
    offset: int = 0,
    requires_grad: bool = False,
) -> Any:
    """A tensor that shares the memory of a buffer."""
    size, item = memoryview(buffer).nbytes, dtype.itemsize
    if not size or not count:
        raise ValueError(
            f"both buffer length ({size}) and count ({count}) must not be 0"
        )
    if not 0 <= offset < size:
        raise ValueError(
            f"offset ({offset} bytes) must be non-negative and no greater than buffer "
            f"length ({size} bytes) minus 1"
        )
    if count < 0 and (size - offset) % item:
        raise ValueError(
            f"buffer length ({size - offset} bytes) after offset ({offset} bytes) must "
            f"be a multiple of element size ({item})"
        )
    if count > 0 and offset + count * item > size:
        raise ValueError(
            f"requested buffer length ({count} * {item} bytes) after offset ({offset} "
            f"bytes) must not be greater than actual buffer length ({size} bytes)"
        )
    return finished(np.frombuffer(buffer, dtype.np, count, offset), requires_grad)


def _slope_body(
    y: Payload, at: Any, axis: int, step: float, edge_order: int
) -> Payload:
    y = y if y.dtype.kind in "fcV" else cast(y, default().np)
    if at is not None and at.dtype.kind in "iub":
        at = cast(at, default().np)
    return F.slope(y, at, axis=axis, step=step, edge_order=edge_order)


_slope = public(_slope_body, "gradient", "CatBackward0")


@tensor_row(method=False)
def gradient(
    input: Any, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1
) -> tuple[Any, ...]:
    """Differences along axes; `spacing` are steps or tensors of places."""
    axes = dims_of(dim, input._p.ndim)
    several = isinstance(spacing, tuple | list)
    if several and len(spacing) != len(axes):
        wanted = (
            "be unspecified, a scalar, or a list of length equal to "
            f"'self.dim() = {input._p.ndim}', since dim argument was not given, but "
            f"got a list of length {len(spacing)}"
            if dim is None
            else "be unspecified, a scalar or it's spacing and dim arguments to have "
            f"the same length, but got a spacing argument of length {len(spacing)} "
            f"and a dim argument of length {len(axes)}."
        )
        raise RuntimeError(f"torch.gradient expected spacing to {wanted}")
    if edge_order not in (1, 2):
        raise RuntimeError(
            "torch.gradient only supports edge_order=1 and edge_order=2."
        )
    if any(input._p.shape[d] < edge_order + 1 for d in axes):
        raise RuntimeError(
            "torch.gradient expected each dimension size to be at least edge_order+1"
        )
    found = []
    for d, h in zip(axes, spacing if several else [spacing] * len(axes), strict=True):
        at = h if isinstance(h, Tensor) else None
        if at is not None and at._p.ndim != 1:
            raise RuntimeError(
                "torch.gradient expected each element of spacing to have one dimension, "
                f"but got an element with {at._p.ndim} dimensions!"
            )
        found.append(_slope(input, at, d, 1.0 if at is not None else h, edge_order))
    return tuple(found)


@row
def index_reduce(
    input: Payload,
    dim: int,
    index: Payload,
    source: Payload,
    reduce: str,
    *,
    include_self: bool = True,
) -> Payload:
    d = checked_dim(dim, input.ndim)
    return F.index_reduce(
        input, index, source, axis=d, reduce=reduce, include_self=include_self
    )


@row(method=True)
def stft(
    input: Payload,
    n_fft: int,
    hop_length: Any = None,
    win_length: Any = None,
    window: Any = None,
    center: bool = True,
    pad_mode: str = "reflect",
    normalized: bool = False,
    onesided: Any = None,
    return_complex: Any = None,
) -> Payload:
    if return_complex is False:
        raise RuntimeError(
            "stft with return_complex=False is not provided; use "
            "torch.view_as_real(torch.stft(..., return_complex=True))"
        )
    hop = n_fft // 4 if hop_length is None else hop_length
    if window is None and win_length not in (None, n_fft):
        window = np.ones(win_length, input.dtype)
    half = input.dtype.kind != "c" if onesided is None else onesided
    return F.stft(
        input,
        window,
        size=n_fft,
        hop=hop,
        centre=center,
        mode=pad_mode,
        onesided=half,
        normalized=normalized,
    )


@tensor_row(function=False)
def map_(self: Any, tensor: Any, callable: Any) -> Any:
    """Replace each element by a Python function of it and another tensor's."""
    if self.requires_grad or tensor.requires_grad:
        raise RuntimeError(
            "Can't call map_() on Variable that requires grad. Use "
            "var.detach().map_() instead."
        )
    a, b = self.array("map_"), np.broadcast_to(tensor.array("map_"), self._p.shape)
    values = [
        callable(x, y)
        for x, y in zip(a.reshape(-1).tolist(), b.reshape(-1).tolist(), strict=True)
    ]
    return self.copy_(finished(np.array(values, a.dtype).reshape(a.shape)))


@row(name="conj_physical", function=False)
def _conj_physical(input: Payload) -> Payload:
    return F.conj(input)


# --- norms under their former names ---------------------------------------------------


@tensor_row(method=False)
def frobenius_norm(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return FUNCTIONS["norm"](input, "fro", dim, keepdim)


@tensor_row(method=False)
def nuclear_norm(input: Any, dim: Any = None, keepdim: bool = False) -> Any:
    axes = (-2, -1) if dim is None else dim
    return matrices.LINALG["matrix_norm"](input, "nuc", axes, keepdim)


@row
def istft(
    input: Payload,
    n_fft: int,
    hop_length: Any = None,
    win_length: Any = None,
    window: Any = None,
    center: bool = True,
    normalized: bool = False,
    onesided: Any = None,
    length: Any = None,
    return_complex: bool = False,
) -> Payload:
    hop = n_fft // 4 if hop_length is None else hop_length
    real = F.real(input).dtype
    weights = np.ones(win_length or n_fft, real) if window is None else window
    half = input.shape[-2] != n_fft if onesided is None else onesided
    return F.istft(
        input,
        weights,
        size=n_fft,
        hop=hop,
        centre=center,
        normalized=normalized,
        onesided=half,
        length=length,
        real=not return_complex,
    )


@tensor_row(method=False)
def empty_permuted(
    size: Any, physical_layout: Any, *, dtype: Any = None, **_: Any
) -> Any:
    order = tuple(physical_layout)
    kind = (default() if dtype is None else dtype).np
    base = np.zeros([size[i] for i in order], kind)
    return finished(base.transpose(np.argsort(order)))


@row
def lu_solve(b: Payload, LU_data: Payload, LU_pivots: Payload) -> Payload:
    return F.lu_solve(LU_data, np.asarray(LU_pivots), b)


@tensor_row(method=False)
def binomial(count: Any, prob: Any, generator: Any = None) -> Any:
    stream = random_numbers._stream_of(generator)
    draws = stream.binomial(count.array().astype(np.int64), prob.array())
    return finished(np.asarray(draws).astype(count.array().dtype))


@tensor_row(method=False)
def from_dlpack(ext_tensor: Any) -> Any:
    """A tensor that shares the memory of an object that speaks DLPack."""
    return finished(np.from_dlpack(ext_tensor))


@tensor_row(function=False)
def __dlpack__(self: Any, **kwargs: Any) -> Any:
    return self.numpy().__dlpack__()


@tensor_row(function=False)
def __dlpack_device__(self: Any) -> tuple[int, int]:
    return (1, 0)


@tensor_row(method=False)
def detach_(input: Any) -> Any:
    return input.detach_()


@row
def histogram(
    input: Payload,
    bins: Any,
    *,
    range: Any = None,
    weight: Any = None,
    density: bool = False,
) -> Values:
    edges = bins if isinstance(bins, int) else np.asarray(bins)
    counts, places = np.histogram(np.asarray(input), edges, range, density, weight)
    return Values(
        "histogram",
        "hist bin_edges",
        tuple(np.asarray(a, input.dtype) for a in (counts, places)),
    )


@tensor_row
def contiguous(self: Any, memory_format: Any = None) -> Any:
    if memory_format is channels_last:
        if self._p.ndim != 4:
            raise RuntimeError("required rank 4 tensor to use channels_last format")
        if self.is_contiguous(memory_format=channels_last):
            return self
        return contiguous(self.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    if self.is_contiguous():
        return self
    return FUNCTIONS["clone"](self, memory_format=contiguous_format)


FUNCTIONS.pop("contiguous")


CONSTANTS = {
    "pi": math.pi,
    "e": math.e,
    "inf": math.inf,
    "nan": math.nan,
    "newaxis": None,
}
