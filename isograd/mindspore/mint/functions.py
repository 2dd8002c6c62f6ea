"""The functions of `mindspore.mint` that differ from those of `mindspore.ops`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd.base.dtypes import I64
from isograd.core.primitive import BOUND, Payload
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import (
    FUNCTIONS,
    array_of,
    at,
    axis_of,
    cast,
    floating,
    public,
)
from isograd.mindspore.ops import random, shapes
from isograd.mindspore.ops.arithmetic import SCALED
from isograd.mindspore.ops.reductions import extreme, reduced
from isograd.ops import selection

F = BOUND
TABLE: dict[str, Callable[..., Any]] = {}


def mint(names: str = "") -> Callable[[Callable[..., Any]], Any]:
    """Register a body on payloads as functions of `mindspore.mint`."""

    def register(body: Callable[..., Any]) -> Callable[..., Any]:
        words = names.split() or [body.__name__.rstrip("_")]
        fn = public(body, f"mint.{words[0]}", f"mint.{words[0]}")
        fn.__name__ = words[0]
        for n in words:
            TABLE[n] = at(fn, f"mint.{n}")
        return fn

    return register


TABLE.update(SCALED)
for _name in ("std", "var"):

    def _spread(
        input: Payload,
        dim: Any = None,
        *,
        correction: Any = 1,
        keepdim: bool = False,
        unbiased: Any = None,
        _name: str = _name,
    ) -> Payload:
        degrees = correction if unbiased is None else int(unbiased)
        return reduced(_name, floating(input), dim, keepdim, correction=degrees)

    mint(_name)(_spread)
    mint(f"{_name}_mean")(
        lambda input, dim=None, *, correction=1, keepdim=False, _name=_name: (
            reduced(_name, input, dim, keepdim, correction=correction),
            reduced("mean", input, dim, keepdim),
        )
    )

for _name in ("max", "min"):

    def _most(
        input: Payload, dim: Any = None, keepdim: bool = False, *, _name: str = _name
    ) -> Any:
        if dim is None:
            return reduced(_name, input, None, keepdim)
        return extreme(_name, input, dim, keepdim, "dim")

    mint(_name)(_most)


@mint()
def norm(
    input: Payload,
    p: Any = "fro",
    dim: Any = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Payload:
    x = floating(input) if dtype is None else cast(input, dtypes.np_of(dtype))
    order = 2.0 if p in ("fro", None) else float(p)
    return reduced("norm", x, dim, keepdim, ord=order, safe=False)


@mint()
def meshgrid(*tensors: Any, indexing: str = "ij") -> Any:
    return FUNCTIONS["meshgrid"].__wrapped__(*tensors, indexing=indexing)


@mint()
def gather(input: Payload, dim: int, index: Payload) -> Payload:
    return FUNCTIONS["gather_elements"].__wrapped__(input, dim, index)


@mint()
def scatter(input: Payload, dim: int, index: Payload, src: Any) -> Payload:
    return FUNCTIONS["scatter"].__wrapped__(input, dim, index, src)


@mint()
def scatter_add(input: Payload, dim: int, index: Payload, src: Payload) -> Payload:
    return FUNCTIONS["scatter_add_"].__wrapped__(input, dim, index, src)


@mint()
def topk(
    input: Payload, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> Any:
    return F.topk(
        input, axis=axis_of(dim, input.ndim, "topk"), k=int(k), largest=largest
    )


@mint()
def sort(
    input: Payload, *, dim: int = -1, descending: bool = False, stable: bool = False
) -> Any:
    return F.sort(input, axis=axis_of(dim, input.ndim, "sort"), descending=descending)


@mint()
def kthvalue(input: Payload, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    a = axis_of(dim, input.ndim, "kthvalue")
    out = F.kthvalue(input, axis=a, k=k - 1)
    return tuple(F.unsqueeze(o, axis=a) for o in out) if keepdim else out


@mint()
def median(input: Payload, dim: Any = None, keepdim: bool = False) -> Any:
    if dim is None:
        return F.median(F.ravel(input), axis=0)[0]
    a = axis_of(dim, input.ndim, "median")
    out = F.median(input, axis=a)
    return tuple(F.unsqueeze(o, axis=a) for o in out) if keepdim else out


@mint()
def unique(
    input: Payload,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Any = None,
) -> Any:
    values, _, inverse, counts = selection.unique(input, axis=dim)
    out = (
        values,
        *([inverse.astype(I64)] if return_inverse else []),
        *([counts.astype(I64)] if return_counts else []),
    )
    return out if len(out) > 1 else values


@mint()
def equal(input: Payload, other: Payload) -> bool:
    import numpy as np

    return bool(np.array_equal(array_of(input), array_of(other)))


@mint()
def dot(input: Payload, other: Payload) -> Payload:
    return F.sum(F.mul(input, other), axes=(0,))


@mint()
def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Any = None
) -> Payload:
    shape = (
        size
        if size is not None
        else (mean.shape if hasattr(mean, "shape") else std.shape)
    )
    z = random.drawn("normal", shape, None, generator)
    return F.add(F.mul(z, std), mean)


# functions on tensors themselves: views
TABLE["transpose"] = lambda input, dim0, dim1: shapes.swapaxes(input, dim0, dim1)
TABLE["permute"] = lambda input, dims: shapes.transpose(input, dims)
TABLE["flatten"] = lambda input, start_dim=0, end_dim=-1: shapes.flatten(
    input, start_dim=start_dim, end_dim=end_dim
)
TABLE["t"] = lambda input: shapes.transpose(input)
TABLE["ravel"] = lambda input: shapes.reshape(input, (-1,))
TABLE["select"] = lambda input, dim, index: shapes.select_axis(input, dim, index)
TABLE["ger"] = FUNCTIONS["outer"]
TABLE["item"] = lambda input: input.item()
TABLE["is_tensor"] = FUNCTIONS["is_tensor"]


@mint()
def diag(input: Payload, diagonal: int = 0) -> Payload:
    """A matrix with a diagonal, or the diagonal of a matrix."""
    return F.diag(input, offset=int(diagonal))


TABLE.update({n: at(f, f"mint.{n}") for n, f in TABLE.items()})
