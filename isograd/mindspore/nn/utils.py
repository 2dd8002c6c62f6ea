"""`mindspore.nn.utils`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_init_parameters() -> Iterator[None]:
    """Cells made in the body are filled all the same: that costs little here."""
    yield


__path__: list[str] = []  # MindSpore has modules below
