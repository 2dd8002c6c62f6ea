"""Finite differences and inner products of functions on lists of arrays.

Complex numbers follow PyTorch: a complex array counts as its real and imaginary parts,
derivatives are linear over the reals, and the inner product is Re <conj(u), v>.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.base import tree
from isograd.base.dtypes import is_inexact
from isograd.core.tensor import Tensor, concrete, payload_of, wrap
from isograd.core.transforms import class_of

Array = np.ndarray
Function = Callable[..., tuple[Any, ...]]

STEP = 1e-4  # error of the fourth-order formula in float64: about 1e-12 / STEP + STEP^4


class CheckError(AssertionError):
    """A derivative that disagrees with its reference."""


def array_of(x: Any) -> Array:
    """The ndarray of a tensor, an array or a number."""
    return concrete(payload_of(x)) if isinstance(x, Tensor) else np.asarray(x)


def arrays(fn: Function, xs: Sequence[Any]) -> list[Array]:
    """The values of `fn` at `xs`, as ndarrays."""
    return [array_of(o) for o in fn(*xs)]


class Plain:
    """A function of pytrees as a function from inexact arrays to inexact outputs.

    Attributes:
        xs: the inexact leaves of the arguments, as tensors.
    """

    def __init__(self, fn: Callable[..., Any], args: Sequence[Any]) -> None:
        self.fn = fn
        self.leaves, self.treedef = tree.flatten(tuple(args))
        self.at = [
            i for i, x in enumerate(self.leaves) if is_inexact(array_of(x).dtype)
        ]
        for i, x in enumerate(self.leaves):
            if not isinstance(x, Tensor):
                self.leaves[i] = wrap(class_of(x), np.asarray(x))
        self.xs = [self.leaves[i] for i in self.at]

    def __call__(self, *xs: Any) -> tuple[Any, ...]:
        leaves = list(self.leaves)
        for i, x in zip(self.at, xs, strict=True):
            leaves[i] = x
        outs, _ = tree.flatten(self.fn(*tree.unflatten(self.treedef, leaves)))
        return tuple(o for o in outs if is_inexact(dtype_of(o)))


def dtype_of(x: Any) -> np.dtype[Any]:
    return payload_of(x).dtype if isinstance(x, Tensor) else np.asarray(x).dtype


def moved(xs: Sequence[Any], vs: Sequence[Array], step: float) -> list[Any]:
    """`xs + step * vs`, each in the class of its x."""
    out: list[Any] = []
    for x, v in zip(xs, vs, strict=True):
        a = np.asarray(array_of(x) + step * v, array_of(x).dtype)
        out.append(wrap(class_of(x), a))
    return out


def directional(
    fn: Function, xs: Sequence[Any], vs: Sequence[Array], step: float = STEP
) -> list[Array]:
    """Derivatives of the outputs of `fn` at `xs` along `vs`, by central differences.

    The formula has fourth order: (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12 h.
    """
    rows = [arrays(fn, moved(xs, vs, k * step)) for k in (1, -1, 2, -2)]
    return [
        (8.0 * (a - b) - (c - d)) / (12.0 * step)
        for a, b, c, d in zip(*rows, strict=True)
    ]


def inner_product(us: Sequence[Array], vs: Sequence[Array]) -> float:
    """The sum of Re <conj(u), v> over pairs, in double precision."""
    total = 0.0
    for u, v in zip(us, vs, strict=True):
        wide = np.complex128 if np.asarray(u).dtype.kind == "c" else np.float64
        other = np.asarray(v).astype(
            wide if np.asarray(v).dtype.kind != "c" else np.complex128
        )
        total += float(np.vdot(np.asarray(u).astype(wide), other).real)
    return total


def normal_like(rng: np.random.Generator, arrays: Sequence[Any]) -> list[Array]:
    """Standard normal arrays with the shapes and dtypes of `arrays`."""
    out = []
    for a in map(array_of, arrays):
        v = rng.normal(size=a.shape)
        if a.dtype.kind == "c":
            v = v + 1j * rng.normal(size=a.shape)
        out.append(np.asarray(v, a.dtype))
    return out


def gradient(
    fn: Function, xs: Sequence[Any], us: Sequence[Array], step: float = STEP
) -> list[Array]:
    """The gradients of Re <conj(us), fn> at `xs`, an element at a time."""
    out = []
    for i, x in enumerate(map(array_of, xs)):
        g = np.zeros(x.shape, x.dtype)
        units = (1.0, 1j) if x.dtype.kind == "c" else (1.0,)
        for place in np.ndindex(x.shape):
            for unit in units:
                vs = [np.zeros_like(array_of(o)) for o in xs]
                vs[i][place] = unit
                g[place] += unit * inner_product(us, directional(fn, xs, vs, step))
        out.append(g)
    return out


def compare(
    what: str, found: Sequence[Any], expected: Sequence[Any], rtol: float, atol: float
) -> None:
    """Raise `CheckError` where two lists of arrays differ."""
    for i, (f, e) in enumerate(
        zip(map(array_of, found), map(array_of, expected), strict=True)
    ):
        if f.shape != e.shape:
            raise CheckError(f"{what}, place {i}: shape {f.shape}, expected {e.shape}")
        scale = max(1.0, float(np.max(np.abs(e), initial=0.0)))
        if not np.allclose(f, e, rtol=rtol, atol=atol * scale, equal_nan=True):
            raise CheckError(
                f"{what}, place {i}: the largest difference is "
                f"{np.max(np.abs(f - e)):.3g}\nfound\n{f}\nexpected\n{e}"
            )
