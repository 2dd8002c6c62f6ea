"""`mindspore.dataset.vision`: the transforms of images that are arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.mindspore.missing import attributes


class HWC2CHW:
    """Channels first."""

    def __call__(self, x: Any) -> Any:
        return np.ascontiguousarray(np.moveaxis(np.asarray(x), -1, 0))


class Rescale:
    """`x rescale + shift`."""

    def __init__(self, rescale: float, shift: float) -> None:
        self.rescale, self.shift = rescale, shift

    def __call__(self, x: Any) -> Any:
        return (np.asarray(x) * self.rescale + self.shift).astype(np.float32)


class Normalize:
    """`(x - mean) / std` for each channel."""

    def __init__(self, mean: Any, std: Any, is_hwc: bool = True) -> None:
        shape = (-1,) if is_hwc else (-1, 1, 1)
        self.mean = np.asarray(mean, np.float32).reshape(shape)
        self.std = np.asarray(std, np.float32).reshape(shape)

    def __call__(self, x: Any) -> Any:
        return (np.asarray(x, np.float32) - self.mean) / self.std


class ToTensor:
    """Channels first, in [0, 1]."""

    def __init__(self, output_type: Any = np.float32) -> None:
        self.output_type = output_type

    def __call__(self, x: Any) -> Any:
        a = np.asarray(x)
        a = a[..., None] if a.ndim == 2 else a
        return (np.moveaxis(a, -1, 0) / 255).astype(np.float32)


class ToType:
    def __init__(self, data_type: Any) -> None:
        self.data_type = np.dtype(getattr(data_type, "np", data_type))

    def __call__(self, x: Any) -> Any:
        return np.asarray(x).astype(self.data_type)


__getattr__ = attributes("mindspore.dataset.vision")

__path__: list[str] = []  # MindSpore has modules below
