"""What `mindspore.jit` may stage: the names of functions without effects."""

from __future__ import annotations

from isograd.compile.effects import Names

_FUNCTIONS = """
    abs add addcdiv addcmul ceil clamp clip cos cosh div divide elu erf erfc exp expm1
    floor leaky_relu log log10 log1p log2 logaddexp logsigmoid maximum mean minimum
    mse_loss mul multiply neg negative pow prod reciprocal relu rsqrt sigmoid silu sin
    sinh softplus sqrt square sub subtract sum tan tanh where
"""
_FACTS = "ops mint nn functional shape dtype ndim size float32 float64 pi e"
NAMES = Names(
    frozenset((*_FUNCTIONS.split(), *_FACTS.split())),
    ("isograd.mindspore", "isograd.mindspore.ops", "isograd.mindspore.mint", "math"),
    "mindspore",
)
