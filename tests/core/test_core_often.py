"""What runs often is made native (`core/often.py`): when, and what is left alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from isograd.core import often

X = np.ones(3)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The shapes that were asked for; a native function gives its name and shape."""
    found: list[Any] = []

    def native(fn: Any, arrays: Any, other: Any) -> Any:
        shape = arrays[0].shape
        found.append(shape)
        if shape == (5,):
            return None
        return lambda x: ("native", shape) if x.shape == shape else other(x)

    monkeypatch.setattr(often.Hooks, "native", native)
    monkeypatch.setattr(often.Hooks, "started", False)
    monkeypatch.setattr(often.Hooks, "spent", 0)
    monkeypatch.setattr(often.Hooks, "waiting", [])
    monkeypatch.setattr(often, "STEP", 4)
    monkeypatch.setattr(often, "START", 20)
    return found


class Site:
    """Something that calls a function."""

    def __init__(self) -> None:
        self.fn: Any = lambda x: "plain"
        self.fn = often.chain(self.fn, self.install)

    def install(self, better: Any) -> None:
        self.fn = better


def test_nothing_before_the_machinery_pays(asked: list[Any]) -> None:
    site = Site()
    for _ in range(19):
        assert site.fn(X) == "plain"
    assert not asked and not often.Hooks.started
    assert site.fn(X) == "plain" and often.Hooks.started and asked == [(3,)]
    assert site.fn(X) == ("native", (3,))


def test_shapes_that_come_often_have_functions_of_their_own(asked: list[Any]) -> None:
    often.begin()
    site = Site()
    for _ in range(4):
        site.fn(X)
    for _ in range(4):
        assert site.fn(X[:2]) == "plain"
    assert site.fn(X[:2]) == ("native", (2,)) and site.fn(X) == ("native", (3,))
    assert site.fn(X[:1]) == "plain"


def test_what_cannot_be_native_is_not_asked_for_without_end(asked: list[Any]) -> None:
    often.begin()
    site, five = Site(), np.ones(5)
    for _ in range(1000):
        assert site.fn(five) == "plain"
    assert len(asked) == often.CHAIN


def test_functions_wait_for_the_begin(asked: list[Any]) -> None:
    begun: list[str] = []
    often.once_begun(lambda: begun.append("before"))
    assert not begun
    assert not often.due(19) and often.due(1) and begun == ["before"]
    often.once_begun(lambda: begun.append("after"))
    assert begun == ["before", "after"]


def test_without_a_maker_nothing_happens(
    asked: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(often.Hooks, "native", None)
    often.begin()
    site = Site()
    assert {site.fn(X) for _ in range(100)} == {"plain"} and not asked
