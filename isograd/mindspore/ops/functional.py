"""`mindspore.ops.functional`: the functions of `mindspore.ops`, under an older name."""

from __future__ import annotations

from isograd.mindspore import ops

globals().update({k: v for k, v in vars(ops).items() if not k.startswith("__")})
__getattr__ = ops.__getattr__
