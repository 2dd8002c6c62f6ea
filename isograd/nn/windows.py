"""Sizes of windows that slide over space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from isograd.core.primitive import RAW, Namespace, Payload, composite

Shape = tuple[int, ...]
Sizes = Sequence[int]
Pairs = tuple[tuple[int, int], ...]


def same_pads(space: Sizes, size: Sizes, stride: Sizes, dilation: Sizes) -> Pairs:
    """Padding for `ceil(n / stride)` places of output; the odd one behind."""
    out = []
    for n, k, s, d in zip(space, size, stride, dilation, strict=True):
        total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        out.append((total // 2, total - total // 2))
    return tuple(out)


def transposed_size(
    space: Sizes, size: Sizes, stride: Sizes, dilation: Sizes, mode: str
) -> tuple[int, ...]:
    """The space a transposed convolution makes with padding "same" or "valid"."""
    if mode == "same":
        return tuple(n * s for n, s in zip(space, stride, strict=True))
    return tuple(
        n * s + max(d * (k - 1) + 1 - s, 0)
        for n, k, s, d in zip(space, size, stride, dilation, strict=True)
    )


@composite
def max_pool_pairs(
    F: Namespace,
    x: Payload,
    *,
    size: Shape,
    stride: Shape,
    pads: Pairs,
    dilation: Shape,
    ceil_mode: bool = False,
) -> tuple[Payload, Payload]:
    """`max_pool` with padding that may differ on both sides."""
    if all(a == b for a, b in pads):
        padding = tuple(a for a, _ in pads)
        return F.max_pool(
            x,
            size=size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            ceil_mode=ceil_mode,
        )
    lead = ((0, 0),) * (x.ndim - len(size))
    wide = F.pad_with(x, lead + tuple(pads), mode="constant", value=-np.inf)
    return F.max_pool(
        wide,
        size=size,
        stride=stride,
        padding=(0,) * len(size),
        dilation=dilation,
        ceil_mode=ceil_mode,
    )


@composite
def avg_pool_pairs(
    F: Namespace, x: Payload, *, size: Shape, stride: Shape, pads: Pairs
) -> Payload:
    """Means of the elements that windows have in common with the data."""
    lead = ((0, 0),) * (x.ndim - len(size))
    places: dict[str, Any] = {
        "size": size,
        "stride": stride,
        "padding": (0,) * len(size),
    }
    wide = F.pad_with(x, lead + tuple(pads), mode="constant", value=0)
    out = F.avg_pool(wide, **places)
    if not any(n for pair in pads for n in pair):
        return out
    inside = np.pad(np.ones(x.shape[-len(size) :], x.dtype), pads)
    share = RAW.avg_pool(inside.reshape((1, 1, *inside.shape)), **places)
    return F.div(out, share.reshape(share.shape[2:]))
