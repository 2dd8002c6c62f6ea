"""Einstein summation, lowered to diagonals, sums, products and matrix products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from isograd.base.errors import EngineError
from isograd.core.primitive import Namespace, Payload, composite

Shape = tuple[int, ...]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def sublist_equation(lists: Sequence[Sequence[Any]], out: Sequence[Any] | None) -> str:
    """The equation of the form `einsum(x, [0, 1], y, [1, 2], [0, 2])`.

    Raises:
        EngineError: "einsum" for a subscript outside of 0 to 51.
    """

    def word(subscripts: Sequence[Any]) -> str:
        return "".join("..." if s is Ellipsis else _letter(int(s)) for s in subscripts)

    left = ",".join(map(word, lists))
    return left if out is None else f"{left}->{word(out)}"


def _letter(s: int) -> str:
    if not 0 <= s < len(LETTERS):
        raise _error(f"not within the valid range [0, {len(LETTERS)})")
    return LETTERS[s]


def _error(text: str) -> EngineError:
    return EngineError("einsum", text=text)


# --- reading --------------------------------------------------------------------------


class Terms(NamedTuple):
    """Labels of operands and output; those of an ellipsis are integers below 0."""

    inputs: tuple[tuple[Any, ...], ...]
    output: tuple[Any, ...]
    sizes: dict[Any, int]


def read_equation(equation: str, shapes: tuple[Shape, ...]) -> Terms:
    left, arrow, right = equation.replace(" ", "").partition("->")
    words = left.split(",")
    if len(words) < len(shapes):
        raise _error("more operands were provided than specified in the equation")
    if len(words) > len(shapes):
        raise _error("fewer operands were provided than specified in the equation")
    inputs = tuple(
        _labels(w, len(s), i)
        for i, (w, s) in enumerate(zip(words, shapes, strict=True))
    )
    sizes = _sizes(inputs, shapes)
    dots = sorted({d for labels in inputs for d in labels if type(d) is int})
    if not arrow:
        counts = Counter(d for labels in inputs for d in labels if type(d) is str)
        once = sorted(d for d, n in counts.items() if n == 1)
        return Terms(inputs, (*dots, *once), sizes)
    return Terms(inputs, _output(right, dots, sizes), sizes)


def _labels(word: str, rank: int, place: int) -> tuple[Any, ...]:
    head, dots, tail = word.partition("...")
    named = len(head) + len(tail)
    for letter in head + tail:
        if letter not in LETTERS:
            raise _error(
                "invalid subscript given at index "
                f"{word.index(letter)} in the equation string, subscripts "
                "must be in [a-zA-Z]"
            )
    if named > rank or (not dots and named != rank):
        what = "the number of subscripts in the equation"
        more = (
            "is more than the number of dimensions"
            if named > rank
            else "does not match the number of dimensions"
        )
        end = "" if dots or named > rank else " and no ellipsis was given"
        raise _error(f"{what} ({named}) {more} ({rank}) for operand {place}{end}")
    rest = rank - named
    return (*head, *range(-rest, 0), *tail) if dots else tuple(head)


def _sizes(
    inputs: Sequence[tuple[Any, ...]], shapes: Sequence[Shape]
) -> dict[Any, int]:
    sizes: dict[Any, int] = {}
    for place, (labels, shape) in enumerate(zip(inputs, shapes, strict=True)):
        for axis, (d, n) in enumerate(zip(labels, shape, strict=True)):
            known = sizes.get(d, 1)
            if known != n and 1 not in (known, n):
                raise _error(
                    f"subscript {d} has size {n} for operand {place} (axis {axis}) "
                    f"which does not broadcast with previously seen size {known}"
                )
            sizes[d] = max(known, n) if 0 not in (known, n) else 0
    return sizes


def _output(word: str, dots: list[int], sizes: dict[Any, int]) -> tuple[Any, ...]:
    head, found, tail = word.partition("...")
    for letter in head + tail:
        if letter not in sizes:
            raise _error(
                f"output subscript {letter} does not appear in the equation "
                "for any input operand"
            )
        if (head + tail).count(letter) > 1:
            raise _error(
                f"output subscript {letter} appears more than once in the output"
            )
    return (*head, *(dots if found else ()), *tail)


# --- the order of contraction ---------------------------------------------------------


def contraction_order(terms: Terms) -> list[tuple[int, int]]:
    """Pairs of places to contract; results go to the end, as in np.einsum_path.

    Two operands need no search; more are ordered greedily by the growth in size.
    """
    sets = [frozenset(labels) for labels in terms.inputs]
    order: list[tuple[int, int]] = []
    while len(sets) > 1:
        best: Any = None
        for j in range(1, len(sets)):
            for i in range(j):
                kept = _kept(sets, i, j, terms.output)
                cost = prod(terms.sizes[d] for d in sets[i] | sets[j])
                growth = (
                    _volume(kept, terms)
                    - _volume(sets[i], terms)
                    - _volume(sets[j], terms)
                )
                if best is None or (growth, cost) < best[0]:
                    best = ((growth, cost), i, j, kept)
        _, i, j, kept = best
        order.append((i, j))
        sets = [s for k, s in enumerate(sets) if k not in (i, j)] + [kept]
    return order


def _kept(sets: Sequence[frozenset[Any]], i: int, j: int, out: Any) -> frozenset[Any]:
    others = frozenset(out).union(*(s for k, s in enumerate(sets) if k not in (i, j)))
    return (sets[i] | sets[j]) & others


def _volume(labels: frozenset[Any], terms: Terms) -> int:
    return prod(terms.sizes[d] for d in labels)


@lru_cache(maxsize=1024)
def _planned(equation: str, shapes: tuple[Shape, ...]) -> tuple[Terms, Any]:
    terms = read_equation(equation, shapes)
    return terms, tuple(contraction_order(terms))


# --- execution ------------------------------------------------------------------------

Operand = tuple[Payload, tuple[Any, ...]]


@composite
def einsum(F: Namespace, equation: str, *xs: Payload) -> Payload:
    """Sums of products by an equation such as "bij,bjk->bik".

    Ellipses, repeated subscripts (diagonals), implicit outputs and broadcasting of
    axes of length one are understood; `sublist_equation` makes an equation of lists.

    Raises:
        EngineError: "einsum", saying what is wrong with the equation.
    """
    terms, order = _planned(equation, tuple(x.shape for x in xs))
    operands = [
        _simple(F, x, labels, terms.sizes)
        for x, labels in zip(xs, terms.inputs, strict=True)
    ]
    if not order:
        operands = [_summed(F, *operands[0], set(terms.output))]
    for i, j in order:
        b, a = operands.pop(j), operands.pop(i)
        others = set(terms.output).union(*(labels for _, labels in operands))
        operands.append(_contracted(F, a, b, others, terms))
    return _finished(F, *operands[0], terms)


def _simple(F: Namespace, x: Payload, labels: Any, sizes: dict[Any, int]) -> Operand:
    """Without axes that broadcast, and with each label once."""
    keep = [i for i, d in enumerate(labels) if x.shape[i] == sizes[d]]
    if len(keep) != len(labels):
        x = F.reshape(x, shape=tuple(x.shape[i] for i in keep))
        labels = tuple(labels[i] for i in keep)
    while len(set(labels)) < len(labels):
        d = next(d for d in labels if labels.count(d) > 1)
        i = labels.index(d)
        j = labels.index(d, i + 1)
        x = F.diagonal(x, axis1=i, axis2=j, offset=0)
        labels = (*(c for k, c in enumerate(labels) if k not in (i, j)), d)
    return x, labels


def _summed(F: Namespace, x: Payload, labels: Any, needed: set[Any]) -> Operand:
    """Without the labels that nothing else needs."""
    axes = tuple(i for i, d in enumerate(labels) if d not in needed)
    if not axes:
        return x, labels
    return F.sum(x, axes=axes), tuple(d for d in labels if d in needed)


def _ordered(F: Namespace, x: Payload, labels: Any, order: Any) -> Payload:
    if labels == order:
        return x
    return F.transpose(x, axes=tuple(labels.index(d) for d in order))


def _contracted(
    F: Namespace, a: Operand, b: Operand, others: set[Any], terms: Terms
) -> Operand:
    (x, lx), (y, ly) = a, b
    x, lx = _summed(F, x, lx, others | set(ly))
    y, ly = _summed(F, y, ly, others | set(lx))
    both = [d for d in lx if d in ly]
    batch = tuple(d for d in both if d in others)
    over = tuple(d for d in both if d not in others)
    left = tuple(d for d in lx if d not in both)
    right = tuple(d for d in ly if d not in both)
    if not over:
        return _outer(F, x, lx, y, ly, (*batch, *left, *right))
    size = terms.sizes

    def shape(*groups: Any) -> Shape:
        return (*(size[d] for d in batch), *(prod(size[d] for d in g) for g in groups))

    x = _ordered(F, x, lx, batch + left + over)
    y = _ordered(F, y, ly, batch + over + right)
    out = F.matmul(_shaped(F, x, shape(left, over)), _shaped(F, y, shape(over, right)))
    labels = batch + left + right
    return _shaped(F, out, tuple(size[d] for d in labels)), labels


def _outer(
    F: Namespace, x: Payload, lx: Any, y: Payload, ly: Any, order: Any
) -> Operand:
    """A product without sums: both broadcast over all labels."""

    def placed(z: Payload, labels: Any) -> Payload:
        z = _ordered(F, z, labels, tuple(d for d in order if d in labels))
        sizes = iter(z.shape)
        return _shaped(F, z, tuple(next(sizes) if d in labels else 1 for d in order))

    return F.mul(placed(x, lx), placed(y, ly)), order


def _shaped(F: Namespace, x: Payload, shape: Shape) -> Payload:
    return x if x.shape == shape else F.reshape(x, shape=shape)


def _finished(F: Namespace, x: Payload, labels: Any, terms: Terms) -> Payload:
    """The axes in the order of the output."""
    present = tuple(d for d in terms.output if d in labels)
    x = _ordered(F, x, labels, present)
    full = tuple(terms.sizes[d] if d in labels else 1 for d in terms.output)
    return _shaped(F, x, full)


def path_report(equation: str, *shapes: Shape) -> list[tuple[int, ...]]:
    """The order in which operands are contracted, as np.einsum_path writes it."""
    return list(_planned(equation, shapes)[1]) or [(0,)]


__all__ = [
    "contraction_order",
    "einsum",
    "path_report",
    "read_equation",
    "sublist_equation",
]
