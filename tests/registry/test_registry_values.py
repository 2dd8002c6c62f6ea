"""Values of every primitive: the abstract rule, layouts of memory, purity."""

from __future__ import annotations

import numpy as np
import pytest

from isograd.core.primitive import REGISTRY, Primitive, aval_of
from isograd.testing.cases import Case, cases, legal_dtypes

from .exceptions import ALIASES, NO_SAMPLES, draws, has_dtype, primitives

PAIRS = [
    pytest.param(p, d, id=f"{p.name}-{d}")
    for p in primitives()
    for d in legal_dtypes(p)
    if has_dtype(p, d)
]
by_primitive = pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)


def test_every_primitive_has_samples_or_a_reason_for_none() -> None:
    without = {p.name for p in REGISTRY.values() if not draws(p) and not list(cases(p))}
    assert without <= set(NO_SAMPLES)


def abstract(case: Case) -> tuple[object, ...]:
    avals = case.prim.abstract(*map(aval_of, case.args), **case.params)
    return avals if case.prim.multi else (avals,)


@pytest.mark.parametrize(("prim", "dtype"), PAIRS)
def test_values_are_arrays_as_the_abstract_rule_says(
    prim: Primitive, dtype: str
) -> None:
    for case in cases(prim, dtype):
        outs = case.values()
        for out, aval in zip(outs, abstract(case), strict=True):
            assert type(out) is np.ndarray, f"{type(out)} from {case.params}"
            assert (out.shape, out.dtype) == aval


def layouts(a: np.ndarray) -> list[np.ndarray]:
    """Arrays equal to `a`: strided, in Fortran order, with a negative stride."""
    wide = np.zeros((*a.shape, 2), a.dtype)
    wide[..., 0] = a
    back = a.copy()[::-1].copy()[::-1] if a.ndim else a.copy()
    return [wide[..., 0], np.asfortranarray(a).reshape(a.shape), back]


@by_primitive
def test_layout_of_memory_does_not_change_values(prim: Primitive) -> None:
    for case in cases(prim, legal_dtypes(prim)[0]):
        expected = case.values()
        for args in zip(*map(layouts, case.args), strict=True):
            found = Case(prim, args, case.params).values()
            for f, e in zip(found, expected, strict=True):
                np.testing.assert_allclose(f, e, rtol=1e-13, atol=1e-14)


@by_primitive
def test_operands_are_neither_written_nor_aliased(prim: Primitive) -> None:
    for case in cases(prim, legal_dtypes(prim)[0]):
        for a in case.args:
            a.flags.writeable = False
        for out in case.values():
            shared = any(np.may_share_memory(out, a) for a in case.args)
            assert not shared or prim.view or prim.name in ALIASES
