"""Ranges, identities, index triangles and windows: tensors from a few numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import Tensor as CoreTensor
from isograd.nn import tapers
from isograd.ops.numeric import spaced
from isograd.torch import dtypes
from isograd.torch.call import Named, as_int, type_name
from isograd.torch.factories import finished, number, plain_dtype
from isograd.torch.scalars import c_type, element_type, overflow
from isograd.torch.table import row, tensor_row
from isograd.torch.tensor import Tensor

F = BOUND


@tensor_row(method=False)
def arange(
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """Numbers from `start` (included) to `end` (not) by `step`."""
    if end is None:
        start, end = 0, start
    start, end, step = map(number, (start, end, step))
    _check_numbers("arange", start=start, end=end, step=step)
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if not (math.isfinite(start) and math.isfinite(end)):
        raise RuntimeError(f"unsupported range: {start:g} -> {end:g}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is not None:
        dtype = dtypes.as_dtype(dtype)
    else:
        whole = all(isinstance(v, int | np.integer) for v in (start, end, step))
        dtype = dtypes.int64 if whole else dtypes.default()
    if dtype.kind in "bc":
        raise NotImplementedError(
            f"\"arange_cpu\" not implemented for '{dtype.scalar_type}'"
        )
    # the count is of the numbers given, the steps are of the dtype
    whole = dtype is dtypes.int64
    if whole:
        start, end, step = int(start), int(end), int(step)
    count = -((start - end) // step) if whole else math.ceil((end - start) / step)
    if dtype.kind == "i":
        start, step = int(start), int(step)
    array = (start + np.arange(count) * step).astype(dtype.np)
    return finished(array, requires_grad, device, out)


def _check_numbers(name: str, **given: Any) -> None:
    for place, (word, value) in enumerate(given.items(), 1):
        if isinstance(value, complex):
            raise overflow("double")
        if not isinstance(value, int | float | np.generic):
            place = 1 if word == "end" else place
            raise TypeError(
                f"{name}(): argument '{word}' (position {place}) must be Number, "
                f"not {type_name(value)}"
            )


@tensor_row(method=False, name="range")
def range_(start: Any = 0, end: Any = None, step: Any = 1, **kw: Any) -> Tensor:
    kw.setdefault("dtype", dtypes.default())
    if end is None:
        start, end = 0, start
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    count = int((end - start) / step) + 1
    return finished((start + np.arange(count) * step).astype(kw["dtype"].np))


def _spaced(start: Any, end: Any, steps: int, d: np.dtype[Any]) -> np.ndarray:
    for word, x in (("start", start), ("end", end)):
        if isinstance(x, CoreTensor) and x._p.ndim:
            raise RuntimeError(
                "linspace only supports 0-dimensional start and end tensors, but got "
                f"{word} with {x._p.ndim} dimension(s)."
            )
    start, end, steps = number(start), number(end), as_int(steps)
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    return spaced(start, end, steps, d)


@tensor_row(method=False)
def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    d = plain_dtype(dtype)
    if isinstance(number(start), complex) or isinstance(number(end), complex):
        found = dtypes.default().to_complex()
        if dtype is not None and d.kind != "c":
            raise RuntimeError(
                f"torch.linspace(): inferred dtype {element_type(found)} can't be "
                f"safely cast to passed dtype {dtypes.as_dtype(dtype).scalar_type}"
            )
        d = found.np if dtype is None else d
    return finished(_spaced(start, end, steps, d), requires_grad, device, out)


@tensor_row(method=False)
def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    d = plain_dtype(dtype)
    exponents = _spaced(start, end, steps, np.dtype(np.float64))
    return finished((base**exponents).astype(d), requires_grad, device, out)


@tensor_row(method=False)
def eye(
    n: int,
    m: int | None = None,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    for place, (word, k) in enumerate((("n", n), ("m", m)), 1):
        if k is not None and not hasattr(k, "__index__"):
            raise TypeError(
                f"eye(): argument '{word}' (position {place}) must be int, "
                f"not {type_name(k)}"
            )
        if k is not None and k < 0:
            raise RuntimeError(f"{word} must be greater or equal to 0, got {k}")
    return finished(np.eye(n, m, dtype=plain_dtype(dtype)), requires_grad, device, out)


def _corner_indices(name: str, pick: Any) -> None:
    def fn(
        row: int, col: int, offset: int = 0, *, dtype: Any = dtypes.int64, **_: Any
    ) -> Tensor:
        for word, n in (("row", row), ("col", col)):
            if n < 0:
                raise RuntimeError(f"{word} must be non-negative, got{n}")
        if dtype.kind != "i":
            raise NotImplementedError(
                f"\"{name}\" not implemented for '{dtype.scalar_type}'"
            )
        return finished(np.stack(pick(row, offset, col)).astype(dtype.np))

    tensor_row(fn, name=name, method=False)


_corner_indices("tril_indices", np.tril_indices)
_corner_indices("triu_indices", np.triu_indices)


@row(method=False)
def vander(x: Payload, N: int | None = None, increasing: bool = False) -> Payload:
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x.size if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative.")
    out = F.vander(x, count=n, increasing=increasing)
    return Named(out, "CopySlices" if increasing else "FlipBackward0")


# --- windows --------------------------------------------------------------------------


def _window(name: str, make: Callable[..., np.ndarray], **parameters: float) -> None:
    """Install a window whose `parameters` may follow its length and periodicity."""

    def window(
        window_length: int,
        periodic: bool = True,
        *given: float,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        pin_memory: bool = False,
        **named: float,
    ) -> Tensor:
        d = dtypes.default() if dtype is None else dtypes.as_dtype(dtype)
        _check_window(name, window_length, d)
        options = dict(zip(parameters, given, strict=False)) | named
        if len(given) > len(parameters) or not options.keys() <= parameters.keys():
            raise TypeError(f"{name}() received an invalid combination of arguments")
        options = (parameters | options).values()
        wide = np.dtype(np.float64 if d.np.itemsize == 8 else np.float32)
        values = make(window_length, periodic, wide, *options)
        return finished(values.astype(d.np, copy=False), requires_grad, device)

    tensor_row(window, name=name, method=False)


def _check_window(name: str, length: Any, dtype: Any) -> None:
    if isinstance(length, bool) or not hasattr(length, "__index__"):
        raise TypeError(
            f"{name}(): argument 'window_length' (position 1) must be int, "
            f"not {type_name(length)}"
        )
    if dtype.kind == "c":
        raise NotImplementedError(
            f"\"arange_cpu\" not implemented for '{dtype.scalar_type}'"
        )
    if dtype.kind != "f":
        raise RuntimeError(
            f"{name} expects floating point dtypes, got: TensorOptions("
            f"dtype={c_type(dtype)}, device=cpu, layout=Strided (default), "
            "requires_grad=false (default), pinned_memory=false, "
            "memory_format=(nullopt))"
        )
    if length < 0:
        raise RuntimeError(
            f"{name} requires non-negative window_length, got window_length={length}"
        )


def _cosine(n: int, periodic: bool, d: Any, *weights: float) -> np.ndarray:
    return tapers.stepped_cosine(n, periodic, d, weights)


def _kaiser(n: int, periodic: bool, d: Any, beta: float) -> np.ndarray:
    return tapers.kaiser(n, not periodic, np.dtype(np.float64), beta)


_window("hann_window", lambda n, p, d: _cosine(n, p, d, *tapers.HANN))
_window(
    "hamming_window",
    _cosine,
    **dict(zip(("alpha", "beta"), tapers.HAMMING, strict=True)),
)
_window("blackman_window", lambda n, p, d: _cosine(n, p, d, *tapers.BLACKMAN))
_window("bartlett_window", tapers.stepped_bartlett)
_window("kaiser_window", _kaiser, beta=12.0)
