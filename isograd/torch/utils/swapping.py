"""`torch.utils.swap_tensors`."""

from __future__ import annotations

from typing import Any

_KEPT = ("__dict__", "__class__")


def swap_tensors(t1: Any, t2: Any) -> None:
    """Exchange what two tensors are: memory, graph, class and attributes."""
    names = {n for c in type(t1).__mro__ for n in getattr(c, "__slots__", ())}
    t1.__class__, t2.__class__ = t2.__class__, t1.__class__
    for name in names - {"__weakref__", "__dict__"}:
        a, b = getattr(t1, name, None), getattr(t2, name, None)
        object.__setattr__(t1, name, b)
        object.__setattr__(t2, name, a)
    t1.__dict__, t2.__dict__ = t2.__dict__, t1.__dict__
