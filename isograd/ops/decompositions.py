"""Decompositions of matrices: Cholesky, QR, LU, eigenvalues, singular values.

Sources of the derivatives: Murray, "Differentiation of the Cholesky decomposition"
(2016); Seeger et al., "Auto-differentiating linear algebra" (2017) for QR; Townsend,
"Differentiating the singular value decomposition" (2016), and Wan and Zhang, "Automatic
differentiation for complex valued SVD" (2019); Boeddeker et al., "On the computation of
complex-valued gradients" (2017) for eigenvectors; Giles (2008) for the rest.

Eigenvectors and singular vectors are determined up to a phase; derivatives are right
for functions that do not depend on it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base.dtypes import I64, complex_of, real_of
from isograd.base.errors import EngineError
from isograd.core.primitive import Aval, Namespace, Payload, Primitive, composite
from isograd.ops.linalg import lapack, per_matrix, regular

Array = np.ndarray


def _plus(F: Namespace, a: Payload | None, b: Payload | None) -> Payload | None:
    if a is None or b is None:
        return b if a is None else a
    return F.add(a, b)


def converged(name: str, fn: Any, a: Array, **words: Any) -> Any:
    """`fn(a)`, where NumPy's error becomes the engine's.

    Raises:
        EngineError: "not_converged", also where a holds nan or infinities.
    """
    try:
        if np.isfinite(a).all():
            return fn(a, **words)
    except np.linalg.LinAlgError:
        pass
    raise EngineError(
        "not_converged",
        name=name,
        order=a.shape[-1] - 1,
        finite=bool(np.isfinite(a).all()),
    )


# --- Cholesky -------------------------------------------------------------------------


def _cholesky_impl(a: Array) -> Array:
    try:
        return np.linalg.cholesky(a)
    except np.linalg.LinAlgError:
        raise _not_definite(a) from None


def _not_definite(a: Array) -> EngineError:
    for batch, matrix in enumerate(a.reshape(-1, *a.shape[-2:])):
        info = lapack("potrf", matrix)(matrix, lower=True)[1]
        if info > 0:
            where = f"(Batch element {batch}): " if a.ndim > 2 else ""
            return EngineError(
                "not_definite", name="cholesky", where=where, order=int(info)
            )
    return EngineError("not_definite", name="cholesky", where="", order=a.shape[-1])


def partial_cholesky(a: Array) -> tuple[Array, Array]:
    """(factors as far as they go, orders of the minors that are not definite or 0)."""
    lows, infos = np.zeros_like(a), np.zeros(a.shape[:-2], np.int32)
    for i in np.ndindex(a.shape[:-2]):
        low, infos[i] = lapack("potrf", a[i])(a[i], lower=True)
        lows[i] = np.tril(low)
    return lows, infos


def _half_lower(F: Namespace, x: Payload) -> Payload:
    """The lower triangle with half of the diagonal."""
    n = x.shape[-1]
    weights = np.tri(n) - 0.5 * np.eye(n)
    return F.mul(x, np.asarray(weights, x.dtype))


def _cholesky_vjp(F: Namespace, g: Payload, saved: Any, needs: Any) -> tuple[Payload]:
    low = saved[1]
    high = F.mH(low)
    inner = _half_lower(F, F.matmul(high, g))
    half = F.solve_triangular(high, inner, lower=False, unit=False)
    out = F.solve_triangular_right(low, half, lower=True, unit=False)
    return (F.mul(F.add(out, F.mH(out)), 0.5),)


def _cholesky_jvp(F: Namespace, primals: Any, tangents: Any, low: Payload) -> Payload:
    t = F.mul(F.add(tangents[0], F.mH(tangents[0])), 0.5)
    half = F.solve_triangular(low, t, lower=True, unit=False)
    inner = F.solve_triangular_right(F.mH(low), half, lower=False, unit=False)
    return F.matmul(low, _half_lower(F, inner))


def _definite(rng: np.random.Generator, *shape: int) -> Array:
    x = 0.4 * rng.normal(size=shape)
    return x @ x.swapaxes(-1, -2) + np.diag(2.0 + np.arange(shape[-1]))


cholesky = Primitive(
    "cholesky",
    _cholesky_impl,
    abstract=lambda a: a,
    vjp=_cholesky_vjp,
    jvp=_cholesky_jvp,
    batch=per_matrix("cholesky"),
    reads=((-1,),),
    samples=lambda rng: [
        ((_definite(rng, 3, 3),), {}),
        ((_definite(rng, 2, 2, 2),), {}),
    ],
    doc="The lower triangular L with L L^H = A, for A Hermitian and positive definite.",
)

# --- QR -------------------------------------------------------------------------------


def _qr_impl(a: Array) -> tuple[Array, Array]:
    q, r = np.linalg.qr(a)
    return np.ascontiguousarray(q), np.ascontiguousarray(r)


def _qr_vjp(F: Namespace, g: Any, saved: Any, needs: Any) -> tuple[Payload | None]:
    q, r = saved[-2:]
    gq, gr = g
    inner = None if gr is None else F.matmul(r, F.mH(gr))
    if gq is not None:
        part = F.neg(F.matmul(F.mH(gq), q))
        inner = part if inner is None else F.add(inner, part)
    # Q copies the lower triangle to the upper one; the diagonal is made real
    low = F.tril(inner, offset=-1)
    diagonal = F.matrix_diagonal(inner)
    if diagonal.dtype.kind == "c":
        diagonal = F.convert(F.real(diagonal), dtype=diagonal.dtype)
    inner = F.add(F.add(low, F.mH(low)), F.diag_embed(diagonal))
    out = _plus(F, gq, F.matmul(q, inner))
    rh = F.mH(r)
    return (F.solve_triangular_right(rh, out, lower=True, unit=False),)


def _qr_jvp(F: Namespace, primals: Any, tangents: Any, out: Any) -> tuple[Any, Any]:
    (q, r), (t,) = out, tangents
    right = F.solve_triangular_right(r, t, lower=False, unit=False)
    c = F.matmul(F.mH(q), right)
    low = F.tril(c, offset=-1)
    turn = F.sub(low, F.mH(low))  # Q^H dQ is skew-Hermitian
    if c.dtype.kind == "c":
        angles = F.mul(F.convert(F.imag(F.matrix_diagonal(c)), dtype=c.dtype), 1j)
        turn = F.add(turn, F.diag_embed(angles))
    rest = F.sub(c, turn)
    dq = F.sub(right, F.matmul(q, rest))
    return dq, F.matmul(rest, r)


def _qr_abstract(a: Aval) -> tuple[Aval, Aval]:
    return a, Aval((*a.shape[:-2], a.shape[-1], a.shape[-1]), a.dtype)


qr_tall = Primitive(
    "qr_tall",
    _qr_impl,
    abstract=_qr_abstract,
    vjp=_qr_vjp,
    jvp=_qr_jvp,
    batch=per_matrix("qr_tall"),
    reads=((-1, -2),),
    multi=True,
    samples=lambda rng: [((regular(rng, 4, 3),), {}), ((regular(rng, 2, 2, 2),), {})],
    doc="A (..., m, n), m >= n, as Q (m, n) with orthonormal columns times a triangle.",
)


@composite
def qr(F: Namespace, a: Payload) -> tuple[Payload, Payload]:
    """The reduced QR decomposition of matrices of any shape."""
    m, n = a.shape[-2:]
    if m >= n:
        return F.qr_tall(a)
    lead = tuple((0, k, 1) for k in a.shape[:-1])
    q, r = F.qr_tall(F.slice(a, index=(*lead, (0, m, 1))))
    rest = F.matmul(F.mH(q), F.slice(a, index=(*lead, (m, n, 1))))
    return q, F.concatenate(r, rest, axis=a.ndim - 1)


qr_complete = Primitive(
    "qr_complete",
    lambda a: tuple(np.linalg.qr(a, mode="complete")),
    abstract=lambda a: (Aval((*a.shape[:-1], a.shape[-2]), a.dtype), a),
    batch=per_matrix("qr_complete"),
    multi=True,
    samples=lambda rng: [((regular(rng, 4, 3),), {})],
    doc="Q square; the derivative is not defined.",
)

# --- LU -------------------------------------------------------------------------------


def _lu_order_impl(a: Array) -> Array:
    """The order of rows that partial pivoting gives."""
    m, n = a.shape[-2:]
    out = np.empty((*a.shape[:-2], m), np.int64)
    out[...] = np.arange(m)
    getrf = lapack("getrf", a)
    for at in np.ndindex(a.shape[:-2]):
        if m and n:
            for i, p in enumerate(getrf(a[at])[1]):
                out[(*at, [i, p])] = out[(*at, [p, i])]
    return out


lu_order = Primitive(
    "lu_order",
    _lu_order_impl,
    abstract=lambda a: Aval(a.shape[:-1], I64),
    batch=per_matrix("lu_order"),
    constant=True,
    samples=lambda rng: [((regular(rng, 3, 3),), {})],
    doc="The order in which partial pivoting takes the rows.",
)


def _lu_impl(a: Array) -> tuple[Array, Array]:
    n = a.shape[-1]
    u = a.copy()
    low = np.zeros_like(a)
    low[..., range(n), range(n)] = 1
    for k in range(n - 1):
        pivot = u[..., k, k, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(pivot != 0, u[..., k + 1 :, k] / pivot, 0)
        low[..., k + 1 :, k] = factor
        u[..., k + 1 :, k:] -= factor[..., None] * u[..., k, None, k:]
        u[..., k + 1 :, k] = 0
    return low, u


def _lu_vjp(F: Namespace, g: Any, saved: Any, needs: Any) -> tuple[Payload | None]:
    low, up = saved[-2:]
    to_low, to_up = g
    inner = None
    if to_low is not None:
        inner = F.tril(F.matmul(F.mH(low), to_low), offset=-1)
    if to_up is not None:
        inner = _plus(F, inner, F.triu(F.matmul(to_up, F.mH(up))))
    half = F.solve_triangular(F.mH(low), inner, lower=False, unit=True)
    return (F.solve_triangular_right(F.mH(up), half, lower=True, unit=False),)


def _lu_jvp(F: Namespace, primals: Any, tangents: Any, out: Any) -> tuple[Any, Any]:
    low, up = out
    half = F.solve_triangular(low, tangents[0], lower=True, unit=True)
    inner = F.solve_triangular_right(up, half, lower=False, unit=False)
    return F.matmul(low, F.tril(inner, offset=-1)), F.matmul(F.triu(inner), up)


lu_square = Primitive(
    "lu_square",
    _lu_impl,
    abstract=lambda a: (a, a),
    vjp=_lu_vjp,
    jvp=_lu_jvp,
    batch=per_matrix("lu_square"),
    reads=((-1, -2),),
    multi=True,
    samples=lambda rng: [((regular(rng, 3, 3),), {}), ((regular(rng, 2, 2, 2),), {})],
    doc="A as a unit lower times an upper triangle, without pivoting.",
)


@composite
def lu_parts(F: Namespace, a: Payload) -> tuple[Payload, Payload, Payload]:
    """(order of rows, L, U) with A[order] = L U, for matrices of any shape."""
    m, n = a.shape[-2:]
    order = F.lu_order(a)
    rows = F.broadcast_to(F.unsqueeze(order, axis=order.ndim), a.shape)
    a = F.take_along(a, rows, axis=a.ndim - 2)
    lead = tuple((0, k, 1) for k in a.shape[:-2])
    k = min(m, n)
    low, up = F.lu_square(F.slice(a, index=(*lead, (0, k, 1), (0, k, 1))))
    if m > n:
        rest = F.slice(a, index=(*lead, (n, m, 1), (0, n, 1)))
        more = F.solve_triangular_right(up, rest, lower=False, unit=False)
        low = F.concatenate(low, more, axis=a.ndim - 2)
    elif n > m:
        rest = F.slice(a, index=(*lead, (0, m, 1), (m, n, 1)))
        more = F.solve_triangular(low, rest, lower=True, unit=True)
        up = F.concatenate(up, more, axis=a.ndim - 1)
    return order, low, up


@composite
def lu(F: Namespace, a: Payload) -> tuple[Payload, Payload, Payload]:
    """(P, L, U) with A = P L U."""
    order, low, up = F.lu_parts(a)
    hot = F.one_hot(order, count=a.shape[-2], dtype=a.dtype)  # row i is e_order[i]
    return F.mT(hot), low, up


@composite
def lu_factor(F: Namespace, a: Payload) -> tuple[Payload, Payload]:
    """(L and U in one matrix, pivots counted from one)."""
    order, low, up = F.lu_parts(a)
    m, n = a.shape[-2:]
    k = min(m, n)
    low, up = F.tril(low, offset=-1), F.triu(up)
    if m > n:
        up = F.pad(up, (*((0, 0) for _ in up.shape[:-2]), (0, m - n), (0, 0)))
    elif n > m:
        low = F.pad(low, (*((0, 0) for _ in low.shape[:-1]), (0, n - m)))
    return F.add(low, up), F.order_to_pivots(order, count=k)


def _pivots_impl(order: Array, *, count: int) -> Array:
    """The exchanges of rows, one after the other, that make an order."""
    out = np.empty((*order.shape[:-1], count), np.int32)
    for at in np.ndindex(order.shape[:-1]):
        rows = list(range(order.shape[-1]))
        for i in range(count):
            j = rows.index(order[(*at, i)])
            rows[i], rows[j] = rows[j], rows[i]
            out[(*at, i)] = j + 1
    return out


order_to_pivots = Primitive(
    "order_to_pivots",
    _pivots_impl,
    abstract=lambda order, count: Aval((*order.shape[:-1], count), np.dtype(np.int32)),
    batch=per_matrix("order_to_pivots"),
    constant=True,
    kinds="i",
    samples=lambda rng: [((np.array([[2, 0, 1], [0, 2, 1]]),), {"count": 3})],
)


def pivots_to_order(pivots: Array, rows: int) -> Array:
    """The order of rows that exchanges (counted from one) make."""
    out = np.empty((*pivots.shape[:-1], rows), np.int64)
    out[...] = np.arange(rows)
    for at in np.ndindex(pivots.shape[:-1]):
        for i, p in enumerate(pivots[at]):
            out[(*at, [i, p - 1])] = out[(*at, [p - 1, i])]
    return out


@composite
def lu_solve(
    F: Namespace, packed: Payload, pivots: Array, b: Payload, *, adjoint: bool = False
) -> Payload:
    """X with A X = B (or A^H X = B), given `lu_factor(A)`; pivots are concrete."""
    order = pivots_to_order(np.asarray(pivots), packed.shape[-1])
    lead = np.broadcast_shapes(order.shape[:-1], b.shape[:-2])
    if adjoint:
        half = F.solve_triangular(F.mH(packed), b, lower=True, unit=False)
        x = F.solve_triangular(F.mH(packed), half, lower=False, unit=True)
        return _rows(F, x, np.argsort(order, -1), lead)
    b = _rows(F, b, order, lead)
    half = F.solve_triangular(packed, b, lower=True, unit=True)
    return F.solve_triangular(packed, half, lower=False, unit=False)


def _rows(F: Namespace, x: Payload, order: Array, lead: Any) -> Payload:
    x = F.broadcast_to(x, (*lead, *x.shape[-2:]))
    at = np.broadcast_to(order[..., None], x.shape)
    return F.take_along(x, np.ascontiguousarray(at), axis=x.ndim - 2)


# --- eigenvalues ----------------------------------------------------------------------


def _gaps(F: Namespace, w: Payload) -> Payload:
    """w_j - w_i, with ones on the diagonal."""
    e = F.sub(F.unsqueeze(w, axis=w.ndim - 1), F.unsqueeze(w, axis=w.ndim))
    return F.add(e, np.eye(w.shape[-1], dtype=w.dtype))


def _off_diagonal(F: Namespace, x: Payload) -> Payload:
    n = x.shape[-1]
    return F.where(np.eye(n, dtype=bool), F.zeros_like(x), x)


def _eigh_impl(a: Array) -> tuple[Array, Array]:
    w, v = converged("eigh", np.linalg.eigh, a)
    return w, np.ascontiguousarray(v)


def _eigh_vjp(F: Namespace, g: Any, saved: Any, needs: Any) -> tuple[Payload | None]:
    w, v = saved[-2:]
    gw, gv = g
    inner = None
    if gv is not None:
        gaps = F.convert(_gaps(F, w), dtype=v.dtype)
        inner = F.div(_off_diagonal(F, F.matmul(F.mH(v), gv)), gaps)
    if gw is not None:
        inner = _plus(F, inner, F.diag_embed(F.convert(gw, dtype=v.dtype)))
    out = F.matmul(v, F.matmul(inner, F.mH(v)))
    return (F.mul(F.add(out, F.mH(out)), 0.5),)


def _eigh_jvp(F: Namespace, primals: Any, tangents: Any, out: Any) -> tuple[Any, Any]:
    w, v = out
    t = F.mul(F.add(tangents[0], F.mH(tangents[0])), 0.5)
    inner = F.matmul(F.mH(v), F.matmul(t, v))
    dw = F.matrix_diagonal(inner)
    if dw.dtype.kind == "c":
        dw = F.real(dw)
    gaps = F.convert(_gaps(F, w), dtype=v.dtype)
    return dw, F.matmul(v, F.div(_off_diagonal(F, inner), gaps))


eigh = Primitive(
    "eigh",
    _eigh_impl,
    abstract=lambda a: (Aval(a.shape[:-1], real_of(a.dtype)), a),
    vjp=_eigh_vjp,
    jvp=_eigh_jvp,
    batch=per_matrix("eigh"),
    reads=((-1, -2),),
    multi=True,
    samples=lambda rng: [
        ((_definite(rng, 3, 3),), {}),
        ((_definite(rng, 2, 2, 2),), {}),
    ],
    doc="(eigenvalues in ascending order, eigenvectors in columns) of Hermitian "
    "matrices; the lower triangle is read.",
)


@composite
def eigvalsh(F: Namespace, a: Payload) -> Payload:
    return F.eigh(a)[0]


def _eig_impl(a: Array) -> tuple[Array, Array]:
    w, v = converged("eig", np.linalg.eig, a)
    kind = complex_of(real_of(a.dtype))
    return w.astype(kind), np.ascontiguousarray(v, kind)


def _eig_vjp(F: Namespace, g: Any, saved: Any, needs: Any) -> tuple[Payload | None]:
    a, w, v = saved
    gw, gv = g
    vh = F.mH(v)
    inner = None
    if gv is not None:
        vhg = F.matmul(vh, gv)
        sizes = F.convert(F.real(F.matrix_diagonal(vhg)), dtype=v.dtype)
        rest = F.sub(vhg, F.scale_columns(F.matmul(vh, v), sizes))
        inner = F.div(_off_diagonal(F, rest), F.conj(_gaps(F, w)))
    if gw is not None:
        inner = _plus(F, inner, F.diag_embed(gw))
    out = F.solve(vh, F.matmul(inner, vh))
    return (out if a.dtype.kind == "c" else F.real(out),)


def _eig_jvp(F: Namespace, primals: Any, tangents: Any, out: Any) -> tuple[Any, Any]:
    w, v = out
    t = F.convert(tangents[0], dtype=v.dtype)
    inner = F.solve(v, F.matmul(t, v))
    dv = F.matmul(v, F.div(_off_diagonal(F, inner), _gaps(F, w)))
    # columns keep their length
    along = F.real(F.matrix_diagonal(F.matmul(F.mH(v), dv)))
    return F.matrix_diagonal(inner), F.sub(dv, F.scale_columns(v, along))


eig = Primitive(
    "eig",
    _eig_impl,
    abstract=lambda a: (
        Aval(a.shape[:-1], complex_of(real_of(a.dtype))),
        Aval(a.shape, complex_of(real_of(a.dtype))),
    ),
    vjp=_eig_vjp,
    jvp=_eig_jvp,
    batch=per_matrix("eig"),
    reads=((0, -1, -2),),
    multi=True,
    samples=lambda rng: [((regular(rng, 3, 3),), {}), ((regular(rng, 2, 2, 2),), {})],
    doc="(eigenvalues, eigenvectors of length one in columns), always complex.",
)


@composite
def eigvals(F: Namespace, a: Payload) -> Payload:
    return F.eig(a)[0]


# --- singular values ------------------------------------------------------------------


def _svd_impl(a: Array) -> tuple[Array, Array, Array]:
    u, s, vh = converged("svd", np.linalg.svd, a, full_matrices=False)
    return np.ascontiguousarray(u), s, np.ascontiguousarray(vh)


def _skew(F: Namespace, x: Payload) -> Payload:
    return F.sub(x, F.mH(x))


def _without(F: Namespace, x: Payload, basis: Payload) -> Payload:
    """x less its projection on orthonormal columns."""
    return F.sub(x, F.matmul(basis, F.matmul(F.mH(basis), x)))


def _svd_vjp(F: Namespace, g: Any, saved: Any, needs: Any) -> tuple[Payload | None]:
    u, s, vh = saved[-3:]
    gu, gs, gvh = g
    v = F.mH(vh)
    gaps = None
    if gu is not None or gvh is not None:
        gaps = F.convert(_gaps(F, F.mul(s, s)), dtype=u.dtype)
    inner = outer = None
    if gs is not None:
        inner = F.diag_embed(F.convert(gs, dtype=u.dtype))
    if gu is not None:
        skew = _skew(F, F.matmul(F.mH(u), gu))
        part = F.scale_columns(F.div(_off_diagonal(F, skew), gaps), s)
        if u.dtype.kind == "c":  # the phase of a column; that of its partner is free
            turn = F.div(
                F.matrix_diagonal(skew), F.convert(F.mul(s, 2.0), dtype=u.dtype)
            )
            part = F.add(part, F.diag_embed(turn))
        inner = _plus(F, inner, part)
        if u.shape[-2] > u.shape[-1]:
            outer = F.matmul(F.scale_columns(_without(F, gu, u), F.reciprocal(s)), vh)
    if gvh is not None:
        gv = F.mH(gvh)
        skew = _off_diagonal(F, _skew(F, F.matmul(vh, gv)))
        inner = _plus(F, inner, F.scale_rows(s, F.div(skew, gaps)))
        if vh.shape[-1] > vh.shape[-2]:
            rest = F.mH(F.scale_columns(_without(F, gv, v), F.reciprocal(s)))
            outer = _plus(F, outer, F.matmul(u, rest))
    return (_plus(F, F.matmul(u, F.matmul(inner, vh)), outer),)


def _svd_jvp(F: Namespace, primals: Any, tangents: Any, out: Any) -> tuple[Any, ...]:
    (u, s, vh), (t,) = out, tangents
    v = F.mH(vh)
    p = F.matmul(F.mH(u), F.matmul(t, v))
    diagonal = F.matrix_diagonal(p)
    ds = F.real(diagonal) if p.dtype.kind == "c" else diagonal
    p = _off_diagonal(F, p)
    gaps = F.convert(_gaps(F, F.mul(s, s)), dtype=u.dtype)
    left, right = F.scale_columns(p, s), F.scale_rows(s, p)
    turn_u = F.div(F.add(left, F.mH(left)), gaps)
    turn_v = F.div(F.add(right, F.mH(right)), gaps)
    if p.dtype.kind == "c":
        angle = F.div(F.imag(diagonal), F.mul(s, 2.0))
        angle = F.diag_embed(F.mul(F.convert(angle, dtype=p.dtype), 1j))
        turn_u, turn_v = F.add(turn_u, angle), F.sub(turn_v, angle)
    du, dv = F.matmul(u, turn_u), F.matmul(v, turn_v)
    back = F.reciprocal(s)
    if u.shape[-2] > u.shape[-1]:
        more = F.scale_columns(_without(F, F.matmul(t, v), u), back)
        du = F.add(du, more)
    if vh.shape[-1] > vh.shape[-2]:
        more = F.scale_columns(_without(F, F.matmul(F.mH(t), u), v), back)
        dv = F.add(dv, more)
    return du, ds, F.mH(dv)


def _svd_abstract(a: Aval) -> tuple[Aval, Aval, Aval]:
    *lead, m, n = a.shape
    k = min(m, n)
    return (
        Aval((*lead, m, k), a.dtype),
        Aval((*lead, k), real_of(a.dtype)),
        Aval((*lead, k, n), a.dtype),
    )


svd = Primitive(
    "svd",
    _svd_impl,
    abstract=_svd_abstract,
    vjp=_svd_vjp,
    jvp=_svd_jvp,
    batch=per_matrix("svd"),
    reads=((-1, -2, -3),),
    multi=True,
    samples=lambda rng: [
        ((regular(rng, 3, 3),), {}),
        ((regular(rng, 4, 2),), {}),
        ((regular(rng, 2, 2, 3),), {}),
    ],
    doc="(U, s, V^H), reduced, the singular values in descending order.",
)


@composite
def svdvals(F: Namespace, a: Payload) -> Payload:
    return F.svd(a)[1]


svd_bases = Primitive(
    "svd_bases",
    lambda a: tuple(np.linalg.svd(a)[::2]),
    abstract=lambda a: (
        Aval((*a.shape[:-1], a.shape[-2]), a.dtype),
        Aval((*a.shape[:-2], a.shape[-1], a.shape[-1]), a.dtype),
    ),
    batch=per_matrix("svd_bases"),
    multi=True,
    constant=True,
    samples=lambda rng: [((regular(rng, 4, 2),), {})],
    doc="All left and right singular vectors, as constants.",
)


@composite
def svd_full(F: Namespace, a: Payload) -> tuple[Payload, Payload, Payload]:
    """The SVD with square U and V^H; the vectors added to the reduced ones are constant
    (a function that depends on their choice has no derivative)."""
    u, s, vh = F.svd(a)
    m, n = a.shape[-2:]
    if m == n:
        return u, s, vh
    full_u, full_vh = F.svd_bases(a)
    lead = tuple((0, k, 1) for k in a.shape[:-2])
    if m > n:
        rest = F.slice(full_u, index=(*lead, (0, m, 1), (n, m, 1)))
        return F.concatenate(u, rest, axis=a.ndim - 1), s, vh
    rest = F.slice(full_vh, index=(*lead, (m, n, 1), (0, n, 1)))
    return u, s, F.concatenate(vh, rest, axis=a.ndim - 2)
