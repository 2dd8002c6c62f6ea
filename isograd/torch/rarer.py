"""Rarely used functions and methods: packed factors, strided writes, segments."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import concrete
from isograd.torch.call import Values, check_write, in_place, public, sizes_of
from isograd.torch.factories import finished
from isograd.torch.matrices import LINALG, function
from isograd.torch.table import FUNCTIONS, row, tensor_row
from isograd.torch.tensor import Tensor

F = BOUND

# --- copies of views, writes to views -------------------------------------------------


@tensor_row(method=False)
def alias_copy(input: Any) -> Any:
    return input.clone()


@tensor_row(method=False)
def slice_copy(
    input: Any, dim: int = 0, start: Any = None, end: Any = None, step: int = 1
) -> Any:
    place = [slice(None)] * input.dim()
    place[dim] = slice(start, end, step)
    return input[tuple(place)].clone()


@tensor_row(method=False)
def split_with_sizes_copy(input: Any, split_sizes: Any, dim: int = 0) -> Any:
    return tuple(part.clone() for part in input.split(split_sizes, dim))


@tensor_row
def as_strided_scatter(
    input: Any, src: Any, size: Any, stride: Any, storage_offset: Any = None
) -> Any:
    """A copy of `input` whose strided view is `src`."""
    out = input.clone()
    out.as_strided(size, stride, storage_offset or 0).copy_(src)
    return out


@tensor_row
def as_strided_(input: Any, size: Any, stride: Any, storage_offset: Any = None) -> Any:
    input.data = input.as_strided(size, stride, storage_offset or 0)
    return input


@tensor_row(function=False)
def new_empty_strided(self: Any, size: Any, stride: Any, **options: Any) -> Any:
    options = {"dtype": self.dtype} | options
    return FUNCTIONS["empty_strided"](size, stride, **options)


@tensor_row
def resize_as_(input: Any, the_template: Any, **_: Any) -> Any:
    return input.resize_(*the_template.shape)


@tensor_row(function=False)
def resize(self: Any, *sizes: Any) -> Any:
    return self.reshape(sizes_of(sizes))


@tensor_row(function=False)
def resize_as(self: Any, tensor: Any) -> Any:
    return self.reshape(tensor.shape)


@tensor_row(function=False)
def map2_(self: Any, x: Any, y: Any, callable: Callable[..., Any]) -> Any:
    """Replace each element by a Python function of it and of two tensors'."""
    a = self.array("map2_")
    parts = [np.broadcast_to(t.array("map2_"), a.shape).flat for t in (self, x, y)]
    values = [callable(*(v.item() for v in each)) for each in zip(*parts, strict=True)]
    return self.copy_(finished(np.array(values, a.dtype).reshape(a.shape)))


# --- forms in place and as methods ----------------------------------------------------


def _in_place(name: str, body: Any, label: str, function: bool = False) -> None:
    method = in_place(body, f"{name}_", label)
    setattr(Tensor, f"{name}_", method)
    if function:
        FUNCTIONS[f"{name}_"] = method


_in_place("conj_physical", lambda x: F.conj(x), "ConjPhysicalBackward0", True)
FUNCTIONS["conj_physical"] = vars(Tensor)["conj_physical"]


@tensor_row(function=False)
def polygamma_(self: Any, n: int) -> Any:
    return self.copy_(self.polygamma(n))


@tensor_row(function=False)
def index_reduce_(self: Any, *args: Any, **kwargs: Any) -> Any:
    return self.copy_(self.index_reduce(*args, **kwargs))


def _nn_function(name: str, own: str = "") -> Callable[..., Any]:
    """A method that is a function of `torch.nn.functional`."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        from isograd.torch.nn import functional

        return getattr(functional, own or name)(self, *args, **kwargs)

    method.__name__ = method.__qualname__ = name
    return method


for _name in ("hardshrink", "prelu"):
    tensor_row(_nn_function(_name), name=_name, function=False)

# --- indices --------------------------------------------------------------------------


@row
def nonzero_static(input: Payload, *, size: int, fill_value: int = -1) -> Payload:
    """The first `size` places of elements that are not zero, filled up."""
    found = np.argwhere(concrete(input))[:size]
    out = np.full((size, found.shape[1]), fill_value, np.int64)
    out[: len(found)] = found
    return out


@tensor_row(method=False)
def embedding_renorm_(
    input: Any, indices: Any, max_norm: float, norm_type: float = 2.0
) -> Any:
    """Scale the rows at `indices` whose norm is larger than `max_norm`, in place."""
    from isograd.torch.nn.embeddings import _renorm_rows

    _renorm_rows(indices, input, max_norm, norm_type)
    return input


_SEGMENTS = {"sum": "sum", "mean": "mean", "max": "amax", "min": "amin", "prod": "prod"}


@row(method=False)
def segment_reduce(
    data: Payload,
    reduce: str,
    *,
    lengths: Any = None,
    indices: Any = None,
    offsets: Any = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: Any = None,
    dim: int = 0,
) -> Payload:
    """Reduce runs along the first axis, of the given lengths."""
    sizes = np.diff(concrete(offsets)) if lengths is None else concrete(lengths)
    if axis or dim or sizes.ndim != 1:
        raise NotImplementedError("segment_reduce: runs along the first axis only")
    places = np.repeat(np.arange(len(sizes)), sizes)
    shape = (len(sizes), *data.shape[1:])
    start = {"sum": 0, "mean": 0, "prod": 1, "max": -np.inf, "min": np.inf}[reduce]
    zero = np.full(shape, start if initial is None else initial, data.dtype)
    lead = places.reshape(-1, *(1,) * (data.ndim - 1))
    at = np.broadcast_to(lead, data.shape)
    kept = initial is not None or start in (np.inf, -np.inf)
    return F.scatter_along(
        zero, at, data, axis=0, reduce=_SEGMENTS[reduce], include_self=kept
    )


# --- packed factors -------------------------------------------------------------------


@row
def geqrf(input: Payload) -> Values:
    return Values("geqrf", "a tau", F.geqrf(input))


@row(label="HouseholderProductBackward0")
def orgqr(input: Payload, input2: Payload) -> Payload:
    return F.householder_product(input, input2)


@row
def ormqr(
    input: Payload,
    input2: Payload,
    input3: Payload,
    left: bool = True,
    transpose: bool = False,
) -> Payload:
    return F.householder_multiply(input, input2, input3, left=left, transpose=transpose)


def _info(x: Payload) -> Payload:
    return np.zeros(x.shape[:-2], np.int32)


def _ldl_values(name: str, A: Payload, *rest: Payload) -> Values:
    names = "LD pivots info" if rest else "LD pivots"
    return Values(f"linalg_{name}", names, [*F.ldl_factor(A), *rest])


@function
def ldl_factor(A: Payload, *, hermitian: bool = False) -> Values:
    return _ldl_values("ldl_factor", A)


@function
def ldl_factor_ex(
    A: Payload, *, hermitian: bool = False, check_errors: bool = False
) -> Values:
    return _ldl_values("ldl_factor_ex", A, _info(A))


@function
def ldl_solve(
    LD: Payload, pivots: Payload, B: Payload, *, hermitian: bool = False
) -> Payload:
    return F.ldl_solve(LD, pivots, B)


@function
def lu_factor_ex(
    A: Payload, *, pivot: bool = True, check_errors: bool = False
) -> Values:
    return Values("linalg_lu_factor_ex", "LU pivots info", [*F.lu_factor(A), _info(A)])


def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> Any:
    """`solve` with LAPACK's code, which is zero where it did not raise."""
    from isograd.torch.call import return_type

    made = return_type("linalg_solve_ex", "result info")
    return made([LINALG["solve"](A, B, left=left), finished(_info(A._p))])


LINALG["solve_ex"] = solve_ex


@tensor_row
def lu(
    A: Any, pivot: bool = True, get_infos: bool = False, out: Any = None
) -> tuple[Any, ...]:
    found = tuple(LINALG["lu_factor"](A, pivot=pivot))
    return (*found, finished(_info(A._p))) if get_infos else found


@row(method=False)
def lu_unpack(
    LU_data: Payload,
    LU_pivots: Payload,
    unpack_data: bool = True,
    unpack_pivots: bool = True,
) -> Values:
    parts = list(F.lu_unpacked(LU_data, concrete(LU_pivots)))
    empty = np.empty(0, LU_data.dtype)
    for i in range(3):
        if not (unpack_data if i else unpack_pivots):
            parts[i] = empty
    return Values("lu_unpack", "P L U", parts)


# --- a few singular vectors and eigenvectors ------------------------------------------

_low_rank = public(
    lambda a, start, niter: F.svd_low_rank(a, start, iterations=niter), "svd", None
)


@tensor_row(method=False)
def svd_lowrank(
    A: Any, q: int | None = 6, niter: int | None = 2, M: Any = None
) -> tuple[Any, Any, Any]:
    """(U, S, V) of an approximation of rank q, from random directions."""
    q, niter = 6 if q is None else q, 2 if niter is None else niter
    A = A if M is None else A - M
    start = FUNCTIONS["randn"](*A.shape[:-2], A.shape[-1], q, dtype=A.dtype)
    u, s, v = _low_rank(A, start, niter)
    return u, s, v


@tensor_row(method=False)
def pca_lowrank(
    A: Any, q: int | None = None, center: bool = True, niter: int = 2
) -> tuple[Any, Any, Any]:
    """The same of A less the means of its columns."""
    m, n = A.shape[-2:]
    if q is None:
        q = min(6, m, n)
    elif not 0 <= q <= min(m, n):
        raise ValueError(
            f"q(={q}) must be non-negative integer and not greater than min(m, n)="
            f"{min(m, n)}"
        )
    if niter < 0:
        raise ValueError(f"niter(={niter}) must be non-negative integer")
    centred = A - A.mean(dim=-2, keepdim=True) if center else A
    return svd_lowrank(centred, q, niter)


_eigh_of_pair = public(lambda a, b: F.eigh_of_pair(a, b), "lobpcg", None)


@tensor_row(method=False)
def lobpcg(
    A: Any,
    k: int | None = None,
    B: Any = None,
    X: Any = None,
    n: int | None = None,
    iK: Any = None,
    niter: int | None = None,
    tol: float | None = None,
    largest: bool | None = None,
    method: str | None = None,
    **_: Any,
) -> tuple[Any, Any]:
    """The k largest (or smallest) eigenvalues and their vectors, found directly.

    Raises:
        ValueError: A is smaller than the iteration could treat.
    """
    m = A.shape[-1]
    count: int = k or (1 if X is None else X.shape[-1])
    if m < 3 * count:
        raise ValueError(
            f"LPBPCG algorithm is not applicable when the number of A rows (={m}) is "
            f"smaller than 3 x the number of requested eigenpairs (={count})"
        )
    if B is None:
        values, vectors = LINALG["eigh"](A)
    else:
        values, vectors = _eigh_of_pair(A, B)
    if largest is False:
        return values[..., :count], vectors[..., :count]
    return values[..., -count:].flip(-1), vectors[..., -count:].flip(-1)


# --- histograms -----------------------------------------------------------------------


@row
def histogramdd(
    input: Payload,
    bins: Any,
    range: Any = None,
    weight: Any = None,
    density: bool = False,
) -> Values:
    x = concrete(input)
    count = x.shape[-1]
    if isinstance(bins, int):
        bins = [bins] * count
    bins = [b if isinstance(b, int) else concrete(b) for b in bins]
    pairs = None
    if range is not None:
        pairs = [tuple(range[2 * i : 2 * i + 2]) for i, _ in enumerate(bins)]
    w = None if weight is None else concrete(weight).reshape(-1)
    hist, edges = np.histogramdd(
        x.reshape(-1, count), bins, pairs, weights=w, density=density
    )
    found = tuple(e.astype(x.dtype) for e in edges)
    return Values("histogramdd", "hist bin_edges", [hist.astype(x.dtype), found])


# --- memory ---------------------------------------------------------------------------


def _of_storage(name: str, own: str) -> None:
    def method(self: Any) -> Any:
        from isograd.torch import storage

        return getattr(storage, own)(self)

    method.__name__ = method.__qualname__ = name
    tensor_row(method, name=name, function=name == "is_storage", method=own != name)


for _name, _own in {
    "storage": "typed",
    "untyped_storage": "untyped",
    "storage_type": "kind",
    "_typed_storage": "typed",
    "is_storage": "is_storage",
}.items():
    _of_storage(_name, _own)


def _steps(size: Any) -> tuple[int, ...]:
    """The strides of a contiguous tensor."""
    return tuple(math.prod(size[i + 1 :]) for i in range(len(size)))


@tensor_row(function=False)
def set_(self: Any, source: Any = None, *rest: Any) -> Any:
    """Take over another tensor's memory, or a storage's."""
    if source is not None and not isinstance(source, Tensor):
        from isograd.torch.storage import tensor_of

        source = tensor_of(source, self.dtype)
        if rest:
            offset, size, *stride = rest
            source = source.as_strided(size, *(stride or [_steps(size)]), offset)
    if source is not None and source._p.dtype != self._p.dtype:
        raise RuntimeError(
            f"Could not set tensor of type {source.dtype.scalar_type.lower()} to a "
            f"tensor of type {self.dtype.scalar_type.lower()}"
        )
    check_write(self)
    self._p = np.zeros(0, self._p.dtype) if source is None else source._p
    return self


# --- facts ----------------------------------------------------------------------------


def _fact(name: str, value: Any, function: bool = False) -> None:
    def fn(self: Any, *args: Any) -> Any:
        return value

    fn.__name__ = fn.__qualname__ = name
    tensor_row(fn, name=name, function=function)


_fact("is_distributed", False, True)
for _name in ("is_maia", "is_mtia"):
    setattr(Tensor, _name, False)
for _name, _all in {"_is_all_true": "all", "_is_any_true": "any"}.items():

    def _truth(self: Any, _all: str = _all) -> Any:
        return getattr(self, _all)()

    setattr(Tensor, _name, _truth)

# --- functions that PyTorch has taken away --------------------------------------------

_GONE = "This function was deprecated since version 1.9 and is now removed."
_REMOVED = {
    "eig": f"""{_GONE} `torch.linalg.eig` returns complex tensors of dtype `cfloat` or \
`cdouble` rather than real tensors mimicking complex tensors.

L, _ = torch.eig(A) should be replaced with:
L_complex = torch.linalg.eigvals(A)

and

L, V = torch.eig(A, eigenvectors=True) should be replaced with:
L_complex, V_complex = torch.linalg.eig(A)""",
    "symeig": f"""{_GONE} The default behavior has changed from using the upper \
triangular portion of the matrix by default to using the lower triangular portion.

L, _ = torch.symeig(A, upper=upper) should be replaced with:
L = torch.linalg.eigvalsh(A, UPLO='U' if upper else 'L')

and

L, V = torch.symeig(A, eigenvectors=True) should be replaced with:
L, V = torch.linalg.eigh(A, UPLO='U' if upper else 'L')""",
    "matrix_rank": f"""{_GONE}
Please use the `torch.linalg.matrix_rank` function instead. The parameter 'symmetric' \
was renamed in `torch.linalg.matrix_rank()` to 'hermitian'.""",
    "solve": f"""{_GONE} `torch.solve` is deprecated in favor of `torch.linalg.solve`. \
`torch.linalg.solve` has its arguments reversed and does not return the LU \
factorization.

To get the LU factorization see `torch.lu`, which can be used with `torch.lu_solve` or \
`torch.lu_unpack`.
X = torch.solve(B, A).solution should be replaced with:
X = torch.linalg.solve(A, B)""",
    "lstsq": f"""{_GONE} `torch.lstsq` is deprecated in favor of `torch.linalg.lstsq`.
`torch.linalg.lstsq` has reversed arguments and does not return the QR decomposition in \
the returned tuple (although it returns other information about the problem).

To get the QR decomposition consider using `torch.linalg.qr`.""",
}


def _removed(name: str, text: str) -> None:
    def fn(input: Any, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(text)

    fn.__name__ = fn.__qualname__ = name
    tensor_row(fn, name=name, method=name != "matrix_rank")


for _name, _text in _REMOVED.items():
    _removed(_name, _text)
