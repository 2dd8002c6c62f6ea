"""Random numbers, drawn by the host from a NumPy Generator in program order."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.core.primitive import Aval, Primitive


def _normal_impl(
    *, shape: tuple[int, ...], dtype: Any, generator: np.random.Generator
) -> np.ndarray:
    return np.asarray(generator.standard_normal(shape), dtype)


def _uniform_impl(
    *, shape: tuple[int, ...], dtype: Any, generator: np.random.Generator
) -> np.ndarray:
    return np.asarray(generator.random(shape), dtype)


def _draw(name: str, impl: Any) -> Primitive:
    return Primitive(
        name,
        impl,
        abstract=lambda shape, dtype, generator: Aval(shape, dtype),
        arity=0,
        effect=True,
        constant=True,
    )


random_normal = _draw("random_normal", _normal_impl)
random_uniform = _draw("random_uniform", _uniform_impl)
