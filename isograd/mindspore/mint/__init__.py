"""`mindspore.mint`: functions with PyTorch's names and argument order.

Most are the functions of `mindspore.ops`, which take PyTorch's keywords as well; those
that differ stand in `functions.py`.
"""

from __future__ import annotations

from isograd.mindspore.call import FUNCTIONS, at
from isograd.mindspore.mint import functions
from isograd.mindspore.missing import attributes
from isograd.mindspore.tensor import Tensor as Tensor

_SAME = """
abs absolute acos acosh add addbmm addcdiv addcmul addmm addmv all allclose amax amin
any arange arccos arccosh arcsin arcsinh arctan arctan2 arctanh argmax argmin argsort
asin asinh atan atan2 atanh baddbmm bernoulli bincount bitwise_and bitwise_not
bitwise_or bitwise_xor bmm broadcast_to cat cdist ceil chunk clamp clip clone concat
cos cosh count_nonzero cross cummax cummin cumprod cumsum diag diff div divide dot
einsum empty empty_like eq erf erfc erfinv exp exp2 expm1 eye fix flip float_power
floor floor_divide fmod frac full full_like gcd ge greater greater_equal gt histc
hstack imag index_add index_select inverse isclose isfinite isinf isnan isneginf lcm
le lerp less less_equal linspace log log10 log1p log2 logaddexp logical_and
logical_not logical_or logical_xor logsumexp lt masked_fill masked_select matmul max
maximum mean median meshgrid min minimum mm mul multinomial mv nan_to_num nansum
narrow ne neg negative nonzero not_equal numel ones ones_like outer polar pow prod
quantile rand rand_like randint randint_like randn randn_like randperm real reciprocal
remainder repeat_interleave reshape roll rot90 round rsqrt searchsorted select sigmoid
sign sin sinc sinh softmax split sqrt square squeeze stack sub subtract sum swapaxes
tan tanh tile trace trapz tril tril_indices triu triu_indices trunc unbind unsqueeze
vstack where xlogy zeros zeros_like diagonal dstack column_stack block_diag
cartesian_prod kron tensor_split logdet slogdet det cov corrcoef unique_consecutive
masked_scatter
"""
_SAME_NAMES = {
    n: at(FUNCTIONS[n], f"mint.{n}") for n in _SAME.split() if n in FUNCTIONS
}
globals().update(_SAME_NAMES)
globals().update(functions.TABLE)
__getattr__ = attributes(
    "mindspore.mint",
    {
        "nn": "isograd.mindspore.mint.nn",
        "optim": "isograd.mindspore.mint.optim",
        "linalg": "isograd.mindspore.mint.linalg",
        "special": "isograd.mindspore.mint.special",
    },
)
