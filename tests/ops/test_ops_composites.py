"""Composites under every transform: derivatives, batches and staged programs.

Their parts are tested from the registry; here the parts meet: parameters that are made
from shapes, orders of axes, chains of views.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from isograd.compile.api import compile as compile_
from isograd.core.primitive import BOUND
from isograd.core.tensor import Tensor, payload_of, wrap
from isograd.testing import check_nestings

IDX = np.array([[0, 2], [-1, 1]])
ROW = np.array([2, 0])
MASK = np.array([True, False, True, True])
ALONG = np.array([[0, 1, 0], [3, 3, 1]])
CONV = {"stride": (2, 1), "dilation": (1, 1)}
POOL = {"size": (2, 2), "stride": (2, 1), "padding": (1, 0)}
CHAIN = (("slice", (("index", ((1, 3, 1), (0, 3, 1))),)),)


def definite(F: Any, x: Any) -> Any:
    return F.add(F.matmul(x, F.mT(x)), 2 * np.eye(x.shape[-1]))


def weighted(F: Any, xs: Any) -> Any:
    return [F.mul(x, x) for x in xs]


CASES: dict[str, Any] = {
    "select": (lambda F, x: F.index(x, (1, slice(None, None, -1))), (4, 3)),
    "basic key": (lambda F, x: F.index(x, (..., None, slice(0, 3, 2), 1)), (2, 4, 3)),
    "array key": (lambda F, x: F.index(x, (slice(None), IDX)), (4, 3)),
    "mixed key": (lambda F, x: F.index(x, (ROW, slice(1, 3), ROW)), (4, 3, 3)),
    "mask key": (lambda F, x: F.index(x, MASK), (4, 3)),
    "put": (lambda F, x, v: F.index_put(x, (slice(1, 3), 0), v), (4, 3), (2,)),
    "put at arrays": (
        lambda F, x, v: F.index_put(x, (1, slice(None), ROW), v),
        (2, 2, 3),
        (2, 2),
    ),
    "accumulate": (
        lambda F, x, v: F.index_put(x, (ROW, slice(None), ROW), v, accumulate=True),
        (4, 2, 3),
        (2, 1),
    ),
    "scatter mean": (
        lambda F, x, s: F.scatter_along(x, ALONG, s, axis=0, reduce="mean"),
        (4, 3),
        (2, 3),
    ),
    "scatter amax": (
        lambda F, x, s: F.scatter_along(
            x, ALONG, s, axis=0, reduce="amax", include_self=False
        ),
        (4, 3),
        (2, 3),
    ),
    "embedding": (lambda F, w: F.embedding(w, IDX), (3, 2)),
    "index_fill": (lambda F, x, v: F.index_fill(x, ROW, v, axis=1), (2, 3), ()),
    "masked_select": (lambda F, x: F.masked_select(x, MASK), (3, 4)),
    "masked_scatter": (lambda F, x, s: F.masked_scatter(x, MASK, s), (4,), (5,)),
    "view_write": (lambda F, x, v: F.view_write(x, v, chain=CHAIN), (4, 3), (2, 3)),
    "stack": (lambda F, x, y: F.stack(x, F.mul(x, y), axis=1), (2, 3), (2, 3)),
    "split": (lambda F, x: weighted(F, F.split(x, (1, 2), axis=1)), (2, 3)),
    "roll": (lambda F, x: F.roll(x, shifts=(1, 2), axes=(0, 1)), (2, 3)),
    "tile": (lambda F, x: F.tile(x, (2, 1, 2)), (2, 3)),
    "repeat_interleave": (lambda F, x: F.repeat_interleave(x, 2, axis=0), (2, 3)),
    "rot90": (lambda F, x: F.rot90(x, count=1), (2, 3)),
    "pad": (lambda F, x: F.pad_with(x, ((1, 0), (-1, 2)), value=1.5), (2, 3)),
    "reflect": (lambda F, x: F.pad_with(x, ((1, 0), (2, 1)), mode="reflect"), (2, 3)),
    "meshgrid": (lambda F, x, y: F.meshgrid(x, y, indexing="xy"), (2,), (3,)),
    "block_diag": (lambda F, x, y: F.block_diag(x, y), (2, 3), (1, 2)),
    "diag": (lambda F, x: F.diag(x, offset=1), (3,)),
    "trace": (lambda F, x: F.trace(x, offset=1), (3, 4)),
    "tril": (lambda F, x: F.tril(x, offset=-1), (3, 4)),
    "im2col": (
        lambda F, x: F.im2col(
            x, size=(2, 2), step=(1, 2), padding=(1, 0), dilation=(1, 2)
        ),
        (1, 2, 3, 4),
    ),
    "dot": (lambda F, x, y: F.matmul_any(x, y), (3,), (3,)),
    "matrix times vector": (lambda F, x, y: F.matmul_any(x, y), (2, 2, 3), (3,)),
    "tensordot": (lambda F, x, y: F.tensordot(x, y, axes=((0,), (1,))), (2, 3), (4, 2)),
    "einsum": (
        lambda F, x, y, z: F.einsum("bij,bkj,kl->bil", x, y, z),
        (2, 2, 3),
        (2, 2, 3),
        (2, 2),
    ),
    "einsum diagonal": (lambda F, x: F.einsum("iji->j", x), (3, 2, 3)),
    "kron": (lambda F, x, y: F.kron(x, y), (2, 3), (2,)),
    "bilinear": (lambda F, x, y, w: F.bilinear(x, y, w), (2, 2), (2, 3), (2, 2, 3)),
    "cross": (lambda F, x, y: F.cross(x, y, axis=1), (2, 3), (1, 3)),
    "matrix_power": (lambda F, x: F.matrix_power(x, exponent=3), (3, 3)),
    "multi_dot": (lambda F, *xs: F.multi_dot(*xs), (2, 3), (3, 1), (1, 2)),
    "convolution": (
        lambda F, x, w, b: F.convolution(x, w, b, padding=((1, 0), (0, 1)), **CONV),
        (2, 4, 3),
        (2, 2, 2, 2),
        (2,),
    ),
    "transposed": (
        lambda F, x, w, b: F.transposed_convolution(
            x, w, b, padding=((0, 0), (1, 1)), extra=(1, 0), groups=2, **CONV
        ),
        (1, 2, 2, 3),
        (2, 1, 2, 2),
        (2,),
    ),
    "max_pool": (lambda F, x: F.max_pool(x, dilation=(1, 1), **POOL)[0], (1, 2, 3, 4)),
    "avg_pool": (lambda F, x: F.avg_pool(x, count_padding=False, **POOL), (2, 3, 4)),
    "adaptive_max_pool": (
        lambda F, x: F.adaptive_max_pool(x, count=(2, 3))[0],
        (1, 2, 3, 4),
    ),
    "adaptive_avg_pool": (
        lambda F, x: F.adaptive_avg_pool(x, count=(2, 3)),
        (1, 2, 3, 4),
    ),
    "interpolate": (
        lambda F, x: F.interpolate(x, count=(4, 3), mode="cubic"),
        (1, 2, 3, 4),
    ),
    "nearest": (
        lambda F, x: F.interpolate(x, count=(4, 3), mode="nearest"),
        (1, 2, 3, 4),
    ),
    "grid_sample": (
        lambda F, x, g: F.grid_sample(x, F.tanh(g)),
        (1, 2, 3, 4),
        (1, 2, 2, 2),
    ),
    "affine_grid": (lambda F, t: F.affine_grid(t, space=(2, 3)), (1, 2, 3)),
    "cholesky": (lambda F, x: F.cholesky(definite(F, x)), (2, 3, 3)),
    "cholesky_solve": (
        lambda F, x, b: F.cholesky_solve(b, F.cholesky(definite(F, x))),
        (3, 3),
        (3, 2),
    ),
    "solve vector": (lambda F, x, b: F.solve_any(definite(F, x), b), (3, 3), (3,)),
    "qr wide": (lambda F, x: F.qr(x)[1], (2, 3)),
    "lu": (lambda F, x: F.lu(definite(F, x))[1:], (3, 3)),
    "eigvalsh": (lambda F, x: F.eigvalsh(definite(F, x)), (3, 3)),
    "norm nuc": (lambda F, x: F.matrix_norm(x, ord="nuc"), (3, 2)),
    "lstsq": (lambda F, x, b: F.lstsq(x, b), (4, 2), (4, 1)),
    "householder": (lambda F, v, t: F.householder_product(v, t), (3, 2), (2,)),
    "rfftn": (lambda F, x: F.rfftn(x, axes=(0, 1), sizes=(3, 4)), (2, 5)),
    "hfft": (lambda F, x: F.hfftn(x, axes=(1,)), (2, 3)),
    "stft": (lambda F, x, w: F.stft(x, w, size=4, hop=2), (9,), (4,)),
}


def function(name: str) -> Any:
    body = CASES[name][0]

    def fn(*xs: Any) -> tuple[Tensor, ...]:
        out = body(BOUND, *map(payload_of, xs))
        outs = out if isinstance(out, tuple | list) else (out,)
        return tuple(wrap(Tensor, o) for o in outs)

    return fn


def operands(name: str) -> list[Tensor]:
    rng = np.random.default_rng(sum(map(ord, name)))
    return [Tensor(np.asarray(rng.normal(size=s))) for s in CASES[name][1:]]


@pytest.mark.parametrize("name", CASES)
def test_derivatives_and_batches(name: str) -> None:
    words = ["R", "F", "B", "RR", "FR", "BR", "RB", "BF"]
    check_nestings(function(name), operands(name), words)


@pytest.mark.parametrize("name", CASES)
def test_staged_programs(name: str) -> None:
    check_nestings(
        function(name),
        operands(name),
        ["S", "SR", "SB", "RS"],
        stage=lambda fn: compile_(fn, executor="numpy"),
    )
