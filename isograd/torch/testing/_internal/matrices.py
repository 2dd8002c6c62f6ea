"""Random matrices with known properties, as test files ask for them."""

from __future__ import annotations

from typing import Any

import isograd.torch as torch

__all__ = [
    "make_fullrank_matrices_with_distinct_singular_values",
    "make_symmetric_matrices",
    "make_symmetric_pd_matrices",
    "noncontiguous_like",
    "random_hermitian_matrix",
    "random_hermitian_pd_matrix",
    "random_hermitian_psd_matrix",
    "random_lowrank_matrix",
    "random_matrix",
    "random_square_matrix_of_rank",
    "random_symmetric_matrix",
    "random_symmetric_pd_matrix",
    "random_symmetric_psd_matrix",
    "random_well_conditioned_matrix",
]


def noncontiguous_like(t: Any) -> Any:
    """A tensor equal to `t` that is not contiguous (as it is where it has one element
    at most, or is not contiguous already); it requires a gradient as `t` does."""
    if t.numel() <= 1 or not t.is_contiguous():
        return t
    wide = torch.empty((*t.shape, 2), dtype=t.dtype)
    if t.is_floating_point() or t.is_complex():
        wide.fill_(float("nan"))
    else:
        wide.fill_(0)
    out = wide[..., 1]
    out.copy_(t.detach())
    return out.requires_grad_(t.requires_grad)


def _random(rows: int, batches: tuple[int, ...], columns: int, **kw: Any) -> Any:
    dtype = kw.get("dtype", torch.double)
    return torch.randn(*batches, rows, columns, dtype=dtype)


def random_matrix(rows: int, columns: int, *batch: int, **kwargs: Any) -> Any:
    """A matrix of full rank, or a singular one with `singular=True`."""
    singular = kwargs.pop("singular", False)
    a = _random(rows, batch, columns, **kwargs)
    if rows == 0 or columns == 0:
        return a
    u, s, vh = torch.linalg.svd(a, full_matrices=False)
    k = min(rows, columns)
    s = torch.linspace(1.0 / (k + 1), 1.0, k, dtype=s.dtype).expand(s.shape).clone()
    if singular:
        s[..., 0] = 0
    return (u * s.unsqueeze(-2).to(a.dtype)) @ vh


def random_lowrank_matrix(
    rank: int, rows: int, columns: int, *batch: int, **kw: Any
) -> Any:
    return random_matrix(rows, rank, *batch, **kw) @ random_matrix(
        rank, columns, *batch, **kw
    )


def random_square_matrix_of_rank(size: int, rank: int, *batch: int, **kw: Any) -> Any:
    """A square matrix with `rank` singular values that are not zero."""
    u, s, vh = torch.linalg.svd(_random(size, batch, size, **kw), full_matrices=False)
    s = s.clone()
    s[..., rank:] = 0
    low = s[..., :rank]
    low[low == 0] = 1
    return (u * s.unsqueeze(-2).to(u.dtype)) @ vh


def random_symmetric_matrix(size: int, *batch: int, **kw: Any) -> Any:
    a = _random(size, batch, size, **kw)
    return (a + a.mT).div_(2)


def random_hermitian_matrix(size: int, *batch: int, **kw: Any) -> Any:
    a = _random(size, batch, size, **kw)
    return (a + a.mH).div_(2)


def make_symmetric_matrices(*shape: int, device: Any = None, dtype: Any = None) -> Any:
    return random_symmetric_matrix(shape[-1], *shape[:-2], dtype=dtype)


def random_hermitian_psd_matrix(size: int, *batch: int, **kw: Any) -> Any:
    a = _random(size, batch, size, **kw)
    return a @ a.mH


def random_hermitian_pd_matrix(size: int, *batch: int, **kw: Any) -> Any:
    a = _random(size, batch, size, **kw)
    return a @ a.mH + torch.eye(size, dtype=a.dtype)


def random_symmetric_psd_matrix(size: int, *batch: int, **kw: Any) -> Any:
    a = _random(size, batch, size, **kw)
    return a @ a.mT


def random_symmetric_pd_matrix(size: int, *batch: int, **kw: Any) -> Any:
    a = _random(size, batch, size, **kw)
    return a @ a.mT + torch.eye(size, dtype=a.dtype) * 1e-5


def make_symmetric_pd_matrices(*shape: int, device: Any, dtype: Any) -> Any:
    a = _random(shape[-1], shape[:-2], shape[-1], dtype=dtype)
    return a @ a.mT + torch.eye(shape[-1], dtype=dtype) * 1e-5


def random_well_conditioned_matrix(
    *shape: int, dtype: Any, device: Any = None, mean: float = 1.0, sigma: float = 0.001
) -> Any:
    """Singular values near `mean`."""
    *batch, rows, columns = shape
    u, _, vh = torch.linalg.svd(
        _random(rows, tuple(batch), columns, dtype=dtype), full_matrices=False
    )
    k = min(rows, columns)
    s = (torch.randn(*batch, k, dtype=u.real.dtype) * sigma + mean).sort(
        dim=-1, descending=True
    )[0]
    return (u * s.unsqueeze(-2).to(u.dtype)) @ vh


def make_fullrank_matrices_with_distinct_singular_values(
    *shape: int, device: Any = None, dtype: Any = None, requires_grad: bool = False
) -> Any:
    """Singular values that are distinct and no smaller than one."""
    u, _, vh = torch.linalg.svd(
        _random(shape[-2], shape[:-2], shape[-1], dtype=dtype), full_matrices=False
    )
    k = min(shape[-2:])
    s = 1 + (torch.arange(2, k + 2, dtype=u.real.dtype) + 1.0) / k
    out = (u * s.to(u.dtype)) @ vh
    return out.detach().requires_grad_(requires_grad)
