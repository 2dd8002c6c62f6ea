"""`torch.types`: names for annotations."""

from __future__ import annotations

import os
from builtins import bool as _bool
from builtins import bytes as _bytes
from builtins import complex as _complex
from builtins import float as _float
from builtins import int as _int
from builtins import str as _str
from collections.abc import Sequence
from typing import IO, Any, TypeAlias, Union

from isograd.base.missing import module_getattr
from isograd.torch.dtypes import Size as Size
from isograd.torch.dtypes import device as device
from isograd.torch.dtypes import dtype as dtype
from isograd.torch.dtypes import layout as _layout
from isograd.torch.tensor import Tensor as Tensor

_dtype, _device, _size = dtype, device, Union[Size, list[int], tuple[int, ...]]  # noqa: UP007
Device: TypeAlias = Any
Number: TypeAlias = _int | _float | _bool
PySymType: TypeAlias = Any
FileLike: TypeAlias = str | os.PathLike[str] | IO[bytes]
_TensorOrTensors: TypeAlias = Tensor | Sequence[Tensor]
IntLikeType = BoolLikeType = FloatLikeType = Any
_ = (_bytes, _complex, _str, _layout)
__getattr__ = module_getattr("torch.types", "torch")
