"""Fake quantisation: values as integers would have them, gradients passed through."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import BOUND as F
from isograd.core.primitive import Payload
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import concrete, wrap
from isograd.torch.call import public
from isograd.torch.dtypes import of_numpy
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import Tensor

_PER = "FakeQuantizePer{}AffineCachemask{}Backward0"


def _quantised(
    x: Payload, scale: Payload, zero: Payload, low: int, high: int
) -> Payload:
    return F.fake_quantize(x, scale, zero, low=low, high=high)


_bodies = {
    key: public(_quantised, "fake_quantize", _PER.format(*key))
    for key in (("Tensor", ""), ("Tensor", "TensorQparams"), ("Channel", ""))
}


def _check(input: Any, zero: np.ndarray, low: int, high: int) -> None:
    if low > high:
        raise RuntimeError(
            "`quant_min` should be less than or         equal to `quant_max`."
        )
    if np.any((zero < low) | (zero > high)):
        raise RuntimeError("`zero_point` must be between `quant_min` and `quant_max`.")
    if not input.is_floating_point():
        raise NotImplementedError(
            '"fake_quantize_tensor_cachemask_kernel_type_handling" not implemented for '
            f"'{input.dtype.scalar_type}'"
        )


def fake_quantize_per_tensor_affine(
    input: Any, scale: Any, zero_point: Any, quant_min: int, quant_max: int
) -> Any:
    kind = "TensorQparams" if isinstance(scale, CoreTensor) else ""
    scale, zero = (_array(v).reshape(()) for v in (scale, zero_point))
    _check(input, zero, quant_min, quant_max)
    parts = (wrap(Tensor, v.astype(input._p.dtype)) for v in (scale, zero))
    return _bodies["Tensor", kind](input, *parts, quant_min, quant_max)


def fake_quantize_per_channel_affine(
    input: Any, scale: Any, zero_point: Any, axis: int, quant_min: int, quant_max: int
) -> Any:
    scale, zero = _array(scale), _array(zero_point)
    if zero.dtype.name not in ("int32", "float32", "float16"):
        found = of_numpy(zero.dtype).scalar_type
        raise RuntimeError(f"Zero-point must be Int32, Float or Half, found {found}")
    axis %= input.dim()
    if scale.shape != zero.shape or scale.shape != (input.size(axis),):
        raise RuntimeError(
            "dimensions of scale and zero-point are not consistent with input tensor"
        )
    _check(input, zero, quant_min, quant_max)
    shape = [-1 if i == axis else 1 for i in range(input.dim())]
    parts = (
        wrap(Tensor, v.astype(input._p.dtype).reshape(shape)).expand(input.shape)
        for v in (scale, zero)
    )
    return _bodies["Channel", ""](input, *parts, quant_min, quant_max)


def _array(x: Any) -> np.ndarray:
    return np.asarray(concrete(x._p) if isinstance(x, CoreTensor) else x)


FUNCTIONS.update(
    fake_quantize_per_tensor_affine=fake_quantize_per_tensor_affine,
    fake_quantize_per_channel_affine=fake_quantize_per_channel_affine,
)
