"""Calls of cells that do more than `construct`: hooks, bprop, casts, recomputation."""

from __future__ import annotations

from typing import Any

import numpy as np

from isograd.base import tree
from isograd.core import tensor as core
from isograd.core.custom import custom_call
from isograd.core.levels import new_level
from isograd.core.primitive import BOUND, Payload
from isograd.core.tensor import payload_of, wrap
from isograd.mindspore import dtype as dtypes
from isograd.mindspore.gradients import summed_to
from isograd.mindspore.hooks import consistent, identity
from isograd.mindspore.parameter import Parameter
from isograd.mindspore.recording import Recording, Watched
from isograd.mindspore.tensor import Tensor

Args = tuple[Any, ...]
Kwargs = dict[str, Any]


def run(cell: Any, args: Args, kwargs: Kwargs) -> Any:
    """Call a cell with everything that is registered on it."""
    before = cell.__dict__.get("_forward_pre_hooks")
    if before:
        args, kwargs = _pre_hooks(cell, before, args, kwargs)
    return _with_backward_hooks(cell, args, kwargs)


def _with_forward_hooks(cell: Any, args: Args, kwargs: Kwargs) -> Any:
    """The body, and what forward hooks make of its output.

    Backward hooks see the gradient of what is returned here.
    """
    own = cell.__dict__
    try:
        out = _body(cell, args, kwargs)
    except Exception:
        for key in own.get("_forward_hooks_always", ()):
            _forward_hook(cell, key, args, kwargs, None)
        raise
    for key in tuple(own.get("_forward_hooks") or ()):
        found = _forward_hook(cell, key, args, kwargs, out)
        out = out if found is None else found
    return out


def _pre_hooks(cell: Any, hooks: Any, args: Args, kwargs: Kwargs) -> Any:
    for key, hook in tuple(hooks.items()):
        if key in cell._forward_pre_hooks_kwargs:
            found = hook(cell, args, kwargs)
            if found is not None:
                if not isinstance(found, tuple) or len(found) != 2:
                    raise RuntimeError(
                        "forward pre hook must return None or a tuple "
                        f"of (args, kwargs), but got {found}."
                    )
                args, kwargs = found
            continue
        found = hook(cell, args)
        if found is not None:
            args = found if isinstance(found, tuple) else (found,)
    return args, kwargs


def _forward_hook(cell: Any, key: int, args: Args, kwargs: Kwargs, out: Any) -> Any:
    hook = cell._forward_hooks[key]
    if key in cell._forward_hooks_kwargs:
        return hook(cell, args, kwargs, out)
    return hook(cell, args, out)


# --- backward hooks -------------------------------------------------------------------


def _with_backward_hooks(cell: Any, args: Args, kwargs: Kwargs) -> Any:
    own = cell.__dict__
    pre, post = own.get("_backward_pre_hooks"), own.get("_backward_hooks")
    if not pre and not post:
        return _with_forward_hooks(cell, args, kwargs)
    seen: dict[str, Args] = {}
    places = [i for i, a in enumerate(args) if isinstance(a, core.Tensor)]
    passing = any(type(payload_of(args[i])) is not np.ndarray for i in places)
    if post and passing:

        def pull_inputs(gs: Args) -> Args:
            return _backward_hooks(post, cell, gs, seen.get("out", ()))

        passed = identity(tuple(args[i] for i in places), pull_inputs)
        args = tuple(
            passed[places.index(i)] if i in places else a for i, a in enumerate(args)
        )
    out = _with_forward_hooks(cell, args, kwargs)
    leaves, treedef = tree.flatten(out)
    at = [i for i, o in enumerate(leaves) if isinstance(o, core.Tensor)]

    def pull_outputs(gs: Args) -> Args:
        for hook in tuple((pre or {}).values()):
            gs = _replaced(hook(cell, gs), gs, " pre", "output")
        seen["out"] = gs
        if post and not passing:  # no input has a gradient
            for hook in tuple(post.values()):
                hook(cell, (None,) * max(len(places), 1), gs)
        return gs

    if at:
        for i, t in zip(
            at, identity(tuple(leaves[i] for i in at), pull_outputs), strict=True
        ):
            leaves[i] = t
    return tree.unflatten(treedef, leaves)


def _backward_hooks(hooks: Any, cell: Any, grads: Args, outs: Args) -> Args:
    for hook in tuple(hooks.values()):
        grads = _replaced(hook(cell, grads, outs), grads, "", "grad input")
    return grads


def _replaced(found: Any, grads: Args, when: str, what: str) -> Args:
    """The gradients that a hook made of `grads`.

    Raises:
        TypeError: another number of them, or no tensors.
        ValueError: another shape or dtype.
    """
    if found is None:
        return grads
    found = found if isinstance(found, tuple) else (found,)
    if len(found) != len(grads):
        raise TypeError(
            f"The backward{when} hook return value size is {len(found)} not "
            f"equal to expect {what} size {len(grads)}"
        )
    name = f"hook_backward{when.replace(' ', '_')}_grad"
    return tuple(
        g if f is None and g is None else consistent(name, f, g)
        for f, g in zip(found, grads, strict=True)
    )


# --- the body: bprop, recomputation, casts --------------------------------------------


def _body(cell: Any, args: Args, kwargs: Kwargs) -> Any:
    if getattr(cell, "bprop", None) is not None:
        return _with_bprop(cell, args, kwargs)
    if cell.__dict__.get("_recompute"):
        return recomputed(cell, args, kwargs, lambda *a, **k: constructed(cell, a, k))
    return constructed(cell, args, kwargs)


def constructed(cell: Any, args: Args, kwargs: Kwargs) -> Any:
    if cell._precision is None:
        return cell.construct(*args, **kwargs)
    args, kwargs = tree.tree_map(lambda a: cast(a, cell._precision), (args, kwargs))
    put = object.__setattr__
    put(cell, "_casting", True)
    try:
        out = cell.construct(*args, **kwargs)
    finally:
        put(cell, "_casting", False)
    if cell._restoring:
        return tree.tree_map(lambda t: cast(t, dtypes.float32), out)
    return out


def cast(x: Any, dtype: Any) -> Any:
    """A floating tensor in another dtype; other things as they are."""
    if not isinstance(x, core.Tensor) or x._p.dtype.kind not in "fV":
        return x
    p = payload_of(x)
    if p.dtype == dtype.np:
        return x
    return wrap(Tensor, BOUND.convert(p, dtype=dtype.np))


class _Flat:
    """A call's arguments as tensors' payloads, and its output's likewise."""

    def __init__(self, fn: Any, args: Args, kwargs: Kwargs) -> None:
        self.fn = fn
        leaves, self.treedef = tree.flatten((args, kwargs))
        self.leaves = leaves
        self.places = [i for i, a in enumerate(leaves) if isinstance(a, core.Tensor)]
        self.tensors = [leaves[i] for i in self.places]
        self.out: Any = None

    def arguments(self, payloads: Any) -> tuple[Args, Kwargs]:
        leaves = list(self.leaves)
        for i, p in zip(self.places, payloads, strict=True):
            leaves[i] = wrap(Tensor, p)
        return tree.unflatten(self.treedef, leaves)

    def forward(self, payloads: Any) -> tuple[Payload, ...]:
        args, kwargs = self.arguments(payloads)
        out, self.out = tree.flatten(self.fn(*args, **kwargs))
        self.out_leaves = out
        self.out_places = [i for i, o in enumerate(out) if isinstance(o, core.Tensor)]
        return tuple(payload_of(out[i]) for i in self.out_places)

    def result(self, payloads: Any) -> Any:
        leaves = list(self.out_leaves)
        for i, p in zip(self.out_places, payloads, strict=True):
            leaves[i] = wrap(Tensor, p)
        return tree.unflatten(self.out, leaves)


def _with_bprop(cell: Any, args: Args, kwargs: Kwargs) -> Any:
    """`construct`, differentiated by `bprop(*inputs, out, dout)`.

    The parameters that construct uses have the gradient zero; those in the attribute
    `internal_params` have what bprop gives: after the inputs' gradients, or in a dict
    beside them.
    """
    flat = _Flat(lambda *a, **k: constructed(cell, a, k), args, kwargs)
    weights = list(getattr(cell, "internal_params", ()))
    count = len(flat.tensors)

    def rule(given: Any, outs: Any, cotangents: Any) -> Any:
        inputs, named = flat.arguments(given[:count])
        douts = [
            BOUND.zeros_like(o) if c is None else c
            for o, c in zip(outs, cotangents, strict=True)
        ]
        grads = cell.bprop(
            *inputs, *named.values(), flat.result(outs), flat.result(douts)
        )
        return _checked_bprop(grads, [*inputs, *named.values()], weights)

    outs = custom_call(
        lambda given: flat.forward(given[:count]),
        rule,
        tuple(map(payload_of, (*flat.tensors, *weights))),
        type(cell).__name__,
    )
    return flat.result(outs)


def _checked_bprop(
    grads: Any, inputs: list[Any], weights: list[Any]
) -> list[Payload | None]:
    """What bprop returned, as one cotangent for each tensor among the inputs.

    Raises:
        TypeError: for None, RuntimeError: too few, or a shape that does not fit.
    """
    if grads is None:
        raise TypeError("The python function output is none.")
    found = tuple(grads) if isinstance(grads, tuple | list) else (grads,)
    if len(found) == 2 and isinstance(found[0], tuple) and isinstance(found[1], dict):
        found = (*found[0], *(found[1].get(w) for w in weights))
    inputs = [*inputs, *weights]
    if len(found) < len(inputs):
        raise RuntimeError(
            "Grad size should lager than forward inputs, but got "
            f"{len(found)} vs {len(inputs)}"
        )
    out: list[Payload | None] = []
    for g, x in zip(found, inputs, strict=False):
        out += _matched(g, x)
    return out


def _matched(g: Any, x: Any) -> list[Payload | None]:
    leaves = [t for t in tree.flatten(x)[0] if isinstance(t, core.Tensor)]
    parts = tree.flatten(g)[0] if isinstance(x, tuple | list) else [g]
    if len(parts) < len(leaves):
        parts = [None] * len(leaves)
    return [_fitted(p, payload_of(t)) for p, t in zip(parts, leaves, strict=False)]


def _fitted(g: Any, x: Payload) -> Payload | None:
    if g is None:
        return None
    p = payload_of(g if isinstance(g, core.Tensor) else Tensor(g))
    return summed_to(p, x)


def recomputed(cell: Any, args: Args, kwargs: Kwargs, fn: Any) -> Any:
    """`fn(*args)`, which is evaluated again in the backward pass.

    Only arguments and results are kept in between.
    """
    flat = _Flat(fn, args, kwargs)
    count = len(flat.tensors)
    weights = [p for p in cell.get_parameters() if p._node is not None]

    def forward(payloads: Any) -> Any:
        return flat.forward(payloads[:count])

    def rule(given: Any, outs: Any, cotangents: Any) -> Any:
        with new_level(recording=True) as level:
            inputs = [wrap(Tensor, p) for p in given[:count]]
            held = [(w, w._p, w._node) for w in weights]
            _hold(weights, given[count:])
            watched = Watched([*inputs, *weights], level)
            leaves = list(flat.leaves)
            for i, t in zip(flat.places, inputs, strict=True):
                leaves[i] = t
            a, k = tree.unflatten(flat.treedef, leaves)
            try:
                recording = Recording(watched, fn(*a, **k))
                recording.settle()
            finally:
                watched.release()
                for w, p, node in held:
                    w._p, w._node = p, node
            found = recording.pull(cotangents)
        return tuple(found.get(watched.leaves[id(t)]) for t in (*inputs, *weights))

    operands = (*flat.tensors, *weights)
    return flat.result(
        custom_call(
            forward, rule, tuple(map(payload_of, operands)), type(cell).__name__
        )
    )


def _hold(weights: list[Parameter], payloads: Any) -> None:
    from isograd.core.tensor import hold

    for w, p in zip(weights, payloads, strict=True):
        hold(w, p)
