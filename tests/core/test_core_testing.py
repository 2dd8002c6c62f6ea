"""The checking tools notice what they are for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from isograd.core.families import elementwise
from isograd.core.primitive import Primitive
from isograd.testing import (
    CheckError,
    check_inner_product,
    check_nestings,
    gradcheck,
    gradgradcheck,
    nestings,
)

from .helpers import call, exp

X = np.array([0.5, -0.3, 1.2])


def test_right_derivatives_pass() -> None:
    def f(tree: Any) -> Any:
        return {"a": exp(tree["x"]) * tree["y"], "b": (tree["y"] * tree["y"]).sum()}

    tree = {"x": X, "y": 1 + X}
    assert gradcheck(f, (tree,))
    assert gradgradcheck(f, (tree,))
    assert check_inner_product(f, (tree,))
    assert check_nestings(f, (tree,), nestings(3))
    assert gradcheck(lambda z: exp(z) * z, (X + 0.5j,))


def test_a_wrong_derivative_fails(temporary: Callable[..., Primitive]) -> None:
    temporary(elementwise, "test_wrong", "x", np.sin, tangents={"x": "t * exp(x)"})

    def f(x: Any) -> Any:
        return call("test_wrong", x)

    with pytest.raises(CheckError, match="reverse mode against differences"):
        gradcheck(f, (X,))
    assert check_inner_product(f, (X,))  # both modes are wrong together


def test_modes_that_disagree_fail(temporary: Callable[..., Primitive]) -> None:
    temporary(
        Primitive,
        "test_torn",
        lambda x: np.asarray(x * x),
        abstract=lambda x: x,
        vjp=lambda F, g, saved, needs: (F.mul(g, F.mul(2.0, saved[0])),),
        jvp=lambda F, primals, tangents, out: tangents[0],
        reads=((0,),),
    )

    def f(x: Any) -> Any:
        return call("test_torn", x)

    with pytest.raises(CheckError, match="forward mode against differences"):
        gradcheck(f, (X,))
    assert gradcheck(f, (X,), forward=False)
    with pytest.raises(CheckError, match="forward mode, but"):
        check_inner_product(f, (X,))


def test_a_wrong_second_derivative_fails(temporary: Callable[..., Primitive]) -> None:
    """The rule detaches: first derivatives are right, second ones are zero."""
    temporary(
        Primitive,
        "test_cut",
        lambda x: np.asarray(np.exp(x)),
        abstract=lambda x: x,
        vjp=lambda F, g, saved, needs: (F.mul(g, np.exp(values_of(saved[0]))),),
        jvp=lambda F, primals, tangents, out: F.mul(tangents[0], out),
        reads=((0,),),
    )

    def f(x: Any) -> Any:
        return call("test_cut", x)

    assert gradcheck(f, (X,))
    with pytest.raises(CheckError, match="reverse over reverse"):
        gradgradcheck(f, (X,))
    with pytest.raises(CheckError, match="nesting RR"):
        check_nestings(f, (X,), ["RR"])


def values_of(x: Any) -> Any:
    while not isinstance(x, np.ndarray):
        x = x.p if hasattr(x, "p") else x.primal
    return x


def test_single_precision_is_refused_with_a_remedy() -> None:
    with pytest.raises(TypeError, match="convert it to float64"):
        gradcheck(lambda x: x, (np.ones(2, np.float32),))
