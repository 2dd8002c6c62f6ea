"""What records declare about their rules: what is read, how operands broadcast."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from isograd.core.primitive import BOUND, RAW, Namespace, Primitive
from isograd.core.transforms import vjp
from isograd.testing.cases import Case, cases, legal_dtypes
from isograd.testing.differences import array_of, normal_like

from .exceptions import SHAPE_ONLY, differentiable, primitives

DECLARED = [p for p in differentiable() if p.keep is None]


class Need:
    """Stands for a node in `needs`: it has a shape and nothing else."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


class Poison:
    """A value that nothing can be computed from."""

    __array_ufunc__ = None

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError("poison was read")


POISON = Poison()


def pull(
    case: Case, F: Namespace, active: tuple[int, ...], poison: int | None = None
) -> Any:
    """The rule on what `reads` declares for `active`, one place of it removed."""
    values = (*case.args, *case.values())
    mask = sum(1 << i for i in active)
    kept = case.prim.keeps(mask, len(case.args))
    saved = tuple(
        POISON if k == poison else v if k in kept else None
        for k, v in enumerate(values)
    )
    saved = saved if kept else ()
    needs = [Need(a.shape) if i in active else None for i, a in enumerate(case.args)]
    outs = case.values()
    g = normal_like(np.random.default_rng(3), outs)
    g = [x if x.dtype.kind in "fcV" else None for x in g]
    rule = case.prim.raw_vjp if F is RAW else case.prim.vjp
    return rule(F, tuple(g) if case.prim.multi else g[0], saved, needs, **case.params)


def same(a: Any, b: Any) -> bool:
    return (a is None and b is None) or np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize("prim", DECLARED, ids=lambda p: p.name)
def test_each_cotangent_reads_no_more_than_is_declared(prim: Primitive) -> None:
    """One operand at a time, with only what it declares: as with everything there.

    A rule may take another way where it sees arrays (`F.raw`), which rounds otherwise.
    """
    for case in cases(prim):
        everything = pull(case, RAW, case.active) if case.active else ()
        for i in case.active:
            assert same(pull(case, RAW, (i,))[i], everything[i])
            bound = pull(case, BOUND, (i,))[i]
            if everything[i] is None:
                assert bound is None
            else:
                np.testing.assert_allclose(bound, everything[i], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("prim", DECLARED, ids=lambda p: p.name)
def test_each_cotangent_reads_all_that_is_declared(prim: Primitive) -> None:
    """A place that is saved but not read keeps memory and raises spurious errors."""
    declared, read = set(), set()
    for case in cases(prim):
        for i in case.active:
            for place in prim.keeps(1 << i, len(case.args)):
                declared.add((i, place))
                if reads(case, i, place):
                    read.add((i, place))
    assert declared == read or prim.name in SHAPE_ONLY


def reads(case: Case, i: int, place: int) -> bool:
    """Whether the cotangent of operand i changes when a saved place is taken away."""
    whole = pull(case, RAW, (i,))[i]
    try:
        return not same(pull(case, RAW, (i,), poison=place)[i], whole)
    except (TypeError, AttributeError, ValueError, KeyError, IndexError):
        return True


def layouts(a: np.ndarray) -> list[np.ndarray]:
    """Read-only arrays equal to `a`: plain, with gaps, in Fortran order."""
    wide = np.zeros((*a.shape, 2), a.dtype)
    wide[..., 0] = a
    found = [a.copy(), wide[..., 0], np.asfortranarray(a).reshape(a.shape)]
    for x in found:
        x.flags.writeable = False
    return found


@pytest.mark.parametrize("prim", DECLARED, ids=lambda p: p.name)
def test_rules_read_any_layout_and_write_nowhere(prim: Primitive) -> None:
    """Cotangents do not depend on strides; what a rule is given is read-only here."""
    for case in cases(prim):
        if not case.active:
            continue
        outs = case.values()
        gs = normal_like(np.random.default_rng(3), outs)
        expected = None
        for k in range(3):
            args = tuple(layouts(a)[k] for a in case.args)
            laid = Case(prim, args, case.params)
            g = tuple(layouts(x)[k] if x.dtype.kind in "fcV" else None for x in gs)
            saved = saved_for(laid, tuple(layouts(o)[k] for o in outs))
            needs = [
                Need(a.shape) if i in case.active else None for i, a in enumerate(args)
            ]
            found = prim.raw_vjp(
                RAW, g if prim.multi else g[0], saved, needs, **case.params
            )
            expected = expected or found
            for f, e in zip(found, expected, strict=True):
                if e is not None:
                    assert type(f) is np.ndarray
                    np.testing.assert_allclose(f, e, rtol=1e-12, atol=1e-14)


def saved_for(case: Case, outs: tuple[np.ndarray, ...]) -> tuple[Any, ...]:
    """What a node of the case saves when all that may be is differentiated."""
    kept = case.prim.keeps(sum(1 << i for i in case.active), len(case.args))
    values = (*case.args, *outs)
    return tuple(v if k in kept else None for k, v in enumerate(values)) if kept else ()


ELEMENTWISE = [p for p in primitives() if p.kind == "elementwise" and p.arity != 1]


@pytest.mark.parametrize("prim", ELEMENTWISE, ids=lambda p: p.name)
def test_elementwise_operands_broadcast(prim: Primitive) -> None:
    """Values and cotangents are those of operands that were broadcast beforehand."""
    first = next(iter(cases(prim, legal_dtypes(prim)[0])))

    @settings(max_examples=8, deadline=None, database=None, derandomize=True)
    @given(
        mutually_broadcastable_shapes(
            num_shapes=len(first.args), max_dims=3, max_side=3
        ),
        st.integers(0, 9),
    )
    def check(shapes: Any, seed: int) -> None:
        check_broadcast(first, shapes.input_shapes, shapes.result_shape, seed)

    check()


def check_broadcast(first: Case, shapes: Any, result: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    args = [
        np.asarray(rng.choice(a.reshape(-1), s))
        for a, s in zip(first.args, shapes, strict=True)
    ]
    case = Case(first.prim, tuple(args), first.params)
    full = Case(
        first.prim, tuple(np.broadcast_to(a, result).copy() for a in args), first.params
    )
    np.testing.assert_array_equal(case.values()[0], full.values()[0])
    if not case.prim.has_vjp or not case.active:
        return
    (g,) = normal_like(rng, case.values())
    found = vjp(case.function(), *case.xs)[1]((g,))
    spread = vjp(full.function(), *full.xs)[1]((g,))
    for f, s in zip(found, spread, strict=True):
        np.testing.assert_allclose(
            array_of(f), summed(array_of(s), f._p.shape), rtol=1e-12, atol=1e-12
        )


def summed(x: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """`x` summed over the axes along which `shape` was broadcast."""
    extra = x.ndim - len(shape)
    x = x.sum(axis=tuple(range(extra)))
    axes = tuple(i for i, n in enumerate(shape) if n == 1 and x.shape[i] != 1)
    return x.sum(axis=axes, keepdims=True)
