"""Derivatives of every primitive, in both modes, at every nesting to depth three."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from isograd.base.errors import EngineError
from isograd.core.primitive import Primitive
from isograd.core.tensor import Tensor, apply
from isograd.core.transforms import jvp, vjp
from isograd.testing import (
    check_inner_product,
    check_nestings,
    gradcheck,
    gradgradcheck,
    nestings,
)
from isograd.testing.cases import Case, cases, legal_dtypes
from isograd.testing.differences import array_of, arrays, normal_like

from .exceptions import SHALLOW, differentiable, function, has_dtype, variant

DOUBLE = ("float64", "complex128")
TOLERANCE = {"d": 1e-12, "D": 1e-12, "f": 2e-5, "F": 2e-5, "e": 2e-2, "E": 2e-2}


def pairs(*dtypes: str) -> list[object]:
    return [
        pytest.param(p, d, id=f"{p.name}-{d}")
        for p in differentiable()
        for d in legal_dtypes(p, "fc")
        if d in dtypes and has_dtype(p, d)
    ]


def active_cases(prim: Primitive, dtype: str) -> list[Case]:
    """Cases with something to differentiate."""
    return [c for c in cases(prim, dtype) if c.active]


def precise_cases(prim: Primitive, dtype: str) -> list[Case]:
    """Those of them whose outputs are precise enough for differences."""
    return [
        c
        for c in active_cases(prim, dtype)
        if all(o.dtype.char in "dDilq?" for o in c.values())
    ]


def tolerance(case: Case) -> float:
    """Of the narrowest dtype that takes part."""
    arrays = (*case.args, *case.values())
    return max(TOLERANCE.get(a.dtype.char, 0.0) for a in arrays)


@pytest.mark.parametrize(("prim", "dtype"), pairs(*DOUBLE))
def test_first_derivatives_against_differences(prim: Primitive, dtype: str) -> None:
    for case in precise_cases(prim, dtype):
        gradcheck(function(case), case.xs)


@pytest.mark.parametrize(("prim", "dtype"), pairs(*DOUBLE))
def test_second_derivatives_against_differences(prim: Primitive, dtype: str) -> None:
    for case in precise_cases(prim, dtype):
        gradgradcheck(function(case), case.xs)


@pytest.mark.parametrize(("prim", "dtype"), pairs(*DOUBLE, "float32", "complex64"))
def test_forward_and_reverse_are_adjoint(prim: Primitive, dtype: str) -> None:
    for case in active_cases(prim, dtype):
        check_inner_product(function(case), case.xs, rtol=tolerance(case))


@pytest.mark.parametrize(("prim", "dtype"), pairs("float64"))
def test_nestings_of_transforms(prim: Primitive, dtype: str) -> None:
    """Depth three for the first sample; two where the second derivative is zero."""
    for i, case in enumerate(precise_cases(prim, dtype)):
        flat = i > 0 or prim.kind == "linear" or prim.name in SHALLOW
        words = nestings(2 if flat else 3)
        check_nestings(function(case), case.xs, words, variant=variant(prim))


@pytest.mark.parametrize(("prim", "dtype"), pairs("complex128"))
def test_nestings_of_transforms_on_complex_numbers(prim: Primitive, dtype: str) -> None:
    for case in precise_cases(prim, dtype)[:1]:
        check_nestings(function(case), case.xs, nestings(2), variant=variant(prim))


@pytest.mark.parametrize(
    ("prim", "dtype"), pairs("float32", "float16", "bfloat16", "complex64")
)
def test_cotangents_and_tangents_have_the_dtype_of_their_value(
    prim: Primitive, dtype: str
) -> None:
    rng = np.random.default_rng(0)
    for case in active_cases(prim, dtype):
        fn, xs = case.function(), case.xs
        outs = arrays(fn, xs)
        pulled = vjp(fn, *xs)[1](tuple(normal_like(rng, outs)))
        pushed = jvp(fn, xs, normal_like(rng, xs))[1]
        for found, value in zip((*pulled, *pushed), (*xs, *outs), strict=True):
            f, v = array_of(found), array_of(value)
            assert (f.shape, f.dtype) == (v.shape, v.dtype)


UNDEFINED = [
    pytest.param(p, i, id=p.name) for p in differentiable() for i in p.undefined
]


@pytest.mark.parametrize(("prim", "place"), UNDEFINED)
def test_a_derivative_that_is_not_known_raises(prim: Primitive, place: int) -> None:
    for case in cases(prim):
        xs = list(map(Tensor, case.args))

        def fn(x: Any, xs: Any = xs, params: Any = case.params) -> Any:
            return apply(prim, Tensor, *xs[:place], x, *xs[place + 1 :], **params)

        with pytest.raises(EngineError, match=prim.name):
            vjp(fn, xs[place])[1](fn(xs[place]))
        with pytest.raises(EngineError, match=prim.name):
            jvp(fn, (xs[place],), (xs[place],))
