"""The record of an operation, the registry, `bind`, and the two namespaces F.

A *payload* is an ndarray or a carrier: an object with `level`, `shape`, `dtype`, `ndim`
and a static method `process(prim, args, params, level)`.  Rules are written once
against a namespace F of functions on payloads:

- `RAW`: the array functions themselves; for ndarrays only, nothing is recorded;
- `BOUND`: the same names through `bind`, which dispatches on carriers; used where a
  rule's result is itself differentiated, batched or staged.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from isograd.base.errors import EngineError
from isograd.core.large import LARGE, first_kernel, first_rule
from isograd.core.levels import MODE, state

ndarray = np.ndarray
Payload = Any
Rule = Callable[..., Any]


def is_payload(x: Any) -> bool:
    """Whether `x` is an array or a carrier (all of which have a level)."""
    return type(x) is ndarray or hasattr(x, "level")


class Aval(NamedTuple):
    """An abstract value: shape and dtype of an array."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]


class Namespace:
    """A table of functions on payloads, see the module's text."""

    raw: bool

    def __init__(self, raw: bool) -> None:
        self.raw = raw

    if TYPE_CHECKING:  # the functions are put in by `register` and `composite`

        def __getattr__(self, name: str) -> Callable[..., Any]: ...


RAW = Namespace(raw=True)
BOUND = Namespace(raw=False)
REGISTRY: dict[str, Primitive] = {}


class Primitive:
    """Everything that the system knows of an operation.

    Attributes:
        name: its name in `REGISTRY` and in the namespaces.
        impl: `(*arrays, **params)` to an array, or a tuple of arrays if `multi`.
        abstract: `(*avals, **params)` to an Aval, or a tuple of them if `multi`.
        vjp: `(F, g, saved, needs, **params)` to one cotangent per operand (None: zero).
            `saved` has a place for each operand and each output, None where `reads`
            did not ask for it; `needs` has a tape node (with `.shape`) or None for each
            operand.  For `multi` g is a tuple, None where an output is unused.
        jvp: `(F, primals, tangents, out, **params)` to the tangent of the output(s).
        batch: `(F, args, batched, size, **params)` to the output(s), batched at axis 0;
            every batched argument has its batch axis at 0.
        arity: number of operands, None for any number.
        reads: for each operand, which places of `saved` its cotangent reads.
        keep: `(args, outs, params)` to what is saved, where `reads` cannot say it (any
            number of operands, or only their sizes).
        differentiable: for each operand, whether it may have a derivative; the last
            one holds for all further operands.
        scalar: `(S, *exprs, **params)`, the expression compiled kernels use, or None.
        kind: the family: "elementwise", "linear", "multilinear", "rule".
        samples: `(rng)` to an iterable of `(float64 operands, params)`, inputs for the
            generated tests; masks and indices have their own dtype.
        domain, kinds: see `families.elementwise`.
        kernel, large_vjp: `impl` and `raw_vjp` for large arrays, see `large.py`.
        large: elements from which on the kernel is asked; fewer where each of them is
            much work.
        pulls: for each mask of operands that need a cotangent, the vjp of small real
            arrays of one shape, `(g, saved, **params)`; empty where there is none.
        effect: whether executing it twice differs from once (random draws).
        constant: whether the derivative is zero by definition (comparisons, argmax).
            A primitive that neither states rules nor is constant raises when a
            derivative is asked for: nothing is silently cut.
        undefined: operands in which no derivative is known: asking for one raises.
        steps: `(F, *operands, **params)`, `impl` as elementwise operations, movements
            and reductions, which kernels fuse; it may give None: not for these.
        direct: `(*avals, **params)` to a function of arrays that does what `impl` does
            with such operands, at less cost (NumPy scalars may be its results), or to
            None.  Plans call it.
    """

    undefined: tuple[int, ...] = ()
    large: int = LARGE
    bent: bool = False  # whether it is piecewise linear, but no constant
    steps: Callable[..., Any] | None = None
    direct: Callable[..., Any] | None = None

    def __init__(
        self,
        name: str,
        impl: Callable[..., Any],
        *,
        abstract: Callable[..., Any],
        vjp: Rule | None = None,
        jvp: Rule | None = None,
        batch: Rule | None = None,
        arity: int | None = 1,
        reads: tuple[tuple[int, ...], ...] | None = None,
        differentiable: tuple[bool, ...] | None = None,
        multi: bool = False,
        scalar: Callable[..., Any] | None = None,
        kind: str = "rule",
        samples: Callable[[np.random.Generator], Any] | None = None,
        domain: tuple[float, float] = (-2.0, 2.0),
        kinds: str = "fc",
        keep: Callable[..., tuple[Any, ...]] | None = None,
        view: bool = False,
        effect: bool = False,
        constant: bool = False,
        doc: str = "",
    ) -> None:
        self.name = name
        self.impl = impl
        self.abstract = abstract
        self.arity = arity
        self.multi = multi
        self.scalar = scalar
        self.kind = kind
        self.samples = samples
        self.domain = domain
        self.kinds = kinds
        self.view = view
        self.effect = effect
        self.doc = doc
        self.kernel: Callable[..., Any] = partial(first_kernel, self)
        self.large_vjp: Rule = partial(first_rule, self)
        self.reads = reads
        self.differentiable = differentiable
        self._keeps: dict[int, tuple[int, ...]] = {}
        self.vjp = vjp or partial(_no_rule, name)
        self.pulls: list[Any] = []
        self.raw_vjp = self.vjp  # the same rule, possibly specialised for ndarrays
        self.lift: Callable[..., dict[str, Any]] | None = None  # see families.linear
        self.ufunc: Callable[..., Any] | None = None  # impl(*xs) is ufunc(*xs, out=...)
        self.jvp = jvp or partial(_no_rule, name)
        self.batch = batch or partial(_no_batching, name)
        self.constant = constant
        self.keep = keep
        self.has_vjp = vjp is not None
        register(self)

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        return (REGISTRY.__getitem__, (self.name,))

    @cached_property
    def bound(self) -> Callable[..., Payload]:
        """The function on payloads: `bind` with this primitive."""
        return getattr(BOUND, self.name)

    @cached_property
    def simple(self) -> bool:
        """One output, all operands differentiable, and `reads` says what is saved."""
        return not (self.multi or self.constant or self.keep or self.differentiable)

    def flags(self, count: int) -> tuple[bool, ...]:
        """`differentiable` for `count` operands."""
        flags = self.differentiable or (True,)
        return flags + flags[-1:] * (count - len(flags))

    def keeps(self, mask: int, count: int) -> tuple[int, ...]:
        """Places to save when the operands with bits in `mask` need a cotangent."""
        key = mask * 1024 + count
        found = self._keeps.get(key)
        if found is None:
            reads = self.reads or ()
            places = {p for i, r in enumerate(reads) if mask >> i & 1 for p in r}
            # places beyond the operands are outputs, stated as -1, -2...
            found = tuple(sorted(p if p >= 0 else count - 1 - p for p in places))
            self._keeps[key] = found
        return found


def _no_rule(name: str, *_: Any, **__: Any) -> Any:
    raise EngineError("not_differentiable", name=name)


def _no_batching(name: str, *_: Any, **__: Any) -> Any:
    raise EngineError("no_batching", name=name)


def register(prim: Primitive) -> None:
    if prim.name in REGISTRY:
        raise ValueError(f"primitive {prim.name!r} is registered twice")
    REGISTRY[prim.name] = prim
    setattr(RAW, prim.name, prim.impl)
    setattr(BOUND, prim.name, partial(_bound, prim))


def composite(fn: Callable[..., Any]) -> Callable[..., Any]:
    """Register a function `fn(F, ...)` of primitives under its name in both F."""
    name = fn.__name__
    setattr(RAW, name, partial(fn, RAW))
    setattr(BOUND, name, partial(fn, BOUND))
    return fn


_SCALARS = (bool, int, float, complex)  # in the order of promotion
_KINDS = {"b": 0, "u": 1, "i": 1, "f": 2, "V": 2, "c": 3}  # places in _SCALARS


def _bound(prim: Primitive, *args: Any, **params: Any) -> Payload:
    for a in args:
        if type(a) is not ndarray and type(a) in _SCALARS:
            args = constants(args)
            break
    return bind(prim, args, params)


def constants(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Python numbers among the operands become arrays of the others' dtype.

    Raises:
        EngineError: "number_kind" for a number that the dtype cannot hold, such as 0.5
            beside integers: front ends convert first.
    """
    dtype = next(a for a in args[::-1] if type(a) not in _SCALARS).dtype
    for a in args:
        if type(a) in _SCALARS and _SCALARS.index(type(a)) > _KINDS[dtype.kind]:
            raise EngineError("number_kind", number=a, dtype=dtype)
    return tuple(np.asarray(a, dtype) if type(a) in _SCALARS else a for a in args)


def bind(prim: Primitive, args: tuple[Payload, ...], params: dict[str, Any]) -> Any:
    """Apply a primitive to payloads, at the highest level among them."""
    top: Any = None
    level = -1
    for a in args:
        if type(a) is not ndarray and a.level > level:
            top, level = a, a.level
    if MODE.special and (stages := state().stages) and level < stages[-1].level:
        stage = stages[-1]
        if top is not None or prim.effect:
            return stage.process(prim, args, params, stage.level)
        return stage.evaluate(prim, args, params)
    if top is None:
        if args and (args[0].size >= prim.large or args[-1].size >= prim.large):
            return prim.kernel(*args, **params)
        return prim.impl(*args, **params)
    return top.process(prim, args, params, level)


def aval_of(x: Payload) -> Aval:
    return Aval(x.shape, x.dtype)
