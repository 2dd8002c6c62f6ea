"""`torch.nn.grad`: gradients of convolutions, asked for by themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd import torch
from isograd.torch.nn import functional as F


def _gradients(rank: int) -> dict[str, Callable[..., Any]]:
    conv = getattr(F, f"conv{rank}d")

    def of(x: Any, w: Any, g: Any, place: int, rest: tuple[Any, ...]) -> Any:
        pair = [x, w]
        pair[place] = pair[place].detach().requires_grad_()
        with torch.enable_grad():
            out = conv(pair[0], pair[1], None, *rest)
        return torch.autograd.grad(out, pair[place], g)[0]

    def conv_input(
        input_size: Any,
        weight: Any,
        grad_output: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Any:
        x = grad_output.new_zeros(tuple(input_size))
        rest = (stride, padding, dilation, groups)
        return of(x, weight, grad_output, 0, rest)

    def conv_weight(
        input: Any,
        weight_size: Any,
        grad_output: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
    ) -> Any:
        w = grad_output.new_zeros(tuple(weight_size))
        rest = (stride, padding, dilation, groups)
        return of(input, w, grad_output, 1, rest)

    return {f"conv{rank}d_input": conv_input, f"conv{rank}d_weight": conv_weight}


for _rank in (1, 2, 3):
    for _name, _fn in _gradients(_rank).items():
        _fn.__name__ = _fn.__qualname__ = _name
        globals()[_name] = _fn
