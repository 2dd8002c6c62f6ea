"""The graph as PyTorch shows it, where an operation here is one node and there several.

A template says of a node which nodes lie below it: the operands by letters, `-` for
none, and the derivatives in between by name (`T(b)` is TBackward0 of operand b).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from isograd.core.mutation import view_write
from isograd.core.primitive import REGISTRY
from isograd.core.tape import Node, new, tick

# (name of the node, primitive): recorded from PyTorch 2.13
TEMPLATES = {
    ("AddmmBackward0", "linear"): "c,a,T(b)",
    ("MmBackward0", "linear"): "a,T(b)",
    ("ViewBackward0", "linear"): "Addmm(c,View(a),T(b))",
    ("UnsafeViewBackward0", "linear"): "Mm(View(a),T(b))",
    ("SqueezeBackward4", "linear"): "Mm(Unsqueeze(a),T(b))",
    ("NllLossBackward0", "softmax_nll"): "LogSoftmax(a)",
    ("NllLoss2DBackward0", "softmax_nll"): "LogSoftmax(a)",
    ("NllLossBackward0", "mean"): "a",
    ("NllLossBackward0", "sum"): "a",
    ("UnsafeViewBackward0", "matmul"): "Mm(View(a),b)",
    ("MeanBackward0", "mean"): "Abs(Sub(a,b))",
    ("SumBackward0", "sum"): "Abs(Sub(a,b))",
    ("WhereBackward0", "where"): "b,c",
    ("EmbeddingBackward0", "gather"): "b",
    ("GatherBackward0", "take_along"): "a",
    ("RsubBackward1", "sub"): "b",
    ("MulBackward0", "mul"): "a,-",
}
# the operands for which a template holds
COUNTS = {"MeanBackward0": 2, "SumBackward0": 2, "MulBackward0": 1, "RsubBackward1": 2}


def below(node: Node, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The nodes that PyTorch has below `node`, whose operands have the nodes `inputs`."""
    if getattr(node, "prim", None) is view_write and inputs[1] is not None:
        return (inputs[0], *operands(inputs[1])[1:])  # of what wrote to the view
    name = (node.label or "", getattr(getattr(node, "prim", None), "name", ""))
    template = TEMPLATES.get(name)
    if template is None or COUNTS.get(name[0], len(inputs)) != len(inputs):
        return inputs
    table = dict(zip("abc", inputs, strict=False))
    return tuple(_made(part, table, node) for part in _parsed(template))


def operands(node: Node) -> tuple[Any, ...]:
    """The nodes of the operands that PyTorch counts."""
    if type(node.metadata) is dict and "inputs" in node.metadata:
        return node.metadata["inputs"]
    return node.edges


@cache
def _parsed(template: str) -> tuple[tuple[str, Any], ...]:
    """The parts of a template: (letter, None), or (name, parts)."""
    parts: list[tuple[str, Any]] = []
    stack = [parts]
    for word, sign in re.findall(r"([A-Za-z-]+)|([(),])", template):
        if word:
            stack[-1].append((word, None))
        elif sign == "(":
            inner: list[Any] = []
            stack[-1][-1] = (stack[-1][-1][0], inner)
            stack.append(inner)
        elif sign == ")":
            stack.pop()
    return tuple(parts)


def _made(part: tuple[str, Any], table: dict[str, Any], node: Node) -> Any:
    name, inner = part
    if inner is None:
        return table.get(name)
    edges = tuple(_made(p, table, node) for p in inner)
    if not any(edges):
        return None
    stand_in = new(Node)
    stand_in.prim, stand_in.label = REGISTRY["copy"], f"{name}Backward0"
    stand_in.edges, stand_in.saved, stand_in.shape = edges, (), node.shape
    stand_in.seq = tick()
    return stand_in
