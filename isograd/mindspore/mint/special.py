"""`mindspore.mint.special`."""

from __future__ import annotations

from isograd.mindspore.call import FUNCTIONS, at
from isograd.mindspore.missing import attributes

_NAMES = (
    "erfc",
    "exp2",
    "expm1",
    "log1p",
    "log_softmax",
    "round",
    "sinc",
    "erf",
    "erfinv",
    "logit",
    "xlogy",
    "logsumexp",
    "softmax",
)
globals().update({n: at(FUNCTIONS[n], f"mint.special.{n}") for n in _NAMES})
__getattr__ = attributes("mindspore.mint.special")
