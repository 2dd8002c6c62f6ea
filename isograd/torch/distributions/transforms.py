"""`torch.distributions.transforms`: maps between supports of distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from isograd.nn.probability.bijections import SCALAR, VECTOR, Bijection, order_of
from isograd.torch.distributions import constraints as c
from isograd.torch.distributions.combined import (
    CatTransform,
    ComposeTransform,
    IndependentTransform,
    ReshapeTransform,
    StackTransform,
    identity_transform,
)
from isograd.torch.distributions.evaluate import broadcast_all, evaluate, number_of
from isograd.torch.distributions.transform import Transform, _InverseTransform
from isograd.torch.dtypes import Size

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "CatTransform",
    "ComposeTransform",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "ExpTransform",
    "IndependentTransform",
    "LowerCholeskyTransform",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "TanhTransform",
    "Transform",
    "identity_transform",
]


if TYPE_CHECKING:  # made from rows
    AbsTransform: Any
    CorrCholeskyTransform: Any
    ExpTransform: Any
    LowerCholeskyTransform: Any
    PositiveDefiniteTransform: Any
    SigmoidTransform: Any
    SoftmaxTransform: Any
    SoftplusTransform: Any
    StickBreakingTransform: Any
    TanhTransform: Any


# --- maps by formulas -----------------------------------------------------------------


def _sign_of(self: Any) -> Any:
    if self.increasing is None:
        raise NotImplementedError
    return self.increasing


class _Formulas(Transform):
    """A transform of formulas over x, y and its own attributes."""

    formulas: Bijection
    increasing: Any = None

    def _apply(self, fn: Any, **values: Any) -> Any:
        names = getattr(fn, "operands", tuple(values))
        return evaluate(fn, *(values.get(n, getattr(self, n, None)) for n in names))

    def _call(self, x: Any) -> Any:
        return self._apply(self.formulas.forward, x=x)

    def _inverse(self, y: Any) -> Any:
        fn = self.formulas.inverse
        return y if getattr(fn, "text", "") == "y" else self._apply(fn, y=y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        fn = self.formulas.log_det
        if fn is None:
            raise NotImplementedError
        return x if getattr(fn, "text", "") == "x" else self._apply(fn, x=x, y=y)

    sign: Any = property(_sign_of)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    __hash__ = object.__hash__


def _rows() -> dict[str, type]:
    matrix = c.independent(c.real, 2)
    rows: dict[str, tuple[Any, Any, Any]] = {
        "Exp": (c.real, c.positive, 1),
        "Sigmoid": (c.real, c.unit_interval, 1),
        "Softplus": (c.real, c.positive, 1),
        "Tanh": (c.real, c.interval(-1.0, 1.0), 1),
        "Abs": (c.real, c.positive, None),
        "Softmax": (c.real_vector, c.simplex, None),
        "StickBreaking": (c.real_vector, c.simplex, None),
        "LowerCholesky": (matrix, c.lower_cholesky, None),
        "PositiveDefinite": (matrix, c.positive_definite, None),
        "CorrCholesky": (c.real_vector, c.corr_cholesky, None),
    }
    out: dict[str, type] = {}
    for name, (domain, codomain, sign) in rows.items():
        formulas = SCALAR.get(name) or VECTOR[name]
        body = {
            "__module__": __name__,
            "formulas": formulas,
            "domain": domain,
            "codomain": codomain,
            "increasing": sign,
            "bijective": formulas.log_det is not None,
        }
        out[f"{name}Transform"] = type(f"{name}Transform", (_Formulas,), body)
    return out


_ROWS: dict[str, Any] = _rows()
globals().update(_ROWS)


def _shaped(step_in: int, step_out: int) -> tuple[Any, Any]:
    """Shapes of maps from n entries to n + step."""

    def forward_shape(self: Any, shape: Any) -> Any:
        if len(shape) < 1:
            raise ValueError("Too few dimensions on input")
        return Size((*shape[:-1], shape[-1] + step_in))

    def inverse_shape(self: Any, shape: Any) -> Any:
        if len(shape) < 1:
            raise ValueError("Too few dimensions on input")
        return Size((*shape[:-1], shape[-1] + step_out))

    return forward_shape, inverse_shape


for _name, _step in (("SoftmaxTransform", 0), ("StickBreakingTransform", 1)):
    _ROWS[_name].forward_shape, _ROWS[_name].inverse_shape = _shaped(_step, -_step)


def _corr_forward_shape(self: Any, shape: Any) -> Any:
    if len(shape) < 1:
        raise ValueError("Too few dimensions on input")
    n = order_of(shape[-1])
    return Size((*shape[:-1], n, n))


def _corr_inverse_shape(self: Any, shape: Any) -> Any:
    if len(shape) < 2:
        raise ValueError("Too few dimensions on input")
    if shape[-2] != shape[-1]:
        raise ValueError("Input is not square")
    return Size((*shape[:-2], shape[-1] * (shape[-1] - 1) // 2))


_ROWS["CorrCholeskyTransform"].forward_shape = _corr_forward_shape
_ROWS["CorrCholeskyTransform"].inverse_shape = _corr_inverse_shape


def _sum_shapes(shape: Any, *others: Any) -> Any:
    import numpy as np

    return Size(np.broadcast_shapes(tuple(shape), *map(tuple, others)))


class PowerTransform(_Formulas):
    """y = x ** exponent on the positive numbers."""

    domain = c.positive
    codomain = c.positive
    bijective = True
    formulas = SCALAR["Power"]

    def __init__(self, exponent: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        (self.exponent,) = broadcast_all(exponent)

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return PowerTransform(self.exponent, cache_size=cache_size)

    sign = property(lambda self: self.exponent.sign())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, PowerTransform)
            and self.exponent.eq(other.exponent).all().item()
        )

    __hash__ = object.__hash__

    def forward_shape(self, shape: Any) -> Any:
        return _sum_shapes(shape, self.exponent.shape)

    inverse_shape = forward_shape


def _same_parameter(a: Any, b: Any) -> bool:
    if number_of(a) and number_of(b):
        return a == b
    return bool((a == b).all().item())


class AffineTransform(_Formulas):
    """y = loc + scale * x, for events of a rank."""

    bijective = True
    formulas = SCALAR["Affine"]

    def __init__(
        self, loc: Any, scale: Any, event_dim: int = 0, cache_size: int = 0
    ) -> None:
        super().__init__(cache_size=cache_size)
        self.loc, self.scale, self._event_dim = loc, scale, event_dim

    event_dim = property(lambda self: self._event_dim)
    domain = property(
        lambda self: c.independent(c.real, self.event_dim) if self.event_dim else c.real
    )
    codomain = domain

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return AffineTransform(
            self.loc, self.scale, self.event_dim, cache_size=cache_size
        )

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AffineTransform)
            and _same_parameter(self.loc, other.loc)
            and _same_parameter(self.scale, other.scale)
        )

    __hash__ = object.__hash__

    @property
    def sign(self) -> Any:
        if number_of(self.scale):
            return 1 if self.scale > 0 else -1 if self.scale < 0 else 0
        return self.scale.sign()

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        given = number_of(self.scale)
        scale = x.new_tensor(self.scale) if given else self.scale
        result = self._apply(self.formulas.log_det, scale=scale)
        shape = x.shape[: x.dim() - self.event_dim]
        if self.event_dim:
            result = result.expand(x.shape).reshape((*shape, -1)).sum(-1)
        return result.expand(shape)

    def forward_shape(self, shape: Any) -> Any:
        return _sum_shapes(
            shape, getattr(self.loc, "shape", ()), getattr(self.scale, "shape", ())
        )

    inverse_shape = forward_shape


class CumulativeDistributionTransform(Transform):
    """y = P(X <= x) for a distribution of X."""

    bijective = True
    codomain = c.unit_interval
    sign = 1

    def __init__(self, distribution: Any, cache_size: int = 0) -> None:
        super().__init__(cache_size=cache_size)
        self.distribution = distribution

    domain = property(lambda self: self.distribution.support)

    def _call(self, x: Any) -> Any:
        return self.distribution.cdf(x)

    def _inverse(self, y: Any) -> Any:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return self.distribution.log_prob(x)

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return CumulativeDistributionTransform(self.distribution, cache_size=cache_size)


for _cls in (
    CatTransform,
    ComposeTransform,
    IndependentTransform,
    ReshapeTransform,
    StackTransform,
    Transform,
    _InverseTransform,
):
    _cls.__module__ = __name__
