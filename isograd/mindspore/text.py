"""How MindSpore prints tensors: `str` is NumPy's, `repr` its own."""

from __future__ import annotations

from typing import Any

import numpy as np

_EDGE = 3  # elements shown at each end of a long axis
_WHOLE = 1000  # elements up to which a vector is shown whole
_IN_LINE = {"f": 12, "b": 12}  # elements in a line of a vector, else twice as many
_DIGITS = {2: 4, 4: 8, 8: 8}


def repr_of(t: Any) -> str:
    """`Tensor(shape=[2], dtype=Float32, value= [ 1.00000000e+00, ...])`."""
    # a tensor on an array's memory prints as NumPy does
    text = _plain if t.__dict__.get("_as_numpy") else value_text
    a = shown(t) if t.init is None else np.zeros_like(shown(t))  # yet without elements
    return (
        f"Tensor(shape={list(t.shape)}, dtype={t.dtype}, value={text(a, _narrow(t))})"
    )


def str_of(t: Any) -> str:
    """NumPy's text; of bfloat16 six decimals each."""
    if t.init is not None:
        return _uninitialized(t)
    if not _narrow(t):
        return str(shown(t))
    a = shown(t)
    if a.ndim == 0:
        return f"{float(a):f}"
    return "[]" if a.size == 0 else _rows(a, lambda v: f"{float(v):f}", 1, " ", "\n")


def _uninitialized(t: Any) -> str:
    gap = "\n" if t.ndim > 1 else ""
    return f"Tensor(shape={list(t.shape)}, dtype={t.dtype}, value={gap}<uninitialized>)"


def _narrow(t: Any) -> bool:
    return t.dtype.text == "BFloat16"


def shown(t: Any) -> np.ndarray:
    """The elements as an ndarray of a dtype that NumPy prints."""
    a = t.array("print")
    return a.astype(np.float32) if a.dtype.kind == "V" else a


def value_text(a: np.ndarray, narrow: bool = False) -> str:
    """The elements; `narrow` ones (bfloat16) with six digits."""
    if a.ndim == 0:
        return f" {_scalar(a)}"
    before = " " if a.ndim == 1 else "\n"
    if a.size == 0:
        return before
    form = _narrow_formatter(a) if narrow else _formatter(a)
    if a.ndim == 1 and a.size <= _WHOLE:
        return before + _lines([form(v) for v in a], 24 if narrow else _line(a))
    return before + _rows(a, form, 1)


def _line(a: np.ndarray) -> int:
    return _IN_LINE.get(a.dtype.kind, 24)


def _lines(parts: list[str], count: int) -> str:
    """A vector's elements, `count` in a line."""
    lines = (parts[k : k + count] for k in range(0, len(parts), count))
    end = "]" if len(parts) % count else "\n ]"
    return "[" + ", \n ".join(map(", ".join, lines)) + end


def _plain(a: np.ndarray, narrow: bool = False) -> str:
    if a.ndim == 0 or narrow:
        return value_text(a, narrow)
    return ("\n" if a.ndim > 1 else " ") + np.array2string(a, separator=", ")


def _scalar(a: np.ndarray) -> str:
    if a.dtype.kind == "f":
        return f"{float(a):g}"
    return _complex(a.item()) if a.dtype.kind == "c" else str(a.item())


def _complex(v: Any) -> str:
    return f"{v.real:g}{v.imag:+g}j"


def _narrow_formatter(a: np.ndarray) -> Any:
    width = max(len(f"{float(v):g}") for v in a.flat)
    return lambda v: f"{float(v):>{width}g}"


def _formatter(a: np.ndarray) -> Any:
    if a.dtype.kind == "f":
        digits = _DIGITS[a.dtype.itemsize]
        return lambda v: f"{float(v):> {digits + 7}.{digits}e}"
    if a.dtype.kind == "b":
        return lambda v: f"{v!s:>5}"
    if a.dtype.kind == "c":
        return _complex
    width = max(len(str(v)) for v in (a.min(), a.max()))
    return lambda v: f"{v:>{width}}"


def _rows(
    a: np.ndarray, form: Any, depth: int, comma: str = ", ", line: str = ",\n"
) -> str:
    if a.ndim == 1:
        return "[" + _elided([form(v) for v in _ends(a)], len(a), comma, " ... ") + "]"
    rows = [_rows(r, form, depth + 1, comma, line) for r in _ends(a)]
    gap = line + " " * depth
    return "[" + _elided(rows, len(a), gap, f"{gap}...\n" + " " * depth) + "]"


def _ends(a: np.ndarray) -> list[Any]:
    if len(a) <= 2 * _EDGE:
        return list(a)
    return [*a[:_EDGE], *a[-_EDGE:]]


def _elided(parts: list[str], count: int, gap: str, dots: str) -> str:
    if count <= 2 * _EDGE:
        return gap.join(parts)
    return gap.join(parts[:_EDGE]) + dots + gap.join(parts[_EDGE:])
