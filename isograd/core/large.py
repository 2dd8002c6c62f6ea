"""The slots that large arrays are computed through.

NumPy runs one thread and one pass over memory per operation.  From `LARGE` elements on
it is worth a few microseconds to call a kernel instead, or one compiled form of a whole
derivative rule.  The engine does not know who makes them: `isograd` names the maker,
which is asked at the first large operand of each primitive.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from isograd.core.primitive import Primitive

LARGE = 1 << 15  # elements
PRODUCTS = 1 << 20  # multiplications in a product of matrices


class Makers:
    """Functions of a primitive that fill its slots; None: NumPy does everything.

    `update(rule, arrays, hyper)` runs an optimiser's rule and tells whether it could;
    `product(x, y, c)` is the product of matrices plus a row, or None: BLAS does it.
    """

    kernel: Callable[[Primitive], Callable[..., Any]] | None = None
    rule: Callable[[Primitive], Callable[..., Any]] | None = None
    update: Callable[..., bool] | None = None
    product: Callable[..., Any] | None = None


MAKERS = Makers()


def first_kernel(prim: Primitive, *arrays: Any, **params: Any) -> Any:
    """What `Primitive.kernel` is until its first call."""
    if MAKERS.kernel is None:
        return prim.impl(*arrays, **params)
    prim.kernel = MAKERS.kernel(prim)
    return prim.kernel(*arrays, **params)


def first_rule(
    prim: Primitive, F: Any, g: Any, saved: Any, needs: Any, **params: Any
) -> Any:
    """What `Primitive.large_vjp` is until its first call; it takes arrays alone, and
    F is not read."""
    if MAKERS.rule is None:
        from isograd.core.primitive import RAW

        return prim.vjp(RAW, g, saved, needs, **params)
    prim.large_vjp = MAKERS.rule(prim)
    return prim.large_vjp(F, g, saved, needs, **params)


def product(x: Any, y: Any, c: Any = None) -> Any:
    """x @ y + c by a kernel, or None where NumPy does as well."""
    if MAKERS.product is None or x.size * y.shape[-1] < PRODUCTS:
        return None
    return MAKERS.product(x, y, c)


def by_size(prim: Primitive) -> Primitive:
    """Let the derivative rule go by the size of what was saved, not of the cotangent
    alone: for reductions, whose cotangents are small."""
    rule = prim.vjp

    def raw_vjp(F: Any, g: Any, saved: Any, needs: Any, **params: Any) -> Any:
        if saved and any(a is not None and a.size >= LARGE for a in saved):
            return prim.large_vjp(F, g, saved, needs, **params)
        return rule(F, g, saved, needs, **params)

    prim.raw_vjp = raw_vjp
    return prim
