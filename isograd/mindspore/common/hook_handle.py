"""`mindspore.common.hook_handle`."""

from __future__ import annotations

from isograd.mindspore.hooks import HookHandle as HookHandle
from isograd.mindspore.hooks import TensorHookHandle as _TensorHookHandle  # noqa: F401
