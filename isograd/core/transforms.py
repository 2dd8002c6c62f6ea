"""The functional API: grad, value_and_grad, vjp, jvp, jacobian, hessian, hvp, vmap.

Functions take and return pytrees of arrays, with the conventions of JAX.  An array in
is an array out; a dialect's tensor in is that dialect's tensor out.  Complex numbers
follow PyTorch: the gradient of a real L is dL/dRe + i dL/dIm.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from isograd.base import tree
from isograd.base.dtypes import is_inexact
from isograd.base.errors import EngineError
from isograd.core import levels
from isograd.core.abstract import Abstract, is_abstract
from isograd.core.batching import Batched, unbatch
from isograd.core.forward import Dual, split
from isograd.core.primitive import BOUND, Payload
from isograd.core.reverse import sweep
from isograd.core.storage import root
from isograd.core.tape import Leaf, Node, Traced
from isograd.core.tensor import Tensor, payload_of, wrap

Fn = Callable[..., Any]
Argnums = int | Sequence[int]

_ARRAY_CLASS: list[type[Tensor]] = [Tensor]


def set_array_class(cls: type[Tensor]) -> None:
    """The class in which functions see plain arrays (`isograd.numpy.Array`)."""
    _ARRAY_CLASS[0] = cls


def as_payload(x: Any, what: str = "argument") -> Payload:
    """The payload of a leaf: a tensor, an array or a number."""
    if isinstance(x, Tensor):
        return payload_of(x)
    array = np.asarray(x)
    if array.dtype.kind not in "biufcV":
        raise TypeError(f"{what}: expected an array or a number, found {type(x)}")
    return array


def class_of(x: Any) -> type[Tensor]:
    """The class in which a function sees the leaf `x` of its arguments."""
    return x._seen_as or type(x) if isinstance(x, Tensor) else _ARRAY_CLASS[0]


def as_given(payload: Payload, like: Any) -> Any:
    """A result in the class of `like`: plain arrays stay plain outside transforms."""
    if type(payload) is np.ndarray:
        payload = _spread(payload)
        if not isinstance(like, Tensor):
            return payload[()] if payload.ndim == 0 else payload
    return wrap(class_of(like), payload)


def _spread(x: np.ndarray) -> np.ndarray:
    """`x` with memory for each element: a broadcast result could not be written."""
    repeated = 0 in x.strides and any(
        n > 1 and not s for n, s in zip(x.shape, x.strides, strict=True)
    )
    return x.copy() if repeated else x


def _apart(arrays: Sequence[Payload], others: Sequence[Payload]) -> list[Payload]:
    """`arrays`, copied where they share memory with each other or with `others`."""
    taken = {id(root(o)) for o in others if type(o) is np.ndarray}
    out: list[Payload] = []
    for a in arrays:
        if type(a) is np.ndarray:
            if id(root(a)) in taken:
                a = a.copy()
            taken.add(id(root(a)))
        out.append(a)
    return out


def finish(out: Any, like: Any) -> Any:
    """Outputs of a function as the caller shall see them."""
    return tree.tree_map(
        lambda o: as_given(payload_of(o), like) if isinstance(o, Tensor) else o, out
    )


class _Inputs:
    """The leaves of the arguments that are differentiated (or mapped)."""

    def __init__(self, args: Sequence[Any], argnums: Argnums) -> None:
        self.single = isinstance(argnums, int)
        nums = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        for n in nums:
            if not -len(args) <= n < len(args):
                raise ValueError(
                    f"argnums={argnums} names position {n}, but the function was "
                    f"called with {len(args)} positional arguments"
                )
        self.nums = tuple(n % len(args) for n in nums)
        self.args = list(args)
        flat = [tree.flatten(args[n]) for n in self.nums]
        self.defs = [d for _, d in flat]
        self.leaves = [x for leaves, _ in flat for x in leaves]
        self.payloads = [as_payload(x) for x in self.leaves]

    def check_inexact(self, what: str) -> None:
        for p in self.payloads:
            if not is_inexact(p.dtype):
                raise TypeError(
                    f"{what} needs floating point or complex inputs, found dtype "
                    f"{p.dtype}; convert the input, or do not name it in argnums"
                )

    def call(self, fn: Fn, payloads: Sequence[Payload], kwargs: Any) -> Any:
        """`fn` with the chosen leaves replaced by tensors with these payloads."""
        tensors = [
            wrap(class_of(x), p) for x, p in zip(self.leaves, payloads, strict=True)
        ]
        args = list(self.args)
        at = 0
        for n, d in zip(self.nums, self.defs, strict=True):
            args[n] = tree.unflatten(d, tensors[at : at + d.leaves])
            at += d.leaves
        return fn(*args, **kwargs)

    def build(self, values: Sequence[Any]) -> Any:
        """A tree over argnums from one value for each leaf."""
        parts, at = [], 0
        for d in self.defs:
            parts.append(tree.unflatten(d, values[at : at + d.leaves]))
            at += d.leaves
        return parts[0] if self.single else tuple(parts)

    def like(self) -> Any:
        """A leaf whose class results take: the first tensor, else an array."""
        return next((x for x in self.leaves if isinstance(x, Tensor)), None)


def _record(inputs: _Inputs, fn: Fn, kwargs: Any, level: int) -> tuple[Any, list[Node]]:
    nodes: list[Node] = []
    traced: list[Payload] = []
    for p in inputs.payloads:
        nodes.append(Leaf(p.shape, level))
        traced.append(Traced(p, nodes[-1]))
    return inputs.call(fn, traced, kwargs), nodes


def lowered(x: Any, level: int) -> tuple[Payload, Node | None]:
    """An output's payload below a tape's level, and its node on that tape."""
    p = as_payload(x, "output")
    if type(p) is Traced and p.node.level == level:
        return p.p, p.node
    return p, None


def _scalar(x: Any, level: int) -> tuple[Payload, Node | None]:
    p, node = lowered(x, level)
    if p.shape != () or not is_inexact(p.dtype) or p.dtype.kind == "c":
        if p.shape == ():
            raise TypeError(f"grad: the output has dtype {p.dtype}, not a real one")
        raise EngineError("not_scalar", what="grad", shape=p.shape)
    return p, node


def value_and_grad(fn: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Fn:
    """A function that gives `(value, gradient)` of the scalar function `fn`.

    With `has_aux`, `fn` returns `(value, aux)` and so does the result in the value's
    place.  The gradient has the structure of the arguments at `argnums`.
    """

    @wraps(fn, updated=())
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        inputs = _Inputs(args, argnums)
        inputs.check_inexact("grad")
        with levels.new_level(recording=True) as level:
            out, nodes = _record(inputs, fn, kwargs, level)
            out, aux = out if has_aux else (out, None)
            value, root = _scalar(out, level)
            aux = tree.tree_map(lambda a: _drop(a, level), aux)
            one: Any = np.ones((), value.dtype)
            if is_abstract(value):
                one = Abstract((), value.dtype)
            grads = _pull(inputs, nodes, [root], [one], retain=False)
        like = inputs.like()
        value = as_given(value, like)
        return ((value, finish(aux, like)) if has_aux else value), grads

    return value_and_gradient


def _drop(x: Any, level: int) -> Any:
    """An auxiliary output without its node on the tape that ends here."""
    if not isinstance(x, Tensor):
        return x
    return wrap(type(x), lowered(x, level)[0])


def _pull(
    inputs: _Inputs,
    nodes: Sequence[Node],
    roots: Sequence[Node | None],
    cotangents: Sequence[Payload],
    retain: bool,
) -> Any:
    """Cotangents of the inputs, as a tree over argnums."""
    some = [(r, c) for r, c in zip(roots, cotangents, strict=True) if r is not None]
    found = sweep(
        [r for r, _ in some], [c for _, c in some], nodes, retain_graph=retain
    )
    grads = [
        found[n] if n in found else np.zeros(p.shape, p.dtype)
        for n, p in zip(nodes, inputs.payloads, strict=True)
    ]
    return inputs.build(
        [
            as_given(g, x)
            for g, x in zip(_apart(grads, cotangents), inputs.leaves, strict=True)
        ]
    )


def grad(fn: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Fn:
    """The gradient of the scalar function `fn`, see `value_and_grad`.

    Returns the gradient, or `(gradient, aux)` with `has_aux`.
    """
    both = value_and_grad(fn, argnums, has_aux)

    @wraps(fn, updated=())
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, grads = both(*args, **kwargs)
        return (grads, value[1]) if has_aux else grads

    return gradient


def vjp(fn: Fn, *primals: Any, has_aux: bool = False) -> Any:
    """`(out, pullback)`, or `(out, pullback, aux)`: reverse mode at a point.

    `pullback(cotangent)` takes a tree like `out` and gives a tuple with one cotangent
    for each primal; it can be called any number of times.
    """
    inputs = _Inputs(primals, tuple(range(len(primals))))
    with levels.new_level(recording=True) as level:
        out, nodes = _record(inputs, fn, {}, level)
        out, aux = out if has_aux else (out, None)
        leaves, treedef = tree.flatten(out)
        pairs = [lowered(o, level) for o in leaves]
        aux = tree.tree_map(lambda a: _drop(a, level), aux)
    like = inputs.like()

    def pullback(cotangent: Any) -> Any:
        given, given_def = tree.flatten(cotangent)
        if given_def != treedef:
            raise TypeError(
                f"vjp: the cotangent has structure {given_def}, the output {treedef}"
            )
        cots = [_checked(c, p) for c, (p, _) in zip(given, pairs, strict=True)]
        return _pull(inputs, nodes, [n for _, n in pairs], cots, retain=True)

    value = tree.unflatten(treedef, [as_given(p, like) for p, _ in pairs])
    return (value, pullback, finish(aux, like)) if has_aux else (value, pullback)


def _checked(c: Any, like: Payload, name: str = "vjp") -> Payload:
    """A cotangent or tangent given by the user, held against its primal."""
    p = as_payload(c, "cotangent")
    if type(c) in (int, float, complex, bool):
        p = np.asarray(c, like.dtype)
    if p.shape != like.shape:
        raise EngineError(
            "cotangent_shape", name=name, found=p.shape, expected=like.shape
        )
    if p.dtype != like.dtype:
        raise EngineError(
            "cotangent_dtype", name=name, found=p.dtype, expected=like.dtype
        )
    return p


def jvp(
    fn: Fn, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False
) -> Any:
    """`(out, tangent of out)`, or with aux in third place: forward mode."""
    inputs = _Inputs(primals, tuple(range(len(primals))))
    given, _ = tree.flatten(tuple(tangents))
    if len(given) != len(inputs.leaves):
        raise TypeError(
            f"jvp: {len(inputs.leaves)} primal arrays, "
            f"{len(given)} tangents; they must match"
        )
    ts = [_checked(t, p, "jvp") for t, p in zip(given, inputs.payloads, strict=True)]
    with levels.new_level() as level:
        duals = [Dual(level, p, t) for p, t in zip(inputs.payloads, ts, strict=True)]
        out = inputs.call(fn, duals, {})
        out, aux = out if has_aux else (out, None)
        leaves, treedef = tree.flatten(out)
        pairs = [split(as_payload(o, "output"), level) for o in leaves]
        aux = tree.tree_map(
            lambda a: (
                wrap(type(a), split(payload_of(a), level)[0])
                if isinstance(a, Tensor)
                else a
            ),
            aux,
        )
    like = inputs.like()
    value = tree.unflatten(treedef, [as_given(p, like) for p, _ in pairs])
    push = tree.unflatten(
        treedef,
        [
            as_given(np.zeros(p.shape, p.dtype) if t is None else t, like)
            for p, t in pairs
        ],
    )
    return (value, push, finish(aux, like)) if has_aux else (value, push)


def _basis(payloads: Sequence[Payload]) -> tuple[list[np.ndarray], int]:
    """The standard basis of a product of arrays, stacked along axis 0 of each."""
    sizes = [int(np.prod(p.shape)) for p in payloads]
    total, at = sum(sizes), 0
    basis = []
    for p, n in zip(payloads, sizes, strict=True):
        e = np.zeros((total, n), p.dtype)
        e[at : at + n] = np.eye(n, dtype=p.dtype)
        basis.append(e.reshape(total, *p.shape))
        at += n
    return basis, total


def _blocks(x: Payload, payloads: Sequence[Payload]) -> list[Payload]:
    """Axis 0 of x cut into the shapes of `payloads`."""
    out, at = [], 0
    for p in payloads:
        n = int(np.prod(p.shape))
        part = BOUND.take_range(x, at, at + n)
        out.append(BOUND.reshape(part, shape=(*p.shape, *x.shape[1:])))
        at += n
    return out


def jacrev(fn: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Fn:
    """The Jacobian by reverse mode: all rows at once, batched over outputs.

    Each entry has shape `out.shape + in.shape`; the tree is that of the output with a
    tree over argnums at each leaf.
    """

    @wraps(fn, updated=())
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        inputs = _Inputs(args, argnums)
        inputs.check_inexact("jacobian")
        with levels.new_level() as outer, levels.new_level(recording=True) as level:
            out, nodes = _record(inputs, fn, kwargs, level)
            out, aux = out if has_aux else (out, None)
            leaves, treedef = tree.flatten(out)
            pairs = [lowered(o, level) for o in leaves]
            aux = tree.tree_map(lambda a: _drop(a, level), aux)
            basis, total = _basis([p for p, _ in pairs])
            some = [
                (n, Batched(outer, b))
                for (_, n), b in zip(pairs, basis, strict=True)
                if n is not None
            ]
            found = sweep([n for n, _ in some], [b for _, b in some], nodes)
        rows = [
            _rows(found.get(n), p, outer, total)
            for n, p in zip(nodes, inputs.payloads, strict=True)
        ]
        cut = [_blocks(r, [p for p, _ in pairs]) for r in rows]
        jac = tree.unflatten(
            treedef,
            [
                inputs.build(
                    [as_given(c[i], x) for c, x in zip(cut, inputs.leaves, strict=True)]
                )
                for i in range(len(pairs))
            ],
        )
        return (jac, finish(aux, inputs.like())) if has_aux else jac

    return jacobian_of


def _rows(found: Payload | None, primal: Payload, level: int, total: int) -> Payload:
    if found is None:
        return np.zeros((total, *primal.shape), primal.dtype)
    return unbatch(found, level, total)


def jacfwd(fn: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Fn:
    """The Jacobian by forward mode: all columns at once, batched over inputs."""

    @wraps(fn, updated=())
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        inputs = _Inputs(args, argnums)
        inputs.check_inexact("jacobian")
        basis, total = _basis(inputs.payloads)
        with levels.new_level() as outer, levels.new_level() as level:
            duals = [
                Dual(level, p, Batched(outer, b))
                for p, b in zip(inputs.payloads, basis, strict=True)
            ]
            out = inputs.call(fn, duals, kwargs)
            out, aux = out if has_aux else (out, None)
            leaves, treedef = tree.flatten(out)
            pairs = [split(as_payload(o, "output"), level) for o in leaves]
            aux = tree.tree_map(
                lambda a: (
                    wrap(type(a), split(payload_of(a), level)[0])
                    if isinstance(a, Tensor)
                    else a
                ),
                aux,
            )
        jac = []
        for p, t in pairs:
            columns = _blocks(_rows(t, p, outer, total), inputs.payloads)
            jac.append(
                inputs.build(
                    [
                        as_given(_inputs_last(c, q.ndim), x)
                        for c, q, x in zip(
                            columns, inputs.payloads, inputs.leaves, strict=True
                        )
                    ]
                )
            )
        result = tree.unflatten(treedef, jac)
        return (result, finish(aux, inputs.like())) if has_aux else result

    return jacobian_of


def _inputs_last(x: Payload, count: int) -> Payload:
    """Move the first `count` axes, those of the input, behind the output's."""
    n = x.ndim
    return BOUND.transpose(x, axes=(*range(count, n), *range(count)))


jacobian = jacrev


def hessian(fn: Fn, argnums: Argnums = 0, has_aux: bool = False) -> Fn:
    """The Hessian of a scalar function: forward mode over reverse mode."""
    return jacfwd(grad(fn, argnums, has_aux), argnums, has_aux)


def stop_gradient(x: Any) -> Any:
    """The values of a tree, as constants: no derivative passes.

    Source: `jax.lax.stop_gradient`, which has the same meaning.
    """

    def stopped(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        return wrap(type(leaf), BOUND.stop_gradient(payload_of(leaf)))

    return tree.tree_map(stopped, x)


def hvp(fn: Fn, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian of scalar `fn` at `primals` times `tangents`, without the Hessian."""
    nums = tuple(range(len(primals)))
    out = jvp(grad(fn, nums), primals, tangents)[1]
    return out[0] if len(nums) == 1 else out


def vmap(fn: Fn, in_axes: Any = 0, out_axes: Any = 0) -> Fn:
    """`fn` mapped over an axis of its arguments, without a Python loop.

    Args:
        in_axes: an int or None (not mapped) for all arguments, or a tuple with one
            entry (int, None or a tree prefix) for each positional argument.
        out_axes: where the mapped axis stands in each output, likewise; None for an
            output that does not depend on a mapped argument.
    """

    @wraps(fn, updated=())
    def mapped(*args: Any, **kwargs: Any) -> Any:
        axes = in_axes if isinstance(in_axes, tuple | list) else (in_axes,) * len(args)
        if len(axes) != len(args):
            raise ValueError(
                f"vmap: in_axes has {len(axes)} entries for "
                f"{len(args)} positional arguments"
            )
        inputs = _Inputs(args, tuple(range(len(args))))
        flat = [a for x, ax in zip(args, axes, strict=True) for a in prefix(ax, x)]
        kw_leaves, kw_def = tree.flatten(kwargs)
        kw = [as_payload(k) for k in kw_leaves]
        size = _batch_size([*inputs.payloads, *kw], [*flat, *(0 for _ in kw)])
        with levels.new_level() as level:
            payloads = [
                p if ax is None else Batched(level, _front(p, ax))
                for p, ax in zip(inputs.payloads, flat, strict=True)
            ]
            mapped_kw = tree.unflatten(
                kw_def,
                [
                    wrap(class_of(k), Batched(level, p))
                    for k, p in zip(kw_leaves, kw, strict=True)
                ],
            )
            out = inputs.call(fn, payloads, mapped_kw)
            leaves, treedef = tree.flatten(out)
            ends = prefix(out_axes, out)
            values = [
                _stacked(as_payload(o, "output"), e, level, size)
                for o, e in zip(leaves, ends, strict=True)
            ]
        like = inputs.like()
        return tree.unflatten(treedef, [as_given(v, like) for v in values])

    return mapped


def _stacked(p: Payload, axis: int | None, level: int, size: int) -> Payload:
    """An output with its mapped axis at `axis`; None for one that is not mapped."""
    if axis is None:
        if type(p) is Batched and p.level == level:
            raise ValueError(
                "vmap: an output with out_axes None depends on a mapped "
                "argument; give it an axis, or reduce it inside"
            )
        return p
    value = unbatch(p, level, size)
    return value if axis == 0 else BOUND.moveaxis(value, 0, axis % value.ndim)


def prefix(axes: Any, full: Any) -> list[Any]:
    """One axis for each leaf of `full` from a tree prefix."""
    if axes is None or isinstance(axes, int):
        return [axes] * len(tree.flatten(full)[0])
    if isinstance(axes, dict):
        return [a for k in tree.flatten(axes)[1].keys for a in prefix(axes[k], full[k])]
    return [a for ax, x in zip(axes, full, strict=True) for a in prefix(ax, x)]


def _batch_size(payloads: Sequence[Payload], axes: Sequence[int | None]) -> int:
    sizes = []
    for p, a in zip(payloads, axes, strict=True):
        if a is None:
            continue
        if not -p.ndim <= a < p.ndim:
            raise ValueError(
                f"vmap: axis {a} is out of range for an argument of shape {p.shape}"
            )
        sizes.append(p.shape[a])
    if not sizes:
        raise ValueError("vmap: at least one argument must be mapped (in_axes is None)")
    if len(set(sizes)) > 1:
        raise EngineError("vmap_size", sizes=sizes)
    return sizes[0]


def _front(p: Payload, axis: int) -> Payload:
    return p if axis == 0 else BOUND.moveaxis(p, axis % p.ndim, 0)


__all__ = [
    "as_payload",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "set_array_class",
    "value_and_grad",
    "vjp",
    "vmap",
]
