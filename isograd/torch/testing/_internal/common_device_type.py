"""Tests written once for all devices, here made for the CPU."""

from __future__ import annotations

import contextlib
import enum
import functools
import inspect
import unittest
from collections.abc import Iterator
from typing import Any, NamedTuple

from isograd.torch.testing._internal import decorators, flags
from isograd.torch.testing._internal.common_utils import TestCase, expand
from isograd.torch.testing._internal.decorators import (
    largeTensorTest as largeTensorTest,
)
from isograd.torch.testing._internal.decorators import (
    precisionOverride as precisionOverride,
)
from isograd.torch.testing._internal.decorators import (
    toleranceOverride as toleranceOverride,
)

globals().update({n: v for n, v in vars(flags).items() if n.isupper()})
globals().update(decorators.TABLE)


class tol(NamedTuple):
    """Tolerances of a comparison."""

    atol: float
    rtol: float


class OpDTypes(enum.Enum):
    """Which dtypes `ops` takes."""

    supported = 0
    unsupported = 1
    supported_backward = 2
    unsupported_backward = 3
    any_one = 4
    none = 5
    any_common_cpu_cuda_one = 6


def get_all_device_types() -> list[str]:
    return ["cpu"]


def onlyOn(devices: Any) -> Any:
    """Only on some devices (one, or a list)."""
    wanted = [devices] if isinstance(devices, str) else list(devices)
    if "cpu" in wanted:
        return decorators.passed()
    return unittest.skip(f"Only runs on {devices}")


class DeviceTypeTestBase(TestCase):
    """A test case made for one device."""

    __test__ = False
    device_type = "generic_device_type"

    @classmethod
    def get_primary_device(cls) -> str:
        return cls.device_type


class CPUTestBase(DeviceTypeTestBase):
    __test__ = False
    device_type = "cpu"


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


def deviceCountAtLeast(count: int) -> Any:
    """Skip the test where there are fewer devices: there is one."""

    def decorate(fn: Any) -> Any:
        fn.device_count = count
        if count > 1:
            return unittest.skip(f"fewer than {count} devices detected")(fn)
        return fn

    return decorate


def _on_cpu(fn: Any, dtype: Any) -> Any:
    takes = inspect.signature(fn).parameters
    more = {} if dtype is None else {"dtype" if "dtype" in takes else "dtypes": dtype}
    count = getattr(fn, "device_count", 0)
    more |= {"devices": ["cpu"]} if count and "devices" in takes else {}
    more |= {"device": "cpu"} if "device" in takes else {}

    @functools.wraps(fn)
    def test(self: Any) -> Any:
        with _tolerances(self, fn, dtype):
            return fn(self, **more)

    return test


@contextlib.contextmanager
def _tolerances(case: Any, fn: Any, dtype: Any) -> Iterator[None]:
    """The tolerances that the decorators of a test state for a dtype."""
    saved = case.precision, case.rel_tol
    precision = getattr(fn, "precision_overrides", {}).get(dtype)
    both = getattr(fn, "tolerance_overrides", {}).get(dtype)
    if precision is not None:
        case.precision = precision
    if both is not None:
        case.precision, case.rel_tol = both
    try:
        yield
    finally:
        case.precision, case.rel_tol = saved


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
