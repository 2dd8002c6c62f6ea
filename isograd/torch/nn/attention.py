"""`torch.nn.attention`: which kernel attends; here there is one, for all choices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from isograd.base.missing import module_getattr

__path__: list[str] = []  # has modules: see base.paths


class SDPBackend:
    """A kernel of `scaled_dot_product_attention`, by name and number."""

    def __init__(self, value: int) -> None:
        if value not in _NAMES:
            raise ValueError(f"{value} is not a valid SDPBackend")
        self.value, self.name = value, _NAMES[value]

    def __repr__(self) -> str:
        return f"<SDPBackend.{self.name}: {self.value}>"

    def __str__(self) -> str:
        return f"SDPBackend.{self.name}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SDPBackend) and self.value == other.value

    def __hash__(self) -> int:
        return self.value

    def __int__(self) -> int:
        return self.value

    __index__ = __int__


_NAMES = {
    -1: "ERROR",
    0: "MATH",
    1: "FLASH_ATTENTION",
    2: "EFFICIENT_ATTENTION",
    3: "CUDNN_ATTENTION",
    4: "OVERRIDEABLE",
}
for _value, _name in _NAMES.items():
    setattr(SDPBackend, _name, SDPBackend(_value))

_ACTIVE: list[Any] = [[]]


@contextmanager
def sdpa_kernel(backends: Any, set_priority: bool = False) -> Iterator[Any]:
    """A region in which only some kernels may be chosen; the result is the same.

    Raises:
        AssertionError: for what is no backend, nor a list of some.
    """
    if not isinstance(backends, list | SDPBackend):
        raise AssertionError(
            "Backend must be an instance of SDPBackend or a list of SDPBackend instances, "
            f"got {type(backends).__name__}"
        )
    chosen = [backends] if isinstance(backends, SDPBackend) else list(backends)
    _ACTIVE.append(list(dict.fromkeys(chosen)))
    try:
        yield {}
    finally:
        _ACTIVE.pop()


def _cur_sdpa_kernel_backends(with_priority: bool = False) -> list[Any]:
    every = [SDPBackend(v) for v in (1, 2, 0, 3)]
    return _ACTIVE[-1] or every


WARN_FOR_UNFUSED_KERNELS = False
__getattr__ = module_getattr("torch.nn.attention", "torch")
