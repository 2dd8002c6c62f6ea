"""Operations with derivatives of their user's."""

from __future__ import annotations

import numpy as np

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.core import transforms
from isograd.core.custom import custom_call
from isograd.core.primitive import BOUND as F
from isograd.core.tensor import Tensor, payload_of, wrap


def scaled_square(x: Tensor) -> Tensor:
    """x * x, with ten times its derivative."""

    def rule(args, outs, cotangents):
        return (F.mul(F.mul(cotangents[0], args[0]), 20.0),)

    (out,) = custom_call(lambda a: (F.mul(a[0], a[0]),), rule, (payload_of(x),))
    return wrap(Tensor, out)


def total(x: Tensor) -> Tensor:
    p = payload_of(x)
    return wrap(Tensor, F.sum(p, axes=tuple(range(p.ndim))))


def test_the_rule_is_the_derivative() -> None:
    g = transforms.grad(lambda x: total(scaled_square(x)))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(g, [20.0, 40.0])


def test_the_rule_is_differentiated_in_turn() -> None:
    def inner(x: Tensor) -> Tensor:
        return total(transforms.grad(lambda y: total(scaled_square(y)))(x))

    g = transforms.grad(inner)(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(g, [20.0, 20.0])


def test_several_outputs_and_zeros() -> None:
    seen = []

    def rule(args, outs, cotangents):
        seen.append(cotangents)
        return (F.mul(cotangents[0], 3.0), None)

    def fn(x: Tensor, y: Tensor) -> Tensor:
        a, _ = custom_call(
            lambda a: (F.add(a[0], a[1]), F.mul(a[0], a[1])),
            rule,
            (payload_of(x), payload_of(y)),
        )
        return wrap(Tensor, a)

    g = transforms.grad(fn, (0, 1))(np.array(1.0), np.array(2.0))
    np.testing.assert_array_equal(g, [3.0, 0.0])
    assert seen[0][1] is None


def test_plain_arrays_are_evaluated() -> None:
    (out,) = custom_call(lambda a: (a[0] + 1,), None, (np.ones(2),))  # type: ignore[arg-type]  # justified: the rule is not needed
    np.testing.assert_array_equal(out, [2.0, 2.0])
