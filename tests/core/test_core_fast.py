"""The fast paths of eager operators record what the general path records."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

from isograd.base.dtypes import bfloat16
from isograd.core import fast
from isograd.core.levels import changed
from isograd.core.primitive import REGISTRY

from .helpers import Var, call, gradients, leaf, value


@pytest.fixture(autouse=True)
def nothing_special() -> None:
    """Views of other tests that may not be used keep the fast paths off."""
    gc.collect()


def never(*args: Any) -> Any:
    raise AssertionError("the slow path was taken")


def same_nodes(a: Var, b: Var) -> None:
    assert (a._node is None) == (b._node is None)
    if a._node is None or b._node is None:
        return
    assert a._node.prim is b._node.prim and a._node.edges == b._node.edges
    kept = [[s is not None for s in n.saved] for n in (a._node, b._node)]
    assert kept[0] == kept[1] and a._node.shape == b._node.shape


@pytest.mark.parametrize("name", ["exp", "log", "neg", "square", "tanh"])
def test_unary(name: str) -> None:
    op = fast.unary(REGISTRY[name], Var, never)
    for x in (leaf([0.5, 2.0]), Var(np.array([0.5, 2.0])), leaf(0.5)):
        out = op(x)
        assert type(out) is Var and type(out._p) is np.ndarray
        same_nodes(out, call(name, x))


@pytest.mark.parametrize("name", ["add", "mul", "div", "pow", "sub", "lt"])
def test_binary(name: str) -> None:
    op = fast.binary(REGISTRY[name], Var, never)
    xs = leaf([0.5, 2.0]), Var(np.array([0.5, 2.0])), leaf(0.5), Var(np.array(0.5))
    for x in xs:
        for y in xs:
            out = op(x, y)
            same_nodes(out, call(name, x, y))
            np.testing.assert_array_equal(value(out), value(call(name, x, y)))


def test_numbers_on_the_right_are_weak() -> None:
    op = fast.scalar_right(REGISTRY["mul"], Var, never)
    x = leaf([1.0, 2.0])
    np.testing.assert_array_equal(gradients(op(x, 3).sum(), [x])[0], [3.0, 3.0])
    narrow = Var(np.ones(2, np.float16))
    assert value(op(narrow, 0.1)).dtype == np.float16
    assert np.signbit(value(op(Var(np.ones(1)), -0.0)))[0]
    assert not np.signbit(value(op(Var(np.ones(1)), 0.0)))[0]


def test_what_the_fast_paths_leave_to_the_slow_one() -> None:
    taken: list[Any] = []

    def slow(*args: Any) -> Any:
        taken.append(args)
        return "slow"

    op = fast.binary(REGISTRY["add"], Var, slow)
    x, single = leaf([1.0]), Var(np.ones(1, np.float32))
    half = Var(np.ones(1, bfloat16()))
    for pair in ((x, 1.0), (x, single), (half, half), (x, leaf([1.0], level=1))):
        assert op(*pair) == "slow"
    with changed(recording=False):
        assert op(x, x) == "slow"
    assert len(taken) == 5
