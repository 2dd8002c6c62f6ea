"""What `torch.autocast` does to operations on the CPU.

Inside a region some operations compute in the region's dtype and some in float32; the
lists say what PyTorch 2.13 was seen to do.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from isograd.core.levels import MODE, state
from isograd.core.primitive import BOUND as F

Body = Callable[..., Any]

NARROW = {
    "addbmm",
    "addmm",
    "baddbmm",
    "bmm",
    "chain_matmul",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "einsum",
    "inner",
    "linear",
    "matmul",
    "mm",
    "multi_dot",
    "prelu",
    "scaled_dot_product_attention",
    "multi_head_attention_forward",
    "tensordot",
}
"""Operations on float32 that compute in the region's dtype."""

WIDE = {
    "avg_pool3d",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cdist",
    "cholesky",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "eigh",
    "eigvalsh",
    "hinge_embedding_loss",
    "huber_loss",
    "inv",
    "inverse",
    "kl_div",
    "l1_loss",
    "lstsq",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "prod",
    "qr",
    "quantile",
    "smooth_l1_loss",
    "soft_margin_loss",
    "svd",
    "svdvals",
    "trace",
    "triplet_margin_loss",
}
"""Operations that compute in float32 what has half precision."""


def autocasting(body: Body, name: str) -> Body:
    """The body of a function over payloads, with its operands cast in a region."""
    if name in NARROW:
        change = narrowed
    elif name in WIDE:
        change = widened
    else:
        return body

    @functools.wraps(body)
    def cast_body(*args: Any, **kwargs: Any) -> Any:
        if MODE.special and state().narrow is not None:
            args = tuple(change(args))
            kwargs = dict(zip(kwargs, change(kwargs.values()), strict=True))
        return body(*args, **kwargs)

    return cast_body


def narrowed(operands: Any) -> list[Any]:
    """Operands, what is float32 or half precision in the region's dtype."""
    target = state().narrow
    return [_as(x, target) for x in operands]


def widened(operands: Any) -> list[Any]:
    """Operands, what has half precision in float32."""
    return [_as(x, "f4") for x in operands]


def _as(x: Any, target: Any) -> Any:
    if type(x) in (tuple, list):
        return type(x)(_as(y, target) for y in x)
    d = getattr(x, "dtype", None)
    if d is None or d.kind not in "fV" or d.itemsize > 4 or d == target:
        return x
    return F.convert(x, dtype=target)
