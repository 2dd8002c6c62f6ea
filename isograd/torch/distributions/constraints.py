"""`torch.distributions.constraints`: sets that parameters and values lie in."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any

from isograd.torch.table import FUNCTIONS

__all__ = [
    "Constraint",
    "MixtureSameFamilyConstraint",
    "boolean",
    "cat",
    "corr_cholesky",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer_interval",
    "interval",
    "is_dependent",
    "less_than",
    "lower_cholesky",
    "lower_triangular",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "positive",
    "positive_definite",
    "positive_integer",
    "positive_semidefinite",
    "real",
    "real_vector",
    "simplex",
    "square",
    "stack",
    "symmetric",
    "unit_interval",
]


class Constraint:
    """A set; `check(value)` says which of a batch of values lie in it."""

    is_discrete: Any = False
    event_dim: Any = 0

    def check(self, value: Any) -> Any:
        raise NotImplementedError

    def __repr__(self) -> str:
        return type(self).__name__[1:] + "()"


class _Dependent(Constraint):
    """A set that depends on other values."""

    def __init__(
        self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented
    ) -> None:
        self._is_discrete, self._event_dim = is_discrete, event_dim
        super().__init__()

    @property
    def is_discrete(self) -> bool:
        if self._is_discrete is NotImplemented:
            raise NotImplementedError(".is_discrete cannot be determined statically")
        return self._is_discrete

    @property
    def event_dim(self) -> int:
        if self._event_dim is NotImplemented:
            raise NotImplementedError(".event_dim cannot be determined statically")
        return self._event_dim

    def __call__(
        self, *, is_discrete: Any = NotImplemented, event_dim: Any = NotImplemented
    ) -> Any:
        return _Dependent(
            is_discrete=self._is_discrete
            if is_discrete is NotImplemented
            else is_discrete,
            event_dim=self._event_dim if event_dim is NotImplemented else event_dim,
        )

    def check(self, value: Any) -> Any:
        raise ValueError("Cannot determine validity of dependent constraint")


def is_dependent(constraint: Any) -> bool:
    return isinstance(constraint, _Dependent)


class _DependentProperty(property, _Dependent):
    """A property whose value is a constraint."""

    def __init__(
        self,
        fn: Any = None,
        *,
        is_discrete: Any = NotImplemented,
        event_dim: Any = NotImplemented,
    ) -> None:
        property.__init__(self, fn)
        self._is_discrete, self._event_dim = is_discrete, event_dim

    def __call__(self, fn: Any) -> Any:  # type: ignore  # justified: a decorator
        return _DependentProperty(
            fn, is_discrete=self._is_discrete, event_dim=self._event_dim
        )


class _IndependentConstraint(Constraint):
    """A constraint whose last batch axes are axes of the event."""

    def __init__(self, base_constraint: Any, reinterpreted_batch_ndims: int) -> None:
        assert isinstance(base_constraint, Constraint)
        assert reinterpreted_batch_ndims >= 0
        self.base_constraint = base_constraint
        self.reinterpreted_batch_ndims = reinterpreted_batch_ndims
        super().__init__()

    is_discrete = property(lambda self: self.base_constraint.is_discrete)
    event_dim = property(
        lambda self: self.base_constraint.event_dim + self.reinterpreted_batch_ndims
    )

    def check(self, value: Any) -> Any:
        result = self.base_constraint.check(value)
        if result.dim() < self.reinterpreted_batch_ndims:
            expected = self.base_constraint.event_dim + self.reinterpreted_batch_ndims
            raise ValueError(
                f"Expected value.dim() >= {expected} but got {value.dim()}"
            )
        kept = result.shape[: result.dim() - self.reinterpreted_batch_ndims]
        return result.reshape((*kept, -1)).all(-1)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__[1:]}({self.base_constraint!r}, "
            f"{self.reinterpreted_batch_ndims})"
        )


class MixtureSameFamilyConstraint(Constraint):
    """The set of a mixture's values: that of its components."""

    def __init__(self, base_constraint: Any) -> None:
        assert isinstance(base_constraint, Constraint)
        self.base_constraint = base_constraint
        super().__init__()

    is_discrete = property(lambda self: self.base_constraint.is_discrete)
    event_dim = property(lambda self: self.base_constraint.event_dim)

    def check(self, value: Any) -> Any:
        unsqueezed = value.unsqueeze(-1 - self.event_dim)
        result = self.base_constraint.check(unsqueezed)
        if value.dim() < self.event_dim:
            raise ValueError(
                f"Expected value.dim() >= {self.event_dim} but got {value.dim()}"
            )
        kept = value.shape[: value.dim() - self.event_dim]
        return result.reshape((*kept, -1)).all(-1)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_constraint!r})"


class _Bounded(Constraint):
    """A set of numbers between bounds, which are its attributes."""

    bounds: tuple[str, ...] = ()

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self.bounds, values, strict=False)) | named
        if given.keys() != builtins.set(self.bounds):
            raise TypeError(
                f"{type(self).__name__}.__init__() takes the bounds {self.bounds}"
            )
        self.__dict__.update({b: given[b] for b in self.bounds})

    def check(self, value: Any) -> Any:
        return type(self).test(value, *(getattr(self, b) for b in self.bounds))

    test: Callable[..., Any]

    def __repr__(self) -> str:
        shown = ", ".join(f"{b}={getattr(self, b)}" for b in self.bounds)
        return f"{type(self).__name__[1:]}({shown})"


def _whole(x: Any) -> Any:
    return x % 1 == 0


_BOTH, _LOWER, _UPPER = (
    ("lower_bound", "upper_bound"),
    ("lower_bound",),
    ("upper_bound",),
)
# name: (bounds, whether of integers, test)
_NUMBERS: dict[str, tuple[tuple[str, ...], bool, Callable[..., Any]]] = {
    "IntegerInterval": (_BOTH, True, lambda x, a, b: _whole(x) & (a <= x) & (x <= b)),
    "IntegerLessThan": (_UPPER, True, lambda x, b: _whole(x) & (x <= b)),
    "IntegerGreaterThan": (_LOWER, True, lambda x, a: _whole(x) & (x >= a)),
    "GreaterThan": (_LOWER, False, lambda x, a: a < x),
    "GreaterThanEq": (_LOWER, False, lambda x, a: a <= x),
    "LessThan": (_UPPER, False, lambda x, b: x < b),
    "Interval": (_BOTH, False, lambda x, a, b: (a <= x) & (x <= b)),
    "HalfOpenInterval": (_BOTH, False, lambda x, a, b: (a <= x) & (x < b)),
}


def _lower_triangular(x: Any) -> Any:
    return (x.tril() == x).reshape((*x.shape[:-2], -1)).min(-1)[0]


def _corr_cholesky(x: Any) -> Any:
    eps = _eps(x)
    tol = eps * x.size(-1) * 10
    unit = ((x**2).sum(-1).sqrt() - 1).abs().le(tol).all(-1)
    return _lower_cholesky(x) & unit


def _eps(x: Any) -> float:
    from isograd.torch.distributions.evaluate import eps_of

    return eps_of(x.dtype)


def _lower_cholesky(x: Any) -> Any:
    positive = (x.diagonal(dim1=-2, dim2=-1) > 0).min(-1)[0]
    return _lower_triangular(x) & positive


def _square(x: Any) -> Any:
    return _filled(x.shape[:-2], x.shape[-2] == x.shape[-1])


def _filled(shape: Any, value: bool) -> Any:
    import isograd.torch as torch

    return torch.full(tuple(shape), value, dtype=torch.bool)


def _symmetric(x: Any) -> Any:
    if not _square(x).all():
        return _square(x)
    return FUNCTIONS["isclose"](x, x.mT, atol=1e-6).all(-2).all(-1)


def _positive_semidefinite(x: Any) -> Any:
    from isograd.torch import linalg

    sym = _symmetric(x)
    return linalg.eigvalsh(x).ge(0).all(-1) if sym.all() else sym


def _positive_definite(x: Any) -> Any:
    from isograd.torch import linalg

    sym = _symmetric(x)
    return linalg.cholesky_ex(x)[1].eq(0) if sym.all() else sym


# name: (rank of an event, whether discrete, test)
_SETS: dict[str, tuple[int, bool, Callable[[Any], Any]]] = {
    "Boolean": (0, True, lambda x: (x == 0) | (x == 1)),
    "OneHot": (
        1,
        True,
        lambda x: ((x == 0) | (x == 1)).all(-1) & x.sum(-1).eq(1),
    ),
    "Real": (0, False, lambda x: x == x),  # false for nan
    "Simplex": (
        1,
        False,
        lambda x: FUNCTIONS["all"](x >= 0, dim=-1) & ((x.sum(-1) - 1).abs() < 1e-6),
    ),
    "LowerTriangular": (2, False, _lower_triangular),
    "LowerCholesky": (2, False, _lower_cholesky),
    "CorrCholesky": (2, False, _corr_cholesky),
    "Square": (2, False, _square),
    "Symmetric": (2, False, _symmetric),
    "PositiveSemidefinite": (2, False, _positive_semidefinite),
    "PositiveDefinite": (2, False, _positive_definite),
}


def _classes() -> dict[str, type]:
    out: dict[str, type] = {}
    for name, (bounds, discrete, test) in _NUMBERS.items():
        body = {"bounds": bounds, "is_discrete": discrete, "test": staticmethod(test)}
        out[f"_{name}"] = type(f"_{name}", (_Bounded,), body)
    for name, (rank, discrete, test) in _SETS.items():
        body = {
            "event_dim": rank,
            "is_discrete": discrete,
            "check": lambda self, value, test=test: test(value),
        }
        out[f"_{name}"] = type(f"_{name}", (Constraint,), body)
    for cls in out.values():
        cls.__module__ = __name__
    return out


_C: dict[str, Any] = _classes()
globals().update(_C)


class _Multinomial(Constraint):
    """Counts that sum to at most a bound."""

    is_discrete = True
    event_dim = 1

    def __init__(self, upper_bound: Any) -> None:
        self.upper_bound = upper_bound

    def check(self, value: Any) -> Any:
        below = value.sum(dim=-1) <= self.upper_bound
        return (value >= 0).all(dim=-1) & below


class _Parts(Constraint):
    """Constraints for parts of a value along an axis."""

    def __init__(self, cseq: Any, dim: int = 0) -> None:
        assert all(isinstance(c, Constraint) for c in cseq)
        self.cseq, self.dim = list(cseq), dim
        super().__init__()

    is_discrete = property(lambda self: any(c.is_discrete for c in self.cseq))


class _Cat(_Parts):
    """Constraints for slices of given lengths along an axis."""

    def __init__(self, cseq: Any, dim: int = 0, lengths: Any = None) -> None:
        super().__init__(cseq, dim)
        self.lengths = [1] * len(self.cseq) if lengths is None else list(lengths)
        assert len(self.lengths) == len(self.cseq)

    event_dim = property(lambda self: max(c.event_dim for c in self.cseq))

    def check(self, value: Any) -> Any:
        assert -value.dim() <= self.dim < value.dim()
        parts = value.split(self.lengths, self.dim)
        checks = [c.check(v) for c, v in zip(self.cseq, parts, strict=True)]
        return FUNCTIONS["cat"](checks, self.dim)


class _Stack(_Parts):
    """Constraints for the entries along an axis."""

    @property
    def event_dim(self) -> int:
        dim = max(c.event_dim for c in self.cseq)
        return dim + 1 if self.dim + dim < 0 else dim

    def check(self, value: Any) -> Any:
        assert -value.dim() <= self.dim < value.dim()
        parts = [value.select(self.dim, i) for i in range(value.size(self.dim))]
        checks = [c.check(v) for v, c in zip(parts, self.cseq, strict=True)]
        return FUNCTIONS["stack"](checks, self.dim)


dependent = _Dependent()
dependent_property = _DependentProperty
independent = _IndependentConstraint
boolean = _C["_Boolean"]()
one_hot = _C["_OneHot"]()
nonnegative_integer = _C["_IntegerGreaterThan"](0)
positive_integer = _C["_IntegerGreaterThan"](1)
integer_interval = _C["_IntegerInterval"]
real = _C["_Real"]()
real_vector = independent(real, 1)
positive = _C["_GreaterThan"](0.0)
nonnegative = _C["_GreaterThanEq"](0.0)
greater_than = _C["_GreaterThan"]
greater_than_eq = _C["_GreaterThanEq"]
less_than = _C["_LessThan"]
multinomial = _Multinomial
unit_interval = _C["_Interval"](0.0, 1.0)
interval = _C["_Interval"]
half_open_interval = _C["_HalfOpenInterval"]
simplex = _C["_Simplex"]()
lower_triangular = _C["_LowerTriangular"]()
lower_cholesky = _C["_LowerCholesky"]()
corr_cholesky = _C["_CorrCholesky"]()
square = _C["_Square"]()
symmetric = _C["_Symmetric"]()
positive_semidefinite = _C["_PositiveSemidefinite"]()
positive_definite = _C["_PositiveDefinite"]()
cat = _Cat
stack = _Stack
