"""PyTorch's dtypes, devices and sizes, and its rules of type promotion."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from isograd.base.dtypes import bfloat16 as np_bfloat16
from isograd.base.dtypes import is_bfloat16, limits_of
from isograd.core.plans import allow, forget

# name: (NumPy's name, kind, PyTorch's C++ name, legacy tensor class, aliases)
_TABLE: dict[str, tuple[str, str, str, str, tuple[str, ...]]] = {
    "bool": ("bool", "b", "Bool", "BoolTensor", ()),
    "uint8": ("uint8", "i", "Byte", "ByteTensor", ()),
    "int8": ("int8", "i", "Char", "CharTensor", ()),
    "int16": ("int16", "i", "Short", "ShortTensor", ("short",)),
    "int32": ("int32", "i", "Int", "IntTensor", ("int",)),
    "int64": ("int64", "i", "Long", "LongTensor", ("long",)),
    "uint16": ("uint16", "i", "UInt16", "UInt16Tensor", ()),
    "uint32": ("uint32", "i", "UInt32", "UInt32Tensor", ()),
    "uint64": ("uint64", "i", "UInt64", "UInt64Tensor", ()),
    "float16": ("float16", "f", "Half", "HalfTensor", ("half",)),
    "bfloat16": ("bfloat16", "f", "BFloat16", "BFloat16Tensor", ()),
    "float32": ("float32", "f", "Float", "FloatTensor", ("float",)),
    "float64": ("float64", "f", "Double", "DoubleTensor", ("double",)),
    "complex64": ("complex64", "c", "ComplexFloat", "ComplexFloatTensor", ("cfloat",)),
    "complex128": (
        "complex128",
        "c",
        "ComplexDouble",
        "ComplexDoubleTensor",
        ("cdouble",),
    ),
}
_ORDER = {"b": 0, "i": 1, "f": 2, "c": 3}


class dtype:
    """One of PyTorch's dtypes; there is a single object for each name."""

    __slots__ = ("_np", "kind", "legacy", "name", "scalar_type")
    name: str
    kind: str
    scalar_type: str
    legacy: str

    @property
    def np(self) -> np.dtype[Any]:
        """The NumPy dtype (bfloat16's is loaded on first use)."""
        return np_bfloat16() if self._np is None else self._np

    is_floating_point = property(lambda self: self.kind == "f")
    is_complex = property(lambda self: self.kind == "c")
    itemsize = property(lambda self: self.np.itemsize)

    @property
    def is_signed(self) -> bool:
        return not (self.kind == "b" or self.name.startswith("u"))

    def to_real(self) -> dtype:
        return _REAL.get(self, self)

    def to_complex(self) -> dtype:
        return _COMPLEX.get(self, self)

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> Any:
        return _by_name, (self.name,)

    def __copy__(self) -> dtype:
        return self

    def __deepcopy__(self, memo: Any) -> dtype:
        return self


def _make(name: str) -> dtype:
    found = dtype()
    np_name, found.kind, found.scalar_type, found.legacy, _ = _TABLE[name]
    found.name = name
    found._np = None if name == "bfloat16" else np.dtype(np_name)
    return found


DTYPES: dict[str, dtype] = {name: _make(name) for name in _TABLE}
NAMES: dict[str, dtype] = DTYPES | {
    alias: DTYPES[name] for name, row in _TABLE.items() for alias in row[4]
}
_BY_NUMPY = {d._np: d for d in DTYPES.values() if d._np is not None}


def _by_name(name: str) -> dtype:
    return DTYPES[name]


float16, float32, float64 = (DTYPES[n] for n in ("float16", "float32", "float64"))
bfloat16, complex64, complex128 = (
    DTYPES[n] for n in ("bfloat16", "complex64", "complex128")
)
bool_, uint8, int8, int16, int32, int64 = (
    DTYPES[n] for n in ("bool", "uint8", "int8", "int16", "int32", "int64")
)
_REAL = {complex64: float32, complex128: float64}
_COMPLEX = {
    float16: complex64,
    bfloat16: complex64,
    float32: complex64,
    float64: complex128,
}


_OF_TYPE = {float: float64, int: int64, bool: bool_, complex: complex128}


def as_dtype(d: Any) -> dtype:
    """A `dtype=` argument: one of ours, or a Python type."""
    if type(d) is dtype:
        return d
    found = _OF_TYPE.get(d)
    if found is None:
        raise TypeError(f"argument 'dtype' must be torch.dtype, not {type(d).__name__}")
    return found


def of_numpy(np_dtype: np.dtype[Any]) -> dtype:
    """PyTorch's dtype for NumPy's.

    Raises:
        TypeError: where PyTorch has none, with PyTorch's text.
    """
    found = _BY_NUMPY.get(np_dtype)
    if found is not None:
        return found
    if is_bfloat16(np_dtype):
        return bfloat16
    raise TypeError(
        f"can't convert np.ndarray of type {np_dtype.type.__module__}."
        f"{np_dtype.type.__name__}. The only supported types are: float64, float32, "
        "float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, "
        "uint16, uint8, and bool."
    )


class _Default:
    dtype: dtype = float32


def default() -> dtype:
    return _Default.dtype


def get_default_dtype() -> dtype:
    return _Default.dtype


def set_default_dtype(d: Any) -> None:
    """Set the dtype of float literals and of integer division: a floating dtype."""
    found = NAMES.get(d, d) if isinstance(d, str) else d
    if not isinstance(found, dtype):
        raise TypeError(
            "invalid dtype object: only floating-point types are "
            "supported as the default type"
        )
    if found.kind != "f":
        raise TypeError("only floating-point types are supported as the default type")
    _Default.dtype = found
    forget()


def set_default_tensor_type(t: Any) -> None:
    name = t if isinstance(t, str) else t.__name__
    legacy = name.rpartition(".")[2]
    set_default_dtype(next(d for d in DTYPES.values() if d.legacy == legacy))


@cache
def promote_types(a: dtype, b: dtype) -> dtype:
    """The smallest dtype that both convert to, by PyTorch's lattice."""
    for i, d in enumerate((a, b), 1):
        if not isinstance(d, dtype):
            raise TypeError(
                f"promote_types(): argument 'type{i}' (position {i}) must be "
                f"torch.dtype, not {type(d).__name__}"
            )
    if a is b:
        return a
    low, high = sorted((a, b), key=lambda d: _ORDER[d.kind])
    if high.kind != "f":
        _check_unsigned(a, b)
    if high.kind == "c":
        real = low.to_real()
        wide = real is float64 or high is complex128
        return complex128 if wide and low.kind in "fc" else high
    if low.kind != high.kind:
        return high
    if high.kind == "f":
        return (
            float32
            if {a, b} == {float16, bfloat16}
            else max(a, b, key=lambda d: d.itemsize)
        )
    return _BY_NUMPY[np.promote_types(a.np, b.np)]


def _check_unsigned(a: dtype, b: dtype) -> None:
    if not {a.name, b.name}.isdisjoint(("uint16", "uint32", "uint64")):
        raise RuntimeError(
            "Promotion for uint16, uint32, uint64 types is not supported, attempted "
            f"to promote {a.scalar_type} and {b.scalar_type}"
        )


def combine(higher: dtype | None, lower: dtype | None) -> dtype | None:
    """Of two classes of operands (arrays, zero rank, numbers) the result's dtype."""
    if higher is None or lower is None:
        return higher or lower
    if _ORDER[lower.kind] <= _ORDER[higher.kind]:
        return higher
    if higher.kind == "f":
        return higher.to_complex()
    return promote_types(higher, lower)


_OF_NUMBER = {bool: "b", int: "i", float: "f", complex: "c"}


def dtype_of_number(value: Any) -> dtype:
    kind = _OF_NUMBER.get(type(value))
    if kind is None:
        kind = _kind_of_number(value)
    if kind == "b":
        return bool_
    if kind == "i":
        return int64
    return _Default.dtype if kind == "f" else _Default.dtype.to_complex()


def _kind_of_number(value: Any) -> str:
    if isinstance(value, np.generic):
        return {"u": "i"}.get(value.dtype.kind, value.dtype.kind)
    for t, kind in _OF_NUMBER.items():
        if isinstance(value, t):
            return kind
    raise TypeError(f"not a number: {type(value).__name__}")


def result_of(operands: Any) -> dtype:
    """The dtype that payloads and Python numbers promote to.

    Arrays decide; operands of rank zero, then Python numbers, only count where they
    are of a higher category (bool, integer, float, complex).
    """
    whole = zero = number = None
    for x in operands:
        shape = getattr(x, "shape", None)
        if shape is None:
            d = dtype_of_number(x)
            number = d if number is None else promote_types(number, d)
        elif shape:
            d = of_numpy(x.dtype)
            whole = d if whole is None else promote_types(whole, d)
        else:
            d = of_numpy(x.dtype)
            zero = d if zero is None else promote_types(zero, d)
    found = combine(whole, combine(zero, number))
    assert found is not None
    return found


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a result of one dtype may be written to another in place."""
    if from_.kind == "c" and to.kind != "c":
        return False
    if from_.kind == "f" and to.kind in "ib":
        return False
    return not (from_.kind != "b" and to.kind == "b")


class Size(tuple):  # type: ignore[type-arg]  # justified: holds ints alone
    """The shape of a tensor."""

    __slots__ = ()

    def __new__(cls, sizes: Any = ()) -> Size:
        out = tuple.__new__(cls, sizes)
        for i, n in enumerate(out):
            if type(n) is not int:
                return _checked_size(cls, out, i)
        return out

    def numel(self) -> int:
        n = 1
        for k in self:
            n *= k
        return n

    def __repr__(self) -> str:
        return f"torch.Size([{', '.join(map(str, self))}])"

    def __add__(self, other: Any) -> Size:
        return Size(tuple.__add__(self, other))

    def __radd__(self, other: Any) -> Size:
        return Size(tuple(other) + tuple(self))

    def __mul__(self, n: Any) -> Size:
        return Size(tuple.__mul__(self, n))

    __rmul__ = __mul__

    def __getitem__(self, i: Any) -> Any:
        found = tuple.__getitem__(self, i)
        return Size(found) if isinstance(i, slice) else found

    def __reduce__(self) -> Any:
        return Size, (tuple(self),)


def _checked_size(cls: type[Size], sizes: Size, at: int) -> Size:
    if not hasattr(sizes.__getitem__(at), "__index__"):
        raise TypeError(
            f"torch.Size() takes an iterable of 'int' (item {at} is "
            f"'{type(sizes[at]).__name__}')"
        )
    return tuple.__new__(cls, (int(n.__index__()) for n in sizes))


class device:
    """A device: there is only the host, `cpu` (and `meta` as a name)."""

    __slots__ = ("index", "type")
    type: str
    index: int | None

    def __init__(self, kind: Any, index: int | None = None) -> None:
        if isinstance(kind, device):
            kind, index = kind.type, kind.index
        if isinstance(kind, int):
            kind, index = "cuda", kind
        name, _, number = str(kind).partition(":")
        if name not in _DEVICES:
            raise RuntimeError(
                f"Expected one of {', '.join(_DEVICES)} device type at start of device "
                f"string: {name}"
            )
        self.type = name
        self.index = int(number) if number else index

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __reduce__(self) -> Any:
        return device, (str(self),)

    def __enter__(self) -> device:
        DEFAULTS.append(self)
        return self

    def __exit__(self, *_: Any) -> None:
        DEFAULTS.pop()


_DEVICES = (
    "cpu",
    "cuda",
    "ipu",
    "xpu",
    "mkldnn",
    "opengl",
    "opencl",
    "ideep",
    "hip",
    "ve",
    "fpga",
    "maia",
    "xla",
    "lazy",
    "vulkan",
    "mps",
    "meta",
    "hpu",
    "mtia",
    "privateuseone",
)
CPU = device("cpu")
META = device("meta")
DEFAULTS: list[device] = []  # of the regions that are entered


def is_meta(d: Any) -> bool:
    """Whether a new tensor on this device (None: the default one) has no elements."""
    if d is None:
        return bool(DEFAULTS) and DEFAULTS[-1].type == "meta"
    return (d if isinstance(d, device) else device(d)).type == "meta"


def check_device(d: Any) -> None:
    """Raise unless `d` names the host (None does)."""
    if d is None or d is CPU or d is META:
        return
    found = d if isinstance(d, device) else device(d)
    if found.type == "cuda":
        raise AssertionError("Torch not compiled with CUDA enabled")
    if found.type not in ("cpu", "meta"):
        raise RuntimeError(f"isograd.torch computes on the CPU; no device {found}")


class layout:
    """How elements are stored; only `torch.strided` exists here."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


class memory_format(layout):
    """Order of axes in memory."""


strided, sparse_coo, sparse_csr = map(layout, ("strided", "sparse_coo", "sparse_csr"))
contiguous_format, preserve_format, channels_last, channels_last_3d = map(
    memory_format,
    ("contiguous_format", "preserve_format", "channels_last", "channels_last_3d"),
)


allow(dtype, Size, layout, memory_format)


class _Limits:
    """Limits are equal for equal dtypes."""

    dtype: str

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.dtype == other.dtype

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.dtype))


class finfo(_Limits):
    """Limits of a floating dtype (the default dtype's, if none is given)."""

    def __init__(self, d: dtype | None = None) -> None:
        d = default() if d is None else d
        if not isinstance(d, dtype):
            raise TypeError(
                "finfo(): argument 'type' (position 1) must be torch.dtype, not "
                f"{type(d).__name__}"
            )
        if d.kind not in "fc":
            raise TypeError(
                "torch.finfo() requires a floating point input type. Use "
                "torch.iinfo to handle 'torch.finfo'"
            )
        d = d.to_real()
        info = limits_of(d.np)
        self.bits = d.itemsize * 8
        self.dtype = d.name
        self.eps, self.max, self.min = map(float, (info.eps, info.max, info.min))
        self.tiny = self.smallest_normal = float(info.tiny)
        self.resolution = float(f"1e-{info.precision}")

    def __repr__(self) -> str:
        words = ("resolution", "min", "max", "eps", "smallest_normal", "tiny")
        parts = (f"{w}={getattr(self, w):.6g}" for w in words)
        return f"finfo({', '.join(parts)}, dtype={self.dtype})"


class iinfo(_Limits):
    """Limits of an integer dtype."""

    def __init__(self, d: dtype) -> None:
        if d.kind == "b":
            raise TypeError("torch.bool is not supported by torch.iinfo")
        if d.kind != "i":
            raise TypeError(
                "torch.iinfo() requires an integer input type. Use "
                "torch.finfo to handle 'torch.iinfo'"
            )
        info = np.iinfo(d.np)
        self.bits, self.max, self.min = info.bits, int(info.max), int(info.min)
        self.dtype = d.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
