"""Matrix products of every rank and einsum against PyTorch."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from isograd.base.errors import EngineError
from isograd.core.primitive import BOUND
from isograd.ops.einsum import sublist_equation
from isograd.ops.matmul import chain_order

from .payloads import same, torch

RNG = np.random.default_rng(0)
TF = torch.nn.functional


def normal(*shape: int, kind: str = "f") -> np.ndarray:
    x = np.asarray(RNG.normal(size=shape))
    return np.asarray(x + 1j * RNG.normal(size=shape)) if kind == "c" else x


LEFT = [(3,), (2, 3), (4, 2, 3), (1, 4, 2, 3), (0, 2, 3)]
RIGHT = [(3,), (3, 5), (4, 3, 5), (2, 1, 3, 1)]


@pytest.mark.parametrize("kind", "fc")
@pytest.mark.parametrize(("a", "b"), [*itertools.product(LEFT, RIGHT)], ids=str)
def test_products_of_every_rank(a: Any, b: Any, kind: str) -> None:
    try:
        np.broadcast_shapes(a[:-2], b[:-2])
    except ValueError:
        pytest.skip("stacks that do not broadcast")
    same(
        lambda F, x, y: F.matmul_any(x, y),
        torch.matmul,
        normal(*a, kind=kind),
        normal(*b, kind=kind),
    )


EQUATIONS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("bij,bjk->bik", (5, 2, 3), (5, 3, 4)),
    ("ij,jk", (2, 3), (3, 4)),
    ("ba", (2, 3)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iji->j", (3, 2, 3)),
    ("iii->i", (3, 3, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("i,i->i", (3,), (3,)),
    ("i,i", (3,), (3,)),
    ("i,j->ij", (3,), (2,)),
    ("i,j->ji", (3,), (2,)),
    ("...ij,...jk->...ik", (2, 1, 2, 3), (4, 3, 2)),
    ("...ij->...ji", (4, 2, 3)),
    ("i...->...", (4, 2, 3)),
    ("i...,j->j...", (2, 3), (4,)),
    ("bhid,bhjd->bhij", (2, 3, 4, 5), (2, 3, 6, 5)),
    ("bij,bkj,kl->bil", (2, 3, 4), (2, 5, 4), (5, 2)),
    ("ab,bc,cd,de->ae", (2, 3), (3, 4), (4, 2), (2, 3)),
    ("ij,ij->", (2, 3), (2, 3)),
    ("ij,ij->ij", (2, 3), (1, 3)),
    ("ijk,jk->i", (2, 3, 4), (3, 4)),
    ("ij,k->ik", (2, 3), (4,)),
    ("Ab,bA->", (2, 3), (3, 2)),
    ("aB,Bc", (2, 3), (3, 2)),
    (",ij->ij", (), (2, 3)),
    ("oij,bi,bj->bo", (2, 3, 4), (5, 3), (5, 4)),
    ("ij,ij,ij->i", (2, 3), (2, 3), (2, 3)),
    ("ij,jk->ik", (0, 3), (3, 4)),
    ("ij,jk->ik", (2, 0), (0, 4)),
    ("bq,bnq,n->bn", (2, 3), (2, 4, 3), (1,)),
    (" i j , j -> i ", (2, 3), (3,)),
    ("...i,...i->...", (2, 3), (4, 2, 3)),
    ("ii,jj->ij", (2, 2), (3, 3)),
]


@pytest.mark.parametrize("row", EQUATIONS, ids=str)
@pytest.mark.parametrize("kind", "fc")
def test_einsum(row: Any, kind: str) -> None:
    equation, *shapes = row
    same(
        lambda F, *xs: F.einsum(equation, *xs),
        lambda *xs: torch.einsum(equation, *xs),
        *(normal(*s, kind=kind) for s in shapes),
    )


def test_sublists() -> None:
    assert sublist_equation([[0, 1], [1, 26]], [0, 26]) == "AB,Ba->Aa"
    assert sublist_equation([[..., 3]], None) == "...D"
    x, y = normal(2, 3), normal(3, 4)
    same(
        lambda F, x, y: F.einsum(sublist_equation([[5, 2], [2, 0]], None), x, y),
        lambda x, y: torch.einsum(x, [5, 2], y, [2, 0]),
        x,
        y,
    )


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk->ik", [(2, 3)]),
        ("ij->ik", [(2, 3)]),
        ("ij->ii", [(2, 3)]),
        ("i->i", [(2, 3)]),
        ("ij,jk", [(2, 3), (4, 5)]),
        ("i1->i", [(2, 3)]),
        ("ijk", [(2, 3)]),
        ("i,j", [(2,), (3,), (4,)]),
        ("ii", [(2, 3)]),
    ],
)
def test_wrong_equations(equation: str, shapes: Any) -> None:
    arrays = [normal(*s) for s in shapes]
    with pytest.raises(EngineError, match=r"^einsum\(\): "):
        BOUND.einsum(equation, *arrays)
    with pytest.raises((RuntimeError, ValueError)):
        torch.einsum(equation, *map(torch.from_numpy, arrays))


M, N, B = normal(3, 4), normal(4, 2), normal(5, 3, 4)
CASES: dict[str, Any] = {
    "linear": (
        lambda F, x, w, b: F.linear(x, w, b),
        TF.linear,
        B,
        normal(2, 4),
        normal(2),
    ),
    "linear plain": (lambda F, x, w: F.linear(x, w), TF.linear, M, normal(2, 4)),
    "linear of a vector": (
        lambda F, x, w, b: F.linear(x, w, b),
        TF.linear,
        normal(4),
        normal(2, 4),
        normal(2),
    ),
    "linear complex": (
        lambda F, x, w, b: F.linear(x, w, b),
        TF.linear,
        normal(3, 4, kind="c"),
        normal(2, 4, kind="c"),
        normal(2, kind="c"),
    ),
    "vdot": (
        lambda F, x, y: F.vdot(x, y),
        torch.vdot,
        normal(3, kind="c"),
        normal(3, kind="c"),
    ),
    "outer": (lambda F, x, y: F.outer(x, y), torch.outer, normal(3), normal(2)),
    "inner": (lambda F, x, y: F.inner(x, y), torch.inner, B, M),
    "tensordot": (
        lambda F, x, y: F.tensordot(x, y, axes=((1, 2), (0, 1))),
        lambda x, y: torch.tensordot(x, y, ([1, 2], [0, 1])),
        B,
        normal(3, 4, 2),
    ),
    "tensordot 0": (
        lambda F, x, y: F.tensordot(x, y, axes=((), ())),
        lambda x, y: torch.tensordot(x, y, 0),
        M,
        N,
    ),
    "addmm": (
        lambda F, c, x, y: F.add_product(c, x, y, beta=0.5, alpha=2.0),
        lambda c, x, y: torch.addmm(c, x, y, beta=0.5, alpha=2.0),
        normal(3, 2),
        M,
        N,
    ),
    "baddbmm": (
        lambda F, c, x, y: F.add_product(c, x, y),
        torch.baddbmm,
        normal(5, 3, 2),
        B,
        normal(5, 4, 2),
    ),
    "kron": (lambda F, x, y: F.kron(x, y), torch.kron, B, N),
    "bilinear": (
        lambda F, x, y, w, b: F.bilinear(x, y, w, b),
        TF.bilinear,
        normal(5, 2, 3),
        normal(5, 2, 4),
        normal(2, 3, 4),
        normal(2),
    ),
    "cross": (
        lambda F, x, y: F.cross(x, y, axis=1),
        lambda x, y: torch.linalg.cross(x, y, dim=1),
        B,
        normal(1, 3, 4),
    ),
    "matrix_power": (
        lambda F, x: F.matrix_power(x, exponent=5),
        lambda x: torch.matrix_power(x, 5),
        normal(2, 3, 3),
    ),
    "matrix_power 0": (
        lambda F, x: F.matrix_power(x, exponent=0),
        lambda x: torch.matrix_power(x, 0) + 0 * x,
        normal(2, 3, 3),
    ),
    "multi_dot": (
        lambda F, *xs: F.multi_dot(*xs),
        lambda *xs: torch.linalg.multi_dot(xs),
        normal(10),
        normal(10, 2),
        normal(2, 8),
        normal(8),
    ),
    "multi_dot matrices": (
        lambda F, *xs: F.multi_dot(*xs),
        lambda *xs: torch.linalg.multi_dot(xs),
        normal(3, 10),
        normal(10, 2),
        normal(2, 8),
        normal(8, 1),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_same_as_pytorch(name: str) -> None:
    same(*CASES[name])


def test_order_of_a_chain() -> None:
    """The example of Cormen et al., section 15.2: ((A1 (A2 A3)) ((A4 A5) A6))."""
    split = chain_order([30, 35, 15, 5, 10, 20, 25])
    assert (split[0, 5], split[0, 2], split[3, 5]) == (2, 0, 4)
