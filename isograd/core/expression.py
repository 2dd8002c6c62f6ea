"""Partial derivatives written as mathematics, compiled to rules.

An elementwise operation states, for each operand, the image of a tangent `t` under the
derivative in that operand, in Python's notation over `t`, the operands, `out` and the
parameters: for a quotient `x="t / y"` and `y="-t * out / y"`.  Stating the image of t,
not the bare partial, fixes the rounding (g / y, not g * (1 / y)) and lets linear maps
skip a product.  Both modes follow, because a scalar map is its own adjoint up to
conjugation: a tangent's image is the expression itself, a cotangent's is
conj(expression(conj(g))) as PyTorch has it for holomorphic functions.

Operators stand for primitives (`*` for `F.mul`), calls `f(x)` for `F.f(x)`.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Callable, Container
from functools import cache
from types import CodeType
from typing import Any

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.Pow: "pow",
    ast.FloorDiv: "floordiv",
    ast.Mod: "remainder",
    ast.BitAnd: "logical_and",
    ast.BitOr: "logical_or",
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
}


class _ToCalls(ast.NodeTransformer):
    """Rewrites operators to calls of the namespace called `space`.

    Functions in `ufuncs` are called directly, as `name(..., out=...)`.
    """

    def __init__(self, space: str, ufuncs: Container[str]) -> None:
        self.space = space
        self.ufuncs = ufuncs

    def call(self, name: str, *args: ast.expr) -> ast.expr:
        if name in self.ufuncs:
            out = ast.keyword("out", ast.Constant(...))
            return ast.Call(ast.Name(name, ast.Load()), list(args), [out])
        fn = ast.Attribute(ast.Name(self.space, ast.Load()), name, ast.Load())
        return ast.Call(fn, list(args), [])

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        name = _BINARY[type(node.op)]
        return self.call(name, self.visit(node.left), self.visit(node.right))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        if isinstance(node.operand, ast.Constant):
            return node
        name = "neg" if isinstance(node.op, ast.USub) else "logical_not"
        return self.call(name, self.visit(node.operand))

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        name = _COMPARE[type(node.ops[0])]
        return self.call(name, self.visit(node.left), self.visit(node.comparators[0]))

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not isinstance(node.func, ast.Name):
            raise TypeError(f"{ast.unparse(node)}: only plain names are called")
        call = self.call(node.func.id, *(self.visit(a) for a in node.args))
        assert isinstance(call, ast.Call)
        call.keywords += node.keywords
        return call


def names_of(text: str) -> set[str]:
    """The variables that an expression reads (not the functions it calls)."""
    tree = ast.parse(text, mode="eval")
    called = {n.func for n in ast.walk(tree) if isinstance(n, ast.Call)}
    return {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n not in called}


def to_calls(text: str, space: str = "F", ufuncs: Container[str] = ()) -> str:
    """The expression with operators turned into calls of `space`'s functions."""
    tree = _ToCalls(space, ufuncs).visit(ast.parse(text, mode="eval"))
    return ast.unparse(ast.fix_missing_locations(tree))


def define(
    name: str, source: str, scope: dict[str, Any] | None = None
) -> Callable[..., Any]:
    """Execute the source of one function; its text shows in tracebacks."""
    filename = f"<isograd rule {name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    names: dict[str, Any] = {"__name__": "isograd.rules", **(scope or {})}
    exec(_compiled(source, filename), names)  # our own tables, never input
    return names[name]


@cache
def _compiled(source: str, filename: str) -> CodeType:
    """Code by its text: a front end has one operator at several places."""
    return compile(source, filename, "exec")


def scalar_source(name: str, operands: list[str], params: list[str], text: str) -> str:
    """A function `(S, *operands, **params)` that builds the scalar expression."""
    head = ", ".join(["S", *operands, *_keywords(params)])
    return f"def {name}({head}):\n    return {to_calls(text, 'S')}\n"


def _keywords(params: list[str]) -> list[str]:
    return ["*", *params] if params else []


def vjp_source(
    name: str,
    operands: list[str],
    params: list[str],
    maps: dict[str, str],
    ufuncs: Container[str] = (),
    fused: bool = False,
) -> str:
    """Source of `vjp(F, g, saved, needs, **params)` of an elementwise operation.

    If `fused`, half precision is computed in float32 and rounded once.
    """
    used = {v for m in maps.values() for v in names_of(m)}
    head = ", ".join(["F", "g", "saved", "needs", *_keywords(params)])
    lines = [f"def {name}({head}):"]
    conjugate = bool(used & {*operands, "out"})
    if conjugate:
        places = [v if v in used else "_" for v in (*operands, "out")]
        nothing = ", ".join("None" for _ in places)
        lines.append(f"    {', '.join(places)} = saved or ({nothing})")
        lines.append("    is_complex = g.dtype.kind == 'c'")
    lines.append(f"    {', '.join(f'n_{x}' for x in operands)}, = needs")
    lines.append("    t = F.conj(g) if is_complex else g" if conjugate else "    t = g")
    if fused:
        lines.append("    narrow = g.dtype if g.dtype.itemsize == 2 else None")
        lines += [
            f"    if narrow is not None: {v} = F.convert({v}, dtype='f4')"
            for v in ("t", *(v for v in (*operands, "out") if v in used))
        ]
    for x in operands:
        lines.append(f"    c_{x} = None")
        if x in maps:
            lines += _pullback_lines(x, to_calls(maps[x], "F", ufuncs), conjugate)
    if fused:
        lines += [
            f"    if narrow is not None: c_{x} = F.convert(c_{x}, dtype=narrow)"
            for x in operands
        ]
    lines.append(f"    return {', '.join(f'c_{x}' for x in operands)},")
    return "\n".join(lines) + "\n"


def pull_source(
    name: str,
    operands: list[str],
    params: list[str],
    maps: dict[str, str],
    ufuncs: Container[str],
    mask: int,
) -> str:
    """Source of `pull(g, saved, **params)`: the vjp of the operands in `mask`.

    For real arrays, in single precision at least, of one shape: nothing is conjugated,
    summed over broadcast axes or rounded.  A mask of one operand gives its cotangent
    alone, no tuple.
    """
    live = [x for i, x in enumerate(operands) if mask >> i & 1 and x in maps]
    used = {v for x in live for v in names_of(maps[x])}
    head = ", ".join(["t", "saved", *_keywords(params)])
    lines = [f"def {name}({head}):"]
    if used & {*operands, "out"}:
        places = [v if v in used else "_" for v in (*operands, "out")]
        lines.append(f"    {', '.join(places)} = saved")
    images = [to_calls(maps[x], "F", ufuncs) if x in live else "None" for x in operands]
    if mask.bit_count() == 1:
        images = [to_calls(maps[x], "F", ufuncs) for x in live]
    else:
        images.append("")
    lines.append(f"    return {', '.join(images)}")
    return "\n".join(lines) + "\n"


def _pullback_lines(x: str, image: str, conjugate: bool) -> list[str]:
    c, n = f"c_{x}", f"n_{x}"
    lines = [f"    if {n} is not None:", f"        {c} = {image}"]
    if conjugate:
        lines.append(f"        if is_complex: {c} = F.conj({c})")
    lines.append(f"        if {c}.shape != {n}.shape: {c} = F.sum_to({c}, {n}.shape)")
    return lines


def jvp_source(
    name: str, operands: list[str], params: list[str], maps: dict[str, str]
) -> str:
    """Source of `jvp(F, primals, tangents, out, **params)`, likewise."""
    head = ", ".join(["F", "primals", "tangents", "out", *_keywords(params)])
    lines = [
        f"def {name}({head}):",
        f"    {', '.join(operands)}, = primals",
        f"    {', '.join(f't_{x}' for x in operands)}, = tangents",
        "    total = None",
    ]
    for x, text in maps.items():
        lines += [
            f"    if t_{x} is not None:",
            f"        t = t_{x}",
            f"        term = {to_calls(text)}",
            "        total = term if total is None else F.add(total, term)",
        ]
    lines += [
        "    if total is not None and total.shape != out.shape:",
        "        total = F.broadcast_to(total, out.shape)",
        "    return total",
    ]
    return "\n".join(lines) + "\n"
