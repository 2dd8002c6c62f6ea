"""`mindspore.nn.probability.distribution`: densities, moments, samples, divergences."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from isograd.core.tensor import lower
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import ops
from isograd.mindspore.call import lift
from isograd.mindspore.missing import attributes
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.probability.evaluation import (
    checked,
    evaluate,
    number,
    parameter,
    positive,
)
from isograd.mindspore.seed import generator
from isograd.mindspore.tensor import Tensor
from isograd.nn.probability.divergences import DIVERGENCES
from isograd.nn.probability.elementary import family
from isograd.nn.probability.multivariate import categorical_sample

_family = cache(family)
_MOMENTS = ("mean", "mode", "variance", "stddev", "entropy")


class Distribution(Cell):
    """Base of distributions by formulas of a family.

    Methods take values for the parameters behind their own arguments; parameters that
    neither they nor the constructor were given are an error.
    """

    _parameters = ""  # "name=name in the family", in order
    _shown = ""  # "word=name", for the representation
    _ranges = ""  # "name:what an error calls it", which must be greater than zero
    _source = ""
    _lacks: tuple[str, ...] = ()  # formulas of the family that MindSpore does not have
    _default: Any = dtypes.float32

    def __init__(
        self,
        *args: Any,
        seed: Any = None,
        dtype: Any = None,
        name: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__()
        kind = type(self).__name__
        put = object.__setattr__
        put(self, "name", name or kind)
        put(self, "dtype", self._default if dtype is None else dtype)
        put(self, "seed", _seed(kind, seed))
        if not (self.dtype.is_floating_point or self.dtype == self._default):
            raise TypeError(
                f"For '{kind}', the 'dtype' should be one of [mindspore.float16, "
                "mindspore.float32, mindspore.float64, mindspore.bfloat16, "
                "mindspore.float8_e4m3fn, mindspore.float8_e5m2, mindspore.hifloat8], "
                f"but got '{self.dtype!r}'."
            )
        given = dict(zip(self._names(), args, strict=False)) | kwargs
        own = self._parameter_dtype
        values = {n: parameter(given.get(n), own) for n in self._names()}
        put(self, "_values", values)
        raw = {n: given.get(n) for n in self._names()}
        words = {"seed": seed, "dtype": self.dtype, "name": self.name}
        put(self, "parameters", {**raw, **words, "param_dict": raw})
        self._check(values)
        shapes = [v.shape for v in values.values() if v is not None]
        put(self, "batch_shape", np.broadcast_shapes(*shapes) if shapes else None)
        put(self, "is_scalar_batch", not any(shapes))

    @classmethod
    def _names(cls) -> list[str]:
        return [w.partition("=")[0] for w in cls._parameters.split()]

    @property
    def _parameter_dtype(self) -> Any:
        return self.dtype if self.dtype.is_floating_point else dtypes.float32

    def _check(self, values: dict[str, Any]) -> None:
        for entry in self._ranges.split(";"):
            name, _, word = entry.strip().partition(":")
            if name:
                positive(values[name], f"{word} must be greater than zero.")

    # --- evaluation -------------------------------------------------------------------

    def _given(self, args: tuple[Any, ...], suffix: str = "") -> dict[str, Any]:
        """The parameters by the family's names.

        Raises:
            TypeError: for one that nobody gave.
        """
        out: dict[str, Any] = {}
        for i, word in enumerate(self._parameters.split()):
            name, _, inner = word.partition("=")
            value = args[i] if i < len(args) else None
            if value is None:
                value = None if suffix else self._values[name]
                if value is None:
                    raise TypeError(
                        f"the type {name} must be subclass of Tensor. It can not be "
                        "None since it is not specified during initialization."
                    )
            else:
                word = "probs1" if suffix and name == "probs" else name
                value = checked(value, word + suffix, self._parameter_dtype)
            out[inner or name] = value
        return out

    def _formula(self, key: str) -> Any:
        found = _family(self._source or type(self).__name__).formulas.get(key)
        if found is None or key in self._lacks:
            raise NotImplementedError(
                f"{key} is not implemented for {type(self).__name__} distribution."
            )
        return found

    def _of(self, key: str, known: dict[str, Any]) -> Any:
        fn = self._formula(key)
        for n in fn.operands:
            if n == "stddev" and n not in known:
                known = {**known, n: self._of("stddev", known)}
        return evaluate(fn, *(known[n] for n in fn.operands))

    def _at(self, key: str, value: Any, args: tuple[Any, ...]) -> Any:
        known = self._given(args)
        known["x"] = checked(value, "value", self._parameter_dtype)
        return self._of(key, known)

    def _deviation(self, known: dict[str, Any]) -> Any:
        formulas = _family(self._source or type(self).__name__).formulas
        if "stddev" in formulas or "stddev" in self._lacks:
            return self._of("stddev", known)
        return ops.sqrt(self._of("variance", known))

    # --- what programs call -----------------------------------------------------------

    def log_prob(self, value: Any, *args: Any) -> Any:
        return self._at("log_prob", value, args)

    def prob(self, value: Any, *args: Any) -> Any:
        return ops.exp(self.log_prob(value, *args))

    def cdf(self, value: Any, *args: Any) -> Any:
        return self._at("cdf", value, args)

    def log_cdf(self, value: Any, *args: Any) -> Any:
        return ops.log(self.cdf(value, *args))

    def survival_function(self, value: Any, *args: Any) -> Any:
        return 1.0 - self.cdf(value, *args)

    def log_survival(self, value: Any, *args: Any) -> Any:
        return ops.log(self.survival_function(value, *args))

    def mean(self, *args: Any) -> Any:
        return self._of("mean", self._given(args))

    def mode(self, *args: Any) -> Any:
        return self._of("mode", self._given(args))

    def var(self, *args: Any) -> Any:
        return self._of("variance", self._given(args))

    def sd(self, *args: Any) -> Any:
        return self._deviation(self._given(args))

    def entropy(self, *args: Any) -> Any:
        return self._of("entropy", self._given(args))

    def kl_loss(self, dist: Any, *args: Any) -> Any:
        """The divergence from this distribution to another of its kind.

        Raises:
            TypeError, ValueError: for what is not described by its name and parameters.
        """
        kind = self._checked_kind(dist)
        count = len(self._names())
        missing = [f"'{n}_b'" for n in self._names()[len(args) :]]
        if missing:
            raise TypeError(
                f"{kind}._kl_loss() missing {len(missing)} required positional "
                f"argument{'s'[: len(missing) > 1]}: {' and '.join(missing)}"
            )
        q, p = self._given(args[:count], "_b"), self._given(args[count:])
        name = self._source or kind
        fn = DIVERGENCES["Normal", "Normal"] if name == "LogNormal" else None
        fn = fn or DIVERGENCES[name, name]
        return evaluate(fn, *(self._operand(n, p, q) for n in fn.operands))

    def _operand(self, word: str, p: dict[str, Any], q: dict[str, Any]) -> Any:
        known, name = (p if word[0] == "p" else q), word[2:]
        if name in known:
            return known[name]
        if name == "logits":
            probs = known["probs"]
            return ops.log(probs) - ops.log1p(-probs)
        return self._deviation(known) if name == "stddev" else self._of(name, known)

    def cross_entropy(self, dist: Any, *args: Any) -> Any:
        count = len(self._names())
        return self.entropy(*args[count:]) + self.kl_loss(dist, *args)

    def _checked_kind(self, dist: Any) -> str:
        kind = type(self).__name__
        if isinstance(dist, str) and dist != kind:
            raise ValueError(f"Expected dist input is {kind}, but got {dist}.")
        return kind

    def sample(self, shape: Any = (), *args: Any) -> Any:
        known = self._given(args)
        fn = self._formula("sample")
        values = [known[n] for n in fn.operands]
        own = np.broadcast_shapes(*(known[n].shape for n in known))
        rng = generator(self.seed or None)
        out = evaluate(
            fn,
            *values,
            shape=(*shape, *own),
            dtype=self._parameter_dtype.np,
            rng=rng,
        )
        return out if out.dtype == self.dtype else out.astype(self.dtype)

    def get_dist_type(self) -> str:
        return type(self).__name__

    def get_dist_args(self, *args: Any) -> tuple[Any, ...]:
        return tuple(self._given(args).values())

    def construct(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """The method of a name."""
        found = None if name.startswith("_") else getattr(type(self), name, None)
        if found is None:
            raise NotImplementedError(
                f"{name} is not implemented for {type(self).__name__} distribution."
            )
        return found(self, *args, **kwargs)

    def extend_repr(self) -> str:
        if not self._shown:
            return ""
        if not self.is_scalar_batch:
            return f"batch_shape = {self.batch_shape}"
        pairs = (w.strip().split("=") for w in self._shown.split(","))
        return ", ".join(f"{w} = {number(self._values[n])}" for w, n in pairs)


def _seed(kind: str, seed: Any) -> int:
    if seed is None:
        return 0
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise TypeError(
            f"For '{kind}', the 'seed' must be int, but got '{type(seed).__name__}'"
        )
    if seed < 0:
        raise ValueError(
            f"For '{kind}', the 'seed' must be int and must >= 0, but got '{seed}' with "
            "type 'int'."
        )
    return seed


class Normal(Distribution):
    _parameters = "mean=loc sd=scale"
    _shown = "mean=mean, standard deviation=sd"
    _ranges = "sd:Standard deviation"


class LogNormal(Distribution):
    _parameters, _shown = "loc scale", "loc=loc, scale=scale"
    _ranges = "scale:scale"


class Cauchy(Distribution):
    _parameters, _shown = "loc scale", "location=loc, scale=scale"
    _ranges = "scale:scale"

    def _undefined(self, *args: Any) -> Any:
        raise ValueError("Cauchy distribution has no mean, sd and var.")

    mean = sd = var = _undefined


class Logistic(Distribution):
    _parameters, _shown = "loc scale", "location=loc, scale=scale"
    _ranges = "scale:scale"


class Gumbel(Distribution):
    _parameters, _shown = "loc scale", "loc=loc, scale=scale"
    _ranges = "scale:scale"


_MEASURES = ("cdf", "mean", "mode", "variance", "stddev", "entropy", "sample")


class Laplace(Distribution):
    _lacks = _MEASURES
    _parameters = "mean=loc sd=scale"
    _ranges = "sd:Standard deviation"


class HalfNormal(Distribution):
    _lacks = _MEASURES
    _parameters = "mean=loc sd=scale"
    _ranges = "sd:Standard deviation"


class StudentT(Distribution):
    _lacks = _MEASURES
    _parameters = "df mean=loc sd=scale"
    _ranges = "sd:Standard deviation;df:Degrees of freedom"


class Exponential(Distribution):
    _parameters, _shown, _ranges = "rate", "rate=rate", "rate:rate"


class Poisson(Distribution):
    _parameters, _shown, _ranges = "rate", "rate=rate", "rate:rate"


class _OfVectors(Distribution):
    def _check(self, values: dict[str, Any]) -> None:
        for name, v in values.items():
            if v is not None and not v.ndim:
                raise TypeError(f"Input {name} can't be scalar")
        super()._check(values)


class Beta(_OfVectors):
    _parameters = "concentration1 concentration0"
    _shown = "concentration1=concentration1, concentration0=concentration0"
    _ranges = "concentration1:concentration1;concentration0:concentration0"


class Gamma(_OfVectors):
    _parameters = "concentration rate"
    _shown = "concentration=concentration, rate=rate"
    _ranges = "concentration:concentration;rate:rate"


class Uniform(Distribution):
    _lacks = ("mode",)
    _parameters, _shown = "low high", "low=low, high=high"

    def _check(self, values: dict[str, Any]) -> None:
        low, high = values["low"], values["high"]
        if low is not None and high is not None and not bool((low < high).all()):
            raise ValueError("low must be less than high")


class _OfTrials(Distribution):
    _parameters, _shown, _default = "probs", "probs=probs", dtypes.int32

    def _check(self, values: dict[str, Any]) -> None:
        positive(values["probs"], "Probabilities must be greater than zero")
        if values["probs"] is not None:
            positive(1.0 - values["probs"], "Probabilities must be less than one")


class Bernoulli(_OfTrials): ...


class Geometric(_OfTrials): ...


class Categorical(Distribution):
    """Numbers from 0 on, each with a probability along the last axis."""

    _parameters, _shown, _default = "probs", "probs=probs", dtypes.int32

    def _check(self, values: dict[str, Any]) -> None:
        p = values["probs"]
        if p is None:
            return
        if not p.ndim:
            raise ValueError("probs for Categorical distribution must not be scalar.")
        if not bool(np.allclose(p.sum(-1).array("a check"), 1.0, atol=1e-4)):
            raise ValueError(
                "Probabilities for each category should sum to one for Categorical "
                "distribution."
            )
        positive(p, "Probabilities must be greater than zero")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        p = self._values["probs"]
        object.__setattr__(self, "is_scalar_batch", p is None or p.ndim == 1)

    def extend_repr(self) -> str:
        if self.is_scalar_batch:
            return f"probs = {self._values['probs']}"
        return f"batch_shape = {self.batch_shape[:-1]}"

    def _taken(self, table: Any, value: Any) -> Any:
        """Entries of a table over the last axis, where the value says."""
        index = checked(value, "value", dtypes.float32).astype(dtypes.int32)
        shape = ops.broadcast_to(
            index, np.broadcast_shapes(index.shape, table.shape[:-1])
        )
        whole = ops.broadcast_to(table, (*shape.shape, table.shape[-1]))
        found = ops.gather_elements(
            whole, -1, shape.expand_dims(-1).astype(dtypes.int64)
        )
        return found.squeeze(-1)

    def log_prob(self, value: Any, *args: Any) -> Any:
        return self._taken(ops.log(self._given(args)["probs"]), value)

    def cdf(self, value: Any, *args: Any) -> Any:
        return self._taken(ops.cumsum(self._given(args)["probs"], -1), value)

    def _moment(self, args: tuple[Any, ...], power: int) -> Any:
        p = self._given(args)["probs"]
        places = Tensor(np.arange(p.shape[-1], dtype=np.float32) ** power)
        keep = p.ndim == 1  # MindSpore keeps an axis of a single distribution
        return (p * places).sum(-1, keepdims=keep)

    def mean(self, *args: Any) -> Any:
        return self._moment(args, 1)

    def var(self, *args: Any) -> Any:
        return self._moment(args, 2) - self.mean(*args) ** 2

    def sd(self, *args: Any) -> Any:
        return ops.sqrt(self.var(*args))

    def mode(self, *args: Any) -> Any:
        return self._given(args)["probs"].argmax(-1).astype(self.dtype)

    def entropy(self, *args: Any) -> Any:
        p = self._given(args)["probs"]
        return -(p * ops.log(p)).sum(-1)

    def kl_loss(self, dist: Any, *args: Any) -> Any:
        self._checked_kind(dist)
        q, p = self._given(args[:1], "_b")["probs"], self._given(args[1:])["probs"]
        return (p * (ops.log(p) - ops.log(q))).sum(-1)

    def sample(self, shape: Any = (), *args: Any) -> Any:
        p = self._given(args)["probs"]
        out = categorical_sample(
            lower(p),
            shape=(*shape, *p.shape[:-1]),
            dtype=np.int64,
            rng=generator(self.seed or None),
        )
        return lift(out).astype(self.dtype)


class TransformedDistribution(Distribution):
    """What a bijector makes of a distribution's values."""

    def __init__(
        self, bijector: Any, distribution: Any, seed: Any = None, name: str = ""
    ) -> None:
        super().__init__(seed=seed, dtype=distribution.dtype, name=name)
        self._bijector, self._distribution = bijector, distribution
        object.__setattr__(self, "bijector", bijector)
        object.__setattr__(self, "distribution", distribution)

    def log_prob(self, value: Any, *args: Any) -> Any:
        inner = self._distribution.log_prob(self._bijector.inverse(value), *args)
        return inner + self._bijector.inverse_log_jacobian(value)

    def cdf(self, value: Any, *args: Any) -> Any:
        return self._distribution.cdf(self._bijector.inverse(value), *args)

    def sample(self, shape: Any = (), *args: Any) -> Any:
        return self._bijector.forward(self._distribution.sample(shape, *args))

    def mean(self, *args: Any) -> Any:
        raise ValueError(
            "mean function must be implemented for non-linear transformation"
        )


__getattr__ = attributes("mindspore.nn.probability.distribution")
