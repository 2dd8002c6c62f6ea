"""Distributions that are given by probabilities or by logits: one number each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd.nn.probability import UNIVARIATE
from isograd.nn.probability.formula import Formula
from isograd.torch.distributions import constraints as c
from isograd.torch.distributions.distribution import Distribution, lazy_property
from isograd.torch.distributions.evaluate import evaluate
from isograd.torch.distributions.exp_family import ExponentialFamily
from isograd.torch.distributions.families import Parametrised, methods_of, named
from isograd.torch.dtypes import Size

_BINARY = {"probs": c.unit_interval, "logits": c.real}
_FORMS = {
    name: Formula(name, text)
    for name, text in {
        "binary_probs": "sigmoid(logits)",
        "binary_logits": "binary_logits(probs)",
        "class_probs": "class_probs(logits)",
        "class_logits": "class_logits(probs)",
    }.items()
}


class Choice(Parametrised):
    """Either `probs` or `logits` is given; the other is computed when asked for."""

    forms = "binary"

    def _choose(self, probs: Any, logits: Any) -> str:
        """The name of the one that is given.

        Raises:
            ValueError: if both or none are.
        """
        if (probs is None) == (logits is None):
            raise ValueError(
                "Either `probs` or `logits` must be specified, but not both."
            )
        self._is_probs = probs is not None
        return "probs" if self._is_probs else "logits"

    @property
    def _param(self) -> Any:
        return self.probs if self._is_probs else self.logits

    @lazy_property
    def probs(self) -> Any:
        return evaluate(_FORMS[f"{self.forms}_probs"], self.logits)

    @lazy_property
    def logits(self) -> Any:
        return evaluate(_FORMS[f"{self.forms}_logits"], self.probs)

    def _given(self, name: str) -> Any:
        if name in ("probs", "logits"):
            return self._param if self._is_probs == (name == "probs") else None
        return getattr(self, name)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        other = "logits" if self._is_probs else "probs"
        if other in self.__dict__:  # computed already
            value = self.__dict__[other]
            event = value.shape[value.dim() - self.parameters[other] :]
            new.__dict__[other] = value.expand((*batch_shape, *event))
        return new

    def _new(self, *args: Any, **kwargs: Any) -> Any:
        return self._param.new(*args, **kwargs)


def _alone(
    self: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
) -> None:
    name = self._choose(probs, logits)
    self._set({name: probs if probs is not None else logits})
    Distribution.__init__(self, self._param.shape, (), validate_args)


def param_shape(self: Any) -> Size:
    return self._param.size()


def _row(name: str, module: str, support: Any, path: bool = False, **more: Any) -> Any:
    bases = more.pop("bases", (Choice,))
    body = {
        "parameters": {"probs": 0, "logits": 0},
        "arg_constraints": _BINARY,
        "support": support,
        "has_rsample": path,
        "__init__": _alone,
        **({} if name == "Geometric" else {"param_shape": property(param_shape)}),
        **methods_of(UNIVARIATE[name], path),
        **more,
    }
    return named(name, module, bases, body)


def _counted(self: Any, expand: bool, low: int, high: int) -> Any:
    """The integers from low to high as a first axis over the batch."""
    import isograd.torch as torch

    values = torch.arange(low, high + 1, dtype=self._param.dtype)
    values = values.view((-1, *(1,) * len(self._batch_shape)))
    return values.expand((-1, *self._batch_shape)) if expand else values


Bernoulli = _row(
    "Bernoulli",
    "bernoulli",
    c.boolean,
    bases=(Choice, ExponentialFamily),
    has_enumerate_support=True,
    enumerate_support=lambda self, expand=True: _counted(self, expand, 0, 1),
)


def _geometric(
    self: Any, probs: Any = None, logits: Any = None, validate_args: Any = None
) -> None:
    _alone(self, probs, logits, validate_args)
    if self._validate_args and probs is not None:
        value = self.probs
        if not (value > 0).all():
            raise ValueError(
                f"Expected parameter probs ({type(value).__name__} of shape "
                f"{tuple(value.shape)}) of distribution {self!r} to be positive but "
                f"found invalid values:\n{value.data[value <= 0]}"
            )


Geometric = _row("Geometric", "geometric", c.nonnegative_integer, __init__=_geometric)


def _tilted(
    self: Any,
    probs: Any = None,
    logits: Any = None,
    lims: tuple[float, float] = (0.499, 0.501),
    validate_args: Any = None,
) -> None:
    self._lims = lims
    self.lo, self.hi = lims
    _alone(self, probs, logits, validate_args)


ContinuousBernoulli = _row(
    "ContinuousBernoulli",
    "continuous_bernoulli",
    c.unit_interval,
    path=True,
    bases=(Choice, ExponentialFamily),
    __init__=_tilted,
    _options=lambda self: {"lims": self._lims},
)


# --- with a number of trials ----------------------------------------------------------


def _trials(default: str) -> Callable[..., None]:
    def start(self: Any, total_count: Any, probs: Any, logits: Any, check: Any) -> None:
        name = self._choose(probs, logits)
        given = probs if probs is not None else logits
        self._set({"total_count": total_count, name: given})
        self.total_count = self.total_count.type_as(self._param)
        Distribution.__init__(self, self._param.shape, (), check)

    if default:

        def __init__(
            self: Any,
            total_count: Any = 1,
            probs: Any = None,
            logits: Any = None,
            validate_args: Any = None,
        ) -> None:
            start(self, total_count, probs, logits, validate_args)

        return __init__

    def __init__(
        self: Any,
        total_count: Any,
        probs: Any = None,
        logits: Any = None,
        validate_args: Any = None,
    ) -> None:
        start(self, total_count, probs, logits, validate_args)

    return __init__


def _binomial_support(self: Any, expand: bool = True) -> Any:
    total = int(self.total_count.max())
    if not self.total_count.min() == total:
        raise NotImplementedError(
            "Inhomogeneous total count not supported by `enumerate_support`."
        )
    return _counted(self, expand, 0, total)


def _binomial_entropy(self: Any) -> Any:
    total = int(self.total_count.max())
    if not self.total_count.min() == total:
        raise NotImplementedError(
            "Inhomogeneous total count not supported by `entropy`."
        )
    log_prob = self.log_prob(self.enumerate_support(False))
    return -(log_prob.exp() * log_prob).sum(0)


_TRIALS = {"total_count": 0, "probs": 0, "logits": 0}
Binomial = _row(
    "Binomial",
    "binomial",
    c.dependent_property(
        lambda self: c.integer_interval(0, self.total_count),
        is_discrete=True,
        event_dim=0,
    ),
    parameters=_TRIALS,
    arg_constraints={"total_count": c.nonnegative_integer, **_BINARY},
    __init__=_trials("1"),
    has_enumerate_support=True,
    enumerate_support=_binomial_support,
    entropy=_binomial_entropy,
)
NegativeBinomial = _row(
    "NegativeBinomial",
    "negative_binomial",
    c.nonnegative_integer,
    parameters=_TRIALS,
    arg_constraints={
        "total_count": c.greater_than_eq(0),
        "probs": c.half_open_interval(0.0, 1.0),
        "logits": c.real,
    },
    __init__=_trials(""),
)
CLASSES = (Bernoulli, Geometric, ContinuousBernoulli, Binomial, NegativeBinomial)
__all__ = ["CLASSES", "Choice"]
