"""The verifier runs after each pass in these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from isograd.base import config


@pytest.fixture(autouse=True)
def verified() -> Iterator[None]:
    before, config.verify = config.verify, True
    yield
    config.verify = before


@pytest.fixture(params=["numpy", "native"])
def executor(request: pytest.FixtureRequest) -> str:
    if request.param == "native":
        pytest.importorskip("llvmlite")
    return request.param
