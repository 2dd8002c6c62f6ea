"""`mindspore.dataset.vision`: transforms of images, arrays of (height, width, channels).

Pillow is asked for only where images are decoded or made into Pillow's.
"""

from __future__ import annotations

import io
from enum import Enum, IntEnum
from numbers import Number
from typing import Any

import numpy as np

from isograd.base.mersenne import Mersenne
from isograd.mindspore.dataset.errors import pipeline_error
from isograd.mindspore.dataset.images import (
    cropped,
    padded,
    resized_bilinear,
    resized_nearest,
)
from isograd.mindspore.dataset.transforms import Random
from isograd.mindspore.missing import attributes


class Inter(IntEnum):
    NEAREST = 0
    ANTIALIAS = 1
    BILINEAR = 2
    LINEAR = 2
    BICUBIC = 3
    CUBIC = 3
    AREA = 4
    PILCUBIC = 5


class Border(str, Enum):  # noqa: UP042  MindSpore's prints as an Enum
    CONSTANT = "constant"
    EDGE = "edge"
    REFLECT = "reflect"
    SYMMETRIC = "symmetric"


def _pillow() -> Any:
    try:
        from PIL import Image  # type: ignore[import-not-found]  # justified: optional
    except ImportError:
        raise ImportError(
            "Pillow is needed to decode images: pip install pillow"
        ) from None
    return Image


def _array(x: Any) -> np.ndarray:
    if not isinstance(x, np.ndarray) and not hasattr(x, "__array_interface__"):
        raise TypeError(f"Input should be NumPy or PIL image, got {type(x)}.")
    return np.asarray(x)


def _size(size: Any) -> tuple[int, int]:
    """Height and width of one number or two."""
    both = (size, size) if isinstance(size, int) else size
    if not isinstance(both, list | tuple) or len(both) != 2:
        raise TypeError(
            "Size should be a single integer or a list/tuple (h, w) of length 2."
        )
    if not all(1 <= n <= 2**24 for n in both):
        raise ValueError("Input is not within the required interval of [1, 16777216].")
    return both[0], both[1]


def _sides(padding: Any) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of one, two or four numbers."""
    if isinstance(padding, int):
        return padding, padding, padding, padding
    if not isinstance(padding, list | tuple) or len(padding) not in (2, 4):
        raise ValueError("The size of the padding list or tuple should be 2 or 4.")
    left, top, *rest = padding
    right, bottom = rest or (left, top)
    return left, top, right, bottom


def _check_probability(prob: Any) -> None:
    if isinstance(prob, bool) or not isinstance(prob, int | float):
        raise TypeError(
            f"Argument prob with value {prob} is not of type [<class 'float'>, "
            f"<class 'int'>], but got {type(prob)}."
        )
    if not 0 <= prob <= 1:
        raise ValueError(
            "Input prob is not within the required interval of [0.0, 1.0]."
        )


class HWC2CHW:
    """Channels first."""

    def __call__(self, x: Any) -> Any:
        return np.ascontiguousarray(np.moveaxis(_array(x), -1, 0))


class Rescale:
    """`x rescale + shift`."""

    def __init__(self, rescale: float, shift: float) -> None:
        for name, v in (("rescale", rescale), ("shift", shift)):
            if not isinstance(v, Number):
                raise TypeError(
                    f"Argument {name} with value {v} is not of type "
                    f"[<class 'numbers.Number'>], but got {type(v)}."
                )
        self.rescale, self.shift = np.float32(rescale), np.float32(shift)

    def __call__(self, x: Any) -> Any:
        return _array(x).astype(np.float32) * self.rescale + self.shift


class Normalize:
    """`(x - mean) / std` for each channel."""

    def __init__(self, mean: Any, std: Any, is_hwc: bool = True) -> None:
        if len(mean) != len(std):
            raise ValueError("Length of mean and std must be equal.")
        shape = (-1,) if is_hwc else (-1, 1, 1)
        self.mean = np.asarray(mean, np.float32).reshape(shape)
        self.std = np.asarray(std, np.float32).reshape(shape)

    def __call__(self, x: Any) -> Any:
        return (_array(x).astype(np.float32) - self.mean) / self.std


class ToTensor:
    """Channels first, in [0, 1]."""

    def __init__(self, output_type: Any = np.float32) -> None:
        self.output_type = getattr(output_type, "np", output_type)

    def __call__(self, x: Any) -> Any:
        a = _array(x)
        a = a[..., None] if a.ndim == 2 else a
        scaled = np.moveaxis(a, -1, 0).astype(np.float32) * np.float32(1 / 255)
        return np.ascontiguousarray(scaled).astype(self.output_type)


class ToType:
    def __init__(self, data_type: Any) -> None:
        self.data_type = np.dtype(getattr(data_type, "np", data_type))

    def __call__(self, x: Any) -> Any:
        return np.asarray(x).astype(self.data_type)


class ToNumpy:
    def __call__(self, x: Any) -> Any:
        return np.array(x)


class ToPIL:
    """An image of Pillow's."""

    def __call__(self, x: Any) -> Any:
        return _pillow().fromarray(np.squeeze(_array(x)))


class Decode:
    """An image file's bytes to an array of (height, width, 3)."""

    def __init__(self, to_pil: bool = False) -> None:
        self.to_pil = to_pil

    def __call__(self, x: Any) -> Any:
        image = _pillow()
        try:
            found = image.open(io.BytesIO(np.asarray(x).tobytes())).convert("RGB")
        except OSError:
            raise pipeline_error("Decode: image decode failed.") from None
        return found if self.to_pil else np.asarray(found)


class Resize:
    """To a height and width; one number is the shorter side's.

    Raises:
        NotImplementedError: for an interpolation other than NEAREST and BILINEAR.
    """

    def __init__(self, size: Any, interpolation: Inter = Inter.BILINEAR) -> None:
        self.size, self.short = _size(size), isinstance(size, int)
        if interpolation not in (Inter.NEAREST, Inter.BILINEAR):
            raise NotImplementedError(f"isograd: Resize with {interpolation!s}")
        self.how = (
            resized_nearest if interpolation == Inter.NEAREST else resized_bilinear
        )

    def __call__(self, x: Any) -> Any:
        a = _array(x)
        height, width = self.size
        if self.short:
            h, w = a.shape[:2]
            height, width = (
                (height, int(height * w / h)) if h <= w else (int(width * h / w), width)
            )
        return self.how(a, height, width)


class Crop:
    """The part of a size from (top, left) on."""

    def __init__(self, coordinates: Any, size: Any) -> None:
        self.coordinates, self.size = coordinates, _size(size)

    def __call__(self, x: Any) -> Any:
        top, left = self.coordinates
        return cropped(_array(x), top, left, *self.size)


class CenterCrop:
    """The middle; a smaller image is filled up with zeros."""

    def __init__(self, size: Any) -> None:
        self.size = _size(size)

    def __call__(self, x: Any) -> Any:
        a = _array(x)
        short = [max(0, n - have) for n, have in zip(self.size, a.shape, strict=False)]
        top, left = short[0] // 2, short[1] // 2
        a = padded(a, (left, top, short[1] - left, short[0] - top), 0, "constant")
        top, left = ((a.shape[i] - self.size[i]) // 2 for i in (0, 1))
        return cropped(a, top, left, *self.size)


class Pad:
    """Borders: of `fill_value`, or of the image's own pixels."""

    def __init__(
        self, padding: Any, fill_value: Any = 0, padding_mode: Border = Border.CONSTANT
    ) -> None:
        self.sides, self.fill_value = _sides(padding), fill_value
        self.mode = Border(padding_mode).value

    def __call__(self, x: Any) -> Any:
        return padded(_array(x), self.sides, self.fill_value, self.mode)


class RandomCrop(Random):
    """A part of a size, anywhere in the (padded) image.

    Raises:
        RuntimeError: if the image is smaller.
    """

    def __init__(
        self,
        size: Any,
        padding: Any = None,
        pad_if_needed: bool = False,
        fill_value: Any = 0,
        padding_mode: Border = Border.CONSTANT,
    ) -> None:
        self.size, self.needed = _size(size), pad_if_needed
        self.fill, self.mode = fill_value, Border(padding_mode).value
        self.sides = None if padding is None else _sides(padding)

    def __call__(self, x: Any) -> Any:
        a = _array(x)
        if self.sides is not None:
            a = padded(a, self.sides, self.fill, self.mode)
        height, width = self.size
        if self.needed:
            down, right = max(0, height - a.shape[0]), max(0, width - a.shape[1])
            a = padded(a, (right, down, right, down), self.fill, self.mode)
        if height > a.shape[0] or width > a.shape[1]:
            raise pipeline_error(
                "RandomCrop: invalid crop size, crop size is bigger than the image "
                f"dimensions, got crop height: {height}, crop width: {width}"
            )
        rng = self.rng
        left = rng.below(a.shape[1] - width + 1)
        return cropped(a, rng.below(a.shape[0] - height + 1), left, height, width)


class RandomResizedCrop(Random):
    """A part of random area and aspect, resized."""

    def __init__(
        self,
        size: Any,
        scale: Any = (0.08, 1.0),
        ratio: Any = (3 / 4, 4 / 3),
        interpolation: Inter = Inter.BILINEAR,
        max_attempts: int = 10,
    ) -> None:
        self.resize = Resize(_size(size), interpolation)
        self.scale, self.ratio, self.attempts = scale, ratio, max_attempts

    def __call__(self, x: Any) -> Any:
        a = _array(x)
        return self.resize(cropped(a, *self._part(self.rng, *a.shape[:2])))

    def _part(self, rng: Mersenne, h: int, w: int) -> tuple[int, int, int, int]:
        low, high = np.log(self.ratio)
        for _ in range(self.attempts):
            area = rng.between(*self.scale) * h * w
            aspect = float(np.exp(rng.between(low, high)))
            width, height = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
            if 0 < width <= w and 0 < height <= h:
                left = rng.below(w - width + 1)
                return rng.below(h - height + 1), left, height, width
        width = min(w, round(h * self.ratio[1]))
        height = min(h, round(w / self.ratio[0]))
        return (h - height) // 2, (w - width) // 2, height, width


class HorizontalFlip:
    def __call__(self, x: Any) -> Any:
        return np.ascontiguousarray(_array(x)[:, ::-1])


class VerticalFlip:
    def __call__(self, x: Any) -> Any:
        return np.ascontiguousarray(_array(x)[::-1])


class _Flip(Random):
    flip: Any

    def __init__(self, prob: float = 0.5) -> None:
        _check_probability(prob)
        self.prob = prob

    def __call__(self, x: Any) -> Any:
        a = _array(x)
        return self.flip(a) if self.rng.happens(self.prob) else a


class RandomHorizontalFlip(_Flip):
    flip = HorizontalFlip()


class RandomVerticalFlip(_Flip):
    flip = VerticalFlip()


class Invert:
    """255 - x."""

    def __call__(self, x: Any) -> Any:
        return 255 - _array(x)


__getattr__ = attributes("mindspore.dataset.vision")

__path__: list[str] = []  # MindSpore has modules below
