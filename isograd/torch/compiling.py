"""`torch.compile`: the function's results, labelled as those of a compiled function.

Functions and modules run as they are written, so prints, exceptions, writes, hooks and
random numbers are those of eager execution; functions that provably have no such
effects run staged on large tensors (`staging.py`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from isograd.core.tape import Slot, tick
from isograd.core.tensor import Tensor
from isograd.torch.nn.modules.module import Module

LABEL = "CompiledFunctionBackward"
BACKENDS = ("cudagraphs", "inductor", "openxla", "tvm")
_TRACED = ("inductor", "cudagraphs")  # and `aot_...`: their results are one node each
_DEBUG = ("aot_eager", "aot_eager_decomp_partition", "aot_ts", "debug", "eager", "ts")
_MODES = (
    "default",
    "lite",
    "reduce-overhead",
    "max-autotune-no-cudagraphs",
    "max-autotune",
)
inside: ContextVar[bool] = ContextVar("inside", default=False)


@contextmanager
def within(value: bool) -> Iterator[None]:
    """Whether code in the body counts as compiled."""
    token = inside.set(value)
    try:
        yield
    finally:
        inside.reset(token)


def compile(
    model: Callable[..., Any] | None = None,
    *,
    fullgraph: bool = False,
    dynamic: Any = None,
    backend: Any = "inductor",
    mode: Any = None,
    options: Any = None,
    disable: bool = False,
    recompile_limit: Any = None,
    isolate_recompiles: bool = False,
) -> Any:
    """`model` with its results labelled as compiled; usable as a decorator.

    A module is wrapped in an `OptimizedModule`; a class's instances are called so.

    Raises:
        RuntimeError: for mode and options together, or a mode that is unknown.
        AssertionError: for what cannot be called.
    """
    if mode is not None and options is not None:
        raise RuntimeError(
            "Either mode or options can be specified, but both can't be specified at "
            "the same time."
        )
    if mode is not None and backend == "inductor" and mode not in _MODES:
        raise RuntimeError(
            f"Unrecognized mode={mode}, should be one of: {', '.join(_MODES)}"
        )
    one_node = backend in _TRACED or str(backend).startswith("aot_")
    wrap = functools.partial(_compiled, plain=disable or not one_node)
    if isinstance(backend, str) and backend not in (*BACKENDS, *_DEBUG):
        wrap = functools.partial(_refused, backend=backend)
    return wrap if model is None else wrap(model)


def _refused(model: Any, backend: str) -> Any:
    """What compiling for an unknown backend gives: an error at the first call."""
    from isograd.torch._dynamo.exc import InvalidBackend

    @functools.wraps(model)
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise InvalidBackend(
            f"Invalid backend: {backend!r}, see `torch._dynamo.list_backends()` for "
            "available backends."
        )

    return fail


def _compiled(model: Any, plain: bool = False) -> Any:
    if isinstance(model, Module):
        return OptimizedModule(model, plain)
    if not callable(model):
        raise AssertionError(
            f"A callable function is expected, but {type(model)} is provided."
        )
    if isinstance(model, type):
        return model
    return _function(model, plain)


def _function(fn: Callable[..., Any], plain: bool) -> Callable[..., Any]:
    """`fn`, whose results carry the compiled function's label."""

    program = None if plain else _program_of(fn)

    def compiled(*args: Any, **kwargs: Any) -> Any:
        if inside.get():
            return fn(*args, **kwargs)
        start = tick()
        token = inside.set(True)
        try:
            if program is None or kwargs:
                out = fn(*args, **kwargs)
            else:
                out = program(*args)
        finally:
            inside.reset(token)
        if not plain:
            relabel(out, start)
        return out

    functools.update_wrapper(compiled, fn)
    compiled._torchdynamo_orig_callable = fn  # type: ignore  # justified: as PyTorch
    return compiled


def _program_of(fn: Callable[..., Any]) -> Callable[..., Any] | None:
    """A version of `fn` that runs staged; None if it has effects, or may have."""
    from isograd.compile.effects import program_of
    from isograd.torch.staging import NAMES

    return program_of(fn, NAMES)


def relabel(out: Any, start: int) -> None:
    """Name the nodes of tensors in `out` that were made after the number `start`."""
    if isinstance(out, Tensor):
        node: Any = out._node
        if node is None or node.leaf or node.seq <= start or _views_input(node, start):
            return
        if type(node) is Slot:
            node = node.edges[0]
        node.label = LABEL
    elif isinstance(out, tuple | list):
        for o in out:
            relabel(o, start)
    elif isinstance(out, dict):
        for o in out.values():
            relabel(o, start)


def _views_input(node: Any, start: int) -> bool:
    """Whether a node is a view of a value that is older than `start`."""
    while node is not None and not node.leaf and node.seq > start:
        if type(node) is Slot:
            node = node.edges[0]
        if not node.prim.view:
            return False
        node = node.edges[0]
    return True


class OptimizedModule(Module):
    """What compiling a module gives: the module is its child `_orig_mod`."""

    def __init__(self, mod: Module, plain: bool = False) -> None:
        super().__init__()
        self._orig_mod = mod
        object.__setattr__(self, "_plain", plain)
        self.__dict__["_called"] = _function(mod.__call__, plain)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._called(*args, **kwargs)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._called(*args, **kwargs)

    @property
    def training(self) -> bool:  # type: ignore  # justified: the wrapped module's
        return self._orig_mod.training

    @training.setter
    def training(  # type: ignore  # justified: as above
        self, value: bool
    ) -> None:
        if "_orig_mod" in self.__dict__.get("_modules", ()):
            self._orig_mod.training = value

    def __getattr__(self, name: str) -> Any:
        modules = self.__dict__.get("_modules", {})
        if name == "_orig_mod":
            if name in modules:
                return modules[name]
            raise AttributeError(name)
        return getattr(modules["_orig_mod"], name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_orig_mod":
            super().__setattr__(name, value)
        elif name == "training":
            object.__setattr__(self, name, value)
        else:
            setattr(self._orig_mod, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._orig_mod, name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *dir(self._orig_mod)]

    def __reduce__(self) -> Any:
        return (OptimizedModule, (self._orig_mod, self.__dict__["_plain"]))
