"""The text of a tensor, character by character as PyTorch prints it on CPU.

Works on plain values: an array, names and flags. The steps are those a reader sees:
a *style* is chosen once from all numbers shown (integer, fixed or scientific, and a
width), every number becomes a cell of that style, cells are laid out in brackets, and
the facts that the numbers do not tell (size, dtype, graph) follow as suffixes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from textwrap import indent
from typing import Any

import numpy as np

__all__ = [
    "PrintOptions",
    "get_printoptions",
    "printoptions",
    "set_printoptions",
    "tensor_text",
    "wrapper_text",
]

# PyTorch switches to scientific notation beyond these magnitudes or this ratio.
_SCI_LARGEST = 1.0e8
_SCI_SMALLEST = 1.0e-4
_SCI_RATIO = 1000.0


@dataclass
class PrintOptions:
    """What `set_printoptions` sets; the defaults are PyTorch's."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES: dict[str, PrintOptions] = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}

_options = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors print; `None` keeps a setting, except for `sci_mode`.

    `sci_mode=None` means "choose by the numbers", so that every call which does not
    name it goes back to the automatic choice, as in PyTorch.
    """
    global _options
    base = _PROFILES.get(profile, _options) if profile is not None else _options
    _options = PrintOptions(
        precision=base.precision if precision is None else precision,
        threshold=base.threshold if threshold is None else threshold,
        edgeitems=base.edgeitems if edgeitems is None else edgeitems,
        linewidth=base.linewidth if linewidth is None else linewidth,
        sci_mode=sci_mode,
    )


def get_printoptions() -> dict[str, Any]:
    """The current settings, in the form `set_printoptions(**settings)` takes."""
    return asdict(_options)


@contextmanager
def printoptions(**settings: Any) -> Iterator[None]:
    """Settings that hold inside a `with` block."""
    before = get_printoptions()
    set_printoptions(**settings)
    try:
        yield
    finally:
        set_printoptions(**before)


def tensor_text(
    array: np.ndarray,
    *,
    dtype_name: str,
    default_dtype_name: str = "torch.float32",
    requires_grad: bool = False,
    grad_fn: str | None = None,
    is_parameter: bool = False,
    type_name: str = "tensor",
    device: str | None = None,
    tangent: str | None = None,
    contents: str | None = None,
) -> str:
    """`repr` of a tensor with these values.

    `dtype_name` is the tensor's own ("torch.bfloat16"), since an array cannot always
    tell; `default_dtype_name` the one not worth showing. `grad_fn` is the name of the
    node's class. `device` is given where it is not the default one, `tangent` is the
    text of a dual tensor's tangent, `contents` replaces the numbers, and `type_name`
    is "tensor" but for user subclasses.
    """
    options = _options
    opening = type_name + "("
    if contents is None:
        floating = "float" in dtype_name
        contents = _contents(array, len(opening), floating, options)
    suffixes: list[str] = []
    if device is not None:
        suffixes.append(f"device='{device}'")
    suffixes += _value_facts(array, dtype_name, default_dtype_name, options)
    if grad_fn is not None:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    if tangent is not None:
        suffixes.append(f"tangent={tangent}")
    text = _with_suffixes(opening + contents, suffixes, len(opening), options)
    if not is_parameter:
        return text
    # PyTorch heads a plain parameter with a line and wraps one of a subclass.
    plain = type_name == "tensor"
    return f"Parameter containing:\n{text if plain else f'Parameter({text})'}"


def wrapper_text(
    kind: str, level: int, value_text: str, *, bdim: int | None = None
) -> str:
    """`repr` of a tensor inside a transform, around the text of what it wraps.

    `kind` is "GradTrackingTensor" or, with `bdim`, "BatchedTensor".
    """
    facts = f"lvl={level}" + ("" if bdim is None else f", bdim={bdim}")
    return f"{kind}({facts}, value=\n{indent(value_text, ' ' * 4)}\n)"


# --- the style: chosen once from the numbers that will be shown


@dataclass(frozen=True)
class _Style:
    """One number to one cell, padded on the left to `width` at least."""

    draw: Callable[[Any], str]
    width: int = 1

    def cell(self, value: Any) -> str:
        return self.draw(value).rjust(self.width)


def _plain_style(values: np.ndarray) -> _Style:
    """Booleans and integers print as Python prints them."""
    width = max((len(str(value)) for value in values.ravel().tolist()), default=1)
    return _Style(str, width)


def _float_style(values: np.ndarray, options: PrintOptions) -> _Style:
    """Only finite nonzero numbers choose the notation and the width."""
    wide = values.astype(np.float64).ravel()
    telling = wide[np.isfinite(wide) & (wide != 0)]
    if telling.size == 0:
        return _Style(_whole)
    sizes = np.abs(telling)
    if _scientific(float(sizes.max()), float(sizes.min()), options):
        draw = _notation(options.precision, "e")
    elif np.all(telling == np.ceil(telling)):
        draw = _whole
    else:
        draw = _notation(options.precision, "f")
    width = max(len(draw(value)) for value in telling.tolist())
    return _Style(draw, width)


def _scientific(largest: float, smallest: float, options: PrintOptions) -> bool:
    if options.sci_mode is not None:
        return bool(options.sci_mode)
    # An overflowing quotient of Python floats is inf, not an error: both are finite
    # and `smallest` is not zero.
    return (
        largest / smallest > _SCI_RATIO
        or largest > _SCI_LARGEST
        or smallest < _SCI_SMALLEST
    )


def _whole(value: float) -> str:
    """A float without a fraction: the point tells it from an integer."""
    return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"


def _notation(precision: int, letter: str) -> Callable[[float], str]:
    form = f".{precision}{letter}"
    return lambda value: format(value, form)


def _complex_cell(real: _Style, imag: _Style) -> Callable[[complex], str]:
    def cell(value: complex) -> str:
        # The imaginary part joins the real one, so its padding goes, and with it the
        # alignment of the columns; a sign of its own replaces the plus.
        tail = imag.cell(value.imag).lstrip() + "j"
        sign = "" if tail[0] in "+-" else "+"
        return real.cell(value.real) + sign + tail

    return cell


# --- the layout: cells in brackets


@dataclass(frozen=True)
class _Layout:
    """How to draw an array of any rank, once the cells are decided."""

    cell: Callable[[Any], str]
    cell_width: int
    summarise: bool
    options: PrintOptions

    def draw(self, array: np.ndarray, column: int) -> str:
        if array.ndim == 0:
            return self.cell(array.item())
        if array.ndim == 1:
            return self._vector(array, column)
        parts = self._parts(array, lambda part: self.draw(part, column + 1), "...")
        # Blocks of higher rank stand further apart.
        gap = "," + "\n" * (array.ndim - 1) + " " * (column + 1)
        return "[" + gap.join(parts) + "]"

    def _vector(self, array: np.ndarray, column: int) -> str:
        cells = self._parts(array, lambda item: self.cell(item.item()), " ...")
        if cells == [" ..."]:
            cells = ["..."]
        room = self.options.linewidth - column
        per_line = max(1, math.floor(room / (self.cell_width + 2)))
        rows = [
            ", ".join(cells[start : start + per_line])
            for start in range(0, len(cells), per_line)
        ]
        return "[" + (",\n" + " " * (column + 1)).join(rows) + "]"

    def _parts(
        self, array: np.ndarray, draw: Callable[[np.ndarray], str], ellipsis: str
    ) -> list[str]:
        edge = self.options.edgeitems
        if not self.summarise or len(array) <= 2 * edge:
            return [draw(array[i, ...]) for i in range(len(array))]
        head = [draw(array[i, ...]) for i in range(edge)]
        tail = [draw(array[i, ...]) for i in range(len(array) - edge, len(array))]
        return [*head, ellipsis, *tail]


def _contents(
    array: np.ndarray, column: int, floating: bool, options: PrintOptions
) -> str:
    if array.size == 0:
        return "[]"
    summarise = array.size > options.threshold
    shown = _edges(array, options.edgeitems) if summarise else array
    cell: Callable[[Any], str]
    if array.dtype.kind == "c":
        real = _float_style(np.real(shown), options)
        imag = _float_style(np.imag(shown), options)
        cell, width = _complex_cell(real, imag), real.width + imag.width + 1
    elif floating:
        style = _float_style(shown, options)
        # What bfloat16 and its like hold are no Python floats yet.
        cell, width = (lambda value: style.cell(float(value))), style.width
    else:
        style = _plain_style(shown)
        cell, width = style.cell, style.width
    return _Layout(cell, width, summarise, options).draw(array, column)


def _edges(array: np.ndarray, edge: int) -> np.ndarray:
    """The numbers which a summary shows: the borders of every axis."""
    for axis, length in enumerate(array.shape):
        if length > 2 * edge:
            ends = [*range(edge), *range(length - edge, length)]
            array = array.take(np.array(ends, dtype=np.intp), axis=axis)
    return array


# --- the suffixes: what the numbers do not tell


def _value_facts(
    array: np.ndarray, dtype_name: str, default_name: str, options: PrintOptions
) -> list[str]:
    facts: list[str] = []
    size = f"size={tuple(array.shape)}"
    if array.size == 0:
        # "[]" stands for shape (0,) and, having no numbers, for the default dtype.
        if array.ndim != 1:
            facts.append(size)
        implied = {default_name}
    else:
        # Without edge items a summary hides the shape as well.
        if not options.edgeitems:
            facts.append(size)
        double = default_name == "torch.float64"
        complex_name = "torch.complex128" if double else "torch.complex64"
        implied = {default_name, complex_name, "torch.int64", "torch.bool"}
    if dtype_name not in implied:
        facts.append(f"dtype={dtype_name}")
    return facts


def contents(array: np.ndarray, column: int) -> str:
    """The numbers of a part of a sparse tensor, in brackets that open at `column`."""
    floating = array.dtype.kind in "fV"
    return _contents(array, column, floating, _options)


def with_suffixes(text: str, suffixes: Sequence[str], margin: int, force: bool) -> str:
    """The text of a sparse tensor; `force` begins a line with the first suffix."""
    return _with_suffixes(text, suffixes, margin, _options, force)


def _with_suffixes(
    text: str,
    suffixes: Sequence[str],
    margin: int,
    options: PrintOptions,
    force: bool = False,
) -> str:
    # PyTorch takes the last line of the numbers for two characters longer than it is.
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if force or length + len(suffix) + 2 > options.linewidth:
            force = False
            text += ",\n" + " " * margin + suffix
            length = margin + len(suffix)
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text + ")"
