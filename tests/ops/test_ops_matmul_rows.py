"""Products with few rows are made transposed; nobody sees it."""

from __future__ import annotations

import numpy as np
import pytest

from isograd.core.primitive import RAW


@pytest.mark.parametrize("rows", [1, 2, 3, 8, 48, 64, 65])
@pytest.mark.parametrize("columns", [(64, 64), (512, 64), (512, 256)])
def test_products_with_few_rows_have_numpys_layout_and_values(
    rows: int, columns: tuple[int, int]
) -> None:
    inner, outer = columns
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, inner)).astype("f4")
    w = rng.normal(size=(outer, inner)).astype("f4")
    b = rng.normal(size=outer).astype("f4")
    exact = x.astype("f8") @ w.T.astype("f8")
    for found, want in (
        (RAW.linear(x, w), exact),
        (RAW.linear(x, w, b), exact + b),
        (RAW.matmul(x, w.T), exact),
        (RAW.matmul(x, np.ascontiguousarray(w.T)), exact),
        (RAW.linear(x[None], w, b)[0], exact + b),
    ):
        assert found.flags.c_contiguous and found.dtype == np.float32
        np.testing.assert_allclose(found, want, rtol=1e-4, atol=1e-3)
