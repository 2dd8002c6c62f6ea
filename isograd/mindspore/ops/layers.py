"""What layers compute: bias, padding, normalisation, convolution, pooling."""

from __future__ import annotations

from typing import Any

from isograd.core.primitive import BOUND, Payload
from isograd.mindspore.call import array_of, ints_of, op, promoted

F = BOUND


@op("bias_add")
def bias_add(input_x: Payload, bias: Payload) -> Payload:
    """A bias for each channel: axis 1."""
    x, b = promoted(input_x, bias)
    if x.ndim > 2:
        b = F.reshape(b, shape=(b.size,) + (1,) * (x.ndim - 2))
    return F.add(x, b)


def pad_widths(padding: Any, rank: int) -> tuple[tuple[int, int], ...]:
    """Pairs for the last axes, given from the last one backwards, for all axes."""
    flat = ints_of(padding)
    pairs = [(flat[i], flat[i + 1]) for i in range(0, len(flat), 2)]
    return ((0, 0),) * (rank - len(pairs)) + tuple(reversed(pairs))


@op("pad")
def pad(input_x: Payload, padding: Any, mode: str = "constant",
        value: Any = None) -> Payload:
    flat = ints_of(padding)
    if len(flat) % 2 or len(flat) > 2 * input_x.ndim:
        raise ValueError(f"For 'pad', the padding {flat} does not fit to an input of "
                         f"{input_x.ndim} axes.")
    fill = 0 if value is None else array_of(value).item()
    modes = {"constant": "constant", "reflect": "reflect", "replicate": "replicate",
             "circular": "circular"}
    if mode not in modes:
        raise ValueError("For 'pad', the 'mode' must be in ['constant', 'reflect', "
                         f"'replicate', 'circular'], but got {mode}.")
    return F.pad_with(input_x, pad_widths(flat, input_x.ndim), mode=mode, value=fill)


@op("padding")
def padding(x: Payload, pad_dim_size: int = 8) -> Payload:
    """The last axis, of length one, extended with zeros."""
    widths = ((0, 0),) * (x.ndim - 1) + ((0, pad_dim_size - x.shape[-1]),)
    return F.pad(x, widths)


def padded_pairs(x: Payload, paddings: Any, mode: str = "constant",
                 value: Any = 0) -> Payload:
    """ops.Pad and MirrorPad: a (before, after) pair for each axis."""
    pairs = tuple((int(a), int(b)) for a, b in array_of(paddings).tolist())
    return F.pad_with(x, pairs, mode=mode, value=value)


for _name in ("pixel_shuffle", "pixel_unshuffle"):
    op(_name)(lambda input, factor, _name=_name: getattr(F, _name)(
        input, factor=int(factor)))


@op("channel_shuffle")
def channel_shuffle(x: Payload, groups: int) -> Payload:
    return F.channel_shuffle(x, groups=int(groups))


