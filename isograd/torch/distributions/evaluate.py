"""From formulas over payloads to values of tensors."""

from __future__ import annotations

import ast
from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core.batching import Batched
from isograd.core.forward import Dual
from isograd.core.levels import MODE, state
from isograd.core.tape import Traced
from isograd.core.tensor import payload_of
from isograd.nn.probability.formula import Formula
from isograd.torch import dtypes
from isograd.torch.call import is_payload, lift, lower, promoted
from isograd.torch.creation import tensor
from isograd.torch.dtypes import Size
from isograd.torch.errors import translated
from isograd.torch.random import default_generator
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import Tensor


def label_of(formula: Formula) -> str | None:
    """PyTorch's name of the outermost operation, where it depends on its form."""
    last = formula.last
    if isinstance(last, ast.Call) and ast.unparse(last.func) == "sum_of_last":
        return "SumBackward1"
    if isinstance(last, ast.BinOp) and isinstance(last.left, ast.Constant):
        if isinstance(last.op, ast.Sub):
            return "RsubBackward1"
        if isinstance(last.op, ast.Div):
            return "MulBackward0"
    return None


def evaluate(fn: Callable[..., Any], *operands: Any, **keywords: Any) -> Any:
    """`fn` of payloads, on tensors in their common dtype; numbers stay numbers."""
    label = label_of(fn) if isinstance(fn, Formula) else getattr(fn, "label", None)
    payloads = [lower(x) for x in operands]
    places = [i for i, p in enumerate(payloads) if is_payload(p)]
    common = promoted(*(payloads[i] for i in places), least="f")
    for i, p in zip(places, common, strict=True):
        payloads[i] = p
    try:
        return lift(fn(*payloads, **keywords), label, operands)
    except EngineError as error:
        raise translated(error) from None


def drawn(fn: Callable[..., Any], shape: Any, *operands: Any) -> Any:
    """A sample of the given shape by a formula that draws."""
    if MODE.special and state().stages:
        raise EngineError("staging_escape", what="a random draw")
    kinds = [x.dtype for x in operands if isinstance(x, Tensor)]
    dtype = kinds[0] if kinds else dtypes.get_default_dtype()
    rng = default_generator.stream
    return evaluate(fn, *operands, shape=tuple(shape), dtype=dtype.np, rng=rng)


def broadcast_all(*values: Any) -> tuple[Any, ...]:
    """Tensors and numbers as tensors of one shape.

    Raises:
        ValueError: for anything else.
    """
    if not all(isinstance(v, Tensor | Number) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects "
            "implementing __torch_function__."
        )
    if all(isinstance(v, Tensor) for v in values):
        return tuple(FUNCTIONS["broadcast_tensors"](*values))
    found = [v for v in values if isinstance(v, Tensor)]
    dtype = found[0].dtype if found else dtypes.get_default_dtype()
    made = [v if isinstance(v, Tensor) else tensor(v, dtype=dtype) for v in values]
    return tuple(FUNCTIONS["broadcast_tensors"](*made))


_INNER = {Batched: "value", Dual: "primal", Traced: "p"}


def all_true(mask: Tensor) -> bool:
    """Whether all elements are true, those of a whole batch under `vmap` too."""
    p = payload_of(mask)
    while type(p) in _INNER:
        p = getattr(p, _INNER[type(p)])
    return bool(np.all(p)) if type(p) is np.ndarray else bool(mask.all())


def size_of(shape: Any) -> Size:
    return shape if isinstance(shape, Size) else Size(shape)


def number_of(x: Any) -> bool:
    return isinstance(x, Number)


def rank_of(x: Any) -> int:
    return len(x.shape)


def eps_of(dtype: Any) -> float:
    return float(np.finfo(dtype.np).eps)
