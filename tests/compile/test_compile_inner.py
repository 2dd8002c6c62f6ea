"""Programs of inner loops: the bits of the array functions they were recorded from."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from isograd.base import rounding
from isograd.compile.lean.inner import machine
from isograd.compile.loops import recorded
from isograd.core.primitive import RAW, REGISTRY

pytestmark = pytest.mark.skipif(machine() is None, reason="no native code here")
RNG = np.random.default_rng(3)
X = RNG.normal(size=(4, 5)).astype("f4")
Y = RNG.normal(size=(4, 5)).astype("f4")
ROW = RNG.normal(size=5).astype("f4")
COLUMN = RNG.normal(size=(4, 1)).astype("f4")
CUBE = RNG.normal(size=(3, 4, 5))
MASK = X > 0


def in_place(x: Any, y: Any) -> Any:
    out = x - y
    out *= y
    out[1:, 2] = 7
    return out


def put(x: Any, i: Any, value: Any) -> Any:
    out = x * 0
    out[np.arange(4), i] = value
    return out


FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...]]] = {
    "add": (np.add, (X, Y)),
    "row": (lambda x, y: x * y, (X, ROW)),
    "column": (lambda x, y: x - y, (X, COLUMN)),
    "numbers": (lambda x: 2 * x + 0.5, (X,)),
    "double": (np.exp, (CUBE,)),
    "mixed dtypes": (lambda x, y: x + y, (X, CUBE[0])),
    "integers": (lambda x, y: x * y, (np.arange(5), np.ones(5))),
    "sum of bools": (lambda x: np.add.reduce(x, axis=1), (MASK,)),
    "through float64": (lambda x: rounding.exp(x), (X,)),
    "in place": (in_place, (X, Y)),
    "transposed operand": (lambda x, y: (x.T * 2).T + y, (X, Y)),
    "rank zero": (lambda x: np.add.reduce(x, axis=None, keepdims=True) * 2, (X[0],)),
    "one element": (lambda x: x * x, (X[:1, :1],)),
    "where": (lambda c, x: np.where(c, x, 0.0), (MASK, X)),
    "clip": (lambda x: x.clip(-0.5, 0.5), (X,)),
    "mean": (lambda x: x.mean(axis=1, keepdims=True) - x, (X,)),
    "max over the first": (lambda x: np.maximum.reduce(x, axis=0), (CUBE,)),
    "sum over two": (lambda x: x.sum(axis=(0, 2)), (CUBE,)),
    "sum over the middle": (lambda x: x.sum(axis=1, keepdims=True), (CUBE,)),
    "negative axis": (lambda x: x.sum(axis=-2), (CUBE,)),
    "long rows": (lambda x: x.sum(1), (RNG.normal(size=(3, 1000)).astype("f4"),)),
    "long columns": (lambda x: x.sum(0), (RNG.normal(size=(200, 3)).astype("f4"),)),
    "products": (lambda x: np.multiply.reduce(x, axis=1), (X,)),
    "any": (lambda x: np.logical_or.reduce(x, axis=1), (MASK,)),
    "slice": (lambda x, y: x * y, (X[:, 1:4], Y[:, :3])),
    "every other row": (lambda x: np.exp(x) + 1, (CUBE[::2, :, 1],)),
    "rows spread": (lambda x, y: x - y, (np.broadcast_to(ROW, (4, 5)), X)),
    "column of a slice": (lambda x: np.add.reduce(x, axis=1), (X[:, 1:4],)),
    "take": (lambda x, i: np.take(x, i, 0), (X, np.array([2, 0, 2]))),
    "take along": (
        lambda x, i: np.take_along_axis(x, i, 1),
        (X, np.array([[0], [4], [2], [1]])),
    ),
    "take of two": (lambda x, i: x[np.arange(4), i] * 2, (X, np.array([0, 4, 2, 1]))),
    "take inside": (
        lambda x, i: np.take(x, i, 1) + 1,
        (CUBE, np.array([[0, 3], [1, 1]])),
    ),
    "take columns of a slice": (lambda x, i: x[i], (X[:, 1:3], np.array([3, 1]))),
    "put": (put, (X, np.array([0, 4, 2, 1]), X[:, 0].copy())),
    "product": (lambda x, y: np.matmul(x, y.T), (X, Y)),
    "product of stacks": (lambda x, y: x @ y, (CUBE, RNG.normal(size=(5, 2)))),
    "product of vectors": (lambda x, y: x[:1] @ y[:, None], (X, ROW)),
    "running sum": (lambda x: np.add.accumulate(x, axis=1), (X,)),
    "running maximum": (lambda x: np.maximum.accumulate(x, axis=-2), (CUBE,)),
    "joined": (lambda x, y: np.concatenate([x, y[:, 1:]], 1), (X, Y)),
    "max with a start": (lambda x: np.maximum.reduce(x, 1, initial=-np.inf), (X,)),
    "sums by index": (
        lambda x, i: RAW.add_along(x, i, axis=1, shape=(4, 3)),
        (X, RNG.integers(0, 3, (4, 5))),
    ),
    "zeros": (lambda x: RAW.unslice(x, index=((1, 5, 1),), shape=(7, 5)), (X,)),
    "softmax": (lambda x: RAW.softmax(x, axis=1), (X,)),
    "gelu": (REGISTRY["gelu"].impl, (X,)),
    "var": (lambda x: RAW.var(x, axes=(1,), correction=1), (X,)),
}


def scaled(a: np.ndarray, factor: float) -> np.ndarray:
    """Other elements with the same strides."""
    if a.dtype.kind != "f":
        return a
    base = a if a.base is None else a.base
    base = (base * factor).astype(a.dtype)
    start = a.__array_interface__["data"][0]
    offset = 0 if a.base is None else start - a.base.__array_interface__["data"][0]
    return np.ndarray(a.shape, a.dtype, base, offset, a.strides)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_same_bits(name: str) -> None:
    fn, arrays = FUNCTIONS[name]
    program = recorded(fn, arrays)
    assert program is not None
    for scale in (1, 3, np.inf, np.nan):
        with np.errstate(all="ignore"):
            given = [scaled(a, scale) for a in arrays]
            expected = np.asarray(fn(*given))
        found = program(*given)
        assert type(found) is np.ndarray and found.flags.owndata
        assert found.dtype == expected.dtype and found.shape == expected.shape
        np.testing.assert_array_equal(found, expected)


def test_results_are_fresh_and_arguments_stay() -> None:
    program = recorded(lambda x, y: (x * y, None, x, x + y), (X, Y))
    assert program is not None
    x, y = X.copy(), Y.copy()
    product, nothing, same, total = program(x, y)
    again = program(x, y)
    assert nothing is None and same is x
    product[:] = 0
    np.testing.assert_array_equal(again[0], X * Y)
    np.testing.assert_array_equal(total, X + Y)
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize(
    "other",
    [X[:2], X.astype("f8"), np.asfortranarray(X), X[:, ::-1], X[None], X[0]],
    ids=["shape", "dtype", "order", "strides", "rank", "row"],
)
def test_other_arguments_go_to_the_function(other: np.ndarray) -> None:
    program = recorded(lambda x: np.exp(x) * 2, (X,))
    assert program is not None
    np.testing.assert_array_equal(program(other), np.exp(other) * 2)
    with pytest.raises(TypeError):
        program(X, X)


def branching(x: Any) -> Any:
    return x * 2 if x[0, 0] > 0 else x * 3


def test_what_a_loop_raises() -> None:
    base, exponent = np.array([2, 3]), np.array([1, 2])
    program = recorded(lambda x, y: np.power(x, y), (base, exponent))
    assert program is not None
    with pytest.raises(ValueError, match="negative integer powers"):
        program(base, -exponent)
    np.testing.assert_array_equal(program(base, exponent), [2, 9])


def test_indices_out_of_range_raise_as_before() -> None:
    i = np.array([0, 3])
    program = recorded(lambda x, i: x[i] * 2, (X, i))
    assert program is not None
    for _ in range(2):
        with pytest.raises(IndexError, match="index 4 is out of bounds"):
            program(X, np.array([1, 4]))
        np.testing.assert_array_equal(program(X, i), X[i] * 2)
        np.testing.assert_array_equal(program(X, -i), X[-i] * 2)


@pytest.mark.parametrize(
    "fn",
    [
        branching,
        lambda x: x * float(x[0, 0]),
        lambda x: x * np.asarray(x).max(),
        lambda x: np.sort(x, axis=1) + 1,
        lambda x: x[x > 0] * 2,
        lambda x: x @ x[0],
        lambda x: x.T,
        lambda x: x,
        lambda x: np.multiply(x, 2, out=x),
        lambda x: np.broadcast_to(x[0] * 2, (4, 5)),
        lambda x: (x * 2).T,
        lambda x: x * RNG.normal(),
        lambda x: (x + 1j) * x,
        lambda x: np.asarray(x, dtype="f8") * 2,
    ],
)
def test_what_loops_do_not_say_is_left(fn: Callable[..., Any]) -> None:
    assert recorded(fn, (X,)) is None


def test_large_empty_and_foreign_arrays_are_left() -> None:
    double = lambda x: x * 2  # noqa: E731
    for a in (np.zeros(1 << 16), X.astype("f2"), X.astype("c8"), X.T):
        assert recorded(double, (a,)) is None


def test_no_references_are_kept() -> None:
    import sys

    program: Any = recorded(lambda x, y: (x * y, x), (X, Y))
    x, y = X.copy(), Y.copy()
    dtype = x.dtype
    for _ in range(10):
        program(x, y)
    gc.collect()
    before = sys.getrefcount(x), sys.getrefcount(y), sys.getrefcount(dtype)
    for _ in range(1000):
        program(x, y)
    after = sys.getrefcount(x), sys.getrefcount(y), sys.getrefcount(dtype)
    assert all(abs(a - b) < 100 for a, b in zip(before, after, strict=True))
