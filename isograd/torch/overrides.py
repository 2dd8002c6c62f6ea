"""`__torch_function__`: classes that take over what is computed with them.

Until a program defines a subclass of Tensor nothing here runs; then the functions and
methods are wrapped once, by `activate`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from typing import Any

from isograd.base.missing import module_getattr
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import FAMILY, Tensor

_DISABLED: ContextVar[bool] = ContextVar("torch_function_disabled", default=False)
__getattr__ = module_getattr("torch.overrides", "torch")


class DisableTorchFunctionSubclass:
    """A region in which subclasses are computed with as plain tensors."""

    def __enter__(self) -> None:
        self._token = _DISABLED.set(True)

    def __exit__(self, *_: Any) -> None:
        _DISABLED.reset(self._token)


def overriding(args: Iterable[Any]) -> list[Any]:
    """The arguments whose classes have a `__torch_function__` of their own."""
    found: list[Any] = []
    for a in args:
        kind = type(a)
        if kind is Tensor or kind in FAMILY:
            continue
        if kind in (tuple, list):
            found += overriding(a)
        elif hasattr(kind, "__torch_function__"):
            found.append(a)
    return found


def has_torch_function(relevant_args: Iterable[Any]) -> bool:
    return not _DISABLED.get() and bool(overriding(relevant_args))


def is_tensor_like(inp: Any) -> bool:
    return type(inp) is Tensor or hasattr(type(inp), "__torch_function__")


def handle_torch_function(
    public_api: Callable[..., Any],
    relevant_args: Iterable[Any],
    *args: Any,
    **kwargs: Any,
) -> Any:
    """Ask the classes of the arguments, subclasses first, for the result.

    Raises:
        TypeError: none of them has an implementation.
    """
    kinds: list[type] = []
    for a in overriding(relevant_args):
        kind = type(a)
        if kind not in kinds:
            place = next(
                (i for i, k in enumerate(kinds) if issubclass(kind, k)), len(kinds)
            )
            kinds.insert(place, kind)
    for kind in kinds:
        found = kind.__torch_function__(public_api, tuple(kinds), args, kwargs)
        if found is not NotImplemented:
            return found
    listed = "\n".join(
        f"  - {'tensor subclass ' if issubclass(k, Tensor) else ''}{k}" for k in kinds
    )
    raise TypeError(
        f"Multiple dispatch failed for 'torch.{public_api.__name__}'; all "
        f"__torch_function__ handlers returned NotImplemented:\n\n{listed}\n\nFor more "
        "information, try re-running with TORCH_LOGS=not_implemented"
    )


def default(
    cls: type,
    func: Callable[..., Any],
    types: Sequence[type],
    args: Any = (),
    kwargs: Any = None,
) -> Any:
    """`Tensor.__torch_function__`: the plain result, as a tensor of the subclass."""
    if not all(issubclass(cls, t) for t in types):
        return NotImplemented
    with DisableTorchFunctionSubclass():
        result = func(*args, **(kwargs or {}))
    return result if func in _PLAIN_RESULTS else converted(result, cls)


_PLAIN_RESULTS: set[Any] = set()


def converted(x: Any, cls: Any) -> Any:
    """Plain tensors in a result as tensors of a subclass."""
    if cls is Tensor:
        return x
    if isinstance(x, Tensor) and not isinstance(x, cls):
        return x.as_subclass(cls)
    if isinstance(x, tuple | list):
        parts = [converted(y, cls) for y in x]
        return type(x)(parts)
    return x


def wrapped(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function that asks the classes of its arguments first."""

    @functools.wraps(fn)
    def function(*args: Any, **kwargs: Any) -> Any:
        if not _DISABLED.get():
            found = overriding((*args, *kwargs.values()))
            if found:
                return handle_torch_function(function, found, *args, **kwargs)
        return fn(*args, **kwargs)

    return function


_KEPT = {
    "__init__",
    "__new__",
    "__init_subclass__",
    "__getattr__",
    "__hash__",
    "__setattr__",
    "__torch_function__",
    "__reduce_ex__",
    "__deepcopy__",
    "__repr__",
    "__str__",
    "__format__",
    "as_subclass",
    "_make_subclass",
    "__class__",
    "array",
    "dim",
    "size",
    "numel",
    "backward",
    "requires_grad_",
    "register_hook",
    "__array_wrap__",
    "_only",
    "_warn_scalar",
}


def activate() -> None:
    """Wrap all functions and methods, once."""
    if _State.active:
        return
    _State.active = True
    made: dict[int, Any] = {}

    def once(fn: Any) -> Any:
        if id(fn) not in made:
            made[id(fn)] = wrapped(fn)
        return made[id(fn)]

    module = sys.modules["isograd.torch"].__dict__
    for name, fn in list(FUNCTIONS.items()):
        FUNCTIONS[name] = new = once(fn)
        if module.get(name) is fn:
            module[name] = new
    for name, value in list(Tensor.__dict__.items()):
        if callable(value) and not isinstance(value, type) and name not in _KEPT:
            setattr(Tensor, name, once(value))
        elif name in ("T", "mT", "H", "mH", "real", "imag", "data"):
            part: Any = value
            setattr(Tensor, name, property(once(part.fget), part.fset))


class _State:
    active = False
