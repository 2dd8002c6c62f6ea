"""Resampling of `torch.nn.functional`: new sizes of images, samples at places."""

from __future__ import annotations

import operator
from math import floor
from typing import Any

from isograd.core.primitive import Payload
from isograd.torch.nn.pool_checks import check_cells
from isograd.torch.nn.pooling import none_of
from isograd.torch.nn.table import FUNCTIONAL as T
from isograd.torch.nn.table import F, Named, dtype_name, plain, row

_MODES = {
    "nearest": (1, 2, 3),
    "nearest-exact": (1, 2, 3),
    "linear": (1,),
    "bilinear": (2,),
    "bicubic": (2,),
    "trilinear": (3,),
    "area": (1, 2, 3),
}
_MODE_LABELS = {
    "nearest": "UpsampleNearest{}D",
    "nearest-exact": "UpsampleNearestExact{}D",
    "linear": "UpsampleLinear{}D",
    "bilinear": "UpsampleBilinear{}D",
    "bicubic": "UpsampleBicubic{}D",
    "trilinear": "UpsampleTrilinear{}D",
    "area": "AdaptiveAvgPool{}D",
}


@row
def interpolate(
    input: Payload,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: Any = None,
    recompute_scale_factor: Any = None,
    antialias: bool = False,
) -> Any:
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the "
                "interpolating modes: linear | bilinear | bicubic | "
                "trilinear"
            )
    rank = input.ndim - 2
    count, scales = _resampled(
        input.shape[2:], size, scale_factor, recompute_scale_factor
    )
    if antialias and (mode not in ("bilinear", "bicubic", "lanczos") or rank != 2):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes "
            "and requires a 4-D tensor as input"
        )
    if rank not in _MODES.get(mode, ()):
        _refuse_mode(input.ndim, mode)
    _check_sizes(input, count, mode)
    if 0 in count:  # of cells
        cells = F.adaptive_avg_pool(input, count=tuple(c or 1 for c in count))
        return Named(none_of(cells, count), f"AdaptiveAvgPool{rank}DBackward0")
    kind = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}
    out = F.interpolate(
        input,
        count=count,
        mode=kind.get(mode, mode),
        corners=bool(align_corners),
        scales=scales,
        antialias=antialias,
    )
    label = _MODE_LABELS[mode].format(rank) + ("Aa" if antialias else "")
    if mode == "area" and rank == 1:
        label = "Squeeze"
    return Named(out, f"{label}Backward{int(label == 'Squeeze')}")


def _refuse_mode(ndim: int, mode: str) -> None:
    need = {"linear": "3D", "bilinear": "4D", "trilinear": "5D"}.get(mode)
    if need and 3 <= ndim <= 5:
        raise NotImplementedError(
            f"Got {ndim}D input, but {mode} mode needs {need} input"
        )
    raise NotImplementedError(
        "Input Error: Only 3D, 4D and 5D input Tensors supported (got "
        f"{ndim}D) for the modes: nearest | linear | bilinear | bicubic | "
        f"trilinear | lanczos | area | nearest-exact (got {mode})"
    )


def _check_sizes(x: Payload, count: tuple[int, ...], mode: str) -> None:
    """Sizes above zero, of data that the mode can weigh.

    Raises:
        RuntimeError, NotImplementedError: for others.
    """
    space = x.shape[2:]
    if mode == "area":
        check_cells(f"adaptive_avg_pool{len(space)}d", x, count)
        if 0 not in count:
            return
    if min((*space, *count)) < 1 and mode != "area":
        names = "DHW"[-len(space) :]
        ins, outs = (
            ", ".join(f"{a}: {n}" for a, n in zip(names, s, strict=True))
            for s in (space, count)
        )
        link = " and" if len(space) == 1 else ""
        raise RuntimeError(
            "Input and output sizes should be greater than 0, but got input "
            f"({ins}){link} output ({outs})"
        )
    if mode in ("linear", "trilinear") and x.dtype.kind in "iub":
        raise NotImplementedError(
            f"\"compute_indices_weights_linear\" not implemented for '{dtype_name(x)}'"
        )


def _whole(name: str, given: Any, space: Any) -> Any:
    """A value for each axis, from one or a sequence.

    Raises:
        ValueError: for another number of them.
    """
    if not isinstance(given, tuple | list):
        return (given,) * len(space)
    if len(given) != len(space):
        which, found, what = (
            ("output", f"output size of {given}", "output size in (o1, o2, ...,oK)")
            if name == "size"
            else (
                "scale_factor",
                f"scale_factor of shape {given}",
                "scale_factor in (s1, s2, ...,sK)",
            )
        )
        raise ValueError(
            f"Input and {which} must have the same number of spatial dimensions, but got "
            f"input with spatial dimensions of {list(space)} and {found}. Please provide "
            f"input tensor in (N, C, d1, d2, ...,dK) format and {what} format."
        )
    return given


def _resampled(space: Any, size: Any, scale_factor: Any, recompute: Any) -> Any:
    """(new sizes, steps between elements or None).

    Raises:
        ValueError: for both or neither of size and factor, and for other numbers.
    """
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is not None:
        count = _whole("size", size, space)
        if recompute:
            raise ValueError(
                "recompute_scale_factor is not meaningful with an explicit size."
            )
        return tuple(map(operator.index, count)), None
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    factors = [float(s) for s in _whole("scale_factor", scale_factor, space)]
    count = tuple(floor(n * s) for n, s in zip(space, factors, strict=True))
    if recompute or min(count, default=0) < 1:
        return count, None
    return count, tuple(1.0 / s for s in factors)


@plain
def upsample(
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: Any = None,
) -> Any:
    return T["interpolate"](input, size, scale_factor, mode, align_corners)


@plain
def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    return T["interpolate"](input, size, scale_factor, "nearest")


@plain
def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    return T["interpolate"](input, size, scale_factor, "bilinear", True)


@row
def grid_sample(
    input: Payload,
    grid: Payload,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: Any = None,
) -> Any:
    modes = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}
    if mode not in modes:
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', "
            f"'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be "
            f"'zeros', 'border', or 'reflection', but got: '{padding_mode}'"
        )
    out = F.grid_sample(
        input, grid, mode=modes[mode], padding=padding_mode, corners=bool(align_corners)
    )
    return Named(out, f"GridSampler{input.ndim - 2}DBackward0")


@row(label="AffineGridGeneratorBackward0")
def affine_grid(theta: Payload, size: Any, align_corners: Any = None) -> Payload:
    return F.affine_grid(theta, space=tuple(size)[2:], corners=bool(align_corners))
