"""Values of indexing, products, windows, transforms against NumPy and plain loops."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, basic_indices, integer_array_indices

from isograd.core.primitive import BOUND, RAW
from isograd.ops.keys import read_key

INDICES = [[0, 1], [[1], [-1]]]
quick = settings(max_examples=60, deadline=None, database=None, derandomize=True)
shapes = array_shapes(min_dims=1, max_dims=4, max_side=4)


def counted(shape: Any) -> np.ndarray:
    return np.arange(np.prod(shape, dtype=int), dtype=float).reshape(shape)


@quick
@given(st.data())
def test_basic_keys_are_views_of_numpys_values(data: Any) -> None:
    x = counted(data.draw(shapes))
    key = data.draw(basic_indices(x.shape, allow_newaxis=True, max_dims=6))
    found = BOUND.index(x, key)
    np.testing.assert_array_equal(found, x[key])
    assert read_key(x.shape, key).shape == found.shape
    assert not found.size or np.may_share_memory(found, x)


@quick
@given(st.data())
def test_writes_at_basic_keys(data: Any) -> None:
    x = counted(data.draw(shapes))
    key = data.draw(basic_indices(x.shape, allow_newaxis=True, max_dims=6))
    v = np.asarray(-1.0 - counted(x[key].shape))
    expected = x.copy()
    expected[key] = v
    np.testing.assert_array_equal(BOUND.index_put(x, key, v), expected)


@quick
@given(st.data())
def test_array_keys(data: Any) -> None:
    x = counted(data.draw(shapes))
    key = data.draw(integer_array_indices(x.shape))
    np.testing.assert_array_equal(BOUND.index(x, key), x[key])
    ones = np.ones(x[key].shape)
    expected = x.copy()
    np.add.at(expected, key, ones)
    np.testing.assert_array_equal(
        BOUND.index_put(x, key, ones, accumulate=True), expected
    )


@quick
@given(st.data())
def test_mixed_keys_place_axes_as_numpy_does(data: Any) -> None:
    """Ints, slices, arrays, masks and None in any order, ints counting as arrays."""
    x = counted(data.draw(array_shapes(min_dims=2, max_dims=4, min_side=2, max_side=3)))
    key: list[Any] = []
    for n in x.shape[: data.draw(st.integers(1, x.ndim))]:
        kind = data.draw(st.sampled_from(["int", "slice", "array", "mask", "none"]))
        if kind == "none":
            key.append(None)
        key.append(
            {
                "int": lambda n=n: data.draw(st.integers(-n, n - 1)),
                "slice": lambda n=n: data.draw(st.slices(n)),
                "array": lambda: np.array(data.draw(st.sampled_from(INDICES))),
                "mask": lambda n=n: np.arange(n) < 2,
                "none": lambda: slice(None),
            }[kind]()
        )
    found = BOUND.index(x, tuple(key), ints_are_arrays=True)
    np.testing.assert_array_equal(found, x[tuple(key)])


@quick
@given(
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=3),
    st.lists(st.sampled_from("abcd"), min_size=1, max_size=3),
    st.sets(st.sampled_from("abcd")),
)
def test_einsum_of_any_two(left: Any, right: Any, out: Any) -> None:
    sizes = {"a": 2, "b": 3, "c": 1, "d": 4}
    out = sorted(out & {*left, *right})
    rng = np.random.default_rng(len(left))
    x, y = (rng.normal(size=[sizes[d] for d in word]) for word in (left, right))
    equation = f"{''.join(left)},{''.join(right)}->{''.join(out)}"
    np.testing.assert_allclose(
        RAW.einsum(equation, x, y), np.einsum(equation, x, y), atol=1e-12
    )


def test_conv_is_a_sum_over_windows() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 4, 7, 6)), rng.normal(size=(6, 2, 3, 2))
    found = RAW.conv(
        x, w, stride=(2, 1), padding=((1, 2), (0, 1)), dilation=(1, 2), groups=2
    )
    full = np.pad(x, ((0, 0), (0, 0), (1, 2), (0, 1)))
    expected = np.zeros(found.shape)
    for n, o, i, j in np.ndindex(found.shape):
        part = full[n, 2 * (o // 3) : 2 * (o // 3) + 2]
        for c, p, q in product(range(2), range(3), range(2)):
            expected[n, o, i, j] += w[o, c, p, q] * part[c, 2 * i + p, j + 2 * q]
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("space", [(5, 4), (12, 11)])
def test_the_three_convolutions_are_adjoint(
    stride: Any, groups: int, space: Any
) -> None:
    """<conv(x, w), y> = <x, conv_data(y, w)> = <w, conv_filter(x, y)>, on all roads."""
    rng = np.random.default_rng(0)
    words = {
        "stride": stride,
        "padding": ((1, 0), (2, 1)),
        "dilation": (1, 2),
        "groups": groups,
    }
    x, w = rng.normal(size=(2, 4, *space)), rng.normal(size=(8, 4 // groups, 3, 2))
    out = RAW.conv(x, w, **words)
    y = rng.normal(size=out.shape)
    expected = np.vdot(out, y)
    data = RAW.conv_data(y, w, space=space, **words)
    filters = RAW.conv_filter(x, y, window=(3, 2), **words)
    np.testing.assert_allclose(np.vdot(x, data), expected)
    np.testing.assert_allclose(np.vdot(w, filters), expected)


def test_large_convolutions_are_copied_in_parts() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 8, 96, 96)).astype(np.float32)
    w = rng.normal(size=(4, 8, 3, 3)).astype(np.float32)
    words = {
        "stride": (1, 1),
        "padding": ((1, 1), (1, 1)),
        "dilation": (1, 1),
        "groups": 1,
    }
    whole = RAW.conv(x, w, **words)
    single = np.concatenate([RAW.conv(x[i : i + 1], w, **words) for i in range(3)])
    np.testing.assert_allclose(whole, single, atol=1e-3)
    total = RAW.conv_filter(x, whole, window=(3, 3), **words)
    parts = sum(
        RAW.conv_filter(x[i : i + 1], whole[i : i + 1], window=(3, 3), **words)
        for i in range(3)
    )
    np.testing.assert_allclose(total, parts, rtol=1e-4, atol=1.0)


@pytest.mark.parametrize("axes", [(0,), (1, 0)])
@pytest.mark.parametrize("norm", [None, "ortho", "forward"])
def test_transforms(axes: Any, norm: Any) -> None:
    x = np.random.default_rng(0).normal(size=(5, 4))
    np.testing.assert_allclose(
        RAW.fftn(x, axes=axes, norm=norm),
        np.fft.fftn(x, axes=axes, norm=norm),
        atol=1e-12,
    )
    half = np.fft.rfftn(x, axes=axes, norm=norm)
    np.testing.assert_allclose(RAW.rfftn(x, axes=axes, norm=norm), half, atol=1e-12)
    sizes = tuple(x.shape[a] for a in axes)
    np.testing.assert_allclose(
        RAW.irfftn(half, axes=axes, sizes=sizes, norm=norm), x, atol=1e-12
    )


def test_tables_of_small_kinds() -> None:
    """Scatters of integers, bools and half precision."""
    at = np.array([0, 2, 2])
    np.testing.assert_array_equal(
        RAW.scatter_add(np.array([1, 2, 3]), at, shape=(3,)), [1, 0, 5]
    )
    half = RAW.scatter_add(np.full((3, 400), 0.5, np.float16), at, shape=(3, 400))
    assert half.dtype == np.float16
    np.testing.assert_array_equal(half[:, 0], [0.5, 0, 1])
    np.testing.assert_array_equal(
        RAW.scatter(np.zeros(3, bool), np.ones(3, bool), at), [True, False, True]
    )
