"""`torch._inductor.config`: settings; kept, they change nothing."""

from __future__ import annotations

import sys

from isograd.torch._dynamo.config import _Settings
from isograd.torch._dynamo.config import patch as _patch

max_autotune = False
fallback_random = False
coordinate_descent_tuning = False
epilogue_fusion = True
shape_padding = True
freezing = False
debug = False


class patch(_patch):
    module = sys.modules[__name__]


sys.modules[__name__].__class__ = _Settings
