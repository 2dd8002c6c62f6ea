"""`torch.nn.utils.parametrizations`."""

from __future__ import annotations

from functools import partial
from typing import Any

from isograd import torch
from isograd.core.primitive import BOUND, RAW
from isograd.core.tensor import wrap
from isograd.nn import orthogonal as maps
from isograd.torch.call import public
from isograd.torch.nn.modules.module import Module
from isograd.torch.nn.utils import parametrize
from isograd.torch.nn.utils.reparametrized import _WeightNorm
from isograd.torch.nn.utils.reparametrized import spectral_norm as spectral_norm
from isograd.torch.tensor import Tensor

_MAPS = {n: public(partial(m, BOUND), n, None) for n, m in maps.MAPS.items()}


def weight_norm(module: Any, name: str = "weight", dim: int = 0) -> Any:
    """weight = g v / |v|."""
    parametrize.register_parametrization(module, name, _WeightNorm(dim))
    module._register_load_state_dict_pre_hook(partial(_former_names, name))
    return module


def _former_names(name: str, state_dict: Any, prefix: str, *_: Any) -> None:
    """States of the former `weight_norm` have g and v under their own names."""
    for old, new in (("g", "original0"), ("v", "original1")):
        if (key := f"{prefix}{name}_{old}") in state_dict:
            state_dict[f"{prefix}parametrizations.{name}.{new}"] = state_dict.pop(key)


def _is_orthogonal(q: Any) -> bool:
    n, k = q.shape[-2:]
    one = torch.eye(k, dtype=q.dtype)
    return torch.allclose(q.mH @ q, one, atol=10 * n * torch.finfo(q.dtype).eps)


class _Orthogonal(Module):
    base: Any

    def __init__(
        self, weight: Any, orthogonal_map: str, *, use_trivialization: bool = True
    ) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map == "householder":
            raise ValueError(
                "The householder parametrization does not support complex tensors."
            )
        self.shape, self.orthogonal_map = weight.shape, orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Any) -> Any:
        wide = X.size(-2) < X.size(-1)
        Q = _MAPS[self.orthogonal_map](X.mT if wide else X)
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q.mT if wide else Q

    def right_inverse(self, Q: Any) -> Any:
        if Q.shape != self.shape:
            raise ValueError(
                "Expected a matrix or batch of matrices of shape "
                f"{self.shape}. Got a tensor of shape {Q.shape}."
            )
        given, wide = Q, Q.size(-2) < Q.size(-1)
        Q = (Q.mT if wide else Q).detach()
        if not hasattr(self, "base"):
            if self.orthogonal_map != "householder":
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the "
                    "Cayley parametrizations when use_trivialization=False."
                )
            found: Any = wrap(Tensor, maps.reflections(RAW, Q.array("orthogonal")))
            return found.mT if wide else found
        n, k = Q.shape[-2:]
        if n == k:
            self.base = Q.clone() if _is_orthogonal(Q) else _nearest(Q)
        else:
            rest = torch.randn(*Q.shape[:-2], n, n - k, dtype=Q.dtype)
            self.base = _nearest(torch.cat([Q, rest], dim=-1))
        minus = torch.zeros_like(given)
        minus.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return minus


def _nearest(Q: Any) -> Any:
    return wrap(Tensor, maps.nearest(RAW, Q.array("orthogonal")))


def orthogonal(
    module: Any,
    name: str = "weight",
    orthogonal_map: str | None = None,
    *,
    use_trivialization: bool = True,
) -> Any:
    """weight with orthonormal rows or columns.

    Raises:
        ValueError: the tensor is no matrix, or the map is unknown.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(
            f"Module '{module}' has no parameter or buffer with name '{name}'"
        )
    if weight.ndim < 2:
        raise ValueError(
            "Expected a matrix or batch of matrices. "
            f"Got a tensor of {weight.ndim} dimensions."
        )
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1) or weight.is_complex()
        orthogonal_map = "matrix_exp" if square else "householder"
    if orthogonal_map not in _MAPS:
        raise ValueError(
            'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". '
            f"Got: {orthogonal_map}"
        )
    made = _Orthogonal(weight, orthogonal_map, use_trivialization=use_trivialization)
    return parametrize.register_parametrization(module, name, made, unsafe=True)
