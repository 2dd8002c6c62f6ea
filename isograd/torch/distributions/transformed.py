"""`TransformedDistribution`, and the families that are made by transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from isograd.nn.probability import UNIVARIATE
from isograd.torch.autograd.grad_mode import no_grad
from isograd.torch.distributions import constraints as c
from isograd.torch.distributions import transforms as t
from isograd.torch.distributions.continuous import Exponential, Gamma, Normal, Uniform
from isograd.torch.distributions.distribution import Distribution, as_value
from isograd.torch.distributions.evaluate import eps_of
from isograd.torch.distributions.families import (
    Parametrised,
    apply,
    constructor,
    lowest,
    methods_of,
    named,
)
from isograd.torch.distributions.independent import Independent
from isograd.torch.distributions.transform import sum_rightmost
from isograd.torch.dtypes import Size


class TransformedDistribution(Distribution):
    """The distribution of a transform of a base distribution's value."""

    arg_constraints: dict[str, Any] = {}  # noqa: RUF012 (a table)

    def __init__(
        self, base_distribution: Any, transforms: Any, validate_args: Any = None
    ) -> None:
        if isinstance(transforms, t.Transform):
            self.transforms = [transforms]
        elif isinstance(transforms, list):
            if not all(isinstance(x, t.Transform) for x in transforms):
                raise ValueError(
                    "transforms must be a Transform or a list of Transforms"
                )
            self.transforms = transforms
        else:
            raise ValueError(
                f"transforms must be a Transform or list, but was {transforms}"
            )
        chain = t.ComposeTransform(self.transforms)
        self.base_dist, shape = _fitted(base_distribution, chain)
        base_rank = len(base_distribution.event_shape)
        rank = chain.codomain.event_dim + max(base_rank - chain.domain.event_dim, 0)
        cut = len(shape) - rank
        super().__init__(shape[:cut], shape[cut:], validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._get_checked_instance(TransformedDistribution, _instance)
        new.transforms = self.transforms
        shape = Size((*batch_shape, *self.event_shape))
        for transform in reversed(self.transforms):
            shape = transform.inverse_shape(shape)
        base = shape[: len(shape) - len(self.base_dist.event_shape)]
        new.base_dist = self.base_dist.expand(base)
        Distribution.__init__(new, batch_shape, self.event_shape, validate_args=False)
        new._validate_args = self._validate_args
        return new

    @c.dependent_property(is_discrete=False)
    def support(self) -> Any:
        if not self.transforms:
            return self.base_dist.support
        support = self.transforms[-1].codomain
        more = len(self.event_shape) - support.event_dim
        return c.independent(support, more) if more > 0 else support

    has_rsample: Any = property(lambda self: self.base_dist.has_rsample)

    def _forward(self, x: Any) -> Any:
        for transform in self.transforms:
            x = transform(x)
        return x

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        with no_grad():
            return self._forward(self.base_dist.sample(sample_shape))

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        return self._forward(self.base_dist.rsample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        rank, total, y = len(self.event_shape), 0.0, value
        for transform in reversed(self.transforms):
            x = transform.inv(y)
            rank += transform.domain.event_dim - transform.codomain.event_dim
            log_det = transform.log_abs_det_jacobian(x, y)
            total = total - sum_rightmost(log_det, rank - transform.domain.event_dim)
            y = x
        base = self.base_dist.log_prob(y)
        return total + sum_rightmost(base, rank - len(self.base_dist.event_shape))

    def _monotonize_cdf(self, value: Any) -> Any:
        """P(X <= x) where the transforms fall as well as where they rise."""
        sign = 1
        for transform in self.transforms:
            sign = sign * transform.sign
        if isinstance(sign, int) and sign == 1:
            return value
        return sign * (value - 0.5) + 0.5

    def cdf(self, value: Any) -> Any:
        for transform in reversed(self.transforms):
            value = transform.inv(value)
        if self._validate_args:
            self.base_dist._validate_sample(value)
        return self._monotonize_cdf(self.base_dist.cdf(value))

    def icdf(self, value: Any) -> Any:
        value = self._monotonize_cdf(value)
        return self._forward(self.base_dist.icdf(value))


TransformedDistribution.__module__ = (
    "isograd.torch.distributions.transformed_distribution"
)


def _fitted(base: Any, chain: Any) -> tuple[Any, Any]:
    """The base, expanded to what the transforms broadcast to; the result's shape."""
    base_shape = base.batch_shape + base.event_shape
    if len(base_shape) < chain.domain.event_dim:
        raise ValueError(
            "base_distribution needs to have shape with size at least "
            f"{chain.domain.event_dim}, but got {base_shape}."
        )
    shape = chain.forward_shape(base_shape)
    needed = chain.inverse_shape(shape)
    if tuple(base_shape) != tuple(needed):
        base = base.expand(needed[: len(needed) - len(base.event_shape)])
    more = chain.domain.event_dim - len(base.event_shape)
    return (Independent(base, more) if more > 0 else base), shape


# --- families -------------------------------------------------------------------------

Parts = Callable[..., tuple[Any, list[Any]]]


def _starter(parts: Parts) -> Callable[..., None]:
    """The constructor's body: `parts` gives the base and transforms for parameters."""

    def _start(self: Any, values: dict[str, Any], validate_args: Any) -> None:
        self._set(values)
        shaped = [self.__dict__[f"_{n}" if self.hidden else n] for n in values]
        base, transforms = parts(*shaped, validate_args)
        TransformedDistribution.__init__(
            self, base, transforms, validate_args=validate_args
        )

    return _start


def _family(
    name: str, parameters: dict[str, Any], support: Any, parts: Parts, **more: Any
) -> Any:
    ranks = dict.fromkeys(parameters, 0)
    hidden = more.pop("hidden", False)
    body = {
        "parameters": ranks,
        "hidden": hidden,
        "arg_constraints": parameters,
        "support": support,
        "has_rsample": True,
        "expand": Parametrised.expand,
        "__init__": constructor(ranks, {}),
        "_start": _starter(parts),
        **({p: _hidden(p) for p in parameters} if hidden else {}),
        **methods_of(UNIVARIATE[name], True),
        **more,
    }
    return named(name, _MODULES[name], (Parametrised, TransformedDistribution), body)


def _hidden(name: str) -> property:
    return property(lambda self: self.__dict__[f"_{name}"])


_MODULES = {
    "Gumbel": "gumbel",
    "HalfCauchy": "half_cauchy",
    "HalfNormal": "half_normal",
    "InverseGamma": "inverse_gamma",
    "Kumaraswamy": "kumaraswamy",
    "LogNormal": "log_normal",
    "Pareto": "pareto",
    "Weibull": "weibull",
}
_LOC_SCALE = {"loc": c.real, "scale": c.positive}


def _gumbel(loc: Any, scale: Any, check: Any) -> tuple[Any, list[Any]]:
    """-log(-log(u)), scaled and shifted."""
    info, like = eps_of(loc.dtype), loc.new_zeros(tuple(loc.shape))
    base = Uniform(like + _tiny(loc), like + (1 - info), validate_args=check)
    log = t.ExpTransform().inv
    steps = [log, t.AffineTransform(0, -like.add(1)), log]
    return base, [*steps, t.AffineTransform(loc, -scale)]


def _tiny(x: Any) -> float:
    from isograd.torch.dtypes import finfo

    return finfo(x.dtype).tiny


def _scaled_half(base_class: Any) -> Parts:
    def parts(scale: Any, check: Any) -> tuple[Any, list[Any]]:
        base = base_class(0, scale, validate_args=False)
        return base, [t.AbsTransform()]

    return parts


def _log_normal(loc: Any, scale: Any, check: Any) -> tuple[Any, list[Any]]:
    base = Normal(loc, scale, validate_args=check)
    return base, [t.ExpTransform()]


def _pareto(scale: Any, alpha: Any, check: Any) -> tuple[Any, list[Any]]:
    base = Exponential(alpha, validate_args=check)
    exp = t.ExpTransform()
    return base, [exp, t.AffineTransform(0, scale)]


def _weibull(scale: Any, concentration: Any, check: Any) -> tuple[Any, list[Any]]:
    base = Exponential(concentration.new_ones(tuple(scale.shape)), validate_args=check)
    power = t.PowerTransform(concentration.reciprocal())
    return base, [power, t.AffineTransform(0, scale)]


def _inverse_gamma(concentration: Any, rate: Any, check: Any) -> tuple[Any, list[Any]]:
    base = Gamma(concentration, rate, validate_args=check)
    return base, [t.PowerTransform(-rate.new_ones(()))]


def _kumaraswamy(a: Any, b: Any, check: Any) -> tuple[Any, list[Any]]:
    base = Uniform(a.new_zeros(tuple(a.shape)), a.new_ones(tuple(a.shape)), check)
    steps = [t.PowerTransform(b.reciprocal()), t.AffineTransform(1.0, -1.0)]
    return base, [*steps, t.PowerTransform(a.reciprocal())]


def _half_log_prob(name: str) -> Callable[..., Any]:
    formula = UNIVARIATE[name].formulas["log_prob"]

    def log_prob(self: Any, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return apply(self, formula, as_value(value, self.scale))

    return log_prob


def _cauchy() -> Any:
    from isograd.torch.distributions.continuous import Cauchy

    return Cauchy


Gumbel = _family("Gumbel", _LOC_SCALE, c.real, _gumbel)
HalfNormal = _family(
    "HalfNormal",
    {"scale": c.positive},
    c.nonnegative,
    _scaled_half(Normal),
    hidden=True,
)
HalfCauchy = _family(
    "HalfCauchy",
    {"scale": c.positive},
    c.nonnegative,
    _scaled_half(_cauchy()),
    hidden=True,
    log_prob=_half_log_prob("HalfCauchy"),
)
LogNormal = _family("LogNormal", _LOC_SCALE, c.positive, _log_normal, hidden=True)
Pareto = _family(
    "Pareto", {"scale": c.positive, "alpha": c.positive}, lowest("scale"), _pareto
)
Pareto.arg_constraints = {"alpha": c.positive, "scale": c.positive}
Weibull = _family(
    "Weibull",
    {"scale": c.positive, "concentration": c.positive},
    c.positive,
    _weibull,
    concentration_reciprocal=property(lambda self: self.concentration.reciprocal()),
)
InverseGamma = _family(
    "InverseGamma",
    {"concentration": c.positive, "rate": c.positive},
    c.positive,
    _inverse_gamma,
    hidden=True,
)
Kumaraswamy = _family(
    "Kumaraswamy",
    {"concentration1": c.positive, "concentration0": c.positive},
    c.unit_interval,
    _kumaraswamy,
)


class LogisticNormal(TransformedDistribution):
    """Points of the simplex: stick breaking of a normal vector."""

    arg_constraints = _LOC_SCALE
    support = c.simplex
    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None) -> None:
        base = Normal(loc, scale, validate_args=validate_args)
        if not base.batch_shape:
            base = base.expand([1])
        stick = t.StickBreakingTransform()
        super().__init__(base, stick, validate_args=validate_args)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = self._get_checked_instance(LogisticNormal, _instance)
        return super().expand(batch_shape, _instance=new)

    loc = property(lambda self: self.base_dist.base_dist.loc)
    scale = property(lambda self: self.base_dist.base_dist.scale)


CLASSES = (
    TransformedDistribution,
    Gumbel,
    HalfNormal,
    HalfCauchy,
    LogNormal,
    Pareto,
    Weibull,
    InverseGamma,
    Kumaraswamy,
    LogisticNormal,
)
