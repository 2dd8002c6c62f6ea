"""`mindspore.common.initializer`: how weights are filled; formulas in `isograd.nn`."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from isograd.base.philox import Draws
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.tensor import Tensor
from isograd.nn import fills

_DRAWS = Draws()


class Initializer:
    """Base: `init(array)` fills an ndarray in place."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._seed: int | None = None

    @property
    def seed(self) -> int | None:
        return self._seed

    @seed.setter
    def seed(self, value: int) -> None:
        self._seed = value

    def _values(self, rng: Draws, shape: tuple[int, ...]) -> Any:
        raise NotImplementedError("Must be overridden!")

    def _initialize(self, arr: np.ndarray) -> None:
        arr[...] = np.asarray(self._values(_DRAWS, arr.shape), np.float32)

    def __repr__(self) -> str:
        name = f"mindspore.common.initializer.{type(self).__name__}"
        return f"<{name} object at {id(self):#x}>"

    def __call__(self, arr: np.ndarray) -> None:
        self._initialize(arr)


class Zero(Initializer):
    def _values(self, rng: Any, shape: Any) -> Any:
        return 0


class One(Initializer):
    def _values(self, rng: Any, shape: Any) -> Any:
        return 1


class Constant(Initializer):
    def __init__(self, value: Any) -> None:
        super().__init__(value=value)
        self.value = value

    def _values(self, rng: Any, shape: Any) -> Any:
        return self.value


class Uniform(Initializer):
    """Between -scale and scale."""

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _values(self, rng: Any, shape: Any) -> Any:
        return fills.uniform(rng, shape, self.scale)


class Normal(Initializer):
    def __init__(self, sigma: float = 0.01, mean: float = 0.0) -> None:
        super().__init__(sigma=sigma, mean=mean)
        self.sigma = sigma
        self.mean = mean

    def _values(self, rng: Any, shape: Any) -> Any:
        return fills.normal(rng, shape, self.sigma, self.mean)


class TruncatedNormal(Initializer):
    def __init__(
        self, sigma: float = 0.01, mean: float = 0.0, a: float = -2.0, b: float = 2.0
    ) -> None:
        super().__init__(sigma=sigma, mean=mean, a=a, b=b)
        self.sigma, self.mean, self.a, self.b = sigma, mean, a, b

    def _values(self, rng: Any, shape: Any) -> Any:
        return rng.truncated_normal(self.a, self.b, self.mean, self.sigma, shape)


class XavierNormal(Initializer):
    def __init__(self, gain: float = 1) -> None:
        super().__init__(gain=gain)
        self.gain = gain

    def _values(self, rng: Any, shape: Any) -> Any:
        return fills.normal(rng, shape, fills.xavier_deviation(shape, self.gain), 0.0)


class XavierUniform(XavierNormal):
    def _values(self, rng: Any, shape: Any) -> Any:
        return fills.uniform(rng, shape, fills.xavier_bound(shape, self.gain))


class HeNormal(Initializer):
    def __init__(
        self,
        negative_slope: float = 0,
        mode: str = "fan_in",
        nonlinearity: str = "leaky_relu",
    ) -> None:
        super().__init__(
            negative_slope=negative_slope, mode=mode, nonlinearity=nonlinearity
        )
        self.negative_slope, self.mode = negative_slope, mode
        self.nonlinearity = nonlinearity

    def _deviation(self, shape: Any) -> float:
        gain = fills.gain_of(self.nonlinearity, self.negative_slope)
        return fills.he_deviation(shape, gain, self.mode)

    def _values(self, rng: Any, shape: Any) -> Any:
        return fills.normal(rng, shape, self._deviation(shape), 0.0)


class HeUniform(HeNormal):
    def _values(self, rng: Any, shape: Any) -> Any:
        return fills.uniform(rng, shape, sqrt(3.0) * self._deviation(shape))


class Orthogonal(Initializer):
    def __init__(self, gain: float = 1.0) -> None:
        super().__init__(gain=gain)
        self.gain = gain

    def _values(self, rng: Any, shape: Any) -> Any:
        if len(shape) < 2:
            raise ValueError(
                "For 'Orthogonal', the dimension of the initialized "
                f"tensor must be more than 1, but got {len(shape)}."
            )
        return fills.orthogonal(rng, shape, self.gain)


class Sparse(Initializer):
    def __init__(self, sparsity: float, sigma: float = 0.01) -> None:
        super().__init__(sparsity=sparsity, sigma=sigma)
        self.sparsity, self.sigma = sparsity, sigma

    def _values(self, rng: Any, shape: Any) -> Any:
        if len(shape) != 2:
            raise ValueError(
                "For 'Sparse', the dimension of the initialized tensor "
                f"must be 2, but got {len(shape)}."
            )
        return fills.sparse(rng, shape, self.sparsity, self.sigma)


class VarianceScaling(Initializer):
    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
    ) -> None:
        super().__init__(scale=scale, mode=mode, distribution=distribution)
        if scale <= 0.0:
            raise ValueError(
                "For 'VarianceScaling', the argument 'scale' must be "
                f"greater than 0.0, but got {scale}."
            )
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(
                "For 'VarianceScaling', the argument 'mode' must be "
                f"fan_in, fan_out or fan_avg, but got {mode}."
            )
        if distribution not in ("uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(
                "For VarianceScaling initializer, the argument 'distribution' must be "
                "uniform, truncated_norm or untruncated_norm, but got "
                f"{distribution}."
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution

    def _values(self, rng: Any, shape: Any) -> Any:
        # MindSpore knows the truncated distribution by another name and draws uniformly
        plain = self.distribution == "untruncated_normal"
        return fills.variance_scaled(
            rng, shape, self.scale, self.mode, self.distribution if plain else "uniform"
        )


class Identity(Initializer):
    def _values(self, rng: Any, shape: Any) -> Any:
        if len(shape) != 2:
            raise ValueError(
                "For 'Identity', the dimension of the initialized tensor "
                f"must be 2, but got {len(shape)}."
            )
        return np.eye(*shape)


class Dirac(Initializer):
    def __init__(self, groups: int = 1) -> None:
        super().__init__(groups=groups)
        self.groups = groups

    def _values(self, rng: Any, shape: Any) -> Any:
        return fills.dirac(shape, self.groups)


_NAMES: dict[str, type[Initializer]] = {
    "zeros": Zero,
    "ones": One,
    "xavier_normal": XavierNormal,
    "xavier_uniform": XavierUniform,
    "he_normal": HeNormal,
    "he_uniform": HeUniform,
    "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling,
    **{
        c.__name__.lower(): c
        for c in (
            Zero,
            One,
            Constant,
            Uniform,
            Normal,
            TruncatedNormal,
            XavierNormal,
            XavierUniform,
            HeNormal,
            HeUniform,
            Orthogonal,
            Sparse,
            VarianceScaling,
            Identity,
            Dirac,
        )
    },
}


def initializer(init: Any, shape: Any = None, dtype: Any = dtypes.float32) -> Tensor:
    """A tensor of a shape and dtype, filled.

    Args:
        init: a Tensor (given back), a name, an Initializer, or a number.

    Raises:
        TypeError: for anything else, ValueError: for an unknown name or a bad shape.
    """
    if not isinstance(init, Tensor | str | Initializer | int | float):
        raise TypeError(
            "For 'initializer', the type of the 'init' argument should be "
            f"'Tensor', 'number', 'string' or 'initializer', but got "
            f"{type(init)}."
        )
    if isinstance(init, Tensor):
        return _checked(init, shape)
    sizes = (shape,) if isinstance(shape, int) else tuple(shape or ())
    for n in sizes:
        if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 0:
            raise ValueError(
                "For 'initializer', the argument 'shape' must be a tuple "
                f"or list of positive ints, but got {shape}."
            )
    return Tensor(shape=sizes, dtype=dtype or dtypes.float32, init=of(init))


def of(init: Any) -> Initializer:
    """The Initializer that a name or a number stands for."""
    if isinstance(init, str):
        cls = _NAMES.get(init.lower())
        if cls is None:
            raise ValueError(
                f"For 'initializer', the class corresponding to '{init}' was not found."
            )
        return cls()
    return init if isinstance(init, Initializer) else Constant(init)


def _checked(init: Tensor, shape: Any) -> Tensor:
    sizes = (shape,) if isinstance(shape, int) else tuple(shape or init.shape)
    if init.shape != sizes:
        raise ValueError(
            "For 'initializer', the shape of the 'init' argument should "
            f"be same as the argument 'shape', but got the 'init' shape "
            f"{list(init.shape)} and the 'shape' {list(sizes)}."
        )
    return init
