"""`mindspore.dataset.transforms`: functions of the values of one row."""

from __future__ import annotations

import operator
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np

from isograd.base.mersenne import Mersenne
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.dataset import config
from isograd.mindspore.dataset.errors import pipeline_error
from isograd.mindspore.missing import attributes


class Relational(IntEnum):
    EQ = 0
    NE = 1
    GT = 2
    GE = 3
    LT = 4
    LE = 5


def _argument(name: str, value: Any, kind: type) -> TypeError:
    return TypeError(
        f"Argument {name} with value {value} is not of type [{kind}], but got "
        f"{type(value)}."
    )


class Random:
    """Base of random transforms: called alone each draw is the first of the seed, in a
    pipeline an iterator begins with the seed."""

    _stream: Mersenne | None = None

    def begin(self) -> None:
        self._stream = Mersenne(config.fresh_seed())

    @property
    def rng(self) -> Mersenne:
        return self._stream or Mersenne(config.fresh_seed())


def _checked(transforms: Any) -> list[Any]:
    if not isinstance(transforms, list | tuple):
        raise _argument("transforms", transforms, list)
    if not transforms:
        raise ValueError("transforms list can not be empty.")
    for i, t in enumerate(transforms):
        if not callable(t):
            raise TypeError(
                f"transforms[{i}] is neither a transforms op (TensorOperation) nor a "
                "callable pyfunc."
            )
    return list(transforms)


class Compose:
    """Functions one after another."""

    def __init__(self, transforms: list[Callable[..., Any]]) -> None:
        self.transforms = _checked(transforms)

    def begin(self) -> None:
        for t in self.transforms:
            getattr(t, "begin", bool)()

    def __call__(self, *args: Any) -> Any:
        for t in self.transforms:
            out = t(*args)
            args = out if isinstance(out, tuple) else (out,)
        return args[0] if len(args) == 1 else args


class _Chosen(Random):
    """Base: some of the transforms, in some order."""

    def __init__(self, transforms: list[Callable[..., Any]]) -> None:
        self.transforms = _checked(transforms)

    def chosen(self, rng: Mersenne) -> list[Any]:
        raise NotImplementedError

    def __call__(self, *args: Any) -> Any:
        chosen = self.chosen(self.rng)
        if chosen:
            return Compose(chosen)(*args)
        return args[0] if len(args) == 1 else args


class RandomApply(_Chosen):
    """All of the transforms, or none."""

    def __init__(self, transforms: list[Callable[..., Any]], prob: float = 0.5) -> None:
        super().__init__(transforms)
        if not 0 <= prob <= 1:
            raise ValueError(
                "Input prob is not within the required interval of [0.0, 1.0]."
            )
        self.prob = prob

    def chosen(self, rng: Mersenne) -> list[Any]:
        return self.transforms if rng.happens(self.prob) else []


class RandomChoice(_Chosen):
    """One of the transforms."""

    def chosen(self, rng: Mersenne) -> list[Any]:
        return [self.transforms[rng.below(len(self.transforms))]]


class RandomOrder(_Chosen):
    """The transforms in random order."""

    def chosen(self, rng: Mersenne) -> list[Any]:
        return rng.shuffle(list(self.transforms))


def _numpy_type(data_type: Any) -> Any:
    return data_type.np if isinstance(data_type, dtypes.Type) else np.dtype(data_type)


class TypeCast:
    """Conversion to a dtype."""

    def __init__(self, data_type: Any) -> None:
        self.data_type = _numpy_type(data_type)

    def __call__(self, x: Any) -> Any:
        return np.asarray(x).astype(self.data_type)


class OneHot:
    """A row of zeros with a one at a class.

    Raises:
        RuntimeError: for a class that is `num_classes` or more.
    """

    def __init__(self, num_classes: int, smoothing_rate: float = 0.0) -> None:
        if isinstance(num_classes, bool) or not isinstance(num_classes, int):
            raise _argument("num_classes", num_classes, int)
        if num_classes <= 0:
            raise ValueError("Input must be greater than 0.")
        self.num_classes, self.smoothing_rate = num_classes, smoothing_rate

    def __call__(self, x: Any) -> Any:
        a = np.asarray(x)
        if a.size and a.max() >= self.num_classes:
            raise pipeline_error(
                "OneHot: index values should not bigger than num classes: "
                f"{self.num_classes}, but got: {a.max()}"
            )
        out = np.eye(self.num_classes, dtype=a.dtype)[a]
        if not self.smoothing_rate:
            return out
        return out * (1 - self.smoothing_rate) + self.smoothing_rate / self.num_classes


class Fill:
    """An array of one value."""

    def __init__(self, fill_value: Any) -> None:
        self.fill_value = fill_value

    def __call__(self, x: Any) -> Any:
        return np.full_like(x, self.fill_value)


class Concatenate:
    """The columns one after another, between two arrays."""

    def __init__(self, axis: int = 0, prepend: Any = None, append: Any = None) -> None:
        self.axis, self.prepend, self.append = axis, prepend, append

    def __call__(self, *xs: Any) -> Any:
        parts = [self.prepend, *xs, self.append]
        return np.concatenate([p for p in parts if p is not None], self.axis)


class Duplicate:
    """The column twice."""

    def __call__(self, x: Any) -> Any:
        return x, x


class Mask:
    """Comparison with a constant."""

    def __init__(self, operator: Any, constant: Any, dtype: Any = dtypes.bool_) -> None:
        self.operator, self.constant = operator, constant
        self.dtype = _numpy_type(dtype)

    def __call__(self, x: Any) -> Any:
        compare = self.operator
        if isinstance(compare, Relational):
            compare = getattr(operator, compare.name.lower())
        return np.asarray(compare(np.asarray(x), self.constant)).astype(self.dtype)


class PadEnd:
    """Filled up to a shape; None: as it is."""

    def __init__(self, pad_shape: list[int | None], pad_value: Any = None) -> None:
        self.pad_shape, self.pad_value = pad_shape, pad_value

    def __call__(self, x: Any) -> Any:
        a = np.asarray(x)
        sizes = zip(a.shape, self.pad_shape, strict=True)
        widths = [(0, 0 if want is None else want - n) for n, want in sizes]
        return np.pad(a, widths, constant_values=self.pad_value or 0)


class Slice:
    """Part of an array: a slice, index, list of indices or `...` for each axis."""

    def __init__(self, *slices: Any) -> None:
        self.slices = slices

    def __call__(self, x: Any) -> Any:
        a = np.asarray(x)
        for axis, part in enumerate(self.slices):
            if part is None or part is ...:
                continue
            at = [part] if isinstance(part, int) else part
            where: list[Any] = [slice(None)] * a.ndim
            where[axis] = at
            a = a[tuple(where)]
        return a


def not_random(function: Any) -> Any:
    """Says that a function draws no random numbers."""
    function.random = False
    return function


__getattr__ = attributes("mindspore.dataset.transforms")

__path__: list[str] = []  # MindSpore has modules below
