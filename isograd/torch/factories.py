"""Filled tensors, ranges and conversions between dtypes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.core.abstract import Abstract, is_abstract
from isograd.core.primitive import BOUND
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import payload_of, wrap
from isograd.torch import creation, dtypes
from isograd.torch.call import cast, public, reworded, type_name
from isograd.torch.dtypes import DEFAULTS, check_device, is_meta, preserve_format
from isograd.torch.dtypes import device as Device
from isograd.torch.dtypes import dtype as Dtype
from isograd.torch.scalars import element
from isograd.torch.signatures import checker
from isograd.torch.table import FUNCTIONS, tensor_row
from isograd.torch.tensor import Tensor, set_leaf

F = BOUND


def finished(
    array: Any, requires_grad: bool = False, device: Any = None, out: Any = None
) -> Tensor:
    """A new tensor around an array."""
    if device is not None:
        check_device(device)
    if out is not None:
        from isograd.torch.call import write_out

        return write_out(out, array, ())
    if (device is not None or DEFAULTS) and is_meta(device):
        array = Abstract(array.shape, array.dtype)
    t = wrap(Tensor, array)
    if requires_grad:
        set_leaf(t)
    return t


def _size_of(args: Sequence[Any], name: str) -> tuple[int, ...]:
    if len(args) == 1 and isinstance(args[0], tuple | list):
        args = args[0]
    many = len(args) == 1 and getattr(args[0], "ndim", 0)
    if many or (len(args) == 1 and isinstance(args[0], str | float | bool | None)):
        raise TypeError(
            f"{name}(): argument 'size' (position 1) must be tuple of "
            "ints, "
            f"not {type_name(args[0])}"
        )
    out = []
    for i, n in enumerate(args):
        if isinstance(n, float | str) or n is None:
            raise TypeError(
                f"{name}(): argument 'size' failed to unpack the object at pos {i + 1} "
                f'with error "type must be tuple of ints,but got {type(n).__name__}"'
            )
        out.append(int(n))
        if out[-1] < 0:
            raise RuntimeError(
                f"{name}: Dimension size must be non-negative."
                if name == "zeros"
                else "Trying to create tensor with negative dimension "
                f"{out[-1]}: [{', '.join(str(int(k)) for k in args)}]"
            )
    return tuple(out)


def _laid_out(p: np.ndarray, d: np.dtype[Any]) -> np.ndarray:
    """Zeros with p's order of axes in memory, if p is dense."""
    order = sorted(range(p.ndim), key=lambda i: (-p.strides[i], i))
    step = p.itemsize
    for i in reversed(order):
        if p.shape[i] > 1 and p.strides[i] != step:  # with gaps, or expanded
            return np.zeros(p.shape, d)
        step *= p.shape[i]
    base = np.zeros([p.shape[i] for i in order], d)
    return base.transpose(np.argsort(order))


def plain_dtype(dtype: Any) -> np.dtype[Any]:
    return (dtypes.default() if dtype is None else dtypes.as_dtype(dtype)).np


def _sized(full: Any, name: str, make: Callable[..., Any]) -> Callable[..., Tensor]:
    """`full` with a short way for sizes alone, and PyTorch's words for errors."""

    def sized(*args: Any, **kwargs: Any) -> Tensor:
        if args and not kwargs and not DEFAULTS:
            shape = args
            if len(args) == 1 and isinstance(args[0], tuple | list):
                shape = args[0]
            try:
                return wrap(Tensor, make(shape, dtypes.default().np))
            except (TypeError, ValueError):
                pass  # the general path explains it
        if "size" in kwargs:
            args = (kwargs.pop("size"),)
        if not args:
            words = 'missing 1 required positional arguments: "size"'
            raise TypeError(f"{name}() {words}")
        try:
            return full(*args, **kwargs)
        except TypeError as error:
            raise TypeError(reworded(str(error), name)) from None

    return sized


def _full(name: str, make: Callable[..., Any]) -> Callable[..., Tensor]:
    """`torch.zeros` and its kind."""

    def full(
        *size: Any,
        out: Any = None,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        pin_memory: bool = False,
        requires_grad: bool = False,
        memory_format: Any = None,
        names: Any = None,
        generator: Any = None,
    ) -> Tensor:
        shape = _size_of(size, name)
        if names is not None:
            raise TypeError(f"{name}() got an unexpected keyword argument 'names'")
        if out is not None:
            given = out.dtype if dtype is None else dtypes.as_dtype(dtype)
            if given is not out.dtype:
                raise RuntimeError(
                    f"dtype {given.scalar_type} does not match dtype of out parameter "
                    f"({out.dtype.scalar_type})"
                )
            dtype = given
        return finished(make(shape, plain_dtype(dtype)), requires_grad, device, out)

    return _sized(full, name, make)


def _new(name: str, make: Callable[..., Any]) -> Callable[..., Tensor]:
    """`Tensor.new_zeros` and its kind."""

    def new(
        self: Any,
        *size: Any,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **kw: Any,
    ) -> Tensor:
        shape = _size_of((kw["size"],) if "size" in kw else size, f"new_{name}")
        d = self._p.dtype if dtype is None else dtypes.as_dtype(dtype).np
        device = dtypes.META if device is None and self.is_meta else device
        return finished(make(shape, d), requires_grad, device)

    return new


def _like(name: str, make: Callable[..., Any]) -> Callable[..., Tensor]:
    """`torch.zeros_like` and its kind."""

    def like(
        input: Any,
        *,
        dtype: Any = None,
        layout: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        memory_format: Any = None,
        pin_memory: bool = False,
    ) -> Tensor:
        if not isinstance(input, CoreTensor):
            raise TypeError(
                f"{name}_like(): argument 'input' (position 1) must be Tensor, "
                f"not {type_name(input)}"
            )
        p = input._p
        d = p.dtype if dtype is None else dtypes.as_dtype(dtype).np
        if is_abstract(p):
            where = dtypes.META if device is None else device
            return finished(make(p.shape, d), requires_grad, where)
        if type(p) is not np.ndarray:
            value = 1 if name == "ones" else 0
            out = wrap(Tensor, F.full_like(cast(payload_of(input), d), value=value))
            return out
        made = make(p.shape, d) if p.flags.c_contiguous else _laid_out(p, d)
        if name == "ones" and not p.flags.c_contiguous:
            made.fill(1)
        if memory_format is not None and memory_format is not preserve_format:
            made = make(p.shape, d)
        return finished(made, requires_grad, device)

    return like


def _filled(name: str, make: Callable[..., Any]) -> None:
    """Enter the three functions that make tensors of one content."""
    kinds = {name: _full, f"{name}_like": _like, f"new_{name}": _new}
    for n, kind in kinds.items():
        fn: Any = kind(name, make)
        fn.__name__ = fn.__qualname__ = n
        if kind is _new:
            setattr(Tensor, n, fn)
        else:
            FUNCTIONS[n] = fn


for _name, _make in {"zeros": np.zeros, "ones": np.ones, "empty": np.zeros}.items():
    _filled(_name, _make)


def _full_dtype(value: Any, dtype: Any) -> np.dtype[Any]:
    if dtype is not None:
        return dtypes.as_dtype(dtype).np
    if isinstance(value, CoreTensor):
        return value._p.dtype
    return dtypes.dtype_of_number(value).np


def number(value: Any) -> Any:
    return value.item() if isinstance(value, Tensor) else value


@tensor_row(method=False)
def full(
    size: Any,
    fill_value: Any,
    *,
    out: Any = None,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
    names: Any = None,
) -> Tensor:
    """A tensor filled with one number, whose kind decides the dtype."""
    shape = _size_of((size,), "full")
    if not isinstance(fill_value, CoreTensor | int | float | complex | np.generic):
        raise TypeError(
            "full(): argument 'fill_value' (position 2) must be Number, "
            "not " + type(fill_value).__name__
        )
    if isinstance(size, int | np.generic):
        raise TypeError(
            "full(): argument 'size' (position 1) must be tuple of ints, "
            f"not {type_name(size)}"
        )
    if isinstance(fill_value, CoreTensor) and fill_value._p.ndim:
        raise TypeError(
            "full(): argument 'fill_value' (position 2) must be Number, not Tensor"
        )
    value = element(number(fill_value), _full_dtype(fill_value, dtype))
    return finished(np.full(shape, value), requires_grad, device, out)


@tensor_row(method=False)
def full_like(
    input: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    layout: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    memory_format: Any = None,
    pin_memory: bool = False,
) -> Tensor:
    d = input._p.dtype if dtype is None else dtype.np
    if type(input._p) is not np.ndarray:
        return wrap(
            Tensor, F.full_like(cast(payload_of(input), d), value=number(fill_value))
        )
    out = np.full_like(input._p, element(number(fill_value), d), d)
    return finished(out, requires_grad, device)


@tensor_row(function=False)
def new_full(
    self: Any,
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **_: Any,
) -> Tensor:
    d = self.dtype if dtype is None else dtype
    return full(size, fill_value, dtype=d, device=device, requires_grad=requires_grad)


@tensor_row(function=False)
def new_tensor(
    self: Any,
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    **_: Any,
) -> Tensor:
    return creation.tensor(
        data,
        dtype=self.dtype if dtype is None else dtype,
        device=device,
        requires_grad=requires_grad,
    )


@tensor_row(function=False)
def new(self: Any, *args: Any, **_: Any) -> Tensor:
    return wrap(Tensor, creation.legacy_array(args, self.dtype))


@tensor_row(method=False)
def empty_strided(size: Any, stride: Any, *, dtype: Any = None, **_: Any) -> Tensor:
    if len(size) != len(stride):
        raise RuntimeError(
            f"dimensionality of sizes ({len(size)}) must match dimensionality of "
            f"strides ({len(stride)})"
        )
    if any(n < 0 for n in size):
        raise RuntimeError(
            "Trying to create tensor with negative dimension "
            f"{next(n for n in size if n < 0)}: {list(size)}"
        )
    order = sorted(range(len(size)), key=lambda i: -stride[i])
    base = np.zeros([size[i] for i in order], plain_dtype(dtype))
    return finished(base.transpose(np.argsort(order)))


@tensor_row(method=False)
def scalar_tensor(s: Any, *, dtype: Any = None, **kw: Any) -> Tensor:
    return creation.tensor(s, dtype=dtypes.default() if dtype is None else dtype, **kw)


# --- conversions ----------------------------------------------------------------------

_converted = public(lambda x, d: F.convert(x, dtype=d), "to", "ToCopyBackward0")


def as_dtype(x: Any, d: Dtype, copy: bool = False) -> Any:
    """x in another dtype, x itself where it has it already."""
    if x.dtype is d:
        return x.clone() if copy else x
    return _converted(x, d.np)


@tensor_row(function=False)
def to(self: Any, *args: Any, **kwargs: Any) -> Any:
    """`to(dtype)`, `to(device)`, `to(device, dtype)`, `to(other)`."""
    copy = kwargs.get("copy", False)
    d, where = kwargs.get("dtype"), kwargs.get("device")
    for a in args:
        if isinstance(a, Dtype):
            d = a
        elif isinstance(a, Tensor):
            d = a.dtype
        elif isinstance(a, str | Device) or (
            isinstance(a, int) and not isinstance(a, bool)
        ):
            where = a
        elif type(a) is type:
            d = dtypes.as_dtype(a)
        elif a is not None and not isinstance(a, bool):
            raise TypeError(
                "to() received an invalid combination of arguments - got "
                f"({type(a).__name__}), but expected one of:\n * (torch.device device "
                "= None, torch.dtype dtype = None, bool non_blocking = False, bool "
                "copy "
                "= False, *, torch.memory_format memory_format = None)\n * "
                "(torch.dtype dtype, bool non_blocking = False, bool copy = False, *, "
                "torch.memory_format memory_format = None)\n * (Tensor tensor, bool "
                "non_blocking = False, bool copy = False, *, torch.memory_format "
                "memory_format = None)\n"
            )
    check_device(where)
    if where is not None and is_meta(where) != is_abstract(self._p):
        return _moved(self, where, d)
    out = as_dtype(self, self.dtype if d is None else dtypes.as_dtype(d), copy)
    return _in_order(out, kwargs.get("memory_format"))


def _in_order(t: Any, memory_format: Any) -> Any:
    """The tensor with its elements in an order of memory."""
    if memory_format is None or memory_format is preserve_format:
        return t
    return t.contiguous(memory_format=memory_format)


def _moved(self: Any, where: Any, d: Any) -> Any:
    """A tensor on another device: its shape and dtype alone, if that is `meta`."""
    if not is_meta(where):
        raise NotImplementedError("Cannot copy out of meta tensor; no data!")
    found = self.dtype if d is None else dtypes.as_dtype(d)
    t = wrap(Tensor, Abstract(self._p.shape, found.np))
    if self.requires_grad:
        set_leaf(t)
    return t


def _to(name: str, d: Dtype) -> None:
    check = checker(name, method=True)

    def method(self: Any, *args: Any, memory_format: Any = None, **rest: Any) -> Any:
        if args or rest or memory_format is not None:
            check((self, *args), {**rest, "memory_format": memory_format})
        return _in_order(as_dtype(self, d), memory_format)

    method.__name__ = method.__qualname__ = name
    setattr(Tensor, name, method)


for _name, _dtype in {
    "float": "float32",
    "double": "float64",
    "half": "float16",
    "bfloat16": "bfloat16",
    "int": "int32",
    "long": "int64",
    "short": "int16",
    "char": "int8",
    "byte": "uint8",
    "bool": "bool",
    "cfloat": "complex64",
    "cdouble": "complex128",
}.items():
    _to(_name, dtypes.DTYPES[_dtype])


@tensor_row(function=False, name="type")
def type_(self: Any, dtype: Any = None, non_blocking: bool = False, **_: Any) -> Any:
    """The name of the tensor's type, or the tensor in another dtype."""
    if dtype is None:
        return f"torch.{self.dtype.legacy}"
    if isinstance(dtype, Dtype):
        return as_dtype(self, dtype)
    legacy = dtype if isinstance(dtype, str) else dtype.__name__
    found = [d for d in dtypes.DTYPES.values() if d.legacy == legacy.rpartition(".")[2]]
    if not found:
        raise ValueError(f"invalid type: '{dtype}'")
    return as_dtype(self, found[0])


@tensor_row(function=False)
def type_as(self: Any, other: Any) -> Any:
    return as_dtype(self, other.dtype)


@tensor_row(function=False)
def cpu(self: Any, memory_format: Any = None) -> Any:
    return to(self, "cpu") if self.is_meta else self


@tensor_row(function=False)
def cuda(self: Any, device: Any = None, *_: Any, **__: Any) -> Any:
    check_device("cuda")


@tensor_row(function=False)
def share_memory_(self: Any) -> Any:
    return self


@tensor_row(function=False)
def pin_memory(self: Any, device: Any = None) -> Any:
    raise RuntimeError("Cannot access accelerator device when none is available.")


# --- questions ------------------------------------------------------------------------


def is_tensor(obj: Any) -> bool:
    return isinstance(obj, Tensor)


def _asks(name: str) -> None:
    def ask(input: Any) -> Any:
        if not isinstance(input, Tensor):
            raise TypeError(
                f"{name}(): argument 'input' (position 1) must be Tensor, "
                f"not {type_name(input)}"
            )
        return getattr(input, name)()

    ask.__name__ = ask.__qualname__ = name
    FUNCTIONS[name] = ask


for _name in (
    "numel",
    "is_floating_point",
    "is_complex",
    "is_nonzero",
    "is_signed",
    "is_inference",
    "is_conj",
    "is_neg",
):
    _asks(_name)
FUNCTIONS["is_same_size"] = lambda input, other: input.is_same_size(other)
FUNCTIONS["is_tensor"] = is_tensor
FUNCTIONS["detach"] = lambda input: input.detach()


def result_type(tensor1: Any, tensor2: Any) -> Dtype:
    """The dtype that an operation of the two would have."""
    return dtypes.result_of(
        x._p if isinstance(x, CoreTensor) else x for x in (tensor1, tensor2)
    )


def can_cast(from_: Any = None, to: Any = None, **kw: Any) -> bool:
    """Whether a result of one dtype may be written to a tensor of another."""
    given = kw.get("from", from_)
    for word, d in (("from_", given), ("to", to)):
        if not isinstance(d, Dtype):
            raise TypeError(
                f"can_cast(): argument '{word}' (position "
                f"{1 if word == 'from_' else 2}) must be torch.dtype, "
                f"not {type_name(d)}"
            )
    return dtypes.can_cast(given, to)


FUNCTIONS["result_type"] = result_type
FUNCTIONS["can_cast"] = can_cast


@tensor_row(function=False)
def apply_(self: Any, callable: Any) -> Any:
    """Replace each element by a Python function of it."""
    if self.requires_grad:
        raise RuntimeError(
            "Can't call apply_() on Variable that requires grad. Use "
            "var.detach().apply_() instead."
        )
    a = self.array("apply_")
    self.copy_(
        finished(
            np.array([callable(v) for v in a.reshape(-1).tolist()], a.dtype).reshape(
                a.shape
            )
        )
    )
    return self
