"""What pooling refuses, in PyTorch's words, which differ from function to function."""

from __future__ import annotations

import operator
from typing import Any

from isograd.core.primitive import Payload
from isograd.torch.nn.table import dtype_name

Numbers = tuple[int, ...]
_COUNT = {1: "one int", 2: "two ints", 3: "three ints"}
_PLACES = {"kernel_size": 2, "stride": 3, "padding": 4, "dilation": 5}
_OUR_OWN = "max_pool1d"  # the one function that checks everything itself


def _count_text(name: str, what: str, found: int) -> str:
    rank = int(name[-2])
    if name == _OUR_OWN:
        kinds = {
            "kernel_size": "an int, list of ints or tuple of ints",
            "stride": "None, an int, list of ints, or tuple of ints",
            "padding": "an int, list of ints, or tuple of ints",
            "dilation": "an int, list of ints or tuple of ints",
        }
        return f"{name}() {what} must be {kinds[what]} of size 1 but got size {found}"
    if rank == 1:
        return f"{name}() argument '{what}' should contain one int (got {found})"
    either = {"dilation": "be either"}.get(what, "either be")
    must = "be" if name == "avg_pool3d" else either
    omitted = "omitted, " if what == "stride" else ""
    return f"{name}: {what} must {must} {omitted}a single int, or a tuple of {_COUNT[rank]}"


def numbers(name: str, what: str, x: Any, rank: int) -> Numbers:
    """A number for each axis, from one number or a sequence.

    Raises:
        TypeError: for what is neither.
        RuntimeError: for another count.
    """
    if hasattr(x, "__index__"):
        return (operator.index(x),) * rank
    if not isinstance(x, tuple | list):
        raise TypeError(
            f"{name}(): argument '{what}' (position {_PLACES[what]}) must be tuple of "
            f"ints, not {type(x).__name__}"
        )
    found = tuple(map(operator.index, x))
    if len(found) == 1:
        return found * rank
    if len(found) != rank:
        raise RuntimeError(_count_text(name, what, len(found)))
    return found


def _sizes(prefix: str, found: Numbers) -> str:
    full = (1, *found) if len(found) == 1 else found
    return " ".join(
        f"{prefix}{a}: {n}" for a, n in zip("THW"[-len(full) :], full, strict=True)
    )


def check_window(
    name: str, size: Numbers, step: Numbers, pads: Numbers, spread: Numbers
) -> None:
    """Numbers of a window that are out of range.

    Raises:
        RuntimeError: for such.
    """
    if min(size) > 0 and min(step) > 0 and min(pads) >= 0 and min(spread) > 0:
        return
    if name == _OUR_OWN:
        for what, found, least in (
            ("kernel_size", size[0], 1),
            ("stride", step[0], 1),
            ("padding", pads[0], 0),
            ("dilation", spread[0], 1),
        ):
            if found < least:
                need = "greater than zero" if least else "non-negative"
                raise RuntimeError(f"{name}() {what} must be {need}, but got {found}")
    if 0 in step:
        raise RuntimeError("stride should not be zero")
    for what, prefix, found in (
        ("kernel size", "k", size),
        ("stride", "d", step),
        ("dilation", "dilation", spread),
    ):
        if min(found) < 1:
            raise RuntimeError(
                f"{what} should be greater than zero, but got {_sizes(prefix, found)}"
            )
    raise RuntimeError(f"pad must be non-negative, but got pad: {min(pads)}")


def check_reach(
    name: str,
    x: Payload,
    window: tuple[Numbers, Numbers, Numbers, Numbers],
    ceil_mode: bool,
) -> None:
    """Padding within half the window; at least one window on each axis."""
    size, step, pads, spread = window
    space = x.shape[2:]
    if name == "avg_pool3d" and any(n < k for n, k in zip(space, size, strict=True)):
        raise RuntimeError(
            f"input image ({_sizes('', space)}) smaller than kernel size "
            f"({_sizes('k', size)})"
        )
    if any(p > k // 2 for p, k in zip(pads, size, strict=True)):
        _refuse_pads(name, size, pads, spread)
    outs = []
    for n, k, s, p, d in zip(space, size, step, pads, spread, strict=True):
        reach = n + 2 * p - d * (k - 1) - 1
        outs.append(-(-reach // s) + 1 if ceil_mode else reach // s + 1)
    if min(outs) < 1:
        _refuse_small(name, x, outs)


def _refuse_pads(name: str, size: Numbers, pads: Numbers, spread: Numbers) -> None:
    for p, k, d in zip(pads, size, spread, strict=True):
        if name == _OUR_OWN and p > k // 2:
            raise RuntimeError(
                f"{name}() padding should be at most half of kernel size, but got "
                f"padding={p} and kernel_size={k}"
            )
        if p > ((k - 1) * d + 1) // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={p}, kernel_size={k} and dilation={d}"
            )
    if len(size) == 3:
        (kt, kh, kw), (pt, ph, pw) = size, pads
        found = f"kT: {kt} kW: {kw} kH: {kh} padT: {pt} padW: {pw} padH: {ph}"
    else:
        (kh, kw), (ph, pw) = (1, *size)[-2:], (0, *pads)[-2:]
        found = f"padW = {pw}, padH = {ph}, kW = {kw}, kH = {kh}"
    raise RuntimeError(
        f"pad should be smaller than or equal to half of kernel size, but got {found}"
    )


def _refuse_small(name: str, x: Payload, outs: list[int]) -> None:
    if name == _OUR_OWN:
        raise RuntimeError(f"{name}() Invalid computed output size: {outs[0]}")
    one = ("1",) if len(outs) == 1 else ()
    ins, out = (
        "x".join((str(x.shape[1]), *one, *map(str, s))) for s in (x.shape[2:], outs)
    )
    raise RuntimeError(
        f"Given input size: ({ins}). Calculated output size: ({out}). "
        "Output size is too small"
    )


_UNABLE = {
    "max_pool1d": ("biu", "max_pool1d_impl"),
    "max_pool2d": ("b", "max_pool2d"),
    "max_pool3d": ("b", "max_pool3d"),
    "avg_pool1d": ("b", "avg_pool2d"),
    "avg_pool2d": ("b", "avg_pool2d"),
    "avg_pool3d": ("b", "avg_pool3d_out_frame"),
    "adaptive_avg_pool1d": ("biu", "adaptive_avg_pool2d"),
    "adaptive_avg_pool2d": ("biu", "adaptive_avg_pool2d"),
    "adaptive_avg_pool3d": ("biu", "adaptive_avg_pool3d_cpu"),
    "adaptive_max_pool1d": ("biu", "adaptive_max_pool2d"),
    "adaptive_max_pool2d": ("biu", "adaptive_max_pool2d"),
    "adaptive_max_pool3d": ("biu", "adaptive_max_pool3d_cpu"),
}


def check_dtype(name: str, x: Payload) -> None:
    kinds, kernel = _UNABLE[name]
    if x.dtype.kind in kinds:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{dtype_name(x)}'")


def _axis_error(rank: int) -> IndexError:
    return IndexError(
        f"Dimension out of range (expected to be in range of [{-rank}, {rank - 1}], but "
        "got -3)"
        if rank
        else "Dimension specified as -3 but tensor has no dimensions"
    )


def check_input(name: str, rank: int, x: Payload) -> None:
    """The input's dimensions; only the batch may be empty.

    Raises:
        RuntimeError, IndexError: for others.
    """
    fits = x.ndim in (rank + 1, rank + 2)
    if fits and 0 not in x.shape[x.ndim - rank - 1 :]:
        return
    shape = list(x.shape)
    if name == "avg_pool1d":
        if not fits:
            raise RuntimeError(_between(name, x))
        shape.insert(-1, 1)
    if name == "avg_pool2d" and x.ndim < 3:
        raise _axis_error(x.ndim)
    if not fits and name in ("max_pool2d", "max_pool3d", "avg_pool3d"):
        raise RuntimeError(
            f"non-empty {rank + 1}D or {rank + 2}D (batch mode) tensor expected for input"
        )
    if rank == 3:
        own = {"max_pool3d": "max_pool3d_with_indices_out_cpu_template"}.get(name, name)
        raise RuntimeError(
            f"{own}(): Expected input's non-batch dimensions to have positive length, "
            f"but input has a shape of {shape} and non-batch dimension 0 has length zero!"
        )
    ranks = "3D or 4D" if name != _OUR_OWN else "2D or 3D"
    start = f"{name}: " if name == _OUR_OWN else ""
    raise RuntimeError(
        f"{start}Expected {ranks} (batch mode) tensor with optional 0 dim batch size for "
        f"input, but got:{shape}"
    )


def _between(name: str, x: Payload) -> str:
    return (
        f"Expected 2 to 3 dimensions, but got {x.ndim}-dimensional tensor for argument "
        f"#1 'self' (while checking arguments for {name})"
    )


def adaptive_sizes(name: str, rank: int, size: Any, space: Numbers) -> Numbers:
    """How many cells on each axis; None for as many as there are.

    Raises:
        TypeError, RuntimeError: for another count, numbers below zero.
    """
    if hasattr(size, "__index__"):
        return (operator.index(size),) * rank
    if rank == 1 and not isinstance(size, tuple | list):
        raise TypeError(
            f"{name}(): argument 'output_size' (position 2) must be tuple of ints, not "
            f"{type(size).__name__}"
        )
    len(size)  # as PyTorch refuses what has none
    for i, n in enumerate(size):
        if n is not None and not hasattr(n, "__index__"):
            raise TypeError(
                f"{name}(): argument 'output_size' (position 2) must be tuple of ints, "
                f"but found element of type {type(n).__name__} at pos {i}"
            )
    if len(size) != rank:
        raise RuntimeError(
            f"{name}() argument 'output_size' should contain one int (got {len(size)})"
            if rank == 1
            else f"{name}: output_size must be {rank}"
            if "avg" in name
            else f"{name}(): internal error: output_size.size() must be {rank}"
        )
    return tuple(
        n if o is None else operator.index(o) for o, n in zip(size, space, strict=True)
    )


def check_adaptive(name: str, rank: int, x: Payload) -> None:
    shape, mean = list(x.shape), "avg" in name
    if x.ndim not in (rank + 1, rank + 2):
        if rank == 1:
            raise RuntimeError(_between(name, x))
        raise RuntimeError(
            f"{name}(): Expected {rank + 1}D or {rank + 2}D tensor, but got"
            f"{'' if mean else ':'} {shape}"
        )
    channels = x.ndim - rank - 1
    first = channels + 1 if mean and rank < 3 else channels
    if mean and rank == 1:
        name, shape = "adaptive_avg_pool2d", [*shape[:-1], 1, shape[-1]]
    for i in range(first, len(shape)):
        if shape[i] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch "
                f"dimensions, but input has sizes {shape} with dimension {i} being empty"
            )


def check_cells(name: str, x: Payload, count: Numbers) -> None:
    """Counts of cells are not negative."""
    if min(count) >= 0:
        return
    full = (1, *count) if len(count) == 1 else count
    if "max" in name:
        shape = [*x.shape[: x.ndim - len(count)], *full]
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(count)}: {shape}"
        )
    listed = f"{full[0]}, " + ",".join(map(str, full[1:]))
    raise RuntimeError(
        f"adaptive_avg_pool{len(full)}d: elements of output_size must be greater than or "
        f"equal to 0 but received {{{listed}}}"
    )
