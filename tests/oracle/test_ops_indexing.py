"""Indexing against PyTorch: keys, writes, scatters, selections."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from isograd.base.errors import EngineError
from isograd.core.primitive import BOUND, RAW
from isograd.ops import selection
from isograd.ops.keys import read_key

from .payloads import same, torch, value

X = np.random.default_rng(0).normal(size=(4, 3, 5, 2))
I = np.array([[0, 2], [-1, 1]])  # noqa: E741
J = np.array([1, 0])
MASK = X[:, :, 0, 0] > 0
S = slice(None)
BASIC = [
    (),
    1,
    -1,
    (1, 2),
    (S, 1),
    Ellipsis,
    (Ellipsis, 0),
    (1, Ellipsis, -1),
    None,
    (S, None, 1),
    slice(1, 3),
    slice(None, None, 2),
    (slice(3, 1), 1),
    (slice(-100, 100), None, Ellipsis, slice(1, None)),
    (0, 0, 0, 0),
    (S, S, slice(1, 4, 2), None, 1),
    slice(2, 2),
]
ADVANCED: list[Any] = [
    I,
    (I,),
    (S, J),
    (S, S, I),
    (J, J),
    (J, S, J),
    (S, J, S, J),
    (I, J),
    (0, S, J),
    (J, 0),
    (S, J, 0),
    (J, None, J),
    (None, J, J),
    (None, J, S, J),
    (Ellipsis, J),
    (slice(1, 3), J),
    (J, Ellipsis, slice(0, 1)),
    MASK,
    (MASK, J[0]),
    (S, MASK[0]),
    (MASK[:, 0], J),
    X > 0.5,
    True,
    False,
    (True, J),
    (S, True),
    (None, True, I),
    np.zeros((0,), np.int64),
    (S, np.zeros((2, 0), np.int64)),
    np.zeros(4, bool),
    (0, J, S, J),
    (J, 0, S, J),
    ([0, 1], S, [1, 2]),
    (1, I, None, J),
]


def torch_key(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(torch_key, key))
    return torch.from_numpy(key) if isinstance(key, np.ndarray) else key


@pytest.mark.parametrize("key", BASIC + ADVANCED, ids=repr)
def test_index(key: Any) -> None:
    same(lambda F, x: F.index(x, key), lambda x: x[torch_key(key)], X)


@pytest.mark.parametrize("key", BASIC + ADVANCED, ids=repr)
def test_index_put(key: Any) -> None:
    def put(x: Any, v: Any) -> Any:
        out = x.clone()
        out[torch_key(key)] = v
        return out

    for v in values_for(key):
        same(lambda F, x, v: F.index_put(x, key, v), put, X, v)


def values_for(key: Any) -> list[Any]:
    shape = tuple(torch.from_numpy(X)[torch_key(key)].shape)
    rng = np.random.default_rng(1)
    values = [rng.normal(size=shape), rng.normal(size=())]
    return values + ([rng.normal(size=shape[1:])] if len(shape) > 1 else [])


@pytest.mark.parametrize(
    "key",
    [
        (I,),
        (J, J),
        (I, J),
        (J, J, J, J),
        (MASK,),
        (X > 0.5,),
        (MASK[:, 0], J),
        (J, I, I),
        (np.zeros(0, np.int64),),
    ],
    ids=repr,
)
def test_index_put_accumulates(key: Any) -> None:
    k = torch_key(key)
    for v in values_for(key):
        same(
            lambda F, x, v: F.index_put(x, key, v, accumulate=True),
            lambda x, v: x.index_put(k, v, accumulate=True),
            X,
            v,
        )


@pytest.mark.parametrize("key", BASIC, ids=repr)
def test_adding_to_a_view(key: Any) -> None:
    def add(x: Any, v: Any) -> Any:
        out = x.clone()
        out[key] += v
        return out

    for v in values_for(key):
        same(lambda F, x, v: F.index_put(x, key, v, accumulate=True), add, X, v)


@pytest.mark.parametrize(
    "key",
    BASIC
    + ADVANCED
    + [(slice(None, None, -1), 1), (J, 0, S, 0), (0, S, J), slice(5, 1, -2)],
    ids=repr,
)
def test_numpy_keys(key: Any) -> None:
    """With ints beside arrays as arrays, keys mean what they mean in NumPy."""
    np.testing.assert_array_equal(RAW.index(X, key, ints_are_arrays=True), X[key])


@pytest.mark.parametrize("key", BASIC, ids=repr)
def test_basic_keys_are_views(key: Any) -> None:
    if key in ((slice(3, 1), 1), slice(2, 2)):
        pytest.skip("an empty view has no memory")
    assert read_key(X.shape, key).arrays == ()
    assert np.may_share_memory(BOUND.index(X, key), X)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (4, "index_range"),
        ((0, 0, 0, 0, 0), "index_count"),
        ("a", "index_type"),
        (slice(0, 1, 0), "index_step"),
        (MASK.T, "mask_shape"),
        (np.array([9]), "index_range"),
        (1.5, "index_type"),
        ((J, np.array([-4, 0])), "index_range"),
        ((np.arange(2), np.arange(3)), "index_shapes"),
    ],
    ids=repr,
)
def test_bad_keys(key: Any, code: str) -> None:
    with pytest.raises(EngineError) as caught:
        BOUND.index(X, key)
    assert caught.value.code == code


def test_bad_value() -> None:
    with pytest.raises(EngineError, match="cannot be broadcast"):
        BOUND.index_put(X, 0, np.zeros(7))


A, B = X[:, :, 0, 0], X[:, :, 1, 0]
IDX = np.array([[0, 1, 0], [3, 3, 1]])


def test_along() -> None:
    t = torch.from_numpy(IDX)
    wide = torch.from_numpy(IDX.T.copy())
    same(lambda F, x: F.take_along(x, IDX, axis=0), lambda x: x.gather(0, t), A)
    same(
        lambda F, x: F.take_along(x, IDX[:, :2] % 3, axis=1),
        lambda x: x.gather(1, t[:, :2] % 3),
        A,
    )
    same(
        lambda F, x, s: F.scatter_along(x, IDX[:1], s, axis=0),
        lambda x, s: x.scatter(0, t[:1], s[:1]),
        A,
        B,
    )
    same(
        lambda F, x: F.take_along_axis(x, IDX[:1] % 3, axis=1),
        lambda x: torch.take_along_dim(x, t[:1] % 3, 1),
        A,
    )
    same(
        lambda F, x, s: F.scatter_along(x, IDX.T % 3, s, axis=1, reduce="sum"),
        lambda x, s: x.scatter_add(1, wide % 3, s[:3, :2]),
        A,
        B,
    )


@pytest.mark.parametrize("reduce", ["sum", "prod", "mean", "amax", "amin"])
@pytest.mark.parametrize("include_self", [True, False])
def test_scatter_reduce(reduce: str, include_self: bool) -> None:
    src = B[:2].copy()
    src[0, 0] = 0.0

    def fn(F: Any, x: Any, s: Any) -> Any:
        return F.scatter_along(
            x, IDX, s, axis=0, reduce=reduce, include_self=include_self
        )

    same(
        fn,
        lambda x, s: x.scatter_reduce(
            0, torch.from_numpy(IDX), s, reduce, include_self=include_self
        ),
        A,
        src,
        second=reduce != "prod",
    )


def test_rows() -> None:
    i = np.array([2, 0, 2])
    t = torch.from_numpy(i)
    d = np.array([2, 0])
    same(lambda F, x: F.index_select(x, i, axis=1), lambda x: x.index_select(1, t), A)
    same(
        lambda F, x, s: F.index_add(x, i, s, axis=0),
        lambda x, s: x.index_add(0, t, s),
        A,
        B[:3],
    )
    same(
        lambda F, x, s: F.index_copy(x, d, s, axis=0),
        lambda x, s: x.index_copy(0, torch.from_numpy(d), s),
        A,
        B[:2],
    )
    same(
        lambda F, x, v: F.index_fill(x, i, v, axis=1),
        lambda x, v: x.index_fill(1, t, v),
        A,
        np.array(1.5),
    )
    same(lambda F, x: F.take(x, IDX), lambda x: x.take(torch.from_numpy(IDX)), A)
    for reduce in ("prod", "mean", "amax", "amin"):
        for own in (True, False):
            same(
                lambda F, x, s, r=reduce, o=own: F.index_reduce(
                    x, i, s, axis=0, reduce=r, include_self=o
                ),
                lambda x, s, r=reduce, o=own: x.index_reduce(
                    0, t, s, r, include_self=o
                ),
                A,
                B[:3],
                second=False,
            )
    for accumulate in (True, False):
        same(
            lambda F, x, s, a=accumulate: F.put(
                x, np.arange(6).reshape(2, 3), s, accumulate=a
            ),
            lambda x, s, a=accumulate: x.put(
                torch.arange(6).reshape(2, 3), s, accumulate=a
            ),
            A,
            B[:2],
        )
    for padding in (None, 3):
        same(
            lambda F, w, p=padding: F.embedding(w, IDX, padding=p),
            lambda w, p=padding: torch.nn.functional.embedding(
                torch.from_numpy(IDX), w, p
            ),
            A,
        )


def test_masks() -> None:
    m = A > 0
    t = torch.from_numpy(m)
    same(
        lambda F, x, v: F.masked_fill(x, m, v),
        lambda x, v: x.masked_fill(t, v),
        A,
        np.array(2.0),
    )
    same(lambda F, x: F.masked_select(x, m), lambda x: x.masked_select(t), A)
    same(lambda F, x: F.masked_select(x, m[:1]), lambda x: x.masked_select(t[:1]), A)
    same(
        lambda F, x, s: F.masked_scatter(x, m, s),
        lambda x, s: x.masked_scatter(t, s),
        A,
        B,
    )


def test_integers_from_values() -> None:
    table, n = np.sort(A, axis=1), np.array([3, 1, 1, 0])
    for right in (False, True):
        value(
            lambda F, t, x, r=right: F.searchsorted(t, x, right=r),
            lambda t, x, r=right: torch.searchsorted(t, x, right=r),
            table,
            B,
        )
        value(
            lambda F, t, x, r=right: F.searchsorted(t, x, right=r),
            lambda t, x, r=right: torch.bucketize(x, t, right=r),
            table[0],
            B,
        )
    value(lambda F, i: F.one_hot(i, count=4), torch.nn.functional.one_hot, n)
    value(
        lambda F, i: F.bincount(i, least=6), lambda i: torch.bincount(i, minlength=6), n
    )
    value(
        lambda F, i: F.bincount(i, table[:, 0]),
        lambda i: torch.bincount(i, torch.from_numpy(table[:, 0])),
        n,
    )
    value(
        lambda F, x: selection.nonzero(x),
        lambda x: torch.nonzero(x, as_tuple=True),
        A > 0,
    )
    value(lambda F, x: selection.argwhere(x), torch.argwhere, A > 0)
    for axis in (None, 0):
        value(
            lambda F, x, a=axis: [selection.unique(x, axis=a)[i] for i in (0, 2, 3)],
            lambda x, a=axis: torch.unique(
                x, return_inverse=True, dim=a, return_counts=True
            ),
            IDX,
        )
        value(
            lambda F, x, a=axis: selection.unique_consecutive(x, axis=a),
            lambda x, a=axis: torch.unique_consecutive(
                x, return_inverse=True, return_counts=True, dim=a
            ),
            IDX,
        )


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "complex64"])
def test_scatter_add_of_many_rows(dtype: str) -> None:
    """Large scatters take another road through the numbers."""
    rng = np.random.default_rng(0)
    rows = (rng.normal(size=(3000, 32)) * 10).astype(dtype)
    at = rng.integers(-50, 50, 3000)
    expected = np.zeros((50, 32), rows.dtype)
    np.add.at(expected, at, rows)
    found = RAW.scatter_add(rows, at, shape=(50, 32))
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)
