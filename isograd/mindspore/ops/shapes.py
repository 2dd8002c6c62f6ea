"""Shapes: reshaping, joining, splitting, repeating, and casting.

What shares memory in MindSpore is a view here: writes through it reach its base.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.core import mutation
from isograd.core.primitive import BOUND, REGISTRY, Payload, bind, ndarray
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import payload_of, wrap
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import errors
from isograd.mindspore.call import (
    axes_of,
    axis_of,
    cast,
    common_dtype,
    explained,
    expose,
    fits,
    ints_of,
    is_payload,
    lift,
    lower,
    op,
)
from isograd.mindspore.tensor import Tensor
from isograd.ops.shape import (
    chunk_sizes,
    even_sizes,
    flat_shape,
    moved,
    narrowed,
    swapped,
)

F = BOUND
Shape = tuple[int, ...]

# --- views ----------------------------------------------------------------------------


def view_of(x: Any, name: str, **params: Any) -> Tensor:
    """The result of a view primitive, known as a view where it shares memory."""
    prim = REGISTRY[name]
    try:
        t = wrap(Tensor, bind(prim, (payload_of(x),), params))
    except EngineError as error:
        raise errors.translated(error) from None
    if (
        name == "reshape"
        and type(t._p) is ndarray
        and not x._p.flags.c_contiguous
        and not np.may_share_memory(t._p, x._p)
    ):
        return t  # the elements had to be copied
    mutation.note_view(t, x, name, params)
    return t


def checked_tensor(x: Any, name: str) -> Any:
    if not isinstance(x, CoreTensor):
        raise TypeError(
            f"For primitive[{name}], the input argument[input] must be a "
            f"Tensor, but got {type(x).__name__}."
        )
    return x


def shape_args(args: tuple[Any, ...]) -> Shape:
    """Sizes given as `f(2, 3)`, `f((2, 3))` or a tensor."""
    if len(args) == 1:
        return ints_of(lower(args[0]))
    return ints_of(tuple(map(lower, args)))


def full_shape(shape: Shape, size: int) -> Shape:
    """The shape with its -1 replaced.

    Raises:
        ValueError: if the sizes do not agree.
    """
    if -1 in shape:
        rest = prod(n for n in shape if n != -1)
        if shape.count(-1) == 1 and rest and size % rest == 0:
            return tuple(size // rest if n == -1 else n for n in shape)
    elif prod(shape) == size:
        return shape
    if shape.count(-1) > 1:
        raise ValueError("only one dimension can be inferred")
    raise ValueError(
        f"proposed_shape '{errors.vector(shape)}' is invalid for input of size {size}"
    )


def reshape(input: Any, *shape: Any) -> Tensor:
    x = checked_tensor(input, "Reshape")
    full = full_shape(shape_args(shape), prod(x._p.shape))
    return view_of(x, "reshape", shape=full)


@explained("reshape")
def _reshape(input: Any, shape: Any) -> Tensor:
    return reshape(input, shape)


expose(_reshape, ["reshape"])
expose(explained("Tensor.view")(reshape), [], "view")
expose(explained("Tensor.reshape")(reshape), [], "reshape")


def transpose(input: Any, *axes: Any) -> Tensor:
    """Axes permuted: `f(x, (1, 0))`, `f(x, 1, 0)`; reversed without any."""
    x = checked_tensor(input, "Transpose")
    rank = len(x._p.shape)
    if not axes or axes[0] is None:
        return view_of(x, "transpose", axes=tuple(range(rank - 1, -1, -1)))
    order = ints_of(lower(axes[0] if len(axes) == 1 else axes))
    if len(order) != rank:
        raise ValueError(
            "For 'Transpose', size of perm should equal to rank of x, but got "
            f"{len(order)} and {rank}!"
        )
    return view_of(x, "transpose", axes=axes_of(order, rank, "Transpose"))


_transpose = explained("transpose")(lambda input, dims: transpose(input, dims))
expose(_transpose, ["transpose", "permute"])


def _transpose_method(input: Any, *axes: Any) -> Tensor:
    """Axes permuted; two numbers, of two axes, exchange them."""
    if len(axes) == 2 and type(axes[0]) is type(axes[1]) is int:
        return exchanged(input, *axes, "Transpose")
    return transpose(input, *axes)


expose(explained("Tensor.transpose")(_transpose_method), [], "transpose")
expose(transpose, [], "permute")
expose(property(lambda self: transpose(self)), [], "T")
expose(property(lambda self: transpose(self).conj()), [], "H")
expose(property(lambda self: swapaxes(self, -1, -2)), [], "mT")


def swapaxes(input: Any, axis0: int, axis1: int) -> Tensor:
    return exchanged(input, axis0, axis1, "swapaxes")


def exchanged(input: Any, axis0: int, axis1: int, name: str) -> Tensor:
    x = checked_tensor(input, name)
    rank = len(x._p.shape)
    a, b = axis_of(axis0, rank, name), axis_of(axis1, rank, name)
    return view_of(x, "transpose", axes=swapped(rank, a, b))


expose(swapaxes, ["swapaxes", "swapdims"], True)


def movedim(x: Any, source: Any, destination: Any) -> Tensor:
    rank = len(x._p.shape)
    from_, to = axes_of(source, rank, "movedim"), axes_of(destination, rank, "movedim")
    return view_of(x, "transpose", axes=moved(rank, from_, to))


expose(movedim, ["movedim", "moveaxis"], True)
expose(lambda input: transpose(input), ["t"], "t")


@explained("expand_dims")
def expand_dims(input_x: Any, axis: Any) -> Tensor:
    x = checked_tensor(input_x, "ExpandDims")
    shape = list(x._p.shape)
    for a in sorted(axis_of(a, len(shape) + 1, "ExpandDims") for a in ints_of(axis)):
        shape.insert(a, 1)
    return view_of(x, "reshape", shape=tuple(shape))


expose(expand_dims, ["expand_dims", "unsqueeze"], True)


@explained("squeeze")
def squeeze(input: Any, axis: Any = None) -> Tensor:
    x = checked_tensor(input, "Squeeze")
    shape = x._p.shape
    if axis is None or axis == ():
        axes: Any = [i for i, n in enumerate(shape) if n == 1]
    else:
        axes = [a for a in axes_of(axis, len(shape), "Squeeze") if shape[a] == 1]
    return view_of(
        x, "reshape", shape=tuple(n for i, n in enumerate(shape) if i not in axes)
    )


expose(squeeze, ["squeeze"], True)


def flatten(
    input: Any, order: str = "C", *, start_dim: int = 1, end_dim: int = -1
) -> Tensor:
    x = checked_tensor(input, "flatten")
    shape = x._p.shape
    if not shape:
        return view_of(x, "reshape", shape=(1,))
    rank = len(shape)
    if rank == 1:
        return view_of(x, "reshape", shape=shape)
    a, b = axis_of(start_dim, rank, "flatten"), axis_of(end_dim, rank, "flatten")
    if a > b:
        raise ValueError(
            "For 'flatten', the 'start_dim' must be less than or equal to 'end_dim'."
        )
    if order == "F":
        x, shape = transpose(x), shape[::-1]
    return view_of(x, "reshape", shape=flat_shape(shape, a, b))


expose(flatten, ["flatten"])


def _flat_method(
    self: Any, order: Any = "C", *dims: int, start_dim: int = 0, end_dim: int = -1
) -> Tensor:
    if isinstance(order, int):
        names = ("start_dim", "end_dim")
        return flatten(self, "C", **dict(zip(names, (order, *dims), strict=False)))
    if order not in ("C", "F"):
        raise ValueError(
            "For Tensor.flatten, the parameter 'order' must be 'C' or 'F', but got "
            f"'{order}'"
        )
    return flatten(self, order, start_dim=start_dim, end_dim=end_dim)


expose(_flat_method, [], "flatten")
expose(lambda input: reshape(input, (-1,)), ["ravel"], True)


@explained("broadcast_to")
def broadcast_to(input: Any, shape: Any) -> Tensor:
    x = checked_tensor(input, "BroadcastTo")
    want = ints_of(lower(shape))
    have = (0,) * (len(want) - x._p.ndim) + x._p.shape
    if len(have) > len(want):
        raise ValueError(
            "For primitive [BroadcastTo]: input's rank should be less equal to the "
            f"number of proposed_shape, but got {len(have)} and {len(want)}"
        )
    full = tuple(h if n == -1 else n for n, h in zip(want, have, strict=False))
    try:
        np.broadcast_shapes(x._p.shape, full)
    except ValueError:
        raise ValueError(
            "For 'BroadcastTo', in order to broadcast, each dimension pair must be "
            "equal or input dimension is 1 or target dimension is -1. But got x_shape: "
            f"({', '.join(map(str, x._p.shape))}), target shape: "
            f"({', '.join(map(str, want))})."
        ) from None
    return view_of(x, "broadcast_in", shape=full)


expose(broadcast_to, ["broadcast_to"])
expose(
    explained("Tensor.broadcast_to")(
        lambda input, *shape: broadcast_to.__wrapped__(input, shape_args(shape))
    ),
    [],
    "broadcast_to",
)
expose(lambda input, *size: broadcast_to(input, shape_args(size)), ["expand"], True)
expose(lambda input, other: broadcast_to(input, other.shape), ["expand_as"], True)
expose(lambda self, other: reshape(self, other.shape), [], "view_as reshape_as")


def narrow(input: Any, axis: int, start: int, length: int) -> Tensor:
    x = checked_tensor(input, "narrow")
    a = axis_of(axis, len(x._p.shape), "narrow")
    return view_of(x, "slice", index=narrowed(x._p.shape, a, start, length))


expose(narrow, ["narrow"], True)


def select_axis(x: Any, axis: int, index: int) -> Tensor:
    """`x[..., index, ...]` at one axis."""
    a = axis_of(axis, len(x._p.shape), "select")
    return view_of(x, "select", axis=a, index=index % x._p.shape[a])


def split(tensor: Any, split_size_or_sections: Any, axis: int = 0) -> Any:
    """Views along an axis, of one size (the last may be smaller) or of given sizes."""
    x = checked_tensor(tensor, "split")
    n = x._p.shape[axis_of(axis, len(x._p.shape), "split")]
    sizes = split_size_or_sections
    if isinstance(sizes, int):
        if sizes <= 0:
            raise ValueError(
                "For split, the value of 'split_size_or_sections' must be "
                f"more than zero, but got {sizes}."
            )
        sizes = [min(sizes, n - i) for i in range(0, n, sizes)]
    elif sum(sizes) != n:
        raise ValueError(
            f"The sum of 'split_size_or_sections' should be equal to {n}, but got "
            f"{sum(sizes)}."
        )
    at, out = 0, []
    for size in sizes:
        out.append(narrow(x, axis, at, size))
        at += size
    return tuple(out)


expose(split, ["split"], True)


def chunk(input: Any, chunks: int, axis: int = 0) -> Any:
    if chunks <= 0:
        raise ValueError(
            f"For ops.chunk parameter 'chunks' must be greater than 0, but got {chunks}"
        )
    n = input.shape[axis_of(axis, input.ndim, "split")]
    return split(input, list(chunk_sizes(n, chunks)), axis)


expose(chunk, ["chunk"], True)


def tensor_split(input: Any, indices_or_sections: Any, axis: int = 0) -> Any:
    """Views along an axis, cut at indices or into nearly equal parts."""
    n = input.shape[axis_of(axis, input.ndim, "split")]
    if isinstance(indices_or_sections, int):
        cuts = np.cumsum([0, *even_sizes(n, indices_or_sections)]).tolist()
    else:
        cuts = [
            0,
            *(min(max(i + n if i < 0 else i, 0), n) for i in indices_or_sections),
            n,
        ]
    return tuple(narrow(input, axis, a, max(b - a, 0)) for a, b in pairwise(cuts))


expose(tensor_split, ["tensor_split"], True)
for _name, _axis in (("vsplit", 0), ("hsplit", 1), ("dsplit", 2)):
    expose(
        lambda input, indices_or_sections, _axis=_axis: tensor_split(
            input, indices_or_sections, _axis
        ),
        [_name],
        True,
    )


def unstack(input_x: Any, axis: int = 0) -> Any:
    """One view for each place of an axis."""
    if not input_x.ndim:
        raise ValueError(
            "For 'Unstack', input's rank should be greater equal to 1, but got 0"
        )
    n = input_x.shape[axis_of(axis, input_x.ndim, "select")]
    return tuple(select_axis(input_x, axis, i) for i in range(n))


expose(unstack, ["unstack", "unbind"], "unbind")

# --- joining --------------------------------------------------------------------------


@op("concat cat")
def concat(tensors: Any, axis: Any = 0) -> Payload:
    if not isinstance(tensors, tuple | list):
        raise TypeError(
            "For 'concat', the 'tensors' must be a list or tuple, but got "
            f"{type(tensors).__name__}."
        )
    if not tensors:
        raise ValueError(
            "For primitive[Concat], the elements size must be greater than 0, but got 0."
        )
    d = common_dtype(tensors, "Concat")
    shapes = [t.shape for t in tensors]
    first = shapes[0]
    if any(len(s) != len(first) for s in shapes):
        raise ValueError(
            "For primitive[Concat], element rank must be same(shapes are "
            f"{errors.vector(map(errors.vector, shapes))})!"
        )
    a = axis_of(axis, len(first), "Concat")
    if any(s[:a] != first[:a] or s[a + 1 :] != first[a + 1 :] for s in shapes):
        raise ValueError(
            "For primitive[Concat] only support one axis different, bug got more than "
            f"one(shapes is {errors.vector(map(errors.vector, shapes))})!"
        )
    return F.concatenate(*(cast(t, d) for t in tensors), axis=a)


@op()
def stack(tensors: Any, axis: Any = 0) -> Payload:
    if is_payload(tensors):  # one tensor is a stack of one
        tensors = (tensors,)
    if not tensors:
        raise errors.no_operands("Stack", "stack element")
    d = common_dtype(tensors, "Stack")
    first, *rest = (t.shape for t in tensors)
    for shape in rest:
        if len(shape) != len(first):
            raise ValueError("All input shape size must be the same!")
        if shape != first:
            raise ValueError(
                f"All input shape must be the same! {errors.vector(shape)} And "
                f"{errors.vector(first)}"
            )
    a = axis_of(axis, len(first) + 1, "Stack")
    return F.stack(*(cast(t, d) for t in tensors), axis=a)


for _name, _words in {
    "vstack": "vstack row_stack",
    "hstack": "hstack",
    "dstack": "dstack",
    "column_stack": "column_stack",
    "block_diag": "",
}.items():
    if _words:
        op(_words)(
            lambda tensors, _name=_name: getattr(F, _name)(
                *(cast(t, common_dtype(tensors)) for t in tensors)
            )
        )
op("block_diag")(lambda *inputs: F.block_diag(*inputs))
op("cartesian_prod")(lambda *inputs: F.cartesian_prod(*inputs))
for _rank in (1, 2, 3):
    op(f"atleast_{_rank}d")(
        lambda inputs, _rank=_rank: (
            [F.atleast(x, _rank) for x in inputs]
            if isinstance(inputs, tuple | list)
            else F.atleast(inputs, _rank)
        )
    )


@op("meshgrid")
def meshgrid(*inputs: Any, indexing: str = "xy") -> Any:
    if len(inputs) == 1 and isinstance(inputs[0], tuple | list):
        inputs = tuple(inputs[0])
    return F.meshgrid(*inputs, indexing=indexing)


# --- repeating, reordering ------------------------------------------------------------


@op()
def tile(input: Payload, dims: Any) -> Payload:
    if isinstance(dims, int):
        raise TypeError("dims must be a tuple of ints")
    return F.tile(fits(input, "tile"), ints_of(dims))


@explained("Tensor.tile")
def _tile(self: Any, *reps: Any) -> Any:
    return tile(self, shape_args(reps))


expose(_tile, [], "tile")


@op()
def repeat_elements(x: Payload, rep: int, axis: int = 0) -> Payload:
    """Each element repeated along an axis."""
    return F.repeat_interleave(
        x, int(rep), axis=axis_of(axis, x.ndim, "repeat_interleave")
    )


@op()
def repeat_interleave(input: Payload, repeats: Any, axis: Any = None) -> Payload:
    if axis is None:
        input, axis = F.ravel(input), 0
    if isinstance(repeats, tuple | list):
        repeats = np.asarray(repeats)
    a = axis_of(axis, input.ndim, "repeat_interleave")
    return F.repeat_interleave(input, repeats, axis=a)


@explained("Tensor.repeat")
def _repeat(self: Any, repeats: Any, axis: Any = None) -> Any:
    return repeat_interleave(self, repeats, axis)


expose(_repeat, [], "repeat")
expose(repeat_interleave, [], "repeat_interleave")


@op()
def flip(input: Payload, dims: Any) -> Payload:
    if not isinstance(dims, tuple | list):
        raise TypeError("dims must be a tuple or list of ints")
    return F.flip(input, axes_of(dims, input.ndim, "flip"))


expose(lambda self, *dims: flip(self, dims[0] if len(dims) == 1 else dims), [], "flip")
op("reverse")(lambda x, axis: F.flip(x, axes_of(axis, x.ndim, "reverse")))
op("fliplr", methods=True)(lambda input: F.flip(input, (1,)))
op("flipud", methods=True)(lambda input: F.flip(input, (0,)))


@op(methods=True)
def roll(input: Payload, shifts: Any, dims: Any = None) -> Payload:
    axes = (
        None
        if dims is None
        else tuple(axis_of(d, input.ndim, "roll") for d in ints_of(dims))
    )
    return F.roll(input, shifts=ints_of(shifts), axes=axes)


@op(methods=True)
def rot90(input: Payload, k: int, dims: Any) -> Payload:
    return F.rot90(input, count=k, axes=axes_of(dims, input.ndim, "rot90"))


# --- values with the same elements ----------------------------------------------------


def converted(x: Payload, d: Any) -> Payload:
    """x with another dtype; cotangents come back through integers and bools as well."""
    if (d.kind in "biu" and x.dtype.kind not in "biu") or (
        x.dtype.kind == "b" and d.kind != "b" and type(x) is not np.ndarray
    ):
        return F.convert_through(x, dtype=d, source=x.dtype)
    return F.convert(x, dtype=d)


@op("cast")
def cast_(input: Any, dtype: Any) -> Payload:
    d = dtypes.np_of(dtype)
    return converted(input, d) if is_payload(input) else np.asarray(input, d)


def astype(self: Any, dtype: Any, copy: bool = True) -> Any:
    """The elements in a dtype; `copy=False` may give the tensor itself."""
    d = dtypes.np_of(dtype)
    if self._p.dtype == d and not copy:
        return self
    p = payload_of(self)
    if p.dtype != d:
        return lift(converted(p, d))
    # the same memory, unless a tape would miss what is written through one of the two
    return lift(p if type(p) is np.ndarray else mutation.copied(p))


expose(astype, [], "astype")
expose(
    lambda self, dtype=None, *more, copy=True, **kwargs: (
        self if dtype is None else astype(self, dtype, copy)
    ),
    [],
    "to",
)
expose(
    lambda self, dtype=None: str(self.dtype) if dtype is None else astype(self, dtype),
    [],
    "type",
)
for _name, _dtype in {
    "float": "float32",
    "half": "float16",
    "bool": "bool_",
    "int": "int32",
    "long": "int64",
    "double": "float64",
    "short": "int16",
    "byte": "uint8",
    "bfloat16": "bfloat16",
}.items():
    expose(lambda self, _d=dtypes.DTYPES[_dtype]: astype(self, _d, False), [], _name)
expose(lambda self, other: astype(self, other.dtype, False), [], "type_as")
expose(
    lambda x: lift(mutation.copied(payload_of(x))) if isinstance(x, CoreTensor) else x,
    ["deepcopy"],
)
expose(lambda self: lift(mutation.copied(payload_of(self))), ["clone"], "copy clone")
expose(
    lambda self: self if self.is_contiguous() else lift(F.copy(lower(self))),
    [],
    "contiguous",
)


@op("stop_gradient")
def stop_gradient(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(map(stop_gradient.__wrapped__, value))
    return F.constant(value) if is_payload(value) else value


expose(lambda x: x, ["identity"])
expose(lambda value, expr: value, ["depend"])
expose(lambda x: tuple(x.shape), ["shape", "shape_"])
expose(lambda x: Tensor(list(x.shape), dtypes.int64), ["tensor_shape", "dyn_shape"])
expose(lambda x: x.dtype, ["dtype"])
expose(lambda input_x: input_x.ndim, ["rank"])
expose(lambda input_x: input_x.size, ["size", "numel"])


@op(methods=True)
def tril(input: Payload, diagonal: int = 0) -> Payload:
    if input.ndim < 2:
        raise ValueError(
            "For primitive[Tril], the x's rank must be greater than or equal to 2, but "
            f"got {input.ndim}."
        )
    return F.tril(input, offset=int(diagonal))


@op(methods=True)
def triu(input: Payload, diagonal: int = 0) -> Payload:
    if input.ndim < 2:
        raise ValueError(
            "For primitive[Triu], the rank of input must be greater than or equal to 2, "
            f"but got {input.ndim}."
        )
    return F.triu(input, offset=int(diagonal))
