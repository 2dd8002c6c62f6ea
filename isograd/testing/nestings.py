"""Nestings of transforms, each held against the same thing computed another way.

A nesting is a word over R (reverse), F (forward) and B (batching, vmap), outermost
first: "FBR" is forward mode over vmap over reverse mode.  A nesting is checked against
its inner part: R and F against finite differences of it, B against a Python loop over
it.  By induction over its length all of it stands on the function's values.  A word may
also hold S (staging, compiled code) where a compiler is given: checked against its
inner part as it is, at the first call and at the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np

from isograd.core.tensor import wrap
from isograd.core.transforms import class_of, jvp, vjp, vmap
from isograd.testing.differences import (
    STEP,
    CheckError,
    Function,
    Plain,
    array_of,
    arrays,
    compare,
    directional,
    inner_product,
    normal_like,
)

Stage = Callable[[Function], Function]

Variant = Callable[[np.ndarray, int], np.ndarray]

BATCH = 2  # stacked variants of the arguments


def scaled(x: np.ndarray, k: int) -> np.ndarray:
    """The k-th variant of x, a little smaller: keeps symmetry, sign and rank."""
    return x * np.asarray(0.95**k, x.dtype)


def rolled(x: np.ndarray, k: int) -> np.ndarray:
    """The k-th variant of x, its elements in other places: keeps any domain."""
    return np.roll(x.reshape(-1), k).reshape(x.shape)


def nestings(depth: int, modes: str = "RFB") -> list[str]:
    """All words of length 1 to `depth` over `modes`."""
    return ["".join(w) for n in range(1, depth + 1) for w in product(modes, repeat=n)]


def check_nestings(
    fn: Callable[..., Any],
    args: Sequence[Any],
    words: Iterable[str] = (),
    *,
    rtol: float = 1e-6,
    atol: float = 1e-7,
    seed: int = 0,
    stage: Stage | None = None,
    variant: Variant = scaled,
) -> bool:
    """Check each nesting of `words` (by default all up to depth two), see the module.

    Arguments are as for `gradcheck`; `stage` is what S stands for (`isograd.compile`),
    `variant` makes the members of a batch from an argument (`scaled`, `rolled`).
    Returns True, raises `CheckError`.
    """
    plain = Plain(fn, args)
    for word in words or nestings(2):
        check_nesting(
            word,
            plain,
            plain.xs,
            rtol=rtol,
            atol=atol,
            seed=seed,
            stage=stage,
            variant=variant,
        )
    return True


def check_nesting(
    word: str,
    fn: Function,
    xs: Sequence[Any],
    *,
    rtol: float = 1e-6,
    atol: float = 1e-7,
    seed: int = 0,
    stage: Stage | None = None,
    variant: Variant = scaled,
) -> None:
    """Check one nesting of `fn` (a tuple of arrays from arrays) at `xs`.

    For each B in `word` the function is applied to stacked variants of `xs`.
    """
    rng = np.random.default_rng(seed)
    for _ in range(word.count("B")):
        xs = [stacked(x, variant) for x in xs]
    inner = build(word[1:], fn, rows(xs, 0) if word[0] == "B" else xs, rng, stage)
    what = f"nesting {word}"
    if word[0] == "S":
        assert stage is not None, "S needs a compiler"
        _check_staged(what, inner, stage(inner), xs)
    else:
        check = {"R": _check_reverse, "F": _check_forward, "B": _check_batched}[word[0]]
        check(what, inner, xs, rng, rtol, atol)


def stacked(x: Any, variant: Variant) -> Any:
    a = array_of(x)
    return wrap(class_of(x), np.stack([variant(a, k) for k in range(BATCH)]))


def rows(xs: Sequence[Any], k: int) -> list[Any]:
    """The k-th of the stacked arrays."""
    return [wrap(class_of(x), array_of(x)[k, ...]) for x in xs]


def build(
    word: str,
    fn: Function,
    xs: Sequence[Any],
    rng: np.random.Generator,
    stage: Stage | None = None,
) -> Function:
    """The nesting `word` of `fn`, for arguments with the shapes of `xs`."""
    if not word:
        return fn
    if word[0] == "B":
        return vmap(build(word[1:], fn, rows(xs, 0), rng, stage))
    inner = build(word[1:], fn, xs, rng, stage)
    if word[0] == "S":
        assert stage is not None, "S needs a compiler"
        return stage(inner)
    if word[0] == "R":
        us = tuple(normal_like(rng, arrays(inner, xs)))
        return lambda *xs: vjp(inner, *xs)[1](us)
    vs = normal_like(rng, xs)
    return lambda *xs: jvp(inner, xs, vs)[1]


def _check_reverse(
    what: str, inner: Function, xs: Any, rng: Any, rtol: float, atol: float
) -> None:
    us = normal_like(rng, arrays(inner, xs))
    vs = normal_like(rng, xs)
    found = [array_of(g) for g in vjp(inner, *xs)[1](tuple(us))]
    slopes = directional(inner, xs, vs, STEP)
    left, right = inner_product(found, vs), inner_product(us, slopes)
    sizes = [np.abs(u) * np.abs(s) for u, s in zip(us, slopes, strict=True)]
    scale = 1.0 + sum(float(np.sum(s)) for s in sizes)
    if not abs(left - right) <= (rtol + atol) * scale:
        raise CheckError(
            f"{what}: the gradient along a direction is {left!r}, by "
            f"differences {right!r}"
        )


def _check_forward(
    what: str, inner: Function, xs: Any, rng: Any, rtol: float, atol: float
) -> None:
    vs = normal_like(rng, xs)
    compare(what, jvp(inner, xs, vs)[1], directional(inner, xs, vs, STEP), rtol, atol)


def _check_batched(
    what: str, inner: Function, xs: Any, rng: Any, rtol: float, atol: float
) -> None:
    loop = [arrays(inner, rows(xs, k)) for k in range(BATCH)]
    expected = [np.stack(parts) for parts in zip(*loop, strict=True)]
    compare(what, vmap(inner)(*xs), expected, 1e-12, 1e-12)


def _check_staged(what: str, inner: Function, staged: Function, xs: Any) -> None:
    """Kernels round their exp, erf... within a few units in the last place."""
    expected = arrays(inner, xs)
    rtol = max([1e-12, *(8 * _epsilon(array_of(a)) for a in (*xs, *expected))])
    for call in ("first call", "next call"):
        compare(f"{what}, {call}", staged(*xs), expected, rtol, rtol / 10)


def _epsilon(a: np.ndarray) -> float:
    """The spacing of 1 in the dtype of `a`."""
    if a.dtype.kind == "V":
        return 2.0**-7
    return float(np.finfo(a.dtype).eps) if a.dtype.kind in "fc" else 0.0
