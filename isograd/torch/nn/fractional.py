"""`fractional_max_pool2d` and `3d`: maxima over windows at random places."""

from __future__ import annotations

from typing import Any

from isograd.core.primitive import Payload
from isograd.torch.call import public
from isograd.torch.nn.pooling import _batched, _unbatched
from isograd.torch.nn.table import FUNCTIONAL, F, generator, ints

_AXES = ("time", "height", "width")


def _name(rank: int) -> str:
    return f"fractional_max_pool{rank}d"


def _pair(rank: int) -> Any:
    """The maxima and their places, from the numbers that were drawn."""

    def both(input: Payload, size: Any, count: Any, samples: Any) -> Any:
        x, alone = _batched(input, rank, _name(rank))
        space = x.shape[2:]
        for word, n, k, c in zip(_AXES[-rank:], space, size, count, strict=True):
            if c + k - 1 > n:
                raise RuntimeError(
                    f"{_name(rank)}(): pool {word} {k} too large relative to input "
                    f"{word} {n}"
                )
        u = samples.astype(x.dtype)
        u = u[..., ::-1] if rank == 2 else u  # for two axes the width's stands first
        out, where = F.fractional_max_pool(x, u, size=size, count=count)
        return _unbatched(out, alone), _unbatched(where, alone)

    return public(both, _name(rank), f"FractionalMaxPool{rank}DBackward0")


def _output_size(rank: int, space: Any, size: Any, ratio: Any) -> Any:
    if size is not None:
        return size
    if ratio is None:
        raise ValueError(
            f"{_name(rank)} requires specifying either an output_size or an output_ratio"
        )
    ratios = ratio if isinstance(ratio, tuple | list) else (ratio,) * rank
    return [int(n * r) for n, r in zip(space, ratios, strict=True)]


def _install(rank: int) -> None:
    pair = _pair(rank)

    def with_indices(
        input: Any,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> Any:
        space = input.shape[-rank:]
        count = ints(_output_size(rank, space, output_size, output_ratio), rank)
        if _random_samples is None:
            lead = input.shape[:-rank]
            shape = (1, *lead, rank) if len(lead) == 1 else (*lead, rank)
            drawn = generator().random(shape, input._p.dtype)
        else:
            drawn = _random_samples.array(_name(rank))
        return pair(input, ints(kernel_size, rank), count, drawn)

    def function(
        input: Any,
        kernel_size: Any,
        output_size: Any = None,
        output_ratio: Any = None,
        return_indices: bool = False,
        _random_samples: Any = None,
    ) -> Any:
        out = with_indices(
            input, kernel_size, output_size, output_ratio, False, _random_samples
        )
        return out if return_indices else out[0]

    for fn, own in (
        (with_indices, f"{_name(rank)}_with_indices"),
        (function, _name(rank)),
    ):
        fn.__name__ = fn.__qualname__ = own
        FUNCTIONAL[own] = fn


for _rank in (2, 3):
    _install(_rank)
