"""From a function of payloads to a function, method and in-place method of tensors.

The bodies that the tables hold take payloads (`F.mul(x, y)`) with PyTorch's argument
names; what is made here unwraps tensors, wraps and labels results, writes `out=`, and
translates the engine's errors.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from isograd.base.dtypes import DType
from isograd.base.errors import EngineError
from isograd.core import fast, mutation
from isograd.core.drafts import ALSO, Draft, Outcome, Unplanned, irregular
from isograd.core.levels import MODE, state
from isograd.core.plans import planned
from isograd.core.primitive import BOUND, Payload
from isograd.core.primitive import is_payload as is_payload
from isograd.core.storage import of_inference, root
from isograd.core.tape import INFERENCE, Slot, Traced
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import lower as lower
from isograd.core.tensor import note_made, payload_of, wrap
from isograd.torch import dtypes, errors
from isograd.torch.dtypes import of_numpy
from isograd.torch.errors import translated
from isograd.torch.labels import READS
from isograd.torch.misfits import (
    explained,
    refuse_arrays,
    refuse_listed_arrays,
    takes_list,
)
from isograd.torch.misfits import reworded as reworded
from isograd.torch.misfits import type_name as type_name
from isograd.torch.scalars import wrapped
from isograd.torch.signatures import checker
from isograd.torch.tensor import FAMILY, Tensor, checked_dim

F = BOUND
Body = Callable[..., Any]

# --- operands -------------------------------------------------------------------------


def cast(x: Any, d: DType) -> Payload:
    """A payload or Python number as a payload of a NumPy dtype."""
    if not is_payload(x):
        try:
            array = np.asarray(x, d)
        except OverflowError:
            array = wrapped(x, d)
        if MODE.special and type(x) in (int, float, complex):
            array.flags.writeable = False  # tells hooks of a number, which is not saved
        return array
    if x.dtype == d:
        return x
    out = F.convert(x, dtype=d)
    # integers never require a gradient
    return out.p if type(out) is Traced and out.dtype.kind in "iub" else out


def promoted(*operands: Any, least: str = "") -> list[Payload]:
    """The operands in their common dtype; with `least="f"` integers become floats."""
    if _same_dtype(operands):
        return [*operands]
    d = dtypes.result_of(operands)
    if least == "f" and d.kind in "bi":
        d = dtypes.default()
    return [cast(x, d.np) for x in operands]


def _same_dtype(operands: Sequence[Any]) -> bool:
    """Whether all are payloads of one dtype, floating or complex."""
    first = None
    for x in operands:
        if not is_payload(x):
            return False
        d = x.p.dtype if type(x) is Traced else x.dtype
        if first is None:
            first = d
        elif d is not first:
            return False
    return first is not None and first.kind in "fcV"


def operands(x: Any, y: Any, least: str = "") -> list[Payload]:
    """Two operands in their common dtype, with shapes that broadcast."""
    both = promoted(x, y, least=least)
    if (shape := both[0].shape) != both[1].shape:
        check_broadcast(shape, both[1].shape)
    return both


def truth(x: Any) -> Payload:
    """Whether elements differ from zero."""
    if not is_payload(x):
        return np.asarray(bool(x))
    return x if x.dtype.kind == "b" else F.ne(x, np.zeros((), x.dtype))


def refuse(x: Payload, kinds: str, kernel: str) -> None:
    """Raise where PyTorch has no kernel for the dtype kinds of x."""
    if x.dtype.kind in kinds:
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{of_numpy(x.dtype).scalar_type}'"
        )


def copy_of(x: Payload) -> Payload:
    return F.copy(x)


def tied(x: Payload, out: Payload) -> Payload:
    """`out` (of x's shape and dtype) on x's graph, with derivative zero."""
    if type(x) is np.ndarray:
        return out
    return F.where(np.zeros((), bool), x, out)


def floating(x: Payload) -> Payload:
    """Integers and bools as the default dtype."""
    if x.dtype.kind in "biu":
        return F.convert(x, dtype=dtypes.default().np)
    return x


def check_broadcast(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape that shapes broadcast to; PyTorch's error if they do not."""
    out: tuple[int, ...] = ()
    for s in shapes:
        out = _broadcast_two(out, tuple(s))
    return out


@cache
def _broadcast_two(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    rank = max(len(a), len(b))
    full_a = (1,) * (rank - len(a)) + a
    full_b = (1,) * (rank - len(b)) + b
    for i in range(rank - 1, -1, -1):
        m, n = full_a[i], full_b[i]
        if m != n and m != 1 and n != 1:
            raise RuntimeError(
                f"The size of tensor a ({m}) must match the size of tensor b ({n}) at "
                f"non-singleton dimension {i}"
            )
    return tuple(n if m == 1 else m for m, n in zip(full_a, full_b, strict=True))


def shape_of(x: Any) -> tuple[int, ...]:
    return x.shape if is_payload(x) else ()


def dims_of(dim: Any, rank: int, none_is_all: bool = True) -> tuple[int, ...]:
    """The axes that a `dim` argument names: an int, a sequence, None (all)."""
    if dim is None:
        return tuple(range(rank))
    if isinstance(dim, tuple | list):
        if not dim and none_is_all:
            return tuple(range(rank))
        out = tuple(checked_dim(d, rank) for d in dim)
        for i, d in enumerate(out):
            if d in out[:i]:
                raise RuntimeError(
                    f"dim {d} appears multiple times in the list of dims"
                )
        return out if rank else ()
    d = checked_dim(as_int(dim), rank)
    return (d,) if rank else ()


def as_int(x: Any) -> int:
    if type(x) is int:
        return x
    if not hasattr(x, "__index__"):
        raise TypeError(
            f"'{type(x).__name__}' object cannot be interpreted as an integer"
        )
    return int(x.__index__())


def sizes_of(args: tuple[Any, ...], name: str = "", word: str = "") -> tuple[int, ...]:
    """Sizes given as `f(2, 3)` or as `f((2, 3))`."""
    if len(args) == 1 and isinstance(args[0], tuple | list):
        args = tuple(args[0])
    try:
        return tuple(map(as_int, args))
    except TypeError:
        bad = next(a for a in args if not hasattr(a, "__index__"))
        raise TypeError(
            f"{name}(): argument '{word}' (position 1) must be tuple of "
            f"ints, not {type_name(bad)}"
        ) from None


# --- results --------------------------------------------------------------------------


class Named(NamedTuple):
    """A result whose node has a name of its own (overloads: `SumBackward1`)."""

    value: Any
    label: str


class Values:
    """Several results, with PyTorch's named tuple for them."""

    def __init__(self, name: str, fields: str, values: Sequence[Any]) -> None:
        self.cls = return_type(name, fields)
        self.values = values


@cache
def return_type(name: str, fields: str) -> type[Any]:
    """`torch.return_types.max` and its kind: a tuple with names."""
    names = fields.split()

    def show(self: Any) -> str:
        parts = ",\n".join(f"{n}={v!r}" for n, v in zip(names, self, strict=True))
        return f"torch.return_types.{name}(\n{parts})"

    body: dict[str, Any] = {"__module__": "torch.return_types"} | {
        n: property(lambda self, i=i: self[i]) for i, n in enumerate(names)
    }
    body |= {
        "__repr__": show,
        "_fields": tuple(names),
        "__slots__": (),
        "__new__": _new_from_sequence,
        "__reduce__": lambda self: (_rebuild, (name, fields, tuple(self))),
    }
    return type(name, (tuple,), body)


def _new_from_sequence(cls: Any, *args: Any) -> Any:
    values = args[0] if len(args) == 1 and isinstance(args[0], tuple | list) else args
    return tuple.__new__(cls, values)


def _rebuild(name: str, fields: str, values: Any) -> Any:
    return return_type(name, fields)(values)


def lift(out: Any, label: str | None, sources: Sequence[Any]) -> Any:
    """Payloads as tensors; their nodes get a name and know the tensors' nodes."""
    if type(out) is np.ndarray:
        t = object.__new__(Tensor)
        t._p = out
        if MODE.special and state().inference:
            note_birth(t, sources)
        elif INFERENCE and of_inference(out):
            t._inference = True
        return t
    if type(out) is Traced:
        p, node = out.p, out.node
        if p.dtype.kind in "iub":  # integers never require a gradient
            return lift(p, None, sources)
        if label is not None:
            note(node, label, sources)
        t = object.__new__(Tensor)
        t._p, t._node = p, node
        return t
    if type(out) is Named:
        return lift(out.value, out.label, sources)
    if type(out) is Draft and label is not None:
        out.sketch.label_of(out, label, sources)
    if isinstance(out, Values):
        return out.cls([lift(o, label, sources) for o in out.values])
    if isinstance(out, tuple | list):
        return type(out)(lift(o, label, sources) for o in out)
    if isinstance(out, dict):
        return {k: lift(o, label, sources) for k, o in out.items()}
    return wrap(Tensor, out) if is_payload(out) else out


def note(node: Any, label: str, sources: Sequence[Any]) -> None:
    """Name a new node, and note whose function's result it is."""
    if type(node) is Slot:
        node = node.edges[0]
    if node.leaf or node.label is not None:
        return
    tensors = tensors_in(sources)
    nodes = tuple([t._node for t in tensors])
    if node not in nodes:
        node.label = label
        if label in READS:
            note_reads(node, [t for i, t in enumerate(tensors) if i in READS[label]])
        if not _numbers_are_operands(node, sources):
            node.metadata = {"inputs": nodes}


def note_reads(node: Any, tensors: Sequence[Any]) -> None:
    """Note operands that PyTorch saves beside what our derivative reads."""
    if any(t._inference for t in tensors):
        raise RuntimeError(errors.INFERENCE_SAVED)
    node.also = tuple((t._p, t._node) for t in tensors if type(t._p) is np.ndarray)


def _numbers_are_operands(node: Any, sources: Sequence[Any]) -> bool:
    """Whether `node` is of an operation of two operands, one of them a number.

    PyTorch makes a tensor of that number, which counts among the inputs.
    """
    return (
        len(sources) == 2
        and len(node.edges) == 2
        and node.prim.kind == "elementwise"
        and any(type(s) in (int, float, complex) for s in sources)
    )


def tensors_in(xs: Any) -> list[Any]:
    out: list[Any] = []
    for x in xs:
        if isinstance(x, CoreTensor):
            out.append(x)
        elif type(x) in (tuple, list):
            out += tensors_in(x)
    return out


def write_out(out: Any, payload: Any, sources: Any, name: str = "") -> Any:
    """Write a result to the tensor(s) given as `out=`."""
    if type(payload) is Named:
        payload = payload.value
    if isinstance(payload, Values):
        for o, p in zip(out, payload.values, strict=True):
            write_out(o, p, sources, name)
        return payload.cls(out)
    if isinstance(payload, tuple | list):
        for o, p in zip(out, payload, strict=True):
            write_out(o, p, sources, name)
        return out
    recording = state().recording
    if recording and (type(payload) is Traced or out._node is not None):
        raise RuntimeError(
            f"{name}(): functions with out=... arguments don't support automatic "
            "differentiation, but one of the arguments requires grad."
        )
    check_result_type(payload, out._p, name)
    if out.is_inference() and not state().inference:
        raise RuntimeError(errors.INFERENCE_WRITE)
    if payload.shape != out._p.shape:
        _resize(out, payload.shape)
    mutation.write(out, cast(payload, out._p.dtype))
    return out


def _resize(out: Any, shape: tuple[int, ...]) -> None:
    if out._p.size:
        import warnings

        warnings.warn(
            f"An output with one or more elements was resized since it had shape "
            f"{list(out._p.shape)}, which does not match the required output shape "
            f"{list(shape)}. This behavior is deprecated, and in a future PyTorch "
            "release outputs will not be resized unless they have zero elements. You "
            "can explicitly reuse an out tensor t by resizing it, inplace, to zero "
            "elements with t.resize_(0). (Triggered internally at "
            "/__w/pytorch/pytorch/aten/src/ATen/native/Resize.cpp:30.)",
            UserWarning,
            stacklevel=4,
        )
    out._p = np.empty(shape, out._p.dtype)


_EXACT = frozenset(
    (
        *("abs", "bitwise_not", "ceil", "floor", "frac", "neg", "round", "sgn", "sign"),
        *("trunc", "hardshrink", "softshrink", "gelu", "softplus", "conj_physical"),
    )
)
"""Functions that write to no other dtype than that of their operand."""


def check_result_type(payload: Payload, target: Payload, name: str = "") -> None:
    found, wanted = of_numpy(payload.dtype), of_numpy(target.dtype)
    if found is not wanted and name in _EXACT:
        raise RuntimeError(
            f"Found dtype {wanted.scalar_type} but expected {found.scalar_type}"
        )
    if found is not wanted and not dtypes.can_cast(found, wanted):
        raise RuntimeError(
            f"result type {found.scalar_type} can't be cast to the "
            f"desired output type {wanted.scalar_type}"
        )


# --- the functions --------------------------------------------------------------------

ALSO.update(READS)
_RENAMED = {"axis": "dim", "keepdims": "keepdim", "x1": "input", "x2": "other"}


def public(
    body: Body,
    name: str,
    label: str | None,
    check: Callable[..., None] | None = None,
    own: str = "",
) -> Callable[..., Any]:
    """The function on tensors whose body works on payloads.

    `check` looks at the arguments (`signatures.checker`); `name` is an alias of `own`.
    """
    shown: Any = None  # what users see as this function
    listed = takes_list(body)

    def function(*args: Any, **kwargs: Any) -> Any:
        out = None
        if check is not None:
            try:
                check(args, kwargs)
            except TypeError:
                from isograd.torch.overrides import taken_over

                return taken_over(shown, args, kwargs)
        if kwargs:
            out = kwargs.pop("out", None)
            kwargs = {_RENAMED.get(k, k): v for k, v in kwargs.items()}
        if np.ndarray in map(type, args):
            refuse_arrays(body, name, args, kwargs)
        if listed and args and isinstance(args[0], tuple | list):
            refuse_listed_arrays(args[0])
        try:
            if not kwargs:
                result = body(*map(lower, args))
                if out is None:
                    return lift(result, label, args)
            else:
                result = body(
                    *map(lower, args), **{k: lower(v) for k, v in kwargs.items()}
                )
            if out is not None:
                return write_out(out, result, args, own or name)
            return lift(result, label, (*args, *kwargs.values()))
        except EngineError as error:
            raise translated(error) from None
        except (TypeError, AttributeError, ValueError) as error:
            from isograd.torch.overrides import foreign, handle_torch_function

            if foreign((*args, *kwargs.values())):
                return handle_torch_function(shown, args, *args, **kwargs)
            raise explained(error, body, name, args, kwargs) from None

    outcome = partial(_outcome, label=label)
    shown = planned(body, function, Tensor, FAMILY, outcome) or function
    shown.__name__ = shown.__qualname__ = name
    shown.__doc__ = body.__doc__
    return shown


def _outcome(out: Any, label: str | None) -> Outcome:
    """What `lift` makes of a body's result, for a plan."""
    if type(out) is Named:
        return _outcome(out.value, out.label)
    if isinstance(out, Draft):
        return Outcome([(out, label)], None)
    if isinstance(out, Values):
        parts, build = out.values, partial(tuple.__new__, out.cls)
    elif isinstance(out, tuple | list):
        parts, build = out, tuple if type(out) is tuple else list
    else:
        raise Unplanned
    inner = [_outcome(o, label) for o in parts]
    if any(o.build for o in inner):
        raise Unplanned
    return Outcome([o.drafts[0] for o in inner], build)


_OWN = {
    "isograd.rules",
    "isograd.core.plans",
    "isograd.torch.autocasting",
    "isograd.torch.nn.table",
    "isograd.torch.overrides",
    __name__,
}


def warn(text: str, category: type[Warning] = UserWarning) -> None:
    """Warn about a call, at the line that calls a function of these tables."""
    irregular()
    frame: Any = sys._getframe(1)
    own, depth = {*_OWN, frame.f_globals["__name__"]}, 2
    while frame is not None and frame.f_globals.get("__name__") in own:
        frame, depth = frame.f_back, depth + 1
    warnings.warn(text, category, stacklevel=depth)


def in_place(
    body: Body, name: str, label: str | None, prim: Any = None, method_too: bool = True
) -> Callable[..., Any]:
    """The method that writes the body's result to its first operand."""
    check = checker(name, method_too)

    def method(*args: Any, **kwargs: Any) -> Any:
        check(args, kwargs)
        self = args[0] if args else kwargs.pop("input", None)
        args = args[1:]
        kwargs = {_RENAMED.get(k, k): lower(v) for k, v in kwargs.items()}
        if np.ndarray in map(type, args):
            refuse_arrays(body, name, (self, *args), {})
        try:
            write_result(
                self, body, tuple(map(lower, args)), kwargs, label, prim, (self, *args)
            )
        except EngineError as error:
            raise translated(error) from None
        except (TypeError, AttributeError, ValueError) as error:
            raise explained(error, body, name, (self, *args), kwargs) from None
        return self

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"`{name[:-1]}` in place."
    return method


def write_result(
    t: Any,
    body: Body,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    label: str | None,
    prim: Any,
    sources: Sequence[Any],
) -> None:
    """`t <- body(t, *args)`, checked as PyTorch checks it."""
    needs = any(type(a) is Traced for a in args)
    check_write(t, needs)
    overlap = getattr(body, "overlap", False)
    if not overlap:
        check_memory(t, args)
    x = payload_of(t)
    traced = type(x) is Traced or needs
    if traced and (prim is None or mutation.reads_own(prim, (x, *args))):
        x = mutation.copied(x)
    out = body(x, *args, **kwargs)
    if type(out) is Named:
        out, label = out
    if out.shape != t._p.shape:
        raise RuntimeError(
            f"output with shape {list(t._p.shape)} doesn't match the "
            f"broadcast shape {list(out.shape)}"
        )
    check_result_type(out, t._p)
    out = cast(out, t._p.dtype)
    if type(out) is Traced and label is not None:
        note(out.node, label, sources)
    mutation.write(t, out, fresh=True, overlap=overlap)


def check_write(t: Any, needs: bool = False) -> None:
    """Raise where PyTorch forbids a write to `t`: leaves, views of several, modes.

    `needs` says that what is written requires a gradient.
    """
    if t.is_inference() and not state().inference:
        raise RuntimeError(errors.INFERENCE_WRITE)
    try:
        mutation.check_writable(t, needs)
    except EngineError as error:
        raise translated(error) from None


def check_memory(t: Any, operands: Sequence[Any] = ()) -> None:
    """An expanded tensor has no memory for each element, nor may operands overlap."""
    try:
        mutation.check_overlap(t)
    except EngineError as error:
        raise translated(error) from None
    for x in operands:
        p = x.p if type(x) is Traced else x
        if type(p) is np.ndarray and _partly_same(t._p, p):
            raise RuntimeError(errors.PARTLY_SAME)


def _partly_same(a: Any, b: np.ndarray) -> bool:
    """Whether dense arrays share some memory, but are not the same elements."""
    if type(a) is not np.ndarray or a is b or not np.may_share_memory(a, b):
        return False
    return not same_elements(a, b) and _dense(a) and _dense(b)


def check_apart(a: Any, x: Any) -> None:
    """Raise if a dense operand shares memory with what is written."""
    b = x.p if type(x) is Traced else x
    if type(a) is np.ndarray and type(b) is np.ndarray and np.may_share_memory(a, b):
        if _dense(a) and _dense(b):
            raise RuntimeError(errors.PARTLY_SAME)


def same_elements(a: Any, b: Any) -> bool:
    """Whether two payloads are the same elements in the same memory."""
    b = b.p if type(b) is Traced else b
    if type(a) is not np.ndarray or type(b) is not np.ndarray:
        return False
    return (
        a.strides == b.strides
        and a.shape == b.shape
        and a.dtype == b.dtype
        and _start(a) == _start(b)
    )


def _start(a: np.ndarray) -> int:
    return a.__array_interface__["data"][0]


def _dense(a: np.ndarray) -> bool:
    """Whether the elements fill a block of memory without overlap."""
    step = a.dtype.itemsize
    for s, n in sorted(zip(a.strides, a.shape, strict=True)):
        if n > 1 and s != step:
            return False
        step *= n
    return True


def view_of(x: Any, prim: Any, label: str | None, **params: Any) -> Any:
    """A tensor that shares x's memory, by a view primitive."""
    t = _quick_view(x, prim, params, label)
    if t is not None:
        return t
    try:
        t = mutation.make_view(Tensor, x, prim, params)
    except EngineError as error:
        raise translated(error) from None
    if type(t._p) is Draft:
        t._p.sketch.name_node(t._p, label)
    elif t._node is not None and not t._node.leaf:
        t._node.label = label
    return t


_quick_view = fast.view(Tensor, FAMILY)


def note_birth(t: Any, sources: Any) -> None:
    """Note that `t` was made in inference mode, unless it shares a source's memory."""
    owner = root(t._p)
    for s in tensors_in(sources):
        if type(s._p) is np.ndarray and root(s._p) is owner:
            t._inference = s._inference
            return
    note_made(t)
