"""Distributions over vectors and matrices."""

from __future__ import annotations

from typing import Any

from isograd.nn.probability import multivariate as m
from isograd.torch.distributions import constraints as c
from isograd.torch.distributions.distribution import Distribution, lazy_property
from isograd.torch.distributions.evaluate import drawn, evaluate
from isograd.torch.distributions.exp_family import ExponentialFamily
from isograd.torch.distributions.families import Parametrised
from isograd.torch.dtypes import Size

_FORMS = ("covariance_matrix", "precision_matrix", "scale_tril")
_MATRICES = {
    "covariance_matrix": c.positive_definite,
    "precision_matrix": c.positive_definite,
    "scale_tril": c.lower_cholesky,
}


class _Spread(Parametrised):
    """A positive definite matrix, given in one of three forms."""

    _tril: Any

    def _keep_form(self, forms: dict[str, Any], batch: Any) -> str:
        """Keep the given form, expanded to a batch, and its triangular factor."""
        (name,) = (k for k, v in forms.items() if v is not None)
        n = forms[name].shape[-1]
        self.__dict__[name] = forms[name].expand((*batch, n, n))
        self._form = name
        return name

    def _find_factor(self, given: Any) -> None:
        if self._form == "scale_tril":
            self._tril = given
        elif self._form == "covariance_matrix":
            from isograd.torch import linalg

            self._tril = linalg.cholesky(given)
        else:
            self._tril = evaluate(m.tril_of_precision, given)

    def expand(self, batch_shape: Any, _instance: Any = None) -> Any:
        new = super().expand(batch_shape, _instance)
        for name in _FORMS:
            if name in self.__dict__ and name != self._form:  # computed already
                value = self.__dict__[name]
                new.__dict__[name] = value.expand((*batch_shape, *value.shape[-2:]))
        return new

    def _given(self, name: str) -> Any:
        if name in _FORMS:
            return self.__dict__[name] if name == self._form else None
        return getattr(self, name)

    def _full(self, matrix: Any) -> Any:
        return matrix.expand((*self._batch_shape, *matrix.shape[-2:]))

    @lazy_property
    def scale_tril(self) -> Any:
        return self._full(self._tril)

    @lazy_property
    def covariance_matrix(self) -> Any:
        return self._full(evaluate(m.covariance_of, self._tril))

    @lazy_property
    def precision_matrix(self) -> Any:
        return self._full(evaluate(m.precision_of, self._tril))


def _check_matrix(name: str, value: Any) -> None:
    if value.dim() < 2:
        raise ValueError(
            f"{name} must be at least two-dimensional, with optional leading "
            "batch dimensions"
        )


def _batch_of(*shapes: Any) -> Any:
    import isograd.torch as torch

    return torch.broadcast_shapes(*shapes)


class MultivariateNormal(_Spread):
    """Normal vectors."""

    parameters = {"loc": 1, **dict.fromkeys(_FORMS, 2)}  # noqa: RUF012 (a table)
    arg_constraints = {"loc": c.real_vector, **_MATRICES}  # noqa: RUF012
    support = c.real_vector
    has_rsample = True

    def __init__(
        self,
        loc: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: Any = None,
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        forms: dict[str, Any] = dict(
            zip(_FORMS, (covariance_matrix, precision_matrix, scale_tril), strict=True)
        )
        given = [(k, v) for k, v in forms.items() if v is not None]
        if len(given) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril "
                "may be specified."
            )
        _check_matrix(*given[0])
        batch = _batch_of(given[0][1].shape[:-2], loc.shape[:-1])
        name = self._keep_form(forms, batch)
        self.loc = loc.expand((*batch, loc.shape[-1]))
        Distribution.__init__(self, batch, self.loc.shape[-1:], validate_args)
        self._find_factor(forms[name])

    mean = property(lambda self: self.loc)
    mode = property(lambda self: self.loc)

    @property
    def variance(self) -> Any:
        spread = evaluate(m.normal_variance, self._tril)
        return spread.expand((*self._batch_shape, *self._event_shape))

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        shape = self._extended_shape(sample_shape)
        return drawn(m.normal_sample, shape, self.loc, self._tril)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return evaluate(m.normal_log_prob, value, self.loc, self._tril)

    def entropy(self) -> Any:
        return evaluate(m.normal_entropy, self._tril).expand(self._batch_shape)


class LowRankMultivariateNormal(Parametrised):
    """Normal vectors with covariance W W' + diag(d)."""

    parameters = {"loc": 1, "cov_factor": 2, "cov_diag": 1}  # noqa: RUF012 (a table)
    arg_constraints = {  # noqa: RUF012
        "loc": c.real_vector,
        "cov_factor": c.independent(c.real, 2),
        "cov_diag": c.independent(c.positive, 1),
    }
    support = c.real_vector
    has_rsample = True

    def __init__(
        self, loc: Any, cov_factor: Any, cov_diag: Any, validate_args: Any = None
    ) -> None:
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        event = loc.shape[-1:]
        _check_matrix("cov_factor", cov_factor)
        if tuple(cov_factor.shape[-2:-1]) != tuple(event):
            raise ValueError(
                f"cov_factor must be a batch of matrices with shape {event[0]} x m"
            )
        if tuple(cov_diag.shape[-1:]) != tuple(event):
            raise ValueError(f"cov_diag must be a batch of vectors with shape {event}")
        try:
            batch = _batch_of(
                loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1]
            )
        except RuntimeError as error:
            raise ValueError(
                f"Incompatible batch shapes: loc {loc.shape}, cov_factor "
                f"{cov_factor.shape}, cov_diag {cov_diag.shape}"
            ) from error
        self.loc = loc.expand((*batch, *event))
        self.cov_factor = cov_factor.expand((*batch, *cov_factor.shape[-2:]))
        self.cov_diag = cov_diag.expand((*batch, *event))
        super().__init__(batch, event, validate_args)

    mean = property(lambda self: self.loc)
    mode = property(lambda self: self.loc)

    def _of(self, fn: Any) -> Any:
        return evaluate(fn, self.cov_factor, self.cov_diag)

    variance = lazy_property(lambda self: self._of(m.low_rank_variance))
    scale_tril = lazy_property(lambda self: self._of(m.low_rank_tril))
    covariance_matrix = lazy_property(lambda self: self._of(m.low_rank_covariance))
    precision_matrix = lazy_property(lambda self: self._of(m.low_rank_precision))

    def rsample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        shape = self._extended_shape(sample_shape)
        return drawn(m.low_rank_sample, shape, self.loc, self.cov_factor, self.cov_diag)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return evaluate(
            m.low_rank_log_prob, value, self.loc, self.cov_factor, self.cov_diag
        )

    def entropy(self) -> Any:
        return self._of(m.low_rank_entropy)


for _name in ("variance", "scale_tril", "covariance_matrix", "precision_matrix"):
    vars(LowRankMultivariateNormal)[_name].wrapped.__name__ = _name


class Wishart(_Spread, ExponentialFamily):
    """Positive definite matrices: scatter of normal vectors."""

    parameters = {"df": 0, **dict.fromkeys(_FORMS, 2)}  # noqa: RUF012 (a table)
    support = c.positive_definite
    has_rsample = True

    @property
    def arg_constraints(self) -> dict[str, Any]:
        return {**_MATRICES, "df": c.greater_than(self.event_shape[-1] - 1)}

    def __init__(
        self,
        df: Any,
        covariance_matrix: Any = None,
        precision_matrix: Any = None,
        scale_tril: Any = None,
        validate_args: Any = None,
    ) -> None:
        forms: dict[str, Any] = dict(
            zip(_FORMS, (covariance_matrix, precision_matrix, scale_tril), strict=True)
        )
        given = [(k, v) for k, v in forms.items() if v is not None]
        assert len(given) == 1, (
            "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
            "specified."
        )
        _check_matrix(*given[0])
        param = given[0][1]
        event = param.shape[-2:]
        if isinstance(df, int | float):
            batch = Size(param.shape[:-2])
            self.df = param.new_tensor(df).expand(batch)
        else:
            batch = _batch_of(param.shape[:-2], df.shape)
            self.df = df.expand(batch)
        if self.df.le(event[-1] - 1).any():
            raise ValueError(
                f"Value of df={df} expected to be greater than ndim - 1 = "
                f"{event[-1] - 1}."
            )
        name = self._keep_form(forms, batch)
        Distribution.__init__(self, batch, event, validate_args)
        self._find_factor(forms[name])

    mean = property(
        lambda self: evaluate(m.wishart_mean, self.df, self.covariance_matrix)
    )
    mode = property(
        lambda self: evaluate(m.wishart_mode, self.df, self.covariance_matrix)
    )
    variance = property(
        lambda self: evaluate(m.wishart_variance, self.df, self.covariance_matrix)
    )

    def rsample(
        self,
        sample_shape: Any = Size(),  # noqa: B008 (a constant)
        max_try_correction: Any = None,
    ) -> Any:
        shape = self._extended_shape(sample_shape)
        drawn(m.wishart_sample, shape, self.df, self._tril)  # PyTorch draws it anew
        return drawn(m.wishart_sample, shape, self.df, self._tril)

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return evaluate(m.wishart_log_prob, value, self.df, self._tril)

    def entropy(self) -> Any:
        return evaluate(m.wishart_entropy, self.df, self._tril)


class LKJCholesky(Parametrised):
    """Cholesky factors of correlation matrices."""

    parameters = {"concentration": 0}  # noqa: RUF012 (a table)
    arg_constraints = {"concentration": c.positive}  # noqa: RUF012
    support = c.corr_cholesky

    def __init__(
        self, dim: int, concentration: Any = 1.0, validate_args: Any = None
    ) -> None:
        if dim < 2:
            raise ValueError(
                f"Expected dim to be an integer greater than or equal to 2. Found "
                f"dim={dim}."
            )
        self.dim = dim
        self._set({"concentration": concentration})
        super().__init__(self.concentration.size(), (dim, dim), validate_args)

    concentration: Any

    def _options(self) -> dict[str, Any]:
        return {"dim": self.dim}

    def sample(self, sample_shape: Any = Size()) -> Any:  # noqa: B008 (a constant)
        shape = self._extended_shape(sample_shape)
        return drawn(m.lkj_sample, shape, self.concentration.detach())

    def log_prob(self, value: Any) -> Any:
        if self._validate_args:
            self._validate_sample(value)
        return evaluate(m.lkj_log_prob, value, self.concentration)


CLASSES = (MultivariateNormal, LowRankMultivariateNormal, Wishart, LKJCholesky)
