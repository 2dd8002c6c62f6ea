"""`MixtureSameFamily`: mixtures of distributions of one family."""

from __future__ import annotations

from typing import Any

from isograd.nn.probability import multivariate as m
from isograd.torch.autograd.grad_mode import no_grad
from isograd.torch.distributions import constraints as c
from isograd.torch.distributions.distribution import Distribution
from isograd.torch.distributions.evaluate import evaluate
from isograd.torch.distributions.simplex import Categorical
from isograd.torch.dtypes import Size


class MixtureSameFamily(Distribution):
    """A mixture whose components lie along the last batch axis of a distribution."""

    arg_constraints: dict[str, Any] = {}  # noqa: RUF012 (a table)

    def __init__(
        self,
        mixture_distribution: Any,
        component_distribution: Any,
        validate_args: Any = None,
    ) -> None:
        self._mixture_distribution = mixture_distribution
        self._component_distribution = component_distribution
        if not isinstance(mixture_distribution, Categorical):
            raise ValueError(
                " The Mixture distribution needs to be an  instance of "
                "torch.distributions.Categorical"
            )
        if not isinstance(component_distribution, Distribution):
            raise ValueError(
                "The Component distribution need to be an instance of "
                "torch.distributions.Distribution"
            )
        mixed = mixture_distribution.batch_shape
        parts = component_distribution.batch_shape[:-1]
        for a, b in zip(reversed(mixed), reversed(parts), strict=False):
            if a != 1 and b != 1 and a != b:
                raise ValueError(
                    f"`mixture_distribution.batch_shape` ({mixed}) is not compatible "
                    f"with `component_distribution.batch_shape`({parts})"
                )
        count = mixture_distribution.logits.shape[-1]
        found = component_distribution.batch_shape[-1]
        if count is not None and found is not None and count != found:
            raise ValueError(
                f"`mixture_distribution component` ({count}) does not equal "
                f"`component_distribution.batch_shape[-1]` ({found})"
            )
        self._num_component = count
        event = component_distribution.event_shape
        self._event_ndims = len(event)
        super().__init__(parts, event, validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        batch = Size(batch_shape)
        new = self._get_checked_instance(MixtureSameFamily, _instance)
        new._component_distribution = self._component_distribution.expand(
            (*batch, self._num_component)
        )
        new._mixture_distribution = self._mixture_distribution.expand(batch)
        new._num_component = self._num_component
        new._event_ndims = self._event_ndims
        event = new._component_distribution.event_shape
        Distribution.__init__(new, batch, event, validate_args=False)
        new._validate_args = self._validate_args
        return new

    @c.dependent_property
    def support(self) -> Any:
        return c.MixtureSameFamilyConstraint(self._component_distribution.support)

    mixture_distribution = property(lambda self: self._mixture_distribution)
    component_distribution = property(lambda self: self._component_distribution)

    def _pad(self, x: Any) -> Any:
        return x.unsqueeze(-1 - self._event_ndims)

    def _weights(self) -> Any:
        probs = self.mixture_distribution.probs
        return probs.reshape((*probs.shape, *(1,) * self._event_ndims))

    @property
    def mean(self) -> Any:
        weighed = self._weights() * self.component_distribution.mean
        return weighed.sum(dim=-1 - self._event_ndims)

    @property
    def variance(self) -> Any:
        parts = self.component_distribution
        axis = -1 - self._event_ndims
        return evaluate(
            m.mixture_variance,
            self._weights(),
            parts.mean,
            parts.variance,
            self._pad(self.mean),
            axis,
        )

    def cdf(self, x: Any) -> Any:  # type: ignore  # justified: PyTorch's name
        parts = self.component_distribution.cdf(self._pad(x))
        return (parts * self.mixture_distribution.probs).sum(dim=-1)

    def log_prob(self, x: Any) -> Any:  # type: ignore  # justified: as above
        if self._validate_args:
            self._validate_sample(x)
        parts = self.component_distribution.log_prob(self._pad(x))
        return evaluate(m.mixture_log_prob, parts, self.mixture_distribution.logits)

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        with no_grad():
            chosen = self.mixture_distribution.sample(sample_shape)
            parts = self.component_distribution.sample(sample_shape)
            axis, ones = chosen.dim(), (1,) * (self._event_ndims + 1)
            index = chosen.reshape((*chosen.shape, *ones))
            index = index.expand((*chosen.shape, 1, *self.event_shape))
            return parts.gather(axis, index).squeeze(axis)

    def __repr__(self) -> str:
        return (
            f"MixtureSameFamily(\n  {self.mixture_distribution},\n"
            f"  {self.component_distribution})"
        )


CLASSES = (MixtureSameFamily,)
