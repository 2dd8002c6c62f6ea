"""Products of matrices on kernels, beside sums in float64."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from isograd.compile import products
from isograd.compile.lean.products import follow, width
from isograd.core import large

SHAPES = [(64, 784, 512), (13, 100, 33), (4, 200, 16), (100, 17, 31), (12, 1, 32)]
LAYOUTS = ["rows", "columns", "apart"]


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def laid_out(a: np.ndarray, layout: str) -> np.ndarray:
    if layout == "rows":
        return np.ascontiguousarray(a)
    if layout == "columns":
        return np.ascontiguousarray(a.swapaxes(-1, -2)).swapaxes(-1, -2)
    wide = np.zeros((*a.shape[:-2], 2 * a.shape[-2], 3 * a.shape[-1]), a.dtype)
    out = wide[..., ::2, ::3]
    out[...] = a
    return out


def check(x, y, c=None) -> None:
    found = products.product(x, y, c)
    assert found is not None and found.dtype == x.dtype and found.flags.c_contiguous
    exact = np.matmul(x.astype("f8"), y.astype("f8"))
    scale = np.matmul(abs(x.astype("f8")), abs(y.astype("f8")))
    if c is not None:
        exact, scale = exact + c, scale + abs(c)
    eps = np.finfo(x.dtype).eps
    bound = eps * (x.shape[-1] + 1) * scale + np.finfo(x.dtype).tiny
    assert (np.abs(found - exact) <= bound).all()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("left", LAYOUTS)
@pytest.mark.parametrize("right", LAYOUTS)
def test_products_over_all_layouts(rng, dtype, left, right):
    for m, k, n in SHAPES:
        x = laid_out(rng.normal(size=(m, k)).astype(dtype), left)
        y = laid_out(rng.normal(size=(k, n)).astype(dtype), right)
        check(x, y)
        check(x, y, rng.normal(size=n).astype(dtype))


@pytest.mark.parametrize("rows", range(4, 40))
def test_every_height_and_width(rng, rows):
    for columns in (16, 31, 32, 33, 63, 70):
        x = rng.normal(size=(rows, 9)).astype("f4")
        check(x, rng.normal(size=(9, columns)).astype("f4"))


@pytest.mark.parametrize(
    "x, y",
    [
        ((3, 20, 30), (3, 30, 40)),
        ((2, 3, 20, 30), (2, 3, 30, 40)),
        ((2, 3, 20, 30), (30, 40)),
        ((1, 20, 30), (5, 30, 40)),
        ((20, 30), (5, 30, 40)),
    ],
)
def test_stacks(rng, x, y):
    x, y = rng.normal(size=x).astype("f4"), rng.normal(size=y).astype("f4")
    check(x, y)
    check(x, laid_out(y, "columns"))


def test_stacks_of_uneven_steps_are_left_to_blas(rng):
    x = rng.normal(size=(2, 1, 20, 30)).astype("f4")
    x = np.broadcast_to(x, (2, 3, 20, 30))
    assert products.product(x, rng.normal(size=(2, 3, 30, 40)).astype("f4")) is None


def test_what_kernels_do_not_take(rng):
    x, y = rng.normal(size=(20, 30)), rng.normal(size=(30, 40))
    assert products.product(x, y[:29]) is None  # NumPy says what is wrong
    assert products.product(x, y.astype("f4")) is None
    assert products.product(x + 0j, y + 0j) is None
    assert products.product(x, y, np.zeros(39)) is None
    assert products.product(x, y, np.zeros((40, 40))[:, 0]) is None
    assert products.product(x[:3], y) is None  # few rows
    assert products.product(x[0], y) is None


def test_values_that_are_no_numbers_stay_where_they_are(rng):
    x, y = rng.normal(size=(20, 30)), rng.normal(size=(30, 40))
    x[3, 5], x[4, 6], y[7, 39] = np.nan, np.inf, np.nan
    found = products.product(x, y)
    assert found is not None
    np.testing.assert_array_equal(np.isnan(found), np.isnan(x @ y))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(x @ y))


def test_a_product_does_not_change_with_the_rows_beside_it(rng):
    x = rng.normal(size=(100, 300)).astype("f4")
    y = rng.normal(size=(300, 200)).astype("f4")
    whole, part = products.product(x, y), products.product(x[17:30], y)
    assert whole is not None and part is not None
    np.testing.assert_array_equal(whole[17:30], part)


def test_earlier_results_are_not_written_again(rng):
    x = rng.normal(size=(300, 300)).astype("f4")
    first = products.product(x, x)
    assert first is not None
    kept = first.copy()
    for _ in range(6):
        products.product(x, x + 1)
    np.testing.assert_array_equal(first, kept)


def test_small_products_are_not_asked_for(monkeypatch):
    monkeypatch.setattr(large.MAKERS, "product", lambda *args: 1 / 0)
    assert large.product(np.ones((8, 8)), np.ones((8, 8))) is None
    with pytest.raises(ZeroDivisionError):
        large.product(np.ones((128, 128)), np.ones((128, 128)))


def test_places_that_only_seem_to_follow_each_other():
    dtype = np.dtype("f4")
    lanes = width(dtype) // 2
    table = np.arange(3 * lanes)
    assert follow(table, dtype) and follow(2 * table, dtype)
    assert follow(table[:-3], dtype) and follow(0 * table, dtype)
    table[2], table[3] = table[3], table[2]
    assert not follow(table, dtype)
    table = np.arange(3 * lanes - 3)
    table[-3], table[-2] = table[-2], table[-3]
    assert not follow(table, dtype)


def test_threads_at_once(rng):
    x = [rng.normal(size=(64, 300)).astype("f4") for _ in range(4)]
    y = rng.normal(size=(300, 200)).astype("f4")
    alone = [products.product(a, y) for a in x]
    wrong: list[int] = []

    def work(i: int) -> None:
        for _ in range(50):
            found = products.product(x[i], y)
            if not np.array_equal(found, alone[i]):
                wrong.append(i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong
