"""`torch.backends`: switches of libraries that isograd does not use.

They can be read and set, and nothing depends on them.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from isograd.base.missing import module_getattr
from isograd.torch.backends import cuda, cudnn


def _says(value: Any) -> Any:
    return lambda *_, **__: value


@contextmanager
def _flags(*_: Any, **__: Any) -> Any:
    """A region with other switches; they have no effect."""
    yield


_OFF = {"is_available": _says(False), "is_built": _says(False)}
_ON = {"is_available": _says(True)}
_SWITCHES: dict[str, dict[str, Any]] = {
    "cpu": {"get_cpu_capability": _says("DEFAULT")},
    "cusparselt": {"version": _says(None), "get_max_alg_id": _says(None), **_OFF},
    "kleidiai": {"is_available": _says(False)},
    "mha": {
        "get_fastpath_enabled": _says(True),
        "set_fastpath_enabled": _says(None),
    },
    "miopen": {"immediate": False, "flags": _flags},
    "mkl": {"VERBOSE_OFF": 0, "VERBOSE_ON": 1, "verbose": _flags, **_ON},
    "mkldnn": {
        "enabled": True,
        "deterministic": False,
        "allow_tf32": False,
        "flags": _flags,
        "verbose": _flags,
        **_ON,
    },
    "mps": {"is_macos_or_newer": _says(False), **_OFF},
    "nnpack": {"set_flags": _says(None), "flags": _flags, **_ON},
    "openmp": _ON,
    "opt_einsum": {
        "enabled": True,
        "strategy": "auto",
        "get_opt_einsum": _says(None),
        "is_available": _says(False),
    },
    "quantized": {"engine": "none", "supported_engines": ["none"]},
}


def _module(name: str, members: dict[str, Any]) -> ModuleType:
    path = f"isograd.torch.backends.{name}"
    module = sys.modules[path] = ModuleType(path, "Not used by isograd.")
    module.__dict__.update(members)
    return module


globals().update({n: _module(n, m) for n, m in _SWITCHES.items()})
__all__ = ["cuda", "cudnn", *_SWITCHES]  # pyright: ignore  # justified: from the table
__getattr__ = module_getattr("torch.backends", "torch")
