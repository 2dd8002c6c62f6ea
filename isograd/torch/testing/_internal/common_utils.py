"""The test case, decorators and flags of PyTorch's own test files."""

from __future__ import annotations

import contextlib
import functools
import gc
import io
import itertools
import os
import re
import tempfile
import unittest
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import isograd.torch as torch
from isograd.torch.autograd.gradcheck import gradcheck as _gradcheck
from isograd.torch.autograd.gradcheck import gradgradcheck as _gradgradcheck
from isograd.torch.dtypes import of_numpy
from isograd.torch.testing import assert_close
from isograd.torch.testing import make_tensor as make_tensor
from isograd.torch.testing._internal import decorators, flags
from isograd.torch.testing._internal.decorators import (
    decorateIf as decorateIf,
)
from isograd.torch.testing._internal.decorators import (
    skip_exception_type as skip_exception_type,
)
from isograd.torch.testing._internal.decorators import (
    suppress_warnings as suppress_warnings,
)
from isograd.torch.testing._internal.matrices import *  # noqa: F403 (their samples)

globals().update({n: v for n, v in vars(flags).items() if n.isupper()})
globals().update(decorators.TABLE)


def gradcheck(fn: Any, inputs: Any, **options: Any) -> bool:
    """`torch.autograd.gradcheck`, batched and fast unless told otherwise."""
    return _gradcheck(fn, inputs, **{**_CHECKS, **options})


def gradgradcheck(
    fn: Any, inputs: Any, grad_outputs: Any = None, **options: Any
) -> bool:
    """`torch.autograd.gradgradcheck`, batched and fast unless told otherwise."""
    return _gradgradcheck(fn, inputs, grad_outputs, **{**_CHECKS, **options})


_CHECKS = {"check_batched_grad": True, "fast_mode": True}


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

    assertEqualIgnoreType = functools.partialmethod(assertEqual, exact_dtype=False)

    def assertEqualBroadcasting(self, x: Any, y: Any, *args: Any, **kw: Any) -> None:
        """`assertEqual` with a number in the place of a tensor full of it."""
        if not torch.is_tensor(y):
            y = torch.full_like(x, y)
        self.assertEqual(x, y, *args, **kw)

    def assertEqualTypeString(self, x: Any, y: Any) -> None:
        """Device, dtype and layout are the same."""
        for name in ("device", "dtype", "layout"):
            self.assertEqual(getattr(x, name), getattr(y, name))

    def assertExpectedInline(
        self, actual: Any, expect: str, skip: int = 0, **_: Any
    ) -> None:
        """The text is the expected one."""
        self.maxDiff = None
        self.assertMultiLineEqual(expect, str(actual))

    def assertExpectedRaisesInline(
        self, kind: Any, fn: Callable[..., Any], expect: str, *args: Any, **kw: Any
    ) -> None:
        """The call raises an exception with the expected text."""
        with self.assertRaises(kind) as caught:
            fn(*args, **kw)
        self.assertExpectedInline(str(caught.exception), expect)

    def assertObjectIn(self, obj: Any, container: Any) -> None:
        """The object itself is among the elements."""
        if not any(obj is x for x in container):
            self.fail(f"object {obj!r} is not in the iterable")

    @contextlib.contextmanager
    def assertWarnsOnceRegex(self, category: Any, regex: str = "") -> Iterator[None]:
        """Exactly one warning that matches, also of those given once a program."""
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            yield
        kinds = [w for w in seen if issubclass(w.category, category)]
        self.assertTrue(kinds, "No warning raised")
        found = [w for w in kinds if re.search(regex, str(w.message))]
        self.assertEqual(len(found), 1, "no or several warnings match")

    def compare_with_numpy(
        self, fn: Any, reference: Any, data: Any, device: Any = None, dtype: Any = None
    ) -> None:
        """`fn` of a tensor is NumPy's `reference` of the array."""
        if isinstance(data, torch.Tensor):
            array = data.detach().numpy()
            t = data
        else:
            t = torch.tensor(data, device=device, dtype=dtype)
            array = t.numpy()
        found, want = fn(t), reference(array)
        if isinstance(want, np.ndarray):
            want = torch.from_numpy(want.copy())
        self.assertEqual(want, found, exact_dtype=False)

    def assertNotWarn(self, fn: Callable[[], Any], msg: str = "") -> None:
        """Raise if the call warns."""
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            fn()
        self.assertTrue(not seen, msg)


def _is_list(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, str | bytes)


def run_tests(argv: Any = None, *_: Any) -> None:
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
    for name, kwargs, around in cases:
        test = _bind(fn, kwargs) if kwargs else fn
        for decorate in around:
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


@contextlib.contextmanager
def DeterministicGuard(
    deterministic: bool,
    *,
    warn_only: bool = False,
    fill_uninitialized_memory: bool = True,
) -> Iterator[None]:
    """The setting of deterministic algorithms within a block."""
    saved = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(saved)


def wrapDeterministicFlagAPITest(fn: Any) -> Any:
    """The test, after which the setting is what it was."""

    @functools.wraps(fn)
    def test(*args: Any, **kwargs: Any) -> Any:
        with DeterministicGuard(torch.are_deterministic_algorithms_enabled()):
            return fn(*args, **kwargs)

    return test


@contextlib.contextmanager
def TemporaryFileName(*args: Any, **kwargs: Any) -> Iterator[str]:
    """The name of a file that is gone after the block."""
    handle, path = tempfile.mkstemp(*args, **kwargs)
    os.close(handle)
    try:
        yield path
    finally:
        if os.path.exists(path):
            os.unlink(path)


@contextlib.contextmanager
def TemporaryDirectoryName(suffix: str | None = None) -> Iterator[str]:
    """The name of a folder that is gone after the block."""
    with tempfile.TemporaryDirectory(suffix=suffix) as path:
        yield path


BytesIOContext = io.BytesIO


@contextlib.contextmanager
def set_default_tensor_type(kind: Any) -> Iterator[None]:
    """The default tensor type within a block."""
    saved = torch.get_default_dtype()
    torch.set_default_tensor_type(kind)
    try:
        yield
    finally:
        torch.set_default_dtype(saved)


class NoTest:
    """In the place of a test class that does not apply."""

    __test__ = False


TestCaseBase, TestGradients = TestCase, NoTest
_NUMPY = """bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 float32
float64 complex64 complex128"""
numpy_to_torch_dtype_dict = {
    np.dtype(n).type: of_numpy(np.dtype(n)) for n in _NUMPY.split()
}
torch_to_numpy_dtype_dict = {v: k for k, v in numpy_to_torch_dtype_dict.items()} | {
    torch.bfloat16: np.float32
}


def numpy_to_torch_dtype(dtype: Any) -> Any:
    return numpy_to_torch_dtype_dict[np.dtype(dtype).type]


def load_tests(loader: Any, tests: Any, pattern: Any) -> Any:
    """What unittest asks a test module for: the tests as they are."""
    return tests


def set_rng_seed(seed: int = 1234) -> None:
    import random

    torch.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)


def is_iterable(obj: Any) -> bool:
    try:
        iter(obj)
    except TypeError:
        return False
    return True


def is_iterable_of_tensors(iterable: Any, include_empty: bool = False) -> bool:
    """Whether it is a sequence of tensors (of at least one)."""
    if isinstance(iterable, torch.Tensor) or not is_iterable(iterable):
        return False
    found = list(iterable)
    return all(isinstance(t, torch.Tensor) for t in found) if found else include_empty


def iter_indices(tensor: Any) -> Iterator[Any]:
    """All indices of a tensor: numbers for a vector, tuples otherwise."""
    if tensor.dim() == 0:
        return iter(range(0))
    if tensor.dim() == 1:
        return iter(range(tensor.size(0)))
    return itertools.product(*(range(s) for s in tensor.size()))


def dtype_name(dtype: Any) -> str:
    return str(dtype).rpartition(".")[2].strip()


def copy_func(fn: Any) -> Any:
    """A function that does the same."""
    return functools.wraps(fn)(lambda *args, **kwargs: fn(*args, **kwargs))


def first_sample(case: Any, samples: Any) -> Any:
    """The first of some samples; skips the test where there is none."""
    for sample in samples:
        return sample
    raise unittest.SkipTest("Skipped! Need at least 1 sample input")
