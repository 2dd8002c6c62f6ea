"""MindSpore's dtypes, their names and conversions, and implicit promotion."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from isograd.base import dtypes as base

NpDType = np.dtype[Any]


class Type:
    """A type object: `str` gives "Float32", `repr` "mindspore.float32"."""

    def __init__(self, name: str, text: str, bits: int = 0) -> None:
        self.name = name
        self.text = text
        self.bits = bits

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"mindspore.{self.name}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Type) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __call__(self, value: Any) -> Any:
        """`ms.float32(x)`: a tensor, or a number, of this dtype."""
        from isograd.mindspore.tensor import Tensor

        return Tensor(value, self)

    def __reduce__(self) -> Any:
        return by_name, (self.name,)

    @property
    def np(self) -> NpDType:
        return base.bfloat16() if self.name == "bfloat16" else np.dtype(self.name)

    @property
    def itemsize(self) -> int:
        return max(1, self.bits // 8)

    @property
    def is_floating_point(self) -> bool:
        return isinstance(self, Float | BFloat16)

    @property
    def is_complex(self) -> bool:
        return isinstance(self, Complex)

    @property
    def is_signed(self) -> bool:
        return not isinstance(self, UInt | Bool)


class Number(Type):
    """Base of the numeric dtypes, as in `isinstance(d, mindspore.dtype.Number)`."""


class Float(Number): ...


class Int(Number): ...


class UInt(Number): ...


class Bool(Number): ...


class BFloat16(Number): ...


class Complex(Number): ...


class List(Type): ...


class Tuple(Type): ...


class Dict(Type): ...


class String(Type): ...


class Slice(Type): ...


class FunctionType(Type): ...


class AnythingType(Type): ...


class NoneType(Type): ...


class Ellipsis_(Type):
    pass


class TensorType(Type):
    """The type of tensors with a dtype: "Tensor[Float32]"."""

    def __init__(self, element: Type | None = None) -> None:
        super().__init__("tensor", f"Tensor[{element}]" if element else "Tensor")
        self.element = element

    def element_type(self) -> Type | None:
        return self.element


def _numeric(cls: type[Type], stem: str, *sizes: int) -> dict[str, Type]:
    return {
        f"{stem.lower()}{n}": cls(f"{stem.lower()}{n}", f"{stem}{n}", n) for n in sizes
    }


DTYPES: dict[str, Type] = {
    "bool_": Bool("bool", "Bool", 8),
    **_numeric(Int, "Int", 8, 16, 32, 64),
    **_numeric(UInt, "UInt", 8, 16, 32, 64),
    **_numeric(Float, "Float", 16, 32, 64),
    "bfloat16": BFloat16("bfloat16", "BFloat16", 16),
    **_numeric(Complex, "Complex", 64, 128),
}
bool_, int8, int16, int32, int64 = (
    DTYPES[n] for n in ("bool_", "int8", "int16", "int32", "int64")
)
uint8, uint16, uint32, uint64 = (
    DTYPES[n] for n in ("uint8", "uint16", "uint32", "uint64")
)
float16, float32, float64, bfloat16 = (
    DTYPES[n] for n in ("float16", "float32", "float64", "bfloat16")
)
complex64, complex128 = DTYPES["complex64"], DTYPES["complex128"]

# C's names, as MindSpore has them
byte, ubyte, short, ushort = int8, uint8, int16, uint16
intc, uintc, intp, uintp = int32, uint32, int32, uint32
half, single, double, long = float16, float32, float64, int64
hfloat = float16

int_, uint, float_, complex_ = (
    Int("int_", "Int"),
    UInt("uint", "UInt"),
    Float("float_", "Float"),
    Complex("complex_", "Complex"),
)
number = Number("number", "Number")
tensor = TensorType()
tensor_type = TensorType
string, type_none, tuple_, list_ = (
    String("string_", "String"),
    NoneType("type_none", "None"),
    Tuple("tuple_", "Tuple"),
    List("list_", "List"),
)
type_type, none_type, ellipsis_, slice_ = (
    Type("type_type", "TypeType"),
    NoneType("none_type", "NoneType"),
    Ellipsis_("ellipsis_", "Ellipsis"),
    Slice("slice_", "Slice"),
)
function = FunctionType("function", "Func")
symbolic_key = Type("symbolic_key", "Object:SymbolicKey")
env_type = Type("env_type", "Object:EnvType")
type_refkey = Type("type_refkey", "Object:RefKey")
undetermined = Type("Undetermined", "Undetermined")
index_slices = Type("RowTensor", "RowTensor")
coo_tensor, csr_tensor = Type("COOTensor", "COOTensor"), Type("CSRTensor", "CSRTensor")
int_type, uint_type = (int8, int16, int32, int64), (uint8, uint16, uint32, uint64)
float_type = (float16, float32, float64, bfloat16)
complex_type = (complex64, complex128)
number_type = (*int_type, *uint_type, *float_type, *complex_type)
signed_type = (*int_type, *float_type, *complex_type)
all_types = (bool_, *number_type)
cfloat, cdouble = complex64, complex128
_SHADOWS = {"bool": bool_, "int": int32, "float": float32}  # names of Python's, too

_OTHERS = {t.name: t for t in (int_, uint, float_, complex_, number, string, type_none)}
_TEXTS = {t.text.lower(): t for t in DTYPES.values()} | DTYPES


def by_name(name: str) -> Type:
    return DTYPES.get("bool_" if name == "bool" else name) or _OTHERS[name]


def type_size_in_bytes(dtype: Type) -> int:
    """The size of an element.

    Raises:
        TypeError: for what is no dtype.
    """
    if not isinstance(dtype, Type):
        raise TypeError(
            "The argument `dtype` must be instance of mindspore.dtype, but got "
            f"{type(dtype)}."
        )
    return dtype.itemsize


def __getattr__(name: str) -> Any:
    if name in _SHADOWS:
        return _SHADOWS[name]
    from isograd.base.missing import no_attribute

    raise no_attribute(
        "mindspore.common.dtype",
        name,
        "mindspore",
        f"module 'mindspore.common.dtype' has no attribute '{name}'",
    )


@cache
def of_numpy(d: NpDType) -> Type:
    """The dtype object of a NumPy dtype.

    Raises:
        TypeError: for a dtype that tensors cannot have.
    """
    found = DTYPES.get("bool_" if d.kind == "b" else d.name)
    if found is None:
        raise TypeError(f"The input data type {d} is not supported by Tensor.")
    return found


_PYTHON: dict[Any, Type] = {bool: bool_, int: int64, float: float32, complex: complex64}


def as_dtype(d: Any) -> Type:
    """A dtype given as an object of ours, a Python type, a NumPy dtype or a name.

    Raises:
        TypeError: for anything else.
    """
    if isinstance(d, Type):
        if d.bits:
            return d
        wide = {"Int": int32, "UInt": uint32, "Float": float32, "Complex": complex64}
        if d.text in wide:
            return wide[d.text]
    elif d in _PYTHON:
        return _PYTHON[d]
    elif isinstance(d, str) and d.lower() in _TEXTS:
        return _TEXTS[d.lower()]
    elif isinstance(d, np.dtype) or (isinstance(d, type) and issubclass(d, np.generic)):
        return of_numpy(np.dtype(d))
    raise TypeError(
        f"The dtype must be a mindspore dtype, but got {d} with type {type(d)}."
    )


_OF_TENSORS = (
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "bfloat16", "complex64", "complex128", "int4"),
    *("float8_e4m3fn", "float8_e5m2", "hifloat8", "bool", "string_"),
)


def of_tensor(d: Any) -> Any:
    """`d`, which must be one of MindSpore's dtypes or an np.dtype.

    Raises:
        TypeError: for anything else: names, Python's and NumPy's types.
    """
    if isinstance(d, Type | np.dtype):
        return d
    names = ", ".join(f"mindspore.{n}" for n in _OF_TENSORS)
    shown = d.__name__ if isinstance(d, type) else repr(d)
    raise TypeError(
        f"For 'Tensor', the 'dtype' should be one of [{names}], but got '{shown}'."
    )


def np_of(d: Any) -> NpDType:
    return as_dtype(d).np


# --- public conversions ---------------------------------------------------------------


def dtype_to_nptype(type_: Type) -> Any:
    """The NumPy scalar type of a dtype: `np.float32` for `mindspore.float32`."""
    return as_dtype(type_).np.type


def dtype_to_pytype(type_: Type) -> type:
    """The Python type of a dtype."""
    if isinstance(type_, Bool):
        return bool
    if isinstance(type_, Int | UInt):
        return int
    return complex if isinstance(type_, Complex) else float


def pytype_to_dtype(obj: Any) -> Type:
    """The dtype of a Python or NumPy type; `float` is float64 here.

    Raises:
        NotImplementedError: for other types.
    """
    if isinstance(obj, np.dtype):
        obj = obj.type
    if isinstance(obj, Type):
        return obj
    table = {
        bool: bool_,
        int: int64,
        float: float64,
        str: string,
        list: list_,
        tuple: tuple_,
        complex: complex128,
        type(None): type_none,
    }
    if obj in table:
        return table[obj]
    if isinstance(obj, type) and issubclass(obj, np.generic):
        return of_numpy(np.dtype(obj))
    raise NotImplementedError(
        f"The python type {obj} cannot be converted to MindSpore type."
    )


nptype_to_dtype = pytype_to_dtype


def get_py_obj_dtype(obj: Any) -> Any:
    """The dtype of a Python object."""
    if hasattr(obj, "dtype") and hasattr(obj, "shape"):
        return TensorType(obj.dtype)
    return pytype_to_dtype(type(obj))


def issubclass_(type_: Any, dtype: Any) -> bool:
    """Whether a dtype is the other, or of the other's kind."""
    if not isinstance(type_, Type) or not isinstance(dtype, Type):
        return False
    if dtype.bits or (isinstance(dtype, TensorType) and dtype.element):
        return type_ == dtype
    return isinstance(type_, type(dtype))


# --- promotion ------------------------------------------------------------------------

_RANK = {"b": 0, "u": 1, "i": 1, "f": 2, "V": 2, "c": 3}


@cache
def promoted_pair(a: NpDType, b: NpDType) -> NpDType:
    """The dtype of `a op b` for tensors."""
    if a == b:
        return a
    low, high = sorted((a, b), key=lambda d: _RANK[d.kind])
    if high.kind == "c":
        wide = low == base.F64 or high == base.C128
        return base.C128 if wide else high
    if _RANK[low.kind] != _RANK[high.kind]:
        return high
    if high.kind in "fV":
        return (
            base.F32
            if a.itemsize == b.itemsize
            else max(a, b, key=lambda d: d.itemsize)
        )
    out = np.promote_types(a, b)
    return base.F32 if out.kind == "f" else out


@cache
def promoted_number(d: NpDType, kind: type) -> NpDType:
    """The dtype of a tensor with a Python number: the number is weak."""
    if kind is bool:
        return d
    if kind is int:
        return base.I64 if d.kind == "b" else d
    if kind is float:
        return base.F32 if d.kind in "biu" else d
    return d if d.kind == "c" else base.complex_of(d)


def number_kind(x: Any) -> type:
    """bool, int, float or complex, whichever a Python or NumPy number is."""
    for kind, kinds in (
        (bool, (bool, np.bool_)),
        (int, (int, np.integer)),
        (float, (float, np.floating)),
        (complex, (complex,)),
    ):
        if isinstance(x, kinds):
            return kind
    return complex


def result_of(arrays: Any, numbers: Any) -> NpDType:
    """The common dtype of arrays (their dtypes) and Python numbers."""
    found: Any = None
    for d in arrays:
        found = d if found is None else promoted_pair(found, d)
    for n in numbers:
        kind = number_kind(n)
        found = _PYTHON[kind].np if found is None else promoted_number(found, kind)
    return found


def names() -> dict[str, Any]:
    """What `mindspore` itself exports of this module."""
    words = (
        "byte",
        "ubyte",
        "short",
        "ushort",
        "intc",
        "uintc",
        "intp",
        "uintp",
        "half",
        "single",
        "double",
        "long",
        "int_",
        "uint",
        "float_",
        "number",
        "tensor_type",
        "string",
        "type_none",
        "TensorType",
        "list_",
        "tuple_",
        "dtype_to_nptype",
        "dtype_to_pytype",
        "pytype_to_dtype",
        "issubclass_",
        "get_py_obj_dtype",
        "Type",
        "Int",
        "UInt",
        "Float",
        "Bool",
        "cfloat",
        "cdouble",
    )
    return {**DTYPES, **_SHADOWS, **{w: globals()[w] for w in words}}
