"""Convolution, pooling and resampling against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from isograd.core.primitive import BOUND

from .payloads import same, torch

TF = torch.nn.functional
RNG = np.random.default_rng(0)
CONVS = {1: TF.conv1d, 2: TF.conv2d, 3: TF.conv3d}
TRANSPOSED = {1: TF.conv_transpose1d, 2: TF.conv_transpose2d, 3: TF.conv_transpose3d}
SPACE = {1: (9,), 2: (7, 6), 3: (4, 5, 4)}


def normal(*shape: int) -> np.ndarray:
    return np.asarray(RNG.normal(size=shape))


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize(("groups", "o"), [(1, 3), (2, 4), (4, 8)])
def test_conv(d: int, stride: int, dilation: int, groups: int, o: int) -> None:
    x, w, b = normal(2, 4, *SPACE[d]), normal(o, 4 // groups, *(2,) * d), normal(o)
    words = {"stride": (stride,) * d, "dilation": (dilation,) * d, "groups": groups}
    same(
        lambda F, x, w, b: F.convolution(x, w, b, padding=((1, 1),) * d, **words),
        lambda x, w, b: CONVS[d](x, w, b, padding=1, **words),
        x,
        w,
        b,
    )


def test_conv_of_one_sample_and_named_padding() -> None:
    x, w = normal(3, 7, 6), normal(2, 3, 4, 3)
    words = {"stride": (1, 1), "dilation": (1, 2)}
    for padding in ("same", "valid"):
        same(
            lambda F, x, w, p=padding: F.convolution(x, w, padding=p, **words),
            lambda x, w, p=padding: TF.conv2d(x, w, padding=p, **words),
            x,
            w,
        )


def test_conv_of_a_large_space() -> None:
    """Larger and smaller numbers of positions take different roads."""
    x, w = normal(2, 2, 12, 11), normal(3, 2, 3, 3)
    words = {"stride": (1, 1), "dilation": (1, 1)}
    same(
        lambda F, x, w: F.convolution(x, w, padding=((1, 1), (0, 0)), **words),
        lambda x, w: TF.conv2d(x, w, padding=(1, 0), **words),
        x,
        w,
    )


def test_complex_conv() -> None:
    x, w = (normal(*s) + 1j * normal(*s) for s in ((2, 2, 5), (3, 2, 3)))
    same(
        lambda F, x, w: F.convolution(
            x, w, padding=((1, 1),), stride=(2,), dilation=(1,)
        ),
        lambda x, w: TF.conv1d(x, w, padding=1, stride=2),
        x,
        w,
    )


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize(
    ("stride", "extra", "dilation", "groups"),
    [(1, 0, 1, 1), (2, 1, 1, 2), (3, 2, 2, 1), (2, 0, 1, 4)],
)
def test_conv_transpose(
    d: int, stride: int, extra: int, dilation: int, groups: int
) -> None:
    x, w, b = normal(2, 4, *(3, 4, 2)[:d]), normal(4, 2, *(3,) * d), normal(2 * groups)
    words = {"stride": (stride,) * d, "dilation": (dilation,) * d, "groups": groups}
    same(
        lambda F, x, w, b: F.transposed_convolution(
            x, w, b, padding=((1, 1),) * d, extra=(extra,) * d, **words
        ),
        lambda x, w, b: TRANSPOSED[d](
            x, w, b, padding=1, output_padding=extra, **words
        ),
        x,
        w,
        b,
    )


POOLS = [
    {"size": (2, 2), "stride": (2, 2), "padding": (0, 0), "dilation": (1, 1)},
    {"size": (3, 2), "stride": (2, 1), "padding": (1, 1), "dilation": (1, 1)},
    {"size": (3, 2), "stride": (2, 3), "padding": (1, 0), "dilation": (1, 2)},
    {"size": (2, 2), "stride": (3, 3), "padding": (1, 1), "dilation": (1, 1)},
]


@pytest.mark.parametrize("words", POOLS)
@pytest.mark.parametrize("ceil_mode", [False, True])
def test_max_pool(words: Any, ceil_mode: bool) -> None:
    x = normal(2, 3, 7, 6)
    names = {k: v for k, v in words.items() if k != "size"}
    names |= {"kernel_size": words["size"], "ceil_mode": ceil_mode}
    same(
        lambda F, x: F.max_pool(x, ceil_mode=ceil_mode, **words)[0],
        lambda x: TF.max_pool2d(x, **names),
        x,
    )
    found = BOUND.max_pool(x, ceil_mode=ceil_mode, **words)
    wanted = TF.max_pool2d(torch.from_numpy(x), return_indices=True, **names)
    np.testing.assert_array_equal(found[1], wanted[1].numpy())


def test_max_pool_of_nan_infinities_and_ties() -> None:
    x = np.array([[[np.nan, 1, 2, -np.inf, -np.inf, -np.inf, 3, 3, np.nan, 0]]])
    words = {"size": (2,), "stride": (2,), "padding": (1,), "dilation": (1,)}
    found = BOUND.max_pool(x, **words)
    wanted = TF.max_pool1d(torch.from_numpy(x), 2, 2, 1, return_indices=True)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b.numpy())


def test_max_pool_in_other_ranks() -> None:
    for d, pool in ((1, TF.max_pool1d), (3, TF.max_pool3d)):
        words = {
            "size": (2,) * d,
            "stride": (2,) * d,
            "padding": (0,) * d,
            "dilation": (1,) * d,
        }
        for x in (normal(2, 3, *SPACE[d]), normal(3, *SPACE[d])):
            same(
                lambda F, x, w=words: F.max_pool(x, **w)[0],
                lambda x, p=pool: p(x, 2),
                x,
            )


@pytest.mark.parametrize("words", [w for w in POOLS if w["dilation"] == (1, 1)])
@pytest.mark.parametrize("ceil_mode", [False, True])
@pytest.mark.parametrize("divisor", [None, 5])
@pytest.mark.parametrize("count", [False, True])
def test_avg_pool(
    words: Any, ceil_mode: bool, divisor: int | None, count: bool
) -> None:
    words = {k: v for k, v in words.items() if k != "dilation"}
    same(
        lambda F, x: F.avg_pool(
            x, ceil_mode=ceil_mode, divisor=divisor, count_padding=count, **words
        ),
        lambda x: TF.avg_pool2d(
            x,
            words["size"],
            words["stride"],
            words["padding"],
            ceil_mode,
            count,
            divisor,
        ),
        normal(2, 3, 7, 6),
    )


@pytest.mark.parametrize("count", [(1, 1), (7, 6), (3, 4), (7, 3), (9, 2)])
def test_adaptive_pools(count: Any) -> None:
    x = normal(2, 3, 7, 6)
    same(
        lambda F, x: F.adaptive_avg_pool(x, count=count),
        lambda x: TF.adaptive_avg_pool2d(x, count),
        x,
    )
    same(
        lambda F, x: F.adaptive_max_pool(x, count=count)[0],
        lambda x: TF.adaptive_max_pool2d(x, count),
        x,
    )
    same(
        lambda F, x: F.adaptive_avg_pool(x, count=count),
        lambda x: TF.adaptive_avg_pool2d(x, count),
        x[0],
    )


def test_other_pools() -> None:
    x = np.abs(normal(2, 3, 7, 6))
    same(
        lambda F, x: F.lp_pool(x, ord=2.0, size=(2, 3), stride=(2, 3)),
        lambda x: TF.lp_pool2d(x, 2, (2, 3)),
        x,
    )
    t, idx = TF.max_pool2d(torch.from_numpy(x), 2, return_indices=True)
    same(
        lambda F, t: F.max_unpool(t, idx.numpy(), space=(7, 6)),
        lambda t: TF.max_unpool2d(t, idx, 2, output_size=(7, 6)),
        t.numpy(),
    )


MODES = {
    "nearest": "nearest",
    "nearest-exact": "nearest-exact",
    "bilinear": "linear",
    "bicubic": "cubic",
    "area": "area",
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("count", [(9, 4), (14, 12), (3, 2), (5, 6), (1, 1)])
def test_interpolate(mode: str, count: Any) -> None:
    x = normal(2, 2, 5, 6)
    for corners in (None, False, True):
        if (corners is None) == (mode in ("bilinear", "bicubic")):
            continue
        same(
            lambda F, x, c=corners: F.interpolate(
                x, count=count, mode=MODES[mode], corners=bool(c)
            ),
            lambda x, c=corners: TF.interpolate(x, count, mode=mode, align_corners=c),
            x,
            rtol=1e-7,
        )


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("scale", [2.0, 1.7, 0.6])
def test_interpolate_by_a_factor(mode: str, scale: float) -> None:
    x = normal(2, 2, 5, 6)
    count = (int(5 * scale), int(6 * scale))
    same(
        lambda F, x: F.interpolate(
            x, count=count, mode=MODES[mode], scales=(1 / scale,) * 2
        ),
        lambda x: TF.interpolate(x, scale_factor=scale, mode=mode),
        x,
        rtol=1e-7,
    )


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_interpolate_with_antialiasing(mode: str) -> None:
    for count in ((3, 2), (9, 8)):
        same(
            lambda F, x, c=count: F.interpolate(
                x, count=c, mode=MODES[mode], antialias=True
            ),
            lambda x, c=count: TF.interpolate(x, c, mode=mode, antialias=True),
            normal(1, 2, 7, 6),
            second=False,
        )


def test_interpolate_other_ranks() -> None:
    same(
        lambda F, x: F.interpolate(x, count=(7,), mode="linear"),
        lambda x: TF.interpolate(x, 7, mode="linear"),
        normal(2, 2, 4),
    )
    same(
        lambda F, x: F.interpolate(x, count=(3, 5, 2), mode="linear", corners=True),
        lambda x: TF.interpolate(x, (3, 5, 2), mode="trilinear", align_corners=True),
        normal(2, 2, 4, 3, 3),
    )


@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding", ["zeros", "border", "reflection"])
@pytest.mark.parametrize("corners", [False, True])
def test_grid_sample(mode: str, padding: str, corners: bool) -> None:
    x, grid = normal(2, 3, 5, 4), RNG.uniform(-1.6, 1.6, (2, 3, 6, 2))
    same(
        lambda F, x, g: F.grid_sample(
            x, g, mode=MODES[mode], padding=padding, corners=corners
        ),
        lambda x, g: TF.grid_sample(x, g, mode, padding, corners),
        x,
        grid,
        second=mode == "nearest",
    )


def test_grid_sample_in_three_axes() -> None:
    x, grid = normal(2, 2, 3, 4, 5), RNG.uniform(-1.3, 1.3, (2, 2, 3, 2, 3))
    same(
        lambda F, x, g: F.grid_sample(x, g),
        lambda x, g: TF.grid_sample(x, g, align_corners=False),
        x,
        grid,
        second=False,
    )


@pytest.mark.parametrize("corners", [False, True])
def test_affine_grid(corners: bool) -> None:
    for space in ((4, 5), (3, 2, 4), (1, 3)):
        d = len(space)
        same(
            lambda F, t, s=space: F.affine_grid(t, space=s, corners=corners),
            lambda t, s=space: TF.affine_grid(t, [2, 1, *s], corners),
            normal(2, d, d + 1),
        )
