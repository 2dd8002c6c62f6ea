"""Fourier transforms against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .payloads import same, torch

T = torch.fft
RNG = np.random.default_rng(0)
NORMS = [None, "ortho", "forward", "backward"]


def normal(*shape: int, kind: str = "f") -> np.ndarray:
    x = np.asarray(RNG.normal(size=shape))
    return np.asarray(x + 1j * RNG.normal(size=shape)) if kind == "c" else x


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("n", [None, 4, 7, 5])
@pytest.mark.parametrize("kind", "fc")
def test_along_one_axis(norm: Any, n: Any, kind: str) -> None:
    x = normal(3, 5, kind=kind)
    words: dict[str, Any] = {
        "axes": (1,),
        "norm": norm,
        "sizes": None if n is None else (n,),
    }
    same(lambda F, x: F.fftn(x, **words), lambda x: T.fft(x, n, 1, norm), x)
    same(
        lambda F, x: F.fftn(x, inverse=True, **words),
        lambda x: T.ifft(x, n, 1, norm),
        x,
    )
    same(lambda F, x: F.irfftn(x, **words), lambda x: T.irfft(x, n, 1, norm), x)
    same(lambda F, x: F.hfftn(x, **words), lambda x: T.hfft(x, n, 1, norm), x)
    if kind == "f":
        same(lambda F, x: F.rfftn(x, **words), lambda x: T.rfft(x, n, 1, norm), x)
        same(lambda F, x: F.ihfftn(x, **words), lambda x: T.ihfft(x, n, 1, norm), x)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("sizes", [None, (4, 6), (2, 5)])
@pytest.mark.parametrize("axes", [(0, 1), (2, 0), (-2, -1)])
@pytest.mark.parametrize("kind", "fc")
def test_along_several_axes(norm: Any, sizes: Any, axes: Any, kind: str) -> None:
    x = normal(3, 4, 5, kind=kind)
    words: dict[str, Any] = {
        "axes": tuple(a % 3 for a in axes),
        "norm": norm,
        "sizes": sizes,
    }
    same(lambda F, x: F.fftn(x, **words), lambda x: T.fftn(x, sizes, axes, norm), x)
    same(lambda F, x: F.irfftn(x, **words), lambda x: T.irfftn(x, sizes, axes, norm), x)
    same(lambda F, x: F.hfftn(x, **words), lambda x: T.hfftn(x, sizes, axes, norm), x)
    if kind == "f":
        same(
            lambda F, x: F.rfftn(x, **words), lambda x: T.rfftn(x, sizes, axes, norm), x
        )
        same(
            lambda F, x: F.ihfftn(x, **words),
            lambda x: T.ihfftn(x, sizes, axes, norm),
            x,
        )


def test_shifts() -> None:
    x = normal(3, 4, 5)
    for inverse, reference in ((False, T.fftshift), (True, T.ifftshift)):
        same(
            lambda F, x, i=inverse: F.fftshift(x, axes=(0, 2), inverse=i),
            lambda x, r=reference: r(x, (0, 2)),
            x,
        )


@pytest.mark.parametrize("centre", [True, False])
@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("onesided", [True, False])
def test_short_time_transform(centre: bool, normalized: bool, onesided: bool) -> None:
    x, w = normal(2, 40), np.abs(normal(6)) + 0.5
    words = {"normalized": normalized, "onesided": onesided}
    same(
        lambda F, x, w: F.stft(x, w, size=8, hop=3, centre=centre, **words),
        lambda x, w: torch.stft(x, 8, 3, 6, w, centre, return_complex=True, **words),
        x,
        w,
    )
    w = np.abs(normal(8)) + 0.5
    y = torch.stft(
        torch.from_numpy(x),
        8,
        2,
        8,
        torch.from_numpy(w),
        centre,
        return_complex=True,
        **words,
    ).numpy()
    for length in (None, 30):
        same(
            lambda F, y, w, n=length: F.istft(
                y, w, size=8, hop=2, centre=centre, length=n, **words
            ),
            lambda y, w, n=length: torch.istft(
                y, 8, 2, 8, w, centre, length=n, **words
            ),
            y,
            w,
        )
