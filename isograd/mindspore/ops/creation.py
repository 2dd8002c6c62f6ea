"""Creating tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import (
    array_of,
    cast,
    expose,
    fits,
    ints_of,
    is_payload,
    lift,
    lower,
    op,
)
from isograd.mindspore.tensor import Tensor, write
from isograd.nn import tapers

F = BOUND
F32, F64 = np.dtype(np.float32), np.dtype(np.float64)


def _size(size: Any) -> tuple[int, ...]:
    out = ints_of(size)
    if any(n < 0 for n in out):
        raise ValueError(f"The shape must not have negative sizes, but got {out}.")
    return out


def filled(size: Any, value: Any, dtype: Any) -> np.ndarray:
    return np.full(_size(size), value, dtypes.np_of(dtype))


@op()
def zeros(size: Any, dtype: Any = None) -> Payload:
    return filled(size, 0, dtype or dtypes.float32)


@op()
def ones(shape: Any, dtype: Any = None) -> Payload:
    return filled(shape, 1, dtype or dtypes.float32)


def _of_value(value: Any) -> Any:
    return dtypes.of_numpy(
        value.dtype if is_payload(value) else dtypes.result_of((), [value])
    )


@op()
def full(size: Any, fill_value: Any, *, dtype: Any = None) -> Payload:
    value = array_of(fill_value)
    return filled(size, value.item(), dtype or _of_value(fill_value))


@op("fill")
def fill(type: Any, shape: Any, value: Any) -> Payload:
    return filled(shape, array_of(value).item(), type)


@op("fills")
def fills(x: Payload, value: Any) -> Payload:
    return F.full_like(x, value=array_of(value).item())


def _like(x: Payload, value: Any, dtype: Any) -> Payload:
    out = F.full_like(fits(x, "like"), value=value)
    return out if dtype is None else cast(out, dtypes.np_of(dtype))


op("zeros_like zeros_like_ext")(
    lambda input, dtype=None, *, memory_format=None: _like(input, 0, dtype)
)
op("ones_like")(lambda input, dtype=None: _like(input, 1, dtype))
op("full_like")(
    lambda input, fill_value, dtype=None: _like(
        input, array_of(fill_value).item(), dtype
    )
)
op("empty")(
    lambda *size, dtype=None, device=None: filled(
        size[0] if len(size) == 1 else size, 0, dtype or dtypes.float32
    )
)
op("empty_like")(lambda input, *, dtype=None, device=None: _like(input, 0, dtype))

for _name, _value in (("zeros", 0), ("ones", 1)):
    expose(
        lambda self, *size, dtype=None, _v=_value: lift(
            filled(size[0] if len(size) == 1 else size, _v, dtype or self.dtype)
        ),
        [],
        f"new_{_name}",
    )
expose(
    lambda self, size, fill_value, *, dtype=None: lift(
        filled(size, fill_value, dtype or self.dtype)
    ),
    [],
    "new_full",
)
expose(
    lambda self, data, *, dtype=None: Tensor(data, dtype or self.dtype),
    [],
    "new_tensor",
)


@op("arange range_")
def arange(
    start: Any = 0, end: Any = None, step: Any = 1, *, dtype: Any = None
) -> Payload:
    if end is None:
        start, end = 0, start
    a, b, c = (array_of(v).item() for v in (start, end, step))
    _check_step(a, b, c)
    d = dtypes.result_of((), [a, b, c]) if dtype is None else dtypes.np_of(dtype)
    count = max(0, int(np.ceil((b - a) / c)))
    return np.asarray(a + c * np.arange(count), d)


def _check_step(start: Any, end: Any, step: Any) -> None:
    if not step:
        raise ValueError("For Range, delta cannot be equal to zero.")
    if start != end and (end > start) != (step > 0):
        sign, order = ("negative", ">") if step < 0 else ("positive", "<")
        raise ValueError(f"For Range, delta cannot be {sign} when limit {order} start.")


@op("range")
def range_(start: Any, end: Any, step: Any = 1, maxlen: int = 1000000) -> Payload:
    a, b, c = (array_of(v) for v in (start, end, step))
    _check_step(a.item(), b.item(), c.item())
    return np.arange(a.item(), b.item(), c.item(), dtype=a.dtype)


@op()
def linspace(start: Any, end: Any, steps: Any, *, dtype: Any = None) -> Payload:
    a, b, n = array_of(start), array_of(end), int(array_of(steps))
    if n <= 0:
        raise ValueError(
            f"For primitive[LinSpace], the num must be greater than 0, but got {n}."
        )
    d = (
        dtypes.np_of(dtype)
        if dtype is not None
        else (
            a.dtype
            if is_payload(start) and a.dtype.kind == "f"
            else np.dtype("float32")
        )
    )
    return np.linspace(a.item(), b.item(), n, dtype=d)


@op()
def logspace(
    start: Any, end: Any, steps: int, base: float = 10, *, dtype: Any = dtypes.float32
) -> Payload:
    return np.logspace(
        array_of(start).item(),
        array_of(end).item(),
        int(steps),
        base=base,
        dtype=dtypes.np_of(dtype),
    )


@op()
def eye(n: int, m: Any = None, dtype: Any = None) -> Payload:
    return np.eye(
        int(n),
        None if m is None else int(m),
        dtype=dtypes.np_of(dtype or dtypes.float32),
    )


for _name in ("tril", "triu"):

    def _indices(
        row: int,
        col: int,
        offset: int = 0,
        *,
        dtype: Any = dtypes.int64,
        _name: str = _name,
    ) -> Payload:
        rows = getattr(np, f"{_name}_indices")(row, offset, col)
        return np.stack(rows).astype(dtypes.np_of(dtype))

    op(f"{_name}_indices")(_indices)


def _cosine(n: int, periodic: bool, *weights: float) -> Any:
    return tapers.stepped_cosine(n, periodic, F64, weights)


def _hamming(n: int, periodic: bool, *weights: float) -> Any:
    return _cosine(n, periodic, *(float(np.float32(w)) for w in weights))


def _window(
    name: str, make: Any, counts: bool, default: Any, **parameters: float
) -> None:
    """Install a window; `counts`: its length is a Python int, and up to one point
    are of float64 whatever is asked for."""

    def window(
        window_length: Any,
        periodic: bool = True,
        *given: float,
        dtype: Any = None,
        **named: float,
    ) -> Payload:
        if not named.keys() <= parameters.keys():
            word = next(k for k in named if k not in parameters)
            raise TypeError(f"{name}() got an unexpected keyword argument '{word}'")
        (n,) = ints_of(window_length)
        options = parameters | dict(zip(parameters, given, strict=False)) | named
        out = make(n, periodic, *options.values())
        if counts and n < 2 and not is_payload(window_length):
            return out
        return out.astype(default if dtype is None else dtypes.np_of(dtype))

    op(name)(window)


_window("hann_window", lambda n, p: _cosine(n, p, *tapers.HANN), True, F64)
_window("hamming_window", _hamming, True, F32, alpha=0.54, beta=0.46)
_window("blackman_window", lambda n, p: _cosine(n, p, *tapers.BLACKMAN), False, F32)
_window("bartlett_window", lambda n, p: tapers.stepped_bartlett(n, p, F64), False, F32)
_window(
    "kaiser_window",
    lambda n, p, beta: tapers.kaiser(n, not p, F64, beta),
    True,
    F64,
    beta=12.0,
)


@op("vander")
def vander(x: Payload, N: Any = None) -> Payload:
    n = x.shape[0] if N is None else N
    return F.vander(x, count=n, increasing=False)


# --- conversions between Python values and tensors ------------------------------------


def scalar_to_tensor(input_x: Any, dtype: Any = None) -> Tensor:
    """A number as a tensor of rank zero; int64 or float32 by default."""
    return Tensor(input_x, dtype)


expose(scalar_to_tensor, ["scalar_to_tensor", "scalar_to_array"])
expose(
    lambda input_x, dtype=None: Tensor(list(input_x), dtype),
    ["tuple_to_array", "tuple_to_tensor", "list_to_tensor"],
)
expose(
    lambda input_x, dtype: dtypes.dtype_to_pytype(dtype)(
        input_x.item() if isinstance(input_x, Tensor) else input_x
    ),
    ["scalar_cast"],
)
expose(lambda x: isinstance(x, Tensor), ["is_tensor"])
expose(lambda input: input.is_floating_point(), ["is_floating_point"])
expose(lambda input: input._p.dtype.kind == "c", ["is_complex"])
expose(lambda input: bool(input), ["is_nonzero"])
expose(lambda x, t: isinstance(x, t), ["isinstance_"])
expose(lambda x, y: dtypes.issubclass_(x, y), ["issubclass_"])
expose(
    lambda x: (
        dtypes.TensorType(x.dtype)
        if isinstance(x, Tensor)
        else dtypes.pytype_to_dtype(type(x))
    ),
    ["typeof"],
)


def fill_in_place(self: Tensor, value: Any) -> Tensor:
    """All elements set to a number; gives this tensor."""
    write(self, F.full_like(lower(self), value=array_of(lower(value)).item()))
    return self


def _fill_method(self: Tensor, value: Any) -> Tensor:
    return lift(F.full_like(lower(self), value=array_of(lower(value)).item()))


expose(fill_in_place, [], "fill_")
expose(_fill_method, [], "fill")
expose(lambda self: fill_in_place(self, 0), [], "zero_")
