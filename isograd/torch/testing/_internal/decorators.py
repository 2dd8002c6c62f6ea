"""Decorators of PyTorch's test files: what they come to on a CPU."""

from __future__ import annotations

import functools
import os
import unittest
from collections.abc import Callable
from typing import Any

from isograd.torch.testing._internal.flags import IS_LINUX, IS_WINDOWS

Decorator = Callable[..., Any]


def passed(*args: Any, **_: Any) -> Any:
    """A decorator, bare or with arguments, that leaves the test alone."""
    if len(args) == 1 and (callable(args[0]) or isinstance(args[0], type)):
        return args[0]
    return _same


def _same(fn: Any) -> Any:
    return fn


def skipped(reason: str) -> Decorator:
    """A decorator, bare or with arguments, that skips the test."""

    def decorate(*args: Any, **_: Any) -> Any:
        if len(args) == 1 and (callable(args[0]) or isinstance(args[0], type)):
            return unittest.skip(reason)(args[0])
        return unittest.skip(reason)

    return decorate


def if_true(make: Callable[[str], Decorator], default: str) -> Decorator:
    """A decorator `(condition, reason)` that acts where the condition holds."""

    def decorate(condition: Any = True, reason: Any = default, *_: Any) -> Decorator:
        return make(str(reason)) if condition else _same

    return decorate


# What is about devices, compilers and builds that are not here.
_PASSED_NAMES = """skipIfRocm skipIfRocmArch skipIfRocmVersionLessThan
skipRocmIfTorchInductor
skipIfRocm_BUGGY skipIfTorchInductor skipIfTorchDynamo xfailIfTorchDynamo
xpassIfTorchDynamo_np skipIfCrossRef skipIfXpu skipIfXpu_BUGGY skipIfHpu skipIfHpu_BUGGY
skipIfMPS skipIfMps skipIfNoLapack skipIfSlowGradcheckEnv skipIfCompiledWithoutNumpy
skipIfLegacyJitExecutor skipIfNNModuleInlined skipIfFreeThreaded
skipIfCachingAllocatorDisabled skipCUDAMemoryLeakCheckIf skipCUDANonDefaultStreamIf
markDynamoStrictTest unMarkDynamoStrictTest make_dynamo_test gcIfJetson serialTest
retry_on_connect_failures runWithoutCompiledAutograd xfailIfS390X xfailIfACL xfailIfROCm
skipIfWindowsXPU skip_if_pytest wrapSwapTensorsTest xfailIfNoAcceleratorTriton
mps_ops_modifier mps_ops_grad_modifier setBlasBackendsToDefaultFinally
setLinalgBackendsToDefaultFinally setSdpaBackendsToDefaultFinally
with_ieee_matmul_precision coalescedonoff skip_but_pass_in_sandcastle
tf32_on_and_off tf32_enabled tf32_off with_tf32_off bf32_on_and_off reduced_f32_on_and_off
skipMeta skipMetaIf skipLazy skipLazyIf skipXLA skipXLAIf skipMPS skipMPSIf skipHPU
skipHPUIf skipXPU skipXPUIf skipPRIVATEUSE1 skipPRIVATEUSE1If skipGPUIf skipCUDAIf
skipCUDAIfNoMagma skipCUDAIfRocm skipCUDAIfNotRocm skipCUDAIfNoCudnn
skipCUDAIfCudnnVersionLessThan skipCUDAIfMiopen skipCUDAIfNoMiopen skipCUDAIfNoCusolver
skipCUDAIfNoCusolverROCMIfNoMagma skipCUDAIfNoCusparseGeneric
skipCUDAIfNoHipsparseGeneric skipCUDAIfNoMagmaAndNoCusolver
skipCUDAIfNoMagmaAndNoLinalgsolver skipCUDAIfNoSparseGeneric
skipCUDAIfNotMiopenSuggestNHWC skipCUDAIfRocmHipBlasltVersionLessThan
skipCUDAIfRocmVersionLessThan skipCUDAIfVersionLessThan skipCUDAVersionIn
skipCPUIfNoLapack skipCPUIfNoFFT disablecuDNN disableMkldnn onlyCPU onlyNativeDeviceTypes
onlyNativeDeviceTypesAnd expectedFailureCUDA expectedFailureHPU expectedFailureMPS
expectedFailureMPSComplex expectedFailureMPSPre14 expectedFailureMPSPre15
expectedFailureMeta expectedFailureXLA expectedFailureXPU dtypesIfCUDA dtypesIfHPU
dtypesIfMPS dtypesIfPRIVATEUSE1 dtypesIfXPU dtypesIfROCM"""
PASSED = _PASSED_NAMES.split()
SKIPPED = {
    "onlyCUDA": "Only runs on cuda",
    "onlyMPS": "Only runs on mps",
    "onlyXPU": "Only runs on xpu",
    "onlyHPU": "Only runs on hpu",
    "onlyPRIVATEUSE1": "Only runs on privateuse1",
    "onlyAccelerator": "Only runs on accelerators",
    "onlyCUDAAndPRIVATEUSE1": "Only runs on cuda and privateuse1",
    "runOnRocm": "test currently only works on the ROCm stack",
    "runOnRocmArch": "test currently only works on the ROCm stack",
    "requires_cuda_p2p_access": "cuda p2p access is not available",
    "skipIfNoXPU": "test required PyTorch compiled with XPU",
    "skipIfNoXNNPACK": "XNNPACK must be enabled for these tests. Please build with "
    "USE_XNNPACK=1.",
    "skipCPUIfNoMkl": "PyTorch is built without MKL support",
    "skipCPUIfNoMklSparse": "PyTorch is built without MKL support",
    "skipCPUIfNoMkldnn": "PyTorch is built without mkldnn support",
    "slowTest": "test is slow; run with PYTORCH_TEST_WITH_SLOW to enable test",
    "skipIfNotRegistered": "the operator is not registered",
    "skipIfNotMiopenSuggestNHWC": "test doesn't currently work without MIOpen NHWC",
}
TABLE: dict[str, Decorator] = {
    **dict.fromkeys(PASSED, passed),
    **{name: skipped(reason) for name, reason in SKIPPED.items()},
    "expectedFailureCPU": unittest.expectedFailure,
    "skipCPUIf": if_true(unittest.skip, "skipped on the CPU"),
    "skipIf": if_true(unittest.skip, "skipped"),
    "skip_but_pass_in_sandcastle_if": if_true(unittest.skip, "skipped"),
    "lazy_skip_if": if_true(unittest.skip, "skipped"),
    "slowTestIf": if_true(unittest.skip, SKIPPED["slowTest"]),
    "xfailIf": if_true(lambda _: unittest.expectedFailure, ""),
    "skipIfWindows": passed if not IS_WINDOWS else skipped("test skipped on Windows"),
    "xfailIfLinux": unittest.expectedFailure if IS_LINUX else passed,
    "xfailIfWindows": unittest.expectedFailure if IS_WINDOWS else passed,
    "xfailIfPy312Plus": passed,
}


def suppress_warnings(fn: Any) -> Any:
    """The test without warnings."""
    import warnings

    @functools.wraps(fn)
    def quiet(*args: Any, **kwargs: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return fn(*args, **kwargs)

    return quiet


def decorateIf(decorator: Any, predicate: Callable[[Any], bool]) -> Decorator:
    """Apply `decorator` in those parametrised cases for which the predicate holds."""

    def decorate(fn: Any) -> Any:
        @functools.wraps(fn)
        def test(self: Any, **kwargs: Any) -> Any:
            chosen = decorator(fn) if predicate(kwargs) else fn
            return chosen(self, **kwargs)

        return test

    return decorate


def skip_exception_type(kind: type[BaseException]) -> Decorator:
    """Skip the test where it raises an exception of this type."""

    def decorate(fn: Any) -> Any:
        @functools.wraps(fn)
        def test(*args: Any, **kwargs: Any) -> Any:
            try:
                return fn(*args, **kwargs)
            except kind as error:
                raise unittest.SkipTest(f"not implemented: {error}") from error

        return test

    return decorate


_UNITS = {"GB": 1 << 30, "MB": 1 << 20, "KB": 1 << 10}


def largeTensorTest(size: Any, device: Any = None, **_: Any) -> Decorator:
    """Skip the test where less memory is free than it takes ("12GB" or bytes)."""

    def decorate(fn: Any) -> Any:
        @functools.wraps(fn)
        def test(self: Any, *args: Any, **kwargs: Any) -> Any:
            wanted: Any = size(self, *args, **kwargs) if callable(size) else size
            if isinstance(wanted, str):
                wanted = float(wanted[:-2]) * _UNITS[wanted[-2:].upper()]
            if wanted > _free_memory():
                raise unittest.SkipTest("Insufficient cpu memory")
            return fn(self, *args, **kwargs)

        return test

    return decorate


def _free_memory() -> int:
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows, macOS
        return 1 << 32


class precisionOverride:
    """Decorator: the absolute tolerance of `assertEqual` for each dtype."""

    attribute = "precision_overrides"

    def __init__(self, by_dtype: dict[Any, Any]) -> None:
        self.by_dtype = by_dtype

    def __call__(self, fn: Any) -> Any:
        """Note the tolerances on the function."""
        setattr(fn, self.attribute, self.by_dtype)
        return fn


class toleranceOverride(precisionOverride):
    """Decorator: both tolerances (`tol`) for each dtype."""

    attribute = "tolerance_overrides"
