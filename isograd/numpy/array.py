"""`Array`: what a differentiated NumPy program sees in place of an ndarray.

It follows NumPy in names, promotion and results.  Plain NumPy calls reach it by
`__array_ufunc__` and `__array_function__`; what has no rule raises, nothing is silently
turned into a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

import isograd.ops  # noqa: F401 (fills the registry)
from isograd.base.errors import EngineError
from isograd.core import fast, mutation
from isograd.core import tensor as core
from isograd.core.forward import Dual
from isograd.core.primitive import BOUND, REGISTRY, Payload, Primitive
from isograd.core.primitive import is_payload as is_payload
from isograd.core.tape import Traced
from isograd.core.tensor import Tensor, payload_of
from isograd.core.transforms import set_array_class

F = BOUND
NUMBERS = (bool, int, float, complex)
_CONSTANT = (
    "this array is being differentiated or mapped; turned into a plain {} it would be "
    "a constant. Use functions of np on it, np.stack or isograd.numpy.array to join "
    "such values, isograd.numpy.zeros for an array to write them to, or "
    "isograd.stop_gradient where a constant is meant"
)


class Array(Tensor):
    """An array of a differentiated program; attributes and methods as ndarray's."""

    __array_priority__ = 1000.0
    __hash__ = None  # type: ignore[assignment]  # justified: as ndarray has it

    def __init__(self, value: Any, dtype: Any = None) -> None:
        from isograd.numpy.functions import array

        made = array(value, dtype)
        self._p, self._node = made._p, made._node

    shape = property(lambda self: self._p.shape)
    dtype = property(lambda self: self._p.dtype)
    ndim = property(lambda self: self._p.ndim)
    size = property(lambda self: self._p.size)
    itemsize = property(lambda self: self._p.dtype.itemsize)
    nbytes = property(lambda self: self._p.size * self._p.dtype.itemsize)

    def __len__(self) -> int:
        if not self._p.shape:
            raise TypeError("len() of unsized object")
        return self._p.shape[0]

    def __iter__(self) -> Iterator[Array]:
        if not self._p.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self._p.shape[0]))

    # --- values -----------------------------------------------------------------------

    def value(self, what: str) -> np.ndarray:
        """The ndarray, for uses that depend on numbers alone (`if x > 0`)."""
        return core.concrete(payload_of(self), what)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        p = payload_of(self)
        if type(p) is not np.ndarray:
            raise TypeError(_CONSTANT.format("ndarray"))
        return np.array(p, dtype, copy=copy)

    def __bool__(self) -> bool:
        return bool(self.value("bool"))

    def number(self, what: str) -> np.ndarray:
        """The ndarray, where its numbers go on by themselves.

        Raises:
            TypeError: they would lose a derivative.
        """
        p = payload_of(self)
        if type(p) in (Traced, Dual) and p.dtype.kind in "fc":
            raise TypeError(_CONSTANT.format(what))
        return core.concrete(p, what)

    def __float__(self) -> float:
        return float(self.number("float").item())

    def __int__(self) -> int:
        return int(self.value("int").item())

    def __complex__(self) -> complex:
        return complex(self.number("complex number").item())

    def __index__(self) -> int:
        return self.value("index").__index__()

    def item(self, *index: int) -> Any:
        return self.number("number").item(*index)

    def tolist(self) -> Any:
        return self.number("list").tolist()

    def __repr__(self) -> str:
        p = self._p
        while type(p) is not np.ndarray:
            try:
                p = p.p if hasattr(p, "p") else p.concrete("repr")
            except EngineError:
                return f"Array(shape={self.shape}, dtype={self.dtype})"
        return "Array" + np.array2string(p, separator=", ", prefix="Array(").join("()")

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if not self.shape and spec else str(self)

    # --- NumPy's protocols ------------------------------------------------------------

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        return on_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        from isograd.numpy.functions import HANDLERS

        if func not in HANDLERS:
            module = func.__module__.removesuffix("._core")
            raise TypeError(
                f"{module}.{func.__name__} has no derivative rule in isograd; call it "
                "outside of the differentiated function, or write it with functions "
                "that docs/coverage.md lists"
            )
        return HANDLERS[func](*args, **kwargs)

    # --- indexing ---------------------------------------------------------------------

    def __getitem__(self, key: Any) -> Array:
        from isograd.numpy.indexing import get

        return get(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        from isograd.numpy.indexing import put

        put(self, key, value)


set_array_class(Array)


# --- operands and results -------------------------------------------------------------


def lower(x: Any) -> Any:
    """The payload of an array; Python numbers stay weak, sequences are searched."""
    if isinstance(x, Tensor):
        return payload_of(x)
    if isinstance(x, np.generic):
        return np.asarray(x)
    if type(x) in (tuple, list) and any(
        isinstance(y, Tensor | tuple | list) for y in x
    ):
        return type(x)(map(lower, x))
    return x


def lift(x: Any) -> Any:
    """Payloads as arrays, also inside of tuples and lists."""
    return core.lift(Array, x)


def as_payload(x: Any) -> Payload:
    """An array, list or number as a payload."""
    x = lower(x)
    return x if is_payload(x) else np.asarray(x)


def cast(x: Any, dtype: Any) -> Payload:
    return F.convert(x, dtype=dtype) if is_payload(x) else np.asarray(x, dtype)


def promoted(*xs: Any) -> list[Payload]:
    """The operands in NumPy's common dtype; Python numbers are weak."""
    kinds = [x.dtype if is_payload(x) else x for x in xs]
    dtype = np.result_type(*kinds)
    return [cast(x, dtype) for x in xs]


# --- ufuncs ---------------------------------------------------------------------------

# where a ufunc's name is not the primitive's
_RENAMED = {
    "absolute": "abs",
    "fabs": "abs",
    "conjugate": "conj",
    "rint": "round",
    "gammaln": "lgamma",
    "psi": "digamma",
    "expit": "sigmoid",
    "negative": "neg",
    "power": "pow",
    "float_power": "pow",
    "divide": "div",
    "subtract": "sub",
    "multiply": "mul",
    "equal": "eq",
    "not_equal": "ne",
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "invert": "bitwise_not",
    "mod": "remainder",
    "floor_divide": "floordiv",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": "atan2",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "degrees": "rad2deg",
    "radians": "deg2rad",
}


@cache
def name_of(ufunc: np.ufunc) -> str | None:
    """The function of the namespace F that a ufunc of NumPy or SciPy stands for."""
    for prim in REGISTRY.values():
        if getattr(prim.ufunc, "ufunc", prim.ufunc) is ufunc:  # see `base.rounding`
            return prim.name
    name = _RENAMED.get(ufunc.__name__, ufunc.__name__)
    return name if hasattr(F, name) else None


@cache
def loop_dtypes(ufunc: np.ufunc, kinds: tuple[Any, ...]) -> tuple[Any, ...]:
    """The dtypes that NumPy computes in, for operands of these dtypes (or numbers)."""
    return ufunc.resolve_dtypes((*kinds, *(None,) * ufunc.nout))


def call_ufunc(ufunc: np.ufunc, inputs: tuple[Any, ...], dtype: Any = None) -> Payload:
    """A ufunc on payloads and Python numbers."""
    name = name_of(ufunc)
    if name is None:
        special = _COMPOSED.get(ufunc.__name__)
        if special is None:
            raise TypeError(f"np.{ufunc.__name__} has no derivative rule in isograd")
        return special(*inputs)
    xs = [x if is_payload(x) or type(x) in NUMBERS else np.asarray(x) for x in inputs]
    if ufunc.__name__ == "matmul":
        return F.matmul_any(*promoted(*xs))
    kinds = tuple(x.dtype if is_payload(x) else type(x) for x in xs)
    if not any(map(is_payload, xs)):
        kinds = tuple(np.asarray(x).dtype for x in xs)
    found = loop_dtypes(ufunc, kinds)
    args = [
        cast(x, d if dtype is None else dtype) for x, d in zip(xs, found, strict=False)
    ]
    return getattr(F, name)(*args)


def _divmod(x: Any, y: Any) -> tuple[Payload, Payload]:
    x, y = promoted(x, y)
    return F.floordiv(x, y), F.remainder(x, y)


def _modf(x: Any) -> tuple[Payload, Payload]:
    x = as_payload(x)
    return F.sub(x, F.trunc(x)), F.trunc(x)


def _power_of(exponent: float) -> Callable[[Any], Payload]:
    def call(x: Any) -> Payload:
        x = as_payload(x)
        return F.mul(F.sign(x), F.pow(F.abs(x), exponent))

    return call


_COMPOSED: dict[str, Callable[..., Any]] = {
    "positive": as_payload,
    "divmod": _divmod,
    "modf": _modf,
    "cbrt": _power_of(1 / 3),
}
_REDUCED = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "max",
    "minimum": "min",
    "logical_and": "all",
    "logical_or": "any",
}
_SCANNED = {"add": "cumsum", "multiply": "cumprod"}


def on_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """`__array_ufunc__`: calls, `reduce`, `accumulate` and `outer`."""
    from isograd.numpy import functions
    from isograd.numpy.table import TABLE, write_out

    out = kwargs.pop("out", None)
    where = kwargs.pop("where", True)
    if where is not True:
        raise TypeError(
            f"np.{ufunc.__name__}: where= is not differentiated; use "
            "np.where on the result"
        )
    if method == "__call__":
        kwargs.pop("casting", None)
        result = lift(call_ufunc(ufunc, tuple(map(lower, inputs)), **kwargs))
    elif method == "reduce" and ufunc.__name__ in _REDUCED:
        kwargs.setdefault("axis", 0)
        result = TABLE[_REDUCED[ufunc.__name__]](*inputs, **kwargs)
    elif method == "accumulate" and ufunc.__name__ in _SCANNED:
        result = TABLE[_SCANNED[ufunc.__name__]](*inputs, **{"axis": 0, **kwargs})
    elif method == "outer":
        x, y = map(functions.asarray, inputs)
        x = TABLE["reshape"](x, x.shape + (1,) * y.ndim)
        result = lift(call_ufunc(ufunc, (lower(x), lower(y))))
    else:
        raise TypeError(
            f"np.{ufunc.__name__}.{method} has no derivative rule in isograd"
        )
    return result if out is None else write_out(out, result)


# --- operators ------------------------------------------------------------------------

_BINARY = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "truediv": np.true_divide,
    "floordiv": np.floor_divide,
    "mod": np.remainder,
    "pow": np.power,
    "matmul": np.matmul,
    "divmod": np.divmod,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "lshift": np.left_shift,
    "rshift": np.right_shift,
}
_COMPARED = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}
_UNARY = {
    "neg": np.negative,
    "pos": np.positive,
    "abs": np.absolute,
    "invert": np.invert,
}
_FAST = {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div"}


def _operand(x: Any) -> bool:
    return isinstance(x, Array | np.ndarray | np.generic | int | float | complex | list)


def _operator(ufunc: np.ufunc, swap: bool = False) -> Callable[[Any, Any], Any]:
    def operator(self: Any, other: Any) -> Any:
        if not _operand(other):
            return NotImplemented
        x, y = lower(self), lower(other)
        if ufunc is np.power and not swap and type(y) in (int, float):
            return lift(F.power(*_number_base(x, y), exponent=y))
        return lift(call_ufunc(ufunc, (y, x) if swap else (x, y)))

    return operator


def _number_base(x: Payload, exponent: Any) -> tuple[Payload]:
    """The base of `x ** number`, converted as NumPy would."""
    return (F.convert(x, dtype=np.result_type(x.dtype, exponent)),)


def _in_place(operator: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def in_place(self: Array, other: Any) -> Any:
        out = operator(self, other)
        if out is NotImplemented:
            return out
        p = payload_of(out)
        if not np.can_cast(p.dtype, self.dtype, "same_kind"):
            raise TypeError(f"cannot cast the result from {p.dtype} to {self.dtype}")
        mutation.write(self, F.convert(p, dtype=self.dtype), fresh=True)
        return self

    return in_place


def _fast_operator(prim: Primitive, slow: Callable[..., Any]) -> Callable[..., Any]:
    by_number = fast.scalar_right(prim, Array, slow)
    return fast.binary(prim, Array, by_number)


def install_operators() -> None:
    for name, ufunc in _BINARY.items():
        plain = _operator(ufunc)
        forward = (
            _fast_operator(REGISTRY[_FAST[name]], plain) if name in _FAST else (plain)
        )
        setattr(Array, f"__{name}__", forward)
        setattr(Array, f"__r{name}__", _operator(ufunc, swap=True))
        if name != "divmod":
            setattr(Array, f"__i{name}__", _in_place(plain))
    for name, ufunc in _COMPARED.items():
        setattr(Array, f"__{name}__", _operator(ufunc))
    for name, ufunc in _UNARY.items():
        setattr(
            Array,
            f"__{name}__",
            lambda self, ufunc=ufunc: lift(call_ufunc(ufunc, (payload_of(self),))),
        )
