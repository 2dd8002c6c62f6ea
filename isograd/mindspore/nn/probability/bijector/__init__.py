"""`mindspore.nn.probability.bijector`: invertible functions with their Jacobians."""

from __future__ import annotations

from typing import Any

from isograd.mindspore import dtype as dtypes
from isograd.mindspore.missing import attributes
from isograd.mindspore.nn.cell import Cell
from isograd.mindspore.nn.probability.evaluation import checked, evaluate, parameter
from isograd.nn.probability.elementary import BIJECTORS

MAPS = ("forward", "inverse", "forward_log_jacobian", "inverse_log_jacobian")


class Bijector(Cell):
    """Base: the maps `forward` and `inverse`, and logarithms of their derivatives."""

    _settings: dict[str, float] = {}  # noqa: RUF012  # names and defaults
    is_injective = True

    def __init__(self, *args: Any, name: str = "", **kwargs: Any) -> None:
        super().__init__()
        object.__setattr__(self, "name", name or type(self).__name__)
        given = dict(zip(self._settings, args, strict=False)) | kwargs
        for key, default in self._settings.items():
            value = parameter(given.get(key, default), dtypes.float32)
            object.__setattr__(self, f"_{key}", value)

    def _map(self, which: str, value: Any) -> Any:
        fn = BIJECTORS[type(self).__name__][which]
        known = {k: getattr(self, f"_{k}") for k in self._settings}
        known["x"] = checked(value, "value", dtypes.float32)
        return evaluate(fn, *(known[n] for n in fn.operands))

    def forward(self, value: Any) -> Any:
        return self._map("forward", value)

    def inverse(self, value: Any) -> Any:
        return self._map("inverse", value)

    def forward_log_jacobian(self, value: Any) -> Any:
        return self._map("forward_log_jacobian", value)

    def inverse_log_jacobian(self, value: Any) -> Any:
        return self._map("inverse_log_jacobian", value)

    def construct(self, name: Any, *args: Any, **kwargs: Any) -> Any:
        """The map of a name; of a distribution, its transform."""
        if isinstance(name, str):
            return getattr(self, name)(*args, **kwargs)
        from isograd.mindspore.nn.probability.distribution import (
            TransformedDistribution,
        )

        return TransformedDistribution(self, name)

    def extend_repr(self) -> str:
        return ", ".join(f"{k} = {getattr(self, f'_{k}')}" for k in self._settings)


class PowerTransform(Bijector):
    _settings = {"power": 0.0}  # noqa: RUF012

    def _map(self, which: str, value: Any) -> Any:
        if not float(self._power):
            return Exp()._map(which, value)
        return super()._map(which, value)


class Exp(Bijector):
    def extend_repr(self) -> str:
        return "exp"


class ScalarAffine(Bijector):
    _settings = {"scale": 1.0, "shift": 0.0}  # noqa: RUF012


class Softplus(Bijector):
    _settings = {"sharpness": 1.0}  # noqa: RUF012


class GumbelCDF(Bijector):
    _settings = {"loc": 0.0, "scale": 1.0}  # noqa: RUF012


class Invert(Bijector):
    """A bijector the other way round."""

    def __init__(self, bijector: Bijector, name: str = "") -> None:
        super().__init__(name=name or f"Invert{bijector.name}")
        self._bijector = bijector

    def _map(self, which: str, value: Any) -> Any:
        words = {"forward": "inverse", "inverse": "forward"}
        first, _, rest = which.partition("_")
        return self._bijector._map("_".join(filter(None, (words[first], rest))), value)


__getattr__ = attributes("mindspore.nn.probability.bijector")
