"""Every test draws from the same place of the torch dialect's stream.

With the variable PLANS_AFTER, functions get their plans after so many calls: what holds
for first calls must hold for plans.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

if "PLANS_AFTER" in os.environ:
    from isograd.core import plans

    plans.PATIENCE = int(os.environ["PLANS_AFTER"])


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    random = sys.modules.get("isograd.torch.random")
    if random is not None:
        random.manual_seed(0)
    yield
