"""Linear maps and convolutions of `torch.nn.functional`, and what they refuse."""

from __future__ import annotations

from math import prod
from typing import Any

import isograd.nn.attention
import isograd.nn.normalisation
import isograd.nn.recurrent  # noqa: F401  (registers composites)
from isograd.core import fast
from isograd.core.primitive import REGISTRY, Payload
from isograd.core.tape import Node
from isograd.torch.nn.table import FUNCTIONAL as T
from isograd.torch.nn.table import F, Named, c_name, dtype_name, ints, row
from isograd.torch.tensor import FAMILY, Tensor

# --- linear ---------------------------------------------------------------------------


def check_linear(input: Payload, weight: Payload, bias: Any) -> int:
    """How many rows the input has, where it fits the weight."""
    if input.dtype != weight.dtype:
        if bias is None:
            raise RuntimeError(
                "expected m1 and m2 to have the same dtype, but got: "
                f"{c_name(input)} != {c_name(weight)}"
            )
        raise RuntimeError(
            f"mat1 and mat2 must have the same dtype, but got "
            f"{dtype_name(input)} and {dtype_name(weight)}"
        )
    if input.ndim == 0:
        raise RuntimeError(
            "both arguments to linear need to be at least 1D, but they are 0D and "
            f"{weight.ndim}D"
        )
    rows = prod(input.shape[:-1])
    if input.shape[-1] != weight.shape[-1]:
        k = input.shape[-1]
        w = weight.shape if weight.ndim == 2 else (1, weight.shape[0])
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({rows}x{k} and {w[1]}x{w[0]})"
        )
    return rows


@row
def linear(input: Payload, weight: Payload, bias: Any = None) -> Any:
    rows = check_linear(input, weight, bias)
    if weight.ndim == 1:
        return Named(F.sum(F.mul(input, weight), axes=(input.ndim - 1,)), "MvBackward0")
    if bias is None:
        label = {1: "SqueezeBackward4", 2: "MmBackward0"}
        return Named(
            F.linear(input, weight), label.get(input.ndim, "UnsafeViewBackward0")
        )
    if bias.shape not in ((weight.shape[0],), (1,), ()):
        raise RuntimeError(
            f"The expanded size of the tensor ({weight.shape[0]}) must match the "
            f"existing size ({bias.shape[-1]}) at non-singleton dimension 1.  Target "
            f"sizes: [{rows}, {weight.shape[0]}].  Tensor sizes: {list(bias.shape)}"
        )
    if bias.shape != (weight.shape[0],):
        bias = F.broadcast_to(bias, (weight.shape[0],))
    label = {1: "ViewBackward0", 2: "AddmmBackward0"}
    return Named(F.linear(input, weight, bias), label.get(input.ndim, "ViewBackward0"))


_slow_linear = T["linear"]
_quick = fast.several(REGISTRY["linear"], Tensor, lambda *xs: _slow_linear(*xs), FAMILY)


def _fast_linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """x times the transposed weight, plus the bias."""
    p = getattr(input, "_p", None)
    if p is None or p.ndim != 2 or weight._p.ndim != 2:
        return _slow_linear(input, weight, bias)
    t = _quick(input, weight) if bias is None else _quick(input, weight, bias)
    node = t._node
    if node is not None and node.label is None and type(node) is Node:
        node.label = "MmBackward0" if bias is None else "AddmmBackward0"
    return t


_fast_linear.__name__ = _fast_linear.__qualname__ = "linear"
T["linear"] = _fast_linear


@row
def bilinear(
    input1: Payload, input2: Payload, weight: Payload, bias: Any = None
) -> Any:
    _check_bilinear(input1, input2, weight, bias)
    label = "ViewBackward0" if bias is None else "AddBackward0"
    return Named(F.bilinear(input1, input2, weight, bias), label)


def _check_bilinear(x: Payload, y: Payload, w: Payload, b: Any) -> None:
    named = {"input1": x, "input2": y, "weight": w}
    named |= {} if b is None else {"bias": b}
    if any(p.dtype != x.dtype for p in named.values()):
        listed = ", ".join(f"{n}: {c_name(p)}" for n, p in named.items())
        raise RuntimeError(f"All tensors must have the same dtype, got {listed}")
    if x.ndim != y.ndim:
        raise RuntimeError(
            f"bilinear(): input dimensions do not match: got {x.ndim} and {y.ndim}"
        )
    for i, (m, n) in enumerate(zip(x.shape[:-1], y.shape[:-1], strict=True)):
        if m != n:
            raise RuntimeError(
                f"bilinear(): input batch dimensions do not match at dim {i}: got {m} "
                f"and {n}"
            )
    sizes = [("input1", x.shape[-1], w.shape[1]), ("input2", y.shape[-1], w.shape[2])]
    if b is not None:
        sizes.append(("bias", b.shape[0], w.shape[0]))
    for name, got, need in sizes:
        if got != need:
            raise RuntimeError(
                f"bilinear(): {name} size does not match weight size: got {got} but "
                f"expected {need}"
            )


# --- convolution ----------------------------------------------------------------------


_AXES = ("depth", "height", "width")


def _words(word: str, numbers: Any, link: str = " ") -> str:
    """Numbers of a window as PyTorch prints them: one axis is taken for two."""
    full = (1, *numbers) if len(numbers) == 1 else numbers
    return link.join(
        f"{word}_{a}: {n}" for a, n in zip(_AXES[-len(full) :], full, strict=True)
    )


def _numbers(name: str, x: Any, rank: int) -> tuple[int, ...]:
    found = ints(x, rank)
    if len(found) != rank:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {rank} values to "
            f"match the convolution dimensions, but got {name}={list(found)}"
        )
    return found


def _check_rank(x: Payload, w: Payload, rank: int, name: str) -> None:
    """Data with a channel axis; filters have as many axes as a batch of them.

    Raises:
        RuntimeError: for others.
    """
    if x.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(
            f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, "
            f"but got input of size: {list(x.shape)}"
        )
    if w.ndim == rank + 2 or w.ndim < 3:
        return
    if rank > 1:  # the weight decides how many numbers there should be
        n = w.ndim - 2
        raise RuntimeError(
            f"expected stride to be a single integer value or a list of {n} values to "
            f"match the convolution dimensions, but got stride={[1] * rank}"
        )
    raise RuntimeError(
        f"Expected {w.ndim}-dimensional input for {w.ndim}-dimensional weight "
        f"{list(w.shape)}, but got {x.ndim}-dimensional input of size {list(x.shape)} "
        "instead"
    )


def _check_numbers(steps: Any, pads: Any, groups: int) -> None:
    if min(steps) < 1:
        raise RuntimeError("non-positive stride is not supported")
    if pads and min(pads) < 0:
        raise RuntimeError("negative padding is not supported")
    if groups < 1:
        raise RuntimeError("non-positive groups is not supported")


def _check_weight(w: Payload, groups: int) -> None:
    outs = w.shape[0]
    if outs < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at "
            f"dimension 0, but got weight of size {list(w.shape)} instead"
        )
    if outs % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at "
            f"dimension 0, but got weight of size [{list(w.shape)}] instead"
        )
    if 0 in w.shape[2:]:
        space = w.shape[2:]
        sizes = (
            f": {' x '.join(map(str, space))} (TxHxW)"
            if len(space) == 3
            else f" {_words('kernel', space)}"
        )
        raise RuntimeError(f"kernel size should be greater than zero, but got{sizes}")


def _check_conv(
    x: Payload, w: Payload, b: Any, name: str, groups: int, transposed: bool
) -> None:
    rank = w.ndim - 2
    if rank < 1:
        raise RuntimeError("weight should have at least three dimensions")
    _check_weight(w, groups)
    if x.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(
            f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, "
            f"but got input of size: {list(x.shape)}"
        )
    if b is not None and b.dtype != x.dtype and not transposed:
        raise RuntimeError(
            f"Input type ({c_name(x)}) and bias type ({c_name(b)}) should be the same"
        )
    if x.dtype != w.dtype:
        raise RuntimeError(
            f"expected scalar type {dtype_name(x)} but found {dtype_name(w)}"
        )
    full = x.shape if x.ndim == rank + 2 else (1, *x.shape)
    channels = w.shape[0] if transposed else w.shape[1] * groups
    if full[1] != channels:
        how = "transposed=1" if transposed else f"groups={groups}"
        raise RuntimeError(
            f"Given {how}, weight of size {list(w.shape)}, expected input{list(full)} to "
            f"have {channels} channels, but got {full[1]} channels instead"
        )
    outs = w.shape[1] * groups if transposed else w.shape[0]
    if b is not None and b.shape != (outs,):
        raise RuntimeError(
            f"Given weight of size {list(w.shape)}, expected bias to be 1-dimensional "
            f"with {outs} elements, but got bias of size {list(b.shape)} instead"
        )


def _check_kernel(x: Payload, w: Payload, padding: Any, dilation: Any) -> None:
    rank = w.ndim - 2
    if isinstance(padding, str):
        return
    space = [n + lo + hi for n, (lo, hi) in zip(x.shape[-rank:], padding, strict=True)]
    size = [d * (k - 1) + 1 for k, d in zip(w.shape[2:], dilation, strict=True)]
    if any(k > n for k, n in zip(size, space, strict=True)):
        a, b = (" x ".join(map(str, s)) for s in (space, size))
        raise RuntimeError(
            f"Calculated padded input size per channel: ({a}). Kernel size: ({b}). "
            "Kernel size can't be greater than actual input size"
        )


def _convolution(name: str, rank: int) -> None:
    def body(
        input: Payload,
        weight: Payload,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Any:
        _check_rank(input, weight, rank, name)
        steps = _numbers("stride", stride, rank)
        spread = _numbers("dilation", dilation, rank)
        named = isinstance(padding, str)
        widths = () if named else _numbers("padding", padding, rank)
        _check_numbers(steps, widths, groups)
        _check_conv(input, weight, bias, name, groups, False)
        if min(spread) < 1:
            _refuse_dilation(spread, input.ndim == rank + 2 and input.shape[0] > 1)
        pads = padding if named else tuple((p, p) for p in widths)
        if named and pads not in ("same", "valid"):
            raise RuntimeError(f"Invalid padding string: '{pads}'")
        if pads == "same" and any(s != 1 for s in steps):
            raise RuntimeError(
                "padding='same' is not supported for strided convolutions"
            )
        _check_kernel(input, weight, pads, spread)
        out = F.convolution(
            input,
            weight,
            bias,
            stride=steps,
            padding=pads,
            dilation=spread,
            groups=groups,
        )
        return Named(out, _label(input, rank))

    row(body, name=name)


def _label(x: Payload, rank: int) -> str:
    """PyTorch computes complex numbers by parts, and one sample as a batch of one."""
    if x.ndim == rank + 1:
        return "SqueezeBackward1"
    return "AddBackward0" if x.dtype.kind == "c" else "ConvolutionBackward0"


def _refuse_dilation(spread: tuple[int, ...], several: bool) -> None:
    """PyTorch takes another kernel for several samples than for one."""
    if several:
        raise RuntimeError("non-positive dilation is not supported")
    full = [1, *spread] if len(spread) == 1 else list(spread)
    found = f", but got {full}" if min(spread) == 0 else ""
    raise RuntimeError(f"dilation should be greater than zero{found}")


def _check_grown(
    x: Payload, w: Payload, steps: Any, widths: Any, spread: Any, extra: Any
) -> None:
    """What a transposed convolution gives has a size."""
    if min(extra) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if min(spread) < 1:
        raise RuntimeError(
            f"dilation should be greater than zero, but got "
            f"{_words('dilation', spread, ', ')}"
        )
    if any(e >= max(s, d) for e, s, d in zip(extra, steps, spread, strict=True)):
        rank = len(extra)
        listed = " ".join(
            _words(name, numbers if rank > 1 else (fill, *numbers))
            for name, numbers, fill in (
                ("output_padding", extra, 0),
                ("stride", steps, 1),
                ("dilation", spread, 1),
            )
        )
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got "
            + listed
        )
    space = x.shape[-len(steps) :]
    outs = [
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(
            space, steps, widths, spread, w.shape[2:], extra, strict=True
        )
    ]
    if min(outs) < 1:
        one = ["1"] if len(outs) == 1 else []
        ins, out = (" x ".join(one + [str(n) for n in t]) for t in (space, outs))
        raise RuntimeError(
            f"Given input size per channel: ({ins}). Calculated output size per channel: "
            f"({out}). Output size is too small"
        )


def _transposed_convolution(rank: int) -> None:
    def transposed(
        input: Payload,
        weight: Payload,
        bias: Any = None,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        dilation: Any = 1,
    ) -> Any:
        _check_rank(input, weight, rank, f"conv_transpose{rank}d")
        steps = _numbers("stride", stride, rank)
        spread = _numbers("dilation", dilation, rank)
        widths = _numbers("padding", padding, rank)
        extra = _numbers("output_padding", output_padding, rank)
        _check_numbers(steps, widths, groups)
        _check_conv(input, weight, bias, f"conv_transpose{rank}d", groups, True)
        _check_grown(input, weight, steps, widths, spread, extra)
        out = F.transposed_convolution(
            input,
            weight,
            bias,
            stride=steps,
            padding=tuple((p, p) for p in widths),
            extra=extra,
            dilation=spread,
            groups=groups,
        )
        return Named(out, _label(input, rank))

    row(transposed, name=f"conv_transpose{rank}d")


for _rank in (1, 2, 3):
    _convolution(f"conv{_rank}d", _rank)
    _transposed_convolution(_rank)
