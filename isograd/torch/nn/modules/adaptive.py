"""Rare layers: an adaptive softmax, pooling at random places, weights' gradients."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from isograd import torch
from isograd.torch.nn import functional as F
from isograd.torch.nn.modules.basic import Linear
from isograd.torch.nn.modules.container import ModuleList, Sequential
from isograd.torch.nn.modules.module import Module
from isograd.torch.nn.modules.simple import SIMPLE as LOSSES
from isograd.torch.nn.table import ints

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])


class AdaptiveLogSoftmaxWithLoss(Module):
    """The log of a softmax over many classes, rare ones in clusters (Grave et al. 2017).

    Raises:
        ValueError: the cutoffs are not increasing numbers of classes.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Any,
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if not cutoffs:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        if (
            cutoffs != sorted(cutoffs)
            or min(cutoffs) <= 0
            or max(cutoffs) > n_classes - 1
            or len(set(cutoffs)) != len(cutoffs)
            or any(int(c) != c for c in cutoffs)
        ):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an "
                "increasing order, where each value is between 1 and n_classes-1"
            )
        self.in_features, self.n_classes = in_features, n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, head_bias, dtype=dtype)
        self.tail: Any = ModuleList()
        for i in range(self.n_clusters):
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            inner = int(in_features // (div_value ** (i + 1)))
            self.tail.append(
                Sequential(
                    Linear(in_features, inner, False, dtype=dtype),
                    Linear(inner, size, False, dtype=dtype),
                )
            )

    def reset_parameters(self) -> None:
        self.head.reset_parameters()
        for first, second in self.tail:
            first.reset_parameters()
            second.reset_parameters()

    def forward(self, input: Any, target: Any) -> Any:
        alone = self._check(input, target)
        x, t = (input.unsqueeze(0), target.unsqueeze(0)) if alone else (input, target)
        head = F.log_softmax(self.head(x), dim=1)
        rows_seen, output = 0, x.new_empty(t.size(0))
        places = t.new_empty(t.size(0))
        for i, (low, high) in enumerate(
            zip([0, *self.cutoffs], self.cutoffs, strict=False)
        ):
            mask = (t >= low) & (t < high)
            rows = mask.nonzero().squeeze()
            if rows.numel() == 0:
                continue
            rows = rows.reshape(-1)
            if i == 0:
                places.index_copy_(0, rows, t[mask])
            else:
                inside = (t[mask] - low).unsqueeze(1)
                local = F.log_softmax(self.tail[i - 1](x.index_select(0, rows)), dim=1)
                places.index_fill_(0, rows, self.shortlist_size + i - 1)
                found = local.gather(1, inside).squeeze(1)
                output = self._placed(output, rows, found)
            rows_seen += rows.numel()
        if rows_seen != t.size(0):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in "
                f"range [{t.min().item()}, {t.max().item()}] were found. "
            )
        if not output.requires_grad:
            output = torch.where(places >= self.shortlist_size, output, 0.0)
        output = output + head.gather(1, places.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output.squeeze(0) if alone else output, loss)

    def _placed(self, output: Any, rows: Any, found: Any) -> Any:
        base = output if output.requires_grad else torch.zeros_like(output)
        return base.index_copy(0, rows, found)

    def _check(self, input: Any, target: Any) -> bool:
        if target.dim() == 1:
            if input.size(0) != target.size(0):
                raise RuntimeError(
                    "Input and target should have the same size in the batch dimension."
                )
            if input.dim() != 2:
                raise RuntimeError(
                    "1D target tensor expects 2D input tensors, "
                    f"but found inputs with size {input.size()}"
                )
        elif target.dim() == 0:
            if input.dim() != 1:
                raise RuntimeError(
                    "0D target tensor expects 1D input tensors, "
                    f"but found inputs with size {input.size()}"
                )
        else:
            raise RuntimeError(
                "0D or 1D target tensor expected, multi-target not supported"
            )
        return target.dim() == 0

    def log_prob(self, input: Any) -> Any:
        """The log probabilities of all classes."""
        return self._get_full_log_prob(input, self.head(input))

    def _get_full_log_prob(self, input: Any, head_output: Any) -> Any:
        out = input.new_empty((head_output.size(0), self.n_classes))
        head = F.log_softmax(head_output, dim=1)
        out[:, : self.shortlist_size] = head[:, : self.shortlist_size]
        for i, (low, high) in enumerate(
            zip(self.cutoffs, self.cutoffs[1:], strict=False)
        ):
            cluster = F.log_softmax(self.tail[i](input), dim=1)
            out[:, low:high] = cluster + head[:, self.shortlist_size + i].unsqueeze(1)
        return out

    def predict(self, input: Any) -> Any:
        """The most probable classes."""
        head = self.head(input)
        output = torch.argmax(head, dim=1)
        rest = output >= self.shortlist_size
        if not rest.any():
            return output
        if rest.all():
            return torch.argmax(self._get_full_log_prob(input, head), dim=1)
        full = self._get_full_log_prob(input[rest], head[rest])
        output[rest] = torch.argmax(full, dim=1)
        return output


class _FractionalMaxPool(Module):
    rank: int

    def __init__(
        self,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> None:
        super().__init__()
        r, name = self.rank, type(self).__name__
        self.kernel_size = ints(kernel_size, r)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else ints(output_size, r)
        if output_ratio is not None and not isinstance(output_ratio, tuple | list):
            output_ratio = (output_ratio,) * r
        self.output_ratio = output_ratio
        if output_size is None and output_ratio is None:
            raise ValueError(
                f"{name} requires specifying either an output size, or a pooling ratio"
            )
        if output_size is not None and output_ratio is not None:
            raise ValueError(
                "only one of output_size and output_ratio may be specified"
            )
        if output_ratio is not None and not all(0 < x < 1 for x in output_ratio):
            shown = output_ratio[0] if len(set(output_ratio)) == 1 else output_ratio
            raise ValueError(f"output_ratio must be between 0 and 1 (got {shown})")

    def forward(self, input: Any) -> Any:
        return getattr(F, f"fractional_max_pool{self.rank}d")(
            input,
            self.kernel_size,
            self.output_size,
            self.output_ratio,
            self.return_indices,
            _random_samples=self._random_samples,
        )


class FractionalMaxPool2d(_FractionalMaxPool):
    """Maxima over windows at random places of an image (Graham 2014)."""

    rank = 2


class FractionalMaxPool3d(_FractionalMaxPool):
    """The same for volumes."""

    rank = 3


class NLLLoss2d(LOSSES["NLLLoss"]):  # type: ignore[misc]  # justified: from a table
    """The former name of `NLLLoss`."""


class Container(Module):
    """A module with the given submodules, as PyTorch once had it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        for name, module in kwargs.items():
            self.add_module(name, module)


RARE = {
    c.__name__: c
    for c in (
        AdaptiveLogSoftmaxWithLoss,
        FractionalMaxPool2d,
        FractionalMaxPool3d,
        Container,
        NLLLoss2d,
    )
}
"""The rare layers by name."""
