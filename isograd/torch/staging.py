"""What `torch.compile` may stage: the names of functions without effects."""

from __future__ import annotations

from isograd.compile.effects import Names

_FUNCTIONS = """
    abs add addcdiv addcmul amax amin ceil clamp clamp_max clamp_min clip cos cosh div
    divide elu erf erfc exp exp2 expm1 fabs floor hardtanh leaky_relu lerp log log10 log1p
    log2 logaddexp logsigmoid logsumexp maximum mean minimum mse_loss mul multiply neg
    negative pow prod reciprocal relu rsqrt sigmoid silu sin sinh softplus sqrt square
    sub subtract sum tan tanh true_divide where"""
_FACTS = "nn functional special shape dtype ndim dim size numel float32 float64 pi e"
NAMES = Names(
    frozenset((*_FUNCTIONS.split(), *_FACTS.split())),
    ("isograd.torch", "torch", "math", "isograd.torch.nn.functional"),
    "torch",
)
