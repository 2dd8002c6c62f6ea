"""Padding, shuffles and windows of `torch.nn.functional`, and what they refuse."""

from __future__ import annotations

import operator
from math import prod
from typing import Any

from isograd.core.primitive import Payload
from isograd.torch.nn.table import F, Named, ints, row

# --- padding --------------------------------------------------------------------------

_PAD_LABELS = {
    "reflect": "ReflectionPad{}DBackward0",
    "replicate": "ReplicationPad{}DBackward0",
    "circular": "CopySlices",
}
_KERNELS = {"reflect": "reflection_pad", "replicate": "replication_pad"}


@row(label="ConstantPadNdBackward0")
def pad(input: Payload, pad: Any, mode: str = "constant", value: Any = None) -> Any:
    widths = _widths(input, pad)
    if mode == "constant":
        for n, (lo, hi) in zip(input.shape, widths, strict=True):
            if n + min(lo, 0) + min(hi, 0) < 0 or n + lo + hi < 0:
                raise RuntimeError("narrow(): length must be non-negative.")
        return F.pad_with(
            input, widths, mode="constant", value=0.0 if value is None else float(value)
        )
    if mode not in _PAD_LABELS:
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value is not None and value != 0:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    _check_padded_rank(input.ndim, len(pad))
    padded = len(pad) // 2
    _CHECKS[mode](input, widths, padded, mode)
    out = F.pad_with(input, widths, mode=mode)
    return Named(out, _PAD_LABELS[mode].format(padded))


def _widths(x: Payload, pad: Any) -> tuple[tuple[int, int], ...]:
    """Widths before and after, of every axis; `pad` starts at the last one."""
    pads = [_width(n, i) for i, n in enumerate(pad)]
    if len(pads) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pads) // 2 > x.ndim:
        raise RuntimeError(
            f"Padding length should be less than or equal to two times the input "
            f"dimension but got padding length {len(pads)} and input of dimension "
            f"{x.ndim}"
        )
    pairs = list(zip(pads[::2], pads[1::2], strict=True))
    return ((0, 0),) * (x.ndim - len(pairs)) + tuple(reversed(pairs))


def _width(n: Any, place: int) -> int:
    try:
        return operator.index(n)
    except TypeError:
        raise TypeError(
            "pad(): argument 'pad' (position 2) must be tuple of ints, but found element "
            f"of type {type(n).__name__} at pos {place}"
        ) from None


def _check_padded_rank(rank: int, count: int) -> None:
    """Other modes than constants pad the last one, two or three axes."""
    if count not in (2, 4, 6) or rank - count // 2 not in (1, 2):
        raise NotImplementedError(
            f"Padding size {count} is not supported for {rank}D input tensor.\n"
            "Supported combinations for non-constant padding:\n"
            "  - 2D or 3D input: padding size = 2 (pads last dimension)\n"
            "  - 3D or 4D input: padding size = 4 (pads last 2 dimensions)\n"
            "  - 4D or 5D input: padding size = 6 (pads last 3 dimensions)"
        )


def _check_circular(x: Payload, widths: Any, padded: int, mode: str) -> None:
    for n, (lo, hi) in zip(x.shape, widths, strict=True):
        if lo > n or hi > n:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        if n + lo + hi < 0:
            raise RuntimeError(
                "Negative padding value is resulting in an empty dimension"
            )


def _check_edges(x: Payload, widths: Any, padded: int, mode: str) -> None:
    """What reflection and replication share."""
    if 0 in x.shape[x.ndim - padded - 1 :]:
        raise RuntimeError(
            f"Expected {padded + 1}D or {padded + 2}D (batch mode) tensor with possibly "
            f"0 batch size and other non-zero dimensions for input, but got: "
            f"{list(x.shape)}"
        )
    if x.dtype.kind == "b":
        name = f"{_KERNELS[mode]}{padded}d"
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool'")
    sizes = [n + lo + hi for n, (lo, hi) in zip(x.shape, widths, strict=True)]
    if mode == "reflect":
        _check_reflect(x, widths)
    if padded == 1 and sizes[-1] < 1:
        raise RuntimeError(
            f"input (W: {x.shape[-1]}) is too small. Calculated output W: {sizes[-1]}"
        )
    if min(sizes) < 0:
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(sizes)}: {sizes}"
        )


def _check_reflect(x: Payload, widths: Any) -> None:
    for back, (n, (lo, hi)) in enumerate(
        zip(reversed(x.shape), reversed(widths), strict=True)
    ):
        if max(lo, hi) >= n and (lo, hi) != (0, 0):
            raise RuntimeError(
                f"Argument #{4 + 2 * back}: Padding size should be less than the "
                f"corresponding input dimension, but got: padding ({lo}, {hi}) at "
                f"dimension {x.ndim - 1 - back} of input {list(x.shape)}"
            )


_CHECKS = {
    "circular": _check_circular,
    "reflect": _check_edges,
    "replicate": _check_edges,
}

# --- shuffles -------------------------------------------------------------------------


def _check_shuffle(name: str, x: Payload, word: str, factor: int) -> None:
    if x.ndim < 3:
        raise RuntimeError(
            f"{name} expects input to have at least 3 dimensions, but got input with "
            f"{x.ndim} dimension(s)"
        )
    if factor <= 0:
        raise RuntimeError(f"{name} expects a positive {word}, but got {factor}")


@row(label="PixelShuffleBackward0")
def pixel_shuffle(input: Payload, upscale_factor: int) -> Payload:
    _check_shuffle("pixel_shuffle", input, "upscale_factor", upscale_factor)
    square = upscale_factor**2
    if input.shape[-3] % square:
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by "
            f"the square of upscale_factor, but input.size(-3)={input.shape[-3]} is not "
            f"divisible by {square}"
        )
    return F.pixel_shuffle(input, factor=upscale_factor)


@row(label="PixelUnshuffleBackward0")
def pixel_unshuffle(input: Payload, downscale_factor: int) -> Payload:
    _check_shuffle("pixel_unshuffle", input, "downscale_factor", downscale_factor)
    for what, axis in (("height", -2), ("width", -1)):
        if input.shape[axis] % downscale_factor:
            raise RuntimeError(
                f"pixel_unshuffle expects {what} to be divisible by downscale_factor, "
                f"but input.size({axis})={input.shape[axis]} is not divisible by "
                f"{downscale_factor}"
            )
    return F.pixel_unshuffle(input, factor=downscale_factor)


@row(label="ChannelShuffleBackward0")
def channel_shuffle(input: Payload, groups: int) -> Payload:
    if input.ndim < 3:
        raise RuntimeError(
            "channel_shuffle expects input with > 2 dims, but got input with sizes "
            f"{list(input.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            "Number of groups to divide channels in must be positive. Value of "
            f"groups:{groups}"
        )
    if input.shape[1] % groups:
        raise RuntimeError(
            "Number of channels must be divisible by groups. Got "
            f"{input.shape[1]} channels and {groups} groups."
        )
    return F.channel_shuffle(input, groups=groups)


# --- windows --------------------------------------------------------------------------

_NUMBERS = (
    ("kernel_size", "kernel size", "kernel", 1),
    ("dilation", "dilation", "dilation", 1),
    ("padding", "padding", "pad", 0),
    ("stride", "stride", "stride", 1),
)


def _pair(name: str, x: Any) -> tuple[int, int]:
    found = ints(x, 2)
    if isinstance(x, tuple | list) and len(x) != 2:
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(x)}")
    return found[0], found[1]


def _window(*given: Any) -> list[tuple[int, int]]:
    """Kernel, dilation, padding and stride over two axes.

    Raises:
        RuntimeError: for another count of numbers, or numbers out of range.
    """
    pairs = [_pair(n[0], x) for n, x in zip(_NUMBERS, given, strict=True)]
    for (_, name, short, least), (h, w) in zip(_NUMBERS, pairs, strict=True):
        if h < least or w < least:
            need = "greater than zero" if least else "non-negative"
            raise RuntimeError(
                f"{name} should be {need}, but got {short}_height: {h} "
                f"{short}_width: {w}"
            )
    return pairs


def _counts(space: Any, window: list[tuple[int, int]]) -> list[int]:
    """How many windows fit each axis."""
    return [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, d, p, s in zip(space, *window, strict=True)
    ]


@row(label="Im2ColBackward0")
def unfold(
    input: Payload,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Payload:
    window = _window(kernel_size, dilation, padding, stride)
    size, spread, pads, step = window
    single = input.ndim == 3
    if input.ndim < 3:
        n = input.ndim
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but "
            f"got {n})"
        )
    if input.ndim > 4 or 0 in input.shape[0 if single else 1 :]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other "
            f"non-zero dimensions for input, but got: {list(input.shape)}"
        )
    counts = tuple(_counts(input.shape[-2:], window))
    if min(counts) < 1:
        raise RuntimeError(
            f"Given input with spatial size {tuple(input.shape[-2:])}, "
            f"kernel_size={size}, dilation={spread}, padding={pads}, calculated shape of "
            f"the array of sliding blocks as {counts}, but its components must be at "
            "least one."
        )
    x = F.unsqueeze(input, axis=0) if single else input
    out = F.im2col(x, size=size, step=step, padding=pads, dilation=spread)
    return F.squeeze(out, axes=(0,)) if single else out


@row(label="Col2ImBackward0")
def fold(
    input: Payload,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Payload:
    shape = _pair("output_size", output_size)
    window = _window(kernel_size, dilation, padding, stride)
    size, spread, pads, step = window
    single = input.ndim == 2
    if input.ndim not in (2, 3) or 0 in input.shape[0 if single else 1 :]:
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size "
            f"and non-zero dimensions for input, but got: {list(input.shape)}"
        )
    x = F.unsqueeze(input, axis=0) if single else input
    _check_columns(x.shape, shape, window)
    out = F.col2im(x, shape=shape, size=size, step=step, padding=pads, dilation=spread)
    return F.squeeze(out, axes=(0,)) if single else out


def _check_columns(given: Any, shape: Any, window: list[tuple[int, int]]) -> None:
    size, spread, pads, step = window
    if given[1] % prod(size):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of "
            f"kernel_size, but got input.size(1)={given[1]} and kernel_size={size}."
        )
    h, w = _counts(shape, window)
    if given[2] != h * w:
        raise RuntimeError(
            f"Given output_size={shape}, kernel_size={size}, dilation={spread}, "
            f"padding={pads}, stride={step}, expected size of input's dimension 2 to "
            f"match the calculated number of sliding blocks {h} * {w} = {h * w}, but got "
            f"input.size(2)={given[2]}."
        )
