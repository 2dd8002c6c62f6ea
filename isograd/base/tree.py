"""Pytrees: nested tuples, lists, dicts and named tuples with arrays as leaves.

As in JAX, `None` is an empty subtree and dicts are visited in sorted key order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple


class TreeDef(NamedTuple):
    """The structure of a tree: container type, its keys, its children.

    A leaf has kind None and no children.
    """

    kind: Any
    keys: tuple[Any, ...]
    children: tuple[TreeDef, ...]
    order: tuple[Any, ...] = ()  # a dict's keys as they were inserted; not compared

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TreeDef) and self[:3] == other[:3]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:3])

    @property
    def leaves(self) -> int:
        return 1 if self.kind is None else sum(c.leaves for c in self.children)


LEAF = TreeDef(None, (), ())
NONE = TreeDef("none", (), ())


def _children(tree: Any) -> tuple[Any, tuple[Any, ...], Iterable[Any]] | None:
    """(container type, keys, subtrees) of a container, None for a leaf."""
    if isinstance(tree, tuple | list):
        return type(tree), (), tree
    if isinstance(tree, dict):
        try:
            keys = tuple(sorted(tree))
        except TypeError:  # keys of mixed types keep their insertion order
            keys = tuple(tree)
        return type(tree), keys, [tree[k] for k in keys]
    return None


def flatten(
    tree: Any, is_leaf: Callable[[Any], bool] | None = None
) -> tuple[list[Any], TreeDef]:
    """The leaves of `tree` from left to right, and its structure."""
    leaves: list[Any] = []

    def visit(node: Any) -> TreeDef:
        if node is None:
            return NONE
        parts = None if is_leaf is not None and is_leaf(node) else _children(node)
        if parts is None:
            leaves.append(node)
            return LEAF
        kind, keys, subtrees = parts
        order = tuple(node) if keys else ()
        return TreeDef(kind, keys, tuple(visit(s) for s in subtrees), order)

    return leaves, visit(tree)


def unflatten(treedef: TreeDef, leaves: Iterable[Any]) -> Any:
    """The tree with structure `treedef` and the given leaves."""
    rest = iter(leaves)

    def build(node: TreeDef) -> Any:
        if node.kind is None:
            return next(rest)
        if node.kind == "none":
            return None
        values = [build(c) for c in node.children]
        if issubclass(node.kind, dict):
            found = dict(zip(node.keys, values, strict=True))
            return node.kind((k, found[k]) for k in node.order or node.keys)
        if hasattr(node.kind, "_fields"):
            return node.kind(*values)
        return node.kind(values)

    return build(treedef)


def tree_map(fn: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    """`fn` applied to the leaves of trees of one structure."""
    leaves, treedef = flatten(tree)
    others = [flatten(r)[0] for r in rest]
    return unflatten(treedef, [fn(*xs) for xs in zip(leaves, *others, strict=True)])
