"""Grad modes as context managers, decorators and statements."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Generator
from contextvars import Token
from typing import Any

from isograd.core import levels
from isograd.core.levels import State
from isograd.core.storage import mark, rewind


class ContextDecorator:
    """A mode: each `with` (they nest) and each call of a decorated function enters it.

    Subclasses give the changes of the engine's state; a decorated generator is in the
    mode only while its own code runs.
    """

    def __init__(self) -> None:
        self._tokens: list[Token[State]] = []

    def __init_subclass__(cls, **_: Any) -> None:
        cls.clone = cls.__dict__.get("clone", ContextDecorator.clone)

    def changes(self) -> dict[str, Any]:
        raise NotImplementedError

    def clone(self) -> ContextDecorator:
        return type(self)()

    def __enter__(self) -> None:
        self._tokens.append(levels.enter(**self.changes()))

    def __exit__(self, *_: Any) -> None:
        levels.leave(self._tokens.pop())

    def __call__(self, fn: Any) -> Any:
        if inspect.isclass(fn):
            return _decorated_class(self, fn)
        if inspect.isgeneratorfunction(fn):
            return _decorated_generator(self.clone, fn)

        @functools.wraps(fn)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return fn(*args, **kwargs)

        return wrapper


def _decorated_class(mode: ContextDecorator, cls: Any) -> Any:
    import warnings

    warnings.warn(
        "Decorating classes is deprecated and will be disabled in future versions. You "
        "should only decorate functions or methods. To preserve the current behavior "
        "of class decoration, you can directly decorate the `__init__` method and "
        "nothing else.",
        FutureWarning,
        stacklevel=3,
    )
    cls.__init__ = mode(cls.__init__)
    return cls


def _decorated_generator(clone: Callable[[], Any], fn: Any) -> Any:
    @functools.wraps(fn)
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        gen = fn(*args, **kwargs)
        resume, value = gen.send, None
        while True:
            try:
                with clone():
                    out = resume(value)
            except StopIteration as stop:
                return stop.value
            try:
                resume, value = gen.send, (yield out)
            except GeneratorExit:
                with clone():
                    gen.close()
                raise
            except BaseException as error:
                resume, value = gen.throw, error

    return wrapper


class _NoParamDecorator(ContextDecorator):
    """A mode that decorates with and without parentheses."""

    def __new__(cls, orig_func: Any = None) -> Any:
        mode = object.__new__(cls)
        if orig_func is None:
            return mode
        mode.__init__()
        return mode(orig_func)

    def __init__(self, *_: Any) -> None:
        super().__init__()


class no_grad(_NoParamDecorator):
    """Operations are not recorded."""

    def changes(self) -> dict[str, Any]:
        return {"recording": False}


class enable_grad(_NoParamDecorator):
    """Operations are recorded again, inside of `no_grad`."""

    def changes(self) -> dict[str, Any]:
        return {"recording": not levels.state().inference}


class set_grad_enabled(ContextDecorator):
    """Recording on or off: at once, and until the end of a `with` if it opens one."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        if not isinstance(mode, bool):
            raise TypeError(
                "set_grad_enabled(): argument 'enabled' (position 1) must "
                f"be bool, not {type(mode).__name__}"
            )
        self.mode = mode
        self.prev = levels.state().recording
        mode = mode and not levels.state().inference
        levels.assign(recording=mode)

    def __call__(self, fn: Any) -> Any:
        levels.assign(recording=self.prev)
        return super().__call__(fn)

    def __enter__(self) -> None:
        levels.assign(recording=self.mode and not levels.state().inference)

    def __exit__(self, *_: Any) -> None:
        levels.assign(recording=self.prev)

    def clone(self) -> ContextDecorator:
        return type(self)(self.mode)

    def __str__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"

    def __repr__(self) -> str:
        return f"torch.autograd.grad_mode.set_grad_enabled(mode={self.mode})"


class inference_mode(ContextDecorator):
    """No recording; tensors made inside can never be recorded later."""

    def __new__(cls, mode: Any = True) -> Any:
        if isinstance(mode, bool):
            return object.__new__(cls)
        return cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self.mode = mode

    def changes(self) -> dict[str, Any]:
        return {"recording": not self.mode, "inference": self.mode}

    def clone(self) -> ContextDecorator:
        return type(self)(self.mode)


MULTITHREADING = [True]
"""What was asked for; backward passes here use one thread."""


class set_multithreading_enabled(ContextDecorator):
    """Noted; backward passes here use one thread."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.mode = mode
        self.prev = MULTITHREADING[-1]
        MULTITHREADING[-1] = mode

    def __enter__(self) -> None:
        MULTITHREADING[-1] = self.mode

    def __exit__(self, *_: Any) -> None:
        MULTITHREADING[-1] = self.prev

    def clone(self) -> ContextDecorator:
        return type(self)(self.mode)


for _mode in (no_grad, enable_grad, set_grad_enabled, inference_mode):
    _mode.__module__ = "torch.autograd.grad_mode"  # as PyTorch shows them


class _unsafe_preserve_version_counter(ContextDecorator):
    """Writes inside to these tensors count no version."""

    def __init__(self, tensors: Any) -> None:
        super().__init__()
        self.tensors = tensors if isinstance(tensors, tuple) else (tensors,)

    def __enter__(self) -> None:
        self.marks = [mark(t._p) for t in self.tensors]

    def __exit__(self, *_: Any) -> None:
        for t, seen in zip(self.tensors, self.marks, strict=True):
            rewind(t._p, seen)


class _force_original_view_tracking(ContextDecorator):
    """Accepted: views are tracked in one way here."""

    def __init__(self, mode: bool) -> None:
        super().__init__()
        self.mode = mode

    def changes(self) -> dict[str, Any]:
        return {}


def is_grad_enabled() -> bool:
    return levels.state().recording


def is_inference_mode_enabled() -> bool:
    return levels.state().inference
