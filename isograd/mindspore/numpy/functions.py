"""The functions of `mindspore.numpy`; those called as builtins are stand in `TABLE`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import FUNCTIONS, lift, lower
from isograd.mindspore.ops import linalg as _linalg
from isograd.mindspore.ops import random as _random
from isograd.mindspore.ops import shapes as _shapes
from isograd.mindspore.tensor import Tensor

Fn = Callable[..., Any]
TABLE: dict[str, Any] = {}
pi, e, inf, nan = math.pi, math.e, math.inf, math.nan
euler_gamma = float(np.euler_gamma)
PINF, NINF, newaxis = math.inf, -math.inf, None


def asarray(a: Any, dtype: Any = None) -> Tensor:
    """A tensor of array-like data; a tensor of that dtype is given as it is."""
    if isinstance(a, Tensor):
        return a if dtype is None else a.astype(dtype, copy=False)
    return Tensor(a, _own_dtype(a) if dtype is None else dtype)


def _own_dtype(a: Any) -> Any:
    """Integers of Python are int32 here, as those of `Tensor` are not."""
    if isinstance(a, np.ndarray | np.generic | Tensor):
        return None
    return dtypes.int32 if np.asarray(a).dtype == np.int64 else None


def array(obj: Any, dtype: Any = None, copy: bool = True, ndmin: int = 0) -> Tensor:
    """A tensor of array-like data, of at least `ndmin` axes."""
    t = asarray(obj, dtype)
    t = t.copy() if copy and t is obj else t
    return t.reshape((1,) * (ndmin - t.ndim) + t.shape) if t.ndim < ndmin else t


def asfarray(a: Any, dtype: Any = dtypes.float32) -> Tensor:
    return asarray(a, dtype)


# functions of one or two arrays, by NumPy's name: ops' name where it differs
_ELEMENTWISE = """
abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh bitwise_and
bitwise_not bitwise_or bitwise_xor ceil copysign cos cosh deg2rad divide equal exp
exp2 expm1 fix:trunc floor floor_divide fmod greater greater_equal heaviside hypot
invert isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and
logical_not logical_or logical_xor matmul maximum minimum mod:remainder multiply
negative not_equal positive power:pow rad2deg reciprocal remainder rint sign sin sinh
sqrt square subtract tan tanh true_divide:divide trunc inner outer kron radians:deg2rad
degrees:rad2deg fabs:abs isclose dot float_power fliplr flipud searchsorted real imag
"""
# methods of Tensor with NumPy's arguments
_METHODS = """
sum mean std var prod max min argmax argmin cumsum cumprod reshape squeeze ravel
swapaxes astype repeat clip all any nansum diagonal trace choose take ptp amax amin
moveaxis expand_dims transpose
"""


def _elementwise(fn: Fn) -> Fn:
    def function(*args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        args = tuple(Tensor(a) if isinstance(a, list | tuple) else a for a in args)
        if args and not any(isinstance(a, Tensor) for a in args):
            args = (asarray(args[0]), *args[1:])
        out = fn(*args, **kwargs)
        return out if dtype is None else out.astype(dtype)

    return function


def _method(name: str) -> Fn:
    def function(a: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(asarray(a), name)(*args, **kwargs)

    function.__name__ = name
    return function


for _entry in _ELEMENTWISE.split():
    _name, _, _source = _entry.partition(":")
    TABLE[_name] = _elementwise(FUNCTIONS[_source or _name])
for _name in _METHODS.split():
    TABLE[_name] = _method(_name)
TABLE.update({n: d for n, d in dtypes.names().items() if isinstance(d, dtypes.Type)})

# --- creation -------------------------------------------------------------------------

for _name in ("zeros", "ones", "empty"):
    TABLE[_name] = lambda shape, dtype=dtypes.float32, _v=int(_name == "ones"): (
        FUNCTIONS["full"](shape, _v, dtype=dtype)
    )
for _name in ("zeros_like", "ones_like", "empty_like"):
    TABLE[_name] = lambda prototype, dtype=None, shape=None, _n=_name: FUNCTIONS[_n](
        asarray(prototype), dtype=dtype
    )


def full(shape: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    own = _own_dtype(fill_value) if dtype is None else dtype
    return FUNCTIONS["full"](shape, fill_value, dtype=own)


def full_like(a: Any, fill_value: Any, dtype: Any = None, shape: Any = None) -> Tensor:
    return FUNCTIONS["full_like"](asarray(a), fill_value, dtype)


def arange(start: Any, stop: Any = None, step: Any = None, dtype: Any = None) -> Tensor:
    if dtype is None and all(type(n) in (int, type(None)) for n in (start, stop, step)):
        dtype = dtypes.int32
    return FUNCTIONS["arange"](start, stop, 1 if step is None else step, dtype=dtype)


def linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    out, step = np.linspace(
        lower_array(start), lower_array(stop), num, endpoint, retstep=True, axis=axis
    )
    t = Tensor(out, dtype or dtypes.float32)
    return (t, float(step)) if retstep else t


def lower_array(x: Any) -> Any:
    """The elements of a tensor, or the value itself."""
    return x.asnumpy() if isinstance(x, Tensor) else x


def _from_numpy(name: str) -> Fn:
    """A function of NumPy whose result has no derivative."""

    def function(*args: Any, dtype: Any = None, **kwargs: Any) -> Any:
        out = getattr(np, name)(*map(lower_array, args), **kwargs)
        if isinstance(out, tuple | list):
            return type(out)(Tensor(o, dtype) for o in out)
        return Tensor(
            out, dtype or (dtypes.float32 if out.dtype == np.float64 else None)
        )

    return function


for _name in (
    "logspace",
    "geomspace",
    "tri",
    "tril_indices",
    "triu_indices",
    "indices",
    "bartlett",
    "blackman",
    "hamming",
    "hanning",
    "diag_indices",
    "histogram",
    "digitize",
    "isin",
    "in1d",
    "intersect1d",
    "setdiff1d",
    "unique",
    "gcd",
    "lcm",
    "signbit",
    "argwhere",
    "bincount",
    "unravel_index",
    "argsort",
):
    if hasattr(np, _name):
        TABLE[_name] = _from_numpy(_name)


def eye(N: int, M: Any = None, k: int = 0, dtype: Any = dtypes.float32) -> Tensor:
    return Tensor(np.eye(N, M, k), dtype)


def identity(n: int, dtype: Any = dtypes.float32) -> Tensor:
    return eye(n, dtype=dtype)


def rand(*shape: int, dtype: Any = dtypes.float32) -> Tensor:
    return _random.rand(shape, dtype=dtype)


def randn(*shape: int, dtype: Any = dtypes.float32) -> Tensor:
    return _random.randn(shape, dtype=dtype)


def randint(
    minval: int, maxval: Any = None, shape: Any = None, dtype: Any = dtypes.int32
) -> Tensor:
    low, high = (0, minval) if maxval is None else (minval, maxval)
    return lift(_random.between(shape or (), low, high, dtype))


def copy(a: Any) -> Tensor:
    return asarray(a).copy()


# --- shapes ---------------------------------------------------------------------------


def concatenate(arrays: Any, axis: Any = 0) -> Tensor:
    arrays = [asarray(a) for a in arrays]
    if axis is None:
        return FUNCTIONS["concat"]([a.reshape(-1) for a in arrays], 0)
    return FUNCTIONS["concat"](arrays, axis)


def append(arr: Any, values: Any, axis: Any = None) -> Tensor:
    return concatenate([arr, values], axis)


def stack(arrays: Any, axis: int = 0) -> Tensor:
    return FUNCTIONS["stack"]([asarray(a) for a in arrays], axis)


for _name in ("vstack", "hstack", "dstack", "column_stack"):
    TABLE[_name] = lambda tup, _n=_name: FUNCTIONS[_n]([asarray(a) for a in tup])
for _name in ("atleast_1d", "atleast_2d", "atleast_3d"):
    TABLE[_name] = lambda *arys, _n=_name: (
        FUNCTIONS[_n](asarray(arys[0]))
        if len(arys) == 1
        else FUNCTIONS[_n]([asarray(a) for a in arys])
    )


def split(x: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    return list(_shapes.tensor_split(asarray(x), indices_or_sections, axis))


array_split = split


def tile(a: Any, reps: Any) -> Tensor:
    return FUNCTIONS["tile"](asarray(a), (reps,) if isinstance(reps, int) else reps)


def flip(m: Any, axis: Any = None) -> Tensor:
    t = asarray(m)
    axes = tuple(range(t.ndim)) if axis is None else axis
    return FUNCTIONS["flip"](t, (axes,) if isinstance(axes, int) else axes)


def roll(a: Any, shift: Any, axis: Any = None) -> Tensor:
    return FUNCTIONS["roll"](asarray(a), shift, axis)


def rot90(a: Any, k: int = 1, axes: Any = (0, 1)) -> Tensor:
    return FUNCTIONS["rot90"](asarray(a), k, axes)


def broadcast_to(array: Any, shape: Any) -> Tensor:
    return _shapes.broadcast_to(asarray(array), shape)


def broadcast_arrays(*args: Any) -> list[Tensor]:
    shape = np.broadcast_shapes(*(asarray(a).shape for a in args))
    return [broadcast_to(a, shape) for a in args]


def meshgrid(*xi: Any, sparse: bool = False, indexing: str = "xy") -> list[Tensor]:
    return list(FUNCTIONS["meshgrid"](*map(asarray, xi), indexing=indexing))


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    c = asarray(condition)
    if x is None:
        return FUNCTIONS["nonzero"](c, as_tuple=True)
    return FUNCTIONS["where"](c, x, y)


def tril(m: Any, k: int = 0) -> Tensor:
    return FUNCTIONS["tril"](asarray(m), k)


def triu(m: Any, k: int = 0) -> Tensor:
    return FUNCTIONS["triu"](asarray(m), k)


def diag(v: Any, k: int = 0) -> Tensor:
    from isograd.core.primitive import BOUND

    return lift(BOUND.diag(lower(asarray(v)), offset=k))


def diagflat(v: Any, k: int = 0) -> Tensor:
    return diag(asarray(v).ravel(), k)


def pad(
    arr: Any, pad_width: Any, mode: str = "constant", constant_values: Any = 0, **_: Any
) -> Tensor:
    from isograd.core.primitive import BOUND

    t = asarray(arr)
    widths = np.broadcast_to(np.asarray(pad_width), (t.ndim, 2)).tolist()
    how = {"edge": "replicate", "wrap": "circular"}.get(mode, mode)
    return lift(
        BOUND.pad_with(
            lower(t), tuple(map(tuple, widths)), mode=how, value=constant_values
        )
    )


# --- mathematics ----------------------------------------------------------------------


def tensordot(a: Any, b: Any, axes: Any = 2) -> Tensor:
    return _linalg.tensor_dot(asarray(a), asarray(b), axes)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Tensor:
    return FUNCTIONS["norm"](asarray(x), ord, axis, keepdims)


def average(
    x: Any, axis: Any = None, weights: Any = None, returned: bool = False
) -> Any:
    t = asarray(x)
    if weights is None:
        out = t.mean(axis)
        count = FUNCTIONS["full_like"](out, t.size / out.size)
        return (out, count) if returned else out
    w = broadcast_to(weights, t.shape)
    total = w.sum(axis)
    out = FUNCTIONS["mul"](t, w).sum(axis) / total
    return (out, total) if returned else out


def round_(a: Any, decimals: int = 0) -> Tensor:
    return FUNCTIONS["round"](asarray(a), decimals=decimals)


TABLE.update(around=round_, round=round_)


def cross(a: Any, b: Any, axis: int = -1) -> Tensor:
    return FUNCTIONS["cross"](asarray(a), asarray(b), axis)


def diff(
    a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None
) -> Tensor:
    return FUNCTIONS["diff"](asarray(a), n, axis, prepend, append)


def trapz(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Tensor:
    return FUNCTIONS["trapz"](asarray(y), x, dx=dx, dim=axis)


def matrix_power(a: Any, n: int) -> Tensor:
    return FUNCTIONS["matrix_power"](asarray(a), n)


def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    **_: Any,
) -> Tensor:
    t = asarray(m) if rowvar else asarray(m).T
    return FUNCTIONS["cov"](t, correction=(0 if bias else 1) if ddof is None else ddof)


def cbrt(x: Any) -> Tensor:
    t = asarray(x)
    return FUNCTIONS["sign"](t) * FUNCTIONS["abs"](t) ** (1 / 3)


def polyval(p: Any, x: Any) -> Tensor:
    """The polynomial with coefficients p, from the highest power, by Horner's rule."""
    out = FUNCTIONS["zeros_like"](asarray(x))
    for c in asarray(p):
        out = out * x + c
    return out


def vander(x: Any, N: Any = None, increasing: bool = False) -> Tensor:
    out = FUNCTIONS["vander"](asarray(x), N)
    return FUNCTIONS["flip"](out, (1,)) if increasing else out


def take_along_axis(arr: Any, indices: Any, axis: int) -> Tensor:
    from isograd.core.primitive import BOUND

    t = asarray(arr)
    return lift(BOUND.take_along_axis(lower(t), lower(indices), axis=axis % t.ndim))


def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    return bool(np.array_equal(lower_array(a1), lower_array(a2), equal_nan))


def count_nonzero(x: Any, axis: Any = None, keepdims: bool = False) -> Tensor:
    return FUNCTIONS["count_nonzero"](asarray(x), axis, keepdims)


def isscalar(element: Any) -> bool:
    return np.isscalar(element)


def size(a: Any, axis: Any = None) -> int:
    return asarray(a).size if axis is None else asarray(a).shape[axis]


def shape(a: Any) -> tuple[int, ...]:
    return asarray(a).shape


def ndim(a: Any) -> int:
    return asarray(a).ndim


def result_type(*arrays_and_dtypes: Any) -> dtypes.Type:
    kinds = [
        dtypes.np_of(a) if isinstance(a, dtypes.Type) else a._p.dtype
        for a in arrays_and_dtypes
        if hasattr(a, "_p") or isinstance(a, dtypes.Type)
    ]
    return dtypes.of_numpy(
        dtypes.result_of(
            kinds,
            [
                a
                for a in arrays_and_dtypes
                if isinstance(a, bool | int | float | complex)
            ],
        )
    )


def promote_types(type1: Any, type2: Any) -> dtypes.Type:
    return dtypes.of_numpy(
        dtypes.promoted_pair(dtypes.np_of(type1), dtypes.np_of(type2))
    )
