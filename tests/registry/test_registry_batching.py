"""vmap of every primitive against a loop, for every choice of mapped operands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
import pytest

from isograd.core.primitive import Primitive
from isograd.core.tensor import Tensor, apply
from isograd.core.transforms import vmap
from isograd.testing.cases import Case, cases, legal_dtypes
from isograd.testing.differences import array_of

from .exceptions import primitives

SIZE = 2
by_primitive = pytest.mark.parametrize("prim", primitives(), ids=lambda p: p.name)


def operation(case: Case) -> Callable[..., Any]:
    return lambda *args: apply(case.prim, Tensor, *args, **case.params)


def variants(a: np.ndarray, size: int) -> np.ndarray:
    """`size` arrays like `a`, stacked: scaled values, permuted indices and masks."""
    if a.dtype.kind in "fc":
        return np.stack([a * 0.9**k for k in range(size)])
    return np.stack([np.roll(a, k, -1) if a.ndim else a for k in range(size)])


def masks(count: int) -> Iterator[tuple[bool, ...]]:
    """All non-empty choices of operands."""
    return (m for m in product((True, False), repeat=count) if any(m))


def compare(found: Any, expected: Sequence[Any]) -> None:
    outs = found if isinstance(found, tuple) else (found,)
    for f, e in zip(outs, expected, strict=True):
        f = array_of(f)
        assert (f.shape, f.dtype) == (e.shape, e.dtype)
        np.testing.assert_allclose(f, e, rtol=1e-12, atol=1e-13)


def loop(case: Case, args: Sequence[Any], mask: Sequence[bool]) -> list[np.ndarray]:
    rows = []
    for k in range(SIZE):
        row = tuple(a[k, ...] if m else a for a, m in zip(args, mask, strict=True))
        rows.append(Case(case.prim, row, case.params).values())
    return [np.stack(parts) for parts in zip(*rows, strict=True)]


def every_case(prim: Primitive) -> list[Case]:
    kinds = [k for k in "fcib" if k in prim.kinds]
    return [c for k in kinds for c in cases(prim, legal_dtypes(prim, k)[0])]


@by_primitive
def test_batching_any_operands_is_a_loop(prim: Primitive) -> None:
    for case in every_case(prim):
        for mask in masks(len(case.args)):
            args = [
                variants(a, SIZE) if m else a
                for a, m in zip(case.args, mask, strict=True)
            ]
            axes = tuple(0 if m else None for m in mask)
            compare(
                vmap(operation(case), axes)(*map(Tensor, args)), loop(case, args, mask)
            )


@by_primitive
def test_batching_twice_is_a_double_loop(prim: Primitive) -> None:
    """The outer and the inner vmap each map any operands (for few operands)."""
    for case in every_case(prim):
        count = len(case.args)
        pairs = list(product(masks(count), repeat=2))
        for outer, inner in pairs if count <= 2 else pairs[:: len(pairs) // 6 or 1]:
            args = [
                variants(a, SIZE) if m else a
                for a, m in zip(case.args, inner, strict=True)
            ]
            args = [
                variants(a, SIZE) if m else a for a, m in zip(args, outer, strict=True)
            ]
            rows = [
                loop(
                    case,
                    [a[k] if m else a for a, m in zip(args, outer, strict=True)],
                    inner,
                )
                for k in range(SIZE)
            ]
            fn = vmap(
                vmap(operation(case), tuple(0 if m else None for m in inner)),
                tuple(0 if m else None for m in outer),
            )
            compare(
                fn(*map(Tensor, args)),
                [np.stack(parts) for parts in zip(*rows, strict=True)],
            )


@by_primitive
def test_an_empty_batch_has_the_right_shape(prim: Primitive) -> None:
    for case in cases(prim, legal_dtypes(prim)[0]):
        args = [np.zeros((0, *a.shape), a.dtype) for a in case.args]
        expected = [np.zeros((0, *o.shape), o.dtype) for o in case.values()]
        compare(vmap(operation(case))(*map(Tensor, args)), expected)
