"""The short cut of small real arrays (`Primitive.pulls`) gives what the rule gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from isograd.base.errors import EngineError
from isograd.core.primitive import RAW, Primitive
from isograd.core.tape import Leaf
from isograd.testing.cases import Case, cases, legal_dtypes

from .exceptions import has_dtype, primitives

PAIRS = [
    pytest.param(p, d, id=f"{p.name}-{d}")
    for p in primitives()
    for d in ("float32", "float64")
    if p.pulls and d in legal_dtypes(p) and has_dtype(p, d)
]


def cotangents(rule: Any, *args: Any, **params: Any) -> Any:
    try:
        return rule(*args, **params)
    except EngineError as error:  # no derivative in this operand
        return error.code


def check(case: Case, out: np.ndarray, mask: int) -> None:
    prim, params, count = case.prim, case.params, len(case.args)
    places = prim.keeps(mask, count)
    saved = tuple(v if i in places else None for i, v in enumerate((*case.args, out)))
    nodes = [Leaf(out.shape) if mask >> i & 1 else None for i in range(count)]
    g = np.asarray(np.random.default_rng(5).normal(size=out.shape), out.dtype)
    want = cotangents(prim.raw_vjp, RAW, g, saved, nodes, **params)
    got = cotangents(prim.pulls[mask], g, saved, **params)
    if isinstance(want, str):
        assert got == want
        return
    if mask.bit_count() == 1:
        got = tuple(got if n else None for n in nodes)
    for node, w, f in zip(nodes, want, got, strict=True):
        assert (f is None) == (node is None)
        if node is not None:
            assert f.dtype == w.dtype and f.shape == w.shape
            np.testing.assert_array_equal(f, w)


@pytest.mark.parametrize(("prim", "dtype"), PAIRS)
def test_pulls_are_the_rule_of_arrays_of_one_shape(prim: Primitive, dtype: str) -> None:
    tried = 0
    for case in cases(prim, dtype):
        (out,) = case.values()
        if out.dtype == dtype and {np.shape(a) for a in case.args} == {out.shape}:
            for mask, pull in enumerate(prim.pulls):
                if pull is not None:
                    check(case, out, mask)
                    tried += 1
    assert tried
