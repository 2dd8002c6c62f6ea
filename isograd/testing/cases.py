"""The sample inputs of the registry's records, in every dtype that a record allows."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from isograd.base.dtypes import bfloat16, complex_of, is_inexact
from isograd.core.primitive import Primitive
from isograd.core.tensor import Tensor, apply, payload_of

Array = np.ndarray

DTYPES = {
    "f": ("float64", "float32", "float16", "bfloat16"),
    "c": ("complex128", "complex64"),
    "i": ("int64", "int32", "uint8"),
    "b": ("bool",),
}


def dtype_named(name: str) -> np.dtype[Any]:
    """The dtype called `name`, bfloat16 included."""
    return bfloat16() if name == "bfloat16" else np.dtype(name)


@dataclass
class Case:
    """One set of operands and parameters of a primitive.

    `active` are the places of the operands that may have a derivative.
    """

    prim: Primitive
    args: tuple[Array, ...]
    params: dict[str, Any]

    @property
    def active(self) -> tuple[int, ...]:
        flags = self.prim.flags(len(self.args))
        return tuple(
            i
            for i, (a, f) in enumerate(zip(self.args, flags, strict=True))
            if f and is_inexact(a.dtype) and i not in self.prim.undefined
        )

    @property
    def xs(self) -> list[Tensor]:
        """The active operands, as tensors."""
        return [Tensor(self.args[i]) for i in self.active]

    def function(self) -> Callable[..., tuple[Tensor, ...]]:
        """From the active operands to the inexact outputs, a tuple of tensors."""

        def call(*xs: Any) -> tuple[Tensor, ...]:
            args: list[Any] = list(self.args)
            for i, x in zip(self.active, xs, strict=True):
                args[i] = x
            out = apply(self.prim, Tensor, *args, **self.params)
            outs = out if self.prim.multi else (out,)
            return tuple(o for o in outs if is_inexact(payload_of(o).dtype))

        return call

    def values(self) -> tuple[Array, ...]:
        """The outputs."""
        out = self.prim.impl(*self.args, **self.params)
        return out if self.prim.multi else (out,)


def cases(prim: Primitive, dtype: str = "float64") -> Iterator[Case]:
    """The samples of `prim` with its float64 operands in another dtype.

    Complex operands get imaginary parts; integers and bools are rounded from scaled
    values.  Operands of other dtypes (masks, indices) stay as they are.
    """
    rng = np.random.default_rng(zlib.crc32(prim.name.encode()))
    target = dtype_named(dtype)
    samples = prim.samples(rng) if prim.samples is not None else ()
    for args, params in samples:
        wide = any(np.asarray(a).dtype == np.float64 for a in args)
        if not wide and dtype not in ("float64", legal_dtypes(prim)[0]):
            continue  # the same operands again
        yield Case(
            prim,
            tuple(_converted(np.asarray(a), target) for a in args),
            _params(params, target),
        )


def _converted(a: Array, dtype: np.dtype[Any]) -> Array:
    if a.dtype != np.float64 or dtype == np.float64:
        return a.copy()
    if dtype.kind == "c":
        return np.asarray(a + 0.4j * np.roll(a, 1), dtype)
    if dtype.kind == "b":
        return np.asarray(a > np.mean(a)) if a.size else np.zeros(a.shape, bool)
    if dtype.kind in "iu":
        return np.asarray(np.abs(np.round(3 * a)), dtype)
    return a.astype(dtype)


def _params(params: dict[str, Any], dtype: np.dtype[Any]) -> dict[str, Any]:
    """Parameters that name the dtype of the operands follow it."""
    names = {"source": dtype}
    if dtype.kind == "c" and is_inexact(np.dtype(params.get("dtype", "?"))):
        names["dtype"] = complex_of(np.dtype(params["dtype"]))
    return {k: names.get(k, v) for k, v in params.items()}


def legal_dtypes(prim: Primitive, kinds: str = "fcib") -> list[str]:
    """Names of the dtypes of `kinds` that a record says it is defined for."""
    return [n for k in kinds if k in prim.kinds for n in DTYPES[k]]
