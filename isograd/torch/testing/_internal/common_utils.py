"""The test case, decorators and flags of PyTorch's own test files."""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib.util
import sys
import unittest
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import isograd.torch as torch
from isograd.torch.autograd.gradcheck import gradcheck, gradgradcheck
from isograd.torch.testing import assert_close, make_tensor

__all__ = ["gradcheck", "gradgradcheck", "make_tensor"]

IS_WINDOWS = sys.platform == "win32"
IS_MACOS = sys.platform == "darwin"
IS_LINUX = sys.platform == "linux"
IS_FBCODE = IS_SANDCASTLE = IS_CI = IS_JETSON = IS_ARM64 = False
TEST_NUMPY = True
TEST_SCIPY = importlib.util.find_spec("scipy") is not None
TEST_CUDA = TEST_MPS = TEST_XPU = TEST_MKL = TEST_CUDNN = False
TEST_WITH_ROCM = TEST_WITH_ASAN = TEST_WITH_TSAN = TEST_WITH_UBSAN = False
TEST_WITH_SLOW = TEST_WITH_CROSSREF = TEST_WITH_TORCHDYNAMO = False
TEST_WITH_TORCHINDUCTOR = TEST_WITH_AOT_EAGER = False


def _same(fn: Any) -> Any:
    return fn


slowTest = skipIfTorchInductor = xfailIfTorchDynamo = skipIfRocm = skipIfMPS = _same
skipIfCrossRef = skipIfXpu = skipIfSlowGradcheckEnv = _same
skipIfNoSciPy = unittest.skipIf(not TEST_SCIPY, "test requires SciPy")
skipIfNoLapack = _same


def skipIfTorchDynamo(msg: Any = "") -> Any:
    """Nothing to skip: there is no Dynamo. Works bare or with a reason."""
    return msg if callable(msg) else _same


def _is_tensors(a: Any, b: Any) -> bool:
    kinds = torch.Tensor | np.ndarray
    numbers = kinds | int | float | complex
    return (isinstance(a, kinds) and isinstance(b, numbers)) or (
        isinstance(a, numbers) and isinstance(b, kinds)
    )


class TestCase(unittest.TestCase):
    """A test case whose equality understands tensors and containers of them."""

    __test__ = False
    precision: float = 0.0
    rel_tol: float = 0.0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__test__ = True

    def setUp(self) -> None:
        """Every test starts from one seed."""
        torch.manual_seed(1234)

    def assertEqual(
        self,
        first: Any,
        second: Any,
        msg: Any = None,
        *,
        atol: float | None = None,
        rtol: float | None = None,
        equal_nan: bool = True,
        exact_dtype: bool = True,
        exact_device: bool = False,
        exact_layout: bool = False,
        exact_stride: bool = False,
        exact_is_coalesced: bool = False,
    ) -> None:
        """Compare numbers, tensors and containers within tolerances."""
        same = functools.partial(
            self.assertEqual,
            msg=msg,
            atol=atol,
            rtol=rtol,
            equal_nan=equal_nan,
            exact_dtype=exact_dtype,
        )
        if isinstance(first, Mapping) and isinstance(second, Mapping):
            super().assertEqual(set(first), set(second), msg)
            for k in first:
                same(first[k], second[k])
            return
        if _is_list(first) and _is_list(second):
            super().assertEqual(len(first), len(second), msg)
            for a, b in zip(first, second, strict=True):
                same(a, b)
            return
        numbers = all(
            isinstance(x, int | float | complex | np.number) for x in (first, second)
        )
        if not numbers and not _is_tensors(first, second):
            super().assertEqual(first, second, msg)
            return
        mixed = not numbers and not (
            isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor)
        )
        self._close(
            first, second, msg, atol, rtol, equal_nan, exact_dtype and not mixed
        )

    def _close(
        self,
        a: Any,
        b: Any,
        msg: Any,
        atol: float | None,
        rtol: float | None,
        nan: bool,
        exact: bool,
    ) -> None:
        if atol is None and rtol is None and (self.precision or self.rel_tol):
            atol, rtol = self.precision, self.rel_tol
        elif (atol is None) != (rtol is None):
            atol, rtol = atol or 0.0, rtol or 0.0
        numbers = not _is_tensors(a, b)
        if not numbers:
            a, b = torch.as_tensor(a), torch.as_tensor(b)
        assert_close(
            a, b, atol=atol, rtol=rtol, equal_nan=nan, check_dtype=exact, msg=msg
        )

    def assertNotEqual(
        self, first: Any, second: Any, msg: Any = None, **options: Any
    ) -> None:
        """Raise unless `assertEqual` would."""
        with self.assertRaises(AssertionError, msg=msg):
            self.assertEqual(first, second, **options)

    def assertNotWarn(self, fn: Callable[[], Any], msg: str = "") -> None:
        """Raise if the call warns."""
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            fn()
        self.assertTrue(not seen, msg)


def _is_list(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, str | bytes)


def run_tests(argv: Any = None) -> None:
    """Run the tests of the main module."""
    unittest.main(argv=argv)


class subtest:
    """One set of arguments with a name and decorators of its own."""

    def __init__(
        self, arg_values: Any, name: str | None = None, decorators: Sequence[Any] = ()
    ) -> None:
        self.arg_values, self.name, self.decorators = arg_values, name, decorators


class parametrize:
    """Decorator: one test for each set of arguments."""

    def __init__(self, arg_str: str, arg_values: Any, name_fn: Any = None) -> None:
        self.names = [s.strip() for s in arg_str.split(",") if s.strip()]
        self.values, self.name_fn = list(arg_values), name_fn

    def __call__(self, fn: Any) -> Any:
        """Note the arguments on the function."""
        fn.parametrized = [*getattr(fn, "parametrized", []), self]
        return fn

    def cases(self) -> Iterator[tuple[str, dict[str, Any], Sequence[Any]]]:
        """Name suffix, keyword arguments and decorators of each case."""
        for i, value in enumerate(self.values):
            sub = value if isinstance(value, subtest) else subtest(value)
            args = [sub.arg_values] if len(self.names) == 1 else list(sub.arg_values)
            yield (
                self._suffix(i, sub, args),
                dict(zip(self.names, args, strict=True)),
                sub.decorators,
            )

    def _suffix(self, i: int, sub: subtest, args: list[Any]) -> str:
        if sub.name is not None:
            return sub.name
        if self.name_fn is not None:
            return self.name_fn(*args)
        plain = bool | int | float | str | torch.dtype
        words = (
            str(v).rpartition("torch.")[2].replace(".", "_")
            if isinstance(v, plain)
            else str(i)
            for v in args
        )
        return "_".join(f"{n}_{w}" for n, w in zip(self.names, words, strict=True))


def expand(fn: Any) -> Iterator[tuple[str, Any]]:
    """Each case of a parametrised test: its name and its function."""
    cases: list[tuple[str, dict[str, Any], list[Any]]] = [(fn.__name__, {}, [])]
    for p in getattr(fn, "parametrized", []):
        cases = [
            (f"{name}_{s}", {**kwargs, **more}, [*decorators, *extra])
            for name, kwargs, decorators in cases
            for s, more, extra in p.cases()
        ]
    for name, kwargs, decorators in cases:
        test = _bind(fn, kwargs) if kwargs else fn
        for decorate in decorators:
            test = decorate(test)
        yield name, test


def _bind(fn: Any, kwargs: dict[str, Any]) -> Any:
    @functools.wraps(fn)
    def test(self: Any, *args: Any, **more: Any) -> Any:
        return fn(self, *args, **kwargs, **more)

    return test


def instantiate_parametrized_tests(cls: Any) -> Any:
    """Replace each parametrised test of a class by its cases."""
    for name, fn in list(vars(cls).items()):
        if hasattr(fn, "parametrized"):
            delattr(cls, name)
            for case, test in expand(fn):
                setattr(cls, case, test)
    return cls


@contextlib.contextmanager
def set_default_dtype(dtype: Any) -> Iterator[None]:
    """The default dtype within a block."""
    saved = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(saved)


@contextlib.contextmanager
def freeze_rng_state() -> Iterator[None]:
    """Random draws within the block leave the generator as it was."""
    saved = torch.get_rng_state()
    try:
        yield
    finally:
        torch.set_rng_state(saved)


@contextlib.contextmanager
def disable_gc() -> Iterator[None]:
    """No garbage collection within the block."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()


@contextlib.contextmanager
def set_warn_always_context(_: bool) -> Iterator[None]:
    """Every warning of the block is given, also a repeated one."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        yield
