"""`torch.compiler`: marks for a compiler; functions run as they are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from isograd.base.missing import module_getattr
from isograd.torch._dynamo import config as config
from isograd.torch.compiling import BACKENDS, inside, within
from isograd.torch.compiling import compile as compile

_default_backend: list[Any] = ["inductor"]


def _same(fn: Any) -> Any:
    """Gives back what is marked."""
    return fn


allow_in_graph = assume_constant_result = wrap_numpy = _same


def disable(fn: Any = None, recursive: bool = True, *, reason: Any = None) -> Any:
    """`fn` (a function or module), whose calls do not count as compiled."""
    if fn is None:
        return functools.partial(disable, recursive=recursive, reason=reason)
    if isinstance(fn, type) or not hasattr(fn, "__code__"):
        return fn

    @functools.wraps(fn)
    def plain(*args: Any, **kwargs: Any) -> Any:
        with within(False):
            return fn(*args, **kwargs)

    return plain


def substitute_in_graph(original_fn: Any, **_: Any) -> Callable[[Any], Any]:
    """A decorator that changes nothing: the original function is called."""
    return _same


def nested_compile_region(fn: Any = None, **_: Any) -> Any:
    return _same if fn is None else fn


def is_compiling() -> bool:
    """Whether a compiled function is running."""
    return inside.get()


is_dynamo_compiling = is_compiling


def is_exporting() -> bool:
    return False


def reset() -> None:
    """Nothing is cached."""


def list_backends(exclude_tags: Any = ("debug", "experimental")) -> list[str]:
    return list(BACKENDS)


def set_default_backend(backend: Any) -> None:
    _default_backend[0] = "inductor" if backend is None else backend


def get_default_backend() -> Any:
    return _default_backend[0]


class set_stance:
    """A setting of the compiler; also a context manager and a decorator."""

    def __init__(self, stance: str = "default", **_: Any) -> None:
        self.stance = stance

    def __enter__(self) -> None: ...

    def __exit__(self, *_: Any) -> None: ...

    def __call__(self, fn: Any) -> Any:
        return fn


def set_enable_guard_collectives(enabled: bool) -> bool:
    return False


def cudagraph_mark_step_begin() -> None:
    """Accepted; there is no CUDA here."""


def save_cache_artifacts() -> None:
    """None: nothing is cached."""


def load_cache_artifacts(serialized_artifacts: bytes) -> None:
    """None: nothing is cached."""


def _kept(guard_entries: Any, keep_parameters: bool = False) -> list[bool]:
    return [True for _ in guard_entries]


keep_portable_guards_unsafe = skip_guard_on_inbuilt_nn_modules_unsafe = _kept
skip_guard_on_all_nn_modules_unsafe = keep_tensor_guards_unsafe = _kept
skip_guard_on_globals_unsafe = skip_all_guards_unsafe = _kept
__getattr__ = module_getattr("torch.compiler", "torch")
