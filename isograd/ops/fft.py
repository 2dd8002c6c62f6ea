"""Discrete Fourier transforms.

Three linear records do all: `fft` (complex to complex), `rfft` (real to half a
spectrum) and `irfft` (half a spectrum to real), with sums that are not normalised but
multiplied by `scale`.  Half a spectrum has n // 2 + 1 elements; the others are the
conjugates of those between its ends, so these count twice.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

import numpy as np

from isograd.base.dtypes import complex_of, real_of
from isograd.core.families import linear
from isograd.core.primitive import Aval, Namespace, Payload, composite

Shape = tuple[int, ...]
Array = np.ndarray


def _scaled(x: Array, scale: float) -> Array:
    return x if scale == 1 else np.multiply(x, np.asarray(scale, real_of(x.dtype)))


def _fft_impl(x: Array, *, axes: Shape, inverse: bool, scale: float) -> Array:
    if inverse:
        return _scaled(np.fft.ifftn(x, axes=axes, norm="forward"), scale)
    return _scaled(np.fft.fftn(x, axes=axes), scale)


def _spectrum(rng: np.random.Generator, *shape: int) -> Array:
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


fft_ = linear(
    "fft_raw",
    _fft_impl,
    abstract=lambda x, axes, inverse, scale: x,
    adjoint=lambda F, g, operand, axes, inverse, scale: F.fft_raw(
        g, axes=axes, inverse=not inverse, scale=scale
    ),
    lift=lambda size, operand, axes, inverse, scale: {
        "axes": tuple(a + 1 for a in axes),
        "inverse": inverse,
        "scale": scale,
    },
    samples=lambda rng: [
        ((_spectrum(rng, 3, 4),), {"axes": (1,), "inverse": False, "scale": 1.0}),
        ((_spectrum(rng, 3, 4),), {"axes": (0, 1), "inverse": True, "scale": 0.3}),
    ],
)
fft_.kinds = "c"


def _ends(n: int, inside: float, dtype: Any) -> Array:
    """Weights of half a spectrum of n real numbers: `inside`, and one at the ends."""
    out = np.full(n // 2 + 1, inside, real_of(dtype))
    out[0] = 1
    if n % 2 == 0:
        out[-1] = 1
    return out


def _weighted(F: Namespace, y: Payload, axis: int, n: int, inside: float) -> Payload:
    w = _ends(n, inside, y.dtype).astype(y.dtype)
    return F.mul(y, w.reshape((-1,) + (1,) * (y.ndim - axis - 1)))


def _halved(shape: Shape, axis: int, n: int) -> Shape:
    return (*shape[:axis], n, *shape[axis + 1 :])


rfft_ = linear(
    "rfft_raw",
    lambda x, axis, scale: _scaled(np.fft.rfft(x, axis=axis), scale),
    abstract=lambda x, axis, scale: Aval(
        _halved(x.shape, axis, x.shape[axis] // 2 + 1), complex_of(x.dtype)
    ),
    adjoint=lambda F, g, operand, axis, scale: F.irfft_raw(
        _weighted(F, g, axis, operand[axis], 0.5),
        axis=axis,
        count=operand[axis],
        scale=scale,
    ),
    lift=lambda size, operand, axis, scale: {"axis": axis + 1, "scale": scale},
    samples=lambda rng: [
        ((rng.normal(size=(3, 4)),), {"axis": 1, "scale": 1.0}),
        ((rng.normal(size=(5, 2)),), {"axis": 0, "scale": 0.5}),
    ],
)
rfft_.kinds = "f"


def _irfft_impl(y: Array, *, axis: int, count: int, scale: float) -> Array:
    return _scaled(np.fft.irfft(y, count, axis, norm="forward"), scale)


irfft_ = linear(
    "irfft_raw",
    _irfft_impl,
    abstract=lambda y, axis, count, scale: Aval(
        _halved(y.shape, axis, count), real_of(y.dtype)
    ),
    adjoint=lambda F, g, operand, axis, count, scale: _weighted(
        F, F.rfft_raw(g, axis=axis, scale=scale), axis, count, 2.0
    ),
    lift=lambda size, operand, axis, count, scale: {
        "axis": axis + 1,
        "count": count,
        "scale": scale,
    },
    samples=lambda rng: [
        ((_spectrum(rng, 3, 3),), {"axis": 1, "count": 4, "scale": 1.0}),
        ((_spectrum(rng, 3, 2),), {"axis": 0, "count": 5, "scale": 0.5}),
    ],
)
irfft_.kinds = "c"

# --- sizes, axes and norms ------------------------------------------------------------


def norm_scale(norm: str | None, count: int, inverse: bool) -> float:
    """The factor of a norm: "backward" (the default), "ortho" or "forward"."""
    if norm == "ortho":
        return 1 / sqrt(count)
    return 1 / count if (norm == "forward") != inverse else 1.0


@composite
def resized(F: Namespace, x: Payload, *, axes: Shape, sizes: Shape) -> Payload:
    """x with axes cut off or padded by zeros at their end."""
    widths = [(0, 0)] * x.ndim
    for a, n in zip(axes, sizes, strict=True):
        widths[a] = (0, n - x.shape[a])
    return F.pad(x, tuple(widths)) if any(hi for _, hi in widths) else x


def _complex(F: Namespace, x: Payload) -> Payload:
    return x if x.dtype.kind == "c" else F.convert(x, dtype=complex_of(x.dtype))


@composite
def fftn(
    F: Namespace,
    x: Payload,
    *,
    axes: Shape,
    sizes: Shape | None = None,
    norm: str | None = None,
    inverse: bool = False,
) -> Payload:
    """The transform over axes (the inverse one with `inverse`), complex."""
    if not axes:
        return _complex(F, x)
    if sizes is not None:
        x = F.resized(x, axes=axes, sizes=sizes)
    scale = norm_scale(norm, prod(x.shape[a] for a in axes), inverse)
    return F.fft_raw(_complex(F, x), axes=axes, inverse=inverse, scale=scale)


@composite
def rfftn(
    F: Namespace,
    x: Payload,
    *,
    axes: Shape,
    sizes: Shape | None = None,
    norm: str | None = None,
) -> Payload:
    """The transform of reals; of the last of `axes` only half is given."""
    if sizes is not None:
        x = F.resized(x, axes=axes, sizes=sizes)
    scale = norm_scale(norm, prod(x.shape[a] for a in axes), False)
    out = F.rfft_raw(x, axis=axes[-1], scale=scale)
    if len(axes) == 1:
        return out
    return F.fft_raw(out, axes=axes[:-1], inverse=False, scale=1.0)


@composite
def irfftn(
    F: Namespace,
    x: Payload,
    *,
    axes: Shape,
    sizes: Shape | None = None,
    norm: str | None = None,
) -> Payload:
    """The inverse of `rfftn`; the last size is 2 (n - 1) if not given."""
    x, axis = _complex(F, x), axes[-1]
    if sizes is None:
        *others, last = (x.shape[a] for a in axes)
        last = 2 * (last - 1)
    else:
        *others, last = sizes
    x = F.resized(x, axes=axes, sizes=(*others, last // 2 + 1))
    if len(axes) > 1:
        x = F.fft_raw(x, axes=axes[:-1], inverse=True, scale=1.0)
    scale = norm_scale(norm, prod(others) * last, True)
    return F.irfft_raw(x, axis=axis, count=last, scale=scale)


_OTHER = {
    "forward": "backward",
    "ortho": "ortho",
    "backward": "forward",
    None: "forward",
}


@composite
def hfftn(
    F: Namespace,
    x: Payload,
    *,
    axes: Shape,
    sizes: Shape | None = None,
    norm: str | None = None,
) -> Payload:
    """The real transform of half a Hermitian signal (along the last of `axes`)."""
    return F.irfftn(F.conj(_complex(F, x)), axes=axes, sizes=sizes, norm=_OTHER[norm])


@composite
def ihfftn(
    F: Namespace,
    x: Payload,
    *,
    axes: Shape,
    sizes: Shape | None = None,
    norm: str | None = None,
) -> Payload:
    """The inverse of `hfftn`: half a Hermitian signal of reals."""
    return F.conj(F.rfftn(x, axes=axes, sizes=sizes, norm=_OTHER[norm]))


@composite
def fftshift(
    F: Namespace, x: Payload, *, axes: Shape, inverse: bool = False
) -> Payload:
    """The zero frequency moved to the middle (or back)."""
    half = tuple(x.shape[a] // 2 for a in axes)
    return F.roll(x, shifts=tuple(-h for h in half) if inverse else half, axes=axes)


# --- short-time transforms ------------------------------------------------------------


def centred_window(window: Payload, size: int, F: Namespace) -> Payload:
    """A window padded by zeros on both sides."""
    n = window.shape[0]
    left = (size - n) // 2
    return window if n == size else F.pad(window, ((left, size - n - left),))


@composite
def stft(
    F: Namespace,
    x: Payload,
    window: Payload | None,
    *,
    size: int,
    hop: int,
    centre: bool = True,
    mode: str = "reflect",
    normalized: bool = False,
    onesided: bool = True,
) -> Payload:
    """Transforms of overlapping windows of (..., time): (..., frequencies, frames).

    Args:
        window: weights, at most `size` of them; None for ones.
        size: of the transforms; hop: between them.
        centre: whether frames are centred at multiples of hop, x being padded (`mode`).
        normalized: whether to divide by sqrt(size).
        onesided: whether only half of the frequencies of reals are given.
    """
    last = x.ndim - 1
    if centre:
        widths = (*((0, 0) for _ in range(last)), (size // 2, size // 2))
        x = F.pad_with(x, widths, mode=mode)
    frames = F.windows(x, axis=last, width=size, step=hop, dilation=1)
    if window is not None:
        frames = F.mul(frames, centred_window(window, size, F))
    norm = "ortho" if normalized else None
    transform = F.rfftn if onesided and frames.dtype.kind != "c" else F.fftn
    return F.mT(transform(frames, axes=(last + 1,), norm=norm))


@composite
def istft(
    F: Namespace,
    x: Payload,
    window: Payload,
    *,
    size: int,
    hop: int,
    centre: bool = True,
    normalized: bool = False,
    onesided: bool = True,
    length: int | None = None,
    real: bool = True,
) -> Payload:
    """The least squares inverse of `stft` (Griffin and Lim 1984).

    Args:
        window: weights, at most `size` of them.
        length: how many elements to give, by default all that frames cover.
        real: whether the result is real.
    """
    frames = F.mT(x)
    last = frames.ndim - 1
    norm = "ortho" if normalized else None
    if onesided or real:  # of a whole spectrum the first half is read
        frames = F.irfftn(frames, axes=(last,), sizes=(size,), norm=norm)
    else:
        frames = F.fftn(frames, axes=(last,), norm=norm, inverse=True)
    window = centred_window(window, size, F)
    window = F.convert(window, dtype=frames.dtype)
    count = frames.shape[last - 1]
    total = size + hop * (count - 1)
    words = {"length": total, "width": size, "step": hop, "dilation": 1}
    signal = F.unwindows(F.mul(frames, F.conj(window)), axis=last - 1, **words)
    power = F.mul(window, F.conj(window))
    weights = F.unwindows(F.broadcast_to(power, (count, size)), axis=0, **words)
    start = size // 2 if centre else 0
    stop = total - (size // 2 if centre else 0)
    if length is not None:
        stop = start + length
    kept = min(stop, total)
    lead = tuple((0, n, 1) for n in signal.shape[:-1])
    signal = F.slice(signal, index=(*lead, (start, kept, 1)))
    signal = F.div(signal, F.slice(weights, index=((start, kept, 1),)))
    if stop > kept:
        signal = F.pad(signal, (*((0, 0) for _ in lead), (0, stop - kept)))
    return signal
