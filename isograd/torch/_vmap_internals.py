"""`torch._vmap_internals`: the former place of vmap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd.torch.func import vmap as vmap


def _vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    allow_none_pass_through: bool = False,
) -> Callable[..., Any]:
    """`torch.vmap` with the arguments of old."""
    return vmap(func, in_dims, out_dims)
