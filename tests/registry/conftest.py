"""Quiet floating point for the generated tests."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Samples in narrow dtypes overflow and divide by zero; values are compared."""
    with np.errstate(all="ignore"):
        yield
