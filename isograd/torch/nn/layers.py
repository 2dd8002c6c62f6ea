"""Linear maps, convolutions, pooling, normalisation, embedding, resampling and
attention of `torch.nn.functional`."""

from __future__ import annotations

from math import prod
from typing import Any

import isograd.nn.attention
import isograd.nn.normalisation
import isograd.nn.recurrent  # noqa: F401  (registers composites)
from isograd.core import fast
from isograd.core.primitive import REGISTRY, Payload
from isograd.core.tape import Node
from isograd.torch.call import public
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
    rows = prod(input.shape[:-1])
    if input.ndim == 0 or input.shape[-1] != weight.shape[-1]:
        k = input.shape[-1] if input.ndim else 1
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


@row(label="AddBackward0")
def bilinear(
    input1: Payload, input2: Payload, weight: Payload, bias: Any = None
) -> Payload:
    _check_bilinear(input1, input2, weight, bias)
    return F.bilinear(input1, input2, weight, bias)


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


def _check_conv(
    x: Payload, w: Payload, b: Any, name: str, groups: int, transposed: bool
) -> None:
    rank = w.ndim - 2
    if x.ndim not in (rank + 1, rank + 2):
        raise RuntimeError(
            f"Expected {rank + 1}D (unbatched) or {rank + 2}D (batched) input to {name}, "
            f"but got input of size: {list(x.shape)}"
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
    ) -> Payload:
        _check_conv(input, weight, bias, name, groups, False)
        steps, spread = ints(stride, rank), ints(dilation, rank)
        pads = (
            padding
            if isinstance(padding, str)
            else tuple((p, p) for p in ints(padding, rank))
        )
        if pads == "same" and any(s != 1 for s in steps):
            raise RuntimeError(
                "padding='same' is not supported for strided convolutions"
            )
        _check_kernel(input, weight, pads, spread)
        return F.convolution(
            input,
            weight,
            bias,
            stride=steps,
            padding=pads,
            dilation=spread,
            groups=groups,
        )

    row(body, name=name, label="ConvolutionBackward0")


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
    ) -> Payload:
        full = f"conv_transpose{rank}d"
        _check_conv(input, weight, bias, full, groups, True)
        steps, spread = ints(stride, rank), ints(dilation, rank)
        extra = ints(output_padding, rank)
        for e, s, d in zip(extra, steps, spread, strict=True):
            if e >= s and e >= d:
                raise RuntimeError(
                    "output padding must be smaller than either stride or "
                    f"dilation, but got output_padding: {e} stride: {s} "
                    f"dilation: {d}"
                )
        return F.transposed_convolution(
            input,
            weight,
            bias,
            stride=steps,
            padding=tuple((p, p) for p in ints(padding, rank)),
            extra=extra,
            dilation=spread,
            groups=groups,
        )

    row(transposed, name=f"conv_transpose{rank}d", label="ConvolutionBackward0")


for _rank in (1, 2, 3):
    _convolution(f"conv{_rank}d", _rank)
    _transposed_convolution(_rank)

# --- pooling --------------------------------------------------------------------------


def _batched(x: Payload, rank: int, name: str) -> tuple[Payload, bool]:
    """x with a batch axis; whether it was added."""
    if x.ndim == rank + 1:
        return F.unsqueeze(x, axis=0), True
    if x.ndim != rank + 2 or 0 in x.shape[1:]:
        text = f"{rank + 1}D or {rank + 2}D (batch mode) tensor expected for input"
        raise RuntimeError(
            f"non-empty {text}"
            if rank != 1
            else f"{name}() Expected {rank + 1}D or {rank + 2}D input tensor, but got "
            f"{list(x.shape)}"
        )
    return x, False


def _unbatched(out: Payload, alone: bool) -> Payload:
    return F.squeeze(out, axes=(0,)) if alone else out


def _pool_label(kind: str, rank: int, indices: bool = False) -> str:
    if rank == 1:
        return "SqueezeBackward1"
    return f"{kind}Pool{rank}D{'WithIndices' if indices else ''}Backward0"


def _check_pool(
    x: Payload, size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> None:
    for p, k in zip(padding, size, strict=True):
        if p > k // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but "
                f"got pad={p}, kernel_size={k} and dilation=1"
            )
    outs = []
    for n, k, s, p, d in zip(x.shape[2:], size, stride, padding, dilation, strict=True):
        reach = n + 2 * p - d * (k - 1) - 1
        outs.append(-(-reach // s) + 1 if ceil_mode else reach // s + 1)
    if any(o < 1 for o in outs):
        ins, out = ("x".join(map(str, (x.shape[1], *s))) for s in (x.shape[2:], outs))
        raise RuntimeError(
            f"Given input size: ({ins}). Calculated output size: ({out}). "
            "Output size is too small"
        )


def _max_pool(rank: int) -> None:
    name = f"max_pool{rank}d"

    def both(
        input: Payload,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        x, alone = _batched(input, rank, name)
        size = ints(kernel_size, rank)
        step = size if stride is None or stride == [] else ints(stride, rank)
        pads, spread = ints(padding, rank), ints(dilation, rank)
        _check_pool(x, size, step, pads, spread, ceil_mode)
        out, where = F.max_pool(
            x,
            size=size,
            stride=step,
            padding=pads,
            dilation=spread,
            ceil_mode=ceil_mode,
        )
        return _unbatched(out, alone), _unbatched(where, alone)

    pair = public(both, name, _pool_label("Max", rank, True))

    def function(
        input: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any:
        out = pair(input, kernel_size, stride, padding, dilation, ceil_mode)
        return out if return_indices else out[0]

    function.__name__ = function.__qualname__ = name
    T[name] = function
    T[f"{name}_with_indices"] = pair


def _max_unpool(rank: int) -> None:
    def unpool(
        input: Payload,
        indices: Payload,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        output_size: Any = None,
    ) -> Payload:
        x, alone = _batched(input, rank, f"max_unpool{rank}d")
        size = ints(kernel_size, rank)
        step = size if stride is None else ints(stride, rank)
        space = tuple(
            (n - 1) * s - 2 * p + k
            for n, s, p, k in zip(
                x.shape[2:], step, ints(padding, rank), size, strict=True
            )
        )
        if output_size is not None:
            space = tuple(output_size)[-rank:]
        where = F.unsqueeze(indices, axis=0) if alone else indices
        return _unbatched(F.max_unpool(x, where, space=space), alone)

    row(unpool, name=f"max_unpool{rank}d", label=f"MaxUnpool{rank}DBackward0")


def _avg_pool(rank: int) -> None:
    name = f"avg_pool{rank}d"

    def body(
        input: Payload,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: Any = None,
    ) -> Payload:
        x, alone = _batched(input, rank, name)
        size = ints(kernel_size, rank)
        step = size if stride is None or stride == [] else ints(stride, rank)
        pads = ints(padding, rank)
        if divisor_override == 0:
            raise RuntimeError("divisor must be not zero")
        _check_pool(x, size, step, pads, (1,) * rank, ceil_mode)
        out = F.avg_pool(
            x,
            size=size,
            stride=step,
            padding=pads,
            ceil_mode=ceil_mode,
            count_padding=count_include_pad,
            divisor=divisor_override,
        )
        return _unbatched(out, alone)

    row(body, name=name, label=_pool_label("Avg", rank))


def _sizes(output_size: Any, space: tuple[int, ...]) -> tuple[int, ...]:
    rank = len(space)
    given = (
        (output_size,) * rank
        if isinstance(output_size, int) or (output_size is None)
        else tuple(output_size)
    )
    return tuple(n if o is None else int(o) for o, n in zip(given, space, strict=True))


def _adaptive(rank: int) -> None:
    def average(input: Payload, output_size: Any) -> Any:
        x, alone = _batched(input, rank, f"adaptive_avg_pool{rank}d")
        count = _sizes(output_size, x.shape[2:])
        out = _unbatched(F.adaptive_avg_pool(x, count=count), alone)
        if rank == 2 and count == (1, 1):
            return Named(out, "MeanBackward1")
        return out

    row(
        average,
        name=f"adaptive_avg_pool{rank}d",
        label=_pool_label("AdaptiveAvg", rank),
    )

    def both(input: Payload, output_size: Any) -> Any:
        x, alone = _batched(input, rank, f"adaptive_max_pool{rank}d")
        out, where = F.adaptive_max_pool(x, count=_sizes(output_size, x.shape[2:]))
        return _unbatched(out, alone), _unbatched(where, alone)

    pair = public(both, f"adaptive_max_pool{rank}d", _pool_label("AdaptiveMax", rank))

    def function(input: Any, output_size: Any, return_indices: bool = False) -> Any:
        out = pair(input, output_size)
        return out if return_indices else out[0]

    function.__name__ = function.__qualname__ = f"adaptive_max_pool{rank}d"
    T[f"adaptive_max_pool{rank}d"] = function
    T[f"adaptive_max_pool{rank}d_with_indices"] = pair


def _lp_pool(rank: int) -> None:
    def body(
        input: Payload,
        norm_type: float,
        kernel_size: Any,
        stride: Any = None,
        ceil_mode: bool = False,
    ) -> Payload:
        x, alone = _batched(input, rank, f"lp_pool{rank}d")
        size = ints(kernel_size, rank)
        step = size if stride is None else ints(stride, rank)
        out = F.lp_pool(
            x, ord=float(norm_type), size=size, stride=step, ceil_mode=ceil_mode
        )
        return _unbatched(out, alone)

    row(body, name=f"lp_pool{rank}d", label="PowBackward0")


for _rank in (1, 2, 3):
    _max_pool(_rank)
    _max_unpool(_rank)
    _avg_pool(_rank)
    _adaptive(_rank)
    _lp_pool(_rank)
