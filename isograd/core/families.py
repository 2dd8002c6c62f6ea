"""Families of primitives: the little that a record states, and what follows from it.

- `elementwise`: image of a tangent per operand, as an expression (`expression.py`);
  vjp, jvp, broadcasting, batching and the abstract rule follow.
- `linear`: one operand, its adjoint (itself made of primitives), and how the
  parameters change under batching; vjp, jvp and batching follow.
- `multilinear`: an adjoint per operand; vjp and jvp follow.
- anything else is a `Primitive` with rules stated by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

import numpy as np

from isograd.base.dtypes import BOOL, real_of
from isograd.core.expression import (
    define,
    jvp_source,
    names_of,
    pull_source,
    scalar_source,
    vjp_source,
)
from isograd.core.often import once_begun, pulled
from isograd.core.primitive import (
    BOUND,
    RAW,
    REGISTRY,
    Aval,
    Namespace,
    Payload,
    Primitive,
)

Params = dict[str, Any]

# `out=...` keeps results of rank zero arrays (NumPy 2.3; older ones wrap them).
_KEEPS_ARRAYS = np.lib.NumpyVersion(np.__version__) >= "2.3.0"


def as_array_function(ufunc: Any) -> Callable[..., Any]:
    """`ufunc` with arrays, never NumPy scalars, as results."""
    if isinstance(ufunc, np.ufunc) and _KEEPS_ARRAYS:
        return partial(ufunc, out=...)

    def call(*args: Any, **params: Any) -> np.ndarray:
        return np.asanyarray(ufunc(*args, **params))

    call.plain = getattr(ufunc, "plain", ufunc)  # type: ignore[attr-defined]  # justified: for `plans`
    return call


@cache
def broadcast_shape(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    return np.broadcast_shapes(*shapes)


def elementwise(
    name: str,
    operands: str,
    impl: Callable[..., Any] | None = None,
    *,
    tangents: Mapping[str, str] | None = None,
    scalar: str | None = None,
    params: str = "",
    kernel: bool = True,
    result: str = "same",
    domain: tuple[float, float] = (-2.0, 2.0),
    kinds: str = "fc",
    samples: Callable[[np.random.Generator], Any] | None = None,
    constant: bool = False,
    fused: bool = False,
    **stated: Any,
) -> Primitive:
    """Record an elementwise operation.

    Args:
        operands: their names; one that ends in "?" is a mask or an index, which has no
            derivative and a dtype of its own.
        impl: a ufunc or array function; by default the scalar expression on arrays.
        tangents: for each differentiable operand the image of a tangent `t`.
        scalar: the expression that compiled kernels use, over operands and params; by
            default the scalar instruction with the primitive's name.
        params: names of keyword parameters; kernel: False if kernels cannot have it.
        domain: open interval that generated test inputs are drawn from.
        kinds: dtype kinds it is defined for: f(loat), c(omplex), i(nteger), b(ool).
        result: "same" (dtype of the last operand), "bool" or "real".
        constant: the derivative is zero by definition; implied by a bool result.
        fused: cotangents of half precision (one operand) are computed in float32 and
            rounded once, as PyTorch's fused backward kernels do.
        stated: doc, and vjp, jvp, reads where the function is not holomorphic.
    """
    names = [o.rstrip("?") for o in operands.split()]
    plain = [not o.endswith("?") for o in operands.split()]
    words = params.split()
    maps = dict(tangents or {})
    text = scalar or f"{name}({', '.join(names)})"
    source = partial(scalar_source, operands=names, params=words, text=text)
    stated.setdefault("reads", _reads(names, maps))
    prim = Primitive(
        name,
        as_array_function(impl) if impl else _lazy_rule(f"{name}_arrays", source, RAW),
        abstract=partial(_elementwise_abstract, result),
        batch=partial(_elementwise_batch, name),
        arity=len(names),
        differentiable=tuple(plain) if not all(plain) else None,
        scalar=_lazy_rule(f"{name}_scalar", source, None) if kernel else None,
        kind="elementwise",
        samples=samples or partial(_elementwise_samples, plain, domain),
        domain=domain,
        kinds=kinds,
        constant=result == "bool" or constant,
        **stated,
    )
    prim.ufunc = impl if isinstance(impl, np.ufunc) and _KEEPS_ARRAYS else None
    if maps and "vjp" not in stated:
        _install(prim, names, words, maps, fused)
    return prim


def _reads(names: list[str], maps: Mapping[str, str]) -> tuple[tuple[int, ...], ...]:
    """For each operand the places of `saved` that its image mentions."""
    places = [*names, "out"]
    return tuple(
        tuple(_place(places, v) for v in sorted(names_of(maps[x]) & {*places}))
        if x in maps
        else ()
        for x in names
    )


def _elementwise_samples(
    plain: list[bool], domain: tuple[float, float], rng: np.random.Generator
) -> Any:
    """Operands of equal, broadcast, zero-rank and empty shapes."""
    n = len(plain)
    shapes: list[list[tuple[int, ...]]] = [[(2, 3)] * n, [()] * n, [(0, 3)] * n]
    if n > 1:
        shapes += [[(3,), (2, 1)] + [(2, 3)] * (n - 2), [(2, 3)] * (n - 1) + [()]]
    lo, hi = domain
    for row in shapes:
        args = tuple(
            rng.uniform(lo, hi, s) if p else rng.uniform(size=s) < 0.5
            for s, p in zip(row, plain, strict=True)
        )
        yield args, {}


def _place(places: list[str], name: str) -> int:
    return -1 if name == "out" else places.index(name)


def _install(
    prim: Primitive, names: list[str], words: list[str], maps: Any, fused: bool
) -> None:
    """Give `prim` rules that compile themselves at their first call."""
    prim.has_vjp = True
    vname, jname = f"{prim.name}_vjp", f"{prim.name}_jvp"

    def vjp(*args: Any, **params: Any) -> Any:
        prim.vjp = define(vname, vjp_source(vname, names, words, maps, (), fused))
        return prim.vjp(*args, **params)

    def raw_vjp(*args: Any, **params: Any) -> Any:
        ufuncs = _ufuncs()
        source = vjp_source(vname, names, words, maps, ufuncs, fused)
        prim.raw_vjp = define(vname, source, ufuncs)
        return prim.raw_vjp(*args, **params)

    def jvp(*args: Any, **params: Any) -> Any:
        prim.jvp = define(jname, jvp_source(jname, names, words, maps))
        return prim.jvp(*args, **params)

    prim.vjp, prim.raw_vjp, prim.jvp = vjp, raw_vjp, jvp
    known = sum(1 << i for i, x in enumerate(names) if x in maps)
    prim.pulls = [None] * (1 << len(names))
    for mask in range(1, len(prim.pulls)):
        if mask & known == mask:
            prim.pulls[mask] = _first_pull(prim, names, words, maps, mask)


def _first_pull(
    prim: Primitive, names: list[str], words: list[str], maps: Any, mask: int
) -> Callable[..., Any]:
    """What stands in `prim.pulls` until its first call."""

    def pull(*args: Any, **params: Any) -> Any:
        if prim.pulls[mask] is pull:  # nodes may keep what stood there
            ufuncs = _ufuncs()
            name = f"{prim.name}_pull_{mask}"
            source = pull_source(name, names, words, maps, ufuncs, mask)
            prim.pulls[mask] = define(name, source, {**ufuncs, "F": RAW})
            if not words and any(maps[x] != "t" for x in names if x in maps):
                once_begun(partial(_counted_pull, prim, mask, len(names)))
        return prim.pulls[mask](*args, **params)

    return pull


def _counted_pull(prim: Primitive, mask: int, count: int) -> None:
    """Let a pull become native where it comes often."""
    prim.pulls[mask] = pulled(prim.pulls[mask], prim.keeps(mask, count), count + 1)


def _ufuncs() -> dict[str, Callable[..., Any]]:
    """The primitives that rules on arrays call as `name(..., out=...)`."""
    return {n: p.ufunc for n, p in REGISTRY.items() if p.ufunc is not None}


def _lazy_rule(
    name: str, source: Callable[..., str], first: Namespace | None
) -> Callable[..., Any]:
    """The function of a scalar expression, compiled at its first call."""

    @cache
    def rule() -> Callable[..., Any]:
        return define(name, source(name))

    def call(*args: Any, **params: Any) -> Any:
        if first is None:
            return rule()(*args, **params)
        narrow = args[-1].dtype.kind == "V"  # numbers are not weak beside bfloat16
        return rule()(BOUND if narrow else first, *args, **params)

    return call


def _elementwise_abstract(result: str, *avals: Aval, **_: Any) -> Aval:
    shape = broadcast_shape(*(a.shape for a in avals))
    dtype = avals[-1].dtype
    if result == "bool":
        dtype = BOOL
    elif result == "real":
        dtype = real_of(dtype)
    return Aval(shape, dtype)


def align(
    F: Namespace, args: tuple[Payload, ...], batched: tuple[bool, ...]
) -> list[Payload]:
    """Reshape batched operands so that their logical ranks agree after axis 0."""
    rank = max(a.ndim - b for a, b in zip(args, batched, strict=True))
    out: list[Payload] = []
    for a, b in zip(args, batched, strict=True):
        missing = rank - (a.ndim - 1)
        if b and missing > 0:
            a = F.reshape(a, shape=(a.shape[0],) + (1,) * missing + a.shape[1:])
        out.append(a)
    return out


def _elementwise_batch(
    name: str,
    F: Namespace,
    args: tuple[Payload, ...],
    batched: tuple[bool, ...],
    size: int,
    **params: Any,
) -> Payload:
    return getattr(F, name)(*align(F, args, batched), **params)


def linear(
    name: str,
    impl: Callable[..., Any],
    *,
    abstract: Callable[..., Aval],
    adjoint: Callable[..., Payload],
    lift: Callable[..., Params],
    samples: Callable[[np.random.Generator], Any] | None = None,
    view: bool = False,
    scalar: Any = None,
    doc: str = "",
) -> Primitive:
    """Record a linear operation of one operand.

    Args:
        adjoint: `(F, g, shape, **params)`, the adjoint applied to a cotangent; `shape`
            is that of the operand.
        lift: `(size, shape, **params)`, the parameters that apply the operation to
            each of `size` arrays of `shape` stacked along a new axis 0.
        view: whether the result may share memory with the operand.
    """
    fn = getattr  # the namespace's own function is looked up at the call

    def vjp(F: Namespace, g: Payload, saved: Any, needs: Any, **params: Any) -> Any:
        return (adjoint(F, g, needs[0].shape, **params),)

    def jvp(F: Namespace, primals: Any, tangents: Any, out: Any, **params: Any) -> Any:
        return fn(F, name)(tangents[0], **params)

    def batch(F: Namespace, args: Any, batched: Any, size: int, **params: Any) -> Any:
        (x,) = args
        return fn(F, name)(x, **lift(size, x.shape[1:], **params))

    prim = Primitive(
        name,
        impl,
        abstract=abstract,
        vjp=vjp,
        jvp=jvp,
        batch=batch,
        kind="linear",
        samples=samples,
        view=view,
        scalar=scalar,
        doc=doc,
    )
    prim.lift = lift
    return prim


def multilinear(
    name: str,
    impl: Callable[..., Any],
    *,
    abstract: Callable[..., Aval],
    adjoints: tuple[Callable[..., Payload], ...],
    batch: Any,
    samples: Callable[[np.random.Generator], Any] | None = None,
    doc: str = "",
) -> Primitive:
    """Record an operation that is linear in each operand.

    Args:
        adjoints: per operand `(F, g, operands, shape, **params)`; `operands` holds the
            others (None in its own place), `shape` is that of the operand itself.
    """
    count = len(adjoints)

    def vjp(F: Namespace, g: Payload, saved: Any, needs: Any, **params: Any) -> Any:
        return tuple(
            None if n is None else a(F, g, saved, n.shape, **params)
            for a, n in zip(adjoints, needs, strict=True)
        )

    def jvp(F: Namespace, primals: Any, tangents: Any, out: Any, **params: Any) -> Any:
        total = None
        for i, t in enumerate(tangents):
            if t is not None:
                args = (*primals[:i], t, *primals[i + 1 :])
                d = getattr(F, name)(*args, **params)
                total = d if total is None else F.add(total, d)
        return total

    others = tuple(tuple(j for j in range(count) if j != i) for i in range(count))
    return Primitive(
        name,
        impl,
        abstract=abstract,
        vjp=vjp,
        jvp=jvp,
        batch=batch,
        arity=count,
        reads=others,
        kind="multilinear",
        samples=samples,
        doc=doc,
    )
