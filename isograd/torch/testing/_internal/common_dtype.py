"""Groups of dtypes that tests are parametrised over."""

from __future__ import annotations

from collections.abc import Callable

from isograd.torch import dtypes as d
from isograd.torch.dtypes import dtype

_FLOATING = (d.float32, d.float64)
_COMPLEX = (d.complex64, d.complex128)
_INTEGRAL = (d.uint8, d.int8, d.int16, d.int32, d.int64)
_HALF = (d.float16, d.bfloat16)


def _group(*members: dtype) -> Callable[[], tuple[dtype, ...]]:
    return lambda: members


def _group_and(*members: dtype) -> Callable[..., tuple[dtype, ...]]:
    return lambda *more: (*members, *more)


floating_types = _group(*_FLOATING)
floating_types_and = _group_and(*_FLOATING)
floating_types_and_half = _group(*_FLOATING, d.float16)
complex_types = _group(*_COMPLEX)
integral_types = _group(*_INTEGRAL)
integral_types_and = _group_and(*_INTEGRAL)
floating_and_complex_types = _group(*_FLOATING, *_COMPLEX)
floating_and_complex_types_and = _group_and(*_FLOATING, *_COMPLEX)
all_types = _group(*_FLOATING, *_INTEGRAL)
all_types_and = _group_and(*_FLOATING, *_INTEGRAL)
all_types_and_half = _group(*_FLOATING, *_INTEGRAL, d.float16)
all_types_and_complex = _group(*_FLOATING, *_INTEGRAL, *_COMPLEX)
all_types_and_complex_and = _group_and(*_FLOATING, *_INTEGRAL, *_COMPLEX)
complex_types_and = _group_and(*_COMPLEX)
empty_types = _group()
double_types = _group(d.float64, d.complex128)


def get_all_int_dtypes() -> list[dtype]:
    """The integer dtypes, without bool."""
    return list(_INTEGRAL)


def get_all_complex_dtypes() -> list[dtype]:
    """The complex dtypes."""
    return list(_COMPLEX)


def get_all_fp_dtypes(
    include_half: bool = True, include_bfloat16: bool = True
) -> list[dtype]:
    """The real floating dtypes."""
    halves = [
        t for t, on in zip(_HALF, (include_half, include_bfloat16), strict=True) if on
    ]
    return [*_FLOATING, *halves]


def get_all_dtypes(
    include_half: bool = True,
    include_bfloat16: bool = True,
    include_bool: bool = True,
    include_complex: bool = True,
    **_: bool,
) -> list[dtype]:
    """The dtypes of ordinary tensors."""
    return [
        *get_all_int_dtypes(),
        *get_all_fp_dtypes(include_half, include_bfloat16),
        *([d.bool_] if include_bool else []),
        *(get_all_complex_dtypes() if include_complex else []),
    ]


def get_all_math_dtypes(device: str) -> list[dtype]:
    """The dtypes that arithmetic is defined for."""
    return [
        *get_all_int_dtypes(),
        *get_all_fp_dtypes(device.startswith("cuda"), False),
        *get_all_complex_dtypes(),
    ]
