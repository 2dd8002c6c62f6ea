"""Relaxations of discrete distributions (Maddison et al. 2017, Jang et al. 2017)."""

from __future__ import annotations

from typing import Any

from isograd.nn.probability import multivariate as m
from isograd.torch.distributions import constraints as c
from isograd.torch.distributions import transforms as t
from isograd.torch.distributions.choices import Choice
from isograd.torch.distributions.distribution import Distribution
from isograd.torch.distributions.evaluate import drawn, evaluate
from isograd.torch.distributions.simplex import Categorical
from isograd.torch.distributions.transformed import TransformedDistribution
from isograd.torch.dtypes import Size


class LogitRelaxedBernoulli(Choice):
    """The logit of a relaxed Bernoulli number."""

    arg_constraints = {"probs": c.unit_interval, "logits": c.real}  # noqa: RUF012
    support = c.real
    parameters = {"probs": 0, "logits": 0}  # noqa: RUF012 (a table)

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: Any = None,
    ) -> None:
        self.temperature = temperature
        name = self._choose(probs, logits)
        self._set({name: probs if probs is not None else logits})
        super().__init__(self._param.shape, (), validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._get_checked_instance(LogitRelaxedBernoulli, _instance)
        name = "probs" if self._is_probs else "logits"
        given = {name: self._param.expand(tuple(batch_shape))}
        LogitRelaxedBernoulli.__init__(
            new, self.temperature, **given, validate_args=False
        )
        new._validate_args = self._validate_args
        return new

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        shape = self._extended_shape(sample_shape)
        return drawn(m.relaxed_logit_sample, shape, self.probs, self.temperature)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return evaluate(m.relaxed_logit_log_prob, value, self.logits, self.temperature)


class ExpRelaxedCategorical(Distribution):
    """The logarithm of a relaxed one-hot vector."""

    arg_constraints = {"probs": c.simplex, "logits": c.real_vector}  # noqa: RUF012
    support = c.real_vector
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: Any = None,
    ) -> None:
        self._categorical = Categorical(probs, logits)
        self.temperature = temperature
        base = self._categorical
        super().__init__(base.batch_shape, base.param_shape[-1:], validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._get_checked_instance(ExpRelaxedCategorical, _instance)
        new.temperature = self.temperature
        new._categorical = self._categorical.expand(Size(batch_shape))
        Distribution.__init__(new, batch_shape, self.event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    probs = property(lambda self: self._categorical.probs)
    logits = property(lambda self: self._categorical.logits)
    param_shape = property(lambda self: self._categorical.param_shape)

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        shape = self._extended_shape(sample_shape)
        return drawn(m.relaxed_classes_sample, shape, self.logits, self.temperature)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return evaluate(
            m.relaxed_classes_log_prob, value, self.logits, self.temperature
        )


class _Relaxed(TransformedDistribution):
    """A base distribution of logits or logarithms, mapped to probabilities."""

    base: Any
    transform: Any
    has_rsample = True

    def __init__(
        self,
        temperature: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: Any = None,
    ) -> None:
        base = type(self).base(temperature, probs, logits)
        super().__init__(base, type(self).transform(), validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        cls = next(k for k in type(self).__mro__ if "base" in vars(k))
        return super().expand(
            batch_shape, _instance=self._get_checked_instance(cls, _instance)
        )

    temperature = property(lambda self: self.base_dist.temperature)
    probs = property(lambda self: self.base_dist.probs)
    logits = property(lambda self: self.base_dist.logits)


class RelaxedBernoulli(_Relaxed):
    """A number in (0, 1) near 0 or 1, at low temperatures."""

    base = LogitRelaxedBernoulli
    transform = t.SigmoidTransform
    arg_constraints = {"probs": c.unit_interval, "logits": c.real}  # noqa: RUF012
    support = c.unit_interval


class RelaxedOneHotCategorical(_Relaxed):
    """A point of the simplex near a corner, at low temperatures."""

    base = ExpRelaxedCategorical
    transform = t.ExpTransform
    arg_constraints = {"probs": c.simplex, "logits": c.real_vector}  # noqa: RUF012
    support = c.simplex


CLASSES = (
    LogitRelaxedBernoulli,
    ExpRelaxedCategorical,
    RelaxedBernoulli,
    RelaxedOneHotCategorical,
)
