"""Distributions of one real number, by rows."""

from __future__ import annotations

from typing import Any

from isograd.nn.probability import UNIVARIATE
from isograd.torch.distributions import constraints as c
from isograd.torch.distributions.distribution import Distribution, as_value
from isograd.torch.distributions.exp_family import ExponentialFamily
from isograd.torch.distributions.families import Parametrised, apply, make, named

_LOC_SCALE = {"loc": c.real, "scale": c.positive}
_EXP = (Parametrised, ExponentialFamily)


def _row(name: str, module: str, parameters: Any, support: Any, **more: Any) -> Any:
    return make(name, module, parameters, support, UNIVARIATE[name], **more)


Normal = _row("Normal", "normal", _LOC_SCALE, c.real, bases=_EXP)
Laplace = _row("Laplace", "laplace", _LOC_SCALE, c.real)
Cauchy = _row("Cauchy", "cauchy", _LOC_SCALE, c.real)
Exponential = _row(
    "Exponential", "exponential", {"rate": c.positive}, c.nonnegative, bases=_EXP
)


def _gamma_log_prob(self: Any, value: Any) -> Any:
    value = as_value(value, self.rate)
    if self._validate_args:
        self._validate_sample(value)
    return apply(self, UNIVARIATE["Gamma"].formulas["log_prob"], value)


Gamma = _row(
    "Gamma",
    "gamma",
    {"concentration": c.positive, "rate": c.positive},
    c.nonnegative,
    bases=_EXP,
    log_prob=_gamma_log_prob,
)


def _chi2_init(self: Any, df: Any, validate_args: Any = None) -> None:
    """Gamma with concentration df / 2 and rate 1 / 2."""
    Gamma.__init__(self, 0.5 * df, 0.5, validate_args=validate_args)


Chi2 = named(
    "Chi2",
    "chi2",
    (Gamma,),
    {
        "parameters": {"df": 0},
        "arg_constraints": {"df": c.positive},
        "__init__": _chi2_init,
        "df": property(lambda self: self.concentration * 2),
    },
)


class _Dirichlet2:
    """The pair of a beta distribution's concentrations, as a Dirichlet's."""

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        from isograd.torch.distributions.simplex import Dirichlet
        from isograd.torch.table import FUNCTIONS

        pair = (instance.concentration1, instance.concentration0)
        return Dirichlet(FUNCTIONS["stack"](pair, -1), validate_args=False)


def _beta_mode(self: Any) -> Any:
    return self._dirichlet.mode[..., 0]


Beta = _row(
    "Beta",
    "beta",
    {"concentration1": c.positive, "concentration0": c.positive},
    c.unit_interval,
    bases=_EXP,
    hidden=True,
    mode=property(_beta_mode),
    _dirichlet=_Dirichlet2(),
)
StudentT = _row(
    "StudentT",
    "studentT",
    {"df": c.positive, **_LOC_SCALE},
    c.real,
    defaults={"loc": 0.0, "scale": 1.0},
)
FisherSnedecor = _row(
    "FisherSnedecor",
    "fishersnedecor",
    {"df1": c.positive, "df2": c.positive},
    c.positive,
)
VonMises = _row(
    "VonMises",
    "von_mises",
    {"loc": c.real, "concentration": c.positive},
    c.real,
    path=False,
)
Uniform = _row(
    "Uniform",
    "uniform",
    {"low": c.dependent, "high": c.dependent},
    c.dependent_property(
        lambda self: c.interval(self.low, self.high), is_discrete=False, event_dim=0
    ),
    arg_constraints=property(
        lambda self: {
            "low": c.less_than(self.high),
            "high": c.greater_than(self.low),
        }
    ),
)


def _pareto_top(self: Any) -> Any:
    import isograd.torch as torch

    top = self.loc - self.scale / self.concentration
    return torch.where(self.concentration < 0, top, float("inf"))


GeneralizedPareto = _row(
    "GeneralizedPareto",
    "generalized_pareto",
    {**_LOC_SCALE, "concentration": c.real},
    c.dependent_property(
        lambda self: c.interval(self.loc, _pareto_top(self)),
        is_discrete=False,
        event_dim=0,
    ),
)
Poisson = _row(
    "Poisson",
    "poisson",
    {"rate": c.nonnegative},
    c.nonnegative_integer,
    bases=_EXP,
    path=False,
)
CLASSES: tuple[type[Distribution], ...] = (
    Normal,
    Laplace,
    Cauchy,
    Exponential,
    Gamma,
    Chi2,
    Beta,
    StudentT,
    FisherSnedecor,
    VonMises,
    Uniform,
    GeneralizedPareto,
    Poisson,
)
