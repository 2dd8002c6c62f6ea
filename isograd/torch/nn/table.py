"""Rows of `torch.nn.functional`: bodies over payloads, made public as functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.torch import dtypes
from isograd.torch.autocasting import autocasting
from isograd.torch.call import Named, cast, public, warn
from isograd.torch.dtypes import of_numpy
from isograd.torch.labels import camel
from isograd.torch.scalars import c_name
from isograd.torch.signatures import checker

FUNCTIONAL: dict[str, Callable[..., Any]] = {}
"""The functions of `torch.nn.functional`, by name."""

F = BOUND


def row(body: Any = None, *, name: str = "", label: str | None = None) -> Any:
    """Make a body over payloads a function of `torch.nn.functional`."""
    if body is None:
        return lambda fn: row(fn, name=name, label=label)
    own = name or body.__name__
    FUNCTIONAL[own] = public(
        autocasting(body, own),
        own,
        label or f"{camel(own)}Backward0",
        checker(f"nn.{own}", body=body),
    )
    FUNCTIONAL[own].checks = True  # pyright: ignore  # justified: a mark
    return body


def plain(fn: Any) -> Any:
    """Install a function on tensors."""
    FUNCTIONAL[fn.__name__] = fn
    return fn


def generator() -> Any:
    from isograd.torch.random import check_vmap, default_generator

    check_vmap()
    return default_generator.stream


def ints(x: Any, count: int) -> tuple[int, ...]:
    """An int or a sequence as `count` ints."""
    if isinstance(x, int | np.integer):
        return (int(x),) * count
    found = tuple(int(i) for i in x)
    return found * count if len(found) == 1 else found


def reduction_of(reduction: str, size_average: Any, reduce: Any) -> str:
    """The reduction, with the two former arguments.

    Raises:
        ValueError: for an unknown one, with PyTorch's text.
    """
    if size_average is not None or reduce is not None:
        if reduce is not None and not reduce:
            found = "none"
        else:
            found = "mean" if size_average is None or size_average else "sum"
        warn(
            "size_average and reduce args will be deprecated, please use "
            f"reduction='{found}' instead."
        )
        return found
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return reduction


def no_gradient(function: str, **given: Any) -> None:
    """Arguments that have no derivative do not require one.

    Raises:
        RuntimeError: for one that is recorded.
    """
    for word, t in given.items():
        if getattr(t, "node", None) is not None:  # of a draft as well
            raise RuntimeError(
                f"The function '{function}' is not differentiable with respect to "
                f"argument '{word}'. This input cannot have requires_grad True."
            )


def dtype_name(p: Payload) -> str:
    return of_numpy(p.dtype).scalar_type


def same_dtype(*operands: Any) -> list[Payload]:
    """Operands in their common dtype."""
    d = dtypes.result_of([o for o in operands if o is not None])
    return [None if o is None else cast(o, d.np) for o in operands]


__all__ = [
    "FUNCTIONAL",
    "F",
    "Named",
    "c_name",
    "dtype_name",
    "generator",
    "ints",
    "no_gradient",
    "plain",
    "reduction_of",
    "row",
    "same_dtype",
]
