"""Regions: what the code generator takes."""

from __future__ import annotations

from typing import Any, NamedTuple

from isograd.compile.lean.scalar import Expr

Shape = tuple[int, ...]


class Buffer(NamedTuple):
    """An array argument: its dtype, role, shape, and strides in elements."""

    dtype: Any
    role: str
    shape: Shape
    strides: Shape


class Store(NamedTuple):
    """An expression written over the whole space."""

    buffer: int
    strides: Shape
    offset: int
    expr: Expr


class Reduce(NamedTuple):
    """An expression reduced over some axes of the space."""

    op: str
    axes: Shape
    expr: Expr
    buffer: int
    strides: Shape


class Region(NamedTuple):
    """A space, the arrays it works on, and its outputs."""

    space: Shape
    buffers: tuple[Buffer, ...]
    outputs: tuple[Store | Reduce, ...]
