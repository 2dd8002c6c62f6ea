"""`torch.sparse`: functions of sparse tensors, and what other functions do with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.base.missing import module_getattr
from isograd.core.levels import state
from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import wrap
from isograd.torch import errors
from isograd.torch.call import Named, dims_of, public
from isograd.torch.coordinates import (
    SparseTensor,
    compressed,
    is_sparse,
    made,
    no_kernel,
)
from isograd.torch.dtypes import NAMES
from isograd.torch.sparse_makers import check_sparse_tensor_invariants, spdiags
from isograd.torch.sparse_makers import empty as _empty
from isograd.torch.sparse_makers import sparse_coo_tensor as sparse_coo_tensor
from isograd.torch.sparse_makers import sparse_csr_tensor as sparse_csr_tensor
from isograd.torch.table import FUNCTIONS
from isograd.torch.tensor import Tensor, checked_dim

__all__ = [
    "addmm",
    "check_sparse_tensor_invariants",
    "log_softmax",
    "mm",
    "sampled_addmm",
    "softmax",
    "spdiags",
    "sum",
]
F = BOUND
__getattr__ = module_getattr("torch.sparse", "torch")
HANDLERS: dict[str, Callable[..., Any]] = {}
"""What the functions and methods of a name do with sparse tensors."""


def dispatched(func: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """The result of a function for arguments some of which are sparse."""
    name = func.__name__
    handler = HANDLERS.get(name)
    if handler is None:
        compressed_ = any(is_sparse(a) and a._compressed for a in args)
        raise no_kernel(name.strip("_"), "SparseCsrCPU" if compressed_ else "SparseCPU")
    return handler(*args, **kwargs)


def handles(*names: str) -> Any:
    """Register a function as what functions of these names do."""

    def keep(fn: Callable[..., Any]) -> Callable[..., Any]:
        HANDLERS.update(dict.fromkeys(names, fn))
        return fn

    return keep


# --- layouts --------------------------------------------------------------------------


def _index(t: SparseTensor) -> tuple[np.ndarray, ...]:
    return tuple(t.index)


_to_dense = public(
    lambda values, index, shape: F.coo_to_dense(values, tuple(index), shape),
    "to_dense",
    "ToDenseBackward0",
)
_gathered = public(
    lambda dense, index: F.coo_values(dense, tuple(index)),
    "to_sparse",
    "ToSparseBackward1",
)
_sparse_mask = public(
    lambda dense, index: F.coo_values(dense, tuple(index)),
    "sparse_mask",
    "SparseMaskBackward0",
)


@handles("to_dense")
def _dense_of(self: Any, dtype: Any = None, *, masked_grad: Any = None) -> Any:
    out = _to_dense(self.vals, list(_index(self)), self._shape)
    return out if dtype is None else out.to(dtype)


def to_sparse(
    self: Any, sparse_dim: Any = None, *, layout: Any = None, **_: Any
) -> Any:
    """The elements other than zero, with their positions."""
    if is_sparse(self):
        return self if not self._compressed else made_coo(self)
    if layout is not None and str(layout) == "torch.sparse_csr":
        return to_sparse_csr(self)
    k = self.dim() if sparse_dim is None else sparse_dim
    array = self.array()
    kept = (array != 0).any(tuple(range(k, array.ndim)))
    index = np.stack(np.nonzero(kept)) if k else np.zeros((0, 1), np.int64)
    vals = _gathered(self, list(index)) if k else self.reshape(1, *array.shape)
    return made(index, vals, array.shape, True)


def made_coo(t: SparseTensor) -> SparseTensor:
    return made(t.index, t.vals, t._shape, True)


def to_sparse_csr(self: Any, dense_dim: Any = None) -> Any:
    return compressed(coalesce(to_sparse(self)))


def _added(values: Payload, place: Any, shape: Any, label: str) -> Named:
    return Named(F.scatter_add(values, place[0], shape=shape), label)


_coalesced = public(_added, "coalesce", "CoalesceBackward0")
_labelled = public(
    lambda values, label: Named(F.copy(values), label), "view", "ViewBackward0"
)


def _moved(t: Any, index: np.ndarray, shape: Any, name: str, known: bool) -> Any:
    """The values of t at other positions."""
    vals = _labelled(t.vals, f"{name}Backward0") if t.requires_grad else t.vals
    return made(index, vals, shape, known)


@handles("coalesce")
def coalesce(self: Any, label: str = "CoalesceBackward0") -> Any:
    """Sorted positions, each of them once; values at equal positions are added."""
    if self.known:
        return self
    index, place = _unique(self.index, self._shape)
    shape = (index.shape[1], *self.vals.shape[1:])
    return made(index, _coalesced(self.vals, [place], shape, label), self._shape, True)


def _unique(index: np.ndarray, shape: Any) -> tuple[np.ndarray, np.ndarray]:
    """The positions in order, each once, and where each of `index` went."""
    lead = shape[: index.shape[0]]
    if not index.shape[0] or not index.shape[1]:
        return index[:, :1], np.zeros(index.shape[1], np.int64)
    flat = np.ravel_multi_index(tuple(index), lead)
    found, place = np.unique(flat, return_inverse=True)
    return np.stack(np.unravel_index(found, lead)), place


for _name in ("to_sparse", "to_sparse_coo", "to_sparse_csr"):
    HANDLERS[_name] = to_sparse_csr if _name.endswith("csr") else to_sparse


@handles("sparse_mask")
def sparse_mask(self: Any, mask: Any) -> Any:
    vals = _sparse_mask(self, list(_index(mask)))
    return made(mask.index, vals, mask._shape, mask.known)


# --- arithmetic -----------------------------------------------------------------------

_ZERO_TO_ZERO = """
abs absolute neg negative sqrt relu relu_ sin tan asin arcsin atan arctan sinh tanh asinh
arcsinh atanh arctanh expm1 log1p erf erfinv ceil floor round sign sgn trunc deg2rad
rad2deg __neg__ __abs__ positive isnan isinf nan_to_num signbit frac
"""


def _through(name: str) -> None:
    """An elementwise function that maps zero to zero works on the values."""

    def handler(self: Any, *args: Any, **kwargs: Any) -> Any:
        t = coalesce(self)
        return t.with_values(getattr(t.vals, name)(*args, **kwargs))

    HANDLERS[name] = handler


for _name in _ZERO_TO_ZERO.split():
    _through(_name)


def _on_values(name: str, *more: str) -> None:
    """A function of one sparse tensor that applies to its values as they are."""

    def handler(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.with_values(getattr(self.vals, name)(*args, **kwargs))

    HANDLERS.update(dict.fromkeys((name, *more), handler))


for _name in [
    "clone",
    "to",
    "float",
    "double",
    "half",
    "bfloat16",
    "int",
    "long",
    "type_as",
    "cpu",
]:
    _on_values(_name)


@handles("add", "__add__", "__radd__")
def _add(input: Any, other: Any, *, alpha: Any = 1, out: Any = None) -> Any:
    if not is_sparse(input):
        if not isinstance(input, Tensor):
            raise RuntimeError(
                "add(sparse, dense) is not supported. Use add(dense, sparse) instead."
            )
        return input + _dense_of(other) * alpha
    if not is_sparse(other):
        raise RuntimeError(
            "add(sparse, dense) is not supported. Use add(dense, sparse) instead."
        )
    _same_sizes(input, other, "add")
    vals = other.vals if alpha == 1 else other.vals * alpha
    index = np.concatenate([input.index, other.index], 1)
    joined = made(index, FUNCTIONS["cat"]([input.vals, vals]), input._shape, False)
    known = input.known and other.known
    if not known and not _same_index(input, other):
        return joined
    out = coalesce(joined, "AddBackward0")
    out.known = known
    return compressed(out) if input._compressed else out


def _same_index(a: Any, b: Any) -> bool:
    return np.array_equal(a.index, b.index) and _unique(a.index, a._shape)[0].shape == (
        a.index.shape
    )


def _same_sizes(a: Any, b: Any, name: str) -> None:
    if a._shape != b._shape:
        raise RuntimeError(
            f"{name}: expected sizes of 'self' and 'other' to match, but "
            f"{list(a._shape)} != {list(b._shape)}"
        )


@handles("sub", "subtract", "__sub__")
def _sub(input: Any, other: Any, *, alpha: Any = 1) -> Any:
    return _add(input, other, alpha=-alpha)


@handles("mul", "multiply", "__mul__", "__rmul__")
def _mul(input: Any, other: Any) -> Any:
    a, b = (input, other) if is_sparse(input) else (other, input)
    if not isinstance(b, Tensor) or (not is_sparse(b) and b.dim() == 0):
        return a.with_values(a.vals * b)
    if not is_sparse(b):
        t = coalesce(a)
        other_values = FUNCTIONS["broadcast_to"](b, t._shape)
        return t.with_values(t.vals * _sparse_mask(other_values, list(_index(t))))
    _same_sizes(a, b, "mul")
    a, b = coalesce(a), coalesce(b)
    if np.array_equal(a.index, b.index):
        return a.with_values(a.vals * b.vals)
    shape = a._shape[: a.sparse_dim()]
    flat_a, flat_b = (np.ravel_multi_index(_index(t), shape) for t in (a, b))
    _, at_a, at_b = np.intersect1d(flat_a, flat_b, return_indices=True)
    vals = a.vals[wrap(Tensor, at_a)] * b.vals[wrap(Tensor, at_b)]
    return made(a.index[:, at_a], vals, a._shape, True)


@handles("div", "divide", "true_divide", "__truediv__")
def _div(input: Any, other: Any) -> Any:
    if is_sparse(other):
        raise RuntimeError(
            "Sparse division requires a scalar or zero-dim dense tensor divisor"
        )
    t = coalesce(input)
    return t.with_values(t.vals / other)


@handles("pow", "__pow__")
def _pow(input: Any, exponent: Any) -> Any:
    t = coalesce(input)
    return t.with_values(t.vals**exponent)


def _in_place(name: str) -> None:
    def handler(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.requires_grad and self.is_leaf and state().recording:
            raise RuntimeError(errors.LEAF)
        return self.replace(HANDLERS[name](self, *args, **kwargs))

    HANDLERS[f"{name}_"] = handler


for _name in ["add", "sub", "mul", "div", "neg", "pow", "sqrt", "abs", "relu"]:
    _in_place(_name)


@handles("zero_")
def _zero(self: Any) -> Any:
    return self.replace(_empty(self._shape, self.dtype))


@handles("copy_")
def _copy(self: Any, src: Any, non_blocking: bool = False) -> Any:
    return self.replace(src)


# --- products -------------------------------------------------------------------------


def _product(label: str) -> Any:
    def body(values: Payload, index: Any, dense: Payload, rows: int) -> Payload:
        return F.coo_mm(values, tuple(index), dense, rows)

    return public(body, "mm", label)


_mm, _sparse_mm = _product("MmBackward0"), _product("SparseAddmmBackward0")


def _check_product(a: Any, b: Any) -> None:
    if a.dim() != 2 or b.dim() != 2:
        raise RuntimeError(
            f"mm: Expected 2D matrices, got {a.dim()}D and {b.dim()}D tensors"
        )
    if a.shape[1] != b.shape[0]:
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({a.shape[0]}x{a.shape[1]} and "
            f"{b.shape[0]}x{b.shape[1]})"
        )


@handles("mm", "matmul", "__matmul__", "__rmatmul__")
def _matmul(input: Any, mat2: Any, product: Any = _mm) -> Any:
    a, b = input, mat2
    if b.dim() == 1:
        return _matmul(a, b.unsqueeze(1), product).squeeze(1)
    _check_product(a, b)
    if not is_sparse(b):
        return product(a.vals, list(_index(a)), b, a._shape[0])
    if not is_sparse(a):
        return _matmul(_transpose(b), a.t(), product).t()
    dense = product(a.vals, list(_index(a)), _dense_of(b), a._shape[0])
    pattern = _pattern(a) @ _pattern(b)
    index = np.stack(np.nonzero(pattern.toarray()))
    out = made(index, _gathered(dense, list(index)), dense.shape, True)
    return compressed(out) if a._compressed else out


def _pattern(t: Any) -> Any:
    from scipy.sparse import coo_array

    ones = np.ones(t.index.shape[1], np.int64)
    return coo_array((ones, tuple(t.index)), shape=t._shape).tocsr()


def mm(mat1: Any, mat2: Any, reduce: Any = None) -> Any:
    """The product of a sparse matrix and a matrix."""
    if not is_sparse(mat2) and mat1.shape[1] != mat2.shape[0]:
        raise RuntimeError(
            f"addmm: Argument #3 (dense): Expected dim 0 size {mat1.shape[1]}, got "
            f"{mat2.shape[0]}"
        )
    return _matmul(mat1, mat2, _sparse_mm)


def spmm(mat1: Any, mat2: Any) -> Any:
    """`torch.spmm`, `torch.dsmm` and `torch.hsmm`: `torch.mm` by its former names."""
    return FUNCTIONS["mm"](mat1, mat2)


dsmm = hsmm = spmm


@handles("mv")
def _mv(input: Any, vec: Any) -> Any:
    return _matmul(input, vec)


@handles("addmm")
def addmm(mat: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    """`beta mat + alpha (mat1 @ mat2)` for a sparse mat1."""
    out = mm(mat1, mat2)
    out = out if alpha == 1 else alpha * out
    return (mat if beta == 1 else beta * mat) + out


def sampled_addmm(
    input: Any, mat1: Any, mat2: Any, *, beta: Any = 1.0, alpha: Any = 1.0
) -> Any:
    """`alpha (mat1 @ mat2)` at the positions of a compressed matrix, plus it."""
    dense = mat1 @ mat2
    found = _sparse_mask(dense, list(_index(input)))
    return input.with_values(alpha * found + beta * input.vals)


# --- reductions -----------------------------------------------------------------------


def sum(input: Any, dim: Any = None, dtype: Any = None) -> Any:
    """The sum of all elements, or a sparse tensor of the sums along axes."""
    t = input if dtype is None else input.with_values(input.vals.to(dtype))
    if dim is None:
        return t.vals.sum()
    gone = dims_of(dim, t.dim())
    k = t.sparse_dim()
    within = [d - k + 1 for d in gone if d >= k]
    vals = t.vals.sum(within) if within else t.vals
    kept = [d for d in range(k) if d not in gone]
    if not kept:
        return vals.sum(0)
    shape = [n for d, n in enumerate(t._shape) if d not in gone]
    known = t.known and len(kept) == k
    out = made(t.index[kept], vals, shape, known)
    return out if len(kept) == k else coalesce(out, "SparseSumBackward0")


@handles("sum")
def _sum(
    input: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Any:
    return sum(input, dim, dtype)


@handles("norm")
def _norm(input: Any, p: Any = "fro", dim: Any = None, **_: Any) -> Any:
    return coalesce(input).vals.norm(2 if p == "fro" else p)


_softmax = public(
    lambda values, place, count, log: F.coo_softmax(values, place[0], count, log=log),
    "sparse_softmax",
    "SparseSoftmaxBackward0",
)
_log_softmax = public(
    lambda values, place, count, log: F.coo_softmax(values, place[0], count, log=log),
    "sparse_log_softmax",
    "SparseLogSoftmaxBackward0",
)


def softmax(input: Any, dim: int, *, dtype: Any = None, log: bool = False) -> Any:
    """Softmax along an axis; elements that are not stated count as minus infinity."""
    t = coalesce(input if dtype is None else input.with_values(input.vals.to(dtype)))
    d = checked_dim(dim, t.dim())
    others = np.delete(t.index, d, 0)
    shape = tuple(np.delete(t._shape[: t.sparse_dim()], d))
    unique, place = _unique(others, shape)
    if not others.shape[0]:
        place = np.zeros(t._nnz(), np.int64)
    count = max(unique.shape[1], 1)
    return t.with_values(
        (_log_softmax if log else _softmax)(t.vals, [place], count, log)
    )


def log_softmax(input: Any, dim: int, *, dtype: Any = None) -> Any:
    return softmax(input, dim, dtype=dtype, log=True)


HANDLERS["softmax"], HANDLERS["log_softmax"] = softmax, log_softmax


# --- shapes ---------------------------------------------------------------------------


def _transpose(
    input: Any, dim0: int = 0, dim1: int = 1, name: str = "Transpose"
) -> Any:
    a, b = checked_dim(dim0, input.dim()), checked_dim(dim1, input.dim())
    order = list(range(input.dim()))
    order[a], order[b] = b, a
    if max(a, b) >= input.sparse_dim() and a != b:
        raise RuntimeError("transpose(sparse): transposed dimensions must be sparse")
    shape = [input._shape[i] for i in order]
    index = input.index[order[: input.sparse_dim()]]
    return _moved(input, index, shape, name, False)


HANDLERS.update(dict.fromkeys(("transpose", "swapaxes", "swapdims"), _transpose))


@handles("t", "adjoint")
def _t(input: Any) -> Any:
    return _transpose(input, name="T") if input.dim() == 2 else input


@handles("unsqueeze")
def _unsqueeze(input: Any, dim: int) -> Any:
    d = checked_dim(dim, input.dim() + 1)
    index = np.insert(input.index, d, 0, 0)
    shape = np.insert(input._shape, d, 1)
    return _moved(input, index, shape, "Unsqueeze", input.known)


@handles("cat", "concat", "concatenate")
def _cat(tensors: Any, dim: int = 0, **_: Any) -> Any:
    d = checked_dim(dim, tensors[0].dim())
    at, parts = 0, []
    for t in tensors:
        index = t.index.copy()
        index[d] += at
        at += t._shape[d]
        parts.append(index)
    shape = list(tensors[0]._shape)
    shape[d] = at
    vals = FUNCTIONS["cat"]([t.vals for t in tensors])
    return made(np.concatenate(parts, 1), vals, shape, False)


@handles("stack")
def _stack(tensors: Any, dim: int = 0) -> Any:
    return _cat([_unsqueeze(t, dim) for t in tensors], dim)


@handles("select")
def _select(input: Any, dim: int, index: int) -> Any:
    d = checked_dim(dim, input.dim())
    n = input._shape[d]
    if not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size "
            f"{list(input._shape)} at dimension {d}"
        )
    at = np.nonzero(input.index[d] == index % n)[0]
    vals = input.vals[wrap(Tensor, at)]
    kept = np.delete(input.index[:, at], d, 0)
    if not kept.shape[0]:
        return vals.sum(0)
    return made(kept, vals, np.delete(input._shape, d), input.known)


@handles("__getitem__")
def _getitem(self: Any, index: Any) -> Any:
    for i in index if isinstance(index, tuple) else (index,):
        if not hasattr(i, "__index__"):
            raise no_kernel("as_strided")
        self = _select(self, 0, int(i))
    return self


@handles("index_select")
def _index_select(input: Any, dim: int, index: Any) -> Any:
    d = checked_dim(dim, input.dim())
    t = coalesce(input)
    wanted = index.array()
    pairs = [
        (i, j) for j, w in enumerate(wanted) for i in np.nonzero(t.index[d] == w)[0]
    ]
    at = np.array([i for i, _ in pairs], np.int64)
    moved = t.index[:, at]
    moved[d] = [j for _, j in pairs]
    shape = list(t._shape)
    shape[d] = wanted.size
    return made(moved, t.vals[wrap(Tensor, at)], shape, False)


# --- questions, and what has no sparse form -------------------------------------------


@handles("zeros_like")
def _zeros_like(input: Any, *, dtype: Any = None, **_: Any) -> Any:
    return _empty(input._shape, dtype or input.dtype)


@handles("numpy", "__array__")
def _numpy(self: Any, *_: Any, **__: Any) -> Any:
    raise TypeError(
        "can't convert Sparse layout tensor to numpy. Use Tensor.to_dense() first."
    )


@handles("item", "__float__", "__int__", "__bool__")
def _item(self: Any) -> Any:
    if self.numel() != 1:
        raise RuntimeError(
            f"a Tensor with {self.numel()} elements cannot be converted to Scalar"
        )
    return _dense_of(self).item()


@handles("tolist", "data_ptr")
def _tolist(self: Any) -> Any:
    raise RuntimeError("Cannot access data pointer of Tensor that doesn't have storage")


for _name in ("retain_grad",):
    HANDLERS[_name] = lambda self, *args, _name=_name: getattr(self.vals, _name)(*args)
HANDLERS["nelement"] = HANDLERS["numel"] = SparseTensor.numel
HANDLERS["is_tensor"] = lambda obj: True
HANDLERS["ndimension"] = SparseTensor.dim
for _name in ("is_floating_point", "is_complex"):
    HANDLERS[_name] = getattr(SparseTensor, _name)
HANDLERS["detach"] = SparseTensor.detach
HANDLERS["is_same_size"] = lambda self, other: self.shape == other.shape
HANDLERS["allclose"] = lambda a, b, *args, **kw: FUNCTIONS["allclose"](
    *(_dense_of(x) if is_sparse(x) else x for x in (a, b)), *args, **kw
)


# --- operators: those of a subclass are asked first, reflected ones too -----------------


def _reflected(fn: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, other: fn(other, self)


_OPERATORS = {"add": _add, "sub": _sub, "mul": _mul, "truediv": _div, "matmul": _matmul}
for _name, _fn in _OPERATORS.items():
    setattr(SparseTensor, f"__{_name}__", _fn)
    setattr(SparseTensor, f"__r{_name}__", _reflected(_fn))
_MORE = {
    "__pow__": _pow,
    "__neg__": HANDLERS["neg"],
    "__getitem__": _getitem,
    "T": property(_t),
    "mT": property(_t),
}
for _name, _fn in _MORE.items():
    setattr(SparseTensor, _name, _fn)


# --- legacy constructors ----------------------------------------------------------------


def _legacy(name: str) -> Any:
    def construct(*args: Any) -> Any:
        if not args or not isinstance(args[0], Tensor):
            return _empty(args, NAMES[name])
        return sparse_coo_tensor(*args, dtype=NAMES[name])

    construct.__name__ = construct.__qualname__ = f"{name.capitalize()}Tensor"
    return construct


for _name in ["float", "double", "half", "int", "long", "short"]:
    globals()[f"{_name.capitalize()}Tensor"] = _legacy(_name)
