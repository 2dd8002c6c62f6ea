"""Every test draws from the same place of the torch dialect's stream."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    random = sys.modules.get("isograd.torch.random")
    if random is not None:
        random.manual_seed(0)
    yield
