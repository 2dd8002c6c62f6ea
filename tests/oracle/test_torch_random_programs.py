"""Random programs with views and writes in place, run by PyTorch and by isograd.

After each statement they must agree on what was raised, or on what all variables are
(see `random_programs.facts`); at the end on first and second derivatives.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.random_programs import (
    COUNT,
    HELD,
    MODES,
    PLAIN,
    Families,
    Statement,
    execute,
)

real = pytest.importorskip("torch")
ours = pytest.importorskip("isograd.torch")


@st.composite
def programs(draw: Any, families: Families) -> list[Statement]:
    index = st.integers(0, COUNT + 8)
    return [
        (
            draw(st.sampled_from(draw(st.sampled_from(families)))),
            draw(st.sampled_from(MODES)),
            draw(index),
            draw(index),
        )
        for _ in range(draw(st.integers(2, 9)))
    ]


def same(theirs: Any, mine: Any) -> None:
    if isinstance(theirs, np.ndarray):
        np.testing.assert_allclose(mine, theirs, rtol=2e-4, atol=1e-4)
    elif isinstance(theirs, float):
        assert mine == pytest.approx(theirs, rel=1e-3, abs=2e-4, nan_ok=True)
    elif isinstance(theirs, list | tuple):
        assert type(theirs) is type(mine) and len(theirs) == len(mine)
        for x, y in zip(theirs, mine, strict=True):
            same(x, y)
    else:
        assert mine == theirs


def compare(program: list[Statement]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(execute(real, program), execute(ours, program))


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(programs(PLAIN))
def test_programs_with_views_and_writes_do_the_same(program: list[Statement]) -> None:
    compare(program)


@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(programs(HELD))
def test_programs_with_sweeps_and_custom_functions_do_the_same(
    program: list[Statement],
) -> None:
    compare(program)
