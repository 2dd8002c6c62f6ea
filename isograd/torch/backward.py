"""Backward passes: arguments checked before the sweep, gradients deposited after it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from sys import getrefcount
from typing import Any

import numpy as np

import isograd.torch.tensor as T
from isograd.base.dtypes import F32
from isograd.base.errors import EngineError
from isograd.core import levels
from isograd.core.abstract import Abstract
from isograd.core.forward import Dual, join, split
from isograd.core.primitive import BOUND, Payload
from isograd.core.tape import Blind, Leaf, Node, Traced, new
from isograd.core.tensor import HANDMADE, Tensor, payload_of, wrap
from isograd.torch import errors
from isograd.torch.dtypes import Size, of_numpy, strided
from isograd.torch.passes import HOOKS, PASSES, Depositing, run

__all__ = ["PASSES", "backward", "grad"]

Roots = tuple[list[Node], list[Payload]]


def roots_of(tensors: Sequence[Any], grads: Sequence[Any], create_graph: bool) -> Roots:
    """Nodes to start from and their cotangents, as PyTorch checks and completes them.

    Raises:
        RuntimeError: a gradient of the wrong shape, none for a tensor that is no
            scalar, or a tensor without graph; before anything is accumulated.
    """
    if len(tensors) == 1 and grads[0] is None:
        (t,) = tensors
        node = getattr(t, "_node", None)
        p = None if type(node) is not Node or node.shape else t._p
        if node is not None and type(p) is np.ndarray and p.dtype is F32:
            return [node], [_ONE.copy()]
    seeds = [
        _seed(i, t, g) for i, (t, g) in enumerate(zip(tensors, grads, strict=True))
    ]
    nodes: list[Node] = []
    for i, t in enumerate(tensors):
        node = node_of(t)
        if node is None or type(node) is Blind:
            raise RuntimeError(errors.NO_GRAD.format(index=i))
        nodes.append(node)
    if not create_graph:
        seeds = [
            s.p if type(s) is Traced and s.node.level == n.level else s
            for s, n in zip(seeds, nodes, strict=True)
        ]
    return nodes, seeds


_ONE = np.ones((), F32)


def _seed(i: int, t: Any, grad: Any) -> Payload:
    if not isinstance(t, Tensor):
        if hasattr(t, "output_nr") and isinstance(grad, Tensor):
            return payload_of(grad)
        if hasattr(t, "output_nr"):
            if t.node._tape_node.shape:
                raise RuntimeError(errors.NOT_SCALAR)
            return np.ones(t.node._tape_node.shape, np.float32)
        raise TypeError(
            f"element {i} of tensors does not require grad and does not have a grad_fn"
            if t is None
            else f"expected Tensor, found {type(t).__name__}"
        )
    p = t._p
    if grad is None:
        return _implicit(t)
    if not isinstance(grad, Tensor):
        raise TypeError(
            f"gradients can be either Tensors or None, but got {type(grad).__name__}"
        )
    g = payload_of(grad)
    if g.shape != p.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{i}] has a shape of {Size(g.shape)} and "
            f"output[{i}] has a shape of {Size(p.shape)}."
        )
    if g.dtype != p.dtype:
        if (g.dtype.kind == "c") != (p.dtype.kind == "c"):
            raise RuntimeError(
                "For complex Tensors, both grad_output and output are required to have "
                f"the same dtype. Mismatch in dtype: grad_output[{i}] has a dtype of "
                f"{of_numpy(g.dtype)} and output[{i}] has a dtype of "
                f"{of_numpy(p.dtype)}."
            )
        g = BOUND.convert(g, dtype=p.dtype)
    return g


def _implicit(t: Any) -> Payload:
    """The cotangent 1 of a scalar."""
    p = t._p
    if t._node is None:
        return None
    if p.size != 1:
        raise RuntimeError(errors.NOT_SCALAR)
    if p.dtype.kind == "c":
        raise RuntimeError(
            "grad can be implicitly created only for real scalar "
            f"outputs but got {of_numpy(p.dtype)}"
        )
    return Abstract(p.shape, p.dtype) if t.is_meta else np.ones(p.shape, p.dtype)


def as_tuple(x: Any) -> tuple[Any, ...]:
    if type(x) is tuple:
        return x
    if isinstance(x, Tensor) or x is None or hasattr(x, "output_nr"):
        return (x,)
    return tuple(x)


def grads_of(grads: Any, count: int) -> tuple[Any, ...]:
    """One gradient (or None) for each of `count` outputs."""
    if grads is None:
        return (None,) * count
    found = as_tuple(grads)
    if len(found) < count:
        raise RuntimeError(f"got {count} tensors and {len(found)} gradients")
    return found[:count]


def targets_of(inputs: Any) -> list[Node]:
    """The nodes of `backward(inputs=...)`."""
    found = as_tuple(inputs)
    nodes = [node_of(x) for x in found]
    for x, node in zip(found, nodes, strict=True):
        if node is None:
            raise RuntimeError(
                "can't retain_grad on Tensor that has requires_grad=False"
            )
        if type(node) is not Leaf and isinstance(x, T.Tensor):
            x.retain_grad()
    return [n for n in nodes if n is not None]


def check_inputs(inputs: Any) -> None:
    if inputs is not None and not as_tuple(inputs):
        raise RuntimeError("`inputs` argument to `backward()` cannot be empty.")


def node_of(x: Any) -> Node | None:
    """The node of a tensor, or the one that a GradientEdge names."""
    if isinstance(x, Tensor):
        node = x._node
        if node is not None and T.checked_node(node).leaf and type(node) is not Leaf:
            return Blind(node.shape)  # none that any gradient reaches
        return node
    if hasattr(x, "output_nr"):
        node = x.node._tape_node
        return node.slots[x.output_nr]() if node.slots else node
    raise RuntimeError(
        "all inputs have to be Tensors or GradientEdges, but got " + type(x).__name__
    )


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Accumulate the gradients of `tensors` in the leaves, or in `inputs`.

    Args:
        tensors: a tensor or a sequence of them.
        grad_tensors: the cotangents, None where the tensor is a scalar.
        grad_variables: the former name of `grad_tensors`.
    """
    if grad_variables is not None:
        warnings.warn(
            "`grad_variables` is deprecated. Use `grad_tensors` instead.",
            FutureWarning,
            stacklevel=2,
        )
        if grad_tensors is not None:
            raise RuntimeError(
                "`grad_tensors` and `grad_variables` (deprecated) arguments both "
                "passed to `backward()`. Please only use `grad_tensors`."
            )
        grad_tensors = grad_variables
    check_inputs(inputs)
    found = as_tuple(tensors)
    nodes, seeds = roots_of(found, grads_of(grad_tensors, len(found)), create_graph)
    if nodes and nodes[0].level:
        raise RuntimeError(errors.INSIDE_TRANSFORM)
    targets = None if inputs is None else targets_of(inputs)
    retain = create_graph if retain_graph is None else retain_graph
    accumulate(nodes, seeds, targets, create_graph, retain)


# --- what arrives at the leaves -------------------------------------------------------


def _calibrate() -> int:
    """The count of an array that only a dict and the loop of `deposit` hold."""
    table = {0: np.zeros(1)}
    count = 0
    for _, g in table.items():
        count = getrefcount(g)
    return count


_ALONE = _calibrate()


def deposit(found: dict[Node, Payload], create_graph: bool) -> None:
    """Add the cotangents that a sweep found to `.grad` of their tensors.

    Each sum is finished before the next begins, so an interrupt leaves no leaf half
    written.  An array that nothing else holds becomes the gradient itself.
    """
    for node, g in found.items():
        if type(node) is not Leaf:
            continue
        if (
            node.grad is None
            and type(g) is np.ndarray
            and not node.off
            and node.pre_hooks is None
        ):
            t = new(T.Tensor)
            t._p = g if getrefcount(g) <= _ALONE and g.base is None else g.copy()
            node.grad = t
            if node.post is not None or node.post_hooks is not None:
                _post_hooks(node, g)
        else:
            _deposit_one(node, g, create_graph)


def _deposit_one(node: Leaf, g: Payload, create_graph: bool) -> None:
    if node.off:
        return _check_off(node)
    if node.pre_hooks is not None:
        g = node.pre_hooks(node, g)
    old = node.grad
    if old is None:
        node.grad = _first(g, create_graph)
    elif old.layout is not strided or old._p.shape != g.shape:
        with levels.changed(recording=create_graph):
            new_one = wrap(T.Tensor, g)  # dense, or the operator's error
            node.grad = old + new_one if old.layout is strided else new_one + old
    elif (
        create_graph
        or type(g) is not np.ndarray
        or old._node is not None
        or old.is_meta
    ):
        node.grad = wrap(T.Tensor, BOUND.add(payload_of(old), g))
    else:
        _add_to(old, g)
    if node.post is not None or node.post_hooks is not None:
        _post_hooks(node, g)


def _check_off(node: Leaf) -> None:
    """Nothing arrives at a leaf whose tensor requires no gradient any more."""
    t = None if node.tensor is None else node.tensor()
    if t is not None and t._node is not None:
        raise RuntimeError("leaf variable has been moved into the graph interior")


def accumulate(
    nodes: list[Node],
    seeds: list[Payload],
    targets: Any,
    create_graph: bool,
    retain: bool,
) -> None:
    """Sweep and accumulate; with hooks about, each gradient as soon as it is known.

    Where a hook raises, or the user interrupts, the leaves that were finished keep
    their sums and the others are as they were; a note on the error says so.
    """
    if levels.state().stages:  # the leaves are stand-ins for the user's tensors
        raise EngineError("staging_escape", what="a gradient to accumulate")
    if not HOOKS.count:
        deposit(run(nodes, seeds, targets, create_graph, retain), create_graph)
        return
    done: list[Node] = []

    def deposit_one(node: Node, g: Payload) -> None:
        if type(node) is Leaf:
            _deposit_one(node, g, create_graph)
            done.append(node)

    found = Depositing(deposit_one)
    try:
        run(nodes, seeds, targets, create_graph, retain, found)
    except BaseException as error:
        if done:
            error.add_note(
                f"The backward pass stopped early: {len(done)} tensors have "
                "their gradient accumulated, the others are unchanged."
            )
        raise


def _first(g: Payload, create_graph: bool) -> Any:
    if type(g) is np.ndarray:
        return wrap(T.Tensor, g.copy())
    if create_graph and type(g) is Traced:  # PyTorch records the copy
        g = BOUND.copy(g)
        g.node.label = "CopyBackwards"
    return wrap(T.Tensor, g)


def _add_to(old: Any, g: np.ndarray) -> None:
    """`old += g` in memory, counted as a version."""
    np.add(old._p, g, out=old._p)
    T.note_write(old._p)


def _post_hooks(node: Leaf, g: Payload) -> None:
    from isograd.torch import hooks

    tensor = None if node.tensor is None else node.tensor()
    for hook in tuple((node.post or {}).values()):
        if hook(tensor) is not None:
            raise RuntimeError("Tensor post accumulate grad hooks should return None.")
    for hook in tuple((node.post_hooks or {}).values()):
        found = hook((), (wrap(T.Tensor, g),))
        if found is not None:
            hooks.checked_tuple(hook, found, 0)


# --- torch.autograd.grad --------------------------------------------------------------


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """The gradients of `outputs` with respect to `inputs`; nothing is accumulated.

    Returns:
        A tuple with one tensor for each input; None for an unused one with
        `allow_unused`, zeros with `materialize_grads`.
    """
    if materialize_grads and allow_unused is False:
        raise ValueError(
            "Expected allow_unused to be True or not passed when "
            f"materialize_grads=True, but got: allow_unused={allow_unused}."
        )
    if not only_inputs:
        warnings.warn(
            "only_inputs argument is deprecated and is ignored now (defaults "
            "to True). To accumulate gradient for other parts of the graph, "
            "please use torch.autograd.backward.",
            FutureWarning,
            stacklevel=2,
        )
    outs, ins = as_tuple(outputs), as_tuple(inputs)
    if HANDMADE and any(type(getattr(o, "_p", None)) is Dual for o in outs):
        return _dual_grad(
            outs, ins, grad_outputs, retain_graph, create_graph, allow_unused
        )
    allow = materialize_grads if allow_unused is None else allow_unused
    retain = create_graph if retain_graph is None else retain_graph
    given = grads_of(grad_outputs, len(outs))
    if is_grads_batched:
        return _batched_grad(
            outs, ins, given, retain, create_graph, allow, materialize_grads
        )
    nodes, seeds = roots_of(outs, given, create_graph)
    targets = _differentiated(ins)
    found = run(nodes, seeds, targets, create_graph, retain)
    return _collected(found, ins, targets, allow, materialize_grads)


def _dual_grad(
    outs: Sequence[Any],
    ins: Sequence[Any],
    given: Any,
    retain: bool | None,
    create: bool,
    allow: bool | None,
) -> tuple[Any, ...]:
    """Gradients of dual numbers: the tangent of a gradient is that of the tangents.

    For the derivative along t of x -> grad <g, f(x)> is grad <g, f'(x) t>: derivatives
    commute.
    """
    level = next(o._p.level for o in outs if type(o._p) is Dual)
    parts = [split(payload_of(o), level) for o in outs]
    xs = [wrap(T.Tensor, split(payload_of(x), level)[0]) for x in ins]
    seeds = grads_of(given, len(outs))
    primals = [wrap(T.Tensor, p) for p, _ in parts]
    first = grad(primals, xs, seeds, True, create, allow_unused=allow)
    moving = [
        (wrap(T.Tensor, t), g)
        for (_, t), g in zip(parts, seeds, strict=True)
        if type(t) is Traced
    ]
    second: Any = (None,) * len(xs)
    if moving:
        values, seeds = zip(*moving, strict=True)
        second = grad(values, xs, seeds, retain, create, allow_unused=True)
    return tuple(
        a
        if a is None or b is None
        else wrap(T.Tensor, join(level, payload_of(a), payload_of(b)))
        for a, b in zip(first, second, strict=True)
    )


def _differentiated(ins: Sequence[Any]) -> list[Node]:
    if not ins:
        raise RuntimeError("`inputs` argument to `grad()` cannot be empty.")
    nodes: list[Node] = []
    for x in ins:
        node = getattr(x, "_node", None)
        if type(node) is not Leaf:
            node = node_of(x)
        if node is None:
            raise RuntimeError(
                "One of the differentiated Tensors does not require grad"
            )
        nodes.append(node)
    return nodes


def _collected(
    found: dict[Node, Payload],
    ins: Sequence[Any],
    nodes: Sequence[Node],
    allow: bool,
    zeros: bool,
) -> tuple[Any, ...]:
    """The result for each of `ins`; they may share memory, as PyTorch's do."""
    out: list[Any] = []
    for x, node in zip(ins, nodes):  # noqa: B905 (made from one another)
        g = found.get(node)
        if g is not None:
            out.append(wrap(T.Tensor, g) if type(x) is T.Tensor else _like(x, g))
        elif not allow:
            raise RuntimeError(errors.UNUSED.format(index=len(out)))
        else:
            zero = wrap(T.Tensor, np.zeros(x._p.shape, x._p.dtype)) if zeros else None
            out.append(zero)
    return tuple(out)


def _like(x: Any, g: Payload) -> Any:
    """A gradient in the layout of x: that of a sparse tensor is one of its values."""
    t = wrap(T.Tensor, g)
    fill = getattr(x, "with_values", None) if isinstance(x, T.Tensor) else None
    return t if fill is None else fill(t)


def _batched_grad(
    outs: Sequence[Any],
    ins: Sequence[Any],
    given: Sequence[Any],
    retain: bool,
    create_graph: bool,
    allow: bool,
    zeros: bool,
) -> tuple[Any, ...]:
    """Each gradient in `given` has the batch as axis 0; so have the results."""
    from isograd.core.batching import Batched, unbatch

    for i, (g, o) in enumerate(zip(given, outs, strict=True)):
        if g is not None and g._p.shape[1:] != o._p.shape:
            raise RuntimeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each "
                "grad_output as the batch dimension. The sizes of the remaining "
                "dimensions are expected to match the shape of corresponding output, "
                f"but a mismatch was detected: grad_output[{i}] has a shape of "
                f"{Size(g._p.shape[2:])} and output[{i}] has a shape of "
                f"{Size(o._p.shape)}. If you only want some tensors in `grad_output` to "
                "be considered batched, consider using vmap."
            )
    stacks = [payload_of(g) for g in given]
    size = stacks[0].shape[0]
    with levels.new_level() as level:
        lifted = [wrap(T.Tensor, Batched(level, s)) for s in stacks]
        nodes, seeds = roots_of(outs, lifted, create_graph)
        targets = _differentiated(ins)
        found = run(nodes, seeds, targets, create_graph, retain)
    whole = {n: unbatch(g, level, size) for n, g in found.items()}
    grads = _collected(whole, ins, targets, allow, False)
    if not zeros:
        return grads
    return tuple(
        wrap(T.Tensor, np.zeros((size, *x._p.shape), x._p.dtype)) if g is None else g
        for g, x in zip(grads, ins, strict=True)
    )
