"""What layers compute: bias, padding, normalisation, convolution, pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

import isograd.nn.normalisation  # noqa: F401  (its composites)
from isograd.core.primitive import BOUND, Payload
from isograd.mindspore import errors
from isograd.mindspore.call import (
    array_of,
    cast,
    expose,
    ints_of,
    lift,
    lower,
    op,
    promoted,
)
from isograd.mindspore.tensor import assign
from isograd.nn.windows import same_pads

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
def pad(
    input_x: Payload, padding: Any, mode: str = "constant", value: Any = None
) -> Payload:
    flat = ints_of(padding)
    if len(flat) % 2 or len(flat) > 2 * input_x.ndim:
        raise ValueError(
            f"For 'pad', the padding {flat} does not fit to an input of "
            f"{input_x.ndim} axes."
        )
    fill = 0 if value is None else array_of(value).item()
    modes = {
        "constant": "constant",
        "reflect": "reflect",
        "replicate": "replicate",
        "circular": "circular",
    }
    if mode not in modes:
        raise ValueError(
            "For 'pad', the 'mode' must be in ['constant', 'reflect', "
            f"'replicate', 'circular'], but got {mode}."
        )
    return F.pad_with(input_x, pad_widths(flat, input_x.ndim), mode=mode, value=fill)


@op("padding")
def padding(x: Payload, pad_dim_size: int = 8) -> Payload:
    """The last axis, of length one, extended with zeros."""
    widths = ((0, 0),) * (x.ndim - 1) + ((0, pad_dim_size - x.shape[-1]),)
    return F.pad(x, widths)


def padded_pairs(
    x: Payload, paddings: Any, mode: str = "constant", value: Any = 0
) -> Payload:
    """ops.Pad and MirrorPad: a (before, after) pair for each axis."""
    pairs = tuple((int(a), int(b)) for a, b in array_of(paddings).tolist())
    return F.pad_with(x, pairs, mode=mode, value=value)


for _name in ("pixel_shuffle", "pixel_unshuffle"):
    op(_name)(
        lambda input, factor, _name=_name: getattr(F, _name)(input, factor=int(factor))
    )


@op("channel_shuffle")
def channel_shuffle(x: Payload, groups: int) -> Payload:
    return F.channel_shuffle(x, groups=int(groups))


# --- convolution ----------------------------------------------------------------------


def tuple_of(value: Any, rank: int) -> tuple[int, ...]:
    """A number for each axis of space, from one or from several."""
    out = ints_of(value)
    return out * rank if len(out) == 1 else out[-rank:]


def pairs_of(
    pad_mode: str, padding: Any, x: Payload, size: Any, stride: Any, dilation: Any
) -> tuple[tuple[int, int], ...]:
    """Padding (before, after) of each axis of space.

    Raises:
        ValueError: for an unknown mode.
    """
    rank = len(size)
    if pad_mode == "same":
        return same_pads(x.shape[2:], size, stride, dilation)
    if pad_mode == "valid":
        return ((0, 0),) * rank
    if pad_mode != "pad":
        raise ValueError(
            "For 'conv', the 'pad_mode' must be in ['valid', 'same', "
            f"'pad'], but got {pad_mode}."
        )
    flat = ints_of(padding)
    if len(flat) == 2 * rank:
        return tuple((flat[2 * i], flat[2 * i + 1]) for i in range(rank))
    return tuple((n, n) for n in tuple_of(flat, rank))


def check_size(rank: int, space: Any, kernel: Any, pads: Any) -> None:
    """Refuse an image that, padded, is smaller than the kernel."""
    if any(n + sum(p) < k for n, p, k in zip(space, pads, kernel, strict=True)):
        raise errors.too_small(rank)


def convolved(
    rank: int,
    x: Payload,
    w: Payload,
    bias: Any,
    stride: Any,
    pad_mode: str,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Payload:
    if x.ndim != rank + 2:
        raise errors.convolution_rank(rank, x.ndim)
    if x.dtype != w.dtype:
        raise errors.mixed_convolution(f"Conv{max(rank, 2)}D", x, w, own=False)
    x, w, *more = promoted(x, w, *([] if bias is None else [bias]))
    if x.shape[1] != w.shape[1] * groups:
        raise errors.convolution(rank, w.shape[1], x.shape[1], groups)
    strides, dilations = tuple_of(stride, rank), tuple_of(dilation, rank)
    pads = pairs_of(pad_mode, padding, x, w.shape[2:], strides, dilations)
    check_size(rank, x.shape[2:], w.shape[2:], pads)
    return F.convolution(
        x,
        w,
        more[0] if more else None,
        stride=strides,
        padding=pads,
        dilation=dilations,
        groups=groups,
    )


for _rank in (1, 2, 3):

    def _conv(
        input: Payload,
        weight: Payload,
        bias: Any = None,
        stride: Any = 1,
        pad_mode: str = "valid",
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        *,
        _rank: int = _rank,
    ) -> Payload:
        return convolved(
            _rank, input, weight, bias, stride, pad_mode, padding, dilation, groups
        )

    def _conv_transpose(
        input: Payload,
        weight: Payload,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
        *,
        _rank: int = _rank,
    ) -> Payload:
        pads = tuple((n, n) for n in tuple_of(padding, _rank))
        x, w, *more = promoted(input, weight, *([] if bias is None else [bias]))
        return F.transposed_convolution(
            x,
            w,
            more[0] if more else None,
            stride=tuple_of(stride, _rank),
            padding=pads,
            extra=tuple_of(output_padding, _rank),
            dilation=tuple_of(dilation, _rank),
            groups=groups,
        )

    op(f"conv{_rank}d")(_conv)
    op(f"conv_transpose{_rank}d conv{_rank}d_transpose")(_conv_transpose)


@op("dense linear")
def dense(input: Payload, weight: Payload, bias: Any = None) -> Payload:
    if input.dtype != weight.dtype:
        raise errors.mixed_factors("Dense", input, weight)
    x, w, *more = promoted(input, weight, *([] if bias is None else [bias]))
    if x.shape[-1:] != w.shape[-1:]:
        raise ValueError(
            f"Dense shape error, got x_col: {x.shape[-1]}, w_row: {w.shape[-1]}. In "
            "Dense x_col and w_row should be equal. if the dim of w is 2."
        )
    return F.linear(x, w, *more)


@op("unfold")
def unfold(
    input: Payload,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Payload:
    size, step, pads, gaps = (
        tuple_of(v, 2) for v in (kernel_size, stride, padding, dilation)
    )
    return F.im2col(input, size=size, step=step, padding=pads, dilation=gaps)


@op("fold")
def fold(
    input: Payload,
    output_size: Any,
    kernel_size: Any,
    dilation: Any = 1,
    padding: Any = 0,
    stride: Any = 1,
) -> Payload:
    size, step, pads, gaps = (
        tuple_of(v, 2) for v in (kernel_size, stride, padding, dilation)
    )
    return F.col2im(
        input,
        shape=ints_of(output_size),
        size=size,
        step=step,
        padding=pads,
        dilation=gaps,
    )


# --- pooling --------------------------------------------------------------------------


def pooled(
    which: str, x: Payload, size: Any, stride: Any, pad_mode: str, padding: Any = 0
) -> Payload:
    """Maxima or means of windows; padding counts for neither, as in ops.MaxPool."""
    rank = x.ndim - 2
    k, s = tuple_of(size, rank), tuple_of(stride, rank)
    ones, zeros = (1,) * rank, (0,) * rank
    pads = pairs_of(pad_mode, padding, x, k, s, ones)
    widths = ((0, 0), (0, 0), *pads)
    if which == "max":
        if any(n for pair in pads for n in pair):
            x = F.pad_with(x, widths, value=float("-inf"))
        return F.max_pool(x, size=k, stride=s, padding=zeros, dilation=ones)[0]
    if not any(n for pair in pads for n in pair):
        return F.avg_pool(x, size=k, stride=s, padding=zeros)
    there = np.pad(np.ones((1, 1, *x.shape[2:]), x.dtype), widths)
    total, count = (
        F.avg_pool(v, size=k, stride=s, padding=zeros, divisor=1)
        for v in (F.pad(x, widths), there)
    )
    return F.div(total, count)


for _rank in (1, 2, 3):

    def _max_pool(
        x: Payload,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
        *,
        _rank: int = _rank,
    ) -> Any:
        size = tuple_of(kernel_size, _rank)
        out = F.max_pool(
            x,
            size=size,
            stride=size if stride is None else tuple_of(stride, _rank),
            padding=tuple_of(padding, _rank),
            dilation=tuple_of(dilation, _rank),
            ceil_mode=ceil_mode,
        )
        return out if return_indices else out[0]

    def _avg_pool(
        input_x: Payload,
        kernel_size: Any = 1,
        stride: Any = 1,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = 0,
        *,
        _rank: int = _rank,
    ) -> Payload:
        size = tuple_of(kernel_size, _rank)
        return F.avg_pool(
            input_x,
            size=size,
            stride=size if stride is None else tuple_of(stride, _rank),
            padding=tuple_of(padding, _rank),
            ceil_mode=ceil_mode,
            count_padding=count_include_pad,
            divisor=divisor_override or None,
        )

    def _adaptive_avg(
        input: Payload, output_size: Any, *, _rank: int = _rank
    ) -> Payload:
        return F.adaptive_avg_pool(input, count=_cells(input, output_size, _rank))

    def _adaptive_max(
        input: Payload,
        output_size: Any,
        return_indices: bool = False,
        *,
        _rank: int = _rank,
    ) -> Any:
        out = F.adaptive_max_pool(input, count=_cells(input, output_size, _rank))
        return out if return_indices else out[0]

    op(f"max_pool{_rank}d")(_max_pool)
    op(f"avg_pool{_rank}d")(_avg_pool)
    op(f"adaptive_avg_pool{_rank}d")(_adaptive_avg)
    op(f"adaptive_max_pool{_rank}d")(_adaptive_max)


def _cells(x: Payload, size: Any, rank: int) -> tuple[int, ...]:
    """Sizes of the result, None standing for the input's."""
    given = (size,) * rank if isinstance(size, int) else tuple(size)
    return tuple(
        n if m is None else int(m)
        for m, n in zip(given, x.shape[x.ndim - rank :], strict=True)
    )


for _rank in (1, 2):
    op(f"lp_pool{_rank}d")(
        lambda x, norm_type, kernel_size, stride=None, ceil_mode=False, _rank=_rank: (
            F.lp_pool(
                x,
                ord=float(norm_type),
                size=tuple_of(kernel_size, _rank),
                stride=tuple_of(kernel_size if stride is None else stride, _rank),
                ceil_mode=ceil_mode,
            )
        )
    )


# --- normalisation --------------------------------------------------------------------


def as_like(x: Any, like: Payload) -> Any:
    return None if x is None else cast(x, like.dtype)


@op("layer_norm")
def layer_norm(
    input: Payload,
    normalized_shape: Any,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Payload:
    shape = ints_of(normalized_shape)
    w, b = (shape if p is None else p.shape for p in (weight, bias))
    if w != shape or b != shape:
        raise RuntimeError(
            "For 'LayerNorm', the shape of gamma and beta must be equal to "
            f"normalized_shape, but got gamma shape: {errors.vector(w)}, beta shape: "
            f"{errors.vector(b)} ,normalized_shape: {errors.vector(shape)}."
        )
    if input.shape[input.ndim - len(shape) :] != shape:
        raise errors.normalised(input.shape, w, b)
    return F.layer_norm(
        input,
        as_like(weight, input),
        as_like(bias, input),
        count=len(shape),
        eps=eps,
    )


@op("group_norm")
def group_norm(
    input: Payload,
    num_groups: int,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
) -> Payload:
    return F.group_norm(
        input, as_like(weight, input), as_like(bias, input), groups=num_groups, eps=eps
    )


@op("rms_norm")
def rms_norm(x: Payload, gamma: Payload, epsilon: float = 1e-6) -> Any:
    """(x over its root mean square times gamma, the reciprocal of that root)."""
    options: dict[str, Any] = {"count": gamma.ndim, "eps": epsilon}
    return F.rms_norm(x, gamma, **options), F.rms_scale(x, **options)


def batch_norm_of(
    input_x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Batch normalisation; in training the running statistics are moved in place."""
    x, w, b = lower(input_x), lower(weight), lower(bias)
    w, b = as_like(w, x), as_like(b, x)
    if not training:
        mean, var = lower(running_mean), lower(running_var)
        return lift(F.batch_norm_with(x, mean, var, w, b, eps=eps))
    out, mean, var = F.batch_norm(x, w, b, eps=eps)
    count = x.size // x.shape[1]
    for old, new, factor in (
        (running_mean, mean, 1.0),
        (running_var, var, count / max(count - 1, 1)),
    ):
        if old is not None:
            moved = F.add(
                F.mul(lower(old), 1 - momentum),
                F.mul(F.constant(new), factor * momentum),
            )
            assign(old, moved)
    return lift(out)


expose(batch_norm_of, ["batch_norm"])


@op("lrn")
def lrn(
    x: Payload,
    depth_radius: int = 5,
    bias: float = 1.0,
    alpha: float = 1.0,
    beta: float = 0.5,
    norm_region: str = "ACROSS_CHANNELS",
) -> Payload:
    size = 2 * depth_radius + 1
    return F.local_response_norm(x, size=size, alpha=alpha * size, beta=beta, k=bias)


# --- resampling -----------------------------------------------------------------------

_MODES = {
    "nearest": "nearest",
    "nearest-exact": "nearest-exact",
    "linear": "linear",
    "bilinear": "linear",
    "trilinear": "linear",
    "bicubic": "tabled",
    "area": "area",
}


@op("interpolate upsample")
def interpolate(
    input: Payload,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
) -> Payload:
    rank = input.ndim - 2
    if mode not in _MODES:
        raise ValueError(
            f"For 'interpolate', the 'mode' must be in {list(_MODES)}, but got {mode}."
        )
    if (size is None) == (scale_factor is None):
        raise ValueError(
            "For 'interpolate', one and only one of 'size' and "
            "'scale_factor' must be given."
        )
    if size is not None:
        return F.interpolate(
            input,
            count=tuple_of(size, rank),
            mode=_MODES[mode],
            corners=bool(align_corners),
        )
    factors = (
        tuple(scale_factor)
        if isinstance(scale_factor, tuple | list)
        else (scale_factor,) * rank
    )
    count = tuple(int(n * f) for n, f in zip(input.shape[2:], factors, strict=True))
    scales = None if recompute_scale_factor else tuple(1 / f for f in factors)
    return F.interpolate(
        input,
        count=count,
        mode=_MODES[mode],
        corners=bool(align_corners),
        scales=scales,
    )


@op("grid_sample")
def grid_sample(
    input: Payload,
    grid: Payload,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool = False,
) -> Payload:
    how = {"bilinear": "linear", "bicubic": "cubic"}.get(mode, mode)
    return F.grid_sample(
        input, grid, mode=how, padding=padding_mode, corners=bool(align_corners)
    )


@op("affine_grid")
def affine_grid(theta: Payload, size: Any, align_corners: bool = False) -> Payload:
    return F.affine_grid(theta, space=ints_of(size)[2:], corners=bool(align_corners))
