"""Staged programs of every primitive, alone and nested with the other transforms."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from typing import Any

import pytest

from isograd.core.primitive import Primitive
from isograd.testing import check_nestings
from isograd.testing.cases import cases, legal_dtypes

from .exceptions import (
    STAGED_EAGERLY,
    differentiable,
    function,
    has_dtype,
    primitives,
    variant,
)

compile_ = pytest.importorskip("isograd.compile.api").compile

EXECUTORS = ["numpy"]
if find_spec("llvmlite") and find_spec("isograd.compile.native"):
    EXECUTORS.append("native")
executors = pytest.mark.parametrize("executor", EXECUTORS)
smooth = pytest.mark.parametrize("prim", differentiable(), ids=lambda p: p.name)

INSIDE = ["SR", "SF", "SB", "SRR", "SFR", "SBR", "SRB"]  # derivatives that are staged
NATIVE = ["SR", "SB", "SFR", "RS"]
OUTSIDE = ["RS", "FS", "BS", "FRS", "SRS"]  # derivatives of what was staged


def stage(executor: str) -> Any:
    def staged(fn: Any) -> Any:
        return compile_(fn, executor=executor)

    return staged


@pytest.fixture(autouse=True)
def no_retreat() -> Any:
    """Falling back to eager execution is a failure here."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


PAIRS = [
    pytest.param(p, d, id=f"{p.name}-{d}")
    for p in primitives()
    for d in legal_dtypes(p, "fc")
    if has_dtype(p, d)
]


@executors
@pytest.mark.parametrize(("prim", "dtype"), PAIRS)
def test_programs_give_the_values_of_eager_execution(
    prim: Primitive, dtype: str, executor: str
) -> None:
    if prim.name in STAGED_EAGERLY:
        pytest.skip(STAGED_EAGERLY[prim.name])
    for case in cases(prim, dtype):
        if case.active:
            check_nestings(function(case), case.xs, ["S"], stage=stage(executor))


@executors
@smooth
def test_staging_nests_with_derivatives_and_batches(
    prim: Primitive, executor: str
) -> None:
    """Kernels take tens of milliseconds to make: fewer nestings of those."""
    words, count = (INSIDE + OUTSIDE, 2) if executor == "numpy" else (NATIVE, 1)
    if prim.name in STAGED_EAGERLY:
        pytest.skip(STAGED_EAGERLY[prim.name])
    for case in list(cases(prim))[:count]:
        if case.active and all(o.dtype.char in "dDilq?" for o in case.values()):
            check_nestings(
                function(case),
                case.xs,
                words,
                stage=stage(executor),
                variant=variant(prim),
            )
