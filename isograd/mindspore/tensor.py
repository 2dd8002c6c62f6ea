"""`mindspore.Tensor`: construction, attributes, conversions, writes in place.

Operators and methods that compute are installed by the tables of `ops`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.base.missing import no_attribute
from isograd.core import mutation
from isograd.core import tensor as core
from isograd.core.levels import state
from isograd.core.primitive import BOUND, RAW, Payload, ndarray
from isograd.core.storage import note_write, root
from isograd.core.tape import Leaf, Traced
from isograd.core.tensor import payload_of, wrap
from isograd.mindspore import dtype as dtypes
from isograd.mindspore import errors
from isograd.mindspore.errors import translated
from isograd.mindspore.text import repr_of, shown, str_of

FAMILY: set[type] = set()  # further classes that the fast operators take (Parameter)
_NUMBERS = (bool, int, float, complex, np.generic)


# NumPy's functions behind an array's operators: the operator of the right operand
_OPERATORS = {
    "add": "__radd__",
    "subtract": "__rsub__",
    "multiply": "__rmul__",
    "divide": "__rtruediv__",
    "floor_divide": "__rfloordiv__",
    "remainder": "__rmod__",
    "power": "__rpow__",
    "matmul": "__rmatmul__",
    "equal": "__eq__",
    "not_equal": "__ne__",
    "less": "__gt__",
    "less_equal": "__ge__",
    "greater": "__lt__",
    "greater_equal": "__le__",
}


class Tensor(core.Tensor):
    """An array with MindSpore's interface; `_p` and `_node` as in the engine.

    Args:
        input_data: a tensor (its graph is kept), array, number, or nested sequence.
        dtype: of the result; by default the data's, float32 for Python floats.
        shape, init: in place of data, a shape and an initializer that fills it.

    Raises:
        TypeError: for data that is not numeric, or ragged.
        ValueError: if `init` comes without shape or dtype.
    """

    __array_priority__ = 1000
    __hash__ = object.__hash__
    const_arg = False
    init: Any = None
    device = "CPU"
    __getitem__: Any  # these two by `ops.keys`
    __setitem__: Any

    def __init__(
        self,
        input_data: Any = None,
        dtype: Any = None,
        shape: Any = None,
        init: Any = None,
        const_arg: bool = False,
        device: Any = None,
        **unknown: Any,
    ) -> None:
        for name in unknown:
            raise TypeError(f"'{name}' is an invalid keyword argument for Tensor()")
        want = None if dtype is None else dtypes.np_of(dtypes.of_tensor(dtype))
        if input_data is not None and shape is not None:
            raise ValueError(
                "When initializing a tensor with 'input_data', 'shape' should be set "
                f"to None.But got shape: {shape}."
            )
        if init is not None or (input_data is None and shape is not None):
            self._p = _initialised(shape, want, init)
            self.init = init
            return
        payload = as_payload(input_data, want)
        if type(payload) is Traced:
            self._p, self._node = payload.p, payload.node
        else:
            self._p = payload

    @staticmethod
    def from_numpy(array: np.ndarray) -> Tensor:
        """A tensor that shares the array's memory."""
        if not isinstance(array, np.ndarray):
            raise TypeError(
                "The input of from_numpy must be a numpy.ndarray, but got "
                f"{type(array)}."
            )
        out = wrap(Tensor, np.ascontiguousarray(array).reshape(array.shape))
        out.__dict__["_as_numpy"] = True
        return out

    # --- what it is -------------------------------------------------------------------

    shape = property(lambda self: self._p.shape)
    ndim = property(lambda self: self._p.ndim)
    size = property(lambda self: self._p.size)
    dtype = property(lambda self: dtypes.of_numpy(self._p.dtype))
    itemsize = property(lambda self: self._p.dtype.itemsize)
    nbytes = property(lambda self: self._p.dtype.itemsize * self._p.size)
    has_init = property(lambda self: self.init is not None)
    adapter_flag = property(lambda self: False)
    _dtype = dtype

    def dim(self) -> int:
        return self._p.ndim

    ndimension = dim

    def numel(self) -> int:
        return self._p.size

    nelement = numel

    def element_size(self) -> int:
        return self._p.dtype.itemsize

    @property
    def strides(self) -> tuple[int, ...]:
        return self.array("strides").strides

    def stride(self, dim: int | None = None) -> Any:
        steps = [s // self.itemsize for s in self.array("stride").strides]
        return steps if dim is None else steps[dim]

    def storage_offset(self) -> int:
        """How many elements of the storage stand before the first one."""
        a = self.array("storage_offset")
        start, here = (x.__array_interface__["data"][0] for x in (root(a), a))
        return (here - start) // self.itemsize

    def is_contiguous(self) -> bool:
        return type(self._p) is not ndarray or bool(self._p.flags.c_contiguous)

    def is_floating_point(self) -> bool:
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        return self._p.dtype.kind == "c"

    def is_signed(self) -> bool:
        return self.dtype.is_signed

    _version = property(lambda self: 0)  # MindSpore's CPU build counts no versions

    # --- values -----------------------------------------------------------------------

    def array(self, what: str = "asnumpy") -> np.ndarray:
        """The ndarray of this tensor; mapped or staged values have none."""
        p = self._p
        if type(p) is ndarray:
            return p
        try:
            return core.concrete(p, what)
        except EngineError as error:
            raise translated(error) from None

    def asnumpy(self) -> np.ndarray:
        """The elements as an ndarray that shares this tensor's memory."""
        a = self.init_data().array()
        if a.dtype.kind == "V":
            raise TypeError(
                "For asnumpy, bfloat16 has no NumPy dtype; convert the "
                "Tensor to float32 first."
            )
        return a[...]

    numpy = asnumpy

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        a = self.asnumpy()
        if dtype is not None and a.dtype != dtype:
            return a.astype(dtype)
        return a.copy() if copy else a

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        """`array * tensor` is a tensor; other functions of NumPy see arrays."""
        name = _OPERATORS.get(ufunc.__name__)
        if name and method == "__call__" and type(inputs[0]) is ndarray and not kwargs:
            return getattr(self, name)(inputs[0])
        arrays = (x.asnumpy() if isinstance(x, Tensor) else x for x in inputs)
        return getattr(ufunc, method)(*arrays, **kwargs)

    def tolist(self) -> Any:
        return shown(self).tolist()

    def item(self, index: Any = None) -> Any:
        """The element, or the one at an index, as a Python number."""
        a = shown(self)
        if index is not None:
            return a.item(index) if isinstance(index, int) else a[tuple(index)].item()
        if a.size != 1:
            raise errors.ambiguous(a.size)
        return a.item()

    def itemset(self, *args: Any) -> Tensor:
        """A tensor with one element replaced."""
        out = wrap(Tensor, self.array("itemset").copy())
        *index, value = args
        if not index:
            out._p[...] = value
        else:
            at = index[0]
            at = np.unravel_index(at, out.shape) if isinstance(at, int) else at
            out._p[at] = value
        return out

    def _number(self, kind: Any) -> Any:
        a = shown(self)
        if a.size != 1:
            raise ValueError(
                "Only one element tensors can be converted to Python scalars"
            )
        return kind(a.item())

    def __bool__(self) -> bool:
        a = self.array("bool")
        if a.size != 1:
            raise errors.ambiguous(a.size)
        return bool(a.item())

    def __int__(self) -> int:
        return self._number(int)

    def __float__(self) -> float:
        return self._number(float)

    def __complex__(self) -> complex:
        return self._number(complex)

    def __index__(self) -> int:
        if self._p.dtype.kind not in "iub" or self._p.size != 1:
            raise ValueError(
                "Only integer tensors of a single element can be converted to an index."
            )
        return self._number(int)

    def __len__(self) -> int:
        if not self._p.ndim:
            raise TypeError("Not support len of a 0-D tensor")
        return self._p.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self._p.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return (self[i] for i in range(self._p.shape[0]))

    def __contains__(self, value: Any) -> bool:
        return bool((self.array("in") == value).any())

    def __repr__(self) -> str:
        return repr_of(self)

    def __str__(self) -> str:
        return str_of(self)

    def __getattr__(self, name: str) -> Any:
        kind = type(self).__name__
        raise no_attribute(
            "mindspore.Tensor",
            name,
            "mindspore",
            f"'{kind}' object has no attribute '{name}'",
        )

    # --- copies, memory ---------------------------------------------------------------

    def init_data(self, *_: Any, **__: Any) -> Tensor:
        """This tensor: initializers fill at once here, told only from now on."""
        if self.init is not None:
            self.init = None
            self.__dict__["_as_numpy"] = True
        return self

    def value(self) -> Tensor:
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without graph."""
        return wrap(Tensor, self._p)

    def pin_memory(self) -> Tensor:
        return self

    is_pinned = is_signed

    def flush_from_cache(self) -> None:
        """Nothing: there is no cache."""

    def set_dtype(self, dtype: Any) -> Tensor:
        """This tensor with its elements converted to a dtype."""
        d = dtypes.np_of(dtype)
        if self._p.dtype != d:
            self._p = BOUND.convert(self.array("set_dtype"), dtype=d)
        return self

    def assign_value(self, value: Any) -> Tensor:
        """Take over a value; the graph of this tensor stays what it was."""
        assign(self, as_payload(value, None))
        return self

    set_data = assign_value

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        new = wrap(type(self), self.array("deepcopy").copy())
        memo[id(self)] = new
        return new

    def __copy__(self) -> Tensor:
        return self.__deepcopy__({})

    def __reduce_ex__(self, protocol: Any) -> Any:
        cls = type(self)
        return rebuild, (None if cls is Tensor else cls, self.array("pickle"))


Tensor.__module__ = "mindspore.common.tensor"


def rebuild(cls: type[Tensor] | None, array: np.ndarray) -> Tensor:
    """A tensor from its pickled parts; None stands for `Tensor` itself."""
    return wrap(cls or Tensor, array)


def tensor(
    input_data: Any = None,
    dtype: Any = None,
    shape: Any = None,
    init: Any = None,
    const_arg: bool = False,
    **_: Any,
) -> Tensor:
    """The same as `Tensor(...)`."""
    return Tensor(input_data, dtype, shape, init, const_arg)


from_numpy = Tensor.from_numpy


def is_tensor(obj: Any) -> bool:
    """Whether an object is a Tensor."""
    return isinstance(obj, Tensor)


# --- construction ---------------------------------------------------------------------


def as_payload(data: Any, want: Any) -> Payload:
    """Tensor data as a payload of a NumPy dtype (the data's own, if None).

    Arrays are copied; of a tensor the graph is kept.
    """
    if isinstance(data, core.Tensor):
        p = payload_of(data)
        if want is None or p.dtype == want:
            return mutation.copied(p)
        return BOUND.convert(p, dtype=want)
    if isinstance(data, np.ndarray):
        return _checked(data).astype(want or data.dtype, order="C", copy=True)
    if isinstance(data, tuple | list) and _holds_tensors(data):
        return _stacked(data, want)
    if not isinstance(data, (*_NUMBERS, tuple, list)):
        raise TypeError(
            "For 'Tensor', the type of 'input_data' should be one of '['TensorPy', "
            "'Tensor', 'ndarray', 'str_', 'list', 'tuple', 'float', 'int', 'bool', "
            f"'complex', 'bytes']', but got type '{type(data).__name__}'."
        )
    try:
        a = _checked(np.array(data))
    except (ValueError, TypeError):
        raise TypeError(
            f"For Tensor, the input_data is {data} that contain unsupported element."
        ) from None
    if want is None:
        want = _default(a.dtype, data)
    return a.astype(want, copy=False)


def _default(found: Any, data: Any) -> Any:
    """Python's floats, and floats in sequences, are float32; integers in sequences
    int64; NumPy's numbers keep their dtype."""
    if isinstance(data, np.generic):
        return found
    wide = {"f": np.dtype("float32"), "i": np.dtype("int64")}
    return wide.get(found.kind, found)


def _checked(a: np.ndarray) -> np.ndarray:
    if a.dtype.kind not in "biufc" and a.dtype.name != "bfloat16":
        raise TypeError(
            "initializing tensor by numpy array failed, because the element type "
            f"'{a.dtype.type}' of array is not supported."
        )
    return a


def _holds_tensors(data: Any) -> bool:
    return any(
        isinstance(x, core.Tensor)
        or (isinstance(x, tuple | list) and _holds_tensors(x))
        for x in data
    )


def _stacked(data: Any, want: Any) -> Payload:
    """A nested sequence with tensors in it, one new axis a level."""
    parts = [as_payload(x, want) for x in data]
    d = want or dtypes.result_of([p.dtype for p in parts], ())
    return BOUND.stack(*(BOUND.convert(p, dtype=d) for p in parts), axis=0)


def _initialised(shape: Any, want: Any, init: Any) -> np.ndarray:
    if shape is None or want is None:
        raise ValueError(
            "For Tensor, the 'dtype' and 'shape' must not be None if the "
            "'init' is specified."
        )
    size = (
        (shape,)
        if isinstance(shape, int)
        else tuple(0 if n is None else int(n) for n in shape)
    )  # None: a size yet unknown
    out = np.zeros(size, want)
    if init is not None:
        init(out)
    return out


# --- writes ---------------------------------------------------------------------------


def assign(t: Tensor, value: Payload) -> None:
    """Replace the elements of a tensor, as `ops.assign` does: no trace on the tape.

    Memory that a recorded operation may have saved is left alone.
    """
    while type(value) is Traced:
        value = value.p
    if value.dtype != t._p.dtype:
        value = BOUND.convert(value, dtype=t._p.dtype)
    if type(t._p) is not ndarray or type(value) is not ndarray:
        t._p = value
    elif t._node is not None or value.shape != t._p.shape or state().level:
        t._p = np.array(
            np.broadcast_to(value, t._p.shape) if value.size == 1 else value
        )
    else:
        np.copyto(t._p, value)
        note_write(t._p)


def write(t: Tensor, value: Payload) -> None:
    """`t[...] = value`, recorded.

    MindSpore counts no versions: what operations saved of the old elements stays
    valid here, because a recorded tensor is moved to memory of its own first.
    """
    base = t if t._view is None else t._view.base
    taped = base._node is not None or state().level
    if taped and type(base._p) is ndarray and type(base._node) is not Leaf:
        _move(base)
    mutation.write(t, value, fresh=False)


def computed(t: Tensor) -> None:
    """Make a leaf the copy of itself: a value on the tape that may be written to."""
    core.hold(t, BOUND.copy(payload_of(t)))


def _move(base: Any) -> None:
    """Give a base and its views new memory with the same elements."""
    base._p = base._p.copy()
    for ref in base._views or ():
        v = ref()
        if v is not None and v._view is not None and v._view.base is base:
            v._p = mutation.follow(RAW, base._p, v._view.chain)
