"""Fields of PyTorch's nodes (`_saved_...`) that follow from what our nodes hold.

A row says for one primitive and one field how its value is found from the node.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core.tape import Node
from isograd.core.tensor import wrap
from isograd.torch.tensor import Tensor

ENDLESS = 2**63 - 1  # the end of a slice that goes to the end


def _param(name: str) -> Callable[[Node], Any]:
    return lambda node: node.params[name]


def _saved(place: int) -> Callable[[Node], Any]:
    def found(node: Node) -> Any:
        p = (node.saved or ())[place] if node.saved else None
        if type(p) is not np.ndarray:
            raise KeyError(place)
        return wrap(Tensor, p)

    return found


def _swapped(which: int) -> Callable[[Node], Any]:
    """The axes that a transposition exchanges."""

    def found(node: Node) -> Any:
        moved = [i for i, a in enumerate(node.params["axes"]) if i != a]
        return moved[which] if moved else 0

    return found


def _cut(node: Node) -> int:
    """The axis that a slice shortens, the first one if none."""
    assert node.edges[0] is not None
    sizes = node.edges[0].shape
    for axis, (part, n) in enumerate(zip(node.params["index"], sizes, strict=True)):
        if tuple(part) != (0, n, 1):
            return axis
    return 0


def _slice(part: int) -> Callable[[Node], Any]:
    def found(node: Node) -> Any:
        axis = _cut(node)
        assert node.edges[0] is not None
        value = node.params["index"][axis][part]
        return ENDLESS if part == 1 and value == node.edges[0].shape[axis] else value

    return found


def _one_more(node: Node) -> Any:
    """The axis of size 1 that a reshape adds or drops."""
    assert node.edges[0] is not None
    few, many = sorted((node.edges[0].shape, node.shape), key=len)
    for axis, n in enumerate(many):
        if n == 1 and many[:axis] + many[axis + 1 :] == few:
            return axis
    raise KeyError("dim")


def _padding(node: Node) -> Any:
    """What a tensor was padded by, from the last axis to the first."""
    found: list[int] = []
    for (start, stop, _), n in zip(
        node.params["index"], node.params["shape"], strict=True
    ):
        found = [start, n - stop, *found]
    while len(found) > 2 and found[-2:] == [0, 0]:
        found = found[:-2]
    return tuple(found)


def _kept(node: Node) -> bool:
    assert node.edges[0] is not None
    return len(node.shape) == len(node.edges[0].shape)


def _weight(node: Node) -> Any:
    """The second matrix of a product with a transposed weight."""
    return _saved(1)(node).t()


ROWS: dict[tuple[str, str], Callable[[Node], Any]] = {
    ("transpose", "dim0"): _swapped(0),
    ("transpose", "dim1"): _swapped(-1),
    ("transpose", "dims"): _param("axes"),
    ("slice", "dim"): _cut,
    ("slice", "start"): _slice(0),
    ("slice", "end"): _slice(1),
    ("slice", "step"): _slice(2),
    ("slice", "split_size"): lambda node: node.shape[_cut(node)],
    ("gather", "indices"): lambda node: (_saved(1)(node),),
    ("gather", "index"): _saved(1),
    ("take_along", "index"): _saved(1),
    ("take_along", "indices"): _saved(1),
    ("select_along", "indices"): _saved(1),
    ("sort", "indices"): _saved(-1),
    ("clip", "min"): _param("lo"),
    ("clip", "max"): _param("hi"),
    ("leaky_relu", "negative_slope"): _param("slope"),
    ("reshape", "dim"): _one_more,
    ("linear", "mat2"): _weight,
    ("linear", "mat2_sym_sizes"): lambda node: tuple(_weight(node).shape),
    ("where", "mask"): _saved(0),
    ("where", "condition"): _saved(0),
    ("unslice", "pad"): _padding,
    ("max", "keepdim"): _kept,
    ("min", "keepdim"): _kept,
    ("select_along", "keepdim"): _kept,
    ("diagonal", "dim1"): _param("axis1"),
    ("diagonal", "dim2"): _param("axis2"),
    ("conv", "padding"): lambda node: tuple(p for p, _ in node.params["padding"]),
    ("conv", "transposed"): lambda node: False,
    ("conv", "output_padding"): lambda node: (0,) * len(node.params["stride"]),
}


def derived(node: Node, word: str) -> Any:
    """The value of a field.

    Raises:
        KeyError: there is no row for it, or the node does not hold it.
    """
    row = ROWS[getattr(node.prim, "name", ""), word]
    if (
        word == "indices"
        and node.prim.name == "gather"
        and node.label != ("IndexBackward0")
    ):
        return _saved(1)(node)
    return row(node)
