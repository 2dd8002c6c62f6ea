"""Plans: a function of tensors as the straight line of primitives that it comes to.

A front end's function normalises its arguments, promotes, checks, and binds a few
primitives.  Which ones depends on the shapes and dtypes of its tensors and on its
other arguments alone; so a signature that came often is drafted once: the body runs on
carriers of shapes and dtypes (`Draft`), and the primitives it bound become the lines of
one generated function, with the nodes they put on the tape.  What a body must know of
elements it asks by `asked`; a plan asks again, and another answer leads to the general
path.  So do all modes but the default and plain `no_grad`, other classes, carriers,
large arrays, and whatever raises: the general path is what explains errors.

A call goes through three functions, of which the last two are generated: `public` (made
by `planned`) finds by the arguments' types a *form*, the form makes the key of the
signature and finds by it the *plan*, the plan computes.  None from either of them means:
the general path.  Why, and what it costs: docs/design/0026-plans.md.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from isograd.core.drafts import (
    Draft,
    Outcome,
    Sketch,
    Unplanned,
    factory,
    outcome_of_tensors,
    tuple_text,
)
from isograd.core.expression import define
from isograd.core.levels import MODE, QUIET, changed, state
from isograd.core.primitive import aval_of, ndarray
from isograd.core.tape import INFERENCE
from isograd.core.tensor import Tensor, wrap

PATIENCE = 12  # calls with one signature after which a plan is worth its making
LIMIT = 512  # signatures that one function keeps
_TABLES: list[dict[Any, Any]] = []


class Absent:
    """Type of the default of arguments that are not given."""


ABSENT = Absent()


# How arguments enter a signature, by type, one letter each (a form's pattern): tensors
# (T; X where the body works on tensors), sequences of tensors (L), of plain values (S) or
# of both (M), numbers whose zeros have a sign (F), other plain values (V), absent (A).
_PLAIN: set[type] = {int, bool, str, type(None), type(Ellipsis)}


def allow(*kinds: type) -> None:
    """Further classes of hashable arguments that signatures may have."""
    _PLAIN.update(kinds)


def forget() -> None:
    """Drop all plans: a default that bodies read has changed."""
    for table in _TABLES:
        table.clear()


class _Planner:
    """The signatures of one function, and what became of them.

    `body`, `cls`, `family` and `outcome` are those of `planned`; `forms` are by the types
    of the arguments, and by the pattern where `retry` made them.
    """

    def __init__(
        self,
        body: Callable[..., Any],
        cls: type[Tensor],
        family: Container[type],
        outcome: Callable[[Any], Outcome],
        names: Names,
    ) -> None:
        self.body, self.cls, self.family, self.outcome = body, cls, family, outcome
        self.names, self.tensors = names, outcome is outcome_of_tensors
        self.forms: dict[Any, Any] = {}
        self.counted: Any = (
            None  # (counts, signature) of the call that was counted last
        )

    def failed(self) -> None:
        """Count a call that raised as none: general paths check what plans do not."""
        if self.counted is not None:
            (seen, key), self.counted = self.counted, None
            seen[key] = seen.get(key, 1) - 1

    def admit(self, kinds: tuple[type, ...], values: tuple[Any, ...]) -> Any:
        """The form of calls with arguments of these types."""
        pattern = ""
        for kind, value in zip(kinds, values, strict=True):
            pattern += self.letter(kind, value)
        if self.tensors:
            pattern = pattern.replace("T", "X")
        found = "?" not in pattern and set(pattern) & set("TLX")
        form = self.forms[kinds] = self.form(pattern) if found else _decline
        return form

    def form(self, pattern: str) -> Any:
        """A form with a table of plans of its own."""
        table: dict[Any, Any] = {}
        _TABLES.append(table)
        learn, retry = partial(self.learn, table, {}), partial(self.retry, pattern)
        scope = MODE, state, QUIET, INFERENCE, ndarray, frozen, mixed
        return _form(pattern)(table, learn, retry, *scope)

    def retry(self, pattern: str, values: tuple[Any, ...]) -> Any:
        """The call with sequences that may hold tensors and plain values."""
        more = pattern.replace("L", "M").replace("S", "M")
        if more == pattern:
            return None
        form = self.forms.get(more)
        if form is None:
            form = self.forms[more] = self.form(more)
        return form(*values)

    def letter(self, kind: type, value: Any) -> str:
        """How an argument enters a signature (see `_ENTRIES`); "?" where it cannot."""
        if self.is_ours(kind):
            return "T"
        if kind is tuple or kind is list:
            # of tensors and of numbers come with one type: a form takes one sort
            return "L" if value and self.is_ours(type(value[0])) else "S"
        if kind is Absent:
            return "A"
        if kind is float:
            return "F"
        return "V" if kind in _PLAIN or issubclass(kind, np.dtype) else "?"

    def is_ours(self, kind: type) -> bool:
        return kind is self.cls or kind in self.family

    def learn(
        self,
        table: dict[Any, Any],
        seen: dict[Any, int],
        key: Any,
        values: tuple[Any, ...],
    ) -> Callable[..., Any]:
        """Count a signature; once it came often enough, make its plan."""
        if len(seen) >= LIMIT:
            seen.clear()
            table.clear()
        count = seen[key] = seen.get(key, 0) + 1
        if count <= PATIENCE:
            self.counted = seen, key
            return _decline
        try:
            plan = self.drafted(values)
        except Exception:  # whatever it was: the general path tells
            plan = _decline
        table[key] = plan
        return plan

    def drafted(self, values: tuple[Any, ...]) -> Callable[..., Any]:
        """The plan for a signature, of which these arguments are an example."""
        level = state().level + 1
        sketch = Sketch(level, self.cls)
        inputs = [self.drawn(sketch, i, v) for i, v in enumerate(values)]
        args, words = self.names.regroup(inputs)
        recording = not (MODE.special and self.tensors)
        with changed(level=level, stages=(sketch,), recording=recording):
            result = self.body(*args, **words)
        given = [v for v in values if v is not ABSENT]
        return sketch.finish(self.outcome(result), given)

    def drawn(self, sketch: Sketch, i: int, value: Any) -> Any:
        """An argument with drafts in the place of tensors."""
        if self.is_ours(type(value)):
            out = self.draft(sketch, f"p{i}", f"n{i}", value)
            sketch.inputs += [f"p{i}", f"n{i}"]
            if not self.tensors:
                return out
            t = wrap(self.cls, out)
            sketch.inputs.append(f"a{i}")
            sketch.tensors[id(t)] = f"a{i}", t
            return t
        if type(value) in (list, tuple):
            out = list(value)
            places = [j for j, x in enumerate(value) if self.is_ours(type(x))]
            for j in places:
                drawn = self.draft(sketch, f"p{i}_{j}", f"n{i}_{j}", value[j])
                out[j] = wrap(self.cls, drawn) if self.tensors else drawn
            sketch.inputs += [f"{letter}{i}_{j}" for letter in "pn" for j in places]
            return type(value)(out)
        return value

    def draft(self, sketch: Sketch, name: str, node: str, t: Any) -> Draft:
        """What stands for a tensor's payload; `node` names its node, if it has one."""
        if not self.is_ours(type(t)) or type(t._p) is not ndarray:
            raise Unplanned
        if t._node is not None and not MODE.special:
            sketch.nodes[name] = node
        return Draft(sketch, name, aval_of(t._p), t._p)


def _decline(*_: Any) -> None:
    """In the place of a plan where there can be none."""


class _Entry(NamedTuple):
    """How an argument enters a form; `{i}` is its place, `{all}` all arguments.

    Lines that read it; what they read of nodes, with what it is in `no_grad`; its part
    of the key; what the plan is given.
    """

    head: str = ""
    quiet: str = ""
    key: str = ""
    given: str = ""


_TENSOR = _Entry(
    "p{i} = a{i}._p\nn{i} = a{i}._node\nif type(p{i}) is not ndarray: return None",
    "n{i} = None",
    "p{i}.shape, p{i}.dtype, n{i} is None",
    "p{i}, n{i}",
)
_ENTRIES = {
    "A": _Entry(),
    "V": _Entry(key="a{i}"),
    "F": _Entry(key="a{i} if a{i} else str(a{i})"),  # -0.0 and 0.0 are equal
    "S": _Entry(key="frozen(a{i})"),
    "T": _TENSOR,
    "X": _TENSOR._replace(
        key=f"{_TENSOR.key}, p{{i}}.flags.c_contiguous",
        given=f"{_TENSOR.given}, a{{i}}",
    ),
    "L": _Entry(
        "try: ps{i}, ns{i} = [x._p for x in a{i}], [x._node for x in a{i}]\n"
        "except AttributeError: return retry(({all},))",
        "ns{i} = [None] * len(ns{i})",
        "tuple([(type(x), type(p), p.shape, p.dtype, n is None) "
        "for x, p, n in zip(a{i}, ps{i}, ns{i})])",
        "*ps{i}, *ns{i}",
    ),
    "M": _Entry(
        "try: k{i}, ps{i}, ns{i} = mixed(a{i})\nexcept TypeError: return None",
        "ns{i} = [None] * len(ns{i})",
        "k{i}",
        "*ps{i}, *ns{i}",
    ),
}


@cache
def _form(pattern: str) -> Callable[..., Any]:
    """Maker of the function that finds the plan for arguments of one pattern."""
    names = ", ".join(f"a{i}" for i, _ in enumerate(pattern))
    rows = [
        [t.format(i=i, all=names) for t in _ENTRIES[letter]]
        for i, letter in enumerate(pattern)
    ]
    head, quiet, key, given = ([t for t in ts if t] for ts in zip(*rows, strict=True))
    views = "X" in pattern
    lines = [
        *"\n".join(head).splitlines(),
        *(["quiet = mode.special > 0"] if views else []),
        "if mode.special or INFERENCE:",
        "    if state() is not QUIET or INFERENCE: return None",
        *(f"    {q}" for q in quiet),
        "try:",
        f"    key = {tuple_text([*key, 'quiet'] if views else key)}",
        "    plan = table.get(key)",
        f"except TypeError: return retry(({names},))",  # no part of a key
        f"if plan is None: plan = learn(key, ({names},))",
        f"try: return plan({', '.join(given)})",
        "except Exception: return None",
    ]
    body = "\n        ".join(lines)
    return define(
        "make",
        "def make(table, learn, retry, mode, state, QUIET, INFERENCE, ndarray, frozen, "
        "mixed):\n"
        f"    def form({names}):\n        {body}\n    return form\n",
    )


_FROZEN: set[tuple[type, ...]] = set()  # types of elements that keys may have


def frozen(parts: Sequence[Any]) -> tuple[Any, ...]:
    """A sequence of plain values and slices as part of a key.

    Raises:
        TypeError: it holds something else (a key must not keep tensors alive).
    """
    kinds = tuple(map(type, parts))
    if kinds in _FROZEN:
        return kinds, tuple(parts)
    bounds: list[Any] = []
    for p in parts:
        bounds += (p.start, p.stop, p.step) if type(p) is slice else [p]
    if not _PLAIN.issuperset(map(type, bounds)):
        raise TypeError
    if slice not in kinds:
        _FROZEN.add(kinds)
    return kinds, tuple(bounds)


def mixed(parts: Sequence[Any]) -> tuple[Any, list[Any], list[Any]]:
    """A sequence of tensors and plain values: key, the tensors' payloads and nodes.

    Raises:
        TypeError: it holds something else.
    """
    plain, avals, ps, ns = [], [], [], []
    for x in parts:
        if isinstance(x, Tensor):
            p, n = x._p, x._node
            if type(p) is not ndarray:
                raise TypeError
            ps.append(p)
            ns.append(n)
            avals.append((type(x), p.shape, p.dtype, n is None, len(plain)))
        else:
            plain.append(x)
    return (*avals, frozen(plain)), ps, ns


class Names(NamedTuple):
    """The parameters of a body; `star` is the one that takes further arguments."""

    plain: list[str]
    star: str | None
    named: list[str]

    def all(self) -> list[str]:
        return [*self.plain, *([self.star] if self.star else []), *self.named]

    def regroup(self, values: Sequence[Any]) -> tuple[list[Any], dict[str, Any]]:
        """Arguments as they were given: those in order, and the named ones."""
        plain = self.plain
        count = next(
            (i for i, _ in enumerate(plain) if values[i] is ABSENT), len(plain)
        )
        args, rest = list(values[:count]), {}
        for n, v in zip(self.all()[count:], values[count:], strict=True):
            if n == self.star:
                args += v
            elif v is not ABSENT:
                rest[n] = v
        return args, rest


def planned(
    body: Callable[..., Any],
    general: Callable[..., Any],
    cls: type[Tensor],
    family: Container[type],
    outcome: Callable[[Any], Outcome] = outcome_of_tensors,
) -> Callable[..., Any] | None:
    """`general` (the public function of `body`) with plans for common signatures.

    The body works on payloads and `outcome` says what becomes of its result; by default
    it works on tensors.  None where the body's parameters do not allow it.
    """
    names = _parameters(body)
    if names is None:
        return None
    planner = _Planner(body, cls, family, outcome, names)

    def fall(values: tuple[Any, ...], extra: tuple[Any, ...], rest: Any) -> Any:
        args, words = names.regroup(values)
        try:
            return general(*args, *extra, **words, **rest)
        except Exception:
            planner.failed()
            raise

    head = [f"{n}=ABSENT" for n in names.plain]
    head += [f"*{names.star or 'extra'}"] + [f"{n}=ABSENT" for n in names.named]
    extra = "()" if names.star else "extra"
    values = ", ".join(names.all())
    source = f"""def make(ABSENT, forms, admit, fall):
  def public({", ".join(head)}, **rest):
    kinds = {tuple_text([f"type({n})" for n in names.all()])}
    if not rest and not {extra}:
        form = forms.get(kinds) or admit(kinds, ({values},))
        found = form({values})
        if found is not None:
            return found
    return fall(({values},), {extra}, rest)
  return public
"""
    return factory(source)(ABSENT, planner.forms, planner.admit, fall)


_RESERVED = {"kinds", "form", "found", "extra", "rest", "forms", "admit", "fall"}


def _parameters(body: Callable[..., Any]) -> Names | None:
    """The parameters that calls with plans may have."""
    code = getattr(inspect.unwrap(body), "__code__", None)
    if code is None:
        return None
    count = code.co_argcount
    plain = list(code.co_varnames[:count])
    more = count + code.co_kwonlyargcount
    named = list(code.co_varnames[count:more])
    star = code.co_varnames[more] if code.co_flags & inspect.CO_VARARGS else None
    named = [n for n in named if n[0] != "_" and n != "out"]
    if "out" in plain:  # from there on only the general path takes them
        plain, named, star = plain[: plain.index("out")], [], None
    names = Names(plain, star, named)
    return None if not plain or {*names.all()} & _RESERVED else names
