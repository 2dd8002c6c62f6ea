"""`mindspore.dataset.transforms`: functions of the values of one row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.mindspore import dtype as dtypes
from isograd.mindspore.missing import attributes


class Compose:
    """Functions one after another."""

    def __init__(self, transforms: list[Callable[..., Any]]) -> None:
        self.transforms = transforms

    def __call__(self, *args: Any) -> Any:
        for t in self.transforms:
            out = t(*args)
            args = out if isinstance(out, tuple) else (out,)
        return args[0] if len(args) == 1 else args


class TypeCast:
    """Conversion to a dtype."""

    def __init__(self, output_type: Any) -> None:
        self.output_type = (
            output_type.np
            if isinstance(output_type, dtypes.Type)
            else np.dtype(output_type)
        )

    def __call__(self, x: Any) -> Any:
        return np.asarray(x).astype(self.output_type)


class OneHot:
    """A row of zeros with a one at a class."""

    def __init__(self, num_classes: int, smoothing_rate: float = 0.0) -> None:
        self.num_classes, self.smoothing_rate = num_classes, smoothing_rate

    def __call__(self, x: Any) -> Any:
        out = np.eye(self.num_classes, dtype=np.int32)[np.asarray(x).astype(int)]
        if not self.smoothing_rate:
            return out
        return out * (1 - self.smoothing_rate) + self.smoothing_rate / self.num_classes


class Fill:
    def __init__(self, fill_value: Any) -> None:
        self.fill_value = fill_value

    def __call__(self, x: Any) -> Any:
        return np.full_like(x, self.fill_value)


class Concatenate:
    def __init__(self, axis: int = 0, prepend: Any = None, append: Any = None) -> None:
        self.axis, self.prepend, self.append = axis, prepend, append

    def __call__(self, *xs: Any) -> Any:
        parts = [self.prepend, *xs, self.append]
        return np.concatenate([p for p in parts if p is not None], self.axis)


class Duplicate:
    def __call__(self, x: Any) -> Any:
        return x, x


class Mask:
    """Comparison with a constant."""

    def __init__(self, operator: Any, constant: Any, dtype: Any = dtypes.bool_) -> None:
        self.operator, self.constant, self.dtype = operator, constant, dtype

    def __call__(self, x: Any) -> Any:
        return self.operator(x, self.constant).astype(self.dtype.np)


__getattr__ = attributes("mindspore.dataset.transforms")

__path__: list[str] = []  # MindSpore has modules below
