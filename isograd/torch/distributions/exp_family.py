"""`ExponentialFamily`: entropy from the log-normaliser, by differentiation.

The entropy is F(t) - <t, grad F(t)> - E[k(x)] for natural parameters t, log-normaliser F
and carrier measure k (Nielsen and Nock 2010, Entropies and cross-entropies of
exponential families).
"""

from __future__ import annotations

from typing import Any

from isograd.torch.distributions.distribution import Distribution

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """Densities exp(<t(x), theta> - F(theta) + k(x)).

    Subclasses define `_natural_params`, `_log_normalizer` and `_mean_carrier_measure`.
    """

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        raise NotImplementedError

    def _log_normalizer(self, *natural_params: Any) -> Any:
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self) -> Any:
        raise NotImplementedError

    def entropy(self) -> Any:
        from isograd.torch.autograd import grad

        measure = self._mean_carrier_measure
        params = [p.detach().requires_grad_() for p in self._natural_params]
        normaliser = self._log_normalizer(*params)
        slopes = grad(normaliser.sum(), params, create_graph=True)
        result = normaliser - measure
        for p, slope in zip(params, slopes, strict=True):
            term = p * slope
            kept = (*self._batch_shape, *([-1] if self._event_shape else []))
            term = term.reshape(kept)
            result = result - (term.sum(-1) if self._event_shape else term)
        return result
