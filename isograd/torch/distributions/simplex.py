"""Distributions over classes, and over the simplex."""

from __future__ import annotations

from typing import Any

from isograd.nn.probability import multivariate as m
from isograd.nn.probability.formula import Formula
from isograd.torch.distributions import constraints as c
from isograd.torch.distributions.choices import Choice, param_shape
from isograd.torch.distributions.distribution import Distribution
from isograd.torch.distributions.evaluate import drawn, evaluate
from isograd.torch.distributions.exp_family import ExponentialFamily
from isograd.torch.distributions.families import Parametrised
from isograd.torch.dtypes import Size

_NORMALISED = {
    "probs": Formula("normalised_probs", "normalised_probs(probs)"),
    "logits": Formula("normalised_logits", "normalised_logits(logits)"),
}
_CLASSES = {"probs": c.simplex, "logits": c.real_vector}


class Categorical(Choice):
    """Indices of classes, with probabilities along the last axis."""

    parameters = {"probs": 1, "logits": 1}  # noqa: RUF012 (a table)
    arg_constraints = _CLASSES
    has_enumerate_support = True
    forms = "class"

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        name = self._choose(probs, logits)
        given = probs if probs is not None else logits
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        self.__dict__[name] = evaluate(_NORMALISED[name], given)
        self._num_events = given.shape[-1]
        super().__init__(given.shape[:-1], (), validate_args)

    @c.dependent_property(is_discrete=True, event_dim=0)
    def support(self) -> Any:
        return c.integer_interval(0, self._num_events - 1)

    param_shape = property(param_shape)

    def _nan(self) -> Any:
        import isograd.torch as torch

        return torch.full(
            tuple(self._extended_shape()), float("nan"), dtype=self.probs.dtype
        )

    mean = property(_nan)
    variance = property(_nan)
    mode = property(lambda self: self.probs.argmax(dim=-1))

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        shape = self._extended_shape(sample_shape)
        return drawn(m.categorical_sample, shape, self.probs.detach())

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return evaluate(m.categorical_log_prob, self.logits, value.long())

    def entropy(self) -> Any:
        return evaluate(m.categorical_entropy, self.logits, self.probs)

    def enumerate_support(self, expand: bool = True) -> Any:
        import isograd.torch as torch

        values = torch.arange(self._num_events)
        values = values.view((-1, *(1,) * len(self._batch_shape)))
        return values.expand((-1, *self._batch_shape)) if expand else values


class _OverClasses(Distribution):
    """A distribution of vectors over the classes of a Categorical."""

    arg_constraints = _CLASSES
    _categorical: Categorical
    probs = property(lambda self: self._categorical.probs)
    logits = property(lambda self: self._categorical.logits)
    _param = property(lambda self: self._categorical._param)
    param_shape = property(lambda self: self._categorical.param_shape)

    def _begin(self, categorical: Categorical, validate_args: Any) -> None:
        self._categorical = categorical
        Distribution.__init__(
            self,
            categorical.batch_shape,
            categorical.param_shape[-1:],
            validate_args,
        )

    def _expanded(self, cls: type, batch_shape: Any, _instance: Any) -> Any:
        new = self._get_checked_instance(cls, _instance)
        new._categorical = self._categorical.expand(batch_shape)
        Distribution.__init__(new, batch_shape, self.event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    def _new(self, *args: Any, **kwargs: Any) -> Any:
        return self._categorical._new(*args, **kwargs)


class OneHotCategorical(_OverClasses):
    """Classes as vectors of zeros and a one."""

    support = c.one_hot
    has_enumerate_support = True

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: Any = None
    ) -> None:
        self._begin(Categorical(probs, logits), validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        return self._expanded(OneHotCategorical, batch_shape, _instance)

    mean = property(lambda self: self._categorical.probs)

    @property
    def mode(self) -> Any:
        probs = self._categorical.probs
        return _one_hot(probs.argmax(dim=-1), probs)

    @property
    def variance(self) -> Any:
        p = self._categorical.probs
        return evaluate(_SPREAD, p)

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        return _one_hot(self._categorical.sample(sample_shape), self.probs)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return evaluate(m.categorical_log_prob, self.logits, value.max(-1)[1])

    def entropy(self) -> Any:
        return self._categorical.entropy()

    def enumerate_support(self, expand: bool = True) -> Any:
        import isograd.torch as torch

        n = self.event_shape[0]
        values = torch.eye(n, dtype=self._param.dtype)
        values = values.view((n, *(1,) * len(self.batch_shape), n))
        return values.expand((n, *self.batch_shape, n)) if expand else values


_SPREAD = Formula("one_hot_variance", "probs * (1.0 - probs)")


def _one_hot(indices: Any, like: Any) -> Any:
    from isograd.torch.nn.functional import one_hot

    return one_hot(indices, like.shape[-1]).to(like.dtype)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """One-hot samples with the derivative of the probabilities (Bengio et al. 2013)."""

    has_rsample = True

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        probs = self._categorical.probs
        return self.sample(sample_shape) + (probs - probs.detach())


class Multinomial(_OverClasses):
    """Counts of classes in a number of trials."""

    total_count: int
    arg_constraints = _CLASSES

    def __init__(
        self,
        total_count: int = 1,
        probs: Any = None,
        logits: Any = None,
        validate_args: Any = None,
    ) -> None:
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._begin(Categorical(probs=probs, logits=logits), validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._expanded(Multinomial, batch_shape, _instance)
        new.total_count = self.total_count
        return new

    @c.dependent_property(is_discrete=True, event_dim=1)
    def support(self) -> Any:
        return c.multinomial(self.total_count)

    mean = property(lambda self: self.probs * self.total_count)
    variance = property(
        lambda self: evaluate(_COUNT_SPREAD, self.total_count, self.probs)
    )

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        shape = (self.total_count, *Size(sample_shape))
        return _one_hot(self._categorical.sample(shape), self.probs).sum(0)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return evaluate(m.multinomial_log_prob, self.logits, value)

    def entropy(self) -> Any:
        return evaluate(
            m.multinomial_entropy, self.logits, self.probs, self.total_count
        )


_COUNT_SPREAD = Formula("multinomial_variance", "n * probs * (1.0 - probs)")


class Dirichlet(Parametrised, ExponentialFamily):
    """Points of the simplex."""

    parameters = {"concentration": 1}  # noqa: RUF012 (a table)
    arg_constraints = {"concentration": c.independent(c.positive, 1)}  # noqa: RUF012
    support = c.simplex
    has_rsample = True

    def __init__(self, concentration: Any, validate_args: Any = None) -> None:
        if concentration.dim() < 1:
            raise ValueError(
                "`concentration` parameter must be at least one-dimensional."
            )
        self.concentration = concentration
        shape = concentration.shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        shape = self._extended_shape(sample_shape)
        return drawn(m.dirichlet_sample, shape, self.concentration)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return evaluate(m.dirichlet_log_prob, value, self.concentration)

    mean = property(lambda self: evaluate(m.dirichlet_mean, self.concentration))
    mode = property(lambda self: evaluate(m.dirichlet_mode, self.concentration))
    variance = property(lambda self: evaluate(m.dirichlet_variance, self.concentration))

    def entropy(self) -> Any:
        return evaluate(m.dirichlet_entropy, self.concentration)


CLASSES = (
    Categorical,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
    Multinomial,
    Dirichlet,
)
