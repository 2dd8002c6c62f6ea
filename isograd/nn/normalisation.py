"""Normalisation layers as composites (batch: Ioffe and Szegedy 2015; layer: Ba et al.
2016; instance: Ulyanov et al. 2016; group: Wu and He 2018; root mean square: Zhang and
Sennrich 2019; local response: Krizhevsky et al. 2012)."""

from __future__ import annotations

from math import prod

import numpy as np

from isograd.core.primitive import Namespace, Payload, composite

Shape = tuple[int, ...]


def _kept(shape: Shape, axes: Shape) -> Shape:
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


@composite
def standardized(
    F: Namespace, x: Payload, *, axes: Shape, eps: float
) -> tuple[Payload, Payload, Payload]:
    """((x - mean) / sqrt(var + eps), mean, biased variance) over the axes."""
    out = F.standardize(x, axes=axes, eps=eps)
    return out, F.mean(x, axes=axes), F.var(x, axes=axes, correction=0)


@composite
def affine(
    F: Namespace,
    x: Payload,
    weight: Payload | None,
    bias: Payload | None,
    *,
    axis: int | None = None,
) -> Payload:
    """x times weight plus bias; both lie along `axis`, or along the last axes."""
    if weight is None and bias is None:  # x is saved, and users may write to the result
        return F.copy(x) if getattr(x, "node", None) is not None else x
    if axis is not None and axis != x.ndim - 1:
        shape = _kept(x.shape, tuple(i for i in range(x.ndim) if i != axis))
        weight, bias = (
            p if p is None else F.reshape(p, shape=shape) for p in (weight, bias)
        )
    if bias is None:
        return F.mul(x, weight)
    return F.add(x, bias) if weight is None else F.scale_shift(x, weight, bias)


@composite
def batch_norm(
    F: Namespace,
    x: Payload,
    weight: Payload | None,
    bias: Payload | None,
    *,
    eps: float,
) -> tuple[Payload, Payload, Payload]:
    """(normalised per channel, batch mean, biased batch variance); x (n, c, ...)."""
    axes = (0, *range(2, x.ndim))
    out, mean, var = F.standardized(x, axes=axes, eps=eps)
    return F.affine(out, weight, bias, axis=1), mean, var


@composite
def batch_norm_with(
    F: Namespace,
    x: Payload,
    mean: Payload,
    var: Payload,
    weight: Payload | None,
    bias: Payload | None,
    *,
    eps: float,
) -> Payload:
    """Batch normalisation with given statistics (c,)."""
    kept = _kept(x.shape, tuple(i for i in range(x.ndim) if i != 1))
    scale = F.reshape(F.rsqrt(F.add(var, eps)), shape=kept)
    out = F.mul(F.sub(x, F.reshape(mean, shape=kept)), scale)
    return F.affine(out, weight, bias, axis=1)


def running(old: np.ndarray, new: np.ndarray, momentum: float) -> None:
    """Move running statistics towards those of a batch, in place."""
    old[...] = (1 - momentum) * old + momentum * new


@composite
def layer_norm(
    F: Namespace,
    x: Payload,
    weight: Payload | None,
    bias: Payload | None,
    *,
    count: int,
    eps: float,
) -> Payload:
    """Standardised over the last `count` axes."""
    axes = tuple(range(x.ndim - count, x.ndim))
    return F.affine(F.standardize(x, axes=axes, eps=eps), weight, bias)


@composite
def rms_norm(
    F: Namespace, x: Payload, weight: Payload | None, *, count: int, eps: float
) -> Payload:
    """x over its root mean square over the last `count` axes."""
    return F.affine(F.mul(x, F.rms_scale(x, count=count, eps=eps)), weight, None)


@composite
def rms_scale(F: Namespace, x: Payload, *, count: int, eps: float) -> Payload:
    """One over the root mean square over the last `count` axes, which are kept."""
    axes = tuple(range(x.ndim - count, x.ndim))
    mean = F.reshape(F.mean(F.square(x), axes=axes), shape=_kept(x.shape, axes))
    return F.rsqrt(F.add(mean, eps))


@composite
def group_norm(
    F: Namespace,
    x: Payload,
    weight: Payload | None,
    bias: Payload | None,
    *,
    groups: int,
    eps: float,
) -> Payload:
    """Standardised over the space and the channels of each group; x (n, c, ...)."""
    split = F.reshape(x, shape=(x.shape[0], groups, -1 if x.size else 0))
    out = F.reshape(F.standardize(split, axes=(2,), eps=eps), shape=x.shape)
    return F.affine(out, weight, bias, axis=1)


@composite
def instance_norm(
    F: Namespace,
    x: Payload,
    weight: Payload | None,
    bias: Payload | None,
    *,
    eps: float,
) -> tuple[Payload, Payload, Payload]:
    """(standardised over the space of each channel, mean (n, c), variance (n, c))."""
    out, mean, var = F.standardized(x, axes=tuple(range(2, x.ndim)), eps=eps)
    return F.affine(out, weight, bias, axis=1), mean, var


@composite
def local_response_norm(
    F: Namespace, x: Payload, *, size: int, alpha: float, beta: float, k: float
) -> Payload:
    """x over (k + alpha mean of squares of `size` neighbouring channels)^beta."""
    rest = prod(x.shape[2:])
    squares = F.reshape(F.square(x), shape=(x.shape[0], 1, x.shape[1], rest))
    before = size // 2
    padded = F.pad(squares, ((0, 0), (0, 0), (before, (size - 1) // 2), (0, 0)))
    mean = F.avg_pool(padded, size=(size, 1), stride=(1, 1), padding=(0, 0))
    mean = F.reshape(mean, shape=x.shape)
    return F.div(x, F.power(F.add(F.mul(mean, alpha), k), exponent=beta))


@composite
def cross_map_lrn(
    F: Namespace, x: Payload, *, size: int, alpha: float, beta: float, k: float
) -> Payload:
    """Division by (k + alpha / size times a sum of squares)^beta.

    The sum is over 2 ((size - 1) // 2) + 1 channels around each one; that of channel 0
    stays in it for good, as in Torch7.
    """
    reach = (size - 1) // 2
    near = F.square(x)
    padded = F.pad(near, ((0, 0), (reach, reach), (0, 0), (0, 0)))
    n, channels = padded.shape[0], x.shape[1]
    flat = F.reshape(padded, shape=(n, 1, padded.shape[1], prod(x.shape[2:])))
    width = 2 * reach + 1
    mean = F.avg_pool(flat, size=(width, 1), stride=(1, 1), padding=(0, 0))
    total = F.mul(F.reshape(mean, shape=x.shape), float(width))
    late = (np.arange(channels) > reach).astype(x.dtype).reshape(channels, 1, 1)
    start = ((0, n, 1), (0, 1, 1), *((0, m, 1) for m in x.shape[2:]))
    first = F.mul(F.slice(near, index=start), late)
    scale = F.add(F.mul(F.add(total, first), alpha / size), k)
    return F.div(x, F.power(scale, exponent=beta))


# --- weights --------------------------------------------------------------------------


@composite
def norm_except(
    F: Namespace, v: Payload, *, axis: int | None, ord: float = 2.0
) -> Payload:
    """The p-norms of the slices along `axis`, of v's rank; for None that of all."""
    axes = tuple(i for i in range(v.ndim) if i != axis)
    if not axes:
        return F.abs(v)
    out = F.norm(v, axes=axes, ord=float(ord), safe=True)
    return out if axis is None else F.kept(out, v.shape, axes)


@composite
def weight_norm(F: Namespace, v: Payload, g: Payload, *, axis: int | None) -> Payload:
    """g v / |v|, the norm taken of slices along `axis` (Salimans and Kingma 2016)."""
    return F.mul(v, F.div(g, F.norm_except(v, axis=axis)))


def power_iteration(
    F: Namespace, w: Payload, u: Payload, v: Payload, *, times: int, eps: float
) -> tuple[Payload, Payload]:
    """Estimates of a matrix's first singular vectors, made better: u from v, then v
    from u (Miyato et al. 2018, algorithm 1).
    """
    for _ in range(times):
        u = F.normalize(F.matmul_any(w, v), axes=(0,), eps=eps)
        v = F.normalize(F.matmul_any(F.mT(w), u), axes=(0,), eps=eps)
    return u, v
