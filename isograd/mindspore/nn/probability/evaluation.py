"""Formulas of payloads on tensors; parameters of distributions and bijectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core import tensor as core
from isograd.core.tensor import lower
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import cast, lift
from isograd.mindspore.tensor import Tensor


def evaluate(fn: Callable[..., Any], *operands: Any, **keywords: Any) -> Any:
    """`fn` of payloads, on tensors of one dtype."""
    return lift(fn(*map(lower, operands), **keywords))


def parameter(value: Any, dtype: Any) -> Tensor | None:
    """A parameter as a tensor.

    Raises:
        TypeError: for a text.
    """
    if value is None:
        return None
    if isinstance(value, str):
        raise TypeError(
            f"Unable to convert input of type {type(value)} to a Tensor of type {dtype}"
        )
    return value if isinstance(value, core.Tensor) else Tensor(value, dtype)  # type: ignore[return-value]  # justified: tensors of other dialects work as well


def checked(value: Any, name: str, dtype: Any) -> Tensor:
    """A tensor that a method was given, in a dtype.

    Raises:
        TypeError: if it is none.
    """
    if not isinstance(value, core.Tensor):
        raise TypeError(f"For {name}, input type must be a Tensor or Parameter.")
    return lift(cast(lower(value), dtypes.np_of(dtype)))


def number(t: Any) -> str:
    """A parameter's elements as representations show them."""
    return str(t)


def positive(t: Tensor | None, text: str) -> None:
    """
    Raises:
        ValueError: with a text, unless all elements are greater than zero.
    """
    if t is not None and not bool(np.all(t.array("a check") > 0)):
        raise ValueError(text)
