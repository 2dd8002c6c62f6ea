"""`torch.nn.utils.skip_init`."""

from __future__ import annotations

import inspect
from typing import Any

from isograd.torch.nn.modules.module import Module


def skip_init(module_cls: Any, *args: Any, **kwargs: Any) -> Any:
    """A module whose parameters hold anything: they are to be set by the program.

    Raises:
        RuntimeError: for what is no class of modules, or takes no `device`.
    """
    if not issubclass(module_cls, Module):
        raise RuntimeError(f"Expected a Module; got {module_cls}")
    if "device" not in inspect.signature(module_cls).parameters:
        raise RuntimeError("Module must support a 'device' arg to skip initialization")
    return module_cls(*args, **kwargs)
