"""Gathering, scattering, masks, searching and counting."""

from __future__ import annotations

from collections.abc import Callable
from operator import index
from typing import Any

import numpy as np

from isograd.base.dtypes import I64
from isograd.core.primitive import BOUND, Payload
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.call import (
    array_of,
    axis_of,
    broadcast_shapes,
    cast,
    expose,
    fits,
    ints_of,
    is_payload,
    lift,
    lower,
    op,
    promoted,
)
from isograd.mindspore.ops.shapes import select_axis
from isograd.mindspore.tensor import Tensor, as_payload, assign
from isograd.ops import selection

F = BOUND
BOOL = np.dtype(bool)
I32 = np.dtype("int32")


def index_payload(x: Any) -> Payload:
    """Indices as an integer payload."""
    return x if is_payload(x) else np.asarray(x, I64)


# --- gather ---------------------------------------------------------------------------


@op("gather")
def gather(
    input_params: Payload, input_indices: Any, axis: Any, batch_dims: int = 0
) -> Payload:
    """Rows of an axis; the first `batch_dims` axes of both run in parallel."""
    x = fits(input_params, "gather")
    idx = index_payload(fits(input_indices, "gather", "input_indices"))
    a = axis_of(axis, x.ndim, "Gather")
    if idx.dtype.kind not in "iu":
        raise TypeError(
            "For 'Gather', the indices must be integers, but got "
            f"{dtypes.of_numpy(idx.dtype)}."
        )
    if not batch_dims:
        return F.gather(x, idx, axis=a)
    lead = idx.shape[:batch_dims]
    grids = [
        np.arange(n).reshape([-1 if i == k else 1 for k in range(idx.ndim)])
        for i, n in enumerate(lead)
    ]
    moved = F.moveaxis(x, a, batch_dims)
    out = F.gather(moved, *grids, idx)
    for i in range(batch_dims, a):  # put the axes between back in front
        out = F.moveaxis(out, idx.ndim + i - batch_dims, i)
    return out


def _gather_method(
    self: Any, input_indices: Any, axis: Any = None, batch_dims: int = 0, **more: Any
) -> Any:
    """Rows of an axis, or, with the axis before the indices, elements along it."""
    if isinstance(input_indices, int):
        return gather_elements(self, input_indices, more.get("index", axis))
    if "dim" in more:
        return gather_elements(self, **more)
    return gather(self, input_indices, axis, batch_dims)


expose(_gather_method, [], "gather")


@op("gather_elements gather_d", methods="gather_elements")
def gather_elements(input: Payload, dim: int, index: Payload) -> Payload:
    a = axis_of(dim, input.ndim, "GatherD")
    size = tuple(n if i == a else index.shape[i] for i, n in enumerate(input.shape))
    x = input
    if size != input.shape:
        x = F.slice(input, index=tuple((0, n, 1) for n in size))
    return F.take_along(x, index, axis=a)


@op("gather_nd", methods="gather_nd")
def gather_nd(input_x: Payload, indices: Payload) -> Payload:
    return F.gather(input_x, *_columns(index_payload(indices)))


def _columns(indices: Payload) -> tuple[Payload, ...]:
    """The index arrays in the last axis of `indices`."""
    last = indices.ndim - 1
    return tuple(
        F.select(indices, axis=last, index=i) for i in range(indices.shape[last])
    )


@op("index_select", methods="index_select")
def index_select(input: Payload, axis: int, index: Payload) -> Payload:
    return F.index_select(input, index, axis=axis_of(axis, input.ndim, "index_select"))


@op("take")
def take(input: Payload, indices: Any, axis: Any = None, mode: str = "clip") -> Payload:
    idx = index_payload(indices)
    if axis is None:
        return F.take(input, idx)
    return F.gather(input, idx, axis=axis_of(axis, input.ndim, "take"))


expose(take, [], "take")


@op("embedding")
def embedding(
    input: Payload,
    weight: Payload,
    padding_idx: int | None = None,
    max_norm: Any = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
) -> Payload:
    if padding_idx is not None:
        padding_idx %= weight.shape[0]
    return F.embedding(weight, input, padding=padding_idx)


@op("choose", methods="choose")
def choose(x: Payload, choices: Any, mode: str = "clip") -> Payload:
    rows = choices if is_payload(choices) else F.stack(*promoted(*choices))
    at = F.reshape(x, shape=(1, *x.shape))
    return F.reshape(F.take_along(rows, at, axis=0), shape=x.shape)


# --- writing rows and elements --------------------------------------------------------


def _written(x: Payload, indices: Any, updates: Payload, how: str) -> Payload:
    """x with updates at the index vectors in the last axis of `indices`."""
    columns = _columns(index_payload(indices))
    src = cast(updates, x.dtype)
    lead = columns[0].shape
    src = F.broadcast_to(src, (*lead, *x.shape[len(columns) :]))
    if how == "update":
        return F.scatter(x, src, *columns)
    if how in ("add", "sub"):
        total = F.scatter_add(src, *columns, shape=x.shape)
        return (F.add if how == "add" else F.sub)(x, total)
    return _row_by_row(x, columns, src, how)


def _row_by_row(x: Payload, columns: Any, src: Payload, how: str) -> Payload:
    """Products and extrema, along one flattened axis of rows."""
    k = len(columns)
    inner = int(np.prod(x.shape[k:], dtype=int))
    places = np.ravel_multi_index(
        tuple(array_of(c) for c in columns), x.shape[:k]
    ).reshape(-1)
    rows = F.reshape(x, shape=(int(np.prod(x.shape[:k], dtype=int)), inner))
    new = F.reshape(src, shape=(places.size, inner))
    idx = np.broadcast_to(places[:, None], (places.size, inner))
    kind = {"mul": "prod", "max": "amax", "min": "amin", "div": "prod"}[how]
    if how == "div":
        new = F.reciprocal(new)
    return F.reshape(
        F.scatter_along(rows, idx, new, axis=0, reduce=kind), shape=x.shape
    )


for _how in ("update", "add", "sub", "mul", "div", "max", "min"):

    def _scattered(
        input_x: Payload, indices: Payload, updates: Payload, _how: str = _how
    ) -> Payload:
        return _written(input_x, indices, updates, _how)

    op(f"tensor_scatter_{_how}", methods=True)(_scattered)
op("tensor_scatter_elements")(
    lambda input_x, indices, updates, axis=0, reduction="none": _elements(
        input_x, axis, indices, updates, reduction
    )
)


def _elements(x: Payload, axis: int, index: Payload, src: Any, reduce: str) -> Payload:
    a = axis_of(axis, x.ndim, "scatter")
    if not is_payload(src):
        src = np.full(index.shape, src, x.dtype)
    kind = {
        "none": "replace",
        None: "replace",
        "add": "sum",
        "mul": "prod",
        "amax": "amax",
        "amin": "amin",
        "multiply": "prod",
    }[reduce]
    return F.scatter_along(x, index, cast(src, x.dtype), axis=a, reduce=kind)


@op("scatter", methods="scatter")
def scatter(input: Payload, axis: int, index: Payload, src: Any) -> Payload:
    return _elements(input, axis, index, src, "none")


@op("scatter_add_", methods="scatter_add")
def scatter_add(input: Payload, dim: int, index: Payload, src: Payload) -> Payload:
    return _elements(input, dim, index, src, "add")


@op("scatter_nd")
def scatter_nd(indices: Payload, updates: Payload, shape: Any) -> Payload:
    return F.scatter_add(updates, *_columns(indices), shape=ints_of(shape))


@op("index_add")
def index_add(
    x: Payload, indices: Payload, y: Payload, axis: int, *_: Any, **__: Any
) -> Payload:
    return F.index_add(
        x, indices, cast(y, x.dtype), axis=axis_of(axis, x.ndim, "index_add")
    )


def _index_add_method(
    self: Any, dim: Any, index: Any, source: Any, *_: Any, alpha: Any = 1, **__: Any
) -> Any:
    """Rows added at indices: `(dim, index, source)`, or `(indices, y, axis)`."""
    if isinstance(dim, Tensor):
        dim, index, source = source, dim, index
    return index_add(self, index, source if alpha == 1 else source * alpha, dim)


expose(
    _index_add_method,
    [],
    "index_add",
)


@op("index_fill", methods="index_fill")
def index_fill(x: Payload, axis: int, index: Any, value: Any) -> Payload:
    idx = index_payload(index)
    return F.index_fill(
        x, F.ravel(idx), cast(value, x.dtype), axis=axis_of(axis, x.ndim, "index_fill")
    )


# --- segments -------------------------------------------------------------------------


def _segments(name: str, reduce: str) -> Callable[..., Any]:
    def function(input_x: Payload, segment_ids: Payload, num_segments: Any) -> Payload:
        x, ids = input_x, array_of(segment_ids)
        n = int(array_of(num_segments))
        rest = x.shape[ids.ndim :]
        rows = F.reshape(x, shape=(ids.size, *rest))
        keep = np.flatnonzero(ids.reshape(-1) >= 0)
        at = ids.reshape(-1)[keep]
        if keep.size != ids.size:
            rows = F.gather(rows, keep)
        if reduce == "sum":
            return F.scatter_add(rows, at, shape=(n, *rest))
        start = np.full(
            (n, *rest),
            1
            if reduce == "prod"
            else (-np.inf if reduce == "amax" else np.inf)
            if x.dtype.kind == "f"
            else 0,
            x.dtype,
        )
        idx = np.broadcast_to(at.reshape(-1, *(1 for _ in rest)), rows.shape)
        return F.scatter_along(
            start, idx, rows, axis=0, reduce=reduce, include_self=x.dtype.kind == "f"
        )

    function.__name__ = name
    return function


for _name, _reduce in {
    "sum": "sum",
    "max": "amax",
    "min": "amin",
    "prod": "prod",
}.items():
    op(f"unsorted_segment_{_name}", methods=f"unsorted_segment_{_name}")(
        _segments(_name, _reduce)
    )

# --- masks and selection --------------------------------------------------------------


@op("where")
def where(condition: Payload, input: Any, other: Any) -> Payload:
    c = cast(fits(condition, "where", "condition"), BOOL)
    x, y = promoted(input, other, name="where")
    both = broadcast_shapes("Select", x.shape, y.shape, "input other")
    broadcast_shapes("Select", c.shape, both, "condition input")
    return F.where(c, x, y)


expose(where, ["select"])
expose(lambda self, condition, y: where(condition, self, y), [], "where")


def _select_method(self: Any, condition: Any, y: Any) -> Any:
    """Elements where a condition holds, else y's; a place of an axis, given both."""
    if isinstance(condition, int) and isinstance(y, int):
        return select_axis(self, condition, y)
    return where(condition, self, y)


expose(_select_method, [], "select")


@op("masked_fill", methods="masked_fill")
def masked_fill(input_x: Payload, mask: Payload, value: Any) -> Payload:
    if mask.dtype.kind != "b":
        raise TypeError(
            "For 'MaskedFill', the type of 'mask' must be bool, but got "
            f"{dtypes.of_numpy(mask.dtype)}."
        )
    broadcast_shapes("MaskedFill", input_x.shape, mask.shape)
    return F.masked_fill(input_x, mask, cast(value, input_x.dtype))


@op("masked_select", methods="masked_select")
def masked_select(input: Payload, mask: Payload) -> Payload:
    return F.masked_select(input, mask)


@op("masked_scatter", methods="masked_scatter")
def masked_scatter(input: Payload, mask: Payload, source: Payload) -> Payload:
    return F.masked_scatter(input, mask, cast(source, input.dtype))


@op("nonzero", methods="nonzero")
def nonzero(input: Payload, *, as_tuple: bool = False) -> Any:
    if as_tuple:
        return tuple(selection.nonzero(input))
    return selection.argwhere(input)


@op("argwhere", methods="argwhere")
def argwhere(input: Payload) -> Payload:
    return selection.argwhere(input)


# --- counting and searching -----------------------------------------------------------


@op("one_hot")
def one_hot(
    indices: Payload, depth: Any, on_value: Any = 1, off_value: Any = 0, axis: int = -1
) -> Payload:
    """`on_value` at the place of each index along a new axis, `off_value` elsewhere."""
    if fits(indices, "one_hot", "indices").dtype not in (I32, I64):
        raise TypeError(
            "For primitive[OneHot], the input argument[indices] must be a type of "
            "{Tensor[Int32], Tensor[Int64]}, but got "
            f"Tensor[{dtypes.of_numpy(indices.dtype)}]."
        )
    rank = indices.ndim
    if not -1 <= axis <= rank:
        raise ValueError(
            "For primitive[OneHot], the axis value must be in "
            f"[-1,{rank}], but got {axis}."
        )
    n = index(depth) if not is_payload(depth) else int(array_of(depth))
    d = on_value.dtype if is_payload(on_value) else dtypes.result_of((), [on_value])
    hot = F.eq(
        F.reshape(indices, shape=(*indices.shape, 1)), np.arange(n, dtype=indices.dtype)
    )
    out = F.where(hot, cast(on_value, d), cast(off_value, d))
    last = out.ndim - 1
    return out if axis in (-1, last) else F.moveaxis(out, last, axis)


@op("unique")
def unique(input: Payload) -> Any:
    """Values in order of their first occurrence, and where each element went."""
    a = array_of(input).reshape(-1)
    values, first, back = np.unique(a, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.argsort(order, kind="stable")
    return values[order], rank[back].astype(I32 if a.dtype == I32 else I64).reshape(
        input.shape
    )


expose(unique, [], "unique")


@op("unique_consecutive", methods="unique_consecutive")
def unique_consecutive(
    input: Payload,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Any = None,
) -> Any:
    values, inverse, counts = selection.unique_consecutive(input, axis=dim)
    out = (
        values,
        *([inverse] if return_inverse else []),
        *([counts] if return_counts else []),
    )
    return out if len(out) > 1 else values


@op("bincount", methods="bincount")
def bincount(input: Payload, weights: Any = None, minlength: int = 0) -> Payload:
    return F.bincount(input, weights, least=int(minlength))


@op("histc", methods="histc")
def histc(input: Payload, bins: int = 100, min: Any = 0.0, max: Any = 0.0) -> Payload:
    return F.histc(input, bins=int(bins), lo=float(min), hi=float(max))


@op("searchsorted", methods="searchsorted")
def searchsorted(
    sorted_sequence: Payload,
    values: Any,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: Any = None,
    sorter: Any = None,
) -> Payload:
    v = values if is_payload(values) else np.asarray(values, sorted_sequence.dtype)
    at = F.searchsorted(sorted_sequence, v, right=bool(right) or side == "right")
    return cast(at, I32 if out_int32 else I64)


@op("bucketize", methods="bucketize")
def bucketize(input: Payload, boundaries: Any, *, right: bool = False) -> Payload:
    edges = np.asarray(boundaries)
    return np.asarray(np.digitize(array_of(input), edges, right), I32)


@op("isin", methods="isin")
def isin(element: Payload, test_elements: Any) -> Payload:
    return np.isin(array_of(element), array_of(test_elements))


@op("isclose", methods="isclose")
def isclose(
    input: Payload,
    other: Payload,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Payload:
    return np.isclose(array_of(input), array_of(other), rtol, atol, equal_nan)


@op("allclose", methods="allclose")
def allclose(
    input: Payload,
    other: Payload,
    rtol: float = 1e-5,
    atol: float = 1e-8,
    equal_nan: bool = False,
) -> Any:
    return bool(np.allclose(array_of(input), array_of(other), rtol, atol, equal_nan))


@op("approximate_equal")
def approximate_equal(x: Payload, y: Payload, tolerance: float = 1e-5) -> Payload:
    return F.lt(F.abs(F.sub(x, y)), tolerance)


@op("sequence_mask")
def sequence_mask(lengths: Payload, maxlen: Any = None) -> Payload:
    n = int(array_of(lengths).max()) if maxlen is None else int(maxlen)
    return np.arange(n) < array_of(lengths)[..., None]


@op("equal_count")
def equal_count(x: Payload, y: Payload) -> Payload:
    return np.asarray([np.sum(array_of(x) == array_of(y))], x.dtype)


@op("diff", methods="diff")
def diff(
    x: Payload, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None
) -> Payload:
    a = axis_of(axis, x.ndim, "diff")
    parts = [p for p in (prepend, x, append) if p is not None]
    return F.diff(F.concatenate(*parts, axis=a) if len(parts) > 1 else x, axis=a, n=n)


@op("trapz")
def trapz(y: Payload, x: Any = None, *, dx: float = 1.0, dim: int = -1) -> Payload:
    a = axis_of(dim, y.ndim, "trapz")
    if x is None:
        return F.trapezoid(y, dx, axis=a)
    steps = F.diff(x, axis=x.ndim - 1 if x.ndim == 1 else a, n=1)
    if x.ndim == 1:
        steps = F.reshape(
            steps, shape=tuple(steps.size if i == a else 1 for i in range(y.ndim))
        )
    return F.trapezoid(y, steps, axis=a)


# --- assignment -----------------------------------------------------------------------


def assign_function(variable: Any, value: Any) -> Any:
    """Write a value to a parameter (or tensor); gives the new value."""
    new = as_payload(value, None) if not isinstance(value, Tensor) else lower(value)
    if new.shape != variable.shape:
        rank = new.ndim != variable.ndim
        word, found, own = (
            ("rank", new.ndim, variable.ndim)
            if rank
            else ("shape", _sizes(new.shape), _sizes(variable.shape))
        )
        raise ValueError(
            f"For 'Assign','value' must have the same {word} as 'variable'. But got "
            f"'value' {word}: {found}, 'variable' {word}: {own}."
        )
    assign(variable, new)
    return _value_of(variable)


def _sizes(shape: Any) -> str:
    return f"({', '.join(map(str, shape))})"


def _value_of(variable: Any) -> Any:
    """What a parameter holds, as a tensor of its own; a tensor as it is."""
    return variable.value()


expose(assign_function, ["assign"])
for _name, _op in {"add": F.add, "sub": F.sub}.items():

    def _updated(variable: Any, value: Any, _op: Any = _op) -> Any:
        a, b = promoted(lower(variable), lower(value))
        new = _op(a, b)
        assign(variable, new)
        return lift(cast(new, variable._p.dtype))

    expose(_updated, [f"assign_{_name}"])


def _scatter_parameter(how: str) -> Callable[..., Any]:
    """Rows of a parameter written in place, at indices of its first axis."""

    def function(input_x: Any, indices: Any, updates: Any) -> Any:
        x, idx, src = lower(input_x), index_payload(lower(indices)), lower(updates)
        column = F.reshape(idx, shape=(*idx.shape, 1))
        assign(input_x, _written(x, column, src, how))
        return _value_of(input_x)

    return function


def _scatter_nd_parameter(how: str) -> Callable[..., Any]:
    def function(input_x: Any, indices: Any, updates: Any) -> Any:
        assign(input_x, _written(lower(input_x), lower(indices), lower(updates), how))
        return input_x

    return function


for _how in ("update", "add", "sub", "mul", "div", "max", "min"):
    expose(_scatter_parameter(_how), [f"scatter_{_how}"])
    expose(_scatter_nd_parameter(_how), [f"scatter_nd_{_how}"])
