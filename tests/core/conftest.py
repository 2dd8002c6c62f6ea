"""Primitives that exist for one test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from isograd.core import transforms
from isograd.core.primitive import BOUND, RAW, REGISTRY, Primitive

from .helpers import Var


@pytest.fixture(autouse=True)
def plain_arrays_as_variables() -> Iterator[None]:
    """Functions under a transform see plain arrays as `Var`."""
    before = transforms.class_of(None)
    transforms.set_array_class(Var)
    yield
    transforms.set_array_class(before)


@pytest.fixture
def temporary() -> Iterator[Callable[..., Primitive]]:
    """A maker of primitives, or of families of them, removed after the test."""
    before = set(REGISTRY)

    def make(maker: Callable[..., Primitive], *args: Any, **kwargs: Any) -> Primitive:
        return maker(*args, **kwargs)

    yield make
    for name in set(REGISTRY) - before:
        del REGISTRY[name]
        delattr(RAW, name)
        delattr(BOUND, name)
