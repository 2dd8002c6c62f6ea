"""Formulas written as mathematics, compiled to functions of payloads.

A formula is an expression over named operands, optionally after definitions that end in
semicolons: `"z = (x - loc) / scale; -log(scale) - log1p(z * z) - LOG_PI"`.  Operators
and calls stand for functions of F (see `core.expression`); names in capitals for the
constants below.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cached_property
from math import e, inf, isnan, log, nan, pi, sqrt
from typing import Any

from isograd.core.expression import define, names_of, to_calls
from isograd.core.primitive import BOUND

CONSTANTS: dict[str, float] = {
    "PI": pi,
    "TWO_PI": 2 * pi,
    "LOG_2": log(2),
    "LOG_PI": log(pi),
    "LOG_2PI": log(2 * pi),
    "LOG_4PI": log(4 * pi),
    "HALF_LOG_PI": 0.5 * log(pi),
    "HALF_LOG_2PI": 0.5 * log(2 * pi),
    "HALF_LOG_2_OVER_PI": 0.5 * log(2 / pi),
    "NORMAL_ENTROPY": 0.5 + 0.5 * log(2 * pi),
    "SQRT_2": sqrt(2),
    "SQRT_6": sqrt(6),
    "SQRT_2_OVER_PI": sqrt(2 / pi),
    "SQRT_12": sqrt(12),
    "EULER": 0.57721566490153286,  # DLMF 5.2.3
    "E": e,
    "INF": inf,
    "NAN": nan,
}
_DRAWS = {
    "normal": "random_normal(shape=shape, dtype=dtype, generator=rng)",
    "uniform": "random_uniform(shape=shape, dtype=dtype, generator=rng)",
    "exponential": "random_exponential(shape=shape, dtype=dtype, generator=rng)",
    "cauchy": "random_cauchy(shape=shape, dtype=dtype, generator=rng)",
}
"""Names of a sampling formula that stand for random numbers."""
_KEYWORDS = ("shape", "dtype", "rng")


class Formula:
    """A function of payloads with the names of its operands.

    Attributes:
        operands: the names of its positional arguments.
        last: what the result's outermost operation is (a syntax tree).
        draws: whether it takes the keywords `shape`, `dtype` and `rng` too.
    """

    def __init__(self, name: str, text: str, draws: bool = False) -> None:
        self.name, self.text, self.draws = name, text, draws

    @cached_property
    def _parts(self) -> tuple[list[tuple[str, str]], str, tuple[str, ...]]:
        """(definitions, result, names read), with constants as numbers."""
        *bindings, result = self.text.split(";")
        known, used, pairs = set[str](), list[str](), list[tuple[str, str]]()
        for line in bindings:
            target, _, value = line.strip().partition(" = ")
            value = _folded(value)
            used += [n for n in _in_order(value) if n not in known]
            known.add(target)
            pairs.append((target, value))
        result = _folded(result.strip())
        used += [n for n in _in_order(result) if n not in known]
        return pairs, result, tuple(dict.fromkeys(used))

    @cached_property
    def operands(self) -> tuple[str, ...]:
        hidden = {*_DRAWS, *_KEYWORDS} if self.draws else set[str]()
        return tuple(n for n in self._parts[2] if n not in hidden)

    @cached_property
    def last(self) -> ast.expr:
        return ast.parse(self._parts[1], mode="eval").body

    @cached_property
    def call(self) -> Callable[..., Any]:
        """The function, compiled at its first use."""
        pairs, result, used = self._parts
        drawn = [(n, _DRAWS[n]) for n in _DRAWS if self.draws and n in used]
        lines = [f"    {n} = {to_calls(value)}" for n, value in (*drawn, *pairs)]
        keywords = ("*", *_KEYWORDS) if self.draws else ()
        head = f"def {self.name}({', '.join((*self.operands, *keywords))}):"
        source = "\n".join((head, *lines, f"    return {to_calls(result)}\n"))
        return define(self.name, source, {"F": BOUND, "inf": inf, "nan": nan})

    def __call__(self, *operands: Any, **keywords: Any) -> Any:
        return self.call(*operands, **keywords)


class _Fold(ast.NodeTransformer):
    """Constants by their numbers, and arithmetic of numbers done."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return _number(CONSTANTS[node.id]) if node.id in CONSTANTS else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return _evaluated(node, node.left, node.right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return _evaluated(node, node.operand)


def _number(value: float) -> ast.expr:
    return ast.parse("nan" if isnan(value) else repr(value), mode="eval").body


def _evaluated(node: ast.expr, *parts: ast.expr) -> ast.expr:
    """The number that an operation on numbers gives; else the operation."""
    try:
        for p in parts:
            ast.literal_eval(p)
    except ValueError:
        return node
    tree = ast.fix_missing_locations(ast.Expression(node))
    return _number(eval(compile(tree, "<formula>", "eval")))


def _folded(text: str) -> str:
    return ast.unparse(
        ast.fix_missing_locations(_Fold().visit(ast.parse(text, mode="eval")))
    )


def _in_order(text: str) -> list[str]:
    """The names that an expression reads, in the order of their appearance."""
    reads = names_of(text) - {"inf", "nan"}
    tree = ast.walk(ast.parse(text, mode="eval"))
    found = [n for n in tree if isinstance(n, ast.Name) and n.id in reads]
    return [n.id for n in sorted(found, key=lambda n: n.col_offset)]


class Family:
    """What is known of a family of distributions: formulas over its parameters.

    Attributes:
        name: of the family, as in the literature.
        formulas: `log_prob` (over the parameters and x), `cdf` (likewise), `icdf` (q
            instead of x), `entropy`, `mean`, `mode`, `variance`, `stddev`, and `sample`
            (see `Formula.draws`): formulas by name.
    """

    def __init__(self, name: str, **texts: str) -> None:
        self.name = name
        self.formulas = {
            key: Formula(f"{name}_{key}", text, draws=key == "sample")
            for key, text in texts.items()
        }
