"""Global settings of the namespace `torch`, and answers about the machine."""

from __future__ import annotations

import os
from typing import Any

from isograd.core.levels import state
from isograd.torch.dtypes import CPU, DEFAULTS, device, dtype
from isograd.torch.table import tensor_row
from isograd.torch.tensor import Tensor


class _Settings:
    warn_always = False
    threads = os.cpu_count() or 1
    interop = os.cpu_count() or 1
    deterministic = False
    warn_only = False
    precision = "highest"
    device = CPU


def _public(fn: Any) -> Any:
    return tensor_row(fn, method=False)


@_public
def set_num_threads(threads: int) -> None:
    """Noted; kernels take what the machine has."""
    if not isinstance(threads, int):
        raise TypeError(
            "set_num_threads expects an int, but got " + type(threads).__name__
        )
    if threads <= 0:
        raise RuntimeError("set_num_threads expects a positive integer")
    _Settings.threads = threads


@_public
def get_num_threads() -> int:
    return _Settings.threads


@_public
def set_num_interop_threads(threads: int) -> None:
    _Settings.interop = threads


@_public
def get_num_interop_threads() -> int:
    return _Settings.interop


@_public
def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Noted; isograd's algorithms are deterministic."""
    _Settings.deterministic, _Settings.warn_only = bool(mode), warn_only


@_public
def are_deterministic_algorithms_enabled() -> bool:
    return _Settings.deterministic


@_public
def is_deterministic_algorithms_warn_only_enabled() -> bool:
    return _Settings.warn_only


@_public
def set_float32_matmul_precision(precision: str) -> None:
    _Settings.precision = precision


@_public
def get_float32_matmul_precision() -> str:
    return _Settings.precision


@_public
def set_default_device(d: Any) -> None:
    """Only the host can be the default."""
    from isograd.torch.dtypes import check_device

    check_device(d)
    _Settings.device = found = CPU if d is None else device(d)
    DEFAULTS[:] = [] if found.type == "cpu" else [found]


@_public
def get_default_device() -> device:
    return _Settings.device


@_public
def set_flush_denormal(mode: bool) -> bool:
    return False


@_public
def typename(obj: Any) -> str:
    """The full name of an object's type."""
    if isinstance(obj, Tensor):
        return obj.type()
    kind = obj if isinstance(obj, type) else type(obj)
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else (f"{kind.__module__}.{kind.__qualname__}")
    )


@_public
def set_warn_always(b: bool) -> None:
    """Noted: warnings are as Python's filters have it."""
    _Settings.warn_always = b


@_public
def is_warn_always_enabled() -> bool:
    return _Settings.warn_always


@_public
def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """The same as `use_deterministic_algorithms`, in three steps.

    Raises:
        TypeError: for what is neither int nor str.
        RuntimeError: for any other step.
    """
    if not isinstance(debug_mode, int | str):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in _DEBUG_MODES:
            raise RuntimeError(
                "invalid value of debug_mode, expected one of `default`, `warn`, "
                f"`error`, but got {debug_mode}"
            )
        debug_mode = _DEBUG_MODES.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(
            f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}"
        )
    use_deterministic_algorithms(debug_mode > 0, warn_only=debug_mode == 1)


_DEBUG_MODES = ("default", "warn", "error")


@_public
def get_deterministic_debug_mode() -> int:
    if not are_deterministic_algorithms_enabled():
        return 0
    return 1 if is_deterministic_algorithms_warn_only_enabled() else 2


@_public
def is_autocast_enabled(device_type: str | None = None) -> bool:
    return device_type == "cpu" and state().narrow is not None


@_public
def is_autocast_cpu_enabled() -> bool:
    return is_autocast_enabled("cpu")


@_public
def get_autocast_dtype(device_type: str) -> dtype:
    from isograd.torch.dtypes import bfloat16, float16, of_numpy

    if device_type != "cpu":
        return float16
    now = state().narrow
    return bfloat16 if now is None else of_numpy(now)


@_public
def get_autocast_cpu_dtype() -> dtype:
    return get_autocast_dtype("cpu")


@_public
def compiled_with_cxx11_abi() -> bool:
    return True


@_public
def _assert(condition: Any, message: str) -> None:
    assert condition, message
