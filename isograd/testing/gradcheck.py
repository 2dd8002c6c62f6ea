"""Checks of first and second derivatives against finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.core.transforms import jvp, vjp
from isograd.testing.differences import (
    STEP,
    CheckError,
    Plain,
    array_of,
    arrays,
    compare,
    directional,
    gradient,
    inner_product,
    normal_like,
)


def gradcheck(
    fn: Callable[..., Any],
    args: Sequence[Any],
    *,
    step: float = STEP,
    rtol: float = 1e-6,
    atol: float = 1e-7,
    forward: bool = True,
    seed: int = 0,
) -> bool:
    """Hold reverse and forward mode of `fn` at `args` against finite differences.

    Every element of the gradient of a random linear combination of the outputs is
    compared, and the tangents along a random direction.

    Args:
        fn: a function of tensors (or arrays) and pytrees of them; outputs that are
            neither floating point nor complex are left out.
        args: its positional arguments, float64 or complex128 where they are inexact
            (differences in lower precision say little).
        step: the step of the fourth-order central differences.
        rtol, atol: tolerances; atol is scaled by the largest expected element.
        forward: whether forward mode is checked too.
        seed: of the random cotangents and tangents.

    Returns:
        True.

    Raises:
        CheckError: naming the mode and the argument that disagree.
        TypeError: if an inexact argument has less than double precision.
    """
    plain = checked(fn, args)
    rng = np.random.default_rng(seed)
    us = normal_like(rng, arrays(plain, plain.xs))
    found = vjp(plain, *plain.xs)[1](tuple(us))
    expected = gradient(plain, plain.xs, us, step)
    compare("reverse mode against differences", found, expected, rtol, atol)
    if forward:
        vs = normal_like(rng, plain.xs)
        pushed = jvp(plain, plain.xs, vs)[1]
        compare(
            "forward mode against differences",
            pushed,
            directional(plain, plain.xs, vs, step),
            rtol,
            atol,
        )
    return True


def checked(fn: Callable[..., Any], args: Sequence[Any]) -> Plain:
    plain = Plain(fn, args)
    for i, x in enumerate(plain.xs):
        dtype = array_of(x).dtype
        if dtype.char not in "dD":
            raise TypeError(
                f"finite differences need double precision, argument leaf {i} has "
                f"dtype {dtype}; convert it to float64 or complex128"
            )
    return plain


def gradgradcheck(
    fn: Callable[..., Any],
    args: Sequence[Any],
    *,
    step: float = STEP,
    rtol: float = 1e-6,
    atol: float = 1e-7,
    seed: int = 0,
) -> bool:
    """Hold second derivatives against differences of first ones.

    With s a random linear combination of the outputs and H its Hessian, the product of
    H and a random v is computed as reverse over reverse, forward over reverse and
    reverse over forward; each is compared with differences of the gradient of s.
    Arguments and errors as for `gradcheck`.
    """
    plain = checked(fn, args)
    rng = np.random.default_rng(seed)
    xs = plain.xs
    us = tuple(normal_like(rng, arrays(plain, xs)))
    vs = normal_like(rng, xs)

    def gradient_of(*xs: Any) -> Any:
        return vjp(plain, *xs)[1](us)

    def pushed(*xs: Any) -> Any:
        return jvp(plain, xs, vs)[1]

    expected = directional(gradient_of, xs, vs, step)
    ways = {
        "reverse over reverse": lambda: vjp(gradient_of, *xs)[1](tuple(vs)),
        "forward over reverse": lambda: jvp(gradient_of, xs, vs)[1],
        "reverse over forward": lambda: vjp(pushed, *xs)[1](us),
    }
    for what, way in ways.items():
        compare(what, way(), expected, rtol, atol)
    return True


def check_inner_product(
    fn: Callable[..., Any], args: Sequence[Any], *, rtol: float = 1e-10, seed: int = 0
) -> bool:
    """Hold reverse mode against forward mode: <u, J v> = <J* u, v>, any precision.

    Returns True; raises `CheckError` where the two sides differ by more than `rtol`
    times the sum of the magnitudes that enter them.
    """
    plain = Plain(fn, args)
    rng = np.random.default_rng(seed)
    vs = normal_like(rng, plain.xs)
    pushed = [array_of(t) for t in jvp(plain, plain.xs, vs)[1]]
    us = normal_like(rng, pushed)
    pulled = [array_of(t) for t in vjp(plain, *plain.xs)[1](tuple(us))]
    left, right = inner_product(us, pushed), inner_product(pulled, vs)
    scale = 1.0 + _size(us, pushed) + _size(pulled, vs)
    if not abs(left - right) <= rtol * scale:
        raise CheckError(
            f"<u, J v> = {left!r} in forward mode, but <J* u, v> = "
            f"{right!r} in reverse mode"
        )
    return True


def _size(us: Sequence[Any], vs: Sequence[Any]) -> float:
    return inner_product([np.abs(u) for u in us], [np.abs(v) for v in vs])
