"""`torch._dynamo.config`: settings; kept, they change nothing."""

from __future__ import annotations

import functools
import sys
from types import ModuleType, TracebackType
from typing import Any

suppress_errors = False
verbose = False
cache_size_limit = 8
recompile_limit = 8
accumulated_cache_size_limit = 256
accumulated_recompile_limit = 256
dynamic_shapes = True
assume_static_by_default = True
automatic_dynamic_shapes = True
capture_scalar_outputs = False
capture_dynamic_output_shape_ops = False
compiled_autograd = False
optimize_ddp = True
guard_nn_modules = True
inline_inbuilt_nn_modules = True
error_on_recompile = False
fail_on_recompile_limit_hit = False
specialize_int = False
specialize_float = False
allow_rnn = False
log_level = None
numpy_default_float = "float64"
trace_numpy = True
force_parameter_static_shapes = True


class patch:
    """Settings changed in a block or a function, and put back at the end."""

    module: Any = sys.modules[__name__]

    def __init__(self, arg: Any = None, value: Any = None, **changes: Any) -> None:
        if isinstance(arg, str):
            changes = {arg: value}
        self.changes = {**(arg if isinstance(arg, dict) else {}), **changes}

    def __enter__(self) -> None:
        here = vars(self.module)
        self.before = {k: here[k] for k in self.changes if k in here}
        here.update(self.changes)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        vars(self.module).update(self.before)

    def __call__(self, fn: Any) -> Any:
        @functools.wraps(fn)
        def patched(*args: Any, **kwargs: Any) -> Any:
            with self:
                return fn(*args, **kwargs)

        return patched


class _Settings(ModuleType):
    """A module of settings: those not listed are False until they are set."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return False


sys.modules[__name__].__class__ = _Settings
