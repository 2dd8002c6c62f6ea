"""Rarer functions: transforms of Fourier, statistics, special functions, integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore.call import (
    FUNCTIONS,
    axis_of,
    cast,
    expose,
    floating,
    ints_of,
    is_payload,
    op,
    promoted,
)
from isograd.mindspore.ops import (  # noqa: F401  (their functions)
    creation,
    indexing,
    linalg,
    reductions,
)
from isograd.mindspore.ops.arithmetic import binary
from isograd.mindspore.tensor import Tensor

F = BOUND

# --- Fourier transforms ---------------------------------------------------------------


def _axes(x: Payload, dim: Any, s: Any) -> tuple[int, ...]:
    if dim is None:
        count = x.ndim if s is None else len(ints_of(s))
        return tuple(range(x.ndim - count, x.ndim))
    return tuple(axis_of(d, x.ndim, "fft") for d in ints_of(dim))


_FFT = {
    "fft": ("fftn", False),
    "ifft": ("fftn", True),
    "rfft": ("rfftn", None),
    "irfft": ("irfftn", None),
    "hfft": ("hfftn", None),
    "ihfft": ("ihfftn", None),
}


def _transform(x: Payload, s: Any, axes: Any, norm: Any, which: str) -> Payload:
    name, inverse = _FFT[which]
    more = {} if inverse is None else {"inverse": inverse}
    return getattr(F, name)(
        floating(x),
        axes=axes,
        sizes=None if s is None else ints_of(s),
        norm=norm,
        **more,
    )


for _name in _FFT:
    op(_name)(
        lambda input, n=None, dim=-1, norm=None, _n=_name: _transform(
            input, n, _axes(input, dim, None), norm, _n
        )
    )
    op(f"{_name}2")(
        lambda input, s=None, dim=(-2, -1), norm=None, _n=_name: _transform(
            input, s, _axes(input, dim, s), norm, _n
        )
    )
    op(f"{_name}n")(
        lambda input, s=None, dim=None, norm=None, _n=_name: _transform(
            input, s, _axes(input, dim, s), norm, _n
        )
    )
for _name, _back in (("fftshift", False), ("ifftshift", True)):
    op(_name)(
        lambda input, dim=None, _b=_back: F.fftshift(
            input, axes=_axes(input, dim, None), inverse=_b
        )
    )
for _name in ("fftfreq", "rfftfreq"):
    op(_name)(
        lambda n, d=1.0, *, dtype=None, _n=_name: np.asarray(
            getattr(np.fft, _n)(n, d), np.float32
        )
    )

# --- statistics -----------------------------------------------------------------------

for _name, _skip in (("quantile", False), ("nanquantile", True)):

    def _quantile(
        input: Payload,
        q: Any,
        axis: Any = None,
        keepdims: bool = False,
        _skip: bool = _skip,
    ) -> Payload:
        x = F.ravel(input) if axis is None else input
        a = axis_of(0 if axis is None else axis, x.ndim, "quantile")
        at = q if is_payload(q) else np.asarray(q)
        out = F.quantile(x, cast(at, x.dtype), axis=a, skip_nan=_skip)
        return (
            F.unsqueeze(out, axis=a + at.ndim) if keepdims and axis is not None else out
        )

    op(_name, methods=True)(_quantile)


@op(methods=True)
def nanmedian(input: Payload, axis: Any = -1, keepdims: bool = False) -> Any:
    if not input.ndim:
        return input, np.zeros((), np.int64)
    a = axis_of(axis, input.ndim, "nanmedian")
    out = F.median(input, axis=a, skip_nan=True)
    return tuple(F.unsqueeze(o, axis=a) for o in out) if keepdims else out


@op(methods=True)
def aminmax(input: Payload, *, axis: Any = 0, keepdims: bool = False) -> Any:
    return tuple(reductions.reduced(n, input, axis, keepdims) for n in ("min", "max"))


@op("top_k", methods="top_k")
def top_k(input_x: Payload, k: int, sorted: bool = True) -> Any:
    values, at = F.topk(input_x, axis=input_x.ndim - 1, k=int(k))
    return values, cast(at, np.dtype("int32"))


for _name, _which in (("argmax_with_value", "max"), ("argmin_with_value", "min")):

    def _with_value(
        self: Payload, axis: int = 0, keep_dims: bool = False, _which: str = _which
    ) -> Any:
        values, at = reductions.extreme(_which, self, axis, keep_dims)
        return values, at

    op(_name, methods=True)(_with_value)

# --- elementwise ----------------------------------------------------------------------

for _name in (
    "bessel_j0",
    "bessel_j1",
    "bessel_y0",
    "bessel_y1",
    "bessel_i0e",
    "bessel_i1e",
    "bessel_k0",
    "bessel_k1",
    "bessel_k0e",
    "bessel_k1e",
):
    _prim = next(
        (n for n in (_name, _name.removeprefix("bessel_")) if hasattr(F, n)), None
    )
    if _prim:
        op(_name)(lambda x, _n=_prim: getattr(F, _n)(floating(x)))
for _name in ("sgn", "signbit", "view_as_real"):
    op(_name, methods=_name)(lambda input, _n=_name: getattr(F, _n)(input))
for _name, _least in {
    "gcd": "",
    "lcm": "",
    "nextafter": "f",
    "zeta": "f",
    "logaddexp2": "f",
}.items():
    expose(binary(_name, _name, _least), [_name], _name)
op("ldexp", methods="ldexp")(
    lambda x, other: F.ldexp(*promoted(floating(x), other, least="f"))
)
op("polar")(lambda abs, angle: F.polar(abs, angle))
for _name, _bound in (("isposinf", np.inf), ("isneginf", -np.inf)):
    op(_name, methods=_name)(lambda input, _b=_bound: F.eq(floating(input), float(_b)))
op("isreal", methods="isreal")(
    lambda input: (
        F.eq(F.imag(input), 0.0)
        if input.dtype.kind == "c"
        else F.convert(F.ones_like(input), dtype=np.dtype(bool))
    )
)
expose(FUNCTIONS["floor_divide"], ["floordiv"])
expose(FUNCTIONS["remainder"], ["floormod"])
op("cholesky_solve", methods="cholesky_solve")(
    lambda input, input2, upper=False: F.cholesky_solve(input, input2, upper=upper)
)
op("lstsq", methods="lstsq")(lambda input, A: F.lstsq(*promoted(input, A)))
op("eig")(lambda A: tuple(F.eig(floating(A))))
op("combinations")(
    lambda input, r=2, with_replacement=False: F.combinations(
        input, count=r, with_replacement=with_replacement
    )
)
op("vecdot")(
    lambda x, y, *, axis=-1: F.sum(
        F.mul(F.conj(x), y), axes=(axis_of(axis, x.ndim, "vecdot"),)
    )
)
op("adjoint", methods="adjoint")(lambda x: F.conj(F.mT(x)))
op("swiglu")(lambda input, dim=-1: _swiglu(input, axis_of(dim, input.ndim, "swiglu")))


def _swiglu(x: Payload, axis: int) -> Payload:
    a, b = F.halves(x, axis=axis)
    return F.mul(F.silu(a), b)


# --- Python values --------------------------------------------------------------------

for _name, _fn in {
    "scalar_add": lambda x, y: x + y,
    "scalar_sub": lambda x, y: x - y,
    "scalar_mul": lambda x, y: x * y,
    "scalar_div": lambda x, y: x / y,
    "scalar_pow": lambda x, y: x**y,
    "scalar_mod": lambda x, y: x % y,
    "scalar_floordiv": lambda x, y: x // y,
    "scalar_eq": lambda x, y: x == y,
    "scalar_gt": lambda x, y: x > y,
    "scalar_ge": lambda x, y: x >= y,
    "scalar_lt": lambda x, y: x < y,
    "scalar_le": lambda x, y: x <= y,
    "bool_not": lambda x: not x,
    "in_dict": lambda x, d: x in d,
    "not_in_dict": lambda x, d: x not in d,
    "is_": lambda x, y: x is y,
    "is_not": lambda x, y: x is not y,
    "tuple_getitem": lambda x, i: x[i],
    "list_getitem": lambda x, i: x[i],
    "dict_getitem": lambda x, k: x[k],
    "tuple_len": len,
    "list_len": len,
    "make_tuple": lambda *xs: xs,
    "make_list": lambda *xs: list(xs),
    "isconstant": lambda x: True,
    "type_as": lambda input, other: input.astype(other.dtype),
    "view_as": lambda input, other: input.reshape(other.shape),
    "zero_": lambda input: input.zero_(),
    "tail": lambda x: x[1:],
}.items():
    expose(_fn, [_name])


def _new_empty(self: Tensor, *size: Any, dtype: Any = None) -> Tensor:
    return FUNCTIONS["zeros"](size[0] if len(size) == 1 else size, dtype or self.dtype)


expose(_new_empty, [], "new_empty")
expose(
    lambda self: self.array("data_ptr").__array_interface__["data"][0], [], "data_ptr"
)
for _name in (
    "dot",
    "diagflat",
    "nanmean",
    "msort",
    "float_power",
    "approximate_equal",
):
    expose(FUNCTIONS[_name], [], _name)
