"""Tests written once for all devices, here made for the CPU."""

from __future__ import annotations

import functools
import inspect
import unittest
from typing import Any

from isograd.torch.testing._internal.common_utils import expand

skipMeta = skipCPUIfNoLapack = onlyCPU = onlyNativeDeviceTypes = lambda fn: fn
skipCUDAIfNoMagma = skipCUDAIf = skipCPUIfNoFFT = skipCUDAIfRocm = lambda fn: fn
onlyCUDA = unittest.skip("Only runs on cuda")


class dtypes:
    """Decorator: one test for each dtype (or tuple of dtypes)."""

    general = True

    def __init__(self, *members: Any) -> None:
        self.members = members

    def __call__(self, fn: Any) -> Any:
        """Note the dtypes; those for the CPU win over the general ones."""
        if not (self.general and hasattr(fn, "dtypes")):
            fn.dtypes = self.members
        return fn


class dtypesIfCPU(dtypes):
    """The dtypes on the CPU."""

    general = False


def dtypesIfCUDA(*_: Any) -> Any:
    """Nothing on the CPU."""
    return lambda fn: fn


def deviceCountAtLeast(count: int) -> Any:
    """Skip the test where there are fewer devices: there is one."""
    return unittest.skipIf(count > 1, f"fewer than {count} devices detected")


def _on_cpu(fn: Any, dtype: Any) -> Any:
    more = {} if dtype is None else {"dtype": dtype}
    takes_device = "device" in inspect.signature(fn).parameters
    more |= {"device": "cpu"} if takes_device else {}

    @functools.wraps(fn)
    def test(self: Any) -> Any:
        return fn(self, **more)

    return test


def _dtype_name(dtype: Any) -> str:
    parts = dtype if isinstance(dtype, tuple | list) else (dtype,)
    return "_".join(str(t).rpartition(".")[2] for t in parts)


def instantiate_device_type_tests(
    generic: Any, scope: dict[str, Any], **_: Any
) -> None:
    """Put `TestXCPU` with `test_x_cpu` in `scope` in place of `TestX`."""
    name = generic.__name__ + "CPU"
    body: dict[str, Any] = {"device_type": "cpu", "__module__": generic.__module__}
    for key, fn in list(vars(generic).items()):
        if not key.startswith("test"):
            continue
        delattr(generic, key)
        for case, test in expand(fn):
            for t in getattr(fn, "dtypes", (None,)):
                suffix = "" if t is None else "_" + _dtype_name(t)
                body[f"{case}_cpu{suffix}"] = _on_cpu(test, t)
    scope[name] = type(name, (generic,), body)
    scope.pop(generic.__name__, None)
