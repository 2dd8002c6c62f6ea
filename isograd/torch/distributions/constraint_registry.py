"""`biject_to` and `transform_to`: transforms onto the sets that constraints describe."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

from isograd.torch.distributions import constraints as c
from isograd.torch.distributions import transforms as t

__all__ = ["ConstraintRegistry", "biject_to", "transform_to"]
Factory = Callable[[Any], Any]


class ConstraintRegistry:
    """Functions that make a transform for a constraint, by the constraint's class."""

    def __init__(self) -> None:
        self._registry: dict[type, Factory] = {}
        super().__init__()

    def register(self, constraint: Any, factory: Factory | None = None) -> Any:
        """Register a factory for a constraint or its class; usable as a decorator."""
        if factory is None:
            return lambda made: self.register(constraint, made)
        if isinstance(constraint, c.Constraint):
            constraint = type(constraint)
        if not isinstance(constraint, type) or not issubclass(constraint, c.Constraint):
            raise TypeError(
                "Expected constraint to be either a Constraint subclass or instance, "
                f"but got {constraint}"
            )
        self._registry[constraint] = factory
        return factory

    def __call__(self, constraint: Any) -> Any:
        try:
            factory = self._registry[type(constraint)]
        except KeyError:
            raise NotImplementedError(
                f"Cannot transform {type(constraint).__name__} constraints"
            ) from None
        return factory(constraint)


biject_to = ConstraintRegistry()
transform_to = ConstraintRegistry()


def _both(*listed: Any) -> Callable[[Factory], Factory]:
    def register(factory: Factory) -> Factory:
        for constraint in listed:
            biject_to.register(constraint, factory)
            transform_to.register(constraint, factory)
        return factory

    return register


@_both(c.real)
def _to_real(constraint: Any) -> Any:
    return t.identity_transform


@biject_to.register(c.independent)
def _biject_to_independent(constraint: Any) -> Any:
    base = biject_to(constraint.base_constraint)
    return t.IndependentTransform(base, constraint.reinterpreted_batch_ndims)


@transform_to.register(c.independent)
def _transform_to_independent(constraint: Any) -> Any:
    base = transform_to(constraint.base_constraint)
    return t.IndependentTransform(base, constraint.reinterpreted_batch_ndims)


@_both(c.positive, c.nonnegative)
def _to_positive(constraint: Any) -> Any:
    return t.ExpTransform()


@_both(c.greater_than, c.greater_than_eq)
def _to_greater(constraint: Any) -> Any:
    exp = t.ExpTransform()
    return t.ComposeTransform([exp, t.AffineTransform(constraint.lower_bound, 1)])


@_both(c.less_than)
def _to_less(constraint: Any) -> Any:
    exp = t.ExpTransform()
    return t.ComposeTransform([exp, t.AffineTransform(constraint.upper_bound, -1)])


@_both(c.interval, c.half_open_interval)
def _to_interval(constraint: Any) -> Any:
    low: Any = constraint.lower_bound
    high: Any = constraint.upper_bound
    sigmoid = t.SigmoidTransform()
    if all(isinstance(b, Number) for b in (low, high)) and (low, high) == (0, 1):
        return sigmoid
    return t.ComposeTransform([sigmoid, t.AffineTransform(low, high - low)])


def _of_row(name: str) -> Factory:
    return lambda constraint: getattr(t, name)()


biject_to.register(c.simplex, _of_row("StickBreakingTransform"))
transform_to.register(c.simplex, _of_row("SoftmaxTransform"))
transform_to.register(c.lower_cholesky, _of_row("LowerCholeskyTransform"))
for _set in (c.positive_definite, c.positive_semidefinite):
    transform_to.register(_set, _of_row("PositiveDefiniteTransform"))
_both(c.corr_cholesky)(_of_row("CorrCholeskyTransform"))


@biject_to.register(c.cat)
def _biject_to_cat(constraint: Any) -> Any:
    parts = [biject_to(x) for x in constraint.cseq]
    return t.CatTransform(parts, constraint.dim, constraint.lengths)


@transform_to.register(c.cat)
def _transform_to_cat(constraint: Any) -> Any:
    parts = [transform_to(x) for x in constraint.cseq]
    return t.CatTransform(parts, constraint.dim, constraint.lengths)


@biject_to.register(c.stack)
def _biject_to_stack(constraint: Any) -> Any:
    return t.StackTransform([biject_to(x) for x in constraint.cseq], constraint.dim)


@transform_to.register(c.stack)
def _transform_to_stack(constraint: Any) -> Any:
    return t.StackTransform([transform_to(x) for x in constraint.cseq], constraint.dim)
