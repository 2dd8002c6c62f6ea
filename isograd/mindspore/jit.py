"""`jit`, `jit_class`, and other marks for MindSpore's compiler.

Functions run as they are: nothing that they compute depends on being compiled.  Those
that provably have no effects run staged on large tensors.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from isograd.mindspore import context

Fn = Callable[..., Any]


def jit(
    function: Any = None,
    *,
    capture_mode: str = "ast",
    jit_level: str = "O0",
    dynamic: int = 0,
    fullgraph: bool = False,
    backend: str = "",
    fn: Any = None,
    mode: str = "",
    input_signature: Any = None,
    hash_args: Any = None,
    jit_config: Any = None,
    compile_once: bool = False,
    **options: Any,
) -> Any:
    """A function (or Cell) marked for compilation; usable as a decorator.

    Raises:
        ValueError: for an unknown capture_mode or jit_level.
    """
    target = function if function is not None else fn
    _one_of("capture_mode", capture_mode, ["ast", "bytecode", "trace"])
    _one_of("jit_level", jit_level, ["O0", "O1"])
    if target is None:
        return functools.partial(jit, capture_mode=capture_mode, jit_level=jit_level)
    if not callable(target):
        raise TypeError(
            f"For 'jit', the function must be callable, but got {target!r}."
        )
    if not hasattr(target, "__code__"):
        return target  # a Cell, a bound object: its calls are the program

    program = _program_of(target)

    @functools.wraps(target)
    def staging_specialize(*args: Any, **kwargs: Any) -> Any:
        if program is None or kwargs:
            with context.compiling():
                return _values(target(*args, **kwargs))
        return program(*args)

    return staging_specialize


def _values(out: Any) -> Any:
    """Results with tensors in place of parameters, which may change later."""
    from isograd.mindspore.parameter import Parameter
    from isograd.mindspore.tensor import Tensor

    if type(out) is tuple or type(out) is list:
        return type(out)(map(_values, out))
    if type(out) is dict:
        return {k: _values(v) for k, v in out.items()}
    return Tensor(out) if isinstance(out, Parameter) else out


def _program_of(fn: Fn) -> Fn | None:
    """A version of `fn` that runs staged; None if it has effects, or may have."""
    from isograd.compile.effects import program_of
    from isograd.mindspore.staging import NAMES

    return program_of(fn, NAMES)


def _one_of(name: str, value: Any, allowed: list[str]) -> None:
    if value not in allowed:
        raise ValueError(
            f"For 'jit', the '{name}' must be str and must be in '{allowed}', but got "
            f"'{value}'."
        )


def jit_class(cls: Any) -> Any:
    """A class that compiled code may use.

    Raises:
        TypeError: for anything but a class.
    """
    import inspect

    from isograd.mindspore.nn.cell import Cell

    if not inspect.isclass(cls):
        raise TypeError(
            f"Decorator jit_class can only be used for class type, but got {cls}."
        )
    if issubclass(cls, Cell):
        raise TypeError(
            f"Decorator jit_class cannot be used for nn.Cell, but got {cls}."
        )
    return cls


ms_class = jit_class
ms_function = jit


def _mark(fn: Any = None, **options: Any) -> Any:
    """Gives back what is marked."""
    return (lambda f: f) if fn is None else fn


lazy_inline = no_inline = ms_memory_recycle = jit_forbidden_register = _mark
enable_dynamic = _mark


class JitConfig:
    """Options of the compiler; kept, they change nothing."""

    def __init__(
        self,
        jit_level: str = "",
        exc_mode: str = "auto",
        jit_syntax_level: str = "",
        debug_level: str = "RELEASE",
        infer_boost: str = "off",
        backend: str = "",
        **kwargs: Any,
    ) -> None:
        single = jit_level in ("O0", "O1")
        self.jit_config_dict = {
            **({"backend": backend} if backend else {}),
            "jit_level": jit_level,
            "exc_mode": exc_mode,
            "jit_syntax_level": jit_syntax_level,
            "debug_level": debug_level,
            "infer_boost": infer_boost,
            **kwargs,
            **({"backend": "ms_backend"} if single and not backend else {}),
        }


def recompute(block: Any, *args: Any, **kwargs: Any) -> Any:
    """`block(*args)` that is computed again in the backward pass, not kept.

    Raises:
        TypeError: if the block is no Cell.
    """
    from isograd.mindspore.nn import running
    from isograd.mindspore.nn.cell import Cell

    kwargs.pop("use_reentrant", None)
    kwargs.pop("output_recompute", None)
    if not isinstance(block, Cell):
        raise TypeError(
            "Recompute function now only support block which inherited "
            "from Cell when use_reentrant=True!"
        )
    return running.recomputed(block, args, kwargs, block)
