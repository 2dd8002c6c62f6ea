"""Linear algebra: solving, inverses, determinants, exponentials, norms of matrices.

Matrices are the last two axes; leading axes are stacks.  Numerics are NumPy's and
SciPy's (LAPACK).  Derivatives follow Giles, "Collected matrix derivative results for
forward and reverse mode algorithmic differentiation" (2008), where nothing else is
cited; A^H stands for the conjugate transpose.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from isograd.base.dtypes import I64, real_of
from isograd.base.errors import EngineError
from isograd.core.families import broadcast_shape
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite
from isograd.core.tensor import concrete

Shape = tuple[int, ...]
Array = np.ndarray


@composite
def mH(F: Namespace, x: Payload) -> Payload:
    """The conjugate transpose of the last two axes."""
    return F.conj(F.mT(x))


@composite
def matrix_diagonal(F: Namespace, x: Payload) -> Payload:
    return F.diagonal(x, axis1=x.ndim - 2, axis2=x.ndim - 1, offset=0)


@composite
def scale_columns(F: Namespace, x: Payload, s: Payload) -> Payload:
    """x diag(s)."""
    return F.mul(x, F.convert(F.unsqueeze(s, axis=s.ndim - 1), dtype=x.dtype))


@composite
def scale_rows(F: Namespace, s: Payload, x: Payload) -> Payload:
    """diag(s) x."""
    return F.mul(F.convert(F.unsqueeze(s, axis=s.ndim), dtype=x.dtype), x)


def per_matrix(name: str) -> Any:
    """Batching of an operation on stacks of matrices: one more leading axis."""

    def batch(F: Namespace, args: Any, batched: Any, size: int, **params: Any) -> Any:
        return getattr(F, name)(*args, **params)

    return batch


def aligned(name: str) -> Any:
    """The same for two stacks that broadcast."""

    def batch(F: Namespace, args: Any, batched: Any, size: int, **params: Any) -> Any:
        rank = max(a.ndim - b for a, b in zip(args, batched, strict=True))
        full = (
            F.reshape(a, shape=(size, *(1,) * (rank - a.ndim + 1), *a.shape[1:]))
            if b
            else a
            for a, b in zip(args, batched, strict=True)
        )
        return getattr(F, name)(*full, **params)

    return batch


def regular(rng: np.random.Generator, *shape: int) -> Array:
    """Matrices that are well away from singular ones."""
    n = min(shape[-2:])
    x = rng.normal(size=shape)
    x[..., range(n), range(n)] += 3.0 + np.arange(n)
    return x


# --- solving --------------------------------------------------------------------------


def lapack(name: str, *arrays: Array) -> Any:
    """SciPy's wrapper of a LAPACK routine for the dtype of arrays."""
    from scipy.linalg.lapack import get_lapack_funcs

    return get_lapack_funcs(name, arrays)


def singular(name: str, a: Array) -> EngineError:
    """The error for a singular matrix: which one, and its first zero pivot."""
    for batch, matrix in enumerate(a.reshape(-1, *a.shape[-2:])):
        info = lapack("getrf", matrix)(matrix)[2]
        if info > 0:
            where = f"(Batch element {batch}): " if a.ndim > 2 else ""
            return EngineError("singular", name=name, where=where, order=int(info))
    return EngineError("singular", name=name, where="", order=a.shape[-1])


def _inv_impl(a: Array) -> Array:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        raise singular("inv", a) from None


def _inv_vjp(F: Namespace, g: Payload, saved: Any, needs: Any) -> tuple[Payload]:
    h = F.mH(saved[1])
    return (F.neg(F.matmul(F.matmul(h, g), h)),)


inv = Primitive(
    "inv",
    _inv_impl,
    abstract=lambda a: a,
    vjp=_inv_vjp,
    jvp=lambda F, primals, tangents, out: F.neg(
        F.matmul(F.matmul(out, tangents[0]), out)
    ),
    batch=per_matrix("inv"),
    reads=((-1,),),
    samples=lambda rng: [((regular(rng, 3, 3),), {}), ((regular(rng, 2, 2, 2),), {})],
)


def _solve_impl(a: Array, b: Array) -> Array:
    try:
        return np.linalg.solve(a, b)
    except np.linalg.LinAlgError:
        raise singular("solve", a) from None


def _stack_shape(a: Any, b: Any) -> Shape:
    return (*broadcast_shape(a.shape[:-2], b.shape[:-2]), *b.shape[-2:])


def _solve_vjp(F: Namespace, g: Payload, saved: Any, needs: Any) -> Any:
    a, _, out = saved
    to_b = F.solve(F.mH(a), g)
    to_a = None
    if needs[0] is not None:
        to_a = F.sum_to(F.neg(F.matmul(to_b, F.mH(out))), needs[0].shape)
    return to_a, None if needs[1] is None else F.sum_to(to_b, needs[1].shape)


def _rest(
    F: Namespace, out: Payload, ta: Payload | None, tb: Payload | None
) -> Payload:
    """The right-hand side of a tangent: dB - dA X."""
    if ta is None:
        return tb
    part = F.neg(F.matmul(ta, out))
    return part if tb is None else F.add(tb, part)


solve = Primitive(
    "solve",
    _solve_impl,
    abstract=lambda a, b: Aval(_stack_shape(a, b), a.dtype),
    vjp=_solve_vjp,
    jvp=lambda F, primals, tangents, out: F.solve(primals[0], _rest(F, out, *tangents)),
    batch=aligned("solve"),
    arity=2,
    reads=((0, -1), (0,)),
    samples=lambda rng: [
        ((regular(rng, 3, 3), rng.normal(size=(3, 2))), {}),
        ((regular(rng, 2, 2, 2), rng.normal(size=(2, 1))), {}),
    ],
    doc="X with A X = B, for A (..., n, n) and B (..., n, k).",
)


def _triangular_impl(a: Array, b: Array, *, lower: bool, unit: bool) -> Array:
    if a.ndim == 2 and b.ndim == 2 and a.size and b.size:
        out, info = lapack("trtrs", a, b)(a, b, lower=lower, unitdiag=unit)
        if info == 0:
            return np.ascontiguousarray(out)
    full = np.tril(a) if lower else np.triu(a)
    if unit:
        n = range(a.shape[-1])
        full[..., n, n] = 1
    try:
        return np.linalg.solve(full, b)
    except np.linalg.LinAlgError:
        raise singular("solve_triangular", full) from None


def _triangle(F: Namespace, x: Payload, lower: bool, unit: bool) -> Payload:
    if lower:
        return F.tril(x, offset=-1 if unit else 0)
    return F.triu(x, offset=1 if unit else 0)


def _triangular_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, lower: bool, unit: bool
) -> Any:
    a, _, out = saved
    to_b = F.solve_triangular(F.mH(a), g, lower=not lower, unit=unit)
    to_a = None
    if needs[0] is not None:
        to_a = _triangle(F, F.neg(F.matmul(to_b, F.mH(out))), lower, unit)
        to_a = F.sum_to(to_a, needs[0].shape)
    return to_a, None if needs[1] is None else F.sum_to(to_b, needs[1].shape)


def _triangular_jvp(
    F: Namespace, primals: Any, tangents: Any, out: Payload, *, lower: bool, unit: bool
) -> Payload:
    ta, tb = tangents
    ta = None if ta is None else _triangle(F, ta, lower, unit)
    return F.solve_triangular(primals[0], _rest(F, out, ta, tb), lower=lower, unit=unit)


solve_triangular = Primitive(
    "solve_triangular",
    _triangular_impl,
    abstract=lambda a, b, lower, unit: Aval(_stack_shape(a, b), a.dtype),
    vjp=_triangular_vjp,
    jvp=_triangular_jvp,
    batch=aligned("solve_triangular"),
    arity=2,
    reads=((0, -1), (0,)),
    samples=lambda rng: [
        ((regular(rng, 3, 3), rng.normal(size=(3, 2))), {"lower": True, "unit": False}),
        (
            (regular(rng, 2, 2), rng.normal(size=(2, 2, 1))),
            {"lower": False, "unit": True},
        ),
    ],
    doc="X with A X = B, where only a triangle of A is read (and its diagonal taken "
    "for ones with `unit`).",
)


@composite
def solve_any(F: Namespace, a: Payload, b: Payload) -> Payload:
    """X with A X = B, where b is a vector (or a stack of them, as in PyTorch)."""
    vector = b.ndim == 1 or (b.ndim == a.ndim - 1 and b.shape == a.shape[:-1])
    if not vector:
        return F.solve(a, b)
    out = F.solve(a, F.unsqueeze(b, axis=b.ndim))
    return F.reshape(out, shape=out.shape[:-1])


@composite
def solve_right(F: Namespace, a: Payload, b: Payload) -> Payload:
    """X with X A = B."""
    return F.mT(F.solve(F.mT(a), F.mT(b)))


@composite
def solve_triangular_right(
    F: Namespace, a: Payload, b: Payload, *, lower: bool, unit: bool
) -> Payload:
    """X with X A = B for a triangular A."""
    out = F.solve_triangular(F.mT(a), F.mT(b), lower=not lower, unit=unit)
    return F.mT(out)


@composite
def cholesky_solve(
    F: Namespace, b: Payload, factor: Payload, *, upper: bool = False
) -> Payload:
    """X with A X = B, given the Cholesky factor of A."""
    low = F.mH(factor) if upper else factor
    half = F.solve_triangular(low, b, lower=True, unit=False)
    return F.solve_triangular(F.mH(low), half, lower=False, unit=False)


@composite
def cholesky_inverse(F: Namespace, factor: Payload, *, upper: bool = False) -> Payload:
    """The inverse of A, given its Cholesky factor."""
    eye = np.eye(factor.shape[-1], dtype=factor.dtype)
    return F.cholesky_solve(eye, factor, upper=upper)


@composite
def eigh_of_pair(F: Namespace, a: Payload, b: Payload) -> tuple[Payload, Payload]:
    """(w, V) with A V = B V diag(w) for a symmetric A and a positive definite B."""
    half = F.inv(F.cholesky(b))
    w, v = F.eigh(F.matmul(F.matmul(half, a), F.mH(half)))
    return w, F.matmul(F.mH(half), v)


# --- determinants ---------------------------------------------------------------------


def _det_impl(a: Array) -> Array:
    """The product of the pivots; of the transposed matrix, as PyTorch factors it.

    NumPy's det goes through logarithms, which an integer matrix shows.
    """
    from scipy.linalg import lapack

    if a.dtype.char not in "fdFD" or not a.shape[-1]:
        return np.asarray(np.linalg.det(a), a.dtype)
    getrf: Any = lapack.get_lapack_funcs("getrf", (a,))
    out = np.empty(a.shape[:-2], a.dtype)
    order = np.arange(a.shape[-1])
    for at in np.ndindex(out.shape):
        packed, pivots, _ = getrf(a[at].T)
        swaps = int(np.count_nonzero(pivots != order))
        out[at] = np.prod(packed.diagonal()) * (-1) ** swaps
    return out


def _spread(F: Namespace, s: Payload) -> Payload:
    """(...) to (..., 1, 1)."""
    return F.reshape(s, shape=(*s.shape, 1, 1))


def _det_jvp(F: Namespace, primals: Any, tangents: Any, out: Payload) -> Payload:
    t = F.mul(F.cofactors(primals[0]), tangents[0])
    return F.sum(t, axes=(t.ndim - 2, t.ndim - 1))


det = Primitive(
    "det",
    _det_impl,
    abstract=lambda a: Aval(a.shape[:-2], a.dtype),
    vjp=lambda F, g, saved, needs: (
        F.mul(_spread(F, g), F.conj(F.cofactors(saved[0]))),
    ),
    jvp=_det_jvp,
    batch=per_matrix("det"),
    reads=((0,),),
    samples=lambda rng: [((regular(rng, 3, 3),), {}), ((regular(rng, 2, 2, 2),), {})],
)


def _cofactors_impl(a: Array) -> Array:
    """det(U V^H) U diag(products of the other singular values) V^H: also where A is
    singular."""
    u, s, vh = np.linalg.svd(a)
    n = a.shape[-1]
    others = np.broadcast_to(s[..., None, :], (*s.shape, n)).copy()
    others[..., range(n), range(n)] = 1
    products = others.prod(-1).astype(a.dtype)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    # C^T = adj(A) = det(A) A^{-1}, so conj(C) = conj(det(U V^H)) U D V^H
    out = (u * products[..., None, :]) @ vh
    return np.asarray(sign[..., None, None] * np.conj(out), a.dtype)


def _cofactors_vjp(F: Namespace, g: Payload, saved: Any, needs: Any) -> tuple[Payload]:
    a, out = saved
    n = out.ndim
    total = F.sum(F.mul(F.conj(g), out), axes=(n - 2, n - 1))
    inverse = F.mT(F.inv(a))
    part = F.matmul(F.matmul(out, F.mH(g)), inverse)
    return (F.conj(F.sub(F.mul(_spread(F, total), inverse), part)),)


def _cofactors_jvp(F: Namespace, primals: Any, tangents: Any, out: Payload) -> Payload:
    t = F.matmul(tangents[0], F.inv(primals[0]))
    trace = F.sum(F.matrix_diagonal(t), axes=(t.ndim - 2,))
    return F.sub(F.mul(_spread(F, trace), out), F.matmul(F.mT(t), out))


cofactors = Primitive(
    "cofactors",
    _cofactors_impl,
    abstract=lambda a: a,
    vjp=_cofactors_vjp,
    jvp=_cofactors_jvp,
    batch=per_matrix("cofactors"),
    reads=((0, -1),),
    samples=lambda rng: [((regular(rng, 3, 3),), {})],
    doc="det(A) A^-T, the derivative of det; its own needs an inverse.",
)


def _slogdet_impl(a: Array) -> tuple[Array, Array]:
    sign, size = np.linalg.slogdet(a)
    return np.asarray(sign, a.dtype), np.asarray(size, real_of(a.dtype))


def _slogdet_vjp(F: Namespace, g: Any, saved: Any, needs: Any) -> tuple[Payload | None]:
    """d log det = tr(A^-1 dA) = d log|det| + i d angle."""
    a, sign = saved[:2]
    to_sign, total = g
    if total is not None:
        total = F.convert(total, dtype=a.dtype)
    if to_sign is not None and a.dtype.kind == "c":
        turn = F.mul(F.convert(F.imag(F.mul(F.conj(sign), to_sign)), dtype=a.dtype), 1j)
        total = turn if total is None else F.add(total, turn)
    if total is None:
        return (None,)
    return (F.mul(_spread(F, total), F.mH(F.inv(a))),)


def _slogdet_jvp(F: Namespace, primals: Any, tangents: Any, out: Any) -> Any:
    (a,), (t,) = primals, tangents
    t = F.matrix_diagonal(F.solve(a, t))
    trace = F.sum(t, axes=(t.ndim - 1,))
    if a.dtype.kind != "c":
        return None, trace
    turn = F.mul(F.convert(F.imag(trace), dtype=a.dtype), 1j)
    return F.mul(out[0], turn), F.real(trace)


slogdet = Primitive(
    "slogdet",
    _slogdet_impl,
    abstract=lambda a: (
        Aval(a.shape[:-2], a.dtype),
        Aval(a.shape[:-2], real_of(a.dtype)),
    ),
    vjp=_slogdet_vjp,
    jvp=_slogdet_jvp,
    batch=per_matrix("slogdet"),
    reads=((0, -1),),
    multi=True,
    samples=lambda rng: [
        ((regular(rng, 3, 3),), {}),
        ((regular(rng, 2, 2, 2) * (1 + 0.3j),), {}),
    ],
    doc="(sign, log of the absolute value) of the determinant.",
)


@composite
def logdet(F: Namespace, a: Payload) -> Payload:
    """log det A; nan where the determinant is negative."""
    sign, size = F.slogdet(a)
    if a.dtype.kind == "c":
        return F.add(F.convert(size, dtype=a.dtype), F.log(sign))
    return F.where(F.lt(sign, 0.0), F.full_like(size, value=np.nan), size)


# --- pseudo-inverse and exponential ---------------------------------------------------


def _pinv_impl(a: Array, *, rtol: float | None) -> Array:
    if rtol is None:
        rtol = max(a.shape[-2:]) * float(np.finfo(a.dtype).eps)
    try:
        return np.linalg.pinv(a, rtol)
    except np.linalg.LinAlgError:
        raise EngineError("not_converged", name="svd", order=0, finite=False) from None


def _pinv_parts(F: Namespace, a: Payload, p: Payload) -> tuple[Payload, Payload]:
    """The projectors I - A A+ and I - A+ A."""
    m, n = a.shape[-2:]
    return (
        F.sub(np.eye(m, dtype=a.dtype), F.matmul(a, p)),
        F.sub(np.eye(n, dtype=a.dtype), F.matmul(p, a)),
    )


def _pinv_vjp(
    F: Namespace, g: Payload, saved: Any, needs: Any, *, rtol: Any
) -> tuple[Payload]:
    a, p = saved
    ph, gh = F.mH(p), F.mH(g)
    left, right = _pinv_parts(F, a, p)
    out = F.neg(F.matmul(F.matmul(ph, g), ph))
    out = F.add(out, F.matmul(F.matmul(left, gh), F.matmul(p, ph)))
    return (F.add(out, F.matmul(F.matmul(ph, p), F.matmul(gh, right))),)


def _pinv_jvp(
    F: Namespace, primals: Any, tangents: Any, p: Payload, *, rtol: Any
) -> Payload:
    (a,), (t,) = primals, tangents
    ph, th = F.mH(p), F.mH(t)
    left, right = _pinv_parts(F, a, p)
    out = F.neg(F.matmul(F.matmul(p, t), p))
    out = F.add(out, F.matmul(F.matmul(p, ph), F.matmul(th, left)))
    return F.add(out, F.matmul(F.matmul(right, th), F.matmul(ph, p)))


pinv = Primitive(
    "pinv",
    _pinv_impl,
    abstract=lambda a, rtol: Aval((*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype),
    vjp=_pinv_vjp,
    jvp=_pinv_jvp,
    batch=per_matrix("pinv"),
    reads=((0, -1),),
    samples=lambda rng: [
        ((regular(rng, 3, 2),), {"rtol": None}),
        ((regular(rng, 2, 2, 3),), {"rtol": None}),
    ],
    doc="The pseudo-inverse; derivatives for constant rank (Golub and Pereyra 1973).",
)


def _expm_impl(a: Array) -> Array:
    from scipy.linalg import expm

    return np.ascontiguousarray(expm(a), a.dtype) if a.size else a.copy()


@composite
def expm_along(F: Namespace, a: Payload, e: Payload) -> Payload:
    """The derivative of exp at A along E: a block of exp([[A, E], [0, A]])
    (Al-Mohy and Higham 2009)."""
    n, k = a.shape[-1], a.ndim
    top = F.concatenate(a, e, axis=k - 1)
    bottom = F.concatenate(F.zeros_like(a), a, axis=k - 1)
    out = F.matrix_exp(F.concatenate(top, bottom, axis=k - 2))
    index = (*((0, m, 1) for m in a.shape[:-2]), (0, n, 1), (n, 2 * n, 1))
    return F.slice(out, index=index)


matrix_exp = Primitive(
    "matrix_exp",
    _expm_impl,
    abstract=lambda a: a,
    vjp=lambda F, g, saved, needs: (F.expm_along(F.mH(saved[0]), g),),
    jvp=lambda F, primals, tangents, out: F.expm_along(primals[0], tangents[0]),
    batch=per_matrix("matrix_exp"),
    reads=((0,),),
    samples=lambda rng: [
        ((rng.normal(size=(3, 3)),), {}),
        ((rng.normal(size=(2, 2, 2)),), {}),
    ],
)

# --- composites -----------------------------------------------------------------------


@composite
def lstsq(
    F: Namespace, a: Payload, b: Payload, *, rtol: float | None = None
) -> Payload:
    """X that minimises |A X - B|, of least norm."""
    return F.matmul(F.pinv(a, rtol=rtol), b)


@composite
def matrix_norm(F: Namespace, x: Payload, *, ord: Any = "fro") -> Payload:
    """The norm of matrices, the last two axes.

    `ord` is "fro", "nuc", 2, -2, 1, -1, inf or -inf.
    """
    n = x.ndim
    if ord == "fro":
        return F.norm(x, axes=(n - 2, n - 1), ord=2, safe=True)
    if ord in ("nuc", 2, -2):
        s = F.svdvals(x)
        fold = {"nuc": F.sum, 2: F.max, -2: F.min}[ord]
        return fold(s, axes=(s.ndim - 1,))
    sums = F.sum(F.abs(x), axes=(n - 2 if ord in (1, -1) else n - 1,))
    return (F.max if ord > 0 else F.min)(sums, axes=(n - 2,))


@composite
def cond(F: Namespace, x: Payload, *, ord: Any = None) -> Payload:
    """The condition number in a norm of `matrix_norm` (None: 2)."""
    if ord in (None, 2, -2):
        s = F.svdvals(x)
        big, small = (
            F.select(s, axis=s.ndim - 1, index=i) for i in (0, s.shape[-1] - 1)
        )
        return F.div(small, big) if ord == -2 else F.div(big, small)
    return F.mul(F.matrix_norm(x, ord=ord), F.matrix_norm(F.inv(x), ord=ord))


def matrix_rank(
    x: Payload,
    *,
    atol: float | None = None,
    rtol: float | None = None,
    hermitian: bool = False,
) -> Array:
    """How many singular values are above max(atol, rtol times the largest one)."""
    a = concrete(x, "a rank")
    s = (
        np.abs(np.linalg.eigvalsh(a))
        if hermitian
        else np.linalg.svd(a, compute_uv=False)
    )
    if rtol is None:
        eps = float(np.finfo(a.dtype).eps)
        rtol = 0.0 if atol is not None else max(a.shape[-2:]) * eps
    largest = s.max(-1, keepdims=True, initial=0)
    return np.asarray((s > np.maximum(atol or 0.0, rtol * largest)).sum(-1), I64)


@composite
def tensorinv(F: Namespace, x: Payload, *, ind: int) -> Payload:
    """The inverse as a map between the first `ind` and the other axes."""
    head, tail = x.shape[:ind], x.shape[ind:]
    flat = F.reshape(x, shape=(prod(head), prod(tail)))
    return F.reshape(F.inv(flat), shape=(*tail, *head))


@composite
def tensorsolve(
    F: Namespace, a: Payload, b: Payload, *, axes: Shape | None = None
) -> Payload:
    """X with tensordot(A, X, X.ndim) = B; `axes` of A are moved to its end."""
    if axes is not None:
        rest = tuple(i for i in range(a.ndim) if i not in axes)
        a = F.transpose(a, axes=rest + axes)
    n, tail = prod(b.shape), a.shape[b.ndim :]
    out = F.solve(F.reshape(a, shape=(n, prod(tail))), F.reshape(b, shape=(n, 1)))
    return F.reshape(out, shape=tail)


@composite
def householder_product(F: Namespace, v: Payload, tau: Payload) -> Payload:
    """The first columns of the product of I - tau_i v_i v_i^H; v (..., m, k)."""
    m, k = v.shape[-2:]
    v = F.tril(v, offset=-1)
    v = F.add(v, np.eye(m, k, dtype=v.dtype))
    count = tau.shape[-1]
    out = F.add(F.zeros_like(v), np.eye(m, k, dtype=v.dtype))
    for i in reversed(range(count)):
        column = F.unsqueeze(F.select(v, axis=v.ndim - 1, index=i), axis=v.ndim - 1)
        scale = _spread(F, F.select(tau, axis=tau.ndim - 1, index=i))
        part = F.matmul(column, F.matmul(F.mH(column), out))
        out = F.sub(out, F.mul(scale, part))
    return out


@composite
def vander(F: Namespace, x: Payload, *, count: int, increasing: bool = True) -> Payload:
    """Powers of x along a new last axis."""
    if not count:
        return np.zeros((*x.shape, 0), x.dtype)
    powers = [F.ones_like(x)]
    for _ in range(count - 1):
        powers.append(F.mul(powers[-1], x))
    return F.stack(*(powers if increasing else powers[::-1]), axis=x.ndim)
