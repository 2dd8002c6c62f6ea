"""`torch.jit`: scripted and traced functions and modules, which run as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from isograd.base.missing import module_getattr
from isograd.torch.jit._script import (
    RecursiveScriptModule,
    ScriptFunction,
    ScriptModule,
    scripted,
)
from isograd.torch.jit._trace import TopLevelTracedModule, TracedModule, traced
from isograd.torch.nn.modules.module import Module

__all__ = [
    "Attribute",
    "CompilationUnit",
    "Error",
    "Final",
    "Future",
    "RecursiveScriptModule",
    "ScriptFunction",
    "ScriptModule",
    "TopLevelTracedModule",
    "TracedModule",
    "annotate",
    "enable_onednn_fusion",
    "export",
    "fork",
    "freeze",
    "fuser",
    "ignore",
    "interface",
    "is_scripting",
    "is_tracing",
    "isinstance",
    "load",
    "optimize_for_inference",
    "optimized_execution",
    "run_frozen_optimizations",
    "save",
    "script",
    "script_if_tracing",
    "script_method",
    "set_fusion_strategy",
    "strict_fusion",
    "trace",
    "trace_module",
    "unused",
    "wait",
]
_isinstance = isinstance


class Error(RuntimeError):
    """An error in scripted code."""


class Attribute(NamedTuple):
    """A value with the type that it has as an attribute of a scripted module."""

    value: Any
    type: Any


def script(
    obj: Any,
    optimize: Any = None,
    _frames_up: int = 0,
    _rcb: Any = None,
    example_inputs: Any = None,
) -> Any:
    """A function, module or class as a scripted one: its calls run as they are.

    Raises:
        TypeError: for an instance of a class of Python's own.
    """
    if _isinstance(obj, Module):
        return scripted(obj)
    if _isinstance(obj, ScriptFunction | type):
        return obj
    if _isinstance(obj, dict | list) or hasattr(type(obj), "__torch_script_class__"):
        return obj
    if not callable(obj):
        raise TypeError(f"{type(obj)} is a built-in class")
    return ScriptFunction(obj)


def trace(func: Any, example_inputs: Any = None, *_: Any, **options: Any) -> Any:
    """A module or function as a traced one: its calls run as they are."""
    if _isinstance(func, ScriptModule | ScriptFunction):
        return func
    return traced(func) if _isinstance(func, Module) else ScriptFunction(func)


def trace_module(mod: Any, inputs: Any, *_: Any, **options: Any) -> Any:
    return traced(mod)


def _mark(fn: Any = None, **_: Any) -> Any:
    """Gives back what is marked."""
    return (lambda f: f) if fn is None or _isinstance(fn, bool) else fn


export = ignore = unused = interface = script_method = script_if_tracing = _mark


def annotate(the_type: Any, the_value: Any) -> Any:
    return the_value


def isinstance(obj: Any, target_type: Any) -> bool:
    """Whether a value has a type such as `List[int]`, contents included."""
    import typing

    if _isinstance(target_type, tuple | list):
        return any(isinstance(obj, t) for t in target_type)
    kind = typing.get_origin(target_type)
    args = typing.get_args(target_type)
    if kind is typing.Union:
        return any(isinstance(obj, t) for t in args)
    if kind is None:
        return _isinstance(obj, target_type)
    if not _isinstance(obj, kind):
        return False
    if kind is dict:
        return all(
            isinstance(k, args[0]) and isinstance(v, args[1]) for k, v in obj.items()
        )
    if kind is tuple:
        return len(obj) == len(args) and all(map(isinstance, obj, args))
    return all(isinstance(v, args[0]) for v in obj)


def is_scripting() -> bool:
    return False


is_tracing = is_scripting


def freeze(mod: Any, *_: Any, **__: Any) -> Any:
    """The module itself.

    Raises:
        RuntimeError: for a module that is not scripted, or is in training mode.
    """
    if not _isinstance(mod, ScriptModule):
        raise RuntimeError(
            "Freezing expects a ScriptModule as input. Please use torch.jit.script or "
            "torch.jit.trace to script your 'nn.Module'."
        )
    if mod.training:
        raise RuntimeError(
            "Freezing is currently only implemented for modules in eval mode. Please "
            "call .eval() on your module before freezing."
        )
    return mod


def optimize_for_inference(mod: Any, other_methods: Any = None) -> Any:
    return mod


def run_frozen_optimizations(mod: Any, *_: Any, **__: Any) -> None:
    """Nothing to do."""


class Future:
    """The result of `fork`, which was computed at once."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def wait(self) -> Any:
        return self._value

    value = wait

    def done(self) -> bool:
        return True

    def then(self, callback: Callable[[Any], Any]) -> Future:
        return Future(callback(self))


def fork(func: Any, *args: Any, **kwargs: Any) -> Future:
    return Future(func(*args, **kwargs))


def wait(future: Future) -> Any:
    return future.wait()


def save(m: Any, f: Any, _extra_files: Any = None) -> None:
    """Write a scripted module to a file, as `torch.save` does."""
    from isograd.torch.serialization import save

    save(m, f)


def load(f: Any, map_location: Any = None, *_: Any, **__: Any) -> Any:
    """The module that `save` wrote."""
    from isograd.torch.serialization import load

    return load(f, weights_only=False)


class _Setting:
    """A setting of the compiler, in a block or a function."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *_: Any) -> None: ...

    def __call__(self, fn: Any) -> Any:
        return fn


optimized_execution = fuser = strict_fusion = _Setting


def set_fusion_strategy(strategy: Any) -> Any:
    return strategy


def enable_onednn_fusion(enabled: bool) -> None:
    """Accepted: nothing is fused."""


class CompilationUnit:
    """Functions given as source text, as attributes."""

    def __init__(self, lang: str | None = None, _frames_up: int = 0) -> None:
        if lang is not None:
            self.define(lang)

    def define(self, lang: str, rcb: Any = None, _frames_up: int = 0) -> None:
        import textwrap

        import isograd.torch as torch

        scope: dict[str, Any] = {"torch": torch, "Tensor": torch.Tensor}
        exec(textwrap.dedent(lang), scope)
        for name, value in list(scope.items()):
            if callable(value) and name not in ("Tensor", "torch"):
                setattr(self, name, ScriptFunction(value))


__getattr__ = module_getattr("torch.jit", "torch")
