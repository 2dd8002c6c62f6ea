"""Marks: `@pytest.mark.usefixtures` is not needed, only quiet floating point here."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Samples in narrow dtypes overflow and divide by zero; values are compared."""
    with np.errstate(all="ignore"):
        yield
