"""Drafts: running a function's body on shapes and dtypes, to write down its plan.

See `plans.py`.  A `Sketch` stands in the place of a stage while the body runs on
`Draft` carriers; each primitive that is bound becomes a line, and those that record it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from functools import cache, partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from isograd.base.dtypes import F32, F64
from isograd.core.expression import define
from isograd.core.large import LARGE
from isograd.core.levels import MODE, state
from isograd.core.mutation import View, hold_view
from isograd.core.often import Counter, general_pull, pulled
from isograd.core.primitive import Aval, Payload, Primitive, aval_of
from isograd.core.storage import LAST
from isograd.core.tape import Blind, Node, Traced, kept, slot, tick
from isograd.core.tensor import Tensor


class Unplanned(Exception):
    """A body does what no plan can have: reads elements, writes, warns."""


class Draft:
    """Carrier of a draft: a value of which shape and dtype are known.

    `array` is the present one of an argument, None of what is computed.
    """

    __slots__ = ("array", "aval", "name", "sketch")

    def __init__(
        self, sketch: Sketch, name: str, aval: Aval, array: Any = None
    ) -> None:
        self.sketch, self.name, self.aval, self.array = sketch, name, aval, array

    level = property(lambda self: self.sketch.level)
    flags = property(lambda self: self.array.flags)  # of an argument
    shape = property(lambda self: self.aval.shape)
    dtype = property(lambda self: self.aval.dtype)
    ndim = property(lambda self: len(self.aval.shape))
    size = property(lambda self: prod(self.aval.shape))
    node = property(lambda self: self.sketch.nodes.get(self.name))  # as Traced has it

    def stop(self) -> Draft:
        """The value without its node."""
        return Draft(self.sketch, self.sketch.named(self.name), self.aval, self.array)

    @staticmethod
    def process(
        prim: Primitive, args: tuple[Payload, ...], params: dict[str, Any], level: int
    ) -> Any:
        sketch = next(a.sketch for a in args if type(a) is Draft and a.level == level)
        return sketch.process(prim, args, params, level)

    def concrete(self, *_: Any, **__: Any) -> Any:
        raise Unplanned

    __array__ = __bool__ = __iter__ = __float__ = __int__ = __index__ = concrete


def asked(question: Callable[..., Any], *args: Any) -> bool:
    """The answer of `question(*args)` about elements; False where none are known."""
    sketch, known = None, []
    for a in args:
        if type(a) is Draft:
            sketch, a = a.sketch, a.array
        elif type(a) is Traced:
            a = a.p
        if hasattr(a, "level"):
            return False
        known.append(a)
    if sketch is None:
        return bool(question(*known))
    return sketch.ask(question, args, known)


def within(index: np.ndarray, count: int) -> bool:
    """Whether all elements are places in a sequence of that length."""
    if index.size <= 64:  # NumPy's reductions cost more
        values = index.reshape(-1).tolist()
        return not values or (min(values) >= 0 and max(values) < count)
    return bool(index.min() >= 0 and index.max() < count)


def beyond(index: np.ndarray, count: int) -> bool:
    return not within(index, count)


def irregular() -> None:
    """Say that what follows (a warning) is done at each call: no plan has it."""
    if MODE.special and (stages := state().stages) and type(stages[-1]) is Sketch:
        raise Unplanned


# --- drafts ---------------------------------------------------------------------------


class Outcome(NamedTuple):
    """What a dialect makes of a body's result: drafts with the names of their nodes.

    `build` makes the result of several tensors, None where it is one tensor.
    """

    drafts: Sequence[tuple[Draft, str | None]]
    build: Callable[[tuple[Any, ...]], Any] | None
    views: Sequence[Any] = ()  # for each draft what its tensor is a view of


def outcome_of_tensors(out: Any) -> Outcome:
    """The outcome of a body that works on tensors and gives some."""
    parts = out if isinstance(out, tuple | list) else (out,)
    if not all(isinstance(t, Tensor) for t in parts):
        raise Unplanned
    drafts = [(t._p, None) for t in parts]
    build = None if parts[0] is out else list if type(out) is list else tuple
    return Outcome(drafts, build, [t._view for t in parts])


# by the label of a node the places of operands among the tensors that count as saved
# though no rule reads them (`Node.also`); dialects fill it
ALSO: dict[str, tuple[int, ...]] = {}


class Sketch:
    """A plan under construction; in the place of a stage while the body runs.

    Names in the text of a plan: of the i-th argument `p{i}` is the payload, `n{i}` the
    node, `a{i}` the tensor (of the j-th element of a sequence `p{i}_{j}`); `v{k}_{i}`
    the values that the operation in line k gives and `m{k}` the node that records it;
    `t{i}` the results; `c{k}` constants: functions, params, shapes.  `exp(x)` of an x
    with a node comes to

        def plan(p0, n0):
            level = n0.level
            v0_0 = c10(p0, out=...)
            m0 = new(Node)
            m0.prim, m0.edges, m0.saved, ... = c11, (n0,), (None, v0_0), ...  # a line each
            if level: m0.level = level
            t0 = new(cls)
            t0._p = v0_0
            t0._node = m0
            m0.label = "ExpBackward0"
            return t0
    """

    def __init__(self, level: int, cls: type[Tensor]) -> None:
        self.level = level
        self.inputs: list[str] = []  # parameters of the plan
        self.nodes: dict[str, str] = {}  # value's name -> its node's, if it has one
        self.edges: dict[str, tuple[str, ...]] = {}  # node's name -> its edges'
        self.scalar: set[str] = set()  # names of nodes of elementwise operations
        self.tensors: dict[
            int, tuple[str, Any]
        ] = {}  # id -> name and tensor, for views
        self.questions: list[str] = []  # lines that ask again, before all others
        self.counter = Counter()
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {  # what the text refers to, constants included
            "cls": cls,
            "new": object.__new__,
            "Node": Node,
            "tick": tick,
            "slot": slot,
            "ref": weakref.ref,
            "View": View,
            "tuple_of": tuple.__new__,
            "asarray": np.asarray,
            "LAST": LAST,
        }

    # --- what the body does ---

    def value(self, x: Any) -> str:
        """The name of an operand or constant."""
        if type(x) is Draft and x.sketch is self:
            return x.name
        if hasattr(x, "level"):
            raise Unplanned
        return self.constant(x)

    def named(self, value: str) -> str:
        """A second name for a value."""
        name = f"s{len(self.lines)}"
        self.lines.append(f"{name} = {value}")
        return name

    def constant(self, x: Any) -> str:
        name = f"c{len(self.scope)}"
        self.scope[name] = x
        return name

    def ask(
        self, question: Callable[..., Any], args: tuple[Any, ...], known: list[Any]
    ) -> bool:
        """Answer a question, with a line that leaves the plan at another answer."""
        for a, k in zip(args, known, strict=True):
            if type(a) is Draft and k is None:
                raise Unplanned
        answer = bool(question(*known))
        call = f"{self.constant(question)}({', '.join(map(self.value, args))})"
        test = f"not {call}" if answer else call
        self.questions.append(f"if {test}: return None")
        return answer

    def process(
        self,
        prim: Primitive,
        args: tuple[Payload, ...],
        params: dict[str, Any],
        level: int,
    ) -> Any:
        """One more line (and those that record it)."""
        if any(a.size >= LARGE for a in args):
            raise Unplanned
        names = tuple(map(self.value, args))
        avals = prim.abstract(*(aval_of(a) for a in args), **params)
        k = len(self.lines)
        outs = [
            Draft(self, f"v{k}_{i}", aval)
            for i, aval in enumerate(avals if prim.multi else (avals,))
        ]
        self.lines.append(
            f"{', '.join(o.name for o in outs)}{', ' * prim.multi} = "
            + self.call(prim, names, params, [*map(aval_of, args)], outs)
        )
        self.record(prim, names, params, outs, f"m{k}", [*map(aval_of, args)])
        return tuple(outs) if prim.multi else outs[0]

    def call(
        self,
        prim: Primitive,
        names: tuple[str, ...],
        params: dict[str, Any],
        avals: list[Aval],
        outs: list[Draft],
    ) -> str:
        """The text of the cheapest call that computes `prim` for these avals."""
        fn, is_array = self.function(prim, params, avals)
        name = self.constant(fn)
        if not (prim.view or prim.effect):
            self.counter.lines.append((name, fn, avals))
        call = f"{name}({', '.join(names)})"
        return call if is_array or outs[0].shape else f"asarray({call})"

    def function(
        self, prim: Primitive, params: dict[str, Any], avals: list[Aval]
    ) -> tuple[Callable[..., Any], bool]:
        """The function of arrays in a line, and whether it gives no NumPy scalars."""
        if prim.ufunc is not None and not params:
            return partial(prim.ufunc, out=...), True
        direct = prim.direct and prim.direct(*avals, **params)
        if direct:
            return direct, prim.view
        fn: Any = prim.impl
        # what it does for half precision, and for results of rank zero, is known here
        plain = all(a.dtype.itemsize > 2 for a in avals) and getattr(fn, "plain", None)
        fn = plain or fn
        return partial(fn, **params) if params else fn, not plain

    def record(
        self,
        prim: Primitive,
        names: tuple[str, ...],
        params: dict[str, Any],
        outs: list[Draft],
        node: str,
        args: list[Aval],
    ) -> None:
        """Lines that put a result on the tape, as `tape.record` does it."""
        edges = [
            self.nodes.get(n) if f else None
            for n, f in zip(names, prim.flags(len(names)))  # noqa: B905 (a draw has none)
        ]
        kind = outs[0].dtype.kind
        if not any(edges) or prim.constant or kind in "iub":
            return
        self.edges[node] = tuple(str(e) for e in edges)
        if prim.kind == "elementwise":
            self.scalar.add(node)
        more = [
            f"prim = {self.constant(prim)}",
            f"edges = {tuple_text(self.edges[node])}",
            f"saved = {self.saved(prim, names, params, edges, outs)}",
            f"shape = {self.constant(outs[0].shape)}",
        ]
        if params:
            more.append(f"params = {self.constant(params)}")
        if kind == "V":  # see `tape.record`
            more.append("raw = False")
        more += self.pull(prim, args, edges, outs, params)
        more.append("seq = tick()")
        self.lines.append(f"{node} = new(Node)")
        self.lines += [f"{node}.{m}" for m in more]
        self.lines.append(f"if level: {node}.level = level")
        if not prim.multi:
            self.nodes[outs[0].name] = node
            return
        for i, o in enumerate(outs):
            self.nodes[o.name] = f"{node}_{i}"
            self.lines.append(f"{node}_{i} = slot({node}, {i}, {o.name})")
        refs = tuple_text([f"ref({node}_{i})" for i in range(len(outs))])
        self.lines.append(f"{node}.outputs, {node}.slots = {len(outs)}, {refs}")

    def pull(
        self,
        prim: Primitive,
        args: list[Aval],
        edges: Sequence[str | None],
        outs: list[Draft],
        params: dict[str, Any],
    ) -> list[str]:
        """What says that one of `prim.pulls` may stand for the derivative."""
        mask = sum(1 << i for i, e in enumerate(edges) if e)
        out = outs[0].aval
        fits = all(a.shape == out.shape for a, e in zip(args, edges, strict=True) if e)
        plain = all(a.dtype in (F32, F64) for a in (*args, out))
        if not (prim.pulls and prim.pulls[mask] and fits and plain):
            return self.general_pull(prim, args, edges, outs, params)
        pull = pulled(
            lambda g, saved: prim.pulls[mask](g, saved, **params),
            prim.keeps(mask, len(args)),
            len(args) + 1,
        )
        lines = [f"pull = {self.constant(pull)}"]
        alone = [e for e in edges if e]
        return [*lines, f"source = {alone[0]}"] if len(alone) == 1 else lines

    def general_pull(
        self,
        prim: Primitive,
        args: list[Aval],
        edges: Sequence[str | None],
        outs: list[Draft],
        params: dict[str, Any],
    ) -> list[str]:
        """The rule itself, with what is known of shapes."""
        special = prim.multi or prim.keep is not None
        avals = [*args, outs[0].aval]
        if special or any(
            a.dtype.kind in "cV" or prod(a.shape) >= LARGE for a in avals
        ):
            return []
        shapes = [a.shape if e else None for a, e in zip(args, edges, strict=True)]
        mask = sum(1 << i for i, e in enumerate(edges) if e)
        places = prim.keeps(mask, len(args))
        pull = general_pull(prim, params, shapes, places, outs[0].aval)
        return [f"pull = {self.constant(pull)}"] if pull else []

    def saved(
        self,
        prim: Primitive,
        names: tuple[str, ...],
        params: dict[str, Any],
        edges: Sequence[str | None],
        outs: list[Draft],
    ) -> str:
        """The text of what a node saves: the values that its derivative reads."""
        values = [*names, *(o.name for o in outs)]
        if prim.keep is not None:
            given = tuple_text(names), tuple_text(values[len(names) :])
            words = [self.constant(prim), *given, self.constant(params)]
            return f"{self.constant(kept)}({', '.join(words)})"
        mask = sum(1 << i for i, e in enumerate(edges) if e)
        keeps = prim.keeps(mask, len(names))
        return (
            tuple_text([v if i in keeps else "None" for i, v in enumerate(values)])
            * (bool(keeps))
            or "()"
        )

    def evaluate(self, prim: Primitive, args: Any, params: dict[str, Any]) -> Any:
        """An operation on constants alone."""
        return prim.impl(*args, **params)

    def payload_of(self, t: Tensor) -> Payload:
        """As a stage has it; a tensor that is no argument would be a hidden input."""
        if type(t._p) is Draft:
            return t._p
        raise Unplanned

    def note_write(self, t: Tensor) -> None:
        raise Unplanned

    def name_node(self, draft: Draft, label: str | None) -> None:
        """A label that the body itself gives to the node of a value."""
        node = self.nodes.get(draft.name)
        if node is not None:
            self.lines.append(f"{node.partition('_')[0]}.label = {label!r}")

    # --- the function ---

    def finish(self, outcome: Outcome, sources: Sequence[Any]) -> Callable[..., Any]:
        """The plan, given what the body returned and all arguments it was given."""
        named: set[str] = set()
        tensors = [f"t{i}" for i, _ in enumerate(outcome.drafts)]
        views = outcome.views or [None] * len(tensors)
        for i, (draft, label) in enumerate(outcome.drafts):
            t = tensors[i]
            if type(draft) is not Draft:
                raise Unplanned
            if draft.name in self.inputs:
                tensors[i] = self.itself(draft)
                continue
            self.lines += [f"{t} = new(cls)", f"{t}._p = {draft.name}"]
            if views[i] is not None:
                self.view(t, views[i])
            node = self.nodes.get(draft.name)
            if node is None or draft.dtype.kind in "iub":
                continue
            self.lines.append(f"{t}._node = {node}")
            own = node.partition("_")[0]
            if label is not None and own not in named:
                named.add(own)
                self.label(own, label, sources)
        self.lines.append(
            f"return {tensors[0]}"
            if outcome.build is None
            else f"return {self.constant(outcome.build)}({tuple_text(tensors)})"
        )
        return self.compiled()

    def itself(self, draft: Draft) -> str:
        """The tensor that an argument was, where the body gives it back."""
        for name, t in self.tensors.values():
            if t._p is draft:
                return name
        raise Unplanned

    def view(self, t: str, view: Any) -> None:
        """Lines that note a view with its base, as `mutation.note_view` does it."""
        x, _ = self.tensors[id(view.base)]
        chain, made, place = map(self.constant, (view.chain, view.made, view.place))
        self.lines += [
            f"w = {x}._view",
            "if w is None:",
            f"    base = {x}",
            f"    {t}._view = tuple_of(View, (base, {chain}, {made}, {place}, LAST.tick))",
            "else:",
            "    base = w.base",
            f"    w = base, w.chain + {chain}, {made} or w.made, {place}, LAST.tick",
            f"    {t}._view = tuple_of(View, w)",
            f"if {x}._untracked: {t}._untracked = {x}._untracked",
            "known = base._views",
            f"if known is None: base._views = [ref({t})]",
            f"elif len(known) < 64: known.append(ref({t}))",
            f"else: hold(base, {t})",
        ]
        self.scope["hold"] = hold_view
        if view.made == "no_grad":
            self.scope["Blind"] = Blind
            self.lines += [
                "above = base._node",
                f"if above is not None: {t}._node = Blind({t}._p.shape, above.level)",
            ]

    def label_of(self, draft: Draft, label: str, sources: Sequence[Any]) -> None:
        """The same for a value that a body on tensors makes a tensor of `sources`."""
        if node := self.nodes.get(draft.name):
            self.label(node.partition("_")[0], label, sources)

    def label(self, node: str, label: str, sources: Sequence[Any]) -> None:
        """A node's name, and the nodes of the arguments where its edges are others."""
        self.lines.append(f"{node}.label = {label!r}")
        names = [p for p in self.inputs if p[0] == "p"]
        if self.tensors:
            names = [s._p.name for s in sources]
        nodes = tuple(str(self.nodes.get(n)) for n in names)
        read = ALSO.get(label, ())
        pairs = [f"({names[i]}, {nodes[i]})" for i in read if i < len(names)]
        if pairs:
            self.lines.append(f"{node}.also = {tuple_text(pairs)}")
        edges = self.edges[node]
        # a dialect makes tensors of numbers beside an operand: they count as inputs
        numbers = len(sources) == len(edges) == 2 and node in self.scalar
        numbers &= any(type(s) in (int, float, complex) for s in sources)
        if nodes != edges and not numbers:
            self.lines.append(f'{node}.metadata = {{"inputs": {tuple_text(nodes)}}}')

    def compiled(self) -> Callable[..., Any]:
        """The function of the text; arguments on tapes of two levels leave it."""
        nodes = [self.nodes[p] for p in self.inputs if p in self.nodes]
        head = [f"level = {nodes[0]}.level"] if nodes else []
        head += [f"if {n}.level != level: return None" for n in nodes[1:]]
        counter = self.counter
        if counter.lines:
            left, zero = self.constant(counter.left), self.constant(counter.zero)
            head += [f"{left}[0] -= 1", f"if not {left}[0]: {zero}()"]
        body = "\n        ".join([*head, *self.questions, *self.lines])
        source = (
            f"def make({', '.join(self.scope)}):\n"
            f"    def plan({', '.join(self.inputs)}):\n        {body}\n"
            "    return plan\n"
        )
        counter.plan = factory(source)(*self.scope.values())
        return counter.plan


def tuple_text(names: Sequence[str]) -> str:
    return f"({', '.join(names)},)" if names else "()"


@cache
def factory(source: str) -> Callable[..., Any]:
    """The function `make` of a source; equal ones are compiled once."""
    return define("make", source)
