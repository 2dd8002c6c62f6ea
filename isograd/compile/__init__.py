"""Compiled functions: `isograd.compile(fn)`.

stage -> program -> passes -> kernels: a function is staged by running it once on
symbols (`stage.py`), its program is simplified (`passes/`), cut into regions
(`fuse.py`) and run by native kernels (`native.py`) or by NumPy (`executor.py`).

The package is callable, so that `isograd.compile` is the function as well as the place
where it stands.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import TYPE_CHECKING, Any

from isograd.core.large import MAKERS
from isograd.core.often import Hooks

if TYPE_CHECKING:
    from isograd.core.primitive import Primitive


class _CallableModule(ModuleType):
    """This module; calling it compiles a function."""

    def __call__(
        self, fn: Callable[..., Any] | None = None, *, executor: str = "native"
    ) -> Any:
        """A compiled version of `fn`: same values, gradients and effects, faster.

        The first call for each structure, shape and dtype of the arguments stages and
        compiles; what cannot be staged (control flow on values) runs as it is, with
        one warning.

        Args:
            fn: a function of pytrees of arrays or a dialect's tensors; None to use the
                result as a decorator with arguments.
            executor: "native" (LLVM kernels) or "numpy" (the reference).
        """
        from isograd.compile.api import compile as compile_function

        return compile_function(fn, executor=executor)


def _kernel(prim: Primitive) -> Callable[..., Any]:
    if not _works():
        return prim.impl
    from isograd.compile.slots import kernel_of

    return kernel_of(prim)


def _works() -> bool:
    """Whether kernels can be made here, and are wanted."""
    from isograd.base import config
    from isograd.compile.executor import native_class

    return config.kernels and native_class() is not None


def _rule(prim: Primitive) -> Callable[..., Any]:
    if not _works():
        return lambda *args, **params: prim.vjp(*args, **params)  # not defined yet
    from isograd.compile.slots import rule_of

    return rule_of(prim)


def _update(rule: Any, arrays: Any, hyper: Any) -> bool:
    if not _works():
        return False
    from isograd.compile.updates import update

    return update(rule, arrays, hyper)


def _product(x: Any, y: Any, c: Any) -> Any:
    MAKERS.product = None
    if _works():
        from isograd.compile.products import product

        MAKERS.product = product
        return product(x, y, c)
    return None


def _native(fn: Callable[..., Any], arrays: Any, other: Any) -> Any:
    if not _works():
        Hooks.native = None
        return None
    from isograd.compile.loops import recorded

    return recorded(fn, arrays, other)


MAKERS.kernel, MAKERS.rule, MAKERS.update = _kernel, _rule, _update
Hooks.native = _native
MAKERS.product = _product
sys.modules[__name__].__class__ = _CallableModule
