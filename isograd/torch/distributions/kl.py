"""`kl_divergence`, and the registry of its rules by the classes of p and q."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from isograd.nn.probability import multivariate as m
from isograd.nn.probability.divergences import DIVERGENCES, INFINITE
from isograd.nn.probability.formula import Formula
from isograd.torch.distributions import (
    choices,
    continuous,
    matrices,
    simplex,
    transformed,
)
from isograd.torch.distributions.distribution import Distribution
from isograd.torch.distributions.evaluate import evaluate
from isograd.torch.distributions.exp_family import ExponentialFamily
from isograd.torch.distributions.independent import Independent
from isograd.torch.distributions.transform import sum_rightmost
from isograd.torch.table import FUNCTIONS

__all__ = ["kl_divergence", "register_kl"]
Rule = Callable[[Any, Any], Any]
_KL_REGISTRY: dict[tuple[type, type], Rule] = {}
_KL_MEMOIZE: dict[tuple[type, type], Any] = {}


def register_kl(type_p: type, type_q: type) -> Callable[[Rule], Rule]:
    """A decorator that registers a function of p and q for `kl_divergence`.

    Raises:
        TypeError: for anything but subclasses of Distribution.
    """
    for name, kind in (("type_p", type_p), ("type_q", type_q)):
        if not isinstance(kind, type) and issubclass(kind, Distribution):
            raise TypeError(
                f"Expected {name} to be a Distribution subclass but got {kind}"
            )

    def decorator(fn: Rule) -> Rule:
        _KL_REGISTRY[type_p, type_q] = fn
        _KL_MEMOIZE.clear()
        return fn

    return decorator


def _found(type_p: type, type_q: type) -> Any:
    """The rule for the nearest classes; None if there is none.

    Where the nearest class of p and that of q belong to different rules, p decides.
    """
    matches = [
        (a, b)
        for a, b in _KL_REGISTRY
        if issubclass(type_p, a) and issubclass(type_q, b)
    ]
    if not matches:
        return None
    order_p, order_q = type_p.__mro__, type_q.__mro__
    left = min(matches, key=lambda ab: (order_p.index(ab[0]), order_q.index(ab[1])))
    right = min(matches, key=lambda ab: (order_q.index(ab[1]), order_p.index(ab[0])))
    if _KL_REGISTRY[left] is not _KL_REGISTRY[right]:
        warnings.warn(
            f"Ambiguous kl_divergence({type_p.__name__}, {type_q.__name__}). Please "
            f"register_kl({left[0].__name__}, {right[1].__name__})",
            RuntimeWarning,
            stacklevel=3,
        )
    return _KL_REGISTRY[left]


def kl_divergence(p: Any, q: Any) -> Any:
    """E_p log p - log q.

    Raises:
        NotImplementedError: if there is no rule for the classes of p and q.
    """
    key = type(p), type(q)
    if key not in _KL_MEMOIZE:
        _KL_MEMOIZE[key] = _found(*key)
    rule = _KL_MEMOIZE[key]
    if rule is None:
        raise NotImplementedError(
            f"No KL(p || q) is implemented for p type {type(p).__name__} and q type "
            f"{type(q).__name__}"
        )
    return rule(p, q)


def _operand(p: Any, q: Any, name: str) -> Any:
    side, _, attribute = name.partition("_")
    owner = p if side == "p" else q
    return owner.entropy() if attribute == "entropy" else getattr(owner, attribute)


def _by_formula(formula: Formula) -> Rule:
    def rule(p: Any, q: Any) -> Any:
        return evaluate(formula, *(_operand(p, q, n) for n in formula.operands))

    return rule


def _infinite(p: Any, q: Any) -> Any:
    first = p._given(next(iter(p.parameters)))
    return FUNCTIONS["full_like"](first, float("inf"))


_BY_NAME = {
    cls.__name__: cls
    for group in (choices, continuous, matrices, simplex, transformed)
    for cls in group.CLASSES
}
for (_p, _q), _formula in DIVERGENCES.items():
    register_kl(_BY_NAME[_p], _BY_NAME[_q])(_by_formula(_formula))
for _p, _q in INFINITE:
    register_kl(_BY_NAME[_p], _BY_NAME[_q])(_infinite)


_binomial = _by_formula(DIVERGENCES["Binomial", "Binomial"])


@register_kl(choices.Binomial, choices.Binomial)
def _kl_binomial(p: Any, q: Any) -> Any:
    if (p.total_count < q.total_count).any():
        raise NotImplementedError(
            "KL between Binomials where q.total_count > p.total_count is not "
            "implemented"
        )
    return _binomial(p, q)


@register_kl(simplex.OneHotCategorical, simplex.OneHotCategorical)
def _kl_one_hot(p: Any, q: Any) -> Any:
    return kl_divergence(p._categorical, q._categorical)


@register_kl(Independent, Independent)
def _kl_independent(p: Any, q: Any) -> Any:
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    inner = kl_divergence(p.base_dist, q.base_dist)
    return sum_rightmost(inner, p.reinterpreted_batch_ndims)


@register_kl(transformed.TransformedDistribution, transformed.TransformedDistribution)
def _kl_transformed(p: Any, q: Any) -> Any:
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError
    return kl_divergence(p.base_dist, q.base_dist)


@register_kl(ExponentialFamily, ExponentialFamily)
def _kl_exponential(p: Any, q: Any) -> Any:
    """The Bregman divergence of the log-normaliser (Nielsen and Nock 2010)."""
    from isograd.torch.autograd import grad

    if type(p) is not type(q):
        raise NotImplementedError(
            "The cross KL-divergence between different exponential families cannot"
            f"{' ' * 29}be computed using Bregman divergences"
        )
    ours = [x.detach().requires_grad_() for x in p._natural_params]
    theirs = q._natural_params
    normaliser = p._log_normalizer(*ours)
    slopes = grad(normaliser.sum(), ours, create_graph=True)
    result = q._log_normalizer(*theirs) - normaliser
    for a, b, slope in zip(ours, theirs, slopes, strict=True):
        result = result - sum_rightmost((b - a) * slope, len(q.event_shape))
    return result


_NORMAL, _LOW = matrices.MultivariateNormal, matrices.LowRankMultivariateNormal


def _check_events(p: Any, q: Any) -> None:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"KL-divergence between two {_PLURALS[type(q) is _LOW]} with different "
            "event shapes cannot be computed"
            if type(p) is type(q)
            else "KL-divergence between two (Low Rank) Multivariate Normals with "
            "different event shapes cannot be computed"
        )


_PLURALS = {True: "Low Rank Multivariate Normals", False: "Multivariate Normals"}


def _factor(d: Any) -> Any:
    return d.scale_tril if isinstance(d, _LOW) else d._tril


def _kl_to_normal(p: Any, q: Any) -> Any:
    _check_events(p, q)
    return evaluate(m.kl_normal, p.loc, _factor(p), q.loc, q._tril)


def _kl_to_low_rank(p: Any, q: Any) -> Any:
    _check_events(p, q)
    return evaluate(
        m.kl_normal_low_rank, p.loc, _factor(p), q.loc, q.cov_factor, q.cov_diag
    )


for _kind in (_NORMAL, _LOW):
    register_kl(_kind, _NORMAL)(_kl_to_normal)
    register_kl(_kind, _LOW)(_kl_to_low_rank)
