"""The graph as PyTorch shows it: node objects, gradient edges, saved tensors' hooks."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from isograd.base.dtypes import F32
from isograd.base.errors import EngineError
from isograd.core import levels
from isograd.core.primitive import BOUND
from isograd.core.reverse import saved_values, traced_values
from isograd.core.storage import note_write
from isograd.core.tape import Blind, Leaf, Traced, packing_order
from isograd.core.tape import Node as TapeNode
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import payload_of, wrap
from isograd.torch import errors
from isograd.torch.autograd import fields
from isograd.torch.autograd.derived import derived
from isograd.torch.autograd.shown import below, operands
from isograd.torch.backward import deposit
from isograd.torch.dtypes import CPU, of_numpy
from isograd.torch.hooks import (
    HookTable,
    RemovableHandle,
    add_post_hook,
    add_pre_hook,
    checked_all,
    parent_of,
    register,
)
from isograd.torch.labels import label_of
from isograd.torch.tensor import Tensor

NextFunctions = tuple[tuple[Any, int], ...]


class _NodeMeta(type):
    """`isinstance(x.grad_fn, Node)` holds for nodes of custom functions as well."""

    def __instancecheck__(cls, instance: Any) -> bool:
        return type.__instancecheck__(cls, instance) or (
            cls is Node and hasattr(type(instance), "_is_graph_node")
        )


class Node(metaclass=_NodeMeta):
    """A node of the graph: `tensor.grad_fn`; one object per node while it is held."""

    _is_graph_node = True

    def __init__(self, node: TapeNode | None = None) -> None:
        if node is None:
            raise TypeError(
                "Can't instantiate abstract class Node with abstract methods "
                "_input_metadata, _register_hook_dict, _sequence_nr, metadata, name, "
                "next_functions, register_hook, register_prehook"
            )
        vars(self)["_tape_node"] = node

    def __setattr__(self, name: str, value: Any) -> None:
        text = f"'{type(self).__name__}' object has no attribute '{name}'"
        raise AttributeError(text)

    def name(self) -> str:
        """PyTorch's name of the operation's derivative."""
        name = label_of(self._tape_node)
        own = name in ("AccumulateGrad", "CopySlices", "Error")
        return f"torch::autograd::{name}" if own else name

    @property
    def next_functions(self) -> NextFunctions:
        """For each operand its node and which of that node's outputs it is."""
        node = self._tape_node
        return next_functions(below(node, operands(node)))

    def __call__(self, *grads: Any) -> Any:
        """The node's derivative, applied to the gradients of its outputs."""
        node = self._tape_node
        if type(node) is Leaf:
            deposit({node: payload_of(grads[0])}, False)
            return None
        g = tuple(None if t is None else payload_of(t) for t in grads)
        try:
            saved = traced_values(node, saved_values(node))
        except EngineError as error:
            raise errors.translated(error) from None
        cots = node.prim.vjp(
            BOUND, g if node.prim.multi else g[0], saved, node.edges, **node.params
        )
        found = tuple(
            None if e is None or c is None else wrap(Tensor, c)
            for e, c in zip(node.edges, cots, strict=True)
        )
        return found[0] if len(found) == 1 else found

    @property
    def metadata(self) -> dict[Any, Any]:
        """A dict for the user."""
        return self._tape_node.__dict__.setdefault("of_user", {})

    @property
    def requires_grad(self) -> bool:
        return True

    def _sequence_nr(self) -> int:
        node = self._tape_node
        return 2**64 - 1 if type(node) is Leaf else int(node.seq)

    @property
    def _input_metadata(self) -> tuple[Any, ...]:
        return (_Metadata(self._tape_node),)

    def register_hook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call `fn(grad_inputs, grad_outputs)` after the node's derivative."""
        return add_node_hook(self._tape_node, fn)

    def register_prehook(self, fn: Callable[..., Any]) -> RemovableHandle:
        """Call `fn(grad_outputs)` before the node's derivative."""
        return add_pre_hook(self._tape_node, fn)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"cannot pickle '{type(self).__name__}' object")

    def __dir__(self) -> list[str]:
        node = self._tape_node
        known = [n for n in fields.names_of(node) if fields.known(node, n)]
        tensors = [n for n in known if fields.is_tensor(node, n)]
        names = [*_MEMBERS, *(f"_saved_{n}" for n in known)]
        names += [f"_raw_saved_{n}" for n in tensors]
        if type(node) is Leaf:
            names.append("variable")
        return sorted(names)

    def __getattr__(self, name: str) -> Any:
        if name == "variable" and type(self._tape_node) is Leaf:
            ref = self._tape_node.tensor
            return None if ref is None else ref()
        if name.startswith("_raw_saved_"):
            return SavedTensor(self._tape_node, _place(self._tape_node, name[11:]))
        if name.startswith("_saved_"):
            return saved_attribute(self._tape_node, name[7:])
        raise AttributeError(
            f"'{type(self).__name__}' object has no attribute '{name}'"
        )


_MEMBERS = (
    "_input_metadata",
    "_register_hook_dict",
    "_set_sequence_nr",
    "_sequence_nr",
    "metadata",
    "name",
    "next_functions",
    "register_hook",
    "register_prehook",
    "requires_grad",
    *dir(object),
)


class _Metadata:
    """Shape (and dtype, where known) of a node's output."""

    __module__, __qualname__ = "torch._C._autograd", "_InputMetadata"

    device, is_nested_tensor, is_cpp_nested_tensor = CPU, False, False

    def __init__(self, node: TapeNode) -> None:
        self.shape = list(node.shape)
        self.dtype = of_numpy(_dtype_of(node))


def _dtype_of(node: TapeNode | None) -> Any:
    """The dtype of a node's output, as far as what it holds tells it."""
    while node is not None:
        own = getattr(node, "dtype", None) or node.params.get("dtype")
        if own is not None:
            return np.dtype(own)
        for value in node.saved or ():
            if getattr(getattr(value, "dtype", None), "kind", "-") in "fcV":
                return value.dtype
        node = next((e for e in node.edges if e is not None), None)
    return F32


_CLASSES: dict[str, type] = {}


def node_class(name: str) -> type:
    """The class of the node objects with a name (`MulBackward0`)."""
    found = _CLASSES.get(name)
    if found is None:
        found = _CLASSES[name] = _NodeMeta(
            name,
            (Node,),
            {"__module__": "builtins", "__qualname__": name, "__repr__": _repr},
        )
    return found


def _repr(self: Any) -> str:
    return f"<{type(self).__name__} object at {hex(id(self))}>"


def node_object(node: TapeNode) -> Any:
    """The object that stands for a tape's node; the same one while it is held."""
    node = parent_of(node)
    facade = getattr(node, "facade", None)
    if facade is not None:
        found = facade() if isinstance(facade, weakref.ref) else facade
        if found is not None:
            return found
    found = node_class(label_of(node))(node)
    node.facade = weakref.ref(found)
    return found


def next_functions(nodes: Iterable[TapeNode | None]) -> NextFunctions:
    return tuple(
        (None, 0)
        if n is None or type(n) is Blind
        else (node_object(n), getattr(n, "index", 0))
        for n in nodes
    )


# --- saved values ---------------------------------------------------------------------


def _place(node: TapeNode, word: str) -> int:
    """Where a node saved the tensor that PyTorch calls `_saved_<word>`."""
    place = fields.place_of(node, word) if fields.is_tensor(node, word) else None
    if place is None:
        raise AttributeError(
            f"'{label_of(node)}' object has no attribute '_saved_{word}'"
        )
    return place


def saved_attribute(node: TapeNode, word: str) -> Any:
    if node.saved is not None and (word in fields.names_of(node) or word == "indices"):
        with contextlib.suppress(KeyError):
            return derived(node, word)
    if fields.is_tensor(node, word):
        if node.also and (place := fields.TENSORS[word]) < len(node.also):
            p, edge = node.also[place]
            return _as_tensor(p, edge)
        if fields.place_of(node, word) is not None:
            return SavedTensor(node, _place(node, word)).value()
        if word in fields.names_of(node):
            return fields.of_leaf(node, fields.TENSORS[word])
    try:
        return fields.fact(node, word)
    except KeyError:
        raise AttributeError(
            f"'{label_of(node)}' object has no attribute '_saved_{word}'"
        ) from None


class SavedTensor:
    """A tensor that a node saved; hooks can be put on it."""

    __module__ = "torch._C._autograd"

    def __init__(self, node: TapeNode, place: int) -> None:
        self._node, self._place = node, place

    data = property(lambda self: self.value())

    def value(self) -> Any:
        node = self._node
        try:
            saved = saved_values(node)
        except EngineError as error:
            raise errors.translated(error) from None
        p = saved[self._place]
        if p is None:
            return fields.of_leaf(node, self._place)
        edge = node.edges[self._place] if self._place < len(node.edges) else node
        if type(edge) is Leaf and edge.tensor is not None:
            original = edge.tensor()
            if original is not None and original._p is p:
                return original
        return wrap(Tensor, p if edge is None else Traced(p, edge))

    def register_hooks(self, *hooks: Any) -> None:
        """Replace what was saved by `pack(value)`; `unpack` gives it back."""
        if len(hooks) != 2 or not all(map(callable, hooks)):
            given = ", ".join(map(repr, (self, *hooks)))
            raise TypeError(
                "register_hooks(): incompatible function arguments. The following "
                "argument types are supported:\n    1. (self: torch._C._autograd."
                "SavedTensor, arg0: collections.abc.Callable, arg1: collections.abc."
                f"Callable) -> None\n\nInvoked with: {given}"
            )
        (pack, unpack), node, place = hooks, self._node, self._place
        if node.saved is None:
            raise RuntimeError(_HOOKS_FREED)
        if place in (node.metadata or {}).get("hooked", ()):
            raise RuntimeError(
                "Calling register_hooks on a saved tensor whose hooks have already "
                "been set. Hint: only one pair of hooks is allowed at a time."
            )
        given = _as_tensor(node.saved[place], None)
        kept = _unmodified(pack, given)
        node.metadata = {**(node.metadata or {}), "hooked": {place}}
        old, node.unpack, node.pull = node.unpack, None, None
        plain = tuple(None if i == place else s for i, s in enumerate(node.saved))

        def restored(n: TapeNode) -> tuple[Any, ...]:
            values = list(plain if old is None else old(n))
            values[place] = unpack(kept)._p
            return tuple(values)

        node.saved = (
            plain if any(s is not None for s in plain) else (None,) * len(plain)
        )
        node.unpack = restored


_HOOKS_FREED = (
    "Calling register_hooks on a saved tensor after it has been freed. "
    + errors.FREED.partition("). ")[2].replace("saved tensors", "saved variables")
)


def _unmodified(pack: Callable[..., Any], t: Any) -> Any:
    """`pack(t)`, which may not write to it."""
    before = t._version
    kept = pack(t)
    if t._version != before:
        raise RuntimeError(
            "A saved tensor pack hook is modifying its input in place. Tensors "
            "provided as input to pack hook cannot be modified by in-place operations "
            "as this can lead to unexpected side-effects. Please open an issue if you "
            "need to perform in-place operations on the input to a pack hook."
        )
    return kept


class saved_tensors_hooks:
    """Inside, what is saved for backward passes through `pack`, and back `unpack`."""

    def __init__(self, pack_hook: Callable[..., Any], unpack_hook: Any) -> None:
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook
        self._tokens: list[Any] = []

    def _pair(self) -> tuple[Any, Any]:
        pack, unpack = self.pack_hook, self.unpack_hook

        def pack_one(s: Any, node: TapeNode, place: int) -> Any:
            if type(s) is int or _of_number(s):
                return s
            edge = node.edges[place] if place < len(node.edges) else None
            if place == len(node.edges) and not node.prim.multi:
                edge = node  # the output
            with levels.changed(saved_hooks=()):
                return _Packed(_unmodified(pack, _as_tensor(s, edge)))

        def unpack_all(node: TapeNode) -> tuple[Any, ...]:
            with levels.changed(saved_hooks=()):
                saved = list(node.saved)
                for i in packing_order(node):
                    if type(saved[i]) is _Packed:
                        saved[i] = _checked(unpack(saved[i].value))
                return tuple(saved)

        return pack_one, unpack_all

    def __enter__(self) -> None:
        if not callable(self.pack_hook) or not callable(self.unpack_hook):
            raise TypeError(
                "_push_saved_tensors_default_hooks(): incompatible function arguments. "
                "The following argument types are supported:\n    1. (arg0: "
                "collections.abc.Callable, arg1: collections.abc.Callable) -> None\n\n"
                f"Invoked with: {self.pack_hook!r}, {self.unpack_hook!r}"
            )
        if (message := _DISABLED[-1:]) and message[0] is not None:
            raise RuntimeError(message[0])
        old = levels.state().saved_hooks
        self._tokens.append(levels.enter(saved_hooks=(*old, self._pair())))

    def __exit__(self, *_: Any) -> None:
        levels.leave(self._tokens.pop())


def _of_number(s: Any) -> bool:
    """Whether an array stands for a Python number (see `call.cast`)."""
    return type(s) is np.ndarray and not s.ndim and not s.flags.writeable


class _Packed(NamedTuple):
    value: Any


def _as_tensor(p: Any, edge: TapeNode | None) -> Any:
    if type(edge) is Leaf and edge.tensor is not None:
        original = edge.tensor()
        if original is not None and original._p is p:
            return original
    return wrap(Tensor, p if edge is None or type(p) is Traced else Traced(p, edge))


def _checked(t: Any) -> Any:
    if not isinstance(t, CoreTensor):
        raise TypeError(
            "Output of saved tensor unpack_hook expected to be a Tensor but "
            f"got result of type {type(t).__name__}"
        )
    return t._p


_DISABLED: list[str | None] = []


def hooks_allowed() -> bool:
    """Whether saved tensors' hooks may be set here."""
    return not _DISABLED


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Inside, `saved_tensors_hooks` raises a RuntimeError with this message."""
    if levels.state().saved_hooks:
        raise RuntimeError(error_message)
    _DISABLED.append(error_message)
    try:
        yield
    finally:
        _DISABLED.pop()


class save_on_cpu(saved_tensors_hooks):
    """What is saved is copied (there is only the host here)."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(lambda t: t.detach().clone(), lambda t: t)


@contextlib.contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[Any]:
    """Inside, what is saved is copied, so that it may be written afterwards."""
    if _MUTATING:
        raise RuntimeError("allow_mutation_on_saved_tensors contexts cannot be nested")
    context = _AllowMutationOnSavedContext()
    _MUTATING.append(context)
    try:
        with saved_tensors_hooks(context.keep, context.value):
            yield context
    finally:
        _MUTATING.remove(context)


_MUTATING: list[Any] = []


class _Kept:
    """What stands for a saved tensor: its copy, and its version when it was saved."""

    def __init__(self, t: Any) -> None:
        self.copy, self.tensor, self.version = t.detach().clone(), t, t._version


class _AllowMutationOnSavedContext:
    def __init__(self) -> None:
        self._kept: weakref.WeakSet[_Kept] = weakref.WeakSet()

    def keep(self, t: Any) -> _Kept:
        self._kept.add(kept := _Kept(t))
        return kept

    def value(self, kept: _Kept) -> Any:
        if self not in _MUTATING:
            raise AssertionError(
                "Trying to backward outside of the 'allow_mutation_on_saved_tensors' "
                "contextin which the graph was originally recorded."
            )
        if kept not in self._kept:
            raise AssertionError("the context was cleared")
        return kept.copy

    @property
    def cloned(self) -> dict[Any, Any]:
        """The copies of what was written since it was saved."""
        return {k: k.copy for k in self._kept if k.tensor._version != k.version}

    def clear(self) -> None:
        self._kept.clear()


# --- edges ----------------------------------------------------------------------------


class GradientEdge(NamedTuple):
    """An edge of the graph: a node and which of its outputs."""

    node: Any
    output_nr: int
    ownership_token: Any = None


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """The edge that the gradient of `tensor` arrives by."""
    if not tensor.requires_grad:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor "
            "that does not require gradients"
        )
    return GradientEdge(node_object(tensor._node), tensor.output_nr)


def increment_version(tensor: Any) -> None:
    """Count a write to `tensor` (or to each of several)."""
    for t in (tensor,) if isinstance(tensor, CoreTensor) else tensor:
        note_write(t._p)


# --- hooks on nodes -------------------------------------------------------------------


class HookedPrimitive:
    """A primitive whose derivative calls a node's hooks afterwards."""

    def __init__(self, prim: Any, node: TapeNode) -> None:
        self._prim = prim
        self.table = HookTable()
        self._shapes = node.shape

    def __getattr__(self, name: str) -> Any:
        return getattr(self._prim, name)

    def vjp(self, F: Any, g: Any, saved: Any, needs: Any, **params: Any) -> Any:
        cots = self._prim.vjp(F, g, saved, needs, **params)
        cots = tuple(None if n is None else c for n, c in zip(needs, cots, strict=True))
        with levels.changed(recording=levels.state().creating):
            return self._hooked(cots, g)

    def _hooked(self, cots: Any, g: Any) -> Any:
        outs = tuple(
            None if p is None else wrap(Tensor, p)
            for p in (g if type(g) is tuple else (g,))
        )
        ins = tuple(None if c is None else wrap(Tensor, c) for c in cots)
        for hook in tuple(self.table.values()):
            found = hook(ins, outs)
            if found is not None:
                ins = checked_all(hook, found, ins)
        return tuple(None if t is None else payload_of(t) for t in ins)

    @property
    def raw_vjp(self) -> Any:
        return self.vjp


def add_node_hook(node: TapeNode, fn: Callable[..., Any]) -> RemovableHandle:
    if type(node) is Leaf:
        return add_post_hook(node, fn, "post_hooks")
    if type(node.prim) is not HookedPrimitive:
        node.prim = HookedPrimitive(node.prim, node)  # type: ignore[assignment]  # justified: stands for the primitive
        node.raw, node.pull = False, None
    return register(node.prim.table, fn)  # type: ignore[attr-defined]  # justified: see above


def register_multi_grad_hook(
    tensors: Sequence[Any], fn: Callable[..., Any], *, mode: str = "all"
) -> RemovableHandle:
    """Call `fn` once the gradients of all (or of any) of `tensors` are known.

    With mode "all" it gets a list with a gradient or None for each tensor.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    if mode == "any":
        return _multi_any(tensors, fn)
    return _multi_all(tensors, fn)


class _Handles(RemovableHandle):
    def __init__(self, handles: Sequence[RemovableHandle]) -> None:
        self.handles = tuple(handles)

    def remove(self) -> None:
        for h in self.handles:
            h.remove()


def _multi_any(tensors: Sequence[Any], fn: Callable[..., Any]) -> RemovableHandle:
    seen: set[int] = set()

    def hook(g: Any) -> None:
        run = _pass_number()
        if run not in seen:
            seen.add(run)
            fn(g)

    return _Handles([t.register_hook(hook) for t in tensors])


def _multi_all(tensors: Sequence[Any], fn: Callable[..., Any]) -> RemovableHandle:
    pending: dict[int, tuple[int, list[Any]]] = {}

    def hook_of(i: int) -> Callable[..., Any]:
        def hook(g: Any) -> None:
            run = _pass_number()
            if run not in pending:
                pending[run] = (_expected(tensors), [None] * len(tensors))
            left, grads = pending[run]
            grads[i] = g
            pending[run] = (left - 1, grads)
            if left == 1:
                del pending[run]
                fn(grads)

        return hook

    return _Handles([t.register_hook(hook_of(i)) for i, t in enumerate(tensors)])


def _pass_number() -> int:
    from isograd.torch.backward import PASSES

    return PASSES[-1].number if PASSES else -1


def _expected(tensors: Sequence[Any]) -> int:
    """How many of `tensors` the current pass will reach."""
    from isograd.torch.backward import PASSES

    reached = PASSES[-1].reached()
    return sum(t._node in reached for t in tensors)


def _engine_run_backward(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError("use torch.autograd.backward or torch.autograd.grad")


def set_warn_on_accumulate_grad_stream_mismatch(enabled: bool) -> None:
    """Accepted; there are no streams here."""
