"""Shapes, padding, strided views and their adjoints against PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from isograd.ops import shape as shapes
from isograd.ops.strided import triangle

from .payloads import same, torch, value

TF = torch.nn.functional
RNG = np.random.default_rng(0)
X = RNG.normal(size=(4, 6))
Y = RNG.normal(size=(4, 6))
Z = RNG.normal(size=(2, 3, 4))
V = RNG.normal(size=5)

CASES: dict[str, Any] = {
    "stack": (
        lambda F, x, y: F.stack(x, y, axis=1),
        lambda x, y: torch.stack((x, y), 1),
        X,
        Y,
    ),
    "split": (
        lambda F, x: F.split(x, (1, 3, 2), axis=1),
        lambda x: x.split((1, 3, 2), 1),
        X,
    ),
    "unbind": (lambda F, x: F.unbind(x, axis=1), lambda x: x.unbind(1), X),
    "squeeze": (
        lambda F, x: F.squeeze(F.unsqueeze(x, axis=1), axes=(0, 1)),
        lambda x: x.unsqueeze(1).squeeze((0, 1)),
        X,
    ),
    "flatten": (lambda F, z: F.flatten(z, start=1), lambda z: z.flatten(1), Z),
    "movedim": (
        lambda F, z: F.movedim(z, sources=(0, 1), targets=(2, 0)),
        lambda z: z.movedim((0, 1), (2, 0)),
        Z,
    ),
    "swapaxes": (lambda F, z: F.swapaxes(z, 0, 2), lambda z: z.swapaxes(0, 2), Z),
    "flip": (lambda F, z: F.flip(z, (0, 2)), lambda z: z.flip((0, 2)), Z),
    "roll": (
        lambda F, x: F.roll(x, shifts=(1, -8), axes=(0, 1)),
        lambda x: x.roll((1, -8), (0, 1)),
        X,
    ),
    "roll flat": (
        lambda F, x: F.roll(x, shifts=(5,), axes=None),
        lambda x: x.roll(5),
        X,
    ),
    "tile": (lambda F, x: F.tile(x, (2, 1, 3)), lambda x: x.tile((2, 1, 3)), X),
    "repeat once": (lambda F, x: F.tile(x, (1, 1)), lambda x: x.repeat(1, 1), X),
    "repeat short": (lambda F, z: F.tile(z, (2,)), lambda z: z.tile((2,)), Z),
    "repeat_interleave": (
        lambda F, x: F.repeat_interleave(x, 2, axis=1),
        lambda x: x.repeat_interleave(2, 1),
        X,
    ),
    "repeat_interleave array": (
        lambda F, x: F.repeat_interleave(x, np.array([0, 2, 1, 3]), axis=0),
        lambda x: x.repeat_interleave(torch.tensor([0, 2, 1, 3]), 0),
        X,
    ),
    "meshgrid": (
        lambda F, x, y: F.meshgrid(x, y),
        lambda x, y: torch.meshgrid(x, y, indexing="ij"),
        V,
        X[0],
    ),
    "meshgrid xy": (
        lambda F, x, y, z: F.meshgrid(x, y, z, indexing="xy"),
        lambda x, y, z: torch.meshgrid(x, y, z, indexing="xy"),
        V,
        X[0],
        X[1, :2],
    ),
    "broadcast": (
        lambda F, x, y: F.broadcast_arrays(x, y),
        torch.broadcast_tensors,
        X[:, :1],
        X[:1],
    ),
    "cartesian_prod": (
        lambda F, x, y: F.cartesian_prod(x, y),
        torch.cartesian_prod,
        V,
        X[0],
    ),
    "combinations": (
        lambda F, x: F.combinations(x, count=3),
        lambda x: torch.combinations(x, 3),
        V,
    ),
    "combinations again": (
        lambda F, x: F.combinations(x, with_replacement=True),
        lambda x: torch.combinations(x, with_replacement=True),
        V,
    ),
    "block_diag": (
        lambda F, x, v, y: F.block_diag(x, v, y),
        torch.block_diag,
        X,
        V,
        Y[:2, :1],
    ),
    "hstack": (lambda F, x, y: F.hstack(x, y), lambda *a: torch.hstack(a), X, Y[:, :2]),
    "vstack": (lambda F, x, y: F.vstack(x, y), lambda *a: torch.vstack(a), X, Y[1]),
    "dstack": (lambda F, x, y: F.dstack(x, y), lambda *a: torch.dstack(a), V, V),
    "column_stack": (
        lambda F, x, y: F.column_stack(x, y),
        lambda *a: torch.column_stack(a),
        X,
        X[:, 1],
    ),
    "atleast": (
        lambda F, x, v: (F.atleast(x, 3), F.atleast(v, 3)),
        lambda *a: torch.atleast_3d(*a),
        X,
        V,
    ),
    "pixel_shuffle": (
        lambda F, x: F.pixel_shuffle(x, factor=2),
        lambda x: TF.pixel_shuffle(x, 2),
        RNG.normal(size=(2, 8, 3, 2)),
    ),
    "pixel_unshuffle": (
        lambda F, x: F.pixel_unshuffle(x, factor=2),
        lambda x: TF.pixel_unshuffle(x, 2),
        RNG.normal(size=(2, 3, 4, 2)),
    ),
    "channel_shuffle": (
        lambda F, x: F.channel_shuffle(x, groups=2),
        lambda x: TF.channel_shuffle(x, 2),
        RNG.normal(size=(2, 6, 3, 2)),
    ),
    "diagonal": (
        lambda F, z: F.diagonal(z, axis1=2, axis2=0, offset=-1),
        lambda z: z.diagonal(-1, 2, 0),
        Z,
    ),
    "diag": (lambda F, x: F.diag(x, offset=1), lambda x: x.diag(1), X),
    "diag of a vector": (lambda F, x: F.diag(x, offset=-2), lambda x: x.diag(-2), V),
    "diag_embed": (
        lambda F, x: F.diag_embed(x, offset=1, axis1=0, axis2=2),
        lambda x: x.diag_embed(1, 0, 2),
        X,
    ),
    "trace": (lambda F, x: F.trace(x), torch.trace, X),
    "as_strided": (
        lambda F, x: F.as_strided(x, shape=(3, 2, 2), strides=(2, 1, 7), offset=3),
        lambda x: x.as_strided((3, 2, 2), (2, 1, 7), 3),
        X,
    ),
    "windows": (
        lambda F, x: F.windows(x, axis=1, width=3, step=2, dilation=1),
        lambda x: x.unfold(1, 3, 2),
        X,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_same_as_pytorch(name: str) -> None:
    same(*CASES[name])


@pytest.mark.parametrize("offset", [-5, -1, 0, 2, 7])
def test_triangles(offset: int) -> None:
    same(lambda F, x: F.tril(x, offset=offset), lambda x: x.tril(offset), X)
    same(lambda F, x: F.triu(x, offset=offset), lambda x: x.triu(offset), Z)
    for upper, reference in ((False, torch.tril_indices), (True, torch.triu_indices)):
        np.testing.assert_array_equal(
            triangle(4, 5, offset, upper), reference(4, 5, offset).numpy()
        )


@pytest.mark.parametrize("count", range(-1, 5))
def test_rot90(count: int) -> None:
    same(
        lambda F, z: F.rot90(z, count=count, axes=(0, 2)),
        lambda z: z.rot90(count, (0, 2)),
        Z,
    )


PADS = [
    ((0, 0), (0, 0), (1, 2)),
    ((0, 0), (2, 1), (3, 0)),
    ((0, 0), (1, -1), (-2, 2)),
    ((0, 0), (0, 0), (-1, -2)),
]


@pytest.mark.parametrize("widths", PADS)
@pytest.mark.parametrize(
    "mode", ["constant", "filled", "reflect", "replicate", "circular"]
)
def test_pad(widths: Any, mode: str) -> None:
    if mode == "reflect" or mode == "circular":
        widths = tuple((min(lo, 2), hi) for lo, hi in widths)
    flat = [w for pair in widths[:0:-1] for w in pair]
    number = 1.5 if mode == "filled" else 0.0
    mode = "constant" if mode == "filled" else mode
    x = Z[None]
    same(
        lambda F, x: F.pad_with(x, ((0, 0), *widths), mode=mode, value=number),
        lambda x: TF.pad(x, flat, mode, number),
        x,
    )


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("padding", [(0, 0), (1, 2)])
def test_columns(dilation: int, padding: Any) -> None:
    words = {
        "size": (2, 3),
        "step": (2, 1),
        "padding": padding,
        "dilation": (dilation, 1),
    }
    theirs = {
        "kernel_size": (2, 3),
        "stride": (2, 1),
        "padding": padding,
        "dilation": (dilation, 1),
    }
    x = RNG.normal(size=(2, 3, 5, 6))
    same(lambda F, x: F.im2col(x, **words), lambda x: TF.unfold(x, **theirs), x)
    columns = TF.unfold(torch.from_numpy(x), **theirs).numpy()
    same(
        lambda F, x: F.col2im(x, shape=(5, 6), **words),
        lambda x: TF.fold(x, output_size=(5, 6), **theirs),
        columns,
    )


def test_sizes_of_parts() -> None:
    for n in range(8):
        for count in range(1, 6):
            t = torch.zeros(n)
            assert list(shapes.chunk_sizes(n, count)) == [
                len(c) for c in t.chunk(count)
            ]
            assert list(shapes.even_sizes(n, count)) == [
                len(c) for c in t.tensor_split(count)
            ]


def test_complex_numbers_as_pairs() -> None:
    c = X[:, ::2] + 1j * Y[:, 1::2]
    same(lambda F, x: F.view_as_real(x), torch.view_as_real, c)
    same(
        lambda F, x: F.view_as_complex(x),
        torch.view_as_complex,
        RNG.normal(size=(3, 4, 2)),
    )


def test_integers_have_shapes_too() -> None:
    i = np.arange(24).reshape(4, 6)
    value(lambda F, x: F.tril(x), torch.tril, i)
    value(lambda F, x: F.tile(x, (2, 1)), lambda x: x.tile((2, 1)), i)
    value(lambda F, x: F.flip(x, (1,)), lambda x: x.flip(1), i > 3)
