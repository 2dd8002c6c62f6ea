"""`torch.autograd.Function`: operations whose derivative their user states.

One application puts one node on the tape of each level among the operands; the context
`ctx` is the node's object, as in PyTorch.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from isograd.base.errors import EngineError
from isograd.base.missing import module_getattr
from isograd.core import levels, mutation
from isograd.core.batching import Batched
from isograd.core.custom import custom
from isograd.core.forward import join, split
from isograd.core.levels import records
from isograd.core.primitive import BOUND, REGISTRY, Payload
from isograd.core.storage import version
from isograd.core.tape import Blind, Node, Spoiled, Traced, new, slot, tick
from isograd.core.tensor import Tensor as CoreTensor
from isograd.core.tensor import payload_of, wrap
from isograd.torch import errors
from isograd.torch.autograd import graph
from isograd.torch.autograd.checks import (
    DIRTY_VIEW,
    NEEDS_SETUP,
    check_returned,
    checked,
    grads_of,
)
from isograd.torch.autograd.context import BackwardCFunction as BackwardCFunction
from isograd.torch.autograd.context import FunctionCtx as FunctionCtx
from isograd.torch.dtypes import of_numpy
from isograd.torch.tensor import Tensor


class _Frame:
    """The values of one application at one level: what `ctx.saved_tensors` reads.

    `entries` says of each saved tensor which argument or output it is, or holds its
    payload; `originals` are the user's own tensors where they were the arguments.
    """

    def __init__(
        self,
        entries: tuple[Any, ...],
        args: tuple[Payload, ...],
        outs: tuple[Payload, ...],
        originals: tuple[Any, ...],
        versions: Any,
    ) -> None:
        self.entries = entries
        self.args, self.outs, self.originals = args, outs, originals
        self.versions = versions
        self.edges: tuple[Any, ...] = ()
        self.slots: Any = ()
        self.node: Any = None  # weak
        self.packed: Any = None
        self.batch: Any = None  # (level, flags of args, flags of outs) inside a vmap

    def saved(self, ctx: Any) -> tuple[Any, ...]:
        node = None if self.node is None else self.node()
        if node is not None and node.saved is None:
            raise RuntimeError(errors.FREED)
        if self.packed is not None:
            pairs = self.packed
            return tuple(None if p is None else unpack(p) for p, unpack in pairs)
        return tuple(map(self._tensor, self.entries))

    def _tensor(self, entry: Any) -> Any:
        kind, i = entry
        if kind == "none":
            return None
        if kind == "other":
            return i
        p = (self.args if kind == "arg" else self.outs)[i]
        self._check(kind, i, p)
        node = None if self.node is None else self.node()
        recorded = levels.state().creating or node is None or node.level == 0
        if kind == "arg":
            original = self.originals[i] if self.originals else None
            if original is not None and recorded:
                return original
            edge = self.edges[i] if self.edges else None
        else:
            edge = self.slots[i] if self.slots else None
        p = self._lifted(kind, i, p)
        if edge is not None and recorded:
            p = Traced(p, edge)
        return wrap(Tensor, p)

    def _lifted(self, kind: str, i: int, p: Payload) -> Payload:
        if self.batch is None:
            return p
        level, ins, outs = self.batch
        return Batched(level, p) if (ins if kind == "arg" else outs)[i] else p

    def _check(self, kind: str, i: int, p: Payload) -> None:
        if type(p) is not np.ndarray:
            return
        expected = self.versions.get((kind, i))
        found = version(p)
        if expected is not None and found != expected:
            which = ""
            edge = self.edges if kind == "arg" else self.slots
            edge = edge[i] if edge else None
            if kind == "arg":
                edge = mutation.holder(p, edge)
            if edge is not None and not edge.leaf:
                from isograd.torch.labels import label_of, short

                which = (
                    f", which is output {getattr(edge, 'index', 0)} of "
                    f"{short(label_of(edge))},"
                )
            raise RuntimeError(
                errors.MODIFIED.format(
                    type=f"torch.{of_numpy(p.dtype).legacy}",
                    shape=str(list(p.shape)),
                    which=which,
                    found=found,
                    expected=expected,
                    hint=errors.HINT,
                )
            )


class FunctionMeta(type):
    """Gives each Function the class of its nodes."""

    def __init__(cls, name: str, bases: Any, attrs: Any) -> None:
        cls._backward_cls = type(
            name + "Backward",
            (BackwardCFunction,),
            {"_forward_cls": cls, "__module__": "torch.autograd.function"},
        )
        super().__init__(name, bases, attrs)


class Function(FunctionCtx, metaclass=FunctionMeta):
    """Base of custom operations: static methods `forward` and `backward`.

    `forward(ctx, *args)`, or `forward(*args)` with `setup_context(ctx, inputs, output)`;
    `backward(ctx, *grads)` gives one gradient (or None) for each argument; `jvp(ctx,
    *tangents)` and `vmap(info, in_dims, *args)` are used by the transforms.
    """

    generate_vmap_rule = False

    def __init__(self, *_: Any, **__: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions "
            "are all static, so you should invoke them on the class itself. "
            "Instantiating an autograd function will raise an error in a future "
            "version of PyTorch.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *_: Any, **__: Any) -> None:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. "
            "Please use new-style autograd function with static forward method. "
            "(Example: https://pytorch.org/docs/stable/autograd.html#torch.autograd."
            "Function)"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> Any:
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        raise NotImplementedError(
            "You must implement the jvp function for custom "
            "autograd.Function to use it with forward mode AD."
        )

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        raise NotImplementedError(
            "To use autograd.Function with vmap, you must either override the vmap "
            "staticmethod or set generate_vmap_rule=True."
        )

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """The operation on `args`; tensors among them are differentiated."""
        if kwargs:
            args = _bound_arguments(cls, args, kwargs)
        if _has_setup(cls) is False and _transformed(args):
            raise RuntimeError(NEEDS_SETUP)
        try:
            return Application(cls, args).run()
        except EngineError as error:
            raise errors.translated(error) from None


def _bound_arguments(cls: Any, args: Any, kwargs: Any) -> tuple[Any, ...]:
    import inspect

    signature = inspect.signature(cls.forward)
    if _has_setup(cls):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.args
    given = list(args)
    for p in [*signature.parameters.values()][1 + len(args) :]:
        if not kwargs or p.kind not in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD):
            break
        given.append(kwargs.pop(p.name, p.default))
    for name in kwargs:
        raise TypeError(f"forward() got an unexpected keyword argument '{name}'")
    return tuple(given)


def _has_setup(cls: Any) -> bool:
    return cls.setup_context is not Function.setup_context


def _transformed(args: Sequence[Any]) -> bool:
    """Whether an argument belongs to a transform of torch.func."""
    if not levels.state().level:
        return False
    payloads = (payload_of(a) for a in args if isinstance(a, CoreTensor))
    return any(
        type(p) is Batched or (type(p) is Traced and p.level > 0) for p in payloads
    )


def _user_backward(cls: Any) -> Any:
    own, other = cls.backward, cls.vjp
    if own is not Function.backward and other is not Function.vjp:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not "
            "allowed. You should only implement one of them."
        )
    return own if other is Function.vjp else other


class Application:
    """One call of `Function.apply`."""

    def __init__(self, cls: Any, args: tuple[Any, ...]) -> None:
        self.cls, self.args = cls, args
        self.ctx = cls._backward_cls()
        self.places = [i for i, a in enumerate(args) if isinstance(a, CoreTensor)]
        self.tensors = [args[i] for i in self.places]
        self.payloads = tuple(map(payload_of, self.tensors))
        self.single = True
        self.kinds: list[Any] = []

    def run(self) -> Any:
        self.ctx.needs_input_grad = tuple(
            isinstance(a, CoreTensor) and _requires(a) for a in self.args
        )
        outs = self.at_level(self.payloads)
        return self.results(outs)

    # --- evaluation at the highest level among the payloads ---------------------------

    def at_level(self, payloads: tuple[Payload, ...]) -> tuple[Any, ...]:
        top = max(
            (p for p in payloads if type(p) is not np.ndarray),
            key=lambda p: p.level,
            default=None,
        )
        if top is None:
            return self.base(payloads)
        if type(top) is Traced:
            return self.traced(payloads, top.level)
        if type(top) is Batched:
            return self.batched(payloads, top.level)
        return self.dual(payloads, top.level)

    def base(self, payloads: tuple[Payload, ...]) -> tuple[Any, ...]:
        """Run `forward`; gives the payloads of its tensors, other values as they are."""
        own = all(p is t._p for p, t in zip(payloads, self.tensors, strict=True))
        tensors = self.tensors if own else [wrap(Tensor, p) for p in payloads]
        args = list(self.args)
        for i, t in zip(self.places, tensors, strict=True):
            args[i] = t
        with levels.changed(recording=False):
            found = self._forward(tuple(args))
        self.single = not isinstance(found, tuple)
        outs = (found,) if self.single else found
        graph.increment_version(self.ctx._dirty)
        check_returned(self.ctx._dirty, tensors, outs)
        self.found, self.own = outs, own
        self.used = tensors
        entries = tuple(_entry(s, tensors, outs) for s in self.ctx._saved)
        values = tuple(o._p if isinstance(o, CoreTensor) else o for o in outs)
        versions = {
            e: version(p)
            for e in entries
            if e[0] in ("arg", "out")
            and type(p := (payloads if e[0] == "arg" else values)[e[1]]) is np.ndarray
        }
        originals = tuple(tensors) if own else ()
        self.frame = self.ctx._frame = _Frame(
            entries, payloads, values, originals, versions
        )
        self.kinds = [self._kind(o, tensors) for o in outs]
        return values

    def _forward(self, args: tuple[Any, ...]) -> Any:
        cls, ctx = self.cls, self.ctx
        if not _has_setup(cls):
            return cls.forward(ctx, *args)
        out = cls.forward(*args)
        cls.setup_context(ctx, args, out)
        return out

    def _kind(self, out: Any, tensors: Sequence[Any]) -> str:
        """What an output is: a value, a constant, an input as it was, one written."""
        if not isinstance(out, CoreTensor):
            return "value"
        if any(out is d for d in self.ctx._dirty):
            return "dirty"
        if any(out is c for c in self.ctx._constant) or (
            out._p.dtype.kind not in "fcV"
        ):
            return "constant"
        return "input" if any(out is t for t in tensors) else "tensor"

    def traced(self, payloads: tuple[Payload, ...], level: int) -> tuple[Any, ...]:
        here = [type(p) is Traced and p.level == level for p in payloads]
        lower = tuple(p.p if h else p for p, h in zip(payloads, here, strict=True))
        if self.ctx._dirty == () and not records(level):
            return self.at_level(lower)
        outs = self.at_level(lower)
        if not records(level):
            return outs
        edges = tuple(
            p.node if h else None for p, h in zip(payloads, here, strict=True)
        )
        return self.record(lower, outs, edges, level)

    def record(
        self, lower: tuple[Payload, ...], outs: tuple[Any, ...], edges: Any, level: int
    ) -> tuple[Any, ...]:
        live = [k in ("tensor", "dirty", "input") for k in self.kinds]
        if not any(live):
            return outs
        if any(k == "dirty" for k in self.kinds):
            self._check_dirty()
        f = self.frame
        frame = _Frame(f.entries, lower, outs, f.originals, f.versions)
        frame.batch = f.batch
        node = new(Node)
        node.prim, node.level = custom, level
        node.edges, node.raw, node.shape = edges, False, ()
        node.label = type(self.ctx).__name__
        node.saved = (frame,) if self.ctx._saved else ()
        if any(s is not None and s.is_inference() for s in self.ctx._saved):
            raise RuntimeError(errors.INFERENCE_SAVED)
        node.params = {"rule": self._rule(frame, weakref.ref(node))}
        node.facade = self.ctx
        node.seq = tick()
        if levels.state().anomaly:
            import traceback

            node.traceback = traceback.extract_stack()
        slots = [
            slot(node, i, o) if k else None
            for i, (o, k) in enumerate(zip(outs, live, strict=True))
        ]
        node.outputs = len(outs)
        node.slots = tuple(_nothing if s is None else weakref.ref(s) for s in slots)
        frame.edges, frame.node = edges, weakref.ref(node)
        frame.slots = _Slots(node.slots, outs)
        self.frame = self.ctx._frame = frame
        self.ctx._node_ref, self.ctx._edges = frame.node, edges
        if hooks := levels.state().saved_hooks:
            frame.packed = self._packed(frame, hooks[-1])
        return tuple(
            o if s is None else Traced(o, s) for o, s in zip(outs, slots, strict=True)
        )

    def _packed(self, frame: _Frame, hooks: Any) -> Any:
        pack, _ = hooks
        pairs = []
        for t in frame.saved(self.ctx):
            if t is None:
                pairs.append((None, None))
                continue
            probe = Node()
            probe.prim, probe.edges = custom, (t._node,)
            kept = pack(t._p, probe, 0)
            pairs.append((kept, _unpacker(hooks, kept)))
        frame.originals, frame.args, frame.outs = (), (), ()
        return pairs

    def _check_dirty(self) -> None:
        for d in self.ctx._dirty:
            if not any(d is t for t in self.used):
                continue
            node = d._node.was if type(d._node) is Spoiled else d._node
            if node is not None and node.leaf:
                raise RuntimeError(
                    "a leaf Variable that requires grad has been used in "
                    "an in-place operation."
                )
            if d._view is not None and len(self.found) > 1:
                raise RuntimeError(DIRTY_VIEW)
            mutation.check_writable(d, True)

    def _rule(self, frame: _Frame, node_ref: Any) -> Callable[..., Any]:
        ctx, cls, places = self.ctx, self.cls, self.places
        count, total = len(frame.args), len(self.args)
        avals = [
            (getattr(o, "shape", ()), getattr(o, "dtype", None)) for o in frame.outs
        ]
        in_shapes = [p.shape for p in frame.args]
        in_dtypes = [p.dtype for p in frame.args]
        batch = frame.batch

        def rule(_: Any, __: Any, cots: Any) -> Any:
            node = node_ref()
            s = levels.state()
            recording = s.creating if node.level == 0 else s.recording
            before, ctx._frame = ctx._frame, frame
            try:
                with levels.changed(recording=recording):
                    if batch is not None:
                        from isograd.torch.autograd.generated import _batched_rule

                        return _batched_rule(
                            cls, ctx, cots, avals, frame, places, total, in_shapes
                        )
                    grads = grads_of(ctx, cots, avals)
                    found = _user_backward(cls)(ctx, *grads)
                    return checked(
                        cls, found, total, places, node.edges, in_shapes, in_dtypes
                    )
            finally:
                ctx._frame = before

        assert count == len(places)
        return rule

    # --- transforms -------------------------------------------------------------------

    def batched(self, payloads: tuple[Payload, ...], level: int) -> tuple[Any, ...]:
        cls = self.cls
        flags = tuple(type(p) is Batched and p.level == level for p in payloads)
        values = tuple(
            p.value if f else p for p, f in zip(payloads, flags, strict=True)
        )
        size = next(v.shape[0] for v, f in zip(values, flags, strict=True) if f)
        if cls.vmap is not Function.vmap:
            if cls.generate_vmap_rule:
                raise RuntimeError(
                    f"You tried to vmap over {cls.__name__}, but it has both "
                    "generate_vmap_rule=True and an overridden vmap staticmethod. "
                    "Please set generate_vmap_rule=False or delete the overridden vmap "
                    "staticmethod to avoid ambiguity. For more details, please see "
                    "https://pytorch.org/docs/main/notes/extending.func.html"
                )
            outs = self._user_vmap(values, flags, level, size)
            self._note_saved(payloads, outs)
            return outs
        if not cls.generate_vmap_rule:
            raise RuntimeError(
                f"You tried to vmap over {cls.__name__}, but it does not have vmap "
                "support. Please override and implement the vmap staticmethod or set "
                "generate_vmap_rule=True. For more details, please see "
                "https://pytorch.org/docs/main/notes/extending.func.html"
            )
        from isograd.torch.autograd.generated import _Vmapped

        inner = _Vmapped(self, flags, level, size)
        outs = tuple(
            Batched(level, o) if hasattr(o, "dtype") else o
            for o in inner.at_level(values)
        )
        entries = self.frame.entries  # a tape above this level sees batched values
        self.frame = self.ctx._frame = _Frame(entries, payloads, outs, (), {})
        return outs

    def _user_vmap(
        self, values: Any, flags: Any, level: int, size: int
    ) -> tuple[Any, ...]:
        from collections import namedtuple

        Info = namedtuple("VmapInfo", "batch_size randomness")
        args, dims = list(self.args), [None] * len(self.args)
        for i, v, f in zip(self.places, values, flags, strict=True):
            args[i] = wrap(Tensor, v)
            dims[i] = 0 if f else None  # type: ignore[call-overload]  # justified: ints beside None
        found = self.cls.vmap(Info(size, "error"), tuple(dims), *args)
        if not (isinstance(found, tuple) and len(found) == 2):
            raise RuntimeError(
                "Expected the vmap staticmethod to have two returns, an output and "
                "out_dims with pytree structure compatible with the output. Got a "
                f"{type(found)} instead"
            )
        outs, out_dims = found
        self.single = not isinstance(outs, tuple)
        outs = (outs,) if self.single else outs
        dims_out = (
            (out_dims,) * len(outs) if not isinstance(out_dims, tuple) else (out_dims)
        )
        result = []
        for o, d in zip(outs, dims_out, strict=True):
            if not isinstance(o, CoreTensor) or d is None:
                result.append(payload_of(o) if isinstance(o, CoreTensor) else o)
                continue
            p = payload_of(o)
            result.append(
                Batched(level, p if d == 0 else BOUND.moveaxis(p, d % p.ndim, 0))
            )
        self.kinds = ["tensor"] * len(outs)
        self.found = outs
        return tuple(result)

    def _note_saved(self, payloads: tuple[Payload, ...], outs: tuple[Any, ...]) -> None:
        """Let `setup_context` see the mapped values, for a tape above this level."""
        tensors = [wrap(Tensor, p) for p in payloads]
        results = [wrap(Tensor, o) if hasattr(o, "dtype") else o for o in outs]
        args = list(self.args)
        for i, t in zip(self.places, tensors, strict=True):
            args[i] = t
        with levels.changed(recording=False):
            self.cls.setup_context(
                self.ctx, tuple(args), results[0] if self.single else tuple(results)
            )
        entries = tuple(_entry(s, tensors, results) for s in self.ctx._saved)
        self.frame = self.ctx._frame = _Frame(entries, payloads, outs, (), {})
        self.used = tensors

    def dual(self, payloads: tuple[Payload, ...], level: int) -> tuple[Any, ...]:
        primals, tangents = zip(*(split(p, level) for p in payloads), strict=True)
        outs = self.at_level(primals)
        full: list[Any] = [None] * len(self.args)
        for i, p, t in zip(self.places, primals, tangents, strict=True):
            if t is None and self.ctx.materialize_grads and p.dtype.kind in "fc":
                t = np.zeros(p.shape, p.dtype)
            full[i] = None if t is None else wrap(Tensor, t)
        found = self._tangents(full, primals, outs)
        for o, t in zip(outs, found, strict=True):
            if t is not None and t._p.shape != o.shape:
                raise RuntimeError(
                    "Trying to set a forward gradient that has a different size than "
                    "that of the original Tensor, this is not supported. Tensor is of "
                    f"size {list(o.shape)} while the given forward gradient is of size "
                    f"{list(t._p.shape)}."
                )
        return tuple(
            o if t is None else join(level, o, payload_of(t))
            for o, t in zip(outs, found, strict=True)
        )

    def _tangents(self, tangents: Any, primals: Any, outs: Any) -> tuple[Any, ...]:
        """What `jvp` gives; it reads what `save_for_forward` saved, with its nodes."""
        ctx, tensors = self.ctx, self.used
        entries = tuple(_entry(s, tensors, self.found) for s in ctx._for_forward)
        before, ctx._frame = ctx._frame, _Frame(entries, primals, outs, (), {})
        try:
            found = self.cls.jvp(ctx, *tangents)
        finally:
            ctx._frame = before
        return found if isinstance(found, tuple) else (found,)

    # --- results ----------------------------------------------------------------------

    def results(self, outs: tuple[Any, ...]) -> Any:
        several = sum(type(o) is Traced for o in outs) > 1
        found = []
        for i, (o, k) in enumerate(zip(outs, self.kinds, strict=True)):
            t = self._result(o, k, self.found[i])
            if k in ("tensor", "input", "constant") and t._view is not None:
                made = "several" if several else "custom"
                t._view = t._view._replace(made=made, place=i)
            found.append(t)
        return found[0] if self.single else tuple(found)

    def _result(self, out: Any, kind: str, original: Any) -> Any:
        if kind == "value":
            return original
        p, node = (out.p, out.node) if type(out) is Traced else (out, None)
        if kind == "constant" and any(original is t for t in self.used):
            kind = "input"
        if kind in ("dirty", "input") and node is None and _requires(original):
            return original.detach()
        if kind == "dirty":
            if node is not None:
                mutation._retape(original, Traced(p, node), fresh=True)
                if original._view is None:
                    original._node = node
            return original
        if kind == "input" and getattr(original, "_p", None) is p:
            with levels.changed(recording=False):
                original = mutation.make_view(
                    Tensor, original, REGISTRY["reshape"], {"shape": p.shape}
                )
        elif getattr(original, "_p", None) is not p or not (
            original._node is None or type(original._node) is Blind
        ):
            return wrap(Tensor, out)
        if node is not None:
            original._node = node
        return original


class _Slots:
    """The outputs' slots as a sequence: made again where the old ones are gone."""

    def __init__(self, refs: tuple[Any, ...], outs: tuple[Any, ...]) -> None:
        self.refs = refs

    def __getitem__(self, i: int) -> Any:
        return self.refs[i]()


def _nothing() -> None:
    return None


def _requires(t: Any) -> bool:
    p = t._p
    while True:
        if t._node is not None or type(p) is Traced:
            return True
        p = (
            getattr(p, "value", None)
            if type(p) is Batched
            else (getattr(p, "primal", None))
        )
        if p is None:
            return False


def _unpacker(hooks: Any, kept: Any) -> Callable[..., Any]:
    def unpack(_: Any) -> Any:
        probe = Node()
        probe.saved, probe.edges = (kept,), ()
        return wrap(Tensor, hooks[1](probe)[0])

    return unpack


def _entry(saved: Any, tensors: Sequence[Any], outs: Sequence[Any]) -> tuple[str, Any]:
    if saved is None:
        return ("none", 0)
    for i, t in enumerate(tensors):
        if t is saved:
            return ("arg", i)
    for i, o in enumerate(outs):
        if o is saved:
            return ("out", i)
    return ("other", saved)


__getattr__ = module_getattr(
    "torch.autograd.function",
    "torch",
    dict.fromkeys(
        ("once_differentiable", "InplaceFunction", "NestedIOFunction", "traceable"),
        "isograd.torch.autograd.generated",
    ),
)
