"""`vjp`, `jvp`, `jacrev`, `jacfwd`, `vmap`, `jet`, `derivative`, `linearize`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from isograd.base import tree
from isograd.base.errors import EngineError
from isograd.core import tensor as core
from isograd.core import transforms
from isograd.core.levels import new_level
from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import payload_of, wrap
from isograd.mindspore.gradients import (
    check_callable,
    checked_positions,
    checked_weights,
    needs_gradient,
    seeds_of,
    unannotated,
)
from isograd.mindspore.recording import Gradients, Recording, recorded, tensors_in
from isograd.mindspore.tensor import Tensor

Fn = Callable[..., Any]


def _flag(has_aux: Any) -> None:
    if not isinstance(has_aux, bool):
        raise TypeError("The 'has_aux' must be bool type.")


def _split_aux(out: Any, has_aux: bool) -> tuple[Any, Any]:
    """(what is differentiated, the rest: bare if it is one object).

    Raises:
        ValueError: if there is no rest.
    """
    if not has_aux:
        return out, None
    if not isinstance(out, tuple) or len(out) < 2:
        raise ValueError(
            "When 'has_aux' is True, origin 'fn' requires more than one outputs."
        )
    return out[0], out[1] if len(out) == 2 else out[1:]


@unannotated
def vjp(fn: Fn, *inputs: Any, weights: Any = None, has_aux: bool = False) -> Any:
    """`(output, vjp_fn)`, or `(output, vjp_fn, aux)`: reverse mode at a point.

    `vjp_fn(*cotangents)` gives a tuple with a cotangent for each input; with weights,
    `(those, tuple of the weights')`.  It can be called any number of times.
    """
    _flag(has_aux)
    check_callable(fn)
    _check_tensors(inputs)
    named = () if weights is None else checked_weights(weights)
    watched = [t for t in (*inputs, *named) if needs_gradient(t)]

    def use(rec: Recording) -> Any:
        first, aux = _split_aux(rec.out, has_aux)
        count = len(tensors_in(first))

        def wrap_container(*v: Any) -> Any:
            given = v[0] if len(v) == 1 and isinstance(v[0], tuple | list) else v
            _check_tensors(given)
            seeds = seeds_of(rec, tuple(given), count)
            grads = Gradients(rec.watched, rec.pull(seeds, retain=True))
            by_input = tuple(grads.of(x) for x in inputs)
            if weights is None:
                return by_input
            by_weight = tuple(grads.of(w) for w in named)
            single = isinstance(weights, core.Tensor)
            return by_input, by_weight[0] if single else by_weight

        return (first, wrap_container, aux) if has_aux else (first, wrap_container)

    return recorded(fn, inputs, {}, watched, use)


def _check_tensors(xs: Sequence[Any]) -> None:
    if not all(isinstance(x, core.Tensor) for x in xs):
        raise TypeError("The inputs type must be Tensor.")


@unannotated
def jvp(fn: Fn, inputs: Any, v: Any, has_aux: bool = False) -> Any:
    """`(output, derivative along v)`, or with aux in third place: forward mode."""
    _flag(has_aux)
    primals, tangents = _as_tensors(inputs), _as_tensors(v)
    if len(primals) != len(tangents):
        raise ValueError(
            f"v has invalid length: should be {len(primals)}, but got {len(tangents)}"
        )
    for x, t in zip(primals, tangents, strict=True):
        if x.shape != t.shape:
            raise ValueError(
                f"v has invalid shape: should be {x.shape}, but got {t.shape}"
            )
        if x.dtype != t.dtype:
            raise TypeError(
                f"Type Join Failed: dtype1 = {t.dtype}, dtype2 = {x.dtype}."
            )
    return transforms.jvp(_with_aux(fn, has_aux), primals, tangents, has_aux)


def _as_tensors(xs: Any) -> tuple[Any, ...]:
    out = tuple(xs) if isinstance(xs, tuple | list) else (xs,)
    if not out or not all(isinstance(x, core.Tensor) for x in out):
        raise TypeError("The inputs type must be a Tensor, tuple or list of Tensors.")
    return out


def _with_aux(fn: Fn, has_aux: bool) -> Fn:
    """`fn` with its output as (what counts, the rest)."""
    if not has_aux:
        return fn
    return lambda *args, **kwargs: _split_aux(fn(*args, **kwargs), True)


@unannotated
def jacrev(fn: Fn, grad_position: Any = 0, has_aux: bool = False) -> Fn:
    """The Jacobian by reverse mode; each part has the shape output + input.

    A tuple over outputs where there are several, in it a tuple over positions likewise.
    """
    return _jacobian(transforms.jacrev, fn, grad_position, has_aux)


@unannotated
def jacfwd(fn: Fn, grad_position: Any = 0, has_aux: bool = False) -> Fn:
    """The same by forward mode."""
    return _jacobian(transforms.jacfwd, fn, grad_position, has_aux)


def _jacobian(transform: Fn, fn: Fn, grad_position: Any, has_aux: bool) -> Fn:
    positions = checked_positions(grad_position)
    _flag(has_aux)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if max(positions) >= len(args):
            raise ValueError(
                "The element in grad_position must belong to [0, args_num)."
            )
        for p in positions:
            _check_floating(args[p])
        argnums = positions[0] if len(positions) == 1 else positions
        return transform(_with_aux(fn, has_aux), argnums, has_aux)(*args, **kwargs)

    return wrapped


def _check_floating(x: Any) -> None:
    _check_tensors([x])
    if x._p.dtype.kind not in "fcV":
        raise TypeError(f"Type Join Failed: dtype1 = Float32, dtype2 = {x.dtype}.")


# --- vmap -----------------------------------------------------------------------------


@unannotated
def vmap(fn: Any, in_axes: Any = 0, out_axes: Any = 0) -> Fn:
    """`fn` mapped over an axis of its inputs; a CellList maps a network over each.

    Raises:
        RuntimeError: for axes that are no integers, or out of range.
    """
    from isograd.mindspore.nn.containers import CellList

    if isinstance(fn, CellList):
        return _ensemble(fn, in_axes, out_axes)

    def after_vmap(*args: Any, **kwargs: Any) -> Any:
        axes = _axes_for(in_axes, len(args))
        for ax, x in zip(axes, args, strict=False):
            _check_axes(ax, x, "in_axes")
        plain = [tree.tree_map(_tensor, a) for a in args]
        try:
            return transforms.vmap(fn, axes, out_axes)(*plain, **kwargs)
        except (EngineError, ValueError) as error:
            raise RuntimeError(str(error)) from None

    return after_vmap


def _axes_for(in_axes: Any, count: int) -> tuple[Any, ...]:
    """An axis for each argument.

    Raises:
        RuntimeError: for None alone, or another number of them.
    """
    if in_axes is None:
        raise RuntimeError(
            "The 'in_axes' of 'vmap' cannot be a single None while 'fn' is not a "
            "'CellList'."
        )
    if not isinstance(in_axes, tuple | list):
        return (in_axes,) * count
    if len(in_axes) != count:
        raise RuntimeError(
            "When vmap`s 'in_axes' is a tuple or list, and its size must be equal to "
            f"the number of arguments of 'fn': {count}, but got size: {len(in_axes)}."
        )
    return tuple(in_axes)


def _tensor(x: Any) -> Any:
    return wrap(Tensor, payload_of(x)) if isinstance(x, core.Tensor) else x


def _check_axes(ax: Any, x: Any, what: str) -> None:
    if isinstance(ax, tuple | list):
        for a, y in zip(ax, x, strict=False):
            _check_axes(a, y, what)
        return
    if ax is None:
        return
    if isinstance(ax, bool) or not isinstance(ax, int):
        kind = {"str": "String", "float": "Float64", "bool": "Bool"}.get(
            type(ax).__name__, type(ax).__name__
        )
        raise RuntimeError(
            f"The axis in vmap`s '{what}' can only be of type Int or None, but got "
            f"AbstractScalar(Type: {kind}, Value: {ax}, Shape: NoShape)."
        )
    for t in tensors_in(x):
        rank = t._p.ndim
        if not -rank <= ax < rank:
            raise RuntimeError(
                f"The axis: {ax} in '{what}' is out of bounds for array "
                f"of dimension [{-rank},{rank})."
            )


def _ensemble(cells: Any, in_axes: Any, out_axes: Any) -> Fn:
    """Networks of one structure: parameters are stacked, and mapped beside inputs."""
    first = cells[0]
    rows = [list(c.get_parameters()) for c in cells]

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        axes = (
            tuple(in_axes)
            if isinstance(in_axes, tuple | list)
            else ((in_axes,) * len(args))
        )
        stacks = [_stacked([row[i] for row in rows]) for i in range(len(rows[0]))]

        def one(values: Any, *xs: Any) -> Any:
            with _holding(rows[0], values):
                return first(*xs, **kwargs)

        return transforms.vmap(one, (0, *axes), out_axes)(stacks, *args)

    return wrapped


def _stacked(tensors: Sequence[Any]) -> Tensor:
    parts = [payload_of(t) for t in tensors]
    rows = [BOUND.reshape(p, shape=(1, *p.shape)) for p in parts]
    return wrap(Tensor, BOUND.concatenate(*rows, axis=0))


class _holding:
    """Parameters that hold other values for a while."""

    def __init__(self, parameters: Sequence[Any], values: Sequence[Any]) -> None:
        self.states = [(p, p._p, p._node) for p in parameters]
        self.values = values

    def __enter__(self) -> None:
        for (p, _, _), v in zip(self.states, self.values, strict=True):
            p._p, p._node = v._p, v._node

    def __exit__(self, *_: Any) -> None:
        for p, payload, node in self.states:
            p._p, p._node = payload, node


# --- higher derivatives ---------------------------------------------------------------


def jet(fn: Fn, primals: Any, series: Any) -> Any:
    """`fn(primals)` and the derivatives of `fn` along a curve.

    Args:
        series: for each primal the curve's derivatives of order 1 to n, stacked on
            axis 0.

    Returns:
        `(output, derivatives of the output)` with those of order 1 to n stacked.
    """
    xs = list(primals) if isinstance(primals, tuple | list) else [primals]
    ss = list(series) if isinstance(series, tuple | list) else [series]
    _check_tensors([*xs, *ss])
    rows = [
        [BOUND.take_range(payload_of(s), i, i + 1) for i in range(s.shape[0])]
        for s in ss
    ]
    curves = [
        [BOUND.reshape(r, shape=x.shape) for r in row]
        for row, x in zip(rows, xs, strict=True)
    ]
    outs = _along(fn, [payload_of(x) for x in xs], curves)
    first = [_wrapped(o[0]) for o in outs]
    rest = [_stacked([_wrapped(p) for p in o[1:]]) for o in outs]
    return (first[0], rest[0]) if len(outs) == 1 else (tuple(first), tuple(rest))


def _wrapped(p: Payload) -> Tensor:
    return wrap(Tensor, p)


def _along(fn: Fn, xs: list[Payload], curves: list[list[Payload]]) -> list[Any]:
    """Derivatives of order 0 to n of each output along x(t) = x + c1 t + c2 t^2/2...

    Order k is the first derivative of order k - 1 along t, with the curve's terms
    shifted: forward mode nested n times.
    """
    from isograd.core.forward import Dual, split

    def value(terms: list[list[Payload]]) -> list[list[Payload]]:
        if len(terms[0]) == 1:
            out = fn(*(wrap(Tensor, t[0]) for t in terms))
            leaves = out if isinstance(out, tuple | list) else (out,)
            return [[payload_of(o)] for o in leaves]
        with new_level() as level:
            duals = [[Dual(level, a, b) for a, b in pairwise(t)] for t in terms]
            outs = value(duals)
            pairs = [[split(p, level) for p in o] for o in outs]
        return [
            [o[0][0], *(BOUND.zeros_like(p) if t is None else t for p, t in o)]
            for o in pairs
        ]

    return value([[x, *c] for x, c in zip(xs, curves, strict=True)])


def derivative(fn: Fn, primals: Any, order: int) -> Any:
    """`(output, derivative of `order`)` of an elementwise function at each element."""
    if not isinstance(order, int) or isinstance(order, bool) or order < 1:
        raise TypeError(
            f"For 'derivative', 'order' must be a positive int, but got {order!r}."
        )
    xs = list(primals) if isinstance(primals, tuple | list) else [primals]
    _check_tensors(xs)
    curves = []
    for x in xs:
        p = payload_of(x)
        curves.append([BOUND.ones_like(p)] + [BOUND.zeros_like(p)] * (order - 1))
    outs = _along(fn, [payload_of(x) for x in xs], curves)
    pairs = [(_wrapped(o[0]), _wrapped(o[-1])) for o in outs]
    if len(pairs) == 1:
        return pairs[0]
    return tuple(a for a, _ in pairs), tuple(b for _, b in pairs)


def linearize(fn: Fn, inputs: Any) -> Any:
    """`(output, function of tangents)`: the derivative at a point."""
    primals = _as_tensors(inputs)
    out = fn(*primals)

    def jvp_fn(*tangents: Any) -> Any:
        given = (
            tangents[0]
            if len(tangents) == 1 and isinstance(tangents[0], tuple | list)
            else tangents
        )
        return jvp(fn, primals, tuple(given))[1]

    return out, jvp_fn
