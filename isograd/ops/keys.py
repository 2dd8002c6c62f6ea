"""Index keys: `x[key]` and `x[key] = v` with NumPy's and PyTorch's keys.

A key is read into two parts.  The basic part (ints, slices, None, Ellipsis) is a chain
of view primitives, so that front ends can make views of it.  The arrays (integers,
masks) then index axes of that view, by `gather` and `scatter`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from isograd.base.errors import EngineError
from isograd.core.mutation import Chain, Step, follow
from isograd.core.primitive import Namespace, Payload, composite
from isograd.core.tensor import concrete
from isograd.ops.indexing import sliced_shape

Shape = tuple[int, ...]
Arrays = tuple[tuple[int, Payload], ...]  # (axis of the view, index array)


class Key(NamedTuple):
    """A key that was read for one shape.

    Attributes:
        steps: the view primitives of the basic part; empty if it keeps everything.
        shape: shape of that view.
        arrays: the axes of the view that arrays index, in order.
    """

    steps: Chain
    shape: Shape
    arrays: Arrays


def read_key(shape: Shape, key: Any, *, ints_are_arrays: bool = False) -> Key:
    """Read the key of `x[key]` for an x of `shape`.

    Args:
        key: one item or a tuple of them: int, slice, None, Ellipsis, bool, and arrays
            of integers or bools (ndarrays or carriers; masks must be concrete).
        ints_are_arrays: beside arrays an int counts as an array of rank zero (NumPy),
            instead of as a selection made beforehand (PyTorch).

    Raises:
        EngineError: "index_range", "index_count", "index_step", "index_type" or
            "mask_shape".
    """
    given = key if type(key) is tuple else (key,)
    if len(given) <= len(shape) and _PLAIN.issuperset(map(type, given)):
        return _plain_key(shape, given)
    if len(given) <= len(shape) and all(map(_is_index, given)):
        return Key((), shape, tuple(enumerate(given)))
    items = _expanded(shape, given)
    is_int = _is_int
    if ints_are_arrays and any(hasattr(i, "dtype") and i.ndim for i in items):
        items = [np.asarray(i) if _is_int(i) else i for i in items]
        is_int = _never
    triples: list[tuple[int, int, int]] = []
    view: list[int] = []
    arrays: list[tuple[int, Payload]] = []
    for place, item in enumerate(items):
        axis = len(triples)
        if item is None:
            view.append(1)
        elif _is_bool(item):
            arrays.append((len(view), np.arange(int(bool(item)))))
            view.append(1)
        elif is_int(item):
            i = _checked(int(item), axis, shape[axis])
            triples.append((i, i + 1, 1))
        elif type(item) is slice:
            triples.append(_triple(item, shape[axis]))
            view.append(len(range(*triples[-1])))
        else:
            for index in _arrays_of(item, place, axis, shape):
                arrays.append((len(view), index))
                triples.append((0, shape[len(triples)], 1))
                view.append(triples[-1][1])
    ints = [i for i, item in enumerate(items) if is_int(item)]
    single = len(ints) == 1 and all(_width(i) == 1 for i in items)
    steps = _steps(shape, tuple(triples), tuple(view), ints[0] if single else None)
    return Key(steps, tuple(view), tuple(arrays))


_PLAIN = frozenset((int, slice))


def _plain_key(shape: Shape, items: tuple[Any, ...]) -> Key:
    """A key of ints and slices alone, the most frequent kind."""
    triples: list[tuple[int, int, int]] = []
    view: list[int] = []
    at, ints = None, 0
    for axis, item in enumerate(items):
        if type(item) is int:
            i = _checked(item, axis, shape[axis])
            triples.append((i, i + 1, 1))
            at, ints = axis, ints + 1
        else:
            triple = _triple(item, shape[axis])
            triples.append(triple)
            view.append(len(range(*triple)))
    rest = shape[len(items) :]
    triples += [(0, n, 1) for n in rest]
    full_view = (*view, *rest)
    steps = _steps(shape, tuple(triples), full_view, at if ints == 1 else None)
    return Key(steps, full_view, ())


def _is_index(item: Any) -> bool:
    """Whether an item is an array of integers (of any rank but zero)."""
    return type(item) is np.ndarray and item.ndim > 0 and item.dtype.kind == "i"


def _is_bool(item: Any) -> bool:
    return type(item) in (bool, np.bool_) or (
        hasattr(item, "dtype") and item.dtype.kind == "b" and item.ndim == 0
    )


def _is_int(item: Any) -> bool:
    return (
        type(item) is int
        or isinstance(item, np.integer)
        or (type(item) is np.ndarray and item.ndim == 0 and item.dtype.kind in "iu")
    )


def _width(item: Any) -> int:
    """How many axes an item uses up."""
    if item is None or _is_bool(item):
        return 0
    return item.ndim if hasattr(item, "dtype") and item.dtype.kind == "b" else 1


def _expanded(shape: Shape, items: Sequence[Any]) -> list[Any]:
    """The items with Ellipsis written out and full slices at the end."""
    items = [_as_item(i) for i in items]
    used = sum(_width(i) for i in items if i is not Ellipsis)
    if used > len(shape):
        raise EngineError("index_count", ndim=len(shape))
    rest = [slice(None)] * (len(shape) - used)
    for place, item in enumerate(items):
        if item is Ellipsis:
            tail = [i for i in items[place + 1 :] if i is not Ellipsis]
            return items[:place] + rest + tail
    return items + rest


def _as_item(item: Any) -> Any:
    if item is None or item is Ellipsis or type(item) in (int, bool, slice):
        return item
    if isinstance(item, list | tuple | range):
        item = np.asarray(item)
        return item.astype(np.int64) if not item.size else item
    if hasattr(item, "dtype"):
        if item.dtype.kind in "iub":
            return item
    elif hasattr(item, "__index__"):
        return item.__index__()
    raise EngineError("index_type", found=getattr(item, "dtype", type(item)))


def _checked(i: int, axis: int, size: int) -> int:
    if not -size <= i < size:
        raise EngineError("index_range", index=i, axis=axis, size=size)
    return i + size if i < 0 else i


def _triple(item: slice, size: int) -> tuple[int, int, int]:
    if item.step is not None and int(item.step) == 0:
        raise EngineError("index_step")
    start, stop, step = item.indices(size)
    stop = max(start, stop) if step > 0 else min(start, stop)
    return start, stop, step


def _arrays_of(item: Payload, place: int, axis: int, shape: Shape) -> Sequence[Payload]:
    """An index array as it is, a mask as the positions of its true elements."""
    if item.dtype.kind != "b":
        return (item,)
    mask = concrete(item, "an index mask")
    for i, n in enumerate(mask.shape):
        if n != shape[axis + i]:
            raise EngineError(
                "mask_shape",
                mask=list(mask.shape),
                axis=place,
                shape=list(shape),
                at=axis + i,
            )
    return mask.nonzero()


def _never(item: Any) -> bool:
    return False


def _steps(shape: Shape, triples: Any, view: Shape, at: int | None) -> Chain:
    """The views of a basic part; `at` is the place of its one int, if it has one."""
    full = tuple((0, n, 1) for n in shape)
    if (
        at is not None
        and triples[:at] == full[:at]
        and (triples[at + 1 :] == full[at + 1 :])
    ):
        return (("select", (("axis", at), ("index", triples[at][0]))),)
    steps: list[Step] = []
    if triples != full:
        steps.append(("slice", (("index", triples),)))
    if sliced_shape(triples) != view:
        steps.append(("reshape", (("shape", view),)))
    return tuple(steps)


def identity(shape: Shape) -> Chain:
    """The step that makes a view of a whole array: `x[...]`."""
    return (("slice", (("index", tuple((0, n, 1) for n in shape)),)),)


def _placed(arrays: Arrays, rank: int) -> tuple[int, tuple[int, ...] | None]:
    """Where index arrays act: the first axis, and an order that makes them adjacent.

    Arrays on adjacent axes are replaced where they stand; else the indexed axes go to
    the front, as in NumPy.
    """
    axes = [a for a, _ in arrays]
    if axes == list(range(axes[0], axes[0] + len(axes))):
        return axes[0], None
    return 0, (*axes, *(a for a in range(rank) if a not in axes))


@composite
def gather_at(F: Namespace, x: Payload, arrays: Arrays) -> Payload:
    """The elements of x at index arrays, given as (axis, array)."""
    if len(arrays) == 1:
        return F.gather(x, arrays[0][1], axis=arrays[0][0])
    axis, order = _placed(arrays, x.ndim)
    if order is not None:
        x = F.transpose(x, axes=order)
    return F.gather(x, *(i for _, i in arrays), axis=axis)


@composite
def scatter_at(
    F: Namespace, x: Payload, value: Payload, arrays: Arrays, accumulate: bool = False
) -> Payload:
    """x with `value` (broadcast) written or added at index arrays.

    Raises:
        EngineError: "value_shape" if the value does not broadcast.
    """
    axis, order = _placed(arrays, x.ndim)
    shape = x.shape if order is None else tuple(x.shape[a] for a in order)
    idx = tuple(i for _, i in arrays)
    lead = np.broadcast_shapes(*(i.shape for i in idx))
    value = fitted(F, value, shape[:axis] + lead + shape[axis + len(idx) :])
    if accumulate:
        part = F.scatter_add(value, *idx, shape=shape, axis=axis)
        return F.add(
            x, part if order is None else F.transpose(part, axes=_inverse(order))
        )
    if order is None:
        return F.scatter(x, value, *idx, axis=axis)
    out = F.scatter(F.transpose(x, axes=order), value, *idx, axis=axis)
    return F.transpose(out, axes=_inverse(order))


def _inverse(order: Sequence[int]) -> tuple[int, ...]:
    return tuple(order.index(i) for i in range(len(order)))


def fitted(F: Namespace, value: Payload, shape: Shape) -> Payload:
    """`value` broadcast to `shape`; leading axes of length one are dropped."""
    extra = value.ndim - len(shape)
    if extra > 0 and value.shape[:extra] == (1,) * extra:
        value = F.reshape(value, shape=value.shape[extra:])
    pairs = zip(value.shape[::-1], shape[::-1], strict=False)
    if value.ndim > len(shape) or any(m not in (1, n) for m, n in pairs):
        raise EngineError("value_shape", found=list(value.shape), expected=list(shape))
    return F.broadcast_to(value, shape)


@composite
def index(
    F: Namespace, x: Payload, key: Any, *, ints_are_arrays: bool = False
) -> Payload:
    """`x[key]`, see `read_key`; a purely basic key gives a view where x is in memory.

    Raises:
        EngineError: see `read_key`; "index_range" from index arrays as well.
    """
    steps, _, arrays = read_key(x.shape, key, ints_are_arrays=ints_are_arrays)
    x = follow(F, x, steps)
    return F.gather_at(x, arrays) if arrays else x


@composite
def index_put(
    F: Namespace,
    x: Payload,
    key: Any,
    value: Payload,
    *,
    accumulate: bool = False,
    ints_are_arrays: bool = False,
) -> Payload:
    """x with `x[key]` replaced by (or increased by) `value`, which is broadcast."""
    steps, shape, arrays = read_key(x.shape, key, ints_are_arrays=ints_are_arrays)
    if not arrays:
        value = fitted(F, value, shape)
        if accumulate:
            value = F.add(follow(F, x, steps), value)
        return F.view_write(x, value, chain=steps or identity(x.shape))
    part = F.scatter_at(follow(F, x, steps), value, arrays, accumulate)
    return F.view_write(x, part, chain=steps) if steps else part
