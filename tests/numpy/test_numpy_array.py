"""`Array`: writes, dtypes, refusals; nothing is silently made a constant."""

from __future__ import annotations

import math

import numpy as np
import pytest

import isograd
import isograd.numpy as inp


def test_arrays_that_are_differentiated_are_written_in_place() -> None:
    def f(x):
        out = inp.zeros(4)
        out[1:] = x
        out[0] += x[2]
        view = out.reshape(2, 2)
        view[1, 1] = 5.0
        out *= 2.0
        return np.sum(out**2)

    # out = 2 (x2, x0, x1, 5): the gradient is 8 times what stands there
    np.testing.assert_allclose(
        isograd.grad(f)(np.array([1.0, 2.0, 3.0])), [8.0, 16.0, 24.0]
    )


def test_index_arrays_and_masks_are_written_too() -> None:
    def f(x):
        out = inp.ones(5)
        out[[0, 3]] = x * x
        out[np.array([False, True, False, False, True])] = x[0]
        return (out * np.arange(5.0)).sum()

    np.testing.assert_allclose(isograd.grad(f)(np.array([2.0, 3.0])), [5.0, 18.0])


def test_float32_stays_float32() -> None:
    g = isograd.grad(lambda x: np.sum(np.sin(x) * 2.0 + x**2))(np.ones(3, np.float32))
    assert g.dtype == np.float32


def test_numpy_s_promotion_holds() -> None:
    def f(x):
        y = x + np.arange(3)
        assert y.dtype == np.result_type(np.float32, np.int64)
        return y.sum()

    assert isograd.grad(f)(np.ones(3, np.float32)).dtype == np.float32


def test_results_are_plain_arrays() -> None:
    g = isograd.grad(lambda x: (x * x).sum())(np.ones(2))
    assert type(g) is np.ndarray
    value, g = isograd.value_and_grad(lambda x: x * x)(3.0)
    assert (value, g) == (9.0, 6.0)


def test_trees_of_arrays() -> None:
    def f(p, x):
        return np.sum(np.tanh(x @ p["w"] + p["b"]) ** 2)

    p = {"w": np.ones((2, 3)), "b": np.zeros(3)}
    g = isograd.grad(f)(p, np.ones((4, 2)))
    assert g["w"].shape == (2, 3) and g["b"].shape == (3,)


CONSTANT = {
    "plain array": lambda x: np.array(x).sum(),
    "list of elements": lambda x: np.array([x[0], x[1]]).sum(),
    "written to a plain array": lambda x: _written(x),
    "unknown function": lambda x: np.unwrap(x).sum(),
    "out= of a plain array": lambda x: np.sin(x, out=np.zeros(2)).sum(),
    "unknown ufunc": lambda x: np.spacing(x).sum(),
}


def _written(x):
    out = np.zeros(2)
    out[:] = x
    return out.sum()


@pytest.mark.parametrize("case", CONSTANT)
def test_what_would_cut_the_gradient_raises(case: str) -> None:
    with pytest.raises(TypeError) as info:
        isograd.grad(CONSTANT[case])(np.array([1.0, 2.0]))
    text = str(info.value)
    assert "isograd" in text or "differentiated" in text


def test_joining_elements_in_a_list() -> None:
    f = lambda x: (inp.array([x[0] * x[1], 3.0, x[1]]) ** 2).sum()  # noqa: E731
    np.testing.assert_allclose(isograd.grad(f)(np.array([2.0, 3.0])), [36.0, 30.0])


BAD_KEYS = [
    5,
    (0, 0, 0),
    "a",
    1.5,
    ([0, 1], [0, 1, 2]),
    np.array([True, False, True]),
    (slice(None), 7),
]


@pytest.mark.parametrize("key", BAD_KEYS, ids=repr)
def test_bad_keys_raise_what_numpy_raises(key: object) -> None:
    plain = np.zeros((2, 3))
    with pytest.raises(IndexError) as theirs:
        plain[key]
    with pytest.raises(type(theirs.value)):
        inp.zeros((2, 3))[key]


@pytest.mark.parametrize("shape", [(7,), (2, 2), (3, 2)])
def test_values_that_do_not_fit_raise_what_numpy_raises(shape: tuple) -> None:
    with pytest.raises(ValueError):
        np.zeros((2, 3))[...] = np.zeros(shape)
    with pytest.raises(ValueError):
        inp.zeros((2, 3))[...] = np.zeros(shape)


def test_control_flow_on_values() -> None:
    def f(x):
        while x < 10:
            x = x * x if x > 1.5 else x + 1.0
        return x

    value, g = isograd.value_and_grad(f)(1.25)
    assert (value, g) == ((2.25**2) ** 2, 4 * 2.25**3)


@pytest.mark.parametrize(
    "use", [float, math.sin, complex, lambda x: x.item(), lambda x: x.tolist()]
)
def test_a_number_taken_out_would_lose_its_derivative(use) -> None:
    with pytest.raises(TypeError, match="it would be a constant"):
        isograd.grad(lambda x: use(x) * x)(2.0)
    with pytest.raises(TypeError, match="it would be a constant"):
        isograd.jvp(lambda x: use(x) * x, (2.0,), (1.0,))
    assert isograd.grad(lambda x: float(isograd.stop_gradient(x)) * x)(2.0) == 2.0
    assert isograd.grad(lambda x: int(x) * x)(2.5) == 2.0  # as control flow has it


def test_the_text_of_an_array() -> None:
    texts = []

    def f(x):
        texts.append(repr(x * 2.0))
        return x.sum()

    isograd.grad(f)(np.array([1.0, 2.0]))
    assert texts == ["Array([2., 4.])"]
