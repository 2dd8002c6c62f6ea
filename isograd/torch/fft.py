"""`torch.fft`: transforms along one axis, two, or any."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.missing import module_getattr
from isograd.core.primitive import BOUND, Payload
from isograd.torch import dtypes
from isograd.torch.call import Named, dims_of, floating, public
from isograd.torch.factories import finished
from isograd.torch.signatures import checker
from isograd.torch.tensor import Tensor, checked_dim

F = BOUND
__getattr__ = module_getattr("torch.fft", "torch")

# name: (function of ops, further parameters, whether the input must be real)
_KINDS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "fft": ("fftn", {}, False),
    "ifft": ("fftn", {"inverse": True}, False),
    "rfft": ("rfftn", {}, True),
    "irfft": ("irfftn", {}, False),
    "hfft": ("hfftn", {}, False),
    "ihfft": ("ihfftn", {}, True),
}


def _checked(name: str, x: Payload, real: bool) -> Payload:
    if real and x.dtype.kind == "c":
        raise RuntimeError(
            f"{name} expects a real input tensor, but got "
            f"{dtypes.of_numpy(x.dtype).scalar_type}"
        )
    return floating(x)


def _label(name: str, x: Payload, several: bool) -> str:
    if name in ("rfft", "irfft", "hfft"):
        return "FftR2CBackward0" if name == "rfft" else "FftC2RBackward0"
    if name == "ihfft" or (name == "ifft" and x.dtype.kind != "c" and not several):
        return "ConjBackward0"
    return "FftC2CBackward0" if x.dtype.kind == "c" or several else "FftR2CBackward0"


def _single(name: str) -> None:
    fn, params, real = _KINDS[name]

    def body(
        input: Payload, n: int | None = None, dim: int = -1, norm: str | None = None
    ) -> Named:
        x = _checked(name, input, real)
        axes = (checked_dim(dim, x.ndim),)
        if n is not None and n < 1:
            raise RuntimeError(f"Invalid number of data points ({n}) specified")
        out = getattr(F, fn)(
            x, axes=axes, sizes=None if n is None else (n,), norm=norm, **params
        )
        return Named(out, _label(name, x, False))

    globals()[name] = public(
        body, f"fft_{name}", "FftC2CBackward0", checker(f"fft_{name}", body=body)
    )


def _several(name: str, suffix: str) -> None:
    fn, params, real = _KINDS[name]

    def body(
        input: Payload,
        s: Any = None,
        dim: Any = (-2, -1) if suffix == "2" else None,
        norm: str | None = None,
    ) -> Named:
        x = _checked(f"{name}n", input, real)
        if dim is None and s is not None:
            dim = tuple(range(-len(s), 0))
        axes = dims_of(dim, x.ndim)
        sizes = (
            None
            if s is None
            else tuple(
                x.shape[a] if n == -1 else n for a, n in zip(axes, s, strict=True)
            )
        )
        out = getattr(F, fn)(x, axes=axes, sizes=sizes, norm=norm, **params)
        return Named(out, _label(name, x, True))

    globals()[f"{name}{suffix}"] = public(
        body, f"fft_{name}{suffix}", "", checker(f"fft_{name}{suffix}", body=body)
    )


for _name in _KINDS:
    _single(_name)
    _several(_name, "2")
    _several(_name, "n")


def _shift(name: str, inverse: bool) -> None:
    def body(input: Payload, dim: Any = None) -> Payload:
        axes = dims_of(dim, input.ndim)
        return F.fftshift(input, axes=axes, inverse=inverse)

    globals()[name] = public(
        body, f"fft_{name}", "RollBackward0", checker(f"fft_{name}", body=body)
    )


_shift("fftshift", False)
_shift("ifftshift", True)


def _frequencies(name: str) -> None:
    def fn(
        n: int,
        d: float = 1.0,
        *,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **_: Any,
    ) -> Tensor:
        kind = (dtypes.default() if dtype is None else dtype).np
        return finished(getattr(np.fft, name)(n, d).astype(kind), requires_grad, device)

    fn.__name__ = fn.__qualname__ = name
    globals()[name] = fn


_frequencies("fftfreq")
_frequencies("rfftfreq")
