"""Functions of integers or of both: powers, divisors, closeness."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core.families import elementwise
from isograd.core.primitive import Namespace, Payload, Primitive, composite


def _integer_pow_impl(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A negative exponent gives 1 / x ** -y rounded to zero, as C divides."""
    out = np.power(x, np.maximum(y, 0))
    parity = np.where(y % 2 == 0, 1, x)
    small = np.where(np.abs(x) == 1, parity, 0)
    return np.where(y < 0, small, out).astype(x.dtype)


elementwise(
    "integer_pow", "x y", _integer_pow_impl, kinds="i", kernel=False, constant=True
)
for _name in ("gcd", "lcm"):
    elementwise(
        _name, "x y", getattr(np, _name), kinds="i", kernel=False, constant=True
    )
elementwise(
    "nextafter",
    "x y",
    np.nextafter,
    kinds="f",
    kernel=False,
    tangents={"x": "t", "y": "zeros_like(t)"},
)
elementwise(
    "logaddexp2",
    "x y",
    np.logaddexp2,
    kinds="f",
    kernel=False,
    tangents={
        "x": "t * sigmoid((x - y) * 0.6931471805599453)",
        "y": "t * sigmoid((y - x) * 0.6931471805599453)",
    },
)


def _refuse(*_: Any, name: str, **__: Any) -> Any:
    raise EngineError("not_differentiable", name=name)


refuse_derivative = Primitive(
    "refuse_derivative",
    lambda x, name: x.copy(),
    abstract=lambda x, name: x,
    vjp=_refuse,
    jvp=_refuse,
    reads=((),),
    batch=lambda F, args, batched, size, name: F.refuse_derivative(args[0], name=name),
    samples=lambda rng: [((rng.normal(size=(2, 3)),), {"name": "refuse_derivative"})],
    doc="x, whose derivative is an error that says whose it is.",
)
refuse_derivative.undefined = (0,)


@composite
def isclose(
    F: Namespace, x: Payload, y: Payload, *, rtol: float, atol: float, equal_nan: bool
) -> Payload:
    """|x - y| <= atol + rtol |y|, or equal; with `equal_nan` also both nan."""
    if x.dtype.kind in "iub":
        x, y = F.convert(x, np.dtype("f8")), F.convert(y, np.dtype("f8"))
    same = F.eq(x, y)
    if equal_nan:
        same = F.logical_or(same, F.logical_and(F.ne(x, x), F.ne(y, y)))
    gap = F.abs(F.sub(x, y))
    near = F.le(gap, F.add(F.mul(F.abs(y), rtol), atol))
    return F.logical_or(same, F.logical_and(near, F.isfinite(gap)))
