"""How MindSpore prints tensors: `str` is NumPy's, `repr` its own."""

from __future__ import annotations

from typing import Any

import numpy as np

_EDGE = 3  # elements shown at each end of a long axis
_DIGITS = {2: 4, 4: 8, 8: 16}


def repr_of(t: Any) -> str:
    """`Tensor(shape=[2], dtype=Float32, value= [ 1.00000000e+00, ...])`."""
    return (
        f"Tensor(shape={list(t.shape)}, dtype={t.dtype}, value={value_text(shown(t))})"
    )


def shown(t: Any) -> np.ndarray:
    """The elements as an ndarray of a dtype that NumPy prints."""
    a = t.array("print")
    return a.astype(np.float32) if a.dtype.kind == "V" else a


def value_text(a: np.ndarray) -> str:
    if a.ndim == 0:
        return f" {_scalar(a)}"
    if a.size == 0:
        return " " + "[" * a.ndim + "]" * a.ndim
    return (" " if a.ndim == 1 else "\n") + _rows(a, _formatter(a), 1)


def _scalar(a: np.ndarray) -> str:
    if a.dtype.kind == "f":
        return f"{float(a):g}"
    return str(a.item())


def _formatter(a: np.ndarray) -> Any:
    if a.dtype.kind == "f":
        digits = _DIGITS[a.dtype.itemsize]
        return lambda v: f"{float(v):> {digits + 7}.{digits}e}"
    if a.dtype.kind == "b":
        return lambda v: f"{v!s:>5}"
    if a.dtype.kind == "c":
        digits = _DIGITS[a.dtype.itemsize // 2]
        return lambda v: f"{v.real:.{digits}e}{v.imag:+.{digits}e}j"
    width = max(len(str(v)) for v in (a.min(), a.max()))
    return lambda v: f"{v:>{width}}"


def _rows(a: np.ndarray, form: Any, depth: int) -> str:
    if a.ndim == 1:
        return "[" + _elided([form(v) for v in _ends(a)], len(a), ", ", " ... ") + "]"
    rows = [_rows(r, form, depth + 1) for r in _ends(a)]
    gap = ",\n" + " " * depth
    return (
        "["
        + _elided(rows, len(a), gap, "\n" + " " * depth + "...\n" + " " * depth)
        + "]"
    )


def _ends(a: np.ndarray) -> list[Any]:
    if len(a) <= 2 * _EDGE:
        return list(a)
    return [*a[:_EDGE], *a[-_EDGE:]]


def _elided(parts: list[str], count: int, gap: str, dots: str) -> str:
    if count <= 2 * _EDGE:
        return gap.join(parts)
    return gap.join(parts[:_EDGE]) + dots + gap.join(parts[_EDGE:])
