"""`torch.utils._mode_utils`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from isograd.torch.tensor import Tensor


@contextmanager
def no_dispatch() -> Iterator[None]:
    """A region without dispatch to subclasses' `__torch_dispatch__`: there is none."""
    yield


def all_same_mode(modes: Any) -> bool:
    return all(m == modes[0] for m in modes)


def is_tensor(x: Any) -> bool:
    return isinstance(x, Tensor)
