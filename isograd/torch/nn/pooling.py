"""Pooling of `torch.nn.functional`, and what it refuses."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from isograd.core.drafts import asked
from isograd.core.primitive import Payload
from isograd.core.tensor import concrete
from isograd.torch.call import public
from isograd.torch.nn.pool_checks import (
    adaptive_sizes,
    check_adaptive,
    check_cells,
    check_dtype,
    check_input,
    check_reach,
    check_window,
    numbers,
)
from isograd.torch.nn.table import FUNCTIONAL as T
from isograd.torch.nn.table import F, Named, dtype_name, ints, row


def _batched(x: Payload, rank: int, name: str) -> tuple[Payload, bool]:
    """x with a batch axis; whether it was added."""
    if x.ndim == rank + 1:
        return F.unsqueeze(x, axis=0), True
    if x.ndim != rank + 2 or 0 in x.shape[1:]:
        text = f"{rank + 1}D or {rank + 2}D (batch mode) tensor expected for input"
        raise RuntimeError(
            f"non-empty {text}"
            if rank != 1
            else f"{name}() Expected {rank + 1}D or {rank + 2}D input tensor, but got "
            f"{list(x.shape)}"
        )
    return x, False


def _unbatched(out: Payload, alone: bool) -> Payload:
    return F.squeeze(out, axes=(0,)) if alone else out


def _pool_label(kind: str, rank: int, indices: bool = False) -> str:
    if rank == 1:
        return "SqueezeBackward1"
    return f"{kind}Pool{rank}D{'WithIndices' if indices else ''}Backward0"


def _window(
    name: str,
    rank: int,
    x: Payload,
    given: tuple[Any, Any, Any, Any],
    ceil_mode: bool,
    indices: bool = False,
) -> tuple[Payload, bool, Any]:
    """(x with a batch axis, whether it was added, size, step, padding, dilation)."""
    kernel, stride, padding, dilation = given
    size = numbers(name, "kernel_size", kernel, rank)
    omitted = stride is None or (isinstance(stride, tuple | list) and not stride)
    step = size if omitted else numbers(name, "stride", stride, rank)
    pads = numbers(name, "padding", padding, rank)
    spread = numbers(name, "dilation", dilation, rank)
    check_window(name, size, step, pads, spread)
    check_input(name, rank, x)
    alone = x.ndim == rank + 1
    x = F.unsqueeze(x, axis=0) if alone else x
    window = size, step, pads, spread
    own = name == "max_pool1d" and indices  # computed as two axes
    check_reach("max_pool1d_with_indices" if own else name, x, window, ceil_mode)
    check_dtype(name, x)
    return x, alone, window


def _max_pool(rank: int) -> None:
    name = f"max_pool{rank}d"

    def both(
        input: Payload,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = True,
    ) -> Any:
        given = kernel_size, stride, padding, dilation
        x, alone, window = _window(name, rank, input, given, ceil_mode, return_indices)
        size, step, pads, spread = window
        out, where = F.max_pool(
            x,
            size=size,
            stride=step,
            padding=pads,
            dilation=spread,
            ceil_mode=ceil_mode,
        )
        return _unbatched(out, alone), _unbatched(where, alone)

    pair = public(both, name, _pool_label("Max", rank, True))

    def function(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        given = kernel_size, stride, padding, dilation
        out = pair(input, *given, ceil_mode, return_indices)
        return out if return_indices else out[0]

    function.__name__ = function.__qualname__ = name
    T[name] = function
    T[f"{name}_with_indices"] = pair


def _check_unpool(x: Payload, indices: Payload, rank: int) -> None:
    if x.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(
            f"Input to max_unpooling{rank}d should be a {rank + 1}d or {rank + 2}d "
            f"Tensor, but got a tensor with {x.ndim} dimensions."
        )
    if indices.dtype != np.int64:
        raise RuntimeError(
            f"elements in indices should be type int64 but got: {dtype_name(indices)}"
        )
    if indices.shape != x.shape:
        raise RuntimeError(
            "Expected shape of indices to be same as that of the input tensor "
            f"({list(x.shape)}) but got indices tensor with shape: {list(indices.shape)}"
        )


def _asked(size: Any, space: tuple[int, ...], step: tuple[int, ...]) -> tuple[int, ...]:
    """An output size that was asked for, where windows may have come from it."""
    rank = len(space)
    if len(size) not in (rank, rank + 2):
        raise ValueError(
            f"output_size should be a sequence containing {rank} or {rank + 2} elements, "
            f"but it has a length of '{len(size)}'"
        )
    size = size[-rank:]
    for i, (n, middle, s) in enumerate(zip(size, space, step, strict=True)):
        if not middle - s < n < middle + s:
            raise ValueError(
                f'invalid output_size "{size}" (dim {i} must be between {middle - s} and '
                f"{middle + s})"
            )
    return tuple(int(n) for n in size)


def _check_places(indices: Payload, space: tuple[int, ...]) -> None:
    count = prod(space)
    if asked(_outside, indices, count):
        places = concrete(indices)
        bad = places[(places < 0) | (places >= count)][0]
        full = (*space, 1) if len(space) == 1 else space
        raise RuntimeError(
            f"Found an invalid max index: {bad} (output volumes are of size "
            f"{'x'.join(map(str, full))})"
        )


def _outside(indices: np.ndarray, count: int) -> bool:
    return bool(((indices < 0) | (indices >= count)).any())


def _max_unpool(rank: int) -> None:
    def unpool(
        input: Payload,
        indices: Payload,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Any = None,
    ) -> Payload:
        _check_unpool(input, indices, rank)
        x, alone = _batched(input, rank, f"max_unpool{rank}d")
        size = ints(kernel_size, rank)
        step = size if stride is None else ints(stride, rank)
        space = tuple(
            (n - 1) * s - 2 * p + k
            for n, s, p, k in zip(
                x.shape[2:], step, ints(padding, rank), size, strict=True
            )
        )
        if output_size is not None:
            space = _asked(output_size, space, step)
        _check_places(indices, space)
        where = F.unsqueeze(indices, axis=0) if alone else indices
        return _unbatched(F.max_unpool(x, where, space=space), alone)

    row(unpool, name=f"max_unpool{rank}d", label=f"MaxUnpool{rank}DBackward0")


def _avg_pool(rank: int) -> None:
    name = f"avg_pool{rank}d"

    def body(
        input: Payload,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = None,
    ) -> Payload:
        if divisor_override == 0:
            raise RuntimeError("divisor must be not zero")
        given = kernel_size, stride, padding, 1
        x, alone, window = _window(name, rank, input, given, ceil_mode)
        size, step, pads, _ = window
        out = F.avg_pool(
            x,
            size=size,
            stride=step,
            padding=pads,
            ceil_mode=ceil_mode,
            count_padding=count_include_pad,
            divisor=divisor_override,
        )
        return _unbatched(out, alone)

    row(body, name=name, label=_pool_label("Avg", rank))


def _cells(
    name: str, rank: int, x: Payload, output_size: Any
) -> tuple[Payload, bool, tuple[int, ...]]:
    """(x with a batch axis, whether it was added, the counts of cells)."""
    count = adaptive_sizes(name, rank, output_size, x.shape[-rank:])
    check_adaptive(name, rank, x)
    check_dtype(name, x)
    check_cells(name, x, count)
    alone = x.ndim == rank + 1
    return F.unsqueeze(x, axis=0) if alone else x, alone, count


def none_of(x: Payload, count: tuple[int, ...]) -> Payload:
    """x with none of the cells of axes whose count is zero."""
    for axis, n in enumerate(count, x.ndim - len(count)):
        x = x if n else F.ranged(x, axis=axis, start=0, stop=0)
    return x


def _adaptive(rank: int) -> None:
    def average(input: Payload, output_size: Any) -> Any:
        name = f"adaptive_avg_pool{rank}d"
        x, alone, count = _cells(name, rank, input, output_size)
        if 0 in count:
            cells = F.adaptive_avg_pool(x, count=tuple(c or 1 for c in count))
            return _unbatched(none_of(cells, count), alone)
        out = _unbatched(F.adaptive_avg_pool(x, count=count), alone)
        if rank == 2 and count == (1, 1):
            return Named(out, "MeanBackward1")
        return out

    row(
        average,
        name=f"adaptive_avg_pool{rank}d",
        label=_pool_label("AdaptiveAvg", rank),
    )

    def both(input: Payload, output_size: Any) -> Any:
        name = f"adaptive_max_pool{rank}d"
        x, alone, count = _cells(name, rank, input, output_size)
        out, where = F.adaptive_max_pool(x, count=count)
        return _unbatched(out, alone), _unbatched(where, alone)

    pair = public(both, f"adaptive_max_pool{rank}d", _pool_label("AdaptiveMax", rank))

    def function(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        out = pair(input, output_size)
        return out if return_indices else out[0]

    function.__name__ = function.__qualname__ = f"adaptive_max_pool{rank}d"
    T[f"adaptive_max_pool{rank}d"] = function
    T[f"adaptive_max_pool{rank}d_with_indices"] = pair


def _lp_pool(rank: int) -> None:
    def body(
        input: Payload,
        norm_type: float,
        kernel_size: Any,
        stride: Any = None,
        ceil_mode: bool = False,
    ) -> Payload:
        x, alone = _batched(input, rank, f"lp_pool{rank}d")
        size = ints(kernel_size, rank)
        step = size if stride is None else ints(stride, rank)
        out = F.lp_pool(
            x, ord=float(norm_type), size=size, stride=step, ceil_mode=ceil_mode
        )
        return _unbatched(out, alone)

    row(body, name=f"lp_pool{rank}d", label="PowBackward0")


for _rank in (1, 2, 3):
    _max_pool(_rank)
    _max_unpool(_rank)
    _avg_pool(_rank)
    _adaptive(_rank)
    _lp_pool(_rank)
