"""`torch.distributions.utils`: helpers that programs with own distributions use."""

from __future__ import annotations

from typing import Any

from isograd.nn.probability.bijections import from_triangle, to_triangle
from isograd.nn.probability.formula import Formula
from isograd.torch.distributions.choices import _FORMS
from isograd.torch.distributions.distribution import lazy_property
from isograd.torch.distributions.evaluate import broadcast_all, evaluate
from isograd.torch.table import FUNCTIONS

euler_constant = 0.57721566490153286
_CLAMP = Formula("clamped", "clamped_probs(probs)")
__all__ = [
    "broadcast_all",
    "clamp_probs",
    "euler_constant",
    "lazy_property",
    "logits_to_probs",
    "probs_to_logits",
    "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]


def logits_to_probs(logits: Any, is_binary: bool = False) -> Any:
    kind = "binary" if is_binary else "class"
    return evaluate(_FORMS[f"{kind}_probs"], logits)


def probs_to_logits(probs: Any, is_binary: bool = False) -> Any:
    kind = "binary" if is_binary else "class"
    return evaluate(_FORMS[f"{kind}_logits"], probs)


def clamp_probs(probs: Any) -> Any:
    return evaluate(_CLAMP, probs)


def _standard_normal(shape: Any, dtype: Any, device: Any = None) -> Any:
    return FUNCTIONS["randn"](tuple(shape), dtype=dtype)


def vec_to_tril_matrix(vec: Any, diag: int = 0) -> Any:
    """A vector as the lower triangle of a matrix, row by row.

    Raises:
        ValueError: if no triangle has that many entries.
    """
    return evaluate(to_triangle, vec, diag)


def tril_matrix_to_vec(mat: Any, diag: int = 0) -> Any:
    """The lower triangle of a matrix, row by row."""
    n = mat.shape[-1]
    if not -n < diag < n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    return evaluate(from_triangle, mat, diag)
