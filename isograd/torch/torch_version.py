"""`torch.__version__`, which compares as versions do."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_PARTS = re.compile(r"^v?(\d+(?:\.\d+)*)(?:\.?(a|b|rc|alpha|beta|dev)\.?(\d*))?")
_STAGES = {"dev": -4, "a": -3, "alpha": -3, "b": -2, "beta": -2, "rc": -1}


class InvalidVersion(ValueError):
    """A text that is no version."""


def _key(x: Any) -> tuple[Any, ...]:
    """What versions are ordered by: release, then whether it is one in development."""
    if isinstance(x, Iterable) and not isinstance(x, str):
        x = ".".join(map(str, x))
    found = _PARTS.match(str(x))
    if found is None:
        raise InvalidVersion(f"Invalid version: '{x}'")
    release = [int(n) for n in found[1].split(".")]
    while len(release) > 1 and release[-1] == 0:
        release.pop()
    return tuple(release), (_STAGES.get(found[2] or "", 0), int(found[3] or 0))


class TorchVersion(str):
    """A version text that compares with texts and tuples: `v >= "1.13"`, `(2, 0)`."""

    __slots__ = ()

    def __lt__(self, other: Any) -> bool:
        return _key(self) < _key(other)

    def __le__(self, other: Any) -> bool:
        return _key(self) <= _key(other)

    def __gt__(self, other: Any) -> bool:
        return _key(self) > _key(other)

    def __ge__(self, other: Any) -> bool:
        return _key(self) >= _key(other)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str) and str.__eq__(self, other):
            return True
        try:
            return _key(self) == _key(other)
        except InvalidVersion:
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


__version__ = TorchVersion("2.13.0")
